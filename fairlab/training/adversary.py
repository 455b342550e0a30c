"""The adversary: guesses the group of a cell's people from the score, for M models at once.

For each condition and attribute a *head* guesses the group of the people who meet the condition.
It is linear in three functions of the score (as that of Zhang, Lemoine, Mitchell 2018 on Adult is
linear in a function of it), so that its loss is convex: a damped Newton step at each batch keeps
it near the best guess, whatever the predictor does. The soft decision among the three makes it
see every gap of decisions. Its loss is averaged over groups, so that a small group counts as much
as a large one, and guessing blindly costs the logarithm of the number of groups.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.training.batched import BatchedNet
from fairlab.training.cells import Cells
from fairlab.training.family import Batch
from fairlab.training.penalty import SoftDecision

FEATURES = 3
# A Newton step goes this share of the way at least; the first ones go 1/4, 1/5, … of it. The
# running curvature forgets at the same rate.
STEP = 0.05
FIRST_STEP = 4
# Curvature added in every direction: what batches do not tell is left alone.
RIDGE = 1e-3
# At chance G groups have a curvature of 1/G of the spread, elsewhere up to ½ of it: with more
# groups than this the larger one is assumed, lest steps go too far.
MANY = 8
# Scores beyond this many logits from the threshold look alike.
FAR = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Who is guessed by one head in some batch.

    Attributes:
        number: Place among all heads.
        start, stop: Its cells among those of the training split.
        own: (G,) places among these of the groups present, or None for all of them.
        columns: (G,) their columns in the batch.
        people: (n,) people who meet the condition, or None for everybody.
        weight: Weight of its loss.
    """

    number: int
    start: int
    stop: int
    own: Tensor | None
    columns: Tensor
    people: Tensor | None
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """What the adversary does with some people.

    Attributes:
        loss: (M,) weighted sum of the heads' losses.
        chance: What the same sum is for blind guesses.
        push: (M, B) derivative of ``loss`` by the logits.
    """

    loss: Tensor
    chance: float
    push: Tensor


