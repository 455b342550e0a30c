"""The supervisor: a worker that dies is replaced, one that cannot start is explained."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from fairlab.runs import supervisor as supervision
from fairlab.runs.supervisor import REASON, WorkerSupervisor, own_workers, trouble
from fairlab.settings import settings

Process = subprocess.Popen[bytes]


class Starts:
    """Starts a stand-in for the worker and remembers it."""

    def __init__(self, command: list[str], at_least: int) -> None:
        self.command = command
        self.started: list[Process] = []
        self.enough = threading.Event()
        self.at_least = at_least

    def __call__(self, _where: Path | None, _device: str, errors: IO[bytes]) -> Process:
        process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stderr=errors)
        self.started.append(process)
        if len(self.started) >= self.at_least:
            self.enough.set()
        return process


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], WorkerSupervisor]]:
    begun: list[WorkerSupervisor] = []

    def begin(starts: Any) -> WorkerSupervisor:
        monkeypatch.setattr(supervision, "start_worker", starts)
        begun.append(WorkerSupervisor(shortest_pause=0.0))
        begun[-1].start()
        return begun[-1]

    yield begin
    for supervisor in begun:
        supervisor.stop()


def test_a_dead_worker_is_replaced(begin: Callable[[Any], WorkerSupervisor]) -> None:
    """Another is started when one dies, and none after ``stop``."""
    starts = Starts(["cat"], at_least=2)
    supervisor = begin(starts)
    starts.started[0].kill()
    assert starts.enough.wait(30)
    assert supervisor.pid == starts.started[1].pid
    assert "killed (signal 9)" in trouble()
    supervisor.stop()
    assert len(starts.started) == 2
    assert all(process.poll() is not None for process in starts.started)
    assert trouble() == ""


def test_a_worker_that_cannot_start_says_why(begin: Callable[[Any], WorkerSupervisor]) -> None:
    """Its last words reach whoever asks; the noise before them does not."""
    words = f"Noise.\n{REASON}The run database has schema 9. Update fairlab.\n"
    command = [sys.executable, "-c", f"import sys; sys.stderr.write({words!r}); sys.exit(3)"]
    starts = Starts(command, at_least=2)
    begin(starts)
    assert starts.enough.wait(30)
    assert "The run database has schema 9. Update fairlab." in trouble()
    assert "Noise" not in trouble()


def test_a_worker_the_system_refuses_is_tried_again(
    begin: Callable[[Any], WorkerSupervisor],
) -> None:
    """No memory for another process: said, and tried until it goes."""
    works = Starts(["cat"], at_least=1)
    refused: list[int] = []

    def start(where: Path | None, device: str, errors: IO[bytes]) -> Process:
        if not refused:
            refused.append(1)
            raise OSError(12, "Cannot allocate memory")
        return works(where, device, errors)

    supervisor = begin(start)
    assert works.enough.wait(30)
    assert "Cannot allocate memory" in trouble()
    supervisor.stop()


def test_an_installation_with_workers_of_its_own_gets_none_from_the_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.cache_clear()
    assert len(own_workers()) == len(supervision.devices())
    monkeypatch.setenv("FAIRLAB_OWN_WORKER", "false")
    settings.cache_clear()
    assert own_workers() == ()
    settings.cache_clear()


def test_a_machine_with_a_graphics_card_gets_a_worker_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervision, "GPU", tmp_path / "none")
    assert supervision.devices() == ("cpu",)
    monkeypatch.setattr(supervision, "GPU", tmp_path)
    assert supervision.devices() == ("cpu", "cuda")
