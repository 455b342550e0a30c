"""One model in numbers: per split and per group."""

import numpy as np
import pandas as pd

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import tr
from fairlab.metrics import GAPS, RATES, effective_people, wilson
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.reports.measure import counts_of, people_of, widest
from fairlab.results import SweepResult

_SPLITS = ("train", "validation", "test")
_RATES = ("selection_rate", "base_rate", "tpr", "fpr", "accuracy")


def splits_table(result: SweepResult, index: int) -> pd.DataFrame:
    """Accuracy, share selected and the constraint's gap on each split, in percent and points."""
    gap = GAPS[CONSTRAINT_GAPS[result.constraint]]
    rows = []
    for split in _SPLITS:
        tables = counts_of(result, index, split)
        everyone = tables[0].overall()
        rows.append(
            {
                "People": split,
                "n": int(everyone.n[0]),
                "Accuracy, %": _percent(RATES["accuracy"](everyone)[0]),
                "Selected, %": _percent(RATES["selection_rate"](everyone)[0]),
                "Gap, points": _percent(widest(gap, tables)),
            }
        )
    return pd.DataFrame(rows)


def rates_by_group(result: SweepResult, index: int, split: str = "test") -> pd.DataFrame:
    """Rates per group with 95 % Wilson intervals and the number of people behind each.

    For marginal groups, the groups of each attribute one after the other. With weights, ``n``
    is a total weight and intervals rest on effective numbers of people.
    """
    tables = [_rates(outcomes, result.threshold) for outcomes in people_of(result, index, split)]
    if len(tables) == 1:
        return tables[0]
    for (name,), table in zip(result.groupings, tables, strict=True):
        table.insert(0, tr("Attribute"), name)
    return pd.concat(tables, ignore_index=True)


def _rates(outcomes: GroupedOutcomes, threshold: float) -> pd.DataFrame:
    counts = count(outcomes, threshold)
    effective = effective_people(outcomes)
    scale = 1.0 if effective is None else effective / np.where(counts.n > 0, counts.n, 1)
    columns: dict[str, list[str]] = {"Group": list(counts.group_names)}
    columns["n"] = [tr("{n:.0f}", n=n) for n in counts.n]
    for name in _RATES:
        rate = RATES[name]
        values = rate(counts)
        n = rate.denominator(counts)
        low, high = wilson(np.minimum(rate.numerator(counts), n) * scale, n * scale)
        columns[f"{rate.label}, %"] = [
            tr("undefined")
            if not np.isfinite(v)
            else tr("{v:.1f} ({a:.0f}–{b:.0f})", v=100 * v, a=100 * a, b=100 * b)
            for v, a, b in zip(values, low, high, strict=True)
        ]
    return pd.DataFrame(columns)


def _percent(value: float | None) -> str:
    return (
        tr("undefined")
        if value is None or not np.isfinite(value)
        else tr("{value:.1f}", value=100 * value)
    )
