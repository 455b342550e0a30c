"""Our methods in ``bench quality``: the settings a user gets, nothing tuned per table."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, get_args

import numpy as np

from benchmarks.quality_points import SLACKS, SPLITS, Asked, Base, Method, Point, decided
from fairlab.config import BaselineName, SweepConfig
from fairlab.data.task import PreparedData
from fairlab.frontier import threshold_frontier
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.results import SweepResult
from fairlab.training import fit_sweep

BASES: tuple[Base, ...] = ("boosting", "logistic", "mlp")
# Settings of every family.
TRAINING = ("model", "epochs", "batch_size", "learning_rate", "weight_decay", "threshold")
# One model of one epoch: sweeps that are run for their baselines.
BARELY: dict[str, Any] = {"penalty": {"strengths": (0.0,)}, "epochs": 1}


def ours() -> tuple[Method, ...]:
    """All our methods, in the order they are run."""
    known = get_args(BaselineName)
    baselines = [
        _baseline(name, title)
        for name, title in (
            ("boosting", "boosting, nothing done"),
            ("logistic", "logistic regression, nothing done"),
            ("reweighing_boosting", "reweighing + boosting"),
            ("reweighing_logistic", "reweighing + logistic regression"),
            ("plugin_boosting", "plug-in rule on boosting"),
            ("plugin_logistic", "plug-in rule on logistic regression"),
        )
        if name in known
    ]
    frontiers = [
        Method(
            f"frontier_{base}",
            "fairlab",
            f"exact frontier on {base}",
            True,
            {"slacks": (0.0, *SLACKS)},
            partial(_frontier, base=base),
        )
        for base in BASES
    ]
    return (
        *baselines,
        *frontiers,
        _family("penalty", "penalty, strengths", False, {"modes": ("penalty",)}),
        _family(
            "penalty_slack",
            "penalty, slacks",
            False,
            {"modes": ("penalty",), "penalty": {"control": "slack"}},
        ),
        _family(
            "penalty_logistic",
            "penalty on logistic regression, strengths",
            False,
            {"modes": ("penalty",), "model": {"kind": "logistic"}},
        ),
        _family(
            "penalty_slack_logistic",
            "penalty on logistic regression, slacks",
            False,
            {
                "modes": ("penalty",),
                "penalty": {"control": "slack"},
                "model": {"kind": "logistic"},
            },
        ),
        _family("adversarial", "adversarial", False, {"modes": ("adversarial",)}),
        _family("layer", "layer, frozen rule", True, {"modes": ("layer",)}),
        _family(
            "layer_held",
            "layer, decisions held, slacks from the table",
            True,
            {"modes": ("layer",), "layer": {"decisions": "held", "span": "unmitigated"}},
        ),
    )


def base_scores(prepared: PreparedData, seed: int, base: Base) -> Mapping[str, FloatArray]:
    """Scores by split of boosting, logistic regression, or the unmitigated MLP of a sweep."""
    changed: dict[str, Any] = {"penalty": {"strengths": (0.0,)}}
    if base != "mlp":
        changed |= BARELY | {"baselines": (base,)}
    result = fit_sweep(prepared, _config({"seeds": (seed,), **changed}))
    return {
        name: np.asarray(part.score[-1], dtype=np.float64) for name, part in result.splits.items()
    }


def _config(changed: Mapping[str, Any]) -> SweepConfig:
    return SweepConfig.model_validate(dict(changed))


def _family(name: str, title: str, uses: bool, changed: dict[str, Any]) -> Method:
    settings = _config(changed).model_dump(mode="json")
    return Method(
        name,
        "fairlab",
        title,
        uses,
        {key: settings[key] for key in (*settings["modes"], *TRAINING)},
        partial(_sweep, changed=changed, only="", uses=uses),
    )


def _baseline(name: str, title: str) -> Method:
    changed = BARELY | {"baselines": (name,)}
    settings = _config(changed).model_dump(mode="json")
    return Method(
        name,
        "fairlab",
        title,
        False,
        {"plugin": settings["plugin"]} if name.startswith("plugin") else {},
        partial(_sweep, changed=changed, only=name, uses=False),
    )


def _sweep(asked: Asked, changed: dict[str, Any], only: str, uses: bool) -> Iterator[Point]:
    """Points of one family or baseline; those that use the attribute otherwise are left out."""
    config = _config({"constraint": asked.constraint, "seeds": (asked.seed,), **changed})
    result = fit_sweep(asked.prepared, config)
    for point in result.points:
        if only and point.family != only:
            continue
        if not uses and point.uses_attribute:
            continue
        setting = _setting(result, point.index)
        yield Point(setting, *(_chance(result, point.index, s) for s in SPLITS))


def _setting(result: SweepResult, index: int) -> str:
    point = result.points[index]
    if point.strength is not None:
        return f"strength {point.strength:g}"
    if point.slack is not None:
        return f"slack {point.slack:g}"
    return "" if point.place is None else f"place {point.place}"


def _chance(result: SweepResult, index: int, split: str) -> FloatArray:
    score = np.asarray(result.splits[split].score[index], dtype=np.float64)
    return score if result.points[index].is_drawn else decided(score, result.threshold)


def _frontier(asked: Asked, base: Base) -> Iterator[Point]:
    """Rules fitted on validation people, with at each slack the least expected error there."""
    score = asked.base(base)
    people = {
        split: GroupedOutcomes.from_arrays(
            y_true=asked.y("validation") if split == "validation" else np.zeros(len(score[split])),
            score=score[split],
            group=asked.group(split),
            group_names=("0", "1"),
        )
        for split in SPLITS
    }
    frontier = threshold_frontier(people["validation"], asked.constraint)
    for slack in (0.0, *SLACKS):
        rule = frontier.at(slack)
        chance = [rule.probability(p.score, p.group) for p in people.values()]
        yield Point(f"slack {slack:g}", *chance)
