"""Routes beside Streamlit's own: points of a run for the live chart, and health.

Read-only. A run's id is unguessable and stands for the permission to see it.
"""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import fairlab
from fairlab.errors import UnknownNameError
from fairlab.runs.feed import points_payload
from fairlab.ui.store import store

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_CURSOR = re.compile(r"[0-9]{1,18}")


def points(request: Request) -> JSONResponse:
    """``GET /api/runs/{run_id}/points?after=CURSOR``: see ``points_payload``."""
    run_id = request.path_params["run_id"]
    after = request.query_params.get("after", "0")
    if not _CURSOR.fullmatch(after):
        return _problem(400, "after must be a whole number, the 'next' of the answer before.")
    if not _RUN_ID.fullmatch(run_id):
        return _problem(404, "There is no such run here. Check the link.")
    try:
        return JSONResponse(points_payload(store(), run_id, int(after)), headers=_HEADERS)
    except UnknownNameError as error:
        return _problem(404, str(error))


def health(_request: Request) -> JSONResponse:
    """``GET /api/health``: version, and whether a training process is ready."""
    states = sorted(store().workers().values())
    return JSONResponse(
        {"status": "ok", "version": fairlab.__version__, "workers": states}, headers=_HEADERS
    )


def _problem(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=_HEADERS)


ROUTES: list[Route] = [
    Route("/api/runs/{run_id}/points", points, methods=["GET"]),
    Route("/api/health", health, methods=["GET"]),
]
