"""Baselines fitted again on the same people, as data: coefficients, or trees as arrays.

Baselines are not kept with a result. None has a random start, so the same people and settings give
the same model; whoever uses one compares its scores with the stored ones.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from fairlab.artefact.trees import trees_of
from fairlab.baselines import BASELINES, Baseline
from fairlab.config import RunConfig
from fairlab.data.encoding import Encoding
from fairlab.data.prepare import prepare
from fairlab.data.task import PreparedData, TaskData
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.outcomes import Array, FloatArray
from fairlab.results import Point, cross

# Log-odds at which a chance is 0 or 1 exactly.
_CERTAIN = 800.0


def why_not_refitted(point: Point) -> str:
    """Why a baseline cannot be had as data, with the remedy; "" when it can."""
    assert point.method is not None
    if BASELINES[point.method].mitigation != "plugin":
        return ""
    return tr(
        "A plug-in rule is not written as a file: it is the mean of several models of outcome and "
        "group, and they are not kept. Choose a network, or another baseline."
    )


def refit(
    config: RunConfig, data: TaskData, point: Point
) -> tuple[Encoding, dict[str, Any], dict[str, Array]]:
    """A baseline's encoding, and its facts and arrays as :mod:`fairlab.artefact` writes them.

    Args:
        config: The run.
        data: Its table.
        point: A baseline of it.

    Raises:
        InputError: For a plug-in rule, or with the reason why scikit-learn's model cannot be read.
    """
    reason = why_not_refitted(point)
    if reason:
        raise InputError(reason)
    assert point.method is not None
    baseline, sweep = BASELINES[point.method], config.sweep
    prepared = prepare(data, sweep.split, sweep.group_by, sweep.grouping)
    assert prepared.encoding is not None
    with threadpool_limits(1):
        if baseline.is_reduction:
            facts, arrays = _reduction(baseline, config, prepared, point)
        else:
            facts, arrays = _learner(baseline, config, prepared, point)
    return prepared.encoding, facts, arrays


def _learner(
    baseline: Baseline, config: RunConfig, prepared: PreparedData, point: Point
) -> tuple[dict[str, Any], dict[str, Array]]:
    from fairlab.training.learners import FITS

    model = FITS[baseline.learner](prepared, _weights(baseline, config, prepared), point.seed).model
    if baseline.learner == "logistic":
        return _linear([(1.0, model)], prepared, mixed=False)
    arrays = trees_of(model)
    facts = {
        "kind": "trees",
        "trees": len(arrays["starts"]) - 1,
        "nodes": len(arrays["leaf"]),
        "sets": len(arrays["left_sets"]),
    }
    return facts, arrays


def _weights(
    baseline: Baseline, config: RunConfig, prepared: PreparedData
) -> dict[str, FloatArray | None]:
    """Weights of train and validation people, as training had them."""
    from fairlab.training.class_balance import class_weights, learner_weight
    from fairlab.training.reweighing import fit_reweighing

    train = prepared.splits["train"]
    classes = class_weights(train, config.sweep)
    own = {name: learner_weight(prepared.splits[name], classes) for name in ("train", "validation")}
    if baseline.mitigation != "reweighing":
        return own
    by = config.sweep.group_by or tuple(config.task.sensitive[:1])
    groups = cross(train.attributes, by)
    learnt = fit_reweighing(groups.codes, train.y_true, len(groups.names), train.weight)
    return {
        name: learnt.weights(
            cross(prepared.splits[name].attributes, by).codes, prepared.splits[name].y_true, weight
        )
        for name, weight in own.items()
    }


def _reduction(
    baseline: Baseline, config: RunConfig, prepared: PreparedData, point: Point
) -> tuple[dict[str, Any], dict[str, Array]]:
    from fairlab.training import reductions  # Fairlearn takes a second to import

    train, sweep = prepared.splits["train"], config.sweep
    by = sweep.group_by or tuple(config.task.sensitive[:1])
    group = cross(train.attributes, by).codes
    if point.slack is not None:  # each slack is a search of its own
        alone = sweep.reductions.model_copy(update={"slacks": (point.slack,)})
        sweep = sweep.model_copy(update={"reductions": alone})
    drawn = baseline.mitigation == "exponentiated_gradient"
    method = reductions.exponentiated_gradient if drawn else reductions.grid_search
    found = list(method(train.features, train.y_true, group, sweep, lambda: False))
    chosen = found[0] if point.place is None else found[point.place]
    return _linear(chosen.members, prepared, mixed=drawn)


def _linear(
    members: Sequence[tuple[float, Any]], prepared: PreparedData, *, mixed: bool
) -> tuple[dict[str, Any], dict[str, Array]]:
    features = prepared.splits["train"].features.shape[1]
    lines = [_line(model, features) for _, model in members]
    precision = "float32" if all(c.dtype == np.float32 for c, _ in lines) else "float64"
    arrays: dict[str, Array] = {
        "coefficients": np.stack([c for c, _ in lines]).astype(precision),
        "intercepts": np.array([i for _, i in lines], dtype=precision),
    }
    if mixed:
        arrays["shares"] = np.array([share for share, _ in members], dtype=np.float64)
    facts = {"kind": "linear", "members": len(lines), "mixed": mixed, "precision": precision}
    return facts, arrays


def _line(model: Any, features: int) -> tuple[Array, float]:
    """Coefficients (F,) and intercept; of what says the same of everybody, a certain one."""
    own = model.learnt_.model if hasattr(model, "learnt_") else model
    if not hasattr(own, "coef_"):
        constant = int(own.predict(np.zeros((1, features)))[0])
        return np.zeros(features, dtype=np.float32), _CERTAIN if constant else -_CERTAIN
    return np.asarray(own.coef_[0]), float(own.intercept_[0])
