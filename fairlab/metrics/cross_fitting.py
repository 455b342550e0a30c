"""Recalibration of people on one another: everybody's curve comes from the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.recalibration import SMALLEST_GROUP, Recalibration, fit_recalibration
from fairlab.metrics.score_maps import Method
from fairlab.outcomes import Array, GroupedOutcomes, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitted:
    """People recalibrated by curves that never saw them.

    Attributes:
        outcomes: The same people with recalibrated scores.
        fold: (n,) fold of each person; her curve was fitted on all other folds.
        fits: One recalibration per fold.
        notes: In sentences.
    """

    outcomes: GroupedOutcomes
    fold: IntArray
    fits: tuple[Recalibration, ...]
    notes: tuple[str, ...]

    @property
    def uses_attribute_when_deciding(self) -> bool:
        """Whether a recalibrated score needs the person's group."""
        return any(fit.uses_attribute_when_deciding for fit in self.fits)


def cross_fit_recalibration(
    outcomes: GroupedOutcomes,
    method: Method = "isotonic",
    *,
    per_group: bool = True,
    folds: int = 5,
    smallest: int = SMALLEST_GROUP,
    seed: int = 0,
) -> CrossFitted:
    """Recalibrate people on one another: for a table of predictions without validation people.

    Folds are drawn within groups and without looking at outcomes, so that nobody's own outcome
    has any say in her own score. The same seed and order give the same folds.

    Args:
        outcomes: People.
        method, per_group, smallest: As :func:`fit_recalibration`.
        folds: At least 2.
        seed: Of the folds.

    Raises:
        InputError: As :func:`fit_recalibration`, or for fewer than two folds or people.
    """
    if folds < 2 or outcomes.n < 2 * folds:
        raise InputError(
            f"Cross-fitting needs at least 2 folds of 2 people; found {folds} folds for "
            f"{outcomes.n} people. Use fewer folds or more people."
        )
    fold = _folds(outcomes.group, folds, seed)
    score = np.empty(outcomes.n)
    fits = []
    for k in range(folds):
        inside = fold == k
        fit = fit_recalibration(
            _only(outcomes, ~inside), method, per_group=per_group, smallest=smallest
        )
        score[inside] = fit.apply(
            outcomes.score[inside], outcomes.group[inside], outcomes.group_names
        )
        fits.append(fit)
    score.setflags(write=False)
    return CrossFitted(replace(outcomes, score=score), fold, tuple(fits), _cross_notes(fits, folds))


def _folds(group: IntArray, folds: int, seed: int) -> IntArray:
    """(n,) folds of nearly equal size in every group, drawn without looking at outcomes."""
    drawn = np.random.default_rng(seed).permutation(len(group))
    order = drawn[np.argsort(group[drawn], kind="stable")]
    fold = np.empty(len(group), dtype=np.int64)
    fold[order] = np.arange(len(group)) % folds
    return fold


def _only(outcomes: GroupedOutcomes, inside: Array) -> GroupedOutcomes:
    return replace(
        outcomes,
        y_true=outcomes.y_true[inside],
        score=outcomes.score[inside],
        group=outcomes.group[inside],
        weight=None if outcomes.weight is None else outcomes.weight[inside],
    )


def _cross_notes(fits: Sequence[Recalibration], folds: int) -> tuple[str, ...]:
    notes = dict.fromkeys(
        note for fit in fits for note in fit.notes if "curve of everybody" not in note
    )
    shared = [
        name
        for g, name in enumerate(fits[0].group_names)
        if fits[0].per_group and any(fit.people[g] and fit.maps[g] is None for fit in fits)
    ]
    if shared:
        notes[f"Too few people for a curve of their own, in some fold: {', '.join(shared)}."] = None
    return (
        f"Each person's score comes from the other {folds - 1} of {folds} parts of the table.",
        *notes,
    )
