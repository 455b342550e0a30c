"""A trained model of a run that can be asked about any person: from columns to a decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from fairlab.baselines import BASELINES
from fairlab.config import GroupCuts, RunConfig
from fairlab.data.encoding import Encoding
from fairlab.data.encoding_record import origins, read_encoding
from fairlab.data.prepare import feature_columns, prepare
from fairlab.data.task import PreparedData, TaskData
from fairlab.errors import InputError
from fairlab.networks import Networks
from fairlab.outcomes import Array, FloatArray, IntArray
from fairlab.results import CROSSING, Attribute, Point, SweepResult, cross

Attributes = Mapping[str, Attribute]
Decisions = np.ndarray[Any, np.dtype[np.bool_]]

# Baselines fitted again on demand; they have no random start, so that gives the same model.
_REFITTED = ("none", "reweighing")
MIXTURES = 600_000
_MIXTURES_OF_TREES = 120_000
# A model opened again gives the stored scores to this; float32 rounding leaves far less.
_CLOSE = 1e-3
_CHECKED = 500


@dataclass(frozen=True, slots=True, eq=False)
class ExaminedModel:
    """A model and the rule that turns its scores into decisions.

    Attributes:
        columns: C columns of the table it reads.
        origin: (F,) which column each of its inputs is made of.
        encode: People of a table to inputs (n, F).
        predict: Inputs and group codes (n, A) to scores (n,), float64 of float32.
        by: Groupings whose codes ``predict`` reads; () when it reads none.
        sensitive: Sensitive attributes among ``columns``.
        threshold: A person is selected iff score >= threshold.
        cuts: A threshold per group instead, or None.
        mixtures: How many mixtures of people it scores in a few seconds.
        notes: What was done to have the model here, in sentences.
    """

    columns: tuple[str, ...]
    origin: IntArray
    encode: Callable[[pd.DataFrame], Array]
    predict: Callable[[Array, IntArray | None], FloatArray]
    by: tuple[tuple[str, ...], ...]
    sensitive: tuple[str, ...]
    threshold: float
    cuts: GroupCuts | None = None
    mixtures: int = MIXTURES
    notes: tuple[str, ...] = ()

    def codes(self, attributes: Attributes) -> IntArray | None:
        """(n, A) group codes its rule reads, or None."""
        if not self.by:
            return None
        return np.stack([cross(attributes, names).codes for names in self.by], axis=1)

    def score(self, frame: pd.DataFrame, attributes: Attributes) -> FloatArray:
        """(n,) scores of people as a table and their groups."""
        return self.predict(self.encode(frame), self.codes(attributes))

    def decide(self, frame: pd.DataFrame, attributes: Attributes) -> Decisions:
        """(n,) whether each is selected."""
        score = self.score(frame, attributes)
        if self.cuts is None:
            return np.asarray(score >= self.threshold)
        groups = cross(attributes, self.cuts.by).codes
        return np.asarray(score >= np.asarray(self.cuts.cuts)[groups])

    def sees(self, attribute: str) -> tuple[str, ...]:
        """Where the model or its rule reads an attribute itself: () when nowhere."""
        found = []
        if attribute in self.sensitive:
            found.append("among its features")
        if any(attribute in names for names in self.by):
            found.append("in the layer's rule")
        if self.cuts is not None and attribute in self.cuts.by:
            found.append("in its thresholds per group")
        return tuple(found)

    def rule_names(self) -> tuple[str, ...]:
        """Groupings the rule reads, as names of inputs beside the columns."""
        return tuple(f"{CROSSING.join(names)} (layer's rule)" for names in self.by)


def why_not(result: SweepResult, index: int) -> str:
    """Why a model cannot be asked about other people, in a sentence; "" when it can."""
    point = result.points[index]
    if point.mode != "baseline":
        if result.networks is not None and index in result.networks:
            return ""
        return (
            "The weights of this model were not kept: the run is of an earlier fairlab, or has too "
            "many models. Train it again, with fewer models, to look into it."
        )
    assert point.method is not None
    baseline = BASELINES[point.method]
    if baseline.mitigation in _REFITTED and not point.is_drawn:
        return ""
    return (
        f"{baseline.label} is not kept, and fitting it again takes as long as training did. "
        "Choose a network, logistic regression or boosting."
    )


def open_model(
    result: SweepResult,
    config: RunConfig,
    data: TaskData,
    index: int,
    *,
    threshold: float | None = None,
    cuts: GroupCuts | None = None,
) -> ExaminedModel:
    """The model at place ``index`` of a result.

    Networks come from their kept weights. Logistic regression and boosting are fitted again on the
    same people: they have no random start, so this gives the same model.

    Args:
        result: A result.
        config: The run it is of.
        data: The table it was trained on.
        index: Which model.
        threshold: Where scores are read; None for the run's own.
        cuts: A threshold per group instead.

    Raises:
        InputError: If it cannot be asked about other people; the reason is :func:`why_not`'s.
    """
    reason = why_not(result, index)
    if reason:
        raise InputError(reason)
    at = result.threshold if threshold is None else threshold
    point = result.points[index]
    features = tuple(feature_columns(data.frame, data.task))
    sensitive = tuple(name for name in data.task.sensitive if name in features)
    if point.mode == "baseline":
        model = _refitted(result, config, data, point)
    else:
        assert result.networks is not None
        model = _network(result.networks, config, data, index)
    _check_scores(model, result, data, index)
    return replace(model, sensitive=sensitive, threshold=at, cuts=cuts)


def _check_scores(model: ExaminedModel, result: SweepResult, data: TaskData, index: int) -> None:
    """Refuse a model that does not give the scores the run stored of it."""
    part = result.splits["test"]
    some = np.arange(min(len(part.rows), _CHECKED))
    attributes = {
        name: Attribute(own.codes[some], own.names) for name, own in part.attributes.items()
    }
    found = model.score(data.frame.iloc[part.rows[some]], attributes)
    if np.abs(found - part.score[index, some]).max(initial=0.0) > _CLOSE:
        raise InputError(
            "Opened again, this model gives other scores than the run stored: it was trained on "
            "another split of the people (folds), or by another version. Choose a network of a run "
            "without folds, or train the run again."
        )


def _network(networks: Networks, config: RunConfig, data: TaskData, index: int) -> ExaminedModel:
    if networks.encoding is None:
        sweep = config.sweep
        encoding = prepare(data, sweep.split, sweep.group_by, sweep.grouping).encoding
        assert encoding is not None
    else:
        encoding = read_encoding(networks.encoding)
    columns, origin = origins(encoding)
    by = networks.compared(index) if networks.uses_group(index) else ()
    ruled = networks.compared(index)

    def predict(inputs: Array, codes: IntArray | None) -> FloatArray:
        if ruled and codes is None:  # a rule that moves nobody
            codes = np.zeros((len(inputs), len(ruled)), dtype=np.int64)
        return networks.score(index, inputs, codes).astype(np.float64)

    return ExaminedModel(columns, origin, encoding.encode, predict, by, (), 0.5)


def _refitted(
    result: SweepResult, config: RunConfig, data: TaskData, point: Point
) -> ExaminedModel:
    from fairlab.training.learners import FITS, chance_of_one

    assert point.method is not None
    baseline, sweep = BASELINES[point.method], config.sweep
    prepared = prepare(data, sweep.split, sweep.group_by, sweep.grouping)
    encoding = prepared.encoding
    assert encoding is not None
    weight = {name: prepared.splits[name].weight for name in ("train", "validation")}
    if baseline.mitigation == "reweighing":
        weight = _reweighed(prepared, result.group_by)
    with threadpool_limits(1):
        learnt = FITS[baseline.learner](prepared, weight, point.seed)
    reads_columns = baseline.learner == "boosting"

    def predict(inputs: Array, _codes: IntArray | None) -> FloatArray:
        with threadpool_limits(1):
            score = chance_of_one(learnt.model, inputs)
        return score.astype(np.float32).astype(np.float64)

    columns, origin = origins(encoding)
    if reads_columns:
        origin = np.arange(len(columns), dtype=np.int64)
    encode = partial(_values, encoding) if reads_columns else encoding.encode
    said = f"{baseline.label} was fitted again on the same people; it has no random start."
    mixtures = _MIXTURES_OF_TREES if reads_columns else MIXTURES
    return ExaminedModel(
        columns, origin, encode, predict, (), (), 0.5, mixtures=mixtures, notes=(said,)
    )


def _values(encoding: Encoding, frame: pd.DataFrame) -> FloatArray:
    return encoding.values(frame)


def _reweighed(prepared: PreparedData, by: tuple[str, ...]) -> dict[str, FloatArray | None]:
    from fairlab.training.reweighing import fit_reweighing

    train = prepared.splits["train"]
    groups = cross(train.attributes, by)
    learnt = fit_reweighing(groups.codes, train.y_true, len(groups.names), train.weight)
    weight: dict[str, FloatArray | None] = {}
    for name in ("train", "validation"):
        part = prepared.splits[name]
        weight[name] = learnt.weights(cross(part.attributes, by).codes, part.y_true, part.weight)
    return weight
