"""Columns as numbers a model can use. Everything is learnt from the train rows alone.

Numbers become piecewise-linear ("hat") functions between quantile knots
(``SplineTransformer`` of degree 1), so that a model sees skewed columns well; categories
become one column each, rare ones together. Method: Gorishniy, Rubachev, Babenko, "On embeddings
for numerical features in tabular deep learning", NeurIPS 2022, section 3.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer

from fairlab.data.labels import name_values
from fairlab.data.values import as_numbers, as_text, kind
from fairlab.outcomes import FloatArray, IntArray

MISSING_LEVEL = "(missing)"
KNOTS = 10
REST_KNOTS = 32
FEWEST_KNOTS = 4
PEOPLE_PER_KNOT = 200
PEOPLE_PER_REST_KNOT = 30
MAX_CATEGORIES = 30
RARE_SHARE = 0.005
RARE_COUNT = 10

Features = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """A fitted encoding. ``numeric`` and ``categorical`` are the columns used."""

    transformer: ColumnTransformer
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]

    def encode(self, frame: pd.DataFrame) -> Features:
        """(n, F) float32, finite. Values never seen in training: numbers are clipped to the
        outermost knots, categories count as rare (or as none of the known ones)."""
        table = _table(frame, self.numeric, self.categorical)
        return np.ascontiguousarray(self.transformer.transform(table), dtype=np.float32)

    def disclose(self, frame: pd.DataFrame, where: str) -> tuple[str, ...]:
        """Sentences about values in ``frame`` that training never saw."""
        notes = []
        for name in self.categorical:
            levels = _fitted(self.transformer)[name].categories_[0]
            values = _levels(frame[name])
            unseen = ~values.isin(levels)
            if unseen.any():
                which = name_values(sorted(set(values[unseen])), 3)
                notes.append(
                    f"'{name}': {int(unseen.sum()):,} people in {where} have a value that no one "
                    f"in train has ({which}); it is read as a rare value."
                )
        return tuple(notes)


def fit_encoding(train: pd.DataFrame) -> Encoding:
    """Learn the encoding of every column of ``train``.

    Columns that carry nothing are left out with a note: all missing, constant, and text in
    which no value is shared by enough people (names, ids).
    """
    numeric: list[str] = []
    categorical: list[str] = []
    notes: list[str] = []
    least = max(RARE_COUNT, int(np.ceil(RARE_SHARE * len(train))))
    for name in map(str, train.columns):
        reason = _why_useless(train[name], least)
        if reason:
            notes.append(f"'{name}' is not used: {reason}.")
        elif kind(train[name]) == "text":
            categorical.append(name)
        else:
            numeric.append(name)
    table = _table(train, numeric, categorical)
    columns = [(name, _numeric_steps(table[name].to_numpy())) for name in numeric]
    columns += [(name, _one_hot(min(least, len(train) // 4))) for name in categorical]
    steps = [(f"column {i}", step, [name]) for i, (name, step) in enumerate(columns)]
    transformer = ColumnTransformer(steps, sparse_threshold=0.0).set_output(transform="default")
    transformer.fit(table)
    fitted = _fitted(transformer)
    for name in categorical:
        notes += _rare_note(name, fitted[name], least)
    notes += _missing_notes(train, numeric, categorical)
    dates = [name for name in numeric if kind(train[name]) == "date"]
    if dates:
        notes.append(f"Dates are read as days: {name_values(dates)}.")
    names = _feature_names(fitted, numeric, categorical)
    return Encoding(transformer, tuple(numeric), tuple(categorical), names, tuple(notes))


def knots(values: FloatArray) -> FloatArray:
    """Increasing knots at data values, lowest and highest included.

    At most ``KNOTS``, with at least ``PEOPLE_PER_KNOT`` people each; at quantiles in which a value
    counts with the square root of its people, so that heaped values do not take all knots. If
    one value is held by the majority (most people have no capital gain), it is one knot and the
    other people get up to ``REST_KNOTS`` of their own.

    Args:
        values: (n,) with at least two distinct finite values; NaN ignored.
    """
    present = values[~np.isnan(values)]
    distinct, sizes = np.unique(present, return_counts=True)
    common = int(sizes.argmax())
    if 2 * sizes[common] <= len(present):
        return _quantile_knots(distinct, sizes, _knot_count(len(present), PEOPLE_PER_KNOT, KNOTS))
    rest = np.arange(len(distinct)) != common
    count = _knot_count(int(sizes[rest].sum()), PEOPLE_PER_REST_KNOT, REST_KNOTS)
    chosen = _quantile_knots(distinct[rest], sizes[rest], count)
    merged: FloatArray = np.union1d(distinct[[common]], chosen)
    return merged


def _knot_count(people: int, each: int, most: int) -> int:
    return int(np.clip(people // each, FEWEST_KNOTS, most))


def _quantile_knots(distinct: FloatArray, sizes: IntArray, count: int) -> FloatArray:
    if len(distinct) <= count:
        return distinct
    tempered = np.sqrt(sizes)
    positions = (np.cumsum(tempered) - tempered / 2) / tempered.sum()
    nearest = np.searchsorted(positions, np.linspace(0, 1, count)).clip(0, len(distinct) - 1)
    nearest[0] = 0
    chosen: FloatArray = distinct[np.unique(nearest)]
    return chosen


def _why_useless(column: pd.Series, least: int) -> str:
    distinct = column.nunique(dropna=True)
    if distinct == 0:
        return "it is empty for everyone in train"
    if distinct == 1 and not column.isna().any():
        return "it has the same value for everyone in train"
    if kind(column) != "text":
        return ""
    largest = int(_levels(column).value_counts().max())
    if distinct > 2 and largest < min(least, len(column) / 4):
        return f"it is text with {distinct:,} different values, none shared by {least} people"
    return ""


def _numeric_steps(values: FloatArray) -> FeatureUnion:
    missing = np.isnan(values)
    places = knots(values) if len(np.unique(values[~missing])) > 1 else None
    parts: list[tuple[str, Any]] = []
    if places is not None:
        hats = SplineTransformer(
            degree=1, knots=places[:, None], extrapolation="constant", include_bias=False
        )
        fill = SimpleImputer(strategy="median")
        parts.append(("hats", Pipeline([("fill", fill), ("hats", hats)])))
    if missing.any():
        parts.append(("missing", MissingIndicator(features="all")))
    return FeatureUnion(parts)


def _one_hot(least: int) -> OneHotEncoder:
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=max(least, 1),
        max_categories=MAX_CATEGORIES,
        sparse_output=False,
    )


def _table(frame: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in numeric:
        numbers = as_numbers(frame[name])
        columns[name] = np.where(np.isfinite(numbers), numbers, np.nan)
    for name in categorical:
        columns[name] = _levels(frame[name]).to_numpy(dtype=object)
    return pd.DataFrame(columns, index=range(len(frame)))


def _levels(column: pd.Series) -> pd.Series:
    return as_text(column).fillna(MISSING_LEVEL).astype(object)


def _fitted(transformer: ColumnTransformer) -> dict[str, Any]:
    # Steps are numbered because columns may have names that scikit-learn refuses ("self", "a__b").
    return {columns[0]: step for _, step, columns in transformer.transformers_ if step != "drop"}


def _rare_note(name: str, encoder: OneHotEncoder, least: int) -> list[str]:
    rare = encoder.infrequent_categories_[0]
    if rare is None or len(rare) < 2:
        return []
    return [
        f"'{name}': {len(rare)} values with few people in train (fewer than {least}, or beyond "
        f"the {MAX_CATEGORIES - 1} most common) are read as one rare value: "
        f"{name_values([str(v) for v in rare], 4)}."
    ]


def _missing_notes(
    train: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str]
) -> list[str]:
    notes = []
    for names, what in (
        (numeric, "replaced by the median of train and marked as missing"),
        (categorical, "kept as a value of their own"),
    ):
        counted = [(name, int(train[name].isna().sum())) for name in names]
        gone = [f"{name} ({count:,})" for name, count in counted if count]
        if gone:
            notes.append(f"Missing values in train {what}: {name_values(gone, 12)}.")
    return notes


def _feature_names(
    fitted: dict[str, Any], numeric: Sequence[str], categorical: Sequence[str]
) -> tuple[str, ...]:
    names: list[str] = []
    for name in numeric:
        for part, step in fitted[name].transformer_list:
            if part == "missing":
                names.append(f"{name} is missing")
            else:
                places = step.named_steps["hats"].knots[:-1, 0]
                names += [f"{name} near {place:g}" for place in places]
    for name in categorical:
        encoder = fitted[name]
        prefix = len(name) + 1
        levels = [str(level)[prefix:] for level in encoder.get_feature_names_out([name])]
        names += [
            f"{name} = {'(rare)' if level == 'infrequent_sklearn' else level}" for level in levels
        ]
    return tuple(names)
