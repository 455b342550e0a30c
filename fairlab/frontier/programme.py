"""The best accuracy (or least cost) any group-threshold rule has at every slack, exactly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.frontier import one_rate, several_rates
from fairlab.frontier.evaluated import EvaluatedFrontier, evaluate_frontier
from fairlab.frontier.hulls import GroupHull, counts_at, group_hulls
from fairlab.frontier.mixture import mixture
from fairlab.frontier.problem import Form, Problem, gap_of, make_problem
from fairlab.frontier.rules import Rule
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.metrics.rates import RATES
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.sweeps import thinned_sweep

SAYING = "Best for this score by thresholds per group; another score may do better."


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """The least expected cost at every slack, for one score and rules by group thresholds.

    Between two breakpoints the cost is linear in the slack, and rules may be interpolated. From
    the last one on, slack is worth nothing: every group has the threshold that is best for it.

    Attributes:
        constraint, form: What is bounded.
        gap: Name in ``GAPS`` of the gap that is at most the slack.
        cost_fp, cost_fn: Cost of a false positive and of a false negative; 1 and 1 make the cost
            one minus accuracy.
        names: All groups, in the order of the people it was fitted on.
        hulls: The G groups that have people, as polygons of (FPR, TPR).
        slack: (B,) breakpoints, increasing from 0.
        cost: (B,) least expected cost per person.
        accuracy: (B,) expected accuracy of the rule there.
        points: (B, G, 2) expected FPR and TPR of each group; the rate of an outcome that nobody
            in the group has stands at 0 and means nothing.
        price: (B,) what one more unit of slack saves per person, right of each breakpoint (the
            programme's dual); falls, and is 0 at the last.
        nodes, node_points: (M,) slacks and (M, G, 2) points between which rules are interpolated:
            the breakpoints and, for accuracy parity, more, so that a threshold shifts instead of
            chance doing the work.
        solves: Linear programmes solved; 0 where the breakpoints come from merging.
        notes: What was left out, in sentences.
    """

    constraint: str
    form: Form
    gap: str
    cost_fp: float
    cost_fn: float
    names: tuple[str, ...]
    hulls: tuple[GroupHull, ...]
    slack: FloatArray
    cost: FloatArray
    accuracy: FloatArray
    points: FloatArray
    price: FloatArray
    nodes: FloatArray
    node_points: FloatArray
    solves: int
    notes: tuple[str, ...]

    @property
    def group_names(self) -> tuple[str, ...]:
        """Groups that have people, in order."""
        return tuple(hull.group for hull in self.hulls)

    def cost_at(self, slack: float) -> float:
        """Least expected cost per person at any slack of 0 or more."""
        return float(np.interp(_checked(slack), self.slack, self.cost))

    def accuracy_at(self, slack: float) -> float:
        """Expected accuracy of the rule at any slack of 0 or more."""
        counts = counts_at(self.hulls, self.points_at(slack))
        return float((counts.tp + counts.tn).sum() / counts.n.sum())

    def points_at(self, slack: float) -> FloatArray:
        """(G, 2) expected FPR and TPR of each group at any slack of 0 or more."""
        at = _checked(slack)
        right = int(np.searchsorted(self.nodes, at, side="left"))
        if right in (0, len(self.nodes)):
            return np.array(self.node_points[max(right - 1, 0)])
        width = self.nodes[right] - self.nodes[right - 1]
        share = (at - self.nodes[right - 1]) / width
        return np.asarray(
            (1 - share) * self.node_points[right - 1] + share * self.node_points[right]
        )

    def at(self, slack: float) -> Rule:
        """A rule that attains the least cost at a slack.

        On a group's ROC hull it draws between at most two thresholds that are neighbours on the
        hull; under the hull (equalized odds, accuracy parity) among three, of which some may
        select nobody or everybody.

        Args:
            slack: 0 or more, in shares of 1 (0.05 is 5 points).

        Raises:
            InputError: For a negative slack.
        """
        points = self.points_at(slack)
        groups = {name: GroupThresholds(name, (), ()) for name in self.names}
        for hull, point in zip(self.hulls, points, strict=True):
            weights = mixture(hull, point)
            drawn = np.flatnonzero(weights)
            drawn = drawn[np.argsort(-hull.thresholds[drawn])]
            cuts, chances = hull.thresholds[drawn].tolist(), weights[drawn].tolist()
            groups[hull.group] = GroupThresholds(hull.group, tuple(cuts), tuple(chances))
        return Rule(
            self.constraint,
            self.form,
            float(slack),
            self.cost_fp,
            self.cost_fn,
            tuple(groups.values()),
        )

    def mixtures(self) -> tuple[FloatArray, ...]:
        """Per group (B, K) probabilities of its corners' thresholds at every breakpoint."""
        return tuple(
            np.stack([mixture(hull, point) for point in self.points[:, g]])
            for g, hull in enumerate(self.hulls)
        )

    def evaluate(
        self,
        outcomes: GroupedOutcomes,
        draws: int = 500,
        seed: int = 0,
        level: float = 0.95,
        *,
        refit: GroupedOutcomes | None = None,
    ) -> EvaluatedFrontier:
        """What the breakpoints' rules do to other people, exactly in expectation, with bands.

        Args:
            outcomes: Labelled people the frontier was not fitted on; same groups, by name.
            draws: Resampled populations for the bands; 0 for none.
            seed: The same seed gives the same bands.
            level: Share of draws inside a band.
            refit: The people it was fitted on. With them, each draw resamples them too and fits
                anew, so that bands hold both noises; a few milliseconds a draw for one bounded
                rate, ten times that for several. Without, thresholds stay where they are.

        Raises:
            InputError: If people belong to a group the frontier has no threshold for.
        """
        return evaluate_frontier(self, outcomes, draws, seed, level, refit)

    def to_frame(self) -> pd.DataFrame:
        """One row per breakpoint: slack, cost, accuracy, price, and each group's rates.

        Columns ``selection_rate: A``, ``tpr: A``, ``fpr: A`` per group; NaN where undefined.
        """
        table = {
            "slack": self.slack,
            "cost": self.cost,
            "accuracy": self.accuracy,
            "price": self.price,
        }
        counts = counts_at(self.hulls, self.points)
        for name in ("selection_rate", "tpr", "fpr"):
            values = RATES[name](counts)
            for g, group in enumerate(self.group_names):
                table[f"{name}: {group}"] = values[:, g]
        return pd.DataFrame(table)


def threshold_frontier(
    outcomes: GroupedOutcomes,
    constraint: str = "demographic_parity",
    cost_fp: float = 1,
    cost_fn: float = 1,
    *,
    form: Form = "max",
) -> Frontier:
    """Every breakpoint of the least cost that group thresholds allow within a slack.

    For a fixed score, thresholds that may differ by group and may be drawn reach exactly the
    convex hull of each group's ROC curve; over those hulls the programme is linear. It is the
    best for this score on these people, in expectation: fit on validation people, then
    :meth:`Frontier.evaluate` on others.

    Args:
        outcomes: Labelled people with scores; weights and ties are fine.
        constraint: Which gap is at most the slack: a key of ``CONSTRAINT_GAPS``.
        cost_fp, cost_fn: Cost of selecting someone with the unfavourable outcome and of not
            selecting someone with the favourable one; positive.
        form: For equalized odds, the larger of the TPR and FPR gaps (``max``) or their ``mean``.

    Returns:
        A frontier. Groups with nobody get no threshold; a group whose bounded rate is undefined
        keeps its own best threshold and is no part of the gap; both are said in ``notes``.

    Raises:
        UnknownNameError: For an unknown constraint.
        InputError: For costs that are not positive, a form the constraint does not have, or
            fewer than two groups with a defined rate.
        SolveError: If the linear programme fails.

    Source: Hardt, Price and Srebro 2016, section 4; slack as in Cruz and Hardt 2024.
    """
    gap = gap_of(constraint, form)
    hulls = group_hulls(thinned_sweep(outcomes))
    problem = make_problem(hulls, gap, cost_fp, cost_fn)
    if len(gap.rates) == 1:
        nodes, node_points, bends = one_rate.breakpoints(problem)
        slack, points, solves = nodes[bends], node_points[bends], 0
    else:
        slack, points, solves = several_rates.breakpoints(problem)
        nodes, node_points = slack, points
    cost = problem.total_cost(points)
    counts = counts_at(hulls, points)
    accuracy = (counts.tp + counts.tn).sum(axis=-1) / counts.n.sum(axis=-1)
    price = np.append(-np.diff(cost) / np.diff(slack), 0.0)
    for array in (slack, cost, accuracy, points, price, nodes, node_points):
        array.setflags(write=False)
    return Frontier(
        constraint,
        form,
        gap.name,
        float(cost_fp),
        float(cost_fn),
        outcomes.group_names,
        hulls,
        slack,
        cost,
        accuracy,
        points,
        price,
        nodes,
        node_points,
        solves,
        _notes(outcomes, problem),
    )


def _notes(outcomes: GroupedOutcomes, problem: Problem) -> tuple[str, ...]:
    present = {hull.group for hull in problem.hulls}
    notes = [
        f"No one is in {name}: the rule has no threshold for it."
        for name in outcomes.group_names
        if name not in present
    ]
    for rate, defined in zip(problem.gap.rates, problem.bounded, strict=True):
        for hull, known in zip(problem.hulls, defined, strict=True):
            if not known:
                notes.append(
                    f"{hull.group} is left out of the {rate.label.lower()} gap: no one in it "
                    f"{rate.condition}."
                )
    return tuple(notes)


def _checked(slack: float) -> float:
    if not slack >= 0:
        raise InputError(f"A slack is 0 or more, in shares of 1; found {slack!r}.")
    return float(slack)
