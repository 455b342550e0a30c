"""What randomised thresholds can do to one group: a convex polygon in its ROC plane."""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.sweeps import RocCurve, ThresholdSweep, roc_curves, roc_hull


@dataclass(frozen=True, slots=True, eq=False)
class GroupHull:
    """The convex hull of one group's ROC curve, as a polygon.

    Every point in it, and no other, is the (FPR, TPR) of some mixture of thresholds, each person
    being selected iff score >= the threshold drawn.

    Attributes:
        group: Name.
        unfavourable, favourable: People (or weight) with y = 0 and with y = 1.
        thresholds: (K,) of the corners; +inf selects nobody, −inf everybody.
        points: (K, 2) FPR and TPR of the corners. The rate of an outcome that nobody in the group
            has stands at 0 and means nothing.
        upper: Corners ``[:upper]`` run along the upper hull from nobody to everybody selected;
            the others back along the lower one, for a score worse than chance somewhere.

    Source: Hardt, Price and Srebro 2016, section 4.
    """

    group: str
    unfavourable: float
    favourable: float
    thresholds: FloatArray
    points: FloatArray
    upper: int

    @property
    def n(self) -> float:
        """People (or weight) in the group."""
        return self.unfavourable + self.favourable

    @property
    def selection(self) -> FloatArray:
        """(K,) share of the group selected at each corner."""
        return np.asarray(self.points @ np.array([self.unfavourable, self.favourable]) / self.n)

    def counts(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Expected tp, fp, fn, tn at (FPR, TPR) points of shape (..., 2)."""
        fp, tp = points[..., 0] * self.unfavourable, points[..., 1] * self.favourable
        return tp, fp, self.favourable - tp, self.unfavourable - fp


def group_hulls(sweep: ThresholdSweep) -> tuple[GroupHull, ...]:
    """The polygon of every group that has people, in the order of the groups."""
    counts = sweep.counts
    favourable, unfavourable = (counts.tp + counts.fn)[0], (counts.fp + counts.tn)[0]
    return tuple(
        hull_of(curve, float(unfavourable[g]), float(favourable[g]))
        for g, curve in enumerate(roc_curves(sweep))
        if unfavourable[g] + favourable[g] > 0
    )


def counts_at(hulls: tuple[GroupHull, ...], points: FloatArray) -> Counts:
    """Expected counts of all groups at points of shape (..., G, 2): fields of shape (..., G)."""
    by_group = [hull.counts(points[..., g, :]) for g, hull in enumerate(hulls)]
    tp, fp, fn, tn = (np.stack(field, axis=-1) for field in zip(*by_group, strict=True))
    return Counts(tp, fp, fn, tn, tuple(hull.group for hull in hulls))


def hull_of(curve: RocCurve, unfavourable: float, favourable: float) -> GroupHull:
    """The polygon of one group's curve, with its people (or weight) of each outcome."""
    if not curve.defined:  # one outcome only: anything between nobody and everybody
        ends = np.array([np.inf, -np.inf])
        full = [float(unfavourable > 0), float(favourable > 0)]
        points = np.array([[0.0, 0.0], full])
        return GroupHull(curve.group, unfavourable, favourable, _frozen(ends), _frozen(points), 2)
    upper = roc_hull(curve)
    mirrored = roc_hull(RocCurve(curve.group, curve.thresholds, curve.tpr, curve.fpr))
    below = slice(len(mirrored.thresholds) - 2, 0, -1)  # its ends are the upper hull's
    thresholds = np.concatenate([upper.thresholds, mirrored.thresholds[below]])
    thresholds[len(upper.thresholds) - 1] = -np.inf  # also for people below every score seen
    points = np.concatenate(
        [
            np.stack([upper.fpr, upper.tpr], axis=1),
            np.stack([mirrored.tpr, mirrored.fpr], axis=1)[below],
        ]
    )
    return GroupHull(
        curve.group,
        unfavourable,
        favourable,
        _frozen(thresholds),
        _frozen(points),
        len(upper.thresholds),
    )


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array
