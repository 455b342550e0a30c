"""The surface of two groups' thresholds as a short table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlab.language import inside, tr
from fairlab.metrics import GAPS
from fairlab.reports.figures.surface import Mark
from fairlab.sweeps import GroupThresholdSurface

# Gaps for which the cheapest pair is listed, in shares of 1.
LEVELS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0)


def surface_table(
    surface: GroupThresholdSurface,
    gap: str,
    *,
    marks: Sequence[Mark] = (),
    costs: tuple[float, float] = (1.0, 1.0),
) -> pd.DataFrame:
    """The named pairs, then the cheapest pair drawn within each of a few gaps."""
    gaps, rows = surface.gap(gap), []
    for mark in marks:
        i, j = surface.place(mark.threshold_a, mark.threshold_b)
        rows.append((mark.label, i, j))
    front = surface.front(gap)
    words = inside(GAPS[gap].label.removesuffix(tr(" difference")))
    what = tr("Most accurate pair") if costs == (1.0, 1.0) else tr("Cheapest pair")
    found: dict[int, str] = {}
    for level in LEVELS:  # a pair that is reached at several levels is named by the widest
        at = front.within(level)
        if at is not None:
            limit = (
                tr("within {level:g} points of {words}", level=100 * level, words=words)
                if level < 1
                else tr("whatever the gap")
            )
            found[at] = f"{what} {limit}"
    rows += [(label, int(front.a[at]), int(front.b[at])) for at, label in found.items()]
    a, b = surface.groups
    table = {
        "Rule": [label for label, _, _ in rows],
        f"Threshold, {a}": [_cut(surface.thresholds_a[i], i) for _, i, _ in rows],
        f"Threshold, {b}": [_cut(surface.thresholds_b[j], j) for _, _, j in rows],
        "Gap, points": [_tenth(gaps[i, j]) for _, i, j in rows],
        "Accuracy, %": [_tenth(surface.accuracy[i, j]) for _, i, j in rows],
    }
    if costs != (1.0, 1.0):
        table["Cost per person"] = [tr("{cost:.4f}", cost=surface.cost[i, j]) for _, i, j in rows]
    return pd.DataFrame(table)


def _cut(threshold: float, place: int) -> str:
    if np.isinf(threshold):
        return tr("nobody selected")
    return tr("everybody selected") if place == 0 else tr("{threshold:.4g}", threshold=threshold)


def _tenth(value: float) -> str:
    return tr("undefined") if np.isnan(value) else tr("{value:.1f}", value=100 * value)
