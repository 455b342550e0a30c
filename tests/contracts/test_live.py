"""News of runs for live charts: nothing missed, nothing twice, nothing when nothing changes."""

import asyncio
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from fairlab.runs import feed
from fairlab.runs.feed import Feed, Want
from fairlab.runs.store import RunStore
from fairlab.ui import routes
from fairlab.ui.watch import CrowdedError, StoppingError, Watch
from tests.contracts import small

EPOCHS = 2 * feed.MOST_ROWS


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


class Chart:
    """A chart as the page has it: asks with what the answer before said."""

    def __init__(self, store: RunStore, run_id: str, reader: Feed | None = None) -> None:
        self.store, self.feed = store, Feed() if reader is None else reader
        self.want = Want(run_id)
        self.ids: list[int] = []
        self.attempts: list[int] = []

    def ask(self) -> dict[str, Any] | None:
        text = self.store.look(self.feed, [self.want])[self.want]
        if text is None:
            return None
        news: dict[str, Any] = json.loads(text)
        self.want = Want(self.want.run_id, news["next"], news["attempt"], news["seen"])
        self.ids += [row["id"] for row in news["rows"]]
        self.attempts.append(news["attempt"])
        return news


def started(store: RunStore, seed: int = 0) -> str:
    run_id = store.submit(small.config(seed))
    store.claim("w")
    return run_id


def epoch(store: RunStore, run_id: str, number: int = 1, family: str = "penalty") -> int:
    progress = dataclasses.replace(small.progress(number), mode=family)
    return store.append_progress(run_id, progress, "w")


def test_charts_of_any_pace_get_each_point_once(store: RunStore) -> None:
    """One asks after each epoch, one after each seventh, both read by one feed."""
    run_id, shared = started(store), Feed()
    quick, slow = Chart(store, run_id, shared), Chart(store, run_id, shared)
    quick.ask(), slow.ask()
    stored = []
    for number in range(1, 50):
        stored.append(epoch(store, run_id, number, ("penalty", "layer")[number % 2]))
        quick.ask()
        if number % 7 == 0:
            slow.ask()
    assert quick.ids == slow.ids == stored


def test_who_comes_new_gets_the_newest_of_each_family_and_then_every_point(
    store: RunStore,
) -> None:
    """A long history is not drawn, so it is not sent; how much was left out is counted."""
    run_id = started(store)
    newest = [epoch(store, run_id, 1, "layer")]
    newest += [epoch(store, run_id, n, "penalty") for n in range(1, EPOCHS)][-1:]
    chart = Chart(store, run_id)
    first = chart.ask()
    assert first is not None
    assert [row["id"] for row in first["rows"]] == newest
    assert first["skipped"] == EPOCHS - 2
    newest += [epoch(store, run_id, EPOCHS, "penalty")]
    chart.ask()
    assert chart.ids == newest


def test_the_newest_of_a_family_is_found_again_after_more_epochs(store: RunStore) -> None:
    """What a feed remembers between two who come new is kept up to date."""
    run_id, shared = started(store), Feed()
    for number in range(EPOCHS):
        epoch(store, run_id, number, "penalty")
    Chart(store, run_id, shared).ask()
    last = [epoch(store, run_id, n, f) for n in (1, 2) for f in ("layer", "penalty")][-2:]
    chart = Chart(store, run_id, shared)
    chart.ask()
    assert chart.ids == last


def test_nothing_is_told_when_nothing_changed(store: RunStore) -> None:
    """A sign of life of the worker is no news."""
    run_id = started(store)
    epoch(store, run_id)
    chart = Chart(store, run_id)
    assert chart.ask() is not None
    store.heartbeat(run_id, "w")
    assert chart.ask() is None


def test_a_change_without_points_is_told(store: RunStore) -> None:
    """Queued, next in the queue, running, to be cancelled, over: each is told once."""
    first, second = started(store, 1), store.submit(small.config(2))
    third = Chart(store, store.submit(small.config(3)))
    places = [third.ask()]
    store.request_cancel(second)
    places.append(third.ask())
    assert [news and news["queue_position"] for news in places] == [2, 1]
    store.claim("w")
    assert (third.ask() or {})["state"] == "running"
    store.request_cancel(third.want.run_id)
    assert (third.ask() or {})["cancel_requested"] is True
    store.fail(third.want.run_id, "No room left.", "w")
    assert (third.ask() or {})["message"] == "No room left."
    assert third.ask() is None
    assert Chart(store, first).ask() is not None


def test_a_run_given_back_to_the_queue_has_its_place_there(store: RunStore) -> None:
    """Nothing was added or taken, and yet the queue has moved."""
    first, second = started(store), store.submit(small.config(1))
    reader = Feed()
    charts = [Chart(store, run_id, reader) for run_id in (first, second)]
    assert [(chart.ask() or {})["queue_position"] for chart in charts] == [0, 1]
    store.release(first, "w")
    assert [(chart.ask() or {})["queue_position"] for chart in charts] == [1, 2]


def test_training_that_began_again_is_told_from_its_start(tmp_path: Path) -> None:
    """Who had seen points of the attempt before gets all points of the new one."""
    now = [1000.0]
    store = RunStore(tmp_path, clock=lambda: now[0])
    run_id = started(store)
    chart = Chart(store, run_id)
    epoch(store, run_id, 1)
    chart.ask()
    now[0] += 10 * store.stale_after
    store.claim("w")
    again = [epoch(store, run_id, 1), epoch(store, run_id, 2)]
    news = chart.ask()
    assert news is not None
    assert news["attempt"] == 2
    assert chart.ids[1:] == again


def test_a_run_that_is_gone_is_told_once(store: RunStore) -> None:
    chart = Chart(store, "A" * 22)
    news = chart.ask()
    assert news is not None
    assert news["final"]
    assert chart.ask() is None


