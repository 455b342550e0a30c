"""How well features give away the group, and whether one of them gives away the label."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.encoding import MISSING_LEVEL
from fairlab.data.prepare import feature_columns, read_people
from fairlab.data.values import as_numbers, as_text, kind
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import Attribute

MAX_PEOPLE = 10_000
FOLDS = 5
LEVELS = 40
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Strength:
    """How well one column ranks people. ``auc`` in [0.5, 1]; ``n`` people used."""

    column: str
    auc: float
    n: int


@dataclass(frozen=True, slots=True)
class Proxies:
    """How well features tell the groups of one attribute apart.

    Attributes:
        attribute: The sensitive attribute.
        columns: Every feature by itself, strongest first.
        together: AUC of all features together (boosted trees, cross-validated), None if there
            are too few people.
        n: People used.
        notes: Sampling and groups left out, in sentences.
    """

    attribute: str
    columns: tuple[Strength, ...]
    together: float | None
    n: int
    notes: tuple[str, ...] = ()


def proxies(
    frame: pd.DataFrame, task: Task, attribute: str, *, together: bool = True, seed: int = 0
) -> Proxies:
    """Cross-validated AUC of each feature, and of all together, for the groups of ``attribute``.

    AUC of a feature: the chance that a person of a group ranks above a person outside it, by
    the share of the group at that value of the feature among the *other* folds. 0.5 tells
    nothing, 1 gives the group away. Over more than two groups: the mean weighted by group size.
    At most 10,000 people, drawn with the seed; groups of fewer than 20 are left out.

    Raises:
        InputError: If the roles cannot be applied.
    """
    people = read_people(frame, task)
    groups = people.attributes[attribute]
    rows, codes, names, notes = _sample(people.rows, groups, seed)
    if len(names) < 2:
        return Proxies(attribute, (), None, len(rows), (*notes, "Fewer than two groups are left."))
    columns = feature_columns(frame, task)
    levels = {name: _levels(frame[name].iloc[rows]) for name in columns}
    folds = _folds(codes, seed)
    strengths = [
        Strength(name, group_auc(_rates(levels[name], codes, folds, len(names)), codes), len(rows))
        for name in columns
    ]
    strengths.sort(key=lambda strength: (-strength.auc, strength.column))
    both = _together(levels, codes, folds, len(names)) if together and columns else None
    return Proxies(attribute, tuple(strengths), both, len(rows), tuple(notes))


def label_predictors(frame: pd.DataFrame, task: Task, *, seed: int = 0) -> tuple[Strength, ...]:
    """Cross-validated AUC of each feature by itself for the label, strongest first.

    Raises:
        InputError: If the roles cannot be applied.
    """
    people = read_people(frame, task)
    outcome = Attribute(people.y_true, ("unfavourable", "favourable"))
    rows, codes, names, _ = _sample(people.rows, outcome, seed)
    if len(names) < 2:
        return ()
    folds = _folds(codes, seed)
    found = []
    for name in feature_columns(frame, task):
        rates = _rates(_levels(frame[name].iloc[rows]), codes, folds, 2)
        found.append(Strength(name, group_auc(rates, codes), len(rows)))
    return tuple(sorted(found, key=lambda strength: (-strength.auc, strength.column)))


def _sample(
    rows: IntArray, groups: Attribute, seed: int
) -> tuple[IntArray, IntArray, tuple[str, ...], list[str]]:
    notes = []
    chosen = np.arange(len(rows))
    if len(rows) > MAX_PEOPLE:
        chosen = np.sort(
            np.random.default_rng(seed).choice(len(rows), size=MAX_PEOPLE, replace=False)
        )
        notes.append(f"Computed on {MAX_PEOPLE:,} of {len(rows):,} people, drawn at random.")
    codes = groups.codes[chosen]
    sizes = np.bincount(codes, minlength=len(groups.names))
    kept = np.flatnonzero(sizes >= FEWEST)
    small = [groups.names[i] for i in np.flatnonzero((sizes > 0) & (sizes < FEWEST))]
    if small:
        notes.append(f"Groups of fewer than {FEWEST} people are left out: {', '.join(small)}.")
    stays = np.isin(codes, kept)
    renumber = np.full(len(groups.names), -1, dtype=np.int64)
    renumber[kept] = np.arange(len(kept))
    names = tuple(groups.names[i] for i in kept)
    return rows[chosen[stays]], renumber[codes[stays]], names, notes


def _levels(column: pd.Series) -> IntArray:
    """A column as at most LEVELS + 1 codes: quantile bins of numbers, common values of text."""
    if kind(column) == "text":
        text = as_text(column).fillna(MISSING_LEVEL)
        common = text.value_counts().index[: LEVELS - 1]
        where = {value: code for code, value in enumerate(common)}
        return text.map(where).fillna(LEVELS).to_numpy(dtype=np.int64)
    numbers = as_numbers(column)
    missing = ~np.isfinite(numbers)
    if missing.all():
        return np.zeros(len(column), dtype=np.int64)
    distinct = np.unique(numbers[~missing])
    if len(distinct) > LEVELS:
        distinct = np.unique(np.quantile(numbers[~missing], np.linspace(0, 1, LEVELS)))
    codes = np.searchsorted(distinct, np.where(missing, distinct[0], numbers)).astype(np.int64)
    return np.where(missing, LEVELS, codes)


def _folds(codes: IntArray, seed: int) -> IntArray:
    from sklearn.model_selection import StratifiedKFold

    fold = np.zeros(len(codes), dtype=np.int64)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for which, (_, part) in enumerate(splitter.split(np.zeros(len(codes)), codes)):
        fold[part] = which
    return fold


def _rates(levels: IntArray, codes: IntArray, fold: IntArray, n_groups: int) -> FloatArray:
    """(n, G) share of each group at the person's level among the people of other folds."""
    size = LEVELS + 1
    cell = (fold * size + levels) * n_groups + codes
    table = np.bincount(cell, minlength=FOLDS * size * n_groups).reshape(FOLDS, size, n_groups)
    others = table.sum(axis=0) - table
    overall = others.sum(axis=1, keepdims=True) / others.sum(axis=(1, 2), keepdims=True)
    shares = (others + overall) / (others.sum(axis=2, keepdims=True) + 1)
    rates: FloatArray = shares[fold, levels]
    return rates


