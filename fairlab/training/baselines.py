"""Baselines: models of other libraries on the same split, as points beside the families.

Logistic regression and boosting with nothing done, reweighed people, and Fairlearn's reductions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from fairlab.baselines import BASELINES, Baseline, Learner
from fairlab.config import SweepConfig
from fairlab.data.task import PreparedData, SplitData
from fairlab.draws import draw_decisions
from fairlab.outcomes import Counts, FloatArray
from fairlab.pareto import non_dominated
from fairlab.results import Point, cross
from fairlab.training.class_weight import class_weights, learner_weight
from fairlab.training.evaluate import accuracy_of, by_attribute, gap_of, side_by_side
from fairlab.training.health import health_flags
from fairlab.training.learners import FITS, Interrupted, chance_of_one, inputs
from fairlab.training.people import Crowd, counts
from fairlab.training.plugin import plugin_rules
from fairlab.training.reweighing import fit_reweighing

COLLAPSED = " Another slack or place in the grid may help."


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """One point of a baseline.

    Attributes:
        point: With index 0 for now.
        scores: (n,) float32 by split.
        accuracy, gap: Of the decisions on validation people; the gap is the constraint's own.
        note: What to know of the method here; "" if nothing.
    """

    point: Point
    scores: dict[str, np.ndarray]
    accuracy: float
    gap: float
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What every method is given."""

    prepared: PreparedData
    crowd: Crowd
    sweep: SweepConfig
    should_stop: Callable[[], bool]


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """What a method gives for one point: scores of a split, and what the point says of it."""

    chance: Callable[[SplitData], FloatArray]
    point: Point
    note: str = ""


def fit_baselines(
    prepared: PreparedData,
    crowd: Crowd,
    sweep: SweepConfig,
    on_trained: Callable[[list[Trained], float], None],
    should_stop: Callable[[], bool],
) -> tuple[list[Trained], bool]:
    """Train every baseline of a sweep, in order; test labels are never read.

    None has a random start, so each is trained once, with the first seed: it seeds the draws of
    decisions and, in very large tables, the people boosting looks at for its bins. Everything
    runs on one thread, so that the same run gives the same bytes on any number of cores.

    Args:
        prepared: The table, split and encoded.
        crowd: The same people, as the families see them.
        sweep: Which baselines, and what must be nearly equal.
        on_trained: Called after each with all trained so far, and how many baselines that is: 1.5
            is one and half of another's points.
        should_stop: Asked before each fit.

    Returns:
        What was trained, and whether it was stopped before the end.
    """
    asked = _Asked(prepared, crowd, sweep, should_stop)
    done: list[Trained] = []
    with threadpool_limits(1):
        for number, baseline in enumerate(BASELINES[name] for name in sweep.baselines):
            if should_stop():
                return done, True
            try:
                for share, trained in _points_of(baseline, asked):
                    done += trained
                    on_trained(done, number + share)
            except Interrupted:
                return done, True
    return done, False


def _points_of(baseline: Baseline, asked: _Asked) -> Iterator[tuple[float, list[Trained]]]:
    """Points of one baseline as they are trained, each time with the share of it done so far.

    Of grid search only the models that none of the grid beats on validation people are kept: half
    of any grid pulls the wrong way.
    """
    models = _METHODS[baseline.mitigation](baseline, asked)
    if baseline.mitigation == "grid_search":
        trained = [_trained(model, asked) for model in models]
        best = non_dominated([(1 - one.accuracy, one.gap) for one in trained])
        kept = [one for one, on_front in zip(trained, best, strict=True) if on_front]
        yield 1.0, kept or trained
        return
    planned = asked.sweep.points_of(baseline.name)
    for number, model in enumerate(models, 1):
        yield number / planned, [_trained(model, asked)]


def baseline_notes(
    prepared: PreparedData, sweep: SweepConfig, trained: Sequence[Trained]
) -> list[str]:
    """What is to be known of the baselines that were trained, in sentences."""
    methods = [one.point.method for one in trained]
    chosen = [BASELINES[name] for name in sweep.baselines if name in methods]
    if not chosen:
        return []
    notes = ["Baselines are trained once, whatever the number of seeds: none has a random start."]
    kept = prepared.splits["train"].columns is not None
    if any(b.learner == "boosting" for b in chosen):
        sees = "the columns themselves, categories as such" if kept else "the encoded features"
        notes.append(
            f"Boosting is scikit-learn's histogram gradient boosting; it sees {sees}, and ends "
            "when its loss on validation people stops falling."
        )
    if any(b.learner == "logistic" for b in chosen):
        notes.append(
            "Logistic regression is scikit-learn's, with its default penalty, on the same encoded "
            "features as the families."
        )
    notes += [f"{b.label}: {b.aim}" for b in chosen if b.mitigation != "none"]
    if any(b.is_drawn for b in chosen):
        notes.append(
            "Exponentiated gradient draws its decisions, each with the person's own chance of "
            "being selected. Everything shown of it is one draw, the same every time."
        )
    if any(b.mitigation == "plugin" for b in chosen):
        notes.append(
            f"Plug-in rules learn chances in {sweep.plugin.folds} folds of the train people; what "
            "they charge, a few numbers, is fitted on train people left out of each fold and on "
            "validation people. Their scores are no probabilities of the outcome: they are the "
            "chance of the favourable outcome less the charge, kept between 0 and 1, and decide "
            f"at threshold {sweep.threshold:g}."
        )
    notes += list(dict.fromkeys(one.note for one in trained if one.note))
    if "grid_search" in methods:
        notes.append(
            f"Grid search trained {sweep.reductions.multipliers} models; the "
            f"{methods.count('grid_search')} that none of them beats on validation people are "
            "kept, the others left out."
        )
        notes.append(
            "Scores of grid search come from relabelled, reweighed people: its own decisions are "
            "those at threshold 0.5, and its scores are no probabilities of the outcome."
        )
    return notes


