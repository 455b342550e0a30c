"""Every breakpoint of the threshold frontier against one slack of error-parity, and its optimum.

Run ``python -m benchmarks.frontier [--data adult.csv.gz] [--json out.json] [--package-python P]``.
Always: the optimum at several slacks beside a linear programme written from the definitions (all
ROC points as half-spaces, pairwise limits, solved by Clarabel through cvxpy, as error-parity
states its own). With the Python of an environment that has error-parity: its optima and times.
"""

import argparse
import statistics
import subprocess
import tempfile
from itertools import combinations
from pathlib import Path
from typing import Any

import cvxpy as cp
import numpy as np
from scipy.spatial import ConvexHull

from benchmarks.harness import Comparison, Figure, faster, median_seconds, report
from benchmarks.scores import from_table, made_up
from fairlab.errors import FairlabError, InputError
from fairlab.frontier import FRONTIER_GAPS, threshold_frontier
from fairlab.outcomes import FloatArray, GroupedOutcomes

SCRIPT = Path(__file__).with_name("error_parity_frontier.py")
NAME = "error-parity 0.3.12"
SLACKS = (0.0, 0.01, 0.02, 0.05, 0.1)
TIMED = ("demographic_parity", "equalized_odds")
REPEATS = 5
# Costs per person, that is: shares of people decided wrongly.
AGREE = 1e-4
AGREE_PROGRAMME = 1e-6


def main(
    data: Path | None = None, json_path: Path | None = None, package_python: Path | None = None
) -> None:
    """Measure, check that the optima agree, print a table, and write JSON when asked.

    Args:
        data: A table ``benchmarks.scores.from_table`` knows; None makes scores up.
        json_path: Where to write the figures.
        package_python: Python of an environment that has error-parity.

    Raises:
        InputError: If the table is not known, or that Python cannot run error-parity.
        FairlabError: If an optimum differs.
    """
    outcomes, what = made_up() if data is None else from_table(data)
    comparisons, figures, facts = by_programme(outcomes, what)
    if package_python is None:
        facts.append("Rows of error-parity need --package-python.")
    else:
        rows, found = by_error_parity(outcomes, what, package_python)
        comparisons, figures = comparisons + rows, figures + found
    report(
        "Frontier: every breakpoint, against one slack at a time",
        comparisons,
        json_path,
        facts=facts,
        figures=figures,
    )
    wrong = [figure.what for figure in figures if figure.reached is False]
    if wrong:
        raise FairlabError(f"These optima differ by more than allowed: {'; '.join(wrong)}.")


def ours(outcomes: GroupedOutcomes, constraint: str) -> None:
    """From people to all breakpoints and one rule."""
    threshold_frontier(outcomes, constraint).at(SLACKS[2])


def by_programme(
    outcomes: GroupedOutcomes, what: str
) -> tuple[list[Comparison], list[Figure], list[str]]:
    """Beside a programme per slack: times of one slack, and optima of all six constraints."""
    comparisons, figures, facts = [], [], []
    for constraint in FRONTIER_GAPS:
        frontier = threshold_frontier(outcomes, constraint)
        theirs = [programme(outcomes, constraint, slack) for slack in SLACKS]
        off = max(abs(frontier.cost_at(s) - value) for s, value in zip(SLACKS, theirs, strict=True))
        figures.append(
            Figure(f"{constraint}: cost per person − the programme's", off, AGREE_PROGRAMME)
        )
        facts.append(
            f"{constraint}: {len(frontier.slack)} breakpoints, {frontier.solves} programmes "
            f"solved, accuracy {frontier.accuracy[0]:.4f} without a gap to "
            f"{frontier.accuracy[-1]:.4f} at a gap of {frontier.slack[-1]:.4f}."
        )
        if constraint not in TIMED:
            continue
        comparisons.append(
            faster(
                f"{constraint}: all {len(frontier.slack)} breakpoints, {what}",
                median_seconds(lambda name=constraint: ours(outcomes, name), REPEATS),  # type: ignore[misc]
                "cvxpy and Clarabel, one slack, ours stated their way",
                median_seconds(
                    lambda name=constraint: programme(outcomes, name, SLACKS[2]),  # type: ignore[misc]
                    REPEATS,
                ),
            )
        )
    return comparisons, figures, facts


