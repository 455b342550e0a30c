"""Files of results and tables: deleted when nothing mentions them, never a moment before."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fairlab.runs import artefacts
from fairlab.runs.store import RunStore
from tests.contracts import small
from tests.contracts.test_store import assert_same_result

ANNA, BEN = "a" * 64, "b" * 64
TABLE = "c" * 64
DAY = 86_400.0


@pytest.fixture
def store(database: str) -> Iterator[RunStore]:
    opened = RunStore()
    yield opened
    opened.close()


def save_table(store: RunStore, fingerprint: str = TABLE) -> Path:
    """As whoever uploads a table does, after it was recorded."""
    path = store.tables / f"{fingerprint}.parquet"
    artefacts.write_bytes(path, b"people")
    return path


def age(path: Path, seconds: float) -> None:
    """Make a file so much older."""
    written = path.stat().st_mtime - seconds
    os.utime(path, (written, written))


def of_table(fingerprint: str = TABLE) -> Any:
    config = small.config()
    data = {"source": "file", "filename": "people.csv", "fingerprint": fingerprint}
    return config.model_copy(update={"data": config.data.model_copy(update=data)})


def done(store: RunStore, owner: str = "", seed: int = 0) -> str:
    run_id = store.submit(small.config(seed), owner=owner)
    record = store.claim("w")
    assert record is not None
    store.finish(run_id, small.result(), "w")
    return run_id


def test_files_nothing_mentions_go_once_they_are_old(store: RunStore) -> None:
    kept = done(store)
    orphan = store.results / f"{'d' * 64}.npz"
    table = save_table(store)
    unfinished = store.results / ".writing-abc"
    for path in (orphan, unfinished):
        path.write_bytes(b"12345")
    assert store.collect_garbage().files == 0, "all are young"
    for path in (orphan, table, unfinished, *store.results.glob("*.npz")):
        age(path, 2 * DAY)
    gone = store.collect_garbage()
    assert (gone.files, gone.bytes) == (3, 5 + 5 + 6)
    assert_same_result(store.load_result(kept), small.result())


def test_files_of_other_names_are_left_alone(store: RunStore) -> None:
    """A README, a copy somebody made: not ours to delete."""
    for name in ("README.md", "result.npz", f"{'d' * 64}.npz.bak", f"{'D' * 64}.npz"):
        path = store.results / name
        path.write_bytes(b"mine")
        age(path, 2 * DAY)
    assert store.collect_garbage().files == 0


def test_tables_stay_while_somebody_or_a_run_has_them(store: RunStore) -> None:
    assert not store.keep_upload(ANNA, TABLE, "people.csv", 6, 50), "not there yet: save it"
    path = save_table(store)
    age(path, 2 * DAY)
    assert store.keep_upload(BEN, TABLE, "same.csv", 6, 50)
    run_id = store.submit(of_table(), owner=BEN)
    assert store.forget_upload(ANNA, TABLE) == 0
    assert store.forget_upload(BEN, TABLE) == 0, "a run needs it"
    assert store.collect_garbage().files == 0
    assert path.exists()
    assert store.delete_run(run_id, BEN).bytes == 6
    assert not path.exists()


def test_a_recorded_table_is_safe_before_it_is_saved(store: RunStore) -> None:
    """Record first, then save: whoever deletes in between sees the record."""
    store.keep_upload(ANNA, TABLE, "people.csv", 6, 50)
    save_table(store)
    store.keep_upload(BEN, TABLE, "people.csv", 6, 50)
    assert store.delete_owner(ANNA).bytes == 0
    assert store.collect_garbage(older_than=-10.0).files == 0
    assert (store.tables / f"{TABLE}.parquet").exists()


@pytest.mark.parametrize("what", ["finish", "save_part"])
def test_what_is_written_but_not_yet_recorded_is_not_lost(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The worst moment: another process deletes everything unmentioned right then."""
    run_id = store.submit(small.config())
    store.claim("w")
    write = artefacts.write_content

    def write_then_lose(folder: Path, result: Any) -> Any:
        written = write(folder, result)
        assert RunStore().collect_garbage(older_than=-10.0).files == 1
        return written

    monkeypatch.setattr(artefacts, "write_content", write_then_lose)
    if what == "finish":
        store.finish(run_id, small.result(), "w")
        assert_same_result(store.load_result(run_id), small.result())
    else:
        store.save_part(run_id, "penalty", small.result(), "w")
        assert list(store.parts(run_id)) == ["penalty"]


def test_writers_and_deleters_at_once_never_leave_a_record_without_its_file(
    store: RunStore,
) -> None:
    """Many runs end with the same bytes while others that have them are deleted."""
    ids = [store.submit(small.config(seed), owner=ANNA) for seed in range(12)]
    for _ in ids:
        store.claim("w")
    over = threading.Event()

    def collect() -> None:
        own = RunStore()
        while not over.is_set():
            own.collect_garbage(older_than=-10.0)
        own.close()

    def finish(mine: list[str]) -> None:
        own = RunStore()
        for place, run_id in enumerate(mine):
            own.finish(run_id, small.result(), "w")
            if place % 2:
                own.delete_run(run_id, ANNA)
            else:
                own.load_result(run_id)
        own.close()

    with ThreadPoolExecutor(4) as pool:
        collecting = pool.submit(collect)
        finishing = [pool.submit(finish, ids[part::3]) for part in range(3)]
        try:
            for one in finishing:
                one.result(60)
        finally:
            over.set()
        collecting.result(60)
    for record in store.list():
        assert_same_result(store.load_result(record.id), small.result())
    assert len(store.list()) == 6


def test_deleting_the_last_run_of_a_result_takes_its_file(store: RunStore) -> None:
    first = done(store, ANNA)
    second = store.submit(small.config(), owner=BEN)
    [path] = store.results.iterdir()
    assert store.delete_run(first, ANNA).bytes == 0
    assert_same_result(store.load_result(second), small.result())
    assert store.get(second).shared_from is None
    assert store.delete_run(second, BEN).bytes > 0
    assert not path.exists()


def test_points_of_runs_that_ended_long_ago_go_results_stay(store: RunStore) -> None:
    """The points are for watching; the curve of a finished run is drawn from its result."""
    run_id = store.submit(small.config())
    store.claim("w")
    store.append_progress(run_id, small.progress(), "w")
    waiting = store.submit(small.config(1))
    store.claim("w")
    store.append_progress(waiting, small.progress(), "w")
    store.finish(run_id, small.result(), "w")
    store.collect_garbage()
    assert len(store.events(run_id)) == 1
    store.collect_garbage(older_than=-10.0)
    assert store.events(run_id) == ()
    assert len(store.events(waiting)) == 1, "it still trains"
    assert_same_result(store.load_result(run_id), small.result())
