"""ROC curves of each group and their convex hulls, from one sweep."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from fairlab.metrics import RATES
from fairlab.outcomes import FloatArray
from fairlab.sweeps.thresholds import ThresholdSweep


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """What one group's false and true positive rates can be, from nobody to everybody selected.

    Attributes:
        group: Name.
        thresholds: (K,) decreasing, the first +inf.
        fpr, tpr: (K,) from 0 to 1, each non-decreasing. K is 0 when the group lacks one of the
            two outcomes: its curve is undefined.
    """

    group: str
    thresholds: FloatArray
    fpr: FloatArray
    tpr: FloatArray

    @property
    def defined(self) -> bool:
        """Whether the group has people with each outcome."""
        return len(self.thresholds) > 0

    @property
    def auc(self) -> float | None:
        """Area under the curve by trapezoids (ties count half); None when undefined."""
        return float(np.trapezoid(self.tpr, self.fpr)) if self.defined else None


def roc_curves(sweep: ThresholdSweep) -> tuple[RocCurve, ...]:
    """One curve per group, in the order of the groups; thresholds that move nothing left out."""
    found = []
    for g, name in enumerate(sweep.counts.group_names):
        own = sweep.of_group(g)
        fpr, tpr = (RATES[rate](own.counts)[:, 0] for rate in ("fpr", "tpr"))
        found.append(_curve(name, own.thresholds, fpr, tpr))
    return tuple(found)


def roc_hull(curve: RocCurve) -> RocCurve:
    """The upper convex hull of a curve: what randomising between two thresholds can reach.

    The least concave majorant, found by pooling adjacent violators along the curve.

    Source: Hardt, Price and Srebro 2016, section 4; Fawcett 2006, section 8.

    Returns:
        A curve whose points are a subset of ``curve``'s, with strictly falling slopes up to
        rounding; an undefined curve is returned as it is.
    """
    if not curve.defined:
        return curve
    rise, run = np.diff(curve.tpr), np.diff(curve.fpr)
    step = rise + run
    pooled = isotonic_regression(rise / step, weights=step, increasing=False)
    blocks = np.asarray(pooled.blocks, dtype=np.intp)
    slope = pooled.x[blocks[:-1]]
    corner = np.concatenate(
        ([True], ~np.isclose(slope[1:], slope[:-1], rtol=0, atol=1e-12), [True])
    )
    vertices = blocks[corner]
    return RocCurve(
        curve.group, curve.thresholds[vertices], curve.fpr[vertices], curve.tpr[vertices]
    )


def _curve(name: str, thresholds: FloatArray, fpr: FloatArray, tpr: FloatArray) -> RocCurve:
    if np.isnan(fpr).any() or np.isnan(tpr).any():
        nothing = np.empty(0)
        return RocCurve(name, nothing, nothing, nothing)
    # From +inf down; of thresholds that select the same people of this group keep the highest.
    down, x, y = thresholds[::-1], fpr[::-1], tpr[::-1]
    moved = np.concatenate(([True], (np.diff(x) > 0) | (np.diff(y) > 0)))
    return RocCurve(name, down[moved], x[moved], y[moved])
