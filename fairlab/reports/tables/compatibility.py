"""The numbers behind the compatibility view."""

import pandas as pd

from fairlab.impossibility import CRITERIA, Compatibility, CompatibilityTable
from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.reports.sentences.compatibility import SHORT


def compatibility_frame(table: CompatibilityTable) -> pd.DataFrame:
    """Every set of criteria: proved bound, attained worst gap, accuracy of the rule."""
    return pd.DataFrame(
        [
            {
                "Equal in every group": " + ".join(SHORT[n] for n in one.criteria),
                "Criteria": one.label,
                "At least (proved), points": _points(one.lower),
                "Attained, points": _points(one.upper),
                "Accuracy of that rule, %": _points(one.accuracy),
                "Undefined because": one.why_undefined,
            }
            for one in table.entries
        ]
    )


def gaps_frame(entry: Compatibility) -> pd.DataFrame:
    """Every gap of the rule that attains an optimum, those asked for first."""
    asked = [CRITERIA[name].gap for name in entry.criteria]
    names = [*asked, *(name for name in entry.gaps if name not in asked)]
    return pd.DataFrame(
        {
            "Gap": [GAPS[name].label.removesuffix(tr(" difference")) for name in names],
            "Asked for": [tr("yes") if name in asked else "" for name in names],
            "Points": [_points(entry.gaps.get(name)) for name in names],
        }
    )


def _points(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 3) + 0.0
