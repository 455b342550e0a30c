"""What decisions cost and bring, under values a person gives to the four ways they can turn out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.sweeps.expected import (
    UNKNOWN,
    Expected,
    Population,
    mean_of,
    shares_of,
    together,
)
from fairlab.sweeps.people import EVERYONE, Moved, PeopleMoved


@dataclass(frozen=True, slots=True)
class Values:
    """What one person's decision is worth, in any one unit; costs are negative.

    The default counts every wrong decision as 1.

    Attributes:
        selected_favourable: Selected, and the outcome is favourable.
        selected_unfavourable: Selected, and it is not.
        refused_favourable: Not selected, although the outcome would be favourable.
        refused_unfavourable: Not selected, and it would not be.
    """

    selected_favourable: float = 0.0
    selected_unfavourable: float = -1.0
    refused_favourable: float = -1.0
    refused_unfavourable: float = 0.0

    def scores(self, when: str) -> tuple[float, ...]:
        """Of the eight cells (outcome, selected before, selected after).

        Args:
            when: ``before``, ``after``, or ``change`` for after minus before.
        """
        worth = (
            (self.refused_unfavourable, self.selected_unfavourable),
            (self.refused_favourable, self.selected_favourable),
        )
        cells = [(y, b, a) for y in (0, 1) for b in (0, 1) for a in (0, 1)]
        if when == "before":
            return tuple(worth[y][b] for y, b, _ in cells)
        if when == "after":
            return tuple(worth[y][a] for y, _, a in cells)
        return tuple(worth[y][a] - worth[y][b] for y, b, a in cells)


@dataclass(frozen=True, slots=True)
class GroupBenefit:
    """One group's total, in the unit of the values, over its people in the population.

    Attributes:
        group, people: Which, and how many.
        before, after: Under each model.
        change: After minus before, with its own interval: what both models have in common cancels.
    """

    group: str
    people: float
    before: Expected
    after: Expected
    change: Expected


@dataclass(frozen=True, slots=True)
class Benefit:
    """A move in the unit of the values.

    Attributes:
        groups: Every group in order.
        everyone: All together.
        values: As given.
        population: Which people.
        level: Confidence level of the intervals.
    """

    groups: tuple[GroupBenefit, ...]
    everyone: GroupBenefit
    values: Values
    population: Population
    level: float


def benefit(
    moved: PeopleMoved,
    values: Values | None = None,
    population: Population | None = None,
    *,
    level: float = 0.95,
) -> Benefit:
    """What a move is worth, per group and for everyone, with intervals.

    The change rests on the people who move alone: each adds what the new decision is worth to
    them minus what the old one was.

    Args:
        moved: As counted.
        values: None for minus the number of wrong decisions.
        population: None for 1,000 people mixed as in the table.
        level: Confidence level of each number on its own.

    Raises:
        InputError: For values that are not finite, and as
            :func:`fairlab.sweeps.expected.in_population`.
    """
    given, wanted = values or Values(), population or Population()
    _check(given)
    shares = shares_of(moved, wanted)
    found = [_means(group, given, level) for group in moved.groups]
    groups = tuple(
        _total(group.group, shares[group.group] * wanted.size, means)
        for group, means in zip(moved.groups, found, strict=True)
    )
    if wanted.mix is None:
        means = _means(moved.everyone, given, level)
    else:
        mix = [shares[group.group] for group in moved.groups]
        means = tuple(together([own[i] for own in found], mix) for i in range(3))
    return Benefit(groups, _total(EVERYONE, wanted.size, means), given, wanted, level)


def _means(moved: Moved, values: Values, level: float) -> tuple[Expected, ...]:
    return tuple(mean_of(moved, values.scores(w), level) for w in ("before", "after", "change"))


def _total(group: str, people: float, means: Sequence[Expected]) -> GroupBenefit:
    if people == 0:
        nothing = Expected(0.0, 0.0, 0.0)
        return GroupBenefit(group, people, nothing, nothing, nothing)
    before, after, change = (
        UNKNOWN if mean.value is None else mean.times(people) for mean in means
    )
    return GroupBenefit(group, people, before, after, change)


def _check(values: Values) -> None:
    given = (
        values.selected_favourable,
        values.selected_unfavourable,
        values.refused_favourable,
        values.refused_unfavourable,
    )
    if not np.isfinite(given).all():
        raise InputError(
            f"Values of the four outcomes must be finite numbers; found {given}. Use 0 for what "
            "does not matter."
        )
