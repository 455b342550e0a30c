"""The exact sweep against counting everyone at every threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from sklearn.metrics import roc_auc_score, roc_curve

from fairlab.errors import InputError
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.sweeps import exact_sweep, roc_curves, roc_hull

FIELDS = ("tp", "fp", "fn", "tn")
SCORES = (-1.5, 0.0, 0.25, 0.5, 0.5000000000000001, 1.0, 7.0)


@st.composite
def people(draw: st.DrawFn, weighted: bool | None = None) -> GroupedOutcomes:
    """Few people, few distinct scores (ties), one to four groups, some of them empty."""
    n = draw(st.integers(1, 25))
    groups = draw(st.integers(1, 4))
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    has_weights = draw(st.booleans()) if weighted is None else weighted
    return GroupedOutcomes.from_arrays(
        y_true=column(st.integers(0, 1)),
        score=column(st.sampled_from(SCORES)),
        group=np.array(column(st.integers(0, groups - 1))),
        group_names=[f"group {g}" for g in range(groups)],
        weight=column(st.sampled_from((0.1, 0.5, 1.0, 3.0))) if has_weights else None,
    )


def same(ours: Counts, theirs: Counts) -> None:
    for field in FIELDS:
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), atol=1e-12)


def row(counts: Counts, i: int) -> Counts:
    return Counts(*(getattr(counts, f)[i] for f in FIELDS), group_names=counts.group_names)


@given(people())
def test_every_row_equals_counting_everyone_at_that_threshold(outcomes: GroupedOutcomes) -> None:
    sweep = exact_sweep(outcomes)
    for i, threshold in enumerate(sweep.thresholds):
        same(row(sweep.counts, i), count(outcomes, float(threshold)))


@given(people())
def test_thresholds_are_the_distinct_scores_then_infinity(outcomes: GroupedOutcomes) -> None:
    expected = [*sorted(set(outcomes.score.tolist())), np.inf]
    assert exact_sweep(outcomes).thresholds.tolist() == expected


@given(people(weighted=True))
def test_nobody_selected_is_exactly_zero_even_with_weights(outcomes: GroupedOutcomes) -> None:
    """0.1 + 0.2 − 0.3 must not leave a ghost: an undefined rate would look defined."""
    counts = exact_sweep(outcomes).counts
    for i, threshold in enumerate(exact_sweep(outcomes).thresholds):
        brute = count(outcomes, float(threshold))
        for field in FIELDS:
            ours, theirs = getattr(counts, field)[i], getattr(brute, field)
            assert ((ours == 0) == (theirs == 0)).all()


@given(people(), st.sampled_from((*SCORES, -np.inf, np.inf, 0.3, -2.0, 8.0)))
def test_at_is_exact_for_any_threshold_between_or_on_scores(
    outcomes: GroupedOutcomes, threshold: float
) -> None:
    same(exact_sweep(outcomes).at(threshold), count(outcomes, threshold))


@given(people(), st.randoms())
def test_order_of_people_changes_nothing(outcomes: GroupedOutcomes, random: object) -> None:
    order = np.random.default_rng(0).permutation(outcomes.n)
    shuffled = GroupedOutcomes.from_arrays(
        y_true=outcomes.y_true[order],
        score=outcomes.score[order],
        group=outcomes.group[order],
        group_names=outcomes.group_names,
        weight=None if outcomes.weight is None else outcomes.weight[order],
    )
    same(exact_sweep(shuffled).counts, exact_sweep(outcomes).counts)


def test_a_person_whose_score_is_the_threshold_is_selected() -> None:
    outcomes = GroupedOutcomes.from_arrays(y_true=[1], score=[0.5], group=["a"])
    sweep = exact_sweep(outcomes)
    assert sweep.counts.tp.tolist() == [[1], [0]]
    assert sweep.at(0.5).tp.tolist() == [1]
    assert sweep.at(0.5000001).fn.tolist() == [1]


def test_counts_are_integers_without_weights_and_read_only() -> None:
    outcomes = GroupedOutcomes.from_arrays(y_true=[1, 0], score=[0.5, 0.2], group=["a", "b"])
    sweep = exact_sweep(outcomes)
    assert sweep.counts.tp.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        sweep.counts.tp[0, 0] = 9


def test_at_takes_many_thresholds_at_once() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 0, 1], score=[0.1, 0.2, 0.3], group=["a", "b", "a"]
    )
    assert exact_sweep(outcomes).at([[0.0, 0.15], [0.3, 1.0]]).tp.tolist() == [
        [[2, 0], [1, 0]],
        [[1, 0], [0, 0]],
    ]


def test_at_refuses_a_threshold_that_is_not_a_number() -> None:
    outcomes = GroupedOutcomes.from_arrays(y_true=[1], score=[0.5], group=["a"])
    with pytest.raises(InputError, match="NaN"):
        exact_sweep(outcomes).at(float("nan"))


def test_more_groups_than_a_byte_holds() -> None:
    """Cell codes are stored small; 200 groups must not wrap around."""
    groups = np.arange(200)
    outcomes = GroupedOutcomes.from_arrays(
        y_true=groups % 2, score=groups / 200, group=groups, group_names=map(str, groups)
    )
    same(exact_sweep(outcomes).at(0.5), count(outcomes, 0.5))


@given(people(), st.integers(2, 10))
def test_downsample_keeps_ends_and_what_is_asked_and_stays_exact(
    outcomes: GroupedOutcomes, size: int
) -> None:
    sweep = exact_sweep(outcomes)
    middle = len(sweep.thresholds) // 2
    thin = sweep.downsample(size, keep=[middle])
    assert len(thin.thresholds) <= max(size, 3)
    assert {sweep.thresholds[0], sweep.thresholds[middle], np.inf} <= set(thin.thresholds)
    for i, threshold in enumerate(thin.thresholds):
        same(row(thin.counts, i), count(outcomes, float(threshold)))


def test_downsample_gives_as_many_as_asked() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=np.arange(1000) % 2, score=np.arange(1000) / 1000, group=np.arange(1000) % 3
    )
    assert len(exact_sweep(outcomes).downsample(101).thresholds) == 101


@pytest.mark.parametrize(("size", "keep"), [(1, []), (5, [99]), (5, [-1])])
def test_downsample_refuses_what_it_cannot_keep(size: int, keep: list[int]) -> None:
    outcomes = GroupedOutcomes.from_arrays(y_true=[1, 0], score=[0.5, 0.2], group=["a", "b"])
    with pytest.raises(InputError):
        exact_sweep(outcomes).downsample(size, keep=keep)


def gaussian_people(n: int = 400) -> GroupedOutcomes:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, n)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=np.round(rng.normal(y, 1.2), 1), group=rng.integers(0, 3, n)
    )


def test_roc_curves_and_their_area_agree_with_scikit_learn() -> None:
    outcomes = gaussian_people()
    for g, curve in enumerate(roc_curves(exact_sweep(outcomes))):
        mine = outcomes.group == g
        fpr, tpr, thresholds = roc_curve(
            outcomes.y_true[mine], outcomes.score[mine], drop_intermediate=False
        )
        np.testing.assert_allclose(curve.fpr, fpr)
        np.testing.assert_allclose(curve.tpr, tpr)
        np.testing.assert_allclose(curve.thresholds, thresholds)
        assert curve.auc == pytest.approx(
            roc_auc_score(outcomes.y_true[mine], outcomes.score[mine])
        )


def test_hull_equals_an_independent_convex_hull() -> None:
    for curve in roc_curves(exact_sweep(gaussian_people())):
        hull = roc_hull(curve)
        points = np.column_stack((curve.fpr, curve.tpr))
        everything = ConvexHull(np.vstack((points, [[1.0, 0.0]])))
        vertices = {tuple(points[i]) for i in everything.vertices if i < len(points)}
        assert set(zip(hull.fpr, hull.tpr, strict=True)) == vertices


@given(people())
def test_hull_is_concave_above_the_curve_and_made_of_its_points(
    outcomes: GroupedOutcomes,
) -> None:
    for curve in roc_curves(exact_sweep(outcomes)):
        if not curve.defined:
            continue
        hull = roc_hull(curve)
        assert (hull.fpr[0], hull.tpr[0], hull.fpr[-1], hull.tpr[-1]) == pytest.approx((0, 0, 1, 1))
        assert set(hull.thresholds) <= set(curve.thresholds)
        x, y = np.diff(hull.fpr), np.diff(hull.tpr)
        assert (x[:-1] * y[1:] - y[:-1] * x[1:] <= 1e-12).all()
        # Above the curve: no curve point lies to the left of any hull edge.
        for i in range(len(x)):
            above = x[i] * (curve.tpr - hull.tpr[i]) - y[i] * (curve.fpr - hull.fpr[i])
            assert (above <= 1e-12).all()


def test_a_group_with_one_outcome_has_no_roc_curve() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 1, 0, 1], score=[0.1, 0.2, 0.3, 0.4], group=["a", "a", "b", "b"]
    )
    a, b = roc_curves(exact_sweep(outcomes))
    assert not a.defined
    assert a.auc is None
    assert roc_hull(a) is a
    assert b.auc == 1.0
