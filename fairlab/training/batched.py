"""M networks as one: every parameter has a leading models axis.

Models are strengths × seeds, seed-major: model ``k * S + s`` has seed k and strength s. People of
a batch differ between seeds and are shared by the S strengths of a seed, so the first layer is
one (S·H, F) × (F, B) product per seed. Activations are (M, units, B), people last: reading the
first product as M models is then a view, not a copy.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from fairlab.config import ModelConfig


class BatchedNet(nn.Module):
    """M perceptrons with ReLU and one output (``depth`` 0: logistic regression).

    All strengths of a seed start from the same weights, drawn from that seed alone: a model does
    not depend on which others are trained beside it.

    Args:
        n_features: F.
        hidden: Units of each hidden layer.
        seeds: K seeds.
        strengths: S, models per seed.
        outputs: Units of the last layer.
        salt: Draws different weights from the same seeds (for an adversary).
    """

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int],
        seeds: Sequence[int],
        strengths: int,
        outputs: int = 1,
        salt: int = 0,
    ) -> None:
        super().__init__()
        self.n_seeds = len(seeds)
        self.n_models = len(seeds) * strengths
        sizes = [n_features, *hidden, outputs]
        generators = [torch.Generator().manual_seed(seed + 2**32 * salt) for seed in seeds]
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for fan_in, fan_out in pairwise(sizes):
            bound = 1 / math.sqrt(fan_in)
            drawn = [
                (torch.rand(fan_out, fan_in + 1, generator=g) * 2 - 1) * bound for g in generators
            ]
            start = torch.stack(drawn).repeat_interleave(strengths, dim=0)
            self.weights.append(nn.Parameter(start[:, :, :fan_in].contiguous()))
            self.biases.append(nn.Parameter(start[:, :, fan_in:].contiguous()))

    def forward(self, x: Tensor) -> Tensor:
        """(K, F, B) features of each seed's batch, or (M, F, B), to (M, outputs, B)."""
        h = x
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            blocks = len(h)  # K for the first layer: strengths share their input
            h = torch.baddbmm(
                bias.view(blocks, -1, 1), weight.view(blocks, -1, weight.shape[2]), h
            ).view(self.n_models, weight.shape[1], -1)
            if i < last:
                h = torch.relu(h)
        return h


def predictor(
    n_features: int, model: ModelConfig, seeds: Sequence[int], strengths: int
) -> BatchedNet:
    """The predictors of a family, as configured."""
    hidden = () if model.kind == "logistic" else (model.width,) * model.depth
    return BatchedNet(n_features, hidden, seeds, strengths)


@torch.no_grad()
def logits(net: BatchedNet, x: Tensor, chunk: int = 4096) -> Tensor:
    """(M, n) logits for features (F, n) that all models see, a chunk of people at a time."""
    pieces = [
        net(x[:, start : start + chunk].expand(net.n_seeds, -1, -1))[:, 0]
        for start in range(0, x.shape[1], chunk)
    ]
    return torch.cat(pieces, dim=1)


def snapshot(net: nn.Module) -> list[Tensor]:
    """A copy of every parameter."""
    return [p.detach().clone() for p in net.parameters()]


@torch.no_grad()
def copy_models(source: Sequence[Tensor], target: Sequence[Tensor], which: Tensor) -> None:
    """Overwrite the models where ``which`` (M,) is true, for all parameters at once."""
    for new, old in zip(source, target, strict=True):
        old.copy_(torch.where(which[:, None, None], new, old))
