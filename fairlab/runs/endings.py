"""Why a training process ended without a result, from what the system says of it."""

import signal
from dataclasses import dataclass
from pathlib import Path

import psutil

from fairlab.runs.reasons import LOG_NAME, SMALLER

# What the parent reads when the process that forks dies, and with it whoever reports endings.
UNKNOWN_ENDING = 255
SIGKILL = int(getattr(signal, "SIGKILL", 9))  # Windows has none
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended.

    Attributes:
        sentence: For the owner of the run.
        again: Whether the part may be trained again: it was ended from outside.
    """

    sentence: str
    again: bool


def ending_of(exitcode: int | None, memory_ran_out: bool) -> Ending:
    """What an exit status means.

    Args:
        exitcode: As ``multiprocessing`` says it: negative for a signal.
        memory_ran_out: Whether the kernel ended a process for want of memory meanwhile.
    """
    if exitcode == -SIGKILL and memory_ran_out:
        return Ending(
            "This machine ran out of memory, and the system ended the training process. "
            f"{SMALLER}; or train when less else is running.",
            again=True,
        )
    if exitcode == -SIGKILL:
        return Ending(
            "The training process was ended from outside (SIGKILL), several times. Train again; "
            "if it happens again, ask whoever runs this machine what ends it.",
            again=True,
        )
    if exitcode is None or exitcode == UNKNOWN_ENDING:
        return Ending(
            "The process that starts training processes was ended, several times. Train again; "
            f"if it happens again, look into {LOG_NAME}.",
            again=True,
        )
    if exitcode == -getattr(signal, "SIGXCPU", 0):
        return Ending(
            "The training process used all the processor time that this machine allows a process "
            f"(ulimit -t). {SMALLER}.",
            again=False,
        )
    if exitcode < 0:
        return _by_signal(-exitcode)
    return Ending(
        f"The training process ended with status {exitcode} and without a result. Train again; "
        f"details are in {LOG_NAME}.",
        again=False,
    )


def _by_signal(number: int) -> Ending:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"):
        return Ending(f"The training process was asked to end ({name}). Train again.", again=True)
    return Ending(
        f"The training process crashed ({name}). The other runs are not affected. Train fewer "
        "models, or update torch and scikit-learn.",
        again=False,
    )


def kernel_kills() -> int:
    """How often the kernel ended a process for want of memory, as far as it tells."""
    total = 0
    for path, name in (
        (Path("/proc/vmstat"), "oom_kill"),
        (_CGROUP / "memory.events", "oom_kill"),
        (_CGROUP / "memory" / "memory.oom_control", "oom_kill"),
    ):
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            words = line.split()
            if len(words) == 2 and words[0] == name and words[1].isdigit():
                total += int(words[1])
    return total


def machine_memory() -> int:
    """Bytes of memory this process can have: of the machine, or of its container."""
    total = int(psutil.virtual_memory().total)
    for path in (_CGROUP / "memory.max", _CGROUP / "memory" / "memory.limit_in_bytes"):
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total
