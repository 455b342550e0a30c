"""Batches in which no (group, label) cell is missing.

Every cell's people are dealt over the batches of an epoch, as evenly as they go. Which cell a
place of a batch belongs to is fixed for the whole training; who takes it is drawn anew in each
epoch. A cell with fewer people than there are batches takes one place in each: its people are
seen several times in an epoch and weigh accordingly less.
"""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class BatchPlan:
    """Places of one epoch.

    Attributes:
        cell: (n,) cell of each person.
        places: (P,) position in the people sorted by cell, batch after batch.
        edges: (batches + 1,) where each batch starts and ends in ``places``.
        weight: (P,) weight of a place: 1, or less where people repeat; None when all are 1.
        repeated_cells: How many cells had too few people for all batches.
        stratified: False when a batch is too small to hold somebody of every cell.
    """

    cell: IntArray
    places: IntArray
    edges: IntArray
    weight: FloatArray | None
    repeated_cells: int
    stratified: bool

    @property
    def n_batches(self) -> int:
        """Batches per epoch."""
        return len(self.edges) - 1

    def people(self, rng: np.random.Generator) -> IntArray:
        """(P,) person in every place, for one epoch."""
        shuffled = rng.permutation(len(self.cell))
        ordered = shuffled[np.argsort(self.cell[shuffled], kind="stable")]
        return ordered[self.places].astype(np.int64)


def plan_batches(cell: IntArray, batch_size: int) -> BatchPlan:
    """Deal people of every cell over ceil(n / batch_size) batches.

    Batches have at most ``batch_size`` people, plus one for each cell that must repeat.
    """
    n = len(cell)
    _, cell = np.unique(cell, return_inverse=True)
    sizes = np.bincount(cell)
    batches = -(-n // batch_size)
    stratified = len(sizes) <= batch_size
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    batch_of, place, weight = [], [], []
    dealt = 0
    for start, size in zip(starts, sizes, strict=True):
        count = max(int(size), batches) if stratified else int(size)
        # Remainders go on where the last cell's ended, so batches stay within one of each other.
        batch_of.append((dealt + np.arange(count)) % batches)
        place.append(start + np.arange(count) % size)
        weight.append(np.full(count, size / count))
        dealt += count
    order = np.argsort(np.concatenate(batch_of), kind="stable")
    totals = np.bincount(np.concatenate(batch_of), minlength=batches)
    weights = np.concatenate(weight)[order]
    return BatchPlan(
        cell=cell.astype(np.int64),
        places=np.concatenate(place)[order].astype(np.int64),
        edges=np.concatenate([[0], np.cumsum(totals)]).astype(np.int64),
        weight=None if (weights == 1).all() else weights,
        repeated_cells=int((sizes < batches).sum()) if stratified else 0,
        stratified=stratified,
    )
