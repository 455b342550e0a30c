"""Mode ``layer``: training through the exact projection (see ``fairlab.projection``).

Each batch's scores are projected, with its labels where the constraint needs them, and the loss
is taken after the projection. On validation, test and everybody later the scores are those of a
rule frozen on validation (:class:`fairlab.projection.FrozenRule`): label-free, person by person.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.projection.constraints import CONSTRAINTS
from fairlab.projection.layer import project_cells
from fairlab.projection.policies import FrozenRule
from fairlab.results import Guarantee
from fairlab.training.batched import BatchedNet
from fairlab.training.cells import cells_of
from fairlab.training.evaluate import gap_of
from fairlab.training.family import Batch, Loss, Setting, Verdict, weighted_mean
from fairlab.training.penalty import CellMeans, cell_means
from fairlab.training.people import People, counts

# A projected score may be exactly 0 or 1: cross entropy is taken of δ + (1 − 2δ) p.
SOFTENING = 0.01


class LayerFamily:
    """Cross entropy of projected scores; kept: the least on validation after the frozen rule."""

    mode: Mode = "layer"
    selection = "validation cross entropy of the projected scores"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slack = setting.per_model.to(torch.float64)
        self.excess = torch.zeros_like(self.slack)
        self.rule: FrozenRule | None = None

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing: the excess reported is the largest of the whole training."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy after projecting the batch."""
        z = torch.sigmoid(logit)
        weight = batch.weight
        per_model = None
        if weight is not None:
            per_model = weight.repeat_interleave(len(z) // len(weight), dim=0)
        # A model whose scores stopped being finite is projected as 0.5 and keeps its own loss.
        finite = torch.isfinite(z).all(1, keepdim=True)
        safe = z if bool(finite.all()) else torch.where(finite, z, 0.5)
        p = project_cells(safe, batch.cells.bounded, self.slack, weight=per_model).p
        self.excess = torch.maximum(self.excess, self._excess(p.detach(), batch.means))
        task = cross_entropy(p, batch.y, weight)
        if safe is not z:
            task = torch.where(finite[:, 0], task, torch.nan)
        return Loss(task, {"task": task})

    def judge(self, logit: Tensor) -> Verdict:
        """Validation scores of a rule frozen now."""
        people = self.setting.crowd.splits["validation"]
        z = torch.sigmoid(logit)
        score = self._freeze(z)(z, people.group)
        batch = self.setting.validation
        return Verdict(score, cross_entropy(score, batch.y, batch.weight))

    def settle(self, logit: Tensor) -> None:
        """Freeze the rule of the models that were kept."""
        self.rule = self._freeze(torch.sigmoid(logit))

    def scores(self, logit: Tensor, split: str) -> Tensor:
        """The frozen rule, on every split alike."""
        assert self.rule is not None
        return self.rule(torch.sigmoid(logit), self.setting.crowd.splits[split].group)

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """Scores drawn towards a constant."""
        assert self.rule is not None
        return tuple(
            (
                f"Group shifts alone did not meet the slack on validation: scores were drawn "
                f"{share:.0%} of the way towards a constant.",
            )
            if share > 0
            else ()
            for share in self.rule.blend.tolist()
        )

    def guarantees(self, scores: Mapping[str, Tensor]) -> tuple[Guarantee | None, ...]:
        """Promise, and gaps measured with each split's labels."""
        score_gaps = {name: self._score_gap(s, name) for name, s in scores.items()}
        decision_gaps = {name: self._decision_gap(s, name) for name, s in scores.items()}
        return tuple(
            Guarantee(
                promised=promised,
                batch_excess=float(self.excess[m]),
                score_gap={name: gaps[m] for name, gaps in score_gaps.items()},
                decision_gap={name: gaps[m] for name, gaps in decision_gaps.items()},
                policy="frozen",
                uses_attribute_when_deciding=FrozenRule.uses_attribute_when_deciding,
            )
            for m, promised in enumerate(self.slack.tolist())
        )

    def _freeze(self, z: Tensor) -> FrozenRule:
        people = self.setting.crowd.splits["validation"]
        return FrozenRule.fit(
            z,
            people.group,
            self.slack,
            self.setting.config.constraint,
            people.y if _needs_labels(self.setting.config.constraint) else None,
            n_groups=len(self.setting.crowd.group_names),
            weight=people.weight,
        )

    def _excess(self, p: Tensor, means: CellMeans) -> Tensor:
        return (_range(p, means).to(torch.float64) - self.slack).clamp_min(0.0)

    def _score_gap(self, score: Tensor, split: str) -> list[float | None]:
        people = self.setting.crowd.splits[split]
        cells = cells_of(self.setting.config.constraint, people.group, people.y)
        if not cells.spans:
            return [None] * len(score)
        weight = None if people.weight is None else people.weight[None].to(torch.float32)
        gap = _range(score, cell_means(cells.members, cells.spans, weight))
        return [float(g) for g in gap]

    def _decision_gap(self, score: Tensor, split: str) -> list[float | None]:
        return decision_gaps(score, self.setting.crowd.splits[split], self.setting)


def decision_gaps(score: Tensor, people: People, setting: Setting) -> list[float | None]:
    """The constraint's own gap of thresholded decisions, None where undefined."""
    config = setting.config
    table = counts(score, people, setting.crowd.group_names, config.threshold)
    return [None if g != g else float(g) for g in gap_of(config.constraint, table)]


def cross_entropy(p: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """(M,) cross entropy of probabilities that may be 0 or 1, softened by ``SOFTENING``."""
    soft = SOFTENING + (1 - 2 * SOFTENING) * p
    chosen = torch.where(y > 0, soft, 1 - soft)
    return weighted_mean(-torch.log(chosen), weight)


def _needs_labels(constraint: str) -> bool:
    return CONSTRAINTS[constraint].needs_labels


def _range(score: Tensor, means: CellMeans) -> Tensor:
    mean = means(score)
    return torch.stack([mean[:, a:b].amax(1) - mean[:, a:b].amin(1) for a, b in means.spans]).amax(
        0
    )
