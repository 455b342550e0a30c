"""A gap of decisions asked for, and the prices that get training there.

An augmented Lagrangian (Hestenes 1969; Powell 1969): every cell's mean decision has two
multipliers, for lying above and below the interval of width ε around the middle of its family.
They grow while the cell's mean decision of the last batches is outside and shrink while it is
inside; the loss charges the cell's mean soft decision with what they say. Signed multipliers let
a gap that overshoots come back through 0, which one unsigned strength cannot.
"""

import torch
from torch import Tensor

from fairlab.outcomes import threshold_as
from fairlab.training.cells import Span, widest
from fairlab.training.checked import checked_people
from fairlab.training.family import Setting

# Share of the running mean decisions that stays at each batch.
MEMORY = 0.9
# How fast multipliers grow: per epoch and unit of gap.
RATE = 2.0
# Weight of the quadratic term.
CURVATURE = 2.0
MOST = 20.0
# Where people have a wider gap than asked, training aims lower: by this share of the excess after
# each epoch, down to this share of the slack.
CORRECTION = 0.5
LOWEST_AIM = 0.25
# Cross entropy that a gap outside the slack is worth when an epoch is chosen, per unit: half a
# point costs 0.02, which an epoch that has learnt much more may outweigh.
OUTSIDE = 4.0
# Nobody asks for a gap more finely than this.
NEAR = 0.005


class HeldDecisions:
    """Prices of the mean decisions of every cell of the training split, for M models.

    Args:
        setting: What is trained.
        slack: (M,) float32 gap of decisions asked for; 1 asks for nothing.
    """

    def __init__(self, setting: Setting, slack: Tensor) -> None:
        self.setting = setting
        self.slack = slack
        self.free = slack >= 1
        self.aim = slack.clone()
        shape = (len(slack), setting.cells.size)
        self.decided = torch.full(shape, torch.nan, device=slack.device)
        self.above = torch.zeros(shape, device=slack.device)
        self.below = torch.zeros(shape, device=slack.device)
        self.threshold = threshold_as(setting.config.threshold)
        self.checked = checked_people(setting.crowd, setting.config.constraint)
        batches = -(-setting.crowd.splits["train"].n // setting.config.batch_size)
        self.rate = RATE / batches

    @torch.no_grad()
    def prices(self, decided: Tensor, columns: Tensor | None) -> Tensor:
        """(M, C) price of each of a batch's cell means, after the multipliers have moved.

        Args:
            decided: (M, C) mean decision of the batch's cells.
            columns: (C,) place of each among those of the training split; None when its own.
        """
        where = slice(None) if columns is None else columns
        old = self.decided[:, where]
        new = torch.where(torch.isnan(old), decided, MEMORY * old + (1 - MEMORY) * decided)
        self.decided[:, where] = new
        price = torch.zeros_like(self.decided)
        for family in self.setting.cells.families:
            price[:, family.start : family.stop] = self._price((family.start, family.stop))
        return torch.where(self.free[:, None], 0.0, price)[:, where]

    def correct(self, gap: Tensor) -> None:
        """Aim lower where people have a wider gap (M,) than asked, and back again."""
        corrected = self.aim - CORRECTION * (gap - self.slack)
        self.aim = torch.minimum(torch.maximum(corrected, LOWEST_AIM * self.slack), self.slack)

    def cost(self, gap: Tensor) -> Tensor:
        """(M,) what a gap (M,) outside the slack costs an epoch when one is chosen."""
        return OUTSIDE * torch.where(self.free, 0.0, (gap - self.slack).clamp_min(0.0))

    @torch.no_grad()
    def gap(self) -> Tensor:
        """(M,) widest range of the running mean decisions."""
        widths = [self.slack.new_zeros(len(self.slack), 1)]
        for family in self.setting.cells.families:
            low, high = self._range((family.start, family.stop))
            widths.append((high - low).clamp_min(0.0))
        return torch.cat(widths, dim=1).amax(1)

    def known_gap(self, checked: Tensor, validation: Tensor) -> Tensor:
        """(M,) the wider gap of decisions: of validation people, or of them and train people.

        Validation people are few, and the gap of an epoch may be small there by luck; that of
        train people may be small because they were learnt by heart.

        Args:
            checked: (M, n) scores of the train people of ``self.checked``.
            validation: (M, v) scores.
        """
        decided = [(score >= self.threshold).to(score.dtype) for score in (checked, validation)]
        return torch.maximum(self.checked.gap(*decided), self.validation_gap(validation))

    def validation_gap(self, score: Tensor) -> Tensor:
        """(M,) gap of the decisions of validation scores (M, n)."""
        means = self.setting.validation.means
        return widest(means((score >= self.threshold).to(score.dtype)), means.spans)

    def flags(self, found: Tensor) -> tuple[tuple[str, ...], ...]:
        """What to say of models whose validation gap (M,) is more than half a point outside."""
        missed = (found > self.slack + NEAR) & ~self.free
        return tuple(
            (
                f"Asked for a gap of at most {100 * slack:.3g} points, it has {100 * gap:.1f} on "
                "validation people. More epochs or a wider slack may help.",
            )
            if outside
            else ()
            for outside, slack, gap in zip(
                missed.tolist(), self.slack.tolist(), found.tolist(), strict=True
            )
        )

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
