"""CSV text to columns of text cells: separator, header, ragged lines.

Nothing is guessed silently: every choice and every change is a note, every problem a finding.
"""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from fairlab.data.columns import Coded
from fairlab.data.decoding import SAMPLE_BYTES
from fairlab.data.limits import Limits, can_raise
from fairlab.data.reading import Reading, column_names, too_many_columns, too_many_rows
from fairlab.data.values import counted

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE_LINES = 200
MOST_FIELDS = 1_000_000  # of one row; more are not worth splitting
BLOCK_CELLS = 400_000
LINES_NAMED = 5
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


def separator(text: str) -> str:
    """The separator with which most of the first lines have the same number (≥ 2) of fields."""
    sample = io.StringIO(text[:SAMPLE_BYTES], newline="").readlines()[:SAMPLE_LINES]
    best, best_rank = ",", (0.0, 0)
    for sign in SEPARATORS:
        try:
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=sign) if row)
        except csv.Error:
            continue
        if not widths:
            continue
        width, lines = widths.most_common(1)[0]
        rank = (lines / sum(widths.values()), width) if width > 1 else (0.0, 0)
        if rank > best_rank:
            best, best_rank = sign, rank
    return best


def read_cells(
    text: str, limits: Limits, reading: Reading, *, skip_ragged: bool
) -> tuple[dict[str, Coded] | None, str]:
    """Text cells under checked headers and the separator; None when there are problems."""
    sign = separator(text)
    found = _structure(text, sign, limits, reading)
    if found is None:
        return None, sign
    names = found.header
    if len(names) <= limits.columns:  # a line of a million separators is not worth naming
        names = column_names(names, reading)
    else:
        reading.problem("too_many_columns", *too_many_columns(len(names), limits))
    if found.rows == 0:
        reading.problem("no_rows", "The file has a header and no rows.", "Add one row per person.")
    if found.rows > limits.rows:
        reading.problem("too_many_rows", *too_many_rows(f"more than {limits.rows:,}", limits))
    skip = _ragged(found, skip_ragged, reading)
    if reading.problems:
        return None, sign
    return cells_of(_good_rows(text, sign, len(names), skip=skip), names), sign


def _ragged(found: "_Structure", skip_ragged: bool, reading: Reading) -> bool:
    """Whether lines of another width are to be left out; a problem if that was not asked for."""
    if not found.ragged or found.extra == found.ragged == found.rows:
        return False
    where = _line_list(found)
    if skip_ragged:
        reading.notes.append(f"{counted(found.ragged, 'line')} left out: {where}.")
        return True
    do = "does" if found.ragged == 1 else "do"
    reading.problem(
        "ragged",
        f"{counted(found.ragged, 'line')} {do} not have {len(found.header)} fields like the "
        f"header: {where}.",
        "Repair them (often a separator inside a value that needs quotes), or tick "
        "'leave these lines out'.",
    )
    return False


