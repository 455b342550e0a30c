"""CSV bytes to a table of text cells: encoding, separator, header, ragged lines.

Nothing is guessed silently: every choice and every change is a note, every problem a finding.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
from charset_normalizer import from_bytes

from fairlab.data.findings import Finding
from fairlab.data.labels import name_values
from fairlab.data.limits import Limits
from fairlab.data.values import counted

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE_LINES = 200
SAMPLE_BYTES = 200_000


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
    header, ragged, count, extra = _structure(text, sign, limits, reading)
    if header is None:
        return None, sign
    names = header
    if len(header) <= limits.columns:  # a line of a million separators is not worth naming
        names = _headers(header, reading)
    else:
        reading.problem(
            "too_many_columns",
            f"The table has {len(names):,} columns; at most {limits.columns:,} can be read.",
            "Keep the columns you need.",
        )
    if count == 0:
        reading.problem("no_rows", "The file has a header and no rows.", "Add one row per person.")
    if count > limits.rows:
        reading.problem(
            "too_many_rows",
            f"The table has more than {limits.rows:,} rows.",
            "Draw a sample of the people at random and upload that.",
        )
    keep = None
    if ragged and extra != len(ragged):
        where = _line_list(ragged)
        do = "does" if len(ragged) == 1 else "do"
        said = (
            f"{counted(len(ragged), 'line')} {do} not have {len(names)} fields like the header: "
            f"{where}."
        )
        if skip_ragged:
            reading.notes.append(f"{counted(len(ragged), 'line')} left out: {where}.")
            keep = {line for line, _ in ragged}
        else:
            reading.problem(
                "ragged",
                said,
                "Repair them (often a separator inside a value that needs quotes), or tick "
                "'leave these lines out'.",
            )
    if reading.problems:
        return None, sign
    rows = _good_rows(text, sign, len(names), keep)
    return rows_to_frame(rows, names), sign


def rows_to_frame(rows: Iterator[list[str]], names: list[str]) -> pd.DataFrame:
    """Rows of text as a frame of text columns, a block at a time to stay small in memory."""
    blocks: list[pd.DataFrame] = []
    block: list[list[str]] = []
    for row in rows:
        block.append(row)
        if len(block) == 20_000:
            blocks.append(pd.DataFrame(block, columns=range(len(names)), dtype="str"))
            block = []
    if block or not blocks:
        blocks.append(pd.DataFrame(block, columns=range(len(names)), dtype="str"))
    frame = pd.concat(blocks, ignore_index=True)
    frame.columns = pd.Index(names)
    return frame


def _structure(
    text: str, sign: str, limits: Limits, reading: Reading
) -> tuple[list[str] | None, list[tuple[int, int]], int, int]:
    """Header, ragged lines as (line, fields), number of rows, lines with one empty extra field."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    header: list[str] | None = None
    ragged: list[tuple[int, int]] = []
    count = blank = extra = start = 0
    long_cell: tuple[int, int] | None = None
    try:
        for row in reader:
            line, start = start + 1, reader.line_num
            if not row:
                blank += 1
                continue
            if long_cell is None and max(map(len, row)) > limits.cell:
                long_cell = (line, max(map(len, row)))
            if header is None:
                header = row
                continue
            count += 1
            if len(row) != len(header):
                ragged.append((line, len(row)))
                extra += len(row) == len(header) + 1 and row[-1] == ""
            if count > limits.rows:
                break
    except csv.Error as error:
        _malformed(start + 1, error, limits, reading)
        return None, [], 0, 0
    if header is None:
        reading.problem("empty", "The file is empty.", "Upload a table with a header line.")
        return None, [], 0, 0
    if blank:
        reading.notes.append(f"Skipped: {counted(blank, 'blank line')}.")
    if long_cell:
        reading.problem(
            "long_cell",
            f"Line {long_cell[0]:,} has a value of {long_cell[1]:,} characters; at most "
            f"{limits.cell:,} are read.",
            "Look for a quote that is not closed, or drop the column of long texts.",
        )
    if extra and extra == len(ragged) == count:
        reading.notes.append("Every row ends in an empty field, which was dropped.")
    elif extra == len(ragged):
        extra = -1
    return header, ragged, count, extra


def _malformed(line: int, error: csv.Error, limits: Limits, reading: Reading) -> None:
    if "field limit" in str(error):
        reading.problem(
            "long_cell",
            f"Line {line:,} has a value of more than {csv.field_size_limit():,} characters; at "
            f"most {limits.cell:,} are read.",
            "Look for a quote that is not closed, or drop the column of long texts.",
        )
        return
    reading.problem(
        "malformed",
        f"Line {line:,} cannot be read as CSV ({error}).",
        "Look for a quote that is not closed, or that stands inside a value without being doubled.",
    )


def _good_rows(text: str, sign: str, width: int, skip: set[int] | None) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    start, seen_header = 0, False
    for row in reader:
        line, start = start + 1, reader.line_num
        if not row:
            continue
        if not seen_header:
            seen_header = True
            continue
        if skip is not None and line in skip:
            continue
        yield row[:width]


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


def _line_list(ragged: list[tuple[int, int]]) -> str:
    shown = ", ".join(f"line {line:,} has {fields}" for line, fields in ragged[:5])
    more = len(ragged) - 5
    return f"{shown} and {more:,} more" if more > 0 else shown
