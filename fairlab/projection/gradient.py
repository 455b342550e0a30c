"""The solution as a function that can be differentiated: its derivative on the active set."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fairlab.projection.exact import Solution
from fairlab.projection.overlap import active_solve
from fairlab.projection.pairs import SolvedPairs
from fairlab.projection.problem import Problem


class Solved(torch.autograd.Function):
    """The solution, with the shifts' own dependence on z in the gradient."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, problem: Problem, found: Solution) -> Tensor:
        p = problem.scores(found.shift)
        out = p.to(z.dtype)
        # Kept as they were computed: rounding must not put a score on the edge of the box.
        ctx.exact = None if out is p else p
        ctx.save_for_backward(out)
        ctx.problem, ctx.found = problem, found
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (out,) = ctx.saved_tensors
        problem, found = ctx.problem, ctx.found
        return _gradient(out if ctx.exact is None else ctx.exact, grad, problem, found), None, None


class SolvedInNumbers(torch.autograd.Function):
    """The same of one problem that ``pairs.py`` solved."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, problem: Callable[[], Problem], found: SolvedPairs) -> Tensor:
        ctx.problem, ctx.found = problem, found
        return torch.from_numpy(found.p).to(z.dtype, copy=True).view(z.shape)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        found: SolvedPairs = ctx.found
        if torch.is_grad_enabled():  # the gradient is to be differentiated in turn
            p, rows = torch.from_numpy(found.p)[None], grad.reshape(1, -1)
            own = _gradient(p, rows, ctx.problem(), _as_solution(found))
            return own.reshape(grad.shape), None, None
        plain = found.gradient(grad.reshape(-1).numpy().astype(np.float64))
        return torch.from_numpy(plain).to(grad.dtype).view(grad.shape), None, None


def _as_solution(found: SolvedPairs) -> Solution:
    """What ``pairs.py`` found, as the general solver would say it."""
    return Solution(
        shift=torch.tensor([found.shift], dtype=torch.float64),
        active=torch.tensor([found.active], dtype=torch.float64),
        residual=torch.tensor([found.residual], dtype=torch.float64),
        iterations=found.iterations,
    )


def _gradient(p: Tensor, grad: Tensor, problem: Problem, found: Solution) -> Tensor:
    step = torch.zeros_like(found.shift)
    if found.iterations > 0:
        step = _shift_change(problem.pull(p, grad), problem, found)
    return problem.push(p, grad, step)


def _shift_change(pull: Tensor, problem: Problem, found: Solution) -> Tensor:
    """(M, C) derivative of the shifts along totals over cells (M, C), on the active set."""
    families, mass, held = problem.families, problem.mass, found.shift != 0
    if problem.joint.table is not None:
        stiffness = problem.joint.overlaps(found.active)
        return active_solve(stiffness, pull, held, mass, problem.cells.families)
    some = held & (found.active > 0)
    give = torch.where(some, mass / found.active, 0.0)
    level = families.sum(give * pull) / families.sum(give * mass).clamp_min(1e-300)
    # A held cell with nobody inside the box cannot move: it pins its family's level.
    pinned = families.sum((held ^ some).to(level.dtype)) > 0
    level = families.per_cell(torch.where(pinned, 0.0, level))
    return torch.where(some, (pull - mass * level) / found.active, 0.0)
