"""How close one threshold for everyone can bring several gaps at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.sweeps import ThresholdSweep, resampled_sweep

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
    values, worst, allowed, accuracy = _worst(sweep, gaps, within)
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
        best_accuracy=float(accuracy.max()),
        candidates=int(allowed.sum()),
    )


def _worst(
    sweep: ThresholdSweep, gaps: Sequence[str], within: float
) -> tuple[FloatArray, FloatArray, Array, FloatArray]:
    """Gaps (T, K), the largest (T,), which thresholds qualify (T,), accuracy (T,)."""
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
    allowed = (selected > 0) & (refused > 0) & ~np.isnan(worst)
    allowed &= accuracy >= accuracy.max() - within - 1e-12
    return values, worst, allowed, accuracy


@dataclass(frozen=True, slots=True)
class ThresholdRange:
    """Thresholds above ``above`` and up to ``upto`` decide alike or all qualify."""

    above: float
    upto: float


def within_tolerance(
    sweep: ThresholdSweep, gaps: Sequence[str], tolerance: float, within: float = 1.0
) -> tuple[ThresholdRange, ...]:
    """Ranges of single thresholds at which every gap is at most ``tolerance``.

    Args:
        sweep, gaps, within: As in :func:`least_worst_gap`, with the same exclusions.
        tolerance: Largest gap allowed, in [0, 1].

    Returns:
        Exact ranges in increasing order; a threshold t qualifies iff ``above < t <= upto`` for
        one of them.

    Raises:
        InputError: As in :func:`least_worst_gap`.
    """
    worst, allowed = _worst(sweep, gaps, within)[1:3]
    good = allowed & (np.where(allowed, worst, np.inf) <= tolerance + 1e-12)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], good, [False])).astype(int)))
    starts, stops = edges[::2], edges[1::2] - 1
    below = np.concatenate(([-np.inf], sweep.thresholds[:-1]))
    return tuple(
        ThresholdRange(float(below[a]), float(sweep.thresholds[b]))
        for a, b in zip(starts, stops, strict=True)
    )


def least_worst_interval(
    sweep: ThresholdSweep,
    gaps: Sequence[str] = USUAL_GAPS,
    within: float = 1.0,
    *,
    draws: int = 400,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Percentile interval of the smallest worst gap, thresholds chosen anew in every draw.

    Poisson(1) weights on (group, label, score-bin) histograms: a bootstrap of people in which
    only counts are drawn. The sweep is thinned to at most 200 thresholds first.

    Returns:
        (lower, upper) in [0, 1], or None for weighted people or when too few draws (under
        nine in ten) have a qualifying threshold.
    """
    found = least_worst_gap(sweep, gaps, within)
    if found is None or sweep.counts.tp.dtype.kind != "i":
        return None
    thin = sweep.downsample(200, keep=[found.index])
    rng = np.random.default_rng(seed)
    values = np.full(draws, np.nan)
    some = resampled_sweep(thin, draws, rng)
    for i in range(draws):
        counts = Counts(some.tp[i], some.fp[i], some.fn[i], some.tn[i], some.group_names)
        drawn = least_worst_gap(ThresholdSweep(thin.thresholds, counts), gaps, within)
        values[i] = np.nan if drawn is None else drawn.value
    known = values[~np.isnan(values)]
    if len(known) < 0.9 * draws:
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
