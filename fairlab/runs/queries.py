"""Reading runs, events and places in the queue inside a transaction."""

import functools
import json
from typing import Any

import sqlalchemy as sa

from fairlab.config import RunConfig
from fairlab.errors import UnknownNameError
from fairlab.runs.records import RunEvent, RunRecord, RunState
from fairlab.runs.schema import events, jobs, owners, runs

ACTIVE = (RunState.QUEUED.value, RunState.RUNNING.value)

_first = runs.alias("first")
_COLUMNS = (
    runs.c.id,
    runs.c.title,
    runs.c.config,
    runs.c.digest,
    runs.c.created,
    runs.c.left_at,
    runs.c.position,
    runs.c.job_id,
    runs.c.owner,
    runs.c.room,
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
    jobs.c.parts_done,
    jobs.c.resumed,
    sa.select(_first.c.id)
    .where(
        _first.c.job_id == runs.c.job_id,
        _first.c.position == 0,
        _first.c.deleted.is_(False),
        runs.c.position > 0,
    )
    .scalar_subquery()
    .label("shared_from"),
)
_RECORDS = sa.select(*_COLUMNS).join(jobs, runs.c.job_id == jobs.c.id)


def find_run(connection: sa.Connection, run_id: str, *, deleted_too: bool = False) -> RunRecord:
    """One run.

    Args:
        deleted_too: Also one that its owner deleted while a worker was at it.

    Raises:
        UnknownNameError: If there is no run with this id.
    """
    query = _RECORDS.where(runs.c.id == run_id)
    row = connection.execute(query if deleted_too else query.where(_SHOWN)).first()
    if row is None:
        raise UnknownNameError(
            f"There is no run {run_id!r} here. Check the id: it is the last part of a run's "
            "link. Runs are those of this home (FAIRLAB_HOME); the page Train starts new ones."
        )
    return _record(row)


def newest_runs(
    connection: sa.Connection, limit: int, owner: str | None = None, room: str | None = None
) -> list[RunRecord]:
    """The newest runs, newest first; of one owner or in one room where named."""
    query = _RECORDS.where(_SHOWN).order_by(runs.c.created.desc(), runs.c.id).limit(limit)
    if owner is not None:
        query = query.where(runs.c.owner == owner)
    if room is not None:
        query = query.where(runs.c.room == room)
    return [_record(row) for row in connection.execute(query)]


def find_events(connection: sa.Connection, record: RunRecord, after: int) -> tuple[RunEvent, ...]:
    """Events of the run's computation with a cursor greater than ``after``, in order."""
    rows = connection.execute(
        sa.select(events.c.id, events.c.attempt, events.c.data)
        .where(events.c.job_id == record.job, events.c.id > after)
        .order_by(events.c.id)
    )
    return tuple(RunEvent(row.id, record.id, row.attempt, json.loads(row.data)) for row in rows)


def claim_order(device: str | None = None) -> sa.Select[str]:
    """Ids of waiting computations, the one to start next first; an id may come again later.

    By priority; then those that were under way and interrupted; then those of the owner with
    fewest computations under way, counting the ones of theirs that come before; then of the owner
    served longest ago; then the oldest. A computation several people wait for has the best of
    their places. So nobody waits behind another's ten.

    Args:
        device: Only computations for this device; None is all.
    """
    began = jobs.c.started.is_not(None).label("began")
    waits = (
        sa.select(jobs.c.id, jobs.c.priority, jobs.c.created, began, runs.c.owner)
        .join(runs, runs.c.job_id == jobs.c.id)
        .where(jobs.c.state == RunState.QUEUED.value, runs.c.left_at.is_(None))
        .where(sa.true() if device is None else jobs.c.device == device)
        .distinct()
        .subquery("waits")
    )
    order = (waits.c.priority.desc(), waits.c.began.desc(), waits.c.created, waits.c.id)
    turn = sa.func.row_number().over(partition_by=waits.c.owner, order_by=order)
    # Of an owner's first in the queue: later turns come in the order of the first ones.
    since = sa.func.first_value(waits.c.created).over(partition_by=waits.c.owner, order_by=order)
    turns = sa.select(*waits.c, turn.label("turn"), since.label("since")).subquery("turns")
    under_way = (
        sa.select(runs.c.owner, sa.func.count(jobs.c.id.distinct()).label("count"))
        .join(jobs, runs.c.job_id == jobs.c.id)
        .where(jobs.c.state == RunState.RUNNING.value, runs.c.left_at.is_(None))
        .group_by(runs.c.owner)
        .subquery("under_way")
    )
    return (
        sa.select(turns.c.id)
        .outerjoin(under_way, under_way.c.owner == turns.c.owner)
        .outerjoin(owners, owners.c.id == turns.c.owner)
        .order_by(
            turns.c.priority.desc(),
            turns.c.began.desc(),
            sa.func.coalesce(under_way.c.count, 0) + turns.c.turn,
            turns.c.turn,
            sa.func.coalesce(owners.c.served, 0.0),
            turns.c.since,
            turns.c.created,
            turns.c.id,
        )
    )


def queue_position(connection: sa.Connection, record: RunRecord) -> int:
    """1 for the computation that starts next, 0 for one that does not wait.

    The place among all that wait now, if nothing that is under way ends before.
    """
    if record.state is not RunState.QUEUED:
        return 0
    order = list(dict.fromkeys(connection.scalars(claim_order())))
    return order.index(record.job) + 1 if record.job in order else 0


def others_waiting(connection: sa.Connection, record: RunRecord) -> bool:
    """Whether somebody else still waits for the same computation."""
    query = (
        sa.select(runs.c.id)
        .where(runs.c.job_id == record.job, runs.c.left_at.is_(None), runs.c.id != record.id)
        .limit(1)
    )
    return connection.scalar(query) is not None


_SHOWN = runs.c.deleted.is_(False)


def _record(row: Any) -> RunRecord:
    left = row.left_at is not None
    return RunRecord(
        id=row.id,
        title=row.title,
        config=_config(row.config),
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
        shared_from=row.shared_from,
        job=row.job_id,
        owner=row.owner,
        room=row.room,
        parts_done=row.parts_done,
        resumed=row.resumed,
    )


@functools.lru_cache(maxsize=512)
def _config(text: str) -> RunConfig:
    """The configuration of a stored run; read again and again while its curve is drawn."""
    return RunConfig.model_validate_json(text)
