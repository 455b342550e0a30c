"""Flip test: would a person be decided otherwise if only their group, or its proxies, were other?

Two changes are asked about. First the sensitive attribute alone: a decision can only follow it
where the model reads it. Then also its strongest proxies, whose values are taken from the nearest
person of the other group, near by all other features the model reads.

This is not a causal counterfactual (Kusner, Loftus, Russell, Silva 2017, "Counterfactual
fairness"; Kilbertus et al. 2017, "Avoiding discrimination through causal reasoning"): nothing is
known here about what would follow from another group. It says how much decisions lean on the
attribute and on the values that go with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from fairlab.errors import InputError, UnknownNameError
from fairlab.examine.matching import MatchSpace, nearest
from fairlab.metrics.intervals import wilson
from fairlab.outcomes import IntArray
from fairlab.results import Attribute

Decide = Callable[[pd.DataFrame, Mapping[str, Attribute]], np.ndarray[Any, np.dtype[np.bool_]]]
MOST_PEOPLE = 2_000
MOST_DONORS = 10_000
FEWEST = 20
MOST_PAIRS = 30


@dataclass(frozen=True, slots=True)
class Flip:
    """People of one group decided as they are, and with another group's values.

    Attributes:
        origin, target: Groups: as they are, and as they are asked about.
        people: People of ``origin`` decided twice.
        unmatched: Further ones for whom nobody of ``target`` is near enough.
        to_selected: Refused as they are, selected when changed.
        to_refused: Selected as they are, refused when changed.
        selected: Selected as they are.
        donors: Different people whose values were taken; 0 when none were.
        distance, distance_high: Median and 90 % quantile of the distance to them; None without.
        own_distance: Median distance to the nearest *other* person of their own group, by the same
            columns: what "near" means here. None without matching.
    """

    origin: str
    target: str
    people: int
    unmatched: int
    to_selected: int
    to_refused: int
    selected: int
    donors: int = 0
    distance: float | None = None
    distance_high: float | None = None
    own_distance: float | None = None

    @property
    def changed(self) -> int:
        """People whose decision changes."""
        return self.to_selected + self.to_refused

    def share(self, what: str = "changed", level: float = 0.95) -> "Share":
        """``changed``, ``to_selected`` or ``to_refused`` of ``people``, with Wilson's interval."""
        k = int(getattr(self, what))
        if self.people == 0:
            return Share(None, None, None, k, 0)
        lower, upper = wilson(k, self.people, level)
        return Share(k / self.people, float(lower), float(upper), k, self.people)


