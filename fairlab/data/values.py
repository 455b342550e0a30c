"""Cell values: one way to write them as text, one way to tell what kind a column is."""

from typing import Literal

import numpy as np
import pandas as pd

Kind = Literal["number", "yes/no", "date", "text"]

MISSING_NAME = "missing"


def kind(column: pd.Series) -> Kind:
    """What a column holds, by its dtype alone: ``number``, ``yes/no``, ``date`` or ``text``."""
    if pd.api.types.is_bool_dtype(column):
        return "yes/no"
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    return "text"


def as_text(column: pd.Series) -> pd.Series:
    """Values as the text a person would type; missing stays missing.

    Whole numbers have no decimal point whether stored as 1 or 1.0; text is stripped of
    surrounding space; booleans are ``True`` and ``False``; dates are ISO dates.
    """
    missing = column.isna()
    unique = pd.unique(column[~missing])
    names = {value: _text(value) for value in unique}
    text = column.map(names).astype(object)
    return text.where(~missing, None)


def distinct_text(column: pd.Series) -> tuple[str, ...]:
    """Distinct values as text: numbers in numeric order, text sorted; missing left out."""
    unique = pd.Series(pd.unique(column.dropna()))
    if kind(column) in ("number", "date"):
        unique = unique.sort_values()
        return tuple(dict.fromkeys(_text(value) for value in unique))
    return tuple(sorted({_text(value) for value in unique}))


def as_numbers(column: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(n,) float64; missing is NaN, dates are days since 1970-01-01, yes is 1."""
    if kind(column) == "date":
        plain = column.dt.tz_localize(None) if getattr(column.dt, "tz", None) else column
        days = (plain - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
        return np.asarray(days, dtype=np.float64)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def counted(n: int, one: str, many: str = "") -> str:
    """ "1 row", "1,234 rows"."""
    return f"1 {one}" if n == 1 else f"{n:,} {many or one + 's'}"


def _text(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value != value.normalize() else value.date().isoformat()
    return str(value).strip()
