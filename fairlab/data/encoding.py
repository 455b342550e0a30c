"""Columns as numbers a model can use. Everything is learnt from the train rows alone.

Numbers become piecewise-linear ("hat") functions between quantile knots
(``SplineTransformer`` of degree 1), so that a model sees skewed columns well; categories
become one column each, rare ones together. Method: Gorishniy, Rubachev, Babenko, "On embeddings
for numerical features in tabular deep learning", NeurIPS 2022, section 3.2.

scikit-learn is imported by what uses it: whoever only reads tables or runs does not pay for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fairlab.data.labels import name_values
from fairlab.data.values import as_numbers, as_text, counted, kind
from fairlab.outcomes import Array, FloatArray, IntArray

if TYPE_CHECKING:
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer

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
class NumericColumn:
    """Hats between knots, and whether being missing is marked.

    Attributes:
        name: Column.
        median: Of train; takes the place of missing values.
        hats: Fitted on the knots; None if train has a single value (only missing is marked).
        marked: Whether someone in train lacks the value.
    """

    name: str
    median: float
    hats: "SplineTransformer | None"
    marked: bool

    def encode(self, column: pd.Series) -> list[Array]:
        """Blocks of shape (n, ·)."""
        numbers = _finite_numbers(column)
        missing = np.isnan(numbers)
        blocks: list[Array] = []
        if self.hats is not None:
            filled = np.where(missing, self.median, numbers)
            blocks.append(self.hats.transform(filled[:, None]))
        if self.marked:
            blocks.append(missing[:, None])
        return blocks

    def values(self, column: pd.Series) -> FloatArray:
        """(n,) the numbers as they are, NaN where missing."""
        return _finite_numbers(column)

    def names(self) -> list[str]:
        """Names of the encoded columns."""
        names = []
        if self.hats is not None:
            names += [f"{self.name} near {place:g}" for place in self.hats.knots[:-1, 0]]
        return [*names, f"{self.name} is missing"] if self.marked else names


@dataclass(frozen=True, slots=True, eq=False)
class CategoryColumn:
    """One column per common category; rare and unseen ones together."""

    name: str
    encoder: "OneHotEncoder"

    def encode(self, column: pd.Series) -> list[Array]:
        """One block of shape (n, ·)."""
        return [self.encoder.transform(_levels(column).to_numpy(dtype=object)[:, None])]

    def values(self, column: pd.Series) -> FloatArray:
        """(n,) code of the category's column; NaN for a value that has none."""
        block = self.encode(column)[0]
        return np.where(block.any(axis=1), block.argmax(axis=1), np.nan)

    def names(self) -> list[str]:
        """Names of the encoded columns."""
        prefix = len("x0_")
        levels = [str(level)[prefix:] for level in self.encoder.get_feature_names_out()]
        rare = "infrequent_sklearn"
        return [f"{self.name} = {'(rare)' if level == rare else level}" for level in levels]


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """A fitted encoding: the columns used, the names of the F features, what to disclose."""

    columns: tuple[NumericColumn | CategoryColumn, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]

    def encode(self, frame: pd.DataFrame) -> Features:
        """(n, F) float32, finite. Values never seen in training: numbers are clipped to the
        outermost knots, categories count as rare (or as none of the known ones)."""
        from sklearn import config_context

        encoded = np.empty((len(frame), len(self.names)), dtype=np.float32)
        start = 0
        with config_context(skip_parameter_validation=True):
            for column in self.columns:
                for block in column.encode(frame[column.name]):
                    encoded[:, start : start + block.shape[1]] = block
                    start += block.shape[1]
        return encoded

    def values(self, frame: pd.DataFrame) -> FloatArray:
        """(n, C) one number per column: as read, or a category's code; NaN where missing."""
        from sklearn import config_context

        with config_context(skip_parameter_validation=True):
            found = [column.values(frame[column.name]) for column in self.columns]
        return np.stack(found, axis=1)

    @property
    def categorical(self) -> tuple[bool, ...]:
        """C, whether each column of :meth:`values` holds codes."""
        return tuple(isinstance(column, CategoryColumn) for column in self.columns)

    def disclose(self, frame: pd.DataFrame, where: str) -> tuple[str, ...]:
        """Sentences about values in ``frame`` that training never saw."""
        notes = []
        for column in self.columns:
            if isinstance(column, NumericColumn):
                continue
            values = _levels(frame[column.name])
            unseen = ~values.isin(column.encoder.categories_[0])
            if unseen.any():
                which = name_values(sorted(set(values[unseen])), 3)
                people = counted(int(unseen.sum()), "person has", "people have")
                notes.append(
                    f"'{column.name}': {people} a value in {where} that no one in train has "
                    f"({which}); it is read as a rare value."
                )
        return tuple(notes)


