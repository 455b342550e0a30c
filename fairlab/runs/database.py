"""Opening the run database: one engine per process, transactions that read or write."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from fairlab.runs.schema import prepare

PATIENCE_MS = 10_000  # how long a writer waits for another before giving up


class Database:
    """An engine with the tables of this version.

    Args:
        url: SQLAlchemy URL. SQLite runs in write-ahead mode: readers never wait for the writer.
        lock: File that keeps two processes from preparing the same database at once.

    Raises:
        InputError: If the database was written by a newer fairlab.
    """

    def __init__(self, url: str, lock: Path) -> None:
        self._engine = sa.create_engine(url)
        sqlite = self._engine.dialect.name == "sqlite"
        if sqlite:
            sa.event.listen(self._engine, "connect", _configure_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        with FileLock(lock):
            if sqlite:
                _write_ahead(self._engine)
            with self.write() as connection:
                prepare(connection)

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment of the database."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its start; all of it or nothing."""
        with self._engine.connect() as connection:
            writing = connection.execution_options(fairlab_write=True)
            with writing.begin():
                yield writing

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (f"busy_timeout={PATIENCE_MS}", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("fairlab_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _write_ahead(engine: sa.Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()
