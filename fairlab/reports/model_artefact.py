"""A chosen model of a run as a file that scores new people (:mod:`fairlab.artefact`)."""

from typing import Any

import numpy as np

import fairlab
from fairlab.artefact import Artefact, read_model, write_model
from fairlab.artefact.groups import describe_groups
from fairlab.artefact.schema import ModelRecord
from fairlab.config import GroupCuts, RunConfig
from fairlab.data import TaskData, read_people
from fairlab.data.encoding_record import record_encoding
from fairlab.data.prepare import prepare
from fairlab.data.values import kind
from fairlab.errors import InputError, UnknownNameError
from fairlab.examine.refit import refit, why_not_refitted
from fairlab.language import SOURCE, speaking, tr
from fairlab.networks import Networks
from fairlab.outcomes import Array, IntArray
from fairlab.reports.sentences.point import point_label
from fairlab.results import Point, SweepResult, cross
from fairlab.sweeps.cuts import decided

# Stored scores are float32; sums of a network in another order leave less than this.
CLOSE = 1e-3
_RARE = "(rare)"


def artefact_bytes(
    config: RunConfig,
    result: SweepResult,
    data: TaskData,
    index: int,
    *,
    threshold: float | None = None,
    cuts: GroupCuts | None = None,
) -> bytes:
    """A model of a result as one zip file; the same model gives the same bytes.

    Baselines are fitted again, which takes as long as it did in training. The written model is
    compared with the stored scores of everybody in the run before it is given out.

    Args:
        config: The run.
        result: Its result.
        data: Its table, for the groups and the kinds of columns, and to compare scores.
        index: Which model.
        threshold: Where scores are read; None for the run's own.
        cuts: A threshold per group instead.

    Raises:
        UnknownNameError: If there is no such model.
        InputError: If the model cannot be written: see :func:`why_no_artefact`; or does not give
            the stored scores.
    """
    if not 0 <= index < len(result.points):
        raise UnknownNameError(
            f"There is no model {index}; this run has models 0 to {len(result.points) - 1}."
        )
    reason = why_no_artefact(result, index)
    if reason:
        raise InputError(reason)
    point = result.points[index]
    if cuts is not None and point.is_drawn:
        raise InputError(
            tr("This model draws its decisions; a threshold per group plays no part in them.")
        )
    preprocessing, facts, arrays = _predictor(config, result, data, point)
    record: dict[str, Any] = {
        "fairlab": fairlab.__version__,
        "run": _run(config, result, point),
        "label": config.task.label,
        "outcome_words": config.task.outcome_words,
        "sensitive": config.task.sensitive,
        "preprocessing": preprocessing,
        "read_as": {c["name"]: kind(data.frame[c["name"]]) for c in preprocessing["columns"]},
        "predictor": facts,
        "policy": _policy(result, point, threshold, cuts),
    }
    record["groups"] = _groups(result, data, facts, cuts)
    written = read_model(write_model(record, arrays))
    record["checked"] = _checked(written, result, data, index, cuts)
    return write_model(record, arrays)


def why_no_artefact(result: SweepResult, index: int) -> str:
    """Why a model cannot leave its run as a file, with the remedy; "" when it can."""
    point = result.points[index]
    if point.mode == "baseline":
        return why_not_refitted(point)
    if result.networks is not None and index in result.networks:
        return ""
    return tr(
        "The weights of this model were not kept: the run is of an earlier fairlab, or has too "
        "many models. Train it again, with fewer models, to take one away."
    )


def artefact_name(record: ModelRecord) -> str:
    """File name: the start of the run's digest, and the place of the model."""
    return f"fairlab-model-{record.run.digest[:8]}-{record.run.model}.zip"


def _predictor(
    config: RunConfig, result: SweepResult, data: TaskData, point: Point
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Array]]:
    if point.mode == "baseline":
        encoding, facts, arrays = refit(config, data, point)
        return _without_rare(record_encoding(encoding)), facts, arrays
    assert result.networks is not None
    kept = result.networks.encoding
    if kept is None:
        sweep = config.sweep
        encoded = prepare(data, sweep.split, sweep.group_by, sweep.grouping).encoding
        assert encoded is not None
        kept = record_encoding(encoded)
    facts, arrays = _network(result.networks, point.index)
    return _without_rare(dict(kept)), facts, arrays


