"""Tables in the server's memory are counted while a page holds them, and refused beyond."""

import gc

import numpy as np
import pandas as pd
import pytest

from fairlab.errors import InputError
from fairlab.ui.open_tables import OpenTables


def table(megabytes: int) -> pd.DataFrame:
    """A table of so many million bytes and a few."""
    return pd.DataFrame({"x": np.zeros(megabytes * 125_000)})


def test_a_visitor_with_tables_open_gets_no_more_than_a_share() -> None:
    """Others still do: one visitor with many pages does not take everybody's memory."""
    count = OpenTables(most=100_000_000, of_one=20_000_000)
    held = [table(9), table(9)]
    for one in held:
        count.admit(one, "greedy")
    with pytest.raises(InputError, match=r"your open pages take 18 MB; at most 20 MB"):
        count.admit(table(9), "greedy")
    count.admit(one := table(9), "modest")
    held.append(one)
    assert count.bytes("greedy") < 19_000_000 < count.bytes()


def test_one_table_may_be_larger_than_the_share() -> None:
    count = OpenTables(most=100_000_000, of_one=20_000_000)
    large = table(50)
    count.admit(large, "a")
    assert count.bytes("a") > 50_000_000


def test_all_together_have_an_end() -> None:
    """Also for somebody who is another visitor each time."""
    count = OpenTables(most=30_000_000, of_one=20_000_000)
    held = [table(9) for _ in range(4)]
    for number in range(3):
        count.admit(held[number], str(number))
    with pytest.raises(InputError, match="FAIRLAB_OPEN_TABLES_MB"):
        count.admit(held[3], "new")
    assert count.bytes() < 30_000_000


def test_what_nobody_holds_does_not_count_and_what_many_hold_counts_once() -> None:
    count = OpenTables(most=30_000_000, of_one=10_000_000)
    for number in range(20):
        one = table(9)
        count.admit(one, "a" if number % 2 else "b")
        count.admit(one, "c")
        del one
        gc.collect()
    assert count.bytes() == 0


def test_values_of_text_count_in_full() -> None:
    count = OpenTables(most=1_000_000, of_one=10_000_000)
    with pytest.raises(InputError):
        count.admit(pd.DataFrame({"x": ["y" * 10_000 for _ in range(200)]}), "a")
