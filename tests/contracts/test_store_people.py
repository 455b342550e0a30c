"""What people hold: limits, deleting everything of one, rooms, counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlab.errors import InputError, UnknownNameError
from fairlab.runs.records import LeaseLostError, RunState
from fairlab.runs.rooms import ALPHABET, new_code
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import QuotaError
from fairlab.settings import Settings
from tests.contracts import small
from tests.contracts.test_store import Clock, assert_same_result
from tests.contracts.test_store_files import done, of_table, save_table

ANNA, BEN = "a" * 64, "b" * 64
TABLE = "c" * 64
MB = 1_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[RunStore]:
    opened = RunStore(clock=clock, limits=Settings(owner_waiting=2, owner_mb=3, total_mb=4))
    yield opened
    opened.close()


def test_waiting_runs_of_one_person_have_a_limit(store: RunStore) -> None:
    first = store.submit(small.config(1), owner=ANNA)
    store.submit(small.config(2), owner=ANNA)
    with pytest.raises(QuotaError, match=r"2 runs that wait or train; at most 2 .* cancel one"):
        store.submit(small.config(3), owner=ANNA)
    store.submit(small.config(3), owner=BEN)
    store.request_cancel(first)
    store.submit(small.config(3), owner=ANNA)


def test_runs_that_are_over_do_not_count_as_waiting(store: RunStore) -> None:
    for seed in range(4):
        done(store, ANNA, seed)
    usage = store.usage(ANNA)
    assert (usage.runs, usage.waiting, usage.tables) == (4, 0, 0)


def test_nobody_in_particular_has_no_limit_of_waiting_runs(store: RunStore) -> None:
    assert len({store.submit(small.config(seed)) for seed in range(5)}) == 5


def test_tables_of_one_person_have_a_limit(store: RunStore) -> None:
    store.keep_upload(ANNA, TABLE, "a.csv", 2 * MB, 10)
    with pytest.raises(QuotaError, match=r"2\.0 MB of 3 MB, and this table takes 1\.5 MB. Delete"):
        store.keep_upload(ANNA, "d" * 64, "b.csv", 3 * MB // 2, 10)
    store.keep_upload(BEN, "d" * 64, "b.csv", 3 * MB // 2, 10)
    store.keep_upload(ANNA, TABLE, "renamed.csv", 2 * MB, 10)
    assert [upload.name for upload in store.uploads_of(ANNA)] == ["renamed.csv"]


def test_results_count_towards_the_limit(store: RunStore) -> None:
    run_id = done(store, ANNA)
    size = next(store.results.iterdir()).stat().st_size
    assert store.usage(ANNA).bytes == size
    store.keep_upload(ANNA, TABLE, "a.csv", 3 * MB - size, 10)
    with pytest.raises(QuotaError, match="Delete runs you no longer need, or all your data"):
        store.submit(small.config(5), owner=ANNA)
    store.delete_run(run_id, ANNA)
    store.submit(small.config(5), owner=ANNA)


def test_everybody_together_has_a_limit(store: RunStore) -> None:
    (store.results / f"{'e' * 64}.npz").write_bytes(b"0" * 4 * MB)
    for act in (
        lambda: store.submit(small.config()),
        lambda: store.keep_upload(ANNA, TABLE, "a.csv", 1, 10),
    ):
        with pytest.raises(QuotaError, match=r"4\.0 MB of 4 MB.*FAIRLAB_TOTAL_MB"):
            act()


def test_a_full_disk_refuses_before_it_is_full(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disk:
        total, used, free = 10**12, 10**12, 10**6

    monkeypatch.setattr("fairlab.runs.quotas.shutil.disk_usage", lambda _path: Disk)
    with pytest.raises(QuotaError, match=r"disk has 1\.0 MB left"):
        store.submit(small.config())


def test_visitors_are_refused_before_the_server_counts_as_not_ready(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has many cookies cannot fill the disk until nobody is sent to the server any more."""

    class Disk:
        total, used, free = 10**12, 10**12, (store.limits.free_mb + 50) * MB

    monkeypatch.setattr("fairlab.runs.quotas.shutil.disk_usage", lambda _path: Disk)
    store.submit(small.config(), owner=ANNA)
    for act in (
        lambda: store.submit(small.config(2), owner=BEN),
        lambda: store.keep_upload(ANNA, TABLE, "a.csv", 1, 10),
    ):
        Disk.free -= 1
        with pytest.raises(QuotaError, match=r"to stay free.*FAIRLAB_FREE_MB"):
            act()
    store.submit(small.config(3))  # the shell has no readiness to lose


