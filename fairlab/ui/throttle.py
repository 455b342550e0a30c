"""Counts wrong guesses, of one visitor and of all together, and says when it is too many."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable


class Throttle:
    """Lets a number of wrong guesses through in a while; then none, right or wrong.

    A visitor who comes without a cookie is a new one each time, hence the limit on all together.

    Args:
        each: Wrong guesses of one visitor.
        together: Wrong guesses of all visitors.
        seconds: Length of the while, which slides.
        clock: Seconds, never going back; replaced in tests.
    """

    def __init__(
        self,
        each: int,
        together: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each, self._together, self._seconds = each, together, seconds
        self._clock = clock
        self._all: deque[float] = deque()
        self._by_visitor: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def wait(self, visitor: str) -> float:
        """Seconds until this visitor may guess again; 0 when now."""
        with self._lock:
            self._drop_old()
            waits = [0.0]
            own = self._by_visitor.get(visitor, deque())
            for guesses, most in ((own, self._each), (self._all, self._together)):
                if len(guesses) >= most:
                    waits.append(guesses[len(guesses) - most] + self._seconds - self._clock())
            return max(waits)

    def wrong(self, visitor: str) -> None:
        """Count one wrong guess."""
        with self._lock:
            self._drop_old()
            now = self._clock()
            self._all.append(now)
            self._by_visitor[visitor].append(now)

    def _drop_old(self) -> None:
        before = self._clock() - self._seconds
        while self._all and self._all[0] <= before:
            self._all.popleft()
        for visitor in [v for v, own in self._by_visitor.items() if own[-1] <= before]:
            del self._by_visitor[visitor]
        for own in self._by_visitor.values():
            while own[0] <= before:
                own.popleft()
