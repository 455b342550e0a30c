"""Mode ``penalty`` asked for a gap instead of a strength: the strength is found while training.

How: ``decisions.py``.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.decisions import OUTSIDE, HeldDecisions
from fairlab.training.family import Batch, Loss, Setting, Verdict, task_loss
from fairlab.training.sparse import SparseRows


class TargetSlackFamily:
    """Cross entropy with the gap of decisions held at the slack.

    Kept: the epoch with the least validation cross entropy plus what the gap of decisions exceeds
    the slack by (``checked.py``), at a price that few epochs outside the slack can pay.
    """

    mode: Mode = "penalty"
    selection = (
        f"validation cross entropy + {OUTSIDE:g} × excess over the slack of the gap of decisions, "
        "of validation people or of them and train people, whichever is wider"
    )

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slack = setting.per_model.to(torch.float32)
        self.held = HeldDecisions(setting, self.slack)
        self.found = torch.zeros_like(self.slack)

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing changes between epochs."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy + what the multipliers charge the batch's mean soft decisions."""
        task = task_loss(logit, batch.y, batch.task_weight)
        selected = torch.sigmoid(logit.detach()) >= self.held.threshold
        charged = self.held.prices(batch.means(selected.to(logit.dtype)), batch.columns)
        fresh = batch.means(self.setting.soft(logit))
        # Only its gradient matters: a cell is charged for where it goes, not for where it is.
        charge = (charged * (fresh - fresh.detach())).sum(1)
        return Loss(task + charge, {"task": task, "gap": self.held.gap()})

    def checked(self) -> Tensor | SparseRows:
        """Train people whose decisions are looked at."""
        return self.held.checked.inputs

    def judge(self, logit: Tensor, checked: Tensor | None) -> Verdict:
        """See the class; also corrects what training aims at."""
        assert checked is not None
        batch = self.setting.validation
        score = torch.sigmoid(logit)
        gap = self.held.known_gap(torch.sigmoid(checked), score)
        self.held.correct(gap)
        task = task_loss(logit, batch.y, batch.task_weight)
        return Verdict(score, task + self.held.cost(gap))

    def settle(self, logit: Tensor) -> None:
        """Remember the validation gap of the models that were kept."""
        self.found = self.held.validation_gap(torch.sigmoid(logit))

    def scores(self, logit: Tensor, split: str) -> Tensor:  # noqa: ARG002 (of the protocol)
        """σ(logit)."""
        return torch.sigmoid(logit)

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """Models whose validation gap is outside the slack by more than half a point."""
        return self.held.flags(self.found)

    def guarantees(
        self,
        scores: Mapping[str, Tensor],  # noqa: ARG002 (of the protocol)
    ) -> tuple[Guarantee | None, ...]:
        """Nothing is promised."""
        return (None,) * len(self.slack)
