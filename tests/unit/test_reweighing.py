"""Reweighing: the published formula, and what it is for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.training.reweighing import fit_reweighing

PEOPLE = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from([0.5, 1.0, 3.0])),
    min_size=1,
    max_size=40,
)


def test_the_worked_example_of_the_paper():
    """Kamiran and Calders 2012, table 3 and section 5.3: ten people, weights 0.67 to 1.5."""
    sex = np.array([0] * 5 + [1] * 5)  # f, m
    hired = np.array([1, 1, 0, 0, 0, 1, 1, 1, 1, 0])
    weights = fit_reweighing(sex, hired, 2).cell
    np.testing.assert_allclose(weights, [[0.5 * 0.4 / 0.3, 0.5 * 0.6 / 0.2],
                                         [0.5 * 0.4 / 0.1, 0.5 * 0.6 / 0.4]])  # fmt: skip
    np.testing.assert_allclose(weights.round(2), [[0.67, 1.5], [2.0, 0.75]])


@given(people=PEOPLE)
def test_group_and_label_are_independent_and_margins_stay(people):
    """Weighted shares multiply in every cell somebody is in; empty cells weigh nothing."""
    group, label, own = (np.array(column) for column in zip(*people, strict=True))
    learnt = fit_reweighing(group, label, 3, own)
    weight = learnt.weights(group, label, own)
    joint = np.zeros((3, 2))
    np.add.at(joint, (group, label), weight)
    before = np.zeros((3, 2))
    np.add.at(before, (group, label), own)
    expected = before.sum(1, keepdims=True) * before.sum(0) / own.sum()
    np.testing.assert_allclose(joint[before > 0], expected[before > 0])
    assert (learnt.cell[before == 0] == 0).all()
    if (before[before.sum(1) > 0] > 0).all():  # no empty cell: margins stay as they were
        np.testing.assert_allclose(joint.sum(1), before.sum(1))
        np.testing.assert_allclose(joint.sum(0), before.sum(0))


def test_weights_learnt_on_train_are_used_on_others():
    """By group and label, times a person's own weight."""
    learnt = fit_reweighing(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2)
    group, label = np.array([0, 1]), np.array([1, 0])
    plain = learnt.weights(group, label)
    assert plain.tolist() == [learnt.cell[0, 1], learnt.cell[1, 0]]
    assert learnt.weights(group, label, np.array([2.0, 3.0])) == pytest.approx(plain * [2, 3])
