"""Keeps in memory what visitors share, up to a number of bytes: results and tables differ a lot."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Loads a value once and gives it to everybody; what was used longest ago leaves first.

    Thirty visitors who ask for the same at once wait for one of them to load it. What could not be
    loaded is tried again next time.

    Args:
        load: Makes the value of a key.
        size: Bytes of a value, roughly.
        most: Bytes kept together. A value larger than that is given and not kept.
    """

    def __init__(self, load: Callable[[str], V], size: Callable[[V], int], most: int) -> None:
        self._load, self._size, self._most = load, size, most
        self._values: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Bytes kept now."""
        with self._lock:
            return sum(size for _, size in self._values.values())

    def __call__(self, key: str) -> V:
        """The value of a key; shared, never modified."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
            mine = self._loading.setdefault(key, threading.Lock())
        with mine:
            with self._lock:
                if key in self._values:
                    return self._values[key][0]
            try:
                value = self._load(key)
                self._keep(key, value)
            finally:
                with self._lock:
                    self._loading.pop(key, None)
        return value

    def clear(self, key: str | None = None) -> None:
        """Drop a value, or all."""
        with self._lock:
            if key is None:
                self._values.clear()
            else:
                self._values.pop(key, None)

    def _keep(self, key: str, value: V) -> None:
        size = self._size(value)
        if size > self._most:
            return
        with self._lock:
            self._values[key] = (value, size)
            while sum(own for _, own in self._values.values()) > self._most:
                self._values.popitem(last=False)
