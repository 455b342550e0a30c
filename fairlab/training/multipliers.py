"""The best rule within a slack for people known by chances: by value, less a charge.

Known of each person are the value of selecting them and how much that moves each bounded rate. The
best decisions within a slack maximise the mean value of those selected with the range of every
condition's rates at most the slack, a linear programme. Its dual has one multiplier per rate:

    minimise over μ   E[max(0, value − rates · μ)] − constant · μ + slack · Σ max(μ, 0)

with the multipliers of each condition summing to 0, and the best rule selects whoever has
value ≥ rates · μ (Menon and Williamson, "The cost of fairness in binary classification", FAT* 2018;
Zeng, Dobriban and Cheng, "Bayes-optimal classifiers under group fairness", 2022). The expectation
is convex and piecewise linear in μ and does not depend on the slack: lines that support it, found
for one slack, serve all others (Kelley 1960, within a box that moves), until the bounds of the
optimum meet.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from fairlab.errors import SolveError
from fairlab.outcomes import FloatArray, IntArray

TOLERANCE = 3e-6
MOST_LINES = 2_000
# Lines that are kept; with that many, the half that lies highest at the newest multipliers.
MOST_KEPT = 400
# Moves tried where people are tied, in so many directions by so much.
NUDGES, NUDGED_BY = 16, (1e-5, 1e-3)
# Multipliers are looked for within a box around the best known, which grows and shrinks.
FIRST_RADIUS, SMALLEST_RADIUS, LARGEST_RADIUS = 0.1, 1e-4, 1e3


@dataclass(frozen=True, slots=True, eq=False)
class Tradeoff:
    """What selecting each of n people is worth, and how it moves m bounded rates.

    Attributes:
        value: (n,) value of selecting each.
        rates: (n, m); a rate is the mean over people of this times the decision, plus a constant.
        condition: (m,) code of the condition each rate belongs to; the slack bounds the range of
            rates of the same condition.
        weight: (n,) weights of people, summing to 1.
    """

    value: FloatArray
    rates: FloatArray
    condition: IntArray
    weight: FloatArray

    def selected(self, charge: FloatArray) -> NDArray[np.bool_]:
        """(n,) whether a person's value is at least what is charged for them."""
        return np.asarray(self.value >= self.rates @ charge)

    def reached(self, charge: FloatArray) -> FloatArray:
        """(m,) rates of those selected, without the constants."""
        return np.asarray(np.where(self.selected(charge), self.weight, 0.0) @ self.rates)


