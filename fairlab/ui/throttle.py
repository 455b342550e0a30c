"""Counts wrong guesses, of one visitor and of all together, and says when it is too many."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable


class Throttle:
    """Lets a number of wrong guesses through in a while; then none, right or wrong.

    A visitor who comes without a cookie is a new one each time, hence the limit on all together.
    Set it as high as what is guessed allows: whoever reaches it keeps everybody out.

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
        self._all: deque[tuple[float, str]] = deque()
        self._by_visitor: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def wait(self, visitor: str) -> float:
        """Seconds until this visitor may guess again; 0 when now."""
        with self._lock:
            self._drop_old()
            ends = [self._clock()]
            own = self._by_visitor.get(visitor, deque())
            if len(own) >= self._each:
                ends.append(own[len(own) - self._each] + self._seconds)
            if len(self._all) >= self._together:
                ends.append(self._all[len(self._all) - self._together][0] + self._seconds)
            return max(ends) - ends[0]

    def wrong(self, visitor: str) -> None:
        """Count one wrong guess."""
        with self._lock:
            self._drop_old()
            now = self._clock()
            self._all.append((now, visitor))
            self._by_visitor[visitor].append(now)

    def _drop_old(self) -> None:
        before = self._clock() - self._seconds
        while self._all and self._all[0][0] <= before:
            _, visitor = self._all.popleft()
            own = self._by_visitor[visitor]
            own.popleft()
            if not own:
                del self._by_visitor[visitor]
