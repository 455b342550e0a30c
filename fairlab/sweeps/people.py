"""What a change of decisions means in people: who is newly selected, who no longer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlab.errors import InputError
from fairlab.metrics.paired import paired_interval
from fairlab.outcomes import GroupedOutcomes

EVERYONE = "everyone"
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Moved:
    """One group's people under two sets of decisions. Counts, or total weight when weighted.

    Attributes:
        group: Its name.
        n: People of the group.
        selected_before, selected_after: Of these, selected.
        gained_favourable, gained_unfavourable: Newly selected, by their outcome.
        lost_favourable, lost_unfavourable: No longer selected, by their outcome.
        cells: The eight counts by outcome (unfavourable first), selected before, selected after;
            () where not kept.
        squares: Sums of the squared weights of the same cells; None without weights.
    """

    group: str
    n: float
    selected_before: float
    selected_after: float
    gained_favourable: float
    gained_unfavourable: float
    lost_favourable: float
    lost_unfavourable: float
    cells: tuple[float, ...] = ()
    squares: tuple[float, ...] | None = None

    @property
    def gained(self) -> float:
        """Newly selected."""
        return self.gained_favourable + self.gained_unfavourable

    @property
    def lost(self) -> float:
        """No longer selected."""
        return self.lost_favourable + self.lost_unfavourable

    @property
    def net(self) -> float:
        """Selected after minus selected before."""
        return self.gained - self.lost

    @property
    def levelled_down(self) -> bool:
        """Nobody of the group is newly selected and somebody no longer is."""
        return self.gained == 0 and self.lost > 0

    def per_1000(self, count: float) -> float | None:
        """A count per 1,000 people of the group; None for a group nobody is in."""
        return None if self.n == 0 else 1000 * count / self.n


def net_interval(moved: Moved, level: float = 0.95) -> tuple[float, float] | None:
    """Interval of the net change per 1,000 people, for people like these.

    Both decisions are about the same persons, so it rests on the movers alone: the interval of
    Agresti and Min 2005 for matched shares (Wald after adding half a person to each cell).

    Args:
        moved: Counts of people; of weighted people, effective numbers stand for them (see
            :mod:`fairlab.sweeps.expected`).

    Returns:
        Lower and upper bound; None for a group nobody is in.
    """
    if moved.n == 0:
        return None
    scale = effective(moved, (0.0, 1.0, -1.0, 0.0) * 2) / moved.n
    low, high = paired_interval(moved.gained * scale, moved.lost * scale, moved.n * scale, level)
    return 1000 * float(low), 1000 * float(high)


def effective(moved: Moved, scores: Sequence[float]) -> float:
    """How many unweighted people would tell as much about the mean of scores of the eight cells.

    The variance of a weighted mean in one sample (linearised) against that of as many unweighted
    people: the design-based effective number (Korn, Graubard 1998), which, unlike Kish's, sees
    that people who move may weigh differently. Kish's number where that is smaller, or the scores
    do not vary: a few people's weights say too little to be surer by.

    Args:
        moved: A group with people.
        scores: Of the eight cells, in the order of ``moved.cells``.

    Returns:
        The number of people itself without weights.
    """
    if moved.squares is None:
        return float(moved.n)
    share = np.asarray(moved.cells) / moved.n
    value, squares = np.asarray(scores, dtype=np.float64), np.asarray(moved.squares)
    mean = float(share @ value)
    spread = float(share @ (value - mean) ** 2)
    noise = float(squares @ (value - mean) ** 2) / moved.n**2
    kish = float(moved.n**2 / squares.sum())
    return kish if spread < _ROUNDING or noise <= 0 else min(kish, spread / noise)


@dataclass(frozen=True, slots=True)
class PeopleMoved:
    """A move from one model at its threshold to another, on the same people.

    Attributes:
        groups: Every group in order, empty ones included.
        everyone: All of them together.
    """

    groups: tuple[Moved, ...]
    everyone: Moved

    @property
    def levelling_down(self) -> bool:
        """Nobody is newly selected and somebody no longer is: equality only by taking away."""
        return self.everyone.gained == 0 and self.everyone.lost > 0

    @property
    def no_group_gains(self) -> bool:
        """No group has more people selected than before, and at least one has fewer."""
        nets = [moved.net for moved in self.groups]
        return max(nets, default=0.0) <= 0 and min(nets, default=0.0) < 0

    @property
    def levelled_down(self) -> tuple[str, ...]:
        """Groups in which nobody is newly selected and somebody no longer is."""
        return tuple(moved.group for moved in self.groups if moved.levelled_down)

    @property
    def weighted(self) -> bool:
        """Whether counts are weights."""
        return self.everyone.squares is not None


def people_moved(
    before: GroupedOutcomes,
    after: GroupedOutcomes,
    *,
    threshold_before: float = 0.5,
    threshold_after: float = 0.5,
) -> PeopleMoved:
    """Compare two models' decisions for the same people, person by person.

    Args:
        before, after: The same people in the same order and groups; only scores differ.
        threshold_before, threshold_after: A person is selected iff score >= threshold.

    Raises:
        InputError: If the two are not the same people in the same groups.
    """
    same_people(before, after)
    return moves(
        y_true=before.y_true,
        group=before.group,
        group_names=before.group_names,
        before=before.score >= threshold_before,
        after=after.score >= threshold_after,
        weight=before.weight,
    )


def moves(
    *,
    y_true: ArrayLike,
    group: ArrayLike,
    group_names: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    weight: ArrayLike | None = None,
) -> PeopleMoved:
    """Count who moved, per group and outcome.

    Args:
        y_true: (n,) 0 or 1; 1 is the favourable outcome.
        group: (n,) indices into ``group_names``.
        before, after: (n,) booleans: selected.
        weight: (n,) positive, or None for one per person.
    """
    label, code = np.asarray(y_true, dtype=np.int64), np.asarray(group, dtype=np.int64)
    first, second = np.asarray(before, dtype=bool), np.asarray(after, dtype=bool)
    cell = ((code * 2 + label) * 2 + first) * 2 + second
    weights = None if weight is None else np.asarray(weight, dtype=np.float64)
    size = len(group_names) * 8
    table: NDArray[Any] = np.bincount(cell, weights=weights, minlength=size).reshape(-1, 2, 2, 2)
    if weights is None:
        rows = tuple(_moved(name, table[g]) for g, name in enumerate(group_names))
        return PeopleMoved(rows, _moved(EVERYONE, table.sum(axis=0)))
    squares = np.bincount(cell, weights=weights**2, minlength=size).reshape(-1, 2, 2, 2)
    rows = tuple(_moved(name, table[g], squares[g]) for g, name in enumerate(group_names))
    return PeopleMoved(rows, _moved(EVERYONE, table.sum(axis=0), squares.sum(axis=0)))


def _moved(name: str, table: NDArray[Any], squares: NDArray[Any] | None = None) -> Moved:
    """``table[label, selected before, selected after]`` in words."""
    return Moved(
        group=name,
        n=table.sum().item(),
        selected_before=table[:, 1, :].sum().item(),
        selected_after=table[:, :, 1].sum().item(),
        gained_favourable=table[1, 0, 1].item(),
        gained_unfavourable=table[0, 0, 1].item(),
        lost_favourable=table[1, 1, 0].item(),
        lost_unfavourable=table[0, 1, 0].item(),
        cells=tuple(table.ravel().tolist()),
        squares=None if squares is None else tuple(squares.ravel().tolist()),
    )


def same_people(before: GroupedOutcomes, after: GroupedOutcomes) -> None:
    """Check that two outcomes are about the same people, groups and weights.

    Raises:
        InputError: If they are not.
    """
    if before.n != after.n:
        raise InputError(
            f"The two models were measured on different people: {before.n} and {after.n}. Choose "
            "two models trained on the same table with the same split."
        )
    weights = [np.ones(one.n) if one.weight is None else one.weight for one in (before, after)]
    if (
        before.group_names != after.group_names
        or not np.array_equal(before.group, after.group)
        or not np.array_equal(before.y_true, after.y_true)
        or not np.array_equal(weights[0], weights[1])
    ):
        raise InputError(
            "The two models were measured on different people or groups. Choose two models "
            "trained on the same table with the same split, and the same groups for both."
        )
