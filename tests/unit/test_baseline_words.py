"""Baselines in configurations, choices, tables and sentences."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fairlab.baselines import BASELINES, baselines_for, check_plugin_groups
from fairlab.config import Choice, PluginParams, ReductionParams, RunConfig, SweepConfig
from fairlab.duration import baseline_seconds, nominal_seconds
from fairlab.errors import InputError
from fairlab.reports.export import chosen_index, export_files
from fairlab.reports.figures.theme import MODE_LABELS, MODE_STYLES
from fairlab.reports.sentences.curve import (
    baseline_sentence,
    curve_sentence,
    point_label,
    reading_notes,
)
from fairlab.reports.sentences.drawn import drawn_sentence
from fairlab.reports.sentences.limits import limits
from fairlab.reports.tables.curve import chart_rows, curve_rows, curve_table
from fairlab.reports.tables.drawn import drawn_table
from fairlab.reports.tables.points import points_table
from fairlab.results import Point, SplitScores, SweepResult
from fairlab.runs.artefacts import decode, encode
from fairlab.runs.estimate import estimate_seconds
from fairlab.runs.records import progress_data
from fairlab.sweeps.drawn import drawn_decisions
from tests.contracts import small

OLD = Path(__file__).parents[1] / "assets" / "result_without_raw_scores.npz"


def beside(index: int, method: str, **changes) -> Point:
    """A baseline's point."""
    plain = Point(index, "baseline", None, None, 0, 9, method in ("logistic", "boosting"))
    return dataclasses.replace(plain, method=method, uses_attribute_when_deciding=False, **changes)


def result() -> SweepResult:
    """Two penalty models, boosting, two exponentiated gradients, a place of grid search."""
    found = small.result()
    points = (
        Point(0, "penalty", 0.0, None, 0, 12, True, uses_attribute_when_deciding=False),
        Point(1, "penalty", 2.0, None, 0, 12, False, uses_attribute_when_deciding=False),
        beside(2, "boosting"),
        beside(3, "exponentiated_gradient", slack=0.05, mixed=2),
        beside(4, "exponentiated_gradient", slack=0.1, mixed=3),
        beside(5, "grid_search", place=3),
    )
    rng = np.random.default_rng(0)
    splits = {
        name: SplitScores(
            rng.random((6, len(s.y_true)), dtype=np.float32), s.y_true, s.attributes, s.rows
        )
        for name, s in found.splits.items()
    }
    return dataclasses.replace(found, points=points, splits=splits)


def with_baselines(*names: str, **reductions) -> RunConfig:
    """The small run with baselines."""
    plain = small.config()
    sweep = plain.sweep.model_copy(
        update={"baselines": names, "reductions": ReductionParams(**reductions)}
    )
    return plain.model_copy(update={"sweep": sweep})


def test_a_run_without_baselines_keeps_the_digest_it_always_had() -> None:
    """Settings of reductions that are not trained change nothing either."""
    assert small.config().digest() == (
        "220596c5a77030d74b412c51238c52dbfd675a50324e9ef914ec4f37ad8f3c7a"
    )
    assert with_baselines(slacks=(0.3,)).digest() == small.config().digest()
    cheap = with_baselines("boosting").digest()
    assert cheap != small.config().digest()
    assert with_baselines("boosting", slacks=(0.3,)).digest() == cheap
    one = with_baselines("grid_search", multipliers=3).digest()
    assert one != with_baselines("grid_search", multipliers=4).digest()


def test_baselines_round_trip_through_yaml_and_repeats_are_refused() -> None:
    run = with_baselines("boosting", "exponentiated_gradient", slacks=(0.01, 0.2))
    assert RunConfig.from_yaml(run.to_yaml()) == run
    with pytest.raises(ValueError, match="baselines must differ"):
        SweepConfig(baselines=("boosting", "boosting"))
    with pytest.raises(ValueError, match="slacks must differ"):
        ReductionParams(slacks=(0.1, 0.1))
    with pytest.raises(InputError, match="baselines"):
        RunConfig.from_yaml(run.to_yaml().replace("- boosting", "- forest"))


def test_points_are_counted_for_what_they_are() -> None:
    sweep = with_baselines("boosting", "grid_search", multipliers=7).sweep
    assert sweep.n_baselines == 8
    assert sweep.n_models == small.config().sweep.n_models


def test_every_choice_of_a_model_is_found_again() -> None:
    """Slack, place and method tell baselines apart; a setting that was not trained is refused."""
    found = result()
    for p in found.points:
        choice = Choice(
            mode=p.mode,
            method=p.method,
            strength=p.strength,
            slack=p.slack,
            place=p.place,
            seed=p.seed,
        )
        assert chosen_index(found, Choice.model_validate_json(choice.model_dump_json())) == p.index
    with pytest.raises(InputError, match="baseline reweighing_boosting"):
        chosen_index(found, Choice(mode="baseline", method="reweighing_boosting"))