def _network(networks: Networks, index: int) -> tuple[dict[str, Any], dict[str, Array]]:
    family = next(f for f in networks.families if (f.models == index).any())
    place = int(np.flatnonzero(family.models == index)[0])
    arrays: dict[str, Array] = {}
    for layer, (weight, bias) in enumerate(zip(family.weights, family.biases, strict=True)):
        arrays[f"weight{layer}"], arrays[f"bias{layer}"] = weight[place], bias[place]
    facts: dict[str, Any] = {
        "kind": "network",
        "units": [weight.shape[1] for weight in family.weights],
    }
    rule = family.rule
    # A rule that moves nobody gives everybody their own score: nobody's group is needed.
    if rule is None or not (rule.moves(place) or rule.blend[place] > 0):
        return facts, arrays
    calibrated = any(direction != "everyone" for direction in rule.directions)
    facts["rule"] = {
        "by": rule.by,
        "group_names": rule.group_names,
        "directions": rule.directions,
        "calibrated": calibrated,
    }
    names = ("blend", "centre", *(("slope", "intercept") if calibrated else ()))
    for name in names:
        arrays[f"rule.{name}"] = np.asarray(getattr(rule, name)[[place]], dtype=np.float64)
    arrays["rule.shift"] = np.asarray(rule.shift[place], dtype=np.float64)
    return facts, arrays


def _without_rare(record: dict[str, Any]) -> dict[str, Any]:
    """The encoding without the names of rare values: any value it does not list is a rare one."""
    columns = []
    for column in record["columns"]:
        if column["kind"] == "categories" and column["rare"]:
            levels = [level for level in column["levels"] if level not in set(column["rare"])]
            name = _RARE
            while name in levels:
                name = f"{name} "
            column = {**column, "levels": [*levels, name], "rare": [name]}
        columns.append(column)
    return {**record, "columns": columns}


def _run(config: RunConfig, result: SweepResult, point: Point) -> dict[str, Any]:
    with speaking(SOURCE):
        label = point_label(point)
    return {
        "digest": config.digest(),
        "table": config.data.fingerprint,
        "model": point.index,
        "label": label,
        "mode": point.mode,
        "method": point.method,
        "strength": point.strength,
        "slack": point.slack,
        "place": point.place,
        "seed": point.seed,
        "constraint": result.constraint,
        "group_by": result.group_by,
        "grouping": result.grouping,
    }


def _policy(
    result: SweepResult, point: Point, threshold: float | None, cuts: GroupCuts | None
) -> dict[str, Any]:
    if point.is_drawn:
        return {"kind": "drawn", "seed": point.seed}
    if cuts is None:
        at = result.threshold if threshold is None else threshold
        return {"kind": "threshold", "threshold": at}
    names = cross(result.splits["test"].attributes, cuts.by).names
    return {
        "kind": "threshold per group",
        "by": cuts.by,
        "groups": names,
        "thresholds": cuts.cuts,
    }


def _groups(
    result: SweepResult, data: TaskData, facts: dict[str, Any], cuts: GroupCuts | None
) -> list[dict[str, Any]]:
    """How the groups a decision reads are read from the table; none where none is."""
    rule = facts.get("rule") or {"by": ()}
    names = dict.fromkeys([name for by in rule["by"] for name in by])
    if cuts is not None:
        names |= dict.fromkeys(cuts.by)
    if not names:
        return []
    people = read_people(data.frame, data.task)
    described = []
    for name in names:
        reading = describe_groups(data.frame, data.task, people, name)
        if reading.groups != result.splits["test"].attributes[name].names:
            raise InputError(
                tr(
                    "The groups of '{name}' in this table are not those of the run. Give the "
                    "table the run was trained on.",
                    name=name,
                )
            )
        described.append(reading.model_dump(mode="json"))
    return described


def _checked(
    written: Artefact,
    result: SweepResult,
    data: TaskData,
    index: int,
    cuts: GroupCuts | None,
) -> dict[str, Any]:
    """The written model beside the stored scores and decisions of everybody in the run.

    Raises:
        InputError: If the scores are not the stored ones.
    """
    policy, people, largest, other = written.record.policy, 0, 0.0, 0
    for split, part in result.splits.items():
        found = written.decide(data.frame.iloc[part.rows], rows=part.rows)
        stored = part.score[index].astype(np.float64)
        gap = np.abs(found.score - stored).max(initial=0.0)
        largest = max(largest, np.inf if np.isnan(gap) else float(gap))
        scored = result.scored(index, split)
        cut = policy.threshold if policy.kind == "threshold" else 0.5
        if cuts is not None:
            scored = decided(scored, cuts)
        chosen: IntArray = (scored.score >= cut).astype(np.int64)
        people += len(stored)
        other += int((chosen != found.decision).sum())
    if largest > CLOSE:
        raise InputError(
            tr(
                "Written as a file, this model gives other scores than the run stored (up to "
                "{most:.3g} apart): the table is not the run's, it was trained on another split "
                "of the people (folds), or by another version. Choose a network of a run without "
                "folds, or train the run again.",
                most=largest,
            )
        )
    return {"people": people, "largest_difference": largest, "other_decisions": other}
