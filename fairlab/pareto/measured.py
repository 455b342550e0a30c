"""Accuracies and gaps of many models with how sure their people let us be, from counts."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics import bootstrap_counts, gap_with_interval, wilson
from fairlab.metrics.gap_intervals import add_interval
from fairlab.metrics.gaps import GapResult
from fairlab.metrics.group_rates import effective_together
from fairlab.metrics.resampling import alike_counts, p_value_of_draws, permutation_counts
from fairlab.outcomes import Array, Counts, FloatArray
from fairlab.pareto.decisions import Decisions, Resampled, accuracy_and_gap

DRAWS = 1000


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
    seed: int = 0,
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
    for m in range(len(counts.tp)):
        rng = np.random.default_rng(seed)
        drawn = accuracy_and_gap(frame, bootstrap_counts(_row(counts, m), draws, rng, effective))
        alone = _row(counts, slice(m, m + 1))
        resampled = Resampled(drawn[0][:, None], drawn[1][:, None])
        accuracy = accuracies(frame, alone, effective, resampled, level)[0]
        gap = gaps_of(frame, alone, effective, resampled, level, draws, seed)[0]
        found.append((accuracy, gap))
    return found


def accuracies(
    decisions: Decisions,
    counts: Counts,
    effective: FloatArray | None,
    resampled: Resampled,
    level: float,
) -> list[Measured]:
    """Accuracies of M models: Wilson's interval, and the spread over people resampled.

    Args:
        decisions: What is compared.
        counts: Of the crossed groups, fields (M, G).
        effective: (G,) effective number of people; None for whole people.
        resampled: (draws, M).
        level: Confidence level.
    """
    value, _ = accuracy_and_gap(decisions, counts)
    n = np.asarray(counts.n, dtype=np.float64)
    people = n[0].sum() if effective is None else effective_together(_row(counts, 0), effective)
    lower, upper = wilson(np.minimum(value, 1.0) * people, np.full(len(value), people), level)
    sd = resampled.accuracy.std(axis=0)
    return [
        Measured(float(value[m]), float(lower[m]), float(upper[m]), float(sd[m]))
        for m in range(len(value))
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
        decisions, counts, effective, resampled, level: As for :func:`accuracies`.
        draws, seed: Populations resampled and shuffled for the interval.
    """
    found = []
    for m in range(len(counts.tp)):
        own, spread = _row(counts, m), resampled.gap[:, m]
        if len(decisions.names) < 2:
            gap = gap_with_interval(
                own, decisions.gap.name, draws, seed, level=level, effective_n=effective
            )
        else:
            gap = _widest(decisions, own, effective, spread, level, draws, seed)
        sd = None if gap.value is None or np.isnan(spread).all() else float(np.nanstd(spread))
        found.append(Measured(gap.value, gap.lower, gap.upper, sd))
    return found


def _widest(
    decisions: Decisions,
    counts: Counts,
    effective: FloatArray | None,
    spread: FloatArray,
    level: float,
    draws: int,
    seed: int,
) -> GapResult:
    """The widest gap over attributes: resampled and shuffled as one number."""
    tables = decisions.compared(counts)
    values = np.array([float(decisions.gap(table)) for table in tables])
    if np.isnan(values).all():
        return decisions.gap.result(tables[0])
    place = int(np.nanargmax(values))
    result = decisions.gap.result(tables[place])
    rng, given = np.random.default_rng(seed), decisions.gap.rates[0].given
    if effective is None:
        alike = permutation_counts(counts, draws, rng, given)
    else:
        alike = alike_counts(counts, draws, rng, given, effective)
    chance = p_value_of_draws(values[place], accuracy_and_gap(decisions, alike)[1])
    return add_interval(decisions.gap, result, tables[place], spread, level, None, chance)


def _row(counts: Counts, m: int | slice) -> Counts:
    tp, fp, fn, tn = (field[m] for field in _fields(counts))
    return Counts(tp, fp, fn, tn, counts.group_names)


def _fields(counts: Counts) -> tuple[Array, Array, Array, Array]:
    return counts.tp, counts.fp, counts.fn, counts.tn
