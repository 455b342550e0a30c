"""Residuals of many overlapping subgroups, and how large the largest is by chance alone."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics.calibration import matched_size, simulated_shares
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


def largest_by_chance(
    cells: Cells, rows: Rows, sums: Sums, draws: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(draws,) each: largest |z|, |residual| and |residual| × share of calibrated scores."""
    rng = np.random.default_rng(seed)
    mean = np.clip(cells.score / cells.mass, 0, 1)
    size = matched_size(mean, cells.variance / cells.mass**2)
    largest = np.zeros((3, draws))
    if not len(rows.names):
        return largest[0], largest[1], largest[2]
    scale = np.stack(
        [1 / (sums.mass * np.sqrt(sums.variance)), 1 / sums.mass, 1 / cells.mass.sum() + 0 * sums.n]
    )
    step = max(1, 4_000_000 // max(len(mean), len(rows.names)))
    for start in range(0, draws, step):
        part = slice(start, min(start + step, draws))
        share = simulated_shares(mean, size, part.stop - part.start, rng)
        far = np.abs(rows.member @ ((share - mean) * cells.mass).T)
        for k in range(3):
            largest[k, part] = (far * scale[k][:, None]).max(axis=0)
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
