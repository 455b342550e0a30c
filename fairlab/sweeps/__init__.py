"""What changes when the threshold moves: exact sweeps, ROC curves, and who gains or loses."""

from fairlab.sweeps.bands import GapBands, gap_bands, resampled_sweep
from fairlab.sweeps.change_records import GapChange, ModelComparison, RateChange
from fairlab.sweeps.changes import compare_models, gap_change
from fairlab.sweeps.roc import RocCurve, roc_curves, roc_hull
from fairlab.sweeps.surface import GapFront, GroupThresholdSurface, group_threshold_surface
from fairlab.sweeps.thinned import group_sweeps, thinned_sweep
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
    "GapChange",
    "GapFront",
    "GroupThresholdSurface",
    "ModelComparison",
    "RateChange",
    "RocCurve",
    "ThresholdOffer",
    "ThresholdSweep",
    "ThresholdWithin",
    "compare_models",
    "exact_sweep",
    "gap_bands",
    "gap_change",
    "group_sweeps",
    "group_threshold_surface",
    "measured_at",
    "offer_threshold",
    "resampled_sweep",
    "roc_curves",
    "roc_hull",
    "thinned_sweep",
    "threshold_within",
]
