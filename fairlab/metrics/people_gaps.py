"""The one interval of one model's numbers on some people: the same wherever they are shown.

Every page, report, table and record that shows the accuracy or the gap of a model at a threshold
asks here, or draws as is drawn here: :data:`fairlab.metrics.resampling.DRAWS` populations from
:data:`fairlab.metrics.resampling.SEED`, drawn from nothing but the counts. So what is drawn hangs
on whose decisions are counted, and not on where, or beside which other models, they are shown.

People may be grouped in several ways, each compared by itself; the gap is then the widest. It is
resampled and shuffled as one number: people are drawn from everybody, counted in the crossing of
all groupings, and the widest gap of each draw is taken. In closed form, where a rate is exactly 0
or 1, its interval is that of the grouping that is widest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fairlab.metrics.gap_intervals import add_interval, gap_with_interval
from fairlab.metrics.gaps import GAPS, Gap, GapResult
from fairlab.metrics.group_rates import (
    effective_people,
    effective_together,
    equal_weights_aside,
)
from fairlab.metrics.intervals import wilson
from fairlab.metrics.rates import Given
from fairlab.metrics.resampling import (
    DRAWS,
    SEED,
    alike_counts,
    bootstrap_counts,
    bootstrap_together,
    p_value_of_draws,
    permutation_counts,
)
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes, IntArray, count

# With more cells of the crossing, the interval is that of the widest grouping alone.
MOST_CELLS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """Counts of people in the crossing of several groupings; cells with nobody are left out.

    Attributes:
        counts: Of the K cells, fields (K,).
        groups: (K,) which group of each grouping a cell belongs to.
        names: Names of the groups of each grouping.
        effective: (K,) effective number of people of the cells; None for whole people.
    """

    counts: Counts
    groups: tuple[IntArray, ...]
    names: tuple[tuple[str, ...], ...]
    effective: FloatArray | None = None

    def tables(self, counts: Counts) -> list[Counts]:
        """Counts of each grouping, fields (..., G), from those of the cells, fields (..., K)."""
        found = []
        for groups, names in zip(self.groups, self.names, strict=True):
            to = groups[:, None] == np.arange(len(names))
            tp, fp, fn, tn = (_summed(f, to) for f in (counts.tp, counts.fp, counts.fn, counts.tn))
            found.append(Counts(tp, fp, fn, tn, names))
        return found

    def effective_of(self, place: int) -> FloatArray | None:
        """(G,) effective number of people of the groups of one grouping."""
        if self.effective is None:
            return None
        n, size = np.asarray(self.counts.n, dtype=np.float64), len(self.names[place])
        squares = np.bincount(self.groups[place], n**2 / self.effective, minlength=size)
        total = np.bincount(self.groups[place], n, minlength=size)
        return np.divide(total**2, squares, out=np.zeros(size), where=squares > 0)


def crossed_of(people: Sequence[GroupedOutcomes], threshold: float) -> Crossed:
    """The same people in several groupings, counted in their crossing at one threshold."""
    first = equal_weights_aside(people[0])
    code = np.zeros(first.n, dtype=np.int64)
    for one in people:
        _, code = np.unique(code * one.n_groups + one.group, return_inverse=True)
    cells = int(code.max()) + 1
    member = np.zeros(cells, dtype=np.int64)
    member[code] = np.arange(first.n)
    together = replace(first, group=code, group_names=tuple(map(str, range(cells))))
    return Crossed(
        counts=count(together, threshold),
        groups=tuple(one.group[member] for one in people),
        names=tuple(one.group_names for one in people),
        effective=effective_people(together),
    )


def crossed_from_counts(
    counts: Counts, names: Sequence[tuple[str, ...]], effective: FloatArray | None
) -> Crossed:
    """The same from counts of all cells, empty ones too, in the order the groupings are named.

    Args:
        counts: Fields (K,), K the product of the numbers of groups.
        names: Of the groups of each grouping.
        effective: (K,) effective numbers of people; None for whole people.
    """
    there = np.flatnonzero(np.asarray(counts.n) > 0)
    groups = np.unravel_index(there, tuple(len(own) for own in names))
    tp, fp, fn, tn = (f[there] for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    kept = Counts(tp, fp, fn, tn, tuple(counts.group_names[k] for k in there))
    own = None if effective is None else effective[there]
    return Crossed(kept, tuple(np.asarray(g) for g in groups), tuple(names), own)


class GapDraws:
    """Gaps of one model on the same people, resampled and shuffled once for all of them."""

    def __init__(
        self, crossed: Crossed, draws: int = DRAWS, seed: int = SEED, level: float = 0.95
    ) -> None:
        """Keep what is drawn from; nothing is drawn before it is asked for.

        Args:
            crossed: The counts; with one grouping, its groups are the cells.
            draws, seed: Populations resampled and shuffled.
            level: Confidence level.
        """
        self.crossed, self.draws, self.seed, self.level = crossed, draws, seed, level
        self._alike: dict[Given, list[Counts]] = {}

    def gap(self, name: str) -> GapResult:
        """A gap with its interval; of several groupings the one farthest from equal."""
        gap = GAPS[name]
        found = [gap.result(table) for table in self._tables]
        known = [place for place, one in enumerate(found) if one.value is not None]
        if not known:
            return found[0]
        place = max(known, key=lambda k: abs((found[k].value or 0.0) - gap.equal))
        if len(self.crossed.counts.n) > MOST_CELLS and len(found) > 1:
            return gap_with_interval(
                self._tables[place], name, self.draws, self.seed, level=self.level,
                effective_n=self.crossed.effective_of(place),
            )  # fmt: skip
        one = found[place]
        chance = p_value_of_draws(
            one.value or 0.0, _farthest(gap, self._shuffled(gap)), gap.spread == "ratio"
        )
        if self.crossed.effective is None:
            one = replace(one, p_value=chance)
        return add_interval(
            gap,
            one,
            self._tables[place],
            _farthest(gap, self._resampled),
            self.level,
            self.crossed.effective_of(place),
            chance,
        )

    @cached_property
    def _tables(self) -> list[Counts]:
        return self.crossed.tables(self.crossed.counts)

    @cached_property
    def _resampled(self) -> list[Counts]:
        rng = np.random.default_rng(self.seed)
        crossed = self.crossed
        # Of one grouping people are drawn within its groups; cells of a crossing may have one each.
        drawn = bootstrap_counts if len(crossed.groups) == 1 else bootstrap_together
        return crossed.tables(drawn(crossed.counts, self.draws, rng, crossed.effective))

    def _shuffled(self, gap: Gap) -> list[Counts]:
        """Groups shuffled; of weighted people, drawn alike: weights have no exact shuffle."""
        given, crossed = gap.rates[0].given, self.crossed
        if given not in self._alike:
            rng = np.random.default_rng(self.seed)
            drawn = (
                permutation_counts(crossed.counts, self.draws, rng, given)
                if crossed.effective is None
                else alike_counts(crossed.counts, self.draws, rng, given, crossed.effective)
            )
            self._alike[given] = crossed.tables(drawn)
        return self._alike[given]


def gap_of_people(
    people: Sequence[GroupedOutcomes],
    threshold: float,
    name: str,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.95,
) -> GapResult:
    """A gap of one model with its interval; of several groupings the widest.

    Args:
        people: The same people once per grouping.
        threshold: A person is selected iff score >= threshold.
        name: Name in ``GAPS``.
        draws, seed: Resampled and shuffled populations.
        level: Confidence level.
    """
    return gap_draws(people, threshold, draws=draws, seed=seed, level=level).gap(name)


def gap_draws(
    people: Sequence[GroupedOutcomes],
    threshold: float,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.95,
) -> GapDraws:
    """Draws for several gaps of the same people; arguments as for :func:`gap_of_people`."""
    if len(people) > 1:
        return GapDraws(crossed_of(people, threshold), draws, seed, level)
    only = equal_weights_aside(people[0])
    return GapDraws(
        one_grouping(count(only, threshold), effective_people(only)), draws, seed, level
    )


def one_grouping(counts: Counts, effective: FloatArray | None) -> Crossed:
    """People grouped in one way: every group is a cell, empty ones too."""
    groups = np.arange(len(counts.group_names))
    return Crossed(counts, (groups,), (counts.group_names,), effective)


def share_of_people(
    yes: float, counts: Counts, effective: FloatArray | None = None, level: float = 0.95
) -> tuple[float, float, float]:
    """A share of everyone, and its Wilson interval; weighted people count by Kish's number.

    Args:
        yes: People (or weight) who count in it.
        counts: Of one population in any grouping, fields (G,).
        effective: (G,) effective numbers of people of the same groups; None for whole people.
        level: Confidence level.
    """
    total = float(counts.n.sum())
    share = float(yes) / total
    size = total if effective is None else effective_together(counts, effective)
    low, high = wilson(min(share, 1.0) * size, size, level)
    return share, float(low), float(high)


def accuracy_of_people(
    people: GroupedOutcomes, threshold: float, level: float = 0.95
) -> tuple[float, float, float]:
    """Share of people decided right, and its interval; see :func:`share_of_people`."""
    only = equal_weights_aside(people)
    counts = count(only, threshold)
    right = float(counts.tp.sum() + counts.tn.sum())
    return share_of_people(right, counts, effective_people(only), level)


def _farthest(gap: Gap, tables: Sequence[Counts]) -> FloatArray:
    """The gap in every draw, of several groupings the one farthest from equal."""
    if len(tables) == 1:
        return np.asarray(gap(tables[0]), dtype=np.float64)
    farther = np.fmin if gap.spread == "ratio" else np.fmax
    return np.asarray(farther.reduce([gap(table) for table in tables]), dtype=np.float64)


def _summed(field: Array, to: Array) -> Array:
    """(..., G) sums of a field (..., K); whole numbers stay whole."""
    if len(to) == to.shape[1] and bool(to.diagonal().all()):
        return field
    sums = np.asarray(field, dtype=np.float64) @ to.astype(np.float64)
    return np.rint(sums).astype(np.int64) if field.dtype.kind in "iu" else sums
