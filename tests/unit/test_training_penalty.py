"""Penalties by hand: soft decisions at the threshold, cell means, each form."""

import math

import numpy as np
import pytest
import torch

from fairlab.training.cells import cells_of
from fairlab.training.penalty import SoftDecision, cell_means, cell_values, penalty

GROUP = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
Y = torch.tensor([1, 1, 0, 1, 0, 1, 0, 0])
LOGIT = torch.tensor([[2.0, 1.0, 0.0, -1.0, 0.5, -2.0, 0.2, 1.0]])


def charge(constraint, form, logit=LOGIT, weight=None, soft=None):
    soft = SoftDecision(0.5, 0.25) if soft is None else soft
    cells = cells_of(constraint, GROUP, Y)
    means = cell_means(cells.members, cells.spans, weight)
    return float(penalty(cell_values(logit, means, form, soft), means, form)[0])


def by_hand(values, mask, weight):
    means = [
        np.average(values[mask & (GROUP.numpy() == g)], weights=weight[mask & (GROUP.numpy() == g)])
        for g in range(3)
    ]
    return max(means) - min(means)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("constraint", "labels"),
    [
        ("demographic_parity", [None]),
        ("equal_opportunity", [1]),
        ("predictive_equality", [0]),
        ("equalized_odds", [1, 0]),
    ],
)
def test_absolute_and_squared_gap_of_soft_decisions(constraint, labels, weighted):
    soft = 1 / (1 + np.exp(-LOGIT[0].numpy().astype(float) / 0.25))
    weight = np.array([1.0, 2, 1, 3, 1, 1, 2, 1]) if weighted else np.ones(8)
    y = Y.numpy()
    gaps = [by_hand(soft, (y == c) if c is not None else np.ones(8, bool), weight) for c in labels]
    given_weight = torch.tensor(weight[None], dtype=torch.float32) if weighted else None
    assert charge(constraint, "absolute", weight=given_weight) == pytest.approx(sum(gaps), abs=1e-6)
    squares = sum(g * g for g in gaps)
    assert charge(constraint, "squared", weight=given_weight) == pytest.approx(squares, abs=1e-6)


def test_covariance_form_is_the_covariance_of_membership_and_distance():
    """Σ_g |cov(1[g], logit − logit τ)|, computed by numpy."""
    distance = LOGIT[0].numpy() - math.log(0.3 / 0.7)
    expected = sum(
        abs(np.cov((GROUP.numpy() == g).astype(float), distance, bias=True)[0, 1]) for g in range(3)
    )
    got = charge("demographic_parity", "covariance", soft=SoftDecision(0.3, 0.25))
    assert got == pytest.approx(expected, abs=1e-6)


def test_a_soft_decision_is_one_half_at_the_threshold_and_a_decision_when_cold():
    at = torch.logit(torch.tensor([0.3]))
    assert float(SoftDecision(0.3, 0.25)(at)) == pytest.approx(0.5)
    cold = SoftDecision(0.3, 0.001)
    assert float(cold(at + 0.1)) == pytest.approx(1.0)
    assert float(cold(at - 0.1)) == pytest.approx(0.0)


@pytest.mark.parametrize("form", ["absolute", "squared", "covariance"])
def test_equal_groups_cost_nothing(form):
    same = torch.full((1, 8), 0.7)
    assert charge("equalized_odds", form, logit=same) == pytest.approx(0.0, abs=1e-6)


def test_a_group_with_nobody_under_a_condition_is_left_out_and_reported():
    cells = cells_of("equal_opportunity", GROUP, torch.where(GROUP == 1, 0, Y))
    assert cells.left_out == ((1, "y = 1"),)
    assert cells.parts[0].groups == (0, 2)
