"""A named, ordered, read-only table whose error lists the names it knows."""

import difflib
from collections.abc import Iterator, Mapping
from typing import TypeVar

from fairlab.errors import UnknownNameError

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Maps names to entries, in the order given.

    Args:
        kind: What an entry is, in words, for the error message ("gap", "rate").
        entries: The table; copied.

    Raises:
        UnknownNameError: From ``registry[name]`` for a name that is not in the table.
    """

    def __init__(self, kind: str, entries: Mapping[str, T]) -> None:
        self.kind = kind
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            close = difflib.get_close_matches(str(name), self._entries, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            known = ", ".join(self._entries)
            raise UnknownNameError(f"There is no {self.kind} named {name!r}.{hint} Known: {known}.")
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}, {', '.join(self._entries)})"
