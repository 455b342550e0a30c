"""Tables as a visitor reads them: names of columns and sentences in cells in their language."""

import pandas as pd

from fairlab.language import SOURCE, language, later, tr, translated
from fairlab.retelling import retold

# Names of columns that hold another name: those of rates, rules, groups and attributes.
_PATTERNS = (
    later("{what}, points"),
    later("{what}, %"),
    later("{what}, lower"),
    later("{what}, upper"),
    later("{what}, %: in use → rule"),
    later("{what}: retraining"),
    later("{what}: other people"),
    later("{what} as it is, points"),
    later("AUC for {what}"),
    later("Threshold, {what}"),
    later("Base rate of {what}, %"),
)


def on_screen(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with its words in the visitor's language; files keep the English ones.

    Names that would come out alike stay as they are, so that no column is lost.
    """
    if language() == SOURCE:
        return table
    names = [heading(str(name)) for name in table.columns]
    told = table.copy()
    for place, name in enumerate(table.columns):
        if not pd.api.types.is_numeric_dtype(table.dtypes.iloc[place]):
            told.isetitem(place, [_cell(value) for value in table.iloc[:, place]])
        if names.count(names[place]) > 1:
            names[place] = str(name)
    told.columns = pd.Index(names)
    return told


def heading(name: str) -> str:
    """The name of a column in the visitor's language."""
    known = translated(name)
    if known != name:
        return known
    for pattern in _PATTERNS:
        start, _, end = pattern[:].partition("{what}")
        inner = name[len(start) : len(name) - len(end)]
        if inner and name == f"{start}{inner}{end}":
            return translated(pattern).format(what=heading(inner))
    return name


def _cell(value: object) -> object:
    return retold(value) if isinstance(value, str) else value


def decimal_signs() -> str:
    """The signs for decimals and thousands, as Plotly takes them."""
    written = tr("{number:,.1f}", number=1234.5)
    return f"{written[-2]}{written[1]}"
