"""The fairness layer: nearest scores whose group means differ by no more than a slack.

Names are imported when they are first used, so that the online rules work, and pages open,
without paying for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlab.projection.conditions import CONSTRAINTS
    from fairlab.projection.convex import ConvexFairnessLayer, PrecisionNotice
    from fairlab.projection.layer import FairnessLayer, Projection, project
    from fairlab.projection.online import OnlineRule, PaperOnlineRule
    from fairlab.projection.policies import BatchRule, FrozenRule
    from fairlab.projection.saved import load_policy

__all__ = [
    "CONSTRAINTS",
    "BatchRule",
    "ConvexFairnessLayer",
    "FairnessLayer",
    "FrozenRule",
    "OnlineRule",
    "PaperOnlineRule",
    "PrecisionNotice",
    "Projection",
    "load_policy",
    "project",
]

_HOME = {
    "BatchRule": "policies",
    "CONSTRAINTS": "conditions",
    "ConvexFairnessLayer": "convex",
    "FairnessLayer": "layer",
    "FrozenRule": "policies",
    "OnlineRule": "online",
    "PaperOnlineRule": "online",
    "PrecisionNotice": "convex",
    "Projection": "layer",
    "load_policy": "saved",
    "project": "layer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
