"""Whether a model can be told from the unmitigated one of its family, on the same people."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics import paired_interval
from fairlab.metrics.gap_changes import change_interval, exchange_p
from fairlab.metrics.gaps import optional
from fairlab.metrics.pairs import at_bound
from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.pareto.decisions import (
    Decisions,
    Resampled,
    accuracy_and_gap,
    decisions_of,
    resample,
)
from fairlab.pareto.measured import gaps_of
from fairlab.results import SweepResult

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """A number of the model minus that of the unmitigated one, and its interval."""

    value: float | None
    lower: float | None
    upper: float | None

    @property
    def may_be_none(self) -> bool | None:
        """Whether the interval contains 0; None without an interval."""
        if self.lower is None or self.upper is None:
            return None
        return self.lower <= 0.0 <= self.upper


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model beside the unmitigated one of its family and seed.

    Attributes:
        index: The model.
        unmitigated: The one it is compared with; None when there is none or it is one itself.
        accuracy, gap: What changes, [−1, 1]; both intervals together hold at the level asked for.
        decided_differently: People about whom the two disagree.
    """

    index: int
    unmitigated: int | None
    accuracy: Change
    gap: Change
    decided_differently: int

    @property
    def told_apart(self) -> bool | None:
        """False when both intervals contain 0; None where there is nothing to compare."""
        apart = (self.accuracy.may_be_none, self.gap.may_be_none)
        if self.unmitigated is None or None in apart:
            return None
        return not all(apart)


def compare_with_unmitigated(
    result: SweepResult,
    split: str = "test",
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
    resampled: Resampled | None = None,
) -> tuple[Comparison, ...]:
    """Every model of a sweep beside the unmitigated model of its family and seed.

    Both decide about the same people, so only those decided differently carry news: the change of
    accuracy has the interval of Agresti and Min 2005 for matched shares (weighted people by their
    effective number), that of the gap percentiles of people drawn together with both decisions,
    mended as in ``fairlab.sweeps.gap_change`` (see :mod:`fairlab.metrics.gap_changes`): a gap set
    by a handful of people tells no models apart. Each is at 1 − (1 − level)/2, so that both hold
    together in ``level`` of samples: a model that changes nothing is told apart in at most 5 of
    100 samples. Over many models some are told apart by chance; that is not corrected for.

    Args:
        result: A sweep.
        split: ``train``, ``validation`` or ``test``.
        draws, seed: Resampled populations.
        level: Of both intervals together.
        resampled: Draws of :func:`fairlab.pareto.decisions.resample` on this split.

    Returns:
        One per model, in order.

    Raises:
        UnknownNameError: For an unknown split.
    """
    decisions = decisions_of(result, split)
    if resampled is None:
        resampled = resample(decisions, draws, seed)
    each = 1 - (1 - level) / 2
    gaps = _Gaps.of(decisions, resampled, each, draws, seed)
    scale = _shrink(decisions)
    found = []
    for point in result.points:
        own, base = point.index, result.unmitigated(point.index)
        if base is None or point.baseline:
            nothing = Change(None, None, None)
            found.append(Comparison(own, None, nothing, nothing, 0))
            continue
        found.append(
            Comparison(
                index=own,
                unmitigated=base,
                accuracy=_accuracy(decisions, own, base, scale, each),
                gap=gaps.change(own, base),
                decided_differently=int(
                    np.count_nonzero(decisions.selected[own] != decisions.selected[base])
                ),
            )
        )
    return tuple(found)


def _accuracy(decisions: Decisions, own: int, base: int, scale: float, level: float) -> Change:
    """From the people whom one of the two models alone decides rightly."""
    right = decisions.selected[own] == (decisions.y_true == 1)
    before = decisions.selected[base] == (decisions.y_true == 1)
    weight = np.ones(decisions.n) if decisions.weight is None else decisions.weight
    plus, minus = weight[right & ~before].sum(), weight[before & ~right].sum()
    n = weight.sum()
    lower, upper = paired_interval(plus * scale, minus * scale, n * scale, level)
    return Change(float((plus - minus) / n), optional(lower), optional(upper))


@dataclass(frozen=True, slots=True, eq=False)
class _Gaps:
    """Gaps of all models: found, resampled together, with the ends of their own intervals."""

    decisions: Decisions
    counts: Counts
    value: FloatArray
    drawn: FloatArray
    ends: tuple[tuple[float | None, float | None], ...]
    at_bound: Array
    level: float
    draws: int
    seed: int

    @classmethod
    def of(
        cls, decisions: Decisions, resampled: Resampled, level: float, draws: int, seed: int
    ) -> "_Gaps":
        counts = decisions.counts()
        alone = gaps_of(decisions, counts, decisions.effective(), resampled, level, draws, seed)
        bound = np.zeros(decisions.models, dtype=bool)
        for table in decisions.compared(counts):
            bound |= at_bound(decisions.gap.rates, table)
        return cls(
            decisions,
            counts,
            accuracy_and_gap(decisions, counts)[1],
            resampled.gap,
            tuple((one.lower, one.upper) for one in alone),
            bound,
            level,
            draws,
            seed,
        )

    def change(self, own: int, base: int) -> Change:
        """Of the gap from ``base`` to ``own``."""
        value = float(self.value[own] - self.value[base])
        if np.isnan(value):
            return Change(None, None, None)
        lower, upper = change_interval(
            self.decisions.gap,
            value,
            self.drawn[:, own] - self.drawn[:, base],
            self.ends[base],
            self.ends[own],
            self.level,
            at_bound=bool(self.at_bound[own] or self.at_bound[base]),
            chance=exchange_p(value, self._exchanged(own, base)),
        )
        return Change(value, optional(lower), optional(upper))

    def _exchanged(self, own: int, base: int) -> FloatArray:
        """(draws,) changes if a coin decided which model made which of the two decisions.

        Weighted people are tossed for as their effective number (Kish) in each cell.
        """
        frame, size = self.decisions, 2 * len(self.decisions.group_names)
        one, other = frame.selected[own], frame.selected[base]
        place, apart = frame.group * 2 + frame.y_true, one != other
        weight = np.ones(frame.n) if frame.weight is None else frame.weight
        moved = np.bincount(place[apart], weight[apart], minlength=size)
        squares = np.bincount(place[apart], weight[apart] ** 2, minlength=size)
        people = np.rint(np.divide(moved**2, squares, out=np.zeros(size), where=squares > 0))
        people = people.astype(np.int64)
        heads = np.random.default_rng(self.seed + 1).binomial(people, 0.5, (self.draws, size))
        share = np.divide(heads, people, out=np.zeros(heads.shape), where=people > 0)
        both = np.bincount(place[one & other], weight[one & other], minlength=size)
        total = np.bincount(place, weight, minlength=size)
        after, before = (
            accuracy_and_gap(frame, _table(both + part * moved, total, frame.group_names))[1]
            for part in (share, 1 - share)
        )
        return after - before


def _table(selected: Array, total: Array, names: tuple[str, ...]) -> Counts:
    """Counts from people selected, (draws, 2 G) by group and label, and all people, (2 G,)."""
    chosen = selected.reshape(len(selected), -1, 2)
    left = np.maximum(total.reshape(-1, 2) - chosen, 0.0)
    return Counts(chosen[..., 1], chosen[..., 0], left[..., 1], left[..., 0], names)


def _shrink(decisions: Decisions) -> float:
    """Effective people (Kish) per unit of weight, everybody together; 1 without weights."""
    if decisions.weight is None:
        return 1.0
    return float(decisions.weight.sum() / (decisions.weight**2).sum())
