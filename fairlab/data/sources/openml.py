"""Tables of openml.org, through scikit-learn, as plain columns."""

import warnings

import pandas as pd

from fairlab.data.columns import read_columns
from fairlab.data.values import as_text, kind


def openml_table(data_id: int) -> pd.DataFrame:
    """Download one table; text stripped, "?" and empty missing, no categorical types.

    scikit-learn checks the MD5 that OpenML records for the file. Its own cache is not used. The
    ``liac-arff`` parser is the one that can read classes written as bare numbers (Bank marketing).

    Raises:
        URLError, OSError, ValueError: As scikit-learn raises them.
    """
    from sklearn.datasets import fetch_openml

    with warnings.catch_warnings():
        # scikit-learn warns before its second try; if that fails too, the error says so.
        warnings.filterwarnings("ignore", message="A network error occurred")
        warnings.filterwarnings("ignore", message="Downloaded file could have been corrupted")
        bunch = fetch_openml(
            data_id=data_id, as_frame=True, parser="liac-arff", cache=False, n_retries=1, delay=0.5
        )
    return plain_columns(bunch.frame)


def plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with numbers and text only, as reading it from a CSV file would give."""
    columns = {}
    for name in frame.columns:
        column = frame[name].reset_index(drop=True)
        numeric = kind(column) == "number" and not isinstance(column.dtype, pd.CategoricalDtype)
        columns[str(name)] = column if numeric else as_text(column).astype("str")
    return read_columns(pd.DataFrame(columns), [])
