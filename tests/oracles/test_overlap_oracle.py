"""The inner step against cvxpy on the quadratic programme it solves."""

import cvxpy as cp
import numpy as np
import pytest
import torch

from fairlab.projection.overlap import inner_step
from tests.unit.overlap_people import Crowd, crowd


def by_cvxpy(people: Crowd, m: int, eps: float) -> np.ndarray:
    """Shifts that minimise ½ sᵀKs − Σ W m⁰ s + ε Σ_{s>0} W s with Σ_f W s = 0."""
    mass = people.mass.numpy()
    shift = cp.Variable(len(mass))
    half = people.inside[m].sqrt()[:, None].numpy() * people.member.numpy()
    cost = cp.sum_squares(half @ shift) / 2 - (mass * people.mean[m].numpy()) @ shift
    cost = cost + eps * (mass @ cp.pos(shift))
    balanced = [mass[f.start : f.stop] @ shift[f.start : f.stop] == 0 for f in people.families]
    problem = cp.Problem(cp.Minimize(cost / mass.sum()), balanced)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    return np.asarray(shift.value)


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("eps", [0.0, 0.02, 0.1, 1.5])
@pytest.mark.parametrize("sizes", [(2, 2), (3, 4), (2, 5, 3), (1, 4), (6,)])
def test_equals_cvxpy(sizes: tuple[int, ...], eps: float, rounded: bool) -> None:
    """Everybody moves by the same amount as in a general solver's answer."""
    people = crowd(sizes, 60, 21, M=2, rounded=rounded)
    slack = torch.full((2,), eps, dtype=torch.float64)
    shift, _ = inner_step(
        people.mean, people.stiffness, people.still, people.mass, slack, people.families
    )
    moved = (shift @ people.member.T) * people.inside
    for m in range(2):
        expected = people.member.numpy() @ by_cvxpy(people, m, eps) * people.inside[m].numpy()
        np.testing.assert_allclose(moved[m].numpy(), expected, atol=2e-6)
