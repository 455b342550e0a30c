"""The tables, sentences and charts about a table before any model."""

import numpy as np
import pandas as pd
import pytest

from fairlab.config import Task
from fairlab.data import Proxies, Strength, load, read_people
from fairlab.metrics.intervals import wilson
from fairlab.reports.figures.data import MOST_GROUPS, base_rates_figure, proxies_figure
from fairlab.reports.sentences import data as sentences
from fairlab.reports.tables import data as tables
from fairlab.reports.tables.data import GroupRow
from fairlab.ui.markdown import as_it_is

WORDS = ("approved", "denied")


def row(name: str, n: int, good: int, detectable: float | None = 0.1) -> GroupRow:
    if n == 0:
        return GroupRow(name, 0, 0, None, None, None, None)
    lower, upper = wilson(good, n)
    return GroupRow(name, n, good, good / n, float(lower), float(upper), detectable)


def test_group_rows_count_people_and_favourable_outcomes() -> None:
    data = load("loanapp")
    rows = tables.group_rows(read_people(data.frame, data.task))
    found = {r.name: (r.n, r.favourable) for r in rows}
    frame = data.frame.dropna(subset=["sex", "married"])
    for name, part in frame.groupby("race_ethnicity"):
        assert found[str(name)] == (len(part), int(part["approve"].sum()))
    white = next(r for r in rows if r.name == "White")
    low, high = wilson(white.favourable, white.n)
    assert (white.lower, white.upper) == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_smaller_groups_can_only_show_larger_gaps() -> None:
    data = load("loanapp")
    rows = sorted(tables.group_rows(read_people(data.frame, data.task)), key=lambda r: r.n)
    assert [r.name for r in rows] == ["Hispanic", "Black", "White"]
    assert rows[0].detectable > rows[1].detectable >= rows[2].detectable > 0


def test_crossed_groups_with_nobody_have_no_rate() -> None:
    frame = pd.DataFrame({"a": ["x", "x", "y"] * 4, "b": ["u", "v", "u"] * 4, "y": [0, 1] * 6})
    task = Task(label="y", favourable=("1",), sensitive=("a", "b"))
    rows = {r.name: r for r in tables.group_rows(read_people(frame, task), ("a", "b"))}
    assert rows["y × v"].n == 0
    assert rows["y × v"].rate is None
    assert "No one is in y × v" in sentences.left_out_sentence(list(rows.values()), 24)


def test_sentence_names_highest_and_lowest_with_interval_and_people() -> None:
    said = sentences.base_rate_sentence([row("A", 1000, 900), row("B", 100, 50)], WORDS)
    assert said.startswith("In this table “approved” is most common for A (90.0 %")
    assert "least common for B (50.0 %" in said
    assert "100 people): 40.0 points apart." in said
    assert "overlap" not in said


def test_sentence_says_when_intervals_overlap_and_when_nothing_can_be_told() -> None:
    assert "overlap" in sentences.base_rate_sentence([row("A", 10, 6), row("B", 10, 5)], WORDS)
    assert sentences.base_rate_sentence([row("A", 10, 6)], WORDS).startswith("We cannot tell")
    same = sentences.base_rate_sentence([row("A", 10, 5), row("B", 10, 5)], WORDS)
    assert "equally common" in same


def test_sentence_about_power_names_the_hardest_group() -> None:
    said = sentences.detectable_sentence([row("A", 1000, 500, 0.05), row("B", 100, 50, 0.3)])
    assert "For B (about 20 of them)" in said
    assert "30 points" in said
    blind = sentences.detectable_sentence([row("A", 1000, 500, 0.05), row("B", 3, 1, None)])
    assert blind.startswith("We cannot tell gaps for B")


def test_missing_table_says_what_happens_to_each_kind() -> None:
    frame = pd.DataFrame(
        {"n": [1.0, None, 2.0], "t": ["a", None, None], "s": ["x", None, "y"],
         "y": [1.0, 0.0, None], "out": [None, 1.0, 2.0], "full": [1, 2, 3]}
    )  # fmt: skip
    task = Task(label="y", favourable=("1",), sensitive=("s",), exclude=("out",))
    table = tables.missing_table(frame, task).set_index("Column")
    assert "full" not in table.index
    assert table.loc["t", "Missing"] == 2
    assert "median" in table.loc["n", "What happens"]
    assert table.loc["t", "What happens"] == "a value of its own"
    assert table.loc["s", "What happens"] == "a group of their own"
    assert table.loc["y", "What happens"] == "rows left out"
    assert table.loc["out", "What happens"] == "not used"
    assert "most in t (66.7 % of rows)" in sentences.missing_sentence(table.reset_index(), 6)


def test_base_rate_chart_draws_each_rate_with_its_interval() -> None:
    rows = [row("A", 1000, 900), row("<i>B</i>", 100, 50), row("empty", 0, 0)]
    figure = base_rates_figure(rows, WORDS)
    assert len(figure.data) == 2
    point = figure.data[1]
    assert point.x[0] == pytest.approx(50)
    assert point.x[0] - point.error_x.arrayminus[0] == pytest.approx(100 * rows[1].lower)
    assert point.x[0] + point.error_x.array[0] == pytest.approx(100 * rows[1].upper)
    assert "<i>" not in str(point.y[0])
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_very_many_groups_are_cut_to_the_largest_and_said() -> None:
    rows = [row(f"g{i}", 10 + i, 5) for i in range(40)]
    figure = base_rates_figure(rows, WORDS)
    assert len(figure.data) == MOST_GROUPS
    assert "g39" in figure.data[0].y[0]
    assert "24 largest of 40" in sentences.left_out_sentence(rows, MOST_GROUPS)


def test_proxies_chart_and_sentence_show_the_same_numbers() -> None:
    found = Proxies("sex", (Strength("job", 0.81, 500), Strength("pay", 0.5, 500)), 0.93, 500)
    figure = proxies_figure(found)
    bars = figure.data[0]
    assert list(bars.y) == ["All features together", "job", "pay"]
    np.testing.assert_allclose(np.array(bars.x) + bars.base, [0.93, 0.81, 0.5])
    said = sentences.proxies_sentence(found)
    assert "AUC 0.93" in said
    assert "job (0.81)" in said
    assert tables.proxies_table(found)["AUC"].tolist() == [0.81, 0.5]


def test_leaks_are_named_and_a_weak_best_feature_is_not_one() -> None:
    weak = (Strength("pay", 0.7, 90),)
    assert "No feature alone" in sentences.leaks_sentence(weak, 0.98)
    strong = (Strength("after", 0.99, 90), *weak)
    assert sentences.leaks_sentence(strong, 0.98).startswith("after alone predicts")


def test_a_user_s_text_loses_its_markdown() -> None:
    assert as_it_is("a*b_[c](d)") == r"a\*b\_\[c\](d)"
    assert sentences.begin("income >50K") == "Income >50K"
