"""What is known of scores as tables, on screen and for export."""

import pandas as pd

from fairlab.metrics import Audit


def reliability_table(result: Audit) -> pd.DataFrame:
    """One row per group and bin: people, mean score, share with the favourable outcome."""
    rows = [
        (group.group, b.n, b.mean_score, b.rate, b.lower, b.upper)
        for group in result.calibration
        for b in group.bins
    ]
    columns = ["Group", "People", "Mean score", "Favourable outcome", "Lower", "Upper"]
    return pd.DataFrame(rows, columns=columns)


def scores_table(result: Audit) -> pd.DataFrame:
    """One row per group: calibration error, Brier score, AUC, mean scores by outcome."""
    rows = [
        (
            c.group,
            c.n,
            c.error,
            c.error_debiased,
            c.brier,
            c.residual,
            r.auc,
            r.mean_score,
            r.mean_score_favourable,
            r.mean_score_unfavourable,
            c.why,
        )
        for c, r in zip(result.calibration, result.ranking, strict=True)
    ]
    columns = [
        "Group",
        "People",
        "Calibration error",
        "Calibration error, debiased",
        "Brier score",
        "Mean of outcome − score",
        "AUC",
        "Mean score",
        "Mean score, favourable",
        "Mean score, unfavourable",
        "Note",
    ]
    return pd.DataFrame(rows, columns=columns)
