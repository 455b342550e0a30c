"""Flip test: would a person be decided otherwise if only their group, or its proxies, were other?

Two changes are asked about. First the sensitive attribute alone: a decision can only follow it
where the model reads it. Then also its strongest proxies, whose values are taken from the nearest
person of the other group, near by all other features the model reads. As any other person's
values change decisions, the same people are also given those of the nearest other person of their
own group: the placebo. What the group itself does is what lies beyond it, and the net direction.

This is not a causal counterfactual (Kusner, Loftus, Russell, Silva 2017, "Counterfactual
fairness"; Kilbertus et al. 2017, "Avoiding discrimination through causal reasoning"): nothing is
known here about what would follow from another group. It says how much decisions lean on the
attribute and on the values that go with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from fairlab.errors import InputError, UnknownNameError
from fairlab.examine.changes import Effective, Flip, FlipTest, Placebo
from fairlab.examine.matching import MatchSpace, nearest
from fairlab.examine.reuse import effective_people
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import Attribute

Decisions = np.ndarray[Any, np.dtype[np.bool_]]
Decide = Callable[[pd.DataFrame, Mapping[str, Attribute]], Decisions]
MOST_PEOPLE = 2_000
MOST_DONORS = 5_000
FEWEST = 20
MOST_PAIRS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """People as a table and their groups: ``frame`` (n rows), ``attributes`` (n,) each.

    ``weighted`` says that the table has a column of weights; flips count people all the same.
    """

    frame: pd.DataFrame
    attributes: Mapping[str, Attribute]
    weighted: bool = False

    def part(self, where: IntArray) -> "Crowd":
        """Some of them."""
        chosen = {n: Attribute(a.codes[where], a.names) for n, a in self.attributes.items()}
        return Crowd(self.frame.iloc[where], chosen, self.weighted)


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
    if people.weighted:
        notes.append("Every person counts once: the table's weights are not used here.")
    with threadpool_limits(1):
        space = MatchSpace.fit(donors.frame, matched_on if proxies else ())
        change = _Change(decide, people, donors, attribute, tuple(proxies), space, caliper, seed)
        flips = tuple(change.flip(asked[a], pool[a], pool[b], a, b) for a, b in pairs)
    return FlipTest(attribute, tuple(proxies), matched_on, caliper, flips, tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    decide: Decide
    people: Crowd
    donors: Crowd
    attribute: str
    proxies: tuple[str, ...]
    space: MatchSpace
    caliper: float | None
    seed: int

    def flip(
        self, asked: IntArray, own_pool: IntArray, pool: IntArray, origin: int, target: int
    ) -> Flip:
        """One ordered pair of groups."""
        names = self.people.attributes[self.attribute].names
        before = self.people.part(asked)
        was = self.decide(before.frame, before.attributes)
        if not self.proxies:
            changed = before.frame.copy()
            if self.attribute in changed.columns:
                others = self.donors.part(pool).frame[self.attribute]
                changed[self.attribute] = others.value_counts(dropna=False).index[0]
            now = self._decided(changed, before, target)
            return Flip(names[origin], names[target], len(asked), 0, *_counts(was, now))
        rng = np.random.default_rng([self.seed, origin, target])
        match, distance = self._match(before, pool, asked, rng)
        own, own_distance = self._match(before, own_pool, asked, rng)
        near = np.ones(len(asked), dtype=bool)
        if self.caliper is not None:
            near = (distance <= self.caliper) & (own_distance <= self.caliper)
        now = self._decided(self._taken(before, match), before, target)[near]
        alike = self._decided(self._taken(before, own), before, origin)[near]
        was, match, own, far = was[near], match[near], own[near], distance[near]
        return Flip(
            names[origin],
            names[target],
            int(near.sum()),
            int((~near).sum()),
            *_counts(was, now),
            donors=len(np.unique(match)),
            distance=float(np.median(far)) if near.any() else None,
            distance_high=float(np.quantile(far, 0.9)) if near.any() else None,
            own_distance=float(np.median(own_distance)),
            effective=_effective(was, now, match),
            placebo=_placebo(was, now, alike, match, own),
        )

    def _match(
        self, before: Crowd, pool: IntArray, asked: IntArray, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        """Places among donors of the nearest, never the person themselves, and how far."""
        others = self.space.place(self.donors.part(pool).frame)
        itself = None
        if self.people.frame is self.donors.frame:
            there = {int(place): i for i, place in enumerate(pool)}
            itself = np.array([there.get(int(place), -1) for place in asked], dtype=np.int64)
        found, distance = nearest(self.space.place(before.frame), others, itself=itself, rng=rng)
        return pool[found], distance

    def _taken(self, before: Crowd, match: IntArray) -> pd.DataFrame:
        changed = before.frame.copy()
        for name in (*self.proxies, self.attribute):
            if name in changed.columns:
                changed[name] = self.donors.frame[name].iloc[match].to_numpy()
        return changed

    def _decided(self, changed: pd.DataFrame, before: Crowd, group: int) -> Decisions:
        names = self.people.attributes[self.attribute].names
        moved = dict(before.attributes)
        moved[self.attribute] = Attribute(np.full(len(changed), group, dtype=np.int64), names)
        return self.decide(changed, moved)


def _counts(was: Decisions, now: Decisions) -> tuple[int, int, int]:
    """To selected, to refused, selected before."""
    return int((~was & now).sum()), int((was & ~now).sum()), int(was.sum())


def _effective(was: Decisions, now: Decisions, match: IntArray) -> Effective:
    up, down = (~was & now).astype(float), (was & ~now).astype(float)
    return Effective(*(effective_people(v, (match,)) for v in (up + down, up, down, up - down)))


def _placebo(
    was: Decisions, now: Decisions, alike: Decisions, match: IntArray, own: IntArray
) -> Placebo:
    flipped, moved = was != now, was != alike
    apart = flipped.astype(float) - moved
    return Placebo(
        int((~was & alike).sum()),
        int((was & ~alike).sum()),
        int((flipped & ~moved).sum()),
        int((moved & ~flipped).sum()),
        donors=len(np.unique(own)),
        effective=_effective(was, alike, own),
        paired=effective_people(apart, (match, own)),
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
