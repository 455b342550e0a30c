"""What a mode has to provide to be trained by the loop, and what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from fairlab.config import Mode, SweepConfig
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.cells import CellMeans, Cells
from fairlab.training.penalty import SoftDecision
from fairlab.training.people import Crowd
from fairlab.training.sparse import Features, SparseRows


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One batch of every seed. Who is there differs by seed; labels and cells do not.

    Attributes:
        x: (K, F, B), or the same without zeros.
        y: (B,) float32 labels.
        weight: (K, B) float32, or None for one per person.
        cells: Cells of the constraint.
        means: Their averages.
        columns: (C,) place of each cell among those of the training split; None when it is its
            own.
        cohort: (G, B) float32, 1 where a person belongs to a group of the training split.
        class_weight: (B,) float32 what a person's outcome counts in the task loss, or None.
    """

    x: Features
    y: Tensor
    weight: Tensor | None
    cells: Cells
    means: CellMeans
    cohort: Tensor
    columns: Tensor | None = None
    class_weight: Tensor | None = None

    @property
    def task_weight(self) -> Tensor | None:
        """(K, B) or (1, B) weight of a person in the task loss, or None for one each."""
        if self.class_weight is None:
            return self.weight
        own = self.class_weight[None]
        return own if self.weight is None else own * self.weight


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Everything fixed during the training of a family.

    Attributes:
        config: The sweep.
        crowd: The people.
        strength: (S,) λ of each model of a seed; for the layer, slack ε.
        validation: The validation split as one batch (``x`` (1, F, n)).
        soft: Soft decision at the threshold.
        groups: Groups present in the training split.
        cells: Cells of the constraint in the training split.
        class_weight: (2,) float32 what each outcome counts in the task loss, or None.
    """

    config: SweepConfig
    crowd: Crowd
    strength: Tensor
    validation: Batch
    soft: SoftDecision
    groups: tuple[int, ...]
    cells: Cells
    class_weight: Tensor | None = None

    def class_weight_of(self, y: Tensor) -> Tensor | None:
        """(B,) what each person's outcome counts in the task loss, or None."""
        return None if self.class_weight is None else self.class_weight[y]

    @property
    def per_model(self) -> Tensor:
        """(M,) strength of every model, seed-major."""
        return self.strength.repeat(len(self.config.seeds))


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """Training loss of M models on a batch: ``total`` (M,) and its named terms (M,)."""

    total: Tensor
    terms: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Validation of M models after an epoch.

    Attributes:
        score: (M, n) validation scores, as a user of the model would get them.
        criterion: (M,) what selection minimises.
    """

    score: Tensor
    criterion: Tensor


class Family(Protocol):
    """One mode: how its models lose, are judged on validation, and score people."""

    mode: Mode
    selection: str

    def companions(self) -> tuple[BatchedNet, ...]:
        """Networks beside the predictors (an adversary) that the family itself moves."""

    def start_epoch(self, share: float) -> None:
        """Told before each epoch how much of the training is done, in [0, 1)."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Loss for logits (M, B)."""

    def checked(self) -> Tensor | SparseRows | None:
        """Features of train people whose logits it is judged by as well; None for nobody's."""

    def judge(self, logit: Tensor, checked: Tensor | None) -> Verdict:
        """Scores and criterion for logits of validation people (M, n) and of those checked."""

    def settle(self, logit: Tensor) -> None:
        """Told the validation logits (M, n) of the models that were kept."""

    def scores(self, logit: Tensor, split: str) -> Tensor:
        """(M, n) final scores of a split from its logits; labels are not available here."""

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """Findings of this mode alone, per model."""

    def guarantees(self, scores: Mapping[str, Tensor]) -> tuple[Guarantee | None, ...]:
        """What was promised and measured, per model."""


def task_loss(logit: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """(M,) weighted mean cross entropy of logits (M, B)."""
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        logit, y.expand_as(logit), reduction="none"
    )
    return weighted_mean(loss, weight)


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """(M,) mean over people of (M, B), with weights (K, B) shared by the models of a seed."""
    if weight is None:
        return values.mean(1)
    by_seed = values.view(len(weight), -1, values.shape[1])
    total = torch.bmm(by_seed, weight[:, :, None])[:, :, 0]
    return (total / weight.sum(1, keepdim=True)).view(-1)
