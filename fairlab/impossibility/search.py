"""Finding the least worst gap and proving it: steps down, then branch and bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.errors import SolveError
from fairlab.impossibility.certificates import (
    ROUNDING,
    Box,
    Cell,
    Certificate,
    least_sum,
    linear_bound,
)
from fairlab.impossibility.least_conflict import MOST_CELLS, TOLERANCE, Found, Programme
from fairlab.impossibility.reach import Reach
from fairlab.outcomes import FloatArray

# Part of the tolerance a search uses, so that its proof still serves when a criterion is added.
FINER = 0.8
# Part of it a more accurate rule may use.
SLACK = 0.15


def least_conflict(
    reach: Reach,
    criteria: tuple[str, ...],
    *,
    tolerance: float = TOLERANCE,
    starts: Sequence[FloatArray] = (),
    known: Certificate | None = None,
) -> Found:
    """The least worst gap of several criteria over the rules that count.

    Args:
        reach: The rules that count.
        criteria: Names in ``CRITERIA``, each with two groups to compare at least.
        tolerance: Width of the interval between proved bound and attained value, where a ratio
            criterion makes a search necessary.
        starts: (G, 2) points to search from, besides the most accurate rule.
        known: A proof for fewer criteria: its bound holds for more, too.
    """
    programme = Programme(reach, criteria)
    finer = FINER * tolerance  # what is left of it absorbs rounding and serves larger sets
    if not programme.ratios:
        return _linear(programme)
    points, upper = descend(programme, starts)
    if upper <= tolerance:
        proof = Certificate(criteria, 0.0, ())
    elif known is not None and known.bound >= upper - tolerance:
        proof = known
    else:
        points, upper, proof = _branch_and_bound(programme, points, upper, finer)
    points = most_accurate(programme, points, upper + SLACK * tolerance)
    return Found(points, upper, proof, programme.solves)


def _linear(programme: Programme) -> Found:
    solved = programme.relaxed(0.0, ())
    upper = programme.worst(solved.points)
    cell = programme.cell(solved, 0.0, ())
    excess = least_sum(cell, programme.criteria, programme.reach)
    bound = float(linear_bound(cell, excess, programme.criteria, programme.reach)) - ROUNDING
    proof = Certificate(programme.criteria, bound, (cell,))
    if bound <= ROUNDING:
        proof = Certificate(programme.criteria, 0.0, ())
    points = most_accurate(programme, solved.points, upper + 1e-9)
    return Found(points, upper, proof, programme.solves)


def most_accurate(programme: Programme, start: FloatArray, t: float) -> FloatArray:
    """A rule with a worst gap of at most ``t`` and a better accuracy than at ``start``.

    The best accuracy there is with linear criteria only; else the best that steps find.
    """
    reach, points, radius = programme.reach, start, 0.1
    for _ in range(10):
        try:
            found = programme.more_accurate(points, radius, t).points
        except SolveError:
            radius *= 0.25
            continue
        gain = reach.accuracy(found) - reach.accuracy(points)
        if gain < 1e-7 or radius < 1e-6:
            break
        if programme.worst(found) <= t + 1e-9:
            points = found
        else:
            radius *= 0.25
        if not programme.ratios:
            break
    return points


def descend(
    programme: Programme, starts: Sequence[FloatArray] = (), steps: int = 12
) -> tuple[FloatArray, float]:
    """A rule with a small worst gap: linear programmes around a point, from several points.

    Returns:
        (G, 2) expected fp and tp, and the worst gap there.
    """
    best, least = programme.reach.best, programme.worst(programme.reach.best)
    for start in (*starts, programme.reach.best):
        points, value = descended(programme, start, steps)
        if value < least:
            best, least = points, value
    return best, least


def descended(programme: Programme, start: FloatArray, steps: int = 12) -> tuple[FloatArray, float]:
    """Steps down from one point; (G, 2) expected fp and tp, and the worst gap there."""
    points, value, radius = start, programme.worst(start), 0.3
    for _ in range(steps):
        try:
            solved = programme.stepped(points, radius)
        except SolveError:  # the ends of the trust region shut everything out
            radius *= 0.25
            continue
        found = programme.worst(solved.points)
        if found < value - 1e-7:
            points, value = solved.points, found
        elif value - solved.value < 1e-6:
            break  # the linearised programme promises nothing more
        else:
            radius *= 0.25
        if radius < 1e-5:
            break
    return points, value


@dataclass(slots=True)
class _Search:
    """Where a branch and bound stands."""

    points: FloatArray
    upper: float
    polished: int = 0


def _branch_and_bound(
    programme: Programme, points: FloatArray, upper: float, tolerance: float
) -> tuple[FloatArray, float, Certificate]:
    """Shows that no cell of ratios' lowest values allows a worst gap of upper − tolerance."""
    search = _Search(points, upper)
    open_cells: list[Box] = [((0.0, 1.0),) * len(programme.ratios)]
    closed: list[Cell] = []
    width, budget, tried = tolerance, MOST_CELLS, 0
    while open_cells:
        t = search.upper - width
        if t <= 0:
            return search.points, search.upper, Certificate(programme.criteria, 0.0, ())
        box = open_cells.pop()
        solved = programme.relaxed(t, box)
        if solved.value > ROUNDING:
            cell = programme.cell(solved, t, box)
            if float(least_sum(cell, programme.criteria, programme.reach)) > 10 * ROUNDING:
                closed.append(cell)
                continue
        tried += 1
        if tried > budget:  # too fine for this problem: prove less
            width, tried = 4 * width, 0
            open_cells.append(box)
            continue
        if _improved(programme, search, solved.points):
            open_cells.append(box)
            continue
        open_cells += _halves(programme, box, solved.points)
    bound = min(cell.t for cell in closed)
    return search.points, search.upper, Certificate(programme.criteria, bound, tuple(closed))


def _improved(programme: Programme, search: _Search, points: FloatArray) -> bool:
    """Whether a relaxed optimum leads to a better rule."""
    before = search.upper
    value = programme.worst(points)
    if value < search.upper - 1e-9:
        search.points, search.upper = points, value
    if value < before + 0.02 and search.polished < 8:
        search.polished += 1
        better, lower = descended(programme, points, 8)
        if lower < search.upper:
            search.points, search.upper = better, lower
    return search.upper < before - 1e-9


def _halves(programme: Programme, box: Box, points: FloatArray) -> tuple[Box, Box]:
    """The cell cut across its longest side; the half the relaxed optimum is in comes last."""
    at = int(np.argmax([high - low for low, high in box]))
    low, high = box[at]
    middle = (low + high) / 2
    left, right = ((*box[:at], part, *box[at + 1 :]) for part in ((low, middle), (middle, high)))
    lowest = float(programme.values(points)[programme.ratios[at]].min())
    return (right, left) if lowest < middle else (left, right)
