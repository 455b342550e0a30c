"""The nearest scores under a price on the range of group means, solved exactly.

    min ½ Σ (p_i − z_i)² + c · range_g M_g(p)   s.t.  lower ≤ p ≤ upper,

with M_g the mean over cell g of w_i (a_i p_i + b_i) / Σ w_i. Its solution is
``p_i = clip(z_i − w_i a_i s_g)``: cells above some level h come down to it, cells below some
level l come up to it, and the multipliers W_g s_g on either side sum to c; where h and l would
cross, all means meet at one level. Each cell's mean is piecewise linear in its shift, so levels
are found from sorted breakpoints, without iterations. Numpy only.
"""

import math
from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray

__all__ = ["soft_means", "under_range_price"]

_NEWTON = 60
_CLOSE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """One cell: its mean at rising shifts, with every kink among them."""

    shift: FloatArray
    mean: FloatArray
    mass: float

    def shift_at(self, level: FloatArray) -> FloatArray:
        """Shift that brings the mean to each level, within the shifts of the curve."""
        return np.asarray(np.interp(level, self.mean[::-1], self.shift[::-1]))


def soft_means(
    p: FloatArray, cell: IntArray, weight: FloatArray, a: FloatArray, b: FloatArray, size: int
) -> FloatArray:
    """(size,) mean of a·p + b per cell; NaN where nobody is."""
    mass = np.bincount(cell, weights=weight, minlength=size)
    total = np.bincount(cell, weights=weight * (a * p + b), minlength=size)
    return np.asarray(np.divide(total, mass, out=np.full(size, np.nan), where=mass > 0))


def under_range_price(
    z: FloatArray,
    cell: IntArray,
    weight: FloatArray,
    a: FloatArray,
    b: FloatArray,
    price: float,
    lower: float,
    upper: float,
) -> FloatArray:
    """(n,) change to z before clipping: subtract it and clip to get the solution.

    Args:
        z: (n,) raw scores.
        cell: (n,) cell of each person, integers ≥ 0.
        weight: (n,) how much each person counts, ≥ 0.
        a, b: (n,) measured value a·p + b.
        price: c ≥ 0.
        lower, upper: Box.
    """
    force = weight * a
    mass = np.bincount(cell, weights=weight)
    present = np.flatnonzero(mass > 0)
    if price <= 0 or len(present) < 2:
        return np.zeros_like(z)
    if len(present) == 2:
        own = np.where(cell == present[0], 1 / mass[present[0]], -1 / mass[present[1]])
        return _between_two(z, force * own, float((weight * b) @ own), price, lower, upper)
    members = [np.flatnonzero(cell == g) for g in present]
    curves = [_curve(z[i], weight[i], a[i], b[i], price, lower, upper) for i in members]
    high = _level(curves, price, +1)
    low = _level(curves, -price, -1)
    change = np.zeros_like(z)
    together = _level(curves, 0.0, 0) if high < low else None
    for curve, i in zip(curves, members, strict=True):
        if together is None:
            start = float(np.interp(0.0, curve.shift, curve.mean))
            target = min(max(start, low), high)
            if target == start:
                continue
            shift = float(curve.shift_at(np.array([target]))[0])
        else:
            shift = float(curve.shift_at(np.array([together]))[0])
        change[i] = shift * force[i]
    return change


def _between_two(
    z: FloatArray, way: FloatArray, apart: float, price: float, lower: float, upper: float
) -> FloatArray:
    """Two cells share one multiplier ν: their means differ by ``way · clip(z − ν way) + apart``.

    ν is the price, or where the difference becomes 0 before: a root of a falling, piecewise
    linear function, by Newton's method inside a bracket.
    """

    def difference(at: float) -> tuple[float, float]:
        moved = z - at * way
        clipped = np.minimum(np.maximum(moved, lower), upper)
        inside = way[(moved > lower) & (moved < upper)]
        return float(way @ clipped) + apart, float(inside @ inside)

    side = 1.0 if difference(0.0)[0] >= 0 else -1.0
    at = high = side * price
    value, slope = difference(at)
    if value * side >= 0:
        return at * way
    low = 0.0
    for _ in range(_NEWTON):
        if value * side > 0:
            low = at
        else:
            high = at
        after = at + value / slope if slope > 0 else 0.5 * (low + high)
        if abs(after - at) <= _CLOSE * abs(at):
            break
        if not min(low, high) < after < max(low, high):
            after = 0.5 * (low + high)
        at = after
        value, slope = difference(at)
    return at * way


def _curve(
    z: FloatArray,
    weight: FloatArray,
    a: FloatArray,
    b: FloatArray,
    price: float,
    lower: float,
    upper: float,
) -> _Curve:
    mass = float(weight.sum())
    end = price / mass
    moves = weight * a != 0
    force, raw = (weight * a)[moves], z[moves]
    # An edge out of reach of these shifts stands in for an infinite one.
    reach = 1.0 + end * float(np.abs(force).max(initial=0.0))
    lower = lower if math.isfinite(lower) else min(float(z.min()), upper) - reach
    upper = upper if math.isfinite(upper) else max(float(z.max()), lower) + reach
    to_lower, to_upper = (raw - lower) / force, (raw - upper) / force
    first, last = np.minimum(to_lower, to_upper), np.maximum(to_lower, to_upper)
    kinks = np.concatenate([first, last, np.array([-end, 0.0, end])])
    shift = np.unique(kinks[(kinks >= -end) & (kinks <= end)])
    before = force * np.where(force > 0, upper, lower)
    after = force * np.where(force > 0, lower, upper)
    started, stopped = _order(first, shift), _order(last, shift)
    total = (
        before.sum()
        + _past(started, force * raw - before)
        - shift * _past(started, force**2)
        + _past(stopped, after - force * raw)
        + shift * _past(stopped, force**2)
    )
    mean = (total + float(weight @ b)) / mass
    return _Curve(shift, np.minimum.accumulate(mean), mass)


def _order(kink: FloatArray, shift: FloatArray) -> tuple[IntArray, IntArray]:
    """People by kink, and how many kinks are at or below each shift."""
    order = np.argsort(kink)
    return order, np.searchsorted(kink[order], shift, side="right")


def _past(order: tuple[IntArray, IntArray], value: FloatArray) -> FloatArray:
    """At each shift, the sum of ``value`` over people whose kink is at or below it."""
    people, count = order
    return np.concatenate([np.zeros(1), np.cumsum(value[people])])[count]


def _level(curves: list[_Curve], target: float, side: int) -> float:
    """Level at which the multipliers of the cells above (+1), below (−1) or all (0) sum to target.

    Between neighbouring breakpoints the sum is linear; at a breakpoint it may jump.
    """
    levels = np.unique(np.concatenate([c.mean for c in curves]))
    if len(levels) == 1:
        return float(levels[0])
    width = np.diff(levels)
    inner = np.concatenate([levels[:-1] + 0.25 * width, levels[:-1] + 0.75 * width])
    total = np.zeros_like(inner)
    for curve in curves:
        shift = curve.shift_at(inner)
        if side != 0:
            shift = np.maximum(shift, 0.0) if side > 0 else np.minimum(shift, 0.0)
        total += curve.mass * shift
    first, second = total[: len(width)], total[len(width) :]
    step = 0.5 * (second - first)
    ends = np.stack([first - step, second + step], axis=1).ravel()
    at = np.stack([levels[:-1], levels[1:]], axis=1).ravel()
    return float(np.interp(-target, np.maximum.accumulate(-ends), at))
