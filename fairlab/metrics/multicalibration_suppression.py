"""Calibration in crossed groups for others to see: rows that give few people away go.

A row says how many people it holds and how many of them have the favourable outcome. Rows of one
crossing add up to everyone, so one that is left out can be had from the others; and crossings that
share an attribute or score ranges narrow each other down. What is shown is therefore whole
crossings, and once one of them rests on few people, only single attributes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from fairlab.metrics.audit import Audit
from fairlab.metrics.multicalibration import BINS, Multicalibration, SubgroupCalibration
from fairlab.metrics.subgroup_chance import Violation
from fairlab.metrics.subgroups import Cells, cells_of, favourable_in
from fairlab.outcomes import GroupedOutcomes
from fairlab.results import Attribute

_Family = tuple[tuple[str, ...], bool]


def suppress_multicalibration(
    result: Multicalibration,
    people: GroupedOutcomes,
    attributes: Mapping[str, Attribute],
    smallest: int,
    *,
    shown: Audit | None = None,
    by: Sequence[str] = (),
    selected: ArrayLike | None = None,
    bins: int = BINS,
) -> Multicalibration:
    """The audit of crossed groups without rows that rest on few people, or give them away.

    Args:
        result: The whole audit of crossed groups.
        people, attributes, bins: Those it was made of; groups and weights do not matter.
        smallest: People with either outcome, of any group of a crossing, at least; 0 hides
            nothing.
        shown: The audit shown beside it, small cells suppressed: where it hides everyone's
            numbers nothing is left, and where it hides a group no attribute it is made of.
        by: Attributes of ``shown``.
        selected: (n,) decisions shown beside it: of few distinct scores a mean tells how many are
            selected, so crossings in which few are, or are not, go too.

    Returns:
        ``withheld`` is the number of rows left out, and a note says so; the largest distances
        are then not said. The same audit when nothing is left out.
    """
    if smallest <= 0:
        return result
    families = {_family(row) for row in result.subgroups}
    cells = cells_of(replace(people, weight=None), attributes, bins)
    names = list(attributes)
    passing = {f for f in families if _enough(cells, names, f, smallest)}
    if selected is not None:
        decided = replace(people, weight=None, y_true=np.asarray(selected, dtype=np.int64))
        cells = cells_of(decided, attributes, bins)
        passing = {f for f in passing if f[1] or _enough(cells, names, f, smallest)}
    hidden = shown is not None and bool(shown.hidden)
    if passing != families or hidden:
        passing = {(of, fine) for of, fine in passing if len(of) + fine <= 1}
    if hidden:
        passing = {(of, fine) for of, fine in passing if not (fine or set(of) & set(by))}
    if shown is not None and shown.whole_hidden:
        passing = set()
    kept = tuple(row for row in result.subgroups if _family(row) in passing)
    gone = len(result.subgroups) - len(kept)
    if not gone:
        return result
    nothing = Violation(None, None, None, None)
    return replace(
        result,
        subgroups=kept,
        violation=nothing,
        weighted_violation=nothing,
        withheld=gone,
        notes=(*result.notes, _note(gone, smallest)),
    )


def _family(row: SubgroupCalibration) -> _Family:
    return row.by, row.scores is not None


def _enough(cells: Cells, names: list[str], family: _Family, smallest: int) -> bool:
    """Whether every row of a crossing, looked at or not, has enough people with either outcome."""
    by, fine = family
    n, favourable = favourable_in(cells, [names.index(name) for name in by], fine)
    return bool(np.minimum(favourable, n - favourable).min() >= smallest)


def _note(gone: int, smallest: int) -> str:
    rows = "1 row is" if gone == 1 else f"{gone:,} rows are"
    return (
        f"Suppressed: {rows} left out, which rest on fewer than {smallest} people with one of the "
        "outcomes, or would let such a number be worked out."
    )
