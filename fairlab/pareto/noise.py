"""How far a point of the curve would move: for other people, and for another seed.

Row noise and seed noise are different. Drawing other people moves all models alike; training again
moves one model and keeps the people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairlab.metrics import percentile_interval
from fairlab.metrics.gaps import optional
from fairlab.metrics.resampling import DRAWS as INTERVAL_DRAWS
from fairlab.outcomes import FloatArray
from fairlab.pareto.decisions import (
    Resampled,
    accuracy_and_gap,
    decisions_of,
    resample,
)
from fairlab.pareto.measured import Measured, accuracies, gaps_of, measured_from_counts
from fairlab.results import Point, SweepResult


@dataclass(frozen=True, slots=True)
class PointNoise:
    """Row noise of one model."""

    index: int
    accuracy: Measured
    gap: Measured


@dataclass(frozen=True, slots=True)
class SettingNoise:
    """One setting of one family, over its seeds.

    Attributes:
        family, strength, slack: The setting.
        indices: Its models, one per seed.
        central: The model nearest to the mean on validation people.
        accuracy, gap: Means over seeds, with the row noise of the means.
        accuracy_sd, gap_sd: Standard deviation over seeds, on the same people: the seed noise.
            None with fewer than two seeds.
    """

    family: str
    strength: float | None
    slack: float | None
    indices: tuple[int, ...]
    central: int
    accuracy: Measured
    gap: Measured
    accuracy_sd: float | None
    gap_sd: float | None


@dataclass(frozen=True, slots=True)
class Noise:
    """Both noises of a curve on one split.

    Attributes:
        split: Whose people.
        points: Row noise of every model, in order.
        settings: Every family at every setting, in the order of first models.
        level: Of the intervals.
    """

    split: str
    points: tuple[PointNoise, ...]
    settings: tuple[SettingNoise, ...]
    level: float

    def of(self, index: int) -> SettingNoise:
        """The setting of a model."""
        return next(one for one in self.settings if index in one.indices)


def noise(
    result: SweepResult,
    split: str = "test",
    *,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    resampled: Resampled | None = None,
) -> Noise:
    """Row noise of every model and seed noise of every setting.

    Accuracies have Wilson's interval, gaps the mended interval of resampled counts (see
    ``docs/intervals.md``); for several attributes each by itself it is that of the widest gap.
    Means over seeds have percentiles of people drawn together for all seeds, mended alike.
    Weighted people count by their effective number.

    Args:
        result: A sweep.
        split: ``train``, ``validation`` or ``test``.
        draws, seed: Populations resampled for spreads and for means over seeds. The interval of a
            model's own gap is drawn as everywhere (:mod:`fairlab.metrics.people_gaps`).
        level: Confidence level.
        resampled: Draws of :func:`resample` on this split, if there are any yet.

    Raises:
        UnknownNameError: For an unknown split.
    """
    decisions = decisions_of(result, split)
    if resampled is None:
        resampled = resample(decisions, draws, seed)
    counts = decisions.counts()
    effective = decisions.effective()
    accuracy = accuracies(counts, effective, resampled, level)
    gaps = gaps_of(decisions, counts, effective, resampled, level, INTERVAL_DRAWS, seed)
    points = tuple(
        PointNoise(point.index, accuracy[point.index], gaps[point.index]) for point in result.points
    )
    central = _central(result)
    settings = tuple(
        _setting(result.points, own, central, points, resampled, level)
        for own in settings_of(result.points)
    )
    return Noise(split, points, settings, level)


def one_point(
    result: SweepResult,
    index: int,
    split: str = "test",
    *,
    draws: int = INTERVAL_DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> PointNoise:
    """Row noise of one model alone; as in :func:`noise`.

    Raises:
        UnknownNameError: For an unknown split.
    """
    decisions = decisions_of(result, split)
    alone = replace(decisions, selected=decisions.selected[[index]])
    found = measured_from_counts(
        alone, alone.counts(), alone.effective(), draws=draws, seed=seed, level=level
    )
    return PointNoise(index, *found[0])


def settings_of(points: Sequence[Point]) -> list[tuple[int, ...]]:
    """Models that differ by their seed alone, together; in the order of first models."""
    together: dict[tuple[object, ...], list[int]] = {}
    for p in points:
        key = (p.mode, p.method, p.strength, p.slack, p.place, p.method and p.seed)
        together.setdefault(key, []).append(p.index)
    return [tuple(own) for own in together.values()]


def _setting(
    points: Sequence[Point],
    own: tuple[int, ...],
    central: FloatArray,
    rows: Sequence[PointNoise],
    resampled: Resampled,
    level: float,
) -> SettingNoise:
    first = points[own[0]]
    several = len(own) > 1
    gaps = [rows[m].gap for m in own]
    accuracies = [rows[m].accuracy for m in own]
    picked = own[int(np.argmin(central[list(own)]))]
    return SettingNoise(
        family=first.family,
        strength=first.strength,
        slack=first.slack,
        indices=own,
        central=picked,
        accuracy=_mean(accuracies, resampled.accuracy[:, own], level, mend=False)
        if several
        else accuracies[0],
        gap=_mean(gaps, resampled.gap[:, own], level, mend=True) if several else gaps[0],
        accuracy_sd=_over_seeds(accuracies),
        gap_sd=_over_seeds(gaps),
    )


def _mean(seeds: Sequence[Measured], draws: FloatArray, level: float, *, mend: bool) -> Measured:
    """Mean over seeds; its interval from people drawn together for all of them.

    That of a gap (``mend``) is at least as wide as the seeds' own ones are on average: a rate of 0
    or 1 never varies when resampled, and the seeds' own intervals know of it. As seeds share their
    people, averaging takes away little of the row noise.
    """
    values = np.array([np.nan if one.value is None else one.value for one in seeds])
    value, means = float(values.mean()), draws.mean(axis=1)
    lower, upper = percentile_interval(means, level)
    if np.isnan(value) or np.isnan(lower):
        return Measured(optional(value), None, None, None)
    ends = [(one.lower, one.upper) for one in seeds if one.upper is not None]
    own = np.mean(np.array(ends, dtype=np.float64), axis=0) if ends else np.full(2, value)
    if np.nanmax(means) == np.nanmin(means):  # rates of 0 or 1 never vary when resampled
        return Measured(value, float(own[0]), float(own[1]), 0.0)
    if mend:
        lower = max(0.0, lower - 2 * max(float(np.nanmean(means)) - value, 0.0))
        if np.median([one.lower or 0.0 for one in seeds]) == 0.0:
            lower = 0.0
        lower, upper = min(lower, own[0]), max(upper, own[1])
    return Measured(
        value, float(min(lower, value)), float(max(upper, value)), float(np.nanstd(means))
    )


def _over_seeds(seeds: Sequence[Measured]) -> float | None:
    values = [one.value for one in seeds if one.value is not None]
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _central(result: SweepResult) -> FloatArray:
    """(M,) squared distance from the mean of a model's setting, on validation people."""
    decisions = decisions_of(result, "validation" if "validation" in result.splits else "test")
    values = np.stack(accuracy_and_gap(decisions, decisions.counts()), axis=1)
    distance = np.zeros(len(values))
    for own in settings_of(result.points):
        place = list(own)
        away = values[place] - values[place].mean(axis=0)
        distance[place] = np.where(np.isnan(away), 0.0, away**2).sum(axis=1)
    return distance
