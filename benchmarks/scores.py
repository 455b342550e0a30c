"""People with labels, scores and groups, for benchmarks of audits and frontiers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from fairlab.errors import InputError
from fairlab.outcomes import GroupedOutcomes


@dataclass(frozen=True, slots=True)
class _Table:
    """How a known table is scored: by boosting on 70 %, the rest being the people.

    Attributes:
        name: In words.
        label: Column, and its favourable values as text.
        group: Column, and groups of its values.
        unused: Columns that are no features.
    """

    name: str
    label: tuple[str, Callable[["pd.Series[Any]"], "pd.Series[bool]"]]
    group: tuple[str, Callable[["pd.Series[Any]"], "pd.Series[str]"]]
    unused: tuple[str, ...] = ()


_TABLES = (
    _Table(
        "Adult",
        ("income", lambda c: c.astype(str).str.startswith(">50K")),
        ("sex", lambda c: c.astype(str)),
        ("fnlwgt", "split"),
    ),
    _Table(
        "German credit",
        ("credit", lambda c: c.astype(str) == "1"),
        (
            "personal_status_sex",
            lambda c: c.map(lambda v: "female" if v in ("A92", "A95") else "male"),
        ),
    ),
    _Table(
        "ACS public coverage",
        ("PUBCOV", lambda c: c.astype(str) == "1"),
        ("RAC1P", lambda c: c.map(lambda v: {0: "White", 1: "Black"}.get(v, "other"))),
        ("row_id", "split"),
    ),
)


def made_up(n: int = 14_653) -> tuple[GroupedOutcomes, str]:
    """People of two groups with distinct scores, and what they are in words."""
    rng = np.random.default_rng(0)
    group = (rng.random(n) < 0.33).astype(np.int64)
    label = (rng.random(n) < np.where(group == 1, 0.11, 0.30)).astype(np.int64)
    logit = rng.normal(-2 + 2.5 * label - 0.5 * group, 1.2)
    outcomes = GroupedOutcomes.from_arrays(
        y_true=label, score=1 / (1 + np.exp(-logit)), group=group, group_names=("A", "B")
    )
    return outcomes, f"{n:,} made-up people"


def from_table(path: Path) -> tuple[GroupedOutcomes, str]:
    """People of a CSV file, and what they are in words.

    Args:
        path: Scores (columns ``y_true``, ``score``, ``group``); COMPAS, whose deciles are the
            scores, by race; or Adult by sex, German credit by sex and ACS public coverage by
            race, where a boosting model is trained on 70 % and scores the rest.

    Raises:
        InputError: If it is none of these.
    """
    table = pd.read_csv(path, skipinitialspace=True)
    if {"y_true", "score", "group"} <= set(table.columns):
        outcomes = GroupedOutcomes.from_arrays(
            y_true=table["y_true"].to_numpy(),
            score=table["score"].to_numpy(),
            group=table["group"].astype(str).to_numpy(),
        )
        return outcomes, f"{outcomes.n:,} people of {path.name}"
    if {"decile_score", "two_year_recid", "race"} <= set(table.columns):
        outcomes = GroupedOutcomes.from_arrays(
            y_true=1 - table["two_year_recid"].to_numpy(),
            score=-table["decile_score"].to_numpy(),
            group=table["race"].astype(str).to_numpy(),
        )
        return outcomes, f"{outcomes.n:,} COMPAS deciles by race"
    for known in _TABLES:
        if {known.label[0], known.group[0]} <= set(table.columns):
            return _scored(table, known)
    raise InputError(
        f"{path.name} is no table of Adult (columns income and sex), COMPAS, German credit or ACS "
        "public coverage, and has no columns y_true, score and group; found "
        f"{', '.join(map(str, table.columns[:12]))}."
    )


def _scored(table: pd.DataFrame, known: _Table) -> tuple[GroupedOutcomes, str]:
    label = known.label[1](table[known.label[0]]).to_numpy().astype(np.int64)
    group = known.group[1](table[known.group[0]]).to_numpy().astype(str)
    dropped = [known.label[0], known.group[0], *known.unused]
    features = pd.get_dummies(table.drop(columns=dropped, errors="ignore"))
    x = features.astype(np.float64).to_numpy()
    fit, test = train_test_split(np.arange(len(table)), test_size=0.3, random_state=0)
    model = HistGradientBoostingClassifier(random_state=0).fit(x[fit], label[fit])
    score = model.predict_proba(x[test])[:, 1]
    outcomes = GroupedOutcomes.from_arrays(y_true=label[test], score=score, group=group[test])
    return outcomes, f"{outcomes.n:,} {known.name} test scores"
