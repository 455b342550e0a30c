"""Noise, comparisons and folds of a sweep as tables: for reading, and for export."""

from typing import Any

import numpy as np
import pandas as pd

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import later, told, tr
from fairlab.metrics import GAPS
from fairlab.metrics.marginal import by_attribute
from fairlab.metrics.suppression import withheld
from fairlab.pareto.folds import FoldSummary, fold_summaries, pooled_people
from fairlab.pareto.health import HealthReport
from fairlab.pareto.honesty import Honesty
from fairlab.reports.left_out import COLUMN, left_out_words
from fairlab.reports.near import near_splits
from fairlab.reports.sentences.health import finding_words
from fairlab.reports.tables.numbers import ChosenModel
from fairlab.reports.withheld import withheld_of
from fairlab.results import SweepResult

_TOLD = told({None: "", True: later("yes"), False: later("cannot tell")})
_GAP_COLUMNS = (
    "gap", "gap_lower", "gap_upper", "gap_row_sd", "gap_seed_sd", "gap_change",
    "gap_change_lower", "gap_change_upper", "train_gap_excess", "train_gap_excess_p",
)  # fmt: skip
_ACCURACY_COLUMNS = (
    "accuracy", "accuracy_lower", "accuracy_upper", "accuracy_row_sd", "accuracy_seed_sd",
    "accuracy_change", "accuracy_change_lower", "accuracy_change_upper",
)  # fmt: skip


def told_apart_column(found: Honesty) -> list[str]:
    """Of every model whether it can be told from the unmitigated one; "" where not compared."""
    return [_TOLD[one.told_apart] for one in found.comparisons]


def health_table(report: HealthReport, result: SweepResult) -> pd.DataFrame:
    """Every finding, the models that have it, and on whom it rests."""
    return pd.DataFrame(
        [
            {
                "Finding": finding_words(one, result),
                "Models": len(one.indices) if one.indices else tr("the run"),
                "Rests on": tr("test people")
                if one.on_test
                else tr("training and validation people"),
            }
            for one in report.findings
        ],
        columns=["Finding", "Models", "Rests on"],
    )


def noise_table(
    result: SweepResult, found: Honesty, *, smallest: int = 0, chosen: ChosenModel | None = None
) -> pd.DataFrame:
    """One row per model: row noise, seed noise, change from the unmitigated model, overfitting.

    All of it is at the run's threshold, as its column ``threshold`` says; where the chosen model
    decides at another, its row says that in ``note``.

    Args:
        result: The sweep.
        found: Of :func:`fairlab.pareto.honesty.honesty` on its test people.
        smallest: Numbers that rest on fewer people in a cell are left out; 0 keeps everything.
        chosen: The model whose numbers at its own threshold stand beside these. Where few people
            lie between the two, its numbers here are left out.
    """
    rows, near = [], _near(result, chosen, smallest)
    for point in result.points:
        one, change = found.noise.points[point.index], found.comparisons[point.index]
        setting, overfit = found.noise.of(point.index), found.overfit.get(point.index)
        row: dict[str, Any] = {
            "model": point.index,
            "split": found.noise.split,
            "threshold": result.threshold,
        }
        for name, noise, seeds, moved in (
            ("accuracy", one.accuracy, setting.accuracy_sd, change.accuracy),
            ("gap", one.gap, setting.gap_sd, change.gap),
        ):
            row |= {
                name: noise.value,
                f"{name}_lower": noise.lower,
                f"{name}_upper": noise.upper,
                f"{name}_row_sd": noise.sd,
                f"{name}_seed_sd": seeds,
                f"{name}_change": moved.value,
                f"{name}_change_lower": moved.lower,
                f"{name}_change_upper": moved.upper,
            }
        row |= {
            "unmitigated": change.unmitigated,
            "told_from_unmitigated": _TOLD[change.told_apart],
            "train_gap_excess": None if overfit is None else overfit.difference,
            "train_gap_excess_p": None if overfit is None else overfit.p_adjusted,
        }
        hidden = _hidden(result, found, point.index, change.unmitigated, smallest)
        if near and chosen is not None and chosen.index in found.noise.of(point.index).indices:
            seeds_of = ("accuracy_seed_sd", "gap_seed_sd")
            hidden += [*_GAP_COLUMNS, *_ACCURACY_COLUMNS] if chosen.index == point.index else []
            hidden += seeds_of
        why = left_out_words([name for name in row if name in hidden], smallest)
        rows.append({**row, **dict.fromkeys(hidden), COLUMN: why})
        rows[-1]["note"] = _decides_elsewhere(result, chosen, point.index)
    return pd.DataFrame(rows)


