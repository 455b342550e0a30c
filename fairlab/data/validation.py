"""Everything that must be fixed and everything that should be known about a table, at once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.findings import Finding, Findings
from fairlab.data.groups import read_groups
from fairlab.data.labels import name_values
from fairlab.data.prepare import People, feature_columns, read_people, table_problems
from fairlab.data.proxies import label_predictors
from fairlab.data.roles import looks_like_id
from fairlab.data.splits import CELL_MINIMUM, cell_problems
from fairlab.data.values import as_text, counted, kind
from fairlab.errors import InputError
from fairlab.results import cross

LEAK_AUC = 0.98
FEW = 30
MOSTLY_MISSING = 0.5


def validate(
    frame: pd.DataFrame, task: Task, group_by: Sequence[str] = (), *, leaks: bool = True
) -> Findings:
    """Find all problems and warnings of a table under these roles.

    Problems: roles that contradict each other, a label or attribute that cannot be read, a
    (group, label) cell too small to split, no feature left. Warnings: small groups, missing
    values, near-perfect predictors of the label, columns that repeat the label or identify
    people, constant columns.

    Args:
        frame: The table as read.
        task: Roles.
        group_by: Attributes to cross; () is the first.
        leaks: Whether to look for predictors of the label (the slow part).
    """
    problems = list(table_problems(frame, task))
    warnings = _column_warnings(frame, task)
    if not problems and not _inputs(frame, task):
        problems.append(
            Finding(
                "no_features",
                "No column is left to learn from: each is the label, sensitive, left out or has a "
                "single value.",
                "Leave at least one informative column in.",
            )
        )
    if not problems:
        problems += _people_problems(frame, task, group_by, warnings)
    else:
        problems += _tiny_groups(frame, task, {problem.column for problem in problems})
    if not problems and leaks:
        warnings += leak_warnings(frame, task)
    return Findings(tuple(problems), tuple(warnings))


def leak_warnings(frame: pd.DataFrame, task: Task) -> list[Finding]:
    """Features that predict the label almost perfectly by themselves."""
    found = []
    for strength in label_predictors(frame, task):
        if strength.auc >= LEAK_AUC:
            found.append(
                Finding(
                    "leak",
                    f"'{strength.column}' alone tells the label almost perfectly (AUC "
                    f"{strength.auc:.3f}, {strength.n:,} people).",
                    "It may repeat the outcome or be known only after it: leave it out unless "
                    "it is known when the decision is made.",
                    strength.column,
                )
            )
    return found


def _inputs(frame: pd.DataFrame, task: Task) -> list[str]:
    return [name for name in feature_columns(frame, task) if frame[name].nunique(dropna=False) > 1]


def _people_problems(
    frame: pd.DataFrame, task: Task, group_by: Sequence[str], warnings: list[Finding]
) -> list[Finding]:
    try:
        people = read_people(frame, task)
        groups = cross(people.attributes, group_by)
    except InputError as error:
        remedy = "Choose among the sensitive attributes."
        return [Finding("people", str(error), remedy)]
    problems = list(cell_problems(people.y_true, groups, task.outcome_words))
    for name, attribute in people.attributes.items():
        sizes = np.bincount(attribute.codes, minlength=len(attribute.names))
        if len(attribute.names) < 2:
            problems.append(
                Finding(
                    "one_group",
                    f"Everyone has the same '{name}' ({attribute.names[0]}).",
                    "Choose an attribute with at least two groups, or other bins.",
                    name,
                )
            )
        small = [
            f"{group} ({size:,})"
            for group, size in zip(attribute.names, sizes, strict=True)
            if 0 < size < FEW
        ]
        if small:
            warnings.append(
                Finding(
                    "small_group",
                    f"Groups of '{name}' with fewer than {FEW} people: {name_values(small)}.",
                    "Little can be said about them; merge small groups or read their intervals.",
                    name,
                )
            )
    warnings += _other_attributes(people, task, group_by)
    left_out = len(frame) - len(people.rows)
    if left_out:
        warnings.append(
            Finding(
                "rows_left_out",
                f"{left_out:,} of {len(frame):,} rows are left out. {' '.join(people.notes)}",
                "",
            )
        )
    return problems


def _tiny_groups(frame: pd.DataFrame, task: Task, unreadable: set[str]) -> list[Finding]:
    """Groups of the first attribute that no label could make large enough to split."""
    if not task.sensitive or task.sensitive[0] in unreadable or task.merge_groups_below:
        return []
    name = task.sensitive[0]
    grouping = read_groups(frame, task, name)
    sizes = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.names))
    return [
        Finding(
            "group_too_small",
            f"Group '{group}' of '{name}' has {counted(size, 'person', 'people')}; train, "
            f"validation and test need at least {2 * CELL_MINIMUM}, three with each outcome.",
            "Merge small groups, or compare by another attribute.",
            name,
        )
        for group, size in zip(grouping.names, sizes.tolist(), strict=True)
        if 0 < size < 2 * CELL_MINIMUM
    ]


def _other_attributes(people: People, task: Task, by: Sequence[str]) -> list[Finding]:
    """Attributes that could not be trained on as they are, though the chosen ones can."""
    used = tuple(by) if len(by) else task.sensitive[:1]
    found = []
    for name, attribute in people.attributes.items():
        problems = cell_problems(people.y_true, attribute, task.outcome_words)
        if problems and (name,) != used:
            first = problems[0]
            found.append(
                Finding(
                    "other_attribute",
                    f"Models cannot be trained to compare by '{name}' as it is. {first.sentence}",
                    first.remedy,
                    name,
                )
            )
    return found


def _column_warnings(frame: pd.DataFrame, task: Task) -> list[Finding]:
    warnings = []
    constant = []
    for name in feature_columns(frame, task):
        column = frame[name]
        share = float(column.isna().mean())
        if column.nunique(dropna=False) == 1:
            constant.append(name)
        elif looks_like_id(column, name):
            warnings.append(
                Finding(
                    "id",
                    f"'{name}' differs for (almost) everyone and looks like an identifier.",
                    "Leave it out.",
                    name,
                )
            )
        elif share > MOSTLY_MISSING:
            warnings.append(
                Finding(
                    "mostly_missing",
                    f"'{name}' is missing for {share:.0%} of people.",
                    "Check that it is known when the decision is made; leave it out otherwise.",
                    name,
                )
            )
        if _repeats_label(frame, task, name):
            warnings.append(
                Finding(
                    "repeats_label",
                    f"'{name}' repeats the label '{task.label}': the same value always goes with "
                    "the same outcome.",
                    "Leave it out.",
                    name,
                )
            )
    if constant:
        warnings.append(
            Finding(
                "constant",
                f"Columns with a single value are not used: {name_values(constant)}.",
                "",
            )
        )
    return warnings


def _repeats_label(frame: pd.DataFrame, task: Task, name: str) -> bool:
    if task.label not in frame.columns:
        return False
    label, column = frame[task.label], frame[name]
    few = column.nunique()
    if not 2 <= few <= 20 or (kind(column) == "number" and few > 10):
        return False
    if not 2 <= label.nunique() <= 20:
        return False
    table = pd.crosstab(as_text(column), as_text(label))
    return bool(((table > 0).sum(axis=1) == 1).all() and len(table) >= 2)
