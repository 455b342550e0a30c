"""What changes when the threshold moves: exact sweeps, ROC curves, and who gains or loses."""

from fairlab.sweeps.bands import GapBands, gap_bands, resampled_sweep
from fairlab.sweeps.roc import RocCurve, roc_curves, roc_hull
from fairlab.sweeps.thresholds import ThresholdSweep, exact_sweep
from fairlab.sweeps.within import (
    ThresholdOffer,
    ThresholdWithin,
    measured_at,
    offer_threshold,
    threshold_within,
)

__all__ = [
    "GapBands",
    "RocCurve",
    "ThresholdOffer",
    "ThresholdSweep",
    "ThresholdWithin",
    "exact_sweep",
    "gap_bands",
    "measured_at",
    "offer_threshold",
    "resampled_sweep",
    "roc_curves",
    "roc_hull",
    "threshold_within",
]
