"""How much of the best worth among a family's points is luck, so that many points are no merit.

The best of many noisy figures is too high, the more so the more there are (the winner's curse).
Efron's bootstrap estimates by how much (Efron 1983; Harrell 2001): validation people are drawn
anew, the best point is picked anew, and what it has there beyond its own mean over all draws is
luck. Families are compared after that is subtracted.

Points are decided on the same people and share noise. How much, counts do not say; half of the
variance is taken to be shared.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from benchmarks.quality_picks import PRICE, Measured
from fairlab.outcomes import FloatArray

DRAWS = 100
SHARED = 0.5
# Means over a normal variable: nine nodes and their weights (Gauss and Hermite).
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def families(methods: Sequence[Measured]) -> list[tuple[int, ...]]:
    """Which methods' points are compared as one family: positions among those that have points.

    A method of several points is a family. Methods of one point together are one: each by itself
    would seem to be without luck, although there are several to choose from.
    """
    lone = tuple(i for i, m in enumerate(methods) if len(m) == 1)
    return [(i,) for i, m in enumerate(methods) if len(m) > 1] + ([lone] if lone else [])


@cache
def optimism(family: tuple[Measured, ...], limits: tuple[float, ...]) -> FloatArray:
    """(limits,) by how much the highest expected worth of some points is too high; 0 of one.

    Args:
        family: Points on the same validation people, of two groups each.
        limits: Largest gaps, as shares of 1.
    """
    rate, people = rates(np.concatenate([one.counts for one in family]))
    if len(rate) == 1:
        return np.zeros(len(limits))
    rng = np.random.default_rng([round(float(people[0].sum())), 41])
    common = rng.standard_normal((DRAWS, 1, 2, 2))
    own = rng.standard_normal((DRAWS, len(rate), 2, 2))
    noise = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.clip(rate + noise * np.sqrt(rate * (1 - rate) / people), 0, 1)
    worth = normal_worth(drawn, people, family[0].constraint, limits)
    picked = worth.argmax(axis=-1)[..., None]
    luck = np.take_along_axis(worth - worth.mean(axis=1, keepdims=True), picked, axis=-1)
    return np.asarray(luck[..., 0].mean(axis=-1))


def rates(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares selected and people, each (P, group, label 1 and 0), from counts (P, 2, 4)."""
    tp, fp, fn, tn = (counts[..., i] for i in range(4))
    people = np.stack([tp + fn, fp + tn], axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([tp, fp], axis=-1) / people, people


def normal_worth(
    rate: FloatArray, people: FloatArray, constraint: str, limits: Sequence[float]
) -> FloatArray:
    """(limits, ...) expected worth where differences between the groups' rates are normal.

    Args:
        rate: (..., P, group, label) shares selected.
        people: (P, group, label) how many they are of.
        constraint: ``equalized_odds`` or ``demographic_parity``.
        limits: Largest gaps, as shares of 1.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if constraint == "equalized_odds":
            variance = rate * (1 - rate) / people
            between = rate[..., 0, :] - rate[..., 1, :]
        else:
            members = people.sum(axis=-1)
            share = np.nansum(rate * people, axis=-1) / members
            variance = (share * (1 - share) / members)[..., None]
            between = (share[..., 0] - share[..., 1])[..., None]
    spread = np.sqrt(variance.sum(axis=-2))
    widths = np.abs(between[..., None] + spread[..., None] * _NODES)
    gap, weight = widths[..., 0, :], _WEIGHTS
    if between.shape[-1] == 2:
        gap = np.maximum(gap[..., :, None], widths[..., 1, None, :])
        gap, weight = gap.reshape(*gap.shape[:-2], -1), np.outer(_WEIGHTS, _WEIGHTS).ravel()
    gap = np.where(np.isnan(gap), 1.0, gap)  # undefined: beyond every limit
    right = np.nansum(np.stack([rate[..., 0], 1 - rate[..., 1]], axis=-1) * people, axis=(-1, -2))
    accuracy = right / people.sum(axis=(-1, -2))
    return np.stack([accuracy - PRICE * (np.clip(gap - k, 0, None) @ weight) for k in limits])
