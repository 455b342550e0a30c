"""Every breakpoint when one rate is bounded, by merging two sorted lists.

Each group's least cost at a given rate is convex and piecewise linear in the rate. With all rates
in a band [low, high], a group whose best rate is below pays for ``low`` alone and one whose best
rate is above for ``high`` alone. So the cost of a slack ε is min over bands of
``up(low) + down(high)`` with ``high − low = ε``: an infimal convolution of two convex piecewise
linear functions, whose pieces are the pieces of both in the order of their slopes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import SolveError
from fairlab.frontier.problem import Problem, along
from fairlab.outcomes import FloatArray

BoolArray = NDArray[np.bool_]

# Rates and costs per person closer than this are the same: counts divided differently.
SAME = 1e-13
# Bands no wider than this have no width, and costs that bend this close bend once.
NO_WIDTH = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The least cost of one group at each rate: corners by rising rate.

    Attributes:
        rate: (K,) strictly increasing.
        cost: (K,) convex in the rate.
        points: (K, 2) FPR and TPR.
    """

    rate: FloatArray
    cost: FloatArray
    points: FloatArray

    @property
    def best(self) -> tuple[int, int]:
        """First and last corner of least cost."""
        at = np.flatnonzero(self.cost <= self.cost.min() + SAME)
        return int(at[0]), int(at[-1])


def breakpoints(problem: Problem) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Slacks (M,) from 0 up, points (M, G, 2) of least cost there, and where that cost bends.

    Between two slacks the points may be interpolated. The last slack is the smallest that costs
    nothing. The first and the last count as bends.
    """
    bounded = np.flatnonzero(problem.bounded[0])
    chains = [chain(problem, int(g)) for g in bounded]
    bands, bends = _bands(chains)
    points = np.empty((len(bands), len(problem.hulls), 2))
    for g in range(len(problem.hulls)):
        points[:, g] = problem.best_corner(g)
    for g, one in zip(bounded.tolist(), chains, strict=True):
        points[:, g] = _at_rates(one, _rates_within(one, bands))
    return bands[:, 1] - bands[:, 0], points, bends


def chain(problem: Problem, g: int) -> Chain:
    """The lower boundary of group g's polygon in the plane of (rate, cost)."""
    hull, rates, cost = problem.hulls[g], problem.rates[0, g], problem.cost[g]
    turn = rates[1] * cost[2] - rates[2] * cost[1]
    flat = abs(turn) <= 1e-12 * float(np.abs(rates[1:]).max() * np.abs(cost[1:]).max())
    if flat and rates[1:] @ cost[1:] < 0:
        return _path(hull.points[: hull.upper], rates, cost)
    rate, paid = along(rates, hull.points), along(cost, hull.points)
    kept: list[int] = []
    for i in np.lexsort((paid, rate)).tolist():
        if kept and rate[i] - rate[kept[-1]] <= SAME:
            if paid[i] >= paid[kept[-1]]:
                continue
            kept.pop()
        while len(kept) > 1 and _not_below(rate, paid, kept[-2], kept[-1], i):
            kept.pop()
        kept.append(i)
    return Chain(rate[kept], paid[kept], hull.points[kept])


def _path(upper: FloatArray, rates: FloatArray, cost: FloatArray) -> Chain:
    """Where cost is the bounded rate itself (accuracy): down the hull from the best threshold.

    Many points then have the same rate and cost. Those on the upper hull are taken, towards the
    end that is less accurate: a shifted threshold rather than chance.
    """
    rate, paid = along(rates, upper), along(cost, upper)
    best = int(np.argmin(paid))
    steps = np.arange(best + 1) if rate[0] <= rate[-1] else np.arange(len(rate) - 1, best - 1, -1)
    rising = np.concatenate(([True], np.diff(rate[steps]) > SAME))
    steps = steps[rising]
    return Chain(rate[steps], paid[steps], upper[steps])


def _not_below(rate: FloatArray, paid: FloatArray, a: int, b: int, c: int) -> bool:
    """Whether b lies on or above the line from a to c."""
    over = (paid[b] - paid[a]) * (rate[c] - rate[a]) - (paid[c] - paid[a]) * (rate[b] - rate[a])
    return bool(over >= -1e-18)


def _bands(chains: list[Chain]) -> tuple[FloatArray, BoolArray]:
    """(M, 2) lowest and highest rate allowed, by rising slack; and (M,) where the cost bends."""
    lows, low_slopes = _rising(chains)
    mirrored = [Chain(-c.rate[::-1], c.cost[::-1], c.points[::-1]) for c in chains]
    highs, high_slopes = _rising(mirrored)
    highs = -highs
    low, high = lows[0], highs[0]
    if high - low <= NO_WIDTH:  # the best rates already meet
        return np.array([[high, high]]), np.ones(1, dtype=bool)
    bands, slopes = [(low, high)], [0.0]
    i = j = 0
    while high - low > NO_WIDTH:
        if i == len(low_slopes) and j == len(high_slopes):
            if high - low <= 10 * NO_WIDTH:
                break
            raise SolveError("The groups have no rate in common.", high - low)
        raise_low = j == len(high_slopes) or (
            i < len(low_slopes) and low_slopes[i] <= high_slopes[j]
        )
        if raise_low:
            slope, low, i = low_slopes[i], min(lows[i + 1], high), i + 1
        else:
            slope, high, j = high_slopes[j], max(highs[j + 1], low), j + 1
        bands.append((low, high))
        slopes.append(slope)
    bands[-1] = (high, high)
    bends = np.append(np.diff(slopes) > 1e-12 * np.maximum(1.0, slopes[1:]), True)
    bends[0] = True
    return np.array(bands[::-1]), bends[::-1]


def _rising(chains: list[Chain]) -> tuple[FloatArray, FloatArray]:
    """Knots (S + 1,) and slopes (S,) of what raising the lowest allowed rate costs in total.

    From the highest rate that costs nothing to the highest that every group can have.
    """
    start = min(c.rate[c.best[1]] for c in chains)
    stop = min(c.rate[-1] for c in chains)
    inside = [c.rate[(c.rate > start) & (c.rate < stop)] for c in chains]
    knots = np.unique(np.concatenate([[start, stop], *inside]))
    knots = knots[np.concatenate(([True], np.diff(knots) > NO_WIDTH))]
    middle = (knots[1:] + knots[:-1]) / 2
    slopes = np.zeros(len(middle))
    for c in chains:
        own = np.diff(c.cost) / np.diff(c.rate)
        paying = middle > c.rate[c.best[1]]
        slopes[paying] += own[np.searchsorted(c.rate, middle[paying]) - 1]
    return knots, np.maximum.accumulate(slopes)


def _rates_within(one: Chain, bands: FloatArray) -> FloatArray:
    """(B,) the rate of least cost within each band; a corner where several cost the same."""
    low, high = bands.T
    first, last = one.best
    rate = np.clip(one.rate[last], low, high)
    for corner in range(last, first - 1, -1):
        fits = (one.rate[corner] >= low) & (one.rate[corner] <= high)
        rate = np.where(fits, one.rate[corner], rate)
    return np.asarray(np.where(one.rate[first] > high, high, rate))


def _at_rates(one: Chain, rate: FloatArray) -> FloatArray:
    """(B, 2) the points of a chain at given rates."""
    fpr, tpr = (np.interp(rate, one.rate, one.points[:, i]) for i in (0, 1))
    return np.stack([fpr, tpr], axis=1)
