"""Accuracies and gaps of many models with how sure their people let us be, from counts."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics.people_gaps import (
    GapDraws,
    crossed_from_counts,
    one_grouping,
    share_of_people,
)
from fairlab.metrics.resampling import DRAWS, SEED, bootstrap_counts, bootstrap_together
from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.pareto.decisions import Decisions, Resampled, accuracy_and_gap


@dataclass(frozen=True, slots=True)
class Measured:
    """A number in [0, 1] and how sure these people let us be of it; None where undefined.

    Attributes:
        value: On the people there are.
        lower, upper: Interval for other people drawn as these were.
        sd: Standard deviation over resampled people: the row noise.
    """

    value: float | None
    lower: float | None
    upper: float | None
    sd: float | None


def measured_from_counts(
    frame: Decisions,
    counts: Counts,
    effective: FloatArray | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.95,
) -> list[tuple[Measured, Measured]]:
    """Accuracy and gap of M models, each resampled by itself from its counts.

    Args:
        frame: What is compared.
        counts: Of the crossed groups, fields (M, G).
        effective: (G,) effective number of people; None for whole people.
        draws, seed: Resampled populations.
        level: Confidence level.
    """
    found = []
    resampled_counts = bootstrap_counts if len(frame.names) == 1 else bootstrap_together
    for m in range(len(counts.tp)):
        rng = np.random.default_rng(seed)
        drawn = accuracy_and_gap(frame, resampled_counts(_row(counts, m), draws, rng, effective))
        alone = _row(counts, slice(m, m + 1))
        resampled = Resampled(drawn[0][:, None], drawn[1][:, None])
        accuracy = accuracies(alone, effective, resampled, level)[0]
        gap = gaps_of(frame, alone, effective, resampled, level, draws, seed)[0]
        found.append((accuracy, gap))
    return found


def accuracies(
    counts: Counts,
    effective: FloatArray | None,
    resampled: Resampled,
    level: float,
) -> list[Measured]:
    """Accuracies of M models: Wilson's interval, and the spread over people resampled.

    Args:
        counts: Of the crossed groups, fields (M, G).
        effective: (G,) effective number of people; None for whole people.
        resampled: (draws, M).
        level: Confidence level.
    """
    right, sd = (counts.tp + counts.tn).sum(axis=-1), resampled.accuracy.std(axis=0)
    return [
        Measured(*share_of_people(right[m], _row(counts, m), effective, level), float(sd[m]))
        for m in range(len(counts.tp))
    ]


def gaps_of(
    decisions: Decisions,
    counts: Counts,
    effective: FloatArray | None,
    resampled: Resampled,
    level: float,
    draws: int,
    seed: int,
) -> list[Measured]:
    """Gaps of M models with mended intervals; of several attributes the widest gap.

    Args:
        decisions: What is compared.
        counts, effective, resampled, level: As for :func:`accuracies`.
        draws, seed: Populations resampled and shuffled for the interval.
    """
    found = []
    for m in range(len(counts.tp)):
        own, spread = _row(counts, m), resampled.gap[:, m]
        crossed = (
            crossed_from_counts(own, decisions.names, effective)
            if len(decisions.names) > 1
            else one_grouping(own, effective)
        )
        gap = GapDraws(crossed, draws, seed, level).gap(decisions.gap.name)
        sd = None if gap.value is None or np.isnan(spread).all() else float(np.nanstd(spread))
        found.append(Measured(gap.value, gap.lower, gap.upper, sd))
    return found


def _row(counts: Counts, m: int | slice) -> Counts:
    tp, fp, fn, tn = (field[m] for field in _fields(counts))
    return Counts(tp, fp, fn, tn, counts.group_names)


def _fields(counts: Counts) -> tuple[Array, Array, Array, Array]:
    return counts.tp, counts.fp, counts.fn, counts.tn