def programme(outcomes: GroupedOutcomes, constraint: str, slack: float) -> float:
    """Least cost per person at one slack, from the definitions.

    One (FPR, TPR) per group inside the hull of its ROC points, every pair of groups within the
    slack in each rate. Groups lacking an outcome a rate needs are no part of that rate's gap.
    """
    n = outcomes.n
    limits, cost, rates = [], 0.0, []
    for g in range(outcomes.n_groups):
        own = outcomes.group == g
        y, score = outcomes.y_true[own], outcomes.score[own]
        positive, negative = int(y.sum()), int((1 - y).sum())
        if positive + negative == 0:
            continue
        point = cp.Variable(2)
        limits += inside(point, roc(y, score))
        fp, tp = negative * point[0], positive * point[1]
        cost += (fp + positive - tp) / n
        rates.append(bounded(constraint, fp, tp, positive, negative))
    for r in range(len(rates[0])):
        values = [group[r] for group in rates if group[r] is not None]
        limits += [cp.abs(a - b) <= slack for a, b in combinations(values, 2)]
    problem = cp.Problem(cp.Minimize(cost), limits)
    tight = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
    problem.solve(solver=cp.CLARABEL, **tight)
    return float(problem.value)


def bounded(constraint: str, fp: Any, tp: Any, positive: int, negative: int) -> list[Any]:
    """The rates a constraint bounds, None where undefined."""
    n = positive + negative
    tpr = tp / positive if positive else None
    fpr = fp / negative if negative else None
    return {
        "demographic_parity": [(fp + tp) / n],
        "equal_opportunity": [tpr],
        "predictive_equality": [fpr],
        "equalized_odds": [tpr, fpr],
        "mean_residual_parity": [(fp + tp - positive) / n],
        "accuracy_parity": [(tp + negative - fp) / n],
    }[constraint]


def roc(y: Any, score: FloatArray) -> FloatArray:
    """(K, 2) FPR and TPR at every distinct score and above all; an absent outcome stands at 0."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    tp, fp = np.cumsum(y[order])[last], np.cumsum(1 - y[order])[last]
    points = np.stack([fp / max(1, (1 - y).sum()), tp / max(1, y.sum())], axis=1)
    return np.concatenate([[[0.0, 0.0]], points])


def inside(point: Any, points: FloatArray) -> list[Any]:
    """A point in the hull of points, as half-spaces; as a mixture where the hull has no area."""
    if np.linalg.matrix_rank(points - points[0], tol=1e-12) < 2:
        weights = cp.Variable(len(points), nonneg=True)
        return [cp.sum(weights) == 1, point == points.T @ weights]
    faces = ConvexHull(points).equations
    return [faces[:, :2] @ point + faces[:, 2] <= 0]


def by_error_parity(
    outcomes: GroupedOutcomes, what: str, python: Path
) -> tuple[list[Comparison], list[Figure]]:
    """Beside the package: all our breakpoints against ten of its solves; its optima."""
    theirs = ask(python, outcomes)
    comparisons, figures = [], []
    for constraint in FRONTIER_GAPS:
        if f"{constraint}_cost" not in theirs:
            continue
        frontier = threshold_frontier(outcomes, constraint)
        mine = np.array([frontier.cost_at(slack) for slack in SLACKS])
        off = float(np.abs(mine - theirs[f"{constraint}_cost"]).max())
        figures.append(Figure(f"{constraint}: cost per person − {NAME}'s", off, AGREE))
    for constraint in TIMED:
        breakpoints = len(threshold_frontier(outcomes, constraint).slack)
        mine_seconds = median_seconds(lambda name=constraint: ours(outcomes, name), REPEATS)  # type: ignore[misc]
        for part, words in (("seconds", "fits"), ("programme", "linear programmes alone")):
            seconds = statistics.median(theirs[f"{constraint}_{part}"].tolist())
            comparisons.append(
                faster(
                    f"{constraint}: all {breakpoints} breakpoints, {what}",
                    mine_seconds,
                    f"{NAME}, ten {words}, a slack each",
                    10 * seconds,
                    target=1.0,
                    note=f"One of its {words}: {seconds:.3f} s, in its own process.",
                )
            )
    return comparisons, figures


def ask(python: Path, outcomes: GroupedOutcomes) -> dict[str, Any]:
    """Run error-parity in its own process; arrays in, arrays out.

    Raises:
        InputError: If that interpreter cannot run it.
    """
    given: dict[str, Any] = {
        "y_true": outcomes.y_true,
        "score": outcomes.score,
        "group": np.unique(outcomes.group, return_inverse=True)[1],
        "slacks": np.array(SLACKS),
        "repeats": np.array(REPEATS),
    }
    where = "benchmarks/results/README.md says how to make an environment for it."
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "inputs.npz", Path(folder) / "outputs.npz"
        np.savez(source, **given)
        command = [str(python), str(SCRIPT), str(source), str(target)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise InputError(f"{python} cannot be run ({error.strerror}). {where}") from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"error-parity failed in {python}: {last}. {where}")
        with np.load(target) as outputs:
            return {name: outputs[name] for name in outputs.files}


def run() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a table benchmarks.scores knows (CSV)")
    parser.add_argument("--json", type=Path, dest="json_path", help="write the figures here")
    parser.add_argument("--package-python", type=Path, help="Python that has error-parity")
    arguments = parser.parse_args()
    main(arguments.data, arguments.json_path, arguments.package_python)


if __name__ == "__main__":
    run()
