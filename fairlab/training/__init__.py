"""Training: strengths × seeds as one batched model."""

from fairlab.training.sweep import fit_sweep

__all__ = ["fit_sweep"]
