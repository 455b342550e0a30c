"""One training process as the one that started it sees it: messages, memory, its end."""

import contextlib
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext

import psutil

from fairlab.runs import child
from fairlab.runs.endings import Ending, ending_of, kernel_kills

# Starting, and reading how a process ended, are not safe from several threads at once.
_GATE = threading.Lock()
LAST_WORDS = 5.0  # seconds between the end of a pipe and that of its process
LOOK_FOR_CHILDREN = 2.0  # seconds between looks for processes that a training process started


class TrainingProcess:
    """Starts a process that trains one part.

    Args:
        context: Of multiprocessing: ``forkserver`` or ``spawn``.
        assignment: What it is to do.

    Raises:
        OSError, EOFError: If it could not be started; starting again may help.
    """

    def __init__(self, context: BaseContext, assignment: child.Assignment) -> None:
        self.part = assignment.part
        self.asked: float | None = None
        self._kills = kernel_kills()
        self._family: list[psutil.Process] = []
        self._looked = -LOOK_FOR_CHILDREN
        self.pipe, there = context.Pipe(duplex=True)
        forked = context.get_start_method() == "forkserver"
        process = context.Process(  # type: ignore[attr-defined]
            target=child.main, args=(there, assignment, forked), name="training", daemon=True
        )
        try:
            with _GATE:
                process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            there.close()
        self._process = process
        self.pid: int = process.pid
        self.sentinel: int = process.sentinel
        with contextlib.suppress(psutil.Error):
            self._family = [psutil.Process(self.pid)]

    def messages(self) -> Iterator[bytes]:
        """What it has said and nobody has read yet.

        Raises:
            EOFError: When it will say no more.
        """
        try:
            while self.pipe.poll():
                yield self.pipe.recv_bytes()
        except OSError as error:
            raise EOFError from error

    def ask_to_stop(self) -> None:
        """Ask for what it has so far; it looks every few batches."""
        if self.asked is None:
            self.asked = time.monotonic()
            with contextlib.suppress(OSError):
                self.pipe.send_bytes(b"stop")

    def memory(self) -> int:
        """Bytes that it and the processes it started have in memory now."""
        now = time.monotonic()
        if self._family and now - self._looked > LOOK_FOR_CHILDREN:
            self._looked = now
            with contextlib.suppress(psutil.Error):
                self._family = [self._family[0], *self._family[0].children(recursive=True)]
        total = 0
        for process in self._family:
            with contextlib.suppress(psutil.Error):
                total += int(process.memory_info().rss)
        return total

    def ended(self) -> Ending:
        """How it ended, after :class:`EOFError`; it is killed if it does not end by itself."""
        if not wait([self.sentinel], LAST_WORDS):
            self._kill()
        with _GATE:
            exitcode = self._process.exitcode
        self.end()
        return ending_of(exitcode, kernel_kills() > self._kills)

    def end(self) -> None:
        """Kill it if it is there, with what it started, and forget it; leaves no zombie."""
        self._kill()
        self.pipe.close()
        wait([self.sentinel], LAST_WORDS)
        with _GATE, contextlib.suppress(ValueError):
            if self._process.exitcode is not None:
                self._process.close()

    def _kill(self) -> None:
        """By its own handle, which knows a process that has its number by chance."""
        for process in reversed(self._family):
            with contextlib.suppress(psutil.Error):
                process.kill()


def readable(processes: list[TrainingProcess], seconds: float) -> list[TrainingProcess]:
    """Those that have said something or ended, after at most so long."""
    handles: dict[Connection | int, TrainingProcess] = {}
    for one in processes:
        handles[one.pipe] = one
        handles[one.sentinel] = one
    ready = {id(handles[handle]) for handle in wait(list(handles), seconds)}  # type: ignore[index]
    return [one for one in processes if id(one) in ready]
