"""Whether a model can be told from the unmitigated one of its family, on the same people."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics import paired_interval, percentile_interval
from fairlab.metrics.gaps import optional
from fairlab.outcomes import FloatArray
from fairlab.pareto.decisions import (
    Decisions,
    Resampled,
    accuracy_and_gap,
    decisions_of,
    resample,
)
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
    mended as in ``fairlab.sweeps.gap_change``. Each is at 1 − (1 − level)/2, so that both hold
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
    gap = accuracy_and_gap(decisions, decisions.counts())[1]
    scale = _shrink(decisions)
    found = []
    for point in result.points:
        own, base = point.index, result.unmitigated(point.index)
        if base is None or point.baseline:
            nothing = Change(None, None, None)
            found.append(Comparison(own, None, nothing, nothing, 0))
            continue
        drawn = resampled.gap[:, own] - resampled.gap[:, base]
        found.append(
            Comparison(
                index=own,
                unmitigated=base,
                accuracy=_accuracy(decisions, own, base, scale, each),
                gap=_gap(gap[own] - gap[base], drawn, each),
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


def _gap(value: float, draws: FloatArray, level: float) -> Change:
    if np.isnan(value):
        return Change(None, None, None)
    lower, upper = percentile_interval(draws, level)
    if np.isnan(lower):
        return Change(float(value), None, None)
    # Noise widens a narrow gap: the end this bias pushed away is moved back by twice it.
    bias = float(np.nanmean(draws)) - value
    lower, upper = lower - 2 * max(bias, 0.0), upper - 2 * min(bias, 0.0)
    return Change(float(value), float(min(lower, value)), float(max(upper, value)))


def _shrink(decisions: Decisions) -> float:
    """Effective people (Kish) per unit of weight, everybody together; 1 without weights."""
    if decisions.weight is None:
        return 1.0
    return float(decisions.weight.sum() / (decisions.weight**2).sum())
