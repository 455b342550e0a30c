"""Gaps between groups that need the scores themselves, not only decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.language import told_fields
from fairlab.metrics.calibration import GroupCalibration, matched_size, simulated_shares
from fairlab.metrics.gaps import optional
from fairlab.metrics.ranking import GroupRanking
from fairlab.metrics.resampling import p_value_of_draws, percentile_interval
from fairlab.outcomes import FloatArray


@told_fields("label", "definition")
@dataclass(frozen=True, slots=True)
class ScoreGap:
    """One gap of scores. None is undefined.

    Attributes:
        name: ``auc_difference``, ``mean_score_difference``, ``mean_residual_difference``,
            ``calibration_gap`` or ``brier_difference``.
        label, definition: In words.
        value: Unsigned.
        lower, upper: Percentile interval of simulated groups: normal around each group's value
            with its standard error; for calibration, binomial in each bin.
        highest, lowest: Groups that set it; a calibration gap is set by one group alone.
        left_out: Groups without a value.
        p_value: Chance of so large a gap if groups did not differ (for calibration: if every group
            were calibrated), from the same simulation; None where there is no interval.
    """

    name: str
    label: str
    definition: str
    value: float | None
    lower: float | None
    upper: float | None
    highest: str | None
    lowest: str | None
    left_out: tuple[str, ...]
    p_value: float | None = None


def score_gaps(
    calibrations: Sequence[GroupCalibration],
    rankings: Sequence[GroupRanking],
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Mapping[str, ScoreGap]:
    """All gaps of scores, by name.

    Args:
        calibrations, rankings: Of the same groups in the same order.
        draws, seed, level: For the intervals.
    """
    rng = np.random.default_rng(seed)
    names = [ranking.group for ranking in rankings]
    found = (
        _range(
            "auc_difference",
            "AUC difference",
            "Highest minus lowest area under the ROC curve: how well scores rank people of a "
            "group.",
            names,
            [r.auc for r in rankings],
            [r.auc_error for r in rankings],
            (draws, rng, level),
        ),
        _range(
            "mean_score_difference",
            "Mean score difference",
            "Highest minus lowest mean score.",
            names,
            [r.mean_score for r in rankings],
            [r.mean_score_error for r in rankings],
            (draws, rng, level),
        ),
        _range(
            "mean_residual_difference",
            "Mean residual difference of scores",
            "Highest minus lowest mean of outcome − score: by how much scores are too low.",
            names,
            [c.residual for c in calibrations],
            [c.residual_error for c in calibrations],
            (draws, rng, level),
        ),
        _calibration_gap(calibrations, draws, rng, level),
        _range(
            "brier_difference",
            "Brier score difference",
            "Highest minus lowest Brier score. Groups with base rates near one half have higher "
            "ones, whatever the score.",
            names,
            [c.brier for c in calibrations],
            [c.brier_error for c in calibrations],
            (draws, rng, level),
        ),
    )
    return {gap.name: gap for gap in found}


def _range(
    name: str,
    label: str,
    definition: str,
    groups: Sequence[str],
    values: Sequence[float | None],
    errors: Sequence[float | None],
    chance: tuple[int, np.random.Generator, float],
) -> ScoreGap:
    value, error = _numbers(values), _numbers(errors)
    defined = np.flatnonzero(~np.isnan(value))
    left_out = tuple(groups[int(g)] for g in np.flatnonzero(np.isnan(value)))
    if len(defined) < 2:
        return ScoreGap(name, label, definition, None, None, None, None, None, left_out)
    high = int(defined[np.argmax(value[defined])])
    low = int(defined[np.argmin(value[defined])])
    draws, rng, level = chance
    simulated = rng.normal(value[defined], np.nan_to_num(error[defined]), (draws, len(defined)))
    # Perfectly ranked or equal scores of few people have no spread to learn from.
    known = not np.isnan(error[defined]).any() and bool((error[defined] > 0).all())
    spread = np.ptp(simulated, axis=1)
    gap = float(value[high] - value[low])
    lower, upper = _reaching_down(gap, spread, level)
    # Groups that do not differ would be this far apart often enough: 0 belongs to the interval.
    p_value = p_value_of_draws(gap, np.ptp(simulated - value[defined], axis=1))
    if p_value > 1 - level:
        lower = 0.0
    return ScoreGap(
        name,
        label,
        definition,
        gap,
        optional(lower) if known else None,
        optional(upper) if known else None,
        groups[high],
        groups[low],
        left_out,
        p_value if known else None,
    )


def _calibration_gap(
    groups: Sequence[GroupCalibration], draws: int, rng: np.random.Generator, level: float
) -> ScoreGap:
    name, label = "calibration_gap", "Calibration gap"
    definition = "Largest calibration error of any group. Chance alone makes it positive."
    left_out = tuple(g.group for g in groups if g.error is None)
    defined = [g for g in groups if g.error is not None]
    if not defined:
        return ScoreGap(name, label, definition, None, None, None, None, None, left_out)
    errors = _numbers([g.error for g in defined])
    simulated = np.stack([_simulated_errors(g, draws, rng) for g in defined], axis=1)
    lower, upper = _reaching_down(float(errors.max()), simulated.max(axis=1), level)
    # Calibrated scores would err by this much often enough: 0 belongs to the interval.
    calibrated = np.stack([_calibrated_errors(g, draws, rng) for g in defined], axis=1)
    p_value = p_value_of_draws(float(errors.max()), calibrated.max(axis=1))
    if p_value > 1 - level:
        lower = 0.0
    return ScoreGap(
        name,
        label,
        definition,
        float(errors.max()),
        optional(lower),
        optional(upper),
        defined[int(np.argmax(errors))].group,
        None,
        left_out,
        p_value,
    )


def _reaching_down(value: float, draws: FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval whose lower end is moved by twice the bias of the draws, at least 0.

    Noise widens every spread, simulated ones once more: without this the interval can lie above
    the value itself.
    """
    lower, upper = percentile_interval(draws, level)
    return max(0.0, lower - 2 * max(float(np.mean(draws)) - value, 0.0)), upper


def _simulated_errors(group: GroupCalibration, draws: int, rng: np.random.Generator) -> FloatArray:
    """Calibration errors if the shares found in the bins were the true ones."""
    size = np.array([b.effective_n for b in group.bins])
    return _errors_of(group, np.array([b.rate for b in group.bins]), size, draws, rng)


def _calibrated_errors(group: GroupCalibration, draws: int, rng: np.random.Generator) -> FloatArray:
    """Calibration errors if every score were the chance of the outcome."""
    mean_score = np.array([b.mean_score for b in group.bins])
    size = matched_size(mean_score, np.array([b.variance for b in group.bins]))
    return _errors_of(group, mean_score, size, draws, rng)


def _errors_of(
    group: GroupCalibration,
    share: FloatArray,
    size: FloatArray,
    draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    n = np.array([b.n for b in group.bins])
    mean_score = np.array([b.mean_score for b in group.bins])
    simulated = simulated_shares(share, size, draws, rng)
    return np.asarray(np.abs(simulated - mean_score) @ (n / n.sum()))


def _numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
