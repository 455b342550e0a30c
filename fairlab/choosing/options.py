"""Which models there are to choose from: those of the front on validation people, and who they are.

All numbers are of validation people. Test people are kept for saying what the choice does on
others; nothing here reads them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import InputError
from fairlab.outcomes import Counts, FloatArray, threshold_as
from fairlab.pareto.decisions import Decisions, accuracy_and_gap, decisions_of
from fairlab.pareto.front import pareto_front
from fairlab.results import SweepResult

SPLIT = "validation"
MOST_ASKED = 9
# Options closer than this, in ranges of accuracy and gap, look the same side by side.
_TOO_CLOSE = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """The models of a run as somebody may choose among them.

    Attributes:
        decisions: Of all M models, on validation people.
        counts: The same counted, fields (M, G).
        accuracy, gap: (M,) in [0, 1]; the gap NaN where undefined.
        pool: (M,) models that may be chosen: a defined gap and, if there are any such, no
            warnings.
        warned: Whether all of them have warnings: there was none without.
        front: Models of the pool no other of it beats, the most accurate first.
    """

    decisions: Decisions
    counts: Counts
    accuracy: FloatArray
    gap: FloatArray
    pool: NDArray[np.bool_]
    warned: bool
    front: tuple[int, ...]

    def neighbours(self, index: int) -> tuple[int, ...]:
        """The next models of the front with a wider and with a narrower gap, as far as there."""
        wider = [m for m in self.front if self.gap[m] > self.gap[index]]
        narrower = [m for m in self.front if self.gap[m] < self.gap[index]]
        return tuple(dict.fromkeys([*wider[-1:], *narrower[:1]]))


def options_of(result: SweepResult, uses_attribute: bool | None = None) -> Options:
    """The options of a run.

    Args:
        result: A finished sweep.
        uses_attribute: Only models that need (True) or do not need (False) a person's group to
            decide; None is all.

    Raises:
        UnknownNameError: If the result has no validation people.
        InputError: If there is no model to choose from.
    """
    decisions = decisions_of(result, SPLIT)
    counts = decisions.counts()
    accuracy, gap = accuracy_and_gap(decisions, counts)
    wanted = [uses_attribute is None or p.uses_attribute == uses_attribute for p in result.points]
    pool = ~np.isnan(gap) & ~np.isnan(accuracy) & np.array(wanted, dtype=bool)
    if not pool.any():
        raise InputError(
            "There is no model to choose from: every one has an undefined gap on validation "
            "people, or differs in whether it needs a person's group. Choose among all models."
        )
    sound = pool & np.array([not p.flags for p in result.points])
    warned = not sound.any()
    pool = pool if warned else sound
    return Options(decisions, counts, accuracy, gap, pool, warned, _front(accuracy, gap, pool))


def decisions_at(result: SweepResult, threshold: float) -> Decisions:
    """Every model's decisions on validation people at a threshold; those drawn stay as drawn."""
    found = decisions_of(result, SPLIT)
    selected = result.splits[SPLIT].score >= threshold_as(threshold)
    for point in result.points:
        if point.is_drawn:
            selected[point.index] = found.selected[point.index]
    return replace(found, selected=selected)


def _front(accuracy: FloatArray, gap: FloatArray, pool: NDArray[np.bool_]) -> tuple[int, ...]:
    rows = np.flatnonzero(pool)
    found = pareto_front(np.column_stack((1 - accuracy[rows], gap[rows])))
    seen: dict[tuple[float, float], int] = {}
    for point in found:  # of models alike on both, the first
        seen.setdefault((point.first, point.second), int(rows[point.index]))
    return tuple(seen.values())


def best_for_some_rate(accuracy: FloatArray, gap: FloatArray, front: tuple[int, ...]) -> list[int]:
    """Models of the front that are best for some exchange rate: the corners of its hull.

    Args:
        accuracy, gap: (M,).
        front: The most accurate first.
    """
    kept: list[int] = []
    for m in front:
        while len(kept) > 1 and _dents(kept[-2], kept[-1], m, accuracy, gap):
            kept.pop()
        kept.append(m)
    return kept


def _dents(a: int, b: int, c: int, accuracy: FloatArray, gap: FloatArray) -> bool:
    """Whether b lies on or behind the line from a to c, all three along the front."""
    left = (accuracy[a] - accuracy[b]) * (gap[b] - gap[c])
    right = (accuracy[b] - accuracy[c]) * (gap[a] - gap[b])
    return bool(left >= right)


def worth_asking(options: Options, most: int = MOST_ASKED) -> tuple[int, ...]:
    """At most so many models of the front that differ visibly, the most accurate first.

    The corners of the hull come first, so far as they are told apart; then those of the rest that
    lie farthest from the ones taken.
    """
    front = options.front
    place = dict(zip(front, _scaled(options, front), strict=True))
    corners = best_for_some_rate(options.accuracy, options.gap, front)
    taken: list[int] = list(dict.fromkeys([front[0], front[-1]]))
    for candidates in (corners, front):
        left = [m for m in candidates if m not in taken]
        while left and len(taken) < most:
            apart, m = max((_distance(place, m, taken), -m) for m in left)
            if apart < _TOO_CLOSE:
                break
            taken.append(-m)
            left.remove(-m)
    return tuple(m for m in front if m in taken)


def _scaled(options: Options, models: tuple[int, ...]) -> FloatArray:
    table = np.column_stack((options.accuracy[list(models)], options.gap[list(models)]))
    span = np.ptp(table, axis=0)
    return np.asarray((table - table.min(axis=0)) / np.where(span > 0, span, 1.0))


def _distance(place: dict[int, FloatArray], model: int, taken: list[int]) -> float:
    return min(float(np.abs(place[model] - place[other]).sum()) for other in taken)
