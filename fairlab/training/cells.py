"""The means a constraint compares, as matrix products over the people of a batch.

Who is in which cell, and each person's measured value v = a·p + b, come from
``fairlab.projection.constraints``; a cell that has nobody is left out.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.projection.constraints import Cells

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class CellMeans:
    """Means over cells for M models at once, as one matrix product.

    Attributes:
        average: (B, C) or (K, B, C): column c holds the weights of cell c, summing to 1.
        spans: For each family, the columns of its cells.
        share: (C,) or (K, C) share of a family's weight that is in the cell.
        signed: ``average`` times each person's a; the same tensor where a is 1 for everybody.
        offset: (C,) or (K, C) cell means of b, or None where b is 0 for everybody.
        sign: (B,) each person's a, or None where it is 1 for everybody.
    """

    average: Tensor
    spans: tuple[Span, ...]
    share: Tensor
    signed: Tensor
    offset: Tensor | None
    sign: Tensor | None

    def __call__(self, values: Tensor) -> Tensor:
        """(M, B) scores or decisions to the (M, C) cell means of their measured values."""
        means = _product(values, self.signed)
        return means if self.offset is None else means + _per_model(self.offset, len(means))

    def plain(self, values: Tensor) -> Tensor:
        """The (M, C) cell means of any values (M, B), as they are."""
        return _product(values, self.average)

    def double(self) -> "CellMeans":
        """The same in float64."""
        wide = self.average.double()
        return CellMeans(
            wide,
            self.spans,
            self.share.double(),
            wide if self.signed is self.average else self.signed.double(),
            None if self.offset is None else self.offset.double(),
            None if self.sign is None else self.sign.double(),
        )


def cell_means(cells: Cells, weight: Tensor | None = None) -> CellMeans:
    """Averages over the cells of a constraint.

    Args:
        cells: Of B people.
        weight: (K, B) weights, or None for one per person.
    """
    people = torch.arange(cells.n, device=cells.member.device)
    indicator = torch.zeros(cells.n, cells.size + 1, device=cells.member.device)
    for member in cells.member:  # one pass per attribute
        indicator[people, member] = 1.0
    indicator = indicator[:, : cells.size]
    mass = indicator.sum(0)
    if weight is not None:
        indicator = indicator * weight[:, :, None]
        mass = indicator.sum(1)
    average = indicator / (mass if weight is None else mass[:, None, :])
    spans = tuple((family.start, family.stop) for family in cells.families)
    sign = None if cells.sign is None else cells.sign.to(average.dtype)
    signed = average if sign is None else average * sign[:, None]
    offset = None
    if cells.offset is not None:
        offset = (average * cells.offset.to(average.dtype)[:, None]).sum(-2)
    return CellMeans(average, spans, _shares(mass, spans), signed, offset, sign)


def widest(mean: Tensor, spans: tuple[Span, ...]) -> Tensor:
    """(M,) widest range of (M, C) cell means over the families; 0 where nothing is compared."""
    if not spans:
        return mean.new_zeros(len(mean))
    return torch.stack([mean[:, a:b].amax(1) - mean[:, a:b].amin(1) for a, b in spans]).amax(0)


def columns_among(cells: Cells, everyone: Cells) -> Tensor | None:
    """Where each cell of some people is among those of everyone; None when they are the same."""
    known = _names(everyone)
    own = _names(cells)
    if own == known:
        return None
    place = {name: column for column, name in enumerate(known)}
    return torch.tensor([place[name] for name in own], dtype=torch.int64)


def smallest_cell(cells: Cells) -> int | None:
    """People in the smallest cell that is compared; None when nothing is."""
    if not cells.families:
        return None
    inside = torch.bincount(cells.member.reshape(-1), minlength=cells.size + 1)
    return int(inside[: cells.size].min())


def _names(cells: Cells) -> list[tuple[str, int, int]]:
    return [
        (family.condition.name, family.attribute, group)
        for family in cells.families
        for group in family.groups
    ]


def _shares(mass: Tensor, spans: tuple[Span, ...]) -> Tensor:
    if not spans:
        return mass
    parts = [mass[..., a:b] / mass[..., a:b].sum(-1, keepdim=True) for a, b in spans]
    return torch.cat(parts, dim=-1)


def _product(values: Tensor, columns: Tensor) -> Tensor:
    if columns.ndim == 2:
        return values @ columns
    by_seed = values.view(len(columns), -1, values.shape[1])
    return torch.bmm(by_seed, columns).view(len(values), -1)


def _per_model(per_seed: Tensor, models: int) -> Tensor:
    if per_seed.ndim == 1:
        return per_seed
    return per_seed.repeat_interleave(models // len(per_seed), dim=0)


__all__ = ["CellMeans", "Cells", "cell_means", "columns_among", "smallest_cell", "widest"]
