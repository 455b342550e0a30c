"""The real training process on a real, small sweep."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from fairlab.config import RunConfig
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.runs.supervisor import WorkerSupervisor
from fairlab.runs.worker import train_config


def config(epochs: int) -> RunConfig:
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 400}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": {"penalty": {"strengths": [0, 1]}, "epochs": epochs, "batch_size": 64},
        }
    )


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    """Look until something is so; a test that waits longer than this is broken."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        threading.Event().wait(0.02)


@pytest.fixture
def supervisor() -> Iterator[WorkerSupervisor]:
    supervisor = WorkerSupervisor(shortest_pause=0.0)
    supervisor.start()
    yield supervisor
    supervisor.stop()


def test_a_run_goes_through_the_process_and_back(supervisor: WorkerSupervisor) -> None:
    """Same bytes as training here; a run can be cancelled; stopping gives a run back."""
    store = RunStore()
    until(lambda: "ready" in store.workers().values())
    short = store.submit(config(2))
    until(lambda: not store.get(short).state.active)
    assert store.get(short).message == ""
    assert store.get(short).state is RunState.DONE
    assert [event.data["epoch"] for event in store.events(short)] == [1, 2]
    here = train_config(config(2), lambda _progress: None, lambda: False)
    there = store.load_result(short)
    assert there.points == here.points
    np.testing.assert_array_equal(there.splits["test"].score, here.splits["test"].score)

    long = store.submit(config(9_999))
    until(lambda: len(store.events(long)) > 0)
    store.request_cancel(long)
    until(lambda: not store.get(long).state.active)
    assert store.get(long).state is RunState.CANCELLED
    assert store.load_result(long).cancelled

    other = store.submit(config(9_998))
    until(lambda: len(store.events(other)) > 0)
    supervisor.stop()
    assert store.get(other).state is RunState.QUEUED
    assert store.workers() == {}
