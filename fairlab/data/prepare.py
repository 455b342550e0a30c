"""From a table with roles to people who are split and encoded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.config import Grouping as Compared
from fairlab.config import SplitConfig, Task
from fairlab.data.encoding import fit_encoding
from fairlab.data.findings import Finding, refuse
from fairlab.data.groups import Grouping, finish_groups, group_problems, read_groups
from fairlab.data.labels import label_problems, read_labels
from fairlab.data.splits import (
    CELL_MINIMUM,
    Fold,
    cell_problems,
    mergeable,
    stratified_split,
)
from fairlab.data.task import PreparedData, SplitData, TaskData
from fairlab.data.values import counted
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import Attribute, cross


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The people who stay, with outcome and groups; nothing encoded yet.

    Attributes:
        rows: (n,) row positions in the table as read.
        y_true: (n,) 0 or 1.
        attributes: Sensitive attributes by name.
        weight: (n,) positive, or None.
        notes: Who was left out or merged, with counts.
    """

    rows: IntArray
    y_true: IntArray
    attributes: dict[str, Attribute]
    weight: FloatArray | None
    notes: tuple[str, ...]


def prepare(
    data: TaskData,
    split: SplitConfig | None = None,
    group_by: Sequence[str] = (),
    grouping: Compared = "crossed",
    fold: Fold | None = None,
) -> PreparedData:
    """Apply the roles, split, and encode with what train alone shows.

    The label decides which rows stay and which split they are in (the split is stratified by
    group × label); it never touches a feature. The encoding is a function of train rows only.

    Args:
        data: A table and its roles.
        split: Shares and seed; the default is 60/20/20, seed 0.
        group_by: Sensitive attributes whose crossing stratifies the split; () is the first.
        grouping: ``marginal`` asks each attribute by itself for people in every split; crossed
            groups too small to be split are then stratified together, by label.
        fold: Instead of one split, the split of this fold; ``split.test`` is then not read.

    Raises:
        InputError: Listing every problem, each with a remedy: unreadable label or attribute, a
            (group, label) cell too small to be in every split, no feature left.
        UnknownNameError: If ``group_by`` names an attribute that is not sensitive.
    """
    split = SplitConfig() if split is None else split
    people = read_people(data.frame, data.task)
    by = tuple(group_by) if len(group_by) else tuple(data.task.sensitive[:1])
    groups = cross(people.attributes, by)
    words = data.task.outcome_words
    least = CELL_MINIMUM if fold is None else fold.least
    if grouping == "marginal":
        each = [cell_problems(people.y_true, people.attributes[n], words, least) for n in by]
        refuse([problem for problems in each for problem in problems])
        groups_of_split = mergeable(people.y_true, groups, least)
    else:
        refuse(cell_problems(people.y_true, groups, words, least))
        groups_of_split = groups
    places = stratified_split(people.y_true, groups_of_split, split, fold)
    columns = feature_columns(data.frame, data.task)
    features = data.frame[columns]
    encoding = fit_encoding(features.iloc[people.rows[places["train"]]])
    if not encoding.names:
        raise InputError(
            "No column is left to learn from: every column is the label, sensitive, excluded or "
            "constant. Leave at least one informative column among the features."
        )
    notes = [*data.notes, *people.notes, *_crossing_notes(groups, by), *encoding.notes]
    encoded = encoding.encode(features.iloc[people.rows])
    values = encoding.values(features.iloc[people.rows])
    splits = {}
    for name, where in places.items():
        rows = people.rows[where]
        if name != "train":
            notes += encoding.disclose(features.iloc[rows], name)
        splits[name] = SplitData(
            features=np.ascontiguousarray(encoded[where]),
            y_true=people.y_true[where],
            attributes={
                key: Attribute(a.codes[where], a.names) for key, a in people.attributes.items()
            },
            rows=rows,
            weight=None if people.weight is None else people.weight[where],
            columns=np.ascontiguousarray(values[where]),
        )
    return PreparedData(
        splits,
        encoding.names,
        by,
        split,
        tuple(notes),
        encoding.categorical,
        data.task.sensitive_as_features,
        encoding,
    )


