"""Strategies people know by name, as one threshold per group that can be written down."""

from dataclasses import dataclass, replace

import numpy as np

from fairlab.errors import InputError
from fairlab.frontier.deterministic import Choices, group_choices, narrowest
from fairlab.frontier.hulls import group_hulls
from fairlab.frontier.problem import gap_of, make_problem
from fairlab.frontier.programme import Frontier, threshold_frontier
from fairlab.frontier.rules import RoundedRule, Rule
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.language import told_fields, translated
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.registry import Registry
from fairlab.sweeps import ThresholdSweep, exact_sweep, thinned_sweep
from fairlab.sweeps.thinned import everyone_in_one

# Costs per person closer than this are the same.
SAME_COST = 1e-12


@told_fields("label", "definition")
@dataclass(frozen=True, slots=True)
class Strategy:
    """A way of setting thresholds that has a name.

    Attributes:
        name: Key in :data:`STRATEGIES`.
        label: Name on screen.
        definition: What it does, in a sentence.
        constraint: Whose gap it narrows, a key of ``CONSTRAINT_GAPS``; None for none.
        uses_attribute_when_deciding: Whether a person's group is needed for the decision.
    """

    name: str
    label: str
    definition: str
    constraint: str | None
    uses_attribute_when_deciding: bool

    def label_for(self, cost_fp: float = 1.0, cost_fn: float = 1.0) -> str:
        """The label; "Maximum accuracy" becomes "Least cost" when the two errors' costs differ."""
        if self.name == "maximum_accuracy" and cost_fp != cost_fn:
            return translated("Least cost")
        return self.label


# fmt: off
_STRATEGIES = (
    Strategy("single_threshold", "Least cost, one threshold",
             "One threshold for everybody, the one that costs least.", None, False),
    Strategy("maximum_accuracy", "Maximum accuracy",
             "For each group the threshold that costs least, whatever the gaps.", None, True),
    Strategy("demographic_parity", "Demographic parity",
             "Aims at groups selected equally often, at the least cost.",
             "demographic_parity", True),
    Strategy("equal_opportunity", "Equal opportunity",
             "Aims at groups selected equally often among people with the favourable outcome, at "
             "the least cost.", "equal_opportunity", True),
    Strategy("predictive_equality", "Predictive equality",
             "Aims at groups selected equally often among people with the unfavourable outcome, at "
             "the least cost.", "predictive_equality", True),
    Strategy("equalized_odds", "Equalized odds",
             "Aims at groups selected equally often among people with the favourable and among "
             "people with the unfavourable outcome, as nearly as thresholds allow.",
             "equalized_odds", True),
)
# fmt: on

STRATEGIES: Registry[Strategy] = Registry("strategy", {one.name: one for one in _STRATEGIES})


@dataclass(frozen=True, slots=True)
class StrategyThresholds:
    """One threshold per group, and what it gives up against drawing.

    Attributes:
        name: Key in :data:`STRATEGIES`.
        group_names: Groups, in the order of the people.
        thresholds: One per group: a score of one of its people, +inf where nobody is selected,
            −inf where everybody is; NaN for groups with nobody. For a single threshold the same
            number everywhere.
        randomised: The best rule that may draw, within the slack; None without a constraint.
        deterministic: ``thresholds`` as a rule that can be applied and exported; None without a
            constraint.
        loss: What one threshold per group changes against drawing, in a sentence; "" if nothing.
        notes: What a reader must know, in sentences.
    """

    name: str
    group_names: tuple[str, ...]
    thresholds: tuple[float, ...]
    randomised: Rule | None
    deterministic: Rule | None
    loss: str
    notes: tuple[str, ...]


