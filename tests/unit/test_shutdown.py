"""How the server ends, without a server."""

import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from fairlab.runs.housekeeping import Housekeeping
from fairlab.ui import shutdown
from fairlab.ui.shutdown import REQUESTS, Ending, when_stopping


class Uvicorn:
    """What is used of the web server."""

    def __init__(self) -> None:
        self.should_exit = False
        self.config = SimpleNamespace(timeout_graceful_shutdown=None)

    def handle_exit(self, _number: int, _frame: object) -> None:
        raise AssertionError("our handler stands in its place")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Uvicorn]:
    server = Uvicorn()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, server.handle_exit)
    monkeypatch.setattr(shutdown, "stopping", threading.Event())
    monkeypatch.setattr(shutdown, "_waiters", [])
    monkeypatch.setattr(shutdown, "EVERYTHING", 30.0)
    yield server
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_its_waiters_and_its_worker(
    server: Uvicorn, number: signal.Signals
) -> None:
    """The worker is asked at once, not after the last visitor's connection closed."""
    done = []
    ending = Ending(lambda: done.append("worker"), lambda: done.append("killed"), done.append)
    when_stopping(lambda: done.append("waiter"))
    assert ending.attach()
    signal.raise_signal(number)
    ending.finish()
    assert server.should_exit
    assert shutdown.stopping.is_set()
    assert done == ["waiter", "worker"]


def test_connections_get_a_bounded_time(server: Uvicorn) -> None:
    """A visitor who does not read held the server up for ever."""
    assert Ending(lambda: None, lambda: None).attach()
    assert server.config.timeout_graceful_shutdown == REQUESTS


def test_a_second_signal_ends_at_once_with_status_0(server: Uvicorn) -> None:
    done: list[object] = []
    release = threading.Event()
    ending = Ending(lambda: release.wait(30) and None, lambda: done.append("killed"), done.append)
    ending.attach()
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    release.set()
    assert done == ["killed", 0]


def test_what_hangs_is_cut_off(server: Uvicorn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "EVERYTHING", 0.0)
    left = threading.Event()
    status: list[int] = []

    def leave(number: int) -> None:
        status.append(number)
        left.set()

    release = threading.Event()
    ending = Ending(lambda: release.wait(30) and None, lambda: None, leave)
    ending.attach()
    signal.raise_signal(signal.SIGTERM)
    assert left.wait(30)
    release.set()
    assert status == [0]


def test_without_a_signal_the_worker_is_stopped_all_the_same(server: Uvicorn) -> None:
    done: list[str] = []
    Ending(lambda: done.append("worker"), lambda: None).finish()
    assert done == ["worker"]


def test_a_worker_that_cannot_be_stopped_does_not_hold_the_server(server: Uvicorn) -> None:
    def fail() -> None:
        raise OSError("gone")

    Ending(fail, lambda: None).finish()


def test_another_web_server_keeps_its_ways() -> None:
    """Tests, and servers that are not uvicorn, hold the signals themselves."""
    before = signal.getsignal(signal.SIGTERM)
    assert not Ending(lambda: None, lambda: None).attach()
    assert signal.getsignal(signal.SIGTERM) is before


def test_housekeeping_goes_on_after_a_task_that_failed() -> None:
    done = []

    def fail() -> None:
        raise OSError("disk")

    Housekeeping([fail, lambda: done.append(1)]).once()
    assert done == [1]


def test_housekeeping_begins_at_the_start_and_comes_again() -> None:
    came = threading.Semaphore(0)
    house = Housekeeping([came.release], every=0.0)
    house.start()
    assert came.acquire(timeout=30)
    assert came.acquire(timeout=30)
    house.stop()


def test_housekeeping_that_was_stopped_does_nothing() -> None:
    done: list[int] = []
    house = Housekeeping([lambda: done.append(1)])
    house.stop()
    house.once()
    assert done == []
