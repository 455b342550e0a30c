"""Shifts along a direction known without labels, so that means taken with labels keep a slack.

With p = clip(z − Σ_f dir_f(z) · s[cell of f]), find s with every family's means, measured on
people whose labels are known, within [τ_f, τ_f + ε]. The measured means are piecewise smooth in
s; departures from the bands are driven to 0 by Levenberg–Marquardt, all models at once.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fairlab.projection.balance import balance
from fairlab.projection.constraints import Cells, Family

__all__ = ["ACCEPTED", "DirectedMeans", "fit_shifts"]

# A fitted rule is accepted when its validation gap exceeds the slack by no more than this.
ACCEPTED = 1e-6
_STEPS = 40
_STAGES = 8
_SOLVED = 1e-11
_LEAST_DAMPING, _MOST_DAMPING = 1e-12, 1e6


@dataclass(frozen=True, slots=True, eq=False)
class DirectedMeans:
    """Measured means of (M, n) scores as a function of (M, C) shifts.

    Attributes:
        z: (M, n) float64 raw scores.
        families: What is bounded.
        direction: One (M, n) tensor per family, or None for 1 everywhere.
        column: (F, n) cell whose shift moves each person in each family.
        average: (n, C) what a unit of score of each person adds to each mean.
        offset: (C,) what is added to each mean.
        mass: (C,) weight of the people of each cell.
        lower, upper: Box.
    """

    z: Tensor
    families: tuple[Family, ...]
    direction: tuple[Tensor | None, ...]
    column: Tensor
    average: Tensor
    offset: Tensor
    mass: Tensor
    lower: float
    upper: float

    @classmethod
    def of(
        cls,
        z: Tensor,
        group: Tensor,
        cells: Cells,
        direction: tuple[Tensor | None, ...],
        weight: Tensor | None,
        box: tuple[float, float],
    ) -> "DirectedMeans":
        """Work out columns and averages for people of ``group`` (n, A) in ``cells``."""
        n, size = len(group), cells.size
        w = torch.ones(n, dtype=torch.float64, device=z.device) if weight is None else weight
        member = torch.zeros(n, size + 1, dtype=torch.float64, device=z.device)
        member.scatter_add_(1, cells.member.T, w[:, None].expand(-1, len(cells.member)).clone())
        mass = member[:, :size].sum(0)
        member = member[:, :size] / mass
        offset = torch.zeros(size, dtype=torch.float64, device=z.device)
        if cells.offset is not None:
            offset = cells.offset @ member
        return cls(
            z=z,
            families=cells.families,
            direction=direction,
            column=torch.stack([_columns(f, group[:, f.attribute]) for f in cells.families]),
            average=member if cells.sign is None else member * cells.sign[:, None],
            offset=offset,
            mass=mass,
            lower=box[0],
            upper=box[1],
        )

    def moved(self, shift: Tensor) -> Tensor:
        """(M, n) scores before clipping."""
        moved = self.z
        for column, direction in zip(self.column, self.direction, strict=True):
            own = shift[:, column]
            moved = (
                moved - own if direction is None else torch.addcmul(moved, own, direction, value=-1)
            )
        return moved

    def means(self, p: Tensor) -> Tensor:
        """(M, C) of (M, n) scores."""
        return p @ self.average + self.offset

    def gap(self, mean: Tensor) -> Tensor:
        """(M,) widest range over the families."""
        ranges = [_range(mean[:, f.start : f.stop]) for f in self.families]
        return torch.stack(ranges).amax(0)

    def excess(self, shift: Tensor, eps: Tensor) -> Tensor:
        """(M,) how far the widest range is beyond ε at a shift; negative within."""
        p = self.moved(shift).clamp(self.lower, self.upper)
        return self.gap(self.means(p)) - eps

    def take(self, models: Tensor) -> "DirectedMeans":
        """The same for some of the models."""
        ways = tuple(None if d is None else d[models] for d in self.direction)
        return replace(self, z=self.z[models], direction=ways)

    def per_cell(self, values: list[Tensor]) -> Tensor:
        """(M, C) from one (M, 1) per family."""
        pairs = zip(values, self.families, strict=True)
        return torch.cat([v.expand(-1, f.stop - f.start) for v, f in pairs], dim=1)

    def slopes(self, moved: Tensor) -> Tensor:
        """(M, C, C): how much each mean falls per unit of each shift."""
        inside = ((moved > self.lower) & (moved < self.upper)).to(torch.float64)
        size = self.average.shape[1]
        result = torch.zeros(len(moved), size, size, dtype=torch.float64, device=moved.device)
        for f, column, direction in zip(self.families, self.column, self.direction, strict=True):
            force = inside if direction is None else inside * direction
            for cell in range(f.start, f.stop):
                people = torch.nonzero(column == cell).squeeze(1)
                result[:, :, cell] = force[:, people] @ self.average[people]
        return result


def fit_shifts(problem: DirectedMeans, start: Tensor, eps: Tensor) -> Tensor:
    """(M, C) shifts with every family's range within ε, moving nobody without need.

    Looks for what characterises the projection, with measured means in the place of its own:
    every mean in a band [τ, τ + ε] of its family, shifts only at its edges, Σ mass · shift = 0.
    Means need not fall steadily along the direction, so a model may get stuck; it is then tried
    with the slack narrowed gradually, and with the lowest or the highest mean left where it is.

    Args:
        problem: The means.
        start: (M, C) first guess.
        eps: (M,).

    Returns:
        Shifts of least gap beyond ε found; whether it is 0 is the caller's to check.
    """
    shift = _descend(problem, start, eps, None)
    for again in (_gradually, _to_the_lowest, _to_the_highest):
        excess = problem.excess(shift, eps)
        stuck = torch.nonzero(excess > ACCEPTED).squeeze(1)
        if len(stuck) == 0:
            break
        few = problem.take(stuck)
        other = again(few, shift[stuck], eps[stuck])
        closer = few.excess(other, eps[stuck]) < excess[stuck]
        shift[stuck] = torch.where(closer[:, None], other, shift[stuck])
    return shift


def _gradually(problem: DirectedMeans, shift: Tensor, eps: Tensor) -> Tensor:
    shift = torch.zeros_like(shift)
    widest = problem.gap(problem.means(problem.z.clamp(problem.lower, problem.upper)))
    for share in torch.linspace(0, 1, _STAGES + 1, dtype=torch.float64).tolist()[1:]:
        shift = _descend(problem, shift, widest + (eps - widest) * share, None)
    return shift


def _to_the_lowest(problem: DirectedMeans, shift: Tensor, eps: Tensor) -> Tensor:
    mean = problem.means(problem.moved(shift).clamp(problem.lower, problem.upper))
    floor = [mean[:, f.start : f.stop].amin(1, keepdim=True) for f in problem.families]
    return _descend(problem, shift, eps, problem.per_cell(floor))


def _to_the_highest(problem: DirectedMeans, shift: Tensor, eps: Tensor) -> Tensor:
    mean = problem.means(problem.moved(shift).clamp(problem.lower, problem.upper))
    top = [mean[:, f.start : f.stop].amax(1, keepdim=True) for f in problem.families]
    return _descend(problem, shift, eps, problem.per_cell(top) - eps[:, None])


def _descend(problem: DirectedMeans, start: Tensor, eps: Tensor, floor: Tensor | None) -> Tensor:
    """Levenberg–Marquardt on the residual; each model has a damping of its own."""
    shift = start
    moved = problem.moved(shift)
    off, active = _residual(problem, moved, shift, eps, floor)
    damping = torch.full_like(eps, 1e-3)
    eye = torch.eye(start.shape[1], dtype=torch.float64, device=start.device)
    for _ in range(_STEPS):
        if float(off.abs().max()) < _SOLVED:
            break
        slopes = _residual_slopes(problem, moved, active, eye, floor)
        turned = slopes.transpose(1, 2)
        normal = turned @ slopes + damping[:, None, None] * eye
        step = torch.linalg.solve(normal, (turned @ off[:, :, None]))[..., 0]
        proposed = shift - step
        new_moved = problem.moved(proposed)
        new_off, new_active = _residual(problem, new_moved, proposed, eps, floor)
        better = (new_off**2).sum(1) <= (off**2).sum(1)
        keep = better[:, None]
        shift = torch.where(keep, proposed, shift)
        moved = torch.where(keep, new_moved, moved)
        off, active = torch.where(keep, new_off, off), torch.where(keep, new_active, active)
        damping = torch.where(better, damping * 0.1, damping * 10)
        damping = damping.clamp(_LEAST_DAMPING, _MOST_DAMPING)
    return shift


def _residual(
    problem: DirectedMeans, moved: Tensor, shift: Tensor, eps: Tensor, floor: Tensor | None
) -> tuple[Tensor, Tensor]:
    """(M, C) what should be 0, and which cells are outside their band.

    With a band free to move: shift − departure(mean + shift). With a floor: departure(mean).
    """
    mean = problem.means(moved.clamp(problem.lower, problem.upper))
    if floor is not None:
        off = mean - torch.minimum(torch.maximum(mean, floor), floor + eps[:, None])
        return off, off != 0
    mean = mean + shift
    departure = torch.zeros_like(mean)
    for f in problem.families:
        own = mean[:, f.start : f.stop]
        if own.shape[1] > 1:
            mass = problem.mass[f.start : f.stop].expand_as(own)
            departure[:, f.start : f.stop] = balance(
                own, torch.ones_like(own), torch.zeros_like(own), mass, eps[:, None]
            )[0]
    return shift - departure, departure != 0


def _residual_slopes(
    problem: DirectedMeans, moved: Tensor, active: Tensor, eye: Tensor, floor: Tensor | None
) -> Tensor:
    """(M, C, C) derivative of :func:`_residual` in the shifts."""
    falls = problem.slopes(moved)
    if floor is not None:
        return -falls * active[:, :, None]
    inner = eye - falls
    held = active * problem.mass
    result = torch.zeros_like(inner)
    for f in problem.families:
        part = slice(f.start, f.stop)
        share = held[:, part] / held[:, part].sum(1, keepdim=True).clamp_min(1e-300)
        level = share[:, None, :] @ inner[:, part, :]
        result[:, part, :] = (inner[:, part, :] - level) * active[:, part, None]
    return eye - result


def _columns(family: Family, codes: Tensor) -> Tensor:
    """(n,) cell of each person's group in a family."""
    lowest = min(family.groups)
    lookup = torch.zeros(max(family.groups) - lowest + 1, dtype=torch.int64, device=codes.device)
    for i, g in enumerate(family.groups):
        lookup[g - lowest] = family.start + i
    return lookup[codes.to(torch.int64) - lowest]


def _range(mean: Tensor) -> Tensor:
    return mean.amax(1) - mean.amin(1)
