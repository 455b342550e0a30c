"""On a CUDA device: the same projections, rules and curves as on the processor."""

import numpy as np
import pytest
import torch

from fairlab.config import SweepConfig
from fairlab.projection import (
    CONSTRAINTS,
    ConvexFairnessLayer,
    FrozenRule,
    PrecisionNotice,
    project,
)
from fairlab.training import fit_sweep
from tests.unit.training_people import prepared

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("n", [300, 200_000])
@pytest.mark.parametrize("attributes", [1, 2])
@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_projection_and_gradient_are_those_of_the_processor(constraint, attributes, n):
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(2, n, generator=generator)
    group = torch.randint(0, 3, (n, attributes), generator=generator)
    y = torch.randint(0, 2, (n,), generator=generator)
    up = torch.rand(2, n, generator=generator)

    def both(device: str) -> tuple[torch.Tensor, torch.Tensor]:
        scores = z.to(device).requires_grad_()
        p = project(scores, group.to(device), 0.01, constraint, y.to(device)).p
        (gradient,) = torch.autograd.grad(p, scores, up.to(device))
        return p.detach().cpu(), gradient.cpu()

    for here, there in zip(both("cpu"), both("cuda"), strict=True):
        torch.testing.assert_close(there, here, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_frozen_rules_are_those_of_the_processor(constraint):
    generator = torch.Generator().manual_seed(1)
    z = torch.rand(3, 500, generator=generator)
    group = torch.randint(0, 3, (500,), generator=generator)
    y = torch.randint(0, 2, (500,), generator=generator)
    here = FrozenRule.fit(z, group, 0.02, constraint, y)(z, group)
    there = FrozenRule.fit(z.cuda(), group.cuda(), 0.02, constraint, y.cuda())
    torch.testing.assert_close(there(z.cuda(), group.cuda()).cpu(), here, atol=1e-5, rtol=0)


@pytest.mark.parametrize("mode", ["penalty", "adversarial", "layer"])
def test_a_sweep_on_the_device_is_near_the_processors(mode):
    config = SweepConfig(modes=(mode,), epochs=3, batch_size=64)
    here = fit_sweep(prepared(), config)
    there = fit_sweep(prepared(), config.model_copy(update={"device": "cuda"}))
    for split in ("validation", "test"):
        np.testing.assert_allclose(there.splits[split].score, here.splits[split].score, atol=0.02)


def test_a_chunked_sweep_on_the_device_gives_the_numbers_of_the_whole():
    config = SweepConfig(epochs=3, batch_size=64, device="cuda")
    whole = fit_sweep(prepared(), config)
    parts = fit_sweep(prepared(), config, models_at_once=8)
    for split in ("validation", "test"):
        np.testing.assert_allclose(parts.splits[split].score, whole.splits[split].score, atol=5e-3)


def test_a_layer_of_ones_own_is_solved_on_the_processor_and_comes_back():
    cap = ConvexFairnessLayer(lambda p, data: p @ data["share"] <= 0.3, {"share": ("n",)})
    z = torch.rand(4, generator=torch.Generator().manual_seed(2)).cuda().requires_grad_()
    share = torch.full((4,), 0.25)
    with pytest.warns(PrecisionNotice, match="on cuda"):
        p = cap(z, share=share.cuda())
    p.sum().backward()
    assert p.device == z.device
    assert z.grad is not None
    assert z.grad.device == z.device
    torch.testing.assert_close(p.detach().cpu().mean(), torch.tensor(0.3), atol=1e-6, rtol=0)
