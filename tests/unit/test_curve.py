"""The finished curve as rows, sentence and chart data."""

import dataclasses
import json

import numpy as np
import pytest

from fairlab.config import TRAINED_CONSTRAINTS
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.reports.figures.curve import live_layout
from fairlab.reports.sentences.curve import (
    curve_sentence,
    gap_words,
    point_label,
    reading_notes,
    suspicion,
)
from fairlab.reports.sentences.guarantee import guarantee_notes, guarantee_sentence
from fairlab.reports.tables.curve import chart_rows, curve_rows, curve_table
from fairlab.reports.tables.guarantee import guarantee_table, meter_numbers
from fairlab.reports.tables.point import rates_by_group, splits_table
from fairlab.results import Attribute, Guarantee, Point, SplitScores, SweepResult


def split(scores: list[list[float]], y: list[int], sex: list[int]) -> SplitScores:
    """People with two groups, women and men."""
    codes = np.array(sex, dtype=np.int64)
    return SplitScores(
        score=np.array(scores, dtype=np.float32),
        y_true=np.array(y, dtype=np.int64),
        attributes={"sex": Attribute(codes, ("women", "men"))},
        rows=np.arange(len(y)),
    )


@pytest.fixture
def result() -> SweepResult:
    """Two models: one right about everyone with a gap of 50 points, one selecting everyone."""
    y = [0, 1, 1, 1] * 10
    sex = [0, 0, 1, 1] * 10
    right = [0.1, 0.9, 0.9, 0.9] * 10
    everyone = [0.9] * 40
    people = split([right, everyone], y, sex)
    return SweepResult(
        points=(
            Point(0, "penalty", 0.0, None, 0, 3, baseline=True),
            Point(1, "penalty", 2.0, None, 0, 3, baseline=False),
        ),
        splits={"train": people, "validation": people, "test": people},
        constraint="demographic_parity",
        group_by=("sex",),
        threshold=0.5,
    )


def test_rows_hold_accuracy_and_gap_of_decisions(result: SweepResult) -> None:
    """The first model selects half of the women and all men; the second everyone."""
    first, second = curve_rows(result)
    assert (first.accuracy, first.gap) == (1.0, 0.5)
    assert (second.accuracy, second.gap) == (0.75, 0.0)
    assert first.groups == ("women: 50 % of 20 selected", "men: 100 % of 20 selected")
    assert first.lower is not None
    assert 0.2 < first.lower < 0.5 < (first.upper or 0) < 0.8


def test_rows_agree_with_the_gap_of_the_same_people(result: SweepResult) -> None:
    """No second definition of a gap lives in the reports."""
    for row in curve_rows(result):
        counts = count(result.scored(row.index).outcomes(("sex",)), 0.5)
        assert row.gap == float(GAPS["demographic_parity_difference"](counts))


def test_an_undefined_gap_is_not_zero() -> None:
    """Nobody in one group: the gap is None, and the sentence says that we cannot tell."""
    people = split([[0.9, 0.9]], [1, 0], [1, 1])
    empty = SweepResult(
        points=(Point(0, "penalty", 0.0, None, 0, 1, baseline=True),),
        splits={"train": people, "validation": people, "test": people},
        constraint="demographic_parity",
        group_by=("sex",),
        threshold=0.5,
    )
    rows = curve_rows(empty)
    assert rows[0].gap is None
    assert curve_sentence(rows, "demographic_parity", "test people").startswith("We cannot tell")
    assert curve_table(rows)["Gap, points"].tolist() == ["undefined"]
    assert json.loads(json.dumps(chart_rows(rows)))[0]["gap"] is None


def test_sentence_names_the_start_the_narrowest_point_and_the_price(result: SweepResult) -> None:
    """From 50 points at 100 % accuracy to 0 points at 75 %."""
    sentence = curve_sentence(curve_rows(result), "demographic_parity", "test people")
    assert "accuracy is 100.0 % and the gap in selection rate is 50.0 points" in sentence
    assert "(the front, ringed), the narrowest gap on test people is 0.0 points" in sentence
    assert "accuracy 75.0 %: 25.0 points lower" in sentence


def test_a_collapsed_model_is_not_praised_for_its_narrow_gap(result: SweepResult) -> None:
    """Selecting everyone has no gap; flagged, it is left out of the sentence, which says so."""
    collapsed = dataclasses.replace(result.points[1], flags=("Everybody is selected.",))
    flagged = dataclasses.replace(result, points=(result.points[0], collapsed))
    rows = curve_rows(flagged)
    sentence = curve_sentence(rows, "demographic_parity", "test people")
    assert "No trained model on the curve has a narrower gap" in sentence
    assert curve_table(rows)["Findings"].tolist() == ["", "Everybody is selected."]
    assert "Hollow markers (1) need care" in " ".join(reading_notes(rows, "test people"))


