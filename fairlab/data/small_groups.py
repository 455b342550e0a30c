"""Small groups left out of a look at scored people, each named with its number of people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairlab.outcomes import IntArray
from fairlab.results import Attribute, ScoredPeople, cross


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """People of the groups that are large enough.

    Attributes:
        people: Theirs, ``by``'s groups without anybody forgotten.
        left_out: (group, people) of the others.
        note: The same in a sentence; "" when nobody was left out.
    """

    people: ScoredPeople
    left_out: tuple[tuple[str, int], ...]
    note: str


def leave_out_small_groups(people: ScoredPeople, by: Sequence[str], fewest: int) -> Kept:
    """Leave out the people of groups smaller than ``fewest``.

    Nothing is left out when fewer than two groups would remain: there would be nothing to compare,
    and the note says so.

    Args:
        people: Scored people.
        by: Attributes whose crossing makes the groups.
        fewest: People (rows, weights aside) a group must have to stay.
    """
    crossed = cross(people.attributes, by)
    sizes = np.bincount(crossed.codes, minlength=len(crossed.names))
    small = (sizes > 0) & (sizes < fewest)
    if not small.any():
        return Kept(people, (), "")
    if ((sizes > 0) & ~small).sum() < 2:
        return Kept(
            people,
            (),
            f"Nobody was left out: fewer than two groups have {fewest:,} people or more.",
        )
    left_out = tuple((crossed.names[g], int(sizes[g])) for g in np.flatnonzero(small))
    stay = ~small[crossed.codes]
    named = ", ".join(f"{name} ({n:,})" for name, n in left_out)
    note = (
        f"Left out, groups of fewer than {fewest:,} people: {named}. Everything below is about the "
        f"other {int(stay.sum()):,} of {len(stay):,} people."
    )
    return Kept(_only(people, stay, by), left_out, note)


def with_groups_of(people: ScoredPeople, other: ScoredPeople, by: Sequence[str]) -> ScoredPeople:
    """Those of ``people`` whose groups by ``by`` are among ``other``'s, groups numbered alike."""
    attributes = dict(people.attributes)
    stay = np.ones(len(people.y_true), dtype=bool)
    for name in by:
        mine, theirs = people.attributes[name], other.attributes[name]
        if mine.names == theirs.names:
            continue
        place = {value: code for code, value in enumerate(theirs.names)}
        codes: IntArray = np.array([place.get(value, -1) for value in mine.names])[mine.codes]
        stay &= codes >= 0
        attributes[name] = Attribute(np.maximum(codes, 0), theirs.names)
    return _only(replace(people, attributes=attributes), stay, ())


def _only(people: ScoredPeople, stay: np.ndarray, by: Sequence[str]) -> ScoredPeople:
    """The people of a mask; the groups of ``by`` nobody is in any more are forgotten."""

    def kept(name: str, attribute: Attribute) -> Attribute:
        codes = attribute.codes[stay]
        if name not in by:
            return Attribute(codes, attribute.names)
        present, renumbered = np.unique(codes, return_inverse=True)
        names = tuple(attribute.names[code] for code in present)
        return Attribute(renumbered.astype(np.int64), names)

    return replace(
        people,
        y_true=people.y_true[stay],
        score=people.score[stay],
        weight=None if people.weight is None else people.weight[stay],
        attributes={name: kept(name, a) for name, a in people.attributes.items()},
        controls={name: kept(name, a) for name, a in people.controls.items()},
    )
