"""Whether visitors can be sent here: ``GET /api/ready``, for proxies, containers and people.

``/_stcore/health`` says that the process lives; this says that it can do its work: the run store
answers, the disk has room, a training process is there (on this machine or another) and takes
runs. 200 or 503, with a sentence for each. One look per second serves everybody who asks, so that
asking costs nothing; a store that hangs is told from a store that answers within ``PATIENCE``.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fairlab.home import home
from fairlab.logs import Public
from fairlab.runs.holdings import Overview
from fairlab.runs.supervisor import trouble
from fairlab.settings import settings
from fairlab.ui.shutdown import stopping
from fairlab.ui.store import store

logger = logging.getLogger(__name__)

FRESH = 1.0  # seconds an answer is given again
COUNTED = 15.0  # seconds the counts of the queue are kept: finding them looks at every file
PATIENCE = 2.0  # seconds a look may take before it counts as no answer
STUCK = 600.0  # seconds a run waits while none is under way, before the queue counts as stuck
_failing: set[str] = set()
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it has to be.
        sentence: What was found and, if it is not so, what to do. Without names or secrets.
    """

    name: str
    ok: bool
    sentence: str


def look() -> tuple[Check, ...]:
    """All checks, one after the other; blocks as long as the store does. Never raises."""
    return tuple(
        _tried(name, check)
        for name, check in (("store", _store), ("disk", _disk), ("training", _training))
    )


class Readiness:
    """The answer, found at most once per second and never twice at the same time.

    Args:
        look: Finds the checks, on a thread.
        clock: Seconds; replaced in tests.
        patience: Seconds until a look that does not end is answered for.
    """

    def __init__(
        self,
        look: Callable[[], tuple[Check, ...]] = look,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._look, self._clock, self._patience = look, clock, patience
        self._found: tuple[Check, ...] = ()
        self._at = -float("inf")
        self._looking: asyncio.Task[None] | None = None

    async def checks(self) -> tuple[Check, ...]:
        """Checks no older than a second, or one that says that the store hangs."""
        if self._clock() - self._at < FRESH:
            return self._found
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._refresh())
        done, _ = await asyncio.wait({self._looking}, timeout=self._patience)
        if done:
            return self._found
        return (
            Check(
                "store",
                False,
                f"The run store has not answered for {self._patience:g} seconds. Run 'fairlab "
                "doctor' on the server.",
            ),
        )

    async def _refresh(self) -> None:
        self._found = await asyncio.to_thread(self._look)
        self._at = self._clock()


_readiness = Readiness()


async def ready(_request: Request) -> JSONResponse:
    """``GET /api/ready``: 200 when visitors can be sent here, else 503 with the reasons."""
    if stopping.is_set():
        ending = Check("server", False, "The server is stopping. Ask another, or again later.")
        return _answer((ending,))
    return _answer(await _readiness.checks())


def _answer(checks: tuple[Check, ...]) -> JSONResponse:
    ok = all(check.ok for check in checks)
    content: dict[str, Any] = {
        "ready": ok,
        "reasons": [check.sentence for check in checks if not check.ok],
        "checks": {check.name: {"ok": check.ok, "found": check.sentence} for check in checks},
    }
    return JSONResponse(content, status_code=200 if ok else 503, headers=_HEADERS)


def _tried(name: str, check: Callable[[], tuple[bool, str]]) -> Check:
    try:
        ok, sentence = check()
        _failing.discard(name)
    except Exception:  # why is for the log: an error's words may name folders and addresses
        if name not in _failing:  # once, not each second
            logger.warning("Readiness: %s could not be checked.", Public(name), exc_info=True)
        _failing.add(name)
        return Check(
            name, False, f"The {name} could not be checked. Run 'fairlab doctor' on the server."
        )
    return Check(name, ok, sentence)


def _store() -> tuple[bool, str]:
    store().check()
    return True, "The run store takes and gives."


def _disk() -> tuple[bool, str]:
    least = settings().free_mb
    free = shutil.disk_usage(home()).free // 1_000_000
    if free >= least:
        return True, f"{free:,} MB of disk are free."
    return False, (
        f"{free:,} MB of disk are free; {least:,} (FAIRLAB_FREE_MB) are wanted. Delete runs or "
        "free some space."
    )


def _training() -> tuple[bool, str]:
    """A training process is there, and runs do not wait while none is under way."""
    if not store().workers():
        remedy = (
            "It cannot start: a page with a run that waits says why."
            if trouble()
            else "It starts within seconds; if it does not, worker.log says why."
            if settings().own_worker
            else "Start one: fairlab worker."
        )
        return False, f"No training process is there. {remedy}"
    now = _counts.now()
    waited = now.oldest_wait or 0.0
    if now.queued and not now.running and waited > STUCK:
        return False, (
            f"{now.queued:,} runs wait, the oldest for {waited / 60:.0f} minutes, and none is "
            "under way. Run 'fairlab doctor' on the server."
        )
    return True, f"A training process is there; {now.running:,} runs train, {now.queued:,} wait."


class _Counts:
    """The store's overview, found now and then."""

    def __init__(self) -> None:
        self._found: Overview | None = None
        self._at = -float("inf")

    def now(self) -> Overview:
        if self._found is None or time.monotonic() - self._at >= COUNTED:
            self._found, self._at = store().overview(), time.monotonic()
        return self._found


_counts = _Counts()

ROUTES = [Route("/api/ready", ready, methods=["GET"])]
