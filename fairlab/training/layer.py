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
from fairlab.training.cells import CellMeans, widest
from fairlab.training.family import Batch, Loss, Setting, Verdict, weighted_mean
from fairlab.training.meter import Measured, guarantees

# A projected score may be exactly 0 or 1: cross entropy is taken of δ + (1 − 2δ) p.
SOFTENING = 0.01


class LayerFamily:
    """Cross entropy of projected scores; kept: the least on validation after the frozen rule."""

    mode: Mode = "layer"
    selection = "validation cross entropy of the projected scores"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slack = setting.per_model.to(torch.float64)
        self.measured = Measured.none(self.slack)
        self.rule: FrozenRule | None = None

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing: what is measured on batches is the worst of the whole training."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy after projecting the batch."""
        z = torch.sigmoid(logit)
        # A model whose scores stopped being finite is projected as 0.5 and keeps its own loss.
        finite = torch.isfinite(z).all(1, keepdim=True)
        safe = z if bool(finite.all()) else torch.where(finite, z, 0.5)
        p = self._project(safe, batch)
        task = cross_entropy(p, batch.y, batch.task_weight)
        if safe is not z:
            task = torch.where(finite[:, 0], task, torch.nan)
        return Loss(task, {"task": task})

    def judge(self, logit: Tensor) -> Verdict:
        """Validation scores of a rule frozen now."""
        z = torch.sigmoid(logit)
        score = self._freeze(z)(z, self._compared("validation"))
        batch = self.setting.validation
        return Verdict(score, cross_entropy(score, batch.y, batch.task_weight))

    def settle(self, logit: Tensor) -> None:
        """Freeze the rule of the models that were kept."""
        self.rule = self._freeze(torch.sigmoid(logit))

    def scores(self, logit: Tensor, split: str) -> Tensor:
        """The frozen rule, on every split alike."""
        assert self.rule is not None
        return self.rule(torch.sigmoid(logit), self._compared(split))

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
        return guarantees(self.setting, self.measured, scores)

    def _project(self, z: Tensor, batch: Batch) -> Tensor:
        if not batch.cells.families:  # an unstratified batch in which nothing can be compared
            return z
        weight = batch.weight
        if weight is not None:
            weight = weight.repeat_interleave(len(z) // len(weight), dim=0)
        found = project_cells(z, batch.cells, self.slack, weight=weight)
        self.measured.add(self._gap(found.p.detach(), batch.means), found.residual)
        return found.p

    def _gap(self, p: Tensor, means: CellMeans) -> Tensor:
        wide = means.double()
        return widest(wide(p.double()), wide.spans)

    def _compared(self, split: str) -> Tensor:
        """(n,) or, for several attributes, (n, A) groups that the rule looks at."""
        compared = self.setting.crowd.splits[split].compared
        return compared[:, 0] if compared.shape[1] == 1 else compared

    def _freeze(self, z: Tensor) -> FrozenRule:
        people = self.setting.crowd.splits["validation"]
        constraint = self.setting.config.constraint
        sizes = tuple(len(names) for names in self.setting.crowd.compared_names)
        return FrozenRule.fit(
            z,
            self._compared("validation"),
            self.slack,
            constraint,
            people.y if CONSTRAINTS[constraint].needs_labels else None,
            n_groups=sizes if len(sizes) > 1 else sizes[0],
            weight=people.weight,
        )


def cross_entropy(p: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """(M,) cross entropy of probabilities that may be 0 or 1, softened by ``SOFTENING``."""
    soft = SOFTENING + (1 - 2 * SOFTENING) * p
    chosen = torch.where(y > 0, soft, 1 - soft)
    return weighted_mean(-torch.log(chosen), weight)
