"""What the surface of two groups' thresholds says, in words."""

import numpy as np

from fairlab.language import inside, tr
from fairlab.metrics import GAPS
from fairlab.outcomes import FloatArray
from fairlab.reports.figures.surface import Mark
from fairlab.sweeps import GroupThresholdSurface

# How much accuracy the pair that is named may give up against the best pair.
GIVEN_UP = 0.01


def surface_sentence(surface: GroupThresholdSurface, gap: str, in_use: Mark) -> str:
    """The gap in use, the most accurate pair, and the narrowest gap near that accuracy.

    Args:
        surface: From ``group_threshold_surface``.
        gap: A difference of ``GAPS``.
        in_use: The thresholds in use.
    """
    values, right = surface.gap(gap), surface.accuracy
    name = inside(GAPS[gap].label.removesuffix(tr(" difference")))
    if np.isnan(values).all():
        return tr("We cannot tell: {name} is undefined at every pair of thresholds.", name=name)
    best = _place(right)
    near = np.where((right >= right.max() - GIVEN_UP - 1e-12) & ~np.isnan(values), values, np.inf)
    least = _place(-near)
    start = tr(
        "In use ({cuts}) the {name} gap is {at}. On the people shown the "
        "most accurate pair, {pair}, is right for {right:.1f} % and has a "
        "gap of {values}.",
        cuts=_cuts(surface, in_use),
        name=name,
        at=_at(values, surface, in_use),
        pair=_pair(surface, best),
        right=100 * right[best],
        values=_points(values[best]),
    )
    if np.isinf(near[least]):
        return start
    end = tr(
        " Of all pairs that give up at most {given_up:g} point of that, "
        "{pair} has the narrowest gap, {values}, with accuracy {right:.1f} "
        "%.",
        given_up=100 * GIVEN_UP,
        pair=_pair(surface, least),
        values=_points(values[least]),
        right=100 * right[least],
    )
    if surface.thinned:
        end += tr(" (Of the pairs drawn.)")
    return tr("{start}{end} Deciding by pairs needs each person's group.", start=start, end=end)


def _place(values: FloatArray) -> tuple[int, int]:
    """Where a table is largest."""
    row, column = divmod(int(values.argmax()), values.shape[1])
    return row, column


def _cuts(surface: GroupThresholdSurface, mark: Mark) -> str:
    if mark.threshold_a == mark.threshold_b:
        return tr("threshold {threshold_a:.4g} for both", threshold_a=mark.threshold_a)
    a, b = surface.groups
    return tr(
        "{a} from {threshold_a:.4g}, {b} from {threshold_b:.4g}",
        a=a,
        threshold_a=mark.threshold_a,
        b=b,
        threshold_b=mark.threshold_b,
    )


def _pair(surface: GroupThresholdSurface, at: tuple[int, int]) -> str:
    parts = []
    cuts = (surface.thresholds_a, surface.thresholds_b)
    for group, thresholds, i in zip(surface.groups, cuts, at, strict=True):
        if np.isinf(thresholds[i]):
            parts.append(tr("nobody of {group}", group=group))
        elif i == 0:
            parts.append(tr("everybody of {group}", group=group))
        else:
            parts.append(tr("{group} from {thresholds:.3g}", group=group, thresholds=thresholds[i]))
    return " and ".join(parts)


def _at(values: FloatArray, surface: GroupThresholdSurface, mark: Mark) -> str:
    return _points(values[surface.place(mark.threshold_a, mark.threshold_b)])


def _points(value: float) -> str:
    return tr("undefined") if np.isnan(value) else tr("{value:.1f} points", value=100 * value)
