"""How sure the balance view's numbers are: people drawn again within each group."""

from dataclasses import dataclass

import numpy as np

from fairlab.impossibility.balance import balance_table
from fairlab.metrics import percentile_interval
from fairlab.outcomes import FloatArray, GroupedOutcomes

BINS = 200
Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class BalanceIntervals:
    """95 % intervals of ``BalanceTable``'s gaps; None where undefined.

    The spread of noisy means is too wide on average: the lower end is moved down by twice the
    bias of the draws, to 0 at most.

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
    return BalanceIntervals(
        favourable=_interval(_range(means[..., 1]), table.favourable_gap),
        unfavourable=_interval(_range(means[..., 0]), table.unfavourable_gap),
        forced_favourable=_interval(_range(forced), table.forced_favourable_gap),
        calibration=_interval(_greatest(np.abs(overall - base)), off),
        means=np.moveaxis(ends, 0, -1),
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


def _interval(draws: FloatArray, value: float | None) -> Interval:
    if value is None:
        return None
    low, high = percentile_interval(draws)
    if np.isnan(low):
        return None
    bias = max(0.0, float(np.nanmean(draws)) - value)
    return max(0.0, low - 2 * bias), high
