"""CSV bytes to a table of text cells: encoding, separator, header, ragged lines.

Nothing is guessed silently: every choice and every change is a note, every problem a finding.
"""

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
from charset_normalizer import from_bytes

from fairlab.data.findings import Finding
from fairlab.data.labels import name_values
from fairlab.data.limits import Limits, can_raise
from fairlab.data.values import counted

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE_LINES = 200
SAMPLE_BYTES = 200_000
MOST_FIELDS = 1_000_000  # of one row; more are not worth splitting
BLOCK_CELLS = 400_000
LINES_NAMED = 5
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


@dataclass(eq=False)
class Reading:
    """What reading has found so far."""

    problems: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, code: str, sentence: str, remedy: str, column: str = "") -> None:
        """Add a problem."""
        self.problems.append(Finding(code, sentence, remedy, column))


def decode(content: bytes, reading: Reading) -> str:
    """Text of a file: UTF-8, UTF-16 (with or without mark), else the likeliest 8-bit encoding."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                           (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if content.startswith(mark):
            return _decode_as(content, encoding, reading)
    zeros = content[:SAMPLE_BYTES].count(0) / max(len(content[:SAMPLE_BYTES]), 1)
    if zeros > 0.2:
        little = content[1:SAMPLE_BYTES:2].count(0) > content[0:SAMPLE_BYTES:2].count(0)
        reading.notes.append("The file has no encoding mark and was read as UTF-16.")
        return _decode_as(content, "utf-16-le" if little else "utf-16-be", reading)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = _eight_bit(content[:SAMPLE_BYTES])
        reading.notes.append(
            f"The file is not UTF-8; it was read as {encoding}. Check accented letters, or save "
            "it as UTF-8."
        )
        return content.decode(encoding, errors="replace")


def _eight_bit(sample: bytes) -> str:
    """Western European unless another alphabet is clearly likelier."""
    likely = from_bytes(sample, cp_isolation=["cp1252", "cp1250", "cp1251", "cp1253", "cp1254"])
    best = likely.best()
    if best is None or any(
        match.encoding == "cp1252" and match.chaos <= best.chaos + 0.02 for match in likely
    ):
        return "cp1252"
    return best.encoding


def _decode_as(content: bytes, encoding: str, reading: Reading) -> str:
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    if "\ufffd" in text:
        reading.notes.append(f"Some bytes are not {encoding}; they show as \ufffd.")
    return text


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
) -> tuple[pd.DataFrame | None, str]:
    """Text cells under checked headers and the separator; None when there are problems."""
    sign = separator(text)
    found = _structure(text, sign, limits, reading)
    if found is None:
        return None, sign
    names = found.header
    if len(names) <= limits.columns:  # a line of a million separators is not worth naming
        names = _headers(names, reading)
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


def too_many_rows(rows: str, limits: Limits) -> tuple[str, str]:
    """Sentence and remedy for a table of more people than are read."""
    return (
        f"The table has {rows} rows; at most {limits.rows:,} can be read.",
        f"Draw a sample of the people at random and upload that. {can_raise('rows')}",
    )


def too_many_columns(columns: int, limits: Limits, least: str = "") -> tuple[str, str]:
    """Sentence and remedy for a table of more columns than are read."""
    return (
        f"The table has {least}{columns:,} columns; at most {limits.columns:,} can be read.",
        f"Keep the columns you need. {can_raise('columns')}",
    )


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


def cells_of(rows: Iterator[list[str]], names: list[str]) -> pd.DataFrame:
    """Rows of text as a frame of categorical columns, a block at a time to stay small in memory.

    Tables repeat themselves: each distinct value of a column is held once.
    """
    size = max(1, BLOCK_CELLS // len(names))
    pieces: list[list[pa.Array]] = [[] for _ in names]
    while block := list(itertools.islice(rows, size)):
        for piece, values in zip(pieces, zip(*block, strict=True), strict=True):
            piece.append(pa.array(values, pa.large_string()).dictionary_encode())
    columns = {i: _categorical(piece) for i, piece in enumerate(pieces)}
    frame = pd.DataFrame(columns)
    frame.columns = pd.Index(names, dtype=object)
    return frame


def _categorical(pieces: list[pa.Array]) -> pd.Categorical:
    kind = pa.dictionary(pa.int32(), pa.large_string())
    whole = pa.chunked_array(pieces, kind).unify_dictionaries()
    codes = [np.asarray(chunk.indices) for chunk in whole.chunks]
    pieces.clear()
    values = whole.chunk(0).dictionary.to_pandas() if codes else []
    return pd.Categorical.from_codes(
        np.concatenate(codes) if codes else np.empty(0, np.int32),
        categories=pd.Index(values, dtype="str"),
        validate=False,
    )


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


def _headers(header: list[str], reading: Reading) -> list[str]:
    if len(header) == 1:
        reading.problem(
            "one_column",
            f"Only one column was found ('{header[0][:60]}').",
            "Separate columns by comma, semicolon, tab or bar.",
        )
    stripped = [" ".join(name.split()) for name in header]
    if len(stripped) > 1 and all(_is_number(name) for name in stripped):
        reading.problem(
            "no_header",
            f"The first line looks like data, not like names: {name_values(stripped, 5)}.",
            "Add a first line with the name of each column.",
        )
    return unique_names(stripped, reading)


def unique_names(names: list[str], reading: Reading) -> list[str]:
    """Names with empty and repeated ones replaced, each change noted."""
    taken: set[str] = set()
    given = set(names)
    result: list[str] = []
    for position, name in enumerate(names, start=1):
        new = name or f"column {position}"
        suffix = 2
        while new in taken or (new != name and new in given):
            new = f"{name or f'column {position}'} ({suffix})"
            suffix += 1
        if not name:
            reading.notes.append(f"Column {position} has no name; it is called '{new}'.")
        elif new != name:
            reading.notes.append(f"A second column '{name}' is called '{new}'.")
        taken.add(new)
        result.append(new)
    return result


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _line_list(found: _Structure) -> str:
    shown = ", ".join(f"line {line:,} has {fields:,}" for line, fields in found.first)
    more = found.ragged - len(found.first)
    return f"{shown} and {more:,} more" if more > 0 else shown
