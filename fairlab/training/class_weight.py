"""Weights under which both outcomes count the same (``SweepConfig.class_weight``).

People of outcome y weigh W / (2 W_y), where W is the weight of everybody in the training split
and W_y that of the people with y, times their own weight: as ``class_weight="balanced"`` in
scikit-learn with sample weights. The total stays W. They act on the task loss alone (training,
and choosing an epoch on validation people) and on what the learners of baselines minimise; the
means a constraint compares, the adversary and the projection see people as they are. Plug-in rules
need probabilities and learn without them; reductions take no weights and are refused beside them.
"""

import numpy as np
import torch
from torch import Tensor

from fairlab.config import SweepConfig
from fairlab.data.task import SplitData
from fairlab.outcomes import FloatArray, IntArray
from fairlab.training.people import People


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


def class_weights_of(train: People, sweep: SweepConfig) -> Tensor | None:
    """The same as a float32 tensor on the training device."""
    if sweep.class_weight == "none":
        return None
    weight = None if train.weight is None else train.weight.cpu().numpy()
    found = balanced(train.y.cpu().numpy(), weight)
    return torch.tensor(found, dtype=torch.float32, device=train.y.device)


def learner_weight(part: SplitData, classes: FloatArray | None) -> FloatArray | None:
    """(n,) weight of each person of a split for a learner: their own times their outcome's."""
    if classes is None:
        return part.weight
    own: FloatArray = classes[part.y_true]
    return own if part.weight is None else own * part.weight


def class_weight_notes(train: SplitData, sweep: SweepConfig) -> list[str]:
    """What weighing outcomes does, in sentences."""
    classes = class_weights(train, sweep)
    if classes is None:
        return []
    return [
        f"Both outcomes count the same in training: a person with the favourable outcome weighs "
        f"{classes[1]:.3g}, one with the unfavourable outcome {classes[0]:.3g}. Scores are "
        "therefore no probabilities of the outcome: threshold 0.5 selects about as if half of "
        "the people had the favourable outcome. What the constraint compares is not reweighed, and "
        "plug-in rules, which need probabilities, learn without this."
    ]
