"""How far apart groups are as a stream goes on: since it began, and in a rolling window.

Sums and counts per cell after each batch are kept once; every gap is then a difference of two
rows. No loop over people or batches. Labels enter here, to measure, and nowhere else.
"""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray

__all__ = ["CellIndex", "RunningMeans", "running_means", "widest"]


@dataclass(frozen=True, slots=True, eq=False)
class CellIndex:
    """Which people of a stream each mean is taken over, and what is measured of them.

    Attributes:
        edges: (T + 1,) where each of T batches begins; the last entry is n.
        group: (n,) group of each person in the order they come.
        n_groups: G.
        conditions: K masks (n,), one per condition of the constraint.
        names: The K conditions in words, "" for everyone.
        sign, offset: (n,) a and b of the measured value a·p + b.
    """

    edges: IntArray
    group: IntArray
    n_groups: int
    conditions: tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], ...]
    names: tuple[str, ...]
    sign: FloatArray
    offset: FloatArray

    @property
    def batch(self) -> IntArray:
        """(n,) batch 0..T-1 of each person."""
        return np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))


@dataclass(frozen=True, slots=True, eq=False)
class RunningMeans:
    """Sums and people per condition and group after 0, 1 … T batches.

    Attributes:
        sums: (K, T + 1, G) of the measured value.
        counts: (K, T + 1, G) people.
    """

    sums: FloatArray
    counts: IntArray

    def since_start(self) -> tuple[FloatArray, IntArray]:
        """(K, T, G) sums and counts of everybody so far."""
        return self.sums[:, 1:], self.counts[:, 1:]

    def window(self, batches: int) -> tuple[FloatArray, IntArray]:
        """(K, T, G) sums and counts of the last ``batches`` batches; none while fewer have come."""
        sums = np.zeros_like(self.sums[:, 1:])
        counts = np.zeros_like(self.counts[:, 1:])
        if batches < self.sums.shape[1]:
            sums[:, batches - 1 :] = self.sums[:, batches:] - self.sums[:, :-batches]
            counts[:, batches - 1 :] = self.counts[:, batches:] - self.counts[:, :-batches]
        return sums, counts

    def gap(self) -> FloatArray:
        """(T,) gap of everybody so far; NaN while fewer than two groups can be compared."""
        return widest(*self.since_start())

    def window_gap(self, batches: int) -> FloatArray:
        """(T,) gap in the rolling window; NaN until it is full and where a group is absent.

        A group is absent when the window holds nobody of it under a condition while the stream
        does; groups the whole stream never sees are ignored.
        """
        return self.gap_of(*self.window(batches))

    def gap_of(self, sums: FloatArray, counts: IntArray) -> FloatArray:
        """The gap of a window's (K, T, G) sums and counts."""
        seen = self.counts[:, -1:] > 0
        whole = ((counts > 0) | ~seen).all(axis=2).all(axis=0)
        return np.where(whole, widest(sums, counts), np.nan)


def running_means(index: CellIndex, values: FloatArray) -> RunningMeans:
    """Sums and counts of ``a · values + b`` per cell after each batch.

    Args:
        index: Of the stream.
        values: (n,) scores or decisions, in the order people come.
    """
    batches, size = len(index.edges) - 1, index.n_groups
    measured = index.sign * values + index.offset
    cell = index.batch * size + index.group
    sums = np.zeros((len(index.conditions), batches + 1, size))
    counts = np.zeros((len(index.conditions), batches + 1, size), dtype=np.int64)
    for k, meets in enumerate(index.conditions):
        mine = cell[meets]
        total = np.bincount(mine, measured[meets], batches * size).reshape(batches, size)
        people = np.bincount(mine, minlength=batches * size).reshape(batches, size)
        np.cumsum(total, axis=0, out=sums[k, 1:])
        np.cumsum(people, axis=0, out=counts[k, 1:])
    return RunningMeans(sums, counts)


def widest(sums: FloatArray, counts: IntArray) -> FloatArray:
    """(T,) widest range of cell means over groups among the conditions.

    Args:
        sums, counts: (K, T, G).

    Returns:
        NaN where a condition has fewer than two groups with people.
    """
    means = means_of(sums, counts)
    defined = counts > 0
    high = np.where(defined, means, -np.inf).max(axis=2)
    low = np.where(defined, means, np.inf).min(axis=2)
    comparable = defined.sum(axis=2) >= 2
    spread = np.subtract(high, low, out=np.full(high.shape, np.nan), where=comparable)
    return np.asarray(spread.max(axis=0))


def means_of(sums: FloatArray, counts: IntArray) -> FloatArray:
    """Means of cells, NaN where there is nobody."""
    empty = np.full(sums.shape, np.nan)
    return np.asarray(np.divide(sums, counts, out=empty, where=counts > 0))
