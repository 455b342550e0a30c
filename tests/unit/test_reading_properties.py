"""Reading any table: nothing is lost, nothing depends on how the file was written down."""

import csv
import gzip
import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.uploads_files import HOSTILE_NAMES
from benchmarks.uploads_fuzz import mutated
from fairlab.data import Limits, fingerprint, read_table
from fairlab.data.columns import _are_numbers
from fairlab.data.reader_process import frame_of, send_table
from fairlab.errors import InputError
from fairlab.settings import settings as installed

CELLS = st.sampled_from(
    ["1", "2", "-0", "1.5", "1e999", "inf", "nan", "?", "", " ", "true", "FALSE", "2024-01-01",
     "9999-99-99", "x", "a,b", 'say "hi"', "two\nlines", "one\rreturn", "=1+1", "<b>", "\ufeff",
     "\u202e", "😀", "9" * 400, "007", "null", "x" * 70, "\x0b", "\x1c", "\u2028", "\x85"]
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "", "a (2)", "<img src=x>", "h" * 200, "é", " a ", "=a"])
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.tuples(
        st.lists(NAMES, min_size=width, max_size=width),
        st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8),
    )
)
QUIET = settings(max_examples=60, deadline=None)


def written(names: list[str], rows: list[list[str]], sign: str = ",", end: str = "\n") -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=sign, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    return stream.getvalue()


@given(TABLES, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"]))
@QUIET
def test_nobody_is_lost_and_every_text_is_as_it_was_written(
    table: tuple[list[str], list[list[str]]], sign: str, end: str
) -> None:
    """As many people and columns as written, unique names; text comes back but for its ends."""
    names, rows = table
    read = read_table(written(names, rows, sign, end).encode(), "t.csv").frame
    assert read.shape == (len(rows), len(names))
    assert read.columns.is_unique
    assert all(str(name).strip() for name in read.columns)
    for j in range(len(names)):
        column = read.iloc[:, j]
        if isinstance(column.dtype, pd.StringDtype):
            for got, given_ in zip(column, (row[j] for row in rows), strict=True):
                assert pd.isna(got) or got in (given_.strip(), str(given_.lower() == "true"))


@given(st.lists(st.text("0123456789+-.eE ٣\n,x", max_size=7), min_size=1, max_size=9))
@settings(max_examples=300, deadline=None)
def test_texts_are_numbers_by_one_rule(values: list[str]) -> None:
    """Arrow's expressions and Python's agree; a sign beyond ASCII in one value changes no other."""
    alone = _are_numbers([value for value in values if value.isascii()])
    together = _are_numbers([*values, "é"])[:-1]
    kept = [found for value, found in zip(values, together, strict=True) if value.isascii()]
    assert alone == kept


@given(TABLES)
@QUIET
def test_compression_and_encoding_change_nothing(table: tuple[list[str], list[list[str]]]) -> None:
    text = written(*table)
    plain = read_table(text.encode(), "t.csv")
    for other in (gzip.compress(text.encode()), b"\xef\xbb\xbf" + text.encode(),
                  text.encode("utf-16")):  # fmt: skip
        assert read_table(other, "t.csv").fingerprint == plain.fingerprint


@given(st.lists(st.sampled_from(["", "a", "é😀", "x" * 300, None]), max_size=12))
@QUIET
def test_text_has_one_fingerprint_however_it_is_held(values: list[str | None]) -> None:
    """As objects of Python, value by value, and as Arrow text, all at once; sliced ones too."""
    slow = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    fast = pd.DataFrame({"a": pd.Series(values, dtype="str")})
    assert fingerprint(fast) == fingerprint(slow)
    assert fingerprint(fast.iloc[1:].reset_index(drop=True)) == fingerprint(slow.iloc[1:])
    halves = pd.concat([fast, fast], ignore_index=True)
    assert fingerprint(halves) == fingerprint(pd.concat([slow, slow], ignore_index=True))


def said(content: bytes, name: str, limits: Limits | None = None) -> str:
    """The problems of a file, "" for a table."""
    try:
        read_table(content, name, limits)
    except InputError as error:
        return " ".join(error.problems)
    return ""


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_changed_bytes_are_a_table_or_sentences(seed: int) -> None:
    """Of every kind of file, by a seed; a message is short and says nothing of this machine."""
    limits = Limits(bytes=2_000_000, rows=5_000, columns=50, cell=2_000)
    for file in mutated(seed, 30):
        found = said(file.content, file.name, limits)
        assert len(found) < 1_500
        assert not found or found[-1] in ".)"
        assert "Traceback" not in found
        assert "site-packages" not in found


def test_names_of_files_are_words_in_messages_and_nothing_else() -> None:
    """No name is opened, and a long one is cut."""
    for name in HOSTILE_NAMES:
        for content in (b"", b"PK\x03\x04", b"a,b\n1,2,3\n", b"\0" * 100):
            assert 10 < len(said(content, name)) < 600


def test_many_columns_with_one_problem_are_named_by_three_and_a_number() -> None:
    nested = pa.table({"n" * 300 + str(i): [[1], [2]] for i in range(40)})
    stream = io.BytesIO()
    pq.write_table(nested, stream)
    with pytest.raises(InputError) as refused:
        read_table(stream.getvalue(), "t.parquet")
    assert len(refused.value.problems) == 4
    assert refused.value.problems[-1] == "37 further columns the same."
    assert len(str(refused.value)) < 1_500


@pytest.mark.parametrize("content", [b"," * 2_000_000, b"a,b\n" + b',"\n"' * 1_100_000])
def test_one_row_of_very_many_fields_is_refused_before_it_is_split(content: bytes) -> None:
    """Also when line ends within quotes make one row of many lines."""
    assert "more than 1,000,000 columns" in said(content, "t.csv")


def test_the_limits_are_those_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """One place for limits, and messages say which variable it is."""
    small = {"FAIRLAB_UPLOAD_ROWS": "2", "FAIRLAB_UPLOAD_COLUMNS": "2", "FAIRLAB_UPLOAD_CELL": "5"}
    for name, value in small.items():
        monkeypatch.setenv(name, value)
    installed.cache_clear()
    found = said(b"a,b,c\n1,2,333333\n1,2,3\n1,2,3\n", "t.csv")
    assert [name for name in small if name not in found] == []


def test_dates_numbers_and_text_survive_the_way_between_processes() -> None:
    """What a reading process hands over is what it read."""
    rows = [["1", "2024-01-01", "x", "true"], ["2.5", "", "", "FALSE"]]
    read = read_table(written(["a", "b", "c", "d"], rows).encode(), "t")
    pipe = io.BytesIO()
    send_table(pipe, {}, read.frame)
    content = pipe.getvalue()
    length = int.from_bytes(content[:8], "big")
    pd.testing.assert_frame_equal(frame_of(content[8 + length :]), read.frame)
