"""What an export of a sweep leaves out, so that few people cannot be worked out of its tables.

The tables of one model on one split are published together: rates per group, and beside them
accuracy and gaps. What rests on hidden rates, or would leave them by subtraction, goes too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import tr
from fairlab.metrics import GAPS, Gap
from fairlab.metrics.suppression import Withheld, hidden_sizes, withheld
from fairlab.outcomes import Array, count
from fairlab.pareto.health import kind_of
from fairlab.reports.left_out import COLUMN, left_out_words
from fairlab.reports.measure import people_of
from fairlab.reports.sentences.audit import people
from fairlab.results import Point, SweepResult

_ACCURACY = ("accuracy", "accuracy_lower", "accuracy_upper")
_OTHER_DECISIONS = ("expected_accuracy", "expected_gap", "thresholded_accuracy", "thresholded_gap")
_FRONTIER_DIGITS = 3
# Kinds of findings that name a group, or a gap.
_TELLING = ("one_sided", "slack_not_reached")
# In the note of fairlab.training.grids that says how wide gaps are.
GAPS_MARK = " points on training people and "


@dataclass(frozen=True, slots=True, eq=False)
class ModelWithheld:
    """What must not be shown of one model on one split, over all groupings of its run."""

    groupings: tuple[Withheld, ...]

    def keeps(self, gap: Gap) -> bool:
        """Whether a gap rests on nothing hidden in any grouping."""
        return all(one.keeps(gap) for one in self.groupings)

    @property
    def whole(self) -> bool:
        """Whether everyone's accuracy would give hidden cells away."""
        return any(one.whole for one in self.groupings)

    @property
    def any(self) -> bool:
        """Whether a group is hidden at all."""
        return any(one.names for one in self.groupings)


def withheld_of(
    result: SweepResult, index: int, split: str, threshold: float, smallest: int
) -> ModelWithheld:
    """What to hide of model ``index``; nothing with a minimum of 0."""
    return ModelWithheld(
        tuple(
            withheld(count(replace(people, weight=None), threshold), smallest)
            for people in people_of(result, index, split)
        )
    )


def hidden_columns(gone: ModelWithheld, constraint: str) -> set[str]:
    """Columns of a row of ``points.csv`` to leave empty."""
    hidden = {name for name, gap in GAPS.items() if not gone.keeps(gap)}
    if gone.whole:
        hidden.update(_ACCURACY)
        if not gone.keeps(GAPS["demographic_parity_difference"]):
            hidden.add("selection_rate")
    if gone.any:
        hidden.update(_OTHER_DECISIONS)
    if not _keeps_constraint(gone, constraint):
        hidden.add("drawn_decision_gap")
    return hidden


def hidden_promise(
    guarantee: Mapping[str, Any], gone: Mapping[str, ModelWithheld], constraint: str
) -> dict[str, Any]:
    """A guarantee's record without gaps of decisions that rest on hidden rates.

    Args:
        guarantee: Plain record of a ``Guarantee``.
        gone: By split.
    """
    without = dict(guarantee)
    for field in ("decision_gap", "drawn_gap"):
        without[field] = {
            split: value if _keeps_constraint(gone[split], constraint) else None
            for split, value in guarantee[field].items()
        }
    return without


def sizes_in_words(sizes: Array, smallest: int) -> list[str]:
    """People of each group; "fewer than 10", or "withheld" where it would leave such a number."""
    gone = hidden_sizes(sizes, smallest)
    return [
        people(n) if not hidden else tr("fewer than {n}", n=smallest) if n < smallest
        else tr("withheld")
        for n, hidden in zip(sizes.tolist(), gone.tolist(), strict=True)
    ]  # fmt: skip


def shown_flags(result: SweepResult, point: Point, smallest: int) -> tuple[str, ...]:
    """A model's findings without those that name a group or a gap, where something is hidden.

    Instead of these stands how many they were. They rest on training and validation people.
    """
    if not any(_tells(flag) for flag in point.flags) or not _hides(result, point, smallest):
        return point.flags
    kept = tuple(flag for flag in point.flags if not _tells(flag))
    left = len(point.flags) - len(kept)
    said = "1 finding is" if left == 1 else f"{left} findings are"
    return (*kept, f"{said} left out: a group of few people could be worked out of it.")


def shown_notes(result: SweepResult, smallest: int) -> tuple[str, ...]:
    """A run's notes without those that say gaps, where something of any model is hidden."""
    told = [note for note in result.notes if GAPS_MARK in note]
    if not told or not any(_hides(result, point, smallest) for point in result.points):
        return result.notes
    kept = tuple(note for note in result.notes if note not in told)
    said = "1 note is" if len(told) == 1 else f"{len(told)} notes are"
    return (*kept, f"{said} left out: groups of few people could be worked out of the gaps.")


def _tells(flag: str) -> bool:
    return kind_of(flag) in _TELLING


def _hides(result: SweepResult, point: Point, smallest: int) -> bool:
    return smallest > 0 and any(
        withheld_of(result, point.index, split, result.threshold, smallest).any
        for split in ("train", "validation")
        if split in result.splits
    )


def shown_frontier(frame: pd.DataFrame, result: SweepResult, smallest: int) -> pd.DataFrame:
    """Every breakpoint of a frontier in thousandths, without gaps that rest on few people.

    An exact gap of two groups would leave both of their rates. Gaps are left out where a group
    has fewer than ``smallest`` people with one of the outcomes.

    Args:
        frame: Of ``frontier_frame``.
        result: The run it is made of.
        smallest: 0 keeps everything, and every digit.
    """
    if smallest <= 0:
        return frame
    columns = [c for c in frame.columns if c.startswith(("accuracy", "cost", "gap", "fitted"))]
    shown = frame.copy()
    shown[columns] = shown[columns].round(_FRONTIER_DIGITS)
    if min(_fewest(result, split) for split in ("validation", "test")) < smallest:
        gaps = [c for c in columns if c.startswith("gap")]
        shown[gaps] = np.nan
        shown[COLUMN] = left_out_words(gaps, smallest)
    return shown


def _fewest(result: SweepResult, split: str) -> float:
    """People with the rarer outcome in the group that has fewest."""
    fewest = np.inf
    for own in people_of(result, 0, split):
        n = np.bincount(own.group, minlength=own.n_groups)
        good = np.bincount(own.group, own.y_true, own.n_groups)
        fewest = min(fewest, np.minimum(good, n - good)[n > 0].min())
    return float(fewest)


def _keeps_constraint(gone: ModelWithheld, constraint: str) -> bool:
    name = CONSTRAINT_GAPS.get(constraint)
    return not gone.any if name is None else gone.keeps(GAPS[name])
