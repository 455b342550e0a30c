"""The worker: whatever happens to one run, it says why, keeps what is finished, and goes on."""

import errno
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fairlab.config import RunConfig
from fairlab.errors import TrainingError
from fairlab.results import SweepResult
from fairlab.runs import driver, worker_process
from fairlab.runs.driver import Drive
from fairlab.runs.executors import Limits, PartFailed
from fairlab.runs.parts import Part
from fairlab.runs.reasons import explain, over_memory, over_time
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import StoreError
from fairlab.runs.worker import Worker
from tests.contracts import small
from tests.contracts.executing import Here, Note, Stop, Train, quick

PARTS = tuple(Part(name) for name in ("penalty", "layer", "baselines"))
LOCKED = StoreError("The run database is busy.", "locked")
FULL = StoreError("The disk of the run database is full.", "full")


def merged(_config: RunConfig, results: Mapping[str, SweepResult]) -> SweepResult:
    missing = len(results) < len(PARTS) or any(result.cancelled for result in results.values())
    return small.result(cancelled=missing)


@pytest.fixture(autouse=True)
def three_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "parts_of", lambda _config: PARTS)
    monkeypatch.setattr(driver, "merge", merged)
    monkeypatch.setattr(driver, "CANCEL_PAUSE", 0.0)
    monkeypatch.setattr(driver, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(driver, "LONGEST_PAUSE", 0.0)


@pytest.fixture
def store(fairlab_home: Path) -> RunStore:
    return RunStore()


def worker_of(store: RunStore, train: Train = quick, **options: Any) -> Worker:
    return Worker(store, Here(train), Limits(), **options)


def test_it_works_through_the_queue(store: RunStore) -> None:
    ids = [store.submit(small.config(seed)) for seed in range(3)]
    assert worker_of(store).run_until_empty() == 3
    assert {store.get(run_id).state for run_id in ids} == {RunState.DONE}


def test_several_runs_are_under_way_together(store: RunStore) -> None:
    """With two at once the second starts while the first trains; the third waits for a place."""
    ids = [store.submit(small.config(seed)) for seed in range(3)]
    both = threading.Barrier(3)
    go_on = threading.Event()

    def train(config: RunConfig, part: Part, note: Note, stop: Stop) -> SweepResult:
        if part.name == "penalty" and not go_on.is_set():
            both.wait(30)
            go_on.wait(30)
        return small.result()

    worker = worker_of(store, train, at_once=2)
    thread = threading.Thread(target=worker.run)
    thread.start()
    both.wait(30)
    states = [store.get(run_id).state for run_id in ids]
    assert sorted(states) == sorted([RunState.RUNNING, RunState.RUNNING, RunState.QUEUED])
    go_on.set()
    until(lambda: all(store.get(run_id).state is RunState.DONE for run_id in ids))
    worker.stop()
    thread.join(30)
    assert store.workers() == {}


def test_failure_is_told_to_the_owner_and_the_next_run_goes_on(store: RunStore) -> None:
    bad, good = store.submit(small.config(0)), store.submit(small.config(1))

    def train(config: RunConfig, _part: Part, _note: Note, _stop: Stop) -> SweepResult:
        if config.sweep.seeds == (0,):
            raise PartFailed("All models diverged. Lower the learning rate.")
        return small.result()

    worker_of(store, train).run_until_empty()
    assert store.get(bad).state is RunState.FAILED
    assert store.get(bad).message == "All models diverged. Lower the learning rate."
    assert store.get(bad).attempt == 1
    assert store.get(good).state is RunState.DONE


def test_the_limits_reach_the_executor(store: RunStore) -> None:
    store.submit(small.config())
    executor = Here(quick)
    Worker(store, executor, Limits(seconds=60, memory_mb=300)).run_until_empty()
    assert executor.limits == [Limits(seconds=60, memory_mb=300)]


def test_a_run_goes_on_from_its_finished_parts(store: RunStore) -> None:
    """Its worker died after one part of three: the next one trains the two others, and says so."""
    run_id = store.submit(small.config())
    record = store.claim("dead", device="cpu")
    assert record is not None
    store.save_part(run_id, "penalty", small.result(), "dead")
    store.requeue_lost()
    executor = Here(quick)
    Worker(store, executor, Limits()).run_until_empty()
    assert executor.trained == ["layer", "baselines"]
    assert store.get(run_id).state is RunState.DONE
    assert store.get(run_id).resumed == 1


def test_progress_of_a_resumed_run_begins_where_it_was(store: RunStore) -> None:
    """One part of three kept: half of the others' work is two thirds of the run."""
    run_id = store.submit(small.config())
    store.claim("dead", device="cpu")
    store.save_part(run_id, "penalty", small.result(), "dead")
    store.requeue_lost()
    worker_of(
        store, lambda _c, _p, note, _s: (note(small.progress(15)), small.result())[1]
    ).run_until_empty()
    shares = [event.data["share_done"] for event in store.events(run_id)]
    assert shares == [pytest.approx(2 / 3), pytest.approx(2 / 3)]


def test_stop_gives_the_run_back_with_its_finished_parts(store: RunStore) -> None:
    """SIGTERM in mid-training: the run waits for the next worker, and no attempt is counted."""
    run_id = store.submit(small.config())
    worker: Worker

    def train(_config: RunConfig, part: Part, note: Note, stop: Stop) -> SweepResult:
        if part.name == "penalty":
            return small.result()
        assert not stop()
        worker.stop()
        until(stop)
        return small.result(cancelled=True)

    worker = worker_of(store, train)
    worker.run()
    record = store.get(run_id)
    assert record.state is RunState.QUEUED
    assert record.attempt == 0
    assert list(store.parts(run_id)) == ["penalty"]
    assert store.workers() == {}


def test_stop_does_not_wait_for_parts_that_do_not_answer(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is given back all the same, and what the part writes later is refused."""
    monkeypatch.setattr("fairlab.runs.worker.DRAIN_PATIENCE", 0.05)
    run_id = store.submit(small.config())
    release = threading.Event()
    worker: Worker

    def train(_config: RunConfig, part: Part, note: Note, stop: Stop) -> SweepResult:
        worker.stop()
        release.wait(30)
        note(small.progress())
        return small.result()

    worker = worker_of(store, train)
    worker.run()
    assert store.get(run_id).state is RunState.QUEUED
    release.set()
    until(lambda: not any(t.name == f"run-{run_id}" for t in threading.enumerate()))
    assert store.get(run_id).state is RunState.QUEUED
    assert store.events(run_id) == ()


def test_cancel_reaches_training(store: RunStore) -> None:
    """The flag is looked at again and again; what there is then is the result."""
    run_id = store.submit(small.config())
    answers = []

    def train(_config: RunConfig, _part: Part, _note: Note, stop: Stop) -> SweepResult:
        answers.append(stop())
        store.request_cancel(run_id)
        answers.append(stop())
        return small.result(cancelled=True)

    worker_of(store, train).run_until_empty()
    assert answers[:2] == [False, True]
    assert store.get(run_id).state is RunState.CANCELLED
    assert store.parts(run_id) == {}


def test_cancel_after_the_last_epoch_is_too_late(store: RunStore) -> None:
    """All parts are there: the result is whole, and the run is done."""
    run_id = store.submit(small.config())

    def train(_config: RunConfig, part: Part, _note: Note, stop: Stop) -> SweepResult:
        if part.name == "baselines":
            store.request_cancel(run_id)
            stop()
        return small.result()

    worker_of(store, train).run_until_empty()
    assert store.get(run_id).state is RunState.DONE


def test_a_cancelled_run_ends_although_a_part_does_not_answer(store: RunStore) -> None:
    run_id = store.submit(small.config())
    record = store.claim("w", device="cpu")
    assert record is not None
    now = [0.0]
    asked, release = threading.Event(), threading.Event()

    def train(_config: RunConfig, _part: Part, note: Note, stop: Stop) -> SweepResult:
        store.request_cancel(run_id)
        assert stop()
        asked.set()
        release.wait(30)
        return small.result(cancelled=True)

    drive = Drive(store, Here(train), record, "w", Limits(), clock=lambda: now[0])
    thread = threading.Thread(target=drive.go)
    thread.start()
    assert asked.wait(30)
    assert not drive.overdue
    now[0] += driver.CANCEL_PATIENCE + 1
    assert drive.overdue
    drive.give_up()
    assert store.get(run_id).state is RunState.CANCELLED
    release.set()
    thread.join(30)
    assert store.get(run_id).state is RunState.CANCELLED


def test_a_run_over_its_time_fails_although_a_part_does_not_answer(store: RunStore) -> None:
    """The executor ends it at the limit; should it not, the worker does, a little later."""
    run_id = store.submit(small.config())
    record = store.claim("w", device="cpu")
    assert record is not None
    now = [0.0]
    began, release = threading.Event(), threading.Event()

    def train(_config: RunConfig, _part: Part, note: Note, stop: Stop) -> SweepResult:
        began.set()
        release.wait(30)
        return small.result()

    drive = Drive(store, Here(train), record, "w", Limits(seconds=60), clock=lambda: now[0])
    thread = threading.Thread(target=drive.go)
    thread.start()
    assert began.wait(30)
    now[0] += 60 + driver.CANCEL_PATIENCE + 1
    assert drive.overdue
    drive.give_up()
    release.set()
    thread.join(30)
    assert store.get(run_id).state is RunState.FAILED
    assert "81 seconds; a run may take 60 seconds" in store.get(run_id).message


def test_abandoned_worker_finishes_its_runs_and_ends(store: RunStore) -> None:
    """Its server was killed in mid-run: that run is done, the next one waits for a server."""
    first, second = store.submit(small.config(0)), store.submit(small.config(1))
    gone, handed_over = threading.Event(), threading.Event()

    def train(_config: RunConfig, _part: Part, _note: Note, stop: Stop) -> SweepResult:
        gone.set()
        assert handed_over.wait(30)  # the next server's worker begins meanwhile
        assert not stop()
        return small.result()

    worker_of(store, train, abandoned=gone.is_set, on_abandoned=handed_over.set).run()
    assert store.get(first).state is RunState.DONE
    assert store.get(second).state is RunState.QUEUED


def test_worker_outlives_a_store_that_does_not_answer(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A locked database is tried again, and the log says so once."""
    run_id = store.submit(small.config())
    worker = worker_of(store)
    claim = store.claim
    tries: list[str] = []

    def claim_later(worker_id: str, **more: Any) -> object:
        tries.append(worker_id)
        if len(tries) < 5:
            raise LOCKED
        return claim(worker_id, **more)

    monkeypatch.setattr(store, "claim", claim_later)
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: store.get(run_id).state is RunState.DONE)
    worker.stop()
    thread.join(30)
    said = [record.levelname for record in caplog.records if "answer" in record.getMessage()]
    assert said == ["ERROR", "WARNING"]  # once that it does not, once that it does again


def test_a_machine_that_slept_does_not_take_its_runs_from_itself(fairlab_home: Path) -> None:
    """The time of day is an hour on, the steady clock is not: training goes on where it was."""
    slept = [0.0]
    store = RunStore(clock=lambda: time.time() + slept[0])
    run_id = store.submit(small.config())
    claims: list[str | None] = []
    claim = store.claim
    go_on = threading.Event()
    began: list[str] = []

    def claim_and_note(worker_id: str, **more: Any) -> Any:
        record = claim(worker_id, **more)
        claims.append(None if record is None else record.id)
        return record

    def train(_config: RunConfig, part: Part, _note: Note, _stop: Stop) -> SweepResult:
        began.append(part.name)
        go_on.wait(30)
        return small.result()

    store.claim = claim_and_note  # type: ignore[method-assign]
    worker = worker_of(store, train, at_once=2)
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: began == ["penalty"])
    for _ in range(3):
        slept[0] += 3600
        looked = len(claims)
        until(lambda looked=looked: len(claims) > looked + 1)
    go_on.set()
    until(lambda: store.get(run_id).state is RunState.DONE)
    worker.stop()
    thread.join(30)
    assert store.get(run_id).attempt == 1
    assert began == [part.name for part in PARTS]


