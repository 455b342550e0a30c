"""Totals over cells and amounts spread back to people, for M problems at once.

Three ways with one meaning: a matrix product with the cells' indicators; arithmetic on a single
indicator when everybody is in one of two cells and they are many; additions by index when the
indicators would not fit. Totals are float64 whatever the dtype of the people's values.
"""

from typing import Protocol

import torch
from torch import Tensor

# Fewer numbers than this go through one float64 matrix product.
SMALL = 2**17
# Indicators of more than this many entries are not formed.
_LARGEST_INDICATOR = 2**25
# Float32 values are summed in blocks of this many, and the blocks' sums in float64.
_BLOCK = 4096


class CellSums(Protocol):
    """How totals over J disjoint cells are taken."""

    def sums(self, values: Tensor) -> Tensor:
        """(M, n) to (M, J) float64: total over each cell."""

    def counts(self) -> Tensor:
        """(J,) float64: people in each cell."""

    def spread(self, amount: Tensor) -> Tensor:
        """(M, J) float64 to (M, n): each person their cell's; 0 for those in none."""

    def less(self, values: Tensor, amount: Tensor) -> Tensor:
        """(M, n) values less what is spread, in new memory."""


def cell_sums(
    member: Tensor, size: int, dtype: torch.dtype, *, many: bool, everybody: bool
) -> CellSums:
    """The way that suits the size.

    Args:
        member: (n,) cell 0..J-1 of each person; J for those in none.
        size: J.
        dtype: Of the people's values.
        many: Whether these are some of more than ``SMALL`` scores.
        everybody: Whether all are in a cell.
    """
    if many and size == 2 and everybody:
        return _Pair(member, dtype)
    if len(member) * size <= _LARGEST_INDICATOR:
        return _Product(member, size, dtype, everybody)
    return _Indexed(member, size, dtype, everybody)


class _Spread:
    def __init__(self, member: Tensor, size: int, dtype: torch.dtype, everybody: bool) -> None:
        self.member, self.size, self.dtype, self.everybody = member, size, dtype, everybody

    def spread(self, amount: Tensor) -> Tensor:
        amount = amount.to(self.dtype)
        if not self.everybody:
            amount = torch.nn.functional.pad(amount, (0, 1))
        return amount.index_select(1, self.member)

    def less(self, values: Tensor, amount: Tensor) -> Tensor:
        return values - self.spread(amount)

    def counts(self) -> Tensor:
        return torch.bincount(self.member, minlength=self.size)[: self.size].to(torch.float64)


class _Product(_Spread):
    """Matrix product with indicators; in blocks when they are float32."""

    def __init__(self, member: Tensor, size: int, dtype: torch.dtype, everybody: bool) -> None:
        super().__init__(member, size, dtype, everybody)
        cells = torch.arange(size, device=member.device)
        self.indicator = (cells[:, None] == member).to(dtype)  # (J, n)

    def counts(self) -> Tensor:
        return self.indicator.sum(1, dtype=torch.float64)

    def sums(self, values: Tensor) -> Tensor:
        if self.dtype == torch.float64:
            return values @ self.indicator.T
        whole = values.shape[1] // _BLOCK * _BLOCK
        total = (values[:, whole:] @ self.indicator[:, whole:].T).to(torch.float64)
        if whole > 0:
            blocks = values[:, :whole].reshape(len(values), -1, _BLOCK).transpose(0, 1)
            cells = self.indicator[:, :whole].reshape(self.size, -1, _BLOCK)
            parts = torch.bmm(blocks, cells.permute(1, 2, 0))
            total += parts.sum(0, dtype=torch.float64)
        return total


class _Pair:
    """Everybody in cell 0 or 1."""

    def __init__(self, member: Tensor, dtype: torch.dtype) -> None:
        self.second = member.to(dtype)

    def sums(self, values: Tensor) -> Tensor:
        second = _total(values * self.second)
        return torch.stack([_total(values) - second, second], dim=1)

    def spread(self, amount: Tensor) -> Tensor:
        first, more = self._step(amount)
        return torch.outer(more, self.second).add_(first)

    def less(self, values: Tensor, amount: Tensor) -> Tensor:
        first, more = self._step(amount)
        return torch.addr(values, more, self.second, alpha=-1).sub_(first)

    def counts(self) -> Tensor:
        second = _total(self.second[None])
        return torch.cat([len(self.second) - second, second])

    def _step(self, amount: Tensor) -> tuple[Tensor, Tensor]:
        amount = amount.to(self.second.dtype)
        return amount[:, :1], amount[:, 1] - amount[:, 0]


class _Indexed(_Spread):
    """Additions by index."""

    def sums(self, values: Tensor) -> Tensor:
        exact = values.to(torch.float64)
        out = exact.new_zeros(len(values), self.size + 1)
        return out.scatter_add_(1, self.member.expand_as(exact), exact)[:, : self.size]


def _total(values: Tensor) -> Tensor:
    """(M, n) to (M,) float64."""
    whole = values.shape[1] // _BLOCK * _BLOCK
    blocks = values[:, :whole].reshape(len(values), -1, _BLOCK).sum(2)
    total = blocks.sum(1, dtype=torch.float64)
    if whole < values.shape[1]:
        total += values[:, whole:].sum(1, dtype=torch.float64)
    return total