class Board:
    """In place of the store: says what was put up, to who has not seen it."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.looks = 0
        self.broken = 0

    def look(self, wants: Sequence[Want]) -> Mapping[Want, str | None]:
        self.looks += 1
        if self.broken:
            self.broken -= 1
            raise OSError("disk")
        return {w: self.said.get(w.run_id) for w in wants}


def known(number: int) -> Want:
    """The question of a chart that has had an answer."""
    return Want(f"run{number}", 1, 1, "0" * 16)


async def until_waiting(watch: Watch, number: int) -> None:
    while watch.waiting != number:
        await asyncio.sleep(0)


def test_one_look_serves_everyone_who_waits() -> None:
    """Thirty wait for thirty runs: what is put up for all is found by one look."""

    async def story() -> None:
        board = Board()
        watch = Watch(board.look)
        waiting = [asyncio.create_task(watch.news([known(i)], 20)) for i in range(30)]
        await until_waiting(watch, 30)
        board.said = {f"run{i}": str(i) for i in range(30)}
        before = board.looks
        told = await asyncio.gather(*waiting)
        assert told == [{f"run{i}": str(i)} for i in range(30)]
        assert board.looks - before <= 2
        assert watch.waiting == 0

    asyncio.run(story())


def test_only_those_with_news_are_answered() -> None:
    async def story() -> None:
        board = Board()
        watch = Watch(board.look)
        one = asyncio.create_task(watch.news([known(1), known(2)], 20))
        other = asyncio.create_task(watch.news([known(3)], 20))
        await until_waiting(watch, 2)
        board.said = {"run2": "news"}
        assert await one == {"run2": "news"}
        assert watch.waiting == 1
        other.cancel()

    asyncio.run(story())


def test_nobody_looks_when_nobody_waits() -> None:
    """After the last one has gone, the store is left alone."""

    async def story() -> None:
        board = Board()
        watch = Watch(board.look)
        left = asyncio.Event()
        waiting = asyncio.create_task(watch.news([known(1)], 20, left.wait))
        await until_waiting(watch, 1)
        left.set()
        assert await waiting == {}
        assert watch.waiting == 0
        looking = watch._task
        assert looking is not None
        await looking  # ends by itself

    asyncio.run(story())


def test_a_store_that_fails_for_a_while_does_not_end_the_waiting() -> None:
    async def story() -> None:
        board = Board()
        board.broken, board.said = 2, {"run1": "news"}
        assert await Watch(board.look).news([known(1)], 20) == {"run1": "news"}

    asyncio.run(story())


def test_those_who_wait_are_released_when_the_server_ends() -> None:
    async def story() -> None:
        watch = Watch(Board().look)
        waiting = asyncio.create_task(watch.news([known(1)], 20))
        await until_waiting(watch, 1)
        await asyncio.to_thread(watch.release)
        with pytest.raises(StoppingError):
            await waiting
        with pytest.raises(StoppingError):
            await watch.news([known(1)], 20)

    asyncio.run(story())


def test_one_too_many_is_answered_at_once() -> None:
    """With news if there are any, else asked to come again."""

    async def story() -> None:
        board = Board()
        watch = Watch(board.look, most=1)
        waiting = asyncio.create_task(watch.news([known(1)], 20))
        await until_waiting(watch, 1)
        with pytest.raises(CrowdedError):
            await watch.news([known(2)], 20)
        board.said = {"run2": "news"}
        assert await watch.news([known(2)], 20) == {"run2": "news"}
        waiting.cancel()

    asyncio.run(story())


@pytest.fixture
def ask(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks the route without a socket."""
    monkeypatch.setattr(routes, "store", lambda: store)

    def asked(query: str) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=Starlette(routes=routes.ROUTES))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.get(f"/api/points?{query}")

        return asyncio.run(send())

    return asked


def test_one_question_about_several_runs(store: RunStore, ask: Any) -> None:
    """Only what is new is in the answer; it is never cached."""
    one, two = started(store, 1), store.submit(small.config(2))
    epoch(store, one)
    answer = ask(f"run={one}:0:-1:&run={two}:0:-1:")
    found = answer.json()["runs"]
    assert answer.headers["cache-control"] == "no-store"
    assert [found[one]["state"], found[two]["state"]] == ["running", "queued"]
    known = [f"run={i}:{found[i]['next']}:{found[i]['attempt']}:{found[i]['seen']}" for i in found]
    assert ask("&".join(known)).json() == {"pause": 0, "runs": {}}
    epoch(store, one, 2)
    assert list(ask("&".join(known) + "&wait=20").json()["runs"]) == [one]


def test_a_point_is_sent_as_it_is_and_a_history_may_be_compressed(
    store: RunStore, ask: Any
) -> None:
    """Streamlit's server compresses what has no encoding yet."""
    run_id = started(store)
    epoch(store, run_id)
    assert ask(f"run={run_id}:0:-1:").headers["content-encoding"] == "identity"
    for number in range(2, 20):
        epoch(store, run_id, number)
    assert "content-encoding" not in ask(f"run={run_id}:0:-1:").headers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "run=",
        "run=short:0:-1:",
        f"run={'A' * 22}",
        f"run={'A' * 22}:-1:-1:",
        f"run={'A' * 22}:0:-2:",
        f"run={'A' * 22}:0:0:<script>",
        f"run={'A' * 22}:0:0:&wait=1e9",
        f"run={'A' * 22}:0:0:&wait=-1",
        "&".join(f"run={'A' * 21}{i}:0:-1:" for i in range(9)),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(ask: Any, query: str) -> None:
    assert ask(query).status_code == 400
