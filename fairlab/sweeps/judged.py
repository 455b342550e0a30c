"""What if the rule were judged by another metric: each metric's best rule under every metric.

Rules are picked on validation people (:mod:`fairlab.sweeps.candidates`) and judged on test
people, which played no part in picking: so their intervals are those of any rule named beforehand.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.metrics.gap_intervals import add_interval
from fairlab.metrics.gaps import GapResult
from fairlab.metrics.group_rates import effective_people, equal_weights_aside
from fairlab.metrics.intervals import wilson
from fairlab.metrics.paired import paired_interval
from fairlab.metrics.resampling import (
    alike_counts,
    bootstrap_counts,
    p_value_of_draws,
    permutation_counts,
)
from fairlab.outcomes import FloatArray, GroupedOutcomes, count
from fairlab.results import SweepResult
from fairlab.sweeps.candidates import ACCURACY, Candidates, PickedRule, candidate_rules, pick_rule
from fairlab.sweeps.changes import gap_change
from fairlab.sweeps.expected import UNKNOWN, Expected
from fairlab.sweeps.judged_records import JudgedCell, JudgedRow, MetricMatrix

__all__ = ["JUDGES", "JudgedCell", "JudgedRow", "MetricMatrix", "metric_matrix"]

#: The metrics a rule is judged by unless others are named.
JUDGES = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)
# Not a difference or ratio of shares, or no matter of decisions: no tolerance in points.
_NO_JUDGES = ("treatment_equality_difference", "base_rate_difference")


def metric_matrix(
    result: SweepResult,
    groupings: Sequence[Sequence[str]] | None = None,
    *,
    metrics: Sequence[str] = JUDGES,
    tolerance: float = 0.02,
    give_up: float = 0.05,
    attribute: bool = True,
    models: Sequence[int] | None = None,
    candidates: Candidates | None = None,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> MetricMatrix:
    """Pick the best rule under each metric on validation people; judge all by all on test people.

    Gaps have the intervals of ``metrics/gap_intervals.py``; the widest over several groupings has
    the widest ends of theirs, each at a level raised for their number (Bonferroni). Accuracy has
    Wilson's interval, its change Agresti and Min's for matched shares.

    Args:
        result: A sweep with validation and test people.
        groupings: Ways to group people; None for the run's own.
        metrics: Names in ``GAPS``.
        tolerance, give_up, attribute, models: See :func:`fairlab.sweeps.candidates.pick_rule`.
        candidates: What :func:`fairlab.sweeps.candidates.candidate_rules` said for the same
            groupings.
        draws, seed: Resampled populations.
        level: Confidence level.

    Raises:
        InputError: If no metric is named, one is no matter of tolerance, or for a negative
            tolerance.
        UnknownNameError: For an unknown metric or attribute.
    """
    names = tuple(dict.fromkeys(metrics))
    for name in names:
        if GAPS[name].name in _NO_JUDGES:
            raise InputError(
                f"The {GAPS[name].label.lower()} has no tolerance in points. Judge by a gap of "
                "shares that decisions change."
            )
    if not names:
        raise InputError("Name at least one metric to judge by.")
    found = candidates or candidate_rules(result, groupings)
    asked = {"tolerance": tolerance, "give_up": give_up}
    picked = {
        name: pick_rule(found, name, attribute=attribute, models=models, **asked)
        for name in (ACCURACY, *names)
    }
    judge = _Judge(result, found.groupings, names, draws, seed, level)
    rows = tuple(judge.row(name, rule, picked) for name, rule in picked.items())
    considered = np.unique(found.index if models is None else np.intersect1d(found.index, models))
    return MetricMatrix(
        rows=tuple(judge.compared(row, rows) for row in rows),
        metrics=names,
        groupings=found.groupings,
        tolerance=tolerance,
        give_up=give_up,
        attribute=attribute,
        models=len(considered),
        rules=int(np.isin(found.index, considered).sum()),
        needing=tuple(
            int(m) for m in np.unique(found.index[found.needs_attribute]) if m in considered
        ),
        flagged=found.flagged,
        picked_on=found.people,
        judged_on=len(result.splits["test"].y_true),
        weighted=result.splits["test"].weight is not None,
        level=level,
    )


class _Judge:
    """Test people, and what was already measured on them."""

    def __init__(
        self,
        result: SweepResult,
        groupings: tuple[tuple[str, ...], ...],
        metrics: tuple[str, ...],
        draws: int,
        seed: int,
        level: float,
    ) -> None:
        self.result, self.groupings, self.metrics = result, groupings, metrics
        self.draws, self.seed, self.level = draws, seed, level
        self._cells: dict[tuple[int, float], tuple[JudgedCell, ...]] = {}

    def people(self, rule: PickedRule, by: tuple[str, ...]) -> GroupedOutcomes:
        return self.result.scored(rule.index, "test").outcomes(by)

    def right(self, rule: PickedRule) -> tuple[FloatArray, FloatArray]:
        """Whether each test person is decided right, and whether selected."""
        people = self.result.scored(rule.index, "test")
        selected = (people.score >= rule.threshold).astype(np.float64)
        return (selected == people.y_true).astype(np.float64), selected

    def row(
        self, metric: str, rule: PickedRule | None, picked: dict[str, PickedRule | None]
    ) -> JudgedRow:
        if rule is None:
            return JudgedRow(metric, None)
        weight = self.result.splits["test"].weight
        right, selected = self.right(rule)
        against, changed = UNKNOWN, 0.0
        best = picked[ACCURACY]
        if best is not None:
            before, chosen = self.right(best)
            against = Expected(0.0, 0.0, 0.0)
            if _which(best) != _which(rule):
                against = _paired(right - before, weight, self.level)
            changed = float(np.average(selected != chosen, weights=weight))
        return JudgedRow(
            metric=metric,
            rule=rule,
            drawn=self.result.points[rule.index].is_drawn,
            cells=self.cells(rule),
            accuracy=_shared(right, weight, self.level),
            selected=_shared(selected, weight, self.level),
            against=against,
            changed=changed,
            same_as=tuple(
                name
                for name, other in picked.items()
                if name != metric and other is not None and _which(other) == _which(rule)
            ),
        )

    def cells(self, rule: PickedRule) -> tuple[JudgedCell, ...]:
        if _which(rule) not in self._cells:
            by_grouping = [self._gaps(rule, by) for by in self.groupings]
            self._cells[_which(rule)] = tuple(
                _widest(name, [gaps[name] for gaps in by_grouping], self.groupings)
                for name in self.metrics
            )
        return self._cells[_which(rule)]

    def _gaps(self, rule: PickedRule, by: tuple[str, ...]) -> dict[str, GapResult]:
        """Every gap of one grouping with its interval; people are resampled once for all."""
        people = equal_weights_aside(self.people(rule, by))
        counts, effective = count(people, rule.threshold), effective_people(people)
        level = 1 - (1 - self.level) / len(self.groupings)
        rng = np.random.default_rng(self.seed)
        resampled = bootstrap_counts(counts, self.draws, rng, effective)
        shuffled = {}
        found = {}
        for name in self.metrics:
            gap = GAPS[name]
            found[name] = one = gap.result(counts)
            if one.value is None:
                continue
            given = gap.rates[0].given
            if given not in shuffled:
                rng = np.random.default_rng(self.seed)
                shuffled[given] = (
                    permutation_counts(counts, self.draws, rng, given)
                    if effective is None
                    else alike_counts(counts, self.draws, rng, given, effective)
                )
            ratio = gap.spread == "ratio"
            chance = p_value_of_draws(one.value, gap(shuffled[given]), ratio)
            found[name] = add_interval(gap, one, counts, gap(resampled), level, effective, chance)
        return found

    def compared(self, row: JudgedRow, rows: Sequence[JudgedRow]) -> JudgedRow:
        """The row with what it costs by the standards of the others."""
        if row.rule is None:
            return row
        cells = []
        for place, cell in enumerate(row.cells):
            best = next(other for other in rows if other.metric == cell.metric)
            if best.rule is not None:
                cell = replace(cell, beyond=_beyond(cell, best.cells[place]))
            cells.append(cell)
        costs = {c.metric: c.beyond for c in cells if c.beyond is not None}
        worst = max(costs, key=lambda name: costs[name], default="")
        if not worst or costs[worst] <= 0:
            return replace(row, cells=tuple(cells))
        best = next(other for other in rows if other.metric == worst)
        return replace(
            row,
            cells=tuple(cells),
            worst=worst,
            worst_beyond=self._change(best.rule, row.rule, worst, costs[worst]),
        )

    def _change(
        self, best: PickedRule | None, rule: PickedRule, metric: str, beyond: float
    ) -> Expected:
        if best is None or len(self.groupings) > 1:
            return Expected(beyond, None, None)
        by = self.groupings[0]
        change = gap_change(
            self.people(best, by),
            self.people(rule, by),
            metric,
            threshold_before=best.threshold,
            threshold_after=rule.threshold,
            draws=self.draws,
            seed=self.seed,
            level=self.level,
        )
        if change.lower is None or change.upper is None:
            return Expected(beyond, None, None)
        if GAPS[metric].spread == "ratio":  # farther from equal is lower
            return Expected(beyond, -change.upper, -change.lower)
        return Expected(beyond, change.lower, change.upper)


def _which(rule: PickedRule) -> tuple[int, float]:
    return rule.index, rule.threshold


def _widest(
    name: str, gaps: Sequence[GapResult], groupings: Sequence[tuple[str, ...]]
) -> JudgedCell:
    """The gap farthest from equal over the groupings, with the farthest ends of their intervals."""
    equal = GAPS[name].equal
    known = [(g, by) for g, by in zip(gaps, groupings, strict=True) if g.value is not None]
    left_out = tuple(dict.fromkeys(group for gap in gaps for group in gap.left_out))
    if not known:
        why = gaps[0].why_undefined
        return JudgedCell(name, None, None, None, None, None, groupings[0], left_out, why)
    widest, by = max(known, key=lambda one: abs((one[0].value or 0.0) - equal))
    lows = [g.lower for g, _ in known if g.lower is not None]
    highs = [g.upper for g, _ in known if g.upper is not None]
    farthest = max if GAPS[name].spread == "difference" else min
    sure = len(lows) == len(known) == len(highs)
    return JudgedCell(
        metric=name,
        value=widest.value,
        lower=farthest(lows) if sure else None,
        upper=farthest(highs) if sure else None,
        highest=widest.highest,
        lowest=widest.lowest,
        by=by,
        left_out=left_out,
        why="",
    )


def _beyond(cell: JudgedCell, best: JudgedCell) -> float | None:
    if cell.value is None or best.value is None:
        return None
    equal = GAPS[cell.metric].equal
    return abs(cell.value - equal) - abs(best.value - equal)


def _effective(values: FloatArray, weight: FloatArray | None) -> float:
    """Effective number of people behind a weighted mean; see ``people.effective``."""
    if weight is None:
        return float(len(values))
    mean = float(np.average(values, weights=weight))
    kish = float(weight.sum() ** 2 / (weight**2).sum())
    spread = float(np.average((values - mean) ** 2, weights=weight))
    noise = float((weight**2 * (values - mean) ** 2).sum() / weight.sum() ** 2)
    return kish if spread <= 0 or noise <= 0 else min(kish, spread / noise)


def _shared(yes: FloatArray, weight: FloatArray | None, level: float) -> Expected:
    share = min(float(np.average(yes, weights=weight)), 1.0)
    size = _effective(yes, weight)
    low, high = wilson(share * size, size, level)
    return Expected(share, min(float(low), share), max(float(high), share))


def _paired(change: FloatArray, weight: FloatArray | None, level: float) -> Expected:
    """Mean of −1, 0 and 1 over people, with the interval of matched shares."""
    size = _effective(change, weight)
    plus = float(np.average(change > 0, weights=weight))
    minus = float(np.average(change < 0, weights=weight))
    low, high = paired_interval(plus * size, minus * size, size, level)
    return Expected(plus - minus, float(low), float(high))
