"""The nearest scores whose cell means are within a slack, solved exactly.

    min ½ Σ w_i (p_i − z_i)²   s.t.  lower ≤ p ≤ upper,
    max_c m_c − min_c m_c ≤ ε over the cells c of each family,

with m_c the weighted mean over cell c of a_i p_i + b_i, a_i = ±1, and W_c the cell's weight. The
solution is ``p_i = clip(z_i − a_i Σ s_c)``, summed over the cells person i is in: there are as many
unknowns as cells, not people. In each family every mean lies in [τ, τ + ε]; s_c > 0 only where
m_c = τ + ε, s_c < 0 only where m_c = τ, and the multipliers W_c s_c sum to 0.

A Newton step replaces the means by their tangents and solves that problem exactly: in closed form
when no person is in two cells (``balance.py``), as a small quadratic programme otherwise
(``overlap.py``), there with a line search on the dual. A few steps are enough. Where the first
kind is not (flat stretches), a search over sorted breakpoints settles it (``breakpoints.py``).

People only enter through totals over the *joint cells*, the intersections of the attributes'
cells, of which everybody is in at most one.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.errors import SolveError
from fairlab.projection.balance import balance
from fairlab.projection.breakpoints import shifts_by_breakpoints
from fairlab.projection.overlap import inner_step
from fairlab.projection.problem import Problem, linear

# Largest excess over the slack that is accepted, relative to the scores' size: of scores in [0, 1]
# computed in float64, and in float32 (very many scores).
ACCEPTED = {torch.float64: 1e-9, torch.float32: 1e-6}
_OPTIMAL = {torch.float64: 1e-12, torch.float32: 1e-7}
_NEWTON_STEPS = 12
_OVERLAP_STEPS = 300
_HALVINGS = 40
_ARMIJO = 0.01
_NEARER = 0.1
# Rounding of the dual, relative: of float32 scores it sees only so much.
_ROUNDING = {torch.float64: 1e-11, torch.float32: 1e-6}


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Solutions of M problems over C cells.

    Attributes:
        shift: (M, C) float64.
        active: (M, J) weight strictly inside the box in each joint cell.
        residual: (M,) float64 excess of the widest range over the slack, ≥ 0.
        iterations: Newton steps taken (of the slowest problem).
    """

    shift: Tensor
    active: Tensor
    residual: Tensor
    iterations: int


@torch.no_grad()
def solve(problem: Problem, slack: Tensor, start: Tensor | None = None) -> Solution:
    """Shift of every cell.

    Args:
        problem: M problems.
        slack: (M,) float64 largest allowed range of cell means, ≥ 0.
        start: (M, C) shift to begin with.

    Raises:
        SolveError: If the slack is exceeded by more than is accepted in the end.
    """
    families = problem.families
    shift = start
    if shift is None:
        shift = problem.z.new_zeros(len(problem.z), problem.cells.size, dtype=torch.float64)
    state = _State(shift, *problem.at(start))
    wide = families.range(state.mean) > slack
    unsolved = wide if start is None else wide | (shift != 0).any(1)
    steps = 0
    if bool(unsolved.any()):
        newton = _newton if problem.joint.table is None else _newton_with_overlaps
        state, unsolved, steps = newton(problem, slack, state, unsolved)
        if problem.joint.table is None and bool(unsolved.any()):
            shift = state.shift.clone()
            shift[unsolved] = shifts_by_breakpoints(problem.rows(unsolved), slack[unsolved])
            state = _State(shift, *problem.at(shift))
            steps += 1
    residual = (families.range(state.mean) - slack).clamp_min(0.0)
    worst = float(residual.max())
    accepted = ACCEPTED[problem.dtype] * problem.scale
    if not worst <= accepted:
        raise SolveError(
            f"The projection left a gap {worst:.2g} beyond the slack (at most {accepted:.2g} is "
            "accepted). Most likely no scores within the bounds meet all constraints: raise the "
            "slack or widen the bounds.",
            residual=worst,
        )
    return Solution(state.shift, state.active, residual, steps)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Shifts (M, C), the means (M, C) there and the weight (M, J) strictly inside the box."""

    shift: Tensor
    mean: Tensor
    active: Tensor


def _newton(
    problem: Problem, slack: Tensor, state: _State, unsolved: Tensor
) -> tuple[_State, Tensor, int]:
    families = problem.families
    mass = families.mass(problem.mass)
    if len(mass) != len(problem.z) * families.count:
        mass = mass.repeat(len(problem.z), 1)
    flat = (1.0 / problem.mass).clamp(max=1.0)
    eps = families.per_family(slack)
    optimal = _OPTIMAL[problem.dtype] * problem.scale
    steps = 0
    while steps < _NEWTON_STEPS:
        steps += 1
        # A cell with nobody inside the box has a flat mean: give it the slope of one person.
        slope = families.split(torch.maximum(state.active / problem.mass, flat))
        new, tau = balance(
            families.split(state.mean), slope, families.split(state.shift), mass, eps
        )
        shift = families.join(new)
        if not bool(unsolved.all()):
            shift = torch.where(unsolved[:, None], shift, state.shift)
        state = _State(shift, *problem.at(shift))
        unsolved = unsolved & (families.violation(state.mean, shift, tau, eps) > optimal)
        if not bool(unsolved.any()):
            break
    return state, unsolved, steps


def _newton_with_overlaps(
    problem: Problem, slack: Tensor, state: _State, unsolved: Tensor
) -> tuple[_State, Tensor, int]:
    families = problem.families
    eps = families.per_family(slack)
    optimal = _OPTIMAL[problem.dtype] * problem.scale
    dual = problem.dual(state.mean, state.shift, slack)
    steps = 0
    while steps < _OVERLAP_STEPS:
        steps += 1
        new, tau = inner_step(
            state.mean,
            problem.joint.overlaps(state.active),
            state.shift,
            problem.mass,
            slack,
            problem.cells.families,
        )
        step = torch.where(unsolved[:, None], new - state.shift, 0.0)
        level = tau.reshape(-1, 1)
        before = families.violation(state.mean, state.shift, level, eps)
        for _ in range(_HALVINGS):
            shift = state.shift + step
            proposed = _State(shift, *problem.at(shift))
            value = problem.dual(proposed.mean, shift, slack)
            after = families.violation(proposed.mean, shift, level, eps)
            # The least gain that is accepted is a share of what the slope at the start promises.
            # Near the end gains drown in rounding: there a step that meets the conditions counts.
            promised = linear(problem, state.mean, shift, slack) - linear(
                problem, state.mean, state.shift, slack
            )
            gain = value - dual
            lost = _ROUNDING[problem.dtype] * (1 + dual.abs())
            settled = (after <= _NEARER * before) & (gain >= -lost)
            worse = (gain < _ARMIJO * promised) & ~settled
            if not bool(worse.any()):
                break
            step = torch.where(worse[:, None], step / 2, step)
        state, dual = proposed, value
        unsolved = unsolved & (after > optimal)
        if not bool(unsolved.any()):
            break
    return state, unsolved, steps
