"""Mode ``penalty``: loss = cross entropy + strength × penalty of soft decisions.

A soft decision is σ((logit − logit τ) / T): the smaller T, the nearer it is to the decision
"score ≥ τ", so that the gap of decisions falls and not only the gap of mean scores. What is
compared is the constraint's measured value of it, v = a·decision + b: the decision itself, its
distance from the label (``mean_residual_parity``), or whether it is right (``accuracy_parity``).
Forms, each summed over the constraint's conditions and attributes:

- ``absolute``: range over groups of the mean of v;
- ``squared``: its square;
- ``ratio``: 1 − lowest/highest mean of v, for v that are never negative;
- ``covariance``: Σ_g |cov(1[group = g], d)| with the signed distance to the boundary
  d = logit − logit τ (Zafar et al. 2017, eq. 3), for each condition among the people who meet it.
  ``accuracy_parity`` takes min(0, a·d), how far a person is on the wrong side (Zafar et al.
  2017, "Fairness beyond disparate treatment"); ``mean_residual_parity`` takes v itself,
  because a distance and a label have no common unit.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from fairlab.training.cells import CellMeans, Span

Form = Literal["absolute", "squared", "ratio", "covariance"]

# A rate below this counts as this in a ratio: nearer to 0 a ratio means nothing.
SMALLEST_RATE = 1e-3


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


def cell_values(logit: Tensor, means: CellMeans, form: Form, soft: SoftDecision) -> Tensor:
    """(M, C) cell means that the penalty compares; see the module's head."""
    if form != "covariance" or (means.offset is not None and means.sign is None):
        return means(soft(logit))
    distance = logit - soft.shift
    return means.plain(distance if means.sign is None else (means.sign * distance).clamp_max(0.0))


def penalty(mean: Tensor, means: CellMeans, form: Form) -> Tensor:
    """(M,) penalty of M models, from their cell values; 0 when all agree.

    Args:
        mean: (M, C) of :func:`cell_values`.
        means: The cells.
        form: As in the module's head.
    """
    if not means.spans:
        return mean.sum(1)
    return torch.stack([_spread(mean, means, span, form) for span in means.spans]).sum(0)


def _spread(mean: Tensor, means: CellMeans, span: Span, form: Form) -> Tensor:
    a, b = span
    part = mean[:, a:b]
    if form == "covariance":
        share = means.share[..., a:b]
        if share.ndim == 2:
            share = share.repeat_interleave(len(mean) // len(share), dim=0)
        centre = (share * part).sum(-1, keepdim=True)
        return (share * (part - centre)).abs().sum(-1)
    gap = part.amax(-1) - part.amin(-1)
    if form == "ratio":
        return gap / part.amax(-1).clamp_min(SMALLEST_RATE)
    return gap * gap if form == "squared" else gap
