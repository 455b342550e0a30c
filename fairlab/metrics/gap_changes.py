"""The interval of the change of a gap between two models on the same people: resampled, mended.

Left alone, percentiles of resampled changes are too narrow in three ways. Each is mended here.

- Noise widens a narrow gap more than a wide one, so the draws are biased: the end this bias pushed
  away is moved back by twice it.
- With more than two groups a gap near none stays wide in every draw: twice the bias is not enough.
  Where a model's own interval reaches "no gap", the change goes as far as that would take it.
- A rate of exactly 0 or 1 never varies when resampled, however few the people. Then the change
  goes as far as the two models' own intervals allow, in closed form there.

And it includes "no change" whenever decisions exchanged between the models by the toss of a coin
would make such a change (the test is inverted at that one value): with a handful of people in a
group, percentiles alone would call chance a change.
"""

import numpy as np

from fairlab.metrics.gaps import Gap
from fairlab.metrics.resampling import percentile_interval
from fairlab.outcomes import FloatArray

Ends = tuple[float | None, float | None]


def change_interval(
    gap: Gap,
    value: float,
    draws: FloatArray,
    before: Ends,
    after: Ends,
    level: float,
    *,
    at_bound: bool = False,
    chance: float | None = None,
) -> tuple[float, float]:
    """Ends of the interval of a gap after minus before.

    Args:
        gap: The gap: which end of its range is "no gap".
        value: The change found.
        draws: (draws,) changes of people resampled together with both decisions; NaN if undefined.
        before, after: Ends of each model's own interval at the same level; None where there is
            none.
        level: Confidence level.
        at_bound: Whether a compared rate of either model is exactly 0 or 1.
        chance: p-value of exchanged decisions; None if not known.

    Returns:
        Lower and upper end, ``value`` between them; NaN where too many draws are undefined.
    """
    lower, upper = percentile_interval(draws, level)
    if np.isnan(lower) or np.isnan(value):
        return float("nan"), float("nan")
    bias = float(np.nanmean(draws)) - value
    lower, upper = lower - 2 * max(bias, 0.0), upper - 2 * min(bias, 0.0)
    (low, high), (own_low, own_high) = before, after
    if low is not None and high is not None and own_low is not None and own_high is not None:
        none_before, none_after = gap.equal in (low, high), gap.equal in (own_low, own_high)
        if gap.spread == "ratio":  # "no gap" is the upper end, so the two change places
            none_before, none_after = none_after, none_before
        if at_bound or none_after:
            lower = min(lower, own_low - high)
        if at_bound or none_before:
            upper = max(upper, own_high - low)
    if chance is not None and chance > 1 - level:
        lower, upper = min(lower, 0.0), max(upper, 0.0)
    return float(min(lower, value)), float(max(upper, value))


def exchange_p(found: float, draws: FloatArray) -> float:
    """Share of exchanged populations whose change is at least as far from none, either way.

    Args:
        found: The change.
        draws: Changes of populations with exchanged decisions; undefined (NaN) ones count as far.

    Returns:
        (1 + number as far) / (1 + draws), in (0, 1].
    """
    far = (np.abs(draws) >= abs(found) - 1e-12) | np.isnan(draws)
    return float((1 + np.count_nonzero(far)) / (1 + len(draws)))
