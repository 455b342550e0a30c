"""Who gets which run, when many ask at once; the same on SQLite and PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlab.runs.records import RunState
from fairlab.runs.schema import events, jobs, owners, parts, runs
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import QuotaError
from fairlab.settings import Settings
from tests.contracts import small

ANNA, BEN, CARL = ("a" * 64, "b" * 64, "c" * 64)
PEOPLE = 8


class Clock:
    """A second later each time somebody looks."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 1e-3
        return self.now


@pytest.fixture
def store(database: str) -> Iterator[RunStore]:
    opened = RunStore(clock=Clock())
    yield opened
    opened.close()


def together(act: Callable[[RunStore, int], Any]) -> list[Any]:
    """What several stores on the same home get when they all begin at one moment."""
    begin = threading.Barrier(PEOPLE)

    def one(number: int) -> Any:
        store = RunStore()
        begin.wait(30)
        try:
            return act(store, number)
        finally:
            store.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(one, range(PEOPLE)))


def claim_all(store: RunStore) -> list[str]:
    found = []
    while (record := store.claim("w")) is not None:
        found.append(record.id)
    return found


def test_exactly_one_of_many_workers_gets_each_run(store: RunStore) -> None:
    wanted = [store.submit(small.config(seed), owner=ANNA) for seed in range(12)]

    def take(store: RunStore, number: int) -> list[tuple[str, str]]:
        mine = []
        while (record := store.claim(f"w{number}")) is not None:
            mine.append((record.id, f"w{number}"))
        return mine

    taken = [pair for mine in together(take) for pair in mine]
    assert sorted(run_id for run_id, _ in taken) == sorted(wanted)
    assert all(store.get(run_id).worker == worker for run_id, worker in taken)
    assert all(store.get(run_id).attempt == 1 for run_id in wanted)


def test_many_who_ask_for_the_same_at_once_share_one_computation(store: RunStore) -> None:
    ids = together(lambda own, _: own.submit(small.config(1)))
    assert len({store.get(run_id).job for run_id in ids}) == 1
    assert [store.get(run_id).shared_from for run_id in ids].count(None) == 1


def test_a_limit_holds_when_many_ask_at_once(store: RunStore) -> None:
    """Three of eight are taken, not four: counting and adding are one step."""

    def ask(own: RunStore, number: int) -> bool:
        own._own_limits = Settings(owner_waiting=3)
        try:
            own.submit(small.config(number), owner=ANNA)
        except QuotaError:
            return False
        return True

    assert together(ask).count(True) == 3


