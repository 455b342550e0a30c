"""Trains parts in processes of this machine, each on one thread, several at once.

Children are forked from a process that has everything imported and nothing else to do
(multiprocessing's forkserver), never from the worker or a server, which have threads. What they
say comes back as data through a pipe. Limits are held by this side: a child that hangs, grows
or is killed costs one attempt of one part and nobody else.
"""

import logging
import multiprocessing
import multiprocessing.forkserver
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import BaseContext
from pathlib import Path

from fairlab.config import RunConfig
from fairlab.home import home
from fairlab.logs import Public
from fairlab.results import SweepResult
from fairlab.runs.artefacts import decode
from fairlab.runs.child import Assignment
from fairlab.runs.endings import Ending, ending_of, machine_memory
from fairlab.runs.executors import Limits, Listener, PartFailed
from fairlab.runs.messages import FAILURE, PROGRESS, RESULT, read_failure, read_progress
from fairlab.runs.parts import Part
from fairlab.runs.reasons import over_memory, over_time
from fairlab.runs.shares import Together
from fairlab.runs.slots import Slots
from fairlab.runs.training_process import TrainingProcess, readable

logger = logging.getLogger(__name__)

PRELOADED = "fairlab.runs.warm"
ATTEMPTS = 3  # of a part whose process is killed from outside
PAUSE = 0.1  # seconds between looks at limits and at whether to stop
MEMORY_PAUSE = 0.25  # seconds between looks at memory
GRACE = 8.0  # seconds a process has to give what it has when asked to stop
SHARE_OF_MACHINE = 0.9  # of all memory, where no limit is set


class LocalProcesses:
    """Processes of this machine. Parts for a graphics card are trained one at a time.

    Args:
        at_once: Most processes together; None is one per core. Each run may have one in any case.
        niceness: How far they stand back for others, 0 to 19.
    """

    def __init__(self, at_once: int | None = None, niceness: int = 10) -> None:
        self.at_once = cores() if at_once is None else at_once
        self._slots = {"cpu": Slots(self.at_once), "cuda": Slots(1)}
        self._niceness = niceness
        self._closed = threading.Event()
        self._contexts = _contexts()
        if self._contexts["cpu"].get_start_method() == "forkserver":
            self._contexts["cpu"].set_forkserver_preload([PRELOADED])
            multiprocessing.forkserver.ensure_running()  # it imports torch while we go on

    def train(
        self,
        config: RunConfig,
        parts: Sequence[Part],
        on_progress: Listener,
        should_stop: Callable[[], bool],
        limits: Limits,
    ) -> Iterator[tuple[Part, SweepResult]]:
        """See :meth:`fairlab.runs.executors.Executor.train`."""
        device = config.sweep.device
        call = _Call(
            config,
            parts,
            on_progress,
            limits,
            self._slots[device],
            self._contexts[device],
            self._niceness,
        )
        try:
            while call.unfinished and not self._closed.is_set():
                if should_stop():
                    call.stop()
                call.look_at_time()
                call.start()
                yield from call.heard(self._closed)
                call.look_at_memory()
        finally:
            call.end()

    def close(self) -> None:
        """Kill whatever is under way; the iterators of all runs end."""
        self._closed.set()


