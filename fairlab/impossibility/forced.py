"""How sure the forced values are."""

from dataclasses import dataclass

import numpy as np

from fairlab.impossibility.base_rates import p_of_equal_base_rates
from fairlab.impossibility.identities import identity_table, one_population, parity_table
from fairlab.metrics import GAPS, RATES, bootstrap_counts, percentile_interval
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class ForcedIntervals:
    """How sure the forced values are: 95 % intervals, None where undefined.

    Percentiles of resampled counts, mended as the interval of any gap is: the spread of noisy
    base rates is too wide on average, so the lower end moves by twice the bias of the draws; and
    it reaches "nothing forced" whenever :func:`base_rate_test` says that base rates may be equal.

    Attributes:
        ratio: Of the highest base-rate odds of a group to the lowest, which is
            ``IdentityTable.forced_ratio``; at 1 or above.
        parity_gap: Of ``ParityTable.forced_gap``; at 0 or above. From 0, too, where decisions
            may not tell the outcomes apart.
    """

    ratio: tuple[float, float] | None
    parity_gap: tuple[float, float] | None


def forced_intervals(
    counts: Counts, draws: int = 4000, seed: int = 0, *, level: float = 0.95
) -> ForcedIntervals | None:
    """Bootstrap of the forced values, by drawing counts within each group.

    Args:
        counts: Integer fields of shape (G,).
        draws: Bootstrap draws.
        seed: Of the draws.
        level: Confidence level.

    Returns:
        None for weighted counts: their effective number of people is not known here.

    Raises:
        InputError: If counts have leading axes.
    """
    one_population(counts)
    if counts.tp.dtype.kind not in "iu":
        return None
    p_value = p_of_equal_base_rates(counts.n, counts.tp + counts.fn)
    alike = p_value is None or p_value > 1 - level
    drawn = bootstrap_counts(counts, draws, np.random.default_rng(seed))
    ratio = None
    forced_ratio = identity_table(counts).forced_ratio
    if forced_ratio is not None:
        found = _mended(_log_ratios(drawn), float(np.log(forced_ratio)), level, alike=alike)
        ratio = None if found is None else (float(np.exp(found[0])), float(np.exp(found[1])))
    parity, forced_gap = None, parity_table(counts).forced_gap
    if forced_gap is not None:
        everyone = drawn.overall()
        apart = (RATES["tpr"](everyone) - RATES["fpr"](everyone))[:, 0]
        low, high = percentile_interval(apart, level)
        parity = _mended(
            GAPS["base_rate_difference"](drawn) * abs(apart),
            forced_gap,
            level,
            alike=alike or low <= 0 <= high,
        )
    return ForcedIntervals(ratio, parity)


def _log_ratios(drawn: Counts) -> FloatArray:
    """(draws,) log of the highest base-rate odds over the lowest; NaN where infinite.

    Groups in which everyone has the favourable outcome are left out, as in the table.
    """
    base = RATES["base_rate"](drawn)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(base / (1 - base))
    odds[:, (drawn.fp + drawn.tn).sum(axis=0) == 0] = np.nan
    known = ~np.isnan(odds)
    ratios: FloatArray = np.where(known, odds, -np.inf).max(axis=1)
    with np.errstate(invalid="ignore"):
        ratios = ratios - np.where(known, odds, np.inf).min(axis=1)
    return np.where(np.isfinite(ratios), ratios, np.nan)


def _mended(
    draws: FloatArray, value: float, level: float, *, alike: bool
) -> tuple[float, float] | None:
    """Percentiles; the lower end less twice the bias, and 0 where nothing may be forced."""
    low, high = percentile_interval(draws, level)
    if np.isnan(low):
        return None
    bias = max(0.0, float(np.nanmean(draws)) - value)
    low = 0.0 if alike else min(value, max(0.0, low - 2 * bias))
    return low, max(high, value)
