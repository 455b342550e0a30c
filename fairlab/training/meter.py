"""The guarantee meter: what the layer promised beside what was measured, split by split."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fairlab.projection.constraints import cells_of
from fairlab.projection.policies import FrozenRule
from fairlab.results import Guarantee
from fairlab.training.cells import cell_means, smallest_cell, widest
from fairlab.training.evaluate import gap_of
from fairlab.training.family import Setting
from fairlab.training.people import People, counts

# Salt of the draws of randomised decisions, so that no other use of a seed repeats them.
DRAW_SALT = 7
SPLITS = ("train", "validation", "test")
_NO_BATCH = (
    "No training batch had people of two groups to compare: nothing was bounded in training. Use "
    "larger batches."
)


@dataclass(slots=True, eq=False)
class Measured:
    """The worst of all training batches so far, per model.

    Attributes:
        promised: (M,) slack.
        gap: (M,) largest gap of mean scores of a batch.
        residual: (M,) largest residual the solver reported.
        together: (M,) largest gap of mean scores of a window: of a batch and the people before it.
        window: People of a window; None when each batch was projected by itself.
        batches: How many batches had groups to compare.
    """

    promised: Tensor
    gap: Tensor
    residual: Tensor
    together: Tensor
    window: int | None = None
    batches: int = 0

    @classmethod
    def none(cls, promised: Tensor, window: int | None = None) -> "Measured":
        """Before the first batch."""
        zero = torch.zeros_like(promised)
        return cls(promised, zero, zero, zero, window)

    def add(self, gap: Tensor) -> None:
        """One more batch's own gap."""
        self.batches += 1
        self.gap = torch.maximum(self.gap, gap)

    def projected(self, residual: Tensor, together: Tensor | None) -> None:
        """One more projection, of a window if it has a gap."""
        self.residual = torch.maximum(self.residual, residual)
        if together is not None:
            self.together = torch.maximum(self.together, together)

    def gap_of(self, m: int) -> float | None:
        """Largest gap of one model's batches; None if no batch had any."""
        return float(self.gap[m]) if self.batches else None

    def excess(self, gap: Tensor, m: int) -> float:
        """By how much a gap (M,) exceeds what model m promised, at least 0."""
        return max(0.0, float(gap[m] - self.promised[m]))


def guarantees(
    setting: Setting, measured: Measured, scores: Mapping[str, Tensor]
) -> tuple[Guarantee, ...]:
    """One per model.

    Args:
        setting: What was trained.
        measured: On the training batches.
        scores: (M, n) final scores of each split.
    """
    crowd, config = setting.crowd, setting.config
    score, decided, drawn, smallest = {}, {}, {}, {}
    for split, values in scores.items():
        people = crowd.splits[split]
        cells = cells_of(config.constraint, people.compared, people.y, skip_empty=True)
        smallest[split] = smallest_cell(cells)
        weight = None if people.weight is None else people.weight[None].to(torch.float32)
        means = cell_means(cells, weight).double()
        gap = widest(means(values.double()), means.spans)
        score[split] = [float(g) if cells.families else None for g in gap]
        decided[split] = _decision_gaps(values, people, setting, config.threshold)
        chance = _chance(people.n, config.split.seed, split).to(values.device)
        drawn[split] = _decision_gaps((chance < values).to(torch.float32), people, setting, 0.5)
    unseen, held = _unseen(setting), config.holds_decisions("layer")
    made = []
    for m, promised in enumerate(measured.promised.tolist()):
        own = {split: gaps[m] for split, gaps in score.items()}
        guarantee = Guarantee(
            promised=promised,
            batch_excess=measured.excess(measured.gap, m),
            score_gap=own,
            decision_gap={split: gaps[m] for split, gaps in decided.items()},
            policy="frozen",
            uses_attribute_when_deciding=FrozenRule.uses_attribute_when_deciding,
            batch_gap=measured.gap_of(m),
            drawn_gap={split: gaps[m] for split, gaps in drawn.items()},
            residual=float(measured.residual[m]) if measured.batches else None,
            smallest_cell=smallest,
            decisions_asked=promised if held and promised < 1 else None,
        )
        if measured.window is not None:
            guarantee = replace(
                guarantee,
                window=measured.window,
                window_gap=float(measured.together[m]),
                window_excess=measured.excess(measured.together, m),
            )
        made.append(_with_notes(guarantee, unseen if measured.batches else (*unseen, _NO_BATCH)))
    return tuple(made)


def _with_notes(guarantee: Guarantee, unseen: tuple[str, ...]) -> Guarantee:
    if guarantee.promised >= 1:
        return guarantee
    notes = list(unseen)
    gap, margin = guarantee.score_gap.get("test"), guarantee.margin("test")
    if guarantee.missed("test") and gap is not None and margin is not None:
        notes.append(
            f"On test people mean scores are {100 * gap:.1f} points apart, "
            f"{100 * (gap - guarantee.promised):.1f} more than promised. That is more than the "
            f"{100 * margin:.1f} points (2/√n of the smallest group compared) that chance alone "
            "explains."
        )
    return replace(guarantee, notes=tuple(notes))


def _unseen(setting: Setting) -> tuple[str, ...]:
    """Groups the rule was not fitted for, in sentences."""
    crowd = setting.crowd
    notes = []
    seen, later = crowd.splits["validation"].compared, crowd.splits["test"].compared
    for attribute, (fitted, met) in enumerate(zip(seen.T, later.T, strict=True)):
        known = set(torch.unique(fitted).tolist())
        new = [g for g in torch.unique(met).tolist() if g not in known]
        notes += [
            f"Nobody of group {crowd.name_of(attribute, g)} is in the validation split: the rule "
            "does not move their scores, and the promise leaves them out."
            for g in new
        ]
    return tuple(notes)


def _decision_gaps(
    score: Tensor, people: People, setting: Setting, threshold: float
) -> list[float | None]:
    """The constraint's own gap of decisions, None where undefined."""
    crowd = setting.crowd
    table = counts(score, people, crowd.group_names, threshold)
    found = gap_of(setting.config.constraint, table, crowd.compared_names)
    return [None if g != g else float(g) for g in found]


def _chance(n: int, seed: int, split: str) -> Tensor:
    """(n,) float32 in [0, 1), the same for every model of a sweep."""
    rng = np.random.default_rng([seed, DRAW_SALT, SPLITS.index(split)])
    return torch.from_numpy(rng.random(n, dtype=np.float32))
