"""The ways to score a stream as it comes, each a function of the setting.

Importing this module does not import torch; the policies that need it do so when they play.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fairlab.outcomes import FloatArray, IntArray
from fairlab.projection.calibration import Calibration
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.soft_cells import SoftCells
from fairlab.projection.stream_people import FitPeople

__all__ = ["PLAYERS", "Player", "Scored", "Setting"]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What a policy may know: no label of the stream is in it.

    Attributes:
        z: (n,) raw scores in [0, 1], in the order people come.
        group: (n,) groups.
        edges: (T + 1,) where each batch begins.
        batch_size: People per batch; the last may be smaller.
        fit: People known beforehand.
        constraint, slack: What is promised.
        n_groups: G.
    """

    z: FloatArray
    group: IntArray
    edges: IntArray
    batch_size: int
    fit: FitPeople
    constraint: str
    slack: float
    n_groups: int


class Scored(NamedTuple):
    """(n,) scores, and what a policy promises of the gap of mean scores in the end, if anything."""

    p: FloatArray
    bound: float | None = None


def _none(setting: Setting) -> Scored:
    return Scored(setting.z)


def _batch(setting: Setting) -> Scored:
    from fairlab.projection.stream_batch import project_batches

    people = _soft_cells(setting).people(setting.z, setting.group)
    p = project_batches(
        setting.z,
        setting.group,
        np.repeat(np.arange(len(setting.edges) - 1), np.diff(setting.edges)),
        setting.slack,
        people.weight,
        people.sign,
        people.offset,
    )
    return Scored(p)


def _frozen(setting: Setting) -> Scored:
    import torch

    from fairlab.projection.policies import FrozenRule

    fit = setting.fit  # its arrays may be read-only, so they are copied
    rule = FrozenRule.fit(
        torch.tensor(fit.score, dtype=torch.float64),
        torch.tensor(fit.group),
        setting.slack,
        setting.constraint,
        torch.tensor(fit.y),
        n_groups=setting.n_groups,
    )
    p = rule(torch.tensor(setting.z), torch.tensor(setting.group))
    return Scored(np.asarray(p.numpy()))


def _online(setting: Setting) -> Scored:
    from fairlab.projection.online import OnlineRule

    calibration = _calibration(setting)
    rule = OnlineRule(
        setting.slack, setting.constraint, n_groups=setting.n_groups, calibration=calibration
    )
    p = np.asarray(rule.run(setting.z, setting.group))
    # Where labels are unknown the bound is on what the calibration says, not on what is measured.
    bound = math.inf if calibration is not None else rule.bound(len(p))
    return Scored(p, bound if bound < math.inf else None)


def _online_paper(setting: Setting) -> Scored:
    from fairlab.projection.online_paper import PaperOnlineRule

    if setting.batch_size == 1:  # one person has no gap to price: the rule changes nothing
        return Scored(setting.z)
    rule = PaperOnlineRule(
        setting.slack,
        setting.constraint,
        n_groups=setting.n_groups,
        calibration=_calibration(setting),
    )
    return Scored(np.asarray(rule.run(setting.z, setting.group, setting.batch_size)))


def _soft_cells(setting: Setting) -> SoftCells:
    return SoftCells(setting.constraint, setting.n_groups, _calibration(setting))


def _calibration(setting: Setting) -> Calibration | None:
    """P(y = 1 | score, group) from people known beforehand, where the constraint asks for it."""
    if not CONSTRAINTS[setting.constraint].needs_labels:
        return None
    fit = setting.fit
    return Calibration.fit(fit.score, fit.y, group=fit.group, n_groups=setting.n_groups)


@dataclass(frozen=True, slots=True)
class Player:
    """One policy.

    Attributes:
        score: Scores of the whole stream.
        uses_attribute_when_deciding: Whether a score needs the person's group.
    """

    score: Callable[[Setting], Scored]
    uses_attribute_when_deciding: bool


PLAYERS: dict[str, Player] = {
    "none": Player(_none, False),
    "batch": Player(_batch, True),
    "frozen": Player(_frozen, True),
    "online_paper": Player(_online_paper, True),
    "online": Player(_online, True),
}