def _near(result: SweepResult, chosen: ChosenModel | None, smallest: int) -> bool:
    """Whether the chosen model's numbers at two thresholds would tell of few people."""
    if chosen is None:
        return False
    splits = near_splits(result, chosen.index, chosen.threshold, chosen.cuts, smallest)
    return bool({"validation", "test"} & splits)


def _decides_elsewhere(result: SweepResult, chosen: ChosenModel | None, index: int) -> str:
    """That a model decides at another threshold than these numbers are at; "" if not."""
    if chosen is None or chosen.index != index or result.points[index].is_drawn:
        return ""
    if chosen.cuts is None and chosen.threshold == result.threshold:
        return ""
    own = (
        "a threshold for each group"
        if chosen.cuts is not None
        else f"threshold {chosen.threshold:g}"
    )
    return (
        f"at the run's threshold {result.threshold:g}; the choice decides at {own}, see numbers.csv"
    )


def _hidden(
    result: SweepResult, found: Honesty, index: int, other: int | None, smallest: int
) -> list[str]:
    gap, columns = GAPS[CONSTRAINT_GAPS[result.constraint]], []
    for model in {index, index if other is None else other}:
        gone = withheld_of(result, model, found.noise.split, result.threshold, smallest)
        columns += [] if gone.keeps(gap) else list(_GAP_COLUMNS)
        columns += list(_ACCURACY_COLUMNS) if gone.whole else []
    # A spread over seeds and all of its numbers but one would leave that one.
    for model in found.noise.of(index).indices:
        gone = withheld_of(result, model, found.noise.split, result.threshold, smallest)
        columns += [] if gone.keeps(gap) else ["gap_seed_sd"]
        columns += ["accuracy_seed_sd"] if gone.whole else []
    return columns


def folds_frame(
    result: SweepResult, *, smallest: int = 0, chosen: ChosenModel | None = None
) -> pd.DataFrame:
    """One row per model: each fold's numbers, their mean and spread, and the out-of-fold ones.

    All of it is at the run's threshold; ``threshold`` and ``note`` as in :func:`noise_table`.

    Args:
        result: Of a sweep with folds.
        smallest: Numbers are left out for a model with fewer people in a cell over all folds;
            numbers per fold, with fewer in a cell of any fold. 0 keeps everything.
        chosen: As for :func:`noise_table`; its numbers per fold are left out there.

    Raises:
        InputError: If the sweep was trained on one split.
    """
    gap = GAPS[CONSTRAINT_GAPS[result.constraint]]
    keeps, keeps_folds = _keeps(result, smallest)
    numbers, rows = [*_pooled_names(), *_fold_names(result)], []
    if chosen is not None and _near(result, chosen, smallest):
        keeps_folds[chosen.index] = False  # the first fold is what the run is shown with
    for one in fold_summaries(result):
        row: dict[str, Any] = {
            "model": one.index,
            "folds": one.folds,
            "threshold": result.threshold,
            "note": _decides_elsewhere(result, chosen, one.index),
        }
        row |= _pooled(one) if keeps[one.index] else {}
        if keeps[one.index] and keeps_folds[one.index]:
            row |= _per_fold(one)
        hidden = [name for name in numbers if name not in row]
        rows.append({**row, COLUMN: left_out_words(hidden, smallest)})
    names = ["model", "folds", "threshold", *numbers, COLUMN, "note"]
    return pd.DataFrame(rows).reindex(columns=names).rename_axis(gap.name, axis=1)


