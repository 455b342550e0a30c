"""A stranger's Parquet file to plain columns, never larger in memory than its limits."""

import datetime
import io
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairlab.data.columns import LARGEST_EXACT
from fairlab.data.findings import cut_name
from fairlab.data.limits import Limits, can_raise
from fairlab.data.reading import (
    Reading,
    check_lengths,
    too_many_columns,
    too_many_rows,
    unique_names,
)

_FIRST = np.datetime64("0001-01-01", "us")
_LAST = np.datetime64("9999-12-31T23:59:59.999999", "us")


def parquet_columns(content: bytes, limits: Limits, reading: Reading) -> pd.DataFrame | None:
    """Columns of numbers, yes/no, dates or text; None when there are problems.

    Text stays in dictionary form until its full length is known: a few bytes of Parquet can stand
    for terabytes of repeated text.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        _check_size(file, limits, reading)
        _check_kinds(file, reading)
        if reading.problems:
            return None
        text = [field.name for field in file.schema_arrow if _is_text(_held(field.type))]
        table = pq.ParquetFile(io.BytesIO(content), read_dictionary=text).read()
        table.validate(full=True)
        _check_text(table, limits, reading)
        if reading.problems:
            return None
        names, columns = table.column_names, list(table.columns)
        del table
        return _plain_columns(names, columns, reading)
    except pa.ArrowMemoryError:  # one of ArrowException, but no fault of the file
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        reading.problem(
            "parquet_damaged",
            f"The Parquet file cannot be read ({reason(error)}).",
            "It may be cut short: upload it again, or export it again.",
        )
    return None


def _plain_columns(
    given: list[str], columns: list[pa.ChunkedArray], reading: Reading
) -> pd.DataFrame | None:
    """Columns are taken out of the list as they are read, so that not all are held twice."""
    names = unique_names([" ".join(name.split()) for name in given], reading)
    rows = len(columns[0])
    columns.reverse()
    plain = {name: _plain(columns.pop(), name, reading) for name in names}
    if reading.problems:
        return None
    return pd.DataFrame(plain, index=range(rows), copy=False)


def reason(error: Exception) -> str:
    """The first sentence of a library's message, without its own dots, paths and line numbers."""
    said = " ".join(str(error).split())
    said = re.split(r"[.:] (?=[A-Z])|\. |[/\\]", said)[0]
    return cut_name(said.strip(" .'\""), 100) or type(error).__name__


