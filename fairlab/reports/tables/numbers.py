"""Every number of a run as one long table: a row per split, grouping, group and metric.

All models have the numbers of ``points.csv`` and ``rates.csv``; the chosen model has those of an
audit at its own threshold, each with its interval. Aggregates only: what rests on few people is
left out, and its row says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairlab.config import GroupCuts, RunConfig
from fairlab.decision.chosen import chosen_index
from fairlab.errors import InputError
from fairlab.language import SOURCE, speaking
from fairlab.metrics import GAPS, audit
from fairlab.metrics.audit import Audit
from fairlab.metrics.resampling import DRAWS
from fairlab.metrics.suppression import hidden_sizes, suppress
from fairlab.reports.left_out import COLUMN, few_people
from fairlab.reports.near import near_splits, without_near_points, without_near_rates
from fairlab.reports.sentences.point import point_label
from fairlab.reports.tables.points import SMALL_CELL, points_table, rates_table
from fairlab.results import CROSSING, SweepResult
from fairlab.sweeps.cuts import decided

COLUMNS = (
    "model",
    "label",
    "chosen",
    "threshold",
    "split",
    "attribute",
    "group",
    "kind",
    "metric",
    "value",
    "lower",
    "upper",
    "n",
    COLUMN,
)
EVERYONE = "(everyone)"
# Columns of points.csv that are numbers of a model, beside its gaps.
_WHOLE = ("accuracy", "selection_rate")
_OTHER = (
    "promised_score_gap",
    "measured_score_gap",
    "drawn_decision_gap",
    "largest_batch_score_gap",
    "largest_batch_excess",
    "largest_window_score_gap",
    "asked_decision_gap",
    "expected_accuracy",
    "expected_gap",
    "thresholded_accuracy",
    "thresholded_gap",
)
_RANKING = ("auc", "mean_score", "mean_score_favourable", "mean_score_unfavourable")
_CALIBRATION = ("error", "error_debiased", "brier", "residual")
_HIDDEN = "suppressed"


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model a report is about, and how it decides."""

    index: int
    threshold: float
    cuts: GroupCuts | None = None


def chosen_model(config: RunConfig, result: SweepResult) -> ChosenModel | None:
    """The model a run's choice names; None without one, or if the run has no such model."""
    choice = config.choice
    if choice is None:
        return None
    try:
        return ChosenModel(chosen_index(result, choice), choice.threshold, choice.group_cuts)
    except InputError:
        return None


