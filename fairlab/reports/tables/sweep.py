"""A sweep as tables: a thinned one to read, and a finer one to take away."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlab.language import in_english, tr
from fairlab.metrics import GAPS, RATES
from fairlab.metrics.suppression import withheld
from fairlab.outcomes import Counts
from fairlab.sweeps import ThresholdSweep

ROWS = 101


def sweep_table(
    sweep: ThresholdSweep, gaps: Sequence[str], rows: int = ROWS, *, risk: bool = False
) -> pd.DataFrame:
    """Exact values at up to ``rows`` of the thresholds, in percent and points.

    Empty cells are undefined. The last row, an infinite threshold, selects nobody.

    Args:
        risk: Scores are minus a risk; thresholds are then written as the risk.
    """
    thin = sweep.downsample(rows)
    table = {"Threshold": 0.0 - thin.thresholds if risk else thin.thresholds}
    everyone = thin.counts.overall()
    table["Selected, %"] = 100 * RATES["selection_rate"](everyone)[:, 0]
    table["Accuracy, %"] = 100 * RATES["accuracy"](everyone)[:, 0]
    for name in gaps:
        label = GAPS[name].label.removesuffix(tr(" difference"))
        table[f"{label}, points"] = 100 * GAPS[name](thin.counts)
    return pd.DataFrame(table).round(4)


@in_english
def sweep_csv(
    sweep: ThresholdSweep, gaps: Sequence[str], smallest: int = 10, *, risk: bool = False
) -> bytes:
    """Accuracy and gaps by threshold, as UTF-8 CSV with shares in [0, 1].

    At least ``smallest`` decisions change from one row to the next: the difference of two rows
    that differ by one person would tell that person's score and label. Counts per group are left
    out for the same reason, gaps where they rest on a cell of fewer people (or less weight) in a
    group, and accuracy where everyone's cells are as small.
    """
    rows = _far_apart(sweep, smallest)
    counts = Counts(
        sweep.counts.tp[rows],
        sweep.counts.fp[rows],
        sweep.counts.fn[rows],
        sweep.counts.tn[rows],
        sweep.counts.group_names,
    )
    everyone = counts.overall()
    hidden = [withheld(_at(counts, row), smallest) for row in range(len(rows))]
    few = np.array([bool(withheld(_at(everyone, row), smallest).names) for row in range(len(rows))])
    table = {
        "threshold": (0.0 - sweep.thresholds if risk else sweep.thresholds)[rows],
        "selection_rate": RATES["selection_rate"](everyone)[:, 0],
        "accuracy": np.where(few, np.nan, RATES["accuracy"](everyone)[:, 0]),
    }
    for name in gaps:
        kept = [gone.keeps(GAPS[name]) for gone in hidden]
        table[name] = np.where(kept, GAPS[name](counts), np.nan)
    return pd.DataFrame(table).to_csv(index=False).encode()


def _at(counts: Counts, row: int) -> Counts:
    tp, fp, fn, tn = counts.tp[row], counts.fp[row], counts.fn[row], counts.tn[row]
    return Counts(tp, fp, fn, tn, counts.group_names)


def _far_apart(sweep: ThresholdSweep, smallest: int) -> list[int]:
    """Rows between which at least so many people (or so much weight) change sides."""
    selected = (sweep.counts.tp + sweep.counts.fp).sum(axis=-1)
    kept = [0]
    for row, left in enumerate(selected):
        if selected[kept[-1]] - left >= smallest:
            kept.append(row)
    return kept
