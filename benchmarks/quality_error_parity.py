"""error-parity in ``bench quality``: thresholds per group on three scores, within a slack.

Its linear programme is solved on validation people with every ROC point kept; the chances its
classifiers decide with are read off them, so nothing is drawn.
"""

import inspect
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.quality_ours import BASES
from benchmarks.quality_points import SLACKS, SPLITS, Asked, Base, Method, Point
from fairlab.outcomes import FloatArray, IntArray


def error_parity() -> tuple[Method, ...]:
    """error-parity on each score."""
    return tuple(
        Method(
            f"error_parity_{base}",
            "error-parity",
            f"error-parity on {base}",
            True,
            {"slacks": (0.0, *SLACKS), "max_roc_ticks": None},
            partial(_thresholds, base=base),
            needs="error_parity",
        )
        for base in BASES
    )


def _thresholds(asked: Asked, base: Base) -> Iterator[Point]:
    from error_parity import RelaxedThresholdOptimizer

    score = asked.base(base)
    for slack in (0.0, *SLACKS):
        optimizer = RelaxedThresholdOptimizer(
            predictor=lambda x: x[:, 0],
            constraint=asked.constraint,
            tolerance=slack,
            max_roc_ticks=None,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optimizer.fit(
                X=score["validation"][:, None],
                y=asked.y("validation"),
                group=asked.group("validation"),
                y_scores=score["validation"],
            )
        rule = optimizer._realized_classifier.group_to_clf
        chances = [group_chances(rule, score[split], asked.group(split)) for split in SPLITS]
        yield Point(f"slack {slack:g}", *chances)


def group_chances(rule: dict[int, Any], score: FloatArray, group: IntArray) -> FloatArray:
    """(n,) chance of being selected by a classifier per group."""
    chance = np.empty(len(score))
    for code, classifier in rule.items():
        own = group == code
        chance[own] = chance_of(classifier, score[own])
    return chance


def chance_of(classifier: Any, score: FloatArray) -> FloatArray:
    """(n,) chance with which one of its classifiers selects people with these scores."""
    if hasattr(classifier, "probabilities"):
        parts = [chance_of(one, score) for one in classifier.classifiers]
        return np.asarray(np.tensordot(np.asarray(classifier.probabilities), parts, axes=1))
    if hasattr(classifier, "threshold"):
        return np.asarray(score >= classifier.threshold, dtype=np.float64)
    if hasattr(classifier, "target_fpr"):
        return np.full(len(score), float(classifier.target_fpr))
    # The third of its mixtures ignores the score; its rate lives in the function's closure.
    rate = inspect.getclosurevars(classifier).nonlocals["fpr_rand"]
    return np.full(len(score), float(rate))
