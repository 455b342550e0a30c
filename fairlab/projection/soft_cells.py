"""Who belongs to which cell when labels are unknown: in part, by a calibrated probability.

Importing this module does not import torch.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.projection.conditions import CONSTRAINTS, Condition

__all__ = ["Calibrated", "SoftCells", "SoftPeople"]


class Calibrated(Protocol):
    """What turns raw scores into P(y = 1 | raw score), or P(y = 1 | raw score, group)."""

    @property
    def uses_group(self) -> bool:
        """Whether groups have curves of their own."""
        ...

    def probability(self, z: Any, group: Any = None) -> Any:
        """(n,) probabilities of (n,) raw scores."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SoftPeople:
    """A batch as the online rules see it.

    Attributes:
        z: (n,) raw scores.
        group: (n, A) group of each person by attribute.
        weight: (K, n) how much each person counts under each condition, 0..1.
        sign, offset: (n,) a and b of the measured value a·p + b, expected over the label.
    """

    z: FloatArray
    group: NDArray[np.int64]
    weight: FloatArray
    sign: FloatArray
    offset: FloatArray


class SoftCells:
    """The cells of a constraint for people whose labels are unknown.

    Args:
        constraint: A name of ``CONSTRAINTS``.
        n_groups: Number of groups, one per attribute.
        calibration: P(y = 1 | raw score); needed where the constraint looks at the label.

    Attributes:
        families: (condition's position, attribute) of each family of cells.
        width: Most groups of any attribute.

    Raises:
        UnknownNameError: For an unknown constraint.
        InputError: If a calibration is needed and missing, or a number of groups is below 1.
    """

    def __init__(
        self, constraint: str, n_groups: int | tuple[int, ...], calibration: Calibrated | None
    ) -> None:
        self.constraint = constraint
        self.rule = CONSTRAINTS[constraint]
        self.sizes = (n_groups,) if isinstance(n_groups, int) else tuple(n_groups)
        self.calibration = calibration
        if not self.sizes or min(self.sizes) < 1:
            raise InputError(f"There must be at least one group; found n_groups {n_groups}.")
        if self.rule.needs_labels and calibration is None:
            raise InputError(
                f"{constraint} looks at the label, which is unknown when scoring. Pass "
                "calibration=, fitted where labels are known, or use demographic_parity."
            )
        if self.rule.offset is not None and self.rule.sign is None:
            self._needs_groups(calibration)
        self.conditions: tuple[Condition, ...] = self.rule.conditions
        self.families = tuple(
            (k, attribute)
            for attribute in range(len(self.sizes))
            for k in range(len(self.conditions))
        )
        self.width = max(self.sizes)

    def people(self, z: Any, group: Any) -> SoftPeople:
        """Check a batch and work out its soft memberships.

        Raises:
            InputError: Lengths that differ, scores that are not finite, groups out of range.
        """
        rows = np.asarray(z, dtype=np.float64)
        codes = np.asarray(group)
        columns = codes[:, None] if codes.ndim == 1 else codes
        self._check(rows, columns)
        n = len(rows)
        ones, zeros = np.ones(n), np.zeros(n)
        if not self.rule.needs_labels:
            return SoftPeople(rows, columns.astype(np.int64), ones[None], ones, zeros)
        assert self.calibration is not None
        q = np.asarray(self._probability(rows, columns), dtype=np.float64).reshape(n)
        by_label = {None: ones, 1: q, 0: 1 - q}
        weight = np.stack([by_label[c.label] for c in self.conditions])
        sign = ones if self.rule.sign is None else np.asarray(self.rule.sign(q))
        offset = zeros if self.rule.offset is None else np.asarray(self.rule.offset(q))
        return SoftPeople(rows, columns.astype(np.int64), weight, sign, offset)

    def _probability(self, z: FloatArray, group: NDArray[Any]) -> Any:
        assert self.calibration is not None
        if not self.calibration.uses_group:
            return self.calibration.probability(z)
        if len(self.sizes) > 1:
            raise InputError(
                "A calibration by group knows one attribute, and this rule has "
                f"{len(self.sizes)}. Calibrate without groups, or cross the attributes into one."
            )
        return self.calibration.probability(z, group[:, 0])

    def _needs_groups(self, calibration: Calibrated | None) -> None:
        if calibration is not None and not calibration.uses_group:
            raise InputError(
                f"{self.constraint} is about how far scores are off in each group, and this "
                "calibration ignores groups, so nothing could be seen. Fit it with group=."
            )

    def _check(self, z: FloatArray, group: NDArray[Any]) -> None:
        if z.ndim != 1 or group.shape != (len(z), len(self.sizes)):
            raise InputError(
                f"Scores must be (n,) and groups (n,) or (n, {len(self.sizes)}) for "
                f"{len(self.sizes)} attribute(s); found scores {z.shape} and groups {group.shape}."
            )
        if not np.issubdtype(group.dtype, np.integer):
            raise InputError(f"Groups must be integers; found {group.dtype}.")
        if not np.isfinite(z).all():
            raise InputError(
                f"{int((~np.isfinite(z)).sum())} scores are not finite. Leave those people out or "
                "check the features."
            )
        sizes = np.array(self.sizes)
        if len(z) and ((group < 0) | (group >= sizes)).any():
            raise InputError(
                f"Groups run from {group.min()} to {group.max()}; the rule was made for 0 to "
                f"{max(self.sizes) - 1}. Make the rule with a larger n_groups, or merge groups."
            )
