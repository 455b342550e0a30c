"""The Cochran–Mantel–Haenszel test: does a rate differ between groups, given a stratum?

Exact moments of the counts with every stratum's totals fixed (Mantel and Haenszel 1959; for more
than two groups the generalised statistic of Mantel 1963, Agresti, Categorical Data Analysis 8.4.3).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc

from fairlab.errors import InputError
from fairlab.metrics.gaps import optional
from fairlab.metrics.rates import Rate
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class StratifiedTest:
    """Test that a rate does not depend on the group within any stratum. None is undefined.

    It adds differences up over strata, so it looks for one that points the same way in most of
    them; differences of opposite sign can cancel.

    Attributes:
        rate: Name in ``RATES``.
        statistic: Chi-squared, without continuity correction.
        freedom: Its degrees of freedom: groups that can be compared, less one.
        p_value: Of a chi-squared distribution.
        odds_ratio: Mantel–Haenszel's common odds ratio of the first against the second group, for
            exactly two groups; None when no stratum has both kinds of people in the other group.
        strata: How many strata say something: two groups at least, and both kinds of people.
    """

    rate: str
    statistic: float | None
    freedom: int
    p_value: float | None
    odds_ratio: float | None
    strata: int


def stratified_test(rate: Rate, counts: Counts) -> StratifiedTest:
    """Cochran–Mantel–Haenszel over strata, for any number of groups.

    Args:
        rate: A share.
        counts: Whole-number counts with fields of shape (S, G).

    Raises:
        InputError: For weighted counts or a rate that is no share.
    """
    if not rate.share or counts.tp.dtype.kind not in "iu":
        raise InputError(
            f"{rate.label} of {counts.tp.dtype} counts cannot be tested this way: the test counts "
            "whole people of whom a share is taken. Use the permutation p-value."
        )
    k = np.asarray(rate.numerator(counts), dtype=np.float64)
    n = np.asarray(rate.denominator(counts), dtype=np.float64)
    people, chosen = n.sum(axis=-1), k.sum(axis=-1)
    telling = (chosen > 0) & (chosen < people) & ((n > 0).sum(axis=-1) > 1)
    k, n, people, chosen = k[telling], n[telling], people[telling], chosen[telling]
    difference = (k - n * (chosen / people)[:, None]).sum(axis=0)
    covariance = _covariance(n, people, chosen)
    compared = np.flatnonzero(np.diag(covariance) > 0)
    freedom = int(np.linalg.matrix_rank(covariance)) if len(compared) else 0
    statistic = float("nan")
    if freedom > 0:
        statistic = float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference)
    p_value = float(gammaincc(freedom / 2, statistic / 2)) if freedom > 0 else float("nan")
    odds = _odds_ratio(k, n, people) if k.shape[-1] == 2 and freedom else float("nan")
    return StratifiedTest(
        rate.name,
        optional(statistic),
        freedom,
        optional(p_value),
        optional(odds),
        int(telling.sum()),
    )


def _covariance(n: FloatArray, people: FloatArray, chosen: FloatArray) -> FloatArray:
    """(G, G) of the multivariate hypergeometric counts, summed over strata."""
    share = n / people[:, None]
    scale = chosen * (people - chosen) / (people - 1)
    spread = (scale[:, None] * share).sum(axis=0)
    return np.asarray(np.diag(spread) - np.einsum("s,sg,sh->gh", scale, share, share))


def _odds_ratio(k: FloatArray, n: FloatArray, people: FloatArray) -> float:
    above = (k[:, 0] * (n - k)[:, 1] / people).sum()
    below = (k[:, 1] * (n - k)[:, 0] / people).sum()
    return float(above / below) if below > 0 else float("nan")
