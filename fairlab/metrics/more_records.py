"""How many more records it takes to see a gap of a size the user names, per pair of groups."""

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.power import minimum_detectable_gap, records_needed
from fairlab.metrics.rates import RATES
from fairlab.outcomes import Counts, FloatArray

_MOST = 2**40


@dataclass(frozen=True, slots=True)
class MoreRecords:
    """Two groups, one rate, one gap to be seen. None cannot be said; ``why`` says why.

    Attributes:
        rate: Name in ``RATES``.
        groups: The two groups, in order.
        gap: Difference of rates to be found, in (0, 1].
        present: People (records) of each group now.
        behind: Those of them the rate speaks of (its denominator), such as people with the
            favourable outcome for the true positive rate. Effective numbers for weighted people.
        detectable: Smallest gap these show now; None when none.
        more: Further records of each group if both grow alike; (0, 0) when there are enough.
        more_of_smaller: Further records if only the group with fewer people behind the rate grows;
            None when the other one is too small for that ever to do.
        why: Why ``more`` is None, in a sentence; "" otherwise.
    """

    rate: str
    groups: tuple[str, str]
    gap: float
    present: tuple[float, float]
    behind: tuple[float, float]
    detectable: float | None
    more: tuple[int, int] | None
    more_of_smaller: int | None
    why: str = ""

    @property
    def enough(self) -> bool:
        """Whether the records present would show the gap."""
        return self.more == (0, 0)


def more_records(
    counts: Counts,
    rate: str,
    gap: float,
    *,
    power: float = 0.8,
    level: float = 0.05,
    effective_n: FloatArray | None = None,
) -> tuple[MoreRecords, ...]:
    """Further records per pair of groups to find a gap in a rate, given those there are.

    New records are taken to be like those present: the same share of each group is behind the
    rate, and the pooled rate stays. Same test as :func:`minimum_detectable_gap`.

    Args:
        counts: Fields of shape (G,), at least two groups.
        rate: Name of a share in ``RATES``.
        gap: Difference to be found, in (0, 1].
        power: Chance of finding it.
        level: Significance level, two-sided.
        effective_n: (G,) effective number of people (Kish), for weighted counts: more records are
            then more people weighted as unevenly as these.

    Raises:
        InputError: If the gap is outside (0, 1], counts have leading axes, or the rate is no share.
        UnknownNameError: For an unknown rate.
    """
    chosen = RATES[rate]
    if not chosen.share:
        raise InputError(
            f"{chosen.label} is not a share of people, so people to see a gap in it cannot be "
            "counted. Choose a rate such as the selection rate."
        )
    if len(counts.shape) != 1 or not 0 < gap <= 1:
        raise InputError(
            f"A gap between 0 and 1 in one population is wanted; found {gap:g} and counts of shape "
            f"{counts.shape}."
        )
    people = np.asarray(counts.n, dtype=np.float64)
    k, n = (np.asarray(f(counts), dtype=np.float64) for f in (chosen.numerator, chosen.denominator))
    if effective_n is not None:
        scale = np.divide(effective_n, people, out=np.zeros(len(people)), where=people > 0)
        people, k, n = effective_n, k * scale, n * scale
    names = counts.group_names or tuple(f"group {g}" for g in range(len(n)))
    return tuple(
        _one_pair(
            rate, (names[a], names[b]), gap, people[[a, b]], k[[a, b]], n[[a, b]], power, level
        )
        for a, b in combinations(range(len(n)), 2)
    )


def _one_pair(
    rate: str,
    groups: tuple[str, str],
    gap: float,
    people: FloatArray,
    k: FloatArray,
    n: FloatArray,
    power: float,
    level: float,
) -> MoreRecords:
    present = (float(people[0]), float(people[1]))
    behind = (float(n[0]), float(n[1]))
    found = MoreRecords(rate, groups, gap, present, behind, None, None, None)
    if (n <= 0).any():
        empty = " and ".join(g for g, size in zip(groups, n, strict=True) if size <= 0)
        why = f"We cannot tell: no one in {empty} {RATES[rate].condition}."
        return replace(found, why=why)
    pooled = float(k.sum() / n.sum())
    detectable = minimum_detectable_gap(behind[0], behind[1], pooled, power, level)
    known = None if math.isnan(detectable) else detectable
    if gap > max(pooled, 1 - pooled):
        why = f"Beside a rate of {100 * pooled:.1f} % no gap can be that large."
        return replace(found, detectable=known, why=why)
    if known is not None and known <= gap:
        return replace(found, detectable=known, more=(0, 0), more_of_smaller=0)
    wanted = records_needed(gap, pooled, behind[1] / behind[0], power, level)
    more = (
        max(0, math.ceil((wanted[0] / behind[0] - 1) * present[0])),
        max(0, math.ceil((wanted[1] / behind[1] - 1) * present[1])),
    )
    alone = _more_of_smaller(gap, pooled, present, behind, power, level)
    return replace(found, detectable=known, more=more, more_of_smaller=alone)


def _more_of_smaller(
    gap: float,
    pooled: float,
    present: tuple[float, float],
    behind: tuple[float, float],
    power: float,
    level: float,
) -> int | None:
    """Records to add to the smaller group alone: found by doubling, then halving."""
    small = 0 if behind[0] <= behind[1] else 1

    def enough(more: int) -> bool:
        sizes = list(behind)
        sizes[small] *= 1 + more / present[small]
        visible = minimum_detectable_gap(sizes[0], sizes[1], pooled, power, level)
        return not math.isnan(visible) and visible <= gap

    if not enough(_MOST):
        return None
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