def test_results_with_baselines_survive_a_file_and_old_files_open() -> None:
    found = result()
    assert decode(encode(found)).points == found.points
    old = decode(OLD.read_bytes())
    assert {p.method for p in old.points} == {None}
    assert not any(p.is_drawn for p in old.points)
    assert [p.uses_attribute for p in old.points] == [
        None if p.guarantee is None else True for p in old.points
    ]


def test_labels_say_method_and_setting() -> None:
    labels = [point_label(p) for p in result().points]
    assert labels == [
        "Penalty, unmitigated",
        "Penalty, strength 2",
        "Boosting, unmitigated",
        "Reductions: exponentiated gradient (logistic), slack 5 points",
        "Reductions: exponentiated gradient (logistic), slack 10 points",
        "Reductions: grid search (logistic), place 4 in the grid",
    ]
    assert "baseline" in MODE_STYLES
    assert set(MODE_STYLES) == set(MODE_LABELS)
    assert len({(s.color, s.symbol) for s in MODE_STYLES.values()}) == len(MODE_STYLES)


def test_every_method_is_a_family_of_its_own_on_the_curve() -> None:
    """No line joins boosting with exponentiated gradient; a drawn rule is shown by its draw."""
    found = result()
    rows = curve_rows(found)
    assert rows[2].front
    assert rows[5].front
    assert rows[3].front or rows[4].front
    assert [r.uses_attribute for r in rows] == [False] * 6
    drawn = found.scored(3)
    assert rows[3].accuracy == pytest.approx(np.mean(drawn.score == drawn.y_true))
    table = curve_table(rows)
    assert table["Family"].tolist()[2] == "Boosting"
    assert table["Strength or slack"].tolist() == ["0", "2", "", "0.05", "0.1", ""]
    assert set(table["Uses the attribute when deciding"]) == {"no"}
    assert all(isinstance(row["strength"], float) for row in chart_rows(rows))


def test_sentences_speak_of_families_and_of_baselines_apart() -> None:
    """The unmitigated model is the run's own; boosting has a sentence of its own."""
    rows = [
        dataclasses.replace(r, accuracy=0.8, gap=0.1 - 0.01 * r.index) for r in curve_rows(result())
    ]
    rows[2] = dataclasses.replace(rows[2], accuracy=0.9, gap=0.2)
    sentence = curve_sentence(rows, "demographic_parity", "test people")
    assert "9.0 points" in sentence
    assert "5.0 points" not in sentence
    assert baseline_sentence(rows) == (
        "Accuracy and gap of unmitigated baselines: Boosting: 90.0 % and 20.0 points."
    )
    assert baseline_sentence(rows[:2]) == ""
    assert any("stars" in note for note in reading_notes(rows, "test people"))
    assert not any("stars" in note for note in reading_notes(rows[:2], "test people"))


def test_exports_say_which_method_and_what_drawing_does() -> None:
    """Columns for baselines; the same result gives the same bytes."""
    found = result()
    table = points_table(found)
    drawn = table[(table["model"] == 3) & (table["split"] == "test")].iloc[0]
    chance = found.splits["test"].score[3].astype(float)
    right = np.where(found.splits["test"].y_true == 1, chance, 1 - chance).mean()
    assert drawn["expected_accuracy"] == pytest.approx(right)
    assert drawn["method"] == "exponentiated_gradient"
    assert np.isnan(table[table["model"] == 2].iloc[0]["expected_accuracy"])
    assert table[table["model"] == 5].iloc[0]["place"] == 3
    config = with_baselines("boosting")
    files = export_files(config, found)
    assert files == export_files(config, decode(encode(found)))
    assert b"exponentiated_gradient" in files["points.csv"]
    assert b"baselines:\n  - boosting" in files["config.yaml"]


def test_live_points_of_baselines_say_which_they_are() -> None:
    """Epochs of families stay as they were."""
    plain = progress_data(small.progress())
    assert "methods" not in plain
    told = dataclasses.replace(small.progress(), mode="baseline", methods=("logistic", "boosting"))
    assert progress_data(told)["methods"] == ["logistic", "boosting"]


def test_reductions_take_most_of_the_time_and_the_estimate_says_so() -> None:
    """One slack costs as much as many fits; boosting more than logistic regression."""
    cheap = nominal_seconds(with_baselines("logistic", "boosting").sweep, 30_000)
    slow = nominal_seconds(with_baselines("exponentiated_gradient").sweep, 30_000)
    assert cheap.families == slow.families
    assert slow.baselines > 5 * cheap.baselines > 0
    sweep = small.config().sweep
    fast, slow_fit = (baseline_seconds(n, sweep, 30_000) for n in ("logistic", "boosting"))
    assert slow_fit > fast
    plain, more = small.config(), with_baselines("exponentiated_gradient")
    assert estimate_seconds(more, 50_000) > estimate_seconds(plain, 50_000)
    assert nominal_seconds(plain.sweep, 1_000).family_share == 1.0


