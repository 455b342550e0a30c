"""How sure the balance view's numbers are: people drawn again within each group."""

from dataclasses import dataclass

import numpy as np

from fairlab.impossibility.balance import balance_table
from fairlab.impossibility.base_rates import p_of_equal_base_rates
from fairlab.metrics import percentile_interval
from fairlab.outcomes import FloatArray, GroupedOutcomes

BINS = 200
Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class BalanceIntervals:
    """95 % intervals of ``BalanceTable``'s gaps; None where undefined.

    The spread of noisy means is too wide on average: the lower end is moved down by twice the
    bias of the draws, to 0 at most. It is 0 whenever chance alone would make such a gap in more
    than 5 % of cases: groups moved to a common mean (to their base rates, for calibration) say so
    for measured gaps, :func:`base_rate_test` for what is forced.

    Attributes:
        favourable, unfavourable: Of the gaps of group means by outcome.
        forced_favourable: Of the gap that calibration and balance for the others force.
        calibration: Of the largest distance of a group's mean score from its base rate.
        means: (G, 2, 2) of each group's mean score by outcome (unfavourable, favourable), lower
            and upper; NaN where undefined.
    """

    favourable: Interval
    unfavourable: Interval
    forced_favourable: Interval
    calibration: Interval
    means: FloatArray


def balance_intervals(
    outcomes: GroupedOutcomes, draws: int = 1000, seed: int = 0
) -> BalanceIntervals | None:
    """Bootstrap of group means: counts per score bin are drawn, rows never.

    Scores are put in at most 200 bins of equal mass, each with the mean score of its people.

    Returns:
        None for weighted people: their effective number is not known here.
    """
    if outcomes.weight is not None:
        return None
    people, level = _histogram(outcomes)
    bins, _, groups = people.shape
    rng = np.random.default_rng(seed)
    n, total = np.zeros((2, draws, groups, 2))
    for g in range(groups):
        size = int(people[:, :, g].sum())
        if size == 0:
            continue
        share = people[:, :, g].ravel() / size
        drawn = rng.multinomial(size, share, size=draws).reshape(draws, bins, 2)
        n[:, g] = drawn.sum(axis=1)
        total[:, g] = (drawn * level[None, :, :, g]).sum(axis=1)
    means = _divide(total, n)
    base, overall = _divide(n[..., 1], n.sum(axis=2)), _divide(total.sum(axis=2), n.sum(axis=2))
    common = _divide(total[..., 0].sum(axis=1), n[..., 0].sum(axis=1))
    forced = 1 - common[:, None] * _divide(1 - base, base)
    table = balance_table(outcomes)
    off = table.calibration_gap if table.probabilities else None
    ends = np.full((2, groups, 2), np.nan)
    for g, label in np.ndindex(groups, 2):
        ends[:, g, label] = percentile_interval(means[:, g, label])
    found = _means_found(people, level)
    recentred = means - found
    distance = overall - base
    own = people.sum(axis=0)
    p_value = p_of_equal_base_rates(own.sum(axis=0).astype(int), own[1].astype(int))
    return BalanceIntervals(
        favourable=_interval(
            _range(means[..., 1]), table.favourable_gap, _range(recentred[..., 1])
        ),
        unfavourable=_interval(
            _range(means[..., 0]), table.unfavourable_gap, _range(recentred[..., 0])
        ),
        forced_favourable=_interval(
            _range(forced), table.forced_favourable_gap, alike=p_value is None or p_value > 0.05
        ),
        calibration=_interval(
            _greatest(np.abs(distance)),
            off,
            _greatest(np.abs(distance - _off_found(people, level))),
        ),
        means=np.moveaxis(ends, 0, -1),
    )


def _means_found(people: FloatArray, level: FloatArray) -> FloatArray:
    """(G, 2) mean scores by outcome of these people."""
    return _divide((people * level).sum(axis=0).T, people.sum(axis=0).T)


def _off_found(people: FloatArray, level: FloatArray) -> FloatArray:
    """(G,) mean score minus base rate of these people."""
    size = people.sum(axis=(0, 1))
    return _divide((people * level).sum(axis=(0, 1)), size) - _divide(
        people[:, 1].sum(axis=0), size
    )


def _histogram(outcomes: GroupedOutcomes) -> tuple[FloatArray, FloatArray]:
    """(bins, 2, G) people, and the mean score of each cell (0 where empty)."""
    distinct, codes = np.unique(outcomes.score, return_inverse=True)
    if len(distinct) > BINS:
        order = np.argsort(np.argsort(outcomes.score, kind="stable"), kind="stable")
        codes = order * BINS // outcomes.n
    bins = int(codes.max()) + 1
    cell = (codes * 2 + outcomes.y_true) * outcomes.n_groups + outcomes.group
    size = bins * 2 * outcomes.n_groups
    people = np.bincount(cell, minlength=size).astype(np.float64)
    total = np.bincount(cell, weights=outcomes.score, minlength=size)
    shape = (bins, 2, outcomes.n_groups)
    level = np.divide(total, people, out=np.zeros(size), where=people > 0)
    return people.reshape(shape), level.reshape(shape)


def _divide(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.asarray(np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0))


def _range(values: FloatArray) -> FloatArray:
    """(draws,) range over groups; NaN with fewer than two."""
    known = (~np.isnan(values)).sum(axis=1) > 1
    high = np.where(np.isnan(values), -np.inf, values).max(axis=1)
    low = np.where(np.isnan(values), np.inf, values).min(axis=1)
    return np.where(known, high - low, np.nan)


def _greatest(values: FloatArray) -> FloatArray:
    known = (~np.isnan(values)).any(axis=1)
    return np.where(known, np.where(np.isnan(values), -np.inf, values).max(axis=1), np.nan)


def _interval(
    draws: FloatArray,
    value: float | None,
    nothing: FloatArray | None = None,
    *,
    alike: bool = False,
) -> Interval:
    """Mended percentiles; ``nothing`` are draws without a gap, ``alike`` says 0 is possible."""
    if value is None:
        return None
    low, high = percentile_interval(draws)
    if np.isnan(low):
        return None
    if nothing is not None:
        far = (nothing >= value - 1e-12) | np.isnan(nothing)
        alike = bool(far.mean() > 0.05)
    bias = max(0.0, float(np.nanmean(draws)) - value)
    low = 0.0 if alike else min(value, max(0.0, low - 2 * bias))
    return low, max(high, value)
