"""Differentiable projection of scores onto nearly equal cell means, as a function and a layer.

After Troxell, Roemer, Montúfar, "Differentiable Optimization Layers for Guaranteed Fairness in
Deep Learning", ICML 2026 (arXiv 2605.17118), solved exactly (``exact.py``) instead of by a
general solver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fairlab.errors import InputError
from fairlab.projection.constraints import CONSTRAINTS, Part, parts_of
from fairlab.projection.exact import Shifts, solve_shifts

__all__ = ["FairnessLayer", "Projection", "project", "project_parts"]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Nearest scores within the slack, and how they were found.

    Attributes:
        p: (n,) or (M, n), as the input; differentiable in the input.
        multipliers: One (C,) or (M, C) float64 tensor per condition of the constraint, over the
            groups present: W_g s_g, summing to 0. Positive: the group's mean was lowered.
        shift: The same per cell: ``p = clip(z − shift)``.
        residual: () or (M,) excess of any gap over the slack in float64, ≤ 1e-9.
        iterations: Newton steps taken.
    """

    p: Tensor
    multipliers: tuple[Tensor, ...]
    shift: tuple[Tensor, ...]
    residual: Tensor
    iterations: int


def project(
    z: Tensor,
    group: Tensor,
    slack: float | Tensor,
    constraint: str = "demographic_parity",
    y: Tensor | None = None,
    lower: float = 0.0,
    upper: float = 1.0,
    weight: Tensor | None = None,
) -> Projection:
    """Nearest scores in [lower, upper] whose group means differ by at most ``slack``.

    Minimises ½ Σ w_i (p_i − z_i)². For constraints on a label the range is bounded among people
    with that label (each label apart for ``equalized_odds``); others are only clipped.

    The gradient is the projection's derivative on its active set. Conventions where there is a
    kink: a score on the edge of the box does not move, and a cell that was not shifted is free.

    Args:
        z: (n,) or (M, n) floating scores; M problems at once.
        group: (n,) integers.
        slack: ε ≥ 0, a number or (M,).
        constraint: A name of ``CONSTRAINTS``.
        y: (n,) labels 0/1, for constraints on a label.
        lower, upper: Box.
        weight: (n,) or (M, n) positive weights; weight 2 equals the person twice.

    Raises:
        UnknownNameError: Unknown constraint.
        InputError: Shapes that do not fit, a negative slack, an empty box, missing labels.
        SolveError: A cell is empty (named), scores are not finite, or the promise is not met.
    """
    _check(z, group, slack, lower, upper, weight)
    parts = parts_of(constraint, group, y)
    return project_parts(z, parts, slack, lower, upper, weight)


def project_parts(
    z: Tensor,
    parts: Sequence[Part],
    slack: float | Tensor,
    lower: float = 0.0,
    upper: float = 1.0,
    weight: Tensor | None = None,
) -> Projection:
    """:func:`project` with the cells worked out before, for use in a loop."""
    single = z.ndim == 1
    rows = z[None, :] if single else z
    eps = torch.as_tensor(slack, dtype=torch.float64, device=z.device).expand(len(rows))
    if single and weight is not None:
        weight = weight.reshape(-1)
    solved = [
        solve_shifts(
            *_members(rows.detach(), part), part.n_cells, eps, lower, upper, _of(weight, part)
        )
        for part in parts
    ]
    p: Tensor = _Apply.apply(  # type: ignore[no-untyped-call]
        rows, lower, upper, weight, tuple(parts), tuple(s.shift for s in solved)
    )
    return _as_projection(p, solved, single)


def _as_projection(p: Tensor, solved: Sequence[Shifts], single: bool) -> Projection:
    residual = torch.stack([s.residual for s in solved]).amax(0)

    def shape(x: Tensor) -> Tensor:
        return x[0] if single else x

    return Projection(
        p=shape(p),
        multipliers=tuple(shape(s.multipliers) for s in solved),
        shift=tuple(shape(s.shift) for s in solved),
        residual=shape(residual),
        iterations=max(s.iterations for s in solved),
    )


def _members(rows: Tensor, part: Part) -> tuple[Tensor, Tensor]:
    return (rows if part.people is None else rows[:, part.people]), part.cell


def _of(weight: Tensor | None, part: Part) -> Tensor | None:
    if weight is None or part.people is None:
        return weight
    return weight[..., part.people]


