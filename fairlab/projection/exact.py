"""The nearest scores whose cell means are within a slack, solved exactly.

For one set of disjoint cells the problem is

    min ½ Σ w_i (p_i − z_i)²   s.t.  lower ≤ p ≤ upper,  max_g m_g − min_g m_g ≤ ε,

with m_g the weighted mean of p over cell g and W_g its weight. The solution is
``p_i = clip(z_i − s_g)``: everybody in a cell moves by the same amount. Every cell mean lies in
[τ, τ + ε]; s_g > 0 only where m_g = τ + ε, s_g < 0 only where m_g = τ, and the multipliers
W_g s_g sum to 0, which fixes τ: the sum is monotone in τ, so τ is a one-dimensional root.

A Newton step replaces each cell mean by its tangent and solves that problem exactly; a few steps
are enough. Where they are not (flat stretches), a search over sorted breakpoints settles it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.errors import SolveError

TOLERANCE = 1e-9
_NEWTON_STEPS = 12
_KKT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Solution for M problems over C cells, in float64.

    Attributes:
        shift: (M, C) amount every score of a cell is lowered by before clipping.
        multipliers: (M, C) W_g s_g; they sum to 0 over cells (to solver precision).
        residual: (M,) excess of the range of cell means over the slack, ≥ 0.
        iterations: Newton steps taken (of the slowest problem).
    """

    shift: Tensor
    multipliers: Tensor
    residual: Tensor
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    z: Tensor  # (M, n) float64
    cell: Tensor  # (n,)
    slack: Tensor  # (M, 1)
    lower: float
    upper: float
    weight: Tensor | None  # (n,) or (M, n)
    onehot: Tensor  # (n, C)
    mass: Tensor  # (C,) or (M, C)

    def means(self, values: Tensor) -> Tensor:
        weighted = values if self.weight is None else values * self.weight
        return (weighted @ self.onehot) / self.mass

    def at(self, shift: Tensor) -> tuple[Tensor, Tensor]:
        """Cell means and share of people strictly inside the box, each (M, C)."""
        moved = self.z - shift[:, self.cell]
        inside = ((moved > self.lower) & (moved < self.upper)).to(self.z.dtype)
        return self.means(moved.clamp_(self.lower, self.upper)), self.means(inside)

    def rows(self, keep: Tensor) -> "_Problem":
        def part(x: Tensor) -> Tensor:
            return x[keep] if x.ndim == 2 else x

        weight = None if self.weight is None else part(self.weight)
        return _Problem(
            self.z[keep],
            self.cell,
            self.slack[keep],
            self.lower,
            self.upper,
            weight,
            self.onehot,
            part(self.mass),
        )


@torch.no_grad()
def solve_shifts(
    z: Tensor,
    cell: Tensor,
    n_cells: int,
    slack: Tensor,
    lower: float = 0.0,
    upper: float = 1.0,
    weight: Tensor | None = None,
) -> Shifts:
    """Shift of every cell, for M problems that share their cells.

    Args:
        z: (M, n) raw scores.
        cell: (n,) cell of each person; every cell 0..n_cells-1 has somebody.
        n_cells: Number of cells C.
        slack: (M,) largest allowed range of cell means, ≥ 0.
        lower, upper: Box of the result.
        weight: (n,) or (M, n) positive weights, both of the objective and of the means.

    Raises:
        SolveError: If the slack is exceeded by more than 1e-9 in the end.
    """
    problem = _problem(z, cell, n_cells, slack, lower, upper, weight)
    shift = torch.zeros(len(z), n_cells, dtype=torch.float64, device=z.device)
    mean, inside = problem.at(shift)
    open_rows = _range(mean) > problem.slack[:, 0]
    steps = 0
    while steps < _NEWTON_STEPS and bool(open_rows.any()):
        steps += 1
        proposed, tau = _tangent_step(mean, inside, shift, problem)
        shift = torch.where(open_rows[:, None], proposed, shift)
        mean, inside = problem.at(shift)
        open_rows = open_rows & (_violation(mean, shift, tau, problem.slack) > _KKT)
    if bool(open_rows.any()):
        shift = shift.clone()
        shift[open_rows] = _by_breakpoints(problem.rows(open_rows))
        mean, _ = problem.at(shift)
    residual = (_range(mean) - problem.slack[:, 0]).clamp_min(0.0)
    worst = float(residual.max()) if len(residual) else 0.0
    if not worst <= TOLERANCE:
        raise SolveError(
            f"The projection left a gap {worst:.2g} beyond the slack (at most {TOLERANCE:g} is "
            "accepted). Check that the scores are finite; if they are, raise the slack.",
            residual=worst,
        )
    return Shifts(shift, shift * problem.mass, residual, steps)


def _problem(
    z: Tensor,
    cell: Tensor,
    n_cells: int,
    slack: Tensor,
    lower: float,
    upper: float,
    weight: Tensor | None,
) -> _Problem:
    onehot = torch.nn.functional.one_hot(cell, n_cells).to(torch.float64)
    weight = None if weight is None else weight.to(torch.float64)
    mass = onehot.sum(0) if weight is None else weight @ onehot
    return _Problem(
        z.to(torch.float64),
        cell,
        slack.to(torch.float64)[:, None],
        lower,
        upper,
        weight,
        onehot,
        mass,
    )


