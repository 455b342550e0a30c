"""The modes: one line each."""

from collections.abc import Callable

from fairlab.config import Mode, SweepConfig
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

TRAINED_CONSTRAINTS = (
    "demographic_parity",
    "equal_opportunity",
    "predictive_equality",
    "equalized_odds",
)


def strengths_of(mode: Mode, config: SweepConfig) -> tuple[float, ...]:
    """Strengths of a mode without repeats, the unmitigated one first if it was missing."""
    asked: tuple[float, ...]
    if mode == "layer":
        asked, neutral = config.layer.slacks, 1.0
    else:
        asked = config.penalty.strengths if mode == "penalty" else config.adversarial.strengths
        neutral = 0.0
    distinct = tuple(dict.fromkeys(asked))
    return distinct if neutral in distinct else (neutral, *distinct)


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
