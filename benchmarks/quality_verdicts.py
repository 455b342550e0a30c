"""Win, tie or loss of our best front against each peer's, with the noise of seeds and of rows.

Within a seed both are measured on the same test people. The mean difference over seeds gets the
wider of two 95 % intervals: Student's t over the seeds' differences, and the noise of test rows by
resampling people (the same for both), with the share of test people two seeds have in common. A
seed in which a pick's chances were not kept counts with the noise of the others, if there are any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from benchmarks.quality_cells import Cell
from benchmarks.quality_picks import PRICE, Pick, worth_within
from benchmarks.quality_rules import RULE, Rule, pick_of_union, resampled
from fairlab.outcomes import FloatArray, IntArray

DRAWS = 400


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval over seeds; low and high are NaN with one seed."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Labels and groups of the test people of one seed."""

    y: IntArray
    group: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What a front gives at a limit in one seed.

    Attributes:
        cell: The method whose point was picked.
        pick: The point.
    """

    cell: Cell
    pick: Pick

    @property
    def counts(self) -> FloatArray:
        """(G, 4) expected counts on test people."""
        return np.asarray(self.cell.test.counts[self.pick.index])

    @property
    def has_chances(self) -> bool:
        """Whether each test person's chance was kept."""
        return self.pick.index in self.cell.chances


@dataclass(frozen=True, slots=True)
class Verdict:
    """One comparison.

    Attributes:
        difference: Ours − the peer's accuracy within the limit.
        by_seed: The same, of each seed.
        noise_of_rows: Standard error of the mean from test rows alone.
        word: ``win``, ``tie`` or ``loss``; ``open`` with one seed.
    """

    difference: Interval
    by_seed: tuple[float, ...]
    noise_of_rows: float
    word: str


def choose(cells: Sequence[Cell], limit: float, rule: Rule = RULE) -> Chosen | None:
    """The pick of the union of some methods' points; None if none of them has any."""
    found = pick_of_union([cell.validation for cell in cells], limit, rule)
    return None if found is None else Chosen(cells[found[0]], found[1])


