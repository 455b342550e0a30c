"""Accuracy and the constraint's gap of many models, from counts."""

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, FloatArray


def accuracy_of(counts: Counts) -> FloatArray:
    """(M,) share of decisions that agree with the label."""
    right = (counts.tp + counts.tn).sum(-1)
    return np.asarray(right / counts.n.sum(-1), dtype=np.float64)


def gap_of(constraint: str, counts: Counts) -> FloatArray:
    """(M,) the constraint's own gap of decisions; NaN where undefined."""
    return np.asarray(GAPS[CONSTRAINT_GAPS[constraint]](counts), dtype=np.float64)
