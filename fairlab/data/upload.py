"""A user's file to a table: CSV or Parquet, checked against limits, every change noted."""

import gzip
import io
import re
import zlib
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from fairlab.data.columns import read_columns
from fairlab.data.csv_text import read_cells
from fairlab.data.decoding import decode
from fairlab.data.findings import Finding, cut_name, refuse
from fairlab.data.fingerprint import fingerprint
from fairlab.data.limits import Limits, can_raise, installed_limits
from fairlab.data.parquet_upload import parquet_columns, reason
from fairlab.data.reading import Reading
from fairlab.data.values import counted
from fairlab.errors import InputError

ALIKE = 3
MOST_NOTES = 100
LONGEST_NOTE = 500

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


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
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
        limits: Largest size, rows, columns, cell; the default is what this installation is set
            to, 50 MB, 1,000,000 rows, 500 columns, 10,000 characters unless it says otherwise.
        skip_ragged: Leave out lines with too few or too many fields (they are counted in the
            notes) instead of refusing the file.

    Raises:
        InputError: Listing every problem found, each with a remedy.
    """
    limits = installed_limits() if limits is None else limits
    reading = Reading()
    if len(content) > limits.bytes:
        raise InputError(too_large(filename, len(content), limits))
    try:
        if content.startswith(b"PAR1"):
            columns = parquet_columns(content, limits, reading)
            frame = None if columns is None else read_columns(columns, reading.notes)
        else:
            frame = _read_csv(content, filename, limits, reading, skip_ragged=skip_ragged)
    except MemoryError as error:  # ArrowMemoryError is one
        raise InputError(too_much_memory(filename)) from error
    refuse(_summary(reading.problems))
    assert frame is not None
    return ReadTable(frame, _notes(reading.notes), fingerprint(frame), filename)


def too_large(filename: str, size: int, limits: Limits) -> str:
    """The sentence for a file that is larger than what is read."""
    return (
        f"'{cut_name(filename)}' has {size / 1e6:.1f} MB; at most {limits.bytes / 1e6:g} MB are "
        f"read. Keep the columns and people you need, or save it as Parquet. {can_raise('mb')}"
    )


def too_much_memory(filename: str) -> str:
    """The sentence for a file that takes more memory than reading may."""
    return (
        f"Reading '{cut_name(filename)}' needs more memory than it may have and was stopped. Keep "
        f"the columns and people you need. {can_raise('memory_mb')}"
    )


def _summary(problems: list[Finding]) -> list[Finding]:
    """All problems, the fourth and later of one kind as a number."""
    kinds = Counter(problem.code for problem in problems)
    shown: list[Finding] = []
    for code, many in kinds.items():
        alike = [problem for problem in problems if problem.code == code]
        shown += alike[:ALIKE]
        if many > ALIKE:
            said = f"{counted(many - ALIKE, 'further column')} the same."
            shown.append(Finding(code, said, ""))
    return shown


def _notes(notes: list[str]) -> tuple[str, ...]:
    """The notes; of very many the last ones as a number."""
    shown = [cut_name(note, LONGEST_NOTE) for note in notes[:MOST_NOTES]]
    if len(notes) > MOST_NOTES:
        shown.append(f"{len(notes) - MOST_NOTES:,} further notes like these.")
    return tuple(shown)


def _read_csv(
    content: bytes, filename: str, limits: Limits, reading: Reading, *, skip_ragged: bool
) -> pd.DataFrame | None:
    named = cut_name(filename)
    if content.startswith(b"\x1f\x8b"):
        content = _gunzip(content, limits)
    for start, what in _BINARY.items():
        if content.startswith(start):
            reading.problem(
                "not_a_table",
                f"'{named}' is {what}, not a CSV or Parquet file.",
                "Export the table as CSV (in Excel: Save as → CSV UTF-8).",
            )
            return None
    text = decode(content, reading)
    if not text.strip():
        reading.problem("empty", f"'{named}' is empty.", "Upload a table with a header line.")
    elif "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        reading.problem(
            "nul",
            f"'{named}' holds {text.count(chr(0)):,} NUL characters, the first in line {line:,}: "
            "it is damaged or not a text file.",
            "Export the table again as CSV.",
        )
    elif _HTML.match(text):
        reading.problem(
            "html",
            f"'{named}' is a web page, not a table (often a log-in or error page saved by "
            "mistake).",
            "Open the link in a browser and download the table itself.",
        )
    elif _JSON.match(text):
        reading.problem(
            "json",
            f"'{named}' is JSON, not a table.",
            "Export the table as CSV or Parquet.",
        )
    if reading.problems:
        return None
    cells, sign = read_cells(text, limits, reading, skip_ragged=skip_ragged)
    del text, content  # room for the columns
    if cells is None:
        return None
    return read_columns(cells, reading.notes, decimal_comma=sign != ",")


def _gunzip(content: bytes, limits: Limits) -> bytes:
    """All members of a gzip file, of which there may be several, one after the other."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(limits.bytes + 1)
    except EOFError as error:
        raise InputError("The compressed file is cut short. Upload it again.") from error
    except (zlib.error, OSError) as error:
        raise InputError(
            f"The compressed file is damaged ({reason(error)}). Compress it again, or upload it "
            "plain."
        ) from error
    if len(plain) > limits.bytes:
        raise InputError(
            f"The compressed file holds more than {limits.bytes / 1e6:g} MB. Keep the columns "
            f"and people you need. {can_raise('mb')}"
        )
    return plain
