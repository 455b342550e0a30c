"""Strangers' files read in processes of their own: few at a time, with an end to time and memory.

A Parquet file of a few kilobytes can stand for gigabytes, and nothing within a process can stop
the library that decodes it, or outlive its fault. So a server asks :func:`readers` to read;
commands of the shell, which have one user, call ``read_table`` themselves.
"""

import atexit
import contextlib
import functools
import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import psutil

from fairlab.data.findings import cut_name
from fairlab.data.limits import Limits, can_raise, installed_limits
from fairlab.data.reader_process import frame_of, job, receive, send
from fairlab.data.turns import OnWait, Turns
from fairlab.data.upload import ReadTable, too_large, too_much_memory
from fairlab.errors import InputError
from fairlab.settings import settings

logger = logging.getLogger(__name__)

_LOOKS = 0.25  # seconds between two looks at a reading process


@dataclass(frozen=True, slots=True)
class Figures:
    """What reading a file took: wall-clock and processor seconds, largest memory in bytes."""

    seconds: float
    cpu_seconds: float
    peak: int


class Reader:
    """One process that reads files, one after the other.

    Args:
        seconds: Longest time for a file.
        memory: Most bytes beyond what the process has when it is idle.
    """

    def __init__(self, seconds: float, memory: int) -> None:
        self.seconds, self.memory = seconds, memory
        command = [sys.executable, "-m", "fairlab.data.reader_process", str(memory)]
        pool = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **pool, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C in the terminal is the server's to answer
        )
        self._ready = False

    def ask(
        self, content: bytes, filename: str, limits: Limits, *, skip_ragged: bool
    ) -> tuple[dict[str, Any], bytes, Figures]:
        """The answer of the process; a ``trouble`` if it gave none in time, memory or at all."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        inbox, outbox = self.process.stdout, self.process.stdin
        begun = time.monotonic()
        with _watched(self.process, self.seconds, 2 * self.memory) as reason:
            try:
                if not self._ready:
                    receive(inbox, 0)
                    self._ready = True
                    begun = time.monotonic()
                send(outbox, job(filename, limits, skip_ragged=skip_ragged), content)
                record, payload = receive(inbox, 4 * self.memory)
            except (EOFError, OSError, ValueError, KeyError):
                self.end()
                record, payload = {"trouble": reason[0] if reason else "died"}, b""
        taken = time.monotonic() - begun
        figures = Figures(taken, record.get("cpu_seconds", taken), record.get("peak", 0))
        return record, payload, figures

    @property
    def fresh(self) -> bool:
        """Whether it may read another file: alive, and not swollen by the last one."""
        try:
            size = psutil.Process(self.process.pid).memory_info().rss
        except psutil.Error:
            return False
        return self.process.poll() is None and size < 0.5 * self.memory

    def end(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes], seconds: float, memory: int) -> Iterator[list[str]]:
    """Kill the process when its time is over or its memory too large; says which."""
    done, reason = threading.Event(), list[str]()

    def watch() -> None:
        deadline = time.monotonic() + seconds
        while not done.wait(_LOOKS):
            with contextlib.suppress(psutil.Error):
                if psutil.Process(process.pid).memory_info().rss > memory:
                    reason.append("memory")
            if time.monotonic() > deadline:
                reason.append("time")
            if reason:
                process.kill()
                return

    threading.Thread(target=watch, name="watch reader", daemon=True).start()
    try:
        yield reason
    finally:
        done.set()


class Readers:
    """Reads files in few processes; who comes later waits, in fair turn.

    Args:
        at_once: Files read at a time.
        seconds: Longest time for a file, from when it is its turn.
        memory: Most bytes for reading a file.
    """

    def __init__(self, at_once: int = 2, seconds: float = 60, memory: int = 700_000_000) -> None:
        self.seconds, self.memory = seconds, memory
        self._turns = Turns(at_once)
        self._lock = threading.Lock()
        self._idle: list[Reader] = []
        # The same file from a whole workshop is read once and held once, while anyone holds it.
        self._held: WeakValueDictionary[tuple[object, ...], ReadTable] = WeakValueDictionary()

    def read(
        self,
        content: bytes,
        filename: str,
        limits: Limits | None = None,
        *,
        skip_ragged: bool = False,
        who: str = "",
        on_wait: OnWait | None = None,
    ) -> ReadTable:
        """As ``read_table``, in another process.

        Args:
            content, filename, limits, skip_ragged: As there.
            who: Whose file it is; one's files are read in turn with those of others.
            on_wait: Called about four times a second while others are before this file, with how
                many.

        Raises:
            InputError: As there, and when reading takes too long, too much memory, or breaks.
        """
        limits = installed_limits() if limits is None else limits
        if len(content) > limits.bytes:  # not worth sending
            raise InputError(too_large(filename, len(content), limits))
        key = (hashlib.sha256(content).digest(), filename, limits, skip_ragged)
        if (held := self._held.get(key)) is not None:
            return held
        with self._turns.mine(who, on_wait):
            held = self._held.get(key)
            if held is None:
                held, _ = self.read_now(content, filename, limits, skip_ragged=skip_ragged)
                self._held[key] = held
            return held

    def read_now(
        self, content: bytes, filename: str, limits: Limits, *, skip_ragged: bool = False
    ) -> tuple[ReadTable, Figures]:
        """Read without waiting for others; with what it took.

        Raises:
            InputError: As :meth:`read`.
        """
        record, payload, figures = self.ask(content, filename, limits, skip_ragged=skip_ragged)
        if "problems" in record:
            raise InputError(" ".join(record["problems"]), record["problems"])
        if "trouble" in record:
            raise InputError(self._trouble(filename, record))
        frame = frame_of(payload)
        return (ReadTable(frame, tuple(record["notes"]), record["fingerprint"], filename), figures)

    def ask(
        self, content: bytes, filename: str, limits: Limits, *, skip_ragged: bool = False
    ) -> tuple[dict[str, Any], bytes, Figures]:
        """The plain answer of a reading process."""
        with self._lock:
            reader = self._idle.pop() if self._idle else None
        if reader is None or not reader.fresh:
            if reader is not None:
                reader.end()
            reader = Reader(self.seconds, self.memory)
        try:
            answer = reader.ask(content, filename, limits, skip_ragged=skip_ragged)
        except BaseException:
            reader.end()
            raise
        if reader.process.poll() is None and reader.fresh:
            with self._lock:
                self._idle.append(reader)
        else:
            reader.end()
        return answer

    def warm(self) -> None:
        """Start one process if there is none, so that a file that comes need not wait for it."""
        with self._lock:
            if not self._idle and not self._turns.taken:
                self._idle.append(Reader(self.seconds, self.memory))

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.end()

    def _trouble(self, filename: str, record: dict[str, Any]) -> str:
        name = cut_name(filename)
        if record["trouble"] == "time":
            return (
                f"Reading '{name}' took longer than {self.seconds:g} seconds and was stopped. Keep "
                f"the columns and people you need. {can_raise('seconds')}"
            )
        if record["trouble"] == "memory":
            return too_much_memory(filename)
        logger.error("Reading a file failed: %s", record.get("where", "the process died"))
        return (
            f"'{name}' cannot be read: something in it breaks the reader. Open it in the program "
            "it comes from and export it anew as CSV."
        )


@functools.cache
def readers() -> Readers:
    """The readers of this server, with the limits of its settings."""
    given = settings()
    found = Readers(given.uploads_at_once, given.upload_seconds, given.upload_memory_mb * 10**6)
    atexit.register(found.close)
    return found
