"""What ``bench faults`` would notice, on stores with that very damage."""

import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import faults, faults_checks
from benchmarks.faults_checks import Seen, check
from benchmarks.faults_world import World
from fairlab.runs.store import RunStore
from tests.contracts import small


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run without faults would have given the same."""
    same = faults_checks.bytes_of(small.result())
    monkeypatch.setattr(faults_checks, "undisturbed", lambda _config: same)


@pytest.fixture
def store(fairlab_home: Path) -> RunStore:
    return RunStore()


def done(store: RunStore) -> str:
    run_id = store.submit(small.config())
    store.claim("w")
    store.append_progress(run_id, small.progress(), "w")
    store.finish(run_id, small.result(), "w")
    return run_id


def changed(store: RunStore, statement: str) -> None:
    with sqlite3.connect(store.home / "runs.sqlite3") as connection:
        connection.execute(statement)


def test_a_store_that_nothing_happened_to_is_well(store: RunStore) -> None:
    run_id, seen = done(store), Seen()
    seen.look(store, [store.get(run_id)])
    assert check(store, [run_id], seen) == []


def test_an_altered_or_lost_result_is_noticed(store: RunStore) -> None:
    run_id, seen = done(store), Seen()
    seen.look(store, [store.get(run_id)])
    path = store.results / f"{seen.key[run_id]}.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert any("has changed" in problem for problem in check(store, [run_id], seen))
    path.write_bytes(whole)
    changed(store, "UPDATE jobs SET state = 'queued', result_key = NULL")
    assert any("is queued now" in problem for problem in check(store, [run_id], Seen(seen.key)))


def test_a_result_unlike_that_without_faults_is_noticed(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults_checks, "undisturbed", lambda _config: b"other")
    run_id = done(store)
    assert any("differs" in problem for problem in check(store, [run_id], Seen()))


def test_points_stored_twice_are_noticed(store: RunStore) -> None:
    run_id = done(store)
    copy = "INSERT INTO events (job_id, attempt, data, part) SELECT job_id, attempt, data, part"
    changed(store, f"{copy} FROM events")
    assert check(store, [run_id], Seen()) == ["1 points of a run were stored twice."]


def test_a_run_that_never_ended_or_does_not_say_why_is_noticed(store: RunStore) -> None:
    waiting, failed = store.submit(small.config(1)), store.submit(small.config(2))
    store.claim("w")
    changed(
        store,
        f"UPDATE jobs SET state = 'failed', message = '' WHERE id = "
        f"(SELECT job_id FROM runs WHERE id = '{failed}')",
    )
    found = check(store, [waiting, failed], Seen())
    assert any("still" in problem for problem in found)
    assert "A run failed without saying why." in found


@pytest.mark.parametrize("many", [12, 100])
def test_every_kind_of_fault_comes_and_a_seed_gives_the_same_plan(many: int) -> None:
    plan = faults._plan(random.Random(3), many)
    assert len(plan) == many
    assert set(plan) == set(faults.MIX)
    assert plan == faults._plan(random.Random(3), many)
    assert plan != faults._plan(random.Random(4), many)
    assert all(hasattr(World, kind) for kind in plan)


def test_runs_are_all_different() -> None:
    """Equal runs would share one computation, and hide what happens to the others."""
    digests = Counter(faults.config_of(number).digest() for number in range(50))
    assert set(digests.values()) == {1}