def strategy_thresholds(
    outcomes: GroupedOutcomes,
    name: str,
    *,
    cost_fp: float = 1.0,
    cost_fn: float = 1.0,
    slack: float = 0.0,
) -> StrategyThresholds:
    """One deterministic threshold per group for a named strategy.

    For a strategy with a constraint the exact optimum of ``threshold_frontier`` usually draws
    between thresholds. Of all rules with one threshold per group that cost no more than the
    larger of these two, the one whose gap exceeds the slack least is taken, then the cheapest:
    that optimum and one wrong decision per group, or the optimum with each group rounded by
    itself to the nearest rates (which can end far from the slack on few people). Selecting nobody
    has no gap either; so a rule may not give up more than half of what that optimum saves over
    ignoring the score. A group with nobody gets NaN; a group whose rate is undefined gets the
    threshold that costs least in it. Both are said. Where fewer than two groups have the rate
    there is nothing to narrow: every group gets its cheapest threshold.

    Among thresholds that are as good, the lowest: it selects the most people. Selecting nobody,
    or everybody, is allowed where it costs least, and said.

    Args:
        outcomes: Labelled people to fit on, best validation people.
        name: Key of :data:`STRATEGIES`.
        cost_fp, cost_fn: Cost of each kind of error; positive.
        slack: Gap allowed, in [0, 1].

    Raises:
        UnknownNameError: For an unknown strategy.
        InputError: For costs that are not positive, or a negative slack.
    """
    strategy = STRATEGIES[name]
    if not slack >= 0:
        raise InputError(f"A slack is 0 or more, in shares of 1; found {slack!r}.")
    if not (cost_fp > 0 and cost_fn > 0 and np.isfinite([cost_fp, cost_fn]).all()):
        raise InputError(
            f"Costs must be positive numbers; found {cost_fp:g} for a false positive and "
            f"{cost_fn:g} for a false negative. Give both, in the same unit."
        )
    sweep = thinned_sweep(outcomes)
    if name == "single_threshold":
        found = _single(outcomes, cost_fp, cost_fn)
    elif strategy.constraint is None:
        found = _own_best(sweep, cost_fp, cost_fn)
    else:
        try:
            return _within(outcomes, strategy, cost_fp, cost_fn, slack)
        except InputError as error:
            if "needs two groups" not in str(error):
                raise
            found = _own_best(sweep, cost_fp, cost_fn)
            notes = (str(error), "Every group has the threshold that costs least in it.")
            return _unbounded(strategy, sweep, found, notes)
    return _unbounded(strategy, sweep, found, ())


def _costs(sweep: ThresholdSweep, cost_fp: float, cost_fn: float) -> FloatArray:
    """(T, G) cost of each group's people at each threshold."""
    return np.asarray(cost_fp * sweep.counts.fp + cost_fn * sweep.counts.fn, dtype=np.float64)


def _single(outcomes: GroupedOutcomes, cost_fp: float, cost_fn: float) -> FloatArray:
    sweep = exact_sweep(everyone_in_one(outcomes))
    total = _costs(sweep, cost_fp, cost_fn)[:, 0]
    at = _lowest_best(total, float(sweep.counts.n[0].sum()))
    cut = sweep.thresholds[at] if at > 0 else -np.inf
    return np.full(outcomes.n_groups, cut)


def _own_best(sweep: ThresholdSweep, cost_fp: float, cost_fn: float) -> FloatArray:
    """(G,) the cheapest threshold of each group, a score of its own."""
    cuts = np.full(sweep.counts.shape[1], np.nan)
    for g, people in enumerate(sweep.counts.n[0]):
        if people > 0:
            own = sweep.of_group(g)
            selected = (own.counts.tp + own.counts.fp)[:, 0]
            at = _lowest_best(_costs(own, cost_fp, cost_fn)[:, 0], float(people))
            # Of thresholds that select the same people, the highest: one of the group's scores.
            at = int(np.flatnonzero(selected == selected[at])[-1])
            cuts[g] = -np.inf if selected[at] == selected[0] else own.thresholds[at]
            if selected[at] == 0:
                cuts[g] = np.inf
    return cuts


def _lowest_best(cost: FloatArray, people: float) -> int:
    return int(np.flatnonzero(cost <= cost.min() + SAME_COST * people)[0])


def _unbounded(
    strategy: Strategy, sweep: ThresholdSweep, cuts: FloatArray, notes: tuple[str, ...]
) -> StrategyThresholds:
    empty = sweep.counts.n[0] == 0
    cuts = np.where(empty, np.nan, cuts)
    names = sweep.counts.group_names
    return StrategyThresholds(
        name=strategy.name,
        group_names=names,
        thresholds=tuple(cuts.tolist()),
        randomised=None,
        deterministic=None,
        loss="",
        notes=(*_absent(names, empty.tolist()), *notes, *_ends(names, cuts)),
    )


