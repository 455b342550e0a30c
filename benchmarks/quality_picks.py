"""How points are picked and judged in ``bench quality``; ``docs/quality.md`` gives the reasons.

A point is picked on validation people alone and judged on test people. The figure that is compared
is *accuracy within the limit*: test accuracy minus ``PRICE`` times what the test gap exceeds the
limit by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import Counts, FloatArray
from fairlab.pareto import hypervolume
from fairlab.training.evaluate import gap_of

# Accuracy that a point of gap beyond the limit costs. On these tables a point of slack buys 0.1
# to 0.4 points of accuracy, so breaking a limit never pays.
PRICE = 1.0
# Limits whose picks make a front for the hypervolume, and its reference gap.
FRONT_LIMITS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)
REFERENCE_GAP = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Points on the people of one split.

    Attributes:
        counts: (P, G, 4) expected tp, fp, fn, tn.
        constraint: Whose gap is meant.
    """

    counts: FloatArray
    constraint: str

    @property
    def accuracy(self) -> FloatArray:
        """(P,) expected accuracy."""
        return accuracy_of_counts(self.counts)

    @property
    def gap(self) -> FloatArray:
        """(P,) gap of expected rates; NaN where undefined."""
        return gap_of_counts(self.counts, self.constraint)

    def __len__(self) -> int:
        """How many points."""
        return len(self.counts)


def accuracy_of_counts(counts: FloatArray) -> FloatArray:
    """(...,) accuracy from counts (..., G, 4)."""
    right = counts[..., 0] + counts[..., 3]
    return np.asarray(right.sum(-1) / counts.sum((-1, -2)))


def gap_of_counts(counts: FloatArray, constraint: str) -> FloatArray:
    """(...,) the constraint's gap from counts (..., G, 4)."""
    if counts.size == 0:
        return np.empty(counts.shape[:-2])
    tp, fp, fn, tn = (counts[..., i] for i in range(4))
    names = tuple(str(g) for g in range(counts.shape[-2]))
    return gap_of(constraint, Counts(tp, fp, fn, tn, names))


@dataclass(frozen=True, slots=True)
class Pick:
    """A point picked on validation people.

    Attributes:
        index: Of the points picked from.
        within: Whether its validation gap is within the limit; if not, it is the one of least gap.
        accuracy, gap: On validation people.
    """

    index: int
    within: bool
    accuracy: float
    gap: float


def best_within(validation: Measured, limit: float) -> Pick:
    """The most accurate point whose gap is within a limit; else the one of least gap.

    Ties go to the smaller gap, then to the first. An undefined gap is beyond every limit.

    Args:
        validation: At least one point; nothing else is seen.
        limit: Largest gap, as a share of 1.
    """
    accuracy = validation.accuracy
    gap = np.where(np.isnan(validation.gap), np.inf, validation.gap)
    inside = gap <= limit + 1e-9
    first, second = (-accuracy, gap) if inside.any() else (gap, -accuracy)
    order = np.lexsort((np.arange(len(gap)), second, first))
    index = int(next(i for i in order if inside[i] or not inside.any()))
    return Pick(index, bool(inside.any()), float(accuracy[index]), float(gap[index]))


def best_of(picks: Sequence[Pick]) -> int:
    """Which of several methods' picks their union would pick: the same rule once more."""
    within = any(p.within for p in picks)

    def worth(i: int) -> tuple[float, float, int]:
        p = picks[i]
        return (-p.accuracy, p.gap, i) if within else (p.gap, -p.accuracy, i)

    return min((i for i, p in enumerate(picks) if p.within or not within), key=worth)


def worth_within(
    counts: FloatArray, constraint: str, limit: float, price: float = PRICE
) -> FloatArray:
    """(...,) accuracy minus ``price`` × the gap beyond the limit, from counts (..., G, 4)."""
    excess = np.clip(np.nan_to_num(gap_of_counts(counts, constraint), nan=1.0) - limit, 0, None)
    return np.asarray(accuracy_of_counts(counts) - price * excess)


def covered(counts: FloatArray, constraint: str) -> float:
    """Share of the box (error below a constant decision's, gap below 20 points) points cover.

    The reference point is the error of deciding everybody alike, and ``REFERENCE_GAP``; a point
    whose gap is undefined covers nothing.

    Args:
        counts: (P, G, 4) of test people, at least one point.
        constraint: Whose gap is meant.
    """
    test = Measured(counts, constraint)
    one = counts[0].sum(0)
    favourable = (one[0] + one[2]) / one.sum()
    reference = (float(min(favourable, 1 - favourable)), REFERENCE_GAP)
    costs = np.column_stack((1 - test.accuracy, np.nan_to_num(test.gap, nan=1.0)))
    return hypervolume(costs, reference=reference) / (reference[0] * reference[1])
