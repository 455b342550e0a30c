"""The base-rate dial: the same people, weighted so that base rates move together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.impossibility.identities import identity_table, parity_table
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes


def reweight_base_rates(outcomes: GroupedOutcomes, dial: float) -> GroupedOutcomes:
    """The same people, weighted by label within group so that base rates move together.

    Group g's base rate becomes ``(1 − dial)·p_g + dial·p``, with p the base rate of everyone.
    Each group keeps its total weight, so p stays too. True and false positive rates stay at
    every threshold; selection rates, PPV and accuracy move.

    Args:
        outcomes: People; their own weights are kept as a factor.
        dial: 0 leaves base rates as they are, 1 makes them equal.

    Returns:
        New outcomes with weights. A group in which everyone has the same outcome cannot move
        and keeps its weights: see :func:`groups_that_cannot_move`.

    Raises:
        InputError: If the dial is outside [0, 1].
    """
    cell = outcomes.group * 2 + outcomes.y_true
    mass = np.bincount(cell, weights=outcomes.weight, minlength=2 * outcomes.n_groups)
    factor = _factors(mass.reshape(-1, 2), dial)
    own = np.ones(outcomes.n) if outcomes.weight is None else outcomes.weight
    return GroupedOutcomes.from_arrays(
        y_true=outcomes.y_true,
        score=outcomes.score,
        group=outcomes.group,
        group_names=outcomes.group_names,
        weight=own * factor.ravel()[cell],
    )


def reweight_counts(counts: Counts, dial: float) -> Counts:
    """What :func:`reweight_base_rates` does, on counts: exact and instant for a whole sweep.

    Args:
        counts: Fields of shape (..., G) over the same people, such as a sweep's.
        dial: In [0, 1].

    Returns:
        Float counts of the same shape; equal to counting the reweighted people.

    Raises:
        InputError: If the dial is outside [0, 1].
    """
    first = (0,) * (counts.tp.ndim - 1)
    favourable = np.asarray(counts.tp[first] + counts.fn[first], dtype=np.float64)
    unfavourable = np.asarray(counts.fp[first] + counts.tn[first], dtype=np.float64)
    factor = _factors(np.column_stack((unfavourable, favourable)), dial)
    return Counts(
        tp=counts.tp * factor[:, 1],
        fp=counts.fp * factor[:, 0],
        fn=counts.fn * factor[:, 1],
        tn=counts.tn * factor[:, 0],
        group_names=counts.group_names,
    )


def groups_that_cannot_move(outcomes: GroupedOutcomes) -> tuple[str, ...]:
    """Groups with people in which everyone has the same outcome: no weights move them."""
    cell = outcomes.group * 2 + outcomes.y_true
    mass = np.bincount(cell, minlength=2 * outcomes.n_groups).reshape(-1, 2)
    stuck = (mass.sum(axis=1) > 0) & (mass.min(axis=1) == 0)
    return tuple(outcomes.group_names[g] for g in np.flatnonzero(stuck))


def _factors(mass: Array, dial: float) -> FloatArray:
    """(G, 2) factor per group and label; 1 for groups that cannot move or are empty."""
    if not 0 <= dial <= 1:
        raise InputError(f"The dial goes from 0 (as it is) to 1 (equal); found {dial!r}.")
    mass = np.asarray(mass, dtype=np.float64)
    size = mass.sum(axis=1)
    movable = (mass > 0).all(axis=1)
    factor = np.ones_like(mass)
    if not movable.any():
        return factor
    base = mass[movable, 1] / size[movable]
    together = mass[:, 1].sum() / mass.sum()
    target = base + dial * (together - base)
    factor[movable, 1] = target / base
    factor[movable, 0] = (1 - target) / (1 - base)
    return factor


@dataclass(frozen=True, slots=True)
class BaseRateTest:
    """Whether groups' base rates differ by more than chance would explain.

    Attributes:
        gap: Highest minus lowest base rate, in [0, 1]; None with fewer than two groups.
        highest, lowest: The groups that set it.
        p_value: Share of random relabellings (same base rate for all, same group sizes) that
            differ at least as much; None with fewer than two groups.
    """

    gap: float | None
    highest: str | None
    lowest: str | None
    p_value: float | None

    @property
    def equal_within_noise(self) -> bool | None:
        """Whether chance at the 5 % level explains the difference; None when undefined."""
        return None if self.p_value is None else self.p_value > 0.05


def base_rate_test(outcomes: GroupedOutcomes, draws: int = 5000, seed: int = 0) -> BaseRateTest:
    """Permutation test of equal base rates, by drawing counts.

    Under the null hypothesis the favourable outcomes fall on the groups as a multivariate
    hypergeometric draw. The statistic is Pearson's: group sizes times squared distances from the
    common base rate. Weights enter the gap, not the test, which counts people.
    """
    cell = outcomes.group * 2 + outcomes.y_true
    size = 2 * outcomes.n_groups
    people = np.bincount(cell, minlength=size).reshape(-1, 2)
    present = np.flatnonzero(people.sum(axis=1))
    if len(present) < 2:
        return BaseRateTest(None, None, None, None)
    mass = np.bincount(cell, weights=outcomes.weight, minlength=size).reshape(-1, 2)[present]
    base = mass[:, 1] / mass.sum(axis=1)
    n, favourable = people[present].sum(axis=1), people[present, 1]
    p_value = p_of_equal_base_rates(n, favourable, draws, seed)
    names = [outcomes.group_names[g] for g in present]
    return BaseRateTest(
        gap=float(base.max() - base.min()),
        highest=names[int(base.argmax())],
        lowest=names[int(base.argmin())],
        p_value=p_value,
    )


def p_of_equal_base_rates(
    n: Array, favourable: Array, draws: int = 5000, seed: int = 0
) -> float | None:
    """P-value of :func:`base_rate_test` from counts alone.

    Args:
        n: (G,) people of each group, whole numbers.
        favourable: (G,) of them with the favourable outcome.
        draws, seed: Random relabellings.

    Returns:
        In (0, 1]; None with fewer than two groups that have people.
    """
    some = np.asarray(n) > 0
    n, favourable = np.asarray(n)[some], np.asarray(favourable)[some]
    if len(n) < 2:
        return None
    common = favourable.sum() / n.sum()
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(
        n, int(favourable.sum()), size=draws, method="marginals"
    )
    statistic = ((drawn - n * common) ** 2 / n).sum(axis=1)
    observed = float(((favourable - n * common) ** 2 / n).sum())
    return (1 + int((statistic >= observed - 1e-9).sum())) / (1 + draws)


@dataclass(frozen=True, slots=True, eq=False)
class DialCourse:
    """What the dial does to one set of decisions, from 0 to 1. NaN where undefined.

    Attributes:
        dials: (K,) positions.
        base_rates: (K, G).
        forced_parity: (K,) parity gap that equalized odds forces, at the common rates.
        forced_fpr: (K,) false-positive gap that equal PPV and TPR force, at the common rates.
        measured: Gaps of the decisions as they are, by name, each (K,).
        group_names: G names.
    """

    dials: FloatArray
    base_rates: FloatArray
    forced_parity: FloatArray
    forced_fpr: FloatArray
    measured: Mapping[str, FloatArray]
    group_names: tuple[str, ...]


def dial_course(counts: Counts, gaps: Sequence[str] = (), steps: int = 21) -> DialCourse:
    """Forced and measured gaps of one set of decisions along the whole dial.

    Args:
        counts: Fields of shape (G,).
        gaps: Names in ``GAPS`` to measure.
        steps: Positions K, evenly from 0 to 1.
    """
    dials = np.linspace(0, 1, steps)
    at = [reweight_counts(counts, float(dial)) for dial in dials]
    course = Counts(
        tp=np.stack([c.tp for c in at]),
        fp=np.stack([c.fp for c in at]),
        fn=np.stack([c.fn for c in at]),
        tn=np.stack([c.tn for c in at]),
        group_names=counts.group_names,
    )
    return DialCourse(
        dials=dials,
        base_rates=RATES["base_rate"](course),
        forced_parity=np.array([_or_nan(parity_table(c).forced_gap) for c in at]),
        forced_fpr=np.array([_or_nan(identity_table(c).forced_gap) for c in at]),
        measured={name: GAPS[name](course) for name in gaps},
        group_names=counts.group_names,
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
