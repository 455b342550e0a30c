"""Differentiable projection of scores onto nearly equal cell means, as a function and a layer.

After Troxell, Roemer, Montúfar, "Differentiable Optimization Layers for Guaranteed Fairness in
Deep Learning", ICML 2026 (arXiv 2605.17118), solved exactly (``exact.py``) instead of by a
general solver.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from fairlab.errors import InputError
from fairlab.projection.constraints import CONSTRAINTS, Cells, Family, cells_of
from fairlab.projection.exact import solve
from fairlab.projection.gradient import Solved, SolvedInNumbers
from fairlab.projection.pairs import MOST, are_pairs, solve_pairs
from fairlab.projection.problem import Box, Problem
from fairlab.projection.uncompiled import not_compiled

__all__ = ["FairnessLayer", "Projection", "project", "project_cells"]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Nearest scores within the slack, and how they were found.

    Attributes:
        p: (n,) or (M, n), as the input; differentiable in the input.
        families: What was bounded; ``family.start:family.stop`` are its columns below.
        shift: (C,) or (M, C) float64: ``p_i = clip(z_i − a_i Σ shift of i's cells)``. Positive: the
            cell's mean was lowered.
        multipliers: The same times the cell's weight; they sum to 0 in each family.
        price: (F,) or (M, F) float64, ≥ 0: what one unit of slack is worth. Widening one family's
            slack by δ lowers ½ Σ w (p − z)² by price·δ, to first order. A point of slack is 0.01.
        residual: () or (M,) excess of the widest range over the slack, measured in the end:
            ≤ 1e-9, or ≤ 1e-6 for more than 131,072 float32 scores; times the scores' size beyond 1.
        iterations: Newton steps taken.
    """

    p: Tensor
    families: tuple[Family, ...]
    shift: Tensor
    multipliers: Tensor
    price: Tensor
    residual: Tensor
    iterations: int


@not_compiled
def project(
    z: Tensor,
    group: Tensor,
    slack: float | Tensor,
    constraint: str = "demographic_parity",
    y: Tensor | None = None,
    lower: float = 0.0,
    upper: float = 1.0,
    weight: Tensor | None = None,
    *,
    start: Tensor | None = None,
) -> Projection:
    """Nearest scores in [lower, upper] whose group means differ by at most ``slack``.

    Minimises ½ Σ w_i (p_i − z_i)². For constraints on a label the range is bounded among people
    with that label (each label apart for ``equalized_odds``); others are only clipped. Several
    attributes are each bounded by themselves, all at once; cross them into one for crossed groups.

    The gradient is the projection's derivative on its active set; derivatives of it in turn are
    those of a linear map. Where there is a kink, it is one-sided: a score on the edge of the box
    does not move, and a cell that was not shifted is free, as if its constraint were not there.

    Models of a sweep go on the leading axis; ``torch.func.vmap`` is refused. Under
    ``torch.compile`` the projection runs uncompiled, between the compiled parts.

    Args:
        z: (n,) or (M, n) float32 or float64 scores; M problems at once.
        group: (n,) integers, or (n, A) for A attributes.
        slack: ε ≥ 0, a number or (M,).
        constraint: A name of ``CONSTRAINTS``.
        y: (n,) labels 0/1, for constraints that look at the label.
        lower, upper: Box, for example [0, 1] for probabilities; −inf and inf are allowed.
        weight: (n,) or (M, n) positive weights; weight 2 equals the person twice.
        start: (C,) or (M, C) ``shift`` of an earlier projection of the same cells, to begin with.

    Raises:
        UnknownNameError: Unknown constraint.
        InputError: Shapes that do not fit, scores that are not finite, a negative slack, an empty
            box, missing labels.
        SolveError: A cell is empty (named), or no scores in the box are within the slack.
    """
    _refuse_vmap(z)
    _check_scores(z, len(group))
    cells = cells_of(constraint, group, y)
    return _projected(z, cells, slack, Box(lower, upper), weight, start)


@not_compiled
def project_cells(
    z: Tensor,
    cells: Cells,
    slack: float | Tensor,
    lower: float = 0.0,
    upper: float = 1.0,
    weight: Tensor | None = None,
    *,
    start: Tensor | None = None,
) -> Projection:
    """:func:`project` with the cells worked out before, for use in a loop."""
    _refuse_vmap(z)
    _check_scores(z, cells.n)
    return _projected(z, cells, slack, Box(lower, upper), weight, start)


def _projected(
    z: Tensor,
    cells: Cells,
    slack: float | Tensor,
    box: Box,
    weight: Tensor | None,
    start: Tensor | None,
) -> Projection:
    span = _span(z)
    _check(z, cells, box, weight, start)
    eps = _slack(slack, z)
    if z.numel() == cells.n <= MOST and z.device.type == "cpu" and weight is None:
        found = _projected_pairs(z, cells, box, float(eps), span)
        if found is not None:
            return found
    rows = z[None] if z.ndim == 1 else z
    problem = Problem(rows, cells, box, weight, span)
    solution = solve(problem, eps, None if start is None else start.view(-1, cells.size))
    p: Tensor = Solved.apply(rows, problem, solution)  # type: ignore[no-untyped-call]
    multipliers = solution.shift * problem.mass
    price = problem.families.sum(multipliers.clamp_min(0.0))

    def shape(x: Tensor) -> Tensor:
        return x[0] if z.ndim == 1 else x

    return Projection(
        p=shape(p),
        families=cells.families,
        shift=shape(solution.shift),
        multipliers=shape(multipliers),
        price=shape(price),
        residual=shape(solution.residual),
        iterations=solution.iterations,
    )


