"""An installation of its own that faults are done to: server, worker, their processes, their disk.

Everything it starts carries its data folder in the environment, which is how its processes are
found again after their parents were killed.
"""

import contextlib
import errno
import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from fairlab.home import VARIABLE

ROOT = Path(__file__).parents[1]
BOOT = 120.0  # seconds a server may take to answer
VICTIM = 20.0  # seconds a fault waits for a process to hit
BLOCK = 64 * 1024  # bytes the disk is filled with at a time
GRACE = 10.0  # seconds that processes may take to be gone after their server


@dataclass(frozen=True, slots=True)
class Processes:
    """What runs at a moment."""

    servers: tuple[psutil.Process, ...]
    workers: tuple[psutil.Process, ...]
    children: tuple[psutil.Process, ...]


class World:
    """A server with its data folder.

    Args:
        home: Its data folder; on a small file system of its own where ``own_disk``.
        own_disk: Whether filling the disk of ``home`` harms nobody else.
    """

    def __init__(self, home: Path, own_disk: bool) -> None:
        self.home = home
        self.own_disk = own_disk
        self.stops: list[float] = []  # seconds each polite stop took
        self._port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._log = (home.parent / "server.log").open("ab")

    # The server

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RuntimeError: If it does not.
        """
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.port", str(self._port)]
        environment = {**os.environ, VARIABLE: str(self.home), "PYTHONUNBUFFERED": "1"}
        self._server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=self._log, stderr=self._log
        )
        deadline = time.monotonic() + BOOT
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start; see {self._log.name}.")
            time.sleep(0.1)

    def stop(self) -> float:
        """Ask the server to end; the seconds until it has."""
        assert self._server is not None
        began = time.monotonic()
        self._server.terminate()
        self._server.wait(60)
        self.stops.append(time.monotonic() - began)
        return self.stops[-1]

    def ensure(self) -> None:
        """Start the server again if it is not there."""
        if self._server is None or self._server.poll() is not None:
            self.start()

    def _wait_for(self, there: Callable[[Processes], bool]) -> None:
        """Wait a while for processes to be hit."""
        deadline = time.monotonic() + VICTIM
        while time.monotonic() < deadline and not there(self.processes()):
            time.sleep(0.1)

    def _answers(self) -> bool:
        address = f"http://127.0.0.1:{self._port}/_stcore/health"
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    # Its processes

    def processes(self) -> Processes:
        """All that carry this data folder in their environment."""
        servers, workers, children = [], [], []
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                    continue
                if process.environ().get(VARIABLE) != str(self.home):
                    continue
                words = process.cmdline()
            except (psutil.Error, OSError):
                continue
            if "streamlit" in words:
                servers.append(process)
            elif "worker" in words and "fairlab" in words:
                workers.append(process)
            else:
                children.append(process)
        return Processes(tuple(servers), tuple(workers), tuple(children))

    def left(self) -> int:
        """Processes that are still there some seconds after the server has ended."""
        deadline = time.monotonic() + GRACE
        while True:
            now = self.processes()
            count = len(now.servers + now.workers + now.children)
            if count == 0 or time.monotonic() > deadline:
                return count
            time.sleep(0.2)

    # Faults

    def kill_worker(self, _draw: random.Random) -> str:
        """SIGKILL to the training process."""
        self._wait_for(lambda now: bool(now.workers))
        return _kill(self.processes().workers)

    def kill_child(self, draw: random.Random) -> str:
        """SIGKILL to one of the training process's own processes."""
        self._wait_for(lambda now: bool(now.children))
        children = self.processes().children
        return _kill((draw.choice(children),)) if children else "nobody there"

    def kill_server(self, draw: random.Random) -> str:
        """SIGKILL to the web server; another starts within two seconds."""
        found = _kill(self.processes().servers)
        self._again(draw)
        return found

    def kill_both(self, draw: random.Random) -> str:
        """SIGKILL to web server and training process at once."""
        now = self.processes()
        found = _kill(now.servers + now.workers)
        self._again(draw)
        return found

    def kill_everything(self, draw: random.Random) -> str:
        """SIGKILL to every process, as when the power goes."""
        now = self.processes()
        found = _kill(now.servers + now.workers + now.children)
        self._again(draw)
        return found

    def stop_server(self, draw: random.Random) -> str:
        """SIGTERM to the web server, as at an update."""
        seconds = self.stop()
        self._again(draw)
        return f"{seconds:.1f} s"

    def lock_database(self, draw: random.Random) -> str:
        """Another program writes to the database for 1 to 14 seconds; the worker waits ten."""
        seconds = draw.uniform(1, 14)
        with contextlib.closing(sqlite3.connect(self.home / "runs.sqlite3", timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            other.execute("ROLLBACK")
        return f"{seconds:.1f} s"

    def fill_disk(self, draw: random.Random) -> str:
        """No room on the disk for 1 to 14 seconds; a full disk ends runs after ten."""
        seconds = draw.uniform(1, 14)
        with self._no_room():
            time.sleep(seconds)
        return f"{seconds:.1f} s"

    @contextlib.contextmanager
    def _no_room(self) -> Iterator[None]:
        if self.own_disk:
            ballast = self.home.parent / "ballast"
            _fill(ballast)
            try:
                yield
            finally:
                ballast.unlink()
            return
        # Without a file system of its own: no file of these processes may grow.
        held = []
        now = self.processes()
        for process in now.servers + now.workers + now.children:
            with contextlib.suppress(psutil.Error, OSError):
                soft, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (8192, hard))
                held.append((process.pid, soft, hard))
        try:
            yield
        finally:
            for pid, soft, hard in held:
                with contextlib.suppress(OSError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))

    def _again(self, draw: random.Random) -> None:
        if self._server is not None:
            self._server.wait(60)
        time.sleep(draw.uniform(0, 2))
        self.start()


def _kill(found: tuple[psutil.Process, ...]) -> str:
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    return f"{len(found)} killed" if found else "nobody there"


def _fill(path: Path) -> None:
    """Write until the disk is full to the last block."""
    with path.open("wb", buffering=0) as file:
        size = BLOCK
        while size >= 512:
            try:
                file.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
