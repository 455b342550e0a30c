"""How sure the data let us be of a rate or of a difference of two: closed forms, vectorised."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtr, ndtri

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray


def normal_quantile(level: float) -> float:
    """The z with ``level`` of a normal distribution between −z and z (1.96 for 0.95).

    Raises:
        InputError: If ``level`` is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise InputError(
            f"A confidence level lies strictly between 0 and 1; found {level!r}. "
            "Write 0.95 for 95 %."
        )
    return float(ndtri(0.5 + level / 2))


def wilson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson score interval of a share ``k / n`` (Wilson 1927), without continuity correction.

    Args:
        k, n: Counts that broadcast, 0 ≤ k ≤ n; floats (effective sizes) are allowed.
        level: Confidence level.

    Returns:
        Lower and upper bounds in [0, 1]; NaN where n is 0.

    Raises:
        InputError: If k is negative or exceeds n.
    """
    z = normal_quantile(level)
    successes, trials = np.broadcast_arrays(
        np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if ((successes < 0) | (successes > trials)).any():
        raise InputError("A share k/n needs 0 ≤ k ≤ n; found k outside it. Check the counts.")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / trials
        spread = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
        center = share + z * z / (2 * trials)
        scale = 1 + z * z / trials
        low, high = (center - spread) / scale, (center + spread) / scale
    low = np.where(successes == 0, np.where(trials == 0, np.nan, 0.0), np.clip(low, 0, 1))
    high = np.where(successes == trials, np.where(trials == 0, np.nan, 1.0), np.clip(high, 0, 1))
    return low, high


def newcombe(
    k_a: ArrayLike, n_a: ArrayLike, k_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval of the difference of two shares, a − b (Newcombe 1998, method 10: hybrid score).

    Returns:
        Lower and upper bounds in [−1, 1]; NaN where a group is empty.
    """
    low_a, high_a = wilson(k_a, n_a, level)
    low_b, high_b = wilson(k_b, n_b, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_a = np.asarray(k_a, dtype=np.float64) / np.asarray(n_a, dtype=np.float64)
        p_b = np.asarray(k_b, dtype=np.float64) / np.asarray(n_b, dtype=np.float64)
    difference = p_a - p_b
    low = difference - np.sqrt((p_a - low_a) ** 2 + (high_b - p_b) ** 2)
    high = difference + np.sqrt((high_a - p_a) ** 2 + (p_b - low_b) ** 2)
    return low, high


def ratio_of_shares(
    k_a: ArrayLike, n_a: ArrayLike, k_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval of the ratio of two shares, a / b, from their Wilson intervals (MOVER-R).

    Donner, Zou 2012, eq. 9: the ratio's limits are found from those of each share, so a share of
    exactly 0 or 1 still has an interval.

    Returns:
        Lower bound in [0, ∞) and upper in (0, ∞]; NaN where a group is empty or nobody in b counts.
    """
    low_a, high_a = wilson(k_a, n_a, level)
    low_b, high_b = wilson(k_b, n_b, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_a = np.asarray(k_a, dtype=np.float64) / np.asarray(n_a, dtype=np.float64)
        p_b = np.asarray(k_b, dtype=np.float64) / np.asarray(n_b, dtype=np.float64)
        low_scale, high_scale = high_b * (2 * p_b - high_b), low_b * (2 * p_b - low_b)
        product = p_a * p_b
        below = product**2 - low_a * (2 * p_a - low_a) * low_scale
        above = product**2 - high_a * (2 * p_a - high_a) * high_scale
        # The same root with the cancelling difference taken out of the numerator.
        low = low_a * (2 * p_a - low_a) / (product + np.sqrt(np.maximum(below, 0)))
        high = (product + np.sqrt(np.maximum(above, 0))) / high_scale
        low = np.where(p_a == 0, 0.0, np.maximum(low, 0.0))
        high = np.where(high_scale <= 0, np.inf, high)
    unknown = np.isnan(p_a) | np.isnan(p_b) | (p_b == 0)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def two_proportion_z(
    k_a: ArrayLike, n_a: ArrayLike, k_b: ArrayLike, n_b: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Two-sided z-test that two shares are equal, with the pooled standard error.

    Returns:
        z (positive when a is larger) and its p-value. NaN where a group is empty. When nobody or
        everybody in both groups counts, the shares are equal: z is 0 and p is 1.
    """
    ka, na, kb, nb = (np.asarray(v, dtype=np.float64) for v in (k_a, n_a, k_b, n_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (ka + kb) / (na + nb)
        error = np.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
        difference = ka / na - kb / nb
        z = np.where((error == 0) & (difference == 0), 0.0, difference / error)
    return z, 2 * ndtr(-np.abs(z))


def fisher_p(k_a: int, n_a: int, k_b: int, n_b: int) -> float:
    """Fisher's exact two-sided p-value that two shares are equal.

    The chance, with all totals fixed, of a table at most as likely as the one found. 1 when a
    group is empty.
    """
    total, selected = n_a + n_b, k_a + k_b
    k = np.arange(max(0, selected - n_b), min(n_a, selected) + 1)
    log_chance = (
        _log_choose(n_a, k)
        + _log_choose(n_b, selected - k)
        - _log_choose(total, np.asarray(selected))
    )
    found = log_chance[k_a - k[0]]
    rounding = 1e-7
    return float(min(1.0, np.exp(log_chance[log_chance <= found + rounding]).sum()))


def _log_choose(n: int, k: IntArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def holm(p_values: ArrayLike) -> FloatArray:
    """Holm's step-down adjusted p-values (Holm 1979); NaN stays NaN and is not counted.

    Args:
        p_values: (K,) p-values of the tests shown together.

    Returns:
        (K,) adjusted p-values, at most 1, in the order given.
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    defined = np.flatnonzero(~np.isnan(given))
    order = defined[np.argsort(given[defined], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * factors), 1.0)
    return adjusted