def _plain(baseline: Baseline, asked: _Asked) -> Iterator[_Model]:
    classes = class_weights(asked.prepared.splits["train"], asked.sweep)
    own = {
        name: learner_weight(asked.prepared.splits[name], classes)
        for name in ("train", "validation")
    }
    yield _learnt(baseline, asked, own)


def _reweighed(baseline: Baseline, asked: _Asked) -> Iterator[_Model]:
    by = asked.crowd.group_by
    train = asked.prepared.splits["train"]
    groups = cross(train.attributes, by)
    learnt = fit_reweighing(groups.codes, train.y_true, len(groups.names), train.weight)
    classes = class_weights(train, asked.sweep)
    weight: dict[str, FloatArray | None] = {}
    for name in ("train", "validation"):
        part = asked.prepared.splits[name]
        codes = cross(part.attributes, by).codes
        # Reweighing keeps each outcome's total, so outcomes balanced before are balanced after.
        weight[name] = learnt.weights(codes, part.y_true, learner_weight(part, classes))
    yield _learnt(baseline, asked, weight)


def _reduced(baseline: Baseline, asked: _Asked) -> Iterator[_Model]:
    from fairlab.training import reductions  # Fairlearn takes a second to import

    sweep, train = asked.sweep, asked.prepared.splits["train"]
    method = {
        "exponentiated_gradient": reductions.exponentiated_gradient,
        "grid_search": reductions.grid_search,
    }[baseline.mitigation]
    group = cross(train.attributes, asked.crowd.group_by).codes
    for found in method(train.features, train.y_true, group, sweep, asked.should_stop):
        point = replace(
            _point(baseline, sweep),
            slack=found.slack,
            place=found.place,
            mixed=found.mixed,
            best_epoch=found.steps,
            flags=found.flags,
        )
        yield _Model(partial(_of_features, found.chance), point, found.note)


def _plugged_in(baseline: Baseline, asked: _Asked) -> Iterator[_Model]:
    crowd, prepared = asked.crowd, asked.prepared
    marginal = crowd.grouping == "marginal"
    compared = [(name,) for name in crowd.group_by] if marginal else [crowd.group_by]
    rules = plugin_rules(baseline.learner, prepared, compared, asked.sweep, asked.should_stop)
    for rule in rules:
        point = replace(
            _point(baseline, asked.sweep),
            slack=rule.slack,
            best_epoch=rule.chances.steps,
            flags=rule.chances.flags,
        )
        yield _Model(rule, point, rule.note)


_METHODS = {
    "none": _plain,
    "reweighing": _reweighed,
    "exponentiated_gradient": _reduced,
    "grid_search": _reduced,
    "plugin": _plugged_in,
}


def _of_features(chance: Callable[..., FloatArray], part: SplitData) -> FloatArray:
    return chance(part.features)


def _learnt(baseline: Baseline, asked: _Asked, weight: dict[str, FloatArray | None]) -> _Model:
    learnt = FITS[baseline.learner](asked.prepared, weight, asked.sweep.seeds[0])
    point = replace(
        _point(baseline, asked.sweep),
        baseline=baseline.mitigation == "none",
        best_epoch=learnt.steps,
        flags=learnt.flags,
    )
    return _Model(partial(_of_learner, learnt.model, baseline.learner), point)


def _of_learner(model: object, learner: Learner, part: SplitData) -> FloatArray:
    return chance_of_one(model, inputs(learner, part))


def _point(baseline: Baseline, sweep: SweepConfig) -> Point:
    return Point(
        index=0,
        mode="baseline",
        strength=None,
        slack=None,
        seed=sweep.seeds[0],
        best_epoch=0,
        baseline=False,
        method=baseline.name,
    )


def _trained(model: _Model, asked: _Asked) -> Trained:
    prepared, crowd, sweep = asked.prepared, asked.crowd, asked.sweep
    scores = {name: model.chance(part).astype(np.float32) for name, part in prepared.splits.items()}
    shown = scores["validation"]
    if model.point.is_drawn:
        rows = prepared.splits["validation"].rows
        drawn = draw_decisions(shown.astype(np.float64), rows, model.point.seed)
        shown = drawn.astype(np.float32)
    table = _validation_counts(shown, crowd, sweep.threshold)
    compared = side_by_side(by_attribute(table, crowd.compared_names))
    common = health_flags(torch.from_numpy(shown)[None], compared, [False], [1], remedy=COLLAPSED)
    flags = (*model.point.flags, *common[0])
    return Trained(
        point=replace(model.point, flags=flags),
        scores=scores,
        accuracy=float(accuracy_of(table)[0]),
        gap=float(gap_of(sweep.constraint, table, crowd.compared_names)[0]),
        note=model.note,
    )


def _validation_counts(score: np.ndarray, crowd: Crowd, threshold: float) -> Counts:
    on_device = torch.from_numpy(score)[None].to(crowd.device)
    return counts(on_device, crowd.splits["validation"], crowd.group_names, threshold)
