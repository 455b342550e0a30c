"""Progress of parts that train side by side, as progress of all of them together."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from fairlab.results import Progress
from fairlab.runs.parts import Part


class Together:
    """Turns a part's progress into that of all parts; ``share_done`` never falls.

    Args:
        parts: Those that are trained.
        tell: Who is told.
        clock: Seconds, replaced in tests.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        tell: Callable[[Progress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        whole = sum(part.share for part in parts)
        self._weight = {part.name: part.share / whole for part in parts}
        self._done = dict.fromkeys(self._weight, 0.0)
        self._tell, self._clock, self._began = tell, clock, clock()

    def note(self, part: Part, progress: Progress) -> None:
        """One epoch of a part, whose ``share_done`` is of that part."""
        own = max(self._done[part.name], min(1.0, progress.share_done))
        self._done[part.name] = own
        share = sum(weight * self._done[name] for name, weight in self._weight.items())
        seconds = self._clock() - self._began
        self._tell(replace(progress, share_done=min(1.0, share), seconds=seconds))

    def teller(self, part: Part) -> Callable[[Progress], None]:
        """Who a part tells of its epochs."""
        return lambda progress: self.note(part, progress)

    def finished(self, part: Part) -> None:
        """A part is done, whatever it said last."""
        self._done[part.name] = 1.0
