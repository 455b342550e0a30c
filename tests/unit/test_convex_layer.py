"""The layer for an expert's own convex constraints: what it accepts, promises and refuses."""

import copy
import subprocess
import sys
import warnings
from typing import Any

import cvxpy as cp
import numpy as np
import pytest
import torch
from torch import Tensor

from fairlab.errors import InputError, SolveError
from fairlab.projection.convex import ConvexFairnessLayer, PrecisionNotice

F64 = torch.float64


def capped(p: Any, data: Any) -> Any:
    """Mean rejection, 1 − p, of a group at most a cap."""
    return data["share"] @ (1 - p) <= data["cap"]


def layer(**options: Any) -> ConvexFairnessLayer:
    return ConvexFairnessLayer(capped, {"share": ("n",), "cap": ()}, **options)


def share(n: int) -> Tensor:
    """The first half of n people is the group."""
    inside = (torch.arange(n) < n // 2).to(F64)
    return inside / inside.sum()


def scores(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def test_moves_only_the_group_and_only_as_far_as_needed() -> None:
    """By hand: both of the group rise by 0.1 to a mean rejection of 0.6; the others stay."""
    z = torch.tensor([0.2, 0.4, 0.9, 0.1], dtype=F64)
    p = layer()(z, share=share(4), cap=0.6)
    torch.testing.assert_close(p, torch.tensor([0.3, 0.5, 0.9, 0.1], dtype=F64), atol=1e-7, rtol=0)


def test_leaves_scores_that_meet_the_constraint_alone() -> None:
    """The gradient is then 1 for everybody."""
    z = (0.3 + 0.4 * scores(6)).requires_grad_()
    p = layer()(z, share=share(6), cap=0.9)
    torch.testing.assert_close(p, z, atol=1e-8, rtol=0)
    (slope,) = torch.autograd.grad(p[2], z)
    torch.testing.assert_close(slope, torch.eye(6, dtype=F64)[2], atol=1e-6, rtol=0)


def test_stays_in_the_box_to_the_last_bit() -> None:
    """Logarithms of p and 1 − p stay defined."""
    z = torch.tensor([-0.5, 0.3, 1.7, 0.2], dtype=F64)
    p = layer()(z, share=share(4), cap=0.6)
    assert float(p.min()) >= 0
    assert float(p.max()) == 1.0


def test_infinite_box_lets_scores_leave_the_unit_interval() -> None:
    z = torch.tensor([-0.5, 0.3, 1.7, 0.2], dtype=F64)
    p = layer(lower=-np.inf, upper=np.inf)(z, share=share(4), cap=5.0)
    torch.testing.assert_close(p, z, atol=1e-8, rtol=0)


def test_measures_every_constraint_on_every_solve() -> None:
    tested = layer()
    assert tested.residual is None
    tested(scores(3, 6), share=share(6), cap=torch.tensor([0.1, 0.2, 0.3], dtype=F64))
    assert tested.residual is not None
    assert tested.residual.shape == (3,)
    assert float(tested.residual.max()) <= 1e-9


def test_rows_together_equal_each_alone() -> None:
    """A value may be common or one per row."""
    z, caps = scores(3, 6), torch.tensor([0.1, 0.2, 0.3], dtype=F64)
    together = layer()(z, share=share(6), cap=caps)
    for m in range(3):
        alone = layer()(z[m], share=share(6), cap=caps[m])
        torch.testing.assert_close(together[m], alone, atol=1e-8, rtol=0)


def test_built_once_per_number_of_people() -> None:
    """The second call with the same n builds nothing; the least used n goes first."""
    built: list[int] = []

    def counted(p: Any, data: Any) -> Any:
        built.append(p.size)
        return capped(p, data)

    tested = ConvexFairnessLayer(counted, {"share": ("n",), "cap": ()}, max_shapes=2)
    for n in (4, 4, 6, 4):
        tested(scores(n), share=share(n), cap=0.4)
    tested(scores(5, 4), share=share(4), cap=0.2)
    assert built == [4, 6]
    tested(scores(8), share=share(8), cap=0.4)  # 6 goes
    tested(scores(4), share=share(4), cap=0.4)
    assert built == [4, 6, 8]
    tested(scores(6), share=share(6), cap=0.4)
    assert built == [4, 6, 8, 6]


def test_copies_and_state_hold_no_built_problem() -> None:
    tested = layer()
    expected = tested(scores(4), share=share(4), cap=0.4)
    assert tested.state_dict() == {}
    twin = copy.deepcopy(tested)
    assert len(twin._kept) == 0
    torch.testing.assert_close(twin(scores(4), share=share(4), cap=0.4), expected)


def test_several_constraints_and_further_variables() -> None:
    """Mean absolute deviation from 0.5 by a variable of one's own, beside a cap."""

    def both(p: Any, data: Any) -> Any:
        away = cp.Variable(p.size)
        return [
            p - 0.5 <= away,
            0.5 - p <= away,
            cp.sum(away) / p.size <= data["width"],
            capped(p, data),
        ]

    tested = ConvexFairnessLayer(both, {"share": ("n",), "cap": (), "width": ()})
    p = tested(scores(6), share=share(6), cap=0.4, width=0.1)
    assert float((p - 0.5).abs().mean()) <= 0.1 + 1e-6
    assert float(share(6) @ (1 - p)) <= 0.4 + 1e-6


def test_parameters_with_declared_signs() -> None:
    """A price on a convex expression needs its sign; a value that breaks it is refused."""

    def priced(p: Any, data: Any) -> Any:
        return cp.sum(cp.multiply(data["price"], cp.square(p))) <= 1

    tested = ConvexFairnessLayer(priced, {"price": {"shape": ("n",), "nonneg": True}})
    p = tested(torch.ones(4, dtype=F64), price=torch.ones(4))
    torch.testing.assert_close(p, torch.full((4,), 0.5, dtype=F64), atol=1e-7, rtol=0)
    with pytest.raises(InputError, match="price is not what it was declared"):
        tested(torch.ones(4, dtype=F64), price=-torch.ones(4))
    with pytest.raises(InputError, match="not convex by cvxpy's rules"):
        ConvexFairnessLayer(priced, {"price": ("n",)})(torch.ones(4, dtype=F64), price=np.ones(4))


def test_contradictory_constraints_are_said_to_be() -> None:
    """Not a solver's silence: an error in words with the residual."""
    with pytest.raises(SolveError, match=r"No scores in the box meet all.*contradict") as caught:
        layer()(scores(4), share=share(4), cap=-0.5)
    assert caught.value.residual > 0.1
    with pytest.raises(SolveError, match="in row 1"):
        layer()(scores(2, 4), share=share(4), cap=torch.tensor([0.5, -0.5], dtype=F64))


def test_a_solve_cut_short_is_refused() -> None:
    """Neither a violated constraint nor scores that are not the nearest pass."""
    short = layer(solver_args={"solve_method": "Clarabel", "max_iter": 4, "mode": "lsmr"})
    with pytest.raises(SolveError):
        short(scores(6), share=share(6), cap=0.3)
    z = torch.full((6,), 0.7, dtype=F64)
    loose = layer(solver_args={"solve_method": "Clarabel", "max_iter": 4, "mode": "lsmr"})
    with pytest.raises(SolveError, match=r"need not be the nearest|violated"):
        loose(z, share=share(6), cap=0.9)


def test_tolerance_is_what_is_accepted() -> None:
    """The same loose solve passes or not as the tolerance says; the residual is in the error."""

    def ball(p: Any, data: Any) -> Any:
        return cp.norm2(p) <= data["radius"]

    def run(tolerance: float) -> Tensor:
        loose = {"solve_method": "SCS", "eps": 1e-4, "mode": "lsqr"}
        tested = ConvexFairnessLayer(ball, {"radius": ()}, tolerance=tolerance, solver_args=loose)
        tested(scores(6), radius=0.5)
        assert tested.residual is not None
        return tested.residual

    left = float(run(1e-2))
    assert left > 0
    with pytest.raises(SolveError, match="violated by") as caught:
        run(left / 2)
    assert caught.value.residual == left


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"share": np.ones(4) / 4}, "cap was not given"),
        ({"share": np.ones(4) / 4, "cap": 0.4, "kap": 1}, "kap is not one of them"),
        ({"share": np.ones(5) / 5, "cap": 0.4}, r"share has shape \(5,\) and needs \(4,\)"),
        ({"share": np.ones(4) / 4, "cap": [0.4, 0.5]}, r"cap has shape \(2,\) and needs \(\)"),
        ({"share": np.ones(4) / 4, "cap": np.nan}, "cap must be finite"),
    ],
)
def test_refuses_values_that_do_not_fit(values: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        layer()(scores(4), **values)


@pytest.mark.parametrize(
    "z", [torch.zeros(0), torch.zeros(2, 2, 2), torch.arange(4), torch.tensor([0.5, np.nan])]
)
def test_refuses_scores_that_are_not_rows_of_finite_numbers(z: Tensor) -> None:
    with pytest.raises(InputError, match="Scores must be"):
        layer()(z, share=np.ones(2) / 2, cap=0.4)


def by(constraints: Any, parameters: Any = None) -> None:
    ConvexFairnessLayer(constraints, parameters)(scores(4))


def test_refuses_constraints_that_are_none_with_the_remedy() -> None:
    with pytest.raises(InputError, match="found bool"):
        by(lambda p, _: [p.size <= 3])
    with pytest.raises(InputError, match="No constraint came back"):
        by(lambda *_: [])
    with pytest.raises(InputError, match="not convex by cvxpy's rules"):
        by(lambda p, _: cp.square(p) >= 0.5)
    with pytest.raises(InputError, match="Integer and boolean"):
        by(lambda p, _: p[0] <= cp.Variable(boolean=True))
    with pytest.raises(InputError, match="not used by any constraint: cap"):
        by(lambda p, _: cp.sum(p) <= 1, {"cap": ()})
    with pytest.raises(InputError, match="not declared: mine"):
        by(lambda p, _: cp.sum(p) <= cp.Parameter(name="mine"))
    with pytest.raises(InputError, match="needs a shape"):
        by(lambda p, data: cp.sum(p) <= data["cap"], {"cap": "n"})


def test_refuses_parameters_that_do_not_enter_linearly() -> None:
    """Dividing by the group's size inside is the likely mistake; the error says what to pass."""

    def divided(p: Any, data: Any) -> Any:
        return data["in_group"] @ (1 - p) / cp.sum(data["in_group"]) <= data["cap"]

    tested = ConvexFairnessLayer(
        divided, {"in_group": {"shape": ("n",), "nonneg": True}, "cap": ()}
    )
    with pytest.raises(InputError, match=r"quotient as a parameter.*in_group / in_group.sum\(\)"):
        tested(scores(4), in_group=np.ones(4), cap=0.4)


def test_refuses_an_empty_box_no_room_and_a_name_in_use() -> None:
    with pytest.raises(InputError, match="box must not be empty"):
        layer(lower=1.0, upper=0.0)
    with pytest.raises(InputError, match="At least one shape"):
        layer(max_shapes=0)
    with pytest.raises(InputError, match="cannot be called z"):
        ConvexFairnessLayer(capped, {"z": ()})


def test_float32_is_solved_in_float64_with_one_notice() -> None:
    """The result and the gradient come back in float32; the notice comes once per layer."""
    tested = layer()
    z = scores(4).to(torch.float32).requires_grad_()
    with pytest.warns(PrecisionNotice, match="float64 on the CPU"):
        p = tested(z, share=share(4), cap=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PrecisionNotice)
        tested(z, share=share(4), cap=0.3).sum().backward()
    assert p.dtype == torch.float32
    assert z.grad is not None
    assert z.grad.dtype == torch.float32
    exact = layer()(z.detach().to(F64), share=share(4), cap=0.3)
    torch.testing.assert_close(p.to(F64), exact, atol=1e-7, rtol=0)


def test_needs_no_gradient_and_gives_none() -> None:
    """Inference: nothing of the graph is kept, and the scores are the same as in training."""
    z = scores(4)
    p = layer()(z, share=share(4), cap=0.3)
    assert not p.requires_grad
    with torch.no_grad():
        q = layer()(z.requires_grad_(), share=share(4), cap=0.3)
    assert not q.requires_grad
    torch.testing.assert_close(q, layer()(z, share=share(4), cap=0.3).detach(), atol=0, rtol=0)


def test_torch_func_is_refused_and_compile_runs_around_it() -> None:
    tested = layer()
    with pytest.raises(InputError, match=r"torch\.func"):
        torch.func.vmap(lambda z: tested(z, share=share(4), cap=0.3))(scores(3, 4))
    eager = tested(scores(4), share=share(4), cap=0.3)
    compiled = torch.compile(lambda z: tested(2 * z - z, share=share(4), cap=0.3), backend="eager")
    torch.testing.assert_close(compiled(scores(4)), eager, atol=1e-9, rtol=0)


def test_the_package_does_not_pay_for_cvxpy_nor_for_a_compiler() -> None:
    """cvxpy is imported when a problem is first built, torch's compiler when somebody compiles."""
    code = (
        "import sys, torch, fairlab.projection.convex\n"
        "from fairlab.projection import project\n"
        "from fairlab.training.rates import AdamW\n"
        "p = torch.nn.Parameter(torch.tensor([0.2, 0.9]))\n"
        "optimiser = AdamW([p], 0.1, 0.1)\n"
        "project(p, torch.tensor([0, 1]), 0.1).p.pow(2).sum().backward()\n"
        "optimiser.step()\n"
        "print({'cvxpy', 'torch._dynamo'} & set(sys.modules))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
