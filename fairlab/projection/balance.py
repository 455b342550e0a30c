"""One step of the solver when cells do not overlap: each family in closed form.

A cell's mean is replaced by its tangent; then every shifted cell of a family ends at τ or τ + ε,
and Σ mass·shift = 0 fixes τ.
"""

import torch
from torch import Tensor

_TINY = 1e-300


def balance(
    mean: Tensor, slope: Tensor, shift: Tensor, mass: Tensor, slack: Tensor
) -> tuple[Tensor, Tensor]:
    """Shifts that are exact for the tangents.

    Args:
        mean: (P, W) means of W cells of P families at ``shift``.
        slope: (P, W) by how much a mean falls per unit of shift, > 0.
        shift: (P, W).
        mass: (P, W) total weight of each cell; next to nothing, but not 0, for padding.
        slack: (P, 1).

    Returns:
        Shifts (P, W), and the level τ (P, 1) of the lowest shifted cells.
    """
    at_zero = torch.addcmul(mean, slope, shift)
    gain = mass / slope
    if mean.shape[1] == 2:
        return _balance_two(at_zero, gain, slope, slack)
    tau = _level(at_zero, gain, slack)
    above = (at_zero - tau - slack).clamp_min(0.0)
    below = (tau - at_zero).clamp_min(0.0)
    return (above - below) / slope, tau


def _balance_two(
    at_zero: Tensor, gain: Tensor, slope: Tensor, slack: Tensor
) -> tuple[Tensor, Tensor]:
    difference = at_zero[:, :1] - at_zero[:, 1:]
    excess = difference - difference.clamp(-slack, slack)
    pull = excess / gain.reciprocal().sum(1, keepdim=True)
    moved = torch.cat([pull, -pull], dim=1) / gain
    return moved / slope, (at_zero - moved).amin(1, keepdim=True)


def _level(mean: Tensor, gain: Tensor, slack: Tensor) -> Tensor:
    """(P, 1) root τ of Σ gain·[(mean − slack − τ)⁺ − (τ − mean)⁺], which falls with τ."""
    kinks = torch.cat([mean - slack, mean], dim=1).sort(dim=1).values
    gap = mean[:, None, :] - kinks[:, :, None]  # (P, 2W, W)
    pull = (gap - slack[:, :, None]).clamp_min(0.0) - (-gap).clamp_min(0.0)
    total = (pull * gain[:, None, :]).sum(-1)  # (P, 2W), falling
    right = (total > 0).sum(1, keepdim=True).clamp(1, kinks.shape[1] - 1)
    left = right - 1
    x0, x1 = kinks.gather(1, left), kinks.gather(1, right)
    f0, f1 = total.gather(1, left), total.gather(1, right)
    fall = f0 - f1
    share = torch.where(fall > 0, f0 / fall.clamp_min(_TINY), torch.zeros_like(fall))
    return x0 + (x1 - x0) * share.clamp(0.0, 1.0)
