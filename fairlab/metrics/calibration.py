"""Whether a score means the same in every group: reliability curves, errors, Brier scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from fairlab.metrics.brier import BrierParts, brier_parts
from fairlab.metrics.intervals import wilson
from fairlab.outcomes import FloatArray, GroupedOutcomes, IntArray

MOST_BINS = 10
SMALLEST_BIN = 20
FEWEST_BINS = 2
_DRAWS = 2000
# A score of exactly 0 or 1 is taken to leave this much chance, so that it can be contradicted.
LEAST_VARIANCE = 1e-6


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """People of one group with neighbouring scores.

    Attributes:
        n: People (or total weight).
        mean_score: Their mean score.
        rate: Share of them with the favourable outcome.
        lower, upper: Wilson interval of ``rate``.
        effective_n: People, or their effective number when weighted (Kish).
        variance: Variance of ``rate`` if the scores are the chances: smaller than that of one
            chance for all, the more scores differ within the bin.
    """

    n: float
    mean_score: float
    rate: float
    lower: float
    upper: float
    effective_n: float
    variance: float


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
        error_lower, error_upper: Interval of ``error``, from simulated outcomes around the shares
            found; reaches down by twice what chance adds, and to 0 where a calibrated score would
            show such an error.
        error_by_chance: Calibration error that a perfectly calibrated score would show on average
            with these people and bins: the noise floor of ``error``.
        error_by_chance_upper: What it would exceed in only 5 % of samples (at level 0.95).
        error_p_value: Share of calibrated scores whose error is at least ``error``.
        brier: Mean squared difference of score and outcome, [0, 1].
        brier_error: Standard error of ``brier``; None below two people.
        brier_parts: The Brier score taken apart on the same bins; None without bins.
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
    error_lower: float | None = None
    error_upper: float | None = None
    error_by_chance: float | None = None
    error_by_chance_upper: float | None = None
    error_p_value: float | None = None
    brier_error: float | None = None
    brier_parts: BrierParts | None = None


def scores_are_probabilities(outcomes: GroupedOutcomes) -> bool:
    """Whether every score lies in [0, 1], so that calibration has a meaning."""
    return bool(outcomes.score.min() >= 0 and outcomes.score.max() <= 1)


def calibration(
    outcomes: GroupedOutcomes, level: float = 0.95, seed: int = 0
) -> tuple[GroupCalibration, ...]:
    """Calibration of every group, in the order of ``group_names``.

    A group gets as many equal-mass bins of at least 20 people as it fills, at most 10; people
    with one score stay together. With fewer than 2 such bins it has "too few people".

    Args:
        outcomes: People with scores. Scores outside [0, 1] have no calibration: every group
            then says so.
        level: Confidence level of the intervals.
        seed: Of the simulations behind interval and noise floor of the calibration error.
    """
    meaningful = scores_are_probabilities(outcomes)
    return tuple(
        _group_calibration(outcomes, g, level, seed)
        if meaningful
        else _without_meaning(outcomes, g)
        for g in range(outcomes.n_groups)
    )


def calibration_gap(groups: tuple[GroupCalibration, ...]) -> float | None:
    """The largest calibration error of any group; None if no group has one."""
    errors = [group.error for group in groups if group.error is not None]
    return max(errors) if errors else None


def _without_meaning(outcomes: GroupedOutcomes, g: int) -> GroupCalibration:
    name, n = outcomes.group_names[g], int((outcomes.group == g).sum())
    why = "scores are not in 0 to 1" if n else f"no one in {name} is in the data"
    return GroupCalibration(name, n, (), None, None, None, None, None, why)


def _group_calibration(
    outcomes: GroupedOutcomes, g: int, level: float, seed: int
) -> GroupCalibration:
    inside = outcomes.group == g
    name, n = outcomes.group_names[g], int(inside.sum())
    if n == 0:
        return _without_meaning(outcomes, g)
    order = np.argsort(outcomes.score[inside], kind="stable")
    y = outcomes.y_true[inside].astype(np.float64)[order]
    score = outcomes.score[inside][order]
    weight = np.ones(n) if outcomes.weight is None else outcomes.weight[inside][order]
    squares = (y - score) ** 2
    common: dict[str, Any] = {
        "brier": float(np.average(squares, weights=weight)),
        "brier_error": _error_of_mean(squares, weight),
        "residual": float(np.average(y - score, weights=weight)),
        "residual_error": _error_of_mean(y - score, weight),
    }
    starts = equal_mass_starts(score, min(MOST_BINS, n // SMALLEST_BIN))
    if len(starts) < FEWEST_BINS:
        why = f"too few people or too few distinct scores in {name} ({n} people)"
        return GroupCalibration(name, n, (), None, None, **common, why=why)
    bins, spread = _binned(y, score, weight, starts, level)
    return GroupCalibration(
        name,
        n,
        bins,
        **common,
        **_errors(bins, spread, level, np.random.default_rng([seed, g])),
        brier_parts=brier_parts(y, score, starts, weight),
    )


def _error_of_mean(values: FloatArray, weight: FloatArray) -> float | None:
    """Standard error of a weighted mean; None below two people."""
    if len(values) < 2:
        return None
    around = weight * (values - np.average(values, weights=weight))
    return float(np.sqrt(np.sum(around**2)) / weight.sum())


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
) -> tuple[tuple[ReliabilityBin, ...], FloatArray]:
    """Bins of people sorted by score; and the variance of each bin's share if calibrated."""
    mass = np.add.reduceat(weight, starts)
    effective = mass**2 / np.add.reduceat(weight**2, starts)
    rate = np.clip(np.add.reduceat(weight * y, starts) / mass, 0, 1)
    mean_score = np.add.reduceat(weight * score, starts) / mass
    by_score = np.maximum(score * (1 - score), LEAST_VARIANCE)
    variance = np.add.reduceat(weight**2 * by_score, starts) / mass**2
    lower, upper = wilson(np.minimum(rate * effective, effective), effective, level)
    bins = tuple(
        ReliabilityBin(*(float(v) for v in values))
        for values in zip(mass, mean_score, rate, lower, upper, effective, variance, strict=True)
    )
    return bins, variance


