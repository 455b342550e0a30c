"""How a real server ends: whatever its visitors do, its runs go back to the queue, status 0."""

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlab.config import RunConfig
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from tests.contracts.running import Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    home = tmp_path / "served"
    home.mkdir(mode=0o700)
    running = Running(home)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def long_run() -> RunConfig:
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 4000}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": {"penalty": {"strengths": [0, 1]}, "epochs": 9999, "batch_size": 64},
        }
    )


def visitor_who_does_not_read(running: Running) -> socket.socket:
    """Asks for megabytes and leaves them in the line."""
    visitor = socket.create_connection(("localhost", running.port))
    ask = b"GET /api/assets/plotly.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    visitor.sendall(ask * 20)
    visitor.recv(1)  # the answer has begun
    return visitor


@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)])
def test_a_visitor_who_does_not_read_does_not_hold_the_server_up(
    running: Running, signals: tuple[signal.Signals, ...]
) -> None:
    """It waited for that connection to close, for ever, with its training process."""
    running.until("/api/ready")
    store = RunStore(running.home)
    run_id = store.submit(long_run())
    deadline = time.monotonic() + 120
    while not store.events(run_id):
        assert time.monotonic() < deadline, running.written()
        time.sleep(0.1)
    with visitor_who_does_not_read(running):
        for number in signals:
            running.process.send_signal(number)
            time.sleep(0.2)  # a second signal that comes with the first is one
        assert running.process.wait(60) == 0, running.written()
    if len(signals) == 1:
        assert store.get(run_id).state is RunState.QUEUED
        assert store.workers() == {}
    else:  # killed: the next training process takes it up again
        assert store.get(run_id).state.active
    store.close()
