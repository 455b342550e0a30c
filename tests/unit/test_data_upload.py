"""Files people upload: what is read, what is refused, what is said."""

import gzip
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.data import Limits, read_table
from fairlab.errors import InputError

PLAIN = "name,age,pay\nAnn,31,10.5\nBob,42,11\nZoë,23,9\n"


def problems(content: bytes | str, name: str = "t.csv", **options: object) -> tuple[str, ...]:
    if isinstance(content, str):
        content = content.encode()
    with pytest.raises(InputError) as caught:
        read_table(content, name, **options)
    return caught.value.problems


def frame(content: bytes | str, **options: object) -> pd.DataFrame:
    return read_table(content.encode() if isinstance(content, str) else content, "t.csv",
                      **options).frame  # fmt: skip


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_separator_is_found(sign: str) -> None:
    got = frame(PLAIN.replace(",", sign))
    assert list(got.columns) == ["name", "age", "pay"]
    assert got["age"].tolist() == [31, 42, 23]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
def test_encoding_is_found_and_all_give_the_same_table(encoding: str) -> None:
    text = PLAIN + "".join(f"Zoë Müller née Lefèvre,{i},1\n" for i in range(40))
    got = read_table(text.encode(encoding), "t.csv")
    assert got.frame["name"][2] == "Zoë"
    assert got.frame.columns[0] == "name"
    assert got.fingerprint == read_table(text.encode(), "t.csv").fingerprint


def test_decimal_comma_with_semicolons() -> None:
    got = read_table(b"a;b\n1,5;x\n2;y\n-0,25;z\n", "t.csv")
    assert got.frame["a"].tolist() == [1.5, 2.0, -0.25]
    assert any("'a'" in note and "comma" in note for note in got.notes)


def test_gzip_is_read_and_a_bomb_is_refused() -> None:
    assert frame(gzip.compress(PLAIN.encode()))["age"].sum() == 96
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 500_000)
    assert len(bomb) < 100_000
    assert "more than 0.1 MB" in problems(bomb, limits=Limits(bytes=100_000))[0]


