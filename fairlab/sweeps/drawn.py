"""What a rule that draws its decisions does, beside what thresholding its chances would do."""

from dataclasses import dataclass

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, FloatArray, IntArray
from fairlab.results import Attribute, SweepResult, cross


@dataclass(frozen=True, slots=True)
class Decided:
    """Accuracy and the constraint's gap of one way to decide, [0, 1]; None where undefined."""

    accuracy: float | None
    gap: float | None


@dataclass(frozen=True, slots=True)
class DrawnDecisions:
    """Three ways to read the same chances of being selected.

    Attributes:
        expected: The rule itself, averaged over all draws: a person counts as selected with
            their chance. The gap is that of the averages; a single draw's is on average wider.
        drawn: The one seeded draw that is shown everywhere.
        thresholded: Selecting everybody whose chance is at least one half: another rule.
    """

    expected: Decided
    drawn: Decided
    thresholded: Decided


def drawn_decisions(result: SweepResult, index: int, split: str = "test") -> DrawnDecisions:
    """Measure a model that draws its decisions.

    Args:
        result: A sweep.
        index: A model of it with ``is_drawn``.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UnknownNameError: For an unknown split or model.
        InputError: If the model compares a score with a threshold instead.
    """
    shown = result.scored(index, split)
    if not result.points[index].is_drawn:
        raise InputError(
            "This model selects whoever's score reaches a threshold; nothing is drawn. Choose a "
            "model of exponentiated gradient."
        )
    chance = result.raw_score(index, split)
    return DrawnDecisions(
        expected=_decided(result, split, chance),
        drawn=_decided(result, split, shown.score),
        thresholded=_decided(result, split, (chance >= 0.5).astype(np.float64)),
    )


def _decided(result: SweepResult, split: str, selected: FloatArray) -> Decided:
    """Of decisions, or of chances of being selected, (n,) in [0, 1]."""
    people = result.splits[split]
    gap = GAPS[CONSTRAINT_GAPS[result.constraint]]
    tables = [
        _soft_counts(cross(people.attributes, by), people.y_true, selected, people.weight)
        for by in result.groupings
    ]
    right = (tables[0].tp + tables[0].tn).sum() / tables[0].n.sum()
    return Decided(_or_none(right), _or_none(np.fmax.reduce([float(gap(t)) for t in tables])))


def _soft_counts(
    groups: Attribute, y: IntArray, selected: FloatArray, weight: FloatArray | None
) -> Counts:
    """Counts in which a person is selected with a chance: fields (G,)."""
    own = np.ones(len(y)) if weight is None else weight

    def total(share: FloatArray) -> FloatArray:
        found = np.bincount(groups.codes, weights=own * share, minlength=len(groups.names))
        return np.asarray(found, dtype=np.float64)

    return Counts(
        tp=total(y * selected),
        fp=total((1 - y) * selected),
        fn=total(y * (1 - selected)),
        tn=total((1 - y) * (1 - selected)),
        group_names=groups.names,
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