def test_tables_of_one_point_show_n_and_intervals(result: SweepResult) -> None:
    """Every split with its people; every group with its number of people."""
    splits = splits_table(result, 0)
    assert splits["People"].tolist() == ["train", "validation", "test"]
    assert splits["Gap, points"].tolist() == ["50.0"] * 3
    groups = rates_by_group(result, 0)
    assert groups["Group"].tolist() == ["women", "men"]
    assert groups["n"].tolist() == ["20", "20"]
    assert groups["False positive rate, %"].tolist()[1] == "undefined"


def test_labels_tell_strength_slack_and_seed() -> None:
    """Two models of a sweep never carry the same words."""
    assert point_label(Point(0, "penalty", 0.5, None, 0, 1, False)) == "Penalty, strength 0.5"
    assert point_label(Point(0, "penalty", None, 0.05, 0, 1, False)) == (
        "Penalty, gap asked for 5 points"
    )
    assert point_label(Point(0, "layer", None, 0.05, 2, 1, False)) == (
        "Fairness layer, slack 5 points, seed 2"
    )


def test_guarantee_keeps_promise_and_measurement_apart() -> None:
    """A promise that was exceeded is not said to have held."""
    meter = Guarantee(0.02, 1e-9, {"test": 0.031}, {"test": 0.08}, "frozen", True)
    words = guarantee_sentence(meter)
    assert "at most 2.0 points" in words
    assert "held on every training batch" in words
    assert "mean scores 3.1 points apart, decisions 8.0 points apart" in words
    assert "uses the person's group" in " ".join(guarantee_notes(meter))
    broken = Guarantee(0.02, 0.01, {"test": None}, {"test": 0.08}, "frozen", False)
    assert "exceeded" in guarantee_sentence(broken)
    assert "undefined apart" in guarantee_sentence(broken)


def test_weighted_people_have_rows_with_intervals_of_people_not_of_weight(
    result: SweepResult,
) -> None:
    """Weight 100 for everyone leaves every number of the curve and its intervals as they were."""
    people = result.splits["test"]
    heavy = dataclasses.replace(people, weight=np.full(40, 100.0))
    weighted = dataclasses.replace(result, splits=dict.fromkeys(result.splits, heavy))
    for plain, row in zip(curve_rows(result), curve_rows(weighted), strict=True):
        assert (row.accuracy, row.gap) == (plain.accuracy, plain.gap)
        assert row.accuracy_lower == pytest.approx(plain.accuracy_lower)
        assert row.accuracy_upper == pytest.approx(plain.accuracy_upper)
        assert row.lower == pytest.approx(plain.lower, abs=0.05) or row.lower is None
    interval = "Selection rate, %"
    assert (
        rates_by_group(weighted, 0)[interval].tolist()
        == rates_by_group(result, 0)[interval].tolist()
    )


def test_a_rate_at_its_bound_does_not_make_a_gap_certain(result: SweepResult) -> None:
    """Everybody is selected: the gap found is 0, which 20 people per group do not prove."""
    everyone = curve_rows(result)[1]
    assert everyone.gap == 0
    assert (everyone.upper or 0) > 0.1


def test_sentence_says_that_the_narrowest_was_picked_on_these_people(result: SweepResult) -> None:
    """The narrowest of several gaps is partly luck: measured again it is wider on average."""
    rows = curve_rows(result)
    assert "picked on these very people" in " ".join(reading_notes(rows, "test people"))


def test_overlap_of_two_intervals_is_not_said_to_settle_a_comparison(result: SweepResult) -> None:
    """Both models saw the same people, so two overlapping intervals do not make them alike."""
    wide = [dataclasses.replace(row, lower=0.0, upper=0.9) for row in curve_rows(result)]
    notes = " ".join(reading_notes(wide, "test people"))
    assert "overlap" in notes
    assert "Compare" in notes


def test_an_accuracy_too_good_to_be_true_is_questioned(result: SweepResult) -> None:
    """Nobody wrong where guessing errs on a quarter looks like a leak; one in ten does not."""
    rows = curve_rows(result)
    assert "unusually high" in suspicion(rows, 0.75)
    usual = [dataclasses.replace(row, accuracy=0.9) for row in rows]
    assert suspicion(usual, 0.75) == ""


