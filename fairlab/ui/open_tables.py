"""How much memory the tables that visitors have open may take, of one and of all together.

A table of a few megabytes as a file can take hundreds in memory, once for each page it is open on,
until that page is closed. The disk has its limits for each visitor; this is the one for memory.
"""

import functools
import threading
import weakref
from dataclasses import dataclass

import pandas as pd

from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.runs.endings import machine_memory
from fairlab.settings import settings

SHARE_OF_MACHINE = 0.4
SHARE_OF_ONE = 0.25
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class _Open:
    frame: "weakref.ref[pd.DataFrame]"
    size: int
    who: str


class OpenTables:
    """Counts tables while anything holds them; each once, for who opened it first.

    Args:
        most: Bytes of all together.
        of_one: Bytes of one visitor who has more than one table.
    """

    def __init__(self, most: int, of_one: int) -> None:
        self._most, self._of_one = most, of_one
        self._open: dict[int, _Open] = {}
        self._lock = threading.Lock()

    def bytes(self, who: str | None = None) -> int:
        """Bytes of all tables that are open, or of one visitor's."""
        with self._lock:
            self._forget_closed()
            return self._bytes(who)

    def admit(self, frame: pd.DataFrame, who: str) -> None:
        """Count a table as open.

        Raises:
            InputError: If it would be too much, with what to close. Let go of the table then.
        """
        with self._lock:
            self._forget_closed()
            if id(frame) in self._open:
                return
        size = int(frame.memory_usage(deep=True).sum())
        with self._lock:
            mine = self._bytes(who)
            if mine and mine + size > self._of_one:
                raise InputError(
                    tr(
                        "This table takes {size:,.0f} MB of the server's "
                        "memory, and the tables on your open pages take "
                        "{mine:,.0f} MB; at most {of_one:,.0f} MB can be. "
                        "Close other pages of fairlab, reload this one, and "
                        "try again after two minutes.",
                        size=size / MB,
                        mine=mine / MB,
                        of_one=self._of_one / MB,
                    )
                )
            if self._bytes() + size > self._most:
                raise InputError(
                    tr(
                        "This table takes {size:,.0f} MB of the server's "
                        "memory, and the tables on everybody's open pages "
                        "leave less than that. Keep the columns and people you "
                        "need, or try again in some minutes. Whoever runs this "
                        "server can raise the limit (FAIRLAB_OPEN_TABLES_MB).",
                        size=size / MB,
                    )
                )
            self._open[id(frame)] = _Open(weakref.ref(frame), size, who)

    def _bytes(self, who: str | None = None) -> int:
        return sum(one.size for one in self._open.values() if who in (None, one.who))

    def _forget_closed(self) -> None:
        for key in [key for key, one in self._open.items() if one.frame() is None]:
            del self._open[key]


@functools.cache
def open_tables() -> OpenTables:
    """The count of this server."""
    asked = settings().open_tables_mb * MB
    most = asked if asked else int(SHARE_OF_MACHINE * machine_memory())
    return OpenTables(most, int(SHARE_OF_ONE * most))
