"""Routes beside Streamlit's own: news of runs for live charts, and health.

Read-only. A run's id is unguessable and stands for the permission to see it.
"""

import json
import re
from collections.abc import Sequence
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import fairlab
from fairlab.errors import FairlabError, UnknownNameError
from fairlab.language import SOURCE, languages, speaking, tr, translated
from fairlab.retelling import retold
from fairlab.runs.feed import Feed, Want, points_payload
from fairlab.runs.supervisor import trouble
from fairlab.ui.shutdown import when_stopping
from fairlab.ui.store import store
from fairlab.ui.watch import CrowdedError, Watch

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_CURSOR = re.compile(r"[0-9]{1,18}")
_WANT = re.compile(r"([A-Za-z0-9_-]{22}):([0-9]{1,18}):(-1|[0-9]{1,9}):([0-9a-f]{16}|gone|)")
_WAIT = re.compile(r"[0-9]{1,3}")
MOST_RUNS = 8  # in one question; a page shows six
_feed = Feed()
#: Characters. Streamlit compresses what says nothing else; a point or two fit one packet anyway.
WORTH_COMPRESSING = 4_000
_AS_IT_IS = {"Content-Encoding": "identity"}
#: What an answer says in sentences, beside its rows.
_SENTENCE = re.compile(r'("(?:words|message)": )("(?:[^"\\]|\\.)*")')
COME_AGAIN = 2  # seconds, for who is one too many


def _look(wants: Sequence[Want]) -> dict[Want, str | None]:
    return store().look(_feed, wants)


watch = Watch(_look)
when_stopping(watch.release)


async def news(request: Request) -> Response:
    """``GET /api/points?run=ID:NEXT:ATTEMPT:SEEN&run=…&wait=20``: what is new about runs.

    ``NEXT``, ``ATTEMPT`` and ``SEEN`` are those of the answer before about this run (``0``,
    ``-1`` and nothing at first). The answer comes as soon as there is something new about any
    of them, or after ``wait`` seconds (at most 25; 0 at once). It is ``{"runs": {ID: …},
    "pause": s}``: only runs with something new, see :meth:`fairlab.runs.feed.Feed.look`, and how
    long to wait before asking again. With ``lang=de`` what runs wait for, and why one ended, is
    told in that language. 503 when the server ends: ask the next one.
    """
    found = [_WANT.fullmatch(text) for text in request.query_params.getlist("run")]
    wait = request.query_params.get("wait", "0")
    wants = [Want(m[1], int(m[2]), int(m[3]), m[4]) for m in found if m is not None]
    if not 1 <= len(found) <= MOST_RUNS or len(wants) < len(found):
        return _problem(
            400,
            tr("run must be ID:NEXT:ATTEMPT:SEEN, for 1 to {most_runs} runs.", most_runs=MOST_RUNS),
        )
    if not _WAIT.fullmatch(wait):
        return _problem(400, tr("wait must be a whole number of seconds."))
    pause, told = 0, dict[str, str]()
    try:
        told = await watch.news(wants, int(wait), lambda: _left(request))
    except CrowdedError:
        pause = COME_AGAIN
    except FairlabError as error:  # the server ends, or the store does not answer
        return _problem(503, str(error))
    code = request.query_params.get("lang", SOURCE)
    spoken = {run_id: in_language(text, code) for run_id, text in told.items()}
    runs = ", ".join(f"{json.dumps(run_id)}: {text}" for run_id, text in spoken.items())
    body = f'{{"pause": {pause}, "runs": {{{runs}}}}}'
    headers = _HEADERS if len(body) >= WORTH_COMPRESSING else _HEADERS | _AS_IT_IS
    return Response(body, media_type="application/json", headers=headers)


def in_language(answer: str, code: str) -> str:
    """One run's answer with its sentences told in a language; unknown languages get English.

    One look at the store serves visitors of all languages, so answers are made in English.
    """
    if code == SOURCE or code not in _known_languages():
        return answer
    head, rows, rest = answer.partition(', "rows": [')
    with speaking(code):
        return _SENTENCE.sub(_told, head) + rows + rest


@cache
def _known_languages() -> frozenset[str]:
    return frozenset(languages())


def _told(found: re.Match[str]) -> str:
    text = json.loads(found[2])
    again = retold(text)
    return found[1] + json.dumps(translated(text) if again == text else again)


async def _left(request: Request) -> None:
    """Ends when whoever asked is not there any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def points(request: Request) -> JSONResponse:
    """``GET /api/runs/{run_id}/points?after=CURSOR``: one run, at once; see ``points_payload``."""
    run_id = request.path_params["run_id"]
    after = request.query_params.get("after", "0")
    if not _CURSOR.fullmatch(after):
        return _problem(400, tr("after must be a whole number, the 'next' of the answer before."))
    if not _RUN_ID.fullmatch(run_id):
        return _problem(404, tr("There is no such run here. Check the link."))
    try:
        return JSONResponse(points_payload(store(), run_id, int(after)), headers=_HEADERS)
    except UnknownNameError as error:
        return _problem(404, str(error))


def health(_request: Request) -> JSONResponse:
    """``GET /api/health``: version, which training processes are there, and why one is not."""
    states = sorted(store().workers().values())
    found = {"status": "ok", "version": fairlab.__version__, "workers": states}
    return JSONResponse(found | {"problem": trouble()}, headers=_HEADERS)


def _problem(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=_HEADERS)


ROUTES: list[Route] = [
    Route("/api/points", news, methods=["GET"]),
    Route("/api/runs/{run_id}/points", points, methods=["GET"]),
    Route("/api/health", health, methods=["GET"]),
]