def numbers_table(
    result: SweepResult,
    chosen: ChosenModel | None = None,
    *,
    smallest: int = SMALL_CELL,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Every number of a run, one per row.

    Args:
        result: A result.
        chosen: The chosen model, audited at its own threshold; None for no choice.
        smallest: Numbers that rest on cells of fewer people are left out; 0 keeps all.
        draws: Resampled populations for the intervals of the chosen model.

    Returns:
        Columns ``COLUMNS``: ``kind`` is "rate", "gap", "score gap", "gap from everyone", "count",
        "inequality", "ranking", "calibration" or "promise"; ``metric`` a name as in
        ``docs/glossary.md``; ``group`` is empty for what compares groups and ``EVERYONE`` for all
        together; ``lower`` and ``upper`` a 95 % interval, where there is one; ``n`` the people
        (or total weight) the number rests on; ``left_out`` why there is no value, "" where there
        is one. Rows of the chosen model come first.
    """
    with speaking(SOURCE):  # a table for programs: the same in every language
        parts = []
        if chosen is not None:
            parts.append(_audited(result, chosen, smallest, draws))
        parts += [_rates(result, chosen, smallest), _points(result, chosen, smallest)]
        labels = {point.index: point_label(point) for point in result.points}
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table["label"] = table["model"].map(labels)
    table[COLUMN] = table[COLUMN].fillna("")
    return table[list(COLUMNS)]


def _audited(result: SweepResult, chosen: ChosenModel, smallest: int, draws: int) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for split in result.splits:
        people, cut = result.scored(chosen.index, split), chosen.threshold
        if chosen.cuts is not None:
            people = decided(people, chosen.cuts)
        if chosen.cuts is not None or not people.has_scores:
            cut = 0.5
        for by in result.groupings:
            found = audit(people.outcomes(by), cut, draws, has_scores=people.has_scores)
            shown = suppress(found, smallest, sizes=True) if smallest > 0 else found
            head = {
                "model": chosen.index,
                "chosen": True,
                "threshold": np.nan if chosen.cuts is not None else chosen.threshold,
                "split": split,
                "attribute": CROSSING.join(by),
            }
            rows += [{**head, **row} for row in _audit_rows(shown, smallest)]
    return pd.DataFrame(rows)


def _audit_rows(found: Audit, smallest: int) -> Iterator[dict[str, Any]]:
    unsized = {
        name
        for name, gone in zip(found.group_names, hidden_sizes(found.sizes, smallest), strict=True)
        if gone
    }
    for row in found.to_frame().to_dict(orient="records"):
        value, note = _number(row["value"]), str(row["note"] or "")
        whole = row["kind"] == "rate" and row["group"] == _name_of_everyone(found)
        yield {
            "group": EVERYONE if whole else row["group"],
            "kind": row["kind"],
            "metric": row["name"],
            "value": value,
            "lower": _number(row["lower"]),
            "upper": _number(row["upper"]),
            "n": None if row["group"] in unsized else _told(row["n"], smallest),
            COLUMN: "" if value is not None else _why(note, smallest),
        }
    for kind, records, names in (
        ("ranking", found.ranking, _RANKING),
        ("calibration", found.calibration, _CALIBRATION),
    ):
        for record in records:
            for name in names:
                value = getattr(record, name)
                why = getattr(record, "why", "")
                if record.group in found.hidden:
                    why = found.why_hidden
                ends = name == "error"
                yield {
                    "group": record.group,
                    "kind": kind,
                    "metric": f"calibration_{name}" if kind == "calibration" else name,
                    "value": value,
                    "lower": getattr(record, "error_lower", None) if ends else None,
                    "upper": getattr(record, "error_upper", None) if ends else None,
                    "n": None
                    if record.group in unsized
                    else _told(getattr(record, "n", None), smallest),
                    COLUMN: "" if value is not None else _why(why or "undefined", smallest),
                }


def _told(n: Any, smallest: int) -> float | None:
    """People behind a number; how many few people are is left out as well."""
    found = _number(n)
    return None if found is not None and 0 < found < smallest else found


def _name_of_everyone(found: Audit) -> str:
    return next(iter(found.rates.values())).everyone.group


def _why(note: str, smallest: int) -> str:
    return few_people(smallest) if note.startswith(_HIDDEN) else note


def shown_rates(
    result: SweepResult, chosen: ChosenModel | None, smallest: int = SMALL_CELL
) -> pd.DataFrame:
    """``rates_table`` as it may stand beside the numbers of the chosen model at its threshold."""
    table = rates_table(result, smallest=smallest)
    splits = _near(result, chosen, smallest)
    return without_near_rates(table, chosen.index, splits, smallest) if chosen else table


def shown_points(
    result: SweepResult, chosen: ChosenModel | None, smallest: int = SMALL_CELL
) -> pd.DataFrame:
    """``points_table`` as it may stand beside the numbers of the chosen model at its threshold."""
    table = points_table(result, smallest=smallest)
    splits = _near(result, chosen, smallest)
    return without_near_points(table, chosen.index, splits, smallest) if chosen else table


def _near(result: SweepResult, chosen: ChosenModel | None, smallest: int) -> frozenset[str]:
    if chosen is None:
        return frozenset()
    return near_splits(result, chosen.index, chosen.threshold, chosen.cuts, smallest)


def _rates(result: SweepResult, chosen: ChosenModel | None, smallest: int) -> pd.DataFrame:
    table = shown_rates(result, chosen, smallest)
    table = table.rename(columns={"group_by": "attribute", "rate": "metric"})
    return table.assign(kind="rate", chosen=False)[[name for name in COLUMNS if name != "label"]]


def _points(result: SweepResult, chosen: ChosenModel | None, smallest: int) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for row in shown_points(result, chosen, smallest).to_dict(orient="records"):
        gone = str(row[COLUMN]).partition(": ")[2].split(", ")
        head = {
            "model": row["model"],
            "chosen": False,
            "threshold": row["threshold"],
            "split": row["split"],
            "attribute": row["group_by"],
            "n": row["n"],
        }
        for name in (*_WHOLE, *GAPS, *_OTHER):
            value = _number(row[name])
            if value is None and name in _OTHER and name not in gone:
                continue  # of another family of models
            kind = "rate" if name in _WHOLE else "gap" if name in GAPS else "promise"
            why = few_people(smallest) if name in gone else "undefined" if value is None else ""
            rows.append(
                {
                    **head,
                    "group": EVERYONE if kind == "rate" else "",
                    "kind": kind,
                    "metric": name,
                    "value": value,
                    "lower": _number(row["accuracy_lower"]) if name == "accuracy" else None,
                    "upper": _number(row["accuracy_upper"]) if name == "accuracy" else None,
                    COLUMN: why,
                }
            )
    return pd.DataFrame(rows)


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
