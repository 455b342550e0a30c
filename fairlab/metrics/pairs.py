"""Every pair of groups compared on a rate: difference, interval, test, smallest visible gap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.gaps import Gap, optional
from fairlab.metrics.intervals import fisher_p, holm, newcombe, ratio_of_shares, two_proportion_z
from fairlab.metrics.power import minimum_detectable_gap
from fairlab.metrics.rates import RATES, Rate
from fairlab.outcomes import Array, Counts, FloatArray

_FEWEST_EXPECTED = 5
_ROUNDING = 1e-12


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
    counts: Counts,
    rates: Sequence[str] = ("selection_rate",),
    level: float = 0.95,
    effective_n: FloatArray | None = None,
) -> tuple[PairTest, ...]:
    """All pairs of groups on the given rates, Holm-adjusted together.

    Args:
        counts: Integer counts of shape (G,), or weighted ones with ``effective_n``.
        rates: Names of shares in ``RATES``.
        level: Confidence level of the intervals.
        effective_n: (G,) effective number of people (Kish), for weighted counts: intervals and the
            smallest visible gap use it, and there are no tests.

    Raises:
        InputError: For weighted counts without effective numbers, counts with leading axes, or a
            rate that is no share.
    """
    whole = counts.tp.dtype.kind in "iu"
    if len(counts.shape) != 1 or not (whole or effective_n is not None):
        raise InputError(
            "Pairs are compared on the whole-number counts of one population; found "
            f"{counts.tp.dtype} counts of shape {counts.shape}. Leave the weights out, or pass "
            "effective_n."
        )
    tests = [
        _pair(counts, name, a, b, level, effective_n)
        for name in rates
        for a, b in combinations(range(counts.shape[0]), 2)
    ]
    p_values = [np.nan if t.p_value is None else t.p_value for t in tests]
    adjusted = holm(p_values)
    return tuple(
        replace(test, p_adjusted=optional(p)) for test, p in zip(tests, adjusted, strict=True)
    )


def widest_pairs(
    counts: Counts, gap: Gap, level: float = 0.95, effective_n: FloatArray | None = None
) -> tuple[float, float]:
    """Closed-form interval of a gap of shares, over all pairs of groups.

    Newcombe's for differences: each rate's bounds are the largest lower and the largest upper
    bound of any pair's unsigned difference. MOVER-R for ratios: the smallest of any pair's, at
    most 1. Rates combine as the gap does. For two groups and one rate this is that interval; for
    more groups it is on the wide side away from "no gap".

    Args:
        counts: Fields of shape (G,).
        gap: The gap.
        level: Confidence level.
        effective_n: (G,) effective number of people, for weighted counts.

    Returns:
        Lower and upper bound; (NaN, NaN) for rates that are no shares, weighted counts without
        effective numbers and fewer than two defined groups.
    """
    whole = counts.tp.dtype.kind in "iu"
    if not (whole or effective_n is not None) or not all(rate.share for rate in gap.rates):
        return float("nan"), float("nan")
    bounds = []
    for rate in gap.rates:
        k, n = _behind(rate, counts, effective_n)
        defined = np.flatnonzero(n > 0)
        if len(defined) < 2:
            return float("nan"), float("nan")
        a, b = defined[np.array(list(combinations(range(len(defined)), 2))).T]
        of_pairs = _least_ratio if gap.spread == "ratio" else _largest_difference
        bounds.append(of_pairs(k[a], n[a], k[b], n[b], level))
    if gap.combine == "mean":
        combined = np.mean(bounds, axis=0)
    else:
        combined = (np.max if gap.spread == "difference" else np.min)(bounds, axis=0)
    return float(combined[0]), float(combined[1])


def at_bound(rates: Sequence[Rate], counts: Counts) -> Array:
    """Whether a share of any group is exactly 0 or 1, shape (...): the leading axes of the counts.

    Sums of weights may miss 0 and 1 by rounding.
    """
    found = np.zeros(counts.shape[:-1], dtype=bool)
    for rate in rates:
        if rate.share:
            value = rate(counts)
            found |= ((value < _ROUNDING) | (value > 1 - _ROUNDING)).any(axis=-1)
    return found


def _largest_difference(
    k_a: Array, n_a: Array, k_b: Array, n_b: Array, level: float
) -> tuple[float, float]:
    low, high = newcombe(k_a, n_a, k_b, n_b, level)
    return float(np.maximum(0, np.maximum(low, -high)).max()), float(np.maximum(-low, high).max())


def _least_ratio(
    k_a: Array, n_a: Array, k_b: Array, n_b: Array, level: float
) -> tuple[float, float]:
    """Of all pairs, the smaller share by the larger; NaN where nobody in any group counts."""
    swap = k_a * n_b > k_b * n_a
    small = np.where(swap, k_b, k_a), np.where(swap, n_b, n_a)
    large = np.where(swap, k_a, k_b), np.where(swap, n_a, n_b)
    low, high = ratio_of_shares(*small, *large, level)
    if np.isnan(low).all():
        return float("nan"), float("nan")
    return float(np.nanmin(low)), float(min(1.0, np.nanmin(high)))


def _behind(rate: Rate, counts: Counts, effective_n: FloatArray | None) -> tuple[Array, Array]:
    """Numerator and denominator per group, scaled to effective people when weighted."""
    k, n = np.asarray(rate.numerator(counts)), np.asarray(rate.denominator(counts))
    if effective_n is None:
        return k, n
    people = np.asarray(counts.n, dtype=np.float64)
    scale = np.divide(effective_n, people, out=np.zeros(len(people)), where=people > 0)
    return np.minimum(k, n) * scale, n * scale


def _pair(
    counts: Counts, name: str, a: int, b: int, level: float, effective_n: FloatArray | None
) -> PairTest:
    rate = RATES[name]
    if not rate.share:
        raise InputError(
            f"{rate.label} is not a share of people, so two of them cannot be compared by a "
            "two-proportion test. Use the resampled interval of its gap."
        )
    k, n = _behind(rate, counts, effective_n)
    shown = np.asarray(rate.denominator(counts))
    if n[a] > 0 and n[b] > 0 and k[b] * n[a] > k[a] * n[b]:
        a, b = b, a
    difference = k[a] / n[a] - k[b] / n[b] if n[a] > 0 and n[b] > 0 else np.nan
    low, high = newcombe(k[a], n[a], k[b], n[b], level)
    z, p = two_proportion_z(k[a], n[a], k[b], n[b])
    pooled = (k[a] + k[b]) / (n[a] + n[b]) if n[a] + n[b] > 0 else 0.5
    expected = min(n[a], n[b]) * min(pooled, 1 - pooled)
    test = "" if np.isnan(difference) else "z" if expected >= _FEWEST_EXPECTED else "Fisher"
    if test == "Fisher" and effective_n is None:
        p = np.asarray(fisher_p(int(k[a]), int(n[a]), int(k[b]), int(n[b])))
    if effective_n is not None:
        z, p, test = np.asarray(np.nan), np.asarray(np.nan), ""
    names = counts.group_names if counts.group_names else tuple(f"group {g}" for g in range(len(n)))
    return PairTest(
        rate=name,
        higher=names[a],
        lower_group=names[b],
        n_higher=float(shown[a]),
        n_lower=float(shown[b]),
        difference=optional(difference),
        lower=optional(low),
        upper=optional(high),
        z=optional(z),
        p_value=optional(p),
        p_adjusted=None,
        detectable=optional(minimum_detectable_gap(n[a], n[b], float(pooled))),
        test=test,
    )
