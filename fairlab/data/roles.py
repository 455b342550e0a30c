"""A first guess of every column's role, from names and values. The user decides."""

import re

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.values import as_numbers, distinct_text, kind

LABEL_NAMES = (
    "label", "target", "outcome", "class", "y", "approve", "approved", "income", "credit",
    "default", "hired", "admitted", "two_year_recid", "recid", "decision", "result", "y_true",
    "default payment", "pubcov", "accepted", "granted",
)  # fmt: skip
SENSITIVE_WORDS = (
    "sex", "gender", "male", "female", "race", "ethnicity", "ethnic", "rac1p", "marital", "married",
    "disability", "disabled", "religion", "nationality", "citizenship", "black", "white",
    "hispanic", "hispan",
    "age", "agep", "dis", "pregnant", "veteran", "orientation", "caste", "tribe",
)  # fmt: skip
FAVOURABLE_WORDS = (
    "1", "true", "yes", "y", "approved", "approve", "accept", "accepted", "good", "granted",
    "hired", "admitted", "pass", "passed", "positive", ">50k", ">50k.", "favourable", "favorable",
    "selected", "offer",
)  # fmt: skip
UNFAVOURABLE_NAMES = ("default", "recid", "recidivism", "fraud", "reject", "denied", "risk", "bad")
ID_NAMES = re.compile(r"(.*[_\s-])?(id|uuid|guid|key|index|row|rownum|number)$|^column \d+$", re.I)
WEIGHT_NAMES = re.compile(r"(fnlwgt|.*weight.*|pwgtp|wgt|.*_wt)$", re.I)
SPLIT_NAMES = frozenset({"split", "fold", "set", "partition"})
AGE_EDGES = (25.0, 60.0)
BIN_ABOVE = 12


def guess_roles(frame: pd.DataFrame) -> Task:
    """Guess the label, the favourable value, sensitive attributes and columns to leave out.

    Label: a column of two values with a usual name, else the last column of two values, else
    the last. Favourable: a usual word ("yes", "approved", 1 …; 0 where the name speaks of
    something bad), else the rarer value. Weights are left out, not used.
    """
    label = _guess_label(frame)
    values = distinct_text(frame[label])
    favourable = _guess_favourable(label, values, frame)
    good = tuple(v for v in values if favourable is not None and _same(v, favourable))
    bad = tuple(v for v in values if v not in good)
    two_sides = bool(bad) and all(_same(v, bad[0]) for v in bad)
    sensitive = tuple(
        str(name)
        for name in frame.columns
        if name != label and _speaks_of(str(name)) and frame[name].nunique() > 1
    )
    exclude = tuple(
        str(name)
        for name in frame.columns
        if name != label and name not in sensitive and _is_left_out(frame, str(name))
    )
    usable = tuple(name for name in sensitive if _groupable(frame[name]))
    return Task(
        label=label,
        favourable=good,
        unfavourable=bad if good and two_sides else None,
        sensitive=tuple(sorted(usable, key=_rank)),
        exclude=exclude,
        bins={name: guess_bins(frame[name]) for name in _numeric(frame, usable)},
    )


def guess_bins(column: pd.Series) -> tuple[float, ...]:
    """Inner edges for a numeric attribute: 25 and 60 where they fit, else thirds."""
    numbers = as_numbers(column)
    numbers = numbers[~np.isnan(numbers)]
    low, high = numbers.min(), numbers.max()
    if low < AGE_EDGES[0] and AGE_EDGES[1] < high <= 120:
        return AGE_EDGES
    edges = np.unique(np.round(np.quantile(numbers, [1 / 3, 2 / 3]), 6))
    inside = edges[(edges > low) & (edges <= high)]
    return tuple(float(edge) for edge in inside) or (float(np.mean([low, high])),)


def _guess_label(frame: pd.DataFrame) -> str:
    binary = [str(name) for name in frame.columns if frame[name].nunique() == 2]
    few = [str(name) for name in frame.columns if 2 <= frame[name].nunique() <= 5]
    for names in (binary, few):
        for wanted in LABEL_NAMES:
            for name in names:
                if name.lower().strip() == wanted:
                    return name
    candidates = [
        name for name in binary if not _speaks_of(name) and name.lower() not in SPLIT_NAMES
    ]
    return candidates[-1] if candidates else str(frame.columns[-1])


def _guess_favourable(label: str, values: tuple[str, ...], frame: pd.DataFrame) -> str | None:
    if not 2 <= len(values) <= 50:
        return None
    bad = any(word in label.lower() for word in UNFAVOURABLE_NAMES)
    if bad and len(values) == 2:
        for value in values:
            if value.lower() in ("0", "no", "false", "good", "n"):
                return value
    for word in FAVOURABLE_WORDS:
        for value in values:
            if _same(value, word):
                return value
    if len(values) != 2:
        return None
    sizes = frame[label].value_counts()
    rarer = sizes.index[-1]
    return distinct_text(pd.Series([rarer]))[0] if len(sizes) == 2 else None


def _same(a: str, b: str) -> bool:
    """Equal but for case and a final dot (Adult's test labels end in one)."""
    return a.lower().rstrip(". ") == b.lower().rstrip(". ")


def _words(name: str) -> list[str]:
    return re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())


def _rank(name: str) -> int:
    return min(SENSITIVE_WORDS.index(word) for word in _words(name) if word in SENSITIVE_WORDS)


def _speaks_of(name: str) -> bool:
    return any(word in SENSITIVE_WORDS for word in _words(name)) and name.lower() != "age_cat"


def _groupable(column: pd.Series) -> bool:
    return kind(column) in ("number", "yes/no") or column.nunique() <= BIN_ABOVE


def _numeric(frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name
        for name in names
        if kind(frame[name]) == "number" and frame[name].nunique() > BIN_ABOVE
    )


def _is_left_out(frame: pd.DataFrame, name: str) -> bool:
    column = frame[name]
    if WEIGHT_NAMES.match(name) or name.lower() in SPLIT_NAMES:
        return True
    if looks_like_id(column, name):
        return True
    return column.nunique() == 0


def looks_like_id(column: pd.Series, name: str) -> bool:
    """A different value for (almost) everyone, and either text, or numbered, or named like one."""
    present = column.dropna()
    if len(present) < 20 or present.nunique() < 0.95 * len(present):
        return False
    if kind(column) == "text":
        return True
    if kind(column) != "number":
        return False
    numbers = as_numbers(present)
    steps = np.diff(np.sort(numbers))
    return bool((steps == 1).all()) or bool(ID_NAMES.match(name))
