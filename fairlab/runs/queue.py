"""The queue inside a transaction: who works on what, and what happens to lost work."""

from typing import Any

import sqlalchemy as sa

from fairlab.errors import InputError, UnknownNameError
from fairlab.runs import kept_parts
from fairlab.runs.database import put
from fairlab.runs.identity import cache_key
from fairlab.runs.queries import claim_order, find_run
from fairlab.runs.records import LeaseLostError, RunRecord, RunState
from fairlab.runs.schema import jobs, owners, runs

MAX_ATTEMPTS = 5  # and one more for each finished part: a killed worker takes others' runs along
LOOKED_AT = 64  # how many of the first in the queue a worker tries while others hold them


def anything_to_claim(
    connection: sa.Connection, stale_before: float, device: str | None = None
) -> bool:
    """Whether :func:`claim_next` could find something; takes no write lock."""
    silent = (jobs.c.state == RunState.RUNNING.value) & (jobs.c.heartbeat < stale_before)
    waiting = jobs.c.state == RunState.QUEUED.value
    if device is not None:
        waiting &= jobs.c.device == device
    return connection.scalar(sa.select(jobs.c.id).where(waiting | silent).limit(1)) is not None


def claim_next(
    connection: sa.Connection, worker_id: str, now: float, device: str | None = None
) -> RunRecord | None:
    """Give the next queued computation to a worker.

    Of an attempt before, finished parts and their points stay; all other points go.

    Args:
        device: Only computations for this device; None takes any.

    Returns:
        A run of the computation, now ``running``; None if nothing waits.
    """
    job_id = _lock_next(connection, device)
    if job_id is None:
        return None
    run_id = connection.scalar(
        sa.select(runs.c.id)
        .where(runs.c.job_id == job_id)
        .order_by(runs.c.left_at.is_not(None), runs.c.position)
        .limit(1)
    )
    assert run_id is not None
    record = find_run(connection, run_id, deleted_too=True)
    kept = kept_parts.take_up(connection, job_id, record.attempt + 1)
    connection.execute(
        sa.update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            state=RunState.RUNNING.value,
            worker=worker_id,
            heartbeat=now,
            started=now,
            attempt=jobs.c.attempt + 1,
            share_done=0.0,
            message="Preparing the data.",
            cache_key=cache_key(record.config),  # an update may have come since it was queued
            parts_done=kept,
            resumed=kept,
        )
    )
    _note_served(connection, job_id, now)
    return find_run(connection, run_id, deleted_too=True)


def lock_job(connection: sa.Connection, run_id: str) -> None:
    """Let nobody change the computation of a run until the transaction ends."""
    of_run = sa.select(runs.c.job_id).where(runs.c.id == run_id).scalar_subquery()
    connection.execute(sa.select(jobs.c.id).where(jobs.c.id == of_run).with_for_update())


def requeue(connection: sa.Connection, lost: sa.ColumnElement[bool], now: float) -> int:
    """Queue running computations that match ``lost`` again.

    Those nobody waits for any more become cancelled; those started ``MAX_ATTEMPTS`` times, failed.

    Returns:
        How many matched.
    """
    running = (jobs.c.state == RunState.RUNNING.value) & lost
    gone: dict[str, Any] = {"worker": None, "heartbeat": None}
    cancelled = connection.execute(
        sa.update(jobs)
        .where(running, jobs.c.cancel_requested.is_(True))
        .values(state=RunState.CANCELLED.value, finished=now, message="", **gone)
    )
    failed = connection.execute(
        sa.update(jobs)
        .where(running, jobs.c.attempt >= MAX_ATTEMPTS + jobs.c.parts_done)
        .values(
            state=RunState.FAILED.value,
            finished=now,
            message=f"The training process ended {MAX_ATTEMPTS} times or more while it had this "
            "run: somebody or the system ended it, perhaps for want of memory. What was finished "
            "is kept: train it again. If that ends the same way, train fewer strengths, a smaller "
            "model or fewer rows; worker.log of the server says more.",
            **gone,
        )
    )
    queued = connection.execute(
        sa.update(jobs)
        .where(running)
        .values(
            state=RunState.QUEUED.value,
            message="The training process ended; this run starts again.",
            **gone,
        )
    )
    return cancelled.rowcount + failed.rowcount + queued.rowcount


def update_leased(
    connection: sa.Connection, run_id: str, worker_id: str | None, **values: Any
) -> RunRecord:
    """Change a computation that ``worker_id`` holds (None: whoever holds it).

    Returns:
        The run as it was before.

    Raises:
        LeaseLostError: If the worker does not hold it any more.
    """
    lost = LeaseLostError(
        f"Run {run_id} no longer belongs to worker {worker_id}; another has taken it."
    )
    try:
        record = find_run(connection, run_id, deleted_too=True)
    except UnknownNameError:
        if worker_id is None:
            raise
        raise lost from None
    held = jobs.c.id == record.job
    if worker_id is not None:
        held &= (jobs.c.worker == worker_id) & (jobs.c.state == RunState.RUNNING.value)
    changed = connection.execute(sa.update(jobs).where(held).values(values))
    if changed.rowcount != 1:
        raise lost
    return record


def _lock_next(connection: sa.Connection, device: str | None) -> str | None:
    """The first computation in the queue that nobody else is changing at this moment."""
    for job_id in connection.scalars(claim_order(device).limit(LOOKED_AT)).all():
        free = sa.select(jobs.c.id).where(
            jobs.c.id == job_id, jobs.c.state == RunState.QUEUED.value
        )
        if connection.scalar(free.with_for_update(skip_locked=True)) is not None:
            return job_id
    return None


def _note_served(connection: sa.Connection, job_id: str, now: float) -> None:
    """Everybody who waits for this computation has been served now."""
    waiting = sa.select(runs.c.owner).where(runs.c.job_id == job_id, runs.c.left_at.is_(None))
    for owner in sorted(set(connection.scalars(waiting))):  # in order: no two wait in a circle
        put(connection, owners, {"id": owner}, served=now)


def check_owner(record: RunRecord, owner: str, verb: str) -> None:
    """Refuse what only the owner of a run may do.

    Raises:
        InputError: If the run is somebody else's.
    """
    if record.owner != owner:
        raise InputError(
            f"This run belongs to somebody else, and only who started it can {verb} it. A link "
            "to a run is for looking; train it again to have one of your own."
        )
