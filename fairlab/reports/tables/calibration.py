"""What is known of scores as tables, on screen and for export."""

from collections.abc import Sequence

import pandas as pd

from fairlab.metrics import GroupCalibration, GroupRanking


def reliability_table(groups: Sequence[GroupCalibration]) -> pd.DataFrame:
    """One row per group and bin: people, mean score, share with the favourable outcome."""
    rows = [
        (group.group, b.n, b.mean_score, b.rate, b.lower, b.upper)
        for group in groups
        for b in group.bins
    ]
    columns = ["Group", "People", "Mean score", "Favourable outcome", "Lower", "Upper"]
    return pd.DataFrame(rows, columns=columns)


def scores_table(
    groups: Sequence[GroupCalibration], rankings: Sequence[GroupRanking]
) -> pd.DataFrame:
    """One row per group: calibration error with interval and noise floor, AUC, mean scores."""
    rows = [
        (
            c.group,
            c.n,
            c.error,
            c.error_lower,
            c.error_upper,
            c.error_by_chance,
            c.error_p_value,
            c.error_debiased,
            c.residual,
            r.auc,
            r.mean_score,
            r.mean_score_favourable,
            r.mean_score_unfavourable,
            c.why,
        )
        for c, r in zip(groups, rankings, strict=True)
    ]
    columns = [
        "Group",
        "People",
        "Calibration error",
        "Lower",
        "Upper",
        "By chance alone",
        "p",
        "Debiased",
        "Mean of outcome − score",
        "AUC",
        "Mean score",
        "Mean score, favourable",
        "Mean score, unfavourable",
        "Note",
    ]
    return pd.DataFrame(rows, columns=columns)


def brier_table(groups: Sequence[GroupCalibration]) -> pd.DataFrame:
    """One row per group: the Brier score and the parts that add up to it.

    Brier = uncertainty − resolution + reliability + within bins.
    """
    rows = []
    for g in groups:
        p = g.brier_parts
        parts: tuple[float | None, ...] = (None,) * 5
        if p is not None:
            within = p.within_variance - p.within_covariance
            parts = (p.uncertainty, p.resolution, p.reliability, within, p.reliability_corrected)
        rows.append((g.group, g.n, g.brier, g.brier_error, *parts))
    columns = [
        "Group",
        "People",
        "Brier score",
        "Standard error",
        "Uncertainty",
        "− Resolution",
        "+ Reliability",
        "+ Within bins",
        "Reliability without chance",
    ]
    return pd.DataFrame(rows, columns=columns)
