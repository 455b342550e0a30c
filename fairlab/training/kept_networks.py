"""From trained torch modules to :class:`fairlab.networks.Networks`: arrays on the CPU."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from fairlab.data.encoding_record import origins, record_encoding
from fairlab.data.task import PreparedData
from fairlab.networks import GroupRule, NetworkFamily, Networks
from fairlab.outcomes import IntArray
from fairlab.projection.constraints import CONSTRAINTS
from fairlab.projection.policies import FrozenRule
from fairlab.training.batched import BatchedNet
from fairlab.training.family import Family
from fairlab.training.people import Crowd


def family_network(net: BatchedNet, family: Family, crowd: Crowd) -> NetworkFamily:
    """The networks of one family as they are now; ``models`` counts from 0 within the family."""
    with torch.no_grad():
        weights = tuple(_array(w) for w in net.weights)
        biases = tuple(_array(b)[:, :, 0] for b in net.biases)
    rule = getattr(family, "rule", None)
    return NetworkFamily(
        mode=family.mode,
        models=np.arange(net.n_models, dtype=np.int64),
        weights=weights,
        biases=biases,
        rule=None if rule is None else group_rule(rule, crowd),
    )


def gathered_networks(
    families: Sequence[NetworkFamily], places: Sequence[IntArray], prepared: PreparedData
) -> Networks:
    """All networks, each family's at its places in the result, with what their features mean."""
    placed = [replace(family, models=own) for family, own in zip(families, places, strict=True)]
    modes = tuple(dict.fromkeys(family.mode for family in placed))
    whole = [_whole([family for family in placed if family.mode == mode]) for mode in modes]
    columns: tuple[str, ...] = prepared.feature_names
    origin = np.arange(len(columns), dtype=np.int64)
    record = None
    if prepared.encoding is not None:
        columns, origin = origins(prepared.encoding)
        record = record_encoding(prepared.encoding)
    return Networks(tuple(whole), prepared.feature_names, columns, origin, record)


def _whole(parts: Sequence[NetworkFamily]) -> NetworkFamily:
    """Parts of one family, trained one after the other, as if they had been trained at once."""
    if len(parts) == 1:
        return parts[0]
    models = np.concatenate([part.models for part in parts])
    order = np.argsort(models, kind="stable")

    def joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays)[order]

    layers = range(len(parts[0].weights))
    rules = [part.rule for part in parts if part.rule is not None]
    rule = None
    if rules:
        slopes = [one.slope for one in rules if one.slope is not None]
        intercepts = [one.intercept for one in rules if one.intercept is not None]
        rule = replace(
            rules[0],
            shift=joined([one.shift for one in rules]),
            blend=joined([one.blend for one in rules]),
            centre=joined([one.centre for one in rules]),
            slope=joined(slopes) if slopes else None,
            intercept=joined(intercepts) if intercepts else None,
        )
    return replace(
        parts[0],
        models=models[order],
        weights=tuple(joined([part.weights[i] for part in parts]) for i in layers),
        biases=tuple(joined([part.biases[i] for part in parts]) for i in layers),
        rule=rule,
    )


def group_rule(rule: FrozenRule, crowd: Crowd) -> GroupRule:
    """A frozen rule on scores in [0, 1] as arrays."""
    marginal = crowd.grouping == "marginal" and len(crowd.group_by) > 1
    by = tuple((name,) for name in crowd.group_by) if marginal else (crowd.group_by,)
    calibration = rule.calibration
    return GroupRule(
        by=by,
        group_names=crowd.compared_names,
        directions=_directions(rule.constraint) * len(by),
        shift=rule.shift.cpu().numpy(),
        blend=rule.blend.to(torch.float64).cpu().numpy(),
        centre=rule.centre.to(torch.float64).cpu().numpy(),
        slope=None if calibration is None else calibration.slope,
        intercept=None if calibration is None else calibration.intercept,
    )


def _directions(constraint: str) -> tuple[str, ...]:
    named = CONSTRAINTS[constraint]
    if named.sign is not None:
        return ("correctness",)
    words = {None: "everyone", 1: "favourable", 0: "unfavourable"}
    return tuple(words[condition.label] for condition in named.conditions)


def _array(values: torch.Tensor) -> np.ndarray:
    return values.detach().to("cpu", torch.float32, copy=True).numpy()
