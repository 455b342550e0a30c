"""The modes: one line each."""

from collections.abc import Callable, Sequence

from fairlab.config import MODE_CONSTRAINTS, TRAINED_CONSTRAINTS, Mode, modes_for
from fairlab.errors import InputError
from fairlab.registry import Registry
from fairlab.training.adversarial import AdversarialFamily
from fairlab.training.family import Family, Setting
from fairlab.training.layer import LayerFamily
from fairlab.training.soft_penalty import PenaltyFamily
from fairlab.training.target_slack import TargetSlackFamily


def _penalty(setting: Setting) -> Family:
    if setting.config.varies_slack("penalty"):
        return TargetSlackFamily(setting)
    return PenaltyFamily(setting)


FAMILIES: Registry[Callable[[Setting], Family]] = Registry(
    "mode",
    {
        "penalty": _penalty,
        "adversarial": AdversarialFamily,
        "layer": LayerFamily,
    },
)


def check_constraint(constraint: str, modes: Sequence[Mode]) -> None:
    """Refuse what cannot be trained.

    Args:
        constraint: What must be nearly equal.
        modes: Modes to train.

    Raises:
        InputError: Naming the modes that can, or the constraints.
    """
    if constraint not in TRAINED_CONSTRAINTS:
        raise InputError(
            f"Training for {constraint} is not available. Choose one of "
            f"{', '.join(TRAINED_CONSTRAINTS)}."
        )
    able = modes_for(constraint)
    for mode in modes:
        if mode not in able:
            raise InputError(
                f"Mode {mode} cannot be trained for {constraint}: an adversary prevents the group "
                "from being guessed, which says nothing about this constraint. Leave the mode out "
                f"({' and '.join(able)} can), or choose one of "
                f"{', '.join(MODE_CONSTRAINTS[mode])}."
            )
