"""What changes when the threshold moves: exact sweeps, ROC curves, and who gains or loses."""

from fairlab.sweeps.roc import RocCurve, roc_curves, roc_hull
from fairlab.sweeps.thresholds import ThresholdSweep, exact_sweep

__all__ = ["RocCurve", "ThresholdSweep", "exact_sweep", "roc_curves", "roc_hull"]
