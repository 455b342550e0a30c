"""What can be wrong with the store itself, in sentences that hold no SQL and no secrets."""

import errno
import logging
import shutil
import sqlite3
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from fairlab.errors import FairlabError, InputError
from fairlab.logs import Public

logger = logging.getLogger(__name__)

LEAST_FREE = 100_000  # bytes; a disk with fewer is full

Trouble = Literal["locked", "corrupt", "full", "unreachable", "not writable", "other"]

_SQLITE: dict[int, Trouble] = {
    sqlite3.SQLITE_PERM: "not writable",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "not writable",
    sqlite3.SQLITE_IOERR: "other",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_CANTOPEN: "not writable",
    sqlite3.SQLITE_NOTADB: "corrupt",
}
# PostgreSQL's SQLSTATE, by its class or whole.
_STATES: dict[str, Trouble] = {
    "08": "unreachable",
    "28": "unreachable",
    "3D": "unreachable",
    "57P": "unreachable",
    "53300": "unreachable",
    "53100": "full",
    "55P03": "locked",
    "40": "locked",
    "25006": "not writable",
    "42501": "not writable",
    "XX001": "corrupt",
    "XX002": "corrupt",
}
_ERRNO: dict[int, Trouble] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EACCES: "not writable",
    errno.EPERM: "not writable",
    errno.EROFS: "not writable",
}


class StoreError(FairlabError):
    """The run store could not be read or written; nothing that was stored is lost.

    Args:
        message: What was found, and what whoever runs fairlab can do.
        trouble: Which kind it is; ``locked`` and ``unreachable`` may pass by themselves.
    """

    def __init__(self, message: str, trouble: Trouble = "other") -> None:
        super().__init__(message)
        self.trouble: Trouble = trouble

    @property
    def passing(self) -> bool:
        """Whether trying again later may help without anybody doing anything."""
        return self.trouble in ("locked", "unreachable")


class QuotaError(InputError):
    """There is no room for one more run or table; the message says what to delete or wait for."""


def store_error(error: BaseException, place: str) -> StoreError:
    """The sentence for an error of a database or a disk.

    Args:
        error: Of SQLAlchemy, a database driver or the operating system.
        place: The database in words: a path, or a URL without its password.
    """
    trouble = _trouble(error)
    if trouble == "other" and _is_full(place):  # SQLite calls some of it an input error
        trouble = "full"
    if trouble == "other":  # the text of the statement and its values stay out
        cause = getattr(error, "orig", None) or error
        logger.error(
            "The run store failed: %s (%s).", Public(type(cause).__name__), Public(_code(cause))
        )
    return StoreError(_SENTENCES[trouble].format(place=place), trouble)


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, sa.exc.TimeoutError):
        return "locked"
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return _SQLITE.get(code & 0xFF, "other") if code is not None else "other"
    if isinstance(cause, TimeoutError):
        return "locked"
    if isinstance(cause, OSError):
        return _ERRNO.get(cause.errno or 0, "other")
    state = getattr(cause, "sqlstate", None)
    if state:
        return next((kind for start, kind in _STATES.items() if state.startswith(start)), "other")
    # A server that was never reached, or has gone, sends no code.
    return "unreachable" if isinstance(error, sa.exc.OperationalError) else "other"


def _is_full(place: str) -> bool:
    folder = Path(place).parent
    try:
        return folder.is_dir() and shutil.disk_usage(folder).free < LEAST_FREE
    except OSError:
        return False


def _code(cause: BaseException) -> str:
    names = ("sqlite_errorname", "sqlstate", "errno")
    found = [str(getattr(cause, name)) for name in names if getattr(cause, name, None) is not None]
    return found[0] if found else "no code"


_SENTENCES: dict[Trouble, str] = {
    "locked": "The run database {place} is busy: another program has held it for longer than "
    "fairlab waits. Try again in a minute; if it stays so, close whatever else has it open.",
    "corrupt": "The run database {place} is damaged and cannot be read. Nothing was deleted. "
    "Stop fairlab, keep the file somewhere else and put a copy from before in its place, or "
    "start with a new one by moving it away; files of finished results stay where they are.",
    "full": "The disk of the run database {place} is full, so nothing more can be stored. Free "
    "some space, or set FAIRLAB_HOME to a folder on another disk; what is stored stays as it is.",
    "unreachable": "The run database {place} cannot be reached, or refuses the user name or "
    "password. Check that it is running and that FAIRLAB_DATABASE_URL is right.",
    "not writable": "fairlab may not write to its run database {place}. Give it permission for "
    "the file and its folder, or set FAIRLAB_HOME to another folder.",
    "other": "The run database {place} could not be read or written. Try again; fairlab doctor "
    "says more.",
}
