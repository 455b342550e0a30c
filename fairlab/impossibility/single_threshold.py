"""How close one threshold for everyone can bring several gaps at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import FloatArray
from fairlab.sweeps import ThresholdSweep

USUAL_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "predictive_parity_difference",
)


@dataclass(frozen=True, slots=True)
class LeastWorstGap:
    """The single threshold at which the largest of several gaps is smallest.

    Attributes:
        index: Position in the sweep.
        threshold: The threshold; selected iff ``score >= threshold``.
        value: The largest of the gaps there, in [0, 1].
        worst: Name of the gap that is largest there.
        gaps: Every gap there, by name.
        accuracy: Accuracy of everyone there.
        best_accuracy: Highest accuracy of any single threshold.
        candidates: How many thresholds were compared.
    """

    index: int
    threshold: float
    value: float
    worst: str
    gaps: Mapping[str, float]
    accuracy: float
    best_accuracy: float
    candidates: int


def least_worst_gap(
    sweep: ThresholdSweep, gaps: Sequence[str] = USUAL_GAPS, within: float = 1.0
) -> LeastWorstGap | None:
    """The smallest worst gap over single thresholds, and where.

    Selecting everyone or nobody treats all alike for an empty reason and does not count.
    Neither do thresholds at which one of the gaps is undefined.

    Args:
        sweep: All thresholds.
        gaps: Names of differences in ``GAPS``.
        within: Largest accuracy given up against the best single threshold, in [0, 1]; 1 puts
            no limit.

    Returns:
        The first such threshold from below, or None when no threshold qualifies.

    Raises:
        InputError: If no gap is named, a named one is a ratio, or ``within`` is outside [0, 1].
        UnknownNameError: For an unknown gap.
    """
    if not gaps:
        raise InputError("Name at least one gap to compare thresholds by.")
    ratios = [name for name in gaps if GAPS[name].spread == "ratio"]
    if ratios:
        raise InputError(f"Only differences can be compared by size; found {', '.join(ratios)}.")
    if not 0 <= within <= 1:
        raise InputError(f"The accuracy given up must be in 0 to 1; found {within!r}.")
    everyone = sweep.counts.overall()
    accuracy: FloatArray = RATES["accuracy"](everyone)[:, 0]
    values = np.column_stack([GAPS[name](sweep.counts) for name in gaps])
    worst = values.max(axis=1)  # NaN as soon as one is undefined
    selected = (everyone.tp + everyone.fp)[:, 0]
    refused = (everyone.fn + everyone.tn)[:, 0]
    best = float(accuracy.max())
    allowed = (selected > 0) & (refused > 0) & ~np.isnan(worst)
    allowed &= accuracy >= best - within - 1e-12
    if not allowed.any():
        return None
    index = int(np.argmin(np.where(allowed, worst, np.inf)))
    return LeastWorstGap(
        index=index,
        threshold=float(sweep.thresholds[index]),
        value=float(worst[index]),
        worst=gaps[int(values[index].argmax())],
        gaps={name: float(v) for name, v in zip(gaps, values[index], strict=True)},
        accuracy=float(accuracy[index]),
        best_accuracy=best,
        candidates=int(allowed.sum()),
    )