class _Apply(torch.autograd.Function):
    """``clip(z − shift)`` with the shift's own dependence on z in the gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        z: Tensor,
        lower: float,
        upper: float,
        weight: Tensor | None,
        parts: tuple[Part, ...],
        shifts: tuple[Tensor, ...],
    ) -> Tensor:
        moved = z.to(torch.float64)
        for part, shift in zip(parts, shifts, strict=True):
            if part.people is None:
                moved = moved - shift[:, part.cell]
            else:
                moved = moved.index_add(1, part.people, -shift[:, part.cell])
        inside = (moved > lower) & (moved < upper)
        ctx.inside, ctx.weight, ctx.parts, ctx.shifts = inside, weight, parts, shifts
        return moved.clamp(lower, upper).to(z.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        weight = None if ctx.weight is None else ctx.weight.to(grad.dtype)
        # The derivative is self-adjoint in the inner product weighted by w.
        out = ctx.inside * (grad if weight is None else grad / weight)
        inside = ctx.inside.to(grad.dtype)
        result = out
        for part, shift in zip(ctx.parts, ctx.shifts, strict=True):
            step = _shift_change(out, inside, part, shift, _of(weight, part))
            if part.people is None:
                result = result - inside * step[:, part.cell]
            else:
                moved = inside[:, part.people] * step[:, part.cell]
                result = result.index_add(1, part.people, -moved)
        if weight is not None:
            result = result * weight
        return result, None, None, None, None, None


def _shift_change(
    change: Tensor, inside: Tensor, part: Part, shift: Tensor, weight: Tensor | None
) -> Tensor:
    """(M, C) derivative of the shifts along ``change`` (already 0 outside the box)."""
    dtype = change.dtype
    onehot = torch.nn.functional.one_hot(part.cell, part.n_cells).to(dtype)
    own_change, _ = _members(change, part)
    own_inside, _ = _members(inside, part)
    if weight is not None:
        own_change, own_inside = own_change * weight, own_inside * weight
    mass = onehot.sum(0) if weight is None else weight @ onehot
    total = (own_change @ onehot).to(torch.float64)
    active = (own_inside @ onehot).to(torch.float64)
    held = shift != 0
    some = held & (active > 0)
    mean_change = torch.where(some, total / active.clamp_min(1e-300), 0.0)
    stiffness = torch.where(some, mass.to(torch.float64) ** 2 / active.clamp_min(1e-300), 0.0)
    # A held cell with nobody inside the box cannot move: it pins the common level.
    pinned = (held & (active == 0)).any(1, keepdim=True)
    level = (mean_change * mass).sum(1, keepdim=True) / stiffness.sum(1, keepdim=True).clamp_min(
        1e-300
    )
    level = torch.where(pinned, torch.zeros_like(level), level)
    step = torch.where(some, mean_change - level * mass / active.clamp_min(1e-300), 0.0)
    return step.to(dtype)


def _check(
    z: Tensor,
    group: Tensor,
    slack: float | Tensor,
    lower: float,
    upper: float,
    weight: Tensor | None,
) -> None:
    if z.ndim not in (1, 2) or not z.is_floating_point():
        raise InputError(
            f"Scores must be a floating tensor of shape (n,) or (M, n); found {z.dtype} of shape "
            f"{tuple(z.shape)}."
        )
    n = z.shape[-1]
    if group.shape != (n,) or group.is_floating_point():
        raise InputError(
            f"group must hold one integer per person, shape ({n},); found {group.dtype} of shape "
            f"{tuple(group.shape)}."
        )
    if n == 0:
        raise InputError("There are no people to project; at least one is needed.")
    if not lower < upper:
        raise InputError(f"The box must not be empty; found lower {lower:g} and upper {upper:g}.")
    eps = torch.as_tensor(slack)
    if eps.ndim == 1 and (z.ndim != 2 or len(eps) != len(z)):
        raise InputError(
            f"A slack per problem needs one entry per row of scores; found {len(eps)} slacks and "
            f"scores of shape {tuple(z.shape)}."
        )
    if eps.ndim > 1 or not bool((eps >= 0).all()):
        raise InputError(f"Slack must be 0 or more; found {slack}.")
    if not bool(torch.isfinite(z).all()):
        raise InputError(
            "Scores must be finite to be projected; some are not. Lower the learning rate or "
            "check the features."
        )
    if weight is not None and (
        weight.shape not in ((n,), tuple(z.shape)) or not bool((weight > 0).all())
    ):
        raise InputError(
            f"Weights must be positive with one per person; found shape {tuple(weight.shape)}."
        )


class FairnessLayer(nn.Module):
    """Last layer of a network: scores in, nearest scores within the slack out.

    Args:
        slack: ε ≥ 0, a number or (M,).
        constraint: A name of ``CONSTRAINTS``.
        lower, upper: Box of the scores.
    """

    def __init__(
        self,
        slack: float | Tensor,
        constraint: str = "demographic_parity",
        lower: float = 0.0,
        upper: float = 1.0,
    ) -> None:
        super().__init__()
        _ = CONSTRAINTS[constraint]
        self.constraint = constraint
        self.lower = lower
        self.upper = upper
        self.register_buffer("slack", torch.as_tensor(slack, dtype=torch.float64))

    def forward(
        self, z: Tensor, group: Tensor, y: Tensor | None = None, weight: Tensor | None = None
    ) -> Tensor:
        """Projected scores of the batch, same shape as ``z``; see :func:`project`."""
        slack: Tensor = self.slack  # type: ignore[assignment]
        return project(z, group, slack, self.constraint, y, self.lower, self.upper, weight).p

    def extra_repr(self) -> str:
        """What the layer promises."""
        return f"constraint={self.constraint!r}, slack={self.slack}"
