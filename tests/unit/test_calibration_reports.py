"""Sentences, tables and charts of scores: right group, right side, right numbers, no verdicts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from fairlab.metrics import audit, audit_multicalibration, calibration, ranking
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures import calibration as figures
from fairlab.reports.sentences import calibration as sentences
from fairlab.reports.sentences import multicalibration as many
from fairlab.reports.sentences import recalibration
from fairlab.reports.tables import calibration as tables
from fairlab.reports.tables import multicalibration as many_tables
from fairlab.reports.tables import recalibration as effect_tables
from fairlab.results import Attribute
from fairlab.sweeps.recalibrated import recalibrate, recalibration_effect

NAMES = ("women", "<i>men</i>", "others")


def people(n=3000, seed=0, off=0.8, lean=0.9):
    """Scores of men are ``off`` in logits too low; base rates differ by ``lean``; few others."""
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n, p=[0.5, 0.49, 0.01])
    truth = rng.normal(0.4 - lean * (group == 1), 1.2)
    return GroupedOutcomes.from_arrays(
        y_true=(rng.random(n) < expit(truth)).astype(int),
        score=expit(truth - off * (group == 1)),
        group=group,
        group_names=NAMES,
    )


PEOPLE = people()
GROUPS = calibration(PEOPLE)
EFFECT = recalibration_effect(PEOPLE, recalibrate(PEOPLE, None, "platt").outcomes, draws=300)


def test_sentence_names_the_farthest_group_its_side_and_its_noise_floor():
    """Men's scores, too low, come first, with the error, its interval and what chance makes."""
    text = sentences.calibration_sentence(GROUPS)
    men = GROUPS[1]
    assert text.startswith("Scores of <i>men</i> are on average")
    assert f"{100 * men.error:.1f} points away" in text
    assert f"{100 * men.error_lower:.1f} to {100 * men.error_upper:.1f}" in text
    assert f"{100 * men.error_by_chance:.1f} points away on average" in text
    assert "this is farther (p < 0.001, corrected for picking one of 2 groups)" in text
    assert f"the distance is about {100 * men.error_debiased:.1f} points" in text
    assert f"for <i>men</i> {100 * men.residual:.1f} points too low" in text
    assert "Too few people for a curve: others" in text


def test_what_chance_explains_is_called_so():
    """Calibrated scores: we cannot tell that they are off, and the side is no more than chance."""
    rng = np.random.default_rng(1)
    score = rng.uniform(0.2, 0.8, 300)
    group = calibration(
        GroupedOutcomes.from_arrays(
            y_true=(rng.random(300) < score).astype(int), score=score, group=["a"] * 300
        )
    )
    text = sentences.calibration_sentence(group)
    assert "We cannot tell: their scores may be off by nothing at all" in text
    assert "no more than chance" in text


def test_too_few_people_for_any_curve():
    """Without a curve the sentence says why and shows no number."""
    few = calibration(people(30))
    assert sentences.calibration_sentence(few).startswith("We cannot tell: too few people")


def test_brier_sentence_adds_up():
    """The parts named are those of the group with the largest Brier score among curves."""
    result = audit(PEOPLE, draws=200)
    text = sentences.brier_sentence(result.calibration, result.score_gaps["brier_difference"])
    worst = max(GROUPS[:2], key=lambda g: g.brier)
    parts = worst.brier_parts
    assert f"Of {worst.group}'s {worst.brier:.3f}" in text
    assert f"makes {parts.uncertainty:.3f}" in text
    assert f"take off {parts.resolution:.3f}" in text
    frame = tables.brier_table(GROUPS).set_index("Group")
    row = frame.loc["women"]
    assert row["Brier score"] == pytest.approx(
        row["Uncertainty"] - row["− Resolution"] + row["+ Reliability"] + row["+ Within bins"]
    )
    assert frame.loc["others"].isna()["Uncertainty"]


def test_risks_are_named_in_their_own_units():
    """A risk from 1 to 10 is not said to run from −10 to −1."""
    assert "Risks run from 1 to 10" in sentences.not_probabilities_sentence(
        np.array([-10.0, -1.0]), higher_is_better=False
    )
    assert "Scores run from -2 to 3.5" in sentences.not_probabilities_sentence(
        np.array([-2.0, 3.5])
    )


