"""A sensitive column as groups: bins for numbers, a policy for missing, small groups merged."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.findings import Finding, refuse
from fairlab.data.labels import name_values
from fairlab.data.values import (
    MISSING_NAME,
    as_numbers,
    as_text,
    counted,
    distinct_text,
    kind,
)
from fairlab.outcomes import IntArray
from fairlab.results import Attribute

OTHER_GROUPS = "other groups"
MAX_GROUPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """One attribute of every row: ``codes`` -1 where missing, and the group names in order."""

    codes: IntArray
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_groups(frame: pd.DataFrame, task: Task, name: str) -> Grouping:
    """Groups of one sensitive column before any row is left out; missing is -1.

    Numeric columns with bins are cut at the inner edges, the edge belonging to the upper group.
    Groups of text are sorted, of numbers in numeric order.

    Raises:
        InputError: If the column is absent, needs bins, or is missing where that stops.
    """
    refuse(group_problems(frame, task, name))
    column = frame[name]
    if name in task.bins:
        edges = task.bins[name]
        numbers = as_numbers(column)
        above = numbers[:, None] >= np.asarray(edges)
        codes: IntArray = above.sum(axis=1, dtype=np.int64)
        codes[np.isnan(numbers)] = -1
        finite = numbers[~np.isnan(numbers)]
        whole = bool((finite == np.round(finite)).all())
        return Grouping(codes, bin_names(edges, whole=whole))
    names = distinct_text(column)
    where = {value: code for code, value in enumerate(names)}
    coded: IntArray = np.array(as_text(column).map(where).fillna(-1), dtype=np.int64)
    return Grouping(coded, names)


def group_problems(frame: pd.DataFrame, task: Task, name: str) -> list[Finding]:
    """Everything that keeps a sensitive column from being read."""
    if name not in frame.columns:
        columns = name_values([str(c) for c in frame.columns])
        return [
            Finding(
                "sensitive_absent",
                f"There is no sensitive column '{name}'.",
                f"Choose among: {columns}.",
                name,
            )
        ]
    column = frame[name]
    problems = []
    missing = int(column.isna().sum())
    if missing == len(column):
        problems.append(
            Finding(
                "sensitive_empty",
                f"Sensitive column '{name}' is empty.",
                "Choose another attribute.",
                name,
            )
        )
    elif missing and task.missing_sensitive == "stop":
        problems.append(
            Finding(
                "sensitive_missing",
                f"{missing:,} of {len(frame):,} people have no '{name}'.",
                "Fill it in, give them a group of their own ('missing'), or leave them out.",
                name,
            )
        )
    if name in task.bins:
        problems += _bins_problems(column, task.bins[name], name)
    elif column.nunique() > MAX_GROUPS:
        problems.append(_too_many_groups(column, name))
    return problems


def _too_many_groups(column: pd.Series, name: str) -> Finding:
    remedy = "Choose an attribute with fewer values, or merge values before loading."
    if kind(column) == "number":
        remedy = f"Cut it into groups at numbers of your choice, for example {_edges(column)}."
    return Finding(
        "sensitive_many_values",
        f"Sensitive column '{name}' has {column.nunique():,} different values; at most "
        f"{MAX_GROUPS} groups can be compared.",
        remedy,
        name,
    )


def _bins_problems(column: pd.Series, edges: Sequence[float], name: str) -> list[Finding]:
    if kind(column) == "text":
        return [
            Finding(
                "bins_on_text",
                f"'{name}' is text and cannot be cut at numbers.",
                "Remove its bins.",
                name,
            )
        ]
    if not edges or list(edges) != sorted(set(edges)):
        return [
            Finding(
                "bins_order",
                f"Bin edges of '{name}' must increase; found {list(edges)}.",
                "Write them from small to large, each once.",
                name,
            )
        ]
    return []


def _edges(column: pd.Series) -> str:
    numbers = as_numbers(column)
    thirds = np.nanquantile(numbers, [1 / 3, 2 / 3])
    return " and ".join(f"{edge:.3g}" for edge in thirds)


def bin_names(edges: Sequence[float], *, whole: bool) -> tuple[str, ...]:
    """Names of the groups that inner edges make: "under 25", "25 to 59", "60 and over".

    For numbers that are not whole the middle ones read "25 to under 60".
    """
    middle = [
        f"{low:g} to {high - 1:g}" if whole and high > low + 1 else f"{low:g} to under {high:g}"
        for low, high in itertools.pairwise(edges)
    ]
    if whole:
        middle = [
            f"{low:g}" if high == low + 1 else text
            for text, low, high in zip(middle, edges[:-1], edges[1:], strict=True)
        ]
    return (f"under {edges[0]:g}", *middle, f"{edges[-1]:g} and over")


def finish_groups(grouping: Grouping, task: Task, name: str) -> tuple[Attribute, tuple[str, ...]]:
    """Name the missing, merge groups below ``merge_groups_below``, forget groups with nobody.

    Args:
        grouping: Codes of the people who stay; -1 is missing.
        task: Policies.
        name: Column, for the notes.

    Returns:
        The attribute and notes with counts. Names: in order, then "missing", then
        "other groups".
    """
    codes = np.where(grouping.codes < 0, len(grouping.names), grouping.codes)
    names = [*grouping.names, _unused(MISSING_NAME, grouping.names)]
    sizes = np.bincount(codes, minlength=len(names))
    notes = []
    if sizes[-1]:
        notes.append(
            f"{counted(sizes[-1], 'person', 'people')} without '{name}' form the group "
            f"'{names[-1]}'."
        )
    small = (sizes > 0) & (sizes < task.merge_groups_below)
    if small.sum() >= 1 and (sizes > 0).sum() > 1:
        merged = [f"{names[i]} ({sizes[i]:,})" for i in np.flatnonzero(small)]
        names.append(_unused(OTHER_GROUPS, names))
        codes = np.where(small[codes], len(names) - 1, codes)
        notes.append(
            f"Groups of '{name}' with fewer than {task.merge_groups_below:,} people became "
            f"'{names[-1]}': {name_values(merged)}."
        )
    present = np.unique(codes)
    renumber = np.full(len(names), -1, dtype=np.int64)
    renumber[present] = np.arange(len(present))
    return Attribute(renumber[codes], tuple(names[i] for i in present)), tuple(notes)


def _unused(name: str, names: Sequence[str]) -> str:
    while name in names:
        name = f"{name} (no value)"
    return name
