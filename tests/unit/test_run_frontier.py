"""The threshold frontier of a run: whose scores, fitted where, measured where, and in words."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairlab.config import DataConfig, RunConfig, SweepConfig, Task
from fairlab.errors import InputError
from fairlab.frontier import (
    RunFrontier,
    frontier_of_run,
    most_accurate_model,
    one_threshold_each,
    threshold_frontier,
    unmitigated_model,
)
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.reports.export import export_files
from fairlab.reports.sentences.frontier import (
    chance_sentence,
    frontier_notes,
    frontier_sentence,
    rule_sentence,
)
from fairlab.reports.tables.frontier import (
    chart_frontier,
    decided_words,
    frontier_frame,
    frontier_table,
    rule_table,
)
from fairlab.reports.withheld import _fewest, shown_frontier
from fairlab.results import Attribute, Point, SplitScores, SweepResult


def split(seed: int, n: int, noise: tuple[float, ...] = (3.0, 0.8)) -> SplitScores:
    """Women and men; the second model's scores tell more than the first's."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, n)
    y = (rng.random(n) < 0.3 + 0.3 * sex).astype(np.int64)
    raw = [rng.normal(2 * y + 0.5 * sex - 1, wide) for wide in noise]
    return SplitScores(
        score=(1 / (1 + np.exp(-np.array(raw)))).astype(np.float32),
        y_true=y,
        attributes={"sex": Attribute(sex, ("women", "men")), "all": Attribute(0 * sex, ("all",))},
        rows=np.arange(n),
    )


@pytest.fixture
def result() -> SweepResult:
    """The unmitigated model is the less accurate one."""
    return SweepResult(
        points=(
            Point(0, "penalty", 0.0, None, 0, 3, baseline=True),
            Point(1, "penalty", 2.0, None, 0, 3, baseline=False),
        ),
        splits={"train": split(0, 50), "validation": split(1, 300), "test": split(2, 300)},
        constraint="demographic_parity",
        group_by=("sex",),
        threshold=0.5,
    )


@pytest.fixture
def found(result: SweepResult) -> RunFrontier:
    return frontier_of_run(result, 1)


def test_the_unmitigated_and_the_most_accurate_model_are_told_apart(result: SweepResult) -> None:
    """Judged on validation people; a sweep without an unmitigated model has none."""
    assert unmitigated_model(result) == 0
    assert most_accurate_model(result) == 1
    without = replace(result, points=tuple(replace(p, baseline=False) for p in result.points))
    assert unmitigated_model(without) is None


def test_it_is_fitted_on_validation_and_measured_on_test(
    result: SweepResult, found: RunFrontier
) -> None:
    """Equal to fitting and evaluating by hand; labels of test people move only the measurement."""
    fitted = threshold_frontier(result.scored(1, "validation").outcomes(("sex",)))
    people = result.scored(1, "validation").outcomes(("sex",))
    by_hand = fitted.evaluate(result.scored(1, "test").outcomes(("sex",)), 200, refit=people)
    np.testing.assert_array_equal(found.frontier.slack, fitted.slack)
    np.testing.assert_allclose(found.measured.accuracy, by_hand.accuracy)
    np.testing.assert_allclose(found.measured.gap_band, by_hand.gap_band)
    test = result.splits["test"]
    turned = {**result.splits, "test": replace(test, y_true=1 - test.y_true)}
    other = frontier_of_run(replace(result, splits=turned), 1)
    np.testing.assert_array_equal(other.frontier.slack, found.frontier.slack)
    assert other.measured.accuracy[0] == pytest.approx(1 - found.measured.accuracy[0])


def test_attributes_each_by_itself_have_no_one_frontier(result: SweepResult) -> None:
    """The reason names them and what to do."""
    several = replace(result, group_by=("sex", "all"), grouping="marginal")
    with pytest.raises(InputError, match="sex and all, each by itself"):
        frontier_of_run(several, 0)


def test_people_of_a_group_it_was_not_fitted_on_are_left_out_and_counted(
    result: SweepResult,
) -> None:
    """Test has a third group; the others are measured as if it were not there."""
    names = ("women", "men", "others")
    test = result.splits["test"]
    codes = test.attributes["sex"].codes.copy()
    codes[:20] = 2
    splits = {}
    for name, people in result.splits.items():
        own = codes if name == "test" else people.attributes["sex"].codes
        splits[name] = replace(people, attributes={"sex": Attribute(own, names)})
    found = frontier_of_run(replace(result, splits=splits), 1)
    assert found.measured_on == 280
    assert any("20 of 300 people are left out" in note for note in found.notes)


def test_the_chart_gets_the_line_by_slack_and_a_band_around_it(found: RunFrontier) -> None:
    """Plain JSON; the band goes along the lower and back along the upper ends."""
    drawn = json.loads(json.dumps(chart_frontier(found, "Penalty, unmitigated")))
    assert drawn["slack"] == sorted(drawn["slack"])
    half = len(drawn["slack"])
    band = drawn["band"]
    assert band["accuracy"] == [*drawn["accuracy"], *drawn["accuracy"][::-1]]
    for low, gap, high in zip(band["gap"][:half], drawn["gap"], band["gap"][::-1], strict=False):
        assert low <= gap <= high
    many = frontier_of_run_with_many_corners()
    assert len(chart_frontier(many, "x")["slack"]) <= 160


def frontier_of_run_with_many_corners() -> RunFrontier:
    people = {name: split(i, 6000) for i, name in enumerate(("train", "validation", "test"))}
    big = SweepResult(
        points=(Point(0, "penalty", 0.0, None, 0, 3, baseline=True),),
        splits=people,
        constraint="demographic_parity",
        group_by=("sex",),
        threshold=0.5,
    )
    return frontier_of_run(big, 0, draws=0)


