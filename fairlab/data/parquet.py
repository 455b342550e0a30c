"""Tables as Parquet files that appear whole or not at all."""

import os
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table beside its place, then move it there in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), temporary)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def read_parquet(path: Path) -> pd.DataFrame:
    """Read back what :func:`write_parquet` wrote, with the same kinds of columns."""
    frame: pd.DataFrame = pq.read_table(path).to_pandas()
    return frame
