"""The base-rate dial: the same people, weighted so that base rates move together."""

import numpy as np

from fairlab.errors import InputError
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