def read_people(frame: pd.DataFrame, task: Task) -> People:
    """Apply label, sensitive and weight roles; say who is left out and why.

    Raises:
        InputError: Listing every problem of label, sensitive attributes and weights together.
    """
    refuse(table_problems(frame, task))
    labels = read_labels(frame, task)
    notes = list(labels.notes)
    keep = labels.code >= 0
    groupings = {name: read_groups(frame, task, name) for name in task.sensitive}
    if task.missing_sensitive == "drop":
        for name, grouping in groupings.items():
            gone = keep & (grouping.codes < 0)
            if gone.any():
                notes.append(f"{counted(int(gone.sum()), 'row')} left out: '{name}' is missing.")
            keep = keep & ~gone
    rows = np.flatnonzero(keep)
    if len(rows) == 0:
        raise InputError("No one is left after leaving rows out. Change the rules for missing.")
    attributes = {}
    for name, grouping in groupings.items():
        kept = Grouping(grouping.codes[rows], grouping.names)
        attributes[name], said = finish_groups(kept, task, name)
        notes += said
    weight = None
    if task.weight is not None:
        weight = frame[task.weight].to_numpy(dtype=np.float64)[rows]
    return People(rows, labels.code[rows], attributes, weight, tuple(notes))


def feature_columns(frame: pd.DataFrame, task: Task) -> list[str]:
    """Columns the model may see, in table order.

    Never the label, an excluded column or the weight; sensitive attributes only if
    ``task.sensitive_as_features``.
    """
    hidden = {task.label, *task.exclude}
    if task.weight is not None:
        hidden.add(task.weight)
    if not task.sensitive_as_features:
        hidden |= set(task.sensitive)
    return [str(name) for name in frame.columns if name not in hidden]


def table_problems(frame: pd.DataFrame, task: Task) -> list[Finding]:
    """Problems of roles, label, sensitive attributes and weights, all at once."""
    problems = role_problems(task)
    problems += label_problems(frame, task)
    for name in task.sensitive:
        problems += group_problems(frame, task, name)
    return problems + _weight_problems(frame, task)


def role_problems(task: Task) -> list[Finding]:
    """Roles that contradict each other."""
    problems = []
    if not task.sensitive:
        problems.append(
            Finding(
                "no_sensitive",
                "No sensitive attribute was chosen.",
                "Choose at least one column whose groups are to be compared.",
            )
        )
    if task.label in task.sensitive:
        problems.append(
            Finding(
                "label_sensitive",
                f"'{task.label}' is both the label and a sensitive attribute.",
                "Keep one role.",
                task.label,
            )
        )
    if task.label in task.exclude:
        problems.append(
            Finding(
                "label_excluded",
                f"'{task.label}' is both the label and left out of the table.",
                "Keep one role.",
                task.label,
            )
        )
    for name in task.sensitive:
        if name in task.exclude:
            problems.append(
                Finding(
                    "sensitive_excluded",
                    f"'{name}' is both sensitive and left out.",
                    "A sensitive attribute is not an input unless you say so: remove it from "
                    "the columns left out.",
                    name,
                )
            )
    return problems


def _weight_problems(frame: pd.DataFrame, task: Task) -> list[Finding]:
    name = task.weight
    if name is None:
        return []
    if name not in frame.columns:
        said = f"There is no weight column '{name}'."
        return [Finding("weight_absent", said, "Choose another, or none.", name)]
    if name in (task.label, *task.sensitive):
        said = f"'{name}' is the weight and has another role."
        return [Finding("weight_role", said, "Keep one role.", name)]
    numbers = pd.to_numeric(frame[name], errors="coerce")
    bad = ~(np.isfinite(numbers) & (numbers > 0))
    if bad.any():
        said = f"Weights must be positive numbers; {int(bad.sum()):,} of '{name}' are not."
        return [Finding("weight_values", said, "Choose another column, or no weight.", name)]
    return []


def _crossing_notes(groups: Attribute, by: Sequence[str]) -> list[str]:
    sizes = np.bincount(groups.codes, minlength=len(groups.names))
    empty = [name for name, size in zip(groups.names, sizes, strict=True) if size == 0]
    if not empty:
        return []
    return [f"No one is in these groups of {' × '.join(by)}: {', '.join(empty)}."]


__all__ = ["People", "feature_columns", "prepare", "read_people"]
