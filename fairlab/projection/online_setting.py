"""What both online rules are told once: slack, constraint, groups, box, step, calibration."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.projection.calibration import Calibration
from fairlab.projection.saved import write_policy
from fairlab.projection.soft_cells import Calibrated, SoftCells

__all__ = ["Setting", "as_given", "open_setting", "save_setting"]

_CALIBRATION = "calibration."


class Setting:
    """Checked settings of an online rule; see :class:`fairlab.projection.online.OnlineRule`."""

    def __init__(
        self,
        slack: float,
        constraint: str,
        n_groups: int | tuple[int, ...],
        lower: float,
        upper: float,
        step: float,
        calibration: Calibrated | None,
    ) -> None:
        self.slack, self.lower, self.upper = float(slack), float(lower), float(upper)
        self.step = float(step)
        self.calibration = calibration
        if not (self.slack >= 0 and math.isfinite(self.slack)):
            raise InputError(f"Slack must be 0 or more; found {slack}.")
        if not self.lower < self.upper:
            raise InputError(
                f"The box must not be empty; found lower {lower:g} and upper {upper:g}."
            )
        if not (self.step > 0 and math.isfinite(self.step)):
            raise InputError(f"The step must be above 0; found {step}.")
        self.cells = SoftCells(constraint, n_groups, calibration)

    def back(self, p: FloatArray, z: Any) -> Any:
        """Scores as a tensor like ``z`` where ``z`` is one."""
        if not type(z).__module__.startswith("torch"):
            return p
        import torch

        return torch.from_numpy(p).to(dtype=z.dtype, device=z.device)


def as_given(z: Any, group: Any) -> tuple[Any, Any]:
    """Both as numpy arrays, tensors brought over from their device."""
    return _numpy(z), _numpy(group)


def _numpy(values: Any) -> NDArray[Any]:
    if type(values).__module__.startswith("torch"):
        return np.asarray(values.detach().cpu().numpy())
    return np.asarray(values)


def save_setting(
    path: str | Path, kind: str, setting: Setting, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write settings beside a rule's own arrays.

    Raises:
        InputError: If the calibration is not a :class:`Calibration`.
    """
    calibration = setting.calibration
    if calibration is not None and not isinstance(calibration, Calibration):
        raise InputError(
            f"A calibration of type {type(calibration).__name__} cannot be saved. Use "
            "fairlab.projection.calibration.Calibration."
        )
    extra = {} if calibration is None else calibration.arrays()
    numbers = [setting.slack, setting.lower, setting.upper, setting.step]
    write_policy(
        path,
        kind,
        {
            **arrays,
            **{_CALIBRATION + name: values for name, values in extra.items()},
            "numbers": np.array(numbers),
        },
        {
            "constraint": setting.cells.constraint,
            "n_groups": list(setting.cells.sizes),
            "calibrated": calibration is not None,
        },
    )


def open_setting(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the rule that :func:`save_setting` wrote."""
    slack, lower, upper, step = arrays["numbers"].tolist()
    calibration = None
    if facts["calibrated"]:
        start = len(_CALIBRATION)
        calibration = Calibration.from_arrays(
            {name[start:]: v for name, v in arrays.items() if name.startswith(_CALIBRATION)}
        )
    return {
        "slack": slack,
        "constraint": facts["constraint"],
        "n_groups": tuple(facts["n_groups"]),
        "lower": lower,
        "upper": upper,
        "step": step,
        "calibration": calibration,
    }
