"""Reading runs, events and places in the queue inside a transaction."""

import json
from typing import Any

import sqlalchemy as sa

from fairlab.config import RunConfig
from fairlab.errors import UnknownNameError
from fairlab.runs.records import RunEvent, RunRecord, RunState
from fairlab.runs.schema import events, jobs, runs

_COLUMNS = (
    runs.c.id,
    runs.c.title,
    runs.c.config,
    runs.c.digest,
    runs.c.created,
    runs.c.left_at,
    runs.c.position,
    runs.c.job_id,
    jobs.c.state,
    jobs.c.started,
    jobs.c.finished,
    jobs.c.message,
    jobs.c.share_done,
    jobs.c.worker,
    jobs.c.heartbeat,
    jobs.c.attempt,
    jobs.c.cancel_requested,
    jobs.c.result_key,
)
QUEUE_ORDER = (jobs.c.priority.desc(), jobs.c.created, jobs.c.id)


def find_run(connection: sa.Connection, run_id: str) -> RunRecord:
    """One run.

    Raises:
        UnknownNameError: If there is no run with this id.
    """
    query = sa.select(*_COLUMNS).join(jobs, runs.c.job_id == jobs.c.id).where(runs.c.id == run_id)
    row = connection.execute(query).first()
    if row is None:
        raise UnknownNameError(
            f"There is no run {run_id!r} here. Check the id: it is the last part of a run's "
            "link. Runs are those of this home (FAIRLAB_HOME); the page Train starts new ones."
        )
    return _record(connection, row)


def newest_runs(connection: sa.Connection, limit: int) -> list[RunRecord]:
    """The newest runs, newest first."""
    query = (
        sa.select(*_COLUMNS)
        .join(jobs, runs.c.job_id == jobs.c.id)
        .order_by(runs.c.created.desc(), runs.c.id)
        .limit(limit)
    )
    return [_record(connection, row) for row in connection.execute(query).all()]


def find_events(connection: sa.Connection, record: RunRecord, after: int) -> tuple[RunEvent, ...]:
    """Events of the run's computation with a cursor greater than ``after``, in order."""
    rows = connection.execute(
        sa.select(events.c.id, events.c.attempt, events.c.data)
        .where(events.c.job_id == record.job, events.c.id > after)
        .order_by(events.c.id)
    )
    return tuple(RunEvent(row.id, record.id, row.attempt, json.loads(row.data)) for row in rows)


def queue_position(connection: sa.Connection, record: RunRecord) -> int:
    """1 for the computation that starts next, 0 for one that does not wait."""
    if record.state is not RunState.QUEUED:
        return 0
    waiting = connection.scalars(
        sa.select(jobs.c.id).where(jobs.c.state == RunState.QUEUED.value).order_by(*QUEUE_ORDER)
    ).all()
    return waiting.index(record.job) + 1


def others_waiting(connection: sa.Connection, record: RunRecord) -> bool:
    """Whether somebody else still waits for the same computation."""
    query = (
        sa.select(runs.c.id)
        .where(runs.c.job_id == record.job, runs.c.left_at.is_(None), runs.c.id != record.id)
        .limit(1)
    )
    return connection.scalar(query) is not None


def _record(connection: sa.Connection, row: Any) -> RunRecord:
    left = row.left_at is not None
    first = None
    if row.position > 0:
        first = connection.scalar(
            sa.select(runs.c.id).where(runs.c.job_id == row.job_id, runs.c.position == 0)
        )
    return RunRecord(
        id=row.id,
        title=row.title,
        config=RunConfig.model_validate_json(row.config),
        digest=row.digest,
        state=RunState.CANCELLED if left else RunState(row.state),
        created=row.created,
        started=row.started,
        finished=row.left_at if left else row.finished,
        message="" if left else row.message,
        share_done=row.share_done,
        cancel_requested=bool(row.cancel_requested),
        attempt=row.attempt,
        worker=row.worker,
        heartbeat=row.heartbeat,
        result_key=row.result_key,
        shared_from=first,
        job=row.job_id,
    )
