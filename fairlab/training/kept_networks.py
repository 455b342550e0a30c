"""From trained torch modules to :class:`fairlab.networks.Networks`: arrays on the CPU."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from fairlab.data.encoding_record import origins, record_encoding
from fairlab.data.task import PreparedData
from fairlab.networks import GroupRule, NetworkFamily, Networks
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


def gathered_networks(families: Sequence[NetworkFamily], prepared: PreparedData) -> Networks:
    """Networks of all families, numbered in their order, with what their features mean."""
    placed = []
    start = 0
    for family in families:
        placed.append(replace(family, models=family.models + start))
        start += len(family.models)
    columns: tuple[str, ...] = prepared.feature_names
    origin = np.arange(len(columns), dtype=np.int64)
    record = None
    if prepared.encoding is not None:
        columns, origin = origins(prepared.encoding)
        record = record_encoding(prepared.encoding)
    return Networks(tuple(placed), prepared.feature_names, columns, origin, record)


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
