"""Nearest people by some columns: robustly scaled numbers, and categories that agree or differ.

The label is never among the columns.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from fairlab.data.encoding import MISSING_LEVEL
from fairlab.data.values import as_numbers, as_text, kind
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray

FURTHEST = 5.0
MOST_LEVELS = 50
# Coordinates of a person at most: with thousands of them people take gigabytes.
MOST_COORDINATES = 2_000
_TINY = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class _Numbers:
    name: str
    centre: float
    spread: float

    size = 2

    def place(self, column: pd.Series) -> FloatArray:
        """(n, 2): the number in interquartile ranges from the median, and whether missing."""
        numbers = as_numbers(column)
        missing = ~np.isfinite(numbers)
        filled = np.where(missing, self.centre, numbers)
        scaled = np.clip((filled - self.centre) / self.spread, -FURTHEST, FURTHEST)
        return np.column_stack([scaled, missing.astype(np.float64)])


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    name: str
    levels: tuple[str, ...]

    @property
    def size(self) -> int:
        """Coordinates: one per level, and one for all others."""
        return len(self.levels) + 1

    def place(self, column: pd.Series) -> FloatArray:
        """(n, L + 1) such that two people who differ are 1 apart."""
        where = {level: code for code, level in enumerate(self.levels)}
        text = as_text(column).fillna(MISSING_LEVEL)
        codes = text.map(where).fillna(len(self.levels)).to_numpy(dtype=np.int64)
        placed: FloatArray = np.eye(len(self.levels) + 1)[codes] / sqrt(2)
        return placed


@dataclass(frozen=True, slots=True, eq=False)
class MatchSpace:
    """Where people lie by some columns.

    Squared distance: the sum over numbers of (difference in interquartile ranges)², clipped at 5
    from the median, plus one for every category that differs and every value only one lacks.
    """

    columns: tuple[_Numbers | _Levels, ...]

    @classmethod
    def fit(cls, frame: pd.DataFrame, names: tuple[str, ...]) -> "MatchSpace":
        """Scales of ``names``, learnt from the people one may be matched with.

        Raises:
            InputError: If a person would have more than 2,000 coordinates.
        """
        found: list[_Numbers | _Levels] = []
        for name in names:
            column = frame[name]
            if kind(column) == "text":
                text = as_text(column).fillna(MISSING_LEVEL)
                common = text.value_counts().index[:MOST_LEVELS]
                found.append(_Levels(name, tuple(str(level) for level in common)))
            else:
                found.append(_numbers(name, as_numbers(column)))
        size = sum(column.size for column in found)
        if size > MOST_COORDINATES:
            raise InputError(
                f"People would be matched on {len(names):,} columns with {size:,} numbers and "
                f"levels of text in all; at most {MOST_COORDINATES:,} fit. Train a model "
                "without columns of many levels."
            )
        return cls(tuple(found))

    def place(self, frame: pd.DataFrame) -> FloatArray:
        """(n, ·) coordinates; Euclidean distance between them is the distance."""
        blocks = [column.place(frame[column.name]) for column in self.columns]
        if not blocks:
            return np.zeros((len(frame), 1))
        return np.concatenate(blocks, axis=1)


def _numbers(name: str, numbers: FloatArray) -> _Numbers:
    known = numbers[np.isfinite(numbers)]
    if len(known) == 0:
        return _Numbers(name, 0.0, 1.0)
    low, centre, high = np.quantile(known, [0.25, 0.5, 0.75])
    spread = float(high - low) or float(known.std()) or 1.0
    return _Numbers(name, float(centre), spread)


def nearest(
    people: FloatArray,
    others: FloatArray,
    *,
    itself: IntArray | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[IntArray, FloatArray]:
    """For each of ``people`` (n, D) the place of the nearest of ``others`` (m, D), and how far.

    Args:
        people, others: Coordinates.
        itself: (n,) the place of each person among ``others``, who is then nobody's own match;
            −1 for a person who is not there. Needs m of at least 2.
        rng: Of several equally near, one is drawn, so that none of them serves everybody; without
            it the first that sklearn's exhaustive search finds, the same every time.
    """
    a, b = people, others
    if rng is not None:
        # Too small to matter but between equals.
        a, b = (np.column_stack([x, rng.uniform(0, _TINY, len(x))]) for x in (a, b))
    search = NearestNeighbors(n_neighbors=1 if itself is None else 2, algorithm="brute").fit(b)
    place = search.kneighbors(a, return_distance=False).astype(np.int64)
    found = place[:, 0]
    if itself is not None:
        found = np.where(found == itself, place[:, 1], found)
    distance: FloatArray = np.linalg.norm(people - others[found], axis=1)
    return found, distance
