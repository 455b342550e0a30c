"""What recalibration changes: before and after on the same people, paired, nothing leaked."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.special import expit

from fairlab.metrics import GAPS, calibration
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.sweeps.recalibrated import (
    recalibrate,
    recalibration_effect,
    threshold_selecting,
)


def people(n=3000, seed=0, weight=None):
    """Base rates differ; scores of b are 1 in logits too low."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    truth = rng.normal(0.6 - 1.2 * group, 1.2)
    y = (rng.random(n) < expit(truth)).astype(int)
    return GroupedOutcomes.from_arrays(
        y_true=y,
        score=expit(truth - group),
        group=group,
        group_names=("a", "b"),
        weight=weight,
    )


@pytest.mark.parametrize("weight", [None, np.random.default_rng(0).random(3000) + 0.5])
def test_before_and_after_are_what_the_library_says_of_each(weight):
    """Errors, rates and gaps before and after are those of the two populations by themselves."""
    test = people(seed=1, weight=weight)
    after = recalibrate(test, people(), "platt").outcomes
    effect = recalibration_effect(test, after, threshold_before=0.4, draws=200)
    assert effect.before == calibration(test)
    assert effect.after == calibration(after)
    gap = effect.decisions.gap("equal_opportunity_difference")
    assert gap.before == pytest.approx(float(GAPS[gap.gap](count(test, 0.4))))
    assert gap.after == pytest.approx(float(GAPS[gap.gap](count(after, 0.4))))
    assert gap.lower <= gap.value <= gap.upper
    base = np.average(
        test.y_true[test.group == 1], weights=None if weight is None else weight[test.group == 1]
    )
    assert effect.base_rates[1] == pytest.approx(base)


def test_calibration_within_groups_leaves_error_rates_apart():
    """Both groups become calibrated, and the gaps in TPR and FPR stay far from 0."""
    test = people(20000, seed=1)
    after = recalibrate(test, people(20000), "isotonic").outcomes
    effect = recalibration_effect(test, after, draws=200)
    assert max(g.error for g in effect.after) < 0.03 < max(g.error for g in effect.before)
    assert effect.decisions.gap("equal_opportunity_difference").after > 0.1
    assert effect.decisions.gap("predictive_equality_difference").after > 0.1


def test_platt_leaves_every_auc_as_it_is():
    """The order of people within a group is the same, so is their AUC."""
    test = people(seed=1)
    effect = recalibration_effect(test, recalibrate(test, people(), "platt").outcomes, draws=200)
    for before, after in zip(effect.ranking_before, effect.ranking_after, strict=True):
        assert after.auc == pytest.approx(before.auc, abs=1e-12)


@pytest.mark.parametrize("per_group", [True, False])
def test_validation_outcomes_only(per_group):
    """With other people to fit on, the recalibrated people's outcomes change no score."""
    test = people(seed=1)
    one = recalibrate(test, people(), per_group=per_group)
    other = recalibrate(replace(test, y_true=1 - test.y_true), people(), per_group=per_group)
    assert_array_equal(one.outcomes.score, other.outcomes.score)
    assert one.fitted_on == 3000
    assert one.uses_attribute_when_deciding is per_group


def test_without_others_people_are_recalibrated_on_one_another():
    """Cross-fitted: said in a note, and no number of others is claimed."""
    found = recalibrate(people(), None, folds=4)
    assert found.fitted_on is None
    assert "other 3 of 4" in found.notes[0]


def test_effect_as_a_table_has_every_number_once():
    """Four numbers of scores per group, each rate per group and together, each gap."""
    test = people(seed=1)
    effect = recalibration_effect(test, recalibrate(test, people()).outcomes, draws=200)
    frame = effect.to_frame()
    assert len(frame) == 4 * 2 + 4 * 3 + 4
    row = frame[(frame.name == "calibration_error") & (frame.group == "b")].iloc[0]
    assert row.change == pytest.approx(row.after - row.before)
    assert row.change < 0


@pytest.mark.parametrize(
    ("share", "threshold"), [(0.0, np.inf), (0.25, 3.0), (0.5, 3.0), (0.7, 2.0), (1.0, 1.0)]
)
def test_threshold_that_selects_about_as_many(share, threshold):
    """Ties stay together; the nearest share is taken; nobody is +inf."""
    score = np.array([1.0, 2.0, 3.0, 2.0])
    assert threshold_selecting(score, share) == threshold


def test_threshold_that_selects_as_much_weight():
    """With weights the share is of weight."""
    assert threshold_selecting(np.array([1.0, 2.0]), 0.9, np.array([1.0, 9.0])) == 2.0
    assert threshold_selecting(np.array([1.0, 2.0]), 0.9, np.array([9.0, 1.0])) == 1.0
