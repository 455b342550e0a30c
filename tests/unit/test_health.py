"""Whether visitors can be sent here, and what asking costs."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from fairlab.settings import settings
from fairlab.ui import health
from fairlab.ui.health import Check, Readiness


class Store:
    """A run store in some state."""

    def __init__(self, **state: Any) -> None:
        self.state = {"queued": 0, "running": 0, "oldest_wait": None} | state
        self.there = {"w": "ready"}
        self.error: Exception | None = None

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    def overview(self) -> SimpleNamespace:
        return SimpleNamespace(**self.state)

    def workers(self) -> dict[str, str]:
        return self.there


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(health, "store", lambda: store)
    monkeypatch.setattr(health, "_readiness", Readiness())
    monkeypatch.setattr(health, "_counts", health._Counts())
    monkeypatch.setattr(health, "stopping", threading.Event())
    return store


def ask(times: int = 1) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=Starlette(routes=health.ROUTES))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*(client.get("/api/ready") for _ in range(times)))
            return answers[-1]

    return asyncio.run(asked())


def test_ready_when_all_is_well(store: Store) -> None:
    answer = ask()
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert answer.json()["reasons"] == []
    assert set(answer.json()["checks"]) == {"store", "disk", "training"}
    assert answer.headers["cache-control"] == "no-store"


def test_a_store_that_fails_is_told_without_its_words(store: Store) -> None:
    """They may name the database's address and its password."""
    store.error = RuntimeError("postgresql://lab:secret@db refused")
    answer = ask()
    assert answer.status_code == 503
    assert "fairlab doctor" in answer.json()["reasons"][0]
    assert "secret" not in answer.text
    assert answer.json()["checks"]["disk"]["ok"] is True


def test_no_room_on_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: SimpleNamespace(free=499_999_999))
    answer = ask()
    assert answer.status_code == 503
    assert "FAIRLAB_FREE_MB" in answer.json()["reasons"][0]


def test_exactly_the_least_disk_is_enough(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: SimpleNamespace(free=500_000_000))
    assert ask().status_code == 200


def test_no_training_process(store: Store) -> None:
    store.there = {}
    answer = ask()
    assert answer.status_code == 503
    assert "worker.log" in answer.json()["reasons"][0]


def test_a_training_process_that_cannot_start(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why may name a folder, so it is said on the page and not to whoever asks here."""
    store.there = {}
    monkeypatch.setattr(health, "trouble", lambda: "may not write to /home/maria")
    assert "cannot start" in ask().json()["reasons"][0]
    assert "maria" not in ask().text


def test_no_training_process_elsewhere(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLAB_OWN_WORKER", "false")
    settings.cache_clear()
    store.there = {}
    assert "fairlab worker" in ask().json()["reasons"][0]


@pytest.mark.parametrize(
    ("queued", "running", "waited", "ready"),
    [(3, 0, 601.0, False), (3, 0, 600.0, True), (3, 1, 9000.0, True), (0, 0, None, True)],
)
def test_a_long_queue_is_no_fault_but_a_stuck_one_is(
    store: Store, queued: int, running: int, waited: float | None, ready: bool
) -> None:
    store.state = {"queued": queued, "running": running, "oldest_wait": waited}
    assert (ask().status_code == 200) is ready


def test_a_stopping_server_takes_nobody_new(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    over.set()
    monkeypatch.setattr(health, "stopping", over)
    assert ask().status_code == 503


def test_a_crowd_that_asks_together_costs_one_look(store: Store) -> None:
    looks = []

    def look() -> tuple[Check, ...]:
        looks.append(1)
        return (Check("store", True, "fine"),)

    readiness = Readiness(look)

    async def crowd() -> list[tuple[Check, ...]]:
        return await asyncio.gather(*(readiness.checks() for _ in range(50)))

    found = asyncio.run(crowd())
    assert len(looks) == 1
    assert all(one == (Check("store", True, "fine"),) for one in found)


def test_an_answer_serves_for_a_second() -> None:
    now = [0.0]
    looks: list[float] = []

    def look() -> tuple[Check, ...]:
        looks.append(now[0])
        return ()

    readiness = Readiness(look, clock=lambda: now[0])

    async def asked() -> None:
        for moment in (0.0, 0.9, 1.0, 1.5, 2.1):
            now[0] = moment
            await readiness.checks()

    asyncio.run(asked())
    assert looks == [0.0, 1.0, 2.1]


def test_a_store_that_hangs_is_told_and_not_asked_again() -> None:
    """Else each question would leave a thread behind."""
    looks = []
    release = threading.Event()

    def look() -> tuple[Check, ...]:
        looks.append(1)
        release.wait(30)
        return (Check("store", True, "fine"),)

    async def asked() -> None:
        readiness = Readiness(look, patience=0.01)
        for _ in range(3):
            (found,) = await readiness.checks()
            assert not found.ok
            assert "not answered" in found.sentence
        release.set()
        while not (await readiness.checks())[0].ok:
            await asyncio.sleep(0)

    asyncio.run(asked())
    assert len(looks) == 1
