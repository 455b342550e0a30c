"""Mode ``penalty``: loss = cross entropy + strength × penalty of soft decisions.

A soft decision is σ((logit − logit τ) / T): the smaller T, the nearer it is to the decision
"score ≥ τ", so that the gap of decisions falls and not only the gap of mean scores. Forms, each
summed over the constraint's conditions:

- ``absolute``: range over groups of the mean soft decision;
- ``squared``: its square;
- ``covariance``: Σ_g |cov(1[group = g], logit − logit τ)| (Zafar et al. 2017, eq. 3, with the
  signed distance to the boundary), for each condition among the people who meet it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Form = Literal["absolute", "squared", "covariance"]


@dataclass(frozen=True, slots=True)
class SoftDecision:
    """σ((logit − logit τ) / T) for a threshold τ and a temperature T."""

    threshold: float
    temperature: float

    @property
    def shift(self) -> float:
        """logit τ."""
        return math.log(self.threshold / (1 - self.threshold))

    def __call__(self, logit: Tensor) -> Tensor:
        """Soft decisions, in (0, 1), same shape."""
        return torch.sigmoid((logit - self.shift) / self.temperature)


@dataclass(frozen=True, slots=True, eq=False)
class CellMeans:
    """Means over (condition, group) cells as one matrix product.

    Attributes:
        average: (B, C) or (K, B, C): column c holds the weights of cell c, summing to 1.
        spans: For each condition, the columns of its cells.
        share: (C,) or (K, C) share of a condition's weight that is in the cell.
    """

    average: Tensor
    spans: tuple[tuple[int, int], ...]
    share: Tensor

    def __call__(self, values: Tensor) -> Tensor:
        """(M, B) to (M, C)."""
        if self.average.ndim == 2:
            return values @ self.average
        seeds = len(self.average)
        by_seed = values.view(seeds, -1, values.shape[1])
        return torch.bmm(by_seed, self.average).view(len(values), -1)


def cell_means(
    members: Sequence[Tensor], spans: tuple[tuple[int, int], ...], weight: Tensor | None
) -> CellMeans:
    """Averages over cells.

    Args:
        members: C masks (B,) of who is in each cell, cells of one condition side by side.
        spans: Columns of each condition.
        weight: (K, B) weights, or None.
    """
    indicator = torch.stack([m.to(torch.float32) for m in members], dim=1)
    mass = indicator.sum(0)
    if weight is not None:
        indicator = indicator * weight[:, :, None]
        mass = indicator.sum(1)
    total = torch.cat(
        [mass[..., a:b].sum(-1, keepdim=True).expand_as(mass[..., a:b]) for a, b in spans], dim=-1
    )
    average = indicator / (mass if weight is None else mass[:, None, :])
    return CellMeans(average, spans, mass / total)


def cell_values(logit: Tensor, means: CellMeans, form: Form, soft: SoftDecision) -> Tensor:
    """(M, C) cell means that the penalty compares: of soft decisions, or of signed distances."""
    return means(logit - soft.shift) if form == "covariance" else means(soft(logit))


def penalty(mean: Tensor, means: CellMeans, form: Form) -> Tensor:
    """(M,) penalty of M models, from their cell values; 0 when all agree.

    Args:
        mean: (M, C) of :func:`cell_values`.
        means: The cells.
        form: As in the module's head.
    """
    parts = [_spread(mean, means, span, form) for span in means.spans]
    return torch.stack(parts).sum(0)


def _spread(mean: Tensor, means: CellMeans, span: tuple[int, int], form: Form) -> Tensor:
    a, b = span
    part = mean[:, a:b]
    if form == "covariance":
        share = means.share[..., a:b]
        if share.ndim == 2:
            share = share.repeat_interleave(len(mean) // len(share), dim=0)
        centre = (share * part).sum(-1, keepdim=True)
        return (share * (part - centre)).abs().sum(-1)
    gap = part.amax(-1) - part.amin(-1)
    return gap * gap if form == "squared" else gap
