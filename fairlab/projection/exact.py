"""The nearest scores whose cell means are within a slack, solved exactly.

    min ½ Σ w_i (p_i − z_i)²   s.t.  lower ≤ p ≤ upper,
    max_c m_c − min_c m_c ≤ ε over the cells c of each family,

with m_c the weighted mean over cell c of a_i p_i + b_i, a_i = ±1, and W_c the cell's weight. The
solution is ``p_i = clip(z_i − a_i Σ s_c)``, summed over the cells person i is in: there are as many
unknowns as cells, not people. In each family every mean lies in [τ, τ + ε]; s_c > 0 only where
m_c = τ + ε, s_c < 0 only where m_c = τ, and the multipliers W_c s_c sum to 0.

A Newton step replaces the means by their tangents and solves that problem exactly: in closed form
when no person is in two cells (``balance.py``), as a small quadratic programme otherwise
(``overlap.py``), there with a line search on the dual. A few steps are enough. Where the first
kind is not (flat stretches), a search over sorted breakpoints settles it (``breakpoints.py``).

People only enter through totals over the *joint cells*, the intersections of the attributes'
cells, of which everybody is in at most one.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.errors import SolveError
from fairlab.projection.balance import balance
from fairlab.projection.breakpoints import shifts_by_breakpoints
from fairlab.projection.constraints import Cells
from fairlab.projection.families import Families
from fairlab.projection.overlap import inner_step
from fairlab.projection.sums import SMALL, CellSums, cell_sums

# Largest excess over the slack that is accepted, relative to the scores' size: of scores in [0, 1]
# computed in float64, and in float32 (very many scores).
ACCEPTED = {torch.float64: 1e-9, torch.float32: 1e-6}
_OPTIMAL = {torch.float64: 1e-12, torch.float32: 1e-7}
_NEWTON_STEPS = 12
_OVERLAP_STEPS = 60
_HALVINGS = 40
# Float32 resolves 1e-7 only of numbers about this small.
_FLOAT32_SCALE = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """lower ≤ p ≤ upper; either may be infinite."""

    lower: float
    upper: float

    def clip(self, values: Tensor) -> Tensor:
        """Values in the box, in place."""
        return values.clamp_(self.lower, self.upper)

    def inside(self, moved: Tensor, of: Tensor) -> Tensor:
        """``of`` where ``moved`` is strictly inside, 0 elsewhere."""
        out: Tensor = torch.ops.aten.hardtanh_backward(of, moved, self.lower, self.upper)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Solutions of M problems over C cells.

    Attributes:
        p: (M, n) in the dtype they were computed in.
        moved: (M, n) the same before clipping.
        active: (M, J) weight strictly inside the box in each joint cell.
        shift: (M, C) float64.
        residual: (M,) float64 excess of the widest range over the slack, ≥ 0.
        iterations: Newton steps taken (of the slowest problem).
    """

    p: Tensor
    moved: Tensor
    active: Tensor
    shift: Tensor
    residual: Tensor
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Cell means at a shift: (M, C) means, (M, J) weight strictly inside the box; p and moved."""

    mean: Tensor
    active: Tensor
    p: Tensor
    moved: Tensor


class Problem:
    """M problems that share their cells.

    Args:
        z: (M, n) raw scores, finite, none beyond ``scale`` in size.
        cells: Who is compared.
        box: Bounds of the result.
        weight: (n,) or (M, n) positive, both of the objective and of the means; None is 1.
        scale: Largest size of a score, at least 1.
    """

    def __init__(
        self, z: Tensor, cells: Cells, box: Box, weight: Tensor | None, scale: float
    ) -> None:
        exact = z.dtype == torch.float64 or z.numel() <= SMALL or scale > _FLOAT32_SCALE
        self.dtype = torch.float64 if exact else torch.float32
        self.z = z.detach().to(self.dtype)
        self.cells, self.box, self.scale = cells, box, scale
        self.joint = Joint(cells)
        self.sums: CellSums = cell_sums(
            self.joint.member, self.joint.size, self.dtype, len(z), everybody=cells.everybody
        )
        self.families = Families(cells)
        self.sign = None if cells.sign is None else cells.sign.to(self.dtype)
        self.weight = None
        if weight is not None:
            self.weight = weight.to(self.dtype).view(-1, cells.n)
        ones = self.z.new_ones(1, cells.n) if self.weight is None else self.weight
        self.ones = ones
        self.joint_mass = self.sums.sums(ones)  # (1 or M, J)
        self.mass = self.joint.totals(self.joint_mass)
        self.base = None
        if cells.offset is not None:
            self.base = self.joint.totals(self.sums.sums(ones * cells.offset.to(self.dtype)))
            self.base = self.base / self.mass

    def at(self, shift: Tensor) -> _Point:
        """Means at a shift (M, C)."""
        theta = self.sums.spread(self.joint.spread(shift))
        if self.sign is not None:
            theta = theta * self.sign
        moved = self.z - theta
        p = self.box.clip(moved.clone())
        value = p if self.sign is None else p * self.sign
        if self.weight is not None:
            value = value * self.weight
        mean = self.joint.totals(self.sums.sums(value)) / self.mass
        if self.base is not None:
            mean = mean + self.base
        return _Point(mean, self.active(moved), p, moved)

    def active(self, moved: Tensor) -> Tensor:
        """(M, J) weight of the people strictly inside the box."""
        return self.sums.sums(self.box.inside(moved, self.ones.expand_as(moved)))

    def dual(self, point: _Point, shift: Tensor, slack: Tensor) -> Tensor:
        """(M,) value of the dual at a shift."""
        distance = (point.p - self.z) ** 2
        if self.weight is not None:
            distance = distance * self.weight
        multiplier = shift * self.mass
        linear = (multiplier * point.mean).sum(1) - slack * multiplier.clamp_min(0.0).sum(1)
        return distance.sum(1, dtype=torch.float64) / 2 + linear

    def rows(self, keep: Tensor) -> "Problem":
        """The problems of some rows."""
        weight = self.weight
        if weight is not None:
            weight = weight[0] if len(weight) == 1 else weight[keep]
        return Problem(self.z[keep], self.cells, self.box, weight, self.scale)


class Joint:
    """Intersections of the attributes' cells, J of them.

    Attributes:
        member: (n,) joint cell of each person; J for those in no cell at all.
        size: J.
    """

    def __init__(self, cells: Cells) -> None:
        self.n_cells = cells.size
        self.table: Tensor | None = None
        if len(cells.member) == 1:
            self.member, self.size = cells.member[0], cells.size
            return
        combined = cells.member[0]
        for member in cells.member[1:]:
            combined = torch.unique(combined * (cells.size + 1) + member, return_inverse=True)[1]
        first = torch.full((int(combined.max()) + 1,), cells.n, device=combined.device)
        first.scatter_reduce_(
            0, combined, torch.arange(cells.n, device=combined.device), reduce="amin"
        )
        self.table = cells.member[:, first]  # (A, J)
        self.member, self.size = combined, len(first)
        outside = (self.table == cells.size).all(0)
        if bool(outside.any()):  # at most one, and it has the largest code
            self.size -= 1
            self.table = self.table[:, : self.size]

    def totals(self, joint: Tensor) -> Tensor:
        """(M, J) totals over joint cells to (M, C) totals over cells."""
        if self.table is None:
            return joint
        out = joint.new_zeros(len(joint), self.n_cells + 1)
        for row in self.table:
            out.index_add_(1, row, joint)
        return out[:, : self.n_cells]

    def spread(self, shift: Tensor) -> Tensor:
        """(M, C) amounts of cells to (M, J): summed over the cells of a joint cell."""
        if self.table is None:
            return shift
        padded = torch.nn.functional.pad(shift, (0, 1))
        return padded[:, self.table].sum(1)

    def overlaps(self, joint: Tensor) -> Tensor:
        """(M, J) to (M, C, C): totals over the people in both of two cells."""
        if self.table is None:
            return torch.diag_embed(joint)
        side = self.n_cells + 1
        out = joint.new_zeros(len(joint), side * side)
        for first in self.table:
            for second in self.table:
                out.index_add_(1, first * side + second, joint)
        return out.view(-1, side, side)[:, : self.n_cells, : self.n_cells]


@torch.no_grad()
def solve(problem: Problem, slack: Tensor, start: Tensor | None = None) -> Solution:
    """Shift of every cell.

    Args:
        problem: M problems.
        slack: (M,) float64 largest allowed range of cell means, ≥ 0.
        start: (M, C) shift to begin with.

    Raises:
        SolveError: If the slack is exceeded by more than is accepted in the end.
    """
    families = problem.families
    if start is None:
        shift = problem.z.new_zeros(len(problem.z), problem.cells.size, dtype=torch.float64)
    else:
        shift = start
    point = problem.at(shift)
    wide = families.range(point.mean) > slack
    unsolved = wide if start is None else wide | (shift != 0).any(1)
    steps = 0
    if bool(unsolved.any()):
        newton = _newton if problem.joint.table is None else _newton_with_overlaps
        shift, point, unsolved, steps = newton(problem, slack, shift, point, unsolved)
        if problem.joint.table is None and bool(unsolved.any()):
            shift = shift.clone()
            shift[unsolved] = shifts_by_breakpoints(problem.rows(unsolved), slack[unsolved])
            point = problem.at(shift)
    residual = (families.range(point.mean) - slack).clamp_min(0.0)
    worst = float(residual.max()) if len(residual) else 0.0
    accepted = ACCEPTED[problem.dtype] * problem.scale
    if not worst <= accepted:
        raise SolveError(
            f"The projection left a gap {worst:.2g} beyond the slack (at most {accepted:.2g} is "
            "accepted): no scores within the bounds meet all constraints. Raise the slack or "
            "widen the bounds.",
            residual=worst,
        )
    return Solution(point.p, point.moved, point.active, shift, residual, steps)


_Progress = tuple[Tensor, _Point, Tensor, int]


def _newton(
    problem: Problem, slack: Tensor, shift: Tensor, point: _Point, unsolved: Tensor
) -> _Progress:
    families = problem.families
    mass = families.mass(problem.mass).repeat(len(shift) // len(problem.mass), 1)
    flat = (1.0 / problem.mass).clamp(max=1.0)
    eps = families.per_family(slack)
    optimal = _OPTIMAL[problem.dtype] * problem.scale
    steps = 0
    while steps < _NEWTON_STEPS:
        steps += 1
        # A cell with nobody inside the box has a flat mean: give it the slope of one person.
        slope = families.split(torch.maximum(point.active / problem.mass, flat))
        new, tau = balance(families.split(point.mean), slope, families.split(shift), mass, eps)
        shift = torch.where(unsolved[:, None], families.join(new), shift)
        point = problem.at(shift)
        unsolved = unsolved & (families.violation(point.mean, shift, tau, eps) > optimal)
        if not bool(unsolved.any()):
            break
    return shift, point, unsolved, steps


def _newton_with_overlaps(
    problem: Problem, slack: Tensor, shift: Tensor, point: _Point, unsolved: Tensor
) -> _Progress:
    families = problem.families
    eps = families.per_family(slack)
    optimal = _OPTIMAL[problem.dtype] * problem.scale
    dual = problem.dual(point, shift, slack)
    steps = 0
    while steps < _OVERLAP_STEPS:
        steps += 1
        stiffness = problem.joint.overlaps(point.active)
        new, tau = inner_step(
            point.mean, stiffness, shift, problem.mass, slack, problem.cells.families
        )
        step = torch.where(unsolved[:, None], new - shift, 0.0)
        for _ in range(_HALVINGS):
            proposed = problem.at(shift + step)
            value = problem.dual(proposed, shift + step, slack)
            worse = value < dual - 1e-12 * (1 + dual.abs())
            if not bool(worse.any()):
                break
            step = torch.where(worse[:, None], step / 2, step)
        shift, point, dual = shift + step, proposed, value
        level = tau.reshape(-1, 1)
        unsolved = unsolved & (families.violation(point.mean, shift, level, eps) > optimal)
        if not bool(unsolved.any()):
            break
    return shift, point, unsolved, steps
