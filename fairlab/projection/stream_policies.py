"""The ways to score a stream as it comes, each a function of the setting.

Importing this module does not import torch; the policies that need it do so when they play.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray
from fairlab.projection.stream_people import FitPeople

__all__ = ["PLAYERS", "Player", "Setting"]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What a policy may know: no label of the stream is in it.

    Attributes:
        z: (n,) raw scores in [0, 1], in the order people come.
        group: (n,) groups.
        edges: (T + 1,) where each batch begins.
        fit: People known beforehand.
        constraint, slack: What is promised.
        n_groups: G.
    """

    z: FloatArray
    group: IntArray
    edges: IntArray
    fit: FitPeople
    constraint: str
    slack: float
    n_groups: int


def _none(setting: Setting) -> FloatArray:
    return setting.z


def _batch(setting: Setting) -> FloatArray:
    import torch

    from fairlab.projection.layer import project

    p = setting.z.copy()
    z, group = torch.from_numpy(setting.z), torch.from_numpy(setting.group)
    for first, after in zip(setting.edges, setting.edges[1:], strict=False):
        mine = slice(int(first), int(after))
        p[mine] = project(z[mine], group[mine], setting.slack).p.numpy()
    return p


def _frozen(setting: Setting) -> FloatArray:
    import torch

    from fairlab.projection.policies import FrozenRule

    fit = setting.fit
    rule = FrozenRule.fit(
        torch.from_numpy(np.asarray(fit.score, dtype=np.float64)),
        torch.from_numpy(fit.group),
        setting.slack,
        setting.constraint,
        torch.from_numpy(fit.y),
        n_groups=setting.n_groups,
    )
    return np.asarray(rule(torch.from_numpy(setting.z), torch.from_numpy(setting.group)).numpy())


@dataclass(frozen=True, slots=True)
class Player:
    """One policy.

    Attributes:
        score: Scores of the whole stream.
        uses_attribute_when_deciding: Whether a score needs the person's group.
    """

    score: Callable[[Setting], FloatArray]
    uses_attribute_when_deciding: bool


PLAYERS: dict[str, Player] = {
    "none": Player(_none, False),
    "batch": Player(_batch, True),
    "frozen": Player(_frozen, True),
}
