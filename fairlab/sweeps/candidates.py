"""Every rule a run offers, a model at a threshold, counted on validation people; and picking one.

True labels of test people play no part here: nothing of the test split is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Counts, FloatArray, IntArray
from fairlab.results import Point, SweepResult, cross
from fairlab.sweeps.within import TELLING_KEPT

#: The row of the rule that is most accurate, whatever the gaps.
ACCURACY = "accuracy"
#: Thresholds looked at per model; every one that changes a decision where there are no more.
THRESHOLDS = 200
_DIGITS = 6
_SAME = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """R rules counted on validation people.

    Attributes:
        index: (R,) model of each.
        threshold: (R,) selected iff score >= threshold; 0.5 for models that draw decisions.
        low, high: (R,) any threshold above low and at most high decides as it does.
        needs_attribute: (R,) whether deciding needs the person's group, as far as is known.
        counts: For each grouping, fields (R, G).
        groupings: Attributes crossed, one entry per way to group the same people.
        people: Validation people.
        flagged: Models left out because of health findings.
        own: Threshold the run was trained for.
    """

    index: IntArray
    threshold: FloatArray
    low: FloatArray
    high: FloatArray
    needs_attribute: NDArray[np.bool_]
    counts: tuple[Counts, ...]
    groupings: tuple[tuple[str, ...], ...]
    people: int
    flagged: tuple[int, ...]
    own: float


@dataclass(frozen=True, slots=True)
class PickedRule:
    """The rule that is best under one metric, on validation people.

    Attributes:
        metric: Name in ``GAPS``, or ``accuracy``.
        index, threshold: Which model at which threshold.
        within: Whether the gap is within the tolerance; True for accuracy. If not, no rule that
            counts has a narrower one.
        accuracy, gap: On validation people; the gap is the farthest from equal over the groupings,
            None for accuracy.
        needs_attribute: Whether deciding needs the person's group.
        tied: Other models with a rule exactly as good on validation people.
    """

    metric: str
    index: int
    threshold: float
    within: bool
    accuracy: float
    gap: float | None
    needs_attribute: bool
    tied: tuple[int, ...]


def candidate_rules(
    result: SweepResult,
    groupings: Sequence[Sequence[str]] | None = None,
    *,
    thresholds: int = THRESHOLDS,
) -> Candidates:
    """Every model of a run at up to ``thresholds`` thresholds, spread evenly over its scores.

    Models with health findings are left out while there are others. A model that draws its
    decisions is one rule: its seeded draw.

    Args:
        result: With validation people.
        groupings: Ways to group the people; None for the run's own.
        thresholds: Most thresholds per model, at least 1; the run's own comes on top.

    Raises:
        InputError: If ``thresholds`` is below 1.
        UnknownNameError: For an unknown attribute, or a result without validation people.
    """
    if thresholds < 1:
        raise InputError(f"At least one threshold per model is needed; found {thresholds}.")
    wanted = tuple(tuple(by) for by in groupings or result.groupings)
    healthy = [p for p in result.points if not p.flags]
    points = healthy or list(result.points)
    people = result.scored(points[0].index, "validation")
    groups = [cross(people.attributes, by) for by in wanted]
    codes = [one.codes * 2 + people.y_true for one in groups]
    cuts = [_cuts(result, point, thresholds) for point in points]
    tables: list[list[NDArray[np.float64]]] = [[] for _ in wanted]
    for point, (_, cut, _) in zip(points, cuts, strict=True):
        score = result.scored(point.index, "validation").score
        place = np.searchsorted(cut, score, side="right")  # selected by the first so many cuts
        for table, code, one in zip(tables, codes, groups, strict=True):
            size = 2 * len(one.names)
            held = np.bincount(place * size + code, people.weight, (len(cut) + 1) * size)
            cell = held.astype(np.float64).reshape(len(cut) + 1, len(one.names), 2)
            table.append(_above(cell))
    sizes = [len(cut) for _, cut, _ in cuts]
    return Candidates(
        index=np.repeat([p.index for p in points], sizes),
        threshold=np.concatenate([cut for _, cut, _ in cuts]),
        low=np.concatenate([low for low, _, _ in cuts]),
        high=np.concatenate([high for _, _, high in cuts]),
        needs_attribute=np.repeat([bool(p.uses_attribute) for p in points], sizes),
        counts=tuple(
            _counts(np.concatenate(table), one.names, whole=people.weight is None)
            for table, one in zip(tables, groups, strict=True)
        ),
        groupings=wanted,
        people=len(people.y_true),
        flagged=tuple(p.index for p in result.points if p not in points),
        own=result.threshold,
    )


def pick_rule(
    found: Candidates,
    metric: str,
    tolerance: float = 0.02,
    *,
    give_up: float = 0.05,
    attribute: bool = True,
    models: Sequence[int] | None = None,
) -> PickedRule | None:
    """The most accurate rule whose gap is within the tolerance, or else the narrowest gap.

    A rule counts only if it tells outcomes apart at least half as well as the rule that does so
    best (true minus false positive rate of everyone, so selecting nobody does not count), gives up
    no more accuracy than ``give_up`` against the most accurate of these, and leaves no more groups
    out of the comparison than it must: a group of which it selects nobody has no predictive value,
    which makes no gap narrower.

    Ties go to the narrower gap (higher accuracy where no rule is within), then to a rule that
    needs no attribute, then to the first model, then to the threshold nearest the run's own.

    Args:
        found: Rules on validation people.
        metric: Name in ``GAPS``, or ``accuracy``.
        tolerance: Distance from equal that is accepted, 0 or more (0.02 is two points; a ratio of
            0.98).
        give_up: Accuracy below the most accurate telling rule's that is accepted, [0, 1].
        attribute: Whether rules that need the person's group may be picked.
        models: Restrict to these; None for all.

    Returns:
        None if no rule counts, or none that does has the gap defined.

    Raises:
        InputError: For a negative tolerance or share.
        UnknownNameError: For an unknown metric.
    """
    if not (tolerance >= 0 and give_up >= 0):
        raise InputError(
            f"A tolerance is 0 or more, in shares of 1; found {tolerance!r} and {give_up!r}."
        )
    allowed = np.ones(len(found.index), dtype=bool)
    if not attribute:
        allowed &= ~found.needs_attribute
    if models is not None:
        allowed &= np.isin(found.index, list(models))
    accuracy, counts = _counting(found, allowed, give_up)
    if not counts.any():
        return None
    if metric == ACCURACY:
        away, within = np.zeros(len(accuracy)), True
        keys = (-accuracy, away)
    else:
        away, groups_left = _away(found, metric)
        counts &= ~np.isnan(away)
        if not counts.any():
            return None
        counts &= groups_left == groups_left[counts].max()
        inside = counts & (away <= tolerance + _SAME)
        within = bool(inside.any())
        counts = inside if within else counts
        keys = (-accuracy, away) if within else (away, -accuracy)
    at = np.flatnonzero(counts)
    first, second = (np.round(key[at], 12) for key in keys)
    far = np.abs(found.threshold[at] - found.own)
    best = np.lexsort((far, found.index[at], found.needs_attribute[at], second, first))[0]
    same = at[(first == first[best]) & (second == second[best])]
    chosen = int(at[best])
    index = int(found.index[chosen])
    return PickedRule(
        metric=metric,
        index=index,
        threshold=_written(found, chosen),
        within=within,
        accuracy=float(accuracy[chosen]),
        gap=None if metric == ACCURACY else _gap_of(metric, float(away[chosen])),
        needs_attribute=bool(found.needs_attribute[chosen]),
        tied=tuple(int(m) for m in np.unique(found.index[same]) if m != index),
    )


def _cuts(
    result: SweepResult, point: Point, most: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(T,) thresholds in (0, 1) of one model, each with the range that decides alike."""
    if point.is_drawn:
        return np.array([0.0]), np.array([0.5]), np.array([1.0])
    score = np.sort(result.scored(point.index, "validation").score)
    distinct = np.unique(score)
    if len(distinct) > most:
        ranks = np.linspace(0, len(score) - 1, most).round().astype(np.intp)
        own = np.searchsorted(score, result.threshold)
        distinct = np.unique(score[np.append(ranks, own if own < len(score) else 0)])
    before = np.searchsorted(score, distinct, side="left") - 1
    low = np.where(before >= 0, score[before], 0.0)
    usual = (low < result.threshold) & (result.threshold <= distinct)
    cut = np.where(usual, result.threshold, (low + distinct) / 2)
    kept = (cut > 0) & (cut < 1)
    return low[kept], cut[kept], distinct[kept]


