"""Scoring one person without the batch and without the label: a rule frozen on validation.

The multipliers found by projecting the validation split are kept and applied to everybody who
comes later. The rule sees a person's raw score and group, never a label.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.projection.constraints import CONSTRAINTS, Condition
from fairlab.projection.layer import project

__all__ = ["FrozenRule"]

# A fitted rule is accepted when its validation gap exceeds the slack by no more than this.
ACCEPTED = 1e-6
_FIT_STEPS = 30
_CALIBRATION_STEPS = 25


@dataclass(frozen=True, slots=True, eq=False)
class FrozenRule:
    """``clip(z − shift)`` with shifts fixed on validation, for M models at once.

    For ``demographic_parity`` a person's shift is their group's. For constraints on a label it is
    Σ_c q_c · shift_{c, group}, with q_c the calibrated probability, given the raw score, that the
    person meets condition c: the unknown label is replaced by what the score says about it. The
    shifts are fitted so that the gap *measured with validation labels* meets the slack; where
    shifts alone cannot do that, scores are drawn towards a constant by the share ``blend``.

    The gap among other people differs by O(1/√n); measure it.

    Attributes:
        shift: (M, C, G) float64 per condition and group; 0 for groups not seen when fitting.
        calibration: (M, 2) slope and intercept of logit P(y=1|z) in logit z, or None.
        blend: (M,) share of the constant in the score, usually 0.
        centre: (M,) the constant: the mean raw score of everybody.
        constraint: What it was fitted for.
        lower, upper: Box.
    """

    shift: Tensor
    calibration: Tensor | None
    blend: Tensor
    centre: Tensor
    constraint: str
    lower: float
    upper: float

    # Whether a prediction needs the person's group.
    uses_attribute_when_deciding = True

    @classmethod
    def fit(
        cls,
        z: Tensor,
        group: Tensor,
        slack: float | Tensor,
        constraint: str = "demographic_parity",
        y: Tensor | None = None,
        *,
        n_groups: int | None = None,
        lower: float = 0.0,
        upper: float = 1.0,
        weight: Tensor | None = None,
    ) -> "FrozenRule":
        """Fit on people whose labels are known (the validation split).

        Args:
            z: (n,) or (M, n) raw scores in [lower, upper].
            group: (n,) integers.
            slack, constraint, y, lower, upper: As in :func:`fairlab.projection.project`.
            n_groups: G; default is the largest group present plus one.
            weight: (n,) positive weights, or None.

        Raises:
            InputError, UnknownNameError, SolveError: As :func:`project`.
        """
        rows = (z[None] if z.ndim == 1 else z).detach().to(torch.float64)
        eps = torch.as_tensor(slack, dtype=torch.float64, device=z.device).expand(len(rows))
        exact = project(rows, group, eps, constraint, y, lower, upper, weight)
        conditions = CONSTRAINTS[constraint].conditions
        size = int(group.max()) + 1 if n_groups is None else n_groups
        problem = _Fit(rows, group, y, weight, size, conditions, lower, upper)
        shift = torch.zeros(len(rows), len(conditions), size, dtype=torch.float64, device=z.device)
        for c, family in enumerate(exact.families):
            shift[:, c, list(family.groups)] = exact.shift[:, family.start : family.stop]
        centre = problem.weighted(rows).sum(1) / problem.weighted(torch.ones_like(rows)).sum(1)
        zero = torch.zeros(len(rows), dtype=torch.float64, device=z.device)
        if conditions[0].label is None:
            return cls(shift, None, zero, centre, constraint, lower, upper)
        assert y is not None
        calibration = _calibrate(_unit(rows, lower, upper), y, weight)
        direction = _directions(_unit(rows, lower, upper), calibration, conditions)
        targets = problem.means(exact.p)
        floor = _least(targets, problem.mass)[:, :, None]
        shift = problem.solve(shift, direction, floor, eps)
        gap = problem.gap(problem.means(problem.apply(shift, direction)))
        blend = torch.where(gap > eps + ACCEPTED, 1 - (eps + ACCEPTED) / gap.clamp_min(1e-12), 0.0)
        return cls(shift, calibration, blend, centre, constraint, lower, upper)

    def __call__(self, z: Tensor, group: Tensor) -> Tensor:
        """Scores of people from raw score and group: (n,) or (M, n), as ``z``."""
        rows = (z[None] if z.ndim == 1 else z).to(torch.float64)
        conditions = CONSTRAINTS[self.constraint].conditions
        own = self.shift[:, :, group]
        if self.calibration is not None:
            unit = _unit(rows, self.lower, self.upper)
            own = own * _directions(unit, self.calibration, conditions)
        p = (rows - own.sum(1)).clamp(self.lower, self.upper)
        p = p + self.blend[:, None] * (self.centre[:, None] - p)
        p = p.to(z.dtype)
        return p[0] if z.ndim == 1 else p


def _unit(z: Tensor, lower: float, upper: float) -> Tensor:
    return ((z - lower) / (upper - lower)).clamp(1e-6, 1 - 1e-6)


def _calibrate(score: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """(M, 2) Platt scaling: logistic regression of y on logit(score), by Newton's method."""
    x = torch.logit(score)
    design = torch.stack([x, torch.ones_like(x)], dim=-1)  # (M, n, 2)
    w = torch.ones_like(x) if weight is None else weight.to(x.dtype).expand_as(x)
    beta = torch.zeros(len(x), 2, dtype=x.dtype, device=x.device)
    beta[:, 0] = 1.0
    ridge = 1e-3 * torch.eye(2, dtype=x.dtype, device=x.device)
    for _ in range(_CALIBRATION_STEPS):
        q = torch.sigmoid((design @ beta[:, :, None])[..., 0])
        slope = (design * (w * (q - y))[..., None]).sum(1) + beta @ ridge
        curve = design.transpose(1, 2) @ (design * (w * q * (1 - q))[..., None]) + ridge
        step = torch.linalg.solve(curve, slope)
        beta = beta - step * (4.0 / step.abs().amax(1, keepdim=True).clamp_min(4.0))
    return beta