def test_what_cannot_be_trained_is_not_offered() -> None:
    cheap = ("logistic", "boosting", "reweighing_logistic", "reweighing_boosting")
    cheap += ("plugin_logistic", "plugin_boosting")
    assert baselines_for("mean_residual_parity") == cheap
    assert baselines_for("equalized_odds", marginal=True) == cheap
    assert baselines_for("equalized_odds") == tuple(BASELINES)


def test_what_is_not_shown_fits_the_baseline() -> None:
    """Each names its own aim; no seed sentence; drawn decisions have no threshold."""
    found = dataclasses.replace(result(), grouping="crossed", group_by=("race",))
    config = with_baselines("boosting")
    said = {index: " ".join(limits(config, found, index, 0.5)) for index in (1, 2, 3)}
    assert "Training aimed at demographic parity alone" in said[1]
    assert "threshold 0.5" in said[1]
    assert "One training seed" in said[1]
    assert "aimed at accuracy alone" in said[2]
    assert "One training seed" not in said[2]
    assert "draws its decisions among 2 classifiers" in said[3]
    assert "threshold 0.5" not in said[3]


def test_three_ways_to_read_chances_are_told_apart() -> None:
    """The table has a row per split and way; the sentence has their numbers in the same order."""
    found = result()
    table = drawn_table(found, 3)
    assert len(table) == 9
    test = table[table["People"] == "Test"]
    numbers = drawn_decisions(found, 3)
    assert test["Accuracy, %"].tolist() == [
        f"{100 * (one.accuracy or 0):.1f}"
        for one in (numbers.expected, numbers.drawn, numbers.thresholded)
    ]
    sentence = drawn_sentence(numbers, 2, "test people")
    places = [
        sentence.index(f"accuracy {100 * (one.accuracy or 0):.1f} %")
        for one in (numbers.expected, numbers.drawn, numbers.thresholded)
    ]
    assert places == sorted(places)
    assert "among" not in drawn_sentence(numbers, 1, "test people")


def test_settings_of_plug_in_rules_count_where_one_is_trained() -> None:
    """Elsewhere they change no digest; each slack is a point, and the fits are paid for once."""
    plain = with_baselines("boosting")
    asked = PluginParams(slacks=(0.0, 0.04))

    def plugged(run: RunConfig) -> RunConfig:
        return run.model_copy(update={"sweep": run.sweep.model_copy(update={"plugin": asked})})

    assert plugged(plain).digest() == plain.digest()
    rule = with_baselines("plugin_boosting")
    assert plugged(rule).digest() != rule.digest()
    assert plugged(rule).sweep.n_baselines == 2
    assert RunConfig.from_yaml(plugged(rule).to_yaml()) == plugged(rule)
    few, many = (baseline_seconds("plugin_boosting", r.sweep, 1_000) for r in (plugged(rule), rule))
    assert few < many < 2 * few
    with pytest.raises(ValueError, match="slacks must differ"):
        PluginParams(slacks=(0.0, 0.0))


def test_the_time_of_boosted_plug_in_rules_follows_from_their_groups() -> None:
    """A tree per group and round; of logistic regression and of two groups it stays as it was."""
    sweep = with_baselines("plugin_boosting").sweep
    few, many = (baseline_seconds("plugin_boosting", sweep, 30_000, g) for g in (2, 40))
    assert baseline_seconds("plugin_boosting", sweep, 30_000) == few
    assert many > 8 * few
    assert len({baseline_seconds("plugin_logistic", sweep, 30_000, g) for g in (2, 40)}) == 1
    config = with_baselines("plugin_boosting")
    assert estimate_seconds(config, 30_000, groups=40) > estimate_seconds(config, 30_000) + 10


def test_groups_without_end_are_refused_before_boosting_learns_them() -> None:
    """The largest grouping counts; logistic regression learns as many as there are."""
    check_plugin_groups(("plugin_boosting",), [50, 50])
    check_plugin_groups(("boosting", "plugin_logistic"), [51])
    with pytest.raises(InputError, match=r"found 51 groups, and at most 50 .* plugin_logistic"):
        check_plugin_groups(("plugin_boosting",), [2, 51])


def test_a_point_of_a_plug_in_rule_says_its_slack() -> None:
    assert point_label(beside(0, "plugin_boosting", slack=0.0)) == (
        "Plug-in rule on boosting, slack 0 points"
    )
