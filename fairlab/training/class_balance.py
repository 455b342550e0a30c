"""Weights under which both outcomes count the same, as arrays; see ``class_weight.py``."""

import numpy as np

from fairlab.config import SweepConfig
from fairlab.data.task import SplitData
from fairlab.outcomes import FloatArray, IntArray


def balanced(y: IntArray, weight: FloatArray | None = None) -> FloatArray:
    """(2,) weight of a person with outcome 0 and with outcome 1.

    Args:
        y: (n,) 0 or 1, both present.
        weight: (n,) positive, or None for one each.
    """
    mass = np.bincount(y, weights=weight, minlength=2).astype(np.float64)
    weights: FloatArray = mass.sum() / (2 * mass)
    return weights


def class_weights(train: SplitData, sweep: SweepConfig) -> FloatArray | None:
    """(2,) as :func:`balanced` for the training split, or None when outcomes count as they come."""
    return None if sweep.class_weight == "none" else balanced(train.y_true, train.weight)


def learner_weight(part: SplitData, classes: FloatArray | None) -> FloatArray | None:
    """(n,) weight of each person of a split for a learner: their own times their outcome's."""
    if classes is None:
        return part.weight
    own: FloatArray = classes[part.y_true]
    return own if part.weight is None else own * part.weight
