"""A rule applied to a table of people: no labels are needed, and none are read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.data.groups import read_groups
from fairlab.data.task import Task
from fairlab.data.values import MISSING_NAME, kind
from fairlab.errors import InputError
from fairlab.frontier.rules import Rule
from fairlab.outcomes import Array, FloatArray, IntArray
from fairlab.results import CROSSING

CHANCE, DECISION = "chance_of_selection", "decision"
_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class DecidedTable:
    """People with their decisions.

    Attributes:
        frame: The table given, with two columns more: the chance of being selected, and the
            decision, 1 for selected.
        group: (n,) names.
        chance: (n,) of being selected.
        decision: (n,) 0 or 1.
        notes: What a reader must know, in sentences.
    """

    frame: pd.DataFrame
    group: Array
    chance: FloatArray
    decision: IntArray
    notes: tuple[str, ...]

    def summary(self) -> pd.DataFrame:
        """People, how many of them are selected, and how many were drawn, per group."""
        drawn = (self.chance > 0) & (self.chance < 1)
        table = pd.DataFrame(
            {"group": self.group, "people": 1, "selected": self.decision, "between": drawn}
        )
        return table.groupby("group", sort=True).sum().astype(int).reset_index()


def decide_table(
    rule: Rule,
    frame: pd.DataFrame,
    *,
    score: str,
    sensitive: Sequence[str],
    seed: int | None = None,
    deterministic: bool = False,
    higher_is_better: bool = True,
) -> DecidedTable:
    """Decide everybody in a table.

    Args:
        rule: Thresholds per group.
        frame: One row per person.
        score: Column of scores, in the unit the rule was fitted on.
        sensitive: Columns whose crossing names the groups, as when the rule was fitted; missing
            values are the group "missing".
        seed: For decisions that are drawn. The same seed and rows in the same order give the
            same decisions.
        deterministic: Select whoever would be selected in at least half of the draws, instead of
            drawing. The gap may then exceed the rule's slack.
        higher_is_better: False if scores are risks, as when the rule was fitted.

    Raises:
        InputError: Naming the column, rows or groups that cannot be decided, and the remedy; or a
            rule that draws, without a seed.
    """
    values = _scores(frame, score)
    group = _groups(frame, sensitive)
    _refuse_unknown(rule, group, sensitive)
    for name in (CHANCE, DECISION):
        if name in frame.columns:
            raise InputError(
                f"The table has a column '{name}' already, which would be overwritten. Rename it."
            )
    chance = rule.probability(values if higher_is_better else -values, group)
    notes = []
    if deterministic:
        decision = (chance >= 0.5).astype(np.int64)
        if rule.randomised:
            notes.append(
                "Nothing was drawn: whoever the rule selects in at least half of the draws is "
                f"selected. The gap may exceed the rule's {100 * rule.slack:g} points."
            )
    else:
        if rule.randomised and seed is None:
            raise InputError(
                "This rule draws some decisions. Give a seed, so that they can be repeated, or "
                "ask for no drawing (--seed 0 or --deterministic)."
            )
        decision = rule.decide(values if higher_is_better else -values, group, seed)
        if rule.randomised:
            drawn = int(((chance > 0) & (chance < 1)).sum())
            notes.append(f"{drawn} of {len(chance)} decisions were drawn, with seed {seed}.")
    table = frame.copy()
    table[CHANCE], table[DECISION] = chance, decision
    return DecidedTable(table, group, chance, decision, tuple(notes))


def _scores(frame: pd.DataFrame, score: str) -> FloatArray:
    if score not in frame.columns:
        columns = ", ".join(str(name) for name in frame.columns)
        raise InputError(f"There is no column '{score}'. Choose among: {columns}.")
    if len(frame) == 0:
        raise InputError("The table has no rows. Give people to decide.")
    if kind(frame[score]) not in ("number", "yes/no"):
        shown = ", ".join(str(v) for v in frame[score].dropna().unique()[:_NAMED])
        raise InputError(
            f"Scores must be numbers; '{score}' holds {shown}. Choose the column of scores."
        )
    values = frame[score].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        rows = ", ".join(str(row + 1) for row in bad[:_NAMED]) + (" …" if len(bad) > _NAMED else "")
        raise InputError(
            f"{len(bad)} of {len(values)} scores in '{score}' are missing or infinite (rows "
            f"{rows}). No one can be decided without a score: fill them in or remove those rows."
        )
    return values


def _groups(frame: pd.DataFrame, sensitive: Sequence[str]) -> Array:
    if len(set(sensitive)) != len(sensitive):
        raise InputError(
            f"{CROSSING.join(sensitive)} names a column twice. Name every column once, in the "
            "order the rule was fitted with."
        )
    names: list[Array] = []
    for column in sensitive:
        found = read_groups(frame, Task(label="", favourable=("1",), sensitive=(column,)), column)
        labels = np.array([*found.names, MISSING_NAME], dtype=object)
        names.append(labels[found.codes])
    if not names:
        raise InputError("Name the columns whose groups the rule has thresholds for.")
    crossed = names[0].astype(str)
    for more in names[1:]:
        crossed = np.char.add(np.char.add(crossed, CROSSING), more.astype(str))
    return crossed


def _refuse_unknown(rule: Rule, group: Array, sensitive: Sequence[str]) -> None:
    known = [one.group for one in rule.groups if one.thresholds]
    found, people = np.unique(group, return_counts=True)
    unknown = [
        f"{name} ({n} people)" for name, n in zip(found, people, strict=True) if name not in known
    ]
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise InputError(
            f"The rule has no threshold for these groups of {CROSSING.join(sensitive)}: "
            f"{', '.join(unknown[:_NAMED])}{more}. It has them for {', '.join(known)}. Name the "
            "columns it was fitted with, leave those people out, or fit it on people of every "
            "group."
        )
