"""The same projection as a cvxpy problem: ``CvxpyLayer``'s values and gradients beside ours."""

from dataclasses import dataclass

import cvxpy as cp
import numpy as np
import torch
from cvxpylayers.torch import CvxpyLayer
from torch import Tensor

from benchmarks.harness import Figure
from fairlab.outcomes import IntArray
from fairlab.projection import CONSTRAINTS, project

SLACK = 0.05
AGREE = 1e-5
TIGHT = {"solve_method": "SCS", "eps": 1e-12, "max_iters": 200_000}
# SCS stalls at such tolerances on some of these; an interior point leaves about 1e-6.
INTERIOR = {
    "solve_method": "Clarabel",
    "tol_gap_abs": 1e-13,
    "tol_gap_rel": 1e-13,
    "tol_feas": 1e-13,
    "mode": "dense",
}


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Scores to project and the direction whose gradient is taken.

    Attributes:
        z: (n,) or (M, n) scores, a few outside [0, 1].
        group: (n,) codes, every one of 0..G-1 present, or (n, A).
        direction: As ``z``: the gradient compared is that of ``(p · direction).sum()``.
    """

    z: Tensor
    group: Tensor
    direction: Tensor


def batch(
    n: int,
    groups: int = 2,
    models: int = 0,
    attributes: int = 0,
    dtype: torch.dtype = torch.float64,
    device: str = "cpu",
) -> Batch:
    """Made-up scores whose group means differ; the same for the same arguments."""
    rng = np.random.default_rng([n, groups, models, attributes])
    shape = (n, attributes) if attributes else (n,)
    group = rng.integers(0, groups, size=shape)
    group[:groups] = np.arange(groups).reshape(-1, *([1] * (len(shape) - 1)))
    lead = group if group.ndim == 1 else group[:, 0]
    level = 0.35 + 0.3 * lead / max(groups - 1, 1)
    rows = (models, n) if models else (n,)
    z = level + 0.25 * rng.standard_normal(rows, dtype=np.float32)
    direction = rng.standard_normal(rows, dtype=np.float32)
    return Batch(
        torch.tensor(z, dtype=dtype, device=device),
        torch.tensor(group, device=device),
        torch.tensor(direction, dtype=dtype, device=device),
    )


def ours(
    work: Batch,
    slack: float = SLACK,
    constraint: str = "demographic_parity",
    y: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Projected scores and the gradient of ``(p · direction).sum()`` in z."""
    z = work.z.detach().requires_grad_(True)
    p = project(z, work.group, slack, constraint, y).p
    torch.autograd.backward((p * work.direction).sum())
    assert z.grad is not None
    return p.detach(), z.grad


def solver_layer(group: IntArray, slack: float) -> CvxpyLayer:
    """The same projection as a cvxpy problem of the scores alone."""
    n = len(group)
    p, z, low = cp.Variable(n), cp.Parameter(n), cp.Variable()
    codes = np.unique(group)
    averages = np.stack([(group == g) / (group == g).sum() for g in codes])
    limits = [p >= 0, p <= 1]
    if len(codes) == 2:
        gap = (averages[0] - averages[1]) @ p
        limits += [gap <= slack, gap >= -slack]
    else:
        limits += [averages @ p >= low, averages @ p <= low + slack]
    return CvxpyLayer(cp.Problem(cp.Minimize(0.5 * cp.sum_squares(p - z)), limits), [z], [p])


def by_solver(
    layer: CvxpyLayer, work: Batch, solver_args: dict[str, object] | None = None
) -> tuple[Tensor, Tensor]:
    """Scores and gradient as :func:`ours`, by the solver."""
    z = work.z.detach().cpu().requires_grad_(True)
    (p,) = layer(z) if solver_args is None else layer(z, solver_args=solver_args)
    torch.autograd.backward((p * work.direction.cpu()).sum())
    assert z.grad is not None
    return p.detach(), z.grad


def agreement(device: str) -> list[Figure]:
    """Largest difference of scores and of gradients from the solver's at tight tolerances."""
    figures = []
    for n, groups, exact in ((256, 2, True), (250, 5, True), (1_024, 2, True), (4_096, 2, False)):
        work = batch(n, groups, device=device)
        layer = solver_layer(work.group.cpu().numpy(), SLACK)
        # diffcp's own gradient is iterative (LSQR, to about 1e-6); its dense one is exact.
        theirs = by_solver(layer, work, TIGHT | ({"mode": "dense"} if exact else {}))
        p, gradient = ours(work)
        figures += differences(f"n = {n:,}, {groups} groups", (p.cpu(), gradient.cpu()), theirs)
    for constraint in CONSTRAINTS:
        for attributes in (0, 2):
            figures += _agreement_of(constraint, attributes, device)
    return figures


def _agreement_of(constraint: str, attributes: int, device: str) -> list[Figure]:
    """The same for one constraint, of one attribute or of two together, 3 groups each."""
    work = batch(240, 3, attributes=attributes, device=device)
    y = torch.tensor(np.random.default_rng(1).integers(0, 2, 240), device=device)
    layer = general_layer(work.group.cpu().numpy(), y.cpu().numpy(), constraint, SLACK)
    theirs = by_solver(layer, work, INTERIOR)
    p, gradient = ours(work, SLACK, constraint, y)
    what = f"{constraint}, n = 240, {2 if attributes else 1} × 3 groups"
    return differences(what, (p.cpu(), gradient.cpu()), theirs)


def general_layer(group: IntArray, y: IntArray, constraint: str, slack: float) -> CvxpyLayer:
    """Any of the six constraints as a cvxpy problem, written from their definitions.

    Args:
        group: (n,) codes, or (n, A) of attributes bounded together.
        y: (n,) labels.
        constraint: Its name.
        slack: ε.
    """
    n = len(y)
    p, z = cp.Variable(n), cp.Parameter(n)
    measured = {
        "mean_residual_parity": p - y,
        "accuracy_parity": cp.multiply(2 * y - 1, p) + 1 - y,
    }.get(constraint, p)
    everyone = np.ones(n, dtype=bool)
    conditions = {
        "equal_opportunity": [y == 1],
        "predictive_equality": [y == 0],
        "equalized_odds": [y == 1, y == 0],
    }.get(constraint, [everyone])
    limits = [p >= 0, p <= 1]
    for codes in group.T if group.ndim == 2 else [group]:
        for inside in conditions:
            low = cp.Variable()
            cells = [inside & (codes == g) for g in np.unique(codes)]
            means = np.stack([cell / cell.sum() for cell in cells]) @ measured
            limits += [means >= low, means <= low + slack]
    return CvxpyLayer(cp.Problem(cp.Minimize(0.5 * cp.sum_squares(p - z)), limits), [z], [p])


def differences(
    what: str,
    mine: tuple[Tensor, Tensor],
    theirs: tuple[Tensor, Tensor],
    peer: str = "CvxpyLayer",
    limit: float = AGREE,
    note: str = "",
) -> list[Figure]:
    """Difference of scores, and of gradients relative to the largest entry of the peer's.

    Scores within 1e-4 of the edge of the box are left out of the gradient's: there it jumps.
    """
    p, gradient = theirs
    inside = ((mine[0] - 0.5).abs() < 0.5 - 1e-4) | (mine[0] == p.round())
    off = ((mine[1] - gradient).abs() * inside).max() / gradient.abs().max()
    return [
        Figure(
            f"{what}: scores − {peer}'s, largest difference",
            float((mine[0] - p).abs().max()),
            limit,
            note=note,
        ),
        Figure(f"{what}: gradients − {peer}'s, relative", float(off), limit),
    ]
