"""Recalibrated scores: right curves, no outcome of one's own, and files that come back the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from fairlab.errors import InputError
from fairlab.metrics import calibration
from fairlab.metrics.cross_fitting import cross_fit_recalibration
from fairlab.metrics.recalibration import Recalibration, fit_recalibration
from fairlab.outcomes import GroupedOutcomes

METHODS = ("isotonic", "platt")


def people(n=4000, seed=0, scale="probability", weight=None):
    """Group a is scored 2 in logits too high, group b twice as boldly as right; c is empty."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    truth = rng.normal(0, 1.2, n)
    y = (rng.random(n) < expit(truth)).astype(int)
    raw = np.where(group == 0, truth + 2, 2 * truth)
    return GroupedOutcomes.from_arrays(
        y_true=y,
        score=expit(raw) if scale == "probability" else 10 * raw,
        group=group,
        group_names=("a", "b", "c"),
        weight=weight,
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", ["probability", "points"])
def test_each_group_becomes_calibrated_on_others(method, scale):
    """Fitted on some people, the curves calibrate others of each group, whatever the scale."""
    fit = fit_recalibration(people(20000, scale=scale), method)
    after = fit.to_outcomes(people(20000, seed=1, scale=scale))
    for group in calibration(after)[:2]:
        assert group.error_debiased < 0.015
        assert abs(group.residual) < 0.03
    assert 0 <= after.score.min() <= after.score.max() <= 1


def test_groups_are_not_swapped():
    """Scores of a, too high, go down; timid extremes of b come in: each by its own curve."""
    fit = fit_recalibration(people(), "platt")
    half = np.array([0.5, 0.9])
    a = fit.apply(half, np.zeros(2, dtype=int))
    b = fit.apply(half, np.ones(2, dtype=int))
    assert a == pytest.approx(expit(logit(half) - 2), abs=0.04)
    assert b == pytest.approx(expit(logit(half) / 2), abs=0.04)
    renamed = fit.apply(half, np.zeros(2, dtype=int), ("b", "a"))
    assert_array_equal(renamed, b)


def test_one_curve_for_everyone_does_not_use_the_group():
    """The pooled recalibration gives one score one value and says that it needs no group."""
    fit = fit_recalibration(people(), "isotonic", per_group=False)
    assert not fit.uses_attribute_when_deciding
    assert fit_recalibration(people(), "isotonic").uses_attribute_when_deciding
    test = people(seed=1)
    assert_array_equal(fit.apply(test.score), fit.to_outcomes(test).score)


def test_isotonic_is_scikit_learns_weighted_too():
    """Each group's curve is IsotonicRegression of its own people, with ties and weights."""
    for weight in (None, np.random.default_rng(2).random(4000) + 0.1):
        fitted = people(weight=weight)
        fitted = replace(fitted, score=np.round(fitted.score, 2))
        fit = fit_recalibration(fitted, "isotonic")
        test = np.linspace(0, 1, 333)
        for g in range(2):
            inside = fitted.group == g
            w = None if weight is None else weight[inside]
            oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
            oracle.fit(fitted.score[inside], fitted.y_true[inside], sample_weight=w)
            found = fit.apply(test, np.full(333, g))
            assert_allclose(found, oracle.predict(test), atol=1e-12)


def test_platt_is_unpenalised_logistic_regression_up_to_platts_targets():
    """With very many people the sigmoid is LogisticRegression's on the logit of the score."""
    fitted = people(20000)
    inside = fitted.group == 1
    x = logit(fitted.score[inside])[:, None]
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(x, fitted.y_true[inside])
    test = np.linspace(0.01, 0.99, 50)
    found = fit_recalibration(fitted, "platt").apply(test, np.ones(50, dtype=int))
    assert_allclose(found, oracle.predict_proba(logit(test)[:, None])[:, 1], atol=2e-3)


def test_platt_on_its_targets_is_exactly_scikit_learns():
    """Each person as two halves with Platt's targets for weights: the same sigmoid to 1e-6."""
    for weight in (None, np.random.default_rng(2).random(400) + 0.1):
        fitted = people(400, weight=weight)
        y, ones = fitted.y_true, fitted.y_true.sum()
        target = np.where(y == 1, (ones + 1) / (ones + 2), 1 / (400 - ones + 2))
        w = np.ones(400) if weight is None else weight
        x = logit(fitted.score)[:, None]
        oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(
            np.vstack([x, x]),
            np.repeat([1, 0], 400),
            sample_weight=np.concatenate([w * target, w * (1 - target)]),
        )
        test = np.linspace(0.01, 0.99, 50)
        found = fit_recalibration(fitted, "platt", per_group=False).apply(test)
        assert_allclose(found, oracle.predict_proba(logit(test)[:, None])[:, 1], atol=1e-6)


def test_one_score_for_everybody_becomes_the_base_rate():
    """A constant score says nothing: the curve is the share (drawn in a little by the targets)."""
    table = GroupedOutcomes.from_arrays(
        y_true=[1] * 300 + [0] * 700, score=[0.9] * 1000, group=[0] * 1000
    )
    for method in METHODS:
        fit = fit_recalibration(table, method, per_group=False)
        assert fit.apply([0.9])[0] == pytest.approx(0.3, abs=0.002)


def test_platt_keeps_the_ranking_within_a_group_and_isotonic_never_reverses_it():
    """AUC per group is the same after Platt's curve; isotonic only adds ties."""
    test = people(seed=1)
    for method in METHODS:
        after = fit_recalibration(people(), method).to_outcomes(test)
        for g in range(2):
            inside = test.group == g
            order = np.argsort(test.score[inside])
            assert (np.diff(after.score[inside][order]) >= 0).all()
            if method == "platt":
                y = test.y_true[inside]
                assert roc_auc_score(y, after.score[inside]) == pytest.approx(
                    roc_auc_score(y, test.score[inside]), abs=1e-12
                )


@pytest.mark.parametrize("method", METHODS)
def test_outcomes_of_test_people_have_no_say(method):
    """Permuting the labels of the people recalibrated changes none of their scores."""
    fit = fit_recalibration(people(), method)
    test = people(seed=1)
    other = replace(test, y_true=1 - test.y_true)
    assert_array_equal(fit.to_outcomes(test).score, fit.to_outcomes(other).score)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 299), st.sampled_from(METHODS), st.booleans(), st.integers(0, 5))
