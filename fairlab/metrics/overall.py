"""Gaps from everyone: the largest deviation of a group from the whole population."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics.gaps import Gap, optional
from fairlab.metrics.pairs import at_bound, widest_pairs
from fairlab.metrics.resampling import p_value_of_draws, percentile_interval
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class OverallGap:
    """One gap measured from the whole population. None is undefined.

    Attributes:
        name: Name in ``GAPS``.
        value: Differences: largest ``|rate − overall|``; ratios: smallest of ``rate / overall``
            and its inverse.
        lower, upper: Interval, made as that of the gap between groups; where a rate is exactly 0
            or 1 its upper end is that of the gap between groups, which is never smaller.
        p_value: Permutation p-value of "no gap"; None for weighted people.
        farthest: The group farthest from everyone.
    """

    name: str
    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    farthest: str | None


def overall_gap(
    gap: Gap,
    counts: Counts,
    resampled: Counts,
    shuffled: Counts,
    level: float,
    effective_n: FloatArray | None = None,
) -> OverallGap:
    """A gap from everyone with its interval.

    Args:
        gap: The gap.
        counts: Fields of shape (G,).
        resampled: Draws of them, (draws, G).
        shuffled: Draws with groups shuffled, (draws, G); of weighted people, draws of groups that
            do not differ.
        level: Confidence level.
        effective_n: (G,) effective number of people, for weighted counts.
    """
    value = float(gap.to_overall(counts))
    if np.isnan(value):
        return OverallGap(gap.name, None, None, None, None, None)
    ratio = gap.spread == "ratio"
    chance = p_value_of_draws(value, gap.to_overall(shuffled), ratio)
    lower, upper = mended_interval(gap, value, gap.to_overall(resampled), chance, level)
    if at_bound(gap.rates, counts):
        lower, upper = (np.nan if ratio else 0.0), widest_pairs(counts, gap, level, effective_n)[1]
    known = not np.isnan(lower + upper)
    return OverallGap(
        name=gap.name,
        value=value,
        lower=optional(lower) if known else None,
        upper=optional(upper) if known else None,
        p_value=chance if effective_n is None else None,
        farthest=_farthest(gap, counts),
    )


def mended_interval(
    gap: Gap, value: float, draws: FloatArray, chance: float, level: float
) -> tuple[float, float]:
    """Percentile interval of a gap's draws, its end towards "no gap" moved by twice the bias.

    It includes "no gap" whenever groups that do not differ would make such a gap with this
    ``chance`` and it is above 1 − level (see ``gap_intervals.py``). (NaN, NaN) when too many draws
    are undefined.
    """
    lower, upper = percentile_interval(draws, level)
    if np.isnan(lower):
        return lower, upper
    bias = float(np.nanmean(draws)) - value
    within_chance = chance > 1 - level
    if gap.spread == "ratio":
        return lower, 1.0 if within_chance else min(1.0, upper - 2 * min(bias, 0.0))
    return 0.0 if within_chance else max(0.0, lower - 2 * max(bias, 0.0)), upper


def _farthest(gap: Gap, counts: Counts) -> str | None:
    everyone = counts.overall()
    best, name = -1.0, None
    for rate in gap.rates:
        value, whole = rate(counts), rate(everyone)
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.abs(value - whole)
            if gap.spread == "ratio":
                away = 1 - np.minimum(value / whole, whole / value)
        if not np.isnan(away).all() and np.nanmax(away) > best:
            best, name = float(np.nanmax(away)), counts.group_names[int(np.nanargmax(away))]
    return name
