"""Mode ``penalty`` asked for a gap instead of a strength: the strength is found while training.

An augmented Lagrangian (Hestenes 1969; Powell 1969): every cell's mean decision has two
multipliers, for lying above and below the interval of width ε around the middle of its family.
They grow while the cell's mean decision of the last batches is outside and shrink while it is
inside; the loss charges the cell's mean soft decision with what they say. Signed multipliers let
a gap that overshoots come back through 0, which one unsigned strength cannot.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.cells import Span, widest
from fairlab.training.family import Batch, Loss, Setting, Verdict, task_loss
from fairlab.training.people import threshold_as

# Share of the running mean decisions that stays at each batch.
MEMORY = 0.9
# How fast multipliers grow: per epoch and unit of gap.
RATE = 2.0
# Weight of the quadratic term.
CURVATURE = 2.0
MOST = 20.0
# Where validation has a wider gap than asked, training aims lower: by this share of the excess
# after each epoch, down to this share of the slack.
CORRECTION = 0.5
LOWEST_AIM = 0.25
# Cross entropy that a gap outside the slack is worth when an epoch is chosen, per unit: half a
# point costs 0.02, which an epoch that has learnt much more may outweigh.
OUTSIDE = 4.0
# Nobody asks for a gap more finely than this.
NEAR = 0.005


class TargetSlackFamily:
    """Cross entropy with the gap of decisions held at the slack.

    Kept: the epoch with the least validation cross entropy plus what its validation gap of
    decisions exceeds the slack by, at a price that few epochs outside the slack can pay.
    """

    mode: Mode = "penalty"
    selection = (
        f"validation cross entropy + {OUTSIDE:g} × excess of the validation gap of decisions over "
        "the slack"
    )

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slack = setting.per_model.to(torch.float32)
        self.free = self.slack >= 1
        self.aim = self.slack.clone()
        shape = (len(self.slack), setting.cells.size)
        self.decided = torch.full(shape, torch.nan, device=self.slack.device)
        self.above = torch.zeros(shape, device=self.slack.device)
        self.below = torch.zeros(shape, device=self.slack.device)
        self.threshold = threshold_as(setting.config.threshold)
        batches = -(-setting.crowd.splits["train"].n // setting.config.batch_size)
        self.rate = RATE / batches
        self.found = torch.zeros_like(self.slack)

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing changes between epochs."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy + what the multipliers charge the batch's mean soft decisions."""
        task = task_loss(logit, batch.y, batch.task_weight)
        decided = batch.means((torch.sigmoid(logit.detach()) >= self.threshold).to(logit.dtype))
        charged = self._charged(decided, batch)
        fresh = batch.means(self.setting.soft(logit))
        # Only its gradient matters: a cell is charged for where it goes, not for where it is.
        charge = (charged * (fresh - fresh.detach())).sum(1)
        with torch.no_grad():
            gap = self._gap()
        return Loss(task + charge, {"task": task, "gap": gap})

    def judge(self, logit: Tensor) -> Verdict:
        """See the class; also corrects what training aims at."""
        batch = self.setting.validation
        score = torch.sigmoid(logit)
        gap = self._validation_gap(score)
        task = task_loss(logit, batch.y, batch.task_weight)
        corrected = self.aim - CORRECTION * (gap - self.slack)
        self.aim = torch.minimum(torch.maximum(corrected, LOWEST_AIM * self.slack), self.slack)
        excess = torch.where(self.free, 0.0, (gap - self.slack).clamp_min(0.0))
        return Verdict(score, task + OUTSIDE * excess)

    def settle(self, logit: Tensor) -> None:
        """Remember the validation gap of the models that were kept."""
        self.found = self._validation_gap(torch.sigmoid(logit))

    def scores(self, logit: Tensor, split: str) -> Tensor:  # noqa: ARG002 (of the protocol)
        """σ(logit)."""
        return torch.sigmoid(logit)

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """Models whose validation gap is outside the slack by more than half a point."""
        missed = (self.found > self.slack + NEAR) & ~self.free
        return tuple(
            (
                f"Asked for a gap of at most {100 * slack:.3g} points, it has {100 * gap:.1f} on "
                "validation people. More epochs or a wider slack may help.",
            )
            if outside
            else ()
            for outside, slack, gap in zip(
                missed.tolist(), self.slack.tolist(), self.found.tolist(), strict=True
            )
        )

    def guarantees(
        self,
        scores: Mapping[str, Tensor],  # noqa: ARG002 (of the protocol)
    ) -> tuple[Guarantee | None, ...]:
        """Nothing is promised."""
        return (None,) * len(self.slack)

    @torch.no_grad()
    def _charged(self, decided: Tensor, batch: Batch) -> Tensor:
        """(M, C) price of each of the batch's cell means, after the multipliers have moved."""
        where = slice(None) if batch.columns is None else batch.columns
        old = self.decided[:, where]
        new = torch.where(torch.isnan(old), decided, MEMORY * old + (1 - MEMORY) * decided)
        self.decided[:, where] = new
        price = torch.zeros_like(self.decided)
        for family in self.setting.cells.families:
            price[:, family.start : family.stop] = self._price((family.start, family.stop))
        return torch.where(self.free[:, None], 0.0, price)[:, where]

    def _price(self, span: Span) -> Tensor:
        """Prices of one family's cells, which sum to 0: shifting all cells alike costs nothing."""
        low, high = self._range(span)
        away = torch.nan_to_num(self.decided[:, span[0] : span[1]] - (high + low) / 2, nan=0.0)
        half = self.aim[:, None] / 2
        prices = []
        for multiplier, outside in ((self.above, away - half), (self.below, -away - half)):
            own = multiplier[:, span[0] : span[1]]
            own.add_(self.rate * outside).clamp_(0, MOST)
            prices.append((own + CURVATURE * outside).clamp_min(0))
        price = prices[0] - prices[1]
        return price - price.mean(1, keepdim=True)

    def _range(self, span: Span) -> tuple[Tensor, Tensor]:
        """(M, 1) lowest and highest running mean decision of a family's cells seen so far."""
        mean = self.decided[:, span[0] : span[1]]
        low = torch.where(torch.isnan(mean), torch.inf, mean).amin(1, keepdim=True)
        high = torch.where(torch.isnan(mean), -torch.inf, mean).amax(1, keepdim=True)
        return low, high

    def _gap(self) -> Tensor:
        """(M,) widest range of the running mean decisions."""
        widths = [self.slack.new_zeros(len(self.slack), 1)]
        for family in self.setting.cells.families:
            low, high = self._range((family.start, family.stop))
            widths.append((high - low).clamp_min(0.0))
        return torch.cat(widths, dim=1).amax(1)

    def _validation_gap(self, score: Tensor) -> Tensor:
        means = self.setting.validation.means
        return widest(means((score >= self.threshold).to(score.dtype)), means.spans)
