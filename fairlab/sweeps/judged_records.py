"""What the rules that are best under each metric are judged to be; see ``judged.py``."""

from dataclasses import dataclass

from fairlab.sweeps.candidates import PickedRule
from fairlab.sweeps.expected import UNKNOWN, Expected


@dataclass(frozen=True, slots=True)
class JudgedCell:
    """One gap of one rule on test people, the farthest from equal over the groupings.

    Attributes:
        metric: Name in ``GAPS``.
        value, lower, upper: None where undefined, or where there is no interval.
        highest, lowest: The two groups that set it.
        by: The grouping that sets it.
        left_out: Groups that could not be compared.
        why: Why there is no value; "" when there is one.
        beyond: How much farther from equal than under the rule that is best by this metric;
            below 0 where chance, or the tolerance, made this one's narrower on test people.
    """

    metric: str
    value: float | None
    lower: float | None
    upper: float | None
    highest: str | None
    lowest: str | None
    by: tuple[str, ...]
    left_out: tuple[str, ...]
    why: str
    beyond: float | None = None


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """The rule that is best under one metric, judged by all of them on test people.

    Attributes:
        metric: Name in ``GAPS``, or ``accuracy``.
        rule: None if no rule counts under this metric; everything below is then empty.
        drawn: Whether its decisions are drawn.
        cells: One per metric.
        accuracy, selected: Share decided right, share selected.
        against: Accuracy minus that of the most accurate rule, on the same people.
        changed: Share of people it decides otherwise than the most accurate rule.
        same_as: Other rows with the very same rule.
        worst: The other metric by which it costs most, "" if it costs nothing by any.
        worst_beyond: That cost with an interval of the change on the same people; no interval
            where several groupings are judged.
    """

    metric: str
    rule: PickedRule | None
    drawn: bool = False
    cells: tuple[JudgedCell, ...] = ()
    accuracy: Expected = UNKNOWN
    selected: Expected = UNKNOWN
    against: Expected = UNKNOWN
    changed: float = 0.0
    same_as: tuple[str, ...] = ()
    worst: str = ""
    worst_beyond: Expected = UNKNOWN


@dataclass(frozen=True, slots=True)
class MetricMatrix:
    """Each metric's best rule judged by every metric.

    Attributes:
        rows: The most accurate rule, then one per metric.
        metrics: Names in ``GAPS``, in the order of each row's cells.
        groupings: Ways the people are grouped; with several, gaps are the widest over them.
        tolerance, give_up: As asked.
        attribute: Whether rules that need the person's group could be picked.
        models, rules: How many it was picked from.
        needing: Models that need the attribute, picked from or not.
        flagged: Models left out because of health findings.
        picked_on, judged_on: Validation and test people.
        weighted: Whether people are weighted.
        level: Confidence level of each interval on its own.
    """

    rows: tuple[JudgedRow, ...]
    metrics: tuple[str, ...]
    groupings: tuple[tuple[str, ...], ...]
    tolerance: float
    give_up: float
    attribute: bool
    models: int
    rules: int
    needing: tuple[int, ...]
    flagged: tuple[int, ...]
    picked_on: int
    judged_on: int
    weighted: bool
    level: float

    def row(self, metric: str) -> JudgedRow:
        """The row of a metric."""
        return next(row for row in self.rows if row.metric == metric)
