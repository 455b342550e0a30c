"""Few people of two groups are projected in plain numbers, to what the general solver gives."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from fairlab.projection import project
from fairlab.projection.constraints import cells_of
from fairlab.projection.exact import solve
from fairlab.projection.gradient import Solved
from fairlab.projection.pairs import MOST
from fairlab.projection.problem import Box, Problem

CONSTRAINTS = ["demographic_parity", "equal_opportunity", "equalized_odds", "mean_residual_parity"]
BOXES = [(0.0, 1.0), (-float("inf"), 0.7), (-float("inf"), float("inf"))]
SCORES = [-0.3, 0.0, 0.1, 0.25, 0.5, 0.5, 0.75, 1.0, 1.2]


@st.composite
def people(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """Scores with ties, some beyond the box; two groups whose codes are not 0 and 1; labels."""
    extra = draw(st.integers(0, 20))
    group = [3, 3, 7, 7, *draw(st.lists(st.sampled_from([3, 7]), min_size=extra, max_size=extra))]
    y = [0, 1, 0, 1, *draw(st.lists(st.integers(0, 1), min_size=extra, max_size=extra))]
    z = draw(st.lists(st.sampled_from(SCORES), min_size=len(group), max_size=len(group)))
    return torch.tensor(z, dtype=torch.float64), torch.tensor(group), torch.tensor(y)


def generally(z: Tensor, cells: object, slack: float, box: tuple[float, float]) -> Tensor:
    """The same by the solver for any number of groups."""
    rows = z[None]
    span = float(z.detach().min()), float(z.detach().max())
    problem = Problem(rows, cells, Box(*box), None, span)
    solution = solve(problem, torch.tensor([slack], dtype=torch.float64))
    return Solved.apply(rows, problem, solution)[0]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@settings(max_examples=60, deadline=None)
@given(
    data=people(),
    slack=st.sampled_from([0.0, 0.01, 0.1, 0.5]),
    box=st.sampled_from(BOXES),
    seed=st.integers(0, 99),
)
def test_scores_and_gradients_are_those_of_the_general_solver(constraint, data, slack, box, seed):
    """Also where scores tie and lie on the box's edge."""
    z, group, y = data
    grad = torch.randn(len(z), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    ours, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    found = project(ours, group, slack, constraint, y, *box)
    wanted = generally(theirs, cells_of(constraint, group, y), slack, box)
    torch.testing.assert_close(found.p, wanted, atol=1e-9, rtol=0)
    low, high = box
    inside = [(p > low) & (p < high) for p in (found.p, wanted)]
    assume(torch.equal(*inside))  # else rounding decides on which side of a kink a score is
    for p in (found.p, wanted):
        p.backward(grad)
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-8, rtol=0)


@settings(max_examples=60, deadline=None)
@given(data=people(), slack=st.sampled_from([0.0, 0.01, 0.1]))
def test_multipliers_and_price_explain_the_shifts(data, slack):
    """Scores are the shifted ones; the group with the higher mean is lowered; prices are ≥ 0."""
    z, group, y = data
    found = project(z, group, slack, "equalized_odds", y)
    cells = cells_of("equalized_odds", group, y)
    moved = (z - found.shift[cells.member[0]]).clamp(0.0, 1.0)
    torch.testing.assert_close(found.p, moved, atol=1e-12, rtol=0)
    for number, family in enumerate(found.families):
        own = found.multipliers[family.start : family.stop]
        torch.testing.assert_close(own.sum(), torch.zeros((), dtype=torch.float64))
        torch.testing.assert_close(found.price[number], own.clamp_min(0).sum())
        first, second = (
            float(z[cells.member[0] == c].clamp(0, 1).mean())
            for c in range(family.start, family.stop)
        )
        assert float(own[0]) * (first - second) >= 0
    assert float(found.residual) <= 1e-12


def test_only_few_people_of_two_groups_without_weights_are_solved_so(monkeypatch):
    """Two families of two groups too; not three groups, weights, several problems, many people."""

    class AskedError(Exception):
        pass

    def general(*_: object) -> None:
        raise AskedError

    monkeypatch.setattr("fairlab.projection.layer.solve", general)
    z = torch.linspace(0, 1, 60)
    two, three = (torch.arange(60) * 2) // 60, torch.arange(60) % 3
    y = torch.arange(60) % 2
    assert project(z, two, 0.1).iterations > 0
    assert project(z, two, 0.1, "equalized_odds", y).iterations > 0
    many = torch.linspace(0, 1, MOST + 1)
    for refused in (
        lambda: project(z, three, 0.1),
        lambda: project(z, two, 0.1, weight=torch.ones(60)),
        lambda: project(torch.stack([z, z]), two, 0.1),
        lambda: project(z, two, 0.5, "accuracy_parity", y),
        lambda: project(many, (many > 0.5).long(), 0.1),
    ):
        with pytest.raises(AskedError):
            refused()


def test_without_a_slope_the_general_solver_goes_on():
    """Nobody is inside the box, so that no mean moves at first."""
    z = torch.tensor([1.5, 1.6, -0.4, -0.5], dtype=torch.float64, requires_grad=True)
    group = torch.tensor([0, 0, 1, 1])
    p = project(z, group, 0.2).p
    assert float((p[:2].mean() - p[2:].mean()).detach()) == pytest.approx(0.2, abs=1e-9)
    torch.testing.assert_close(p, generally(z, cells_of("demographic_parity", group), 0.2, (0, 1)))


def test_the_kept_scores_are_not_those_handed_out():
    """Changing the result in place does not change the gradient."""
    z = torch.tensor([0.1, 0.4, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    group = torch.tensor([0, 0, 1, 1])
    expected = torch.autograd.grad(project(z, group, 0.1).p.sum(), z)[0]
    p = project(z, group, 0.1).p
    total = p.sum()
    with torch.no_grad():
        p.mul_(0.0)
    torch.testing.assert_close(torch.autograd.grad(total, z)[0], expected)
