"""Calibration errors with their noise floor, and the Brier score taken apart."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from fairlab.metrics import audit, calibration
from fairlab.metrics.brier import brier_parts
from fairlab.outcomes import GroupedOutcomes

scores = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])
person = st.tuples(st.integers(0, 1), scores, st.sampled_from([0.5, 1.0, 3.0]))


@pytest.fixture
def few_draws(monkeypatch):
    """For simulations of hundreds of samples: 2,000 draws in each would tell nothing more."""
    # The package has a function of the module's name.
    monkeypatch.setattr(sys.modules["fairlab.metrics.calibration"], "_DRAWS", 400)


def sample(n=400, seed=0, off=0.0, weight=None):
    """One group whose chance is its score plus ``off``."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(0.1, 0.8, n)
    y = (rng.random(n) < np.clip(score + off, 0, 1)).astype(int)
    return GroupedOutcomes.from_arrays(y_true=y, score=score, group=["a"] * n, weight=weight)


@settings(max_examples=200, deadline=None)
@given(st.lists(person, min_size=1, max_size=30), st.integers(1, 4))
def test_parts_add_up_to_the_brier_score_whatever_the_bins(people, bins):
    """Reliability − resolution + uncertainty + what is within bins is the score to the last bit."""
    y, score, weight = (np.array(v, dtype=float) for v in zip(*sorted(people), strict=True))
    order = np.argsort(score, kind="stable")
    y, score, weight = y[order], score[order], weight[order]
    starts = np.unique(np.linspace(0, len(y), bins, endpoint=False).astype(int))
    for w in (None, weight):
        parts = brier_parts(y, score, starts, w)
        assert parts.brier == pytest.approx(np.average((y - score) ** 2, weights=w), abs=1e-13)
        assert min(parts.reliability, parts.resolution, parts.uncertainty) >= 0


def test_murphy_three_terms_are_exact_when_bins_hold_one_score():
    """With one score per bin nothing is left within bins; the terms are those worked by hand."""
    y = np.array([1.0] * 5 + [0.0] * 15 + [1.0] * 18 + [0.0] * 2)
    score = np.array([0.2] * 20 + [0.8] * 20)
    parts = brier_parts(y, score, np.array([0, 20]))
    assert parts.reliability == pytest.approx((0.05**2 + 0.1**2) / 2)
    assert parts.resolution == pytest.approx(0.325**2)
    assert parts.uncertainty == pytest.approx(0.575 * 0.425)
    assert parts.within_variance == pytest.approx(0)
    assert parts.within_covariance == pytest.approx(0)
    assert parts.reliability_corrected == pytest.approx(
        parts.reliability - (0.25 * 0.75 + 0.9 * 0.1) / 2 / 19
    )


def test_corrected_parts_keep_their_sum_and_are_right_on_average(few_draws):
    """For a calibrated score corrected reliability averages 0; the plain one does not."""
    plain, corrected = [], []
    for seed in range(300):
        parts = calibration(sample(200, seed))[0].brier_parts
        plain.append(parts.reliability)
        corrected.append(parts.reliability_corrected)
        kept = parts.reliability - parts.resolution + parts.uncertainty
        assert kept == pytest.approx(
            parts.reliability_corrected - parts.resolution_corrected + parts.uncertainty_corrected
        )
    assert np.mean(plain) > 0.005
    assert abs(np.mean(corrected)) < 0.001


def test_parts_are_of_the_groups_own_brier_score():
    """The record of a group holds its score, its error and parts that add up to it, weighted."""
    for weight in (None, np.random.default_rng(1).random(400) + 0.2):
        people = sample(weight=weight)
        group = calibration(people)[0]
        oracle = brier_score_loss(people.y_true, people.score, sample_weight=weight)
        assert group.brier == pytest.approx(oracle, abs=1e-13)
        assert group.brier_parts.brier == pytest.approx(oracle, abs=1e-13)
        assert 0 < group.brier_error < 0.03


