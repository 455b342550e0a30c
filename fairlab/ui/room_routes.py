"""The route by which pages in a workshop room learn that it changed.

One watcher looks at the store for all who wait. Who knows a room's code may ask while the room
lasts; wrong codes are counted, so that rooms are not found by trying.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fairlab.errors import FairlabError, UnknownNameError
from fairlab.runs import room_news
from fairlab.runs.holdings import Room
from fairlab.runs.room_news import RoomWant, Scope
from fairlab.runs.rooms import is_over
from fairlab.ui.middleware import cookie_token
from fairlab.ui.owner import owner_of_token
from fairlab.ui.shutdown import when_stopping
from fairlab.ui.store import store
from fairlab.ui.throttle import Throttle
from fairlab.ui.watch import CrowdedError, Watch

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Encoding": "identity",  # Streamlit compresses what says nothing else
}
_VERSION = re.compile(r"[0-9]{1,9}")
_WAIT = re.compile(r"[0-9]{1,3}")
_SCOPES: dict[str, Scope] = {"all": "all", "stage": "stage"}
COME_AGAIN = 2  # seconds, for who is one too many
MOST_KNOWN = 1000
LONGEST_CODE = 40  # of what is sent; what follows is not looked at, nor kept

#: Wrong codes sent to this route. Not those of the page for entering a room: whoever sends many
#: here keeps nobody out of a room there. Who comes without a cookie shares one count.
wrong_codes = Throttle(each=10, together=20_000, seconds=600.0)
_known: "OrderedDict[str, Room]" = OrderedDict()  # by the code as it was sent


def _look(wants: Sequence[RoomWant]) -> dict[RoomWant, str | None]:
    return room_news.look(store(), wants)


watch: Watch[RoomWant] = Watch(_look)
when_stopping(watch.release)


async def news(request: Request) -> Response:
    """``GET /api/rooms/{code}/news?after=VERSION&wait=20&scope=all``: whether a room changed.

    The answer comes as soon as the room's version is greater than ``after``, or after ``wait``
    seconds (at most 25; 0 at once): ``{"pause": s, "news": null}``, or with ``news`` as
    :func:`fairlab.runs.room_news.look` says it. ``pause`` is how long to wait before asking
    again. With ``scope=stage`` only what participants must see at once counts.

    400 for a question that is none, 404 for a wrong code, 410 when the room's day is over (its
    owner may still ask), 429 after too many wrong codes, 503 when the server ends.
    """
    after = request.query_params.get("after", "0")
    wait = request.query_params.get("wait", "0")
    scope = _SCOPES.get(request.query_params.get("scope", "all"))
    if not _VERSION.fullmatch(after) or not _WAIT.fullmatch(wait) or scope is None:
        return _problem(400, "after and wait must be whole numbers, scope all or stage.")
    token = cookie_token(request.scope)
    visitor = "" if token is None else owner_of_token(token)
    code = request.path_params["code"][:LONGEST_CODE]
    if wrong_codes.wait(visitor) > 0 and code not in _known:
        return _problem(429, "Too many codes that were wrong. Try again in some minutes.")
    pause, told = 0, dict[str, str]()
    try:
        room = await run_in_threadpool(_room, code)
        if is_over(room, time.time()) and room.owner != visitor:
            return _problem(410, "This room has ended: rooms last a day.")
        want = RoomWant(room.id, int(after), scope)
        told = await watch.news([want], int(wait), lambda: _left(request))
    except UnknownNameError as error:
        wrong_codes.wrong(visitor)
        return _problem(404, str(error))
    except CrowdedError:
        pause = COME_AGAIN
    except FairlabError as error:  # the server ends, or the store does not answer
        return _problem(503, str(error))
    found = next(iter(told.values()), "null")
    body = f'{{"pause": {pause}, "news": {found}}}'
    return Response(body, media_type="application/json", headers=_HEADERS)


def _room(code: str) -> Room:
    """The room with a code; known ones are not looked up again."""
    if code in _known:
        return _known[code]
    _known[code] = found = store().find_room(code)
    while len(_known) > MOST_KNOWN:
        _known.popitem(last=False)
    return found


async def _left(request: Request) -> None:
    """Ends when whoever asked is not there any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _problem(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=_HEADERS)


ROUTES: list[Route] = [Route("/api/rooms/{code}/news", news, methods=["GET"])]
