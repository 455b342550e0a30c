"""Inequality of benefits between people, and how much of it lies between groups.

Benefit is ``decision − outcome + 1``: 0 for a favourable outcome refused, 1 for an agreeing
decision, 2 for an unfavourable outcome selected (Speicher et al. 2018).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

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
