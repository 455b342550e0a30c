"""What recalibrating scores changes: calibration, ranking, and every gap of the decisions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.metrics import (
    GroupCalibration,
    GroupRanking,
    calibration,
    cross_fit_recalibration,
    fit_recalibration,
    ranking,
)
from fairlab.metrics.score_maps import Method
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.sweeps.change_records import ModelComparison
from fairlab.sweeps.changes import compare_models

EFFECT_RATES = ("selection_rate", "tpr", "fpr", "ppv")
EFFECT_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "predictive_parity_difference",
)


@dataclass(frozen=True, slots=True, eq=False)
class Recalibrated:
    """People with recalibrated scores, and how they came by them.

    Attributes:
        outcomes: The people, with recalibrated scores.
        method, per_group: As asked for.
        uses_attribute_when_deciding: Whether a score needs the person's group.
        fitted_on: People the curves were fitted on; None when cross-fitted on one another.
        notes: In sentences.
    """

    outcomes: GroupedOutcomes
    method: Method
    per_group: bool
    uses_attribute_when_deciding: bool
    fitted_on: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RecalibrationEffect:
    """Before and after on the same people.

    Attributes:
        before, after: Calibration per group, in one order. Before has no errors when the scores
            were no probabilities.
        ranking_before, ranking_after: Ranking per group. Platt's curve leaves the AUC within a
            group as it is, an isotonic one adds ties, and curves per group change the order of
            people of different groups.
        base_rates: Share with the favourable outcome per group, None for empty groups.
        decisions: Rates and gaps at the two thresholds, paired.
        threshold_before, threshold_after: Selected iff score >= threshold.
    """

    before: tuple[GroupCalibration, ...]
    after: tuple[GroupCalibration, ...]
    ranking_before: tuple[GroupRanking, ...]
    ranking_after: tuple[GroupRanking, ...]
    base_rates: tuple[float | None, ...]
    decisions: ModelComparison
    threshold_before: float
    threshold_after: float

    def to_frame(self) -> pd.DataFrame:
        """One row per number: errors and ranking per group, then rates and gaps. NaN undefined."""
        rows: list[tuple[object, ...]] = []
        for b, a, rb, ra in zip(
            self.before, self.after, self.ranking_before, self.ranking_after, strict=True
        ):
            for name, first, second in (
                ("calibration_error", b.error, a.error),
                ("brier", b.brier, a.brier),
                ("residual", b.residual, a.residual),
                ("auc", rb.auc, ra.auc),
            ):
                change = None if first is None or second is None else second - first
                rows.append(("score", name, b.group, first, second, change, None, None))
        for r in self.decisions.rates:
            numbers = (r.before, r.after, r.value, r.lower, r.upper)
            rows.append(("rate", r.rate, r.group, *numbers))
        for g in self.decisions.gaps:
            rows.append(("gap", g.gap, "", g.before, g.after, g.value, g.lower, g.upper))
        columns = ["kind", "name", "group", "before", "after", "change", "lower", "upper"]
        return pd.DataFrame(rows, columns=columns)


def recalibrate(
    people: GroupedOutcomes,
    fit_on: GroupedOutcomes | None,
    method: Method = "isotonic",
    *,
    per_group: bool = True,
    folds: int = 5,
    seed: int = 0,
) -> Recalibrated:
    """Recalibrate people by curves fitted on others, or on one another where there are none.

    Args:
        people: To be recalibrated; their outcomes are used only when ``fit_on`` is None, and then
            never a person's own for her own score.
        fit_on: Other people, for example validation people, in groups of the same names.
        method, per_group, folds, seed: As :func:`fairlab.metrics.cross_fit_recalibration`.

    Raises:
        InputError: As :func:`fairlab.metrics.fit_recalibration`.
    """
    if fit_on is None:
        crossed = cross_fit_recalibration(
            people, method, per_group=per_group, folds=folds, seed=seed
        )
        uses = crossed.uses_attribute_when_deciding
        return Recalibrated(crossed.outcomes, method, per_group, uses, None, crossed.notes)
    fit = fit_recalibration(fit_on, method, per_group=per_group)
    return Recalibrated(
        fit.to_outcomes(people),
        method,
        per_group,
        fit.uses_attribute_when_deciding,
        fit_on.n,
        fit.notes,
    )


def recalibration_effect(
    before: GroupedOutcomes,
    after: GroupedOutcomes,
    *,
    threshold_before: float = 0.5,
    threshold_after: float | None = None,
    rates: Sequence[str] = EFFECT_RATES,
    gaps: Sequence[str] = EFFECT_GAPS,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> RecalibrationEffect:
    """Every number before and after, changes with intervals that know the people are the same.

    Args:
        before, after: The same people in the same order and groups; only scores differ.
        threshold_before: For the scores as they were.
        threshold_after: For recalibrated scores; None is the same number.
        rates, gaps, draws, seed, level: As :func:`fairlab.sweeps.compare_models`.

    Raises:
        InputError: As :func:`fairlab.sweeps.compare_models`.
    """
    second = threshold_before if threshold_after is None else threshold_after
    n = np.bincount(before.group, before.weight, minlength=before.n_groups)
    w = before.y_true if before.weight is None else before.y_true * before.weight
    favourable = np.bincount(before.group, w, minlength=before.n_groups)
    return RecalibrationEffect(
        before=calibration(before, level),
        after=calibration(after, level),
        ranking_before=ranking(before),
        ranking_after=ranking(after),
        base_rates=tuple(
            float(k / m) if m > 0 else None for k, m in zip(favourable, n, strict=True)
        ),
        decisions=compare_models(
            before,
            after,
            threshold_before=threshold_before,
            threshold_after=second,
            rates=rates,
            gaps=gaps,
            draws=draws,
            seed=seed,
            level=level,
        ),
        threshold_before=threshold_before,
        threshold_after=second,
    )


def threshold_selecting(score: FloatArray, share: float, weight: FloatArray | None = None) -> float:
    """The score at which about this share of people is selected.

    Among all distinct scores, the one whose selected share is nearest to ``share``; the higher one
    of two that are equally near. +inf for a share nearer to nobody than to the highest score.

    Args:
        score: (n,) finite, n ≥ 1.
        share: In [0, 1].
        weight: (n,) positive, or None.
    """
    order = np.argsort(-score, kind="stable")
    w = np.ones(len(score)) if weight is None else weight[order]
    falling = score[order]
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    selected = np.concatenate([[0.0], np.cumsum(w)[last] / w.sum()])
    thresholds = np.concatenate([[np.inf], falling[last]])
    return float(thresholds[np.argmin(np.abs(selected - share))])
