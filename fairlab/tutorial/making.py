"""Makes the numbers the tutorial rests on: scores of everybody, and sweeps of the three modes.

Everybody is scored by models that never saw them: five folds. What is kept are counts. Made again
with ``python -m fairlab.tutorial.making``, which takes under a minute.
"""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlab.config import MODES, AdversarialParams, LayerParams, PenaltyParams, RunConfig
from fairlab.data import TaskData, load
from fairlab.training import fit_sweep
from fairlab.tutorial.numbers import ATTRIBUTE, FOLDS, FORMAT, NUMBERS, labels_and_groups

PENALTIES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
ADVERSARIES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
SLACKS = (1.0, 0.15, 0.12, 0.09, 0.06, 0.04, 0.02, 0.0)


def scores(table: TaskData) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(n,) chance of approval of everybody, from a logistic regression that never saw them."""
    rows, label, groups = labels_and_groups(table)
    frame = table.frame.loc[rows]
    roles = {*table.task.exclude, *table.task.sensitive, table.task.label}
    features = frame[[name for name in frame.columns if name not in roles]]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    strata = [f"{group} {one}" for group, one in zip(groups, label, strict=True)]
    found = cross_val_predict(
        _model(features),
        features,
        label,
        cv=list(folds.split(features, strata)),
        method="predict_proba",
    )
    return np.asarray(found[:, 1], dtype=np.float64)


def _model(features: pd.DataFrame) -> Pipeline:
    numeric = features.select_dtypes("number").columns
    words = [name for name in features.columns if name not in numeric]
    known = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), list(numeric)),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )
    return make_pipeline(known, LogisticRegression(max_iter=2000))


def histogram(table: TaskData) -> list[list[list[int]]]:
    """People by group, label and whole percent of the score, rounded down."""
    _, label, groups = labels_and_groups(table)
    percent = np.floor(100 * scores(table)).astype(int)
    names = sorted(set(groups))
    return [
        [np.bincount(percent[(groups == g) & (label == y)], minlength=101).tolist() for y in (0, 1)]
        for g in names
    ]


def sweep_config(table: TaskData, **changes: object) -> RunConfig:
    """The sweep of the three modes.

    Args:
        table: The built-in table.
        changes: Other settings.
    """
    settings: dict[str, object] = {
        "modes": MODES,
        "group_by": (ATTRIBUTE,),
        "penalty": PenaltyParams(strengths=PENALTIES),
        "adversarial": AdversarialParams(strengths=ADVERSARIES),
        "layer": LayerParams(slacks=SLACKS),
        "model": {"kind": "logistic"},
        "folds": FOLDS,
    }
    return RunConfig.model_validate(
        {"data": table.data, "task": table.task, "sweep": settings | changes}
    )


def sweeps(table: TaskData) -> dict[str, list[dict[str, Any]]]:
    """Everybody's decisions by models that never saw them, counted, for every strength."""
    result = fit_sweep(table, sweep_config(table))
    assert result.folds is not None
    each = np.rint(result.folds.counts["test"]).astype(int)
    counts = each.sum(axis=0)
    found: dict[str, list[dict[str, Any]]] = {mode: [] for mode in MODES}
    for point in result.points:
        row: dict[str, Any] = {"dial": point.slack if point.mode == "layer" else point.strength}
        row["counts"] = counts[point.index].tolist()
        row["first_fold"] = each[0, point.index].tolist()  # what a test trains again
        if point.guarantee is not None:
            row["score_gap"] = point.guarantee.score_gap["test"]
        found[point.mode].append(row)
    return found


def numbers() -> dict[str, Any]:
    """All of it."""
    table = load("loanapp")
    _, _, groups = labels_and_groups(table)
    return {
        "format": FORMAT,
        "attribute": ATTRIBUTE,
        "groups": sorted(set(groups)),
        "histogram": histogram(table),
        "sweeps": sweeps(table),
    }


def main() -> None:
    """Write the file anew."""
    made = json.dumps(numbers(), separators=(",", ":"))
    NUMBERS.write_text(made + "\n", encoding="utf-8")
    sys.stdout.write(f"{NUMBERS}: {len(made):,} characters\n")


if __name__ == "__main__":
    main()