def test_a_persons_own_outcome_has_no_say_in_her_own_score(person, method, per_group, seed):
    """Cross-fitting: turning one label around moves others' scores and never the person's own."""
    table = people(300, seed)
    turned = table.y_true.copy()
    turned[person] = 1 - turned[person]
    options = {"per_group": per_group, "folds": 3, "smallest": 40}
    one = cross_fit_recalibration(table, method, **options)
    other = cross_fit_recalibration(replace(table, y_true=turned), method, **options)
    assert_array_equal(one.fold, other.fold)
    assert one.outcomes.score[person] == other.outcomes.score[person]
    same_fold = one.fold == one.fold[person]
    assert_array_equal(one.outcomes.score[same_fold], other.outcomes.score[same_fold])
    assert (one.outcomes.score[~same_fold] != other.outcomes.score[~same_fold]).any()


def test_folds_are_even_in_every_group_and_seeded():
    """Every group is spread over the folds evenly; another seed draws other folds."""
    table = people(1000)
    fitted = cross_fit_recalibration(table, folds=4)
    for g in range(2):
        sizes = np.bincount(fitted.fold[table.group == g], minlength=4)
        assert np.ptp(sizes) <= 1
    assert (cross_fit_recalibration(table, folds=4, seed=1).fold != fitted.fold).any()
    assert any("other 3 of 4 parts" in note for note in fitted.notes)


def test_cross_fitted_scores_are_calibrated():
    """The people recalibrated on one another end up calibrated, without having been seen."""
    for group in calibration(cross_fit_recalibration(people(), "platt").outcomes)[:2]:
        assert group.error_debiased < 0.02