def test_a_finished_result_waits_for_a_locked_store(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither points, nor parts, nor the result get through at first: the run is done all the
    same, nothing is trained twice."""
    run_id = store.submit(small.config())
    for name in ("append_progress", "save_part"):
        monkeypatch.setattr(store, name, raising(LOCKED))
    finish, tries = store.finish, []

    def finish_later(*arguments: Any) -> None:
        tries.append(1)
        if len(tries) < 4:
            raise LOCKED
        finish(*arguments)

    monkeypatch.setattr(store, "finish", finish_later)
    executor = Here(quick)
    Worker(store, executor, Limits()).run_until_empty()
    assert store.get(run_id).state is RunState.DONE
    assert executor.trained == ["penalty", "layer", "baselines"]


def test_a_result_that_does_not_fit_on_the_disk_ends_the_run_with_the_reason(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "FULL_PATIENCE", 0.0)
    run_id = store.submit(small.config())
    monkeypatch.setattr(store, "finish", raising(FULL))
    worker_of(store).run_until_empty()
    record = store.get(run_id)
    assert record.state is RunState.FAILED
    assert "disk" in record.message
    assert "full" in record.message
    assert record.result_key is None


def test_a_run_lost_to_another_worker_is_not_written(store: RunStore) -> None:
    """Silent for too long, it was given to another: the first one's result is dropped."""
    run_id = store.submit(small.config())

    def train(_config: RunConfig, part: Part, note: Note, _stop: Stop) -> SweepResult:
        if part.name == "penalty":
            store.requeue_lost()
            assert store.claim("other", device="cpu") is not None
        note(small.progress())
        return small.result()

    worker = worker_of(store, train)
    record = store.claim(worker.id, device="cpu")
    assert record is not None
    worker._drive_of(record).go()
    assert store.get(run_id).state is RunState.RUNNING
    assert store.get(run_id).worker == "other"
    assert store.events(run_id) == ()


def test_only_runs_of_dead_workers_of_this_machine_are_queued_at_start(store: RunStore) -> None:
    """One lives, one is dead, one is on another machine, one had this very process id before."""
    node = worker_process.platform.node()
    names = [f"{node}:11:cpu", f"{node}:12:cpu", "elsewhere:12:cpu", f"{node}:7:cpu"]
    ids = {}
    for seed, name in enumerate(names):
        run_id = store.submit(small.config(seed))
        assert store.claim(name, device="cpu") is not None
        ids[name] = run_id
    found = worker_process.recover(store, f"{node}:7:cpu", alive=lambda number: number == 11)
    assert found == 2
    states = [store.get(ids[name]).state for name in names]
    assert states == [RunState.RUNNING, RunState.QUEUED, RunState.RUNNING, RunState.QUEUED]


def test_one_worker_per_device_until_it_hands_over(fairlab_home: Path) -> None:
    """A second one for the same device waits, also for one whose server is gone, until that one
    has stopped taking runs; one for another device does not wait."""
    first, card = (worker_process.WorkerProcess(None, device) for device in ("cpu", "cuda"))
    second = worker_process.WorkerProcess(None, "cpu")
    assert first._locked()
    assert card._locked()
    got = threading.Event()

    def wait_for_it() -> None:
        if second._locked():
            got.set()

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    assert not got.wait(0.5)
    first._hand_over()
    assert got.wait(30)
    waiting.join()
    for process in (first, second, card):
        process._lock.release(force=True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TrainingError("Say this."), "Say this."),
        (MemoryError(), "Memory ran out"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "Memory ran out"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "may not write"),
        (RuntimeError("CUDA error: device-side assert"), "device cpu"),
        (TypeError("'NoneType' object"), "unexpected error (TypeError)"),
    ],
)
def test_reasons_are_sentences(error: Exception, words: str) -> None:
    message = explain(error)
    assert words in message
    assert "Traceback" not in message


def test_limits_are_told_with_what_was_used_and_what_to_do() -> None:
    time = over_time(3600, 3700, 1, 3)
    assert "62 minutes" in time
    assert "60 minutes" in time
    assert "2 of 3 parts" in time
    assert "FAIRLAB_RUN_SECONDS" in time
    memory = over_memory(512 * 2**20, 1.5 * 2**30)
    assert "1.5 GB" in memory
    assert "512 MB" in memory
    assert "smaller model" in memory


def raising(error: Exception) -> Any:
    def act(*_arguments: object, **_more: object) -> None:
        raise error

    return act


def until(true: Any, seconds: float = 30) -> None:
    """Look until something is so; a test that waits longer than this is broken."""
    waited = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if true():
            return
        waited.wait(0.01)
    raise AssertionError("waited too long")
