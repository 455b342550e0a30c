"""Finished parts of runs inside a transaction: the checkpoint an interrupted run goes on from."""

from collections.abc import Mapping

import sqlalchemy as sa

from fairlab.runs.identity import code_version
from fairlab.runs.records import RunState
from fairlab.runs.schema import events, jobs, parts


def add(connection: sa.Connection, job_id: str, name: str, key: str, size: int, now: float) -> None:
    """Record a finished part; one of the same name is replaced."""
    connection.execute(sa.delete(parts).where(parts.c.job_id == job_id, parts.c.name == name))
    connection.execute(
        sa.insert(parts).values(
            job_id=job_id, name=name, key=key, bytes=size, code=code_version(), created=now
        )
    )
    counted = sa.select(sa.func.count()).select_from(parts).where(parts.c.job_id == job_id)
    connection.execute(
        sa.update(jobs).where(jobs.c.id == job_id).values(parts_done=counted.scalar_subquery())
    )


def keys(connection: sa.Connection, job_id: str) -> Mapping[str, str]:
    """Key of the stored result by name of the part; only of this version of the program."""
    query = sa.select(parts.c.name, parts.c.key).where(
        parts.c.job_id == job_id, parts.c.code == code_version()
    )
    return {row.name: row.key for row in connection.execute(query.order_by(parts.c.name))}


def take_up(connection: sa.Connection, job_id: str, attempt: int) -> int:
    """Keep what a new attempt can go on from: parts of this version of the program.

    Their points are numbered anew, so that whoever has seen the attempt before gets them again;
    all other points go.

    Returns:
        How many parts are kept.
    """
    connection.execute(
        sa.delete(parts).where(parts.c.job_id == job_id, parts.c.code != code_version())
    )
    kept = keys(connection, job_id)
    last = connection.scalar(sa.select(sa.func.max(events.c.id)).where(events.c.job_id == job_id))
    if last is None:
        return len(kept)
    if kept:
        again = (
            sa.select(events.c.job_id, sa.literal(attempt), events.c.data, events.c.part)
            .where(events.c.job_id == job_id, events.c.part.in_(list(kept)))
            .order_by(events.c.id)
        )
        columns = ["job_id", "attempt", "data", "part"]
        connection.execute(sa.insert(events).from_select(columns, again))
    connection.execute(sa.delete(events).where(events.c.job_id == job_id, events.c.id <= last))
    return len(kept)


def drop(connection: sa.Connection, job_id: str) -> list[str]:
    """Forget the parts of a computation; the keys of their files."""
    found = list(connection.scalars(sa.select(parts.c.key).where(parts.c.job_id == job_id)))
    connection.execute(sa.delete(parts).where(parts.c.job_id == job_id))
    return found


def adopt(connection: sa.Connection, job_id: str, key: str) -> None:
    """Give a new computation the finished parts of a failed one that was the same."""
    failed = sa.select(jobs.c.id).where(
        jobs.c.cache_key == key, jobs.c.state == RunState.FAILED.value, jobs.c.id != job_id
    )
    holder = connection.scalar(
        sa.select(parts.c.job_id).where(parts.c.job_id.in_(failed)).order_by(parts.c.created.desc())
    )
    if holder is None:
        return
    for table, left_out in ((parts, ("job_id",)), (events, ("job_id", "id"))):
        columns = [column for column in table.c if column.name not in left_out]
        copied = sa.select(sa.literal(job_id), *columns).where(table.c.job_id == holder)
        if table is events:
            copied = copied.order_by(events.c.id)
        names = ["job_id", *(column.name for column in columns)]
        connection.execute(sa.insert(table).from_select(names, copied))
