"""Mode ``adversarial``: Zhang, Lemoine, Mitchell 2018, by gradient reversal.

An adversary guesses the group from the score: of everybody (``demographic_parity``), of people
with one label (``equal_opportunity``: y = 1, ``predictive_equality``: y = 0), or of both, label
known (``equalized_odds``). Several attributes have a head each; the predictor is pushed by all of
them. The adversary learns to guess; the predictor receives its gradient reversed and multiplied
by the strength λ, so that it minimises cross entropy + λ · information about the group, in nats.
Why it is stable: ``docs/decisions/0020-adversarial.md``.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.results import Guarantee
from fairlab.training.adversary import Adversary
from fairlab.training.batched import BatchedNet
from fairlab.training.cells import widest
from fairlab.training.family import Batch, Loss, Setting, Verdict, task_loss

# An adversary that finds less than this share of what decisions alone tell about the group, beside
# a gap this large, has failed.
FOUND_SHARE = 0.1
LARGE_GAP = 0.1
TINY = 1e-12
LARGEST = 1e30  # strengths beyond mean the same, and float32 ends at 3e38


class AdversarialFamily:
    """Cross entropy against batched adversaries.

    Kept: the epoch with the least validation cross entropy + λ · information about the group,
    where information is the larger of what the adversary found (chance − its loss) and what
    decisions tell by themselves (:func:`told_by_decisions`), so that an adversary that gave up, or
    learnt what does not hold on validation, does not make an epoch look good.
    """

    mode: Mode = "adversarial"
    selection = "validation cross entropy + strength × information about the group"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.strength = setting.per_model.clamp_max(LARGEST).to(torch.float32)
        self.adversary = Adversary(
            setting.cells,
            setting.config.seeds,
            len(setting.strength),
            setting.soft,
            setting.crowd.device,
        )
        self.found = torch.zeros_like(self.strength)
        self.told = torch.zeros_like(self.strength)
        self.gap = torch.zeros_like(self.strength)

    def companions(self) -> tuple[BatchedNet, ...]:
        """The adversaries, kept with the predictors they belong to."""
        return (self.adversary.net,)

    def start_epoch(self, share: float) -> None:
        """Nothing changes between epochs."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy − λ · the adversary's loss, after it learnt from the same batch.

        Learning first matters: the predictor then never runs from a guess that is out of date.
        The push is never longer than the task's own pull on the scores. Where the two are in
        balance it need not be, and near parity a large λ multiplies little but noise, which
        would drown the task.
        """
        task = task_loss(logit, batch.y, batch.task_weight)
        now = logit.detach()
        self.adversary.learn(now, batch)
        guess = self.adversary.guess(now, batch)
        pull = task_pull(now, batch).norm(dim=1)
        strength = torch.minimum(self.strength, pull / guess.push.norm(dim=1).clamp_min(TINY))
        reversed_push = -strength * (guess.push * (logit - now)).sum(1)  # its value is 0
        return Loss(task + reversed_push, {"task": task, "adversary": guess.loss})

    def checked(self) -> None:
        """Nobody beside validation people."""

    def judge(self, logit: Tensor, checked: Tensor | None) -> Verdict:  # noqa: ARG002
        """See the class."""
        batch = self.setting.validation
        found, told, _ = self._information(logit)
        task = task_loss(logit, batch.y, batch.task_weight)
        return Verdict(torch.sigmoid(logit), task + self.strength * torch.maximum(found, told))

    def settle(self, logit: Tensor) -> None:
        """Remember what the kept adversaries know."""
        self.found, self.told, self.gap = self._information(logit)

    def scores(self, logit: Tensor, split: str) -> Tensor:  # noqa: ARG002 (of the protocol)
        """σ(logit)."""
        return torch.sigmoid(logit)

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """An adversary near chance beside a large gap."""
        lost = (self.found < FOUND_SHARE * self.told) & (self.gap > LARGE_GAP)
        lost &= self.strength > 0
        sentence = (
            "On validation the adversary guesses hardly better than chance although the gap is "
            "large: it stopped pushing, or what it learnt in training does not hold for other "
            "people. More epochs, more people or another strength may help."
        )
        return tuple((sentence,) if failed else () for failed in lost.tolist())

    def guarantees(
        self,
        scores: Mapping[str, Tensor],  # noqa: ARG002 (of the protocol)
    ) -> tuple[Guarantee | None, ...]:
        """Nothing is promised."""
        return (None,) * len(self.strength)

    def _information(self, logit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(M,) nats the adversary found and decisions tell on validation, and the widest gap."""
        batch = self.setting.validation
        guess = self.adversary.guess(logit, batch)
        rates = batch.means(self.setting.soft(logit))
        told = torch.zeros_like(guess.loss)
        for head in self.adversary.heads(batch):
            told += head.weight * told_by_decisions(rates[:, head.columns])
        found = (guess.chance - guess.loss).clamp_min(0.0)
        return found, told, widest(rates, batch.means.spans)


def task_pull(logit: Tensor, batch: Batch) -> Tensor:
    """(M, B) derivative of :func:`~fairlab.training.family.task_loss` by the logits."""
    error = torch.sigmoid(logit) - batch.y
    weight = batch.task_weight
    if weight is None:
        return error / len(batch.y)
    share = weight / weight.sum(1, keepdim=True)
    return (error.view(len(share), -1, error.shape[1]) * share[:, None]).view_as(error)


def told_by_decisions(rates: Tensor) -> Tensor:
    """(M,) nats a decision tells about the group, when groups are equally many.

    The mutual information of group and a decision drawn with these chances: entropy of the mean
    rate less the mean entropy (Lin 1991, Jensen-Shannon divergence). 0 if and only if all rates
    are equal; with two groups at least ½ gap².

    Args:
        rates: (M, G) selection rates of groups, in [0, 1].
    """
    rates = rates.clamp(0, 1)
    return (_entropy(rates.mean(1)) - _entropy(rates).mean(1)).clamp_min(0.0)


def _entropy(rate: Tensor) -> Tensor:
    return -torch.xlogy(rate, rate) - torch.xlogy(1 - rate, 1 - rate)