def test_small_groups_use_the_curve_of_everybody_and_it_is_said():
    """Group d with 30 people gets the pooled values, and a note names it and its size."""
    table = people(1000)
    group = table.group.copy()
    group[:30] = 2
    table = replace(table, group=group, group_names=("a", "b", "d"))
    fit = fit_recalibration(table, "platt")
    assert fit.maps[2] is None
    assert any("d uses the curve of everybody: 30 people" in note for note in fit.notes)
    test = np.linspace(0, 1, 20)
    assert_array_equal(fit.apply(test, np.full(20, 2)), fit.pooled.apply(test))
    assert_array_equal(fit.apply(test, np.zeros(20, dtype=int), ("new",)), fit.pooled.apply(test))


def test_a_group_with_one_outcome_uses_the_curve_of_everybody():
    """Without people of both outcomes a group's own curve would be 0 or 1 for all."""
    table = people(1000)
    table = replace(table, y_true=np.where(table.group == 0, 1, table.y_true))
    fit = fit_recalibration(table, "isotonic")
    assert fit.maps[0] is None
    assert fit.maps[1] is not None


def test_a_score_that_ranks_backwards_is_said():
    """Where higher scores go with fewer favourable outcomes, Platt's curve falls, and says so."""
    table = people(1000)
    table = replace(table, score=np.where(table.group == 1, 1 - table.score, table.score))
    assert any(
        "Among b higher scores go" in note for note in fit_recalibration(table, "platt").notes
    )


def test_separated_outcomes_do_not_run_away():
    """Perfectly separated people get a steep curve, not an infinite one."""
    table = GroupedOutcomes.from_arrays(
        y_true=[0] * 60 + [1] * 60, score=np.linspace(0.2, 0.8, 120), group=[0] * 120
    )
    fit = fit_recalibration(table, "platt")
    assert np.isfinite(fit.maps[0].slope)
    assert 0 < fit.apply([0.2], [0])[0] < 0.1 < 0.9 < fit.apply([0.8], [0])[0] < 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("per_group", [True, False])
def test_a_file_comes_back_as_the_same_curves(method, per_group):
    """JSON there and back is equal, scores to the last bit, and is no pickle."""
    fit = fit_recalibration(people(), method, per_group=per_group)
    back = Recalibration.from_json(fit.to_json())
    assert back == fit
    test = people(seed=1)
    assert_array_equal(back.to_outcomes(test).score, fit.to_outcomes(test).score)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.update(format="other"),
        lambda r: r.update(method="magic"),
        lambda r: r.pop("pooled"),
        lambda r: r["pooled"].update(to=[2.0] * len(r["pooled"]["to"])),
        lambda r: r["pooled"].update(at=r["pooled"]["at"][::-1]),
        lambda r: r["maps"].pop(),
        lambda r: r["maps"][0].update(at="x"),
    ],
)
def test_spoiled_files_are_refused(spoil):
    """Another format, falling knots, values beyond 1 or missing curves are not accepted."""
    record = json.loads(fit_recalibration(people(), "isotonic").to_json())
    spoil(record)
    with pytest.raises(InputError, match=r"again"):
        Recalibration.from_json(json.dumps(record))
    with pytest.raises(InputError):
        Recalibration.from_json("[" * 100_000)


def test_refuses_with_a_remedy():
    """One outcome only, an unknown method, missing groups and too few people are refused."""
    table = people(300)
    with pytest.raises(InputError, match="both outcomes"):
        fit_recalibration(replace(table, y_true=np.ones(300, dtype=int)))
    with pytest.raises(InputError, match="isotonic, platt"):
        fit_recalibration(table, "sigmoid")
    fit = fit_recalibration(table)
    with pytest.raises(InputError, match="one group index"):
        fit.apply(table.score)
    with pytest.raises(InputError, match="3 names"):
        fit.apply([0.1], np.array([3]))
    with pytest.raises(InputError, match="at least 2 folds"):
        cross_fit_recalibration(table, folds=1)