def _projected_pairs(
    z: Tensor, cells: Cells, box: Box, slack: float, span: tuple[float, float]
) -> Projection | None:
    if not are_pairs(cells):
        return None
    bare = z.detach()
    scores = bare.reshape(-1).numpy().astype(np.float64)
    found = solve_pairs(scores, cells, box, slack, max(1.0, -span[0], span[1]))
    if found is None:
        return None

    def problem() -> Problem:
        return Problem(bare.reshape(1, -1), cells, box, None, span)

    p: Tensor = SolvedInNumbers.apply(z, problem, found)  # type: ignore[no-untyped-call]
    multipliers = [shift * people for shift, people in zip(found.shift, cells.people, strict=True)]

    def tensor(values: Sequence[float]) -> Tensor:
        return torch.tensor(values if z.ndim == 1 else [values], dtype=torch.float64)

    return Projection(
        p=p,
        families=cells.families,
        shift=tensor(found.shift),
        multipliers=tensor(multipliers),
        price=tensor([abs(one) for one in multipliers[::2]]),
        residual=tensor([found.residual]).squeeze(-1),
        iterations=found.iterations,
    )


def _slack(slack: float | Tensor, z: Tensor) -> Tensor:
    rows = 1 if z.ndim == 1 else len(z)
    if isinstance(slack, Tensor):
        wrong = slack.ndim > 1 or not bool((slack >= 0).all())
        if slack.ndim == 1 and (z.ndim != 2 or len(slack) != len(z)):
            raise InputError(
                f"A slack per problem needs one entry per row of scores; found {len(slack)} slacks "
                f"and scores of shape {tuple(z.shape)}."
            )
        eps = slack.detach().to(z.device, torch.float64).expand(rows)
    else:
        wrong = not slack >= 0
        eps = torch.full((rows,), float(slack), dtype=torch.float64, device=z.device)
    if wrong:
        raise InputError(f"Slack must be 0 or more; found {slack}.")
    return eps


def _refuse_vmap(z: Tensor) -> None:
    if torch._C._functorch.is_functorch_wrapped_tensor(z):
        raise InputError(
            "The projection cannot be mapped by torch.func. Put the problems on a leading axis: "
            "scores of shape (M, n) are projected together."
        )


def _check_scores(z: Tensor, n: int) -> None:
    if z.ndim not in (1, 2) or z.dtype not in (torch.float32, torch.float64):
        raise InputError(
            f"Scores must be a float32 or float64 tensor of shape (n,) or (M, n); found {z.dtype} "
            f"of shape {tuple(z.shape)}."
        )
    if z.shape[-1] != n:
        raise InputError(
            f"group must hold one integer per person: there are {z.shape[-1]} scores and {n} "
            "entries of group."
        )
    if z.numel() == 0:
        raise InputError("There are no people to project; at least one is needed.")


def _span(z: Tensor) -> tuple[float, float]:
    """Least and largest score; one pass that also meets what is not finite."""
    low, high = (float(v) for v in torch.aminmax(z.detach()))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(
            "Scores must be finite to be projected; some are not. Lower the learning rate or "
            "check the features."
        )
    return low, high


def _check(
    z: Tensor,
    cells: Cells,
    box: Box,
    weight: Tensor | None,
    start: Tensor | None,
) -> None:
    if not cells.families:
        raise InputError(
            "No group has another to be compared with, so there is nothing to project. Pass people "
            "of at least two groups."
        )
    if not box.lower < box.upper:
        raise InputError(
            f"The box must not be empty; found lower {box.lower:g} and upper {box.upper:g}."
        )
    n = cells.n
    problems = z.numel() // n
    if weight is not None and (
        weight.shape not in ((n,), (problems, n)) or not bool((weight > 0).all())
    ):
        raise InputError(
            f"Weights must be positive with one per person; found shape {tuple(weight.shape)}."
        )
    if start is not None and (
        start.shape[-1:] != (cells.size,) or start.numel() != problems * cells.size
    ):
        raise InputError(
            f"start holds shifts of {tuple(start.shape)} cells, and there are {cells.size} cells "
            f"in {problems} problems. Pass the shift of a projection of the same groups, or none."
        )


class FairnessLayer(nn.Module):
    """Last layer of a network: scores in, nearest scores within the slack out.

    It needs the people's groups, and in training the labels if the constraint looks at them. To
    score people whose labels are unknown, use a policy (``FrozenRule``, ``OnlineRule``).

    Args:
        slack: ε ≥ 0, a number or (M,).
        constraint: A name of ``CONSTRAINTS``.
        lower, upper: Box of the scores; may be infinite.
    """

    slack: Tensor

    def __init__(
        self,
        slack: float | Tensor,
        constraint: str = "demographic_parity",
        lower: float = 0.0,
        upper: float = 1.0,
    ) -> None:
        super().__init__()
        _ = CONSTRAINTS[constraint]
        self.constraint = constraint
        self.lower = lower
        self.upper = upper
        self.register_buffer("slack", torch.as_tensor(slack, dtype=torch.float64))

    def forward(
        self,
        z: Tensor,
        group: Tensor,
        y: Tensor | None = None,
        weight: Tensor | None = None,
        slack: float | Tensor | None = None,
    ) -> Tensor:
        """Projected scores of the batch, same shape as ``z``; see :func:`project`.

        ``slack`` takes the place of the layer's own for this call.
        """
        eps = self.slack if slack is None else slack
        return project(z, group, eps, self.constraint, y, self.lower, self.upper, weight).p

    def extra_repr(self) -> str:
        """What the layer promises."""
        return (
            f"constraint={self.constraint!r}, slack={self.slack.tolist()}, "
            f"box=[{self.lower:g}, {self.upper:g}]"
        )
