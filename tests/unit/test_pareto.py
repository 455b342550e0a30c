"""The front and its area against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.pareto import ParetoPoint, hypervolume, non_dominated, pareto_front

VALUE = st.sampled_from((0.0, 0.1, 0.25, 0.5, 1.0, np.inf, np.nan))
COSTS = st.lists(st.tuples(VALUE, VALUE), max_size=12)
FINITE = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8)


def beats(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] <= b[0] and a[1] <= b[1] and (a[0] < b[0] or a[1] < b[1])


@given(COSTS)
def test_front_is_what_no_other_point_beats(costs: list[tuple[float, float]]) -> None:
    expected = [not np.isnan(c).any() and not any(beats(d, c) for d in costs) for c in costs]
    assert non_dominated(costs).tolist() == expected


@given(COSTS, st.randoms(use_true_random=False))
def test_order_of_points_changes_nothing(costs: list[tuple[float, float]], random: object) -> None:
    order = np.random.default_rng(len(costs)).permutation(len(costs))
    shuffled = [costs[i] for i in order]
    assert non_dominated(shuffled).tolist() == non_dominated(costs)[order].tolist()


def test_duplicates_stay_on_the_front_together() -> None:
    assert non_dominated([(0, 1), (1, 0), (0, 1), (1, 1)]).tolist() == [True, True, True, False]


def test_less_is_better_on_both_axes() -> None:
    assert non_dominated([(0, 0), (1, 1)]).tolist() == [True, False]


def test_undefined_points_are_never_on_the_front_and_beat_nobody() -> None:
    assert non_dominated([(np.nan, 0), (0, np.nan), (5, 5)]).tolist() == [False, False, True]


def test_the_front_is_listed_from_the_lowest_first_cost() -> None:
    front = pareto_front([(0.3, 0.1), (0.2, 0.2), (0.4, 0.4), (0.1, 0.5)])
    assert front == (ParetoPoint(3, 0.1, 0.5), ParetoPoint(1, 0.2, 0.2), ParetoPoint(0, 0.3, 0.1))


@pytest.mark.parametrize("costs", [[], np.empty((0, 2))])
def test_no_points_no_front(costs: object) -> None:
    assert non_dominated(costs).tolist() == []  # type: ignore[arg-type]
    assert pareto_front(costs) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("costs", [[1.0, 2.0], [[1, 2, 3]], [[[1, 2]]]])
def test_other_shapes_are_refused(costs: list[object]) -> None:
    with pytest.raises(InputError, match="two columns"):
        non_dominated(costs)  # type: ignore[arg-type]


@given(FINITE, st.tuples(st.integers(0, 6), st.integers(0, 6)))
def test_hypervolume_counts_unit_squares(
    costs: list[tuple[int, int]], reference: tuple[int, int]
) -> None:
    squares = sum(
        any(c[0] <= x and c[1] <= y for c in costs)
        for x, y in itertools.product(range(reference[0]), range(reference[1]))
    )
    assert hypervolume(costs, reference=reference) == pytest.approx(squares)


def test_hypervolume_of_one_point_is_its_box() -> None:
    assert hypervolume([(0.2, 0.4)], reference=(1.0, 0.5)) == pytest.approx(0.8 * 0.1)


def test_undefined_and_outside_points_cover_nothing() -> None:
    assert hypervolume([(np.nan, 0), (2, 0), (0, 1)], reference=(1.0, 1.0)) == 0.0


def test_hypervolume_needs_a_finite_reference_and_finite_costs() -> None:
    with pytest.raises(InputError, match="reference"):
        hypervolume([(0, 0)], reference=(np.inf, 1.0))
    with pytest.raises(InputError, match="endless"):
        hypervolume([(-np.inf, 0)], reference=(1.0, 1.0))
