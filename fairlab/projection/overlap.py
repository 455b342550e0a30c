"""The inner step when families overlap in people: several attributes bounded at once.

Everybody's score is lowered by the sum of the shifts of their cells, so a shift in one family
moves the means of another. Around the present shifts s⁰ the means are taken as linear,

    m(s) = m⁰ − diag(1/W) K (s − s⁰),   K_cd = Σ w_i over people of both cells inside the box,

and the shifts of that model are found exactly: for every family f there is a τ_f such that

    τ_f ≤ m_c ≤ τ_f + ε,   s_c > 0 only where m_c = τ_f + ε,   s_c < 0 only where m_c = τ_f,
    Σ_{c in f} W_c s_c = 0.

These are the optimality conditions of a convex quadratic programme in C unknowns. It is solved by
a primal–dual active set method (Hintermüller, Ito, Kunisch, SIAM J. Optim. 13(3), 2003): guess who
is held at which end, solve one linear system, correct the guess. It ends with the exact answer
after a few systems or goes round in circles; then an interior point method finds the guess.

Unknowns are scaled to x_c = √W_c s_c, which gives K a diagonal of shares in [0, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from fairlab.projection.constraints import Family

__all__ = ["RIDGE", "active_solve", "inner_step"]

RIDGE = 1e-10
_GUESSES = 12
_INTERIOR_STEPS = 40
_SLIP = 1e-13
_NEAR = 1e-14
_REFINEMENTS = 3
_FAR = 1e3
_DAMPING = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """The linear model of M problems in scaled unknowns.

    Attributes:
        system: (M, C + F, C + F) [[K + ridge, E], [Eᵀ, 0]], E_cf = √W_c where c is in f.
        root: (M, C) √W_c, at most 1.
        at_zero: (M, C) cell means of the model at s = 0.
        slack: (M, 1).
        member: (F, C) whether the cell is in the family.
        free: (C,) cells of families with one cell, which nothing can hold.
    """

    system: Tensor
    root: Tensor
    at_zero: Tensor
    slack: Tensor
    member: Tensor
    free: Tensor

    def rows(self, keep: Tensor) -> "_Model":
        return _Model(
            self.system[keep],
            self.root[keep],
            self.at_zero[keep],
            self.slack[keep],
            self.member,
            self.free,
        )


@torch.no_grad()
def inner_step(
    mean: Tensor,
    stiffness: Tensor,
    shift: Tensor,
    mass: Tensor,
    slack: Tensor,
    families: Sequence[Family],
    *,
    ridge: float | Tensor = RIDGE,
) -> tuple[Tensor, Tensor]:
    """Exact solution of the linear model around ``shift``, for M problems at once.

    Where the model does not say how far to move (a cell with nobody inside the box, two attributes
    that say the same), the shifts stay as near as they can to where they are: the share of people
    inside every cell is taken to be larger by ``ridge``, for the step only (a small one is removed
    from the answer again where the model does say). A fixed point of the
    step, ``inner_step(...)[0] == shift``, therefore meets the conditions exactly, whatever the
    ridge; a larger one shortens the step, as in Levenberg–Marquardt. Where the model contradicts
    itself (two cells of a family with nobody inside, apart by more than the slack) the step would
    be a thousand times the means' size (or 1) or more; 0.001 is used there instead.

    Args:
        mean: (M, C) float64 cell means at ``shift``.
        stiffness: (M, C, C) float64 K: weight of the people in both cells and inside the box;
            symmetric, positive semidefinite.
        shift: (M, C) float64.
        mass: (C,), (1, C) or (M, C) weight of each cell, > 0.
        slack: (M,) ε ≥ 0.
        families: Side by side, covering the C cells.
        ridge: Share added, a number or (M,); 1e-10 by default.

    Returns:
        Shifts (M, C), and the lower end τ (M, F) of each family's interval. A family that needs no
        shift has its interval in the middle of where it may lie; one with one cell has shift 0.
    """
    mass = mass.expand(mean.shape)
    model = _model(mean, stiffness, shift, mass, slack, families, ridge)
    x, tau, settled = _by_guessing(model, torch.sign(shift))
    if not bool(settled.all()):
        left = ~settled
        hard = model.rows(left)
        x[left], tau[left], settled[left] = _by_guessing(hard, _by_interior_point(hard))
    if not isinstance(ridge, Tensor) and ridge < _DAMPING:
        x, tau = _without_ridge(model, x, ridge * (x - model.root * shift))
    found = x / model.root
    reach = _FAR * (1 + mean.abs().amax(1) + slack)
    lost = ~(settled & ((found - shift).abs().amax(1) <= reach))
    if bool(lost.any()) and bool((torch.as_tensor(ridge) < _DAMPING).all()):
        found[lost], tau[lost] = inner_step(
            mean[lost],
            stiffness[lost],
            shift[lost],
            mass[lost],
            slack[lost],
            families,
            ridge=_DAMPING,
        )
    return found, tau


def _model(
    mean: Tensor,
    stiffness: Tensor,
    shift: Tensor,
    mass: Tensor,
    slack: Tensor,
    families: Sequence[Family],
    ridge: float | Tensor,
) -> _Model:
    member, free = _structure(tuple((f.start, f.stop) for f in families), mean.device)
    if isinstance(ridge, Tensor) and ridge.ndim == 1:
        ridge = ridge[:, None]
    system, root = _system(stiffness, mass, member, ridge)
    size = mean.shape[1]
    pull = (system[:, :size, :size] @ (root * shift)[:, :, None])[:, :, 0]
    return _Model(system, root, mean + pull / root, slack[:, None], member, free)


def _system(
    stiffness: Tensor, mass: Tensor, member: Tensor, ridge: float | Tensor
) -> tuple[Tensor, Tensor]:
    """(M, C + F, C + F) saddle matrix of all cells, and the (M, C) scale of its unknowns."""
    count, size, _ = stiffness.shape
    scale = mass.amax(-1, keepdim=True)
    root = (mass / scale).sqrt().expand(count, size)
    full = size + len(member)
    system = stiffness.new_zeros(count, full, full)
    own = system[:, :size, :size]
    torch.div(stiffness, root[:, :, None] * root[:, None, :] * scale[..., None], out=own)
    own.diagonal(dim1=1, dim2=2).add_(ridge)
    edge = member * root[:, None, :]
    system[:, size:, :size] = edge
    system[:, :size, size:] = edge.transpose(1, 2)
    return system, root


@lru_cache(maxsize=64)
def _structure(spans: tuple[tuple[int, int], ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """(F, C) membership, and (C,) whether the family has only this cell."""
    size = max((stop for _, stop in spans), default=0)
    member = torch.zeros(len(spans), size, dtype=torch.bool)
    free = torch.zeros(size, dtype=torch.bool)
    for f, (start, stop) in enumerate(spans):
        member[f, start:stop] = True
        free[start:stop] = stop - start < 2
    return member.to(device), free.to(device)


def _by_guessing(model: _Model, guess: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scaled shifts (M, C), τ (M, F) and whether they are right (M,), from a first guess.

    A guess is 1 where a cell is held at τ + ε, −1 at τ, 0 where it is not shifted.
    """
    guess = torch.where((guess == 0) & (model.slack == 0), 1.0, guess)
    guess = guess.masked_fill(model.free, 0.0)
    for _ in range(_GUESSES):
        x, tau, level = _held_at(model, guess)
        better = _corrected(model, guess, x, level)
        wrong = (better != guess).any(1)
        if not bool(wrong.any()):
            break
        guess = better
    return _signed(model, guess, x), tau, ~wrong


