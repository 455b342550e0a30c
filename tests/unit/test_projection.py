"""The exact projection: promise, optimality laws, gradient, refusals. Values: tests/oracles."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fairlab.errors import InputError, SolveError, UnknownNameError
from fairlab.projection import CONSTRAINTS, FairnessLayer, project
from fairlab.projection.exact import solve_shifts

GRID = [0.0, 0.1, 0.25, 0.5, 0.5, 0.75, 1.0]
SLACKS = [0.0, 0.01, 0.1, 0.5, 1.0]


@st.composite
def people(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """Scores with many ties, 2–4 groups, labels; every (group, label) cell has somebody."""
    n_groups = draw(st.integers(2, 4))
    extra = draw(st.integers(0, 25))
    group = [g for g in range(n_groups) for _ in range(2)]
    group += draw(st.lists(st.integers(0, n_groups - 1), min_size=extra, max_size=extra))
    y = [0, 1] * n_groups + draw(st.lists(st.integers(0, 1), min_size=extra, max_size=extra))
    z = draw(st.lists(st.sampled_from(GRID), min_size=len(group), max_size=len(group)))
    return torch.tensor(z, dtype=torch.float64), torch.tensor(group), torch.tensor(y)


def gaps(p: Tensor, group: Tensor, y: Tensor, constraint: str, weight: Tensor | None = None):
    """Range of cell means under each condition, written without the product's help."""
    w = torch.ones_like(p) if weight is None else weight
    out = []
    for condition in CONSTRAINTS[constraint].conditions:
        means = []
        for g in group.unique():
            own = group == g
            if condition.label is not None:
                own = own & (y == condition.label)
            means.append(float((p[own] * w[own]).sum() / w[own].sum()))
        out.append(max(means) - min(means))
    return max(out)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@settings(max_examples=60, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS))
def test_projection_keeps_its_promise_and_repeats_itself(constraint, data, slack):
    """Feasible to 1e-9, inside the box, and projecting again changes nothing."""
    z, group, y = data
    once = project(z, group, slack, constraint, y)
    assert gaps(once.p, group, y, constraint) <= slack + 1e-9
    assert float(once.residual) <= 1e-9
    assert float(once.p.min()) >= 0.0
    assert float(once.p.max()) <= 1.0
    twice = project(once.p, group, slack, constraint, y)
    torch.testing.assert_close(twice.p, once.p, atol=1e-9, rtol=0)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@settings(max_examples=60, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS), seed=st.integers(0, 100))
def test_projection_is_nearer_than_other_fair_points(constraint, data, slack, seed):
    """Variational inequality ⟨z − p, q − p⟩ ≤ 0 for random feasible q: p is the nearest."""
    z, group, y = data
    p = project(z, group, slack, constraint, y).p
    other = torch.rand(len(z), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    q = project(other, group, slack, constraint, y).p
    assert float((z - p) @ (q - p)) <= 1e-9
    # and non-expansive
    assert float((p - q).norm()) <= float((z - other).norm()) + 1e-9


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@settings(max_examples=40, deadline=None)
@given(data=people(), seed=st.integers(0, 100))
def test_fair_scores_are_left_alone(constraint, data, seed):
    """Scores within the slack, inside the box, come back unchanged with zero multipliers."""
    z, group, y = data
    slack = gaps(z, group, y, constraint) + 1e-6
    found = project(z, group, slack, constraint, y)
    torch.testing.assert_close(found.p, z, atol=0, rtol=0)
    assert all(float(m.abs().max()) == 0 for m in found.multipliers)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@settings(max_examples=40, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS), seed=st.integers(0, 100))
def test_order_of_people_and_names_of_groups_do_not_matter(constraint, data, slack, seed):
    z, group, y = data
    p = project(z, group, slack, constraint, y).p
    order = torch.randperm(len(z), generator=torch.Generator().manual_seed(seed))
    shuffled = project(z[order], group[order], slack, constraint, y[order]).p
    torch.testing.assert_close(shuffled, p[order], atol=1e-9, rtol=0)
    renamed = project(z, 7 - group, slack, constraint, y).p
    torch.testing.assert_close(renamed, p, atol=1e-9, rtol=0)


@settings(max_examples=60, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS))
def test_multipliers_sum_to_zero_and_point_the_right_way(data, slack):
    """Lowered groups sit at the top of the range, raised ones at its bottom; forces balance."""
    z, group, y = data
    z = 0.25 + 0.5 * z  # shifts stay inside the box: multipliers are then unique
    found = project(z, group, slack, "demographic_parity", y, lower=-5.0, upper=5.0)
    (multiplier,) = found.multipliers
    assert abs(float(multiplier.sum())) <= 1e-8
    means = torch.stack([found.p[group == g].mean() for g in group.unique()])
    assert torch.allclose(means[multiplier > 1e-9], means.max(), atol=1e-9)
    assert torch.allclose(means[multiplier < -1e-9], means.min(), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS), seed=st.integers(0, 50))
def test_weight_two_is_the_person_twice(data, slack, seed):
    z, group, y = data
    generator = torch.Generator().manual_seed(seed)
    times = torch.randint(1, 4, (len(z),), generator=generator)
    weighted = project(z, group, slack, "equalized_odds", y, weight=times.double()).p
    where = torch.repeat_interleave(torch.arange(len(z)), times)
    repeated = project(z[where], group[where], slack, "equalized_odds", y[where]).p
    torch.testing.assert_close(repeated, weighted[where], atol=1e-8, rtol=0)


