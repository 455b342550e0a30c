"""Files named by content: which are mentioned, and deleting those that are not.

A file may be deleted only inside a transaction that holds the lock ``files`` and has looked that
no row mentions it. Whoever records a file holds the same lock (shared), and looks afterwards that
the file is still there. So a file is never gone while a row mentions it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from fairlab.runs.holdings import Collected
from fairlab.runs.records import RunState
from fairlab.runs.schema import events, jobs, parts, runs, uploads

RESULT, TABLE = ".npz", ".parquet"
_NAME = re.compile(r"([0-9a-f]{64})(\.npz|\.parquet)")
_UNFINISHED = ".writing-"
BATCH = 200  # files one transaction looks at, so that no writer waits long


@dataclass(frozen=True, slots=True)
class Folders:
    """Where results (and parts) and tables are."""

    results: Path
    tables: Path

    def path(self, name: str) -> Path:
        """Where a file of this name belongs."""
        return (self.results if name.endswith(RESULT) else self.tables) / name


def files_of(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Files of a folder; none if there is no folder."""
    if folder.is_dir():
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))


def bytes_in(folder: Path) -> int:
    """Bytes of the files of a folder."""
    total = 0
    for entry in files_of(folder):
        try:
            total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:  # deleted while we looked
            continue
    return total


def candidates(folders: Folders, before: float) -> list[str]:
    """Names of files that were last written before a moment: only these may be garbage."""
    found = []
    for folder in (folders.results, folders.tables):
        for entry in files_of(folder):
            if _NAME.fullmatch(entry.name) and _older(folder / entry.name, before):
                found.append(entry.name)
    return sorted(found)


def batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Names in groups small enough for one transaction."""
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


def delete_unmentioned(
    connection: sa.Connection, folders: Folders, names: Iterable[str], before: float | None = None
) -> Collected:
    """Delete the files among ``names`` that no row mentions.

    Args:
        connection: Holding the lock ``files``.
        before: Leave those written later; None leaves none.
    """
    wanted = sorted(set(names))
    kept = mentioned(connection, wanted)
    files = size = 0
    for name in wanted:
        path = folders.path(name)
        if name in kept or (before is not None and not _older(path, before)):
            continue
        try:
            taken = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            continue
        files, size = files + 1, size + taken
    return Collected(files, size)


def mentioned(connection: sa.Connection, names: Sequence[str]) -> set[str]:
    """Those among file names that a row mentions."""
    results = [name.removesuffix(RESULT) for name in names if name.endswith(RESULT)]
    tables = [name.removesuffix(TABLE) for name in names if name.endswith(TABLE)]
    found = set()
    for column, keys, ending in (
        (jobs.c.result_key, results, RESULT),
        (parts.c.key, results, RESULT),
        (uploads.c.fingerprint, tables, TABLE),
        (runs.c.fingerprint, tables, TABLE),
    ):
        rows = connection.scalars(sa.select(column).where(column.in_(keys)).distinct())
        found |= {f"{key}{ending}" for key in rows}
    return found


def delete_unfinished(folders: Folders, before: float) -> Collected:
    """Delete what writers that were killed left behind; rows never mention it."""
    files = size = 0
    for folder in (folders.results, folders.tables):
        for entry in files_of(folder):
            path = folder / entry.name
            if entry.name.startswith(_UNFINISHED) and _older(path, before):
                size += path.stat().st_size
                path.unlink(missing_ok=True)
                files += 1
    return Collected(files, size)


def forget_old_points(connection: sa.Connection, before: float) -> int:
    """Delete the points and parts of computations that ended long ago; results stay.

    Returns:
        How many points.
    """
    active = (RunState.QUEUED.value, RunState.RUNNING.value)
    over = sa.select(jobs.c.id).where(jobs.c.state.not_in(active), jobs.c.finished < before)
    connection.execute(sa.delete(parts).where(parts.c.job_id.in_(over)))
    return connection.execute(sa.delete(events).where(events.c.job_id.in_(over))).rowcount


def _older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False