def test_only_its_owner_deletes_cancels_and_shows_a_run(store: RunStore) -> None:
    """Who has the link of a run may look at it and no more."""
    run_id = store.submit(small.config(), owner=ANNA)
    room = store.open_room(BEN, "Workshop")
    for act in (
        lambda: store.delete_run(run_id, BEN),
        lambda: store.request_cancel(run_id, owner=BEN),
        lambda: store.put_in_room(run_id, room.id, BEN),
        lambda: store.delete_run(run_id, ""),
    ):
        with pytest.raises(InputError, match="belongs to somebody else"):
            act()
    assert store.get(run_id).state is RunState.QUEUED


def test_a_deleted_queued_run_is_never_trained(store: RunStore) -> None:
    run_id = store.submit(small.config(), owner=ANNA)
    assert store.delete_run(run_id, ANNA).runs == 1
    assert store.claim("w") is None
    with pytest.raises(UnknownNameError):
        store.get(run_id)


def test_a_deleted_running_run_is_stopped_and_then_gone(store: RunStore) -> None:
    """The worker is told to stop, and what it still brings is not kept."""
    run_id = store.submit(small.config(), owner=ANNA, title="Secret title")
    store.claim("w")
    store.delete_run(run_id, ANNA)
    with pytest.raises(UnknownNameError):
        store.get(run_id)
    assert store.list() == []
    assert store.cancel_requested(run_id)
    store.append_progress(run_id, small.progress(), "w")
    store.finish(run_id, small.result(cancelled=True), "w")
    assert list(store.results.iterdir()) == []
    assert store.overview().runs_by_state == dict.fromkeys(RunState, 0)
    with pytest.raises(LeaseLostError):
        store.heartbeat(run_id, "w")


def test_a_deleted_run_trains_on_for_those_who_share_it(store: RunStore) -> None:
    first = store.submit(small.config(), owner=ANNA)
    second = store.submit(small.config(), owner=BEN)
    store.claim("w")
    store.delete_run(first, ANNA)
    assert not store.cancel_requested(first)
    store.append_progress(first, small.progress(), "w")
    assert len(store.events(second)) == 1
    store.finish(first, small.result(), "w")
    assert_same_result(store.load_result(second), small.result())
    assert store.get(second).shared_from is None
    assert len(store.list()) == 1


def test_a_deleted_run_of_a_dead_worker_leaves_nothing(store: RunStore, clock: Clock) -> None:
    run_id = store.submit(small.config(), owner=ANNA)
    store.claim("w")
    store.save_part(run_id, "penalty", small.result(), "w")
    store.delete_run(run_id, ANNA)
    clock.now += store.stale_after + 1
    assert store.claim("next") is None
    store.collect_garbage()
    assert list(store.results.iterdir()) == []
    assert store.usage("").runs == 0


def test_deleting_everything_of_one_person(store: RunStore) -> None:
    """Runs, tables, rooms and visits of Anna go; what Ben shares stays his."""
    for owner in (ANNA, BEN):
        store.seen(owner)
        store.keep_upload(owner, TABLE, "shared.csv", 6, 10)
    save_table(store)
    store.keep_upload(ANNA, "d" * 64, "own.csv", 6, 10)
    own = save_table(store, "d" * 64)
    shared = done(store, ANNA)
    bens = store.submit(small.config(), owner=BEN)
    store.submit(of_table("d" * 64), owner=ANNA)
    room = store.open_room(ANNA, "Workshop")
    store.put_in_room(bens, room.id, BEN)
    deleted = store.delete_owner(ANNA)
    assert (deleted.runs, deleted.tables, deleted.bytes) == (2, 2, 6)
    assert not own.exists()
    assert (store.tables / f"{TABLE}.parquet").exists()
    assert store.list(owner=ANNA) == []
    assert store.uploads_of(ANNA) == ()
    assert store.usage(ANNA) == store.usage("f" * 64)
    with pytest.raises(UnknownNameError):
        store.find_room(room.code)
    with pytest.raises(UnknownNameError):
        store.get(shared)
    assert store.get(bens).room == ""
    assert_same_result(store.load_result(bens), small.result())
    assert store.overview().visitors_today == 1
    assert store.delete_owner(ANNA).runs == 0
    with store._database.read() as connection:
        assert anywhere(connection, ANNA) == []


def test_what_was_deleted_cannot_be_read_from_the_files(fairlab_home: Path) -> None:
    """SQLite leaves deleted text in free pages and in its log unless told otherwise."""
    store = RunStore()
    others = [store.submit(small.config(seed), owner=BEN) for seed in range(15)]
    for seed in range(15):
        store.submit(small.config(seed), owner=ANNA, title="Very private words")
    assert found_in(fairlab_home, b"Very private words")
    store.delete_owner(ANNA)
    assert not found_in(fairlab_home, b"Very private words")
    assert not found_in(fairlab_home, ANNA.encode())
    assert {record.id for record in store.list()} == set(others)
    store.close()