def test_effect_is_said_before_and_after_with_direction():
    """Errors and both gaps, before → after, with a signed change and its interval."""
    text = recalibration.effect_sentence(EFFECT)
    gap = EFFECT.decisions.gap("equal_opportunity_difference")
    assert f"goes from {100 * gap.before:.1f} points to {100 * gap.after:.1f} points" in text
    assert f"({100 * gap.value:+.1f}".replace("-", "−") in text
    assert f"were {100 * GROUPS[1].error:.1f} points from outcomes" in text
    unsure = replace(gap, value=0.01, lower=-0.1, upper=0.12)
    words = recalibration._gap(unsure, "true positive rates", 0.95)
    assert "We cannot tell whether it narrows or widens" in words
    assert "We cannot tell how" in recalibration._gap(replace(gap, after=None), "rates", 0.95)


def test_the_lesson_has_the_base_rates_and_their_groups():
    """Unequal base rates are printed with their groups; nearly equal ones force nothing."""
    text = recalibration.lesson_sentence(EFFECT)
    rates = dict(zip(NAMES, EFFECT.base_rates, strict=True))
    low, high = min(rates, key=rates.get), max(rates, key=rates.get)
    assert f"from {100 * rates[low]:.1f} % ({low}) to {100 * rates[high]:.1f} % ({high})" in text
    assert "Kleinberg" in text
    alike = replace(EFFECT, base_rates=(0.401, 0.403, None))
    assert "nothing forces a gap" in recalibration.lesson_sentence(alike)
    assert "with one group" in recalibration.lesson_sentence(
        replace(EFFECT, base_rates=(0.4, None, None))
    )


def test_whom_curves_were_fitted_on_and_whether_they_need_the_group():
    """Validation people are counted; cross-fitting is described; needing the group is said."""
    crossed = recalibrate(PEOPLE, None, "platt", per_group=False)
    assert "the four parts she is not in" in recalibration.fitted_sentence(crossed, "uploaded")
    assert "does not need" in recalibration.fitted_sentence(crossed, "uploaded")
    fitted = recalibrate(PEOPLE, people(500, seed=1), "platt")
    text = recalibration.fitted_sentence(fitted, "test")
    assert "500 validation people and applied to the test people" in text
    assert "needs to know the person's group" in text


def test_effect_tables_hold_before_and_after_of_the_right_group():
    """Columns before and after are not swapped, rows are the groups in order."""
    groups = effect_tables.groups_table(EFFECT).set_index("Group")
    assert groups.loc["<i>men</i>", "Calibration error, before"] == GROUPS[1].error
    assert groups.loc["<i>men</i>", "Calibration error, after"] == EFFECT.after[1].error
    gaps = effect_tables.gaps_table(EFFECT)
    assert gaps["Change"].tolist() == pytest.approx((gaps["After"] - gaps["Before"]).tolist())
    choices = effect_tables.choices_table([("per group", EFFECT)])
    assert choices["Scores"].tolist() == ["Scores as they are", "per group"]
    assert choices["Largest calibration error"].tolist() == pytest.approx(
        [max(g.error for g in c if g.error) for c in (EFFECT.before, EFFECT.after)]
    )
    curves = effect_tables.curves_table(EFFECT)
    assert set(curves["When"]) == {"before", "after"}


def test_curves_are_drawn_with_escaped_names_and_told_apart_without_colour():
    """Before is hollow and dotted, after solid; a group's name is never markup."""
    figure = figures.before_after_figure(EFFECT, NAMES)
    named = {trace.name: trace for trace in figure.data}
    before, after = named["&lt;i&gt;men&lt;/i&gt;, before"], named["&lt;i&gt;men&lt;/i&gt;, after"]
    assert before.line.dash == "dot"
    assert after.line.dash == "solid"
    assert before.marker.symbol == f"{after.marker.symbol}-open"
    assert before.line.color == after.line.color
    assert len(figures.before_after_figure(EFFECT, ["women"]).data) == 3
    plain = figures.reliability_figure(GROUPS)
    assert [t.name for t in plain.data] == ["score equals share", "women", "&lt;i&gt;men&lt;/i&gt;"]
    assert list(plain.data[2].y) == pytest.approx([100 * b.rate for b in GROUPS[1].bins])


def test_scores_table_has_error_floor_and_ranking():
    """One row per group, the noise floor beside the error, reasons where there is none."""
    table = tables.scores_table(GROUPS, ranking(PEOPLE)).set_index("Group")
    assert table.loc["women", "By chance alone"] == GROUPS[0].error_by_chance
    assert "too few people" in table.loc["others", "Note"]
    assert len(tables.reliability_table(GROUPS)) == sum(len(g.bins) for g in GROUPS)