def _range(mean: Tensor) -> Tensor:
    return mean.amax(-1) - mean.amin(-1)


def _tangent_step(
    mean: Tensor, inside: Tensor, shift: Tensor, problem: _Problem
) -> tuple[Tensor, Tensor]:
    """Exact solution when each mean is replaced by its tangent at the present shift."""
    # A cell with nobody inside the box has a flat mean: give it the slope of one person.
    slope = torch.maximum(inside, (1.0 / problem.mass).clamp(max=1.0))
    at_zero = mean + slope * shift
    gain = problem.mass / slope
    tau = _balance(at_zero, gain.expand_as(at_zero), problem.slack)
    above = (at_zero - tau - problem.slack).clamp_min(0.0)
    below = (tau - at_zero).clamp_min(0.0)
    return (above - below) / slope, tau


def _balance(mean: Tensor, gain: Tensor, slack: Tensor) -> Tensor:
    """(M, 1) root τ of Σ gain·[(mean − slack − τ)⁺ − (τ − mean)⁺], decreasing in τ."""
    kinks = torch.cat([mean - slack, mean], dim=1).sort(dim=1).values
    gap = mean[:, None, :] - kinks[:, :, None]  # (M, 2C, C)
    pull = ((gap - slack[:, :, None]).clamp_min(0.0) - (-gap).clamp_min(0.0)) * gain[:, None, :]
    total = pull.sum(-1)  # (M, 2C), non-increasing
    right = (total > 0).sum(1, keepdim=True).clamp(1, kinks.shape[1] - 1)
    left = right - 1
    x0, x1 = kinks.gather(1, left), kinks.gather(1, right)
    f0, f1 = total.gather(1, left), total.gather(1, right)
    fall = f0 - f1
    share = torch.where(fall > 0, f0 / fall.clamp_min(1e-300), torch.zeros_like(fall))
    return x0 + (x1 - x0) * share.clamp(0.0, 1.0)


def _violation(mean: Tensor, shift: Tensor, tau: Tensor, slack: Tensor) -> Tensor:
    """(M,) largest departure from the optimality conditions at shift and τ."""
    above = mean - (tau + slack)
    below = tau - mean
    free = torch.maximum(above, below).clamp_min(0.0)
    held = torch.where(shift > 0, above.abs(), torch.where(shift < 0, below.abs(), free))
    return held.amax(-1)


def _by_breakpoints(problem: _Problem) -> Tensor:
    """(M, C) shifts from the sorted breakpoints of every cell mean; exact and always finite.

    Each cell mean is piecewise linear and non-increasing in the shift, so its inverse is a table
    look-up; τ is found by halving the interval [min mean, max mean − ε]. Any τ in it is feasible.
    """
    tables = [_table(problem, c) for c in range(problem.onehot.shape[1])]
    mean, _ = problem.at(torch.zeros_like(problem.mass.expand(len(problem.z), -1)))
    low = mean.amin(1, keepdim=True)
    high = mean.amax(1, keepdim=True) - problem.slack
    for _ in range(60):
        tau = (low + high) / 2
        total = (_shift_at(tables, mean, tau, problem) * problem.mass).sum(1, keepdim=True)
        low = torch.where(total > 0, tau, low)
        high = torch.where(total > 0, high, tau)
    return _shift_at(tables, mean, (low + high) / 2, problem)


def _table(problem: _Problem, c: int) -> tuple[Tensor, Tensor]:
    members = torch.nonzero(problem.cell == c).squeeze(1)
    z = problem.z[:, members]
    if problem.weight is None:
        weight = torch.full_like(z, 1.0 / len(members))
    else:
        weight = problem.weight[..., members].expand_as(z)
        weight = weight / weight.sum(1, keepdim=True)
    points = torch.cat([z - problem.upper, z - problem.lower], dim=1)
    change = torch.cat([weight, -weight], dim=1)
    points, order = points.sort(dim=1)
    slope = change.gather(1, order).cumsum(1)
    drop = slope[:, :-1] * points.diff(dim=1)
    start = torch.full_like(points[:, :1], problem.upper)
    return points, torch.cat([start, problem.upper - drop.cumsum(1)], dim=1)


def _shift_at(
    tables: list[tuple[Tensor, Tensor]], mean: Tensor, tau: Tensor, problem: _Problem
) -> Tensor:
    columns = []
    for c, (points, value) in enumerate(tables):
        own = mean[:, c : c + 1]
        target = torch.minimum(torch.maximum(own, tau), tau + problem.slack)
        index = torch.searchsorted(-value, -target).clamp(1, value.shape[1] - 1)
        x0, x1 = points.gather(1, index - 1), points.gather(1, index)
        v0, v1 = value.gather(1, index - 1), value.gather(1, index)
        fall = v0 - v1
        share = torch.where(fall > 0, (v0 - target) / fall.clamp_min(1e-300), 0.0)
        shift = x0 + (x1 - x0) * share.clamp(0.0, 1.0)
        columns.append(torch.where(target == own, torch.zeros_like(shift), shift))
    return torch.cat(columns, dim=1)
