"""The interval of a gap: resampled counts, mended where those would look too sure.

A gap of resampled counts never falls much below the gap found, even if the groups do not differ:
the spread of several noisy rates is too wide on average. Left alone, such an interval misses a
true gap of 0 in most samples. So its end towards "no gap" is moved by twice that bias, and it
includes "no gap" whenever the shuffled groups say that chance alone would make such a gap (the
test is inverted at that one value). Weighted people cannot be shuffled: groups drawn alike with
effective numbers of people say the same of them, well enough for an interval.
"""

from dataclasses import replace

import numpy as np

from fairlab.metrics.gaps import GAPS, Gap, GapResult, optional
from fairlab.metrics.pairs import at_bound, widest_pairs
from fairlab.metrics.resampling import (
    DRAWS,
    SEED,
    alike_counts,
    bootstrap_counts,
    p_value_of_draws,
    percentile_interval,
    permutation_counts,
)
from fairlab.outcomes import Counts, FloatArray


def gap_with_interval(
    counts: Counts,
    name: str,
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    level: float = 0.95,
    effective_n: FloatArray | None = None,
) -> GapResult:
    """One gap of one population with its interval, bias and p-value.

    Args:
        counts: Fields of shape (G,).
        name: Name in ``GAPS``.
        draws, seed: Resampled and shuffled populations.
        level: Confidence level.
        effective_n: (G,) effective number of people, for weighted counts; these get no p-value.
    """
    gap = GAPS[name]
    found = gap.result(counts)
    if found.value is None:
        return found
    resampled = bootstrap_counts(counts, draws, np.random.default_rng(seed), effective_n)
    rng, given = np.random.default_rng(seed), gap.rates[0].given
    if effective_n is None:
        alike = permutation_counts(counts, draws, rng, given)
    else:
        alike = alike_counts(counts, draws, rng, given, effective_n)
    chance = p_value_of_draws(found.value, gap(alike), gap.spread == "ratio")
    if effective_n is None:
        found = replace(found, p_value=chance)
    return add_interval(gap, found, counts, gap(resampled), level, effective_n, chance)


def add_interval(
    gap: Gap,
    found: GapResult,
    counts: Counts,
    draws: FloatArray,
    level: float,
    effective_n: FloatArray | None = None,
    chance: float | None = None,
) -> GapResult:
    """A gap, its p-value known, with its interval.

    Resampled; or in closed form (Newcombe's, for ratios Donner and Zou's) where a rate is exactly 0
    or 1, because such a rate never varies when counts are resampled, however few the people.

    Args:
        gap: The gap.
        found: Its value and p-value.
        counts: Fields of shape (G,).
        draws: The gap of resampled counts.
        level: Confidence level.
        effective_n: (G,) effective number of people, for weighted counts.
        chance: How often groups that do not differ would be this far apart: the p-value (when
            None) or, for weighted people, what groups drawn alike say.
    """
    closed_form = bool(at_bound(gap.rates, counts))
    bias, interval = None, "newcombe" if gap.spread == "difference" else "mover"
    if closed_form:
        lower, upper = widest_pairs(counts, gap, level, effective_n)
    else:
        lower, upper = percentile_interval(draws, level)
        interval = "resampled"
    if np.isnan(lower) or found.value is None:
        return found
    if not closed_form:
        bias = float(np.nanmean(draws)) - found.value
    excess = 0.0 if bias is None else bias
    chance = found.p_value if chance is None else chance
    within_chance = chance is not None and chance > 1 - level
    if gap.spread == "ratio":
        upper = 1.0 if within_chance else min(1.0, upper - 2 * min(excess, 0.0))
    else:
        lower = 0.0 if within_chance else max(0.0, lower - 2 * max(excess, 0.0))
    return replace(
        found, lower=optional(lower), upper=optional(upper), bias=bias, interval=interval
    )
