"""Every decision a score allows: exact counts per group at every distinct threshold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlab.errors import InputError
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdSweep:
    """Exact confusion counts per group at every threshold that changes a decision.

    Attributes:
        thresholds: (T,) increasing: every distinct score, then +inf where nobody is selected.
            At ``thresholds[0]`` everyone is selected. A thinned sweep keeps some of them, both
            ends among them.
        counts: Counts with read-only fields of shape (T, G); integers without weights.
        by_group: Of a sweep that was thinned to save memory, the exact sweep of every group's own
            people, fields (T_g, 1); they keep :meth:`at` exact.
        distinct: How many thresholds there are before any were left out; 0 where none were.
    """

    thresholds: FloatArray
    counts: Counts
    by_group: tuple["ThresholdSweep", ...] = ()
    distinct: int = 0

    @property
    def every(self) -> bool:
        """Whether the sweep holds every threshold that changes a decision."""
        return len(self.thresholds) == self.n_distinct

    @property
    def n_distinct(self) -> int:
        """Thresholds that change a decision, those left out here included."""
        return self.distinct or len(self.thresholds)

    def index(self, threshold: ArrayLike) -> NDArray[np.intp]:
        """Positions in the sweep that decide as ``threshold`` does; any finite or infinite value.

        In a thinned sweep, positions of the nearest threshold kept at or above.

        Raises:
            InputError: If a threshold is NaN.
        """
        wanted = np.asarray(threshold, dtype=np.float64)
        if np.isnan(wanted).any():
            raise InputError("A threshold must be a number; found NaN. Leave it out instead.")
        return np.asarray(np.searchsorted(self.thresholds, wanted, side="left"), dtype=np.intp)

    def at(self, threshold: ArrayLike) -> Counts:
        """Exact counts for any threshold, whether a score has that value or not.

        Args:
            threshold: A number, or an array of any shape (...).

        Returns:
            Counts with fields of shape (..., G): the same as counting everyone with
            ``score >= threshold``.

        Raises:
            InputError: If a threshold is NaN.
        """
        if self.by_group:
            return side_by_side([own.at(threshold) for own in self.by_group])
        return _take(self.counts, self.index(threshold))

    def of_group(self, g: int) -> "ThresholdSweep":
        """One group's exact sweep, fields (T, 1); its thresholds select as many as any can."""
        if self.by_group:
            return self.by_group[g]
        tp, fp, fn, tn = (f[:, g : g + 1] for f in _fields(self.counts))
        name = self.counts.group_names[g : g + 1]
        return ThresholdSweep(self.thresholds, Counts(tp, fp, fn, tn, name))

    def below(self, threshold: float) -> float:
        """The highest score below a threshold; −inf if there is none."""
        if self.by_group:
            return max(own.below(threshold) for own in self.by_group)
        at = int(self.index(threshold))
        return float(self.thresholds[at - 1]) if at else float("-inf")

    def downsample(self, size: int, keep: Iterable[int] = ()) -> "ThresholdSweep":
        """A thinner sweep for drawing; what is left is still exact.

        Both ends (everyone selected, nobody selected) and the positions in ``keep`` stay; the
        rest is spread evenly over the distinct scores.

        Args:
            size: Thresholds wanted, at least 2. Fewer are returned when fewer exist, more only
                when ``keep`` asks for more.
            keep: Positions 0..T-1 that must stay, such as where a gap is smallest.

        Raises:
            InputError: If ``size`` is below 2 or a kept position is outside the sweep.
        """
        last = len(self.thresholds) - 1
        kept = {0, last, *(int(i) for i in keep)}
        if size < 2:
            raise InputError(f"A sweep keeps both its ends: ask for 2 or more, not {size}.")
        if min(kept) < 0 or max(kept) > last:
            raise InputError(f"Positions to keep must be 0 to {last}; found {sorted(kept)}.")
        if last + 1 <= size:
            return self
        must = np.array(sorted(kept), dtype=np.intp)
        even = np.linspace(0, last, max(size - len(must), 0) + 2)[1:-1].round().astype(np.intp)
        chosen = np.union1d(must, even)
        return ThresholdSweep(
            _frozen(self.thresholds[chosen]),
            _take(self.counts, chosen),
            self.by_group,
            self.n_distinct,
        )


def exact_sweep(outcomes: GroupedOutcomes) -> ThresholdSweep:
    """Counts per group at every distinct score; selected iff ``score >= threshold``.

    One sort, then one running sum per (group, label). Ties are kept together, weights are
    summed, groups nobody is in get zeros.

    Returns:
        A sweep with T = distinct scores + 1 thresholds, increasing, the last one +inf.
    """
    order = np.argsort(outcomes.score)
    score = outcomes.score[order]
    starts = np.flatnonzero(np.concatenate(([True], score[1:] != score[:-1])))
    thresholds = np.append(score[starts], np.inf)
    all_distinct = len(starts) == len(score)
    before = slice(None) if all_distinct else np.append(starts, len(score))
    cell = _cell_codes(outcomes)[order]
    weight = None if outcomes.weight is None else outcomes.weight[order]

    dtype = np.int64 if weight is None else np.float64
    shape = (len(thresholds), outcomes.n_groups)
    tp, fp, fn, tn = (np.empty(shape, dtype, order="F") for _ in range(4))
    for g in range(outcomes.n_groups):
        for label, selected, refused in ((1, tp, fn), (0, fp, tn)):
            in_cell = cell == 2 * g + label
            below = _running_sum(in_cell, weight)
            refused[:, g] = below[before]
            if weight is None:
                np.subtract(below[-1], refused[:, g], out=selected[:, g])
            else:  # summed from above, so that nobody selected is exactly 0
                selected[:, g] = _running_sum(in_cell[::-1], weight[::-1])[::-1][before]
    for field in (tp, fp, fn, tn):
        _frozen(field)
    return ThresholdSweep(_frozen(thresholds), Counts(tp, fp, fn, tn, outcomes.group_names))


def _cell_codes(outcomes: GroupedOutcomes) -> Array:
    """(n,) code 2·group + label in the smallest type: the gather after the sort is its cost."""
    small = np.min_scalar_type(2 * outcomes.n_groups)
    codes: Array = outcomes.group.astype(small)
    codes *= codes.dtype.type(2)
    codes += outcomes.y_true.astype(small)
    return codes


def _running_sum(in_cell: NDArray[np.bool_], weight: FloatArray | None) -> Array:
    """(n + 1,) sum over the first 0, 1, …, n people of those in the cell."""
    total: Array = np.empty(len(in_cell) + 1, np.int64 if weight is None else np.float64)
    total[0] = 0
    np.cumsum(in_cell if weight is None else in_cell * weight, out=total[1:])
    return total


def side_by_side(parts: Sequence[Counts]) -> Counts:
    """Counts of one group each, fields (..., 1), as counts of all of them, (..., G)."""
    tp, fp, fn, tn = (
        _frozen(np.concatenate(fields, axis=-1))
        for fields in zip(*(_fields(part) for part in parts), strict=True)
    )
    return Counts(tp, fp, fn, tn, tuple(name for part in parts for name in part.group_names))


def _fields(counts: Counts) -> tuple[Array, Array, Array, Array]:
    return counts.tp, counts.fp, counts.fn, counts.tn


def _take(counts: Counts, index: NDArray[np.intp]) -> Counts:
    tp, fp, fn, tn = (_frozen(f[index]) for f in _fields(counts))
    return Counts(tp, fp, fn, tn, counts.group_names)


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array
