"""M networks as one: every parameter has a leading models axis.

Models are strengths × seeds, seed-major: model ``k * S + s`` has seed k and strength s. People of
a batch differ between seeds and are shared by the S strengths of a seed, so the first layer is
one (S·H, F) × (F, B) product per seed. Activations are (M, units, B), people last: reading the
first product as M models is then a view, not a copy.

With ``mixed`` the hidden layers' dense products of a training step are in bfloat16 (sums in
float32). Weights and their gradients, the sparse first layer, logits, and all products of scoring
stay in float32.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fairlab.config import ModelConfig
from fairlab.training.sparse import (
    Features,
    SparseBatch,
    SparseRows,
    first_layer,
    first_layer_gradient,
)


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
        mixed: Whether products of training steps are in bfloat16.
    """

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int],
        seeds: Sequence[int],
        strengths: int,
        outputs: int = 1,
        salt: int = 0,
        mixed: bool = False,
    ) -> None:
        super().__init__()
        self.mixed = mixed
        self.n_seeds = len(seeds)
        self.n_models = len(seeds) * strengths
        sizes = [n_features, *hidden, outputs]
        # numpy's, because torch's generators tell only 32 bits of a seed apart.
        generators = [np.random.default_rng([seed, 2, salt]) for seed in seeds]
        self._workspace = Workspace()
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            # He et al. 2015 before a ReLU; smaller for the output, so that scores start near ½.
            bound = math.sqrt((1 if layer == len(hidden) else 6) / fan_in)
            drawn = [
                torch.from_numpy(g.uniform(-bound, bound, (fan_out, fan_in))) for g in generators
            ]
            start = torch.stack(drawn).to(torch.float32).repeat_interleave(strengths, dim=0)
            self.weights.append(nn.Parameter(start.contiguous()))
            self.biases.append(nn.Parameter(torch.zeros(self.n_models, fan_out, 1)))

    def forward(self, x: Features) -> Tensor:
        """(K, F, B) features of each seed's batch, or (M, F, B), to (M, outputs, B)."""
        layers = [*self.weights, *self.biases]
        mixed = self.mixed and torch.is_grad_enabled()
        out: Tensor = _Perceptrons.apply(x, self._workspace, mixed, *layers)  # type: ignore[no-untyped-call]
        return out


