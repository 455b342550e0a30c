"""Values of cells, family by family."""

import torch
from torch import Tensor

from fairlab.projection.constraints import Cells

_NOTHING = 1e-300


class Families:
    """Reshapes (M, C) values of cells to (M·F, W), W the widest family; others are padded.

    Padding repeats a family's first cell, so that it changes no range.
    """

    def __init__(self, cells: Cells) -> None:
        spans = [(f.start, f.stop) for f in cells.families]
        self.count = len(spans)
        self.width = max(b - a for a, b in spans)
        self.index: Tensor | None = None
        if any(b - a < self.width for a, b in spans):
            device = cells.member.device
            self.index = torch.tensor(
                [[a + min(i, b - a - 1) for i in range(self.width)] for a, b in spans],
                device=device,
            ).view(-1)
            self.padding = torch.tensor(
                [[i >= b - a for i in range(self.width)] for a, b in spans], device=device
            ).view(-1)
            self.place = torch.tensor(
                [f * self.width + i for f, (a, b) in enumerate(spans) for i in range(b - a)],
                device=device,
            )

    def split(self, values: Tensor) -> Tensor:
        """(M, C) to (M·F, W)."""
        if self.index is not None:
            values = values[:, self.index]
        return values.reshape(-1, self.width)

    def join(self, values: Tensor) -> Tensor:
        """(M·F, W) to (M, C)."""
        flat = values.view(-1, self.count * self.width)
        return flat if self.index is None else flat[:, self.place]

    def mass(self, mass: Tensor) -> Tensor:
        """Like :meth:`split`, with next to nothing for padding."""
        if self.index is not None:
            mass = torch.where(self.padding, _NOTHING, mass[:, self.index])
        return mass.reshape(-1, self.width)

    def per_family(self, values: Tensor) -> Tensor:
        """(M,) to (M·F, 1)."""
        if self.count == 1:
            return values[:, None]
        return values.repeat_interleave(self.count)[:, None]

    def range(self, mean: Tensor) -> Tensor:
        """(M,) widest range over the families."""
        part = self.split(mean)
        span = part.amax(1) - part.amin(1)
        return span if self.count == 1 else span.view(-1, self.count).amax(1)

    def sum(self, values: Tensor) -> Tensor:
        """(M, C) to (M, F): totals over the cells of each family."""
        part = self.split(values)
        if self.index is not None:
            part = torch.where(self.padding.view(self.count, -1).repeat(len(values), 1), 0.0, part)
        return part.sum(1).view(-1, self.count)

    def per_cell(self, values: Tensor) -> Tensor:
        """(M, F) to (M, C): every cell its family's."""
        return self.join(values.reshape(-1, 1).expand(-1, self.width).contiguous())

    def violation(self, mean: Tensor, shift: Tensor, tau: Tensor, eps: Tensor) -> Tensor:
        """(M,) largest departure from the optimality conditions at shifts and levels (M·F, 1)."""
        part, moved = self.split(mean), self.split(shift)
        above = part - (tau + eps)
        below = tau - part
        free = torch.maximum(above, below).clamp_min(0.0)
        held = torch.where(moved > 0, above.abs(), torch.where(moved < 0, below.abs(), free))
        worst = held.amax(1)
        return worst if self.count == 1 else worst.view(-1, self.count).amax(1)
