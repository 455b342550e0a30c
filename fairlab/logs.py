"""Logs that may be kept: what happened and where in the code, never whose data it was.

A run's id is a link that opens the run, so a log must not hold one; nor names of files and
columns, values of cells, cookies, addresses of visitors, passwords. Every record of the process,
whoever writes it, is rewritten when it is made: of what a message is filled with, numbers and
words marked :class:`Public` stay, tokens are shortened, all other text becomes "…". Of an error
its type stays, and the lines of code it went through, not its words.

So write a constant sentence and fill in numbers: ``logger.info("Run %s: attempt %d.", id, n)``.
"""

import contextlib
import datetime
import json
import logging
import logging.config
import os
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

from fairlab.errors import FairlabError
from fairlab.settings import PREFIX, settings

LEAST_SECRET = 4  # shorter "secrets" would blank out ordinary words
FRAMES = 6
LONGEST = 400

_TOKEN = re.compile(
    r"[A-Za-z0-9_-]{22}|[0-9a-fA-F]{16,128}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[A-Z0-9]{4}(-[A-Z0-9]{4}){2}"  # the last is the code of a room
)
_EDGE, _END = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"
_RULES = (
    (re.compile(r"(?<=://)[^\s/@]+@"), "…@"),
    (re.compile(r"(?<=[\w/])\?[^\s\"'?]+"), "?…"),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+"), "…"),  # from a word's first sign alone
    (re.compile(r"(?i)\b(cookie|authorization|token|password)\b\s*[:=]\s*.*"), r"\1 …"),
    (re.compile(r"(?<![\w.])\d{1,3}(\.\d{1,3}){3}(?![\w.])(:\d+)?"), "…"),
    (
        re.compile(r"(?<![\w:])\[?(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]{3,39}\]?(?![\w:])"),
        "…",
    ),
    (re.compile(r"(?<!\w)(['\"`])(?:(?!\1).)*\1(?!\w)"), "'…'"),
)


class Public(str):
    """A word of the program's own that a log may show as it is."""

    __slots__ = ()


class _Lines(logging.Formatter):
    """One line per record: for people, or a JSON object for a collector."""

    def __init__(self, role: str, kind: str) -> None:
        super().__init__()
        self._role, self._kind = role, kind

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        where = getattr(record, "fairlab_where", "")
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._kind == "json":
            line = {
                "time": time,
                "level": record.levelname,
                "role": self._role,
                "process": record.process,
                "logger": record.name,
                "message": text,
            }
            return json.dumps(line | ({"where": where} if where else {}), ensure_ascii=False)
        ending = f" [{where}]" if where else ""
        return f"{time} {record.levelname} {self._role} {record.process} {text}{ending}"