def _above(cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """From people by how many cuts select them, (T + 1, G, 2): selected and not, (T, G, 2, 2)."""
    refused = np.cumsum(cell, axis=0)[:-1]
    selected = np.cumsum(cell[::-1], axis=0)[::-1][1:]
    return np.stack([refused, selected], axis=-1)


def _counts(table: NDArray[np.float64], names: tuple[str, ...], *, whole: bool) -> Counts:
    if whole:
        table = table.astype(np.int64)
    return Counts(table[..., 1, 1], table[..., 0, 1], table[..., 1, 0], table[..., 0, 0], names)


def _counting(
    found: Candidates, allowed: NDArray[np.bool_], give_up: float
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(R,) accuracy, and which rules are no empty ones."""
    everyone = found.counts[0].overall()
    accuracy = RATES["accuracy"](everyone)[:, 0]
    telling = np.nan_to_num(RATES["tpr"](everyone)[:, 0] - RATES["fpr"](everyone)[:, 0])
    if not allowed.any():
        return accuracy, allowed
    kept = allowed & (telling > 0) & (telling >= TELLING_KEPT * telling[allowed].max() - _SAME)
    if not kept.any():
        return accuracy, kept
    return accuracy, kept & (accuracy >= accuracy[kept].max() - give_up - _SAME)


def _away(found: Candidates, metric: str) -> tuple[FloatArray, IntArray]:
    """(R,) distance from equal, the farthest over groupings; and groups that are compared.

    A grouping in which no rule has the gap (fewer than two groups) plays no part.
    """
    gap = GAPS[metric]
    parts, groups = [], np.zeros(len(found.index), dtype=np.int64)
    for counts in found.counts:
        rates = [rate(counts) for rate in gap.rates]
        away = np.abs(gap.of(rates) - gap.equal)
        if not np.isnan(away).all():
            parts.append(away)
            groups += sum((~np.isnan(rate)).sum(axis=-1) for rate in rates)
    if not parts:
        return np.full(len(found.index), np.nan), groups
    return np.maximum.reduce(parts), groups


def _gap_of(metric: str, away: float) -> float:
    return away if GAPS[metric].spread == "difference" else 1.0 - away


def _written(found: Candidates, at: int) -> float:
    """The threshold with the fewest decimals that decides alike, the run's own where it does."""
    low, high, cut = (float(a[at]) for a in (found.low, found.high, found.threshold))
    if cut == found.own:
        return cut
    for digits in range(1, _DIGITS + 1):
        near = round((low + high) / 2, digits)
        if low < near < high and 0 < near < 1:
            return near
    return cut
