"""One small problem on a CPU whose families compare two cells each, solved in plain numbers.

A network with one binary attribute projects a few hundred people per batch. There the general
solver (``exact.py``) takes its time for calling many small tensor operations. Such families share
nobody, so each is a root by itself: with shifts s_0 = μ / W_0 and s_1 = −μ / W_1 the difference of
the two means falls with μ, piecewise linearly, and Newton's method finds where it is ±ε.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlab.outcomes import FloatArray, IntArray
from fairlab.projection.constraints import Cells
from fairlab.projection.problem import Box

# More scores than this are worth tensor operations.
MOST = 2**14
_STEPS = 20
_OPTIMAL = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class SolvedPairs:
    """The projection of one problem, and what its gradient needs.

    Attributes:
        p: (n,) projected scores.
        inside: (n,) whether they are strictly inside the box.
        people: Who is in each cell.
        shift: Of each cell.
        active: How many people of each cell are strictly inside the box.
        residual: Excess of the widest difference over the slack, ≥ 0.
        iterations: Newton steps of the family that took most.
    """

    p: FloatArray
    inside: NDArray[np.bool_]
    people: tuple[IntArray, ...]
    shift: tuple[float, ...]
    active: tuple[int, ...]
    residual: float
    iterations: int

    def gradient(self, grad: FloatArray) -> FloatArray:
        """(n,) gradient in the raw scores, of one in the projected ones; see ``gradient.py``."""
        found = np.where(self.inside, grad, 0.0)
        for c in range(0, len(self.shift), 2):
            if self.shift[c] == 0:
                continue
            pair = self.people[c], self.people[c + 1]
            active = self.active[c], self.active[c + 1]
            pull = [float(found[who].sum()) for who in pair]
            level = 0.0  # a cell with nobody inside the box cannot move, and pins the level
            if all(active):
                give = [len(who) / a for who, a in zip(pair, active, strict=True)]
                level = (give[0] * pull[0] + give[1] * pull[1]) / (
                    give[0] * len(pair[0]) + give[1] * len(pair[1])
                )
            for who, a, total in zip(pair, active, pull, strict=True):
                if a:
                    found[who] -= np.where(self.inside[who], (total - len(who) * level) / a, 0.0)
        return found


def are_pairs(cells: Cells) -> bool:
    """Whether every family compares two cells of scores as they are, of one attribute."""
    return (
        cells.member.shape[0] == 1
        and cells.sign is None
        and all(family.stop - family.start == 2 for family in cells.families)
    )


def solve_pairs(
    z: FloatArray, cells: Cells, box: Box, slack: float, scale: float
) -> SolvedPairs | None:
    """The projection; None where Newton's method has no slope to follow or does not settle.

    Args:
        z: (n,) scores.
        cells: Of which :func:`are_pairs` holds.
        box: Bounds of the result.
        slack: ε ≥ 0.
        scale: Size of the scores, at least 1.
    """
    member = cells.member[0].numpy()
    offset = None if cells.offset is None else cells.offset.numpy()
    p = np.minimum(np.maximum(z, box.lower), box.upper)
    people = tuple(np.flatnonzero(member == c) for c in range(cells.size))
    shift = [0.0] * cells.size
    residual, iterations = 0.0, 0
    for c in range(0, cells.size, 2):
        first, second = people[c], people[c + 1]
        apart = 0.0 if offset is None else float(offset[first].mean() - offset[second].mean())
        pair = (_Cell(z[first], box), _Cell(z[second], box))
        difference = pair[0].at(0.0) - pair[1].at(0.0)
        gap = difference + apart
        if abs(gap) > slack:
            target = (slack if gap > 0 else -slack) - apart
            found = _root(pair, difference, target, _OPTIMAL * scale)
            if found is None:
                return None
            steps, gap = found[0], found[1] + apart
            for place, cell in enumerate(pair, c):
                shift[place], p[people[place]] = cell.shift, cell.p
            iterations = max(iterations, steps)
        residual = max(residual, abs(gap) - slack)
    inside = (p > box.lower) & (p < box.upper)
    active = tuple(int(np.count_nonzero(inside[who])) for who in people)
    return SolvedPairs(p, inside, people, tuple(shift), active, residual, iterations)


class _Cell:
    """The people of a cell, shifted."""

    def __init__(self, z: FloatArray, box: Box) -> None:
        self.z, self.box, self.n = z, box, len(z)

    def at(self, shift: float) -> float:
        """The mean at a shift."""
        self.shift = shift
        p = self.z - shift
        np.maximum(p, self.box.lower, out=p)
        self.p = np.minimum(p, self.box.upper, out=p)
        return float(np.add.reduce(self.p)) / self.n

    def slope(self) -> float:
        """By how much the mean falls per unit of the multiplier, there."""
        inside = (self.p > self.box.lower) & (self.p < self.box.upper)
        return int(np.count_nonzero(inside)) / (self.n * self.n)


def _root(
    pair: tuple[_Cell, _Cell], difference: float, target: float, near: float
) -> tuple[int, float] | None:
    """Shift both until their means differ by ``target``: Newton steps, and the difference."""
    first, second = pair
    multiplier = 0.0
    for step in range(1, _STEPS + 1):
        slope = first.slope() + second.slope()
        if slope == 0:
            return None
        multiplier += (difference - target) / slope
        difference = first.at(multiplier / first.n) - second.at(-multiplier / second.n)
        if abs(difference - target) <= near:
            return step, difference
    return None
