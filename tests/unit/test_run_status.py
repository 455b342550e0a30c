"""What a waiting or interrupted run says of itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from fairlab.runs import status, supervisor
from fairlab.runs.feed import Feed, Want
from fairlab.runs.store import RunStore
from fairlab.settings import settings
from tests.contracts import small

ANN, BEA = "a" * 64, "b" * 64


class Clock:
    """Every look is a little later than the one before."""

    now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 1e-3
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("fairlab.runs.feed.time.time", clock)
    return clock


@pytest.fixture
def store(fairlab_home: Path, clock: Clock) -> RunStore:
    return RunStore(clock=clock)


def words(store: RunStore, run_id: str, feed: Feed | None = None) -> str:
    want = Want(run_id)
    answer = store.look(Feed() if feed is None else feed, [want])[want]
    found: dict[str, Any] = json.loads(answer or "{}")
    return str(found["words"])


def test_the_first_run_of_an_idle_worker_starts(store: RunStore) -> None:
    store.announce("host:1:cpu", "ready")
    assert words(store, store.submit(small.config())) == "Starting …"


def test_a_place_in_the_queue_is_told_with_why(store: RunStore) -> None:
    """Ann's second run waits behind Bea's first, although it was asked for before."""
    store.announce("host:1:cpu", "busy")
    store.submit(small.config(0), owner=ANN)
    assert store.claim("host:1:cpu") is not None
    second = store.submit(small.config(1), owner=ANN)
    bea = store.submit(small.config(2), owner=BEA)
    assert words(store, bea).startswith("Next in line: it starts when a run that trains now ends.")
    assert words(store, second) == f"1 run starts before this one. {status.TAKE_TURNS}"


def test_a_wait_is_told_only_when_past_runs_say_how_long(store: RunStore, clock: Clock) -> None:
    """Half of the run under way took 30 seconds; with nothing done here before, none is told."""
    store.announce("host:1:cpu", "busy")
    done = store.submit(small.config(0))
    store.claim("host:1:cpu")
    running = store.submit(small.config(1))
    waits = store.submit(small.config(2))
    assert "about" not in words(store, waits)
    store.finish(done, small.result(), "host:1:cpu")
    store.claim("host:1:cpu")
    clock.now += 30
    store.announce("host:1:cpu", "busy")
    store.append_progress(running, small.progress(15), "host:1:cpu")
    assert words(store, waits).endswith("It is expected to start in about 30 seconds.")


def test_no_training_process_is_said_with_the_reason(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.submit(small.config())
    assert words(store, run_id).startswith("The training process is starting.")
    monkeypatch.setitem(supervisor._troubles, "cpu", "The training process ended: no memory.")
    assert words(store, run_id).startswith("No training process is there. The training process")
    monkeypatch.setenv("FAIRLAB_OWN_WORKER", "false")
    settings.cache_clear()
    assert "starts one with fairlab worker" in words(store, run_id)
    settings.cache_clear()


def test_the_words_follow_a_worker_that_comes_and_goes(store: RunStore, clock: Clock) -> None:
    """One reader, as the server has: what it remembers is not what it goes on saying."""
    feed, run_id = Feed(), store.submit(small.config())
    assert "starting" in words(store, run_id, feed)
    store.announce("host:1:cpu", "ready")
    assert words(store, run_id, feed) == "Starting …"
    clock.now += status.LONG_SILENT + 1
    assert "training process" in words(store, run_id, feed)


def test_a_run_for_a_graphics_card_says_that_none_is_there(store: RunStore) -> None:
    config = small.config()
    sweep = config.sweep.model_copy(update={"device": "cuda"})
    run_id = store.submit(config.model_copy(update={"sweep": sweep}))
    store.announce("host:1:cpu", "ready")
    assert "--device cuda" in words(store, run_id)
    store.announce("host:2:cuda", "ready")
    assert words(store, run_id) == "Starting …"


def test_a_run_taken_up_again_says_what_was_kept(store: RunStore, clock: Clock) -> None:
    config = small.config()
    sweep = config.sweep.model_copy(update={"baselines": ("logistic",)})
    run_id = store.submit(config.model_copy(update={"sweep": sweep}))
    store.claim("dead")
    assert words(store, run_id) == ""
    store.save_part(run_id, "baselines", small.result(), "dead")
    store.requeue_lost()
    store.claim("other")
    said = "Taken up again after an interruption: 1 of 2 parts were kept."
    assert words(store, run_id) == said
    clock.now += status.SILENT + 1
    assert words(store, run_id) == status.QUIET
    store.heartbeat(run_id, "other")
    assert words(store, run_id) == said
    store.request_cancel(run_id)
    assert words(store, run_id) == status.CANCELLING


def test_an_interrupted_run_does_not_wait_behind_new_ones(store: RunStore) -> None:
    """Its owner was served last; it goes on first all the same, before any that never began."""
    interrupted = store.submit(small.config(0), owner=ANN)
    store.submit(small.config(1), owner=ANN)
    store.submit(small.config(2), owner=BEA)
    store.claim("dead")
    store.requeue_lost()
    record = store.claim("other")
    assert record is not None
    assert record.id == interrupted


def test_a_run_that_gets_on_is_not_given_up(store: RunStore) -> None:
    """Its workers are killed again and again; each finished part earns one more attempt."""
    run_id = store.submit(small.config())
    for attempt in range(5):
        assert store.claim("w") is not None, attempt
        if attempt == 2:
            store.save_part(run_id, "penalty", small.result(), "w")
        store.requeue_lost()
    assert store.claim("w") is not None
    store.requeue_lost()
    assert store.claim("w") is None
    record = store.get(run_id)
    assert record.state.value == "failed"
    assert "train it again" in record.message
