"""What must be nearly equal across groups, constraint by constraint.

A constraint gives every person a measured value v = a·p + b of their score p, with a and b from
their label, and bounds the range over groups of mean(v) among the people who meet a condition.

Importing this module does not import torch; ``sign`` and ``offset`` take numbers, numpy arrays
and tensors alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fairlab.registry import Registry

__all__ = ["CONSTRAINTS", "Condition", "Constraint"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Who a mean is taken over: people with this label, or everyone when ``label`` is None."""

    name: str
    label: int | None


@dataclass(frozen=True, slots=True)
class Constraint:
    """Means that must be nearly equal.

    Attributes:
        conditions: Whom the means are taken over.
        sign: a of each person, −1 or 1, from their label; None is 1 for everybody.
        offset: b of each person from their label; None is 0 for everybody.
    """

    conditions: tuple[Condition, ...]
    sign: Callable[[Any], Any] | None = None
    offset: Callable[[Any], Any] | None = None

    @property
    def needs_labels(self) -> bool:
        """Whether the labels of the people are needed to measure it."""
        return self.offset is not None or any(c.label is not None for c in self.conditions)


_EVERYONE = Condition("everyone", None)
_FAVOURABLE = Condition("y = 1", 1)
_UNFAVOURABLE = Condition("y = 0", 0)

CONSTRAINTS: Registry[Constraint] = Registry(
    "constraint",
    {
        "demographic_parity": Constraint((_EVERYONE,)),
        "equal_opportunity": Constraint((_FAVOURABLE,)),
        "predictive_equality": Constraint((_UNFAVOURABLE,)),
        "equalized_odds": Constraint((_FAVOURABLE, _UNFAVOURABLE)),
        # v = p − y
        "mean_residual_parity": Constraint((_EVERYONE,), offset=lambda y: -y),
        # v = y p + (1 − y)(1 − p)
        "accuracy_parity": Constraint(
            (_EVERYONE,), sign=lambda y: 2 * y - 1, offset=lambda y: 1 - y
        ),
    },
)
