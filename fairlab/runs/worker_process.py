"""``fairlab worker``: the process around a worker. Locks, signals, log, and its parent's end.

One worker per home, machine and device (a file lock); on one PostgreSQL as many machines as
there are. It stops on SIGTERM or SIGINT by giving its runs back to the queue, their finished parts
kept. When the server that started it is killed, it lets the next server's worker begin at once,
finishes the runs it has, and ends: nothing half done is thrown away and no process stays behind.
"""

import logging
import os
import platform
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.util import get_temp_dir
from types import FrameType

import psutil
from filelock import FileLock, Timeout

from fairlab.errors import FairlabError
from fairlab.home import home
from fairlab.logs import configure
from fairlab.runs.driver import FIRST_PAUSE, LONGEST_PAUSE, NOT_ANSWERING
from fairlab.runs.executors import Executor, Limits, choose_executor
from fairlab.runs.reasons import LOG_NAME, explain
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.runs.supervisor import REASON
from fairlab.runs.worker import Worker
from fairlab.settings import settings

logger = logging.getLogger(__name__)

LOCK_PAUSE = 0.2  # seconds between tries of the lock that another worker holds
MANY = 10_000  # runs looked through for those of dead workers


def main(parent: int | None = None, device: str = "cpu") -> None:
    """Run the worker of this home until it is stopped.

    Args:
        parent: Process id of the server that started it; when that is gone, the worker ends
            after the runs it has. None works until stopped.
        device: Runs for this device are taken: ``cpu`` or ``cuda``.
    """
    try:
        process = WorkerProcess(parent, device)
        process.run()
    except (FairlabError, OSError) as error:
        sys.stderr.write(f"{REASON}{explain(error)}\n")
        sys.exit(3)
    logging.shutdown()
    if parent is not None:
        shutil.rmtree(get_temp_dir(), ignore_errors=True)  # or each start would leave one
        os._exit(0)  # all is stored and given back; nobody should wait for threads


class WorkerProcess:
    """What surrounds a worker in a process of its own. ``run`` once, on the main thread."""

    def __init__(self, parent: int | None, device: str) -> None:
        self._folder = home()
        self._parent = parent
        self._device = device
        self._stopped = threading.Event()
        self._worker: Worker | None = None
        self._lock = FileLock(self._folder / f"worker-{device}-{platform.node()}.lock")

    def run(self) -> None:
        """Stand back for others, wait for the lock and the store, then work."""
        configure("worker", self._folder / LOG_NAME, to_stderr=self._parent is None)
        if hasattr(os, "nice"):
            os.nice(10)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        executor = choose_executor(settings())
        try:
            self._work(executor)
        finally:
            self._lock.release(force=True)
            executor.close()

    def _work(self, executor: Executor) -> None:
        if not self._locked():
            return
        store = self._opened()
        if store is None:
            return
        self._worker = Worker(
            store,
            executor,
            limits_of(),
            device=self._device,
            at_once=at_once(self._device),
            abandoned=self._abandoned,
            on_abandoned=self._hand_over,
        )
        recover(store, self._worker.id)
        if self._stopped.is_set():
            self._worker.stop()
        self._worker.run()
        store.close()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped.set()
        if self._worker is not None:
            self._worker.stop()

    def _abandoned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _hand_over(self) -> None:
        """The next server's worker may begin while this one finishes what it has."""
        logger.warning("The server is gone; this worker finishes its runs and ends.")
        self._lock.release(force=True)

    def _locked(self) -> bool:
        """Whether the lock was had before the end."""
        while not self._stopped.is_set() and not self._abandoned():
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                self._stopped.wait(LOCK_PAUSE)
            else:
                return True
        return False

    def _opened(self) -> RunStore | None:
        """The store, tried until it answers; None if the end came first."""
        pause, told = FIRST_PAUSE, False
        while not self._stopped.is_set() and not self._abandoned():
            try:
                return RunStore(self._folder)
            except NOT_ANSWERING as error:
                if not told:
                    logger.error("The run store does not open; it is tried again.", exc_info=error)
                told = True
                self._stopped.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        return None


def recover(store: RunStore, own_id: str, alive: Callable[[int], bool] = psutil.pid_exists) -> int:
    """Queue again what workers of this machine had that are dead; how many runs.

    Those of other machines are taken once they have given no sign of life for long enough.
    """
    try:
        running = [run for run in store.list(MANY) if run.state is RunState.RUNNING]
        names = {run.worker for run in running if run.worker is not None}
        dead = {name for name in names if _is_dead(name, own_id, alive)}
        found = store.requeue_lost(dead) if dead else 0
    except NOT_ANSWERING as error:
        logger.warning("Runs of dead workers are looked for later.", exc_info=error)
        return 0
    if found:
        logger.warning("%d runs of a training process that died are queued again.", found)
    return found


def _is_dead(worker: str, own_id: str, alive: Callable[[int], bool]) -> bool:
    host, number = [*worker.split(":"), ""][:2]
    if host != platform.node() or not number.isdigit():
        return False
    return worker == own_id or not alive(int(number))


def at_once(device: str) -> int:
    """Runs under way together on a device: as set, else one per core up to four, one on a GPU."""
    chosen = settings().runs_at_once
    if chosen > 0:
        return chosen
    return 1 if device == "cuda" else min(4, os.cpu_count() or 1)


def limits_of() -> Limits:
    """What a run may take here."""
    chosen = settings()
    return Limits(seconds=float(chosen.run_seconds), memory_mb=chosen.run_memory_mb)