class Adversary:
    """Heads of M models.

    Args:
        cells: Cells of the training split.
        seeds: K seeds.
        strengths: S models per seed.
        soft: Soft decision at the threshold.
        device: Where to compute.

    Attributes:
        net: What the heads have learnt: one linear output per cell. It starts at blind guesses
            and is moved here, never by the loop's optimiser.
    """

    def __init__(
        self,
        cells: Cells,
        seeds: Sequence[int],
        strengths: int,
        soft: SoftDecision,
        device: torch.device,
    ) -> None:
        self.cells, self.soft = cells, soft
        self.net = BatchedNet(FEATURES, (), seeds, strengths, outputs=max(cells.size, 1)).to(device)
        for p in self.net.parameters():
            p.requires_grad_(False).zero_()
        size = FEATURES + 1
        shape = (self.net.n_models, len(cells.families), size, size)
        self._curvature = torch.zeros(shape, device=device)
        self._steps = [0] * len(cells.families)
        self._heads: dict[int, tuple[Cells, tuple[Head, ...]]] = {}

    @torch.no_grad()
    def learn(self, logit: Tensor, batch: Batch) -> None:
        """One Newton step of every head that has two groups in the batch."""
        weight, bias = self.net.weights[0], self.net.biases[0]
        for head in self.heads(batch):
            seen = with_constant(self.features(_of(logit, head.people))[0])
            share = _shares(batch, head)
            known = torch.cat([weight, bias], dim=2)[:, head.start : head.stop]
            if head.own is not None:
                known = known[:, head.own]
            wrong = _residual(torch.bmm(known, seen), share)
            slope = torch.bmm(wrong, seen.transpose(1, 2)) + RIDGE * known
            curvature = self._remember(head, seen, share)
            step, _ = torch.linalg.solve_ex(curvature, slope.transpose(1, 2))
            known = known - self._rate(head.number) * step.transpose(1, 2)
            self._steps[head.number] += 1
            rows = slice(head.start, head.stop) if head.own is None else head.start + head.own
            weight[:, rows] = known[:, :, :FEATURES]
            bias[:, rows] = known[:, :, FEATURES:]

    @torch.no_grad()
    def guess(self, logit: Tensor, batch: Batch) -> Guess:
        """Loss on some people, and which way their scores would have to move to raise it."""
        loss = logit.new_zeros(len(logit))
        push = torch.zeros_like(logit)
        chance = 0.0
        for head in self.heads(batch):
            seen, slopes = self.features(_of(logit, head.people))
            rows = slice(head.start, head.stop) if head.own is None else head.start + head.own
            weight, bias = self.net.weights[0][:, rows], self.net.biases[0][:, rows]
            outputs = torch.baddbmm(bias, weight, seen)
            share = _shares(batch, head)
            loss += head.weight * _surprise(outputs, share)
            chance += head.weight * math.log(len(head.columns))
            back = torch.bmm(weight.transpose(1, 2), _residual(outputs, share))
            own = head.weight * (back * slopes).sum(1)
            if head.people is None:
                push += own
            else:
                push.index_add_(1, head.people, own)
        return Guess(loss, chance, push)

    def features(self, logit: Tensor) -> tuple[Tensor, Tensor]:
        """(M, 3, B) decision, score and logit of (M, B) logits, each near [−1, 1], and their
        derivatives by the logit."""
        soft = self.soft
        chosen, score = soft(logit), torch.sigmoid(logit)
        away = (logit - soft.shift).clamp(-FAR, FAR)
        seen = torch.stack([2 * chosen - 1, 2 * score - 1, away / 4], dim=1)
        slopes = [
            2 / soft.temperature * chosen * (1 - chosen),
            2 * score * (1 - score),
            (away.abs() < FAR).to(away.dtype) / 4,
        ]
        return seen, torch.stack(slopes, dim=1)

    def heads(self, batch: Batch) -> tuple[Head, ...]:
        """The heads that have something to guess in a batch; who they guess never changes."""
        key = id(batch.cells)
        if key not in self._heads:
            self._heads[key] = (batch.cells, self._find(batch.cells))
        return self._heads[key][1]

    def _find(self, cells: Cells) -> tuple[Head, ...]:
        mine = {(f.condition.name, f.attribute): i for i, f in enumerate(self.cells.families)}
        device = cells.member.device
        heads = []
        for family in cells.families:
            number = mine.get((family.condition.name, family.attribute))
            if number is None:
                continue
            known = self.cells.families[number]
            place = {group: i for i, group in enumerate(known.groups)}
            shared = [g for g in family.groups if g in place]
            if len(shared) < 2:
                continue
            columns = [family.start + family.groups.index(g) for g in shared]
            member = cells.member[family.attribute]
            inside = torch.isin(member, torch.tensor(columns, device=device))
            beside = sum(f.attribute == family.attribute for f in self.cells.families)
            heads.append(
                Head(
                    number,
                    known.start,
                    known.stop,
                    None
                    if tuple(shared) == known.groups
                    else torch.tensor([place[g] for g in shared], device=device),
                    torch.tensor(columns, device=device),
                    None if bool(inside.all()) else torch.nonzero(inside)[:, 0],
                    1 / beside,
                )
            )
        return tuple(heads)

    def _remember(self, head: Head, seen: Tensor, share: Tensor) -> Tensor:
        """(M, d, d) running curvature: exact where the adversary is at chance, and less after."""
        groups = share.shape[1]
        weight = share.sum(1)
        by_seed = seen.view(len(weight), -1, *seen.shape[1:]) * weight[:, None, None]
        fresh = torch.bmm(by_seed.view_as(seen), seen.transpose(1, 2))
        fresh = fresh / (groups * min(groups, MANY))
        old = self._curvature[:, head.number]
        now = old + self._rate(head.number, first=1) * (fresh - old)
        self._curvature[:, head.number] = now
        return now + RIDGE * torch.eye(FEATURES + 1, device=seen.device)

    def _rate(self, head: int, first: int = FIRST_STEP) -> float:
        return max(STEP, 1 / (first + self._steps[head]))


def with_constant(seen: Tensor) -> Tensor:
    """(M, d + 1, B) the features and 1."""
    return torch.cat([seen, torch.ones_like(seen[:, :1])], dim=1)


def _of(logit: Tensor, people: Tensor | None) -> Tensor:
    return logit if people is None else logit[:, people]


def _shares(batch: Batch, head: Head) -> Tensor:
    """(1 or K, G, n) weight of each person in each cell, summing to 1 over a cell's people."""
    average = batch.means.average[..., head.columns]
    if head.people is not None:
        average = average[..., head.people, :]
    return average[None].transpose(1, 2) if average.ndim == 2 else average.transpose(1, 2)


def _residual(outputs: Tensor, share: Tensor) -> Tensor:
    """(M, G, n) derivative of the loss by the outputs: guessed minus true, in shares."""
    guessed = torch.softmax(outputs, dim=1).view(len(share), -1, *outputs.shape[1:])
    guessed = guessed * share.sum(1)[:, None, None] - share[:, None]
    return guessed.view_as(outputs) / share.shape[1]


def _surprise(outputs: Tensor, share: Tensor) -> Tensor:
    """(M,) cross entropy of outputs (M, G, n), averaged over groups."""
    by_seed = torch.log_softmax(outputs, dim=1).view(len(share), -1, *outputs.shape[1:])
    total = (by_seed * share[:, None]).sum((2, 3)).view(-1)
    return -total / share.shape[1]
