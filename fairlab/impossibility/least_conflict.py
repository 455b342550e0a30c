"""The least worst gap of several criteria: linear programmes over polygons, and their proof."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import linprog

from fairlab.errors import SolveError
from fairlab.impossibility.certificates import Box, Cell, Certificate
from fairlab.impossibility.criteria import CRITERIA
from fairlab.impossibility.reach import Reach
from fairlab.outcomes import FloatArray

Bounds = list[tuple[float | None, float | None]]
TOLERANCE = 1e-4
# Cells of the branch and bound before its tolerance is widened.
MOST_CELLS = 200
# How much of the excess a ratio condition gets, in shares of a group's people.
_SCALE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An optimum between two numbers.

    Attributes:
        points: (G, 2) expected fp and tp of a rule that attains ``upper``.
        upper: Its worst gap.
        certificate: Proof of ``certificate.bound``.
        solves: Linear programmes solved.
    """

    points: FloatArray
    upper: float
    certificate: Certificate
    solves: int


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    points: FloatArray
    value: float
    extra: FloatArray
    marginals: FloatArray


class Programme:
    """The linear programmes of one set of criteria. Columns: weights of corners, then extras.

    Rows, each ``≤``: per criterion the upper condition of every compared group, then the lower
    ones; then the accuracy floor and the floor on TPR − FPR.
    """

    def __init__(self, reach: Reach, criteria: tuple[str, ...]) -> None:
        self.reach, self.criteria = reach, criteria
        self.linear = [name for name in criteria if CRITERIA[name].kind == "linear"]
        self.ratios = [name for name in criteria if CRITERIA[name].kind == "ratio"]
        self.ends = np.concatenate([[0], np.cumsum([len(c) for c in reach.corners])])
        self.solves = 0
        self._fractions = {name: reach.fractions[name] for name in criteria}
        self._compared = {name: np.flatnonzero(reach.compared(name)) for name in criteria}
        self._parts = {
            name: [
                (_at(top[g], reach.corners[g]), _at(bottom[g], reach.corners[g]))
                for g in range(len(reach.sizes))
            ]
            for name, (top, bottom) in self._fractions.items()
        }
        self._rates = {
            name: [top / bottom if (bottom > 0).all() else top for top, bottom in parts]
            for name, parts in self._parts.items()
        }
        size = int(self.ends[-1])
        self._sums = np.zeros((len(reach.sizes), size))
        for g in range(len(reach.sizes)):
            self._sums[g, self.ends[g] : self.ends[g + 1]] = 1
        points = np.concatenate(reach.corners)
        group = np.repeat(np.arange(len(reach.sizes)), np.diff(self.ends))
        share = 1 / reach.n
        self._floors = np.stack(
            [
                (points[:, 0] - points[:, 1]) * share,
                -(points * reach.apart_coefficients[group]).sum(axis=1),
            ]
        )
        self._floor_at = np.array(
            [reach.sizes[:, 0].sum() * share - reach.accuracy_floor, -reach.apart_floor]
        )

    def values(self, points: FloatArray) -> dict[str, FloatArray]:
        """By criterion, the compared groups' rates at (G, 2) expected fp and tp."""
        found = {}
        for name, (top, bottom) in self._fractions.items():
            own = self._compared[name]
            up = top[own, 0] + (top[own, 1:] * points[own]).sum(axis=1)
            down = bottom[own, 0] + (bottom[own, 1:] * points[own]).sum(axis=1)
            found[name] = up / down
        return found

    def worst(self, points: FloatArray) -> float:
        """The worst gap at (G, 2) expected fp and tp."""
        return max(float(np.ptp(rates)) for rates in self.values(points).values())

    def relaxed(self, t: float, box: Box) -> _Solved:
        """Least excess over a worst gap of t with the ratios' lowest values in a box.

        A rule of the box is relaxed to a mixture of one rule per corner of the box, each judged
        by its own corner's v: the dual of "one set of multipliers for all corners".
        """
        ends = list(product(*box))
        size, extras = int(self.ends[-1]), len(self.linear) + 1
        blocks, extra, fixed = [], self._relaxed_extra(), self._relaxed_limits(t)
        for v in ends:
            at = dict(zip(self.ratios, v, strict=True))
            block = np.zeros((len(fixed) + 2, size))
            row = 0
            for name in self.criteria:
                for side in (1.0, -1.0):
                    for g in self._compared[name]:
                        top, bottom = self._parts[name][g]
                        own = slice(self.ends[g], self.ends[g + 1])
                        if name in at:
                            low = at[name] + (t if side > 0 else 0.0)
                            block[row, own] = side * (top - low * bottom)
                        else:
                            block[row, own] = side * self._rates[name][g]
                        row += 1
            block[-2:] = self._floors
            blocks.append(block)
        table = np.hstack([*blocks, np.vstack([extra, np.zeros((2, extras))])])
        groups, many = len(self._sums), len(ends)
        sums = np.zeros((1 + many * (groups - 1), table.shape[1]))
        sums[0, : many * size] = np.tile(self._sums[0], many)
        for k in range(many):
            block_sums = slice(1 + k * (groups - 1), 1 + (k + 1) * (groups - 1))
            sums[block_sums, k * size : (k + 1) * size] = self._sums[1:] - self._sums[0]
        cost = np.zeros(table.shape[1])
        cost[-1] = 1
        return self._solve(
            cost,
            table,
            np.concatenate([fixed, self._floor_at]),
            sums,
            np.eye(1, len(sums)).ravel(),
            [*[(0.0, 1.0)] * len(self.linear), (-2.0, 2.0)],
        )

    def _relaxed_extra(self) -> FloatArray:
        """Columns of the linear criteria's lows and of the excess."""
        rows = []
        for name in self.criteria:
            for side in (1.0, -1.0):
                one = np.zeros(len(self.linear) + 1)
                if name in self.ratios:
                    one[-1] = -_SCALE
                else:
                    one[self.linear.index(name)] = -side
                    one[-1] = -1.0 if side > 0 else 0.0
                rows += [one] * len(self._compared[name])
        return np.array(rows)

    def _relaxed_limits(self, t: float) -> FloatArray:
        parts = []
        for name in self.criteria:
            many = len(self._compared[name])
            parts += [np.full(many, t if name in self.linear else 0.0), np.zeros(many)]
        return np.concatenate(parts)

    def stepped(self, at: FloatArray, radius: float) -> _Solved:
        """The worst gap lowered from a point, ratios linearised there (trust region in v).

        Extras: low of each linear criterion, v of each ratio criterion, t.
        """
        cost = np.zeros(len(self.criteria) + 1)
        cost[-1] = 1
        return self._around(at, radius, cost, (0.0, 1.0), None)

    def more_accurate(self, at: FloatArray, radius: float, t: float) -> _Solved:
        """Accuracy raised from a point with a worst gap of at most t, ratios linearised there."""
        cost = np.zeros(len(self.criteria) + 1)
        return self._around(at, radius, cost, (t, t), self._floors[0])

    def _around(
        self,
        at: FloatArray,
        radius: float,
        cost: FloatArray,
        t_range: tuple[float, float],
        weights: FloatArray | None,
    ) -> _Solved:
        values, t = self.values(at), self.worst(at)
        extras = len(self.linear) + len(self.ratios) + 1
        rows, fixed, extra = [], [], []
        bounds: Bounds = [*[(0.0, 1.0)] * len(self.linear)]
        for name in self.ratios:
            v = float(values[name].min())
            bounds.append((max(0.0, v - radius), min(1.0, v + radius)))
        for name in self.criteria:
            low = float(values[name].min())
            for side in (1.0, -1.0):
                for g in self._compared[name]:
                    top, bottom = self._parts[name][g]
                    one = np.zeros(extras)
                    if name in self.ratios:
                        down = self._fractions[name][1][g]
                        here = float(down[0] + down[1:] @ at[g])
                        v = low + t if side > 0 else low
                        values_g, limit = side * (top - v * bottom), -side * here * v
                        one[len(self.linear) + self.ratios.index(name)] = -side * here
                        one[-1] = -here if side > 0 else 0.0
                    else:
                        values_g, limit = side * top / bottom, 0.0
                        one[self.linear.index(name)] = -side
                        one[-1] = -1.0 if side > 0 else 0.0
                    rows.append(self._row(int(g), values_g))
                    fixed.append(limit)
                    extra.append(one)
        return self._one(rows, fixed, extra, cost, [*bounds, t_range], weights)

    def cell(self, solved: _Solved, t: float, box: Box) -> Cell:
        """The multipliers of a relaxed programme as a contradiction."""
        upper: dict[str, FloatArray] = {}
        lower: dict[str, FloatArray] = {}
        row = 0
        multipliers = np.clip(-solved.marginals, 0, None)
        for name in self.criteria:
            own = self._compared[name]
            for side in (upper, lower):
                full = np.zeros(len(self.reach.sizes))
                full[own] = multipliers[row : row + len(own)]
                full.setflags(write=False)
                side[name] = full
                row += len(own)
        return Cell(box, t, upper, lower, float(multipliers[row]), float(multipliers[row + 1]))

    def _row(self, g: int, values: FloatArray) -> FloatArray:
        row = np.zeros(int(self.ends[-1]))
        row[self.ends[g] : self.ends[g + 1]] = values
        return row

    def _one(
        self,
        rows: list[FloatArray],
        fixed: list[float],
        extra: list[FloatArray],
        cost: FloatArray,
        bounds: Bounds,
        weights: FloatArray | None = None,
    ) -> _Solved:
        """A programme with one rule, its two floors added."""
        size, more = int(self.ends[-1]), len(cost)
        table = np.zeros((len(rows) + 2, size + more))
        table[: len(rows), :size] = rows
        table[: len(rows), size:] = np.reshape(extra, (len(rows), more))
        table[len(rows) :, :size] = self._floors
        return self._solve(
            np.concatenate([np.zeros(size) if weights is None else weights, cost]),
            table,
            np.concatenate([fixed, self._floor_at]),
            np.hstack([self._sums, np.zeros((len(self._sums), more))]),
            np.ones(len(self._sums)),
            bounds,
        )

    def _solve(
        self,
        cost: FloatArray,
        table: FloatArray,
        limits: FloatArray,
        sums: FloatArray,
        totals: FloatArray,
        bounds: Bounds,
    ) -> _Solved:
        self.solves += 1
        size, used = int(self.ends[-1]), len(cost) - len(bounds)
        weights: Bounds = [(0.0, None)] * used
        found = linprog(
            cost,
            A_ub=table,
            b_ub=limits,
            A_eq=sums,
            b_eq=totals,
            bounds=weights + bounds,
            method="highs-ds",
            options={
                "presolve": False,
                "primal_feasibility_tolerance": 1e-10,
                "dual_feasibility_tolerance": 1e-10,
            },
        )
        if found.status != 0 or found.x is None:
            raise SolveError(f"The least worst gap was not found: {found.message}")
        value = 0.0 if found.fun is None else float(found.fun)
        weight = np.clip(found.x[:used], 0, None).reshape(-1, size).sum(axis=0)
        points = np.empty((len(self._sums), 2))
        for g, corners in enumerate(self.reach.corners):
            own = weight[self.ends[g] : self.ends[g + 1]]
            points[g] = own @ corners / own.sum()
        return _Solved(points, value, found.x[used:], found.ineqlin.marginals)


def _at(coefficients: FloatArray, corners: FloatArray) -> FloatArray:
    return np.asarray(coefficients[0] + corners @ coefficients[1:])
