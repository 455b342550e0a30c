"""Inequality of benefits between people, and how much of it lies between groups.

Benefit is ``decision − outcome + 1``: 0 for a favourable outcome refused, 1 for an agreeing
decision, 2 for an unfavourable outcome selected (Speicher et al. 2018).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from fairlab.metrics.gaps import optional
from fairlab.metrics.resampling import p_value_of_draws, percentile_interval
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Inequality:
    """Inequality of benefits; arrays of the leading axes (...), NaN where undefined.

    Attributes:
        total: Over all people; 0 when all benefit alike.
        between: What is left when everyone gets the mean benefit of their group.
        share: ``between / total`` in [0, 1]; NaN when the total is 0.
    """

    total: FloatArray
    between: FloatArray
    share: FloatArray


@dataclass(frozen=True, slots=True)
class InequalityPart:
    """One number of an inequality; None is undefined.

    Attributes:
        name: ``total``, ``between`` or ``share``.
        value: The number.
        lower, upper: Interval of resampled counts. For what lies between groups the lower end is
            moved by twice the bias and reaches 0 when chance alone would make as much: few
            people always leave something between groups.
        p_value: Permutation p-value of "nothing lies between groups"; None for the total and for
            weighted people.
    """

    name: str
    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class InequalityResult:
    """Inequality of benefits: in total, between groups, and the share between, with intervals."""

    name: str
    total: InequalityPart
    between: InequalityPart
    share: InequalityPart


def inequality_results(
    counts: Counts, resampled: Counts, shuffled: Counts, level: float, tested: bool = True
) -> dict[str, InequalityResult]:
    """``theil`` and ``generalized_entropy`` of one population with intervals.

    Args:
        counts: Fields of shape (G,).
        resampled: Draws of them, (draws, G).
        shuffled: Draws with groups shuffled among all people; of weighted people, draws of groups
            that do not differ.
        level: Confidence level.
        tested: Whether p-values are given; not for weighted people.
    """
    results = {}
    for name, measure in (("theil", theil), ("generalized_entropy", generalized_entropy)):
        found, drawn, chance = measure(counts), measure(resampled), measure(shuffled)
        results[name] = InequalityResult(
            name,
            _part("total", found.total, drawn.total, None, level, tested),
            _part("between", found.between, drawn.between, chance.between, level, tested),
            _part("share", found.share, drawn.share, chance.share, level, tested),
        )
    return results


def _part(
    name: str,
    value: FloatArray,
    draws: FloatArray,
    alike: FloatArray | None,
    level: float,
    tested: bool,
) -> InequalityPart:
    number = optional(value)
    lower, upper = percentile_interval(draws, level)
    if number is None or np.isnan(lower):
        return InequalityPart(name, number, None, None)
    if alike is None:
        return InequalityPart(name, number, lower, upper)
    chance = p_value_of_draws(number, alike)
    bias = float(np.nanmean(draws)) - number
    lower = max(0.0, lower - 2 * max(bias, 0.0))
    if chance > 1 - level:
        lower = 0.0
    return InequalityPart(name, number, lower, upper, chance if tested else None)


def theil(counts: Counts) -> Inequality:
    """Theil index of benefits: generalized entropy with α = 1."""
    return _inequality(counts, lambda ratio: np.asarray(xlogy(ratio, ratio), dtype=np.float64))


def generalized_entropy(counts: Counts) -> Inequality:
    """Generalized entropy of benefits with α = 2: half the squared coefficient of variation."""
    return _inequality(counts, lambda ratio: (ratio * ratio - 1) / 2)


def _inequality(counts: Counts, of_ratio: Callable[[FloatArray], FloatArray]) -> Inequality:
    n = np.asarray(counts.n, dtype=np.float64)
    agreeing, doubled = counts.tp + counts.tn, counts.fp
    people = n.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (agreeing + 2 * doubled).sum(axis=-1) / people
        total = (
            counts.fn.sum(axis=-1) * of_ratio(np.zeros_like(mean))
            + agreeing.sum(axis=-1) * of_ratio(1 / mean)
            + doubled.sum(axis=-1) * of_ratio(2 / mean)
        ) / people
        group_mean = np.where(n > 0, (agreeing + 2 * doubled) / n, 0.0)
        between = (n * of_ratio(group_mean / mean[..., None])).sum(axis=-1) / people
        share = np.where(total > 0, between / total, np.nan)
    return Inequality(np.asarray(total), np.asarray(between), np.asarray(share))