def test_cut_gzip_is_refused() -> None:
    whole = gzip.compress(bytes(range(256)) * 50)
    assert "cut short" in problems(whole[: len(whole) // 2])[0]


def test_empty_and_repeated_headers_are_named_and_noted() -> None:
    got = read_table(b"a,,a,a (2)\n1,2,3,4\n", "t.csv")
    assert list(got.frame.columns) == ["a", "column 2", "a (3)", "a (2)"]
    assert len([note for note in got.notes if "is called" in note]) == 2


def test_ragged_lines_are_listed_and_left_out_only_with_consent() -> None:
    text = 'a,b\n1,2\n3\n"x\ny",4\n5,6,7\n8,9\n'
    (said,) = problems(text)
    assert "2 lines" in said
    assert "line 3 has 1" in said
    assert "line 6 has 3" in said
    got = read_table(text.encode(), "t.csv", skip_ragged=True)
    assert got.frame["b"].tolist() == [2, 4, 9]
    assert any("2 lines left out" in note for note in got.notes)


def test_a_separator_at_every_line_end_is_dropped_with_a_note() -> None:
    got = read_table(b"a,b\n1,2,\n3,4,\n", "t.csv")
    assert got.frame["b"].tolist() == [2, 4]
    assert any("empty field" in note for note in got.notes)


def test_one_trailing_separator_is_a_ragged_line() -> None:
    assert "line 2 has 3" in problems("a,b\n1,2,\n3,4\n")[0]


def test_quoted_newlines_separators_and_quotes() -> None:
    got = frame('a,b\n"one\ntwo, three","say ""hi"""\nplain,x\n')
    assert got["a"][0] == "one\ntwo, three"
    assert got["b"][0] == 'say "hi"'


def test_open_quote_is_refused_with_its_line() -> None:
    assert "Line 3" in problems('a,b\n1,2\n"open,3\n4,5\n')[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (b"a,b\n", "a header and no rows"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b'[{"a": 1}]', "JSON"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\x80\x04\x95pickle", "pickle"),
        (b"a,b\n1,\x002\n" + b"3,4\n" * 20, "NUL"),
        (b"only\n1\n2\n", "Only one column"),
        (b"1,2,3\n4,5,6\n", "looks like data"),
        (b"PAR1garbage", "Parquet file cannot be read"),
    ],
)
def test_what_is_not_a_table_is_refused_in_words(content: bytes, said: str) -> None:
    assert any(said in problem for problem in problems(content))


def test_limits_on_bytes_rows_columns_and_cells() -> None:
    assert "MB" in problems(PLAIN, limits=Limits(bytes=10))[0]
    assert "more than 2 rows" in problems(PLAIN, limits=Limits(rows=2))[0]
    assert "3 columns" in problems(PLAIN, limits=Limits(columns=2))[0]
    assert "Line 2" in problems("a,b\nxxxxxxx,1\n", limits=Limits(cell=5))[0]
    assert len(frame(PLAIN, limits=Limits(rows=3, columns=3, cell=10))) == 3


def test_several_problems_come_at_once() -> None:
    found = problems("a,b,c\n1,2\n3,4,5\n", limits=Limits(columns=2))
    assert len(found) == 2


def test_missing_tokens_are_missing_and_counted() -> None:
    got = read_table(b"a,b\n?,none\n3,NA\n ,x\n-,y\nnull,y\n", "t.csv")
    assert got.frame["a"].isna().tolist() == [True, False, True, True, True]
    assert got.frame["b"].isna().tolist() == [False, True, False, False, False]
    assert got.frame["b"][0] == "none"
    assert any("'?' is read as missing: a (1)" in note for note in got.notes)


def test_kinds_of_columns() -> None:
    text = (
        "whole,part,truth,day,zip,id,mixed,big,when,rate,gone\n"
        '1,1.5,true,2024-01-31,01234,12345678901234567890,1,"1,234",31/12/2024,5%,\n'
        '2,2e3,False,2024-02-01,99999,12345678901234567891,2,"5,678",01/02/2024,6%,\n'
        '3,-.5,TRUE,2024-02-02,10000,12345678901234567892,many,"9,012",02/02/2024,7%,\n'
    )
    got = read_table(text.encode(), "t.csv")
    kinds = {name: str(dtype) for name, dtype in got.frame.dtypes.items()}
    assert kinds["whole"] == "int64"
    assert kinds["part"] == "float64"
    assert kinds["truth"] == "bool"
    assert kinds["day"].startswith("datetime64")
    assert {kinds[name] for name in ("zip", "id", "mixed", "big", "when", "rate")} == {"str"}
    assert got.frame["zip"][0] == "01234"
    assert got.frame["id"][2].endswith("892")
    for word in ("leading zeros", "too long", "mixes numbers", "thousands", "dates", "percentages",
                 "Empty columns: gone"):  # fmt: skip
        assert any(word in note for note in got.notes), word


def test_parquet_and_csv_of_the_same_table_have_one_fingerprint() -> None:
    table = frame(PLAIN + "Dan,,\n")
    packed = io.BytesIO()
    table.to_parquet(packed)
    got = read_table(packed.getvalue(), "t.parquet")
    assert got.fingerprint == read_table((PLAIN + "Dan,,\n").encode(), "t.csv").fingerprint


def test_fingerprint_changes_with_any_value_name_or_order() -> None:
    base = read_table(PLAIN.encode(), "t.csv").fingerprint
    for other in (PLAIN.replace("31", "32"), PLAIN.replace("age", "ages"),
                  "age,name,pay\n31,Ann,10.5\n42,Bob,11\n23,Zoë,9\n",
                  "name,age,pay\nBob,42,11\nAnn,31,10.5\nZoë,23,9\n"):  # fmt: skip
        assert read_table(other.encode(), "t.csv").fingerprint != base


def test_parquet_kinds_and_nested_columns() -> None:
    table = pa.table(
        {
            "whole": pa.array([1, None, 3]),
            "truth": pa.array([True, False, None]),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "when": pa.array(np.array(["2024-01-01", "2024-01-02", "NaT"], "datetime64[s]")),
            "infinite": pa.array([1.0, np.inf, 2.0]),
        }
    )
    packed = io.BytesIO()
    pq.write_table(table, packed)
    got = read_table(packed.getvalue(), "t.parquet")
    assert got.frame["whole"].isna().tolist() == [False, True, False]
    assert got.frame["truth"].tolist()[:2] == ["True", "False"]
    assert got.frame["kind"].tolist() == ["a", "b", "a"]
    assert got.frame["infinite"].isna().tolist() == [False, True, False]
    nested = io.BytesIO()
    pq.write_table(pa.table({"a": [[1], [2]], "b": [{"x": 1}, {"x": 2}], "c": [1, 2]}), nested)
    assert len(problems(nested.getvalue(), "t.parquet")) == 2


def test_parquet_limits_are_checked_before_reading() -> None:
    packed = io.BytesIO()
    pq.write_table(pa.table({"a": range(100), "b": range(100)}), packed)
    found = problems(packed.getvalue(), limits=Limits(rows=99, columns=1))
    assert len(found) == 2


def test_cyrillic_is_not_read_as_western() -> None:
    text = "имя,возраст\n" + "".join(f"Анна Каренина и другие люди,{i}\n" for i in range(40))
    assert frame(text.encode("cp1251"))["имя"][0] == "Анна Каренина и другие люди"


@given(st.binary(max_size=120))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused_never_a_crash(content: bytes) -> None:
    try:
        table = read_table(content, "anything")
    except InputError:
        return
    assert len(table.frame) >= 1


_CELLS = st.sampled_from(
    ["1", "-1.5", "1e999", "1,5", "2024-01-01", "2024-13-45", "true", "", "?", "inf", '"', "a\nb",
     "123456789012345678901", "007", "x", " x ", "٣", "=1+1"]
)  # fmt: skip


@given(st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=10))
@settings(max_examples=150, deadline=None)
def test_csv_and_parquet_agree_whatever_the_cells(rows: list[tuple[str, str]]) -> None:
    table = pd.DataFrame(rows, columns=["a", "b"]).astype("str")
    packed = io.BytesIO()
    table.to_parquet(packed)
    from_csv = read_table(table.to_csv(index=False, lineterminator="\n").encode(), "t.csv")
    assert read_table(packed.getvalue(), "t").fingerprint == from_csv.fingerprint