@dataclass(frozen=True, slots=True)
class Share:
    """k of n with its interval, in [0, 1]; None where nobody is there."""

    value: float | None
    lower: float | None
    upper: float | None
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class FlipTest:
    """Every pair of groups, one way and the other.

    Attributes:
        attribute: What was changed.
        proxies: Columns whose values were taken from the nearest person; () for none.
        matched_on: Columns by which that person is near.
        caliper: Largest distance of a match, or None for any.
        flips: One per ordered pair of groups.
        notes: Who was sampled or left out, in sentences.
    """

    attribute: str
    proxies: tuple[str, ...]
    matched_on: tuple[str, ...]
    caliper: float | None
    flips: tuple[Flip, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """People as a table and their groups: ``frame`` (n rows), ``attributes`` (n,) each."""

    frame: pd.DataFrame
    attributes: Mapping[str, Attribute]

    def part(self, where: IntArray) -> "Crowd":
        """Some of them."""
        chosen = {n: Attribute(a.codes[where], a.names) for n, a in self.attributes.items()}
        return Crowd(self.frame.iloc[where], chosen)


def flip_test(
    decide: Decide,
    people: Crowd,
    donors: Crowd,
    attribute: str,
    *,
    columns: Sequence[str],
    proxies: Sequence[str] = (),
    caliper: float | None = None,
    most: int = MOST_PEOPLE,
    seed: int = 0,
) -> FlipTest:
    """Decide people as they are and as if of every other group.

    Labels are read nowhere: neither for matching nor for deciding.

    Args:
        decide: The model: a table and the groups of its people to decisions (n,).
        people: Whom to ask about.
        donors: Where the other group's values come from.
        attribute: A sensitive attribute of both.
        columns: Columns the model reads.
        proxies: Of these, what is changed together with the attribute.
        caliper: Nobody further away than this is a match; None takes the nearest at any distance.
        most: At most so many people of a group are asked about, drawn with ``seed``.
        seed: Draws people and donors.

    Raises:
        UnknownNameError: If the attribute or a proxy is not there.
        InputError: If the caliper is not positive, or fewer than two groups have 20 people.
    """
    _check(people, attribute, columns, proxies, caliper)
    groups = people.attributes[attribute]
    notes: list[str] = []
    pairs = _pairs(groups, donors.attributes[attribute], notes)
    matched_on = tuple(n for n in columns if n not in proxies and n != attribute)
    rng = np.random.default_rng(seed)
    asked = {g: _drawn(groups.codes, g, most, rng) for g in sorted({a for a, _ in pairs})}
    pool = {
        g: _drawn(donors.attributes[attribute].codes, g, MOST_DONORS, rng)
        for g in sorted({g for pair in pairs for g in pair})
    }
    sizes = np.bincount(groups.codes, minlength=len(groups.names))
    cut = [groups.names[g] for g, where in asked.items() if len(where) < sizes[g]]
    if cut:
        notes.append(f"At most {most:,} people of a group are asked about, drawn at random.")
    with threadpool_limits(1):
        change = _Change(decide, people, donors, attribute, tuple(proxies), matched_on, caliper)
        flips = tuple(change.flip(asked[a], pool[a], pool[b], a, b) for a, b in pairs)
    return FlipTest(attribute, tuple(proxies), matched_on, caliper, flips, tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    decide: Decide
    people: Crowd
    donors: Crowd
    attribute: str
    proxies: tuple[str, ...]
    matched_on: tuple[str, ...]
    caliper: float | None

    def flip(
        self, asked: IntArray, own_pool: IntArray, pool: IntArray, origin: int, target: int
    ) -> Flip:
        """One ordered pair of groups."""
        names = self.people.attributes[self.attribute].names
        before, others = self.people.part(asked), self.donors.part(pool)
        changed = before.frame.copy()
        found = Flip(names[origin], names[target], len(asked), 0, 0, 0, 0)
        near = np.ones(len(asked), dtype=bool)
        if self.attribute in changed.columns:
            most_common = others.frame[self.attribute].value_counts(dropna=False).index[0]
            changed[self.attribute] = most_common
        if self.proxies:
            space = MatchSpace.fit(self.donors.frame, self.matched_on)
            place = space.place(before.frame)
            match, distance = nearest(place, space.place(others.frame))
            own = nearest(place, space.place(self.donors.part(own_pool).frame))[1]
            near = np.ones(len(asked), bool) if self.caliper is None else distance <= self.caliper
            taken = [*self.proxies]
            if self.attribute in changed.columns:
                taken.append(self.attribute)
            for name in taken:
                changed[name] = others.frame[name].iloc[match].to_numpy()
            found = replace(
                found,
                donors=len(np.unique(match[near])),
                distance=float(np.median(distance[near])) if near.any() else None,
                distance_high=float(np.quantile(distance[near], 0.9)) if near.any() else None,
                own_distance=float(np.median(own)),
            )
        moved = dict(before.attributes)
        moved[self.attribute] = Attribute(np.full(len(asked), target, dtype=np.int64), names)
        was = self.decide(before.frame, before.attributes)[near]
        now = self.decide(changed, moved)[near]
        return replace(
            found,
            people=int(near.sum()),
            unmatched=int((~near).sum()),
            to_selected=int((~was & now).sum()),
            to_refused=int((was & ~now).sum()),
            selected=int(was.sum()),
        )


def _drawn(codes: IntArray, group: int, most: int, rng: np.random.Generator) -> IntArray:
    where = np.flatnonzero(codes == group)
    if len(where) > most:
        where = np.sort(rng.choice(where, size=most, replace=False))
    return where.astype(np.int64)


def _pairs(asked: Attribute, pool: Attribute, notes: list[str]) -> list[tuple[int, int]]:
    """Ordered pairs of groups with enough people to ask about and to match with."""
    size = len(asked.names)
    here = np.bincount(asked.codes, minlength=size)
    there = np.bincount(pool.codes, minlength=size)
    enough = [g for g in range(size) if here[g] >= FEWEST and there[g] >= FEWEST]
    small = [asked.names[g] for g in range(size) if g not in enough and here[g] > 0]
    if small:
        notes.append(f"Groups of fewer than {FEWEST} people are left out: {', '.join(small)}.")
    if len(enough) < 2:
        raise InputError(
            f"A flip needs two groups of at least {FEWEST} people; found {len(enough)}. Merge "
            "small groups, or choose another attribute."
        )
    enough.sort(key=lambda g: -here[g])
    most = 2
    while (most + 1) * most <= MOST_PAIRS and most < len(enough):
        most += 1
    if most < len(enough):
        left = ", ".join(asked.names[g] for g in enough[most:])
        notes.append(f"The {most} largest groups are compared; left out: {left}.")
    kept = sorted(enough[:most])
    return [(a, b) for a in kept for b in kept if a != b]


def _check(
    people: Crowd,
    attribute: str,
    columns: Sequence[str],
    proxies: Sequence[str],
    caliper: float | None,
) -> None:
    if attribute not in people.attributes:
        raise UnknownNameError(
            f"There is no sensitive attribute {attribute!r}. Known: {', '.join(people.attributes)}."
        )
    unknown = [name for name in proxies if name not in columns]
    if unknown:
        raise UnknownNameError(
            f"The model does not read {unknown[0]!r}, so changing it changes nothing. It reads: "
            f"{', '.join(columns)}."
        )
    if caliper is not None and not caliper > 0:
        raise InputError(f"The caliper is {caliper:g}; it is a distance above 0. Write 1, or none.")
