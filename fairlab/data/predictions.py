"""A table of predictions made elsewhere, as people with a label, a score and groups."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.controls import control_problems, read_control
from fairlab.data.findings import Finding, refuse
from fairlab.data.labels import name_values
from fairlab.data.prepare import read_people, table_problems
from fairlab.data.values import as_text, counted, distinct_text, kind
from fairlab.mappings import shorten
from fairlab.outcomes import FloatArray
from fairlab.results import ScoredPeople

_MOST_PEOPLE = 10**12
SELECTED_WORDS = ("1", "true", "yes", "approved", "approve", "accepted", "selected", "positive")


def read_predictions(
    frame: pd.DataFrame,
    *,
    label: str,
    favourable: Sequence[str],
    sensitive: Sequence[str],
    unfavourable: Sequence[str] | None = None,
    score: str | None = None,
    decision: str | None = None,
    selected: Sequence[str] | None = None,
    threshold: float = 0.5,
    higher_is_better: bool = True,
    weight: str | None = None,
    bins: Mapping[str, tuple[float, ...]] | None = None,
    missing_sensitive: Literal["group", "drop", "stop"] = "group",
    merge_groups_below: int = 0,
    controls: Sequence[str] = (),
) -> ScoredPeople:
    """Check a table of predictions and make it ready for an audit.

    Args:
        frame: One row per person.
        label: Column with what truly happened.
        favourable, unfavourable: Label values as text; see ``Task``.
        sensitive: Sensitive attributes, at least one.
        score: Column of scores, any finite numbers; people with a missing score are left out
            with a count. Exactly one of ``score`` and ``decision``.
        decision: Column of decisions, two values.
        selected: Values of ``decision`` that mean selected; a usual word (1, yes …) if None.
        threshold: A person is selected iff score ≥ threshold, on the scale of the column.
        higher_is_better: False for risk scores: scores and threshold are then negated, and a
            person is selected iff the risk is ≤ threshold.
        weight, bins, missing_sensitive, merge_groups_below: As in ``Task``.
        controls: Further columns within whose strata groups may be compared; numbers with many
            values are cut at quantiles, and a note says where.

    Raises:
        InputError: Listing every problem.
    """
    refuse(_option_problems(sensitive, bins or {}, merge_groups_below))
    task = Task(
        label=label,
        favourable=tuple(favourable),
        unfavourable=None if unfavourable is None else tuple(unfavourable),
        sensitive=tuple(sensitive),
        bins=dict(bins or {}),
        missing_sensitive=missing_sensitive,
        merge_groups_below=merge_groups_below,
        weight=weight,
    )
    problems = list(table_problems(frame, task))
    problems += _prediction_problems(frame, task, score, decision, selected, threshold)
    taken = [name for name in (label, score, decision) if name is not None]
    problems += control_problems(frame, controls, taken)
    refuse(problems)
    people = read_people(frame, task)
    notes = list(people.notes)
    if score is not None:
        values = frame[score].to_numpy(dtype=np.float64, na_value=np.nan)[people.rows]
    else:
        assert decision is not None
        values = _decisions(frame[decision], _selected(frame[decision], selected))[people.rows]
    known = ~np.isnan(values)
    if not known.all():
        notes.append(
            f"{counted(int((~known).sum()), 'row')} left out: '{score or decision}' is missing."
        )
    if score is not None and not higher_is_better:
        values, threshold = -values, -threshold
        notes.append(
            f"'{score}' is a risk, low is good: people at a threshold or below it are selected. "
            "Thresholds are written as the table writes them."
        )
    strata = {}
    for name in dict.fromkeys(controls):
        strata[name], said = read_control(frame[name], people.rows[known], name)
        notes += said
    return ScoredPeople(
        y_true=people.y_true[known],
        score=values[known],
        attributes={
            name: type(a)(a.codes[known], a.names) for name, a in people.attributes.items()
        },
        weight=None if people.weight is None else people.weight[known],
        has_scores=score is not None,
        threshold=threshold if score is not None else 0.5,
        notes=tuple(notes),
        controls=strata,
        higher_is_better=score is None or higher_is_better,
        score_name=score or "",
        outcome_words=_outcome_words(frame[label], task),
    )


def _option_problems(
    sensitive: Sequence[str], bins: Mapping[str, tuple[float, ...]], merge_below: int
) -> list[Finding]:
    problems = []
    for name in dict.fromkeys(name for name in sensitive if list(sensitive).count(name) > 1):
        said = f"'{name}' is given as a sensitive attribute twice."
        problems.append(Finding("sensitive_twice", said, "Name every attribute once.", name))
    for name, edges in bins.items():
        wrong = [edge for edge in edges if not np.isfinite(edge)]
        if wrong:
            said = f"'{name}' cannot be cut at {wrong[0]}; groups are cut at finite numbers."
            problems.append(Finding("bins", said, "Write them from small to large.", name))
    if not 0 <= merge_below <= _MOST_PEOPLE:
        said = f"Groups of fewer than {shorten(merge_below)} people cannot be merged."
        remedy = f"Write a whole number from 0 (keep all) to {_MOST_PEOPLE:,}."
        problems.append(Finding("merge_below", said, remedy))
    return problems


def _outcome_words(column: pd.Series, task: Task) -> tuple[str, str]:
    """The two outcomes as the table has them: "two_year_recid is 0", "two_year_recid is 1"."""
    others = [value for value in distinct_text(column) if value not in task.favourable]
    bad = others[0] if len(others) == 1 else f"none of {name_values(task.favourable, 4)}"
    if task.unfavourable:
        bad = name_values(task.unfavourable, 4)
    return f"{task.label} is {name_values(task.favourable, 4)}", f"{task.label} is {bad}"


def _prediction_problems(
    frame: pd.DataFrame,
    task: Task,
    score: str | None,
    decision: str | None,
    selected: Sequence[str] | None,
    threshold: float,
) -> list[Finding]:
    if (score is None) == (decision is None):
        said = "A table of predictions has either a column of scores or one of decisions."
        return [Finding("score_or_decision", said, "Choose exactly one of them.")]
    name = score if score is not None else decision
    assert name is not None
    if name not in frame.columns:
        columns = name_values([str(c) for c in frame.columns])
        said = f"There is no column '{name}'."
        return [Finding("prediction_absent", said, f"Choose among: {columns}.", name)]
    problems = []
    if name == task.label or name in task.sensitive:
        other = "the label" if name == task.label else "a sensitive attribute"
        said = f"'{name}' is the prediction and also {other}."
        problems.append(Finding("prediction_role", said, "Choose different columns.", name))
    if score is not None:
        problems += _score_problems(frame[score], score, threshold)
    else:
        problems += _decision_problems(frame[name], name, selected)
    return problems


def _score_problems(column: pd.Series, name: str, threshold: float) -> list[Finding]:
    if kind(column) not in ("number", "yes/no"):
        values = name_values(distinct_text(column), 4)
        said = f"Scores must be numbers; '{name}' holds {values}."
        return [Finding("score_text", said, "If these are decisions, say so.", name)]
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    problems = []
    if np.isnan(numbers).all():
        said = f"'{name}' is empty."
        problems.append(Finding("score_empty", said, "Choose another column.", name))
    infinite = np.isinf(numbers)
    if infinite.any():
        said = f"Scores must be finite; {int(infinite.sum()):,} of '{name}' are infinite."
        problems.append(Finding("score_infinite", said, "Repair or remove those rows.", name))
    if not np.isfinite(threshold):
        said = f"The threshold must be a finite number; found {threshold}."
        problems.append(Finding("threshold", said, "Write one on the scale of the scores.", name))
    return problems


def _decision_problems(
    column: pd.Series, name: str, selected: Sequence[str] | None
) -> list[Finding]:
    values = distinct_text(column)
    if len(values) > 2 and selected is None:
        said = f"Decisions have two values; '{name}' has {len(values)} ({name_values(values, 4)})."
        remedy = "If these are scores, say so; else say which values mean selected."
        return [Finding("decision_values", said, remedy, name)]
    chosen = _selected(column, selected)
    wrong = [value for value in chosen if value not in values]
    if wrong:
        said = f"'{name}' has no value {name_values(wrong)}; it has {name_values(values, 6)}."
        return [Finding("selected_absent", said, "Choose among those.", name)]
    if not chosen:
        said = f"Which value of '{name}' means selected? It has {name_values(values, 6)}."
        return [Finding("selected_unknown", said, "Choose one of them.", name)]
    return []


def _selected(column: pd.Series, selected: Sequence[str] | None) -> tuple[str, ...]:
    if selected is not None:
        return tuple(selected)
    values = distinct_text(column)
    return tuple(value for value in values if value.lower() in SELECTED_WORDS)[:1]


def _decisions(column: pd.Series, selected: Sequence[str]) -> FloatArray:
    text = as_text(column)
    chosen = text.isin(list(selected)).to_numpy(dtype=np.float64)
    return np.where(text.isna().to_numpy(), np.nan, chosen)