def _held(kind: pa.DataType) -> pa.DataType:
    """What a dictionary or an extension holds."""
    if pa.types.is_dictionary(kind):
        return _held(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _held(kind.storage_type)
    return kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _too_large(what: str, limits: Limits, reading: Reading) -> None:
    reading.problem(
        "too_large",
        f"The table has {what} once decompressed; at most {8 * limits.bytes / 1e6:g} MB are read.",
        f"Keep the columns and people you need. {can_raise('mb')}",
    )


def _check_size(file: pq.ParquetFile, limits: Limits, reading: Reading) -> None:
    meta = file.metadata
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    rows = max(meta.num_rows, sum(group.num_rows for group in groups))
    names = file.schema_arrow.names
    plain = max(sum(group.total_byte_size for group in groups), 8 * rows * len(names))
    if plain > 8 * limits.bytes:
        _too_large(f"{plain / 1e6:,.0f} MB", limits, reading)
    if rows > limits.rows:
        reading.problem("too_many_rows", *too_many_rows(f"{rows:,}", limits))
    if rows == 0:
        reading.problem("no_rows", "The table has no rows.", "Add one row per person.")
    if len(names) > limits.columns:
        reading.problem("too_many_columns", *too_many_columns(len(names), limits))
    check_lengths(names, reading)


def _check_kinds(file: pq.ParquetFile, reading: Reading) -> None:
    for field in file.schema_arrow:
        kind = _held(field.type)
        if pa.types.is_nested(kind) or _is_bytes(kind):
            what = cut_name(str(kind), 40)
            reading.problem(
                "nested",
                f"Column '{cut_name(field.name)}' holds {what}, not one plain value per person.",
                "Spread it over plain columns or leave it out.",
                field.name,
            )


def _check_text(table: pa.Table, limits: Limits, reading: Reading) -> None:
    """Length of each value, and of all text once repeated values are written out."""
    whole = 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not _is_text(_held(column.type)):
            continue
        longest = 0
        for chunk in column.chunks:
            values, codes = chunk, None
            if isinstance(chunk, pa.DictionaryArray):
                values, codes = chunk.dictionary, chunk.indices
            if isinstance(values, pa.ExtensionArray):
                values = values.storage
            sizes = pc.binary_length(values.cast(pa.large_string()))
            longest = max(longest, pc.max(sizes).as_py() or 0)
            used = sizes if codes is None else sizes.take(codes)
            whole += pc.sum(pc.cast(used, pa.int64())).as_py() or 0
        if longest > 4 * limits.cell:  # bytes; a character has at most four
            reading.problem(
                "long_cell",
                f"Column '{cut_name(name)}' has a value of {longest:,} bytes; at most "
                f"{limits.cell:,} characters are read.",
                f"Drop the column of long texts. {can_raise('cell')}",
                name,
            )
    if whole > 8 * limits.bytes:
        _too_large(f"{whole / 1e6:,.0f} MB of text", limits, reading)


def _plain(column: pa.ChunkedArray, name: str, reading: Reading) -> pd.Series:
    while column.type != _held(column.type):
        kind = column.type
        held = kind.value_type if pa.types.is_dictionary(kind) else kind.storage_type
        column = column.cast(held)
    kind = column.type
    if pa.types.is_boolean(kind):
        if column.null_count == 0:
            return pd.Series(column.to_numpy())
        return pd.Series([None if v is None else str(v) for v in column.to_pylist()], dtype="str")
    if pa.types.is_integer(kind):
        return _plain_whole(column, name, reading)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _plain_numbers(column, name, reading)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _plain_dates(column, name, reading)
    if pa.types.is_null(kind):
        return pd.Series([None] * len(column), dtype="str")
    return pd.Series(column.cast(pa.string()).to_pandas(), dtype="str")


def _plain_whole(column: pa.ChunkedArray, name: str, reading: Reading) -> pd.Series:
    ends = pc.min_max(column).as_py()
    if any(abs(end) > LARGEST_EXACT for end in ends.values() if end is not None):
        # Reading the text says that these are ids.
        return pd.Series([None if v is None else str(v) for v in column.to_pylist()], dtype="str")
    if column.null_count == 0:
        return pd.Series(column.to_numpy().astype(np.int64, copy=False))
    return _plain_numbers(column, name, reading)


def _plain_numbers(column: pa.ChunkedArray, name: str, reading: Reading) -> pd.Series:
    numbers = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64, copy=False)
    infinite = np.isinf(numbers)
    if infinite.any():
        reading.notes.append(
            f"'{cut_name(name)}': {int(infinite.sum()):,} infinite values are read as missing."
        )
        numbers = np.where(infinite, np.nan, numbers)
    return pd.Series(numbers)


def _plain_dates(column: pa.ChunkedArray, name: str, reading: Reading) -> pd.Series:
    micro = pa.timestamp("us")
    nano = pa.types.is_timestamp(column.type) and column.type.unit == "ns"
    try:
        stamps = column.cast(micro, safe=not nano).to_numpy().astype("datetime64[us]")
        outside = bool(((stamps < _FIRST) | (stamps > _LAST)).any())
    except pa.ArrowInvalid:
        stamps, outside = np.empty(0, "datetime64[us]"), True
    if outside:
        reading.problem(
            "date_range",
            f"Column '{cut_name(name)}' has dates outside the years 1 to {datetime.MAXYEAR}.",
            "Repair those dates, or leave the column out.",
            name,
        )
    elif nano and (column.drop_null().cast(pa.int64()).to_numpy() % 1000).any():
        reading.notes.append(f"'{cut_name(name)}': times are kept to the microsecond.")
    return pd.Series(stamps)
