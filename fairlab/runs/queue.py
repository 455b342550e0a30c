"""The queue inside a transaction: who works on what, and what happens to lost work."""

from typing import Any

import sqlalchemy as sa

from fairlab.runs.queries import QUEUE_ORDER, find_run
from fairlab.runs.records import LeaseLostError, RunRecord, RunState
from fairlab.runs.schema import events, jobs, runs

MAX_ATTEMPTS = 3
ACTIVE = (RunState.QUEUED.value, RunState.RUNNING.value)


def anything_to_claim(connection: sa.Connection, stale_before: float) -> bool:
    """Whether :func:`claim_next` could find something; takes no write lock."""
    silent = (jobs.c.state == RunState.RUNNING.value) & (jobs.c.heartbeat < stale_before)
    waiting = jobs.c.state == RunState.QUEUED.value
    return connection.scalar(sa.select(jobs.c.id).where(waiting | silent).limit(1)) is not None


def claim_next(connection: sa.Connection, worker_id: str, now: float) -> RunRecord | None:
    """Give the next queued computation to a worker; the points of an attempt before are dropped.

    Returns:
        A run of the computation, now ``running``; None if nothing waits.
    """
    job_id = connection.scalar(
        sa.select(jobs.c.id)
        .where(jobs.c.state == RunState.QUEUED.value)
        .order_by(*QUEUE_ORDER)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if job_id is None:
        return None
    connection.execute(sa.delete(events).where(events.c.job_id == job_id))
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
        )
    )
    run_id = connection.scalar(
        sa.select(runs.c.id)
        .where(runs.c.job_id == job_id)
        .order_by(runs.c.left_at.is_not(None), runs.c.position)
        .limit(1)
    )
    assert run_id is not None
    return find_run(connection, run_id)


def requeue(connection: sa.Connection, lost: sa.ColumnElement[bool], now: float) -> int:
    """Queue running computations that match ``lost`` again.

    Those nobody waits for any more become cancelled; those started three times, failed.

    Returns:
        How many matched.
    """
    running = (jobs.c.state == RunState.RUNNING.value) & lost
    found = connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(running))
    gone: dict[str, Any] = {"worker": None, "heartbeat": None}
    connection.execute(
        sa.update(jobs)
        .where(running, jobs.c.cancel_requested.is_(True))
        .values(state=RunState.CANCELLED.value, finished=now, message="", **gone)
    )
    connection.execute(
        sa.update(jobs)
        .where(running, jobs.c.attempt >= MAX_ATTEMPTS)
        .values(
            state=RunState.FAILED.value,
            finished=now,
            message=f"The training process ended {MAX_ATTEMPTS} times without finishing this run, "
            "most often because memory ran out. Train fewer strengths, a smaller model or fewer "
            "rows.",
            **gone,
        )
    )
    connection.execute(
        sa.update(jobs)
        .where(running)
        .values(
            state=RunState.QUEUED.value,
            message="The training process ended; this run starts again.",
            **gone,
        )
    )
    return int(found) if found is not None else 0


def update_leased(
    connection: sa.Connection, run_id: str, worker_id: str | None, **values: Any
) -> RunRecord:
    """Change a computation that ``worker_id`` holds (None: whoever holds it).

    Returns:
        The run as it was before.

    Raises:
        LeaseLostError: If the worker does not hold it any more.
    """
    record = find_run(connection, run_id)
    held = jobs.c.id == record.job
    if worker_id is not None:
        held &= (jobs.c.worker == worker_id) & (jobs.c.state == RunState.RUNNING.value)
    changed = connection.execute(sa.update(jobs).where(held).values(values))
    if changed.rowcount != 1:
        raise LeaseLostError(
            f"Run {run_id} no longer belongs to worker {worker_id}; another has taken it."
        )
    return record
