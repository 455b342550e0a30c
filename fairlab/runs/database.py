"""Opening the run database: one engine per process, transactions that read or write."""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.dialects import postgresql, sqlite

from fairlab.errors import InputError
from fairlab.runs.migrations import prepare
from fairlab.runs.store_errors import store_error

PATIENCE_MS = 10_000  # how long a writer waits for another before giving up
CONNECT_SECONDS = 5
PREPARING_SECONDS = 120  # for another process to make or change the tables
# A server that vanished in mid-transaction must not hold its locks for ever.
IDLE_MS = 60_000

_TROUBLE = (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error)


class Database:
    """An engine with the tables of this version.

    Whatever goes wrong with the database itself leaves here as a
    :class:`~fairlab.runs.store_errors.StoreError`.

    Args:
        url: SQLAlchemy URL; ``postgres://`` is understood. SQLite runs in write-ahead mode:
            readers never wait for the writer.
        lock: File that keeps two processes from preparing the same SQLite database at once.
        patience_ms: How long a writer waits for another.

    Raises:
        InputError: If the URL is none, or the database was written by a newer fairlab.
        StoreError: If it cannot be opened.
    """

    def __init__(self, url: str, lock: Path, patience_ms: int = PATIENCE_MS) -> None:
        self.url = read_address(url)
        self.place = _in_words(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _engine(self.url, patience_ms)
        with self._telling():
            if self.is_sqlite:
                self._prepare_sqlite(lock)
            else:
                with self.write("prepare") as connection:
                    prepare(connection)

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment of the database."""
        with self._telling(), self._engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def write(self, *names: str) -> Iterator[sa.Connection]:
        """A transaction that writes; all of it or nothing.

        On SQLite it holds the one write lock from its start. On PostgreSQL it holds the locks
        of these names, taken in this order, and those of the rows it changes.

        Args:
            names: What nobody else may be doing meanwhile; with a leading "~", others who
                ask for it with "~" may.
        """
        with self._telling(), self._engine.connect() as connection:
            writing = connection.execution_options(fairlab_write=True)
            with writing.begin():
                if not self.is_sqlite:
                    for name in names:
                        _advisory_lock(writing, name)
                yield writing

    def settle(self) -> None:
        """Let go of what deleted rows held, as far as nobody reads them at this moment."""
        if self.is_sqlite:  # older versions of changed pages stay in the log until then
            with self._telling(), self._engine.connect() as connection:
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _prepare_sqlite(self, lock: Path) -> None:
        try:
            with FileLock(lock, timeout=PREPARING_SECONDS):
                _write_ahead(self._engine)
                with self.write() as connection:
                    prepare(connection)
        except OSError as error:
            raise store_error(error, self.place) from error

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except _TROUBLE as error:
            raise store_error(error, self.place) from None


def put(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, str], **values: object
) -> None:
    """Set columns of the row with this key; it is made if there is none."""
    kind = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    insert = kind(table).values({**key, **values})
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))


def read_address(url: str) -> sa.URL:
    """The address of a run database; ``postgres://`` and ``postgresql://`` mean psycopg.

    Raises:
        InputError: If it is none, or one of another kind of database. It is not repeated.
    """
    try:
        found = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise InputError(
            "FAIRLAB_DATABASE_URL is not a database address. It reads "
            "postgresql://user:password@host:5432/name; a password with signs such as @ or / "
            "has them as %40 or %2F."
        ) from None
    if found.drivername in ("postgres", "postgresql"):
        found = found.set(drivername="postgresql+psycopg")
    if found.drivername not in ("postgresql+psycopg", "sqlite", "sqlite+pysqlite"):
        raise InputError(
            f"FAIRLAB_DATABASE_URL is an address for {found.drivername!r}; fairlab stores runs "
            "in SQLite or PostgreSQL. Give one that begins with postgresql://, or unset it."
        )
    return found


def _in_words(url: sa.URL) -> str:
    """The address for messages: never the password or what options hold."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.database or url.username or ''} on {url.host or 'this machine'}"


def _engine(url: sa.URL, patience_ms: int) -> sa.Engine:
    pool: dict[str, Any] = {"pool_size": 8, "max_overflow": 24, "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, **pool)

        def configure(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # transactions are begun below, not by the driver
            settings = (
                f"busy_timeout={patience_ms}",
                "synchronous=NORMAL",
                "foreign_keys=ON",
                "secure_delete=ON",  # what is deleted cannot be read from the file any more
            )
            for pragma in settings:
                connection.execute(f"PRAGMA {pragma}")

        sa.event.listen(engine, "connect", configure)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c lock_timeout={patience_ms} -c idle_in_transaction_session_timeout={IDLE_MS}"
    arguments: dict[str, Any] = {"options": options, "connect_timeout": CONNECT_SECONDS}
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True, **pool)


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("fairlab_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _advisory_lock(connection: sa.Connection, name: str) -> None:
    """Hold a lock of PostgreSQL until the transaction ends."""
    shared = name.startswith("~")
    digest = hashlib.sha256(f"fairlab {name.removeprefix('~')}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
    connection.execute(sa.select(lock(number)))


def _write_ahead(engine: sa.Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()
