"""Mode ``penalty`` as a family of models."""

from collections.abc import Mapping

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.family import Batch, Loss, Setting, Verdict, task_loss
from fairlab.training.penalty import cell_values, penalty

# Share of the running cell values that stays at each batch.
MEMORY = 0.8


class PenaltyFamily:
    """Cross entropy + λ · penalty; kept: the epoch with the least of both on validation."""

    mode: Mode = "penalty"
    selection = "validation cross entropy + strength × validation penalty"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.strength = setting.per_model.to(torch.float32)
        self.form = setting.config.penalty.form
        self.running: Tensor | None = None

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing changes between epochs."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy + λ · penalty of the running cell values.

        The value is the running one, the gradient the batch's: a batch's own gap is too wide by
        its noise, and charging that would push every model towards a constant.
        """
        task = task_loss(logit, batch.y, batch.task_weight)
        fresh = cell_values(logit, batch.means, self.form, self.setting.soft)
        now = fresh.detach()
        known = self._remember(now, batch.columns)
        charge = penalty(known + (fresh - now), batch.means, self.form)
        return Loss(task + self.strength * charge, {"task": task, "penalty": charge})

    def _remember(self, now: Tensor, columns: Tensor | None) -> Tensor:
        """Running values of the batch's cells; a cell seen for the first time has its own."""
        if self.running is None:
            size = self.setting.cells.size
            self.running = torch.full((len(now), size), torch.nan, device=now.device)
        old = self.running if columns is None else self.running[:, columns]
        known = torch.where(torch.isnan(old), now, old + (1 - MEMORY) * (now - old))
        if columns is None:
            self.running = known
        else:
            self.running[:, columns] = known
        return known

    def checked(self) -> None:
        """Nobody beside validation people."""

    def judge(self, logit: Tensor, checked: Tensor | None) -> Verdict:  # noqa: ARG002
        """The model's own objective on validation."""
        batch = self.setting.validation
        values = cell_values(logit, batch.means, self.form, self.setting.soft)
        charge = penalty(values, batch.means, self.form)
        task = task_loss(logit, batch.y, batch.task_weight)
        return Verdict(torch.sigmoid(logit), task + self.strength * charge)

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
