"""The best one threshold per group, where the exact optimum would need chance.

Along one group's thresholds both its rates and its cost are known, and rates never fall as the
threshold falls. So the thresholds whose rates lie in a window are neighbours, the cheapest of them
is a range minimum, and the least gap at a bounded cost follows by bisection over window widths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.frontier.problem import Problem, along
from fairlab.metrics import RATES
from fairlab.outcomes import FloatArray, IntArray
from fairlab.sweeps import ThresholdSweep

# Widths and rates closer than this are the same.
SAME = 1e-12
# Thresholds of all groups together, and windows, looked at in one pass.
MOST_THRESHOLDS = 60_000
WINDOWS = {1: 60_000, 2: 22_500}
PASSES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """The thresholds one group can have, from nobody selected to everybody.

    Attributes:
        group: Name.
        cuts: (K,) falling: +inf, the group's own scores, and −inf for its lowest one.
        rates: (R, K) bounded rates, none of them falling; NaN if undefined for the group.
        cost: (K,) of the group's people, per person of everybody.
    """

    group: str
    cuts: FloatArray
    rates: FloatArray
    cost: FloatArray

    @property
    def bounded(self) -> bool:
        """Whether any of its rates is part of the gap."""
        return not bool(np.isnan(self.rates).all())

    @property
    def cheapest(self) -> int:
        """Where it costs least; the lowest such threshold."""
        return int(np.flatnonzero(self.cost <= self.cost.min() + SAME)[-1])


def group_choices(sweep: ThresholdSweep, problem: Problem) -> tuple[Choices, ...]:
    """Every threshold of every group that has people, in the order of the problem's groups."""
    found = []
    for i, hull in enumerate(problem.hulls):
        own = sweep.of_group(sweep.counts.group_names.index(hull.group))
        fpr, tpr = (np.nan_to_num(RATES[name](own.counts))[::-1, 0] for name in ("fpr", "tpr"))
        points = np.stack([fpr, tpr], axis=1)
        # Of thresholds that select the same people of this group, the highest: a score of theirs.
        moved = np.concatenate(([True], np.any(np.diff(points, axis=0) > 0, axis=1)))
        cuts, points = own.thresholds[::-1][moved], points[moved]
        cuts[-1] = -np.inf
        rates = np.stack([along(rate, points) for rate in problem.rates[:, i]])
        cost = along(problem.cost[i], points)
        found.append(Choices(hull.group, cuts, rates, np.round(cost, 13)))
    return tuple(found)


def narrowest(
    choices: Sequence[Choices], start: Sequence[int], slack: float, cap: float
) -> tuple[int, ...]:
    """Positions of the least gap above the slack at a cost of at most the cap, then of least cost.

    All combinations of thresholds are considered when the rates take few different values
    (40,000 for one bounded rate and 150 for each of two); beyond that windows are searched from
    coarse to fine, and of very many thresholds those nearest to ``start``.

    Args:
        choices: Groups.
        start: A position per group near which to look if there are very many thresholds.
        slack: Gaps up to it are as good as none.
        cap: Cost allowed per person; at least the least cost there is.
    """
    offsets, near = _nearby(choices, start)
    held = [one for one in near if one.bounded]
    spare = cap - sum(float(one.cost.min()) for one in near if not one.bounded)
    search = _Search(held, slack, spare)
    found = iter(search.run())
    positions = [next(found) if one.bounded else one.cheapest for one in near]
    return tuple(p + o for p, o in zip(positions, offsets, strict=True))


