"""A move between two models as expected numbers of people in a population a person names.

People of each group move at the rates found, and the population says how many people of each group
there are. So an expected number is a sum of shares, one per group, each times a known number, and
its interval follows from those of the shares:

- one cell of one group (newly selected with the favourable outcome, …): Wilson's interval;
- the net change of one group: Agresti and Min's for matched shares, as both decisions are about the
  same persons;
- everyone, groups mixed as in the table: the same of all people together;
- everyone, groups mixed as the person says: the groups' limits recovered and added (MOVER: Zou,
  Huang, Zhang 2009), as the groups are different people.

Weighted people count as effective numbers (:func:`fairlab.sweeps.people.effective`), another one
for each question asked of them. All of it is about what is expected; chance comes on top in any
one population.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.intervals import wilson
from fairlab.sweeps.people import EVERYONE, Moved, PeopleMoved, effective, net_interval

#: What is asked of each group: cells by outcome (unfavourable first), selected before and after.
ASKED: Mapping[str, tuple[int, ...]] = {
    "gained_favourable": (5,),
    "gained_unfavourable": (1,),
    "lost_favourable": (6,),
    "lost_unfavourable": (2,),
    "gained": (1, 5),
    "lost": (2, 6),
}


@dataclass(frozen=True, slots=True)
class Population:
    """People a decision would be about.

    Attributes:
        size: How many, more than 0.
        mix: Share of each group by name, any scale: they are divided by their sum. None for the
            groups as they are in the table.
    """

    size: float = 1000.0
    mix: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A number with its interval; all None where it is undefined."""

    value: float | None
    lower: float | None
    upper: float | None

    def times(self, factor: float) -> "Expected":
        """All three, times a number of 0 or more."""
        if self.value is None or self.lower is None or self.upper is None:
            return self
        return Expected(factor * self.value, factor * self.lower, factor * self.upper)


UNKNOWN = Expected(None, None, None)


@dataclass(frozen=True, slots=True)
class GroupExpected:
    """What is expected of one group of the population, in people.

    Attributes:
        group: Its name.
        people: How many of the population belong to it.
        gained_favourable, gained_unfavourable: Newly selected, by outcome.
        lost_favourable, lost_unfavourable: No longer selected, by outcome.
        gained, lost, net: Newly selected; no longer; the difference.
    """

    group: str
    people: float
    gained_favourable: Expected
    gained_unfavourable: Expected
    lost_favourable: Expected
    lost_unfavourable: Expected
    gained: Expected
    lost: Expected
    net: Expected


@dataclass(frozen=True, slots=True)
class PopulationMoved:
    """A move in people of a population.

    Attributes:
        groups: Every group in order.
        everyone: All of them together.
        population: Which.
        shares: Share of each group in it, adding up to 1.
        unknown: Groups the population has and the table has not: nothing is known of them, nor of
            everyone.
        level: Confidence level of the intervals.
    """

    groups: tuple[GroupExpected, ...]
    everyone: GroupExpected
    population: Population
    shares: Mapping[str, float]
    unknown: tuple[str, ...]
    level: float


def in_population(
    moved: PeopleMoved, population: Population | None = None, *, level: float = 0.95
) -> PopulationMoved:
    """What a move would mean in a population, per group and outcome, with intervals.

    Args:
        moved: As counted; outcomes within a group are as there.
        population: None for 1,000 people mixed as in the table.
        level: Confidence level of each number on its own.

    Raises:
        InputError: For a size that is not a positive number, or a mix with an unknown group, a
            missing group, a negative share or nothing but zeros.
    """
    wanted = population or Population()
    shares = shares_of(moved, wanted)
    unknown = tuple(g.group for g in moved.groups if g.n == 0 and shares[g.group] > 0)
    parts: dict[str, list[Expected]] = {}
    groups = []
    for group in moved.groups:
        own = {name: _share(group, cells, level) for name, cells in ASKED.items()}
        own["net"] = _net(group, level)
        scaled = {n: _of(shares[group.group] * wanted.size, one) for n, one in own.items()}
        for name, one in own.items():
            parts.setdefault(name, []).append(one)
        groups.append(GroupExpected(group.group, shares[group.group] * wanted.size, **scaled))
    if wanted.mix is None:
        all_ = {name: _share(moved.everyone, cells, level) for name, cells in ASKED.items()}
        all_["net"] = _net(moved.everyone, level)
    else:
        mix = [shares[group.group] for group in moved.groups]
        all_ = {name: together(found, mix) for name, found in parts.items()}
    everyone = {name: _of(wanted.size, one) for name, one in all_.items()}
    return PopulationMoved(
        groups=tuple(groups),
        everyone=GroupExpected(EVERYONE, wanted.size, **everyone),
        population=wanted,
        shares=shares,
        unknown=unknown,
        level=level,
    )


