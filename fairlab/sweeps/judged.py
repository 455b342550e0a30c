"""What if the rule were judged by another metric: each metric's best rule under every metric.

Rules are picked on validation people (:mod:`fairlab.sweeps.candidates`) and judged on test
people, which played no part in picking: so their intervals are those of any rule named beforehand.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.metrics.gaps import GapResult
from fairlab.metrics.intervals import wilson
from fairlab.metrics.paired import paired_interval
from fairlab.metrics.people_gaps import gap_draws
from fairlab.metrics.resampling import DRAWS, SEED
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, count
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
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.95,
) -> MetricMatrix:
    """Pick the best rule under each metric on validation people; judge all by all on test people.

    Gaps have the intervals of ``metrics/gap_intervals.py``; the widest over several groupings is
    resampled as one number (``metrics/people_gaps.py``). Accuracy has
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
            people = [self.people(rule, by) for by in self.groupings]
            drawn = gap_draws(
                people, rule.threshold, draws=self.draws, seed=self.seed, level=self.level
            )
            counts = [count(one, rule.threshold) for one in people]
            self._cells[_which(rule)] = tuple(
                _cell(drawn.gap(name), counts, self.groupings) for name in self.metrics
            )
        return self._cells[_which(rule)]

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


def _cell(
    found: GapResult, counts: Sequence[Counts], groupings: Sequence[tuple[str, ...]]
) -> JudgedCell:
    """The gap farthest from equal over the groupings, and which grouping sets it."""
    gap = GAPS[found.name]
    each = [gap.result(table) for table in counts]
    known = [
        (abs(one.value - gap.equal), by)
        for one, by in zip(each, groupings, strict=True)
        if one.value is not None
    ]
    return JudgedCell(
        metric=found.name,
        value=found.value,
        lower=found.lower,
        upper=found.upper,
        highest=found.highest,
        lowest=found.lowest,
        by=max(known, key=lambda one: one[0])[1] if known else groupings[0],
        left_out=tuple(dict.fromkeys(group for one in each for group in one.left_out)),
        why=found.why_undefined if found.value is None else "",
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
    """A share of everyone; weighted people count by Kish's number, as on every page."""
    share = min(float(np.average(yes, weights=weight)), 1.0)
    size = float(len(yes) if weight is None else weight.sum() ** 2 / (weight**2).sum())
    low, high = wilson(share * size, size, level)
    return Expected(share, min(float(low), share), max(float(high), share))


def _paired(change: FloatArray, weight: FloatArray | None, level: float) -> Expected:
    """Mean of −1, 0 and 1 over people, with the interval of matched shares."""
    size = _effective(change, weight)
    plus = float(np.average(change > 0, weights=weight))
    minus = float(np.average(change < 0, weights=weight))
    low, high = paired_interval(plus * size, minus * size, size, level)
    return Expected(plus - minus, float(low), float(high))