def test_a_run_is_cancelled_or_claimed_never_both(store: RunStore) -> None:
    ids = [store.submit(small.config(seed)) for seed in range(PEOPLE)]

    def act(own: RunStore, number: int) -> None:
        if number % 2:
            own.claim(f"w{number}")
        else:
            own.request_cancel(ids[number // 2])

    together(act)
    for run_id in ids:
        record = store.get(run_id)
        assert (record.state is RunState.CANCELLED) == (
            record.worker is None and record.attempt == 0 and record.cancel_requested
        )


def test_points_of_one_run_are_seen_once_and_in_order_while_many_write(store: RunStore) -> None:
    """A cursor never passes a point that becomes visible later, whatever order writers commit in.

    Numbers are given inside the transaction that holds the run's row, so on PostgreSQL too a
    smaller one is never committed after a greater one of the same run.
    """
    run_id = store.submit(small.config())
    other = store.submit(small.config(1))
    store.claim("w"), store.claim("w")
    over = threading.Event()
    seen: list[int] = []

    def read() -> None:
        reader, last = RunStore(), 0
        while True:
            final = over.is_set()
            for event in reader.events(run_id, last):
                seen.append(event.id)
                last = event.id
            if final:
                break
        reader.close()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        written = together(
            lambda own, number: [
                own.append_progress(run_id if number % 4 else other, small.progress(epoch))
                for epoch in range(1, 9)
            ]
        )
        over.set()
        reading.result(60)
    wanted = sorted(cursor for number, mine in enumerate(written) if number % 4 for cursor in mine)
    assert seen == wanted


def test_a_run_somebody_is_changing_is_passed_over(postgres_url: str) -> None:
    """On PostgreSQL a worker does not wait for a row another transaction holds."""
    store = RunStore(url=postgres_url)
    first, second = (store.submit(small.config(seed)) for seed in (1, 2))
    job = store.get(first).job
    with store._database.write() as connection:
        connection.execute(sa.select(jobs.c.id).where(jobs.c.id == job).with_for_update())
        record = store.claim("w")
        assert record is not None
        assert record.id == second
        assert store.claim("w") is None
    record = store.claim("w")
    assert record is not None
    assert record.id == first
    store.close()


def test_nobody_waits_behind_anothers_ten_runs(store: RunStore) -> None:
    anna = [store.submit(small.config(seed), owner=ANNA) for seed in range(10)]
    ben = store.submit(small.config(10), owner=BEN)
    carl = store.submit(small.config(11), owner=CARL)
    assert [store.follow(run_id)[2] for run_id in (anna[0], ben, carl, anna[1])] == [1, 2, 3, 4]
    assert claim_all(store)[:4] == [anna[0], ben, carl, anna[1]]


def test_who_has_a_run_under_way_lets_others_go_first(store: RunStore) -> None:
    first = store.submit(small.config(1), owner=ANNA)
    store.claim("w")
    store.submit(small.config(2), owner=ANNA)
    ben = store.submit(small.config(3), owner=BEN)
    record = store.claim("w")
    assert record is not None
    assert record.id == ben
    assert store.get(first).state is RunState.RUNNING


def test_who_was_served_longest_ago_goes_first(store: RunStore) -> None:
    """Nothing is under way, and still Anna's second run waits for Ben's first."""
    first = store.submit(small.config(1), owner=ANNA)
    store.claim("w")
    store.finish(first, small.result(), "w")
    again, ben = store.submit(small.config(2), owner=ANNA), store.submit(small.config(3), owner=BEN)
    assert claim_all(store) == [ben, again]


def test_who_joins_the_tenth_run_of_another_does_not_wait_behind_nine(store: RunStore) -> None:
    anna = [store.submit(small.config(seed), owner=ANNA) for seed in range(10)]
    ben = store.submit(small.config(9), owner=BEN)
    assert store.get(ben).shared_from == anna[9]
    assert store.follow(ben)[2] == 2
    assert claim_all(store)[:3] == [anna[0], anna[9], anna[1]]


def test_one_run_of_an_owner_goes_ahead_at_a_time(store: RunStore) -> None:
    """ "Try it now" pressed three times does not push others back three times."""
    ben = store.submit(small.config(0), owner=BEN)
    ben_too = store.submit(small.config(4), owner=BEN)
    anna = [store.submit(small.config(s), owner=ANNA, priority=1) for s in (1, 2, 3)]
    assert claim_all(store) == [anna[0], ben, anna[1], ben_too, anna[2]]


def test_who_may_go_first_takes_along_those_who_wait_for_the_same(store: RunStore) -> None:
    ben = [store.submit(small.config(seed), owner=BEN) for seed in (1, 2)]
    store.submit(small.config(2), owner=ANNA, priority=1)
    assert claim_all(store) == [ben[1], ben[0]]


def test_a_worker_takes_only_runs_for_its_device(store: RunStore) -> None:
    config = small.config(1)
    sweep = config.sweep.model_copy(update={"device": "cuda"})
    on_card = store.submit(config.model_copy(update={"sweep": sweep}))
    on_processor = store.submit(small.config(2))
    for device, wanted in (("cpu", on_processor), ("cuda", on_card)):
        record = store.claim("w", device=device)
        assert record is not None
        assert record.id == wanted
        assert store.claim("w", device=device) is None


ASKED = st.lists(
    st.tuples(st.sampled_from((ANNA, BEN, CARL)), st.sampled_from((0, 0, 0, 1))), max_size=14
)


@pytest.fixture(params=["sqlite"])
def one_store(fairlab_home: Any) -> Iterator[RunStore]:
    opened = RunStore(clock=Clock())
    yield opened
    opened.close()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=ASKED, ended=st.lists(st.booleans(), min_size=14, max_size=14))
def test_claims_follow_the_rule_as_written(
    one_store: RunStore, asked: list[tuple[str, int]], ended: list[bool]
) -> None:
    """Against a rule by itself: priority, fewest under way, served longest ago, oldest."""
    store = one_store
    with store._database.write() as connection:
        for table in (events, parts, runs, jobs, owners):
            connection.execute(sa.delete(table))
    waiting: dict[str, tuple[str, int, int]] = {}
    ahead: dict[str, str] = {}
    for number, (owner, priority) in enumerate(asked):
        run_id = store.submit(small.config(number), owner=owner, priority=priority)
        first = 1 if priority and owner not in ahead else 0
        if first:
            ahead[owner] = run_id
        waiting[run_id] = (owner, first, number)
    under_way: dict[str, int] = {}
    served: dict[str, int] = {}
    for turn, ends in zip(range(len(asked)), ended, strict=False):
        rule = {
            run_id: (-first, under_way.get(owner, 0), served.get(owner, -1), number)
            for run_id, (owner, first, number) in waiting.items()
        }
        wanted = min(rule, key=lambda run_id: rule[run_id])
        assert store.follow(wanted)[2] == 1
        record = store.claim("w")
        assert record is not None
        assert record.id == wanted
        owner = waiting.pop(wanted)[0]
        served[owner] = turn
        under_way[owner] = under_way.get(owner, 0) + 1
        if ends:
            store.fail(wanted, "Over.", "w")
            under_way[owner] -= 1
    assert store.claim("w") is None


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.lists(st.sampled_from((ANNA, BEN, CARL)), min_size=1, max_size=12))
def test_places_in_the_queue_are_the_order_of_claims(one_store: RunStore, asked: list[str]) -> None:
    """What a visitor is told is what happens, if nothing ends meanwhile."""
    store = one_store
    with store._database.write() as connection:
        for table in (events, parts, runs, jobs, owners):
            connection.execute(sa.delete(table))
    ids = [store.submit(small.config(n), owner=owner) for n, owner in enumerate(asked)]
    places = {run_id: store.follow(run_id)[2] for run_id in ids}
    assert claim_all(store) == sorted(ids, key=lambda run_id: places[run_id])
    assert sorted(places.values()) == list(range(1, len(ids) + 1))
