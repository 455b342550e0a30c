"""The fairness layer beside ``CvxpyLayer`` (diffcp), one pass of torch, and the published package.

Times, values and gradients on the same inputs, in one process with torch's present number of
threads; then sizes no general solver reaches: ten million people, fifty groups, four attributes,
sixty-four models. Ends with an error when values or gradients disagree.

    python -m benchmarks.layer [--data adult.csv.gz] [--json out.json] [--device cuda]
                               [--package-python OTHER/bin/python]

The published package needs an environment of its own: ``benchmarks/results/README.md``.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cvxpy as cp
import numpy as np
import torch
from cvxpylayers.torch import CvxpyLayer
from torch import Tensor

from benchmarks.harness import Comparison, Figure, at_most, faster, median_seconds, report
from benchmarks.published import package_rows
from fairlab.errors import FairlabError
from fairlab.outcomes import IntArray
from fairlab.projection import CONSTRAINTS, project

SLACK = 0.05
AGREE = 1e-5
RESIDUAL = 1e-6
# SCS stalls at such tolerances on some of these; an interior point leaves about 1e-6.
INTERIOR = {
    "solve_method": "Clarabel",
    "tol_gap_abs": 1e-13,
    "tol_gap_rel": 1e-13,
    "tol_feas": 1e-13,
    "mode": "dense",
}
SIZES = (2, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
GROUPS = (2, 5, 20, 50)
MODELS = (1, 4, 16, 64)
TIGHT = {"solve_method": "SCS", "eps": 1e-12, "max_iters": 200_000}


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


def main(
    data: Path | None = None,
    json_path: Path | None = None,
    device: str = "cpu",
    package_python: Path | None = None,
) -> None:
    """Measure, compare values and gradients, print tables, and write JSON when asked.

    Args:
        data: The Adult table as CSV, for the row against the package's training; or None.
        json_path: Where to write the figures.
        device: ``cpu`` or ``cuda``, of ours and of the torch pass; solvers run on the CPU.
        package_python: Python of an environment that has ``fairness-training``; None leaves
            those rows out.

    Raises:
        FairlabError: If ours and the peer differ by more than 1e-5 in a score, or 1e-5 of the
            gradient's size, or a promise is missed by more than 1e-6.
    """
    torch.manual_seed(0)
    comparisons = [*against_solver(device), against_one_pass(device)]
    figures = [*agreement(device), *residuals(device)]
    facts = [f"torch {torch.__version__}, {torch.get_num_threads()} threads, device {device}."]
    if package_python is None:
        facts.append(
            "The published package was not measured: give --package-python (how to make its "
            "environment: benchmarks/results/README.md)."
        )
    else:
        more, found, said = package_rows(package_python, data, device, REPEATS_OF_PEER)
        comparisons, figures, facts = comparisons + more, figures + found, facts + said
    comparisons += growth(device)
    report("Fairness layer, forward and backward", comparisons, json_path, facts, figures)
    missed = [f.what for f in figures if f.reached is False]
    if missed:
        raise FairlabError(
            f"Ours and the peer disagree, or a promise was missed: {'; '.join(missed)}. Do not "
            "use the times above before this is understood."
        )


REPEATS_OF_PEER = 3


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


def timed(work: Batch) -> Callable[[], None]:
    """One forward and backward, finished when it returns also on a GPU."""

    def run() -> None:
        ours(work)
        if work.z.is_cuda:
            torch.cuda.synchronize()

    return run


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


def side_by_side(mine: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Median of five rounds, each both sides' median of warm calls: neighbours disturb both."""
    rounds = [(median_seconds(mine, 5), median_seconds(theirs, 3)) for _ in range(5)]
    return statistics.median(r[0] for r in rounds), statistics.median(r[1] for r in rounds)


def against_solver(device: str) -> list[Comparison]:
    """Forward and backward against ``CvxpyLayer``, already built and built in each call."""
    rows = []
    for n, target in ((256, 10.0), (4_096, 100.0)):
        work = batch(n, device=device)
        layer = solver_layer(work.group.cpu().numpy(), SLACK)
        mine, peer = side_by_side(timed(work), partial(by_solver, layer, work))
        other = median_seconds(partial(by_solver, layer, work, {"solve_method": "Clarabel"}))
        rows.append(
            faster(
                f"n = {n:,}, 2 groups",
                mine,
                "CvxpyLayer, already built",
                peer,
                target=target,
                note=f"Its default solver (SCS); {other * 1e3:.1f} ms with Clarabel.",
            )
        )
    work = batch(1_024, models=21, device=device)
    layer = solver_layer(work.group.cpu().numpy(), SLACK)
    mine, peer = side_by_side(timed(work), partial(by_solver, layer, work))
    rows.append(
        faster("21 models × n = 1,024", mine, "CvxpyLayer, its own batching", peer, target=60.0)
    )
    for n, target in ((256, 25.0), (4_096, 800.0)):
        work = batch(n, device=device)
        mine, peer = side_by_side(timed(work), partial(built_anew, work))
        rows.append(
            faster(
                f"n = {n:,}, including building it",
                mine,
                "CvxpyLayer, built in each call",
                peer,
                target=target,
                note="Ours works its cells out in each call, above as here.",
            )
        )
    return rows


