"""The layer for one's own constraints against our exact projection and finite differences."""

from typing import Any

import cvxpy as cp
import numpy as np
import pytest
import torch
from torch import Tensor

from fairlab.projection import project
from fairlab.projection.convex import ConvexFairnessLayer

F64 = torch.float64


def parity(p: Any, data: Any) -> Any:
    means = data["average"] @ p
    return cp.max(means) - cp.min(means) <= data["slack"]


def people(n: int, G: int, M: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores (M, n) well apart between groups, groups (n,), and the rows that average (G, n)."""
    random = torch.Generator().manual_seed(seed)
    group = torch.cat([torch.arange(G), torch.randint(0, G, (n - G,), generator=random)])
    z = 0.5 + 0.3 * torch.randn(M, n, generator=random, dtype=F64) + 0.15 * group
    one_hot = torch.nn.functional.one_hot(group, G).T.to(F64)
    return z, group, one_hot / one_hot.sum(1, keepdim=True)


@pytest.mark.parametrize("box", [(0.0, 1.0), (-np.inf, np.inf), (0.2, np.inf)])
@pytest.mark.parametrize(("n", "G", "M"), [(8, 2, 1), (20, 3, 2), (64, 4, 2)])
def test_equals_the_exact_projection(box: tuple[float, float], n: int, G: int, M: int) -> None:
    """Demographic parity written out: scores within 1e-6, gradients within 1e-5."""
    layer = ConvexFairnessLayer(
        parity, {"average": (G, "n"), "slack": ()}, lower=box[0], upper=box[1]
    )
    for seed in range(3):
        z, group, average = people(n, G, M, seed)
        z.requires_grad_()
        direction = torch.randn(z.shape, generator=torch.Generator().manual_seed(seed), dtype=F64)
        p = layer(z, average=average, slack=0.05)
        exact = project(z, group, 0.05, lower=box[0], upper=box[1]).p
        torch.testing.assert_close(p, exact, atol=1e-6, rtol=0)
        (found,) = torch.autograd.grad((p * direction).sum(), z)
        (expected,) = torch.autograd.grad((exact * direction).sum(), z)
        scale = float(expected.abs().max())
        torch.testing.assert_close(found / scale, expected / scale, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("radius", "h", "near"),
    [(5.0, 1e-4, 1e-5), (0.7, 1e-3, 1e-4)],
    ids=["a plane binds", "a ball binds too"],
)
def test_gradients_equal_finite_differences(radius: float, h: float, near: float) -> None:
    """In the scores and in the parameters, for constraints our own layer does not know."""

    def capped(p: Any, data: Any) -> Any:
        return [data["share"] @ (1 - p) <= data["cap"], cp.norm2(p - 0.5) <= data["radius"]]

    layer = ConvexFairnessLayer(capped, {"share": ("n",), "cap": (), "radius": ()})
    random = torch.Generator().manual_seed(7)
    z = torch.rand(2, 8, generator=random, dtype=F64)
    share = torch.rand(8, generator=random, dtype=F64)
    cap = torch.tensor([0.35, 0.45], dtype=F64)
    inputs = (z, share / share.sum(), cap, torch.tensor(radius, dtype=F64))
    direction = torch.randn(2, 8, generator=random, dtype=F64)

    def value(*x: Tensor) -> Tensor:
        return (layer(x[0], share=x[1], cap=x[2], radius=x[3]) * direction).sum()

    leaves = [i.clone().requires_grad_() for i in inputs]
    grads = torch.autograd.grad(value(*leaves), leaves)
    for k, (own, grad) in enumerate(zip(inputs, grads, strict=True)):
        step = torch.randn(own.shape, generator=random, dtype=F64)
        ahead = [i + h * step if j == k else i for j, i in enumerate(inputs)]
        back = [i - h * step if j == k else i for j, i in enumerate(inputs)]
        expected = (value(*ahead) - value(*back)) / (2 * h)
        found = (grad * step).sum()
        assert k == 3 or float(found.abs()) > 1e-2
        torch.testing.assert_close(found, expected, rtol=near, atol=near / 10)
