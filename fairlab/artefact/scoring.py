"""What turns features into scores, built from records and arrays."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from fairlab.artefact.schema import LinearFacts, ModelRecord, NetworkFacts
from fairlab.artefact.trees import Trees
from fairlab.artefact.weights import Arrays
from fairlab.networks import GroupRule, NetworkFamily, Networks
from fairlab.outcomes import Array, IntArray

# Inputs (n, ·) and groups (n, A) to (n,) float32 scores.
Scorer = Callable[[Array, IntArray | None], np.ndarray]


def scorer_of(record: ModelRecord, arrays: Arrays, columns: int) -> Scorer:
    """What scores people; the arrays are those the record describes.

    Args:
        record: The model.
        arrays: Its numbers.
        columns: How many columns it reads.

    Raises:
        InputError: If trees do not hang together.
    """
    facts = record.predictor
    if isinstance(facts, NetworkFacts):
        return _network(facts, arrays)
    if isinstance(facts, LinearFacts):
        return _mixture(arrays) if facts.mixed else _regression(arrays)
    trees = Trees(arrays, columns)
    return lambda x, _codes: trees.score(x).astype(np.float32)


def _network(facts: NetworkFacts, arrays: Arrays) -> Scorer:
    layers = range(len(facts.units))
    rule = None
    if facts.rule is not None:
        rule = GroupRule(
            by=facts.rule.by,
            group_names=facts.rule.group_names,
            directions=facts.rule.directions,
            shift=arrays["rule.shift"][None],
            blend=arrays["rule.blend"],
            centre=arrays["rule.centre"],
            slope=arrays.get("rule.slope"),
            intercept=arrays.get("rule.intercept"),
        )
    family = NetworkFamily(
        mode="layer" if rule is not None else "penalty",
        models=np.zeros(1, dtype=np.int64),
        weights=tuple(arrays[f"weight{layer}"][None] for layer in layers),
        biases=tuple(arrays[f"bias{layer}"][None] for layer in layers),
        rule=rule,
    )
    networks = Networks((family,), ())
    return lambda x, codes: networks.score(0, x, codes)


def _regression(arrays: Arrays) -> Scorer:
    weights, start = arrays["coefficients"], arrays["intercepts"]

    def score(x: Array, _codes: IntArray | None) -> np.ndarray:
        return np.asarray(expit(x @ weights.T + start)[:, 0], dtype=np.float32)

    return score


def _mixture(arrays: Arrays) -> Scorer:
    """The chance of being selected: the shares of the regressions that select."""
    weights, start, shares = (arrays[n] for n in ("coefficients", "intercepts", "shares"))

    def score(x: Array, _codes: IntArray | None) -> np.ndarray:
        selects = x @ weights.T + start > 0
        total = np.zeros(len(x))
        for share, one in zip(shares, selects.T, strict=True):
            total += share * one
        return np.clip(total, 0.0, 1.0).astype(np.float32)

    return score
