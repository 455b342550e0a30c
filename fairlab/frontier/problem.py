"""What is bounded and what it costs, as linear functions of each group's (FPR, TPR)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import InputError
from fairlab.frontier.hulls import GroupHull, counts_at
from fairlab.metrics.gaps import GAPS, Gap
from fairlab.outcomes import Counts, FloatArray
from fairlab.registry import Registry

Form = Literal["max", "mean"]

#: The gap of each constraint; every rate in it is linear in (FPR, TPR) of its group.
FRONTIER_GAPS: Registry[Gap] = Registry(
    "constraint", {name: GAPS[gap] for name, gap in CONSTRAINT_GAPS.items()}
)
_MEAN_FORMS = {"equalized_odds": GAPS["average_absolute_odds_difference"]}


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Least expected cost with every bounded rate's range over groups within a slack.

    Attributes:
        gap: What is bounded.
        hulls: The G groups that have people.
        rates: (R, G, 3) constant and coefficients of FPR and TPR of each bounded rate; NaN where
            a group's rate is undefined: it is then no part of the gap.
        cost: (G, 3) the same for the cost per person of everybody.
    """

    gap: Gap
    hulls: tuple[GroupHull, ...]
    rates: FloatArray
    cost: FloatArray

    @property
    def bounded(self) -> FloatArray:
        """(R, G) whether a group's rate is part of the gap."""
        return np.asarray(~np.isnan(self.rates[:, :, 0]))

    def corner_costs(self, g: int) -> FloatArray:
        """(K,) cost of each corner of group g's polygon."""
        return along(self.cost[g], self.hulls[g].points)

    def best_corner(self, g: int) -> FloatArray:
        """(2,) the point of group g that costs least when nothing is bounded."""
        point: FloatArray = self.hulls[g].points[int(np.argmin(self.corner_costs(g)))]
        return point

    def total_cost(self, points: FloatArray) -> FloatArray:
        """Cost per person at points of shape (..., G, 2)."""
        return np.asarray(self.cost[:, 0].sum() + (points * self.cost[:, 1:]).sum(axis=(-2, -1)))

    def gap_at(self, points: FloatArray) -> FloatArray:
        """The gap at points of shape (..., G, 2)."""
        return self.gap(counts_at(self.hulls, points))


def along(coefficients: FloatArray, points: FloatArray) -> FloatArray:
    """Constant + coefficients · (FPR, TPR) at points (..., 2)."""
    return np.asarray(coefficients[0] + points @ coefficients[1:])


def gap_of(constraint: str, form: Form = "max") -> Gap:
    """The gap a constraint bounds.

    Raises:
        UnknownNameError: For an unknown constraint.
        InputError: For a form the constraint does not have.
    """
    gap = FRONTIER_GAPS[constraint]
    if form == "max":
        return gap
    if form != "mean" or constraint not in _MEAN_FORMS:
        raise InputError(
            f"{constraint} has no form {form!r}: only equalized_odds compares two rates, as the "
            "larger of their gaps ('max') or their mean ('mean'). Leave the form out."
        )
    return _MEAN_FORMS[constraint]


def make_problem(hulls: tuple[GroupHull, ...], gap: Gap, cost_fp: float, cost_fn: float) -> Problem:
    """The programme of a gap and two costs.

    Raises:
        InputError: For costs that are not positive, or fewer than two groups to compare.
    """
    if not (cost_fp > 0 and cost_fn > 0 and np.isfinite([cost_fp, cost_fn]).all()):
        raise InputError(
            f"Costs must be positive numbers; found {cost_fp:g} for a false positive and "
            f"{cost_fn:g} for a false negative. Give both, in the same unit."
        )
    rates = np.stack([_affine(rate, hulls) for rate in gap.rates])
    everyone = sum(hull.n for hull in hulls)

    def cost(counts: Counts) -> Any:
        return (cost_fp * counts.fp + cost_fn * counts.fn) / everyone

    problem = Problem(gap, hulls, rates, _affine(cost, hulls))
    for rate, defined in zip(gap.rates, problem.bounded, strict=True):
        if defined.sum() >= 2:
            continue
        without = [h.group for h, d in zip(hulls, defined, strict=True) if not d]
        why = "".join(f" No one in {name} {rate.condition}." for name in without)
        raise InputError(
            f"The {gap.label.lower()} needs two groups with a {rate.label.lower()}; "
            f"{int(defined.sum())} of {len(hulls)} has one.{why} Use more people, merge groups, "
            "or choose another constraint."
        )
    return problem


def _affine(measure: Callable[[Counts], Any], hulls: tuple[GroupHull, ...]) -> FloatArray:
    """(G, 3) an affine function of each group's counts, read off at three points."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    points = np.repeat(corners[:, None, :], len(hulls), axis=1)
    at = np.asarray(measure(counts_at(hulls, points)), dtype=np.float64)
    return np.stack([at[0], at[1] - at[0], at[2] - at[0]], axis=1)
