"""How much one person and everybody together may hold, and the sentences of refusals."""

import shutil
from pathlib import Path

import sqlalchemy as sa

from fairlab.runs.holdings import Usage
from fairlab.runs.queries import ACTIVE
from fairlab.runs.schema import jobs, runs, uploads
from fairlab.runs.store_errors import QuotaError
from fairlab.settings import Settings

MB = 1_000_000
# What stays free on the disk: room for the database itself and for results under way.
RESERVE_BYTES, RESERVE_SHARE = 50 * MB, 0.02


def usage_of(connection: sa.Connection, owner: str) -> Usage:
    """What somebody holds."""
    theirs = sa.select(runs.c.id, runs.c.job_id, runs.c.left_at).where(
        runs.c.owner == owner, runs.c.deleted.is_(False)
    )
    mine = theirs.subquery()
    waits = sa.case((mine.c.left_at.is_(None) & jobs.c.state.in_(ACTIVE), 1), else_=0)
    counted = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(waits), 0))
        .select_from(mine)
        .join(jobs, mine.c.job_id == jobs.c.id)
    ).one()
    results = sa.select(sa.func.coalesce(sa.func.sum(jobs.c.bytes), 0)).where(
        jobs.c.id.in_(sa.select(mine.c.job_id))
    )
    tables = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(uploads.c.bytes), 0)).where(
            uploads.c.owner == owner
        )
    ).one()
    size = int(connection.scalar(results) or 0) + int(tables[1])
    return Usage(int(counted[0]), int(counted[1]), size, int(tables[0]))


def check_run(usage: Usage, limits: Settings) -> None:
    """Refuse one more run of somebody who has too many under way or too much stored.

    Raises:
        QuotaError: With what to wait for or to delete.
    """
    if usage.waiting >= limits.owner_waiting:
        raise QuotaError(
            f"You have {usage.waiting} runs that wait or train; at most {limits.owner_waiting} "
            "can at a time. Wait until one is done, or cancel one."
        )
    _check_owner_bytes(usage.bytes, 0, limits)


def check_upload(usage: Usage, size: int, limits: Settings) -> None:
    """Refuse a table that would take somebody over their share of the disk.

    Raises:
        QuotaError: With what to delete.
    """
    _check_owner_bytes(usage.bytes, size, limits)


def check_disk(home: Path, stored: int, size: int, limits: Settings, owner: str = "") -> None:
    """Refuse what would fill the server's share of the disk, or the disk.

    Visitors are refused before the server counts as not ready (``free_mb``): else one of them, with
    many cookies, could have it taken out of service for all.

    Args:
        stored: Bytes of all tables and results.
        size: Bytes of what is to come; 0 if not known.
        owner: Who asks; "" is no visitor.

    Raises:
        QuotaError: With whom to ask.
    """
    if limits.total_mb and stored + max(size, 1) > limits.total_mb * MB:
        raise QuotaError(
            f"All tables and results on this server take {_mb(stored)} of {limits.total_mb:,} MB, "
            "so nothing can be added. Delete runs you no longer need, or ask whoever runs the "
            "server (FAIRLAB_TOTAL_MB)."
        )
    disk = shutil.disk_usage(home)
    reserve = min(RESERVE_BYTES, disk.total * RESERVE_SHARE)
    if owner and disk.free - size < limits.free_mb * MB + reserve:
        raise QuotaError(
            f"The server's disk has {_mb(disk.free)} left, too little to store more: "
            f"{limits.free_mb:,} MB are to stay free. Delete runs or tables you no longer need, or "
            "ask whoever runs the server to free some space (FAIRLAB_FREE_MB)."
        )
    if disk.free - size < reserve:
        raise QuotaError(
            f"The server's disk has {_mb(disk.free)} left, too little to store more. Delete runs "
            "you no longer need, or ask whoever runs the server to free some space."
        )


def _check_owner_bytes(held: int, size: int, limits: Settings) -> None:
    if held + max(size, 1) > limits.owner_mb * MB:
        more = f", and this table takes {_mb(size)}" if size else ""
        raise QuotaError(
            f"Your tables and results take {_mb(held)} of {limits.owner_mb:,} MB{more}. Delete "
            "runs you no longer need, or all your data with their tables, then try again."
        )


def _mb(size: int) -> str:
    return f"{size / MB:,.1f} MB"
