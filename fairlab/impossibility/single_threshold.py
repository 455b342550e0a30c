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
    accuracy: FloatArray = RATES["accuracy"](sweep.counts.overall())[:, 0]
    values = np.column_stack([GAPS[name](sweep.counts) for name in gaps])
    worst = values.max(axis=1)  # NaN as soon as one is undefined
    return values, worst, _allowed(sweep.counts, within) & ~np.isnan(worst), accuracy


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
    """Interval of the smallest worst gap, thresholds chosen anew in every draw.

    Poisson(1) weights on (group, label, score-bin) histograms: a bootstrap of people in which
    only counts are drawn. The sweep is thinned to at most 200 thresholds first. Percentiles are
    mended as for a single gap: noise widens gaps, so the lower end moves by twice the bias of
    the draws; and it is 0 whenever groups that do not differ would have at least this smallest
    worst gap in more than 1 − level of the draws (drawn rates, less what sets a group apart).

    Returns:
        (lower, upper) in [0, 1], or None for weighted people or when too few draws (under
        nine in ten) have a qualifying threshold.
    """
    found = least_worst_gap(sweep, gaps, within)
    if found is None or sweep.counts.tp.dtype.kind != "i":
        return None
    thin = sweep.downsample(200, keep=[found.index])
    some = resampled_sweep(thin, draws, np.random.default_rng(seed))
    rates = {rate.name: rate for name in gaps for rate in GAPS[name].rates}
    found_rates = {name: rate(thin.counts) for name, rate in rates.items()}
    drawn = {name: rate(some) for name, rate in rates.items()}
    apart = {name: values - found_rates[name] for name, values in drawn.items()}
    allowed = _allowed(some, within)
    values, nothing = (_smallest(each, gaps, allowed) for each in (drawn, apart))
    known = values[~np.isnan(values)]
    if len(known) < 0.9 * draws:
        return None
    here = _smallest(found_rates, gaps, _allowed(thin.counts, within))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    low = max(0.0, float(low) - 2 * max(0.0, float(known.mean()) - float(here)))
    far = (nothing >= here - 1e-12) | np.isnan(nothing)
    if far.mean() > 1 - level:
        low = 0.0
    return min(low, found.value), max(float(high), found.value)


def _smallest(rates: Mapping[str, FloatArray], gaps: Sequence[str], allowed: Array) -> FloatArray:
    """Smallest worst gap over thresholds, (...), from rates (..., T, G); NaN where none."""
    worst = np.stack(
        [GAPS[name].of([rates[rate.name] for rate in GAPS[name].rates]) for name in gaps]
    ).max(axis=0)
    least = np.where(allowed & ~np.isnan(worst), worst, np.inf).min(axis=-1)
    return np.where(np.isfinite(least), least, np.nan)


def _allowed(counts: Counts, within: float) -> Array:
    """(..., T) which thresholds select some, refuse some and are accurate enough."""
    everyone = counts.overall()
    accuracy = RATES["accuracy"](everyone)[..., 0]
    some = (everyone.tp + everyone.fp > 0) & (everyone.fn + everyone.tn > 0)
    best = np.nanmax(accuracy, axis=-1, keepdims=True)
    allowed: Array = some[..., 0] & (accuracy >= best - within - 1e-12)
    return allowed
