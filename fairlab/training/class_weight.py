"""Weights under which both outcomes count the same (``SweepConfig.class_weight``).

People of outcome y weigh W / (2 W_y), where W is the weight of everybody in the training split
and W_y that of the people with y, times their own weight: as ``class_weight="balanced"`` in
scikit-learn with sample weights. The total stays W. They act on the task loss alone (training,
and choosing an epoch on validation people) and on what the learners of baselines minimise; the
means a constraint compares, the adversary and the projection see people as they are. Plug-in rules
need probabilities and learn without them; reductions take no weights and are refused beside them.
"""

import torch
from torch import Tensor

from fairlab.config import SweepConfig
from fairlab.data.task import SplitData
from fairlab.training.class_balance import balanced, class_weights, learner_weight
from fairlab.training.people import People

__all__ = [
    "balanced",
    "class_weight_notes",
    "class_weights",
    "class_weights_of",
    "learner_weight",
]


def class_weights_of(train: People, sweep: SweepConfig) -> Tensor | None:
    """The same as a float32 tensor on the training device."""
    if sweep.class_weight == "none":
        return None
    weight = None if train.weight is None else train.weight.cpu().numpy()
    found = balanced(train.y.cpu().numpy(), weight)
    return torch.tensor(found, dtype=torch.float32, device=train.y.device)


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
