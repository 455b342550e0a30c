"""The training process of a server: started with it, restarted when it dies, stopped with it."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from fairlab.home import VARIABLE, home

logger = logging.getLogger(__name__)

STOP_PATIENCE = 5.0  # seconds a worker has to give its run back before it is killed
LONGEST_PAUSE = 30.0


def start_worker(where: Path | None = None) -> "subprocess.Popen[bytes]":
    """Start a training process for a home; it ends by itself when this process dies.

    It is a fresh interpreter (``python -m fairlab worker``): forking a threaded server is not
    safe, and a multiprocessing pool would run the app's script again.
    """
    folder = home() if where is None else where
    command = [sys.executable, "-m", "fairlab", "worker", "--parent", str(os.getpid())]
    # Threads that wait for each other sleep instead of spinning: on cores shared with the server
    # and a browser, spinning made a sweep four times slower.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, VARIABLE: str(folder)}
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches the server, which then stops its worker
    )


def stop_worker(process: "subprocess.Popen[bytes]", patience: float = STOP_PATIENCE) -> int:
    """Ask a worker to give its run back and end; kill it if it does not within ``patience``.

    Returns:
        The exit status. A killed worker's run is queued again by the next worker.
    """
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class WorkerSupervisor:
    """Keeps one worker alive. ``start`` and ``stop`` once each.

    Args:
        where: Home of the runs; default :func:`fairlab.home.home`.
        shortest_pause: Seconds before the first restart; doubles with each early death.
    """

    def __init__(self, where: Path | None = None, shortest_pause: float = 0.5) -> None:
        self._where = where
        self._pause = shortest_pause
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the worker, None before ``start``."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the worker and watch over it."""
        self._process = start_worker(self._where)
        self._watcher = threading.Thread(target=self._watch, name="worker-watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop the worker; its run, if any, goes back to the queue."""
        self._stopping.set()
        if self._process is not None:
            stop_worker(self._process)
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        pause = self._pause
        while self._process is not None:
            status = self._process.wait()
            if self._stopping.wait(pause):
                return
            logger.warning("The training process ended with status %d; starting another.", status)
            pause = min(pause * 2, LONGEST_PAUSE)
            self._process = start_worker(self._where)
            if self._stopping.is_set():
                stop_worker(self._process)
                return
