"""Calibration against balance: what base rates force on the mean scores."""

from dataclasses import dataclass

import numpy as np

from fairlab.impossibility.identities import known
from fairlab.outcomes import FloatArray, GroupedOutcomes


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """Mean scores of one group. Undefined values are None.

    Attributes:
        group: Name.
        n: People, or total weight.
        base_rate: Share with the favourable outcome.
        mean_score: Mean score of all of the group.
        mean_favourable, mean_unfavourable: Mean score of people with each outcome.
        forced_favourable: The mean score people with the favourable outcome must have if the
            group's scores average to its base rate and people with the unfavourable outcome
            average to the common mean of the table.
        forced_unfavourable: The same with the outcomes exchanged.
    """

    group: str
    n: float
    base_rate: float | None
    mean_score: float | None
    mean_favourable: float | None
    mean_unfavourable: float | None
    forced_favourable: float | None
    forced_unfavourable: float | None


@dataclass(frozen=True, slots=True)
class BalanceTable:
    """Calibration within groups and the two balances, measured and forced. Undefined is None.

    Attributes:
        rows: One per group.
        common_favourable, common_unfavourable: Mean score by outcome, whole population.
        favourable_gap, unfavourable_gap: Highest minus lowest group mean by outcome: 0 means
            balance.
        calibration_gap: Largest distance of a group's mean score from its base rate: 0 means
            calibrated on average, which calibration within groups implies.
        forced_favourable_gap: Range of ``forced_favourable`` over groups: what is left between
            people with the favourable outcome when every group is calibrated on average and
            balance for the unfavourable outcome holds.
        forced_unfavourable_gap: The same with the outcomes exchanged.
        probabilities: Whether all scores lie in [0, 1]. Otherwise calibration has no meaning and
            the forced values are None.
    """

    rows: tuple[BalanceRow, ...]
    common_favourable: float | None
    common_unfavourable: float | None
    favourable_gap: float | None
    unfavourable_gap: float | None
    calibration_gap: float | None
    forced_favourable_gap: float | None
    forced_unfavourable_gap: float | None
    probabilities: bool


def balance_table(outcomes: GroupedOutcomes) -> BalanceTable:
    """Group means of the score by outcome, and the differences calibration forces.

    A group calibrated on average satisfies ``p·m1 + (1−p)·m0 = p``, with m1 and m0 its mean
    scores by outcome. Two groups with different p share one (m0, m1) only at (0, 1): perfect
    prediction. So with a common m0 > 0, m1 must be ``1 − m0·(1−p)/p``, which differs by group.

    Source: Kleinberg, Mullainathan and Raghavan 2016, theorem 1.1.
    """
    weight = outcomes.weight
    cell = outcomes.group * 2 + outcomes.y_true
    size = 2 * outcomes.n_groups
    people = np.bincount(cell, weights=weight, minlength=size).reshape(-1, 2).astype(np.float64)
    product = outcomes.score if weight is None else outcomes.score * weight
    total = np.bincount(cell, weights=product, minlength=size).reshape(-1, 2).astype(np.float64)
    in_range = bool(outcomes.score.min() >= 0 and outcomes.score.max() <= 1)

    base = _divide(people[:, 1], people.sum(axis=1))
    mean = _divide(total, people)
    mean_all = _divide(total.sum(axis=1), people.sum(axis=1))
    common = _divide(total.sum(axis=0), people.sum(axis=0))
    forced_1, forced_0 = _forced(base, common, in_range)
    rows = tuple(
        BalanceRow(
            group=name,
            n=float(people[g].sum()),
            base_rate=known(base[g]),
            mean_score=known(mean_all[g]),
            mean_favourable=known(mean[g, 1]),
            mean_unfavourable=known(mean[g, 0]),
            forced_favourable=known(forced_1[g]),
            forced_unfavourable=known(forced_0[g]),
        )
        for g, name in enumerate(outcomes.group_names)
    )
    distance = np.abs(mean_all - base)
    calibrated = in_range and not np.isnan(distance).all()
    return BalanceTable(
        rows=rows,
        common_favourable=known(common[1]),
        common_unfavourable=known(common[0]),
        favourable_gap=_range(mean[:, 1]),
        unfavourable_gap=_range(mean[:, 0]),
        calibration_gap=float(np.nanmax(distance)) if calibrated else None,
        forced_favourable_gap=_range(forced_1),
        forced_unfavourable_gap=_range(forced_0),
        probabilities=in_range,
    )


def _forced(base: FloatArray, common: FloatArray, in_range: bool) -> tuple[FloatArray, FloatArray]:
    if not in_range:
        return np.full_like(base, np.nan), np.full_like(base, np.nan)
    inverse_odds, odds = _divide(1 - base, base), _divide(base, 1 - base)
    return 1 - common[0] * inverse_odds, (1 - common[1]) * odds


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.true_divide(numerator, denominator)
    return np.where(np.isfinite(value), value, np.nan)


def _range(values: FloatArray) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.max() - defined.min()) if len(defined) > 1 else None
