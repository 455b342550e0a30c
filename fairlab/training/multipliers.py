"""The best rule that knows chances only: decide by value, less what the constraint charges.

Known of each person are the value of selecting them and how much that moves each bounded rate. The
best decisions within a slack maximise the mean value of those selected with the range of every
condition's rates at most the slack, a linear programme. Its dual has one multiplier per rate:

    minimise over μ   E[max(0, value − rates · μ)] − constant · μ + slack · Σ max(μ, 0)

with the multipliers of each condition summing to 0, and the best rule selects whoever has
value ≥ rates · μ (Menon and Williamson, "The cost of fairness in binary classification", FAT* 2018;
Zeng, Dobriban and Cheng, "Bayes-optimal classifiers under group fairness", 2022). The expectation
is convex and piecewise linear in μ and does not depend on the slack: lines that support it, found
for one slack, serve all others (Kelley 1960), until the bounds of the optimum meet.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from fairlab.errors import SolveError
from fairlab.outcomes import FloatArray, IntArray

TOLERANCE = 1e-6
MOST_LINES = 3_000
# Multipliers are looked for between plus and minus this much; more where that is not enough.
FIRST_REACH = 2.0
MOST_REACH = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class Tradeoff:
    """What selecting each of n people is worth, and how it moves m bounded rates.

    Attributes:
        value: (n,) value of selecting each.
        rates: (n, m); a rate is the mean over people of this times the decision, plus its
            constant.
        constant: (m,) each rate when nobody is selected.
        condition: (m,) code of the condition each rate belongs to; the slack bounds the range of
            rates of the same condition.
        weight: (n,) weights of people, summing to 1.
    """

    value: FloatArray
    rates: FloatArray
    constant: FloatArray
    condition: IntArray
    weight: FloatArray

    def excess(self, multipliers: FloatArray) -> tuple[float, FloatArray]:
        """The mean of max(0, value − rates · μ), and a (m,) slope of it there."""
        left = self.value - self.rates @ multipliers
        counted = np.where(left >= 0, self.weight, 0.0)
        return float(counted @ left), -(counted @ self.rates)


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """What the constraint charges at one slack.

    Attributes:
        slack: Asked for.
        charge: (m,) multipliers; a person is selected iff value ≥ rates · charge.
        optimum: Mean value of the best decisions within the slack, from above; at most
            ``TOLERANCE`` too high.
        lines: Supporting lines that were found until then, for all slacks so far.
    """

    slack: float
    charge: FloatArray
    optimum: float
    lines: int


def multipliers(
    tradeoff: Tradeoff, slacks: Sequence[float], ask: Callable[[], None] = lambda: None
) -> Iterator[Multipliers]:
    """The multipliers at each slack, in the order asked.

    Args:
        tradeoff: Value and rates.
        slacks: 0 or more.
        ask: Called before each line is found; may raise to stop.

    Raises:
        SolveError: If the optimum is not bounded within ``TOLERANCE`` by ``MOST_LINES`` lines.
    """
    lines = _Lines(tradeoff)
    charge = np.zeros(len(tradeoff.constant))
    for slack in slacks:
        charge, optimum = _minimise(lines, slack, charge, ask)
        yield Multipliers(slack, charge, optimum, len(lines.slope))


class _Lines:
    """Supporting lines of the mean excess, and what they say about its dual."""

    def __init__(self, tradeoff: Tradeoff) -> None:
        self.tradeoff = tradeoff
        self.slope: list[FloatArray] = []
        self.offset: list[float] = []
        self.reach = FIRST_REACH

    def add(self, at: FloatArray) -> float:
        """A line touching at ``at``; the excess there."""
        value, slope = self.tradeoff.excess(at)
        self.slope.append(slope)
        self.offset.append(value - float(slope @ at))
        return value

    def lowest(self, slack: float) -> tuple[FloatArray, float]:
        """Where the lines' upper hull, with the terms of the slack, is least; and its value."""
        constant, condition = self.tradeoff.constant, self.tradeoff.condition
        slope = np.stack(self.slope)
        cost = np.concatenate([slack - constant, constant, [1.0]])
        codes = np.unique(condition)
        member = (condition == codes[:, None]).astype(np.float64)
        while True:
            found = linprog(
                cost,
                A_ub=np.hstack([slope, -slope, -np.ones((len(slope), 1))]),
                b_ub=-np.array(self.offset),
                A_eq=np.hstack([member, -member, np.zeros((len(codes), 1))]),
                b_eq=np.zeros(len(codes)),
                bounds=[(0, self.reach)] * (2 * len(constant)) + [(0, None)],
                method="highs",
            )
            if found.x is None or found.fun is None:
                raise SolveError(
                    f"The multipliers of the plug-in rule were not found: {found.message} Leave "
                    "the plug-in rule out of the baselines, or choose wider slacks."
                )
            up, down = np.split(found.x[:-1], 2)
            at = up - down
            if np.abs(at).max() < self.reach * (1 - 1e-9) or self.reach >= MOST_REACH:
                return at, float(found.fun)
            self.reach *= 4


def _minimise(
    lines: _Lines, slack: float, start: FloatArray, ask: Callable[[], None]
) -> tuple[FloatArray, float]:
    """The best multipliers found, and the value of the dual there.

    New lines touch half-way between the best multipliers and those the lines say: with many
    multipliers the latter alone jump about.
    """
    constant = lines.tradeoff.constant
    at, best, least = start, start, np.inf
    while len(lines.slope) < MOST_LINES:
        ask()
        value = lines.add(at) - float(constant @ at) + slack * float(np.maximum(at, 0).sum())
        if value < least:
            best, least = at, value
        hull, bound = lines.lowest(slack)
        if least - bound <= TOLERANCE:
            return best, least
        at = hull if len(constant) <= 2 or value > least else (hull + best) / 2
    raise SolveError(
        f"The multipliers of the plug-in rule at slack {slack:g} are {least - bound:.2g} from the "
        f"optimum after {MOST_LINES:,} steps. Compare fewer groups, or leave it out."
    )
