"""A fitted encoding as plain data, and back: knots, medians and categories, no pickle."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fairlab.data.encoding import CategoryColumn, Encoding, NumericColumn
from fairlab.errors import InputError
from fairlab.outcomes import IntArray

if TYPE_CHECKING:
    from sklearn.preprocessing import OneHotEncoder

VERSION = 1


def record_encoding(encoding: Encoding) -> dict[str, Any]:
    """Everything :func:`read_encoding` needs, as what JSON can hold.

    Raises:
        InputError: For a column encoded in a way this version cannot write down.
    """
    return {"version": VERSION, "columns": [_record(column) for column in encoding.columns]}


def read_encoding(record: Mapping[str, Any]) -> Encoding:
    """An encoding that gives the same features as the one recorded.

    Notes are not kept: they speak of the table it was fitted on.

    Raises:
        InputError: If the record is not one of this version.
    """
    if record.get("version") != VERSION:
        raise InputError(
            f"The encoding was written as version {record.get('version')!r}; this fairlab reads "
            f"version {VERSION}. Train the run again, or update fairlab."
        )
    columns = tuple(_read(entry) for entry in record["columns"])
    names = tuple(name for column in columns for name in column.names())
    return Encoding(columns, names, ())


def origins(encoding: Encoding) -> tuple[tuple[str, ...], IntArray]:
    """Columns of the table, and for each encoded feature (F,) the place of its column."""
    columns = tuple(column.name for column in encoding.columns)
    sizes = [len(column.names()) for column in encoding.columns]
    return columns, np.repeat(np.arange(len(columns)), sizes).astype(np.int64)


def _record(column: NumericColumn | CategoryColumn) -> dict[str, Any]:
    if isinstance(column, NumericColumn):
        hats = column.hats
        return {
            "kind": "numbers",
            "name": column.name,
            "median": column.median,
            "knots": None if hats is None else np.asarray(hats.knots, dtype=float)[:, 0].tolist(),
            "marked": column.marked,
        }
    rare = column.encoder.infrequent_categories_[0]
    return {
        "kind": "categories",
        "name": column.name,
        "levels": [str(level) for level in column.encoder.categories_[0]],
        "rare": [] if rare is None else [str(level) for level in rare],
    }


def _read(entry: Mapping[str, Any]) -> NumericColumn | CategoryColumn:
    if entry["kind"] == "numbers":
        hats = None
        if entry["knots"] is not None:
            from sklearn.preprocessing import SplineTransformer

            places = np.array(entry["knots"], dtype=np.float64)[:, None]
            hats = SplineTransformer(
                degree=1, knots=places, extrapolation="constant", include_bias=False
            ).fit(places)
        return NumericColumn(entry["name"], float(entry["median"]), hats, bool(entry["marked"]))
    if entry["kind"] != "categories":
        raise InputError(
            f"A column encoded as {entry['kind']!r} is not known to this fairlab. Update it."
        )
    return CategoryColumn(entry["name"], _one_hot(entry["levels"], set(entry["rare"])))


def _one_hot(levels: list[str], rare: set[str]) -> "OneHotEncoder":
    """Common levels stand for two people each and rare ones for one: fitting finds them again."""
    from sklearn.preprocessing import OneHotEncoder

    shown = [level for level in levels for _ in range(1 if level in rare else 2)]
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=2, sparse_output=False
    )
    return encoder.fit(np.array(shown, dtype=object)[:, None])
