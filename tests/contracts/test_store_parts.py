"""Finished parts of a run: what an interruption leaves of it."""

from collections.abc import Iterator

import numpy as np
import pytest

from fairlab.runs.records import LeaseLostError
from fairlab.runs.store import RunStore
from tests.contracts import small
from tests.contracts.test_store import Clock, assert_same_result


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[RunStore]:
    opened = RunStore(clock=clock)
    yield opened
    opened.close()


def interrupted(store: RunStore, clock: Clock) -> str:
    """A run whose worker fell silent after one of two parts."""
    run_id = store.submit(small.config())
    store.claim("dead")
    for epoch in (1, 2):
        store.append_progress(run_id, small.progress(epoch), "dead", part="penalty")
        store.append_progress(run_id, small.progress(epoch), "dead", part="layer")
    store.save_part(run_id, "penalty", small.result(), "dead")
    clock.now += store.stale_after + 1
    return run_id


def test_finished_parts_survive_the_worker(store: RunStore, clock: Clock) -> None:
    run_id = interrupted(store, clock)
    record = store.claim("next")
    assert record is not None
    assert (record.attempt, record.parts_done, record.resumed) == (2, 1, 1)
    kept = RunStore().parts(run_id)
    assert list(kept) == ["penalty"]
    assert_same_result(kept["penalty"], small.result())


def test_points_of_kept_parts_come_again_those_of_others_go(store: RunStore, clock: Clock) -> None:
    """Who looks with the cursor of before gets exactly the points that still count."""
    run_id = interrupted(store, clock)
    last = store.events(run_id)[-1].id
    store.claim("next")
    again = store.events(run_id, last)
    assert [event.data["epoch"] for event in again] == [1, 2]
    assert {event.attempt for event in again} == {2}
    assert again == store.events(run_id)


def test_parts_of_another_version_of_the_program_are_trained_anew(
    store: RunStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update between two attempts must not mix its numbers with those of before."""
    run_id = interrupted(store, clock)
    monkeypatch.setattr("fairlab.runs.identity.code_digest", lambda: "another")
    record = store.claim("next")
    assert record is not None
    assert (record.parts_done, record.resumed) == (0, 0)
    assert store.parts(run_id) == {}
    assert store.events(run_id) == ()
    same = store.submit(small.config())
    assert store.get(same).shared_from == run_id, "it counts as trained by the new version"


def test_a_part_whose_file_is_damaged_is_trained_again(store: RunStore, clock: Clock) -> None:
    run_id = interrupted(store, clock)
    store.claim("next")
    [path] = store.results.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert store.parts(run_id) == {}
    path.unlink()
    assert store.parts(run_id) == {}


def test_a_part_saved_twice_counts_once(store: RunStore) -> None:
    run_id = store.submit(small.config())
    store.claim("w")
    for weighted in (False, True):
        store.save_part(run_id, "penalty", small.result(weighted=weighted), "w")
    assert store.get(run_id).parts_done == 1
    assert store.parts(run_id)["penalty"].splits["test"].weight is not None


def test_a_released_run_keeps_its_parts(store: RunStore) -> None:
    """A server that is restarted gives its run back and loses only the part under way."""
    run_id = store.submit(small.config())
    store.claim("w")
    store.save_part(run_id, "penalty", small.result(), "w")
    store.release(run_id, "w")
    record = store.claim("next")
    assert record is not None
    assert (record.attempt, record.resumed) == (1, 1)


def test_who_lost_the_run_cannot_save_a_part(store: RunStore, clock: Clock) -> None:
    run_id = interrupted(store, clock)
    store.claim("next")
    with pytest.raises(LeaseLostError):
        store.save_part(run_id, "layer", small.result(weighted=True), "dead")
    assert list(store.parts(run_id)) == ["penalty"]


def test_a_finished_run_needs_no_parts(store: RunStore) -> None:
    """Their files go at once, the result's stays, also when it has the same bytes as a part."""
    run_id = store.submit(small.config())
    store.claim("w")
    store.save_part(run_id, "penalty", small.result(), "w")
    store.save_part(run_id, "layer", small.result(weighted=True), "w")
    store.finish(run_id, small.result(), "w")
    key = store.get(run_id).result_key
    assert [path.name for path in store.results.iterdir()] == [f"{key}.npz"]
    assert store.parts(run_id) == {}


def test_a_failed_run_started_again_goes_on_from_its_parts(store: RunStore) -> None:
    """Two hours of training are not lost because the last part ran out of memory."""
    failed = store.submit(small.config())
    store.claim("w")
    store.append_progress(failed, small.progress(1), "w", part="penalty")
    store.save_part(failed, "penalty", small.result(), "w")
    store.fail(failed, "Memory ran out.", "w")
    again = store.submit(small.config())
    record = store.claim("w")
    assert record is not None
    assert (record.id, record.resumed) == (again, 1)
    np.testing.assert_array_equal(
        store.parts(again)["penalty"].splits["test"].score, small.result().splits["test"].score
    )
    assert [event.data["epoch"] for event in store.events(again)] == [1]
    assert [event.data["epoch"] for event in store.events(failed)] == [1]


def test_parts_are_those_of_the_run_alone(store: RunStore, clock: Clock) -> None:
    interrupted(store, clock)
    other = store.submit(small.config(1))
    assert store.parts(other) == {}