def _signed(model: _Model, guess: Tensor, x: Tensor) -> Tensor:
    """Shifts without those that rounding has given the wrong sign."""
    return torch.where((guess * x > 0) | (model.slack == 0), x, 0.0)


def _held_at(model: _Model, guess: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scaled shifts, τ, and how far every cell's mean lies above τ (M, C)."""
    size = guess.shape[1]
    member = model.member
    keep = _kept(guess != 0, member, guess.dtype)
    system = _masked(model.system, keep)
    target = model.root * (model.at_zero - model.slack * (guess > 0))
    right = torch.nn.functional.pad(target, (0, len(member))) * keep
    found = torch.linalg.solve_ex(system, right).result
    x = found[:, :size] * keep[:, :size]
    mean = model.at_zero - (model.system[:, :size, :size] @ x[:, :, None])[:, :, 0] / model.root
    spread = mean[:, None, :]
    high = spread.masked_fill(~member, -torch.inf).amax(2)
    low = spread.masked_fill(~member, torch.inf).amin(2)
    tau = torch.where(keep[:, size:] > 0, found[:, size:], (high + low - model.slack) / 2)
    return x, tau, mean - tau @ member.to(guess.dtype)


def _without_ridge(model: _Model, x: Tensor, pull: Tensor) -> tuple[Tensor, Tensor]:
    """The solution again, less the ``pull`` of the ridge that kept it near the start."""
    guess = torch.where((x == 0) & (model.slack == 0) & ~model.free, 1.0, torch.sign(x))
    x, tau, _ = _held_at(replace(model, at_zero=model.at_zero + pull / model.root), guess)
    return _signed(model, guess, x), tau


def _corrected(model: _Model, guess: Tensor, x: Tensor, level: Tensor) -> Tensor:
    """The guess with every contradiction changed: who is pulled the wrong way, who sticks out."""
    size = 1 + x.abs().amax(1, keepdim=True)
    slip = _SLIP * size
    kept = (guess * x > -slip) | (model.slack == 0)  # held, and pulled towards where it is held
    slip = slip / model.root
    above = torch.where(guess > 0, kept, (guess == 0) & (level > model.slack + slip))
    below = torch.where(guess < 0, kept, (guess == 0) & (level < -slip))
    better = above.to(guess.dtype) - below.to(guess.dtype)
    return better.masked_fill(model.free, 0.0)


def _by_interior_point(model: _Model) -> Tensor:
    """(M, C) who is held at which end, by a primal–dual interior point method.

    With x = up − down, room above = √W (τ + ε − m) and room below = √W (m − τ), all four
    positive, the products up · above and down · below are driven to 0 together.
    """
    size = model.root.shape[1]
    stiff, edge = model.system[:, :size, :size], model.system[:, :size, size:]
    width = model.root * model.slack.clamp_min(1e-12)
    up = down = model.root * (model.at_zero.abs().amax(1, keepdim=True) + model.slack)
    below = width / 2
    tau = (edge.transpose(1, 2) @ (model.root * model.at_zero)[:, :, None])[:, :, 0]
    tau = tau / (edge**2).sum(1)
    system = model.system.clone()
    for i in range(_INTERIOR_STEPS):
        above = width - below
        product = (up * above + down * below).mean(1, keepdim=True) / 2
        if i == 0:
            least = _NEAR * product
        elif bool((product <= 2 * least).all()):
            break
        centre = torch.maximum(0.1 * product, least)
        weight = up / above + down / below
        drift = (centre / above - up) - (centre / below - down)
        x = up - down
        off = model.root * model.at_zero - below + drift / weight
        off = off - (stiff @ x[:, :, None] + edge @ tau[:, :, None])[:, :, 0]
        loose = -(edge.transpose(1, 2) @ x[:, :, None])[:, :, 0]
        system.diagonal(dim1=1, dim2=2)[:, :size] = stiff.diagonal(dim1=1, dim2=2) + 1 / weight
        step = torch.linalg.solve_ex(system, torch.cat([off, loose], 1)).result
        rise = (step[:, :size] - drift) / weight
        d_up = centre / above - up + up / above * rise
        d_down = centre / below - down - down / below * rise
        pace = torch.cat([-d_up / up, -d_down / down, rise / above, -rise / below], 1)
        pace = (0.99 / pace.amax(1, keepdim=True).clamp_min(1e-300)).clamp(max=1.0)
        up, down, below = up + pace * d_up, down + pace * d_down, below + pace * rise
        tau = tau + pace * step[:, size:]
    above = width - below
    return (up > above).to(up.dtype) - (down > below).to(up.dtype)


@torch.no_grad()
def active_solve(
    stiffness: Tensor,
    rhs: Tensor,
    held: Tensor,
    mass: Tensor,
    families: Sequence[Family],
) -> Tensor:
    """Derivative of the shifts while the same cells stay held, for M problems at once.

    Solves, with dτ one number per family that has somebody held,

        rhs_c − (K ds)_c = W_c dτ_f for held c,   Σ_{held c in f} W_c ds_c = 0,   ds = 0 elsewhere.

    The map from ``rhs`` to ds is symmetric, so it is its own adjoint. A held cell with nobody
    inside the box cannot move: it keeps its family's level where it is (dτ = 0). Where ds is not
    unique (attributes that say the same) a small one is taken; what it does to the people inside
    the box is unique.

    Args:
        stiffness: (M, C, C) float64 K, as in :func:`inner_step`.
        rhs: (M, C) float64 change of W_c m_c if the shifts stood still.
        held: (M, C) bool, or the shifts' signs.
        mass: (C,) or (M, C).
        families: Side by side, covering the C cells.

    Returns:
        ds (M, C).
    """
    member, _ = _structure(tuple((f.start, f.stop) for f in families), rhs.device)
    size = rhs.shape[1]
    exact, root = _system(stiffness, mass, member, 0.0)
    scale = mass.amax(-1, keepdim=True)
    keep = _kept(held != 0, member, rhs.dtype)
    exact = _masked(exact, keep)
    system = exact.clone()
    system.diagonal(dim1=1, dim2=2)[:, :size] += RIDGE * keep[:, :size]
    right = torch.nn.functional.pad(rhs / (root * scale), (0, len(member))) * keep
    factors, pivots, _ = torch.linalg.lu_factor_ex(system)
    found = torch.zeros_like(right)[:, :, None]
    for _ in range(_REFINEMENTS):
        off = right[:, :, None] - exact @ found
        found = found + torch.linalg.lu_solve(factors, pivots, off)
    return found[:, :size, 0] * keep[:, :size] / root


def _kept(held: Tensor, member: Tensor, dtype: torch.dtype) -> Tensor:
    """(M, C + F) 1 for the held cells and for families that have one."""
    some = (held[:, None, :] & member).any(2)
    return torch.cat([held, some], 1).to(dtype)


def _masked(system: Tensor, keep: Tensor) -> Tensor:
    """The system of the kept unknowns; the others are set to 0."""
    masked = system * (keep[:, :, None] * keep[:, None, :])
    masked.diagonal(dim1=1, dim2=2).add_(1 - keep)
    return masked
