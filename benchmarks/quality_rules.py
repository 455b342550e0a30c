"""The rules ``bench quality`` picks points by; ``docs/quality.md`` says why ``RULE`` is the one.

*corrected*: of each family of points the one of highest expected accuracy within the limit on
resampled validation people; of the families the one that is best after the luck of having been
picked is subtracted. A family is a method of several points, or all methods of one.
*expected*: the highest expected accuracy within the limit, of all points alike.
*within*: the most accurate point whose validation gap is within the limit, of all points alike.

All see validation people alone. Of a single method, *corrected* picks what *expected* does.
"""

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np

from benchmarks.quality_optimism import families, optimism
from benchmarks.quality_picks import (
    FRONT_LIMITS,
    PRICE,
    Measured,
    Pick,
    best_of,
    best_within,
    worth_within,
)
from fairlab.outcomes import FloatArray

Rule = Literal["corrected", "expected", "within"]
RULE: Rule = "corrected"
OTHERS: tuple[Rule, ...] = ("expected", "within")
DRAWS = 200


def resampled(counts: FloatArray) -> FloatArray:
    """(DRAWS, G, 4) counts of as many people drawn anew, from a point's expected counts (G, 4).

    The draws depend on the counts alone, so equal points fare equally wherever they come from.
    """
    n = round(float(counts.sum()))
    share = counts.reshape(-1) / counts.sum()
    drawn = np.random.default_rng([n, 37]).multinomial(n, share, size=DRAWS)
    return drawn.reshape(DRAWS, *counts.shape).astype(np.float64)


@cache
def expected_worth(validation: Measured, limits: tuple[float, ...]) -> FloatArray:
    """(limits, P) mean over resampled validation people of accuracy minus what the gap exceeds.

    A gap that chance would often widen beyond the limit costs in proportion: a point that is
    within by luck is worth less than one that is well within.
    """
    found = np.empty((len(limits), len(validation)))
    for place, counts in enumerate(validation.counts):
        drawn = resampled(counts)
        for row, limit in enumerate(limits):
            found[row, place] = worth_within(drawn, validation.constraint, limit, PRICE).mean()
    return found


def best_expected(validation: Measured, limit: float) -> tuple[Pick, float]:
    """The point of highest expected worth, and that worth; ties go to the smaller gap, the first.

    Args:
        validation: At least one point; nothing else is seen.
        limit: Largest gap, as a share of 1.
    """
    limits = _together(limit)
    worth = expected_worth(validation, limits)[limits.index(limit)]
    gap = np.where(np.isnan(validation.gap), np.inf, validation.gap)
    index = int(np.lexsort((np.arange(len(gap)), gap, -worth))[0])
    pick = Pick(
        index,
        bool(gap[index] <= limit + 1e-9),
        float(validation.accuracy[index]),
        float(gap[index]),
    )
    return pick, float(worth[index])


def pick_of_union(
    methods: Sequence[Measured], limit: float, rule: Rule = RULE
) -> tuple[int, Pick] | None:
    """Which of some methods' points is picked: method and pick; None if there is no point."""
    there = [i for i, m in enumerate(methods) if len(m)]
    if not there:
        return None
    if rule == "within":
        picks = [best_within(methods[i], limit) for i in there]
        best = best_of(picks)
        return there[best], picks[best]
    if rule == "expected":
        return _best_of_all(methods, there, limit)[:2]
    groups = families(methods)
    found = [_best_of_all(methods, group, limit) for group in groups]
    if len(found) == 1:
        return found[0][:2]
    limits = _together(limit)
    place = limits.index(limit)
    luck = [optimism(tuple(methods[i] for i in group), limits)[place] for group in groups]
    best = min(range(len(found)), key=lambda i: (luck[i] - found[i][2], found[i][1].gap, groups[i]))
    return found[best][:2]


def _best_of_all(
    methods: Sequence[Measured], among: Sequence[int], limit: float
) -> tuple[int, Pick, float]:
    """The point of highest expected worth of some methods: method, pick and that worth."""
    found = {i: best_expected(methods[i], limit) for i in among}
    best = min(found, key=lambda i: (-found[i][1], found[i][0].gap, i))
    return best, *found[best]


def _together(limit: float) -> tuple[float, ...]:
    """The limits that are worked out at once with one."""
    return FRONT_LIMITS if limit in FRONT_LIMITS else (limit,)
