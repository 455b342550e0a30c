"""Which table it was: checks of columns that tell tables apart and give nobody's values away.

See ``docs/decisions/0035-decision-records.md`` for what such a check can give away, and to whom.
"""

import hashlib
import math

import numpy as np
import pandas as pd

from fairlab.data.fingerprint import column_content, fingerprint
from fairlab.data.values import kind
from fairlab.decision.parts import ColumnPrint, Fingerprint, salt_of

# A check is shown only where so many bits are needed to write down the column's values for
# somebody who knows how often each occurs.
BITS = 128
# Of PBKDF2: makes each guess ten thousand times slower, and a check five milliseconds.
ROUNDS = 20_000
_DOMAIN = b"fairlab decision record 1"
LAGS = 64  # rows after which a pattern may come again
_LOOKED_AT = 20_000  # rows
_OFTEN = 0.5


def fingerprint_of(frame: pd.DataFrame, whole: str = "", smallest: int = 10) -> Fingerprint:
    """Names, kinds, numbers of missing values and checks of a table's columns.

    Args:
        frame: The table as read.
        whole: Its fingerprint, if known.
        smallest: Numbers of missing, or of given, values from 1 to below this are not told.
    """
    name = whole or fingerprint(frame)
    salt = salt_of(name)
    columns = tuple(
        ColumnPrint(
            name=str(title),
            kind=kind(frame.iloc[:, place]),
            missing=_told(int(frame.iloc[:, place].isna().sum()), len(frame), smallest),
            check=check_of(frame.iloc[:, place], salt),
        )
        for place, title in enumerate(frame.columns)
    )
    return Fingerprint(whole=name, rows=len(frame), salt=salt, columns=columns)


def check_of(column: pd.Series, salt: str) -> str | None:
    """128 bits, the same for equal values in the same order; None where they could be guessed."""
    if bits_of(column) < BITS:
        return None
    content = hashlib.sha256(_DOMAIN + b" column ")
    for part in (kind(column).encode(), b"|", *column_content(column)):
        content.update(part)
    return _slow(content.digest(), salt)


def check_of_scores(score: np.ndarray, salt: str) -> str | None:
    """The same of the (n,) float32 scores of a model."""
    if bits_of(pd.Series(score)) < BITS:
        return None
    content = np.ascontiguousarray(score, dtype="<f4").tobytes()
    return _slow(hashlib.sha256(_DOMAIN + b" scores " + content).digest(), salt)


def bits_of(column: pd.Series) -> float:
    """How many bits somebody lacks who knows how often each value occurs, but not whose it is.

    The least of several ways to write the column down: which of all orders of the values it is;
    and, because tables are often sorted, in blocks or in a pattern, in which rows the value is
    another one than so many rows before, and which. A column that only rises or only falls has one
    order: none are lacking.
    """
    codes, _ = pd.factorize(column, use_na_sentinel=False)
    n = len(codes)
    if n < 2:
        return 0.0
    present = column.dropna()
    if present.is_monotonic_increasing or present.is_monotonic_decreasing:
        return bits_of(column.isna()) if 0 < len(present) < n else 0.0
    counts = np.bincount(codes)
    orders = math.lgamma(n + 1) - sum(math.lgamma(count + 1) for count in counts)
    lags = (lag for lag in range(1, min(LAGS, n - 1) + 1) if _repeats(codes, lag))
    return min([orders, *(_surprises(codes, lag, len(counts)) for lag in lags)]) / math.log(2)


def _repeats(codes: np.ndarray, lag: int) -> bool:
    """Whether values are mostly those of ``lag`` rows before, as far as the first rows say."""
    some = codes[:_LOOKED_AT]
    return bool(np.mean(some[lag:] == some[:-lag]) > _OFTEN)


def _surprises(codes: np.ndarray, lag: int, values: int) -> float:
    """Nats for the first ``lag`` values, the rows that are no repetition, and what they hold."""
    n = len(codes) - lag
    other = int(np.count_nonzero(codes[lag:] != codes[:-lag]))
    where = math.lgamma(n + 1) - math.lgamma(other + 1) - math.lgamma(n - other + 1)
    return where + other * math.log(max(values - 1, 1)) + lag * math.log(values)


def _slow(digest: bytes, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", digest, bytes.fromhex(salt), ROUNDS, dklen=16).hex()


def _told(missing: int, rows: int, smallest: int) -> int | None:
    few = 0 < missing < smallest or 0 < rows - missing < smallest
    return None if few else missing
