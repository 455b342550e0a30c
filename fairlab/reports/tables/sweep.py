"""A sweep as tables: a thinned one to read, and every threshold to take away."""

from collections.abc import Sequence

import pandas as pd

from fairlab.metrics import GAPS, RATES
from fairlab.sweeps import ThresholdSweep

ROWS = 101


def sweep_table(sweep: ThresholdSweep, gaps: Sequence[str], rows: int = ROWS) -> pd.DataFrame:
    """Exact values at up to ``rows`` of the thresholds, in percent and points.

    Empty cells are undefined. The last row, threshold infinity, selects nobody.
    """
    thin = sweep.downsample(rows)
    table = {"Threshold": thin.thresholds}
    everyone = thin.counts.overall()
    table["Selected, %"] = 100 * RATES["selection_rate"](everyone)[:, 0]
    table["Accuracy, %"] = 100 * RATES["accuracy"](everyone)[:, 0]
    for name in gaps:
        label = GAPS[name].label.removesuffix(" difference")
        table[f"{label}, points"] = 100 * GAPS[name](thin.counts)
    return pd.DataFrame(table).round(4)


def sweep_csv(sweep: ThresholdSweep, gaps: Sequence[str]) -> bytes:
    """Every distinct threshold with accuracy and gaps, as UTF-8 CSV with shares in [0, 1].

    Counts per group are left out: at this resolution they would give away single people.
    """
    everyone = sweep.counts.overall()
    table = {
        "threshold": sweep.thresholds,
        "selection_rate": RATES["selection_rate"](everyone)[:, 0],
        "accuracy": RATES["accuracy"](everyone)[:, 0],
        **{name: GAPS[name](sweep.counts) for name in gaps},
    }
    return pd.DataFrame(table).to_csv(index=False).encode()
