"""Every pair of groups compared on a rate: difference, interval, test, smallest visible gap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.gaps import Gap, optional
from fairlab.metrics.intervals import fisher_p, holm, newcombe, two_proportion_z
from fairlab.metrics.power import minimum_detectable_gap
from fairlab.metrics.rates import RATES
from fairlab.outcomes import Counts

_FEWEST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class PairTest:
    """Two groups on one rate. The first has the higher rate; None is undefined.

    Attributes:
        rate: Name in ``RATES``.
        higher, lower_group: The groups, in the order given when a rate is undefined.
        n_higher, n_lower: People behind each rate.
        difference: Unsigned difference of the rates.
        lower, upper: Newcombe interval of (higher − lower).
        z: Two-proportion z with the pooled standard error.
        p_value: Two-sided p-value of the test named by ``test``.
        test: ``z``, or ``Fisher`` (exact) where a cell expects fewer than 5 people, because the
            normal approximation fails there; "" when undefined.
        p_adjusted: Holm-adjusted over all pairs and rates of one table.
        detectable: Smallest gap these numbers of people could show (80 % power, 5 % level).
    """

    rate: str
    higher: str
    lower_group: str
    n_higher: float
    n_lower: float
    difference: float | None
    lower: float | None
    upper: float | None
    z: float | None
    p_value: float | None
    p_adjusted: float | None
    detectable: float | None
    test: str = ""


def pair_tests(
    counts: Counts, rates: Sequence[str] = ("selection_rate",), level: float = 0.95
) -> tuple[PairTest, ...]:
    """All pairs of groups on the given rates, Holm-adjusted together.

    Args:
        counts: Integer counts of shape (G,).
        rates: Names of shares in ``RATES``.
        level: Confidence level of the intervals.

    Raises:
        InputError: For weighted counts, counts with leading axes, or a rate that is no share.
    """
    if len(counts.shape) != 1 or counts.tp.dtype.kind not in "iu":
        raise InputError(
            "Pairs are compared on the whole-number counts of one population; found "
            f"{counts.tp.dtype} counts of shape {counts.shape}. Leave the weights out, or use "
            "the resampled intervals of the gaps."
        )
    tests = [
        _pair(counts, name, a, b, level)
        for name in rates
        for a, b in combinations(range(counts.shape[0]), 2)
    ]
    p_values = [np.nan if t.p_value is None else t.p_value for t in tests]
    adjusted = holm(p_values)
    return tuple(
        replace(test, p_adjusted=optional(p)) for test, p in zip(tests, adjusted, strict=True)
    )


def widest_pairs(counts: Counts, gap: Gap, level: float = 0.95) -> tuple[float, float]:
    """Closed-form interval of a difference gap: Newcombe's, over all pairs of groups.

    Each rate's bounds are the largest lower and the largest upper bound of any pair's unsigned
    difference; rates combine as the gap does. For two groups and one rate this is Newcombe's
    interval; for more groups it is on the wide side above.

    Returns:
        Lower and upper bound; (NaN, NaN) for ratios, rates that are no shares, weighted counts
        and fewer than two defined groups.
    """
    whole = counts.tp.dtype.kind in "iu"
    if gap.spread == "ratio" or not whole or not all(rate.share for rate in gap.rates):
        return float("nan"), float("nan")
    bounds = []
    for rate in gap.rates:
        k, n = np.asarray(rate.numerator(counts)), np.asarray(rate.denominator(counts))
        defined = np.flatnonzero(n > 0)
        if len(defined) < 2:
            return float("nan"), float("nan")
        a, b = defined[np.array(list(combinations(range(len(defined)), 2))).T]
        low, high = newcombe(k[a], n[a], k[b], n[b], level)
        bounds.append((np.maximum(0, np.maximum(low, -high)).max(), np.maximum(-low, high).max()))
    combined = np.mean(bounds, axis=0) if gap.combine == "mean" else np.max(bounds, axis=0)
    return float(combined[0]), float(combined[1])


def _pair(counts: Counts, name: str, a: int, b: int, level: float) -> PairTest:
    rate = RATES[name]
    if not rate.share:
        raise InputError(
            f"{rate.label} is not a share of people, so two of them cannot be compared by a "
            "two-proportion test. Use the resampled interval of its gap."
        )
    k, n = np.asarray(rate.numerator(counts)), np.asarray(rate.denominator(counts))
    if n[a] > 0 and n[b] > 0 and k[b] * n[a] > k[a] * n[b]:
        a, b = b, a
    difference = k[a] / n[a] - k[b] / n[b] if n[a] > 0 and n[b] > 0 else np.nan
    low, high = newcombe(k[a], n[a], k[b], n[b], level)
    z, p = two_proportion_z(k[a], n[a], k[b], n[b])
    pooled = (k[a] + k[b]) / (n[a] + n[b]) if n[a] + n[b] > 0 else 0.5
    expected = min(n[a], n[b]) * min(pooled, 1 - pooled)
    test = "" if np.isnan(difference) else "z" if expected >= _FEWEST_EXPECTED else "Fisher"
    if test == "Fisher":
        p = np.asarray(fisher_p(int(k[a]), int(n[a]), int(k[b]), int(n[b])))
    names = counts.group_names if counts.group_names else tuple(f"group {g}" for g in range(len(n)))
    return PairTest(
        rate=name,
        higher=names[a],
        lower_group=names[b],
        n_higher=float(n[a]),
        n_lower=float(n[b]),
        difference=optional(difference),
        lower=optional(low),
        upper=optional(high),
        z=optional(z),
        p_value=optional(p),
        p_adjusted=None,
        detectable=optional(minimum_detectable_gap(n[a], n[b], float(pooled))),
        test=test,
    )
