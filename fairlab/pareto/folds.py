"""What folds say together: how a way of training does on people it did not see."""

from dataclasses import dataclass

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.pareto.decisions import Decisions, accuracy_and_gap
from fairlab.pareto.measured import Measured, measured_from_counts
from fairlab.results import SweepResult, cross


@dataclass(frozen=True, slots=True)
class FoldSummary:
    """One place in the grid and one seed over all folds. Numbers in [0, 1]; None where undefined.

    Attributes:
        index: The model of the first fold. Models of other folds have its place in the grid and
            its seed; slacks that follow from the table are each fold's own.
        folds: How many folds have it.
        validation_accuracy, validation_gap, test_accuracy, test_gap: One number per fold.
        accuracy_sd, gap_sd: Standard deviation of the test numbers over folds: other people to
            train on, other people to test on and, with them, other luck.
        accuracy, gap: Out of fold: the counts of all folds' test people added up, so that everybody
            counts once, decided about by a model that has not seen them; with intervals.
    """

    index: int
    folds: int
    validation_accuracy: tuple[float | None, ...]
    validation_gap: tuple[float | None, ...]
    test_accuracy: tuple[float | None, ...]
    test_gap: tuple[float | None, ...]
    accuracy_sd: float | None
    gap_sd: float | None
    accuracy: Measured
    gap: Measured

    @property
    def mean_accuracy(self) -> float | None:
        """Mean over folds on test people."""
        return _mean(self.test_accuracy)

    @property
    def mean_gap(self) -> float | None:
        """Mean over folds on test people; wider than the out-of-fold gap, as each has fewer."""
        return _mean(self.test_gap)


def fold_summaries(
    result: SweepResult, *, draws: int = 1000, seed: int = 0, level: float = 0.95
) -> tuple[FoldSummary, ...]:
    """Every model of a sweep over its folds.

    The gap of all test people together is not the mean of the folds' gaps: those are of fewer
    people each, and wider by chance. Its interval takes the folds' models as they are; how much
    they differ from each other is in the standard deviations.

    Args:
        result: Of a sweep with folds.
        draws, seed: Resampled populations.
        level: Of the intervals.

    Raises:
        InputError: If the sweep was trained on one split.
    """
    if result.folds is None:
        raise InputError(
            "This sweep was trained on one split. Train it with folds 2 to 20 to see every person "
            "in test once."
        )
    frame = _frame(result)
    numbers = {
        split: accuracy_and_gap(frame, _counts(table, frame.group_names))
        for split, table in result.folds.counts.items()
    }
    cells = np.nansum(result.folds.counts["test"], axis=0)
    if result.folds.squares is None:
        cells = np.rint(cells).astype(np.int64)
    pooled = _counts(cells, frame.group_names)
    together = measured_from_counts(
        frame, pooled, _effective(result), draws=draws, seed=seed, level=level
    )
    return tuple(_summary(point.index, numbers, together[point.index]) for point in result.points)


def _summary(
    index: int,
    numbers: dict[str, tuple[FloatArray, FloatArray]],
    together: tuple[Measured, Measured],
) -> FoldSummary:
    own = {split: tuple(table[:, index] for table in both) for split, both in numbers.items()}
    accuracy, gap = own["test"]
    there = ~np.isnan(accuracy)
    return FoldSummary(
        index=index,
        folds=int(there.sum()),
        validation_accuracy=_plain(own["validation"][0]),
        validation_gap=_plain(own["validation"][1]),
        test_accuracy=_plain(accuracy),
        test_gap=_plain(gap),
        accuracy_sd=_sd(accuracy),
        gap_sd=_sd(gap),
        accuracy=together[0],
        gap=together[1],
    )


def _frame(result: SweepResult) -> Decisions:
    """What is compared, with nobody in it."""
    people = result.splits["test"]
    groups = cross(people.attributes, result.group_by)
    apart = result.groupings if len(result.groupings) > 1 else ()
    nobody = np.zeros(0, dtype=np.int64)
    return Decisions(
        selected=np.zeros((len(result.points), 0), dtype=bool),
        y_true=nobody,
        group=nobody,
        names=tuple(people.attributes[name].names for (name,) in apart) or (groups.names,),
        group_names=groups.names,
        gap=GAPS[CONSTRAINT_GAPS[result.constraint]],
    )


def pooled_people(result: SweepResult) -> Counts:
    """Test people of all folds, each counted once whatever their weight, fields (M, G)."""
    assert result.folds is not None
    kept = result.folds.counts if result.folds.people is None else result.folds.people
    return _counts(np.nansum(kept["test"], axis=0), _frame(result).group_names)


def _counts(cells: Array, names: tuple[str, ...]) -> Counts:
    """From (..., G, label, selected)."""
    return Counts(cells[..., 1, 1], cells[..., 0, 1], cells[..., 1, 0], cells[..., 0, 0], names)


def _effective(result: SweepResult) -> FloatArray | None:
    """(G,) Kish's number for everybody; None without weights."""
    assert result.folds is not None
    squares = result.folds.squares
    if squares is None:
        return None
    total = np.nanmax(np.nansum(result.folds.counts["test"], axis=0).sum(axis=(-1, -2)), axis=0)
    found = np.divide(total**2, squares, out=np.zeros(len(total)), where=squares > 0)
    return np.asarray(found, dtype=np.float64)


def _plain(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)


def _sd(values: FloatArray) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.std(ddof=1)) if len(defined) > 1 else None


def _mean(values: tuple[float | None, ...]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
