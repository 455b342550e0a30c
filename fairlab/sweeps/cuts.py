"""Decisions made by a threshold per group, as people whose score is the decision."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairlab.config import GroupCuts
from fairlab.errors import InputError
from fairlab.outcomes import Counts
from fairlab.results import CROSSING, ScoredPeople, cross
from fairlab.sweeps.thresholds import ThresholdSweep


def decided(people: ScoredPeople, cuts: GroupCuts) -> ScoredPeople:
    """The same people with 0/1 decisions for scores: selected iff score >= their group's cut.

    Args:
        people: With scores.
        cuts: Attributes whose crossing makes the groups, and a threshold for each group.

    Returns:
        People with ``has_scores`` False, threshold 0.5, and a note that says how they were
        decided and that deciding needs the attributes.

    Raises:
        UnknownNameError: If an attribute is not among the people's.
        InputError: If there is not one threshold per group.
    """
    groups = cross(people.attributes, cuts.by)
    if len(groups.names) != len(cuts.cuts):
        raise InputError(
            f"Groups by {CROSSING.join(cuts.by)} are {len(groups.names)}, but thresholds are "
            f"given for {len(cuts.cuts)}. Set them again on the Thresholds page."
        )
    selected = people.score >= np.asarray(cuts.cuts)[groups.codes]
    present = np.bincount(groups.codes, minlength=len(groups.names))
    return replace(
        people,
        score=selected.astype(np.float64),
        has_scores=False,
        threshold=0.5,
        higher_is_better=True,
        notes=(cuts_sentence(people, cuts, present.tolist()), *people.notes),
    )


def counts_at_cuts(sweep: ThresholdSweep, cuts: Sequence[float]) -> Counts:
    """Exact counts (G,) when each group is decided at its own threshold.

    Args:
        sweep: Of people in G groups.
        cuts: G numbers, infinite ones allowed.
    """
    own = sweep.at(np.asarray(cuts, dtype=np.float64))
    tp, fp, fn, tn = (field.diagonal() for field in (own.tp, own.fp, own.fn, own.tn))
    return Counts(tp, fp, fn, tn, sweep.counts.group_names)


def cuts_sentence(
    people: ScoredPeople, cuts: GroupCuts, present: Sequence[int] | None = None
) -> str:
    """Which threshold each group has, and that deciding needs the group.

    Args:
        people: For the groups' names, and how their table writes a threshold.
        cuts: One threshold per group.
        present: People of each group; groups with nobody are then named.
    """
    names = cross(people.attributes, cuts.by).names
    said = ", ".join(
        f"{name} {people.own_units(cut):g}" for name, cut in zip(names, cuts.cuts, strict=True)
    )
    nobody = [] if present is None else [n for n, k in zip(names, present, strict=True) if k == 0]
    return (
        f"Each group by {CROSSING.join(cuts.by)} is decided at a threshold of its own: {said}. "
        "Deciding for a person needs the person's group."
        + (f" Nobody here is in {', '.join(nobody)}." if nobody else "")
    )
