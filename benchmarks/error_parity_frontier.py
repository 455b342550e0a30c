"""error-parity at work, for comparison; run by the interpreter of an environment that has it.

It asks for cvxpy 1.3 and numpy 1, so it lives in a virtual environment of its own (see
``benchmarks/results/README.md``). This file imports nothing of fairlab and is started by
``benchmarks.frontier`` as

    python error_parity_frontier.py inputs.npz outputs.npz

Reads y_true, score, group (n,), slacks (S,), repeats, and writes for each of its constraints the
optimal costs (S,) with every ROC point kept, and seconds of one whole fit with its defaults and of
the linear programme alone, once per repeat, at the middle slack.
"""

import sys
import time
import warnings
from typing import Any

import numpy as np

CONSTRAINTS = {
    "demographic_parity": "demographic_parity",
    "equal_opportunity": "true_positive_rate_parity",
    "predictive_equality": "false_positive_rate_parity",
    "equalized_odds": "equalized_odds",
}
TIMED = ("demographic_parity", "equalized_odds")


def fitted(given: dict[str, Any], name: str, slack: float, ticks: int | None) -> Any:
    """Their optimizer, fitted on given scores."""
    from error_parity import RelaxedThresholdOptimizer

    score = given["score"]
    optimizer = RelaxedThresholdOptimizer(
        predictor=lambda x: x[:, 0],
        constraint=CONSTRAINTS[name],
        tolerance=slack,
        max_roc_ticks=ticks,
    )
    optimizer.fit(X=score[:, None], y=given["y_true"], group=given["group"], y_scores=score)
    return optimizer


def main(source: str, target: str) -> None:
    """Read, solve, time, write."""
    warnings.simplefilter("ignore")
    with np.load(source) as inputs:
        given = {name: inputs[name] for name in inputs.files}
    found: dict[str, Any] = {}
    for name in CONSTRAINTS:
        costs = [fitted(given, name, float(slack), None).cost() for slack in given["slacks"]]
        found[f"{name}_cost"] = np.array(costs)
    middle = float(given["slacks"][len(given["slacks"]) // 2])
    for name in TIMED:
        whole, programme = [], []
        for _ in range(int(given["repeats"]) + 1):
            start = time.perf_counter()
            optimizer = fitted(given, name, middle, 1000)
            whole.append(time.perf_counter() - start)
            programme.append(programme_seconds(optimizer, given, name, middle))
        found[f"{name}_seconds"] = np.array(whole[1:])
        found[f"{name}_programme"] = np.array(programme[1:])
    np.savez(target, **found)


def programme_seconds(optimizer: Any, given: dict[str, Any], name: str, slack: float) -> float:
    """Seconds of the linear programme alone, hulls given."""
    from error_parity.cvxpy_utils import (
        compute_fair_optimum,
    )

    y, group = given["y_true"], given["group"]
    codes = np.unique(group)
    positive = np.array([y[group == g].sum() for g in codes]) / y.sum()
    negative = np.array([(1 - y[group == g]).sum() for g in codes]) / (1 - y).sum()
    start = time.perf_counter()
    compute_fair_optimum(
        fairness_constraint=CONSTRAINTS[name],
        tolerance=slack,
        groupwise_roc_hulls=optimizer.groupwise_roc_hulls,
        group_sizes_label_pos=positive,
        group_sizes_label_neg=negative,
        groupwise_prevalence=optimizer.groupwise_prevalence,
        global_prevalence=optimizer.global_prevalence,
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:3])
