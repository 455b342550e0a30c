"""The worker: takes queued runs, has several under way together, gives back what it cannot end.

It trains nothing itself: an executor does, in processes of its own, so that whatever happens to
one part of one run, the worker is there to say so. One thread per run; one more gives signs of
life for all of them.
"""

import logging
import os
import platform
import threading
import time
from collections.abc import Callable

from fairlab.errors import FairlabError
from fairlab.runs.driver import FIRST_PAUSE, LONGEST_PAUSE, NOT_ANSWERING, Drive
from fairlab.runs.executors import Executor, Limits
from fairlab.runs.records import LeaseLostError, RunRecord
from fairlab.runs.stopping import DRAIN_PATIENCE
from fairlab.runs.store import RunStore

logger = logging.getLogger(__name__)

IDLE_PAUSE = 0.05  # seconds between looks at an empty queue
BEAT = 2.0  # seconds between signs of life
SILENT = 3 * BEAT  # so long without one, and a run may be taken from this worker


class Worker:
    """Claims runs and takes them to their end until told to stop.

    Args:
        store: Where runs come from.
        executor: Trains their parts.
        limits: What a part, and a run, may take.
        worker_id: Name in the store; default made of host and process id.
        device: Runs for this device are taken.
        at_once: Runs under way together, at most.
        abandoned: Says whether the process that started this one is gone; the worker then takes
            no further run.
        on_abandoned: Called once when that is so, before the runs under way are finished.
    """

    def __init__(
        self,
        store: RunStore,
        executor: Executor,
        limits: Limits,
        worker_id: str | None = None,
        *,
        device: str = "cpu",
        at_once: int = 1,
        abandoned: Callable[[], bool] = lambda: False,
        on_abandoned: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.id = default_id(device) if worker_id is None else worker_id
        self._executor = executor
        self._limits = limits
        self._device = device
        self._at_once = at_once
        self._abandoned = abandoned
        self._on_abandoned = on_abandoned
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._drives: dict[Drive, threading.Thread] = {}
        self._beaten = time.monotonic(), store.now()
        self._pause = FIRST_PAUSE  # of the store's next try
        self._silent = False  # the store does not answer, and the log says so

    def stop(self) -> None:
        """Give the runs back, keep their finished parts, and leave the loop."""
        self._stopping.set()

    def run(self) -> None:
        """Work until :meth:`stop`, or until abandoned and nothing is under way."""
        beat = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        beat.start()
        try:
            while not self._stopping.is_set() and not self._abandoned():
                if self._full() or not self._start_one():
                    self._stopping.wait(IDLE_PAUSE)
            if not self._stopping.is_set():
                self._on_abandoned()
            while self._under_way() and not self._stopping.is_set():
                self._stopping.wait(IDLE_PAUSE)
        finally:
            self._drain()
            self._over.set()
            beat.join(DRAIN_PATIENCE)
            self._quietly(lambda: self.store.announce(self.id, "gone"))

    def run_until_empty(self) -> int:
        """Work until nothing waits; the number of runs worked on. For tests and scripts."""
        worked = 0
        while not self._stopping.is_set() and (record := self._claim()) is not None:
            self._drive_of(record).go()
            worked += 1
        return worked

    # Runs under way

    def _start_one(self) -> bool:
        """Claim a run and start its thread; False when none waits or the store does not answer."""
        record = self._claim()
        if record is None:
            return False
        drive = self._drive_of(record)
        with self._lock:
            for other in self._drives:
                if other.record.job == record.job:
                    other.lose()  # it was silent for so long that it counts as dead
            thread = threading.Thread(target=drive.go, name=f"run-{record.id}", daemon=True)
            self._drives[drive] = thread
        thread.start()
        return True

    def _drive_of(self, record: RunRecord) -> Drive:
        return Drive(self.store, self._executor, record, self.id, self._limits)

    def _claim(self) -> RunRecord | None:
        if self._was_held_up():
            self._beat()  # before its own runs count as lost
            if self._was_held_up():  # the store does not answer, and they may count as lost
                self._wait_longer()
                return None
        try:
            record = self.store.claim(self.id, device=self._device)
        except NOT_ANSWERING as error:
            self._say_once(error)
            self._wait_longer()
            return None
        self._answers()
        return record

    def _wait_longer(self) -> None:
        self._stopping.wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _under_way(self) -> list[Drive]:
        with self._lock:
            self._drives = {d: thread for d, thread in self._drives.items() if _alive(thread)}
            return list(self._drives)

    def _full(self) -> bool:
        return len(self._under_way()) >= self._at_once

    def _drain(self) -> None:
        """Have every run given back, within a bounded time."""
        for drive in self._under_way():
            drive.drain()
        self._executor.close()  # what is half trained is given up at once
        until = time.monotonic() + DRAIN_PATIENCE
        for thread in list(self._drives.values()):
            thread.join(max(0.0, until - time.monotonic()))
        for drive in self._under_way():
            self._quietly(drive.give_up)

    # Signs of life

    def _keep_beating(self) -> None:
        while not self._over.is_set():
            self._beat()
            self._over.wait(BEAT)

    def _beat(self) -> None:
        drives = self._under_way()
        state = "busy" if drives else "ready"
        if not self._quietly(lambda: self.store.announce(self.id, state)):
            return
        for drive in drives:
            if drive.overdue and not self._stopping.is_set():
                logger.warning("Run %s does not answer; it ends without.", drive.record.id)
                self._quietly(drive.give_up)
                continue
            try:
                self.store.heartbeat(drive.record.id, self.id)
            except LeaseLostError:
                drive.lose()  # or it has just ended, which is as well
            except NOT_ANSWERING as error:
                self._say_once(error)
                return
        self._beaten = time.monotonic(), self.store.now()

    def _was_held_up(self) -> bool:
        """Whether the last sign of life is long ago, by either clock.

        A machine that slept comes back with the time of day far on, and the other clock where it
        was; its own runs would then count as those of a dead worker.
        """
        steady, of_day = self._beaten
        return max(time.monotonic() - steady, self.store.now() - of_day) > SILENT

    def _quietly(self, act: Callable[[], None]) -> bool:
        """Do something whose failure must not end the worker; whether it went well."""
        try:
            act()
        except NOT_ANSWERING as error:
            self._say_once(error)
            return False
        except FairlabError as error:
            logger.warning("The run store refused.", exc_info=error)
            return False
        return True

    def _say_once(self, error: Exception) -> None:
        if not self._silent:
            logger.error("The run store does not answer; it is tried again.", exc_info=error)
        self._silent = True

    def _answers(self) -> None:
        if self._silent:
            logger.warning("The run store answers again.")
        self._silent, self._pause = False, FIRST_PAUSE


def default_id(device: str) -> str:
    """Of this process: host, process id, device."""
    return f"{platform.node()}:{os.getpid()}:{device}"


def _alive(thread: threading.Thread) -> bool:
    """Whether it will still do something; one not yet started will."""
    return thread.ident is None or thread.is_alive()
