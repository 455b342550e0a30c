"""What the run store promises, with real second processes where it matters."""

import dataclasses
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from fairlab.errors import InputError, UnknownNameError
from fairlab.results import SweepResult
from fairlab.runs import artefacts
from fairlab.runs.executors import Limits
from fairlab.runs.feed import points_payload
from fairlab.runs.records import LeaseLostError, RunState
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import StoreError
from fairlab.runs.worker import Worker
from tests.contracts import small
from tests.contracts.executing import Here

ROOT = Path(__file__).parents[2]


class Clock:
    """Seconds that move only when told."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[RunStore]:
    opened = RunStore(clock=clock)
    yield opened
    opened.close()


def other_process(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.contracts.other_process", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def assert_same_result(got: SweepResult, wanted: SweepResult) -> None:
    """Every field equal, arrays byte for byte with their types."""
    plain = [f.name for f in dataclasses.fields(SweepResult) if f.name != "splits"]
    for name in plain:
        assert getattr(got, name) == getattr(wanted, name), name
    assert list(got.splits) == list(wanted.splits)
    for name, split in wanted.splits.items():
        other = got.splits[name]
        for field in ("score", "y_true", "rows", "raw"):
            first, second = getattr(split, field), getattr(other, field)
            assert first.dtype == second.dtype
            assert first.tobytes() == second.tobytes()
        assert list(split.attributes) == list(other.attributes)
        for label, attribute in split.attributes.items():
            assert other.attributes[label].names == attribute.names
            np.testing.assert_array_equal(other.attributes[label].codes, attribute.codes)
        if split.weight is None:
            assert other.weight is None
        else:
            assert other.weight is not None
            assert split.weight.tobytes() == other.weight.tobytes()


def test_each_run_is_claimed_once_by_two_processes(store: RunStore) -> None:
    """This process and another, which start together, share the queue without overlap or loss."""
    wanted = {store.submit(small.config(seed)) for seed in range(30)}
    other = other_process("claim", "other")
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    assert other.stdin is not None
    other.stdin.write("go\n")
    other.stdin.flush()
    here, claimed = RunStore(), []  # with the real clock, as the other has
    while (record := here.claim("claimer-here")) is not None:
        claimed.append(record.id)
    here.close()
    claimed += other.communicate(timeout=60)[0].split()
    assert sorted(claimed) == sorted(wanted)


def test_killed_worker_is_noticed_and_its_run_done_by_another(
    store: RunStore, clock: Clock
) -> None:
    """kill -9 in mid-run: queued again once stale, points of the dead attempt gone, then done."""
    run_id = store.submit(small.config())
    real_time = RunStore()  # the other process beats with the real clock
    process = other_process("hang")
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    before = real_time.events(run_id)
    assert [event.data["epoch"] for event in before] == [1, 2]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)

    heartbeat = real_time.get(run_id).heartbeat
    assert heartbeat is not None
    clock.now = heartbeat + store.stale_after - 0.1
    assert store.claim("second") is None, "not stale yet"
    clock.now = heartbeat + store.stale_after + 0.1

    def train(_config, _part, note, _stop):  # type: ignore[no-untyped-def]
        note(small.progress(1))
        return small.result()

    assert Worker(store, Here(train), Limits()).run_until_empty() == 1
    record = store.get(run_id)
    assert record.state is RunState.DONE
    assert record.attempt == 2
    after = store.events(run_id)
    assert [event.data["epoch"] for event in after] == [1]
    assert after[0].id > before[-1].id, "a cursor is never given twice"


def test_run_that_kills_its_worker_again_and_again_fails_with_a_sentence(
    store: RunStore, clock: Clock
) -> None:
    run_id = store.submit(small.config())
    for attempt in (1, 2, 3, 4, 5):
        record = store.claim("w")
        assert record is not None
        assert record.attempt == attempt
        clock.now += store.stale_after + 1
    assert store.claim("w") is None
    record = store.get(run_id)
    assert record.state is RunState.FAILED
    assert "memory" in record.message


def test_released_run_waits_again_and_the_attempt_does_not_count(store: RunStore) -> None:
    run_id = store.submit(small.config())
    for _ in range(5):
        record = store.claim("w")
        assert record is not None
        assert record.attempt == 1
        store.release(run_id, "w")
    assert store.get(run_id).state is RunState.QUEUED


def test_new_worker_takes_over_at_once_when_no_other_can_live(store: RunStore) -> None:
    run_id = store.submit(small.config())
    store.claim("dead")
    assert store.requeue_lost() == 1
    record = store.claim("alive")
    assert record is not None
    assert record.id == run_id


def test_worker_that_lost_its_run_cannot_write(store: RunStore, clock: Clock) -> None:
    """A worker that slept too long must not mix its points with its successor's."""
    run_id = store.submit(small.config())
    store.claim("sleeper")
    clock.now += store.stale_after + 1
    assert store.claim("successor") is not None
    for act in (
        lambda: store.append_progress(run_id, small.progress(), "sleeper"),
        lambda: store.heartbeat(run_id, "sleeper"),
        lambda: store.finish(run_id, small.result(), "sleeper"),
        lambda: store.fail(run_id, "no", "sleeper"),
        lambda: store.release(run_id, "sleeper"),
    ):
        with pytest.raises(LeaseLostError):
            act()
    record = store.get(run_id)
    assert record.state is RunState.RUNNING
    assert record.worker == "successor"
    assert store.events(run_id) == ()


