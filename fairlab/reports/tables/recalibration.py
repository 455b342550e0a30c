"""Before and after recalibration as tables."""

from collections.abc import Sequence

import pandas as pd

from fairlab.language import tr
from fairlab.metrics.gap_names import gap_name, gap_title
from fairlab.sweeps.recalibrated import RecalibrationEffect


def gaps_table(effect: RecalibrationEffect) -> pd.DataFrame:
    """One row per gap: before, after, change with its paired interval."""
    rows = [
        (gap_title(g.gap), g.before, g.after, g.value, g.lower, g.upper, g.why)
        for g in effect.decisions.gaps
    ]
    columns = ["Gap", "Before", "After", "Change", "Lower", "Upper", "Note"]
    return pd.DataFrame(rows, columns=columns)


def groups_table(effect: RecalibrationEffect) -> pd.DataFrame:
    """One row per group: calibration error, Brier score, AUC and rates, before and after."""
    rows = []
    for g, before in enumerate(effect.before):
        after = effect.after[g]
        row = [before.group, before.error, after.error, before.brier, after.brier]
        row += [effect.ranking_before[g].auc, effect.ranking_after[g].auc]
        for name in ("selection_rate", "tpr", "fpr"):
            change = effect.decisions.rate(name, before.group)
            row += [change.before, change.after]
        rows.append(row)
    columns = ["Group"]
    for name in (
        tr("Calibration error"),
        tr("Brier score"),
        "AUC",
        tr("Selection rate"),
        "TPR",
        "FPR",
    ):
        columns += [tr("{name}, before", name=name), tr("{name}, after", name=name)]
    return pd.DataFrame(rows, columns=columns)


def curves_table(effect: RecalibrationEffect) -> pd.DataFrame:
    """One row per group, bin and time: people, mean score, share, interval."""
    rows = [
        (when, group.group, b.n, b.mean_score, b.rate, b.lower, b.upper)
        for when, groups in ((tr("before"), effect.before), (tr("after"), effect.after))
        for group in groups
        for b in group.bins
    ]
    columns = ["When", "Group", "People", "Mean score", "Favourable outcome", "Lower", "Upper"]
    return pd.DataFrame(rows, columns=columns)


def choices_table(effects: Sequence[tuple[str, RecalibrationEffect]]) -> pd.DataFrame:
    """Scores as they are, one curve, a curve per group: largest error and gaps side by side.

    Args:
        effects: Name and effect of each way to recalibrate, all from the same scores.
    """
    rows = []
    first = effects[0][1]
    gaps = [g.gap for g in first.decisions.gaps]
    rows.append(
        [
            tr("Scores as they are"),
            _largest(first.before),
            *(g.before for g in first.decisions.gaps),
        ]
    )
    for name, effect in effects:
        after = [effect.decisions.gap(gap).after for gap in gaps]
        rows.append([name, _largest(effect.after), *after])
    columns = ["Scores", "Largest calibration error", *(gap_name(gap) for gap in gaps)]
    return pd.DataFrame(rows, columns=columns)


def _largest(groups: Sequence[object]) -> float | None:
    errors = [e for e in (getattr(g, "error", None) for g in groups) if e is not None]
    return max(errors) if errors else None
