"""The Brier score of one group taken apart: calibration, separation, and what is left."""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class BrierParts:
    """Terms whose signed sum is the Brier score, exactly, on bins of neighbouring scores.

    ``brier = reliability − resolution + uncertainty + within_variance − within_covariance``:
    Murphy (1973), with the two terms that binning leaves out (Stephenson, Coelho, Jolliffe 2008,
    eqs. 5 to 8). All are mean squares, in [0, 1] except the covariance.

    Attributes:
        reliability: Mean squared distance of a bin's share of favourable outcomes from its mean
            score; 0 is calibrated.
        resolution: Mean squared distance of a bin's share from the base rate; more is better.
        uncertainty: Base rate × (1 − base rate); the score has no say in it.
        within_variance: Mean squared distance of scores from the mean score of their bin.
        within_covariance: Twice the mean product of that distance with the outcome's: what scores
            still tell people of one bin apart.
        reliability_corrected, resolution_corrected, uncertainty_corrected: The same without what
            chance adds to each (Ferro, Fricker 2012, eqs. 9 to 11); reliability − resolution +
            uncertainty is unchanged. Not cut at 0. None if a bin has one effective person.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float
    reliability_corrected: float | None
    resolution_corrected: float | None
    uncertainty_corrected: float | None

    @property
    def brier(self) -> float:
        """The Brier score, put together again."""
        within = self.within_variance - self.within_covariance
        return self.reliability - self.resolution + self.uncertainty + within


def brier_parts(
    y: FloatArray, score: FloatArray, starts: IntArray, weight: FloatArray | None = None
) -> BrierParts:
    """Parts of the Brier score of people sorted by bin.

    Args:
        y: (n,) outcomes 0 or 1.
        score: (n,) in [0, 1].
        starts: (K,) where each bin starts, the first at 0; the last ends with the last person.
        weight: (n,) positive weights; None is one each.
    """
    w = np.ones(len(y)) if weight is None else weight
    mass = np.add.reduceat(w, starts)
    size = mass**2 / np.add.reduceat(w**2, starts)
    rate = np.add.reduceat(w * y, starts) / mass
    mean_score = np.add.reduceat(w * score, starts) / mass
    share = mass / mass.sum()
    base = float(share @ rate)
    lengths = np.diff(np.append(starts, len(y)))
    from_mean = score - np.repeat(mean_score, lengths)
    from_rate = y - np.repeat(rate, lengths)
    reliability = float(share @ (rate - mean_score) ** 2)
    resolution = float(share @ (rate - base) ** 2)
    uncertainty = base * (1 - base)
    total = float(w.sum() ** 2 / (w**2).sum())
    corrected: tuple[float | None, float | None, float | None] = (None, None, None)
    if (size > 1).all():
        by_chance = float(share @ (rate * (1 - rate) / (size - 1)))
        of_base = uncertainty / (total - 1)
        corrected = (
            reliability - by_chance,
            resolution - by_chance + of_base,
            uncertainty + of_base,
        )
    return BrierParts(
        reliability,
        resolution,
        uncertainty,
        float(np.average(from_mean**2, weights=w)),
        float(2 * np.average(from_mean * from_rate, weights=w)),
        *corrected,
    )
