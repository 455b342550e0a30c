"""Whether a score means the same in every group: reliability curves, errors, Brier scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from fairlab.metrics.intervals import wilson
from fairlab.outcomes import FloatArray, GroupedOutcomes, IntArray

MOST_BINS = 10
SMALLEST_BIN = 20
FEWEST_BINS = 2


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """People of one group with neighbouring scores.

    Attributes:
        n: People (or total weight).
        mean_score: Their mean score.
        rate: Share of them with the favourable outcome.
        lower, upper: Wilson interval of ``rate``.
        effective_n: People, or their effective number when weighted (Kish).
    """

    n: float
    mean_score: float
    rate: float
    lower: float
    upper: float
    effective_n: float


@dataclass(frozen=True, slots=True)
class GroupCalibration:
    """Calibration of one group. None means it cannot be said; ``why`` says why.

    Attributes:
        group: Its name.
        n: People in it (rows, not weights).
        bins: Reliability curve on equal-mass bins; () with too few people.
        error: Expected calibration error in [0, 1]: mean over people of |rate − mean score| of
            their bin. Too large for few people, because chance alone separates the two.
        error_debiased: The same minus an estimate of what chance adds (Kumar, Liang, Ma 2019,
            normal approximation), at least 0. Some upward bias remains.
        brier: Mean squared difference of score and outcome, [0, 1].
        residual: Mean of outcome − score; positive when scores are too low. None if empty.
        residual_error: Standard error of ``residual``.
        why: Why bins and errors are missing; "" when they are not.
    """

    group: str
    n: int
    bins: tuple[ReliabilityBin, ...]
    error: float | None
    error_debiased: float | None
    brier: float | None
    residual: float | None
    residual_error: float | None
    why: str = ""


def scores_are_probabilities(outcomes: GroupedOutcomes) -> bool:
    """Whether every score lies in [0, 1], so that calibration has a meaning."""
    return bool(outcomes.score.min() >= 0 and outcomes.score.max() <= 1)


def calibration(outcomes: GroupedOutcomes, level: float = 0.95) -> tuple[GroupCalibration, ...]:
    """Calibration of every group, in the order of ``group_names``.

    A group gets as many equal-mass bins of at least 20 people as it fills, at most 10; people
    with one score stay together. With fewer than 2 such bins it has "too few people".

    Args:
        outcomes: People with scores. Scores outside [0, 1] have no calibration: every group
            then says so.
        level: Confidence level of the intervals of bins.
    """
    meaningful = scores_are_probabilities(outcomes)
    return tuple(
        _group_calibration(outcomes, g, meaningful, level) for g in range(outcomes.n_groups)
    )


def calibration_gap(groups: tuple[GroupCalibration, ...]) -> float | None:
    """The largest calibration error of any group; None if no group has one."""
    errors = [group.error for group in groups if group.error is not None]
    return max(errors) if errors else None


def _group_calibration(
    outcomes: GroupedOutcomes, g: int, meaningful: bool, level: float
) -> GroupCalibration:
    inside = outcomes.group == g
    name, n = outcomes.group_names[g], int(inside.sum())
    if n == 0 or not meaningful:
        why = f"no one in {name} is in the data" if n == 0 else "scores are not in 0 to 1"
        return GroupCalibration(name, n, (), None, None, None, None, None, why)
    y, score = outcomes.y_true[inside].astype(np.float64), outcomes.score[inside]
    weight = np.ones(n) if outcomes.weight is None else outcomes.weight[inside]
    residual = np.average(y - score, weights=weight)
    residual_error = np.sqrt(np.sum((weight * (y - score - residual)) ** 2)) / weight.sum()
    starts = equal_mass_starts(np.sort(score), min(MOST_BINS, n // SMALLEST_BIN))
    common: dict[str, Any] = {
        "brier": float(np.average((y - score) ** 2, weights=weight)),
        "residual": float(residual),
        "residual_error": float(residual_error) if n > 1 else None,
    }
    if len(starts) < FEWEST_BINS:
        why = f"too few people or too few distinct scores in {name} ({n} people)"
        return GroupCalibration(name, n, (), None, None, **common, why=why)
    bins, error, debiased = _binned(y, score, weight, starts, level)
    return GroupCalibration(name, n, bins, error, debiased, **common)


def equal_mass_starts(score: FloatArray, bins: int) -> IntArray:
    """Where bins of about equally many people start in sorted scores; ties stay in one bin.

    Bins that ties leave with fewer than 20 people are joined to their neighbour.
    """
    if bins < 1:
        return np.zeros(0, dtype=np.int64)
    wanted = score[(np.arange(1, bins) * len(score)) // bins]
    starts = np.unique(np.concatenate([[0], np.searchsorted(score, wanted, side="left")]))
    kept = [0]
    for start in starts[1:]:
        if start - kept[-1] >= SMALLEST_BIN:
            kept.append(int(start))
    if len(kept) > 1 and len(score) - kept[-1] < SMALLEST_BIN:
        kept.pop()
    return np.array(kept, dtype=np.int64)


def _binned(
    y: FloatArray, score: FloatArray, weight: FloatArray, starts: IntArray, level: float
) -> tuple[tuple[ReliabilityBin, ...], float, float]:
    order = np.argsort(score, kind="stable")
    y, score, weight = y[order], score[order], weight[order]
    mass = np.add.reduceat(weight, starts)
    effective = mass**2 / np.add.reduceat(weight**2, starts)
    rate = np.clip(np.add.reduceat(weight * y, starts) / mass, 0, 1)
    mean_score = np.add.reduceat(weight * score, starts) / mass
    lower, upper = wilson(np.minimum(rate * effective, effective), effective, level)
    distance, spread = rate - mean_score, np.sqrt(rate * (1 - rate) / effective)
    by_chance = _mean_absolute_normal(distance, spread)
    share = mass / mass.sum()
    error = float(share @ np.abs(distance))
    debiased = max(0.0, error - float(share @ (by_chance - np.abs(distance))))
    bins = tuple(
        ReliabilityBin(*(float(v) for v in values))
        for values in zip(mass, mean_score, rate, lower, upper, effective, strict=True)
    )
    return bins, error, debiased


def _mean_absolute_normal(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """E|X| of normal X (folded normal); |mean| where the deviation is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = mean / deviation
        folded = deviation * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + mean * (
            1 - 2 * ndtr(-ratio)
        )
    return np.where(deviation > 0, folded, np.abs(mean))
