"""AdamW of a sweep against torch's own."""

import pytest
import torch
from torch import nn

from fairlab.training.rates import AdamW


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_are_those_of_torch_bit_by_bit(decay: float) -> None:
    """Rates that change from step to step; a parameter without a gradient is left alone."""
    generator = torch.Generator().manual_seed(0)
    ours = [nn.Parameter(torch.randn(2, n, 3, generator=generator)) for n in (1, 4, 5)]
    theirs = [nn.Parameter(p.detach().clone()) for p in ours]
    mine = AdamW(ours, 0.02, decay)
    peer = torch.optim.AdamW(theirs, lr=0.02, weight_decay=decay, fused=True)
    for step in range(12):
        scale = 1 / (1 + step)
        peer.param_groups[0]["lr"] = 0.02 * scale
        mine.zero_grad()
        peer.zero_grad()
        for p, q in zip(ours[:2], theirs[:2], strict=True):
            p.grad = torch.randn(p.shape, generator=generator)
            q.grad = p.grad.clone()
        mine.step(scale)
        peer.step()
        for p, q in zip(ours, theirs, strict=True):
            assert torch.equal(p, q)
    assert mine.steps[0] == 12
    assert mine.steps[2] == 0
