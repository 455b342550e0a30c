"""The exact solver's fallback: cell means as tables of their breakpoints.

The mean of a cell is piecewise linear and falls with its shift, so its inverse is a look-up in
sorted breakpoints; each family's level τ is found by halving the interval between the least mean
and the greatest mean less the slack. Slower than Newton steps, and always finite.
"""

import torch
from torch import Tensor

from fairlab.projection.problem import Problem

_HALVINGS = 60
_TINY = 1e-300


def shifts_by_breakpoints(problem: Problem, slack: Tensor) -> Tensor:
    """(M, C) shifts of problems whose cells do not overlap, by tables.

    Args:
        problem: M problems.
        slack: (M,).
    """
    families = problem.families
    tables = [_Table(problem, c) for c in range(problem.cells.size)]
    shape = (len(problem.z), problem.cells.size)
    mass = problem.mass.expand(shape)
    mean = problem.at(None)[0]
    part = families.split(mean)
    low = part.amin(1).view(-1, families.count)
    high = part.amax(1).view(-1, families.count) - slack[:, None]
    for _ in range(_HALVINGS):
        tau = (low + high) / 2
        shift, beyond = _shifts(tables, mean, tau, slack, problem)
        total = families.sum(torch.where(beyond == 0, shift, beyond * torch.inf) * mass)
        low = torch.where(total > 0, tau, low)
        high = torch.where(total > 0, high, tau)
    below = _shifts(tables, mean, low, slack, problem)
    above = _shifts(tables, mean, high, slack, problem)
    # On a plateau at the level any shift gives the same scores: take the one between its ends that
    # balances the multipliers. What is missing then is for means that cannot reach the level: they
    # are shifted to their last breakpoint, and beyond it by what the others' multipliers ask for.
    more = families.sum(below[0] * mass)
    fall = more - families.sum(above[0] * mass)
    way = torch.where(fall > 0, more / fall.clamp_min(_TINY), 0.0).clamp(0.0, 1.0)
    shift = torch.lerp(below[0], above[0], families.per_cell(way))
    stuck = torch.where(below[1] != 0, below[1], above[1])
    missing = -families.per_cell(families.sum(shift * mass))
    takes = (stuck * missing) > 0
    takers = families.per_cell(families.sum(takes.to(mass.dtype))).clamp_min(1.0)
    return shift + torch.where(takes, missing / (takers * mass), 0.0)


def _shifts(
    tables: list["_Table"], mean: Tensor, tau: Tensor, slack: Tensor, problem: Problem
) -> tuple[Tensor, Tensor]:
    """(M, C) shifts at levels (M, F), and where a mean is out of reach: 1 above, −1 below it."""
    shifts, beyond = [], []
    for f, family in enumerate(problem.cells.families):
        level = tau[:, f : f + 1]
        for c in range(family.start, family.stop):
            own = mean[:, c : c + 1]
            target = torch.minimum(torch.maximum(own, level), level + slack[:, None])
            shift, out = tables[c].shift(target)
            shifts.append(torch.where(target == own, 0.0, shift))
            beyond.append(torch.where(target == own, 0.0, out))
    return torch.cat(shifts, dim=1), torch.cat(beyond, dim=1)


class _Table:
    """Mean of one cell at every breakpoint of its shift."""

    def __init__(self, problem: Problem, c: int) -> None:
        members = torch.nonzero((problem.cells.member == c).any(0)).squeeze(1)
        z = problem.z[:, members].to(torch.float64)
        sign = None if problem.sign is None else problem.sign[members].to(torch.float64)
        lower, upper = _finite(problem, z)
        if sign is not None:
            z = z * sign
            lower, upper = (
                torch.where(sign > 0, lower, -upper),
                torch.where(sign > 0, upper, -lower),
            )
        share = torch.full_like(z, 1.0 / len(members))
        if problem.weight is not None:
            share = problem.weight[:, members].to(torch.float64).expand_as(z)
            share = share / share.sum(1, keepdim=True)
        points = torch.cat([z - upper, z - lower], dim=1)
        change = torch.cat([share, -share], dim=1)
        self.points, order = points.sort(dim=1)
        slope = change.gather(1, order).cumsum(1)
        drop = slope[:, :-1] * self.points.diff(dim=1)
        start = (share * upper).sum(1, keepdim=True)
        if problem.base is not None:
            start = start + problem.base[:, c : c + 1]
        self.mean = torch.cat([start, start - drop.cumsum(1)], dim=1)

    def shift(self, target: Tensor) -> tuple[Tensor, Tensor]:
        """(M, 1) shift at which the mean is ``target`` (M, 1), or the end nearest to it.

        With it 1 where no mean is as low as the target, −1 where none is as high, else 0.
        """
        index = torch.searchsorted(-self.mean, -target).clamp(1, self.mean.shape[1] - 1)
        x0, x1 = self.points.gather(1, index - 1), self.points.gather(1, index)
        v0, v1 = self.mean.gather(1, index - 1), self.mean.gather(1, index)
        fall = v0 - v1
        share = torch.where(fall > 0, (v0 - target) / fall.clamp_min(_TINY), 0.0)
        found = x0 + (x1 - x0) * share.clamp(0.0, 1.0)
        beyond = (target < self.mean[:, -1:]).to(found.dtype)
        return found, beyond - (target > self.mean[:, :1]).to(found.dtype)


def _finite(problem: Problem, z: Tensor) -> tuple[Tensor, Tensor]:
    """The box, with infinite ends replaced by ones no solution reaches."""
    reach = 4 * problem.scale + 2
    lower = max(problem.box.lower, -reach)
    upper = min(problem.box.upper, reach)
    return z.new_tensor(lower), z.new_tensor(upper)
