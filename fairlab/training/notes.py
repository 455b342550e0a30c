"""What a training discloses, in sentences; and what it refuses before it starts."""

from collections.abc import Sequence

import numpy as np

from fairlab.config import Mode, SweepConfig
from fairlab.errors import InputError
from fairlab.projection.constraints import Cells, cells_of
from fairlab.results import Point
from fairlab.training.batches import BatchPlan
from fairlab.training.people import Crowd


def refuse_cells_nobody_is_in(crowd: Crowd, constraint: str) -> None:
    """A rule can only be frozen if validation has somebody in every cell of the constraint.

    Raises:
        InputError: Naming every group without anybody, under which condition, with remedies.
    """
    people = crowd.splits["validation"]
    cells = cells_of(constraint, people.compared, people.y, skip_empty=True)
    if not cells.left_out:
        return
    missing = "; ".join(
        f"nobody in group {who} has {what}" for who, what in _left_out(cells, crowd)
    )
    raise InputError(
        f"Mode layer freezes its rule on the validation split, where {missing}: {constraint} has "
        "no mean to compare there. Take a larger validation split or another split seed, merge "
        "small groups, choose a constraint that needs no labels, or leave mode layer out."
    )


def training_notes(crowd: Crowd, sweep: SweepConfig, plan: BatchPlan) -> list[str]:
    """Batches, groups left out, and what was compared."""
    return [*_batch_notes(sweep, plan), *_group_notes(crowd, sweep)]


def kept_notes(sweep: SweepConfig, selections: Sequence[tuple[Mode, str]]) -> list[str]:
    """How the kept epochs were chosen, for each mode."""
    notes = []
    for mode, selection in selections:
        notes.append(f"Epoch kept in mode {mode}: least {selection}.")
        if mode == "layer":
            where = "training batches"
            if sweep.layer.batches == "running":
                where += ", small ones together with the people seen before them"
            notes.append(
                "Scores of mode layer come from a rule frozen on validation, on the training "
                f"split too; the promise itself holds on {where}."
            )
    return notes


def promise_notes(points: Sequence[Point]) -> list[str]:
    """Which layer models miss their promise on test people by more than chance explains."""
    missed = [p for p in points if p.guarantee is not None and p.guarantee.missed("test")]
    if not missed:
        return []
    promised = sum(p.guarantee is not None and p.guarantee.promised < 1 for p in points)
    named = ", ".join(f"slack {p.slack:g} with seed {p.seed}" for p in missed)
    return [
        f"On test people, mean scores of {len(missed)} of {promised} layer models are further "
        "apart than promised by more than chance explains (2/√n of the smallest group compared): "
        f"{named}."
    ]


def _batch_notes(sweep: SweepConfig, plan: BatchPlan) -> list[str]:
    notes = []
    if plan.stratified:
        notes.append(
            f"Batches of about {len(plan.places) // plan.n_batches} people are stratified: each "
            "has somebody of every group and label that is in the training split."
        )
    else:
        notes.append(
            f"Batches of {sweep.batch_size} people cannot hold somebody of each of the "
            f"{len(np.unique(plan.cell))} combinations of group and label: some are missing."
        )
    if plan.repeated_cells:
        notes.append(
            f"{plan.repeated_cells} combinations of group and label have fewer people than there "
            "are batches: these people are seen several times per epoch and weigh less each time."
        )
    return notes


def _group_notes(crowd: Crowd, sweep: SweepConfig) -> list[str]:
    notes = []
    if crowd.grouping == "marginal" and len(crowd.group_by) > 1:
        notes.append(
            f"Groups of {', '.join(crowd.group_by)} are compared attribute by attribute, all at "
            "once; every gap of this run is the widest over these attributes. Their combinations "
            "are not compared."
        )
    people = crowd.splits["train"]
    cells = cells_of(sweep.constraint, people.compared, people.y, skip_empty=True)
    for who, what in _left_out(cells, crowd):
        notes.append(
            f"Nobody in group {who} has {what} in the training split: it is left out of the "
            "constraint in training."
        )
    return notes


def _left_out(cells: Cells, crowd: Crowd) -> list[tuple[str, str]]:
    """(group, condition) in words of the cells nobody is in."""
    return [
        (crowd.name_of(attribute, group), condition.name)
        for condition, attribute, group in cells.left_out
    ]