class Search:
    """Finds the multipliers of one table at any slack; the lines found for one serve the next.

    Args:
        tradeoff: Value and rates.
        ask: Called before each line is found; may raise to stop.
    """

    def __init__(self, tradeoff: Tradeoff, ask: Callable[[], None] = lambda: None) -> None:
        self.tradeoff = tradeoff
        self.ask = ask
        self._slope = np.zeros((0, tradeoff.rates.shape[1]))
        self._offset = np.zeros(0)

    def at(
        self, slack: float, constant: FloatArray, start: FloatArray | None = None
    ) -> tuple[FloatArray, float]:
        """(m,) multipliers at a slack, and the mean value of the best decisions within it.

        The value is that of decisions that may be drawn among people whose value equals what is
        charged for them, from above, at most ``TOLERANCE`` too high.

        Args:
            slack: 0 or more.
            constant: (m,) each rate when nobody is selected.
            start: (m,) multipliers that may be near.

        Raises:
            SolveError: If the optimum is not bounded within ``TOLERANCE`` by ``MOST_LINES`` lines.
        """
        best = np.zeros(len(constant)) if start is None else start
        least = self._value(best, slack, constant)
        radius = FIRST_RADIUS
        for _ in range(MOST_LINES):
            self.ask()
            at, bound = self._lowest(slack, constant, best, radius)
            inside = bool(np.abs(at - best).max() < radius * (1 - 1e-6))
            if least - bound <= TOLERANCE:
                if inside or radius >= LARGEST_RADIUS:
                    return best, least
                radius *= 4  # nothing to gain near by: is there farther off?
                continue
            value = self._value(at, slack, constant)
            if value < least:
                enough = least - value >= 0.5 * (least - bound)
                best, least = at, value
                radius *= 2 if enough and not inside else 1
            elif value - least > least - bound:
                radius = max(radius / 2, SMALLEST_RADIUS)
        raise SolveError(
            f"The multipliers of the plug-in rule at slack {slack:g} are not at their optimum "
            f"after {MOST_LINES:,} steps. Compare fewer groups, or leave it out of the baselines.",
        )

    def settle(self, charge: FloatArray, slack: float, constant: FloatArray) -> FloatArray:
        """Multipliers near an optimum that decide well among people it leaves at a tie.

        At the optimum some people's value equals their charge, and the best decisions draw among
        them; where many people are alike, taking or leaving all of them moves rates a lot. Of a
        few moves too small to matter to others, the one with the best mean value, less twice what
        slack is worth per point of gap beyond the slack.

        Args:
            charge: (m,) as :meth:`at` gives.
            slack, constant: As there.
        """
        best, most = charge, self._merit(charge, charge, slack, constant)
        directions = np.random.default_rng(0).standard_normal((NUDGES, len(charge)))
        for radius in NUDGED_BY:
            for direction in directions:
                near = charge + radius * direction
                merit = self._merit(near, charge, slack, constant)
                if merit > most + 1e-9:
                    best, most = near, merit
        return best

    def _merit(
        self, at: FloatArray, charge: FloatArray, slack: float, constant: FloatArray
    ) -> float:
        people = self.tradeoff
        taken = np.where(people.selected(at), people.weight, 0.0)
        rate = taken @ people.rates + constant
        price, beyond = 0.0, 0.0
        for code in np.unique(people.condition):
            own = people.condition == code
            price += float(np.maximum(charge[own], 0).sum())
            beyond = max(beyond, float(np.ptp(rate[own])) - slack)
        return float(taken @ people.value) - 2 * price * max(beyond, 0.0)

    def _value(self, at: FloatArray, slack: float, constant: FloatArray) -> float:
        """The dual at some multipliers; keeps the line that touches its expectation there."""
        people = self.tradeoff
        left = people.value - people.rates @ at
        counted = np.where(left >= 0, people.weight, 0.0)
        excess, slope = float(counted @ left), -(counted @ people.rates)
        keep = np.arange(len(self._slope))
        if len(self._slope) >= MOST_KEPT:  # those that matter least here go
            below = self._offset + self._slope @ at
            keep = np.sort(np.argsort(-below, kind="stable")[: MOST_KEPT // 2])
        self._slope = np.vstack([self._slope[keep], slope])
        self._offset = np.append(self._offset[keep], excess - slope @ at)
        return excess + slack * float(np.maximum(at, 0).sum()) - float(constant @ at)

    def _lowest(
        self, slack: float, constant: FloatArray, centre: FloatArray, radius: float
    ) -> tuple[FloatArray, float]:
        """Where the lines' upper hull, with the terms of the slack, is least within a box.

        Unknown are the multipliers, their positive parts, and the hull's height.
        """
        m, lines = len(constant), len(self._slope)
        condition = self.tradeoff.condition
        member = (condition == np.unique(condition)[:, None]).astype(np.float64)
        one = np.eye(m)
        found = linprog(
            np.concatenate([-constant, np.full(m, slack), [1.0]]),
            A_ub=np.vstack(
                [
                    np.hstack([self._slope, np.zeros((lines, m)), -np.ones((lines, 1))]),
                    np.hstack([one, -one, np.zeros((m, 1))]),
                ]
            ),
            b_ub=np.concatenate([-self._offset, np.zeros(m)]),
            A_eq=np.hstack([member, np.zeros((len(member), m + 1))]),
            b_eq=np.zeros(len(member)),
            bounds=[*zip(centre - radius, centre + radius, strict=True), *[(0, None)] * (m + 1)],
            method="highs",
        )
        if found.x is None or found.fun is None:
            raise SolveError(
                f"The multipliers of the plug-in rule were not found: {found.message} Leave it "
                "out of the baselines, or choose wider slacks."
            )
        return np.asarray(found.x[:m]), float(found.fun)
