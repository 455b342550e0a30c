"""Three ways to read the chances of a model that draws its decisions, as a table."""

import pandas as pd

from fairlab.language import later, told, tr
from fairlab.results import SweepResult
from fairlab.sweeps.drawn import drawn_decisions

_WAYS = told(
    {
        "expected": later("Averaged over all draws"),
        "drawn": later("The draw shown here"),
        "thresholded": later("Selecting at a chance of one half (another rule)"),
    }
)
_SPLITS = told(
    {"train": later("Training"), "validation": later("Validation"), "test": later("Test")}
)


def drawn_table(result: SweepResult, index: int) -> pd.DataFrame:
    """One row per split and way to decide: accuracy and the constraint's gap, rounded."""
    rows = []
    for split in result.splits:
        found = drawn_decisions(result, index, split)
        for way, words in _WAYS.items():
            one = getattr(found, way)
            rows.append(
                {
                    "People": _SPLITS.get(split, split),
                    "Decided by": words,
                    "Accuracy, %": _tenth(one.accuracy),
                    "Gap, points": _tenth(one.gap),
                }
            )
    return pd.DataFrame(rows)


def _tenth(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f}", value=100 * value)
