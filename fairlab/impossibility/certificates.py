"""Proof that no rule does better: multipliers anyone can check without a solver.

Suppose some rule that counts has a worst gap of at most t. Every ratio criterion (PPV, NPV) then
has some lowest group value v, in some cell [v1, v2] of a partition of [0, 1], and

    rate_g ≤ low + t            and  rate_g ≥ low               (linear rates, low in [0, 1]),
    num_g ≤ (v + t) · den_g     and  num_g ≥ v · den_g          (ratio rates).

Multiply each violation (left minus right of a "≤") by a number ≥ 0 and add them up: for that rule
the sum is at most 0. At fixed v it is linear in the expected fp and tp of the groups, so its least
value over all rules is at corners of the groups' polygons; and that least value, being the least
of functions that are linear in v, is concave in v, so over a cell it is least at an end (with two
ratio criteria, at one of four corners). If it is above 0 there, in every cell, no rule has a worst
gap of t (weak duality; Farkas). With linear rates only, the sum falls by one unit of the
multipliers of the upper sides as t rises by one, which gives the least worst gap itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np

from fairlab.impossibility.criteria import CRITERIA
from fairlab.impossibility.reach import Reach
from fairlab.outcomes import FloatArray

Box = tuple[tuple[float, float], ...]
# Rounding in a sum of a few hundred products of numbers near 1.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One contradiction.

    Attributes:
        box: Per ratio criterion, in their order, the interval its lowest group value is in.
        t: The worst gap that is shown to be impossible there.
        upper, lower: By criterion, (G,) multipliers of the two conditions.
        accuracy, apart: Multipliers of the two floors.
    """

    box: Box
    t: float
    upper: Mapping[str, FloatArray]
    lower: Mapping[str, FloatArray]
    accuracy: float
    apart: float


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Why the worst gap of ``criteria`` cannot be below ``bound``.

    Attributes:
        criteria: What the proof speaks of; more criteria can only make the worst gap larger.
        bound: Lower bound of the worst gap, in [0, 1].
        cells: One contradiction per cell; empty for the bound 0, which needs no proof.
    """

    criteria: tuple[str, ...]
    bound: float
    cells: tuple[Cell, ...]

    def check(self, reach: Reach, *, exact: bool = False) -> bool:
        """Whether the proof holds for these people, from the definitions, without a solver.

        Args:
            reach: The rules that count; see :func:`fairlab.impossibility.reach.reach_of`.
            exact: In exact fractions (of the floats that describe the polygons) instead of
                float arithmetic with an allowance for rounding.
        """
        if not self.cells:
            return self.bound <= 0
        if not np.isfinite(self.bound) or not self.criteria:
            return False
        ratios = [name for name in self.criteria if CRITERIA[name].kind == "ratio"]
        groups = len(reach.sizes)
        if not all(_well_formed(cell, self.criteria, groups) for cell in self.cells):
            return False
        if not _covers(self.cells, len(ratios)):
            return False
        allowance = 0.0 if exact else ROUNDING
        for cell in self.cells:
            excess = least_sum(cell, self.criteria, reach, exact=exact)
            if ratios and not (excess > allowance and cell.t >= self.bound):
                return False
            if not ratios and not linear_bound(cell, excess, self.criteria, reach) >= self.bound:
                return False
        return True


def least_sum(
    cell: Cell, criteria: tuple[str, ...], reach: Reach, *, exact: bool = False
) -> float | Fraction:
    """The least value, over everything a rule can do, of the weighted sum of violations."""
    return min(_sum_at(cell, v, criteria, reach, exact=exact) for v in product(*cell.box))


def _sum_at(
    cell: Cell, v: tuple[float, ...], criteria: tuple[str, ...], reach: Reach, *, exact: bool
) -> float | Fraction:
    """The same with the ratios' lowest values at one corner of the cell."""
    number: Any = Fraction if exact else float
    people, floor = number(reach.n), number(reach.accuracy_floor)
    accuracy, apart = number(cell.accuracy), number(cell.apart)
    constant = accuracy * floor + apart * number(reach.apart_floor)
    slope = []
    for unfavourable, own in zip(reach.sizes[:, 0], reach.apart_coefficients, strict=True):
        constant -= accuracy * number(unfavourable) / people
        of_fp, of_tp = accuracy / people, -accuracy / people
        slope.append([of_fp - apart * number(own[0]), of_tp - apart * number(own[1])])
    ratios = [name for name in criteria if CRITERIA[name].kind == "ratio"]
    at = dict(zip(ratios, v, strict=True))
    for name in criteria:
        top, bottom = reach.fractions[name]
        of_low = number(0)
        for g in np.flatnonzero(reach.compared(name)):
            above, below = number(cell.upper[name][g]), number(cell.lower[name][g])
            up, down = [number(v) for v in top[g]], [number(v) for v in bottom[g]]
            if name in at:
                low = number(at[name])
                high = low + number(cell.t)
                part = [
                    above * (a - high * b) + below * (low * b - a)
                    for a, b in zip(up, down, strict=True)
                ]
            else:
                part = [(above - below) * a / down[0] for a in up]
                part[0] -= above * number(cell.t)
                of_low += below - above
            constant += part[0]
            slope[g][0] += part[1]
            slope[g][1] += part[2]
        constant += min(number(0), of_low)  # low is between 0 and 1
    for (of_fp, of_tp), corners in zip(slope, reach.corners, strict=True):
        if exact:
            constant += min(of_fp * Fraction(x) + of_tp * Fraction(y) for x, y in corners)
        else:
            constant += float((corners @ np.array([of_fp, of_tp])).min())
    value: float | Fraction = constant
    return value


