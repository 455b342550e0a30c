"""A database that does not do what it should: a sentence, nothing lost, no secret told."""

import logging
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from fairlab.errors import InputError
from fairlab.runs.database import Database
from fairlab.runs.records import RunState
from fairlab.runs.schema import jobs
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import StoreError
from tests.contracts import postgres, small

SECRET = "pass-3f9c"


def told(act: Callable[[], object], trouble: str, match: str) -> str:
    """The sentence of a store error; it holds no SQL."""
    with pytest.raises(StoreError, match=match) as caught:
        act()
    assert caught.value.trouble == trouble
    text = "".join(traceback.format_exception(caught.value))
    assert "SELECT" not in str(caught.value)
    assert SECRET not in text
    return str(caught.value)


def test_a_locked_database_is_waited_for_and_then_told(fairlab_home: Path) -> None:
    """Nothing changes while another program holds it; afterwards all works."""
    store = RunStore()
    run_id = store.submit(small.config())
    impatient = Database(f"sqlite:///{fairlab_home / 'runs.sqlite3'}", store.home / "l", 20)
    store._database, patient = impatient, store._database
    other = sqlite3.connect(fairlab_home / "runs.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for act in (
        lambda: store.claim("w"),
        lambda: store.submit(small.config(1)),
        store.check,
        lambda: store.request_cancel(run_id),
    ):
        told(act, "locked", "is busy: another program .* Try again")
    assert store.get(run_id).state is RunState.QUEUED, "readers are not kept out"
    other.execute("ROLLBACK")
    other.close()
    assert store.claim("w") is not None
    patient.close()
    store.close()


@pytest.mark.parametrize("damage", ["not a database", "malformed"])
def test_a_damaged_database_is_kept_and_told(fairlab_home: Path, damage: str) -> None:
    path = fairlab_home / "runs.sqlite3"
    store = RunStore()
    for seed in range(20):
        store.submit(small.config(seed))
    with store._database._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    content = bytearray(path.read_bytes())
    if damage == "malformed":
        content[4096:] = b"\x07" * (len(content) - 4096)
    else:
        content[:] = b"nothing of a database " * 400
    path.write_bytes(content)

    def use() -> None:
        RunStore().list()

    sentence = told(use, "corrupt", "damaged.*Nothing was deleted.*moving it away")
    assert str(path) in sentence
    assert path.read_bytes() == content


def test_a_full_database_refuses_and_keeps_what_it_has(fairlab_home: Path) -> None:
    """SQLite's own limit stands for a full disk."""
    store = RunStore()
    run_id = store.submit(small.config())
    store.close()
    engine = store._database._engine

    def small_disk(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    sa.event.listen(engine, "connect", small_disk)

    def fill() -> None:
        for seed in range(1, 200):
            store.submit(small.config(seed), title="x" * 5000)

    told(fill, "full", "disk .* is full.*Free some space")
    assert store.get(run_id).state is RunState.QUEUED
    store.close()
    assert RunStore().claim("w") is not None


def test_a_database_that_may_not_be_written_says_so(fairlab_home: Path) -> None:
    store = RunStore()
    run_id = store.submit(small.config())
    store.close()
    sa.event.listen(
        store._database._engine, "connect", lambda c, _record: c.execute("PRAGMA query_only=ON")
    )
    told(lambda: store.submit(small.config(1)), "not writable", "may not write.*permission")
    assert store.get(run_id).state is RunState.QUEUED


def test_a_home_that_is_no_folder_says_so(tmp_path: Path) -> None:
    """As a folder on a disk that is not mounted, or a file in its place."""
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(StoreError, match=str(tmp_path / "home")):
        RunStore(tmp_path / "home")


def test_a_database_file_that_cannot_be_opened_says_so(fairlab_home: Path) -> None:
    (fairlab_home / "runs.sqlite3").mkdir()
    told(RunStore, "not writable", "may not write")


def test_an_unreachable_postgresql_says_where(fairlab_home: Path) -> None:
    url = f"postgresql://fairlab:{SECRET}@127.0.0.1:1/runs?connect_timeout=1"
    sentence = told(lambda: RunStore(url=url), "unreachable", "cannot be reached")
    assert "runs on 127.0.0.1" in sentence


@pytest.mark.parametrize("problem", ["wrong password", "unknown user", "unknown database"])
def test_no_password_is_ever_told(
    problem: str, caplog: pytest.LogCaptureFixture, fairlab_home: Path
) -> None:
    """Neither the sentence, nor its traceback, nor any log line holds it."""
    caplog.set_level(logging.DEBUG)
    server = postgres.server()
    with server.connect() as connection:
        connection.execute(f"DROP ROLE IF EXISTS {postgres.GUARDED}")
        connection.execute(f"CREATE ROLE {postgres.GUARDED} LOGIN PASSWORD 'another'")
    user = "fairlab" if problem == "unknown database" else postgres.GUARDED
    user = "nobody-known" if problem == "unknown user" else user
    name = "not_there" if problem == "unknown database" else "postgres"
    url = f"postgresql://{user}:{SECRET}@/{name}?host={server.folder}"
    told(lambda: RunStore(url=url), "unreachable", "refuses .* password.*FAIRLAB_DATABASE_URL")
    assert SECRET not in caplog.text


def test_a_server_that_restarts_is_found_again(postgres_url: str) -> None:
    """Connections it closed are replaced; no visitor sees an error."""
    store = RunStore(url=postgres_url)
    run_id = store.submit(small.config())
    with postgres.server().connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname LIKE 'test%%'",
            [],
        )
    assert store.get(run_id).state is RunState.QUEUED
    store.check()
    store.close()


def test_a_lock_of_another_is_waited_for_on_postgresql_too(postgres_url: str) -> None:
    store = RunStore(url=postgres_url)
    run_id = store.submit(small.config())
    impatient = Database(postgres_url, store.home / "lock", 20)
    with store._database.write() as connection:
        connection.execute(sa.select(jobs.c.id).with_for_update())
        holder, store._database = store._database, impatient
        told(lambda: store.request_cancel(run_id), "locked", "is busy")
        store._database = holder
    assert store.request_cancel(run_id)
    impatient.close()
    store.close()


@pytest.mark.parametrize(
    "url", [f"mysql://me:{SECRET}@host/db", f"::{SECRET}", f"postgresql://me:{SECRET}@host:port/db"]
)
def test_an_address_that_is_none_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(InputError, match="FAIRLAB_DATABASE_URL") as caught:
        RunStore(url=url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("start", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_forms_of_an_address_are_understood(start: str, postgres_url: str) -> None:
    store = RunStore(url=postgres_url.replace("postgresql", start, 1))
    store.check()
    store.close()


def test_a_healthy_store_passes_its_check(database: str) -> None:
    store = RunStore()
    for _ in range(2):
        store.check()
    assert list(store.results.iterdir()) == []
    store.close()


def test_errors_that_are_not_the_databases_stay_what_they_are() -> None:
    """A closed pipe inside a transaction is not a broken database."""
    store = RunStore()
    with pytest.raises(BrokenPipeError), store._database.read():
        raise BrokenPipeError
    store.close()
