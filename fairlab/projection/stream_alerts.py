"""When a stream should make somebody look: a rolling gap above a tolerance for long enough."""

from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.projection.stream_gaps import RunningMeans, means_of

__all__ = ["Alert", "alerts"]

# Rolling sums are differences of running sums.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Alert:
    """One stretch of a stream in which the gap in the window was too wide.

    Batches are counted from 0.

    Attributes:
        start: First batch of the stretch above the tolerance.
        raised: Batch at which it had lasted long enough.
        end: First batch at or below the tolerance again; None when still open at the end.
        worst: Widest gap of the stretch.
        where: Batch of the widest gap.
        highest, lowest: Groups that set it there.
        condition: Position of the condition that set it.
    """

    start: int
    raised: int
    end: int | None
    worst: float
    where: int
    highest: int
    lowest: int
    condition: int


def alerts(
    means: RunningMeans, window: int, tolerance: float, patience: int = 1
) -> tuple[Alert, ...]:
    """Stretches in which the rolling gap exceeds ``tolerance`` for ``patience`` batches running.

    A window in which a group is absent has no gap: it neither raises an alert nor ends one, and
    does not count towards the patience.

    Args:
        means: Of one policy.
        window: Batches in the rolling window, at least 1.
        tolerance: Widest gap that is let pass, ≥ 0.
        patience: Consecutive batches above it that raise an alert, at least 1.

    Raises:
        InputError: For a window, patience or tolerance outside its range.
    """
    if window < 1 or patience < 1 or not tolerance >= 0:
        raise InputError(
            f"Alerts need a window and a patience of at least one batch and a tolerance of 0 or "
            f"more; found {window}, {patience} and {tolerance:g}."
        )
    sums, counts = means.window(window)
    gap = means.gap_of(sums, counts)
    known = np.flatnonzero(~np.isnan(gap))
    above = gap[known] > tolerance + _ROUNDING
    # Starts and ends of the runs of True among the batches that have a gap.
    turns = np.diff(np.concatenate([[False], above, [False]]).astype(np.int8))
    found = []
    for first, after in zip(np.flatnonzero(turns == 1), np.flatnonzero(turns == -1), strict=True):
        if after - first < patience:
            continue
        stretch = known[first:after]
        where = int(stretch[np.argmax(gap[stretch])])
        condition, highest, lowest = _who(means_of(sums[:, where], counts[:, where]))
        found.append(
            Alert(
                start=int(stretch[0]),
                raised=int(stretch[patience - 1]),
                end=int(known[after]) if after < len(known) else None,
                worst=float(gap[where]),
                where=where,
                highest=highest,
                lowest=lowest,
                condition=condition,
            )
        )
    return tuple(found)


def _who(mean: FloatArray) -> tuple[int, int, int]:
    """The condition, the highest and the lowest group that set the gap of (K, G) means."""
    condition = int(np.argmax(np.nanmax(mean, axis=1) - np.nanmin(mean, axis=1)))
    return condition, int(np.nanargmax(mean[condition])), int(np.nanargmin(mean[condition]))
