"""Features that are mostly zeros, and the first layer's products with them on a CPU.

Encoded tables are: one-hot columns, and hat functions of which two at a time are not 0. Of Adult's
147 features a person has 12. Leaving the zeros out takes less than a fifth of the dense products'
time, both ways: the sum over a person's features of weights' rows, and for the gradient the sum
over a feature's people. Both are embedding bags, computed for a few models at a time so that what
is looked up stays in a core's cache; no number depends on which models are computed together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fairlab.duration import MOST_FILLED

# Columns of weights looked up together.
WIDE = 192


@dataclass(frozen=True, slots=True, eq=False)
class SparseRows:
    """People's features without the zeros.

    Attributes:
        columns: (n, k) int32 places; the last is ``n_features``, a feature that is always 1 and
            carries the bias. Where a person has fewer than k, places repeat with value 0.
        values: (n, k) float32.
        n_features: F.
    """

    columns: Tensor
    values: Tensor
    n_features: int

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.columns)

    def of(self, people: Tensor) -> "SparseRows":
        """Some of the people, by position."""
        return SparseRows(
            self.columns.index_select(0, people),
            self.values.index_select(0, people),
            self.n_features,
        )

    def between(self, start: int, stop: int) -> "SparseRows":
        """The people of a range of positions."""
        return SparseRows(self.columns[start:stop], self.values[start:stop], self.n_features)

    def transposed(self) -> tuple[Tensor, Tensor, Tensor]:
        """People by feature: (z,) people, (z,) values, and (F + 2,) where each feature starts."""
        values = self.values.numpy().ravel()
        filled = np.flatnonzero(values)
        columns = self.columns.numpy().ravel()[filled]
        if self.n_features < 2**16:
            columns = columns.astype(np.uint16)  # sorted by digits, several times faster
        order = filled[np.argsort(columns, kind="stable")]
        starts = np.zeros(self.n_features + 2, dtype=np.int32)
        np.cumsum(np.bincount(columns, minlength=self.n_features + 1), out=starts[1:])
        people = (order // self.columns.shape[1]).astype(np.int32)
        return torch.from_numpy(people), torch.from_numpy(values[order]), torch.from_numpy(starts)


@dataclass(frozen=True, slots=True, eq=False)
class SparseBatch:
    """One batch of every seed: K times B people. A single batch may stand for all K."""

    rows: tuple[SparseRows, ...]

    @property
    def n(self) -> int:
        """B."""
        return self.rows[0].n


Features = Tensor | SparseBatch


def sparse_rows(x: Tensor) -> SparseRows | None:
    """Features (F, n) without their zeros; None where dense products are faster."""
    features, n = x.shape
    if x.device.type != "cpu" or n == 0:
        return None
    dense = x.T.numpy()
    filled = np.count_nonzero(dense, axis=1)
    most = int(filled.max())
    if most > MOST_FILLED * features:
        return None
    who, where = np.nonzero(dense)
    place = np.arange(len(who)) - np.repeat(np.cumsum(filled) - filled, filled)
    columns = np.zeros((n, most + 1), dtype=np.int32)
    values = np.zeros((n, most + 1), dtype=np.float32)
    columns[who, place] = where
    values[who, place] = dense[who, where]
    columns[:, most], values[:, most] = features, 1.0
    return SparseRows(torch.from_numpy(columns), torch.from_numpy(values), features)


def first_layer(batch: SparseBatch, weight: Tensor, bias: Tensor, out: Tensor, relu: bool) -> None:
    """Products of the first layer into ``out`` (M, B, H), bias and ReLU included.

    Args:
        batch: K batches; the M models are seed-major.
        weight: (M, H, F).
        bias: (M, H, 1).
        out: Contiguous.
        relu: Whether negative values become 0.
    """
    units = weight.shape[1]
    for rows, models in _blocks(batch, weight):
        m = models.stop - models.start
        table = weight.new_empty(rows.n_features + 1, m * units)
        table[:-1].copy_(weight[models].reshape(m * units, -1).t())
        table[-1].copy_(bias[models].reshape(-1))
        starts = torch.arange(0, rows.columns.numel() + 1, rows.columns.shape[1])
        found = _bags(table, rows.columns.view(-1), starts.to(torch.int32), rows.values.view(-1))
        for i in range(m):
            part = found[:, i * units : (i + 1) * units]
            target = out[models.start + i]
            torch.clamp_min(part, 0, out=target) if relu else target.copy_(part)


def first_layer_gradient(
    batch: SparseBatch, grad: Tensor, weight: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """Gradients of weight (M, H, F) and bias (M, H, 1) for the gradient (M, B, H) of the output."""
    of_weight, of_bias = torch.empty_like(weight), torch.empty_like(bias)
    units = weight.shape[1]
    turned: dict[int, tuple[Tensor, Tensor, Tensor]] = {}
    for rows, models in _blocks(batch, weight):
        m = models.stop - models.start
        if id(rows) not in turned:
            turned[id(rows)] = rows.transposed()
        people, values, starts = turned[id(rows)]
        side_by_side = grad[models].transpose(0, 1).reshape(rows.n, m * units)
        found = _bags(side_by_side, people, starts, values)
        of_weight[models].view(m * units, -1).copy_(found[:-1].t())
        of_bias[models].view(-1).copy_(found[-1])
    return of_weight, of_bias


def _bags(table: Tensor, places: Tensor, starts: Tensor, values: Tensor) -> Tensor:
    """Sums of rows of ``table`` times values, bag by bag; the last start is the end."""
    return torch.embedding_bag(table, places, starts, False, 0, False, values, True)[0]


def _blocks(batch: SparseBatch, weight: Tensor) -> Iterator[tuple[SparseRows, slice]]:
    """Models whose first layers are computed together, and the people they see."""
    models = len(weight)
    of_seed = models // len(batch.rows)
    together = max(1, WIDE // weight.shape[1])
    for seed, rows in enumerate(batch.rows):
        end = (seed + 1) * of_seed
        for start in range(seed * of_seed, end, together):
            yield rows, slice(start, min(start + together, end))
