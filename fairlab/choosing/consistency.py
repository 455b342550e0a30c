"""How far answers agree with each other: with one exchange rate, and without going in a circle.

Whoever prefers the narrower of two gaps would give up more accuracy than the two differ by; so each
answer says on which side of a break-even rate the person's own lies.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.choosing.records import Preference


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many answers some one exchange rate agrees with.

    Attributes:
        answers: Answers with a preference.
        agreeing: The most of them that one rate agrees with.
        consistency: Their share, [0, 1]; None without such answers.
        by_chance: Share of coin-tossed answers to the same questions that agree as well, [0, 1].
    """

    answers: int
    agreeing: int
    consistency: float | None
    by_chance: float | None


def agreement(break_even: Sequence[float], wants_narrower: Sequence[bool | None]) -> Agreement:
    """Count answers that agree with one exchange rate, and how many would by chance.

    Args:
        break_even: Rate at which the two models of each question are worth the same.
        wants_narrower: Whether the narrower gap was preferred; None is no preference, which is
            left out.
    """
    kept = [(r, w) for r, w in zip(break_even, wants_narrower, strict=True) if w is not None]
    if not kept:
        return Agreement(0, 0, None, None)
    rates = np.array([rate for rate, _ in kept])
    given = np.array([want for _, want in kept])
    # A person's own rate lies between two break-even rates, or outside them all.
    ends = np.unique(rates)

    expected = np.vstack([rates < end for end in ends] + [rates <= ends[-1]])
    agreeing = int((expected == given).sum(axis=1).max())
    tossed = (np.arange(2 ** len(given))[:, None] >> np.arange(len(given))) & 1
    best = (tossed[:, None, :] == expected[None]).sum(axis=2).max(axis=1)
    return Agreement(
        answers=len(given),
        agreeing=agreeing,
        consistency=agreeing / len(given),
        by_chance=float((best >= agreeing).mean()),
    )


def circle(answers: Sequence[Preference]) -> tuple[int, ...]:
    """The shortest circle of preferences: each model over the next, the last over the first.

    Two models are a circle when each was preferred once. () if there is none.
    """
    over: dict[int, list[int]] = {}
    for answer in answers:
        winner = answer.preferred
        if winner is not None:
            over.setdefault(winner, []).append(_other(answer, winner))
    found = [path for start in sorted(over) if (path := _way_back(over, start))]
    return min(found, key=len, default=())


def _other(answer: Preference, one: int) -> int:
    return answer.right if answer.left == one else answer.left


def _way_back(over: dict[int, list[int]], start: int) -> tuple[int, ...]:
    """The shortest way from a model back to itself."""
    waiting, came_from = deque([start]), dict[int, int]()
    while waiting:
        here = waiting.popleft()
        for there in over.get(here, []):
            if there == start:
                path = [here]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return tuple(reversed(path))
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return ()