@pytest.mark.parametrize("weighted", [False, True])
def test_result_round_trip_is_exact(store: RunStore, weighted: bool) -> None:
    """Scores byte for byte, and every note, flag and guarantee."""
    run_id = store.submit(small.config())
    store.claim("w")
    store.finish(run_id, small.result(weighted=weighted), "w")
    loaded = RunStore().load_result(run_id)
    assert_same_result(loaded, small.result(weighted=weighted))
    with pytest.raises(ValueError, match="read-only"):
        loaded.splits["test"].score[0, 0] = 1.0


def test_same_result_gives_the_same_file(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    first = artefacts.write_result(folder, small.result())
    second = artefacts.write_result(folder, small.result())
    assert first == second
    assert [path.name for path in folder.iterdir()] == [f"{first}.npz"]


def test_damaged_result_is_refused(store: RunStore) -> None:
    """A file whose bytes changed is never shown as a result."""
    run_id = store.submit(small.config())
    store.claim("w")
    store.finish(run_id, small.result(), "w")
    [path] = store.results.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="damaged"):
        store.load_result(run_id)
    path.unlink()
    with pytest.raises(InputError, match="missing"):
        store.load_result(run_id)


def test_full_disk_leaves_no_half_written_result(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.submit(small.config())
    store.claim("w")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"disk .* is full"):
        store.finish(run_id, small.result(), "w")
    monkeypatch.undo()
    assert list(store.results.iterdir()) == []
    assert store.get(run_id).state is RunState.RUNNING


def test_result_file_refuses_pickled_content() -> None:
    import io

    stream = io.BytesIO()
    np.savez(stream, header=np.array([{"format": 1}], dtype=object))
    with pytest.raises(InputError, match="not a fairlab result"):
        artefacts.decode(stream.getvalue())


def test_reload_keeps_events_in_order(store: RunStore) -> None:
    """A new store on the same home reads the same events, and a cursor continues."""
    run_id = store.submit(small.config())
    store.claim("w")
    cursors = [store.append_progress(run_id, small.progress(e), "w") for e in range(1, 6)]
    store.close()
    again = RunStore()
    assert [event.id for event in again.events(run_id)] == sorted(cursors)
    assert [event.data["epoch"] for event in again.events(run_id, cursors[2])] == [4, 5]
    assert again.events(run_id)[0].data["gap"] == [0.125, None]
    assert again.get(run_id).share_done == pytest.approx(5 / 30, abs=1e-6)


def test_cancelling_a_queued_run_is_immediate(store: RunStore) -> None:
    run_id = store.submit(small.config())
    assert store.request_cancel(run_id)
    assert store.get(run_id).state is RunState.CANCELLED
    assert store.claim("w") is None
    assert not store.request_cancel(run_id), "already over"


def test_cancelling_a_running_run_keeps_what_there_is(store: RunStore) -> None:
    """The worker sees the flag; the models as they were are kept and marked as cancelled."""
    run_id = store.submit(small.config())

    def train(_config, _part, note, stop):  # type: ignore[no-untyped-def]
        note(small.progress(1))
        assert not stop()
        store.request_cancel(run_id)
        assert store.get(run_id).cancel_requested
        return small.result(cancelled=True)

    Worker(store, Here(train), Limits()).run_until_empty()
    assert store.get(run_id).state is RunState.CANCELLED
    assert store.load_result(run_id).cancelled


def test_lost_run_with_cancel_pending_is_cancelled_not_restarted(
    store: RunStore, clock: Clock
) -> None:
    run_id = store.submit(small.config())
    store.claim("w")
    store.request_cancel(run_id)
    clock.now += store.stale_after + 1
    assert store.claim("other") is None
    assert store.get(run_id).state is RunState.CANCELLED


def test_thirty_people_train_once(store: RunStore) -> None:
    """Equal configurations share one computation, live points included, before and after."""
    ids = [store.submit(small.config()) for _ in range(30)]
    assert len(set(ids)) == 30
    assert store.claim("w") is not None
    assert store.claim("w") is None
    assert {store.get(run_id).state for run_id in ids} == {RunState.RUNNING}
    store.append_progress(ids[0], small.progress(), "w")
    assert len(store.events(ids[29])) == 1
    store.finish(ids[0], small.result(), "w")
    late = store.submit(small.config())
    record = store.get(late)
    assert record.state is RunState.DONE
    assert record.shared_from == ids[0]
    assert len(store.events(late)) == 1
    assert_same_result(store.load_result(late), small.result())


