"""A curve for a room of people: a dozen points with numbers to call them by, each in people."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.language import tr
from fairlab.metrics import RATES, effective_people, wilson
from fairlab.metrics.gaps import GapResult
from fairlab.metrics.people_gaps import gap_of_people
from fairlab.outcomes import count
from fairlab.reports.measure import people_of
from fairlab.reports.tables.curve import CurveRow
from fairlab.results import SweepResult
from fairlab.sweeps.people import moves

MOST_POINTS = 10
NEAR = 0.08  # of the ranges of accuracy and gap together: nearer points are not told apart
FEW = 3  # a point chosen by fewer people keeps their words apart from it
SMALLEST = 10  # people in a group, below which nothing is said of it
#: What participants can care about: gaps by name, and "" for right decisions, whoever they are of.
METRICS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
    "",
)


@dataclass(frozen=True, slots=True)
class GroupInPeople:
    """What one point means for one group of test people. Shares in [0, 1]; None where undefined.

    Attributes:
        name: The group.
        n: People in it (or their total weight).
        selected, lower, upper: Share selected, with its Wilson interval.
        gained, lost: Newly selected, no longer selected, against the unmitigated model.
    """

    name: str
    n: float
    selected: float | None
    lower: float | None
    upper: float | None
    gained: float
    lost: float

    @property
    def too_few(self) -> bool:
        """Whether the group is so small that nothing should be said of it."""
        return self.n < SMALLEST


@dataclass(frozen=True, slots=True)
class PointInPeople:
    """One numbered point of the curve.

    Attributes:
        number: What people call it by: 1 is the unmitigated model, the last of those offered has
            the narrowest gap on validation people.
        row: Where it lies on the curve, measured on test people.
        n: Test people.
        groups: One per group, attribute by attribute when these are compared each by itself.
        gaps: By metric of :data:`METRICS`, without "".
        base: Number of the unmitigated model that ``gained`` and ``lost`` are against.
    """

    number: int
    row: CurveRow
    n: float
    groups: tuple[GroupInPeople, ...]
    gaps: dict[str, GapResult]
    base: int

    @property
    def index(self) -> int:
        """Of the model in its run."""
        return self.row.index

    @property
    def nobody_gains(self) -> bool:
        """Whether somebody loses a selection and nobody wins one."""
        lost, gained = sum(g.lost for g in self.groups), sum(g.gained for g in self.groups)
        return lost > 0 and gained == 0


def offered(rows: Sequence[CurveRow], most: int = MOST_POINTS) -> tuple[int, ...]:
    """Which models are talked about: the unmitigated one, and others spread along the fronts.

    Ninety markers cannot be discussed. Of the models without warnings that none of their family
    beats on validation people, each next one is the farthest from those taken (accuracy and gap,
    each over its range).

    Args:
        rows: On validation people: what is offered must not be chosen by the test people on whom
            the room then sees it measured.
        most: Points.

    Returns:
        Model indices: the unmitigated one, called point 1, then from the widest gap to the
        narrowest on those people. On test people the order may differ.
    """
    known = [r for r in rows if r.accuracy is not None and r.gap is not None and not r.flags]
    can = [r for r in known if r.front and r.mode != "baseline"] or known
    base = unmitigated(rows)
    if base is not None and base not in can:
        can = [base, *can]
    if not can:
        return ()
    place = np.array([(r.accuracy, r.gap) for r in can], dtype=float)
    span = np.ptp(place, axis=0)
    place = place / np.where(span > 0, span, 1)
    taken = [can.index(base) if base is not None else 0]
    far = np.linalg.norm(place - place[taken[0]], axis=1)
    while len(taken) < min(most, len(can)) and far.max() > NEAR:
        taken.append(int(far.argmax()))
        far = np.minimum(far, np.linalg.norm(place - place[taken[-1]], axis=1))
    first, rest = can[taken[0]], [can[i] for i in taken[1:]]
    rest.sort(key=lambda r: (-(r.gap or 0), -(r.accuracy or 0)))
    return tuple(r.index for r in (first, *rest))


def unmitigated(rows: Sequence[CurveRow]) -> CurveRow | None:
    """The model that others are held against: unmitigated, of a trained family if there is one."""
    bases = [r for r in rows if r.baseline and r.accuracy is not None and r.gap is not None]
    trained = [r for r in bases if r.mode != "baseline"]
    return next(iter(trained or bases), None)


def numbered(rows: Sequence[CurveRow], also: Iterable[int] = ()) -> dict[int, int]:
    """Number by model index: the offered points, then what somebody chose beside them.

    A model has the same number on every screen, whatever others chose.

    Args:
        rows: On validation people, see :func:`offered`.
        also: Model indices.
    """
    first = offered(rows)
    rest = (i for i in range(len(rows)) if i not in first)
    numbers = {index: number for number, index in enumerate((*first, *rest), 1)}
    return {i: numbers[i] for i in dict.fromkeys((*first, *also)) if i in numbers}


def points_in_people(
    result: SweepResult, rows: Sequence[CurveRow], numbers: dict[int, int]
) -> tuple[PointInPeople, ...]:
    """Every numbered point in people, on test people, by number."""
    base = unmitigated(rows)
    against = base.index if base is not None else next(iter(numbers), 0)
    return tuple(
        PointInPeople(
            number=number,
            row=rows[index],
            n=float(count(people_of(result, index)[0], result.threshold).n.sum()),
            groups=_groups(result, index, against),
            gaps={name: _gap(result, index, name) for name in METRICS if name},
            base=numbers.get(against, 0),
        )
        for index, number in sorted(numbers.items(), key=lambda item: item[1])
    )


def _groups(result: SweepResult, index: int, against: int) -> tuple[GroupInPeople, ...]:
    found = []
    pairs = zip(people_of(result, index), people_of(result, against), strict=True)
    for outcomes, before in pairs:
        counts, effective = count(outcomes, result.threshold), effective_people(outcomes)
        rate = RATES["selection_rate"](counts)
        n = counts.n if effective is None else effective
        low, high = wilson(np.nan_to_num(rate) * n, n)
        moved = moves(
            y_true=outcomes.y_true,
            group=outcomes.group,
            group_names=outcomes.group_names,
            before=before.score >= result.threshold,
            after=outcomes.score >= result.threshold,
            weight=outcomes.weight,
        )
        found += [
            GroupInPeople(
                name=one.group,
                n=one.n,
                selected=_number(rate[g]),
                lower=_number(low[g]),
                upper=_number(high[g]),
                gained=one.gained,
                lost=one.lost,
            )
            for g, one in enumerate(moved.groups)
            if one.n > 0
        ]
    return tuple(found)


def _gap(result: SweepResult, index: int, name: str) -> GapResult:
    """Of several groupings the one with the widest gap."""
    return gap_of_people(people_of(result, index), result.threshold, name)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def chosen_counts(indices: Iterable[int]) -> dict[int, int]:
    """How many chose each model, most first."""
    return dict(Counter(indices).most_common())


def by_point_table(
    counts: dict[int, int], points: Sequence[PointInPeople], people: int
) -> pd.DataFrame:
    """How many chose each point, with what it does; points nobody chose come last."""
    order = sorted(points, key=lambda p: (-counts.get(p.index, 0), p.number))
    return pd.DataFrame(
        {
            tr("Point"): [p.number for p in order],
            tr("People"): [counts.get(p.index, 0) for p in order],
            tr("Share, %"): [
                round(100 * counts.get(p.index, 0) / people) if people else None for p in order
            ],
            tr("Right decisions, %"): [_percent(p.row.accuracy) for p in order],
            tr("Gap, points"): [_percent(p.row.gap) for p in order],
        }
    )


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)
