"""Text cells as numbers, yes/no, dates or text: one rule per kind, every exception noted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fairlab.data.findings import cut_name
from fairlab.data.labels import name_values

# Read as missing, after removing space around them. "none" and "unknown" are values.
MISSING_TOKENS = frozenset(
    {"", "?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "-", "--", ".", "<NA>"}
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_ASCII_NUMBER = rf"\A(?:{_NUMBER.pattern.replace(chr(92) + 'd', '[0-9]')})\z"
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+|[+-]?\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,. '\u00a0\u202f]\d{3})+([.,]\d+)?")
_LEADING_ZERO = re.compile(r"[+-]?0\d+")
_DATE = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?")
_OTHER_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_TRUTH = {"true": True, "false": False}
LARGEST_EXACT = 2**53
LONGEST_WHOLE = 20  # characters; Python refuses to parse thousands of digits


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of text: where each person's value stands among the distinct ones (-1: missing)."""

    codes: np.ndarray
    values: pa.Array


def read_columns(
    cells: pd.DataFrame | dict[str, Coded], notes: list[str], *, decimal_comma: bool = False
) -> pd.DataFrame:
    """Turn text columns into typed ones; columns that are not text stay as they are.

    Args:
        cells: Columns of text (and, from Parquet, columns that have a type already). Of a
            dictionary each is taken out as it is read, so that not all are held twice.
        notes: Sentences are added here.
        decimal_comma: Whether "3,5" may be a number (the separator is not a comma).
    """
    typed: dict[str, pd.Series] = {}
    tokens: dict[str, list[str]] = {}
    for name in map(str, list(cells)):
        column = cells.pop(name) if isinstance(cells, dict) else _coded(cells[name])
        if isinstance(column, Coded):
            column = _read_text(name, column, notes, tokens, decimal_comma=decimal_comma)
        typed[name] = column
    for token, where in tokens.items():
        notes.append(f"'{token}' is read as missing: {name_values(where, 6)}.")
    rows = len(next(iter(typed.values()))) if typed else 0
    frame = pd.DataFrame(typed, index=range(rows), copy=False)
    _note_useless(frame, notes)
    return frame


def _coded(column: pd.Series) -> pd.Series | Coded:
    """A column of text by its distinct values; others as they are."""
    if not (pd.api.types.is_string_dtype(column) or column.dtype == object):
        return column
    codes, unique = pd.factorize(column.reset_index(drop=True))
    return Coded(codes, pa.array([str(value) for value in unique], pa.large_string()))


def _read_text(
    name: str,
    column: Coded,
    notes: list[str],
    tokens: dict[str, list[str]],
    *,
    decimal_comma: bool,
) -> pd.Series:
    codes = column.codes
    values = [value.strip() for value in column.values.to_pylist()]
    absent = {i: value for i, value in enumerate(values) if value in MISSING_TOKENS}
    if any(absent.values()):
        sizes = np.bincount(codes[codes >= 0], minlength=len(values))
        for i, value in absent.items():
            if value:
                tokens.setdefault(value, []).append(f"{cut_name(name)} ({sizes[i]:,})")
    real = [value for i, value in enumerate(values) if i not in absent] if absent else values
    if not real:
        return pd.Series([None] * len(codes), dtype="str")
    converted = _convert(name, real, notes, decimal_comma=decimal_comma)
    places = np.full(len(values) + 1, -1, dtype=np.int64)  # the last one: of those missing
    places[[i for i in range(len(values)) if i not in absent]] = np.arange(len(real))
    return _typed(converted, places[codes])


def _typed(converted: Sequence[object], codes: np.ndarray) -> pd.Series:
    """Each person's value, by where it stands in ``converted`` (-1: missing)."""
    missing = codes < 0
    kinds = {type(value) for value in converted}
    if kinds == {bool}:
        if not missing.any():
            return pd.Series(np.array(converted, dtype=bool)[codes])
        converted = [str(value) for value in converted]
    elif kinds <= {int, float}:
        numbers = np.where(missing, np.nan, np.array(converted, dtype=np.float64)[codes])
        if kinds == {int} and not missing.any():
            return pd.Series(numbers.astype(np.int64))
        return pd.Series(numbers)
    elif kinds == {np.datetime64}:
        dates = np.array(converted).astype("datetime64[us]")[codes]
        dates[missing] = np.datetime64("NaT")
        return pd.Series(dates)
    words = pa.array(converted, pa.large_string()).take(pa.array(codes, mask=missing))
    return pd.Series(words.to_pandas(), dtype="str")


