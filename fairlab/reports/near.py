"""A model read at two thresholds: what the difference of its numbers tells, and leaving it out.

An export holds every model at the run's threshold, and the chosen one at its own as well. Whoever
subtracts gets the people whose score lies between, by group and outcome. Where these are few, the
numbers at the run's threshold are left out; those of the choice stay.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from fairlab.config import GroupCuts
from fairlab.metrics import GAPS
from fairlab.reports.left_out import COLUMN, few_people, left_out_words
from fairlab.results import SweepResult
from fairlab.sweeps.cuts import decided

_OF_LABELS = ("base_rate", "base_rate_difference")  # which no threshold moves
_WHOLE = ("accuracy", "accuracy_lower", "accuracy_upper", "selection_rate")


def near_splits(
    result: SweepResult, index: int, threshold: float, cuts: GroupCuts | None, smallest: int
) -> frozenset[str]:
    """Splits in which few people of a group and outcome lie between the run's threshold and a cut.

    Args:
        result: A result.
        index: The model chosen.
        threshold, cuts: Where it decides: one threshold, or one per group.
        smallest: Fewer people are few, nobody included where others of the group lie between.
    """
    if smallest <= 0 or result.points[index].is_drawn:
        return frozenset()
    return frozenset(
        split for split in result.splits if _near(result, index, split, threshold, cuts, smallest)
    )


def _near(
    result: SweepResult,
    index: int,
    split: str,
    threshold: float,
    cuts: GroupCuts | None,
    smallest: int,
) -> bool:
    people = result.scored(index, split)
    own = people.score >= threshold if cuts is None else decided(people, cuts).score >= 0.5
    between = own != (people.score >= result.threshold)
    for by in result.groupings:
        outcomes = people.outcomes(by)
        cell = (outcomes.group * 2 + outcomes.y_true)[between]
        cells = np.bincount(cell, minlength=2 * outcomes.n_groups).reshape(-1, 2)
        if ((cells.sum(axis=1) > 0) & (cells.min(axis=1) < smallest)).any():
            return True
    return False


def without_near_rates(
    table: pd.DataFrame, index: int, splits: Collection[str], smallest: int
) -> pd.DataFrame:
    """A table of ``rates_table`` without the decisions of a model in some splits."""
    gone = (table["model"] == index) & table["split"].isin(list(splits))
    gone &= ~table["rate"].isin(_OF_LABELS) & table["value"].notna()
    shown = table.copy()
    shown.loc[gone, ["value", "lower", "upper"]] = np.nan
    shown.loc[gone, COLUMN] = few_people(smallest)
    return shown


def without_near_points(
    table: pd.DataFrame, index: int, splits: Collection[str], smallest: int
) -> pd.DataFrame:
    """A table of ``points_table`` without accuracy and gaps of a model in some splits."""
    moved = {*_WHOLE, *GAPS} - set(_OF_LABELS)
    shown = table.copy()
    for row in table.index[(table["model"] == index) & table["split"].isin(list(splits))]:
        known = set(str(table.at[row, COLUMN]).partition(": ")[2].split(", "))
        columns = [name for name in table.columns if name in known or name in moved]
        shown.loc[row, [name for name in columns if name in moved]] = np.nan
        shown.at[row, COLUMN] = left_out_words(columns, smallest)
    return shown
