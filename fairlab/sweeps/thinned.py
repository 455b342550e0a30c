"""A sweep that keeps to a bounded size: every threshold where they fit, else some of them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fairlab.outcomes import Counts, GroupedOutcomes
from fairlab.sweeps.thresholds import ThresholdSweep, exact_sweep, side_by_side

#: Thresholds times groups held at once: 20 MB for each of the four counts.
MOST_CELLS = 2_500_000


def thinned_sweep(outcomes: GroupedOutcomes, most_cells: int = MOST_CELLS) -> ThresholdSweep:
    """The exact sweep where thresholds × groups fit, else at some thresholds, exact at each.

    A million different scores of 50 groups make 50 million counts, four times. Then the
    thresholds kept are spread evenly over the distinct scores, both ends among them, and each
    group's own sweep is kept beside: ``at`` stays exact for any threshold, as do
    ``of_group`` and what is made of it (ROC curves, thresholds per group). Memory grows with
    people plus ``most_cells``, not with people × groups.

    Args:
        outcomes: People.
        most_cells: Thresholds × groups to hold at most.

    Returns:
        A sweep whose ``every`` says whether all thresholds are in it, ``n_distinct`` how many
        there are.
    """
    groups = outcomes.n_groups
    if (outcomes.n + 1) * groups <= most_cells:
        return exact_sweep(outcomes)
    scores = np.unique(outcomes.score)
    distinct = len(scores) + 1
    if distinct * groups <= most_cells:
        return exact_sweep(outcomes)
    size = max(most_cells // groups, 2)
    kept = np.linspace(0, len(scores) - 1, size - 1).round().astype(np.intp)
    thresholds = np.append(scores[kept], np.inf)
    thresholds.setflags(write=False)
    by_group = group_sweeps(outcomes)
    counts = side_by_side([own.at(thresholds) for own in by_group])
    return ThresholdSweep(thresholds, counts, by_group, distinct)


def group_sweeps(outcomes: GroupedOutcomes) -> tuple[ThresholdSweep, ...]:
    """The exact sweep of every group's own people, fields (T_g, 1), in the order of the groups.

    A group with nobody has the one threshold +inf and zeros.
    """
    order = np.argsort(outcomes.group, kind="stable")
    ends = np.cumsum(np.bincount(outcomes.group, minlength=outcomes.n_groups))
    return tuple(
        exact_sweep(_alone(outcomes, own, name)) if len(own) else _nobody(name, outcomes)
        for name, own in zip(outcomes.group_names, np.split(order, ends[:-1]), strict=True)
    )


def everyone_in_one(outcomes: GroupedOutcomes) -> GroupedOutcomes:
    """The same people as one group named "everyone"."""
    return replace(outcomes, group=np.zeros(outcomes.n, dtype=np.int64), group_names=("everyone",))


def _alone(outcomes: GroupedOutcomes, own: NDArray[np.intp], name: str) -> GroupedOutcomes:
    weight = None if outcomes.weight is None else outcomes.weight[own]
    none = np.zeros(len(own), dtype=np.int64)
    return GroupedOutcomes(outcomes.y_true[own], outcomes.score[own], none, (name,), weight)


def _nobody(name: str, outcomes: GroupedOutcomes) -> ThresholdSweep:
    zero = np.zeros((1, 1), np.int64 if outcomes.weight is None else np.float64)
    zero.setflags(write=False)
    return ThresholdSweep(np.array([np.inf]), Counts(zero, zero, zero, zero, (name,)))
