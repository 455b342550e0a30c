"""The numbers behind each view of what conflicts."""

import numpy as np
import pandas as pd

from fairlab.impossibility import BalanceTable, DialCourse, IdentityTable, ParityTable
from fairlab.language import tr
from fairlab.metrics import GAPS


def identity_frame(table: IdentityTable) -> pd.DataFrame:
    """Both sides of the identity per group; empty cells are undefined."""
    return pd.DataFrame(
        {
            "Group": [r.group for r in table.rows],
            "People": [r.n for r in table.rows],
            "Base rate, %": _percent([r.base_rate for r in table.rows]),
            "Base-rate odds": _numbers([r.odds for r in table.rows]),
            "PPV, %": _percent([r.ppv for r in table.rows]),
            "TPR, %": _percent([r.tpr for r in table.rows]),
            "FPR, %": _percent([r.fpr for r in table.rows]),
            "p/(1−p) · (1−PPV)/PPV · TPR, %": _percent([r.product for r in table.rows]),
            "Equal": [
                tr("undefined") if r.holds is None else tr("exactly") if r.holds else tr("no")
                for r in table.rows
            ],
            "FPR forced by common PPV and TPR, %": _percent([r.forced_fpr for r in table.rows]),
        }
    )


def parity_frame(table: ParityTable) -> pd.DataFrame:
    """Selection rates taken apart per group; empty cells are undefined."""
    return pd.DataFrame(
        {
            "Group": [r.group for r in table.rows],
            "Base rate p, %": _percent([r.base_rate for r in table.rows]),
            "TPR, %": _percent([r.tpr for r in table.rows]),
            "FPR, %": _percent([r.fpr for r in table.rows]),
            "p · TPR, points": _percent([r.from_favourable for r in table.rows]),
            "(1−p) · FPR, points": _percent([r.from_unfavourable for r in table.rows]),
            "Selection rate, %": _percent([r.selection_rate for r in table.rows]),
            "Selection rate under equalized odds, %": _percent(
                [r.under_common_odds for r in table.rows]
            ),
        }
    )


def balance_frame(table: BalanceTable) -> pd.DataFrame:
    """Mean scores per group and outcome; empty cells are undefined."""
    return pd.DataFrame(
        {
            "Group": [r.group for r in table.rows],
            "People": [r.n for r in table.rows],
            "Base rate": _numbers([r.base_rate for r in table.rows]),
            "Mean score": _numbers([r.mean_score for r in table.rows]),
            "Mean score, favourable outcome": _numbers([r.mean_favourable for r in table.rows]),
            "Mean score, unfavourable outcome": _numbers([r.mean_unfavourable for r in table.rows]),
            "Favourable mean forced by calibration and balance": _numbers(
                [r.forced_favourable for r in table.rows]
            ),
            "Unfavourable mean forced by calibration and balance": _numbers(
                [r.forced_unfavourable for r in table.rows]
            ),
        }
    )


def dial_frame(course: DialCourse) -> pd.DataFrame:
    """Base rates, forced and measured gaps along the dial; empty cells are undefined."""
    table: dict[str, object] = {"Dial, %": np.round(100 * course.dials, 4)}
    for g, name in enumerate(course.group_names):
        table[f"Base rate of {name}, %"] = np.round(100 * course.base_rates[:, g], 4)
    table["Parity gap forced by equalized odds, points"] = np.round(100 * course.forced_parity, 4)
    table["FPR gap forced by equal PPV and TPR, points"] = np.round(100 * course.forced_fpr, 4)
    for name, values in course.measured.items():
        label = GAPS[name].label.removesuffix(tr(" difference"))
        table[f"{label} as it is, points"] = np.round(100 * values, 4)
    return pd.DataFrame(table)


def _percent(values: list[float | None]) -> list[float | None]:
    return [None if v is None else round(100 * v, 4) for v in values]


def _numbers(values: list[float | None]) -> list[float | None]:
    return [None if v is None else round(v, 6) for v in values]
