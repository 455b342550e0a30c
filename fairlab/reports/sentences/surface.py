"""What the surface of two groups' thresholds says, in words."""

import numpy as np

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
    name = GAPS[gap].label.removesuffix(" difference").lower()
    if np.isnan(values).all():
        return f"We cannot tell: {name} is undefined at every pair of thresholds."
    best = _place(right)
    near = np.where((right >= right.max() - GIVEN_UP - 1e-12) & ~np.isnan(values), values, np.inf)
    least = _place(-near)
    start = (
        f"In use ({_cuts(surface, in_use)}) the {name} gap is {_at(values, surface, in_use)}. "
        f"On the people shown the most accurate pair, {_pair(surface, best)}, is right for "
        f"{100 * right[best]:.1f} % and has a gap of {_points(values[best])}."
    )
    if np.isinf(near[least]):
        return start
    end = (
        f" Of all pairs that give up at most {100 * GIVEN_UP:g} point of that, "
        f"{_pair(surface, least)} has the narrowest gap, {_points(values[least])}, "
        f"with accuracy {100 * right[least]:.1f} %."
    )
    if surface.thinned:
        end += " (Of the pairs drawn.)"
    return f"{start}{end} Deciding by pairs needs each person's group."


def _place(values: FloatArray) -> tuple[int, int]:
    """Where a table is largest."""
    row, column = divmod(int(values.argmax()), values.shape[1])
    return row, column


def _cuts(surface: GroupThresholdSurface, mark: Mark) -> str:
    if mark.threshold_a == mark.threshold_b:
        return f"threshold {mark.threshold_a:.4g} for both"
    a, b = surface.groups
    return f"{a} from {mark.threshold_a:.4g}, {b} from {mark.threshold_b:.4g}"


def _pair(surface: GroupThresholdSurface, at: tuple[int, int]) -> str:
    parts = []
    cuts = (surface.thresholds_a, surface.thresholds_b)
    for group, thresholds, i in zip(surface.groups, cuts, at, strict=True):
        if np.isinf(thresholds[i]):
            parts.append(f"nobody of {group}")
        elif i == 0:
            parts.append(f"everybody of {group}")
        else:
            parts.append(f"{group} from {thresholds[i]:.3g}")
    return " and ".join(parts)


def _at(values: FloatArray, surface: GroupThresholdSurface, mark: Mark) -> str:
    return _points(values[surface.place(mark.threshold_a, mark.threshold_b)])


def _points(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{100 * value:.1f} points"