def fit_encoding(train: pd.DataFrame, people: int | None = None) -> Encoding:
    """Learn the encoding of every column of ``train``.

    Columns that carry nothing are left out with a note: all missing, constant, and text in
    which no value is shared by enough people (names, ids).

    Args:
        train: The people who are learnt from.
        people: How many they stand for where they are a sample: knots and categories are then
            about as many as all of them would have. None where they are all.
    """
    columns: list[NumericColumn | CategoryColumn] = []
    notes: list[str] = []
    each = 1.0 if people is None else people / len(train)
    least = int(np.ceil(max(RARE_COUNT, np.ceil(RARE_SHARE * len(train) * each)) / each))
    for name in map(str, train.columns):
        reason = _why_useless(train[name], least)
        if reason:
            notes.append(f"'{name}' is not used: {reason}.")
        elif kind(train[name]) == "text":
            category = _fit_category(train[name], name, min(least, len(train) // 4))
            columns.append(category)
            notes += _rare_note(category, least)
        else:
            columns.append(_fit_numbers(train[name], name, each))
    columns.sort(key=lambda column: isinstance(column, CategoryColumn))
    notes += _missing_notes(train, columns)
    dates = [column.name for column in columns if kind(train[column.name]) == "date"]
    if dates:
        notes.append(f"Dates are read as days: {name_values(dates)}.")
    names = tuple(name for column in columns for name in column.names())
    return Encoding(tuple(columns), names, tuple(notes))


def knots(values: FloatArray, each: float = 1.0) -> FloatArray:
    """Increasing knots at data values, lowest and highest included.

    At most ``KNOTS``, with at least ``PEOPLE_PER_KNOT`` people each; at quantiles in which a value
    counts with the square root of its people, so that heaped values do not take all knots. If
    one value is held by the majority (most people have no capital gain), it is one knot and the
    other people get up to ``REST_KNOTS`` of their own.

    Args:
        values: (n,) with at least two distinct finite values; NaN ignored.
        each: People that one of them stands for.
    """
    present = values[~np.isnan(values)]
    distinct, sizes = np.unique(present, return_counts=True)
    common = int(sizes.argmax())
    if 2 * sizes[common] <= len(present):
        many = _knot_count(each * len(present), PEOPLE_PER_KNOT, KNOTS)
        return _quantile_knots(distinct, sizes, many)
    rest = np.arange(len(distinct)) != common
    count = _knot_count(each * int(sizes[rest].sum()), PEOPLE_PER_REST_KNOT, REST_KNOTS)
    chosen = _quantile_knots(distinct[rest], sizes[rest], count)
    merged: FloatArray = np.union1d(distinct[[common]], chosen)
    return merged


def _knot_count(people: float, each: int, most: int) -> int:
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


def _fit_numbers(column: pd.Series, name: str, each: float) -> NumericColumn:
    from sklearn.preprocessing import SplineTransformer

    numbers = _finite_numbers(column)
    missing = np.isnan(numbers)
    hats = None
    if len(np.unique(numbers[~missing])) > 1:
        places = knots(numbers, each)[:, None]
        hats = SplineTransformer(
            degree=1, knots=places, extrapolation="constant", include_bias=False
        ).fit(places)
    return NumericColumn(name, float(np.median(numbers[~missing])), hats, bool(missing.any()))


def _fit_category(column: pd.Series, name: str, least: int) -> CategoryColumn:
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=max(least, 1),
        max_categories=MAX_CATEGORIES,
        sparse_output=False,
    )
    return CategoryColumn(name, encoder.fit(_levels(column).to_numpy(dtype=object)[:, None]))


def _finite_numbers(column: pd.Series) -> FloatArray:
    numbers = as_numbers(column)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _levels(column: pd.Series) -> pd.Series:
    return as_text(column).fillna(MISSING_LEVEL).astype(object)


def _rare_note(column: CategoryColumn, least: int) -> list[str]:
    rare = column.encoder.infrequent_categories_[0]
    if rare is None or len(rare) < 2:
        return []
    return [
        f"'{column.name}': {len(rare)} values with few people in train (fewer than {least}, or "
        f"beyond the {MAX_CATEGORIES - 1} most common) are read as one rare value: "
        f"{name_values([str(v) for v in rare], 4)}."
    ]


def _missing_notes(
    train: pd.DataFrame, columns: Sequence[NumericColumn | CategoryColumn]
) -> list[str]:
    notes = []
    for sort, what in (
        (NumericColumn, "replaced by the median of train and marked as missing"),
        (CategoryColumn, "kept as a value of their own"),
    ):
        names = [column.name for column in columns if isinstance(column, sort)]
        counts = [(name, int(train[name].isna().sum())) for name in names]
        gone = [f"{name} ({count:,})" for name, count in counts if count]
        if gone:
            notes.append(f"Missing values in train {what}: {name_values(gone, 12)}.")
    return notes