def found_in(home: Path, text: bytes) -> list[str]:
    """Files of a home in which some bytes stand."""
    return [path.name for path in home.rglob("*") if path.is_file() and text in path.read_bytes()]


def test_deleting_nobody_deletes_nothing(store: RunStore) -> None:
    """Runs of before, and of the command line, belong to nobody; a missing owner is not theirs."""
    run_id = done(store)
    assert store.delete_owner("").runs == 0
    assert store.get(run_id).state is RunState.DONE


def test_a_room_shows_the_runs_put_into_it(store: RunStore) -> None:
    room = store.open_room(BEN, "Tuesday <b>&\0 workshop")
    assert room.title == "Tuesday <b>& workshop"
    first = store.submit(small.config(1), owner=ANNA, room=room.id)
    second = store.submit(small.config(2), owner=ANNA)
    store.put_in_room(second, room.id, ANNA)
    assert {record.id for record in store.list(room=room.id)} == {first, second}
    store.take_out_of_room(first, ANNA)
    store.take_out_of_room(second, BEN)
    assert store.list(room=room.id) == []
    assert store.rooms_of(BEN) == (room,)
    assert store.rooms_of(ANNA) == ()


def test_a_closed_room_takes_no_more_and_keeps_what_it_has(store: RunStore) -> None:
    room = store.open_room(BEN, "Workshop")
    first = store.submit(small.config(1), owner=ANNA, room=room.id)
    with pytest.raises(InputError, match="Only who leads"):
        store.close_room(room.id, ANNA)
    store.close_room(room.id, BEN)
    assert not store.find_room(room.code).is_open
    for act in (
        lambda: store.submit(small.config(2), owner=ANNA, room=room.id),
        lambda: store.put_in_room(first, room.id, ANNA),
    ):
        with pytest.raises(InputError, match="closed"):
            act()
    assert [record.id for record in store.list(room=room.id)] == [first]


@pytest.mark.parametrize("typed", ["{0}", " {1} ", "{2}", "{3}"])
def test_a_room_is_found_however_its_code_is_typed(store: RunStore, typed: str) -> None:
    code = store.open_room(BEN, "Workshop").code
    forms = (code, code.lower(), code.replace("-", ""), code.replace("-", " – "))
    assert store.find_room(typed.format(*forms)).code == code


@pytest.mark.parametrize("code", ["", "K7QF", "K7QF-9M2X-T4BD", "%", "ß" * 12, "A" * 10_000])
def test_a_wrong_code_finds_no_room(store: RunStore, code: str) -> None:
    store.open_room(BEN, "Workshop")
    with pytest.raises(UnknownNameError, match="no room with this code"):
        store.find_room(code)


def test_codes_of_rooms_cannot_be_guessed_and_are_easy_to_read() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {14}
    assert len(set(ALPHABET)) ** 12 > 2**58
    assert not set("01OIL") & set(ALPHABET)


def test_overview_counts_runs_computations_and_waits(store: RunStore, clock: Clock) -> None:
    done(store, ANNA, 1)
    store.submit(small.config(2), owner=ANNA)
    store.claim("w")
    store.submit(small.config(3), owner=BEN)
    left = store.submit(small.config(3), owner=ANNA)
    store.request_cancel(left)
    store.announce("w", "busy")
    clock.now += 5
    found = store.overview()
    assert (found.queued, found.running, found.oldest_wait) == (1, 1, 5.0)
    assert found.workers == {"w": "busy"}
    states = {"queued": 1, "running": 1, "done": 1, "failed": 0, "cancelled": 1}
    assert found.runs_by_state == states
    assert found.bytes_results == sum(path.stat().st_size for path in store.results.iterdir())
    assert found.bytes_free > 0


def test_visitors_are_those_of_the_last_day(store: RunStore, clock: Clock) -> None:
    store.seen(ANNA)
    clock.now += 80_000
    store.seen(BEN)
    store.seen("")
    assert store.overview().visitors_today == 2
    clock.now += 10_000
    assert store.overview().visitors_today == 1


def test_text_no_database_takes_is_stored_without_what_is_wrong(store: RunStore) -> None:
    """NUL and half of a character pair: PostgreSQL and UTF-8 refuse them."""
    run_id = store.submit(small.config(), title="a\0b\ud800c", owner=ANNA)
    assert store.get(run_id).title == "ab?c"
    store.claim("w")
    store.fail(run_id, "No\0.", "w")
    assert store.get(run_id).message == "No."
    store.keep_upload(ANNA, TABLE, "x\0.csv", 1, 1)
    assert store.uploads_of(ANNA)[0].name == "x.csv"


def anywhere(connection: Any, text: str) -> list[str]:
    """Tables in which a text stands."""
    from fairlab.runs.schema import metadata

    return [
        table.name
        for table in metadata.sorted_tables
        for row in connection.execute(table.select())
        if text in map(str, row)
    ]
