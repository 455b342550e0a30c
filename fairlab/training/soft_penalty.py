"""Mode ``penalty`` as a family of models."""

from collections.abc import Mapping

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.family import Batch, Loss, Setting, Verdict, task_loss
from fairlab.training.penalty import penalty


class PenaltyFamily:
    """Cross entropy + λ · penalty; kept: the epoch with the least of both on validation."""

    mode: Mode = "penalty"
    selection = "validation cross entropy + strength × validation penalty"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.strength = setting.per_model.to(torch.float32)
        self.form = setting.config.penalty.form

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing changes between epochs."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy + λ · penalty."""
        task = task_loss(logit, batch.y, batch.weight)
        charge = penalty(logit, batch.means, self.form, self.setting.soft)
        return Loss(task + self.strength * charge, {"task": task, "penalty": charge})

    def judge(self, logit: Tensor) -> Verdict:
        """The model's own objective on validation."""
        return Verdict(torch.sigmoid(logit), self.loss(logit, self.setting.validation).total)

    def settle(self, logit: Tensor) -> None:
        """Nothing is fitted on validation."""

    def scores(self, logit: Tensor, split: str) -> Tensor:  # noqa: ARG002 (of the protocol)
        """σ(logit)."""
        return torch.sigmoid(logit)

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """None of its own."""
        return ((),) * len(self.strength)

    def guarantees(
        self,
        scores: Mapping[str, Tensor],  # noqa: ARG002 (of the protocol)
    ) -> tuple[Guarantee | None, ...]:
        """Nothing is promised."""
        return (None,) * len(self.strength)
