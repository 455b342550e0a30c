"""Penalties by hand: soft decisions at the threshold, cell means, each form."""

import math

import numpy as np
import pytest
import torch

from fairlab.projection.constraints import cells_of
from fairlab.training.cells import cell_means, columns_among, smallest_cell, widest
from fairlab.training.penalty import SoftDecision, cell_values, penalty

GROUP = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
Y = torch.tensor([1, 1, 0, 1, 0, 1, 0, 0])
LOGIT = torch.tensor([[2.0, 1.0, 0.0, -1.0, 0.5, -2.0, 0.2, 1.0]])


def charge(constraint, form, logit=LOGIT, weight=None, soft=None, group=GROUP):
    soft = SoftDecision(0.5, 0.25) if soft is None else soft
    means = cell_means(cells_of(constraint, group, Y, skip_empty=True), weight)
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


@pytest.mark.parametrize("form", ["absolute", "squared"])
def test_mean_residual_compares_decision_minus_label(form):
    soft = 1 / (1 + np.exp(-LOGIT[0].numpy().astype(float) / 0.25))
    gap = by_hand(soft - Y.numpy(), np.ones(8, bool), np.ones(8))
    wanted = gap if form == "absolute" else gap * gap
    assert charge("mean_residual_parity", form) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("form", ["absolute", "squared"])
def test_accuracy_compares_how_right_the_soft_decision_is(form):
    soft, y = 1 / (1 + np.exp(-LOGIT[0].numpy().astype(float) / 0.25)), Y.numpy()
    gap = by_hand(y * soft + (1 - y) * (1 - soft), np.ones(8, bool), np.ones(8))
    wanted = gap if form == "absolute" else gap * gap
    assert charge("accuracy_parity", form) == pytest.approx(wanted, abs=1e-6)


def test_covariance_of_accuracy_is_that_of_how_wrong_people_are():
    """min(0, ±distance), computed by numpy: people on the right side do not count."""
    wrong = np.minimum(0, (2 * Y.numpy() - 1) * LOGIT[0].numpy())
    expected = sum(
        abs(np.cov((GROUP.numpy() == g).astype(float), wrong, bias=True)[0, 1]) for g in range(3)
    )
    assert charge("accuracy_parity", "covariance") == pytest.approx(expected, abs=1e-6)


def test_several_attributes_are_charged_each_and_added():
    other = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    both = charge("equalized_odds", "absolute", group=torch.stack([GROUP, other], dim=1))
    alone = [charge("equalized_odds", "absolute", group=one) for one in (GROUP, other)]
    assert both == pytest.approx(sum(alone), abs=1e-6)


def test_a_group_with_nobody_under_a_condition_is_left_out_and_reported():
    labels = torch.where(GROUP == 1, 0, Y)
    cells = cells_of("equal_opportunity", GROUP, labels, skip_empty=True)
    assert [(c.name, group) for c, _, group in cells.left_out] == [("y = 1", 1)]
    assert cells.families[0].groups == (0, 2)
    whole = cells_of("equal_opportunity", GROUP, Y)
    assert columns_among(cells, whole).tolist() == [0, 2]
    assert columns_among(whole, whole) is None


def test_nothing_to_compare_costs_nothing():
    """One group alone has no gap: the penalty is 0 and has a gradient."""
    cells = cells_of("demographic_parity", torch.zeros(8, dtype=torch.int64), skip_empty=True)
    means = cell_means(cells)
    logit = LOGIT.clone().requires_grad_()
    found = penalty(cell_values(logit, means, "squared", SoftDecision(0.5, 0.25)), means, "squared")
    assert found.tolist() == [0.0]
    assert widest(means(torch.sigmoid(logit)), means.spans).tolist() == [0.0]
    assert smallest_cell(cells) is None
    assert smallest_cell(cells_of("equalized_odds", GROUP, Y)) == 1