def folds_table(found: FoldSummary) -> pd.DataFrame:
    """One model over its folds, for reading."""
    rows = [
        {"Fold": str(k + 1), "Accuracy, %": _tenth(a), "Gap, points": _tenth(g)}
        for k, (a, g) in enumerate(zip(found.test_accuracy, found.test_gap, strict=True))
    ]
    rows.append(
        {
            "Fold": tr("mean of folds"),
            "Accuracy, %": _tenth(found.mean_accuracy),
            "Gap, points": _tenth(found.mean_gap),
        }
    )
    rows.append(
        {
            "Fold": tr("everybody, out of fold"),
            "Accuracy, %": _tenth(found.accuracy.value),
            "Gap, points": _tenth(found.gap.value),
        }
    )
    return pd.DataFrame(rows)


def _pooled(one: FoldSummary) -> dict[str, float | None]:
    return {
        "accuracy": one.accuracy.value,
        "accuracy_lower": one.accuracy.lower,
        "accuracy_upper": one.accuracy.upper,
        "gap": one.gap.value,
        "gap_lower": one.gap.lower,
        "gap_upper": one.gap.upper,
    }


def _pooled_names() -> list[str]:
    return [f"{name}{end}" for name in ("accuracy", "gap") for end in ("", "_lower", "_upper")]


def _per_fold(one: FoldSummary) -> dict[str, float | None]:
    found: dict[str, float | None] = {
        "accuracy_mean": one.mean_accuracy,
        "accuracy_sd": one.accuracy_sd,
        "gap_mean": one.mean_gap,
        "gap_sd": one.gap_sd,
    }
    for name in ("validation_accuracy", "validation_gap", "test_accuracy", "test_gap"):
        values: tuple[float | None, ...] = getattr(one, name)
        found |= {f"{name}_{k + 1}": value for k, value in enumerate(values)}
    return found


def _fold_names(result: SweepResult) -> list[str]:
    folds = 0 if result.folds is None else result.folds.done
    names = ["accuracy_mean", "accuracy_sd", "gap_mean", "gap_sd"]
    for name in ("validation_accuracy", "validation_gap", "test_accuracy", "test_gap"):
        names += [f"{name}_{k + 1}" for k in range(folds)]
    return names


def _keeps(result: SweepResult, smallest: int) -> tuple[list[bool], list[bool]]:
    """Of every model whether its pooled numbers, and those per fold, may be shown."""
    if smallest <= 0 or result.folds is None:
        return [True] * len(result.points), [True] * len(result.points)
    names = [result.splits["test"].attributes[by[0]].names for by in result.groupings]
    pooled, gap = pooled_people(result), GAPS[CONSTRAINT_GAPS[result.constraint]]
    kept = result.folds.counts if result.folds.people is None else result.folds.people
    least = np.stack([_least(kept[split]) for split in ("validation", "test")]).min(axis=0)
    shown = []
    for m in range(len(result.points)):
        own = type(pooled)(
            pooled.tp[m], pooled.fp[m], pooled.fn[m], pooled.tn[m], pooled.group_names
        )
        tables = by_attribute(own, names) if len(names) > 1 else [own]
        gone = [withheld(table, smallest) for table in tables]
        shown.append(all(one.keeps(gap) and not one.whole for one in gone))
    return shown, [bool(value >= smallest) for value in least]


def _least(cells: Any) -> Any:
    """(M,) people in the smallest cell of any group that has anybody, over folds."""
    present = np.nansum(cells, axis=(-1, -2)) > 0
    smallest = np.where(present, np.nan_to_num(cells, nan=np.inf).min(axis=(-1, -2)), np.inf)
    return smallest.min(axis=(0, 2))


def _tenth(value: float | None) -> str:
    return "undefined" if value is None else tr("{value:.1f}", value=100 * value)
