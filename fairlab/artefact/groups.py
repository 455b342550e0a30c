"""The groups of new people, read as training read those of its people."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fairlab.artefact.schema import GroupReading
from fairlab.config import Task
from fairlab.data.groups import read_groups
from fairlab.data.prepare import People
from fairlab.data.values import as_numbers, as_text, kind
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.outcomes import IntArray
from fairlab.results import Attribute

NO_GROUP = -1


def describe_groups(frame: pd.DataFrame, task: Task, people: People, name: str) -> GroupReading:
    """How groups of one sensitive column were made of its values, learnt from the table itself.

    Values that were merged are not named: whoever has a value that is not listed is of the merged
    group, as people with rare values were.

    Args:
        frame: The table of the run.
        task: Its roles.
        people: Those of it who stayed, as :func:`fairlab.data.read_people` gives them.
        name: The column.
    """
    read = read_groups(frame, task, name)
    own, attribute = read.codes[people.rows], people.attributes[name]
    places: list[int | None] = [None] * len(read.names)
    missing, others = None, None
    for code, place in sorted(set(zip(own.tolist(), attribute.codes.tolist(), strict=True))):
        merged = attribute.names[place] not in read.names
        if code < 0:
            missing = place
        elif merged:
            others = place
        if code >= 0 and (name in task.bins or not merged):
            places[code] = place
    values = tuple(v for v, p in zip(read.names, places, strict=True) if p is not None)
    if name in task.bins:
        return GroupReading(
            name=name,
            groups=attribute.names,
            edges=task.bins[name],
            places=tuple(places),
            missing=missing,
            others=others,
        )
    return GroupReading(
        name=name,
        groups=attribute.names,
        values=values,
        places=tuple(p for p in places if p is not None),
        missing=missing,
        others=others,
    )


def read_codes(reading: GroupReading, column: pd.Series) -> IntArray:
    """(n,) place of each person's group; ``NO_GROUP`` where training had no such group.

    Raises:
        InputError: If numbers are wanted and text is found.
    """
    missing = np.asarray(column.isna(), dtype=bool)
    if reading.edges is not None:
        found, missing = _in_bins(reading, column, missing)
    else:
        where = dict(zip(reading.values or (), reading.places, strict=True))
        found = np.array(as_text(column).map(where).fillna(NO_GROUP), dtype=np.int64)
    if reading.others is not None:
        found[found == NO_GROUP] = reading.others
    found[missing] = NO_GROUP if reading.missing is None else reading.missing
    return found


def crossed(attributes: Mapping[str, Attribute], by: Sequence[str]) -> IntArray:
    """(n,) place in the crossing of several attributes; ``NO_GROUP`` where any of them has none."""
    first = attributes[by[0]]
    codes, gone = first.codes, first.codes == NO_GROUP
    for name in by[1:]:
        other = attributes[name]
        codes = codes * len(other.names) + other.codes
        gone = gone | (other.codes == NO_GROUP)
    return np.where(gone, NO_GROUP, codes)


def _in_bins(
    reading: GroupReading, column: pd.Series, missing: np.ndarray
) -> tuple[IntArray, np.ndarray]:
    if kind(column) == "text":
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        unread = int((np.isnan(numbers) & ~missing).sum())
        if unread:
            raise InputError(
                tr(
                    "The column '{name}' says the group and must hold numbers, which are cut at "
                    "{edges}; {n} of its values are none. Write numbers, or leave cells empty.",
                    name=reading.name,
                    edges=", ".join(f"{edge:g}" for edge in reading.edges or ()),
                    n=unread,
                )
            )
    else:
        numbers = as_numbers(column)
    above = (numbers[:, None] >= np.asarray(reading.edges)).sum(axis=1)
    places = np.array([NO_GROUP if p is None else p for p in reading.places], dtype=np.int64)
    return places[above], missing | np.isnan(numbers)
