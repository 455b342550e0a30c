"""Every decision a score allows: exact counts per group at every distinct threshold."""

from collections.abc import Iterable
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
            At ``thresholds[0]`` everyone is selected.
        counts: Counts with read-only fields of shape (T, G); integers without weights.
    """

    thresholds: FloatArray
    counts: Counts

    def index(self, threshold: ArrayLike) -> NDArray[np.intp]:
        """Positions in the sweep that decide as ``threshold`` does; any finite or infinite value.

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
        return _take(self.counts, self.index(threshold))

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
        return ThresholdSweep(_frozen(self.thresholds[chosen]), _take(self.counts, chosen))


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


def _take(counts: Counts, index: NDArray[np.intp]) -> Counts:
    tp, fp, fn, tn = (_frozen(f[index]) for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    return Counts(tp, fp, fn, tn, counts.group_names)


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array
