"""The training process: whatever happens to one run, it says why and goes on."""

import errno
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from fairlab.config import RunConfig
from fairlab.errors import TrainingError
from fairlab.results import Progress, SweepResult
from fairlab.runs import supervisor as supervision
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.runs.worker import Worker, explain
from tests.contracts import small

Note = Callable[[Progress], None]
Stop = Callable[[], bool]


@pytest.fixture
def store(fairlab_home: Path) -> RunStore:
    return RunStore()


def failing(error: Exception) -> Callable[[RunConfig, Note, Stop], SweepResult]:
    def train(_config: RunConfig, _note: Note, _stop: Stop) -> SweepResult:
        raise error

    return train


def test_it_works_through_the_queue(store: RunStore) -> None:
    ids = [store.submit(small.config(seed)) for seed in range(3)]
    seen = []

    def train(config: RunConfig, note: Note, _stop: Stop) -> SweepResult:
        seen.append(config.sweep.seeds[0])
        note(small.progress())
        return small.result()

    assert Worker(store, train).run_until_empty() == 3
    assert seen == [0, 1, 2]
    assert {store.get(run_id).state for run_id in ids} == {RunState.DONE}


def test_failure_is_told_to_the_owner_and_the_next_run_goes_on(store: RunStore) -> None:
    bad, good = store.submit(small.config(0)), store.submit(small.config(1))

    def train(config: RunConfig, note: Note, stop: Stop) -> SweepResult:
        if config.sweep.seeds == (0,):
            raise TrainingError("All models diverged. Lower the learning rate.")
        return small.result()

    Worker(store, train).run_until_empty()
    assert store.get(bad).state is RunState.FAILED
    assert store.get(bad).message == "All models diverged. Lower the learning rate."
    assert store.get(good).state is RunState.DONE


def test_points_that_cannot_be_stored_end_the_run_with_a_sentence(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up in mid-training."""
    run_id = store.submit(small.config())

    def full(*_arguments: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    def train(_config: RunConfig, note: Note, _stop: Stop) -> SweepResult:
        note(small.progress())
        return small.result()

    monkeypatch.setattr(store, "append_progress", full)
    Worker(store, train).run_until_empty()
    assert "disk is full" in store.get(run_id).message


def test_stop_gives_the_run_back(store: RunStore) -> None:
    """SIGTERM in mid-training: the run waits for the next worker, and no attempt is counted."""
    run_id = store.submit(small.config())
    worker: Worker

    def train(_config: RunConfig, note: Note, stop: Stop) -> SweepResult:
        assert not stop()
        worker.stop()
        assert stop()
        return small.result(cancelled=True)

    worker = Worker(store, train)
    worker.run()
    record = store.get(run_id)
    assert record.state is RunState.QUEUED
    assert record.attempt == 0
    assert store.workers() == {}


def test_cancel_reaches_training(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flag is looked at again and again, not once."""
    monkeypatch.setattr("fairlab.runs.worker.CANCEL_PAUSE", 0.0)
    run_id = store.submit(small.config())
    answers = []

    def train(_config: RunConfig, _note: Note, stop: Stop) -> SweepResult:
        answers.append(stop())
        store.request_cancel(run_id)
        answers.append(stop())
        return small.result(cancelled=True)

    Worker(store, train).run_until_empty()
    assert answers == [False, True]
    assert store.get(run_id).state is RunState.CANCELLED


def test_abandoned_worker_finishes_its_run_and_ends(store: RunStore) -> None:
    """Its server was killed in mid-run: that run is done, the next one waits for a server."""
    first, second = store.submit(small.config(0)), store.submit(small.config(1))
    gone = threading.Event()

    def train(_config: RunConfig, _note: Note, stop: Stop) -> SweepResult:
        gone.set()
        assert not stop()
        return small.result()

    Worker(store, train, abandoned=gone.is_set).run()
    assert store.get(first).state is RunState.DONE
    assert store.get(second).state is RunState.QUEUED


def test_worker_outlives_a_store_that_does_not_answer(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked database is tried again."""
    run_id = store.submit(small.config())
    worker = Worker(store, lambda *_: small.result())
    claim = store.claim
    tries = []

    def claim_later(worker_id: str) -> object:
        tries.append(worker_id)
        if len(tries) == 1:
            raise sa.exc.OperationalError("BEGIN", {}, Exception("database is locked"))
        if len(tries) == 2:
            return claim(worker_id)
        worker.stop()
        return None

    monkeypatch.setattr(store, "claim", claim_later)
    monkeypatch.setattr(worker._stopping, "wait", lambda _seconds: False)
    worker.run()
    assert store.get(run_id).state is RunState.DONE


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TrainingError("Say this."), "Say this."),
        (MemoryError(), "Memory ran out"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "Memory ran out"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "may not write"),
        (RuntimeError("CUDA error: device-side assert"), "device cpu"),
        (TypeError("'NoneType' object"), "unexpected error (TypeError)"),
    ],
)
def test_reasons_are_sentences(error: Exception, words: str) -> None:
    message = explain(error)
    assert words in message
    assert "Traceback" not in message


def test_a_dead_worker_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor starts another when one dies, and none after ``stop``."""
    started: list[subprocess.Popen[bytes]] = []
    replaced = threading.Event()

    def start(_where: Path | None, *_more: object) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        started.append(process)
        if len(started) == 2:
            replaced.set()
        return process

    monkeypatch.setattr(supervision, "start_worker", start)
    supervisor = supervision.WorkerSupervisor(shortest_pause=0.0)
    supervisor.start()
    started[0].kill()
    assert replaced.wait(30)
    supervisor.stop()
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


def test_a_run_with_folds_splits_the_table_itself(fairlab_home: Path) -> None:
    """Folds cut the table anew each time: the worker must not hand them one that is split."""
    from fairlab.data import load
    from fairlab.runs.worker import train_config

    table = load("loanapp")
    sweep = {"epochs": 1, "folds": 3, "penalty": {"strengths": (0.0, 1.0)}}
    config = RunConfig.model_validate({"data": table.data, "task": table.task, "sweep": sweep})
    result = train_config(config, lambda _progress: None, lambda: False)
    assert result.folds is not None
    assert result.folds.done == 3