def found(off=0.9, n=4000):
    rng = np.random.default_rng(0)
    sex, race = rng.integers(0, 2, n), rng.integers(0, 3, n)
    truth = rng.normal(0, 1.2, n)
    return audit_multicalibration(
        (rng.random(n) < expit(truth)).astype(int),
        expit(truth + off * (sex == 1) * (race == 2)),
        {
            "sex": Attribute(sex, ("women", "<b>men</b>")),
            "race": Attribute(race, ("r0", "r1", "r2")),
        },
        bins=1,
    )


def test_worst_subgroup_is_named_with_side_simultaneous_interval_and_what_to_expect():
    """Scores of the planted subgroup are too high: named, measured, and drawn on the left."""
    result = found()
    worst = result.subgroups[0]
    text = many.worst_sentence(result)
    assert f"Scores of <b>men</b> × r2 are {-100 * worst.residual:.1f} points too high" in text
    assert f"{-100 * worst.upper:.1f} to {-100 * worst.lower:.1f}" in text
    assert f"expect {-100 * worst.shrunk:.1f} points too high" in text
    assert f"hold for all {len(result.subgroups)} subgroups at once" in text
    figure = figures.subgroups_figure(figures.shown_subgroups(result))
    assert figure.data[0].x[0] == pytest.approx(100 * worst.residual)
    assert figure.data[0].marker.symbol[0] == "circle"
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;b&gt;men&lt;/b&gt; × r2")
    low = figure.data[0].x[0] - figure.data[0].error_x.arrayminus[0]
    assert low == pytest.approx(100 * worst.lower)


def test_calibrated_scores_are_not_accused():
    """Without a planted subgroup the sentence says that it cannot tell, and markers are hollow."""
    result = found(off=0.0)
    text = many.worst_sentence(result)
    assert text.startswith("We cannot tell that scores are off in any of the")
    assert set(figures.subgroups_figure(result.subgroups).data[0].marker.symbol) == {"circle-open"}
    violation = many.violation_sentence(result)
    assert f"{100 * result.violation.value:.1f} points" in violation
    assert f"{100 * result.violation.by_chance_upper:.1f} points" in violation


def test_nothing_large_enough_is_said():
    """With a smallest size above everybody there is a sentence and an empty table."""
    result = audit_multicalibration(
        [0, 1] * 10, [0.5] * 20, {"g": Attribute(np.arange(20) % 2, ("a", "b"))}, smallest=50
    )
    assert many.worst_sentence(result) == "We cannot tell: no subgroup has 50 people or more."
    assert many.violation_sentence(result) == ""
    assert many_tables.subgroups_table(result).empty


def test_scope_and_table_name_ranges():
    """Depth, ranges and smallest size are stated; the table names the range of each row."""
    result = audit_multicalibration(
        PEOPLE.y_true,
        PEOPLE.score,
        {"sex": Attribute(PEOPLE.group, NAMES)},
        bins=3,
    )
    text = many.scope_sentence(result)
    assert text.startswith("Looked at each attribute, whole and in 3 ranges of scores")
    assert "30 people (1.0 % of all)" in text
    table = many_tables.subgroups_table(result)
    assert "all" in set(table["Scores"])
    assert table["Scores"].str.contains(" to ").any()
    assert len(table) == len(result.subgroups)


def test_the_farthest_and_the_sides_of_many_groups_are_held_to_all_of_them():
    """Twelve calibrated groups: few sentences claim anything; each group alone often would."""
    farther, sides, alone = 0, 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        score = rng.uniform(0.1, 0.9, 12 * 100)
        outcomes = GroupedOutcomes.from_arrays(
            y_true=(rng.random(len(score)) < score).astype(int),
            score=score,
            group=np.repeat(np.arange(12), 100),
        )
        groups = calibration(outcomes, seed=seed)
        text = sentences.calibration_sentence(groups)
        farther += "We cannot tell" not in text
        sides += text.count("no more than chance") < 2
        alone += max(abs(g.residual) / g.residual_error for g in groups) > 1.96
    assert farther <= 6
    assert sides <= 6
    assert alone > 6


def test_a_farther_group_among_many_may_be_no_more_than_picking():
    """Beyond chance alone and within it among twelve: said with both p-values."""
    first = replace(GROUPS[1], error_p_value=0.03)
    others = [replace(GROUPS[0], group=f"g{i}", error_p_value=0.6, error=0.001) for i in range(11)]
    text = sentences.calibration_sentence([first, *others])
    assert "this is farther (p = 0.030 for this group alone)" in text
    assert "(p = 0.360, corrected for picking one of 12 groups)" in text
    assert text.count("We cannot tell") == 1
