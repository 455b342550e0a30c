"""Why a run ended without a result, in a sentence for its owner: found, wanted, remedy."""

import errno

from fairlab.errors import FairlabError
from fairlab.home import home
from fairlab.runs.estimate import duration_words

LOG_NAME = "worker.log"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SMALLER = "Train fewer strengths or seeds, a smaller model, a smaller batch or fewer rows"


def explain(error: BaseException) -> str:
    """A sentence for the owner of a run that failed; details stay in the log."""
    if isinstance(error, FairlabError):
        return str(error)
    if ran_out_of_memory(error):
        return f"Memory ran out while training. {SMALLER}."
    if disk_is_full(error):
        return (
            "The disk is full, so points and results could not be stored. Free some space and "
            "train again."
        )
    if _number(error) in (errno.EACCES, errno.EROFS, errno.EPERM):
        return (
            f"fairlab may not write to its folder ({home()}). Give it permission, or set "
            "FAIRLAB_HOME to another folder, and train again."
        )
    if "cuda" in str(error).lower():
        return (
            "Training on the graphics card failed. Choose the device cpu, or check the driver "
            f"(details are in {LOG_NAME})."
        )
    return (
        f"Training stopped on an unexpected error ({type(error).__name__}). The other runs are "
        f"not affected; details are in {home() / LOG_NAME}."
    )


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of the machine or of the graphics card, was refused."""
    text = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in text
        or "out of memory" in text
    )


def disk_is_full(error: BaseException) -> bool:
    """Whether the disk or a quota refused a write, said by the system or by the database."""
    if getattr(error, "trouble", "") == "full":  # a StoreError
        return True
    return _number(error) in FULL or "disk is full" in str(error).lower()


def _number(error: BaseException) -> int | None:
    number = getattr(getattr(error, "orig", error), "errno", None)
    return number if isinstance(number, int) else None


def over_time(limit: float, used: float, parts_done: int, parts: int) -> str:
    """Of a run that trained longer than a run may here."""
    left = parts - parts_done
    return (
        f"This run trained for {duration_words(used)}; a run may take {duration_words(limit)} "
        f"here. {left} of {parts} parts were not finished. {SMALLER}; or ask whoever runs this "
        "server for a longer limit (FAIRLAB_RUN_SECONDS). fairlab sweep in a shell has no limit."
    )


def over_memory(limit: float, used: float) -> str:
    """Of a part that took more memory than it may; both in bytes."""
    return (
        f"Training took {_gigabytes(used)} of memory; a training process may take "
        f"{_gigabytes(limit)} here. {SMALLER}; or ask whoever runs this server for a higher limit "
        "(FAIRLAB_RUN_MEMORY_MB)."
    )


def _gigabytes(amount: float) -> str:
    return f"{amount / 2**30:.2g} GB" if amount >= 2**30 else f"{amount / 2**20:.0f} MB"
