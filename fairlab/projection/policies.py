"""How a new person is scored: ``batch``, ``frozen`` or ``online``. Labels are never asked for.

========  ==========================================  =============================================
policy    what a score depends on                     what is promised of mean scores
========  ==========================================  =============================================
batch     raw score, group, the others in the batch   the gap within each batch, exactly
frozen    raw score, group                            the gap on the people it was fitted on;
                                                      among others it differs by O(1/√n)
online    raw score, group, everybody who came        the gap over everybody so far, see
          before                                      :meth:`OnlineRule.bound`
========  ==========================================  =============================================
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from fairlab.errors import InputError
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.frozen import FrozenRule
from fairlab.projection.layer import project
from fairlab.projection.online import OnlineRule, PaperOnlineRule
from fairlab.projection.saved import read_policy, write_policy

__all__ = ["BatchRule", "FrozenRule", "OnlineRule", "PaperOnlineRule", "Policy"]


class Policy(Protocol):
    """What all policies have in common; ``load_policy(path)`` opens any that was saved.

    Attributes:
        policy: ``batch``, ``frozen``, ``online`` or ``online_paper``.
        uses_attribute_when_deciding: Whether a score needs the person's group.
    """

    policy: str
    uses_attribute_when_deciding: bool

    def __call__(self, z: Any, group: Any) -> Any:
        """Scores, as ``z``, of people with these raw scores and groups."""
        ...

    def save(self, path: str | Path) -> None:
        """Write the policy to a file."""
        ...


@dataclass(frozen=True, slots=True)
class BatchRule:
    """The batch at hand, projected exactly; nothing is fitted and nothing remembered.

    The same person may get another score in another batch, and alone keeps their own. A group
    that the batch lacks has no part in it.

    Only constraints that need no label: the labels of a batch to be scored are unknown, and with
    probabilities in their place the gap that counts would not be the one that is promised.

    Attributes:
        slack: ε ≥ 0.
        constraint: Name of a constraint without labels.
        lower, upper: Box; may be infinite.

    Raises:
        UnknownNameError: Unknown constraint.
        InputError: A negative slack, an empty box, a constraint that looks at the label.
    """

    slack: float
    constraint: str = "demographic_parity"
    lower: float = 0.0
    upper: float = 1.0

    # Whether a prediction needs the person's group.
    uses_attribute_when_deciding = True
    policy = "batch"

    def __post_init__(self) -> None:
        if CONSTRAINTS[self.constraint].needs_labels:
            raise InputError(
                f"{self.constraint} looks at the label, which is unknown for a batch to be "
                "scored. Use the policy frozen, fitted where labels are known, or online."
            )
        if not self.slack >= 0:
            raise InputError(f"Slack must be 0 or more; found {self.slack}.")
        if not self.lower < self.upper:
            raise InputError(
                f"The box must not be empty; found lower {self.lower:g} and upper {self.upper:g}."
            )

    def __call__(self, z: Tensor, group: Tensor) -> Tensor:
        """Nearest scores of this batch: (n,) or (M, n), as ``z``; group (n,) or (n, A).

        Raises:
            InputError: As :func:`fairlab.projection.project`.
        """
        with torch.no_grad():
            return project(z, group, self.slack, self.constraint, None, self.lower, self.upper).p

    def save(self, path: str | Path) -> None:
        """Write the settings."""
        numbers = torch.tensor([self.slack, self.lower, self.upper], dtype=torch.float64)
        write_policy(
            path, self.policy, {"numbers": numbers.numpy()}, {"constraint": self.constraint}
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The rule saved at ``path``.

        Raises:
            InputError: As :func:`fairlab.projection.saved.read_policy`.
        """
        _, arrays, facts = read_policy(path, cls.policy)
        slack, lower, upper = arrays["numbers"].tolist()
        return cls(slack, facts["constraint"], lower, upper)