def test_one_of_several_watchers_leaves_and_the_others_go_on(store: RunStore) -> None:
    first, second = store.submit(small.config()), store.submit(small.config())
    store.claim("w")
    store.request_cancel(first)
    assert store.get(first).state is RunState.CANCELLED
    assert store.get(second).state is RunState.RUNNING
    assert not store.cancel_requested(second)
    store.request_cancel(second)
    assert store.cancel_requested(second), "the last one stops the computation"


@pytest.mark.parametrize("ending", ["failed", "cancelled", "cancelling", "file gone"])
def test_ended_badly_is_not_shared(store: RunStore, ending: str) -> None:
    """A new attempt of a run that gave no full result is computed."""
    run_id = store.submit(small.config())
    store.claim("w")
    if ending == "failed":
        store.fail(run_id, "No.", "w")
    elif ending == "file gone":
        store.finish(run_id, small.result(), "w")
        next(store.results.iterdir()).unlink()
    else:
        store.request_cancel(run_id)
        if ending == "cancelled":
            store.finish(run_id, small.result(cancelled=True), "w")
    again = store.submit(small.config())
    assert store.get(again).state is RunState.QUEUED
    assert store.get(again).shared_from is None


def test_a_table_without_fingerprint_is_never_shared(store: RunStore) -> None:
    """Two uploads of unknown content may differ."""
    config = small.config()
    upload = config.model_copy(update={"data": config.data.model_copy(update={"source": "file"})})
    store.submit(upload)
    assert store.get(store.submit(upload)).shared_from is None


def test_an_update_of_the_code_does_not_bring_back_old_numbers(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.submit(small.config())
    store.claim("w")
    store.finish(run_id, small.result(), "w")
    monkeypatch.setattr("fairlab.runs.identity.code_digest", lambda: "another")
    assert store.get(store.submit(small.config())).state is RunState.QUEUED


def test_order_is_by_priority_then_time(store: RunStore, clock: Clock) -> None:
    ids = []
    for seed, priority in ((1, 0), (2, 0), (3, 5)):
        ids.append(store.submit(small.config(seed), priority=priority))
        clock.now += 1
    assert [points_payload(store, run_id)["queue_position"] for run_id in ids] == [2, 3, 1]
    order = [store.claim("w") for _ in range(3)]
    assert [record.id for record in order if record] == [ids[2], ids[0], ids[1]]
    assert [record.id for record in store.list()] == ids[::-1]


def test_payload_continues_from_its_cursor(store: RunStore) -> None:
    """Each point is sent once; undefined is null; the end is marked."""
    run_id = store.submit(small.config())
    first = points_payload(store, run_id)
    assert (first["state"], first["rows"], first["next"]) == ("queued", [], 0)
    store.claim("w")
    store.append_progress(run_id, small.progress(1), "w")
    second = points_payload(store, run_id, first["next"])
    assert second["rows"][0]["gap"] == [0.125, None]
    store.append_progress(run_id, small.progress(2), "w")
    third = points_payload(store, run_id, second["next"])
    assert [row["epoch"] for row in third["rows"]] == [2]
    assert not third["final"]
    store.finish(run_id, small.result(), "w")
    last = points_payload(store, run_id, third["next"])
    assert (last["state"], last["rows"], last["final"]) == ("done", [], True)
    assert last["share_done"] == 1.0


def test_unknown_runs_and_missing_results_say_so(store: RunStore) -> None:
    with pytest.raises(UnknownNameError, match="There is no run 'nobody'"):
        store.get("nobody")
    with pytest.raises(UnknownNameError, match="no result"):
        store.load_result(store.submit(small.config()))


def test_titles_are_parameters_not_sql(store: RunStore) -> None:
    title = "Robert'); DROP TABLE runs;--"
    run_id = store.submit(small.config(), title=title)
    assert store.get(run_id).title == title


def test_database_of_a_newer_fairlab_is_refused(store: RunStore) -> None:
    with store._database.write() as connection:
        connection.execute(sa.text("UPDATE meta SET value = '99' WHERE key = 'schema'"))
    store.close()
    with pytest.raises(InputError, match="schema 99"):
        RunStore()


def test_the_store_needs_no_torch() -> None:
    """The web server imports it; torch would cost it 200 MB and slow every garbage collection.

    Nor does the process that waits for runs, which pays for scikit-learn and SciPy's statistics
    no more than for torch: it trains nothing itself.
    """
    code = (
        "import sys, fairlab.runs.store, fairlab.runs.feed, fairlab.runs.worker_process;"
        "sys.exit(not {'torch', 'streamlit', 'sklearn', 'scipy.stats'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_an_id_can_be_given_in_a_shell(tmp_path, monkeypatch):
    """One id in 64 would start with "-", and ``fairlab export`` would take it for an option."""
    drawn = iter(["-" * 22, "-" + "a" * 21, "b" * 22, "c" * 22])
    monkeypatch.setattr("fairlab.runs.identity.secrets.token_urlsafe", lambda _n: next(drawn))
    assert RunStore(tmp_path).submit(small.config()) == "b" * 22
