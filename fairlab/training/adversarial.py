"""Mode ``adversarial``: Zhang, Lemoine, Mitchell 2018, by gradient reversal.

An adversary predicts the group from the score, or from the score and the label
(``equalized_odds``), or among people with one label only (``equal_opportunity``: y = 1,
``predictive_equality``: y = 0). It learns to; the predictor receives its gradient reversed and
multiplied by the strength λ. Its loss is averaged over cells, so that a small group counts as
much as a large one and chance is the logarithm of the number of groups.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.cells import widest
from fairlab.training.family import Batch, Loss, Setting, Verdict, task_loss

# Reversal grows from 0 to λ over this share of training: an adversary that has learnt nothing
# yet would push the predictor in an arbitrary direction.
RAMP = 0.3
# A gap this large with an adversary this close to chance means the adversary failed.
CHANCE_SHARE = 0.01
LARGE_GAP = 0.1


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: Tensor) -> Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * grad, None


def reverse(x: Tensor, strength: Tensor) -> Tensor:
    """``x`` itself, whose gradient is multiplied by −strength (broadcast) on the way back."""
    out: Tensor = _Reverse.apply(x, strength)  # type: ignore[no-untyped-call]
    return out


class AdversarialFamily:
    """Cross entropy against batched adversaries.

    Kept: the epoch with the least validation cross entropy + λ · information about the group,
    where information is the larger of what the adversary found (chance − its loss) and ½ gap² of
    soft decisions (Pinsker), so that an adversary that gave up does not make an epoch look good.
    """

    mode: Mode = "adversarial"
    selection = "validation cross entropy + strength × information about the group"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.strength = setting.per_model.to(torch.float32)[:, None]
        self.conditional = setting.config.constraint == "equalized_odds"
        inputs = 7 if self.conditional else 3
        self.chance = math.log(len(setting.groups))
        self.adversary = BatchedNet(
            inputs,
            (setting.config.adversarial.width,),
            setting.config.seeds,
            len(setting.strength),
            outputs=len(setting.groups),
            salt=1,
        ).to(setting.crowd.device)
        self.ramp = 0.0
        self.information = torch.zeros_like(self.strength[:, 0])
        self.gap = torch.zeros_like(self.strength[:, 0])

    def companions(self) -> tuple[BatchedNet, ...]:
        """The adversaries."""
        return (self.adversary,)

    def start_epoch(self, share: float) -> None:
        """Reversal ramps up."""
        self.ramp = min(1.0, share / RAMP)

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy + the adversary's loss, whose gradient is reversed for the predictor."""
        task = task_loss(logit, batch.y, batch.task_weight)
        adversary = self._adversary_loss(reverse(logit, self.strength * self.ramp), batch)
        return Loss(task + adversary, {"task": task, "adversary": adversary})

    def judge(self, logit: Tensor) -> Verdict:
        """See the class."""
        batch = self.setting.validation
        information, _ = self._information(logit, batch)
        task = task_loss(logit, batch.y, batch.task_weight)
        return Verdict(torch.sigmoid(logit), task + self.strength[:, 0] * information)

    def settle(self, logit: Tensor) -> None:
        """Remember what the kept adversaries know."""
        self.information = self.chance - self._adversary_loss(logit, self.setting.validation)
        _, self.gap = self._information(logit, self.setting.validation)

    def scores(self, logit: Tensor, split: str) -> Tensor:  # noqa: ARG002 (of the protocol)
        """σ(logit)."""
        return torch.sigmoid(logit)

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """An adversary at chance beside a large gap."""
        lost = (self.information < CHANCE_SHARE * self.chance) & (self.gap > LARGE_GAP)
        lost &= self.strength[:, 0] > 0
        sentence = (
            "The adversary guesses no better than chance although the gap is large: it stopped "
            "pushing. Use a wider adversary, more epochs or another strength."
        )
        return tuple((sentence,) if failed else () for failed in lost.tolist())

    def guarantees(
        self,
        scores: Mapping[str, Tensor],  # noqa: ARG002 (of the protocol)
    ) -> tuple[Guarantee | None, ...]:
        """Nothing is promised."""
        return (None,) * len(self.strength)

    def _adversary_loss(self, logit: Tensor, batch: Batch) -> Tensor:
        """(M,) cross entropy of the adversary, averaged over cells."""
        if not batch.means.spans:  # an unstratified batch in which nothing can be compared
            return logit.new_zeros(len(logit))
        guess = self.adversary(self._view(logit, batch.y))
        own = (guess * batch.cohort).sum(1)
        per_cell = batch.means(torch.logsumexp(guess, dim=1) - own)
        return per_cell.mean(1)

    def _view(self, logit: Tensor, y: Tensor) -> Tensor:
        """(M, inputs, B) what the adversary sees: score, decision, logit; crossed with y."""
        soft = self.setting.soft
        seen = [torch.sigmoid(logit) - 0.5, soft(logit) - 0.5, (logit - soft.shift) / 4]
        if self.conditional:
            seen = [*(s * y for s in seen), *(s * (1 - y) for s in seen)]
            seen.append((y - 0.5).expand_as(logit))
        return torch.stack(seen, dim=1)

    def _information(self, logit: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        found = (self.chance - self._adversary_loss(logit, batch)).clamp_min(0.0)
        mean = batch.means(self.setting.soft(logit))
        gap = widest(mean, batch.means.spans)
        return torch.maximum(found, 0.5 * gap * gap), gap