def _convert(
    name: str, values: list[str], notes: list[str], *, decimal_comma: bool
) -> list[object]:
    if not values:
        return []
    if all(value.lower() in _TRUTH for value in values):
        return [_TRUTH[value.lower()] for value in values]
    numeric = _are_numbers(values)
    if all(numeric):
        return _numbers(name, values, notes)
    if decimal_comma and all(_DECIMAL_COMMA.fullmatch(value) for value in values):
        decimals = [float(value.replace(",", ".")) for value in values]
        if np.isfinite(decimals).all():
            notes.append(f"'{cut_name(name)}': the comma is read as decimal point.")
            return list(decimals)
    if all(_DATE.fullmatch(value) for value in values):
        dates = _dates(values)
        if dates is not None:
            return dates
    _note_text(name, values, numeric, notes)
    return list(values)


def _are_numbers(values: list[str]) -> list[bool]:
    """Which texts are numbers: by Arrow where all are ASCII, which is four times as fast."""
    text = pa.array(values, pa.large_string())
    if pc.all(pc.string_is_ascii(text)).as_py():
        found: list[bool] = pc.match_substring_regex(text, _ASCII_NUMBER).to_pylist()
        return found
    return [bool(_NUMBER.fullmatch(value)) for value in values]


def _numbers(name: str, values: list[str], notes: list[str]) -> list[object]:
    if any(_LEADING_ZERO.fullmatch(value) for value in values):
        notes.append(
            f"'{cut_name(name)}' has numbers with leading zeros (codes); it is kept as text."
        )
        return list(values)
    numbers = [
        int(v) if v.lstrip("+-").isdigit() and len(v) <= LONGEST_WHOLE else float(v) for v in values
    ]
    if any(
        (isinstance(n, int) and abs(n) > LARGEST_EXACT)
        or (len(v) > LONGEST_WHOLE and v.lstrip("+-").isdigit())
        for n, v in zip(numbers, values, strict=True)
    ):
        notes.append(
            f"'{cut_name(name)}' has numbers too long to be exact (ids); it is kept as text."
        )
        return list(values)
    if not np.isfinite(np.array(numbers, dtype=np.float64)).all():
        notes.append(f"'{cut_name(name)}' has numbers too large to hold; it is kept as text.")
        return list(values)
    return list(numbers)


def _dates(values: list[str]) -> list[object] | None:
    plain = [value.replace("/", "-").replace(" ", "T").rstrip("Z") for value in values]
    try:
        return list(np.array(plain, dtype="datetime64[us]"))
    except ValueError:
        return None


def _note_text(name: str, values: list[str], numeric: list[bool], notes: list[str]) -> None:
    said, first = f"'{cut_name(name)}'", cut_name(values[0], 30)
    odd = [value for value, is_number in zip(values, numeric, strict=True) if not is_number]
    if 0 < len(odd) < len(values) and len(odd) <= len(values) / 2:
        notes.append(
            f"{said} mixes numbers with other values ({name_values(odd, 4)}); it is kept as "
            "text. If those mean missing, leave them empty in the file."
        )
    elif all(_THOUSANDS.fullmatch(v) or n for v, n in zip(values, numeric, strict=True)):
        notes.append(
            f"{said} seems to hold numbers with thousands separators ({first}); it is kept "
            "as text. Write 1234567.8 in the file."
        )
    elif all(value.endswith("%") for value in values):
        notes.append(f"{said} holds percentages ({first}); it is kept as text.")
    elif all(_OTHER_DATE.fullmatch(value) for value in values):
        notes.append(
            f"{said} seems to hold dates ({first}) whose order of day and month is not "
            "certain; it is kept as text. Write 2024-12-31 in the file."
        )


def _note_useless(frame: pd.DataFrame, notes: list[str]) -> None:
    empty = [str(name) for name in frame if frame[name].isna().all()]
    constant = [str(name) for name in frame if str(name) not in empty and _is_constant(frame[name])]
    if empty:
        notes.append(f"Empty columns: {name_values(empty)}.")
    if constant and len(frame) > 1:
        notes.append(f"Columns with a single value: {name_values(constant)}.")


def _is_constant(column: pd.Series) -> bool:
    return bool((column == column.iloc[0]).all()) and not column.isna().any()