def cells_of(rows: Iterator[list[str]], names: list[str]) -> dict[str, Coded]:
    """Rows of text as coded columns, a block of rows at a time to stay small in memory.

    Tables repeat themselves: each distinct value of a column is held once.
    """
    size = max(1, BLOCK_CELLS // len(names))
    pieces: list[list[pa.Array]] = [[] for _ in names]
    while block := list(itertools.islice(rows, size)):
        for piece, values in zip(pieces, zip(*block, strict=True), strict=True):
            piece.append(pa.array(values, pa.large_string()).dictionary_encode())
    return {name: _coded(piece) for name, piece in zip(names, pieces, strict=True)}


def _coded(pieces: list[pa.Array]) -> Coded:
    kind = pa.dictionary(pa.int32(), pa.large_string())
    whole = pa.chunked_array(pieces, kind).unify_dictionaries()
    pieces.clear()
    codes = np.concatenate([np.asarray(chunk.indices) for chunk in whole.chunks])
    return Coded(codes, whole.chunk(0).dictionary)


@dataclass(eq=False)
class _Structure:
    """Header, number of rows, how many are of another width, of those with one empty field more."""

    header: list[str]
    rows: int = 0
    ragged: int = 0
    extra: int = 0
    first: list[tuple[int, int]] = field(default_factory=list)  # (line, fields)

    def count(self, line: int, row: list[str]) -> None:
        self.rows += 1
        if len(row) == len(self.header):
            return
        self.ragged += 1
        self.extra += len(row) == len(self.header) + 1 and row[-1] == ""
        if len(self.first) < LINES_NAMED:
            self.first.append((line, len(row)))


class _TooWideError(Exception):
    """One row of more fields than are worth holding."""


class _Lines(Iterator[str]):
    """Lines of a text with their ends, as a CSV reader wants them, without a second copy of it."""

    def __init__(self, text: str, sign: str) -> None:
        self._found = _LINE.finditer(text)
        self._sign = sign
        self.fields = 0

    def __next__(self) -> str:
        line = next(self._found)[0]
        self.fields += line.count(self._sign)
        if self.fields > MOST_FIELDS:
            raise _TooWideError
        return line


def _rows(text: str, sign: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank with the line they begin in; blank ones as []."""
    lines = _Lines(text, sign)
    reader = csv.reader(lines, delimiter=sign, strict=True)
    start = 0
    try:
        for row in reader:
            lines.fields = 0
            yield start + 1, row
            start = reader.line_num
    except csv.Error as error:
        raise _MalformedError(start + 1, str(error)) from error


class _MalformedError(Exception):
    """A line that is not CSV: its number and what is wrong with it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def _structure(text: str, sign: str, limits: Limits, reading: Reading) -> _Structure | None:
    found: _Structure | None = None
    blank = 0
    long_cell: tuple[int, int] | None = None
    try:
        for line, row in _rows(text, sign):
            if not row:
                blank += 1
                if blank > limits.rows:
                    reading.problem(
                        "blank", *too_many_rows(f"more than {limits.rows:,} blank", limits)
                    )
                    return None
                continue
            if long_cell is None and max(map(len, row)) > limits.cell:
                long_cell = (line, max(map(len, row)))
            if found is None:
                found = _Structure(row)
                continue
            found.count(line, row)
            if found.rows > limits.rows:
                break
    except _MalformedError as error:
        _malformed(error.line, error.what, limits, reading)
        return None
    except _TooWideError:
        reading.problem("too_many_columns", *too_many_columns(MOST_FIELDS, limits, "more than "))
        return None
    if found is None:
        reading.problem("empty", "The file is empty.", "Upload a table with a header line.")
        return None
    if blank:
        reading.notes.append(f"Skipped: {counted(blank, 'blank line')}.")
    if long_cell:
        _long_cell(long_cell[0], f"{long_cell[1]:,}", limits, reading)
    if found.extra and found.extra == found.ragged == found.rows:
        reading.notes.append("Every row ends in an empty field, which was dropped.")
    return found


def _long_cell(line: int, length: str, limits: Limits, reading: Reading) -> None:
    reading.problem(
        "long_cell",
        f"Line {line:,} has a value of {length} characters; at most {limits.cell:,} are read.",
        "Look for a quote that is not closed, or drop the column of long texts. "
        f"{can_raise('cell')}",
    )


def _malformed(line: int, what: str, limits: Limits, reading: Reading) -> None:
    if "field limit" in what:
        _long_cell(line, f"more than {csv.field_size_limit():,}", limits, reading)
        return
    reading.problem(
        "malformed",
        f"Line {line:,} cannot be read as CSV ({what}).",
        "Look for a quote that is not closed, or that stands inside a value without being doubled.",
    )


def _good_rows(text: str, sign: str, width: int, *, skip: bool) -> Iterator[list[str]]:
    rows = (row for _, row in _rows(text, sign) if row)
    next(rows)
    for row in rows:
        if skip and len(row) != width:
            continue
        yield row if len(row) == width else row[:width]


def _line_list(found: _Structure) -> str:
    shown = ", ".join(f"line {line:,} has {fields:,}" for line, fields in found.first)
    more = found.ragged - len(found.first)
    return f"{shown} and {more:,} more" if more > 0 else shown
