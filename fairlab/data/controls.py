"""A column within whose strata groups are compared: its values, or quantile bins of numbers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlab.data.findings import Finding
from fairlab.data.groups import MAX_GROUPS, bin_names
from fairlab.data.labels import name_values
from fairlab.data.values import MISSING_NAME, as_numbers, as_text, counted, distinct_text, kind
from fairlab.outcomes import IntArray
from fairlab.results import Attribute

STRATA_OF_NUMBERS = 4


def read_control(
    column: pd.Series, rows: IntArray, name: str, bins: int = STRATA_OF_NUMBERS
) -> tuple[Attribute, tuple[str, ...]]:
    """Strata of the people in ``rows``, and what was done to make them.

    Numbers with more different values than twice ``bins`` are cut at quantiles into at most
    ``bins`` strata of about equal size, an edge belonging to the upper one; other values are
    strata as they are. Missing values are a stratum of their own.

    Args:
        column: The whole column.
        rows: Positions of the people.
        name: Of the column, for the notes.
        bins: How many strata numbers are cut into.
    """
    kept = column.iloc[rows].reset_index(drop=True)
    notes: list[str] = []
    if kind(kept) == "number" and kept.nunique() > 2 * bins:
        codes, names = _quantiles(as_numbers(kept), bins)
        sizes = np.bincount(codes[codes >= 0], minlength=len(names))
        said = ", ".join(f"{text} ({size:,})" for text, size in zip(names, sizes, strict=True))
        notes.append(f"'{name}' was cut at quantiles into {len(names)} strata: {said}.")
    else:
        names = distinct_text(kept)
        where = {value: code for code, value in enumerate(names)}
        codes = np.array(as_text(kept).map(where).fillna(-1), dtype=np.int64)
    missing = codes < 0
    if missing.any():
        unused = MISSING_NAME if MISSING_NAME not in names else f"{MISSING_NAME} (no value)"
        codes, names = np.where(missing, len(names), codes), (*names, unused)
        n = counted(int(missing.sum()), "person", "people")
        notes.append(f"{n} without '{name}' form the stratum '{unused}'.")
    return Attribute(codes, names), tuple(notes)


def control_problems(
    frame: pd.DataFrame, controls: Sequence[str], taken: Sequence[str]
) -> list[Finding]:
    """What keeps columns from being controls.

    Args:
        frame: The table.
        controls: Columns asked for.
        taken: The label and the prediction: within these a gap means something else.
    """
    problems = []
    for name in controls:
        if name not in frame.columns:
            columns = name_values([str(c) for c in frame.columns])
            said = f"There is no column '{name}' to control for."
            problems.append(Finding("control_absent", said, f"Choose among: {columns}.", name))
        elif name in taken:
            said = f"'{name}' is the label or the prediction and cannot also be a control."
            remedy = "Rates given the outcome already compare within it. Choose another column."
            problems.append(Finding("control_role", said, remedy, name))
        elif kind(frame[name]) != "number" and frame[name].nunique() > MAX_GROUPS:
            said = f"'{name}' has {frame[name].nunique():,} different values; at most {MAX_GROUPS}"
            remedy = "Choose a column with fewer values, or merge values before loading."
            problems.append(
                Finding("control_many_values", f"{said} strata can be compared.", remedy, name)
            )
    return problems


def possible_controls(frame: pd.DataFrame, taken: Sequence[str]) -> list[str]:
    """Columns that could be controls, in table order."""
    return [
        str(name)
        for name in frame.columns
        if name not in taken
        and frame[name].nunique() > 1
        and (kind(frame[name]) == "number" or frame[name].nunique() <= MAX_GROUPS)
    ]


def _quantiles(numbers: np.ndarray, bins: int) -> tuple[IntArray, tuple[str, ...]]:
    finite = numbers[np.isfinite(numbers)]
    wanted = np.quantile(finite, np.arange(1, bins) / bins, method="inverted_cdf")
    edges = np.unique(wanted)
    edges = edges[edges > finite.min()]
    if len(edges) == 0:  # most people share the smallest value
        edges = np.array([finite[finite > finite.min()].min()])
    codes: IntArray = np.searchsorted(edges, numbers, side="right").astype(np.int64)
    codes[np.isnan(numbers)] = -1
    whole = bool((finite == np.round(finite)).all())
    return codes, bin_names([float(edge) for edge in edges], whole=whole)
