"""What an export left out because it rests on few people: said in every row, and counted."""

from collections.abc import Iterable, Mapping
from io import BytesIO

import pandas as pd

from fairlab.language import tr

COLUMN = "left_out"
_START = "rests on fewer than"


def few_people(smallest: int) -> str:
    """Why a number is left out, for a cell of a table."""
    return f"{_START} {smallest} people"


def left_out_words(columns: Iterable[str], smallest: int) -> str:
    """Why a row has empty cells, and which columns those are; "" for none.

    Args:
        columns: Names of the columns left empty, whether or not a number was there.
        smallest: Cells of fewer people are small.
    """
    names = ", ".join(columns)
    if not names:
        return ""
    return f"{few_people(smallest)} or would let such a cell be worked out: {names}"


def count_left_out(table: pd.DataFrame) -> int:
    """How many numbers of a table are left out for few people, by its column ``left_out``.

    A reason that lists columns stands for as many numbers; one that lists none for one number
    (with its interval). Undefined numbers are not counted.
    """
    if COLUMN not in table:
        return 0
    reasons = [str(text) for text in table[COLUMN] if str(text).startswith(_START)]
    return sum(text.partition(": ")[2].count(", ") + 1 for text in reasons)


def left_out_sentence(counts: Mapping[str, int], smallest: int) -> str:
    """How many numbers which files leave out and why; "" for none.

    Args:
        counts: Numbers left out, by file.
        smallest: Cells of fewer people are small.
    """
    known = [
        tr("{count:,} in {name}", count=count, name=name) for name, count in counts.items() if count
    ]
    if not known:
        return ""
    return tr(
        "{n_values:,} numbers are left out: {known}. They rest on fewer "
        "than {smallest} people in some cell, or would let such a cell be "
        "worked out. Every row says which, in its column {column}.",
        n_values=sum(counts.values()),
        known=", ".join(known),
        smallest=smallest,
        column=COLUMN,
    )


def counted(files: Mapping[str, bytes]) -> dict[str, int]:
    """Numbers left out of each table (CSV) of an export, by file."""
    return {
        name: count_left_out(pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False))
        for name, content in files.items()
        if name.endswith(".csv")
    }
