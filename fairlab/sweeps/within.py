"""One threshold for everybody that keeps decisions within a gap: picked on validation people.

The fairness layer promises a gap of mean scores; thresholded decisions do not follow it. A
threshold picked among all those the scores allow can bring the gap of decisions down without
looking at anybody's group when deciding. It is picked on validation and measured on test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, count
from fairlab.results import SweepResult
from fairlab.sweeps.thresholds import exact_sweep

# A rule that selects nearly all, or nearly nobody, has a small gap for an empty reason. So a
# threshold counts only if it keeps this share of the best one's true minus false positive rate …
TELLING_KEPT = 0.5
# … and gives up no more than this of the best one's accuracy.
ACCURACY_GIVEN_UP = 0.05
# Thresholds are written with at most this many decimals.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class ThresholdWithin:
    """A single threshold picked on some people.

    Attributes:
        threshold: Selected iff score >= threshold; lies between two scores of these people.
        slack: The gap that was asked for, in [0, 1].
        within: Whether the gap is at most the slack; if not, no threshold that counts has a
            narrower one.
        accuracy, gap: On the people it was picked on, [0, 1]; the gap is the widest over the
            groupings given.
        best_accuracy: Of the most accurate single threshold, whether it counts or not.
    """

    threshold: float
    slack: float
    within: bool
    accuracy: float
    gap: float
    best_accuracy: float


@dataclass(frozen=True, slots=True)
class ThresholdOffer:
    """A threshold picked on validation people, and what it does to test people.

    Attributes:
        picked: On validation people.
        gap_name: The gap it is about, a name of ``GAPS``.
        test_accuracy: At the threshold, [0, 1].
        test_gap: At the threshold; None where undefined.
        usual_threshold: The one of the run.
        usual_accuracy, usual_gap: On test people at that one.
    """

    picked: ThresholdWithin
    gap_name: str
    test_accuracy: float
    test_gap: float | None
    usual_threshold: float
    usual_accuracy: float
    usual_gap: float | None


def threshold_within(
    people: GroupedOutcomes | Sequence[GroupedOutcomes], gap: str, slack: float
) -> ThresholdWithin | None:
    """The most accurate single threshold whose gap is at most the slack, over all thresholds.

    Where none is within the slack, the one with the least gap. Ties go to the narrower gap, then
    to the higher accuracy. A threshold counts only if it tells outcomes apart at least half as
    well as the threshold that does so best (true minus false positive rate of everyone, 0 for
    any rule that ignores the person), and if its accuracy is within 5 points of the best.

    Args:
        people: With scores; or the same people grouped in several ways, of which the widest gap
            counts.
        gap: Name of a difference in ``GAPS``.
        slack: In [0, 1] (2 for the mean residual).

    Returns:
        None if no threshold counts: the scores do not tell the outcomes apart, or the gap is
        undefined wherever they do.

    Raises:
        InputError: For a slack below 0, or a gap that is a ratio.
        UnknownNameError: For an unknown gap.
    """
    measure = GAPS[gap]
    if measure.spread != "difference" or not slack >= 0:
        raise InputError(
            f"A threshold is picked to keep a difference at most a slack of 0 or more; found {gap} "
            f"and {slack:g}."
        )
    groupings = [people] if isinstance(people, GroupedOutcomes) else list(people)
    sweeps = [exact_sweep(grouping) for grouping in groupings]
    wide = np.maximum.reduce([measure(sweep.counts) for sweep in sweeps])
    everyone = sweeps[0].counts.overall()
    accuracy, telling = RATES["accuracy"](everyone)[:, 0], _telling(everyone)
    best = float(accuracy.max())
    low, high = _between(sweeps[0].thresholds)
    cut = np.round((low + high) / 2, DIGITS)
    counts = (telling > 0) & (telling >= TELLING_KEPT * telling.max() - 1e-12)
    counts &= (accuracy >= best - ACCURACY_GIVEN_UP - 1e-12) & ~np.isnan(wide)
    counts &= (cut > low) & (cut < high)
    if not counts.any():
        return None
    candidates = np.flatnonzero(counts)
    inside = candidates[wide[candidates] <= slack + 1e-12]
    if len(inside):
        order = np.lexsort((wide[inside], -accuracy[inside]))
        chosen = int(inside[order[0]])
    else:
        order = np.lexsort((-accuracy[candidates], wide[candidates]))
        chosen = int(candidates[order[0]])
    return ThresholdWithin(
        threshold=_shortest(float(low[chosen]), float(high[chosen])),
        slack=slack,
        within=bool(len(inside)),
        accuracy=float(accuracy[chosen]),
        gap=float(wide[chosen]),
        best_accuracy=best,
    )


def offer_threshold(result: SweepResult, index: int, slack: float) -> ThresholdOffer | None:
    """Pick a threshold for a trained model on its validation people; measure it on test people.

    The gap is that of the run's constraint, widest over attributes for marginal groups.

    Returns:
        None as :func:`threshold_within`.
    """
    name = CONSTRAINT_GAPS[result.constraint]
    validation, test = (
        [result.scored(index, split).outcomes(by) for by in result.groupings]
        for split in ("validation", "test")
    )
    picked = threshold_within(validation, name, slack)
    if picked is None:
        return None
    accuracy, gap = measured_at(test, name, picked.threshold)
    usual_accuracy, usual_gap = measured_at(test, name, result.threshold)
    return ThresholdOffer(picked, name, accuracy, gap, result.threshold, usual_accuracy, usual_gap)


def measured_at(
    groupings: Sequence[GroupedOutcomes], gap: str, threshold: float
) -> tuple[float, float | None]:
    """Accuracy, and the widest gap over the groupings (None where undefined), at a threshold."""
    tables = [count(people, threshold) for people in groupings]
    right = float((tables[0].tp + tables[0].tn).sum() / tables[0].n.sum())
    wide = float(np.fmax.reduce([GAPS[gap](table) for table in tables]))
    return right, None if np.isnan(wide) else wide


def _telling(everyone: Counts) -> FloatArray:
    """(T,) true minus false positive rate of everyone; 0 where an outcome does not occur."""
    return np.nan_to_num(RATES["tpr"](everyone)[:, 0] - RATES["fpr"](everyone)[:, 0])


def _between(thresholds: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(T,) open ranges in which a threshold decides as each of the sweep's does."""
    return np.concatenate(([-np.inf], thresholds[:-1])), thresholds


def _shortest(low: float, high: float) -> float:
    """The number with the fewest decimals between two others, nearest to their middle."""
    for digits in range(DIGITS):
        near = round((low + high) / 2, digits)
        if low < near < high:
            return near
    return round((low + high) / 2, DIGITS)