def built_anew(work: Batch) -> tuple[Tensor, Tensor]:
    """Scores and gradient by a problem built for this one call, as the published package does."""
    return by_solver(solver_layer(work.group.cpu().numpy(), SLACK), work)


def against_one_pass(device: str) -> Comparison:
    """A million people in float32 against one clamp and one sum over the same vector."""
    work = batch(1_000_000, dtype=torch.float32, device=device)
    mine, peer = side_by_side(timed(work), one_pass(work.z))
    return at_most(
        "n = 1,000,000, 2 groups, float32",
        mine,
        "one torch.clamp + one sum",
        peer,
        target=60.0,
        note="Stretch: 30×. Each warm: called over and over on the same vector.",
    )


def one_pass(z: Tensor) -> Callable[[], None]:
    """One clamp and one sum over the scores."""

    def run() -> None:
        z.clamp(0.0, 1.0)
        z.sum()
        if z.is_cuda:
            torch.cuda.synchronize()

    return run


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


def residuals(device: str) -> list[Figure]:
    """Largest gap beyond the slack, measured on the scores returned, for every size and count."""
    figures = []
    for groups in GROUPS:
        worst, at = 0.0, 0
        for n in SIZES:
            if n < groups:
                continue
            work = batch(n, groups, dtype=torch.float32, device=device)
            excess = gap(project(work.z, work.group, SLACK).p, work.group, groups) - SLACK
            worst, at = max((worst, at), (excess, n))
        figures.append(
            Figure(
                f"gap beyond the slack, {groups} groups, n from {max(2, groups)} to {SIZES[-1]:,}",
                worst,
                RESIDUAL,
                note=f"float32 scores; largest at n = {at:,}." if at else "",
            )
        )
    return figures


def gap(p: Tensor, group: Tensor, groups: int) -> float:
    """Range of group means of scores (n,), added in float64."""
    totals = torch.bincount(group, weights=p.to(torch.float64), minlength=groups)
    means = totals / torch.bincount(group, minlength=groups)
    return float(means.max() - means.min())


def growth(device: str) -> list[Comparison]:
    """Time beside one clamp and one sum as people, groups, attributes and models grow."""
    works = [
        (f"n = {n:,}, 2 groups", batch(n, dtype=torch.float32, device=device))
        for n in (10_000, 100_000, 10_000_000)
    ]
    works += [
        (f"n = 1,000,000, {g} groups", batch(1_000_000, g, dtype=torch.float32, device=device))
        for g in (10, 50)
    ]
    works += [
        (
            f"n = 100,000, {a} attribute{'s' * (a > 1)} × 3 groups, together",
            batch(100_000, 3, attributes=a, dtype=torch.float32, device=device),
        )
        for a in (1, 2, 3, 4)
    ]
    works += [
        (f"{m} models × n = 4,096", batch(4_096, models=m, dtype=torch.float32, device=device))
        for m in MODELS
    ]
    rows = []
    for what, work in works:
        repeats = 3 if work.z.numel() > 5_000_000 else 5
        rows.append(
            at_most(
                what,
                median_seconds(timed(work), repeats),
                "one torch.clamp + one sum",
                median_seconds(one_pass(work.z), repeats),
                note=f"Gap beyond the slack {excess_of(work):.1e}.",
            )
        )
    return rows


def excess_of(work: Batch) -> float:
    """Largest gap of any model and attribute beyond the slack, at least 0."""
    p = project(work.z, work.group, SLACK).p
    rows = p if p.ndim == 2 else p[None]
    columns = work.group.T if work.group.ndim == 2 else work.group[None]
    return max(
        0.0,
        max(gap(row, codes, int(codes.max()) + 1) - SLACK for row in rows for codes in columns),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=None, help="the Adult table as CSV")
    parser.add_argument("--json", type=Path, default=None, help="where to write the figures")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--package-python", type=Path, default=None)
    arguments = parser.parse_args()
    main(arguments.data, arguments.json, arguments.device, arguments.package_python)