def _errors(
    bins: tuple[ReliabilityBin, ...], variance: FloatArray, level: float, rng: np.random.Generator
) -> dict[str, Any]:
    """The calibration error, what chance adds to it, and what it would be if calibrated."""
    share = np.array([b.n for b in bins])
    share = share / share.sum()
    rate = np.array([b.rate for b in bins])
    mean_score = np.array([b.mean_score for b in bins])
    effective = np.array([b.effective_n for b in bins])
    error = float(share @ np.abs(rate - mean_score))
    folded = _mean_absolute_normal(rate - mean_score, np.sqrt(rate * (1 - rate) / effective))
    around = np.abs(simulated_shares(rate, effective, _DRAWS, rng) - mean_score) @ share
    lower, upper = np.quantile(around, [(1 - level) / 2, (1 + level) / 2])
    size = matched_size(mean_score, variance)
    chance = np.abs(simulated_shares(mean_score, size, _DRAWS, rng) - mean_score) @ share
    p_value = float((1 + np.sum(chance >= error - 1e-12)) / (1 + _DRAWS))
    lower -= 2 * max(around.mean() - error, 0.0)
    return {
        "error": error,
        "error_debiased": max(0.0, 2 * error - float(share @ folded)),
        "error_lower": 0.0 if p_value > 1 - level else float(min(error, max(0.0, lower))),
        "error_upper": float(max(error, upper)),
        "error_by_chance": float(chance.mean()),
        "error_by_chance_upper": float(np.quantile(chance, level)),
        "error_p_value": p_value,
    }


def matched_size(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """The n for which a share of n people with chance ``mean`` has this variance.

    It is at least the (effective) number of people: scores that differ within a bin leave less
    to chance than one score for all.
    """
    return np.maximum(mean * (1 - mean), LEAST_VARIANCE) / variance


def simulated_shares(
    mean: FloatArray, size: FloatArray, draws: int, rng: np.random.Generator
) -> FloatArray:
    """(draws, K) binomial shares of about ``size`` people with chances ``mean``."""
    n = np.maximum(np.rint(size), 1).astype(np.int64)
    return np.asarray(rng.binomial(n, np.clip(mean, 0, 1), (draws, len(n))) / n)


def _mean_absolute_normal(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """E|X| of normal X (folded normal); |mean| where the deviation is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = mean / deviation
        folded = deviation * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + mean * (
            1 - 2 * ndtr(-ratio)
        )
    return np.where(deviation > 0, folded, np.abs(mean))
