"""Counts and gaps of a trained model in the groups its run compared."""

import numpy as np

from fairlab.metrics import Gap
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.results import SweepResult


def people_of(result: SweepResult, index: int, split: str = "test") -> tuple[GroupedOutcomes, ...]:
    """Scored people, once per grouping of the run: crossed, or each attribute by itself."""
    scored = result.scored(index, split)
    return tuple(scored.outcomes(by) for by in result.groupings)


def counts_of(
    result: SweepResult, index: int, split: str = "test", threshold: float | None = None
) -> tuple[Counts, ...]:
    """Confusion counts, once per grouping; at the threshold of the run unless told otherwise."""
    cut = result.threshold if threshold is None else threshold
    return tuple(count(people, cut) for people in people_of(result, index, split))


def widest(gap: Gap, tables: tuple[Counts, ...]) -> float:
    """A gap of the same people in several groupings: the one farthest from equal, NaN if none."""
    farther = np.fmax if gap.spread == "difference" else np.fmin
    return float(farther.reduce([gap(table) for table in tables]))
