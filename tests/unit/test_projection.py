"""The exact projection: promise, optimality laws, gradient, refusals. Values: tests/oracles."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fairlab.errors import InputError, SolveError, UnknownNameError
from fairlab.projection import CONSTRAINTS, FairnessLayer, project
from fairlab.projection.constraints import cells_of
from fairlab.projection.layer import project_cells

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


CONDITIONS = {"equal_opportunity": [1], "predictive_equality": [0], "equalized_odds": [1, 0]}


def measured(p: Tensor, y: Tensor, constraint: str) -> Tensor:
    """What a constraint takes means of, written without the product's help."""
    if constraint == "mean_residual_parity":
        return p - y
    if constraint == "accuracy_parity":
        return torch.where(y == 1, p, 1 - p)
    return p


def gaps(p: Tensor, group: Tensor, y: Tensor, constraint: str, weight: Tensor | None = None):
    """Widest range of cell means over conditions and attributes."""
    w = torch.ones_like(p) if weight is None else weight
    value = measured(p, y, constraint)
    out = []
    for codes in group[:, None].T if group.ndim == 1 else group.T:
        for label in CONDITIONS.get(constraint, [None]):
            means = []
            for g in codes.unique():
                own = (codes == g) if label is None else (codes == g) & (y == label)
                means.append(float((value[own] * w[own]).sum() / w[own].sum()))
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
    assert float(found.multipliers.abs().max()) == 0


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
    multiplier = found.multipliers
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


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("box", [(0.0, 1.0), (-float("inf"), 0.7), (-float("inf"), float("inf"))])
@settings(max_examples=10, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS), weighted=st.booleans())
def test_search_by_breakpoints_agrees_with_newton(constraint, box, data, slack, weighted):
    """The fallback, forced by allowing no Newton step, finds the same point."""
    z, group, y = data
    weight = 1.0 + torch.arange(len(z)).double() % 3 if weighted else None
    slack += 0.7 if constraint == "accuracy_parity" and box[1] == 0.7 else 0.0  # feasible
    newton = project(z, group, slack, constraint, y, *box, weight)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlab.projection.exact._NEWTON_STEPS", 0)
        table = project(z, group, slack, constraint, y, *box, weight)
    torch.testing.assert_close(table.p, newton.p, atol=1e-9, rtol=0)


@pytest.mark.parametrize("constraint", ["demographic_parity", "accuracy_parity"])
def test_price_is_what_slack_is_worth_where_hardly_anybody_is_inside_the_box(constraint):
    """Means are then flat in the shifts over long stretches, and multipliers must still balance."""
    generator = torch.Generator().manual_seed(3)
    z = 30 * torch.randn(12, generator=generator, dtype=torch.float64)
    group, y = torch.arange(12) % 3, (torch.arange(12) % 4 == 0).long()

    def cost(slack: float) -> float:
        p = project(z, group, slack, constraint, y).p
        return 0.5 * float(((p - z) ** 2).sum())

    found = project(z, group, 0.1, constraint, y)
    assert float(found.multipliers.sum()) == pytest.approx(0.0, abs=1e-6)
    assert float(found.multipliers.abs().sum()) > 1
    worth = (cost(0.1 - 1e-4) - cost(0.1 + 1e-4)) / 2e-4
    assert float(found.price.sum()) == pytest.approx(worth, rel=1e-4)


