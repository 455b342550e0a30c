"""The exact projection against cvxpy, a general convex solver that shares no code with it."""

import cvxpy as cp
import numpy as np
import pytest
import torch

from fairlab.projection import CONSTRAINTS, project

CONDITIONS = {"equal_opportunity": [1], "predictive_equality": [0], "equalized_odds": [1, 0]}


def nearest_by_cvxpy(z, group, slack, constraint, y, weight, box=(0, 1)):
    """Nearest scores in the box whose cell means lie in a band of width ``slack``."""
    p = cp.Variable(len(z))
    value = p
    if constraint == "mean_residual_parity":
        value = p - y
    elif constraint == "accuracy_parity":
        value = cp.multiply(y, p) + cp.multiply(1 - y, 1 - p)
    limits = [p >= box[0]] * bool(np.isfinite(box[0])) + [p <= box[1]] * bool(np.isfinite(box[1]))
    for codes in group.reshape(len(z), -1).T:
        for label in CONDITIONS.get(constraint, [None]):
            low = cp.Variable()
            for g in np.unique(codes):
                own = (codes == g) & ((y == label) | (label is None))
                mean = (weight[own] / weight[own].sum()) @ value[own]
                limits += [mean >= low, mean <= low + slack]
    problem = cp.Problem(cp.Minimize(cp.sum_squares(cp.multiply(np.sqrt(weight), p - z))), limits)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    assert problem.status == cp.OPTIMAL
    return p.value


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("box", [(0, 1), (-np.inf, np.inf), (-np.inf, 0.8), (-2.0, 3.0)])
@pytest.mark.parametrize("attributes", [1, 2, 4])
def test_any_box_and_several_attributes_equal_a_general_solver(constraint, box, attributes):
    """Regression outputs and classification scores, weights, up to four attributes at once."""
    rng = np.random.default_rng(attributes)
    n = 60
    group = rng.integers(0, 3, size=(n, attributes))
    y = (rng.random(n) < 0.5).astype(int)
    z = rng.normal(0.4, 0.4, size=n) + 0.2 * group[:, 0] - 0.1 * group[:, -1]
    weight = rng.uniform(0.5, 2.0, size=n)
    for slack in (0.0, 0.08):
        ours = project(
            torch.tensor(z),
            torch.tensor(group),
            slack,
            constraint,
            torch.tensor(y),
            *box,
            torch.tensor(weight),
        )
        theirs = nearest_by_cvxpy(z, group, slack, constraint, y, weight, box)
        np.testing.assert_allclose(ours.p.numpy(), theirs, atol=5e-6)
        assert float(ours.residual) <= 1e-9


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("slack", [0.0, 0.02, 0.15, 0.5])
@pytest.mark.parametrize("case", ["ties", "smooth", "saturated", "one person in a cell"])
def test_projection_equals_a_general_solver(constraint, slack, case):
    """Same point to 5e-6 with ties, scores outside the box, tiny cells, 2–5 groups, weights."""
    rng = np.random.default_rng(["ties", "smooth", "saturated", "one person in a cell"].index(case))
    for n_groups in (2, 3, 5):
        n = 12 * n_groups
        group = rng.permutation(np.arange(n) % n_groups)
        y = (rng.random(n) < 0.4).astype(int)
        z = rng.random(n) + 0.3 * group / n_groups
        weight = np.ones(n)
        if case == "ties":
            z = rng.choice([0.0, 0.25, 0.5, 1.0], size=n) ** (1 + group)
        elif case == "saturated":
            z = rng.choice([-0.5, 0.0, 0.6, 1.0, 1.7], size=n) + 0.2 * (group == 0)
            weight = rng.uniform(0.5, 2.0, size=n)
        elif case == "one person in a cell":
            group[group == 0] = 1
            group[:2], y[:2] = 0, [0, 1]
        for g in range(n_groups):
            for label in (0, 1):
                if not ((group == g) & (y == label)).any():
                    y[np.flatnonzero(group == g)[label]] = label
        ours = project(
            torch.tensor(z),
            torch.tensor(group),
            slack,
            constraint,
            torch.tensor(y),
            weight=torch.tensor(weight),
        )
        theirs = nearest_by_cvxpy(z, group, slack, constraint, y, weight)
        np.testing.assert_allclose(ours.p.numpy(), theirs, atol=5e-6)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_gradient_equals_differences_of_the_general_solver(constraint):
    """d(loss)/dz by our implicit gradient and by central differences of cvxpy's solution."""
    rng = np.random.default_rng(5)
    group = np.arange(18) % 3
    y = (np.arange(18) // 3) % 2
    z = rng.random(18) + 0.2 * group
    direction = rng.normal(size=18)
    weight = np.ones(18)
    scores = torch.tensor(z, requires_grad=True)
    p = project(scores, torch.tensor(group), 0.05, constraint, torch.tensor(y)).p
    (p @ torch.tensor(direction)).backward()
    step = 1e-4
    for i in range(18):
        moved = [
            direction
            @ nearest_by_cvxpy(
                z + sign * step * (np.arange(18) == i), group, 0.05, constraint, y, weight
            )
            for sign in (1, -1)
        ]
        assert scores.grad is not None
        np.testing.assert_allclose(
            float(scores.grad[i]), (moved[0] - moved[1]) / (2 * step), atol=1e-4
        )
