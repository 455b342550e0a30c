"""Files made to crash, to fill the memory or to lose people without a word."""

import gzip
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlab.data import Limits, read_table
from fairlab.errors import InputError
from fairlab.home import home


def packed(columns: dict[str, pa.Array], **options: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


def refused(content: bytes, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read_table(content, "t", **options)
    return str(caught.value)


def test_all_members_of_a_gzip_file_are_read() -> None:
    """`cat a.gz b.gz` and parallel compressors write several; the later ones are people too."""
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n") + b"\0" * 8
    assert read_table(content, "t.csv.gz").frame["b"].tolist() == [2, 4]


def test_a_bomb_in_a_later_gzip_member_is_refused() -> None:
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n" * 100_000)
    assert "more than 0.1 MB" in refused(content, limits=Limits(bytes=100_000))


def test_what_follows_a_gzip_file_is_not_dropped_silently() -> None:
    assert "damaged" in refused(gzip.compress(b"a,b\n1,2\n") + b"3,4\n")


def test_a_header_of_a_million_separators_is_refused_without_naming_each() -> None:
    said = refused(b"," * 1_000_000 + b"\n1\n")
    assert "1,000,001 columns" in said
    assert len(said) < 1_000


@pytest.mark.parametrize("digits", ["9" * 5_000, "-" + "9" * 5_000])
def test_numbers_of_thousands_of_digits_are_kept_as_text(digits: str) -> None:
    table = read_table(f"a,b\n{digits},1\n1,2\n".encode(), "t.csv")
    assert table.frame["a"].tolist() == [digits, "1"]
    assert any("too long to be exact" in note for note in table.notes)


def test_decimal_commas_too_large_to_hold_are_kept_as_text() -> None:
    table = read_table(f"a;b\n{'9' * 400},5;1\n1,5;2\n".encode(), "t.csv")
    assert table.frame["a"].tolist()[1] == "1,5"


@pytest.mark.parametrize(
    "place", [b"x" * 200_000 + b",b\n1,2\n", b"a,b\n" + b"x" * 200_000 + b",1"]
)
def test_a_value_longer_than_the_reader_holds_is_named_as_such(place: bytes) -> None:
    assert "a value of more than 131,072 characters" in refused(place)


@pytest.mark.parametrize("pack", ["csv", "parquet"])
def test_names_of_columns_are_short_enough_to_be_listed(pack: str) -> None:
    """They stand in every list of columns; a thousand characters are read, one more are not."""
    for length, fine in ((1_000, True), (1_001, False)):
        name = "n" * length
        content = packed({name: pa.array([1, 2]), "b": pa.array([1, 2])})
        if pack == "csv":
            content = f"{name},b\n1,2\n".encode()
        if fine:
            assert read_table(content, "t").frame.columns[0] == name
        else:
            assert "a name of 1,001 characters; at most 1,000" in refused(content)


def test_a_long_header_is_a_long_value() -> None:
    assert "Line 1 has a value of 20,000" in refused(b"x" * 20_000 + b",b\n1,2\n")


def test_repeated_text_in_parquet_is_measured_before_it_is_written_out() -> None:
    """A dictionary of one value and a million references: 100 kB that stand for 9 GB."""
    codes = pa.array(np.zeros(1_000_000, np.int32))
    content = packed({"a": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 9_000])),
                      "b": np.zeros(1_000_000)})  # fmt: skip
    assert len(content) < 1_000_000
    assert "9,000 MB of text" in refused(content)


def test_repeated_plain_text_in_parquet_is_measured_too() -> None:
    """The same bomb without a dictionary in the schema: pages still hold one."""
    content = packed({"a": pa.array(["x" * 900] * 10_000), "b": np.zeros(10_000)})
    assert len(content) < 100_000
    assert "9 MB of text" in refused(content, limits=Limits(bytes=1_000_000))


def test_repeated_numbers_in_parquet_are_measured_before_reading() -> None:
    content = packed({f"c{i}": np.zeros(10_000) for i in range(20)})
    assert "2 MB once decompressed" in refused(content, limits=Limits(bytes=100_000))


def test_long_values_in_parquet_are_refused() -> None:
    content = packed({"a": pa.array(["x" * 100_000, "y"]), "b": pa.array([1, 2])})
    assert "Column 'a' has a value of 100,000 bytes" in refused(content)


@pytest.mark.parametrize("kind", [pa.null(), pa.string(), pa.bool_(), pa.float64()])
def test_an_empty_parquet_column_is_missing(kind: pa.DataType) -> None:
    table = read_table(packed({"a": pa.nulls(2, kind), "b": pa.array([1, 2])}), "t")
    assert table.frame["a"].isna().all()
    assert any("Empty columns: a" in note for note in table.notes)


def test_nanoseconds_are_cut_with_a_note() -> None:
    stamps = pa.array([1_577_836_800_000_000_001, None], pa.timestamp("ns"))
    table = read_table(packed({"a": stamps, "b": pa.array([1, 2])}), "t")
    assert table.frame["a"][0] == datetime(2020, 1, 1)
    assert any("microsecond" in note for note in table.notes)


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([2**62, 0], pa.timestamp("ms")),
        pa.array([2**62, 0], pa.timestamp("us")),
        pa.array([-(2**50), 0], pa.timestamp("s")),
        pa.array([2**31 - 1, 0], pa.date32()),
    ],
)
def test_dates_no_calendar_has_are_refused_with_their_column(dates: pa.Array) -> None:
    said = refused(packed({"a": dates, "b": pa.array([1, 2])}))
    assert "Column 'a' has dates outside the years 1 to 9999" in said


def test_bytes_that_are_not_text_are_refused() -> None:
    wrong = pa.array([b"\xff\xfe", b"y"]).view(pa.string())
    assert "cannot be read" in refused(packed({"a": wrong, "b": pa.array([1, 2])}))


@pytest.mark.parametrize("kind", [pa.binary(2), pa.uuid()])
def test_fixed_bytes_are_not_taken_for_numbers(kind: pa.DataType) -> None:
    size = 2 if kind == pa.binary(2) else 16
    plain = pa.array([b"1" * size, b"2" * size], pa.binary(size))
    column = plain if size == 2 else pa.ExtensionArray.from_storage(kind, plain)
    assert "not one plain value" in refused(packed({"a": column, "b": pa.array([1, 2])}))


def test_long_ids_with_gaps_stay_exact() -> None:
    ids = pa.array([2**64 - 1, None], pa.uint64())
    table = read_table(packed({"a": ids, "b": pa.array([1, 2])}), "t")
    assert table.frame["a"][0] == "18446744073709551615"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_text_of_every_width_is_read(kind: pa.DataType) -> None:
    text = pa.array(["x", None, "é"], kind)
    table = read_table(packed({"a": text, "b": pa.array([1, 2, 3])}), "t")
    assert table.frame["a"].tolist()[::2] == ["x", "é"]


def test_what_people_upload_is_kept_for_the_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLAB_HOME", str(tmp_path / "kept"))
    assert home().stat().st_mode & 0o077 == 0
