"""A few at a time; who waits is let in by turns, whoever they are."""

import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OnWait = Callable[[int], None]
_LOOKS = 0.25  # seconds between two looks at the queue


@dataclass(eq=False, frozen=True, slots=True)
class _Ticket:
    """One who waits, or whose turn it is."""

    who: str


class Turns:
    """Next is who has fewest turns under way; of those, whose last is longest ago; then who came.

    So a visitor with thirty files keeps another with one file waiting for a file or two.

    Args:
        at_once: Turns at a time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._changed = threading.Condition()
        self._queue: deque[_Ticket] = deque()
        self._begun: list[_Ticket] = []
        self._last: dict[str, int] = {}  # of those who wait or have a turn: number of their last
        self._number = 0

    @property
    def taken(self) -> int:
        """Turns under way."""
        return len(self._begun)

    @contextlib.contextmanager
    def mine(self, who: str, on_wait: OnWait | None = None) -> Iterator[None]:
        """Wait for a turn and hold it; whoever gives up waiting loses the place.

        Args:
            who: Theirs.
            on_wait: Called about four times a second while others are before, with how many.
        """
        ticket = _Ticket(who)
        with self._changed:
            self._queue.append(ticket)
        try:
            while not self._begin(ticket):
                # Who was before may have ended since: then nobody is, and the turn comes at once.
                if on_wait is not None and (before := self._before(ticket)) > 0:
                    on_wait(before)
            try:
                yield
            finally:
                with self._changed:
                    self._begun.remove(ticket)
                    self._changed.notify_all()
        finally:
            with self._changed:
                if ticket in self._queue:  # gave up waiting
                    self._queue.remove(ticket)
                    self._changed.notify_all()

    def _begin(self, ticket: _Ticket) -> bool:
        """Whether it is this one's turn, after waiting for it a moment."""
        with self._changed:
            begins = self._changed.wait_for(
                lambda: len(self._begun) < self._at_once and self._order()[0] is ticket,
                timeout=_LOOKS,
            )
            if begins:
                self._queue.remove(ticket)
                self._begun.append(ticket)
                self._number += 1
                here = {one.who for one in (*self._queue, *self._begun)}
                self._last = {who: n for who, n in self._last.items() if who in here}
                self._last[ticket.who] = self._number
                self._changed.notify_all()
            return begins

    def _before(self, ticket: _Ticket) -> int:
        with self._changed:
            return len(self._begun) + self._order().index(ticket)

    def _order(self) -> list[_Ticket]:
        """Those who wait, in the order of their turns if nobody comes any more."""
        turns = Counter(ticket.who for ticket in self._begun)
        ranked = list[tuple[int, int, int, _Ticket]]()
        for place, ticket in enumerate(self._queue):
            ranked.append((turns[ticket.who], self._last.get(ticket.who, 0), place, ticket))
            turns[ticket.who] += 1
        return [one[-1] for one in sorted(ranked, key=lambda one: one[:-1])]
