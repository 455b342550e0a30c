"""How wide a table will be once encoded, without encoding it."""

import numpy as np
import pandas as pd

from fairlab.config import Task
from fairlab.data.encoding import fit_encoding
from fairlab.data.prepare import feature_columns
from fairlab.duration import USUAL, Encoded, encoded_as
from fairlab.outcomes import IntArray

# People looked at to learn columns from, and to see how many features somebody has filled.
MOST, ENCODED = 5_000, 1_000


def encoded_width(frame: pd.DataFrame, task: Task, train_share: float) -> Encoded:
    """How wide the encoder would make a table, for estimates of time.

    The encoder itself, on at most ``MOST`` rows spread over the table. The rows differ from those
    of a split's train people, so columns may be a few more or fewer: a category or a knot just
    common enough in one of the two.

    Args:
        frame: The table as read.
        task: Roles; they tell which columns are features.
        train_share: Of all rows, the share that is trained on, in (0, 1].

    Returns:
        ``USUAL`` where no column is left to learn from or nobody to learn on; training says so.
    """
    features = frame[feature_columns(frame, task)]
    people = round(train_share * len(frame))
    if people < 1:
        return USUAL
    sample = features.iloc[_spread(len(frame), min(people, MOST))]
    encoding = fit_encoding(sample, people)
    if not encoding.names:
        return USUAL
    seen = encoding.encode(sample.iloc[_spread(len(sample), min(len(sample), ENCODED))])
    return encoded_as(len(encoding.names), int(np.count_nonzero(seen, axis=1).max()))


def _spread(rows: int, count: int) -> IntArray:
    """So many different positions among ``rows``, evenly spread."""
    return (np.arange(count) * rows) // count
