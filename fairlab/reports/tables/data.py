"""What a table holds, group by group, before any model: sizes, base rates, missing, proxies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data import People, Proxies, Strength, feature_columns
from fairlab.language import tr
from fairlab.metrics.intervals import wilson
from fairlab.metrics.power import minimum_detectable_gap
from fairlab.results import cross

TEST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group. Rates in [0, 1]; None where undefined.

    Attributes:
        name: Group.
        n: People.
        favourable: People with the favourable outcome.
        rate: Base rate favourable / n, with its 95 % Wilson interval ``lower``, ``upper``.
        detectable: Smallest gap in a rate of everyone that the test part (a fifth of the
            people) would show in 4 of 5 tries, against the largest other group; None: none.
    """

    name: str
    n: int
    favourable: int
    rate: float | None
    lower: float | None
    upper: float | None
    detectable: float | None


def group_rows(people: People, by: Sequence[str] = ()) -> tuple[GroupRow, ...]:
    """One row per group of an attribute, or of a crossing; groups with nobody included.

    Args:
        people: Who stays under the chosen roles; weights play no part.
        by: Attributes; () is the first.
    """
    groups = cross(people.attributes, by)
    n = np.bincount(groups.codes, minlength=len(groups.names))
    good = np.bincount(groups.codes[people.y_true == 1], minlength=len(groups.names))
    lower, upper = wilson(good, n)
    overall = float(people.y_true.mean())
    rows = []
    for g, name in enumerate(groups.names):
        others = np.delete(n, g)
        largest = int(others.max()) if len(others) else 0
        gap = minimum_detectable_gap(TEST_SHARE * n[g], TEST_SHARE * largest, overall)
        some = n[g] > 0
        rows.append(
            GroupRow(
                name=name,
                n=int(n[g]),
                favourable=int(good[g]),
                rate=float(good[g] / n[g]) if some else None,
                lower=float(lower[g]) if some else None,
                upper=float(upper[g]) if some else None,
                detectable=None if math.isnan(gap) else gap,
            )
        )
    return tuple(rows)


def groups_table(rows: Sequence[GroupRow], words: tuple[str, str]) -> pd.DataFrame:
    """Group sizes, (group × label) cells, base rates in percent, smallest detectable gap."""
    return pd.DataFrame(
        {
            "Group": [row.name for row in rows],
            "People": [row.n for row in rows],
            words[0]: [row.favourable for row in rows],
            words[1]: [row.n - row.favourable for row in rows],
            "Base rate, %": [_percent(row.rate) for row in rows],
            "from, %": [_percent(row.lower) for row in rows],
            "to, %": [_percent(row.upper) for row in rows],
            "Smallest detectable gap, points": [_percent(row.detectable) for row in rows],
        }
    )


def missing_table(frame: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Columns with missing values: how many, and what happens to them."""
    features = set(feature_columns(frame, task))
    rows = []
    for name in map(str, frame.columns):
        count = int(frame[name].isna().sum())
        if count:
            share = round(100 * count / len(frame), 1)
            rows.append((name, count, share, _treatment(frame, task, name, name in features)))
    columns = ["Column", "Missing", "of all, %", "What happens"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("Missing", ascending=False, ignore_index=True)


def proxies_table(found: Proxies) -> pd.DataFrame:
    """Every feature by itself, strongest first."""
    return strengths_table(found.columns)


def strengths_table(found: Sequence[Strength]) -> pd.DataFrame:
    """Columns with their AUC and the people it rests on."""
    return pd.DataFrame(
        {
            "Column": [s.column for s in found],
            "AUC": [round(s.auc, 3) for s in found],
            "People": [s.n for s in found],
        }
    )


def _treatment(frame: pd.DataFrame, task: Task, name: str, feature: bool) -> str:
    if name == task.label:
        return tr("rows left out") if task.missing_label == "drop" else tr("must be filled in")
    if name in task.sensitive:
        policies = {"group": tr("a group of their own"), "drop": tr("rows left out"),
                    "stop": tr("must be filled in")}  # fmt: skip
        return policies[task.missing_sensitive]
    if not feature:
        return tr("not used")
    if pd.api.types.is_numeric_dtype(frame[name]):
        return tr("median of train, marked as missing")
    return tr("a value of its own")


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)