class _Call:
    """The parts of one run: waiting, under way, or given back."""

    def __init__(
        self,
        config: RunConfig,
        parts: Sequence[Part],
        on_progress: Listener,
        limits: Limits,
        slots: Slots,
        context: BaseContext,
        niceness: int,
    ) -> None:
        self._config = config.model_dump_json()
        self._waiting = list(parts)
        self._under_way: list[TrainingProcess] = []
        self._attempts = dict.fromkeys([part.name for part in parts], 0)
        self._together = Together(parts, on_progress)
        self._limits, self._slots, self._context = limits, slots, context
        self._niceness = niceness
        self._began = self._looked = time.monotonic()
        self._stopping = False
        self._done = 0
        machine = int(SHARE_OF_MACHINE * machine_memory())
        self._memory = min(limits.memory_mb * 2**20, machine) if limits.memory_mb else machine

    @property
    def unfinished(self) -> bool:
        """Whether anything waits or is under way."""
        return bool(self._waiting or self._under_way)

    def stop(self) -> None:
        """Begin nothing more; ask what is under way for what it has, and kill what is late."""
        self._stopping = True
        self._waiting.clear()
        now = time.monotonic()
        for process in list(self._under_way):
            process.ask_to_stop()
            if process.asked is not None and now - process.asked > GRACE:
                logger.warning("A training process did not stop when asked; it is killed.")
                self._drop(process)

    def start(self) -> None:
        """Start parts while there are slots."""
        while self._waiting and self._slots.take(self):
            part = self._waiting.pop(0)
            self._attempts[part.name] += 1
            assignment = Assignment(self._config, part, str(home()), self._niceness, self._memory)
            try:
                self._under_way.append(TrainingProcess(self._context, assignment))
            except (OSError, EOFError) as error:
                self._slots.give(self)
                logger.warning("A training process could not be started (%s).", error)
                self._again(part, ending_of(None, False))
        if not self._waiting:
            self._slots.rest(self)

    def heard(self, closed: threading.Event) -> Iterator[tuple[Part, SweepResult]]:
        """Wait a moment for messages; the parts that came to an end.

        Raises:
            PartFailed: If one failed, or was killed too often.
        """
        if not self._under_way:
            closed.wait(PAUSE)
            return
        for process in readable(self._under_way, PAUSE):
            try:
                for message in process.messages():
                    result = self._read(process, message)
                    if result is not None:
                        yield process.part, result
                        break
            except EOFError:
                self._lost(process)

    def look_at_time(self) -> None:
        """Raises PartFailed when the run's time is over."""
        used = time.monotonic() - self._began
        if used > self._limits.seconds:
            part = self._under_way[0].part.name if self._under_way else ""
            sentence = over_time(self._limits.seconds, used, self._done, len(self._attempts))
            raise PartFailed(sentence, part)

    def look_at_memory(self) -> None:
        """Raises PartFailed when a process has more memory than it may."""
        if time.monotonic() - self._looked < MEMORY_PAUSE:
            return
        self._looked = time.monotonic()
        for process in self._under_way:
            used = process.memory()
            if used > self._memory:
                raise PartFailed(over_memory(self._memory, used), process.part.name)

    def end(self) -> None:
        """Kill what is under way."""
        self._waiting.clear()
        self._slots.rest(self)
        for process in list(self._under_way):
            self._drop(process)

    def _read(self, process: TrainingProcess, message: bytes) -> SweepResult | None:
        kind, payload = message[:1], message[1:]
        if kind == PROGRESS:
            self._together.note(process.part, read_progress(payload))
            return None
        if kind == FAILURE:
            failure = read_failure(payload)
            if failure.trace:
                logger.error(
                    "Part %s failed: %s.", Public(process.part.name), Public(failure.trace)
                )
            raise PartFailed(failure.sentence, process.part.name)
        assert kind == RESULT
        self._drop(process)
        self._together.finished(process.part)
        self._done += 1
        return decode(payload)

    def _lost(self, process: TrainingProcess) -> None:
        """It ended without a result."""
        ending = process.ended()
        logger.warning("Part %s: %s", Public(process.part.name), Public(ending.sentence))
        self._drop(process)
        if not self._stopping:
            self._again(process.part, ending)

    def _again(self, part: Part, ending: Ending) -> None:
        if not ending.again or self._attempts[part.name] >= ATTEMPTS:
            raise PartFailed(ending.sentence, part.name)
        self._waiting.insert(0, part)

    def _drop(self, process: TrainingProcess) -> None:
        process.end()
        if process in self._under_way:
            self._under_way.remove(process)
            self._slots.give(self)


def cores() -> int:
    """Cores this process may use: those it is bound to, and what its container is given."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        if quota.isdigit():
            found = min(found, max(1, round(int(quota) / int(period))))
    except (OSError, ValueError):
        pass
    return found


def _contexts() -> dict[str, BaseContext]:
    """How processes start, by device: a card's driver does not survive a fork."""
    fresh = multiprocessing.get_context("spawn")
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return {"cpu": fresh, "cuda": fresh}
    return {"cpu": multiprocessing.get_context("forkserver"), "cuda": fresh}
