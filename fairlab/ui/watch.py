"""People who wait for news of runs or rooms: one look at the store serves all who wait.

A chart asks once and gets its answer when there is something new, or after ``LONGEST_WAIT``
seconds. So a run that waits or thinks costs its watchers nothing, and news reach thirty people
with one reading. Slow clients hold nobody up: an answer is a few kilobytes, and each has its own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from fairlab.errors import FairlabError

logger = logging.getLogger(__name__)

LONGEST_WAIT = 25.0  # seconds; proxies close what is silent for longer (often 60)
MOST_WAITING = 1000
SHORTEST_PAUSE, LONGEST_PAUSE, IDLE_PAUSE = 0.1, 1.0, 0.2  # seconds between looks
PAUSE_PER_ANSWER = 0.004  # a look that answered many is followed by a longer pause
OUTAGE_PAUSE = 2.0


class Question(Protocol):
    """What somebody waits for; hashable.

    Attributes:
        about: What the answer is told under; a run's or room's id.
        seen: What they know; "" looks at the store at once.
    """

    @property
    def about(self) -> str: ...

    @property
    def seen(self) -> str: ...


class StoppingError(FairlabError):
    """The server ends; ask again in a moment, the next one answers."""


class CrowdedError(FairlabError):
    """So many wait already that this one is asked to come again instead."""


Q = TypeVar("Q", bound=Question)


@dataclass(eq=False, slots=True)
class _Waiter(Generic[Q]):
    wants: tuple[Q, ...]
    news: "asyncio.Future[dict[str, str]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Watch(Generic[Q]):
    """Answers pages when there is something new.

    Args:
        look: Reads the store; called on one thread of its own, never twice at a time.
        most: How many may wait; more are asked to come again.
    """

    def __init__(
        self, look: Callable[[Sequence[Q]], Mapping[Q, str | None]], most: int = MOST_WAITING
    ) -> None:
        self._look_now = look
        self._most = most
        self._waiting: set[_Waiter[Q]] = set()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._stopping = False
        self.looks = 0

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    async def news(
        self,
        wants: Iterable[Q],
        wait: float = 0.0,
        gone: Callable[[], Awaitable[object]] | None = None,
    ) -> dict[str, str]:
        """What is new, by what it is about, as JSON texts of what looks.

        Args:
            wants: What is known of each so far.
            wait: Seconds to wait for something new, at most ``LONGEST_WAIT``; 0 answers at once.
            gone: Awaited while waiting; ends when whoever asked is not there any more.

        Returns:
            Only what has something new; empty when there was nothing in this time.

        Raises:
            StoppingError: If the server ends.
            CrowdedError: If too many wait and there is nothing new at once.
        """
        asked = tuple(wants)
        if self._stopping:
            raise StoppingError("The server is stopping. Ask again in a moment.")
        if wait <= 0 or len(self._waiting) >= self._most or any(not w.seen for w in asked):
            found = await self._look(asked)
            told = {want.about: text for want in asked if (text := found.get(want))}
            if told or wait <= 0:
                return told
            if len(self._waiting) >= self._most:
                raise CrowdedError("Too many wait for news already. Ask again in a moment.")
        return await self._wait(_Waiter(asked), min(wait, LONGEST_WAIT), gone)

    def release(self) -> None:
        """Answer everyone who waits: the server ends. From any thread."""
        self._stopping = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._let_go)

    def _let_go(self) -> None:
        for waiter in self._waiting:
            if not waiter.news.done():
                error = StoppingError("The server is stopping. Ask again in a moment.")
                waiter.news.set_exception(error)

    async def _wait(
        self, waiter: _Waiter[Q], wait: float, gone: Callable[[], Awaitable[object]] | None
    ) -> dict[str, str]:
        self._loop = asyncio.get_running_loop()
        self._waiting.add(waiter)
        leaves = None if gone is None else asyncio.ensure_future(gone())
        try:
            if self._stopping:  # between the first look at the flag and here
                self._let_go()
            if self._task is None or self._task.done():
                self._task = self._loop.create_task(self._keep_looking())
            both: set[asyncio.Future[Any]] = {waiter.news}
            if leaves is not None:
                both.add(leaves)
            await asyncio.wait(both, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            return waiter.news.result() if waiter.news.done() else {}
        finally:
            self._waiting.discard(waiter)
            if leaves is not None:
                leaves.cancel()

    async def _look(self, wants: Sequence[Q]) -> Mapping[Q, str | None]:
        self.looks += 1
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._look_now, wants)

    async def _keep_looking(self) -> None:
        """Look while anybody waits; tell each what is new for them."""
        pause, failures = SHORTEST_PAUSE, 0
        while self._waiting:
            wants = list({want for waiter in self._waiting for want in waiter.wants})
            try:
                found = await self._look(wants)
            except Exception:  # whatever the store has: those who wait wait on
                failures += 1
                if failures == 1:
                    logger.exception("The run store does not answer; live pages wait.")
                await asyncio.sleep(min(SHORTEST_PAUSE * 2**failures, OUTAGE_PAUSE))
                continue
            failures = 0
            told = self._tell(found)
            least = min(max(SHORTEST_PAUSE, PAUSE_PER_ANSWER * told), LONGEST_PAUSE)
            pause = least if told else max(least, min(pause * 1.25, IDLE_PAUSE))
            await asyncio.sleep(pause)

    def _tell(self, found: Mapping[Q, str | None]) -> int:
        told = 0
        for waiter in self._waiting:
            news = {want.about: text for want in waiter.wants if (text := found.get(want))}
            if news and not waiter.news.done():
                waiter.news.set_result(news)
                told += 1
        return told
