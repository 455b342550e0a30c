"""Records of runs: what the store gives back, and progress as plain JSON data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from fairlab.config import RunConfig
from fairlab.errors import FairlabError
from fairlab.outcomes import FloatArray
from fairlab.results import Progress

SIGNIFICANT_DIGITS = 6


class RunState(StrEnum):
    """Where a run is. ``queued`` and ``running`` are active; the others are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def active(self) -> bool:
        """True while the run may still change."""
        return self in (RunState.QUEUED, RunState.RUNNING)


class LeaseLostError(FairlabError):
    """The computation was given to another worker; what this one has must be dropped."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as its owner sees it.

    Several runs of the same configuration share one computation (``job``): they show the same
    points, and only when the last of them is cancelled does the computation stop.

    Attributes:
        id: Unguessable token of 128 bits, safe in a URL.
        title: Words of the owner, may be "".
        config: What is computed.
        digest: ``config.digest()``.
        state: See :class:`RunState`.
        created, started, finished: Seconds since the epoch; None when not yet.
        message: What is going on, or why it failed, in one sentence; "" if nothing to say.
        share_done: Of the computation, [0, 1].
        cancel_requested: Somebody pressed Cancel and the worker has not stopped yet.
        attempt: How often a worker has started on it; 0 while never claimed.
        worker: Who works on it, None when nobody.
        heartbeat: Last sign of life of that worker.
        result_key: Content hash of the stored result; None when there is none. A cancelled run
            may have one: the models as they were when it stopped.
        shared_from: The run whose computation this one shares, None when it is the first.
        job: Identity of the computation.
        owner: Who asked for it; "" is nobody in particular.
        room: Id of the workshop room it is shown in, "" when in none.
        parts_done: Finished parts that are stored.
        resumed: How many of them were there when this attempt began.
    """

    id: str
    title: str
    config: RunConfig
    digest: str
    state: RunState
    created: float
    started: float | None
    finished: float | None
    message: str
    share_done: float
    cancel_requested: bool
    attempt: int
    worker: str | None
    heartbeat: float | None
    result_key: str | None
    shared_from: str | None
    job: str
    owner: str = ""
    room: str = ""
    parts_done: int = 0
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One epoch of one family.

    Attributes:
        id: Cursor: strictly increasing over all runs and attempts.
        run_id: The run that was asked for.
        attempt: Attempt that produced it.
        data: As :func:`progress_data` makes it.
    """

    id: int
    run_id: str
    attempt: int
    data: Mapping[str, Any]


def progress_data(progress: Progress) -> dict[str, Any]:
    """Progress as JSON-able data; undefined (NaN) becomes None.

    Strengths are exact; measured numbers keep six significant digits, enough to draw.
    """
    return {
        "mode": progress.mode,
        "epoch": int(progress.epoch),
        "epochs": int(progress.epochs),
        "strength": _numbers(progress.strength, digits=None),
        "seed": [int(seed) for seed in progress.seed],
        "accuracy": _numbers(progress.accuracy),
        "gap": _numbers(progress.gap),
        "losses": {name: _numbers(values) for name, values in progress.losses.items()},
        "seconds": round(float(progress.seconds), 3),
        "share_done": round(float(progress.share_done), 6),
        **({"methods": list(progress.methods)} if progress.methods else {}),
        **({"fold": progress.fold, "folds": progress.folds} if progress.folds > 1 else {}),
    }


def _numbers(values: FloatArray, digits: int | None = SIGNIFICANT_DIGITS) -> list[float | None]:
    found: list[float | None] = []
    for value in np.asarray(values, dtype=np.float64).ravel().tolist():
        if not math.isfinite(value):
            found.append(None)
        else:
            found.append(value if digits is None else float(f"{value:.{digits}g}"))
    return found
