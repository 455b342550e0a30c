"""Every breakpoint when several rates are bounded at once, from the duals of a linear programme.

Least cost as a function of the slack is convex and piecewise linear, and the duals of one solve
are a line that supports it. Where the lines of two slacks cross, either the value lies on them,
and the crossing is a breakpoint, or the solve there gives a new line (Eisner and Severance 1976).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linprog

from fairlab.errors import SolveError
from fairlab.frontier.problem import Problem, along
from fairlab.outcomes import FloatArray

# Costs per person closer than this are the same; the solver's tolerance is as small.
SAME_COST = 1e-10
SAME_SLACK = 1e-11
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The optimum at one slack.

    Attributes:
        slack, cost: Where, and the least cost per person.
        slope: Of a line through it that is nowhere above the least cost; at most 0.
        points: (G, 2) FPR and TPR.
    """

    slack: float
    cost: float
    slope: float
    points: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The programme in weights of corners: rows ``table @ x <= fixed + slack * per_slack``."""

    cost: FloatArray
    table: FloatArray
    per_slack: FloatArray
    sums: FloatArray
    ends: tuple[int, ...]


def breakpoints(problem: Problem) -> tuple[FloatArray, FloatArray, int]:
    """As :func:`fairlab.frontier.one_rate.breakpoints`, and how many programmes were solved."""
    columns = _columns(problem)
    best = np.stack([problem.best_corner(g) for g in range(len(problem.hulls))])
    free = Solved(float(problem.gap_at(best)), float(problem.total_cost(best)), 0.0, best)
    if free.slack <= SAME_SLACK:
        return np.zeros(1), best[None], 0
    found = [solve(problem, columns, 0.0), free]
    solves, todo = 1, [(found[0], free)]
    while todo:
        left, right = todo.pop()
        crossing = _crossing(left, right)
        if crossing is None:
            continue
        middle = solve(problem, columns, crossing)
        solves += 1
        found.append(middle)
        if middle.cost > left.cost + left.slope * (crossing - left.slack) + SAME_COST:
            todo += [(left, middle), (middle, right)]
    kept = _bending(sorted(found, key=lambda one: one.slack))
    return np.array([s.slack for s in kept]), np.stack([s.points for s in kept]), solves


def points_at(problem: Problem, slacks: FloatArray) -> FloatArray:
    """(S, G, 2) points of least cost at given slacks."""
    columns = _columns(problem)
    return np.stack([solve(problem, columns, float(slack)).points for slack in slacks])


def solve(problem: Problem, columns: _Columns, slack: float) -> Solved:
    """Least cost at one slack, with the price of slack.

    Raises:
        SolveError: If the solver fails; the programme is always feasible.
    """
    weights = columns.ends[-1]
    bounds: list[tuple[float | None, float | None]] = [(0, None)] * weights
    bounds += [(None, None)] * (len(columns.cost) - weights)
    found = linprog(
        columns.cost,
        A_ub=columns.table,
        b_ub=slack * columns.per_slack,
        A_eq=columns.sums,
        b_eq=np.ones(len(columns.sums)),
        bounds=bounds,
        method="highs-ds",
        options={
            "primal_feasibility_tolerance": TOLERANCE,
            "dual_feasibility_tolerance": TOLERANCE,
        },
    )
    if found.status != 0 or found.x is None:
        raise SolveError(f"The frontier at slack {slack:g} was not found: {found.message}")
    points = np.empty((len(problem.hulls), 2))
    for g, hull in enumerate(problem.hulls):
        weight = np.clip(found.x[columns.ends[g] : columns.ends[g + 1]], 0, None)
        points[g] = weight @ hull.points / weight.sum()
    slope = min(float(found.ineqlin.marginals @ columns.per_slack), 0.0)
    return Solved(slack, float(problem.total_cost(points)), slope, points)


def _crossing(left: Solved, right: Solved) -> float | None:
    """Where the lines of two slacks cross; None if the cost is known to be linear between them."""
    width = right.slack - left.slack
    if width <= SAME_SLACK:
        return None
    above_left = right.cost - (left.cost + left.slope * width)
    above_right = left.cost - (right.cost - right.slope * width)
    if above_left <= SAME_COST or above_right <= SAME_COST:
        return None
    # Distance from the left at which right's line, risen by above_right there, meets left's.
    step = above_right / (right.slope - left.slope)
    if not SAME_SLACK < step < width - SAME_SLACK:
        return None
    return left.slack + step


def _bending(found: list[Solved]) -> list[Solved]:
    """Those that are no mixture of their neighbours, up to rounding."""
    kept = [found[0]]
    for here, after in pairwise(found[1:]):
        before = kept[-1]
        if here.slack - before.slack <= SAME_SLACK:
            continue
        share = (here.slack - before.slack) / (after.slack - before.slack)
        if before.cost + share * (after.cost - before.cost) - here.cost > SAME_COST / 10:
            kept.append(here)
    last = found[-1]
    if kept[-1].cost - last.cost <= SAME_COST:  # slack was worth nothing from there on already
        return kept
    if len(kept) > 1 and last.slack - kept[-1].slack <= SAME_SLACK:
        kept.pop()
    return [*kept, last]


def _columns(problem: Problem) -> _Columns:
    """Weights of all corners, then the lowest of each rate, then (mean form) the range of each."""
    hulls, rates = problem.hulls, len(problem.rates)
    ends = np.concatenate([[0], np.cumsum([len(h.thresholds) for h in hulls])])
    mean = problem.gap.combine == "mean"
    size = int(ends[-1]) + rates * (2 if mean else 1)
    cost = np.zeros(size)
    sums = np.zeros((len(hulls), size))
    rows, per_slack = [], []
    for g, hull in enumerate(hulls):
        own = slice(ends[g], ends[g + 1])
        cost[own] = problem.corner_costs(g)
        sums[g, own] = 1
        for r in np.flatnonzero(problem.bounded[:, g]):
            above = np.zeros(size)
            above[own] = along(problem.rates[r, g], hull.points)
            above[ends[-1] + r] = -1
            below = -above
            if mean:
                above[ends[-1] + rates + r] = -1
            rows += [above, below]
            per_slack += [0.0 if mean else 1.0, 0.0]
    if mean:
        ranges = np.zeros(size)
        ranges[-rates:] = 1 / rates
        rows.append(ranges)
        per_slack.append(1.0)
    return _Columns(cost, np.stack(rows), np.array(per_slack), sums, tuple(ends.tolist()))
