"""Models whose gap is narrower on training people than chance can explain.

Training people were looked at for a narrow gap; others were not. If the narrowness has been learnt
by heart, it is not there on others. A gap of fewer people is wider by chance alone, so the two are
held against what exchanging training people and others would give.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from fairlab.metrics import holm, percentile_interval
from fairlab.metrics.gaps import optional
from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.pareto.decisions import Decisions, accuracy_and_gap, decisions_of
from fairlab.results import SweepResult

DRAWS = 1000
# Numbers held at once while people are exchanged.
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class FairnessOverfit:
    """One model's gap on training people beside that on others.

    Attributes:
        index: The model.
        train, other: The constraint's gap of decisions; None where undefined.
        difference: Other minus train.
        by_chance: What the difference would be on average if the model treated both alike: a gap
            of fewer people is wider.
        lower, upper: Interval of the difference.
        p_value: How often it would be this large by chance.
        p_adjusted: The same, for the whole sweep (Holm).
        flagged: Whether that is below 5 %.
    """

    index: int
    train: float | None
    other: float | None
    difference: float | None
    by_chance: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    p_adjusted: float | None
    flagged: bool


def fairness_overfit(
    result: SweepResult,
    against: str = "validation",
    *,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[FairnessOverfit, ...]:
    """Hold every mitigated model's gap on training people against that on others.

    The test exchanges people of the two splits that have the same group and label
    (hypergeometric draws of counts), so it is exact for "the model treats both alike", whatever
    the sizes of the splits and however many groups the gap is the widest of. One-sided; Holm's
    correction over all models, so a sweep without overfitting is flagged anywhere in at most 5 of
    100 cases. Where no draw reaches the difference, its p-value is a normal tail. Weighted people
    are drawn from what both splits show together, with effective numbers (Kish): approximate.

    Epochs are kept, and the layer's rule is frozen, by validation people: against them the test
    finds less than against ``test``. What rests on test people must not guide a choice of models.

    Args:
        result: A sweep.
        against: The other split: ``validation`` or ``test``.
        draws, seed: Exchanged and resampled populations.
        level: Of the intervals.

    Returns:
        One per mitigated model, in order.

    Raises:
        UnknownNameError: For an unknown split.
    """
    train, other = decisions_of(result, "train"), decisions_of(result, against)
    rng = np.random.default_rng(seed)
    narrow, wide = (accuracy_and_gap(d, d.counts())[1] for d in (train, other))
    difference = wide - narrow
    step = max(1, _AT_ONCE // (2 * draws * len(train.group_names)))
    exchanged, again = [], []
    for start in range(0, train.models, step):
        a, b = (replace(d, selected=d.selected[start : start + step]) for d in (train, other))
        exchanged.append(_exchanged(a, b, draws, rng))
        again.append(_resampled(b, draws, rng) - _resampled(a, draws, rng))
    alike, resampled = np.concatenate(exchanged, axis=1), np.concatenate(again, axis=1)
    asked = [p.index for p in result.points if not p.baseline]
    p_values = np.array([_p_value(difference[m], alike[:, m]) for m in asked])
    adjusted = holm(p_values) if len(asked) else p_values
    return tuple(
        _record(m, narrow[m], wide[m], alike[:, m], resampled[:, m], p, q, level)
        for m, p, q in zip(asked, p_values, adjusted, strict=True)
    )


def _record(
    index: int,
    train: float,
    other: float,
    alike: FloatArray,
    resampled: FloatArray,
    p_value: float,
    p_adjusted: float,
    level: float,
) -> FairnessOverfit:
    difference = float(other - train)
    lower, upper = percentile_interval(resampled, level)
    if not np.isnan(lower):
        bias = float(np.nanmean(resampled)) - difference
        lower, upper = lower - 2 * max(bias, 0.0), upper - 2 * min(bias, 0.0)
    return FairnessOverfit(
        index=index,
        train=optional(train),
        other=optional(other),
        difference=optional(difference),
        by_chance=None if np.isnan(difference) else optional(np.nanmean(alike)),
        lower=optional(lower),
        upper=optional(upper),
        p_value=optional(p_value),
        p_adjusted=optional(p_adjusted),
        flagged=bool(p_adjusted < 0.05),
    )


def _p_value(found: float, draws: FloatArray) -> float:
    """Share of draws at least as large; below what draws can tell, the tail of a normal."""
    if np.isnan(found):
        return float("nan")
    reached = np.count_nonzero((draws >= found - 1e-12) | np.isnan(draws))
    least = (1 + reached) / (1 + len(draws))
    spread = float(np.nanstd(draws))
    if reached or spread == 0:
        return least
    return min(least, float(ndtr((np.nanmean(draws) - found) / spread)))


@dataclass(frozen=True, slots=True, eq=False)
class _Selected:
    """Selected and all people by group × label: (M, C) and (C,), C = 2G."""

    chosen: Array
    people: Array
    effective: FloatArray


def _selected(decisions: Decisions) -> _Selected:
    counts = decisions.counts()
    chosen = np.stack([counts.fp, counts.tp], axis=-1).reshape(decisions.models, -1)
    people = np.stack([counts.fp + counts.tn, counts.tp + counts.fn], axis=-1)[0].ravel()
    effective = people.astype(np.float64)
    if decisions.weight is not None:
        place = decisions.group * 2 + decisions.y_true
        squares = np.bincount(place, decisions.weight**2, minlength=len(people))
        effective = np.divide(people**2, squares, out=np.zeros(len(people)), where=squares > 0)
    return _Selected(chosen, people, effective)


def _gap_of(decisions: Decisions, chosen: Array, people: Array) -> FloatArray:
    """Gap from selected people (..., C)."""
    some = chosen.reshape(*chosen.shape[:-1], -1, 2)
    rest = people.reshape(-1, 2) - some
    table = Counts(some[..., 1], some[..., 0], rest[..., 1], rest[..., 0], decisions.group_names)
    return accuracy_and_gap(decisions, table)[1]


def _exchanged(
    train: Decisions, other: Decisions, draws: int, rng: np.random.Generator
) -> FloatArray:
    """(draws, M) difference of gaps with people of the same group and label exchanged."""
    a, b = _selected(train), _selected(other)
    shape = (draws, *a.chosen.shape)
    if train.weight is None and other.weight is None:
        together = a.chosen + b.chosen
        moved = rng.hypergeometric(together, a.people + b.people - together, a.people, size=shape)
        return _gap_of(other, together - moved, b.people) - _gap_of(train, moved, a.people)
    total = a.people + b.people
    chance = np.divide(a.chosen + b.chosen, total, out=np.zeros(a.chosen.shape), where=total > 0)
    drawn = []
    for one in (a, b):
        size = np.maximum(np.rint(one.effective), 1).astype(np.int64)
        share = rng.binomial(size, np.clip(chance, 0.0, 1.0), size=shape) / size
        drawn.append(share * one.people)
    return _gap_of(other, drawn[1], b.people) - _gap_of(train, drawn[0], a.people)


def _resampled(decisions: Decisions, draws: int, rng: np.random.Generator) -> FloatArray:
    """(draws, M) gaps of people drawn with replacement within group and label."""
    own = _selected(decisions)
    people = np.where(own.people > 0, own.people, 1)
    size = np.maximum(np.rint(own.effective), 1).astype(np.int64)
    chance = np.clip(own.chosen / people, 0.0, 1.0)
    share = rng.binomial(size, chance, size=(draws, *own.chosen.shape)) / size
    return _gap_of(decisions, share * own.people, own.people)