def configure(
    role: str, file: Path | None = None, *, to_stderr: bool = True, level: str = "INFO"
) -> None:
    """Send every log of this process where it is kept, without personal data. Repeatable.

    Args:
        role: What the process is: ``server``, ``worker``, ``training``, ``command``.
        file: Write there, about three megabytes at most.
        to_stderr: Write to standard error.
        level: Least level that is kept.
    """
    _learn_secrets()
    logging.setLogRecordFactory(_record)
    handlers: dict[str, dict[str, Any]] = {}
    if to_stderr:
        handlers["stderr"] = {"class": "logging.StreamHandler", "formatter": "lines"}
    if file is not None:
        handlers["file"] = {
            "class": "logging.handlers.RotatingFileHandler",
            "formatter": "lines",
            "filename": str(file),
            "maxBytes": 1_000_000,
            "backupCount": 2,
            "encoding": "utf-8",
        }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": _Lines, "role": role, "kind": _kind()}},
            "handlers": handlers,
            "root": {"level": level, "handlers": list(handlers)},
        }
    )
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers or not logger.propagate:  # a library's own way to standard error
            logger.handlers.clear()
            logger.propagate = True
    # One line for each statement, connection or table: noise that names things.
    for noisy in ("sqlalchemy.engine", "uvicorn.error", "uvicorn.access", "websockets", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    warnings.showwarning = _show_warning
    if role != "command":  # at a terminal, a person wants the error itself
        sys.excepthook = _log_uncaught
        threading.excepthook = _log_thread


def short(token: str) -> str:
    """Six characters of a run's id: enough to find it in two logs, too few to open it."""
    return f"{token[:6]}…"


def scrub(text: str) -> str:
    """Text without secrets, addresses, tokens and quoted words; its first line only."""
    first = without_secrets(text.strip().split("\n", 1)[0])
    for pattern, instead in _RULES:
        first = pattern.sub(instead, first)
    first = re.sub(f"{_EDGE}(?:{_TOKEN.pattern}){_END}", lambda found: short(found[0]), first)
    return first if len(first) <= LONGEST else f"{first[:LONGEST]}…"


def without_secrets(text: str) -> str:
    """Text without the admin token and the database's address and password; see ``configure``."""
    for secret in _secrets:
        text = text.replace(secret, "…")
    return text


def where(error: BaseException) -> str:
    """Type of an error, its causes' types, and the lines of code it went through."""
    parts = []
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        frames = traceback.extract_tb(found.__traceback__)[-FRAMES:]
        lines = " < ".join(f"{_place(one.filename)}:{one.lineno}" for one in reversed(frames))
        parts.append(f"{type(found).__name__} at {lines}" if lines else type(found).__name__)
        found = found.__cause__ if found.__cause__ is not None else found.__context__
    return "; after ".join(parts)


_secrets: tuple[str, ...] = ()


def _learn_secrets() -> None:
    """Remember what the settings hold, so that it can be taken out wherever it turns up."""
    global _secrets
    try:
        now = settings()
        token, url = now.admin_token.get_secret_value(), now.database_url
    except FairlabError:  # whoever reads them next says what is wrong
        names = (f"{PREFIX}ADMIN_TOKEN", f"{PREFIX}DATABASE_URL")
        token, url = (os.environ.get(name, "") for name in names)
    found = [token, url]
    with contextlib.suppress(ValueError):  # a URL nobody can read has no password to find
        password = urlsplit(url).password or ""
        found += [password, unquote(password)]
    _secrets = tuple(one for one in found if len(one) >= LEAST_SECRET)


def _kind() -> str:
    try:
        return settings().log_format
    except FairlabError:
        return "text"


def _record(*args: Any, **options: Any) -> logging.LogRecord:
    """Make a record and rewrite it before any handler can see it."""
    record = logging.LogRecord(*args, **options)
    template = str(record.msg) if isinstance(record.msg, str) else type(record.msg).__name__
    filled = template
    if record.args:
        try:
            filled = template % _safe_args(record.args)
        except (TypeError, ValueError, KeyError):
            filled = template  # the sentence without its numbers
    record.msg, record.args = scrub(filled), None
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.fairlab_where = where(error)
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def _safe_args(args: Any) -> Any:
    if isinstance(args, Mapping):
        return {name: _safe(value) for name, value in args.items()}
    return tuple(_safe(value) for value in args)


def _safe(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Public):
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, str) and _TOKEN.fullmatch(value):
        return short(value)
    return "…"


def _place(path: str) -> str:
    """The last two parts of a file's path: enough to find the code, not whose machine it is."""
    return "/".join(Path(path).parts[-2:])


def _show_warning(
    message: Warning | str,  # noqa: ARG001 (may quote what somebody uploaded)
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    logging.getLogger("fairlab.warnings").warning(
        "%s at %s:%d", Public(category.__name__), Public(_place(filename)), lineno
    )


def _log_uncaught(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    logging.getLogger(__name__).critical("This process ends on an error.", exc_info=error)


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        logging.getLogger(__name__).error("A thread ended on an error.", exc_info=failed.exc_value)
