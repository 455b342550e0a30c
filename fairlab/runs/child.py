"""A training process: trains one part on one thread, tells of it, and ends.

It ends at once when the process that started it is gone: the pipe between them then reads as
ended, and where the system can, the kernel kills it with the process it was forked from.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from fairlab.config import RunConfig
from fairlab.errors import FairlabError
from fairlab.home import VARIABLE
from fairlab.logs import configure, where
from fairlab.results import Progress
from fairlab.runs.messages import RESULT, Failure, pack_failure, pack_progress
from fairlab.runs.parts import Part, train_part

LIKELIEST_VICTIM = 800  # of 1000: the kernel ends training before it ends a server
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a training process is to do.

    Attributes:
        config: The run, as JSON.
        part: Which part of it.
        home: Folder of the installation.
        niceness: How far it stands back for others, 0 to 19.
        memory: More bytes than this it may not take; None is no limit.
    """

    config: str
    part: Part
    home: str
    niceness: int = 10
    memory: int | None = None


def main(pipe: Connection, assignment: Assignment, forked: bool) -> None:
    """Train a part and send what it gives.

    Args:
        pipe: To the process that started this one: messages there, the word to stop back.
        assignment: What to do.
        forked: Whether this is a fork of a warm process, with which it must not survive.
    """
    stopped = threading.Event()
    _stand_back(assignment, forked)
    configure("training")
    threading.Thread(target=_listen, args=(pipe, stopped), name="orders", daemon=True).start()
    try:
        with bounded_memory(assignment.memory):
            content = _trained(assignment, pipe, stopped)
    except BaseException as error:
        content = pack_failure(_failure(error))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.send_bytes(content)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # all is said; taking torch down in order would only cost time


def _trained(assignment: Assignment, pipe: Connection, stopped: threading.Event) -> bytes:
    import torch
    from threadpoolctl import threadpool_limits

    from fairlab.runs.artefacts import encode

    def tell(progress: Progress) -> None:
        pipe.send_bytes(pack_progress(progress))

    torch.set_num_threads(1)
    config = RunConfig.model_validate_json(assignment.config)
    with threadpool_limits(1):
        result = train_part(config, assignment.part, tell, stopped.is_set)
        return RESULT + encode(result)


def _failure(error: BaseException) -> Failure:
    from fairlab.runs.reasons import explain

    if isinstance(error, FairlabError):
        return Failure(str(error), "")
    return Failure(explain(error), where(error))


def _listen(pipe: Connection, stopped: threading.Event) -> None:
    """Stop on a word; end with the process that started this one."""
    try:
        while True:
            pipe.recv_bytes(16)
            stopped.set()
    except (EOFError, OSError):
        os._exit(1)


def _stand_back(assignment: Assignment, forked: bool) -> None:
    """Leave the machine to others, in time and in memory; die with the process forked from."""
    os.environ[VARIABLE] = assignment.home
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    if hasattr(os, "nice"):
        os.nice(max(0, assignment.niceness - os.nice(0)))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as stream:
        stream.write(str(LIKELIEST_VICTIM))
    if forked and sys.platform == "linux":
        before = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != before:
            os._exit(1)


@contextlib.contextmanager
def bounded_memory(most: int | None) -> Iterator[None]:
    """Let the system refuse memory that would take this process over a limit meanwhile.

    The limit is on private memory asked for, of which some is never touched; what has been asked
    for and not touched so far is granted on top.

    Args:
        most: Bytes; None is no limit.
    """
    if most is None or sys.platform != "linux":
        yield
        return
    import resource

    held = {}
    with open("/proc/self/status", encoding="ascii", errors="replace") as lines:
        for line in lines:
            name, _, rest = line.partition(":")
            if name in ("VmData", "VmRSS"):
                held[name] = 1024 * int(rest.split()[0])
    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = most + max(0, held.get("VmData", 0) - held.get("VmRSS", 0))
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))
