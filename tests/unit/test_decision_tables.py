"""Which table a record was made with: told apart by checks that nobody can guess values from."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.data import fingerprint
from fairlab.decision.fingerprints import BITS, bits_of, check_of, check_of_scores, fingerprint_of
from fairlab.decision.parts import salt_of
from fairlab.decision.tables import differing, refuse_other_table
from fairlab.errors import InputError
from tests import decided

SALT = salt_of("0" * 64)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["x"] * 5_000),  # one value
        pd.Series((np.arange(5_000) == 2_718).astype(int)),  # who is the one?
        pd.Series(np.repeat(["a", "b"], [3_000, 2_000])),  # sorted
        pd.Series(np.repeat([1, 0, 1], 1_000)),  # in blocks
        pd.Series(np.tile([0, 1], 2_000)),  # a pattern
        pd.Series(np.tile(["a", "b", "c", "d"], 500)),
        pd.Series(np.arange(5_000)),  # numbers of rows
        pd.Series(np.arange(5_000, 0, -1.5)),
        pd.Series([True, False] * 40),
        pd.Series(np.random.default_rng(0).integers(0, 2, 60)),  # 2**60 can be tried
        pd.Series([0.5, np.nan, np.nan, np.nan]),
        pd.Series(np.where(np.arange(4_000) < 3_999, np.arange(4_000.0), np.nan)),
        pd.Series([], dtype=float),
    ],
)
def test_a_column_that_could_be_guessed_has_no_check(column: pd.Series) -> None:
    """Whoever knows how often each value occurs could try every order there is."""
    assert bits_of(column) < BITS
    assert check_of(column, SALT) is None


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(np.random.default_rng(1).integers(0, 2, 400)),
        pd.Series(np.random.default_rng(1).normal(size=60)),
        pd.Series(np.random.default_rng(1).choice(["a", "b", None], 400)),
        pd.Series(np.where(np.random.default_rng(1).random(800) < 0.5, np.nan, np.arange(800))),
    ],
)
def test_a_column_in_no_order_has_one(column: pd.Series) -> None:
    check = check_of(column, SALT)
    assert check is not None
    assert len(check) == 32
    assert check == check_of(column.copy(), SALT)
    assert check != check_of(column, salt_of("1" * 64)), "another table, another salt"
    turned = column.iloc[::-1].reset_index(drop=True)
    assert check != check_of(turned, SALT), "order matters"


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=2, max_size=40))
def test_bits_are_never_more_than_the_orders_there_are(values: list[int]) -> None:
    """log2 of n! / Π counts! bounds what somebody lacks who knows the counts."""
    counts = np.bincount(values)
    orders = np.log2(np.arange(1, len(values) + 1)).sum() - sum(
        np.log2(np.arange(1, count + 1)).sum() for count in counts
    )
    assert bits_of(pd.Series(values)) <= orders + 1e-6


def test_scores_have_a_check_bit_for_bit() -> None:
    score = np.random.default_rng(0).random(200).astype(np.float32)
    moved = score.copy()
    moved[7] = np.nextafter(moved[7], np.float32(1))
    assert check_of_scores(score, SALT) not in (None, check_of_scores(moved, SALT))
    assert check_of_scores(np.ones(200, dtype=np.float32), SALT) is None


def test_a_fingerprint_counts_and_names_but_shows_no_value() -> None:
    """Few missing values are not counted out; constants and rare values have no check."""
    frame = decided.frame()
    frame.loc[:3, "income"] = np.nan
    found = fingerprint_of(frame)
    by_name = {column.name: column for column in found.columns}
    assert found.whole == fingerprint(frame)
    assert found.rows == 600
    assert by_name["debt"].missing == int(frame["debt"].isna().sum())
    assert by_name["income"].missing is None, "four people"
    assert by_name["sex"].missing == 0
    assert by_name["fixed"].check is by_name["rare"].check is None
    assert by_name["sex"].check is not None
    assert fingerprint_of(frame, smallest=0).columns[0].missing == 4


def test_whole_numbers_are_the_same_from_csv_and_parquet() -> None:
    """As for the whole table: 1 and 1.0 are one value."""
    whole = pd.Series(np.random.default_rng(0).integers(0, 5, 300))
    assert check_of(whole, SALT) == check_of(whole.astype(float), SALT)


def said(frame: pd.DataFrame) -> str:
    return " ".join(differing(fingerprint_of(decided.frame()), frame))


def test_the_same_table_differs_in_nothing() -> None:
    assert said(decided.frame()) == ""
    refuse_other_table(decided.record(), decided.table())


def test_each_difference_is_named() -> None:
    """Missing, new and renamed columns, kinds, rows, order, content, missing values."""
    frame = decided.frame()
    assert "1 column is missing: debt." in said(frame.drop(columns="debt"))
    assert "1 column was not there: age." in said(frame.assign(age=1))
    renamed = said(frame.rename(columns={"income": "salary"}))
    assert "Column “income” is called “salary” here." in renamed
    assert "missing" not in renamed
    assert "not there" not in renamed
    assert "held values of kind number and holds text" in said(frame.astype({"repaid": str}))
    rows = said(frame.iloc[:-1])
    assert "It has 599 rows, the record's table had 600" in rows
    assert "The content differs" not in rows, "with other rows it does anyway"
    assert "another order" in said(frame[frame.columns[::-1]])
    one = frame.copy()
    one.loc[5, "sex"] = "m" if one.loc[5, "sex"] == "f" else "f"
    assert "The content differs in: sex." in said(one)
    gone = frame.copy()
    gone.loc[gone["debt"].notna().idxmax(), "debt"] = np.nan
    assert "missing in: debt." in said(gone)
    assert "rows stand in another order" in said(frame.iloc[::-1].reset_index(drop=True))


def test_columns_without_a_check_are_found_by_elimination_or_left_open() -> None:
    """Nothing else differs: then it is one of them; else we cannot tell."""
    frame = decided.frame()
    rare = frame.assign(rare=(np.arange(600) == 18).astype(int))
    assert "differs in one of: fixed, rare" in said(rare)
    both = rare.assign(income=frame["income"] + 1)
    assert "The content differs in: income." in said(both)
    assert "We cannot tell whether these differ, too" in said(both)


def test_another_table_is_refused_with_every_difference_and_a_remedy() -> None:
    other = decided.frame().drop(columns="debt").assign(**{"=cmd|x": 1})
    with pytest.raises(InputError) as caught:
        refuse_other_table(decided.record(), decided.table(other))
    assert len(caught.value.problems) >= 4
    assert "not the table the record was made with" in caught.value.problems[0]
    assert "Give the original file" in caught.value.problems[-1]