def test_several_attributes_of_very_many_float32_scores_need_few_steps():
    """The dual's gains are then below its rounding, which must not stop the steps."""
    generator = torch.Generator().manual_seed(0)
    n = 200_000
    z = torch.sigmoid(2 * torch.randn(2, n, generator=generator))
    group = (torch.rand(n, 2, generator=generator) < torch.tensor([0.3, 0.01])).long()
    y = (torch.rand(n, generator=generator) < 0.5).long()
    z = (z + 0.2 * group[:, 0]).clamp(0, 1)
    found = project(z, group, torch.tensor([0.0, 0.02]), "equalized_odds", y)
    assert found.iterations < 20
    for p, slack in zip(found.p, (0.0, 0.02), strict=True):
        assert gaps(p.double(), group, y, "equalized_odds") <= slack + 1e-6


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
        torch.testing.assert_close(together.multipliers[m], alone.multipliers)
        torch.testing.assert_close(together.price[m], alone.price)


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
    """gradcheck in float64, scores away from kinks, some of them clipped.

    Score by score for one slack; elsewhere along directions drawn at random.
    """
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
        fast_mode=weighted or slack != 0.05,
    )


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize(("slack", "weighted"), [(0.0, True), (0.04, False)])
def test_gradient_with_two_attributes_matches_finite_differences(constraint, slack, weighted):
    generator = torch.Generator().manual_seed(4)
    group = torch.stack([torch.arange(36) % 3, (torch.arange(36) // 5) % 2], dim=1)
    y = (torch.arange(36) // 3) % 2
    z = torch.rand(2, 36, generator=generator, dtype=torch.float64) + 0.2 * group[:, 0] - 0.1
    z = (z + 0.15 * group[:, 1]).requires_grad_()
    weight = torch.rand(36, generator=generator, dtype=torch.float64) + 0.5 if weighted else None
    p = project(z, group, slack, constraint, y, weight=weight)
    assert bool(((p.p == 0) | (p.p == 1)).any())
    assert bool((p.shift != 0).any())
    pull = torch.rand(2, 36, generator=generator, dtype=torch.float64)
    (together,) = torch.autograd.grad(p.p, z, pull)

    def projected(scores: Tensor) -> Tensor:
        return project(scores, group, slack, constraint, y, weight=weight).p

    # All 36 moves of a model at once, each as a model of its own.
    moves, eps = torch.eye(36, dtype=torch.float64), 1e-7
    for model in range(2):
        row = z.detach()[model]
        differences = (projected(row + eps * moves) - projected(row - eps * moves)) / (2 * eps)
        copies = row.repeat(36, 1).requires_grad_()
        (gradient,) = torch.autograd.grad(projected(copies), copies, moves)
        torch.testing.assert_close(gradient.T, differences, atol=1e-5, rtol=1e-3)
        # Both models at once: each has its own gradient, and nothing of the other's.
        torch.testing.assert_close(together[model], pull[model] @ gradient, atol=1e-9, rtol=0)


def test_the_gradient_of_the_gradient_is_that_of_a_linear_map():
    """gradgradcheck: the backward pass may itself be differentiated."""
    z = torch.tensor([0.1, 0.4, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    group = torch.tensor([0, 0, 1, 1])
    assert torch.autograd.gradgradcheck(lambda s: project(s, group, 0.1).p ** 2, (z,))


def test_the_layer_may_be_used_twice_in_one_graph():
    """Gradients of two uses add up, and a second backward pass gives the same again."""
    z = torch.tensor([0.1, 0.4, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    group = torch.tensor([0, 0, 1, 1])
    first, second = project(z, group, 0.1).p, project(z * z, group, 0.0).p
    loss = (first * second).sum()
    (once,) = torch.autograd.grad(loss, z, retain_graph=True)
    (again,) = torch.autograd.grad(loss, z)
    torch.testing.assert_close(once, again)
    one = torch.autograd.grad((project(z, group, 0.1).p * second.detach()).sum(), z)[0]
    two = torch.autograd.grad((first.detach() * project(z * z, group, 0.0).p).sum(), z)[0]
    torch.testing.assert_close(once, one + two)


def test_gradient_at_kinks_is_the_documented_side():
    """On the edge of the box a score does not move; a binding cell without shift is free."""
    group = torch.tensor([0, 0, 1, 1])
    z = torch.tensor([0.0, 0.4, 0.5, 1.0], dtype=torch.float64, requires_grad=True)
    project(z, group, 1.0).p.sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [0.0, 1.0, 1.0, 0.0]
    z = torch.tensor([0.25, 0.25, 0.75, 0.75], dtype=torch.float64, requires_grad=True)
    project(z, group, 0.5).p[0].backward()  # exactly as far apart as allowed
    assert z.grad is not None
    assert z.grad.tolist() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # of the compiler itself
def test_vmap_is_refused_and_compile_goes_around():
    group = torch.tensor([0, 0, 1, 1])
    with pytest.raises(InputError, match="leading axis"):
        torch.func.vmap(lambda s: project(s, group, 0.1).p)(torch.rand(2, 4))
    z = torch.tensor([0.1, 0.4, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    compiled = torch.compile(lambda s: project(s * 2, group, 0.1).p * 3, backend="eager")
    out = compiled(z)
    torch.testing.assert_close(out, project(z * 2, group, 0.1).p * 3)
    (found,) = torch.autograd.grad(out.sum(), z)
    (wanted,) = torch.autograd.grad((project(z * 2, group, 0.1).p * 3).sum(), z)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("attributes", [1, 2])
@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_price_is_what_slack_is_worth(constraint, attributes):
    """Lowering of the objective per unit of slack, by differences, equals the summed prices."""
    generator = torch.Generator().manual_seed(1)
    group = torch.randint(0, 3, (60, attributes), generator=generator)
    y = torch.randint(0, 2, (60,), generator=generator)
    z = torch.rand(60, generator=generator, dtype=torch.float64) * 0.8 + 0.2 * (group[:, 0] == 1)

    def objective(slack: float) -> float:
        return float(((project(z, group, slack, constraint, y).p - z) ** 2).sum()) / 2

    found = project(z, group, 0.02, constraint, y)
    assert float(found.price.sum()) > 1e-3
    assert bool((found.price >= 0).all())
    worth = (objective(0.02 - 1e-5) - objective(0.02 + 1e-5)) / 2e-5
    assert worth == pytest.approx(float(found.price.sum()), rel=1e-5)


def test_a_start_changes_the_way_but_not_the_end():
    generator = torch.Generator().manual_seed(2)
    z = torch.rand(3, 200, generator=generator, dtype=torch.float64)
    group = torch.randint(0, 4, (200, 2), generator=generator)
    for groups in (group[:, 0], group):
        cold = project(z, groups, 0.01)
        warm = project(z, groups, 0.01, start=cold.shift)
        torch.testing.assert_close(warm.p, cold.p, atol=1e-10, rtol=0)
        assert warm.iterations <= 1
        wrong = project(z, groups, 0.01, start=-3 * cold.shift)
        torch.testing.assert_close(wrong.p, cold.p, atol=1e-10, rtol=0)
        free = project(z, groups, 1.0, start=cold.shift)
        torch.testing.assert_close(free.p, z, atol=1e-12, rtol=0)


@settings(max_examples=40, deadline=None)
@given(data=people(), slack=st.sampled_from(SLACKS), seed=st.integers(0, 99))
def test_two_attributes_keep_their_promises_together(data, slack, seed):
    """Each attribute by itself; order of attributes and of people does not matter."""
    z, first, y = data
    second = torch.randint(0, 3, first.shape, generator=torch.Generator().manual_seed(seed))
    group = torch.stack([first, second], dim=1)
    found = project(z, group, slack)
    assert gaps(found.p, group, y, "demographic_parity") <= slack + 1e-9
    swapped = project(z, group.flip(1), slack)
    torch.testing.assert_close(swapped.p, found.p, atol=1e-8, rtol=0)
    order = torch.randperm(len(z), generator=torch.Generator().manual_seed(seed))
    shuffled = project(z[order], group[order], slack)
    torch.testing.assert_close(shuffled.p, found.p[order], atol=1e-8, rtol=0)


def test_the_same_attribute_twice_is_the_attribute_once():
    generator = torch.Generator().manual_seed(3)
    z = torch.rand(2, 50, generator=generator, dtype=torch.float64)
    group = torch.arange(50) % 3
    z = (z + 0.2 * group).requires_grad_()
    twice = project(z, torch.stack([group, group], dim=1), 0.03)
    once = project(z, group, 0.03)
    torch.testing.assert_close(twice.p, once.p, atol=1e-9, rtol=0)
    (a,) = torch.autograd.grad((twice.p**2).sum(), z)
    (b,) = torch.autograd.grad((once.p**2).sum(), z)
    torch.testing.assert_close(a, b, atol=1e-6, rtol=0)


def test_infeasible_is_said_with_the_residual():
    """Accuracy of a score of at least 0.9 cannot agree between all-favourable and all-not."""
    y = torch.tensor([1, 1, 0, 0])
    group = torch.tensor([0, 0, 1, 1])
    with pytest.raises(SolveError, match="widen the bounds") as caught:
        project(torch.rand(4), group, 0.1, "accuracy_parity", y, lower=0.9)
    assert caught.value.residual >= 0.9 - 0.1 - 0.1 - 1e-9


@pytest.mark.parametrize("n_groups", [2, 3, 40])
def test_very_many_float32_scores_keep_the_promise(n_groups):
    """The float32 way (more than 131,072 scores) agrees with float64 and stays below 1e-6."""
    n = 200_001
    generator = torch.Generator().manual_seed(0)
    group = torch.randint(0, n_groups, (n,), generator=generator)
    y = torch.randint(0, 2, (n,), generator=generator)
    z = torch.sigmoid(torch.randn(n, generator=generator) + 0.5 * (group == 1))
    for constraint in CONSTRAINTS:
        many = project(z, group, 0.01, constraint, y)
        assert many.p.dtype == torch.float32
        assert gaps(many.p.double(), group, y, constraint) <= 0.01 + 1e-6
        exact = project(z.double(), group, 0.01, constraint, y)
        torch.testing.assert_close(many.p.double(), exact.p, atol=2e-6, rtol=0)


@pytest.mark.parametrize("n_groups", [2, 3])
def test_sums_by_index_are_the_sums(n_groups, monkeypatch):
    """The three ways of summing over cells give the same projection and gradient."""
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(2, 90_000, generator=generator).requires_grad_()
    group = torch.randint(0, n_groups, (90_000,), generator=generator)
    cells = cells_of("demographic_parity", group)
    up = torch.rand(2, 90_000, generator=generator)

    def both() -> tuple[Tensor, Tensor]:
        p = project_cells(z * (1 + group), cells, 0.01).p
        return p.detach(), torch.autograd.grad(p, z, up)[0]

    usual = both()
    monkeypatch.setattr("fairlab.projection.sums._LARGEST_INDICATOR", 0)
    monkeypatch.setattr("fairlab.projection.sums.SMALL", 2**40)
    for a, b in zip(both(), usual, strict=True):
        torch.testing.assert_close(a, b, atol=2e-6, rtol=0)


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
        ({"group": torch.tensor([0.0, 0.0, 1.0, 1.0])}, "integers"),
        ({"constraint": "equal_opportunity", "y": torch.tensor([0, 1, 2, 1])}, "0 and 1"),
        ({"constraint": "accuracy_parity", "y": torch.tensor([0, 1])}, "one entry per person"),
        ({"start": torch.zeros(3)}, "3"),
        ({"z": torch.tensor([0.1, float("nan"), 0.2, 0.3])}, "finite"),
        ({"z": torch.tensor([0.1, float("inf"), 0.2, 0.3])}, "finite"),
        ({"z": torch.tensor([1, 0, 1, 0])}, "float32 or float64"),
        ({"z": torch.rand(4).half()}, "float32 or float64"),
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


def test_a_slack_given_to_the_call_takes_the_layers_place():
    z, group = torch.tensor([0.1, 0.4, 0.5, 0.9]), torch.tensor([0, 0, 1, 1])
    layer = FairnessLayer(1.0)
    torch.testing.assert_close(layer(z, group), z)
    torch.testing.assert_close(layer(z, group, slack=0.0), project(z, group, 0.0).p)


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
