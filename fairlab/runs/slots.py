"""Which run's part starts next when several runs share the cores."""

import threading


class Slots:
    """As many parts together as there are slots; and one of each run in any case.

    A run with many parts does not keep others from starting: a run that has none under way may
    start one at once, and a free slot goes to the waiting run with the fewest.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._lock = threading.Lock()
        self._used: dict[object, int] = {}
        self._waiting: dict[object, bool] = {}

    def take(self, run: object) -> bool:
        """Take a slot for a part of a run if it may have one now; ask again if not."""
        with self._lock:
            own = self._used.get(run, 0)
            self._waiting[run] = True
            if own and not self._has_turn(run, own):
                return False
            self._used[run] = own + 1
            return True

    def rest(self, run: object) -> None:
        """A run has no more parts that wait."""
        with self._lock:
            self._waiting.pop(run, None)

    def give(self, run: object) -> None:
        """Give a slot back."""
        with self._lock:
            self._used[run] -= 1
            if not self._used[run]:
                del self._used[run]

    def _has_turn(self, run: object, own: int) -> bool:
        if sum(self._used.values()) >= self.count:
            return False
        return all(own <= self._used.get(other, 0) for other in self._waiting if other is not run)