@settings(max_examples=60, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS))
def test_search_by_breakpoints_agrees_with_newton(data, slack):
    """The fallback, forced by allowing no Newton step, finds the same point."""
    z, group, _ = data
    _, cell = torch.unique(group, return_inverse=True)
    eps = torch.tensor([slack])
    n_cells = int(cell.max()) + 1
    newton = solve_shifts(z[None], cell, n_cells, eps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlab.projection.exact._NEWTON_STEPS", 0)
        table = solve_shifts(z[None], cell, n_cells, eps)
    p = (z - newton.shift[0, cell]).clamp(0, 1)
    q = (z - table.shift[0, cell]).clamp(0, 1)
    torch.testing.assert_close(p, q, atol=1e-9, rtol=0)


def test_many_models_equal_one_at_a_time():
    """The leading axis: each row with its own slack is its own problem."""
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(5, 60, generator=generator, dtype=torch.float64)
    group = torch.arange(60) % 3
    y = (torch.rand(60, generator=generator) < 0.5).long()
    slack = torch.tensor([0.0, 0.01, 0.05, 0.2, 1.0])
    together = project(z, group, slack, "equalized_odds", y)
    assert together.p.shape == (5, 60)
    for m in range(5):
        alone = project(z[m], group, float(slack[m]), "equalized_odds", y)
        torch.testing.assert_close(together.p[m], alone.p, atol=1e-12, rtol=0)
        torch.testing.assert_close(together.multipliers[1][m], alone.multipliers[1])


def test_float32_scores_stay_float32_and_keep_the_promise():
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(3, 5000, generator=generator)
    group = (torch.rand(5000, generator=generator) < 0.07).long()
    z = (z + 0.3 * group).clamp(0, 1)
    p = project(z, group, 0.02).p
    assert p.dtype == torch.float32
    means = torch.stack([p.double()[:, group == g].mean(1) for g in (0, 1)])
    assert float((means[0] - means[1]).abs().max()) <= 0.02 + 1e-6


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("slack", [0.0, 0.05, 0.6])
def test_gradient_matches_finite_differences(constraint, slack, weighted):
    """gradcheck in float64, scores away from kinks, some of them clipped."""
    generator = torch.Generator().manual_seed(3)
    group = torch.arange(24) % 3
    y = (torch.arange(24) // 3) % 2
    z = torch.rand(2, 24, generator=generator, dtype=torch.float64) + 0.25 * group - 0.1
    weight = torch.rand(24, generator=generator, dtype=torch.float64) + 0.5 if weighted else None
    z = z.requires_grad_()
    p = project(z, group, slack, constraint, y, weight=weight).p
    assert bool(((p == 0) | (p == 1)).any())
    assert torch.autograd.gradcheck(
        lambda s: project(s, group, slack, constraint, y, weight=weight).p,
        (z,),
        eps=1e-7,
        atol=1e-5,
    )


def test_gradient_where_a_cell_is_pinned_at_the_edge():
    """All of group 0 at 1 already and slack 0: nobody can move, the gradient is 0 there."""
    z = torch.tensor([1.5, 1.5, 2.0, 2.0], dtype=torch.float64, requires_grad=True)
    group = torch.tensor([0, 0, 1, 1])
    project(z, group, 0.0).p.sum().backward()
    assert z.grad is not None
    torch.testing.assert_close(z.grad, torch.zeros(4, dtype=torch.float64))


def test_one_group_is_only_clipped():
    z = torch.tensor([-0.5, 0.25, 1.5])
    p = project(z, torch.zeros(3, dtype=torch.long), 0.0).p
    torch.testing.assert_close(p, torch.tensor([0.0, 0.25, 1.0]))


def test_an_empty_cell_is_named():
    z, group, y = torch.rand(4), torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 0])
    with pytest.raises(SolveError, match="group 1 has y = 1"):
        project(z, group, 0.1, "equal_opportunity", y)
    project(z, group, 0.1, "predictive_equality", y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slack": -0.1}, "0 or more"),
        ({"slack": torch.tensor([0.1, 0.2])}, "per row"),
        ({"lower": 1.0}, "box"),
        ({"constraint": "equal_opportunity"}, "Pass y"),
        ({"group": torch.tensor([0, 1])}, "one integer per person"),
        ({"z": torch.tensor([0.1, float("nan"), 0.2, 0.3])}, "finite"),
        ({"z": torch.tensor([1, 0, 1, 0])}, "floating"),
        ({"weight": torch.tensor([1.0, 0.0, 1.0, 1.0])}, "positive"),
    ],
)
def test_what_cannot_be_projected_is_refused(change, message):
    good = {"z": torch.rand(4), "group": torch.tensor([0, 0, 1, 1]), "slack": 0.1}
    project(**good)
    with pytest.raises(InputError, match=message):
        project(**{**good, **change})


def test_an_unknown_constraint_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="demographic_parity"):
        project(torch.rand(4), torch.tensor([0, 0, 1, 1]), 0.1, "parity")
    with pytest.raises(UnknownNameError):
        FairnessLayer(0.1, "parity")


def test_layer_is_the_projection_and_trains_through():
    """A network that ends in the layer gets gradients and keeps the promise on the batch."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(50, 3, generator=generator)
    group = (x[:, 0] > 0).long()
    weight = torch.randn(3, generator=generator, requires_grad=True)
    layer = FairnessLayer(0.05)
    p = layer(torch.sigmoid(x @ weight), group)
    torch.testing.assert_close(p, project(torch.sigmoid(x @ weight), group, 0.05).p)
    p[:10].sum().backward()
    p = p.detach()
    assert weight.grad is not None
    assert float(weight.grad.abs().sum()) > 0
    assert abs(float(p[group == 0].mean() - p[group == 1].mean())) <= 0.05 + 1e-6