def over_seeds(values: Sequence[float]) -> Interval:
    """Mean and 95 % interval by Student's t."""
    found = np.asarray(values, dtype=np.float64)
    if len(found) < 2:
        return Interval(float(found.mean()) if len(found) else np.nan, np.nan, np.nan)
    half = float(stats.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return Interval(float(found.mean()), float(found.mean()) - half, float(found.mean()) + half)


def compare(
    ours: Mapping[int, Chosen],
    theirs: Mapping[int, Chosen],
    people: Mapping[int, People],
    limit: float,
    shared: float,
    price: float = PRICE,
) -> Verdict:
    """Ours against a peer's at one limit.

    Args:
        ours, theirs: By seed; seeds that both have count.
        people: Test people by seed.
        limit: Largest gap.
        shared: Share of test people that two seeds have in common.
        price: See :mod:`benchmarks.quality_picks`.
    """
    seeds = sorted(set(ours) & set(theirs))
    values: list[float] = []
    exact: list[float] = []
    wide: list[float] = []
    for seed in seeds:
        a, b = ours[seed], theirs[seed]
        constraint = a.cell.place.constraint
        worth = [worth_within(c.counts, constraint, limit, price) for c in (a, b)]
        values.append(float(worth[0] - worth[1]))
        if a.has_chances and b.has_chances:
            exact.append(_variance(a, b, people[seed], limit, price))
        else:
            wide.append(_variance_of_counts(a, b, limit, price))
    return verdict(values, float(np.mean(exact or wide)), shared)


def verdict(values: Sequence[float], variance_of_rows: float, shared: float) -> Verdict:
    """From differences by seed, and the mean variance of one of them from test rows."""
    seeds = len(values)
    found = over_seeds(values)
    rows = float(np.sqrt(variance_of_rows / seeds * (1 + (seeds - 1) * shared)))
    if seeds < 2:
        return Verdict(found, tuple(values), rows, "open")
    half = max(found.high - found.mean, float(stats.norm.ppf(0.975)) * rows)
    wide = Interval(found.mean, found.mean - half, found.mean + half)
    # Rules that decide alike but for rounding are a tie, not a difference without noise.
    word = "win" if wide.low > 1e-6 else "loss" if wide.high < -1e-6 else "tie"
    return Verdict(wide, tuple(values), rows, word)


def chance(by_seed: Sequence[float], noise_of_rows: float) -> float:
    """Two-sided p of no difference, the larger of the two that :func:`verdict`'s interval has.

    Args:
        by_seed: Differences, one of each seed; NaN comes back for fewer than two.
        noise_of_rows: Standard error of their mean from test rows alone.
    """
    seeds = len(by_seed)
    if seeds < 2:
        return float("nan")
    mean, spread = float(np.mean(by_seed)), float(np.std(by_seed, ddof=1) / np.sqrt(seeds))
    if abs(mean) <= 1e-6:  # alike but for rounding
        return 1.0
    by_chance = []
    if spread > 0:
        by_chance.append(2 * float(stats.t.sf(abs(mean) / spread, seeds - 1)))
    if noise_of_rows > 0:
        by_chance.append(2 * float(stats.norm.sf(abs(mean) / noise_of_rows)))
    return max(by_chance, default=0.0)


def beyond_chance_together(chances: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which of several comparisons stand when all are looked at together (Holm 1979).

    The chance that one of them is wrong, whatever depends on what, is at most ``level``.

    Args:
        chances: p of each; NaN never stands.
        level: For all of them together.
    """
    found = [False] * len(chances)
    order = sorted((p, i) for i, p in enumerate(chances) if p == p)
    for place, (p, i) in enumerate(order):
        if p > level / (len(order) - place):
            break
        found[i] = True
    return found


def _variance(a: Chosen, b: Chosen, people: People, limit: float, price: float) -> float:
    """Variance of the difference from resampling test people, the same draws for both."""
    constraint = a.cell.place.constraint
    worth = [worth_within(_resampled(c, people), constraint, limit, price) for c in (a, b)]
    return float(np.var(worth[0] - worth[1], ddof=1))


def _variance_of_counts(a: Chosen, b: Chosen, limit: float, price: float) -> float:
    """The same where people's chances were not kept: as if either had test people of its own.

    Too wide, because on the same people both are right about most of them together.
    """
    constraint = a.cell.place.constraint
    worth = [worth_within(resampled(c.counts), constraint, limit, price) for c in (a, b)]
    return float(np.var(worth[0], ddof=1) + np.var(worth[1], ddof=1))


def _resampled(chosen: Chosen, people: People) -> FloatArray:
    """(DRAWS, G, 4) counts of resampled test people."""
    return _resampled_counts(chosen.cell, chosen.pick.index, people)


@lru_cache(maxsize=4096)
def _resampled_counts(cell: Cell, index: int, people: People) -> FloatArray:
    weight = _weights(people)
    chance = cell.chances[index]
    groups = int(people.group.max()) + 1
    columns = []
    for g in range(groups):
        for label, by in ((1, chance), (0, chance), (1, 1 - chance), (0, 1 - chance)):
            columns.append(by * ((people.group == g) & (people.y == label)))
    counts = weight @ np.stack(columns, axis=1).astype(np.float32)
    return np.asarray(counts, dtype=np.float64).reshape(DRAWS, groups, 4)


@lru_cache(maxsize=8)
def _weights(people: People) -> FloatArray:
    """(DRAWS, n) how often each person is drawn; cells keep their size in expectation."""
    n = len(people.y)
    rng = np.random.default_rng([n, 31])
    return np.asarray(rng.multinomial(n, np.full(n, 1 / n), size=DRAWS), dtype=np.float32)
