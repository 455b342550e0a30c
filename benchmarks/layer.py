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
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.harness import Comparison, Figure, at_most, faster, median_seconds, report
from benchmarks.layer_peer import SLACK, Batch, agreement, batch, by_solver, ours, solver_layer
from benchmarks.published import package_rows
from fairlab.errors import FairlabError
from fairlab.projection import project

RESIDUAL = 1e-6
SIZES = (2, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
GROUPS = (2, 5, 20, 50)
MODELS = (1, 4, 16, 64)


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


def timed(work: Batch) -> Callable[[], None]:
    """One forward and backward, finished when it returns also on a GPU."""

    def run() -> None:
        ours(work)
        if work.z.is_cuda:
            torch.cuda.synchronize()

    return run


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