def test_weights_are_as_many_people():
    """Whole weights give the parts of the same people written out that often."""
    people = sample(120)
    weight = np.random.default_rng(0).integers(1, 4, 120)
    order = np.argsort(people.score)
    y, score, weight = people.y_true[order].astype(float), people.score[order], weight[order]
    once = brier_parts(y, score, np.array([0, 40, 80]), weight.astype(float))
    starts = np.concatenate([[0], np.cumsum(weight)[[39, 79]]])
    often = brier_parts(np.repeat(y, weight), np.repeat(score, weight), starts)
    for name in ("reliability", "resolution", "uncertainty", "within_variance"):
        assert getattr(once, name) == pytest.approx(getattr(often, name))


def test_curve_is_scikit_learns_where_it_defines_the_same():
    """Without ties, equal-mass bins, shares and mean scores are those of calibration_curve."""
    people = sample(400)
    rate, mean_score = calibration_curve(
        people.y_true, people.score, n_bins=10, strategy="quantile"
    )
    bins = calibration(people)[0].bins
    assert_allclose([b.rate for b in bins], rate)
    assert_allclose([b.mean_score for b in bins], mean_score)


def test_noise_floor_is_what_calibrated_scores_show(few_draws):
    """The floor equals the mean error of fresh calibrated samples; its p-value is uniform."""
    found, floor, beyond, p_values = [], [], [], []
    for seed in range(300):
        group = calibration(sample(300, seed))[0]
        found.append(group.error)
        floor.append(group.error_by_chance)
        beyond.append(group.error > group.error_by_chance_upper)
        p_values.append(group.error_p_value)
    assert np.mean(floor) == pytest.approx(np.mean(found), rel=0.05)
    assert np.mean(beyond) < 0.09
    assert 0.4 < np.mean(p_values) < 0.6


def test_a_score_that_is_off_exceeds_the_floor_and_says_which_way():
    """Chances 15 points above the score: small p-value, positive residual, interval around it."""
    group = calibration(sample(600, off=0.15))[0]
    assert group.error_p_value < 0.002
    assert group.error > group.error_by_chance_upper
    assert group.residual > 0.1
    assert group.error_lower <= 0.15 <= group.error_upper
    assert calibration(sample(600, off=-0.1))[0].residual < -0.05


@pytest.mark.parametrize("off", [0.0, 0.05, 0.15])
def test_interval_of_the_error_covers_the_true_one(few_draws, off):
    """In at least 92 of 100 samples the interval holds the error of the population."""
    held = []
    for seed in range(200):
        group = calibration(sample(300, seed, off))[0]
        held.append(group.error_lower <= off <= group.error_upper)
    assert np.mean(held) >= 0.92


def test_same_people_in_another_order_have_the_same_calibration():
    """Shuffling people changes nothing."""
    people = sample(300)
    order = np.random.default_rng(0).permutation(300)
    shuffled = GroupedOutcomes.from_arrays(
        y_true=people.y_true[order], score=people.score[order], group=["a"] * 300
    )
    one, other = calibration(people)[0], calibration(shuffled)[0]
    assert one.error == pytest.approx(other.error)
    assert one.error_by_chance == pytest.approx(other.error_by_chance)
    assert one.brier_parts.resolution == pytest.approx(other.brier_parts.resolution)


def test_scores_of_exactly_nought_and_one_can_be_contradicted():
    """Certain scores that are wrong for a few people leave numbers, not divisions by nothing."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0] * 48 + [1] * 2 + [1] * 50, score=[0.0] * 50 + [1.0] * 50, group=["a"] * 100
    )
    group = calibration(people)[0]
    assert group.error == pytest.approx(0.02)
    assert group.error_p_value < 0.01


def test_brier_gap_is_the_range_over_groups_with_an_interval():
    """The gap of Brier scores names the groups that set it and holds its value."""
    rng = np.random.default_rng(0)
    score = rng.uniform(0, 1, 800)
    group = rng.integers(0, 2, 800)
    y = (rng.random(800) < np.where(group == 0, score, 0.5)).astype(int)
    result = audit(
        GroupedOutcomes.from_arrays(
            y_true=y, score=score, group=group, group_names=("ranked", "random")
        ),
        draws=500,
    )
    gap = result.score_gaps["brier_difference"]
    by_group = {g.group: g.brier for g in result.calibration}
    assert (gap.highest, gap.lowest) == ("random", "ranked")
    assert gap.value == pytest.approx(by_group["random"] - by_group["ranked"])
    assert gap.lower <= gap.value <= gap.upper
    assert gap.lower > 0
    assert '"resolution_corrected"' in result.to_json()