class Workspace:
    """Activation buffers that every step uses again.

    Activations are tens of megabytes; asking the system for them at each step costs as much as
    computing them. One forward pass may be pending at a time; a backward pass after another
    forward pass would read the wrong numbers, so it is refused.
    """

    def __init__(self) -> None:
        self.version = 0
        self._buffers: dict[tuple[str, int, tuple[int, ...], torch.dtype], Tensor] = {}

    def buffer(self, role: str, layer: int, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """A buffer of this role, layer and shape; contents are whatever was there."""
        key = (role, layer, shape, like.dtype)
        if key not in self._buffers:
            self._buffers[key] = torch.empty(shape, dtype=like.dtype, device=like.device)
        return self._buffers[key]

    def cast(self, role: str, layer: int, values: Tensor, dtype: torch.dtype) -> Tensor:
        """The values as ``dtype``, in the same layout; themselves where they have it already."""
        if values.dtype == dtype:
            return values
        key = (role, layer, tuple(values.shape), dtype)
        if key not in self._buffers:
            self._buffers[key] = torch.empty_like(values, dtype=dtype)
        return self._buffers[key].copy_(values)


class _Perceptrons(torch.autograd.Function):
    """All layers of all models, forward and backward, in reused buffers."""

    @staticmethod
    def forward(
        ctx: Any, x: Features, workspace: Workspace, mixed: bool, *layers: Tensor
    ) -> Tensor:
        workspace.version += 1
        depth = len(layers) // 2
        inputs: list[Features] = [x]
        for i, (weight, bias) in enumerate(zip(layers[:depth], layers[depth:], strict=True)):
            last = i == depth - 1
            h = inputs[-1]
            if isinstance(h, SparseBatch):
                out = _sparse_layer(h, weight, bias, workspace, last)
            else:
                kind = torch.bfloat16 if mixed and not last else weight.dtype
                h = inputs[-1] = workspace.cast("input", i, h, kind)
                out = _dense_layer(h, weight.to(kind), bias.to(kind), workspace, i, last)
            inputs.append(out)
        ctx.inputs, ctx.layers, ctx.workspace = inputs[:-1], layers, workspace
        ctx.version = workspace.version
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.version != ctx.workspace.version:
            raise RuntimeError("A second forward pass ran before this backward pass.")
        depth = len(ctx.layers) // 2
        grads: list[Tensor | None] = [None] * len(ctx.layers)
        back: Tensor | None = grad.contiguous()
        for i in reversed(range(depth)):
            weight, bias, h = ctx.layers[i], ctx.layers[depth + i], ctx.inputs[i]
            assert back is not None
            if isinstance(h, SparseBatch):
                people_first = ctx.workspace.cast("back", i, back.transpose(1, 2), weight.dtype)
                grads[i], grads[depth + i] = first_layer_gradient(h, people_first, weight, bias)
                return None, None, None, *grads
            back = ctx.workspace.cast("back", i, back, h.dtype)
            flat = back.view(len(h), -1, back.shape[2])
            grads[i] = torch.bmm(flat, h.transpose(1, 2)).view_as(weight).to(weight.dtype)
            grads[depth + i] = back.sum(2, keepdim=True, dtype=weight.dtype)
            back = _input_gradient(ctx, i, flat)
        return None if back is None else back.to(weight.dtype), None, None, *grads


def _sparse_layer(
    x: SparseBatch, weight: Tensor, bias: Tensor, workspace: Workspace, last: bool
) -> Tensor:
    """The first layer, (M, H, B) as a view of people first."""
    shape = (len(weight), x.n, weight.shape[1])
    out = weight.new_empty(shape) if last else workspace.buffer("people", 0, shape, weight)
    first_layer(x, weight, bias, out, relu=not last)
    return out.transpose(1, 2)


def _dense_layer(
    h: Tensor, weight: Tensor, bias: Tensor, workspace: Workspace, layer: int, last: bool
) -> Tensor:
    """One layer, (M, H, B); strengths share the input of the first, so it has K blocks."""
    blocks = len(h)
    shape = (blocks, weight.shape[0] * weight.shape[1] // blocks, h.shape[2])
    terms = (bias.view(blocks, -1, 1), weight.view(blocks, -1, weight.shape[2]), h)
    if last:
        return torch.baddbmm(*terms).view(len(weight), weight.shape[1], -1)
    out = torch.baddbmm(*terms, out=workspace.buffer("activation", layer, shape, h))
    return out.relu_().view(len(weight), weight.shape[1], -1)


def _input_gradient(ctx: Any, layer: int, grad: Tensor) -> Tensor | None:
    """Gradient of a layer's input; through the ReLU before it when there is one."""
    h: Tensor = ctx.inputs[layer]
    weight: Tensor = ctx.layers[layer].to(h.dtype)
    across = weight.view(len(h), -1, weight.shape[2])
    if layer == 0:
        return torch.bmm(across.transpose(1, 2), grad) if ctx.needs_input_grad[0] else None
    if isinstance(ctx.inputs[layer - 1], SparseBatch):  # whose output is people first
        h = h.transpose(1, 2)
        terms = (grad.transpose(1, 2), across)
    else:
        terms = (across.transpose(1, 2), grad)
    out: Tensor = ctx.workspace.buffer("gradient", layer, tuple(h.shape), h)
    torch.bmm(*terms, out=out)
    torch.ops.aten.threshold_backward.grad_input(out, h, 0, grad_input=out)
    return out if h is ctx.inputs[layer] else out.transpose(1, 2)


def predictor(
    n_features: int, model: ModelConfig, seeds: Sequence[int], strengths: int, mixed: bool = False
) -> BatchedNet:
    """The predictors of a family, as configured."""
    hidden = () if model.kind == "logistic" else (model.width,) * model.depth
    return BatchedNet(n_features, hidden, seeds, strengths, mixed=mixed)


@torch.no_grad()
def logits(net: BatchedNet, x: Tensor | SparseRows, chunk: int = 1024) -> Tensor:
    """(M, n) logits for features (F, n) that all models see, a chunk of people at a time."""
    n = x.n if isinstance(x, SparseRows) else x.shape[1]
    out: Tensor | None = None
    for start in range(0, n, chunk):
        stop = min(start + chunk, n)
        if isinstance(x, SparseRows):
            part = net(SparseBatch((x.between(start, stop),)))[:, 0]
        else:
            part = net(x[:, start:stop].expand(net.n_seeds, -1, -1))[:, 0]
        out = part.new_empty(net.n_models, n) if out is None else out
        out[:, start:stop] = part
    assert out is not None
    return out


def snapshot(net: nn.Module) -> list[Tensor]:
    """A copy of every parameter."""
    return [p.detach().clone() for p in net.parameters()]


@torch.no_grad()
def copy_models(source: Sequence[Tensor], target: Sequence[Tensor], which: Tensor) -> None:
    """Overwrite the models where ``which`` (M,) is true, for all parameters at once."""
    for new, old in zip(source, target, strict=True):
        old.copy_(torch.where(which[:, None, None], new, old))
