"""A sweep of bounded size: fewer thresholds, and still exact at any threshold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairlab.frontier import strategy_thresholds
from fairlab.frontier.hulls import group_hulls
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.sweeps import (
    exact_sweep,
    group_sweeps,
    group_threshold_surface,
    roc_curves,
    thinned_sweep,
)
from fairlab.sweeps.cuts import counts_at_cuts
from tests.unit.test_thresholds import FIELDS, SCORES, people, row, same

WANTED = (-np.inf, -2.0, -1.5, 0.1, 0.5, 0.50000000000000005, 0.75, 7.0, 7.5, np.inf)


def thin(outcomes: GroupedOutcomes, thresholds: int = 3):
    """Thinned to so many thresholds; only where that leaves some out."""
    found = thinned_sweep(outcomes, thresholds * outcomes.n_groups)
    assume(not found.every)
    return found


@given(people())
def test_any_threshold_is_counted_exactly(outcomes: GroupedOutcomes) -> None:
    """Ties, weights and groups with nobody in them; between the thresholds kept, and outside."""
    sweep = thin(outcomes)
    counts = sweep.at(np.array([*WANTED, *SCORES]))
    for i, threshold in enumerate((*WANTED, *SCORES)):
        same(row(counts, i), count(outcomes, threshold))
    assert counts.group_names == outcomes.group_names


@given(people())
def test_thresholds_kept_are_some_of_all_and_exact(outcomes: GroupedOutcomes) -> None:
    """Both ends are kept; every row is that of the exact sweep; the number of all is known."""
    sweep, exact = thin(outcomes), exact_sweep(outcomes)
    assert len(sweep.thresholds) == 3
    assert sweep.thresholds[[0, -1]].tolist() == exact.thresholds[[0, -1]].tolist()
    assert sweep.n_distinct == len(exact.thresholds)
    same(sweep.counts, exact.at(sweep.thresholds))
    assert sweep.counts.tp.dtype == exact.counts.tp.dtype
    assert not sweep.counts.tp.flags.writeable


@given(people())
def test_nothing_is_left_out_where_all_fit(outcomes: GroupedOutcomes) -> None:
    """Ties count once: many people with few scores keep every threshold."""
    exact = exact_sweep(outcomes)
    sweep = thinned_sweep(outcomes, exact.counts.tp.size)
    assert sweep.every
    assert sweep.n_distinct == len(exact.thresholds)
    np.testing.assert_array_equal(sweep.thresholds, exact.thresholds)


@given(people(), st.integers(0, 3))
def test_each_groups_own_sweep_is_that_of_its_people(outcomes: GroupedOutcomes, g: int) -> None:
    assume(g < outcomes.n_groups)
    own = group_sweeps(outcomes)[g]
    scores = sorted(set(outcomes.score[outcomes.group == g].tolist()))
    assert own.thresholds.tolist() == [*scores, np.inf]
    for i, threshold in enumerate(own.thresholds):
        alone = count(outcomes, float(threshold))
        for field in FIELDS:
            assert getattr(own.counts, field)[i, 0] == pytest.approx(getattr(alone, field)[g])


@given(people())
def test_the_score_below_a_threshold(outcomes: GroupedOutcomes) -> None:
    """Strictly below, whoever's it is; minus infinity where nobody scores less."""
    for threshold in WANTED:
        lower = outcomes.score[outcomes.score < threshold]
        wanted = lower.max() if len(lower) else -np.inf
        assert thin(outcomes).below(threshold) == wanted
        assert exact_sweep(outcomes).below(threshold) == wanted


@settings(deadline=None)
@given(people(weighted=False))
def test_what_is_made_of_groups_is_as_from_all_thresholds(outcomes: GroupedOutcomes) -> None:
    """ROC curves, polygons, and counts at a threshold per group."""
    sweep, exact = thin(outcomes), exact_sweep(outcomes)
    for ours, theirs in zip(roc_curves(sweep), roc_curves(exact), strict=True):
        np.testing.assert_array_equal(ours.thresholds, theirs.thresholds)
        np.testing.assert_array_equal(ours.tpr, theirs.tpr)
        np.testing.assert_array_equal(ours.fpr, theirs.fpr)
    for ours, theirs in zip(group_hulls(sweep), group_hulls(exact), strict=True):
        np.testing.assert_array_equal(ours.points, theirs.points)
    cuts = list(WANTED[1 : 1 + outcomes.n_groups])
    same(counts_at_cuts(sweep, cuts), counts_at_cuts(exact, cuts))


def crowd(n: int = 600, groups: int = 3) -> GroupedOutcomes:
    rng = np.random.default_rng(4)
    score = rng.random(n)
    return GroupedOutcomes.from_arrays(
        y_true=rng.random(n) < score,
        score=score,
        group=rng.integers(0, groups, n),
        group_names=[f"group {g}" for g in range(groups)],
    )


def test_a_surface_is_the_same_from_a_thinned_sweep() -> None:
    """Thresholds of the two groups and where the third is held are exact either way."""
    outcomes = crowd()
    how = {"size": 20, "others": 0.4123, "keep": (0.5077,)}
    ours, theirs = (
        group_threshold_surface(sweep, "group 0", "group 2", **how)
        for sweep in (thinned_sweep(outcomes, 60), exact_sweep(outcomes))
    )
    same(ours.counts, theirs.counts)
    for g, a, b in (
        (0, ours.thresholds_a, theirs.thresholds_a),
        (2, ours.thresholds_b, theirs.thresholds_b),
    ):
        for one, other in zip(a, b, strict=True):
            assert count(outcomes, one).tp[g] == count(outcomes, other).tp[g]
            assert count(outcomes, one).fp[g] == count(outcomes, other).fp[g]


@pytest.mark.parametrize(
    "name", ["single_threshold", "maximum_accuracy", "demographic_parity", "equalized_odds"]
)
def test_strategies_are_the_same_from_thinned_sweeps(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thresholds per group never depend on how many thresholds of everybody are held."""
    outcomes = crowd(200)
    before = strategy_thresholds(outcomes, name, cost_fp=2.0)
    for module in ("strategies", "programme", "rules"):
        monkeypatch.setattr(
            f"fairlab.frontier.{module}.thinned_sweep", lambda o: thinned_sweep(o, 30)
        )
    after = strategy_thresholds(outcomes, name, cost_fp=2.0)
    decided = [counts_at_cuts(exact_sweep(outcomes), found.thresholds) for found in (before, after)]
    same(*decided)


def test_a_rule_matches_groups_by_name_without_a_text_per_person() -> None:
    """Groups in another order are not mistaken for each other; names may be objects."""
    outcomes = crowd(200)
    found = strategy_thresholds(outcomes, "demographic_parity").deterministic
    assert found is not None
    order = np.array([2, 0, 1])
    renamed = replace(
        outcomes,
        group=order[outcomes.group],
        group_names=("group 1", "group 2", "group 0"),
    )
    ours, theirs = found.expected_counts(outcomes), found.expected_counts(renamed)
    np.testing.assert_array_equal(ours.tp, theirs.tp[order])
    np.testing.assert_array_equal(ours.fp, theirs.fp[order])
    names = np.array([outcomes.group_names[g] for g in outcomes.group], dtype=object)
    np.testing.assert_array_equal(
        found.probability(outcomes.score, names),
        found.probability(outcomes.score, outcomes.group),
    )
