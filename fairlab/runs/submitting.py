"""Asking for runs and taking the wish back, inside a transaction."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fairlab.config import RunConfig
from fairlab.runs import kept_parts, queue
from fairlab.runs.identity import can_share, new_id, storable
from fairlab.runs.queries import ACTIVE, find_run, others_waiting
from fairlab.runs.records import RunState
from fairlab.runs.schema import jobs, runs


def add_run(
    connection: sa.Connection,
    config: RunConfig,
    *,
    run_id: str,
    key: str,
    results: Path,
    now: float,
    title: str,
    priority: int,
    owner: str,
    room: str,
) -> None:
    """Queue a run; the same computation, if done or under way, is shared."""
    first = priority if _may_go_first(connection, owner) else min(priority, 0)
    job_id = _shareable(connection, key, results) if can_share(config) else None
    if job_id is None:
        job_id = new_id()
        connection.execute(
            sa.insert(jobs).values(
                id=job_id,
                cache_key=key,
                state=RunState.QUEUED.value,
                priority=first,
                created=now,
                device=config.sweep.device,
            )
        )
        if can_share(config):
            kept_parts.adopt(connection, job_id, key)
    else:  # whoever may go first takes those along who already wait for the same
        sooner = jobs.c.priority < first
        connection.execute(
            sa.update(jobs).where(jobs.c.id == job_id, sooner).values(priority=first)
        )
    last = sa.select(sa.func.max(runs.c.position)).where(runs.c.job_id == job_id)
    before = connection.scalar(last)
    connection.execute(
        sa.insert(runs).values(
            id=run_id,
            job_id=job_id,
            position=0 if before is None else before + 1,
            title=storable(title),
            config=config.model_dump_json(),
            digest=config.digest(),
            created=now,
            owner=owner,
            room=room,
            fingerprint=config.data.fingerprint if config.data.source == "file" else "",
        )
    )


def cancel(connection: sa.Connection, run_id: str, now: float, owner: str | None = None) -> bool:
    """Cancel a run; the computation stops when nobody else waits for it.

    Returns:
        False if the run was already over.

    Raises:
        UnknownNameError: If there is no run with this id.
        InputError: If it is not ``owner``'s.
    """
    queue.lock_job(connection, run_id)
    record = find_run(connection, run_id)
    if owner is not None:
        queue.check_owner(record, owner, "cancel")
    if not record.state.active:
        return False
    if others_waiting(connection, record):
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(left_at=now))
        return True
    values: dict[str, Any] = {"cancel_requested": True}
    if record.state is RunState.QUEUED:
        values |= {"state": RunState.CANCELLED.value, "finished": now, "message": ""}
    connection.execute(sa.update(jobs).where(jobs.c.id == record.job).values(values))
    return True


def _may_go_first(connection: sa.Connection, owner: str) -> bool:
    """One run ahead of others at a time; those of nobody in particular are not counted."""
    if owner == "":
        return True
    ahead = (
        sa.select(runs.c.id)
        .join(jobs, runs.c.job_id == jobs.c.id)
        .where(
            runs.c.owner == owner,
            runs.c.left_at.is_(None),
            jobs.c.state.in_(ACTIVE),
            jobs.c.priority > 0,
        )
    )
    return connection.scalar(ahead.limit(1)) is None


def _shareable(connection: sa.Connection, key: str, results: Path) -> str | None:
    """The computation with this key that is under way or done with its file in place."""
    rows = connection.execute(
        sa.select(jobs.c.id, jobs.c.state, jobs.c.result_key)
        .where(
            jobs.c.cache_key == key,
            jobs.c.state.in_((*ACTIVE, RunState.DONE.value)),
            jobs.c.cancel_requested.is_(False),
        )
        .order_by(jobs.c.created.desc())
        .with_for_update()
    ).all()
    for row in rows:
        if row.state in ACTIVE or (results / f"{row.result_key}.npz").exists():
            return str(row.id)
    return None