def one_threshold_each(
    frontier: Frontier, outcomes: GroupedOutcomes, slack: float = 0.0
) -> RoundedRule:
    """The best rule at a slack that needs no chance, beside the one that does.

    See :func:`strategy_thresholds` for which of all thresholds are taken. Where the optimum has
    one threshold per group already, it is returned.

    Args:
        frontier: Fitted on ``outcomes``.
        outcomes: The people it was fitted on.
        slack: Gap allowed, 0 or more.
    """
    exact = frontier.at(slack)
    if not exact.randomised:
        measured = exact.measure(outcomes)
        return RoundedRule(exact, measured, measured)
    sweep = thinned_sweep(outcomes)
    gap = gap_of(frontier.constraint, frontier.form)
    problem = make_problem(group_hulls(sweep), gap, frontier.cost_fp, frontier.cost_fn)
    allowed = _allowed(exact, outcomes, sweep, frontier.cost_at(slack))
    rule = _rounded(exact, group_choices(sweep, problem), slack, allowed)
    return RoundedRule(rule, exact.measure(outcomes), rule.measure(outcomes))


def _within(
    outcomes: GroupedOutcomes,
    strategy: Strategy,
    cost_fp: float,
    cost_fn: float,
    slack: float,
) -> StrategyThresholds:
    assert strategy.constraint is not None
    frontier = threshold_frontier(outcomes, strategy.constraint, cost_fp, cost_fn)
    exact, found = frontier.at(slack), one_threshold_each(frontier, outcomes, slack)
    cuts = np.array([one.thresholds[0] if one.thresholds else np.nan for one in found.rule.groups])
    return StrategyThresholds(
        name=strategy.name,
        group_names=outcomes.group_names,
        thresholds=tuple(cuts.tolist()),
        randomised=exact,
        deterministic=found.rule,
        loss=found.loss if exact.randomised else "",
        notes=(*frontier.notes, *_ends(outcomes.group_names, cuts)),
    )


def _allowed(exact: Rule, outcomes: GroupedOutcomes, sweep: ThresholdSweep, cost: float) -> float:
    """Cost per person a rule without chance may have in exchange for its gap."""
    one_error_each = max(exact.cost_fp, exact.cost_fn) * len(exact.groups) / outcomes.n
    nearest = exact.nearest_deterministic(outcomes).after.cost
    totals = _costs(sweep, exact.cost_fp, exact.cost_fn).sum(axis=1) / sweep.counts.n[0].sum()
    ignoring_the_score = float(min(totals[0], totals[-1]))
    return min(max(cost + one_error_each, nearest), (cost + max(ignoring_the_score, cost)) / 2)


def _rounded(exact: Rule, choices: tuple[Choices, ...], slack: float, allowed: float) -> Rule:
    drawn = {one.group: one.likeliest() for one in exact.groups if one.thresholds}
    start = [int(np.searchsorted(-c.cuts, -drawn[c.group].thresholds[0])) for c in choices]
    start = [min(at, len(c.cuts) - 1) for at, c in zip(start, choices, strict=True)]
    found = narrowest(choices, start, slack, allowed)
    cuts = {c.group: float(c.cuts[at]) for c, at in zip(choices, found, strict=True)}
    groups = tuple(
        GroupThresholds(one.group, (cuts[one.group],), (1.0,)) if one.group in cuts else one
        for one in exact.groups
    )
    return replace(exact, groups=groups)


def _absent(names: tuple[str, ...], empty: list[bool]) -> tuple[str, ...]:
    return tuple(
        f"No one is in {name}: the strategy has no threshold for it."
        for name, nobody in zip(names, empty, strict=True)
        if nobody
    )


def _ends(names: tuple[str, ...], cuts: FloatArray) -> tuple[str, ...]:
    """A rule that ignores the person is named as one."""
    there = ~np.isnan(cuts)
    notes = []
    for end, who in ((np.inf, "nobody"), (-np.inf, "everybody")):
        at = [name for name, cut in zip(names, cuts, strict=True) if cut == end]
        if at and len(at) == there.sum():
            notes.append(f"It selects {who}: the score plays no part.")
        elif at:
            notes.append(f"It selects {who} in {', '.join(at)}.")
    return tuple(notes)
