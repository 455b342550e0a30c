"""Databases of every released schema open, on SQLite and PostgreSQL, also many at once."""

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from fairlab.runs import migrations, schema
from fairlab.runs.database import Database
from fairlab.runs.records import RunState
from fairlab.runs.room_state import EMPTY
from fairlab.runs.store import RunStore
from tests.contracts import small
from tests.contracts.test_store import assert_same_result

ASSETS = Path(__file__).parents[1] / "assets"
AT_ONCE = 5
STATES = {
    "done": RunState.DONE,
    "done_shared": RunState.DONE,
    "failed": RunState.FAILED,
    "cancelled": RunState.CANCELLED,
    "running": RunState.RUNNING,
    "left": RunState.CANCELLED,
    "queued": RunState.QUEUED,
}


def named(name: str) -> str:
    """Id of a run in the saved databases."""
    return (name + "0" * 22)[:22]


def saved(version: int, home: Path) -> Path:
    """A home with the database and the results of an earlier fairlab."""
    home.mkdir(exist_ok=True)
    shutil.copy(ASSETS / f"runs_schema_{version}.sqlite3", home / "runs.sqlite3")
    shutil.copytree(ASSETS / f"runs_schema_{version}_results", home / "results")
    return home


@pytest.mark.parametrize("version", [1, 2, 3])
def test_saved_databases_open_with_all_they_hold(version: int, tmp_path: Path) -> None:
    """Runs in every state, points, results and what was shared are as they were left."""
    store = RunStore(saved(version, tmp_path / "home"))
    found = {name: store.get(named(name)) for name in STATES}
    assert {name: record.state for name, record in found.items()} == STATES
    assert found["done_shared"].shared_from == named("done")
    assert found["done"].title == "Finished"
    assert found["failed"].message == "Memory ran out while training."
    assert [event.data["epoch"] for event in store.events(named("done"))] == [1, 2, 3]
    assert_same_result(store.load_result(named("done_shared")), small.result())
    assert store.load_result(named("cancelled")).cancelled
    assert store.get(named("running")).config.data.fingerprint == "ab" * 32
    assert store.list(1)[0].created > found["queued"].created
    store.close()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_work_goes_on_in_a_saved_database(version: int, tmp_path: Path) -> None:
    """What was running when the old server ended is taken up, and new runs can be asked for."""
    store = RunStore(saved(version, tmp_path / "home"))
    assert store.requeue_lost() == 1
    new = store.submit(small.config(99))
    order = []
    while (record := store.claim("w")) is not None:
        order.append(record.id)
        store.append_progress(record.id, small.progress(), "w")
        store.finish(record.id, small.result(), "w")
    assert {named("running"), named("queued"), new} <= set(order)
    assert_same_result(store.load_result(named("running")), small.result())
    store.close()


def test_runs_of_before_owners_are_nobodys(tmp_path: Path) -> None:
    store = RunStore(saved(1, tmp_path / "home"))
    assert {record.owner for record in store.list()} == {""}
    assert len(store.list(owner="")) == 8
    assert store.claim("w", device="cuda") is not None, "the device is read from configurations"
    store.close()


def test_a_saved_database_keeps_rooms_tables_and_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlab.runs.identity.code_digest", lambda: "newer")
    store = RunStore(saved(2, tmp_path / "home"))
    room = store.find_room("k7qf 9m2x t4bd")
    assert (room.title, room.owner, room.is_open) == ("Tuesday's workshop", "a" * 64, True)
    assert [record.id for record in store.list(room=room.id)] == [named("done")]
    assert [upload.name for upload in store.uploads_of("a" * 64)] == ["people.csv"]
    assert store.get(named("running")).parts_done == 1
    assert store.parts(named("running")) == {}, "another version of the program trained it"
    store.close()


@pytest.mark.parametrize("version", [2, 3])
def test_a_room_of_a_saved_database_goes_on(version: int, tmp_path: Path) -> None:
    """What was said in it is there; an older one has no events yet, and takes the first."""
    opened = RunStore(saved(version, tmp_path / "home")).find_room("K7QF-9M2X-T4BD")
    store = RunStore(tmp_path / "home", clock=lambda: opened.created + 3600.0)
    state = store.room_state(opened.id)
    if version == 3:
        assert [(one.index, one.reason) for one in state.answers] == [
            (0, "Reason 0"),
            (1, "Reason 1"),
        ]
        assert state.decision is not None
        assert state.decision.dissent == ("Too far",)
        assert store.room_participant(opened.id, "1" * 64) == state.participants[0]
    else:
        assert state == EMPTY
    led = {"run_id": named("done"), "question": "Which?"}
    assert store.room_event(opened.id, "a" * 64, "pinned", led) == state.version + 1
    store.close()