def test_the_table_and_the_file_say_what_was_promised_and_measured(found: RunFrontier) -> None:
    """No band without draws; the file has every breakpoint."""
    table = frontier_table(found)
    assert table.loc[0, "Slack, points"] == "0"
    assert float(table.loc[0, "Gap, points"]) == pytest.approx(
        100 * found.measured.gap[0], abs=0.06
    )
    frame = frontier_frame(found)
    assert len(frame) == len(found.frontier.slack)
    assert set(frame["split"]) == {"test"}
    assert frame["price"].iloc[-1] == 0


def test_the_sentence_gives_both_ends_and_says_what_it_needs(found: RunFrontier) -> None:
    """Accuracy and gap on test people, not those promised on validation."""
    words = frontier_sentence(found, "Penalty, strength 2")
    measured = found.measured
    for place in (0, -1):
        assert f"accuracy {100 * measured.accuracy[place]:.1f} %" in words
        assert f"a gap of {100 * measured.gap[place]:.1f} points" in words
    assert "needs each person's group" in words
    notes = " ".join(frontier_notes(found))
    assert "another score may do better" in notes


def test_the_band_says_which_noise_it_holds(result: SweepResult, found: RunFrontier) -> None:
    """Both where one rate is bounded; the people shown alone for equalized odds."""
    assert found.measured.refitted
    assert "holds both noises" in " ".join(frontier_notes(found))
    odds = frontier_of_run(replace(result, constraint="equalized_odds"), 1)
    assert not odds.measured.refitted
    assert "thresholds stay where they were fitted" in " ".join(frontier_notes(odds))


def test_a_rule_in_words_and_as_a_table(result: SweepResult, found: RunFrontier) -> None:
    """The sentence has the promise and the measurement; the table both ways to decide."""
    fitted = result.scored(1, "validation").outcomes(("sex",))
    exact, simple = found.frontier.at(0.02), one_threshold_each(found.frontier, fitted, 0.02)
    table = rule_table(exact, simple.rule)
    assert table["Group"].tolist() == ["women", "men"]
    assert "a gap of at most 2.0 points" in rule_sentence(found, 0.02)
    assert "by chance" in chance_sentence(simple, exact)
    alone = found.frontier.at(1.0)
    same = one_threshold_each(found.frontier, fitted, 1.0)
    assert same.rule == alone
    assert chance_sentence(same, alone) == "Every group has one threshold: nothing is drawn."


@pytest.mark.parametrize(
    ("cuts", "chances", "words"),
    [
        ((), (), "no rule: no one was in it"),
        ((0.5,), (1.0,), "from 0.5"),
        ((np.inf,), (1.0,), "nobody"),
        ((-np.inf,), (1.0,), "everybody"),
        ((0.6, 0.4), (0.7, 0.3), "from 0.6 always; from 0.4 to 0.6 in 30.0 % of cases"),
        ((np.inf, 0.4), (0.7, 0.3), "from 0.4 in 30.0 % of cases"),
        ((0.6, -np.inf), (0.7, 0.3), "from 0.6 always; below 0.6 in 30.0 % of cases"),
        (
            (0.8, 0.6, -np.inf),
            (0.2, 0.3, 0.5),
            "from 0.8 always; from 0.6 to 0.8 in 80.0 % of cases; below 0.6 in 50.0 % of cases",
        ),
        ((np.inf, -np.inf), (0.25, 0.75), "everybody in 75.0 % of cases"),
    ],
)
def test_thresholds_are_said_as_chances_by_score(
    cuts: tuple[float, ...], chances: tuple[float, ...], words: str
) -> None:
    """The chance said for a range of scores is the one the rule gives there."""
    one = GroupThresholds("g", cuts, chances)
    assert decided_words(one) == words
    for score, said in ((0.9, "from 0.8 always"), (0.7, "80.0 %"), (0.1, "50.0 %")):
        if len(cuts) == 3:
            chance = one.chance(np.array([score]))[0]
            assert ("always" in said) == (chance == 1)
            assert "always" in said or said == f"{100 * chance:.1f} %"


def test_the_export_has_the_line_where_there_is_one(result: SweepResult) -> None:
    """Of the unmitigated model; attributes each by itself have none, and nothing fails."""
    config = RunConfig(
        data=DataConfig(source="loanapp"),
        task=Task(label="y", favourable=("1",), sensitive=("sex",)),
        sweep=SweepConfig(),
    )
    files = export_files(config, result)
    frame = pd.read_csv(io.BytesIO(files["frontier.csv"]))
    assert set(frame["model"]) == {0}
    assert frame["slack"].iloc[0] == 0
    assert files["frontier.csv"] == export_files(config, result)["frontier.csv"]
    several = replace(result, group_by=("sex", "all"), grouping="marginal")
    assert "frontier.csv" not in export_files(config, several)


def test_the_exported_line_is_in_thousandths_and_has_no_gap_of_few_people(
    result: SweepResult,
) -> None:
    """An exact gap of two groups would leave both of their rates."""
    frame = pd.DataFrame({"slack": [0.0], "accuracy": [0.123456], "gap": [0.23456]})
    fewest = min(_fewest(result, split) for split in ("validation", "test"))
    shown = shown_frontier(frame, result, int(fewest))
    assert shown.iloc[0].tolist() == [0.0, 0.123, 0.235]
    assert np.isnan(shown_frontier(frame, result, int(fewest) + 1).loc[0, "gap"])
    assert shown_frontier(frame, result, 0) is frame
