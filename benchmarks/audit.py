"""Exact sweeps and count bootstrap against Fairlearn; a sweep of ten million people.

Run ``python -m benchmarks.audit [--data adult.csv.gz] [--json out.json]``. With Adult's table a
boosting model is trained on 70 % and the other 14,653 people are audited by sex; without it,
scores of the same size are made up.
"""

import argparse
import time
import warnings
from pathlib import Path

import fairlearn.metrics as peer
import numpy as np
from sklearn.metrics import precision_score

from benchmarks.harness import Comparison, at_most, faster, median_seconds, report
from benchmarks.scores import from_table, made_up
from fairlab.metrics import GAPS, RATES, bootstrap_counts
from fairlab.outcomes import Array, GroupedOutcomes, count
from fairlab.sweeps import ThresholdSweep, exact_sweep

FIVE_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
)
PEER_METRICS = {
    "selection_rate": peer.selection_rate,
    "tpr": peer.true_positive_rate,
    "fpr": peer.false_positive_rate,
    "ppv": precision_score,
}
THRESHOLDS = np.linspace(0, 1, 101)
DRAWS = 10_000
PEER_DRAWS = 100
MANY = 10_000_000
TOLERANCE = 1e-12


def main(data: Path | None = None, json_path: Path | None = None) -> None:
    """Measure, check that both sides agree, print a table, and write JSON when asked.

    Args:
        data: A table ``benchmarks.scores.from_table`` knows; None makes scores up.
        json_path: Where to write the figures.

    Raises:
        InputError: If the table is not known.
    """
    outcomes, what = made_up() if data is None else from_table(data)
    sweep, checked = _sweep_comparison(outcomes, what)
    report(
        "Audit: exact threshold sweep, bootstrap, ten million people",
        [sweep, _bootstrap_comparison(outcomes, what), _large_comparison()],
        json_path,
        facts=[checked],
    )


def all_gaps(sweep: ThresholdSweep) -> list[Array]:
    """The five gaps at every threshold of a sweep."""
    return [GAPS[name](sweep.counts) for name in FIVE_GAPS]


def _sweep_comparison(outcomes: GroupedOutcomes, what: str) -> tuple[Comparison, str]:
    ours = median_seconds(lambda: all_gaps(exact_sweep(outcomes)), repeats=15, warm_ups=3)
    group = np.asarray(outcomes.group_names)[outcomes.group]
    _peer_frame(outcomes, group, 0.5)
    start = time.perf_counter()
    frames = [_peer_frame(outcomes, group, float(t)) for t in THRESHOLDS]
    seconds = time.perf_counter() - start
    sweep = exact_sweep(outcomes)
    rates, gaps = _checked(outcomes, sweep, frames)
    comparison = faster(
        f"five gaps at all {len(sweep.thresholds):,} thresholds, {what}",
        ours,
        "Fairlearn MetricFrame, 4 metrics, 101 thresholds",
        seconds,
        target=2000,
        note="Peer measured once in full, warm; ours median of 15.",
    )
    fact = (
        f"{rates} rates by group and {gaps} gaps at the 101 common thresholds agree to "
        f"{TOLERANCE:g} (where Fairlearn prints 0 for 0/0, ours is undefined and left out)."
    )
    return comparison, fact


def _peer_frame(outcomes: GroupedOutcomes, group: Array, threshold: float) -> peer.MetricFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = peer.MetricFrame(
            metrics=PEER_METRICS,
            y_true=outcomes.y_true,
            y_pred=(outcomes.score >= threshold).astype(np.int64),
            sensitive_features=group,
        )
        frame.difference()
    return frame


def _checked(
    outcomes: GroupedOutcomes, sweep: ThresholdSweep, frames: list[peer.MetricFrame]
) -> tuple[int, int]:
    """Compare rates and gaps at the common thresholds; how many of each were compared.

    Raises:
        AssertionError: If any differs by more than the tolerance.
    """
    counts = sweep.at(THRESHOLDS)
    gap_of = dict(
        zip(
            PEER_METRICS,
            (
                "demographic_parity_difference",
                "equal_opportunity_difference",
                "predictive_equality_difference",
                "predictive_parity_difference",
            ),
            strict=True,
        )
    )
    present = np.flatnonzero(np.bincount(outcomes.group, minlength=outcomes.n_groups))
    order = np.argsort(np.asarray(outcomes.group_names)[present])
    rates = gaps = 0
    for name in PEER_METRICS:
        ours = RATES[name](counts)[:, present[order]]
        theirs = np.stack([frame.by_group[name].to_numpy(float) for frame in frames])
        defined = ~np.isnan(ours)
        np.testing.assert_allclose(ours[defined], theirs[defined], rtol=0, atol=TOLERANCE)
        rates += int(defined.sum())
        whole = defined.all(axis=1)
        spread = np.array([frame.difference()[name] for frame in frames])
        gap = GAPS[gap_of[name]](counts)
        np.testing.assert_allclose(gap[whole], spread[whole], rtol=0, atol=TOLERANCE)
        gaps += int(whole.sum())
    return rates, gaps


def _bootstrap_comparison(outcomes: GroupedOutcomes, what: str) -> Comparison:
    counts = count(outcomes, 0.5)

    def ours() -> list[Array]:
        drawn = bootstrap_counts(counts, DRAWS, np.random.default_rng(0))
        return [GAPS[name](drawn) for name in FIVE_GAPS]

    seconds = median_seconds(ours)
    group = np.asarray(outcomes.group_names)[outcomes.group]
    decision = (outcomes.score >= 0.5).astype(np.int64)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = peer.MetricFrame(
            metrics=PEER_METRICS,
            y_true=outcomes.y_true,
            y_pred=decision,
            sensitive_features=group,
            n_boot=PEER_DRAWS,
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )
        frame.difference_ci()
    peer_seconds = time.perf_counter() - start
    return faster(
        f"{DRAWS:,} bootstrap draws of five gaps, {what}",
        seconds,
        f"Fairlearn n_boot={PEER_DRAWS}, 4 metrics",
        peer_seconds,
        per_unit=DRAWS / PEER_DRAWS,
        target=10_000,
        note="Figure is per draw. Peer measured once; ours median of 5.",
    )


def _large_comparison() -> Comparison:
    outcomes, what = made_up(MANY)
    return at_most(
        f"exact sweep, {what}",
        median_seconds(lambda: exact_sweep(outcomes)),
        "numpy.argsort of the score",
        median_seconds(lambda: np.argsort(outcomes.score)),
        target=4,
        note="Counts per group at every distinct score; both medians of 5.",
    )


def run() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="Adult's table, or a table of scores (CSV)")
    parser.add_argument("--json", type=Path, dest="json_path", help="write the figures here")
    arguments = parser.parse_args()
    main(arguments.data, arguments.json_path)


if __name__ == "__main__":
    run()
