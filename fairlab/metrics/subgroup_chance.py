"""Residuals of many overlapping subgroups, and how large the largest is by chance alone."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from fairlab.metrics.calibration import LEAST_VARIANCE, matched_size, simulated_shares
from fairlab.metrics.subgroups import Cells, Rows
from fairlab.outcomes import FloatArray


@dataclass(frozen=True, slots=True)
class Violation:
    """The largest of many distances, beside what chance alone makes of a calibrated score.

    Attributes:
        value: The largest distance found, [0, 1]; None when no row is large enough.
        by_chance: Mean of the largest for calibrated scores of these people.
        by_chance_upper: What it exceeds in only 5 % of samples (at level 0.95).
        p_value: Share of calibrated scores whose largest is at least ``value``.
    """

    value: float | None
    by_chance: float | None
    by_chance_upper: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Per row: people, weight, mean score, rate, residual, variance of the rate if calibrated."""

    n: FloatArray
    mass: FloatArray
    mean_score: FloatArray
    rate: FloatArray
    residual: FloatArray
    variance: FloatArray

    @classmethod
    def of(cls, cells: Cells, rows: Rows) -> "Sums":
        mass = rows.member @ cells.mass
        mean_score, rate = rows.member @ cells.score / mass, rows.member @ cells.outcome / mass
        variance = rows.member @ cells.variance / mass**2
        return cls(rows.member @ cells.n, mass, mean_score, rate, rate - mean_score, variance)


def evidence(rate: FloatArray, mean: FloatArray, size: FloatArray) -> FloatArray:
    """Signed root of the binomial deviance of shares ``rate`` against chances ``mean``.

    About standard normal when the chances are right, and far better so than (rate − mean) /
    standard error where chances are near 0 or 1, so that no few rows drown all others.

    Args:
        rate, mean: (..., K) in [0, 1].
        size: (K,) people, or their effective number.
    """
    q = np.clip(mean, LEAST_VARIANCE, 1 - LEAST_VARIANCE)
    p = np.clip(rate, 0, 1)
    deviance = 2 * size * (xlogy(p, p / q) + xlogy(1 - p, (1 - p) / (1 - q)))
    return np.asarray(np.sign(p - mean) * np.sqrt(np.maximum(deviance, 0)))


def chances_within(
    rate: FloatArray, size: FloatArray, width: float
) -> tuple[FloatArray, FloatArray]:
    """Chances against which the evidence of ``rate`` is at most ``width``, by bisection.

    Returns:
        Lowest and highest chance per row, in [0, 1].
    """
    found = []
    for end in (0.0, 1.0):
        inside, outside = np.clip(rate, 0, 1), np.full_like(rate, end)
        for _ in range(50):
            middle = (inside + outside) / 2
            near = np.abs(evidence(rate, middle, size)) <= width
            inside, outside = np.where(near, middle, inside), np.where(near, outside, middle)
        found.append(inside)
    return found[0], found[1]


def largest_by_chance(
    cells: Cells, rows: Rows, sums: Sums, draws: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(draws,) each: largest evidence, |residual| and |residual| × share of calibrated scores."""
    rng = np.random.default_rng(seed)
    mean = np.clip(cells.score / cells.mass, 0, 1)
    size = matched_size(mean, cells.variance / cells.mass**2)
    row_size = matched_size(sums.mean_score, sums.variance)
    largest = np.zeros((3, draws))
    if not len(rows.names):
        return largest[0], largest[1], largest[2]
    step = max(1, 4_000_000 // max(len(mean), len(rows.names)))
    for start in range(0, draws, step):
        part = slice(start, min(start + step, draws))
        share = simulated_shares(mean, size, part.stop - part.start, rng)
        rate = (rows.member @ (share * cells.mass).T).T / sums.mass
        far = np.abs(rate - sums.mean_score)
        largest[0, part] = np.abs(evidence(rate, sums.mean_score, row_size)).max(axis=1)
        largest[1, part] = far.max(axis=1)
        largest[2, part] = (far * sums.mass).max(axis=1) / cells.mass.sum()
    return largest[0], largest[1], largest[2]


def shrunk_residuals(residual: FloatArray, variance: FloatArray) -> FloatArray:
    """Residuals drawn to their common mean (DerSimonian, Laird 1986, and its posterior mean)."""
    if len(residual) < 2:
        return residual
    precision = 1 / variance
    common = precision @ residual / precision.sum()
    excess = precision @ (residual - common) ** 2 - (len(residual) - 1)
    between = max(0.0, excess / (precision.sum() - precision @ precision / precision.sum()))
    return np.asarray(common + between / (between + variance) * (residual - common))


def violation(distance: FloatArray, by_chance: FloatArray, level: float) -> Violation:
    """The largest of ``distance`` beside the largest of each calibrated score."""
    if not len(distance):
        return Violation(None, None, None, None)
    value = float(distance.max())
    return Violation(
        value,
        float(by_chance.mean()),
        float(np.quantile(by_chance, level)),
        float((1 + np.sum(by_chance >= value - 1e-12)) / (1 + len(by_chance))),
    )
