"""Means of cells that grow person by person, and the nearest score that keeps them together.

Plain Python floats: a step for one person costs microseconds, where array libraries would spend
their time on overhead. No labels; no torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Running", "departures"]

_STEPS = 60
_CLOSE = 1e-13


@dataclass(slots=True)
class Running:
    """One family of cells: people so far and the sum of what is measured of them.

    Attributes:
        mass: People in each cell, soft members in part.
        total: Sum of the measured value over each cell.
    """

    mass: list[float]
    total: list[float]

    def means(self) -> list[float | None]:
        """Mean of each cell; None where nobody is."""
        pairs = zip(self.total, self.mass, strict=True)
        return [t / m if m > 0 else None for t, m in pairs]

    def gap(self) -> float:
        """Range of the means; NaN with fewer than two cells that have people."""
        known = [m for m in self.means() if m is not None]
        return max(known) - min(known) if len(known) > 1 else float("nan")


def departures(
    total: Sequence[float], mass: Sequence[float], slack: float, cell: int
) -> tuple[float, float]:
    """How far a cell's mean is outside the band of width ``slack`` that suits all cells best.

    The band [τ, τ + ε] is where Σ mass · departure = 0, so that everybody's moves cancel.

    Returns:
        The cell's departure, positive above the band, and its derivative in the cell's mean.
    """
    own = total[cell] / mass[cell]
    if len(mass) == 2:
        other = mass[1 - cell]
        if other <= 0:
            return 0.0, 0.0
        apart = own - total[1 - cell] / other
        share = other / (other + mass[cell])
        if apart > slack:
            return (apart - slack) * share, share
        if apart < -slack:
            return (apart + slack) * share, share
        return 0.0, 0.0
    pairs = [(t / m, m) for t, m in zip(total, mass, strict=True) if m > 0]
    low = min(pairs)[0]
    high = max(pairs)[0] - slack
    if high <= low:
        return 0.0, 0.0
    level, moving = _level(pairs, slack, low, high)
    if own > level + slack:
        return own - level - slack, 1.0 - mass[cell] / moving
    if own < level:
        return own - level, 1.0 - mass[cell] / moving
    return 0.0, 0.0


def _level(
    pairs: list[tuple[float, float]], slack: float, low: float, high: float
) -> tuple[float, float]:
    """τ by Newton's method inside a bracket, and the mass of the cells outside the band."""
    level = 0.5 * (low + high)
    moving = 0.0
    below, above = -math.inf, math.inf  # tried, and found too low, too high
    for _ in range(_STEPS):
        balance = moving = 0.0
        top = level + slack
        for mean, mass in pairs:
            if mean > top:
                balance += mass * (mean - top)
                moving += mass
            elif mean < level:
                balance += mass * (mean - level)
                moving += mass
        if balance > 0:
            below = level
        else:
            above = level
        step = balance / moving if moving > 0 else 0.0
        after = min(max(level + step, low), high)
        if abs(step) <= _CLOSE * max(1.0, abs(level)) or after == level:
            break
        level = after if below < after < above else 0.5 * (below + above)
    return level, moving