def _nearby(
    choices: Sequence[Choices], start: Sequence[int]
) -> tuple[list[int], tuple[Choices, ...]]:
    each = MOST_THRESHOLDS // max(1, len(choices))
    offsets, near = [], []
    for one, at in zip(choices, start, strict=True):
        if not one.bounded or len(one.cuts) <= each:
            offsets.append(0)
            near.append(one)
            continue
        first = int(np.clip(at - each // 2, 0, len(one.cuts) - each))
        some = slice(first, first + each)
        # What costs least stays reachable: a cap is met by it.
        best = one.cheapest
        if not first <= best < first + each:
            some = slice(min(first, best), max(first + each, best + 1))
        offsets.append(some.start)
        near.append(Choices(one.group, one.cuts[some], one.rates[:, some], one.cost[some]))
    return offsets, tuple(near)


class _Search:
    """Windows over the bounded rates, with the cheapest threshold of each group in each window."""

    def __init__(self, choices: Sequence[Choices], slack: float, cap: float) -> None:
        self.choices, self.slack, self.cap = choices, slack, cap + SAME
        self.minima = [_RangeMinimum(one.cost) for one in choices]
        self.rates = len(choices[0].rates)
        rates = np.concatenate([one.rates for one in choices], axis=1)
        self.widest = float((np.nanmax(rates, axis=1) - np.nanmin(rates, axis=1)).max()) + 1e-9

    def run(self) -> tuple[int, ...]:
        best = tuple(one.cheapest for one in self.choices)
        values = [
            np.unique(np.concatenate([c.rates[r][~np.isnan(c.rates[r])] for c in self.choices]))
            for r in range(self.rates)
        ]
        size = int(WINDOWS[self.rates] ** (1 / self.rates))
        for _ in range(PASSES):
            tried = [_thinned(v, size) for v in values]
            best = min(best, self._pass(tried), key=self._merit)
            if all(len(t) == len(v) for t, v in zip(tried, values, strict=True)):
                break
            pairs = list(zip(values, tried, strict=True))
            values = [self._around(v, t, r, best) for r, (v, t) in enumerate(pairs)]
        return best

    def _merit(self, at: tuple[int, ...]) -> tuple[float, float]:
        excess = max(self._gap(at) - self.slack, 0.0)
        return round(excess, 12), round(self._cost(at), 12)

    def _gap(self, at: tuple[int, ...]) -> float:
        rates = np.stack([one.rates[:, i] for one, i in zip(self.choices, at, strict=True)])
        return float((np.nanmax(rates, axis=0) - np.nanmin(rates, axis=0)).max())

    def _cost(self, at: tuple[int, ...]) -> float:
        return float(sum(one.cost[i] for one, i in zip(self.choices, at, strict=True)))

    def _pass(self, tried: list[FloatArray]) -> tuple[int, ...]:
        corners = [axis.ravel() for axis in np.meshgrid(*tried, indexing="ij")]
        wide = self.widest
        narrow = self.slack
        if self._cheapest(corners, narrow)[0] > self.cap:
            while wide - narrow > SAME:
                middle = (narrow + wide) / 2
                if middle in (narrow, wide):
                    break
                if self._cheapest(corners, middle)[0] <= self.cap:
                    wide = middle
                else:
                    narrow = middle
            narrow = wide
        cost, places = self._cheapest(corners, narrow)
        return places if cost <= self.cap else tuple(one.cheapest for one in self.choices)

    def _cheapest(self, corners: list[FloatArray], width: float) -> tuple[float, tuple[int, ...]]:
        """Least cost of thresholds whose rates all lie in one window of this width."""
        total = np.zeros(len(corners[0]))
        spans = []
        for one, minimum in zip(self.choices, self.minima, strict=True):
            first = np.zeros(len(total), dtype=np.int64)
            stop = np.full(len(total), len(one.cuts))
            for rate, low in zip(one.rates, corners, strict=True):
                if np.isnan(rate).any():
                    continue
                first = np.maximum(first, np.searchsorted(rate, low - SAME, side="left"))
                stop = np.minimum(stop, np.searchsorted(rate, low + width + SAME, side="right"))
            spans.append((first, stop))
            total += minimum(first, stop)
        at = len(total) - 1 - int(np.argmin(total[::-1]))
        if np.isinf(total[at]):
            return np.inf, tuple(one.cheapest for one in self.choices)
        places = tuple(
            m.place(int(first[at]), int(stop[at]))
            for m, (first, stop) in zip(self.minima, spans, strict=True)
        )
        return float(total[at]), places

    def _around(
        self, values: FloatArray, tried: FloatArray, r: int, best: tuple[int, ...]
    ) -> FloatArray:
        """The values between the window's neighbours, for a finer look."""
        low = float(np.nanmin([one.rates[r, i] for one, i in zip(self.choices, best, strict=True)]))
        at = int(np.searchsorted(tried, low - SAME))
        left, right = tried[max(at - 2, 0)], tried[min(at + 2, len(tried) - 1)]
        inside = values[(values >= left) & (values <= right)]
        return inside if len(inside) else np.array([low])


class _RangeMinimum:
    """Least value, and its last place, of any run of neighbours (a sparse table)."""

    def __init__(self, values: FloatArray) -> None:
        self.values = values
        levels = len(values).bit_length()
        self.table = np.tile(np.arange(len(values)), (levels, 1))
        for k in range(1, levels):
            step = 1 << (k - 1)
            left, right = self.table[k - 1, :-step], self.table[k - 1, step:]
            best = np.where(values[right] <= values[left], right, left)
            self.table[k, : len(best)] = best

    def __call__(self, first: IntArray, stop: IntArray) -> FloatArray:
        """Least of ``values[first:stop]``, elementwise; +inf where empty."""
        length = stop - first
        some = length > 0
        level = np.frexp(np.maximum(length, 1))[1] - 1
        a = self.table[level, np.where(some, first, 0)]
        b = self.table[level, np.where(some, stop - (1 << level.astype(np.int64)), 0)]
        return np.where(some, np.minimum(self.values[a], self.values[b]), np.inf)

    def place(self, first: int, stop: int) -> int:
        """Where the least of ``values[first:stop]`` is; the last such place."""
        some = self.values[first:stop]
        return first + len(some) - 1 - int(np.argmin(some[::-1]))


def _thinned(values: FloatArray, size: int) -> FloatArray:
    if len(values) <= size:
        return values
    return values[np.linspace(0, len(values) - 1, size).round().astype(np.int64)]