def test_an_uploaded_table_of_an_old_run_is_not_garbage(tmp_path: Path) -> None:
    """Its fingerprint stood only in the configuration; the migration makes it a column."""
    home = saved(1, tmp_path / "home")
    table = home / "tables" / f"{'ab' * 32}.parquet"
    table.parent.mkdir()
    table.write_bytes(b"kept")
    store = RunStore(home)
    store.collect_garbage(older_than=-1000.0)
    assert table.exists()
    assert len(list(store.results.iterdir())) == 2
    store.close()


def tables_of(connection: sa.Connection) -> dict[str, Any]:
    """What the tables are, as the database says it."""
    inspector = sa.inspect(connection)
    return {
        table: (
            {
                column["name"]: (
                    str(column["type"]).replace("DOUBLE PRECISION", "FLOAT"),
                    column["nullable"],
                    str(column["default"]).strip("()"),
                )
                for column in inspector.get_columns(table)
            },
            inspector.get_pk_constraint(table)["constrained_columns"],
            {
                (i["name"], tuple(i["column_names"]), bool(i["unique"]))
                for i in inspector.get_indexes(table)
            },
            {tuple(c["column_names"]) for c in inspector.get_unique_constraints(table)},
            {
                (tuple(f["constrained_columns"]), f["referred_table"])
                for f in inspector.get_foreign_keys(table)
            },
        )
        for table in inspector.get_table_names()
    }


def make_schema_1(connection: sa.Connection) -> None:
    """The tables of the first release, by its migration."""
    config = Config()
    config.set_main_option("script_location", "fairlab.runs:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrated_and_new_databases_have_the_same_tables(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Column by column, with types, defaults, indexes and references."""
    if kind == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.sqlite3" for name in ("new", "old")]
    else:
        first = request.getfixturevalue("empty_postgres_url")
        urls = [first, request.getfixturevalue("postgres_url")]
        with sa.create_engine(_driver(urls[1])).begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    engine = sa.create_engine(_driver(urls[1]))
    with engine.begin() as connection:
        make_schema_1(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))  # as fairlab made it then
    engine.dispose()
    found = []
    for url in urls:
        database = Database(url, tmp_path / "lock")
        with database.read() as connection:
            found.append(tables_of(connection))
            assert connection.scalar(sa.select(schema.meta.c.value)) == "3"
        database.close()
    assert set(found[0]) == set(found[1])
    for table in found[0]:
        assert found[0][table] == found[1][table], table


def test_the_first_migration_is_what_the_first_release_made(tmp_path: Path) -> None:
    """Columns and indexes of the saved database, made by that release's own code."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'made.sqlite3'}")
    with engine.begin() as connection:
        make_schema_1(connection)
        made = tables_of(connection)
    made.pop("alembic_version")
    engine.dispose()
    kept = sa.create_engine(f"sqlite:///{ASSETS / 'runs_schema_1.sqlite3'}")
    with kept.connect() as connection:
        assert tables_of(connection) == made
    kept.dispose()


def test_every_schema_has_a_revision_and_a_saved_database() -> None:
    assert set(migrations.REVISIONS) == set(range(1, schema.SCHEMA_VERSION + 1))
    for version in migrations.REVISIONS:
        assert (ASSETS / f"runs_schema_{version}.sqlite3").exists()


def at_once(open_one: Callable[[], Database]) -> None:
    begin = threading.Barrier(AT_ONCE)

    def one(_number: int) -> None:
        begin.wait(30)
        open_one().close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(AT_ONCE)))


@pytest.mark.parametrize("version", [None, 1])
def test_many_may_open_a_database_at_once(version: int | None, tmp_path: Path) -> None:
    """Servers and workers that start together make, or migrate, its tables once."""
    home = tmp_path / "home"
    home.mkdir()
    if version is not None:
        saved(version, home)
    at_once(lambda: Database(f"sqlite:///{home / 'runs.sqlite3'}", home / "runs.lock"))
    store = RunStore(home)
    assert len(store.list()) == (0 if version is None else 8)
    store.check()
    store.close()


def test_many_may_open_an_empty_postgresql_at_once(empty_postgres_url: str, tmp_path: Path) -> None:
    """Even from several machines, which share no lock file."""
    numbers = iter(range(100))
    at_once(lambda: Database(empty_postgres_url, tmp_path / f"lock{next(numbers)}"))
    database = Database(empty_postgres_url, tmp_path / "lock")
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.meta)) == 1
    database.close()


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
