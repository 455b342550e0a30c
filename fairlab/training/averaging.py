"""Weights averaged along the training.

What a step changes is partly noise of its batch. Gaps suffer most: they hang on few people near the
threshold, so that one epoch's gap may be several points from the next one's, and picking the epoch
that looks best picks luck. The mean of the last weights has most of the movement and little of the
noise (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; Izmailov
et al., "Averaging weights leads to wider optima", UAI 2018).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from fairlab.training.batched import copy_models

# How far back the mean reaches: its weights fall by e over this share of all steps.
REACH = 0.1
# Early on the mean is of about this share of the steps so far, so that the start is soon forgotten.
EARLY = 0.5


class WeightAverage:
    """Exponential running means of the parameters of networks; step t counts e^(-(T - t)/reach).

    Args:
        nets: Networks that are trained.
        steps: How many steps the training has.
    """

    def __init__(self, nets: Sequence[nn.Module], steps: int) -> None:
        self.parameters = [p for net in nets for p in net.parameters()]
        self.mean = [p.detach().clone() for p in self.parameters]
        self.reach = REACH * steps
        self.steps = 0

    @torch.no_grad()
    def add(self) -> None:
        """Count the parameters as they are after a step."""
        self.steps += 1
        share = 1 / (1 + min(EARLY * self.steps, self.reach))
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.parameters], share)

    @torch.no_grad()
    def restart(self, which: Tensor) -> None:
        """Forget the past of the models where ``which`` (M,) is true."""
        copy_models(self.parameters, self.mean, which)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the networks have the averaged parameters."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        for i, p in enumerate(self.parameters):
            p.data, self.mean[i] = self.mean[i], p.data