FULL = Guarantee(
    0.02,
    1e-9,
    {"train": 0.025, "validation": 0.02, "test": 0.031},
    {"train": 0.07, "validation": 0.06, "test": 0.08},
    "frozen",
    uses_attribute_when_deciding=True,
    batch_gap=0.02,
    drawn_gap={"train": 0.02, "validation": 0.03, "test": 0.04},
    residual=1e-12,
    smallest_cell={"train": 300, "validation": 8, "test": 100},
    notes=("A finding.",),
)


def test_the_meter_shows_promise_scores_draw_and_decisions_of_every_split() -> None:
    """Three numbers first; the table holds the rest, small numbers of people aside."""
    assert [value for _, value in meter_numbers(FULL)] == ["2.0 points", "3.1 points", "8.0 points"]
    table = guarantee_table(FULL)
    assert table["Mean scores"].tolist() == ["at most 2.0, excess 1e-09", "2.5", "2.0", "3.1"]
    assert table["One draw of decisions"].tolist() == ["", "2.0", "3.0", "4.0"]
    assert table["Decisions at the threshold"].tolist() == ["not promised", "7.0", "6.0", "8.0"]
    people = table["Smallest group compared"].tolist()
    assert people == ["", "300 people", "fewer than 10 people", "100 people"]
    notes = " ".join(guarantee_notes(FULL))
    assert "20.0 points (2/√n)" in notes
    assert "chance makes its gap wider more often than narrower" in notes
    assert "A finding." in notes


def test_a_meter_of_an_earlier_version_shows_what_it_has() -> None:
    table = guarantee_table(Guarantee(0.1, 0.0, {"test": None}, {"test": 0.3}, "frozen", True))
    assert "One draw of decisions" not in table
    assert table["Mean scores"].tolist() == ["≤ 10.0, excess 0e+00", "undefined"]


def test_the_sentence_of_the_promise_says_what_is_compared() -> None:
    assert "people with the favourable outcome" in guarantee_sentence(FULL, "equal_opportunity")
    assert "means of score minus outcome" in guarantee_sentence(FULL, "mean_residual_parity")
    at = guarantee_sentence(FULL, "demographic_parity", 0.4)
    assert "decisions 8.0 points apart at threshold 0.4" in at


def test_the_sentence_of_the_promise_says_how_many_people_and_when_nothing_was_bounded() -> None:
    words = guarantee_sentence(FULL)
    assert "smallest group compared there has 100 people" in words
    assert "about 20.0 points" in words  # 2/√100
    few = dataclasses.replace(FULL, smallest_cell={"test": 8})
    assert "8 people" not in guarantee_sentence(few)
    idle = dataclasses.replace(FULL, batch_gap=None, residual=None)
    assert "never put to use" in guarantee_sentence(idle)
    assert "held" not in guarantee_sentence(idle)


def marginal(result: SweepResult) -> SweepResult:
    """The same people with a second attribute, on which the gap of model 0 is 100 points."""
    splits = {}
    for name, people in result.splits.items():
        codes = (people.score[0] > 0.5).astype(np.int64)
        both = {**people.attributes, "age": Attribute(codes, ("old", "young"))}
        splits[name] = dataclasses.replace(people, attributes=both)
    return dataclasses.replace(result, splits=splits, group_by=("sex", "age"), grouping="marginal")


def test_marginal_rows_hold_the_widest_gap_over_attributes(result: SweepResult) -> None:
    """50 points between women and men, 100 between old and young: 100 on the curve."""
    both = marginal(result)
    first = curve_rows(both)[0]
    assert first.gap == 1.0
    assert [words.split(":")[0] for words in first.groups] == ["women", "men", "old", "young"]
    assert splits_table(both, 0)["Gap, points"].tolist() == ["100.0"] * 3
    groups = rates_by_group(both, 0)
    assert groups["Attribute"].tolist() == ["sex", "sex", "age", "age"]
    sentence = curve_sentence(curve_rows(both), "demographic_parity", "test people", ("sex", "age"))
    assert "widest over sex and age, each by itself" in sentence


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
@pytest.mark.parametrize("apart", [False, True])
def test_the_axis_says_what_the_gap_is_in_and_fits_the_chart(constraint: str, apart: bool) -> None:
    """Long titles take a second line instead of leaving the picture."""
    words = gap_words(constraint, apart=apart)
    assert words.endswith("widest over attributes") == apart
    title = live_layout(words, "test people").yaxis.title.text
    lines = title.split("<br>")
    assert all(len(line) <= 50 for line in lines)
    assert " ".join(" ".join(lines).split()).startswith(f"Gap in {words}, points (↓")