def shares_of(moved: PeopleMoved, population: Population) -> dict[str, float]:
    """Share of each group in a population, adding up to 1.

    Raises:
        InputError: As :func:`in_population`.
    """
    if not (np.isfinite(population.size) and population.size > 0):
        raise InputError(
            f"A population has more than 0 people; found {population.size:g}. Use 1,000, say."
        )
    names = [group.group for group in moved.groups]
    if population.mix is None:
        return {g.group: g.n / moved.everyone.n if moved.everyone.n else 0.0 for g in moved.groups}
    other = sorted(set(population.mix) ^ set(names))
    if other:
        raise InputError(
            f"A mix gives a share to each group, and to no other: {', '.join(names)}. Look at "
            f"{', '.join(other)}."
        )
    found = np.array([population.mix[name] for name in names], dtype=np.float64)
    if not np.isfinite(found).all() or (found < 0).any() or found.sum() <= 0:
        raise InputError("Shares of groups are 0 or more, and not all of them 0. Set them again.")
    return dict(zip(names, (found / found.sum()).tolist(), strict=True))


def together(parts: Sequence[Expected], mix: Sequence[float]) -> Expected:
    """A sum of independent numbers, each times a known share: their limits recovered and added.

    A number with a share of 0 plays no part, known or not.
    """
    value, below, above = 0.0, 0.0, 0.0
    for one, share in zip(parts, mix, strict=True):
        if share == 0:
            continue
        if one.value is None or one.lower is None or one.upper is None:
            return UNKNOWN
        value += share * one.value
        below += (share * (one.value - one.lower)) ** 2
        above += (share * (one.upper - one.value)) ** 2
    return Expected(value, value - float(np.sqrt(below)), value + float(np.sqrt(above)))


def mean_of(moved: Moved, scores: Sequence[float], level: float = 0.95) -> Expected:
    """Mean over a group's people of a score given to each of the eight cells, with its interval.

    The cells' shares have Wilson's limits; as one person is in one cell only, shares of cells
    hang together, and the limits are added with that (MOVER for dependent estimates, Zou 2009,
    with the correlations of a multinomial).

    Args:
        moved: One group.
        scores: Of the eight cells, in the order of ``moved.cells``.
    """
    if moved.n == 0:
        return UNKNOWN
    kinds: dict[float, list[int]] = {}
    for at, score in enumerate(scores):
        kinds.setdefault(float(score), []).append(at)
    people = {score: sum(moved.cells[at] for at in cells) for score, cells in kinds.items()}
    most = [score for score in kinds if people[score] == max(people.values())]
    common = sum(most) / len(most)  # in the middle of several, so that a move back mirrors a move
    size = effective(moved, scores)
    values, shares, lows, highs = [], [], [], []
    for score in kinds:
        if score == common:  # scores are held against that of most people
            continue
        share = min(people[score] / moved.n, 1.0)
        low, high = wilson(share * size, size, level)
        values.append(score - common)
        shares.append(share)
        lows.append(float(low))
        highs.append(float(high))
    v, p = np.array(values), np.array(shares)
    below = v * (p - np.where(v > 0, lows, highs))
    above = v * (np.where(v > 0, highs, lows) - p)
    mean = common + float(v @ p)
    tied = _correlations(p) * np.outer(np.sign(v), np.sign(v))
    return Expected(mean, mean - _length(below, tied), mean + _length(above, tied))


def _correlations(p: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, Any]:
    """Of shares of the cells of one multinomial."""
    odds = np.sqrt(np.divide(p, 1 - p, out=np.ones_like(p), where=p < 1))
    found = -np.outer(odds, odds)
    np.fill_diagonal(found, 1.0)
    return np.asarray(np.clip(found, -1.0, 1.0))


def _length(sides: np.ndarray[Any, Any], tied: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(max(float(sides @ tied @ sides), 0.0)))


def _share(moved: Moved, cells: Sequence[int], level: float) -> Expected:
    """Share of a group's people in some of its cells."""
    if moved.n == 0:
        return UNKNOWN
    share = min(sum(moved.cells[at] for at in cells) / moved.n, 1.0)
    size = effective(moved, [float(at in cells) for at in range(8)])
    low, high = wilson(share * size, size, level)
    return Expected(share, min(float(low), share), max(float(high), share))


def _net(moved: Moved, level: float) -> Expected:
    bounds = net_interval(moved, level)
    if bounds is None:
        return UNKNOWN
    return Expected(moved.net / moved.n, bounds[0] / 1000, bounds[1] / 1000)


def _of(people: float, share: Expected) -> Expected:
    """An expected number of people; of nobody, exactly nobody."""
    return Expected(0.0, 0.0, 0.0) if people == 0 else share.times(people)
