"""A user's file to a table: CSV or Parquet, checked against limits, every change noted."""

import io
import re
import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fairlab.data.columns import read_columns
from fairlab.data.csv_text import Reading, decode, read_cells, unique_names
from fairlab.data.findings import refuse
from fairlab.data.fingerprint import fingerprint
from fairlab.data.limits import Limits
from fairlab.errors import InputError

_HTML = re.compile(r"\s*<(!doctype html|html|head|body|\?xml|table)", re.IGNORECASE)
_JSON = re.compile(r"\s*(\{\s*\"|\[\s*[\{\[])")
_BINARY = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite f": "an SQLite database",
    b"%PDF": "a PDF",
    b"\x80\x02": "a Python pickle",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"\x89HDF": "an HDF5 file",
    b"ARROW1": "a Feather file",
}


@dataclass(frozen=True, slots=True, eq=False)
class ReadTable:
    """A table as read from a file.

    Attributes:
        frame: Columns of numbers, yes/no, dates (no time zone) or text; missing is missing.
        notes: What reading chose or changed, in sentences.
        fingerprint: SHA-256 of the content as read; the same for CSV and Parquet.
        filename: As given, for messages.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]
    fingerprint: str
    filename: str


def read_table(
    content: bytes, filename: str, limits: Limits | None = None, *, skip_ragged: bool = False
) -> ReadTable:
    """Read CSV (comma, semicolon, tab or bar; any text encoding; also gzipped) or Parquet.

    What the file is, is told from its content, not from its name. Text in ``MISSING_TOKENS``
    ("?", "NA", "null", "-" …) is missing. Never unpickles, never evaluates.

    Args:
        content: The whole file.
        filename: For messages only; never opened.
        limits: Largest size, rows, columns, cell; the default is 50 MB, 1,000,000 rows, 500
            columns, 10,000 characters.
        skip_ragged: Leave out lines with too few or too many fields (they are counted in the
            notes) instead of refusing the file.

    Raises:
        InputError: Listing every problem found, each with a remedy.
    """
    limits = Limits() if limits is None else limits
    reading = Reading()
    if len(content) > limits.bytes:
        reading.problem(
            "too_large",
            f"'{filename}' has {len(content) / 1e6:.1f} MB; at most {limits.bytes / 1e6:g} MB "
            "are read.",
            "Keep the columns and people you need, or save it as Parquet.",
        )
        refuse(reading.problems)
    if content.startswith(b"PAR1"):
        frame = _read_parquet(content, limits, reading)
    else:
        frame = _read_csv(content, filename, limits, reading, skip_ragged=skip_ragged)
    refuse(reading.problems)
    assert frame is not None
    return ReadTable(frame, tuple(reading.notes), fingerprint(frame), filename)


def _read_csv(
    content: bytes, filename: str, limits: Limits, reading: Reading, *, skip_ragged: bool
) -> pd.DataFrame | None:
    if content.startswith(b"\x1f\x8b"):
        content = _gunzip(content, limits)
    for start, what in _BINARY.items():
        if content.startswith(start):
            reading.problem(
                "not_a_table",
                f"'{filename}' is {what}, not a CSV or Parquet file.",
                "Export the table as CSV (in Excel: Save as → CSV UTF-8).",
            )
            return None
    text = decode(content, reading)
    if not text.strip():
        reading.problem("empty", f"'{filename}' is empty.", "Upload a table with a header line.")
    elif "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        reading.problem(
            "nul",
            f"'{filename}' holds {text.count(chr(0)):,} NUL characters, the first in line "
            f"{line:,}: it is damaged or not a text file.",
            "Export the table again as CSV.",
        )
    elif _HTML.match(text):
        reading.problem(
            "html",
            f"'{filename}' is a web page, not a table (often a log-in or error page saved by "
            "mistake).",
            "Open the link in a browser and download the table itself.",
        )
    elif _JSON.match(text):
        reading.problem(
            "json", f"'{filename}' is JSON, not a table.", "Export the table as CSV or Parquet."
        )
    if reading.problems:
        return None
    cells, sign = read_cells(text, limits, reading, skip_ragged=skip_ragged)
    if cells is None:
        return None
    return read_columns(cells, reading.notes, decimal_comma=sign != ",")


def _gunzip(content: bytes, limits: Limits) -> bytes:
    try:
        inflater = zlib.decompressobj(wbits=31)
        plain = inflater.decompress(content, limits.bytes + 1)
    except zlib.error as error:
        raise InputError(
            f"The compressed file is damaged ({error}). Compress it again, or upload it plain."
        ) from error
    if len(plain) > limits.bytes:
        raise InputError(
            f"The compressed file holds more than {limits.bytes / 1e6:g} MB. Keep the columns "
            "and people you need."
        )
    if not inflater.eof:
        raise InputError("The compressed file is cut short. Upload it again.")
    return plain


def _read_parquet(content: bytes, limits: Limits, reading: Reading) -> pd.DataFrame | None:
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        _check_parquet(file, limits, reading)
        if reading.problems:
            return None
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        reading.problem(
            "parquet_damaged",
            f"The Parquet file cannot be read ({str(error)[:120]}).",
            "It may be cut short: upload it again, or export it again.",
        )
        return None
    names = unique_names([" ".join(name.split()) for name in table.column_names], reading)
    columns = {name: _plain(table.column(i), name, reading) for i, name in enumerate(names)}
    frame = pd.DataFrame(columns, index=range(table.num_rows))
    return read_columns(frame, reading.notes)


def _check_parquet(file: pq.ParquetFile, limits: Limits, reading: Reading) -> None:
    meta = file.metadata
    plain = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    if plain > 8 * limits.bytes:
        reading.problem(
            "too_large",
            f"The table has {plain / 1e6:.0f} MB once decompressed; at most "
            f"{8 * limits.bytes / 1e6:g} MB are read.",
            "Keep the columns and people you need.",
        )
    if meta.num_rows > limits.rows:
        reading.problem(
            "too_many_rows",
            f"The table has {meta.num_rows:,} rows; at most {limits.rows:,} can be read.",
            "Draw a sample of the people at random and upload that.",
        )
    if meta.num_rows == 0:
        reading.problem("no_rows", "The table has no rows.", "Add one row per person.")
    if len(file.schema_arrow.names) > limits.columns:
        reading.problem(
            "too_many_columns",
            f"The table has {len(file.schema_arrow.names):,} columns; at most "
            f"{limits.columns:,} can be read.",
            "Keep the columns you need.",
        )
    for field in file.schema_arrow:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            reading.problem(
                "nested",
                f"Column '{field.name}' holds {kind}, not one plain value per person.",
                "Spread it over plain columns or leave it out.",
                field.name,
            )


def _plain(column: pa.ChunkedArray, name: str, reading: Reading) -> pd.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        if column.null_count == 0:
            return pd.Series(column.to_numpy())
        return pd.Series([None if v is None else str(v) for v in column.to_pylist()], dtype="str")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _plain_numbers(column, name, reading)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        stamps = column.cast(pa.timestamp("us")).to_numpy()
        return pd.Series(stamps.astype("datetime64[us]"))
    if pa.types.is_null(kind):
        return pd.Series([None] * len(column), dtype="str")
    return pd.Series(column.cast(pa.string()).to_pandas(), dtype="str")


def _plain_numbers(column: pa.ChunkedArray, name: str, reading: Reading) -> pd.Series:
    if pa.types.is_integer(column.type) and column.null_count == 0:
        whole = column.to_numpy()
        if len(whole) == 0 or (whole.max() <= 2**53 and whole.min() >= -(2**53)):
            return pd.Series(whole.astype(np.int64))
        reading.notes.append(
            f"'{name}' has numbers too long to be exact (ids); it is kept as text."
        )
        return pd.Series([str(v) for v in whole], dtype="str")
    numbers = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    infinite = np.isinf(numbers)
    if infinite.any():
        reading.notes.append(
            f"'{name}': {int(infinite.sum()):,} infinite values are read as missing."
        )
        numbers = np.where(infinite, np.nan, numbers)
    return pd.Series(numbers)
