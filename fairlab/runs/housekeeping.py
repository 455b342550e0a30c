"""What a server does by itself: once when it starts and each hour, files nobody needs go.

A file is removed only when no run, part or table of the store mentions it and it is a day old, so
that several servers on one folder do the same work twice but never harm.
"""

import logging
import threading
from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

EVERY = 3600.0  # seconds


class Housekeeping:
    """A quiet thread. ``start`` and ``stop`` once each.

    Args:
        tasks: What to do, each time in this order; one that fails does not keep the next from
            its work.
        every: Seconds between two times.
    """

    def __init__(self, tasks: Sequence[Callable[[], object]], every: float = EVERY) -> None:
        self._tasks = tuple(tasks)
        self._every = every
        self._over = threading.Event()

    def start(self) -> None:
        """Begin; the first time is now."""
        threading.Thread(target=self._keep_house, name="housekeeping", daemon=True).start()

    def stop(self) -> None:
        """Begin no further time; does not wait for one under way."""
        self._over.set()

    def once(self) -> None:
        """Do everything once."""
        for task in self._tasks:
            if self._over.is_set():
                return
            try:
                task()
            except Exception:  # a full or locked disk: the next hour may be better
                logger.warning("Housekeeping could not do one of its tasks.", exc_info=True)

    def _keep_house(self) -> None:
        while not self._over.is_set():
            self.once()
            self._over.wait(self._every)
