"""One fingerprint for a table's content, whatever file it came in."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fairlab.data.values import kind


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) of column names, kinds and values, in order.

    Whole and decimal numbers with equal values are equal, so a table has the same fingerprint
    read from CSV or from Parquet. The row index plays no part.
    """
    digest = hashlib.sha256()
    digest.update(f"{len(frame)} rows {len(frame.columns)} columns".encode())
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        title = str(name).encode()
        digest.update(f"|{len(title)}:".encode() + title)
        digest.update(kind(column).encode())
        for part in column_content(column):
            digest.update(part)
    return digest.hexdigest()


def column_content(column: pd.Series) -> list[bytes | pa.Buffer]:
    """The values of a column in order, as the bytes that are hashed."""
    sort = kind(column)
    if sort in ("number", "yes/no"):
        numbers = column.to_numpy(dtype="<f8", na_value=np.nan)
        numbers = np.where(np.isnan(numbers), np.nan, numbers + 0.0)  # one NaN, no negative zero
        return [numbers.tobytes()]
    if sort == "date":
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz else column
        return [naive.astype("datetime64[us]").astype("int64").to_numpy(dtype="<i8").tobytes()]
    if isinstance(column.dtype, pd.StringDtype):
        return _text_content(pa.array(column, pa.large_string()))
    missing = column.isna().to_numpy()
    text = ["" if gone else str(value) for value, gone in zip(column, missing, strict=True)]
    encoded = [value.encode("utf-8", "surrogatepass") for value in text]
    lengths = np.array([len(value) for value in encoded], dtype="<i8")
    lengths[missing] = -1
    return [lengths.tobytes(), b"".join(encoded)]


def _text_content(text: pa.Array | pa.ChunkedArray) -> list[bytes]:
    """Lengths in bytes (-1 for missing), then all text: as for other columns, without a loop."""
    chunks = text.chunks if isinstance(text, pa.ChunkedArray) else [text]
    lengths, whole = [], []
    for chunk in chunks:
        sizes = pc.fill_null(pc.binary_length(chunk), -1)
        lengths.append(np.asarray(pc.cast(sizes, pa.int64())).astype("<i8").tobytes())
        plain = pc.fill_null(chunk, "")
        ends = np.frombuffer(plain.buffers()[1], "<i8")[plain.offset :][: len(plain) + 1]
        data = plain.buffers()[2]
        if data is not None and len(ends):
            whole.append(data[int(ends[0]) : int(ends[-1])])
    return [*lengths, *whole]
