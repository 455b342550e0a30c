"""What changes when the threshold moves: exact sweeps, ROC curves, and who gains or loses."""

from fairlab.sweeps.thresholds import ThresholdSweep, exact_sweep

__all__ = ["ThresholdSweep", "exact_sweep"]
