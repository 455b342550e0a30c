"""The label column: which values are favourable, which are not, and who is left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.findings import Finding, refuse
from fairlab.data.values import as_text, counted, distinct_text
from fairlab.outcomes import IntArray

MAX_NAMED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Label of each person of the table: 1 favourable, 0 not, -1 neither (left out)."""

    code: IntArray
    notes: tuple[str, ...]


def read_labels(frame: pd.DataFrame, task: Task) -> Labels:
    """Turn the label column into 1, 0 or -1 per row.

    Raises:
        InputError: Listing every problem: no such column, a value named that is not there,
            three or more values with only one side named, one outcome only, missing labels
            when ``missing_label`` is ``stop``.
    """
    refuse(label_problems(frame, task))
    text = as_text(frame[task.label])
    missing = text.isna().to_numpy()
    good = text.isin(task.favourable).to_numpy()
    bad = ~good & ~missing
    if task.unfavourable is not None:
        bad = text.isin(task.unfavourable).to_numpy()
    code = np.full(len(frame), -1, dtype=np.int64)
    code[bad] = 0
    code[good] = 1
    notes = []
    if missing.any():
        notes.append(
            f"{counted(missing.sum(), 'row')} left out: the label '{task.label}' is missing."
        )
    neither = ~missing & (code < 0)
    if neither.any():
        values = name_values(distinct_text(frame.loc[neither, task.label]))
        notes.append(
            f"{counted(neither.sum(), 'row')} left out: '{task.label}' is neither favourable nor "
            f"unfavourable ({values})."
        )
    return Labels(code, tuple(notes))


def label_problems(frame: pd.DataFrame, task: Task) -> list[Finding]:
    """Everything that keeps the label from being read; [] when it can be."""
    name = task.label
    if name not in frame.columns:
        columns = name_values([str(c) for c in frame.columns])
        return [
            Finding(
                "label_absent",
                f"There is no column '{name}' to predict.",
                f"Choose the label among: {columns}.",
                name,
            )
        ]
    found = distinct_text(frame[name])
    problems = _value_problems(frame, task, found)
    if len(found) < 2:
        return problems
    wrong = [v for v in (*task.favourable, *(task.unfavourable or ())) if v not in found]
    both = [v for v in task.favourable if v in (task.unfavourable or ())]
    known = name_values(found)
    if wrong:
        problems.append(
            Finding(
                "label_value_absent",
                f"Column '{name}' has no value {name_values(wrong)}; it has {known}.",
                "Choose the outcomes among those.",
                name,
            )
        )
    if both:
        problems.append(
            Finding(
                "label_value_twice",
                f"{name_values(both)} of '{name}' is both favourable and unfavourable.",
                "Keep it on one side.",
                name,
            )
        )
    if task.unfavourable is None and len(found) > 2:
        problems.append(
            Finding(
                "label_many_values",
                f"Column '{name}' has {len(found)} values ({known}).",
                "Choose which one is the favourable outcome, and what to do with "
                f"{_rest(found, task.favourable)}.",
                name,
            )
        )
    elif not wrong and not both:
        problems += _side_problems(task, found)
    return problems


def _side_problems(task: Task, found: Sequence[str]) -> list[Finding]:
    others = set(found) if task.unfavourable is None else set(task.unfavourable)
    if task.favourable and others - set(task.favourable):
        return []
    return [
        Finding(
            "label_one_side",
            f"Both outcomes are needed: '{task.label}' has {name_values(found)}, of which "
            f"{name_values(task.favourable) or 'none'} counts as favourable.",
            "Leave at least one value on each side.",
            task.label,
        )
    ]


def _value_problems(frame: pd.DataFrame, task: Task, found: Sequence[str]) -> list[Finding]:
    name = task.label
    missing = int(frame[name].isna().sum())
    if len(found) == 0:
        return [
            Finding(
                "label_empty",
                f"Column '{name}' is empty: all {missing:,} labels are missing.",
                "Choose another column to predict.",
                name,
            )
        ]
    if len(found) == 1:
        return [
            Finding(
                "label_single_value",
                f"Column '{name}' has a single value ({found[0]}); a label needs two outcomes.",
                "Choose another column, or add people with the other outcome.",
                name,
            )
        ]
    if missing and task.missing_label == "stop":
        return [
            Finding(
                "label_missing",
                f"{missing:,} of {len(frame):,} rows have no '{name}'.",
                "Fill them in, or choose to leave rows without a label out.",
                name,
            )
        ]
    return []


def _rest(found: Sequence[str], favourable: Sequence[str]) -> str:
    rest = [value for value in found if value not in favourable]
    return " and ".join(f"'{value}'" for value in rest[:3]) if len(rest) <= 3 else "the others"


def name_values(values: Sequence[str], limit: int = MAX_NAMED) -> str:
    """'a, b, c and 4 more' for messages."""
    shown = ", ".join(str(v) if len(str(v)) <= 40 else str(v)[:37] + "…" for v in values[:limit])
    more = len(values) - limit
    return f"{shown} and {more} more" if more > 0 else shown
