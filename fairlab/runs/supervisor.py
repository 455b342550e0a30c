"""The training processes of a server: started with it, restarted when they die, stopped with it.

What keeps one from starting is known here in a sentence (:func:`trouble`), for the page and for
the health route: a run that would wait for ever must not look as if it were next in line.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from fairlab.home import VARIABLE, home
from fairlab.runs.stopping import STOP_PATIENCE
from fairlab.settings import settings

logger = logging.getLogger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY = 10.0  # a worker that lived so many seconds has started; the next death is a new story
REASON = "fairlab worker: "  # before the sentence a worker leaves on stderr when it cannot start
GPU = Path("/dev/nvidia0")

_troubles: dict[str, str] = {}


def trouble() -> str:
    """Why a training process of this server is not there, in a sentence; "" when all is well."""
    return " ".join(dict.fromkeys(_troubles.values()))


def devices() -> tuple[str, ...]:
    """Devices of this machine that get a training process each."""
    return ("cpu", "cuda") if GPU.exists() else ("cpu",)


def own_workers(where: Path | None = None) -> "tuple[WorkerSupervisor, ...]":
    """A supervisor per device; none where the installation runs its workers apart."""
    if not settings().own_worker:
        return ()
    return tuple(WorkerSupervisor(where, device=device) for device in devices())


def start_worker(
    where: Path | None = None, device: str = "cpu", errors: "IO[bytes] | None" = None
) -> "subprocess.Popen[bytes]":
    """Start a training process for a home; it ends by itself when this process dies.

    It is a fresh interpreter (``python -m fairlab worker``): forking a threaded server is not
    safe, and a multiprocessing pool would run the app's script again.
    """
    folder = home() if where is None else where
    command = [sys.executable, "-m", "fairlab", "worker"]
    command += ["--parent", str(os.getpid()), "--device", device]
    # Threads that wait for each other sleep instead of spinning: on cores shared with the server
    # and a browser, spinning made a sweep four times slower.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, VARIABLE: str(folder)}
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,  # Ctrl-C reaches the server, which then stops its worker
    )


def stop_worker(process: "subprocess.Popen[bytes]", patience: float = STOP_PATIENCE) -> int:
    """Ask a worker to give its runs back and end; kill it if it does not within ``patience``.

    Returns:
        The exit status. A killed worker's runs are queued again by the next worker.
    """
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        _kill(process)
        return process.wait()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a worker and, where it leads a group of processes, all that it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
                return
    process.kill()


class WorkerSupervisor:
    """Keeps one worker alive. ``start`` and ``stop`` once each.

    Args:
        where: Home of the runs; default :func:`fairlab.home.home`.
        shortest_pause: Seconds before the first restart; doubles with each early death.
        device: What the worker trains on.
    """

    def __init__(
        self,
        where: Path | None = None,
        shortest_pause: float = SHORTEST_PAUSE,
        *,
        device: str = "cpu",
    ) -> None:
        self._where = where
        self._shortest = shortest_pause
        self._device = device
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # a worker is not started once ``stop`` began
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (as long as this)
        self._watcher: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None while there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the worker and watch over it."""
        self._begin()
        self._watcher = threading.Thread(target=self._watch, name="worker-watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop the worker; its runs, if any, go back to the queue."""
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                stop_worker(self._process)
        if self._watcher is not None:
            self._watcher.join()
        _troubles.pop(self._device, None)

    def kill(self) -> None:
        """End the worker at once. Its runs are queued again by the next one."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            _kill(process)

    def _begin(self) -> None:
        """Start a worker; what keeps it from starting is told by :func:`trouble`."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._errors.seek(0)
            self._errors.truncate()
            try:
                self._process = start_worker(self._where, self._device, self._errors)
            except OSError as error:
                self._process = None
                self._complain(f"the system refused to start it ({error.strerror})")

    def _watch(self) -> None:
        pause = self._shortest
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._ended()
            if self._stopping.is_set():
                return
            if time.monotonic() - began >= STEADY:
                pause = self._shortest
            if status is not None:
                self._leave_nothing()
                self._complain(self._reason(status))
            if self._stopping.wait(pause):
                return
            pause = min(max(pause, 0.01) * 2, LONGEST_PAUSE)
            self._begin()

    def _ended(self) -> int | None:
        """Wait for the worker's end; None if there was none to wait for."""
        if self._process is None:
            return None
        try:
            return self._process.wait(STEADY)
        except subprocess.TimeoutExpired:
            _troubles.pop(self._device, None)  # it has started
            return self._process.wait()

    def _leave_nothing(self) -> None:
        """End what a dead worker started and left behind."""
        if self._process is not None and hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _complain(self, reason: str) -> None:
        sentence = f"The training process ended: {reason.rstrip('.')}. It is started again."
        if _troubles.get(self._device) != sentence:
            logger.warning("A training process ended; it is started again, and the page says why.")
        _troubles[self._device] = sentence

    def _reason(self, status: int) -> str:
        """The worker's own last words, else its exit status."""
        self._errors.seek(0)
        lines = self._errors.read()[-20_000:].decode(errors="replace").splitlines()
        own = [line.removeprefix(REASON) for line in lines if line.startswith(REASON)]
        if own:
            return own[-1]
        if status < 0:
            return f"it was killed (signal {-status})"
        return f"exit status {status}; worker.log in its data folder has the details"
