"""The modes: one line each."""

from collections.abc import Callable

from fairlab.config import TRAINED_CONSTRAINTS, Mode
from fairlab.errors import InputError
from fairlab.registry import Registry
from fairlab.training.adversarial import AdversarialFamily
from fairlab.training.family import Family, Setting
from fairlab.training.layer import LayerFamily
from fairlab.training.soft_penalty import PenaltyFamily

FAMILIES: Registry[Callable[[Setting], Family]] = Registry(
    "mode",
    {
        "penalty": PenaltyFamily,
        "adversarial": AdversarialFamily,
        "layer": LayerFamily,
    },
)


def is_baseline(mode: Mode, strength: float) -> bool:
    """Whether this strength leaves the model unmitigated."""
    return strength == (1.0 if mode == "layer" else 0.0)


def check_constraint(constraint: str) -> None:
    """Refuse constraints that cannot be trained for.

    Raises:
        InputError: Naming those that can.
    """
    if constraint not in TRAINED_CONSTRAINTS:
        raise InputError(
            f"Training for {constraint} is not available. Choose one of "
            f"{', '.join(TRAINED_CONSTRAINTS)}."
        )
