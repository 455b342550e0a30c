"""One model in numbers: per split, per group, promised against measured."""

import numpy as np
import pandas as pd

from fairlab.config import CONSTRAINT_GAPS
from fairlab.metrics import GAPS, RATES, effective_people, wilson
from fairlab.outcomes import count
from fairlab.results import Guarantee, SweepResult

_SPLITS = ("train", "validation", "test")
_RATES = ("selection_rate", "base_rate", "tpr", "fpr", "accuracy")


def splits_table(result: SweepResult, index: int) -> pd.DataFrame:
    """Accuracy, share selected and the constraint's gap on each split, in percent and points."""
    gap = GAPS[CONSTRAINT_GAPS[result.constraint]]
    rows = []
    for split in _SPLITS:
        counts = count(result.scored(index, split).outcomes(result.group_by), result.threshold)
        everyone = counts.overall()
        rows.append(
            {
                "People": split,
                "n": int(everyone.n[0]),
                "Accuracy, %": _percent(RATES["accuracy"](everyone)[0]),
                "Selected, %": _percent(RATES["selection_rate"](everyone)[0]),
                "Gap, points": _percent(float(gap(counts))),
            }
        )
    return pd.DataFrame(rows)


def rates_by_group(result: SweepResult, index: int, split: str = "test") -> pd.DataFrame:
    """Rates per group with 95 % Wilson intervals and the number of people behind each.

    With weights, ``n`` is a total weight and intervals rest on effective numbers of people.
    """
    outcomes = result.scored(index, split).outcomes(result.group_by)
    counts = count(outcomes, result.threshold)
    effective = effective_people(outcomes)
    scale = 1.0 if effective is None else effective / np.where(counts.n > 0, counts.n, 1)
    columns: dict[str, list[str]] = {"Group": list(counts.group_names)}
    columns["n"] = [f"{n:.0f}" for n in counts.n]
    for name in _RATES:
        rate = RATES[name]
        values = rate(counts)
        n = rate.denominator(counts)
        low, high = wilson(np.minimum(rate.numerator(counts), n) * scale, n * scale)
        columns[f"{rate.label}, %"] = [
            "undefined" if not np.isfinite(v) else f"{100 * v:.1f} ({100 * a:.0f}–{100 * b:.0f})"
            for v, a, b in zip(values, low, high, strict=True)
        ]
    return pd.DataFrame(columns)


def guarantee_table(guarantee: Guarantee) -> pd.DataFrame:
    """The guarantee meter: what was promised beside what was measured, per split."""
    rows = [
        {
            "": "Training batches",
            "Gap of mean scores, points": f"≤ {100 * guarantee.promised:.1f} promised, "
            f"excess {max(guarantee.batch_excess, 0):.0e}",
            "Gap of decisions, points": "not promised",
        }
    ]
    for split in ("validation", "test"):
        rows.append(
            {
                "": f"{split} people (measured)".capitalize(),
                "Gap of mean scores, points": _percent(guarantee.score_gap.get(split)),
                "Gap of decisions, points": _percent(guarantee.decision_gap.get(split)),
            }
        )
    return pd.DataFrame(rows)


def _percent(value: float | None) -> str:
    return "undefined" if value is None or not np.isfinite(value) else f"{100 * value:.1f}"