def _directions(score: Tensor, calibration: Tensor, conditions: tuple[Condition, ...]) -> Tensor:
    """(M, C, n) probability that a person meets each condition."""
    logit = calibration[:, :1] * torch.logit(score) + calibration[:, 1:]
    favourable = torch.sigmoid(logit)
    return torch.stack([favourable if c.label == 1 else 1 - favourable for c in conditions], dim=1)


def _least(mean: Tensor, mass: Tensor) -> Tensor:
    """(M, C) least defined cell mean."""
    return torch.where(mass > 0, mean, torch.inf).amin(-1)


class _Fit:
    """Cell means of shifted scores, and the shifts that bring them between τ and τ + ε."""

    def __init__(
        self,
        z: Tensor,
        group: Tensor,
        y: Tensor | None,
        weight: Tensor | None,
        n_groups: int,
        conditions: tuple[Condition, ...],
        lower: float,
        upper: float,
    ) -> None:
        self.z, self.group, self.lower, self.upper = z, group, lower, upper
        onehot = torch.nn.functional.one_hot(group, n_groups).to(torch.float64)
        self.weight = None if weight is None else weight.to(torch.float64)
        if self.weight is not None:
            onehot = onehot * self.weight[:, None]
        members = []
        for condition in conditions:
            if condition.label is None or y is None:
                members.append(onehot)
            else:
                members.append(onehot * (y == condition.label)[:, None])
        self.members = torch.stack(members)  # (C, n, G)
        self.mass = self.members.sum(1)  # (C, G)
        self.average = self.members / self.mass.clamp_min(1e-300)[:, None, :]

    def weighted(self, values: Tensor) -> Tensor:
        return values if self.weight is None else values * self.weight

    def means(self, values: Tensor) -> Tensor:
        """(M, C, G) from (M, n)."""
        return torch.einsum("mn,cng->mcg", values, self.average)

    def moved(self, shift: Tensor, direction: Tensor) -> Tensor:
        return self.z - (shift[:, :, self.group] * direction).sum(1)

    def apply(self, shift: Tensor, direction: Tensor) -> Tensor:
        return self.moved(shift, direction).clamp(self.lower, self.upper)

    def gap(self, mean: Tensor) -> Tensor:
        """(M,) widest range over groups among the conditions."""
        defined = self.mass > 0
        high = torch.where(defined, mean, -torch.inf).amax(-1)
        low = torch.where(defined, mean, torch.inf).amin(-1)
        return (high - low).amax(-1)

    def solve(self, start: Tensor, direction: Tensor, floor: Tensor, eps: Tensor) -> Tensor:
        """Levenberg–Marquardt on the departures from [τ, τ + ε], all models and groups at once.

        The starting shifts decide who has to move: groups the exact projection left alone stay.
        """
        shift = start
        damping = torch.full_like(start[:, 0], 1e-6)  # (M, G)
        off = self._departure(shift, direction, floor, eps)
        for _ in range(_FIT_STEPS):
            if float(off.abs().max()) < 1e-11:
                break
            jacobian = self._slopes(shift, direction)  # (M, G, C, C)
            eye = torch.eye(jacobian.shape[-1], dtype=start.dtype, device=start.device)
            normal = jacobian.transpose(-1, -2) @ jacobian + damping[..., None, None] * eye
            pull = (jacobian.transpose(-1, -2) @ off.transpose(1, 2)[..., None])[..., 0]
            step = torch.linalg.solve(normal, pull).transpose(1, 2)
            proposed = shift + step
            new_off = self._departure(proposed, direction, floor, eps)
            better = (new_off**2).sum(1) <= (off**2).sum(1)
            shift = torch.where(better[:, None], proposed, shift)
            off = torch.where(better[:, None], new_off, off)
            damping = torch.where(better, damping * 0.1, damping * 10).clamp(1e-12, 1e6)
        return shift

    def _departure(self, shift: Tensor, direction: Tensor, floor: Tensor, eps: Tensor) -> Tensor:
        mean = self.means(self.apply(shift, direction))
        inside = torch.minimum(torch.maximum(mean, floor), floor + eps[:, None, None])
        return (mean - inside) * (self.mass > 0)

    def _slopes(self, shift: Tensor, direction: Tensor) -> Tensor:
        moved = self.moved(shift, direction)
        inside = ((moved > self.lower) & (moved < self.upper)).to(moved.dtype)
        return torch.einsum("mdn,cng->mgcd", direction * inside[:, None], self.average)
