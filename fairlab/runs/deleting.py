"""Deleting runs and everything of one person, inside a transaction; what others share stays."""

from typing import Any

import sqlalchemy as sa

from fairlab.runs import queue, room_log
from fairlab.runs.garbage import RESULT, TABLE
from fairlab.runs.queries import find_run, others_waiting
from fairlab.runs.records import RunState
from fairlab.runs.schema import events, jobs, owners, parts, rooms, runs, uploads

NOTHING = {"title": "", "owner": "", "room": "", "deleted": True}


def delete_run(connection: sa.Connection, run_id: str, owner: str, now: float) -> set[str]:
    """Delete a run; its computation too, when nobody else has it.

    Returns:
        Names of files that may be mentioned no more.

    Raises:
        UnknownNameError: If there is no run with this id.
        InputError: If it is somebody else's.
    """
    queue.lock_job(connection, run_id)
    record = find_run(connection, run_id)
    queue.check_owner(record, owner, "delete")
    row = connection.execute(
        sa.select(runs.c.fingerprint, jobs.c.state)
        .join(jobs, runs.c.job_id == jobs.c.id)
        .where(runs.c.id == run_id)
    ).one()
    names = {f"{row.fingerprint}{TABLE}"} if row.fingerprint else set()
    if row.state == RunState.RUNNING.value:  # a worker knows the computation by its first run
        left = {"left_at": sa.func.coalesce(runs.c.left_at, now)}
        alone = not others_waiting(connection, record)
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values({**NOTHING, **left}))
        if alone:
            held = jobs.c.id == record.job
            connection.execute(sa.update(jobs).where(held).values(cancel_requested=True))
        return names
    connection.execute(sa.delete(runs).where(runs.c.id == run_id))
    return names | purge_job(connection, record.job)


def purge_job(connection: sa.Connection, job_id: str) -> set[str]:
    """Of a computation no worker holds, delete runs their owners deleted, and itself if none stay.

    Returns:
        Names of files that may be mentioned no more.
    """
    gone = (runs.c.job_id == job_id) & runs.c.deleted.is_(True)
    tables = connection.scalars(sa.select(runs.c.fingerprint).where(gone, runs.c.fingerprint != ""))
    names = {f"{fingerprint}{TABLE}" for fingerprint in tables}
    connection.execute(sa.delete(runs).where(gone))
    if connection.scalar(sa.select(runs.c.id).where(runs.c.job_id == job_id).limit(1)) is not None:
        _cancel_if_nobody_waits(connection, job_id)
        return names
    keys = set(connection.scalars(sa.select(parts.c.key).where(parts.c.job_id == job_id)))
    keys |= set(connection.scalars(sa.select(jobs.c.result_key).where(jobs.c.id == job_id)))
    for table in (parts, events):
        connection.execute(sa.delete(table).where(table.c.job_id == job_id))
    connection.execute(sa.delete(jobs).where(jobs.c.id == job_id))
    return names | {f"{key}{RESULT}" for key in keys if key is not None}


def purge_left_over(connection: sa.Connection) -> set[str]:
    """Purge computations that ended, without their worker, after their owners deleted them.

    Returns:
        Names of files that may be mentioned no more.
    """
    left = (
        sa.select(runs.c.job_id)
        .join(jobs, runs.c.job_id == jobs.c.id)
        .where(runs.c.deleted.is_(True), jobs.c.state != RunState.RUNNING.value)
        .distinct()
    )
    names: set[str] = set()
    for job_id in connection.scalars(left).all():
        names |= purge_job(connection, job_id)
    return names


def delete_holdings(connection: sa.Connection, owner: str) -> tuple[int, set[str]]:
    """Delete what somebody has beside runs: tables, rooms, answers, the note of their visits.

    Returns:
        How many tables, and names of files that may be mentioned no more.
    """
    theirs = set(
        connection.scalars(sa.select(uploads.c.fingerprint).where(uploads.c.owner == owner))
    )
    room_log.delete_rooms(connection, rooms.c.owner == owner)
    room_log.delete_participant(connection, owner)
    for table, column in (
        (uploads, uploads.c.owner),
        (owners, owners.c.id),
    ):
        connection.execute(sa.delete(table).where(column == owner))
    return len(theirs), {f"{fingerprint}{TABLE}" for fingerprint in theirs}


def runs_of(connection: sa.Connection, owner: str) -> list[str]:
    """Ids of somebody's runs, in an order that two deletions agree on."""
    query = sa.select(runs.c.id).where(runs.c.owner == owner, runs.c.deleted.is_(False))
    return list(connection.scalars(query.order_by(runs.c.job_id, runs.c.id)))


def _cancel_if_nobody_waits(connection: sa.Connection, job_id: str) -> None:
    """A waiting computation whose remaining runs were all cancelled is not started."""
    waits = sa.select(runs.c.id).where(runs.c.job_id == job_id, runs.c.left_at.is_(None))
    if connection.scalar(waits.limit(1)) is not None:
        return
    over: dict[str, Any] = {"state": RunState.CANCELLED.value, "cancel_requested": True}
    queued = (jobs.c.id == job_id) & (jobs.c.state == RunState.QUEUED.value)
    last = sa.select(sa.func.max(runs.c.left_at)).where(runs.c.job_id == job_id).scalar_subquery()
    connection.execute(sa.update(jobs).where(queued).values({**over, "finished": last}))
