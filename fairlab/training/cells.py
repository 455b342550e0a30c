"""Which people each mean of a constraint is taken over, in training."""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.projection.constraints import Part, parts_of


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of a constraint among some people.

    Attributes:
        parts: One per condition; groups with nobody under a condition are left out.
        members: (n,) mask of every cell, cells of a condition side by side.
        spans: Columns of each condition in ``members``.
        left_out: "group index, condition" of cells with nobody.
    """

    parts: tuple[Part, ...]
    members: tuple[Tensor, ...]
    spans: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, str], ...]


def cells_of(constraint: str, group: Tensor, y: Tensor) -> Cells:
    """Cells of a constraint; a condition with fewer than two groups has no gap and is dropped."""
    parts = parts_of(constraint, group, y, skip_empty=True)
    present = torch.unique(group).tolist()
    members: list[Tensor] = []
    spans, kept, left_out = [], [], []
    for part in parts:
        left_out += [(int(g), part.condition.name) for g in present if g not in part.groups]
        if part.n_cells < 2:
            continue
        meets = torch.ones_like(y, dtype=torch.bool)
        if part.condition.label is not None:
            meets = y == part.condition.label
        spans.append((len(members), len(members) + part.n_cells))
        members += [meets & (group == g) for g in part.groups]
        kept.append(part)
    return Cells(tuple(kept), tuple(members), tuple(spans), tuple(left_out))