def linear_bound(
    cell: Cell, excess: float | Fraction, criteria: tuple[str, ...], reach: Reach
) -> float | Fraction:
    """The least worst gap that linear rates allow, from the least sum at ``cell.t``.

    Only multipliers that enter the sum count: those of ``criteria``, in groups compared.
    """
    exact = isinstance(excess, Fraction)
    per_t: Any = sum(
        Fraction(v) if exact else float(v)
        for name in criteria
        for v in cell.upper[name][reach.compared(name)]
    )
    if per_t <= 0:
        return Fraction(-1) if exact else -1.0
    value: float | Fraction = (Fraction(cell.t) if exact else cell.t) + excess / per_t
    return value


def _well_formed(cell: Cell, criteria: tuple[str, ...], groups: int) -> bool:
    """Multipliers of the criteria and nothing else, one per group, numbers of 0 or more."""
    named = set(criteria)
    if set(cell.upper) != named or set(cell.lower) != named or len(named) != len(criteria):
        return False
    arrays = [np.asarray(a) for a in (*cell.upper.values(), *cell.lower.values())]
    if any(a.shape != (groups,) for a in arrays) or not np.isfinite(cell.t):
        return False
    arrays.append(np.array([cell.accuracy, cell.apart]))
    return all(bool((np.isfinite(a) & (a >= 0)).all()) for a in arrays)


def _covers(cells: tuple[Cell, ...], dimensions: int) -> bool:
    """Whether the cells fill [0, 1]^d without overlap (their ends are exact binary fractions)."""
    boxes = [cell.box for cell in cells]
    if any(len(box) != dimensions for box in boxes):
        return False
    if dimensions == 0:
        return len(boxes) == 1
    total = Fraction(0)
    for box in boxes:
        area = Fraction(1)
        for low, high in box:
            if not 0 <= low < high <= 1:
                return False
            area *= Fraction(high) - Fraction(low)
        total += area
    apart = all(
        any(a[1] <= b[0] or b[1] <= a[0] for a, b in zip(one, other, strict=True))
        for one, other in combinations(boxes, 2)
    )
    return apart and total == 1
