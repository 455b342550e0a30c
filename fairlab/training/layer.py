"""Mode ``layer``: training through the exact projection (see ``fairlab.projection``).

Each batch's scores are projected, with its labels where the constraint needs them, and the loss
is taken after the projection. Small batches may be projected together with the people before them
(``window.py``), and thresholded decisions asked to keep the slack too (``decisions.py``). On
validation, test and everybody later the scores are those of a rule frozen on validation
(:class:`fairlab.projection.FrozenRule`): label-free, person by person.
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
from fairlab.training.decisions import OUTSIDE, HeldDecisions
from fairlab.training.family import Batch, Loss, Setting, Verdict, weighted_mean
from fairlab.training.meter import Measured, guarantees
from fairlab.training.sparse import SparseRows
from fairlab.training.window import Together, Window, alone, window_size

# A projected score may be exactly 0 or 1: cross entropy is taken of δ + (1 − 2δ) p.
SOFTENING = 0.01
# Scores nearer to 0 or 1 than this count as this near when decisions are softened.
INSIDE = 1e-4


class LayerFamily:
    """Cross entropy of projected scores; kept: the least on validation after the frozen rule.

    With ``decisions`` held, what the gap of decisions exceeds the slack by costs an epoch as in the
    penalty asked for a gap.
    """

    mode: Mode = "layer"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slack = setting.per_model.to(torch.float64)
        self.window: Window | None = None
        size = window_size(setting)
        if setting.config.layer.batches == "running" and size > setting.config.batch_size:
            self.window = Window(setting, size)
        self.measured = Measured.none(self.slack, None if self.window is None else size)
        self.selection = "validation cross entropy of the projected scores"
        self.held: HeldDecisions | None = None
        if setting.config.holds_decisions("layer"):
            self.held = HeldDecisions(setting, self.slack.to(torch.float32))
            self.selection += (
                f" + {OUTSIDE:g} × excess over the slack of the gap of decisions, of validation "
                "people or of them and train people, whichever is wider"
            )
        self.rule: FrozenRule | None = None
        self.missed: tuple[tuple[str, ...], ...] = ((),) * len(self.slack)

    def companions(self) -> tuple[BatchedNet, ...]:
        """None."""
        return ()

    def start_epoch(self, share: float) -> None:
        """Nothing: what is measured on batches is the worst of the whole training."""

    def loss(self, logit: Tensor, batch: Batch) -> Loss:
        """Cross entropy after projecting the batch, or the batch with the people before it."""
        z = torch.sigmoid(logit)
        # A model whose scores stopped being finite is projected as 0.5 and keeps its own loss.
        finite = torch.isfinite(z).all(1, keepdim=True)
        safe = z if bool(finite.all()) else torch.where(finite, z, 0.5)
        people = alone(safe, batch) if self.window is None else self.window.join(safe, batch)
        p = self._project(people, batch)
        task = cross_entropy(p, people.y, people.task_weight)
        if safe is not z:
            task = torch.where(finite[:, 0], task, torch.nan)
        terms = {"task": task}
        total = task
        if self.held is not None and people.cells.families:
            total = task + self._charge(self.held, p, people)
            terms["gap"] = self.held.gap()
        # Only the batch's own scores carry the gradient of everybody's loss.
        return Loss(total if self.window is None else people.batches * total, terms)

    def _charge(self, held: HeldDecisions, p: Tensor, people: Together) -> Tensor:
        """What the multipliers charge the mean soft decisions of projected scores; its value 0."""
        selected = (p.detach() >= held.threshold).to(p.dtype)
        charged = held.prices(people.means(selected), people.columns)
        fresh = people.means(self.setting.soft(torch.logit(p, eps=INSIDE)))
        return (charged * (fresh - fresh.detach())).sum(1)

    def checked(self) -> Tensor | SparseRows | None:
        """Train people whose decisions are looked at where these are held."""
        return None if self.held is None else self.held.checked.inputs

    def judge(self, logit: Tensor, checked: Tensor | None) -> Verdict:
        """Validation scores of a rule frozen now."""
        z = torch.sigmoid(logit)
        rule = self._freeze(z)
        score = rule(z, self._compared("validation"))
        batch = self.setting.validation
        task = cross_entropy(score, batch.y, batch.task_weight)
        if self.held is None or checked is None:
            return Verdict(score, task)
        groups = _one_or_several(self.held.checked.compared)
        gap = self.held.known_gap(rule(torch.sigmoid(checked), groups), score)
        self.held.correct(gap)
        return Verdict(score, task + self.held.cost(gap))

    def settle(self, logit: Tensor) -> None:
        """Freeze the rule of the models that were kept."""
        z = torch.sigmoid(logit)
        self.rule = self._freeze(z)
        if self.held is not None:
            score = self.rule(z, self._compared("validation"))
            self.missed = self.held.flags(self.held.validation_gap(score))

    def scores(self, logit: Tensor, split: str) -> Tensor:
        """The frozen rule, on every split alike."""
        assert self.rule is not None
        return self.rule(torch.sigmoid(logit), self._compared(split))

    def flags(self) -> tuple[tuple[str, ...], ...]:
        """Scores drawn towards a constant; decisions further apart than asked."""
        assert self.rule is not None
        drawn = tuple(
            (
                f"Group shifts alone did not meet the slack on validation: scores were drawn "
                f"{share:.0%} of the way towards a constant.",
            )
            if share > 0
            else ()
            for share in self.rule.blend.tolist()
        )
        return tuple(a + b for a, b in zip(drawn, self.missed, strict=True))

    def guarantees(self, scores: Mapping[str, Tensor]) -> tuple[Guarantee | None, ...]:
        """Promise, and gaps measured with each split's labels."""
        return guarantees(self.setting, self.measured, scores)

    def _project(self, people: Together, batch: Batch) -> Tensor:
        if not people.cells.families:  # nobody here can be compared
            return people.z
        weight = people.weight
        if weight is not None:
            weight = weight.repeat_interleave(len(people.z) // len(weight), dim=0)
        found = project_cells(people.z, people.cells, self.slack, weight=weight)
        p = found.p.detach()
        together = None if self.window is None else _gap(p, people.means)
        if batch.cells.families:
            self.measured.add(_gap(p[:, -people.batch :], batch.means))
        self.measured.projected(found.residual, together)
        return found.p

    def _compared(self, split: str) -> Tensor:
        """(n,) or, for several attributes, (n, A) groups that the rule looks at."""
        return _one_or_several(self.setting.crowd.splits[split].compared)

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


def _one_or_several(compared: Tensor) -> Tensor:
    return compared[:, 0] if compared.shape[1] == 1 else compared


def _gap(p: Tensor, means: CellMeans) -> Tensor:
    wide = means.double()
    return widest(wide(p.double()), wide.spans)


def cross_entropy(p: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """(M,) cross entropy of probabilities that may be 0 or 1, softened by ``SOFTENING``."""
    soft = SOFTENING + (1 - 2 * SOFTENING) * p
    chosen = torch.where(y > 0, soft, 1 - soft)
    return weighted_mean(-torch.log(chosen), weight)
