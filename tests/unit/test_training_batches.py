"""Stratified batches: nobody forgotten, no cell missing, the same places for every seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairlab.training.batches import plan_batches

CELLS = st.lists(st.integers(0, 5), min_size=1, max_size=120)
SIZES = st.integers(8, 60)


@given(cell=CELLS, batch_size=SIZES, seed=st.integers(0, 5))
def test_every_batch_has_somebody_of_every_cell_and_everybody_is_seen(cell, batch_size, seed):
    cells = np.array(cell)
    plan = plan_batches(cells, batch_size)
    people = plan.people(np.random.default_rng(seed))
    assert set(people) == set(range(len(cells)))
    for a, b in zip(plan.edges[:-1], plan.edges[1:], strict=True):
        assert set(cells[people[a:b]]) == set(cell)


@given(cell=CELLS, batch_size=SIZES)
def test_weights_of_an_epoch_count_every_cell_once(cell, batch_size):
    """A cell repeated to fill its places weighs as much as its people, no more."""
    cells = np.array(cell)
    plan = plan_batches(cells, batch_size)
    people = plan.people(np.random.default_rng(0))
    weight = np.ones(len(people)) if plan.weight is None else plan.weight
    for c in set(cell):
        np.testing.assert_allclose(weight[cells[people] == c].sum(), (cells == c).sum())


@given(cell=CELLS, batch_size=SIZES)
def test_places_belong_to_the_same_cell_whoever_takes_them(cell, batch_size):
    cells = np.array(cell)
    plan = plan_batches(cells, batch_size)
    first = cells[plan.people(np.random.default_rng(1))]
    second = cells[plan.people(np.random.default_rng(2))]
    np.testing.assert_array_equal(first, second)


@given(cell=CELLS, batch_size=SIZES)
def test_batches_are_of_nearly_equal_size(cell, batch_size):
    plan = plan_batches(np.array(cell), batch_size)
    sizes = np.diff(plan.edges)
    assert sizes.max() - sizes.min() <= 1
    assert sizes.max() <= batch_size + len(set(cell))


def test_people_change_places_between_epochs():
    plan = plan_batches(np.zeros(50, dtype=int), 10)
    rng = np.random.default_rng(0)
    assert (plan.people(rng) != plan.people(rng)).any()


def test_more_cells_than_places_is_said():
    plan = plan_batches(np.arange(20), 8)
    assert not plan.stratified
    assert plan_batches(np.arange(8), 8).stratified