def group_auc(score: FloatArray, codes: IntArray) -> float:
    """Mean over groups, weighted by size, of the AUC of one group against the rest; ≥ 0.5."""
    sizes = np.bincount(codes, minlength=score.shape[1])
    aucs = [_auc(score[:, g], codes == g) for g in range(score.shape[1])]
    return max(0.5, float(np.average(aucs, weights=sizes)))


def _auc(score: FloatArray, member: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    from scipy.stats import rankdata

    inside = int(member.sum())
    outside = len(member) - inside
    ranks = rankdata(score)
    return float((ranks[member].sum() - inside * (inside + 1) / 2) / (inside * outside))


def _together(
    levels: dict[str, IntArray], codes: IntArray, fold: IntArray, n_groups: int
) -> float | None:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    table = np.column_stack(list(levels.values())).astype(np.float64)
    score = np.zeros((len(codes), n_groups))
    for which in range(FOLDS):
        if which >= 3 and len(codes) > 5_000:
            break
        train, part = fold != which, fold == which
        model = HistGradientBoostingClassifier(
            max_iter=40, learning_rate=0.15, max_leaf_nodes=15, early_stopping=False, random_state=0
        )
        with threadpool_limits(limits=1, user_api="openmp"):  # many threads starve each other
            model.fit(table[train], codes[train])
            score[part] = model.predict_proba(table[part])
    used = fold < 3 if len(codes) > 5_000 else fold >= 0
    return group_auc(score[used], codes[used])
