"""P(y = 1 | raw score): what a score says about the label that is unknown when it is used.

Platt scaling, fitted on people whose labels are known. Importing this module does not import
torch; numpy arrays and tensors are both welcome and come back as what they were.
"""

import math
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray

__all__ = ["Calibration"]

_EDGE = 1e-6
_RIDGE = 1e-3
_PRIOR = 1.0
_STEPS = 50
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """``P(y = 1 | z) = σ(slope · x + intercept + by_group)`` for M models.

    x is the logit of z's place in the box when the box is finite, and (z − centre) / spread of
    the people it was fitted on when it is not (raw logits, predicted amounts).

    Attributes:
        slope, intercept: (M,).
        centre, spread: (M,) of the scores it was fitted on; unused with a finite box.
        lower, upper: Box of the scores.
        by_group: (M, G) what is added for each group, or None for the same curve for everybody.
    """

    slope: FloatArray
    intercept: FloatArray
    centre: FloatArray
    spread: FloatArray
    lower: float
    upper: float
    by_group: FloatArray | None = None

    @property
    def uses_group(self) -> bool:
        """Whether a probability depends on the person's group."""
        return self.by_group is not None

    @classmethod
    def fit(
        cls,
        z: Any,
        y: Any,
        weight: Any = None,
        *,
        group: Any = None,
        n_groups: int | None = None,
        lower: float = 0.0,
        upper: float = 1.0,
    ) -> Self:
        """Logistic regression of y on the score, by Newton's method with a slight ridge.

        Args:
            z: (n,) or (M, n) finite raw scores.
            y: (n,) labels 0/1, or probabilities.
            weight: (n,) positive weights, or None.
            group: (n,) integers ≥ 0 to give each group an intercept of its own, drawn to the
                common one where few people are known (a unit prior); None to ignore groups.
            n_groups: G; default is the largest group present plus one.
            lower, upper: Box; may be infinite.

        Raises:
            InputError: Lengths that differ, nobody, labels outside [0, 1], groups out of range.
        """
        xp = _module(z)
        rows = _float(xp, z)
        rows = rows[None] if rows.ndim == 1 else rows
        labels = _float(xp, y).reshape(-1)
        if rows.shape[-1] != len(labels) or len(labels) == 0:
            raise InputError(
                f"A calibration needs one label per score; found {rows.shape[-1]} scores and "
                f"{len(labels)} labels."
            )
        if bool(((labels < 0) | (labels > 1)).any()):
            raise InputError(
                "A calibration needs labels 0 and 1; found others. Encode the favourable outcome "
                "as 1."
            )
        centre = rows.mean(1)
        spread = ((rows - centre[:, None]) ** 2).mean(1) ** 0.5
        spread = xp.where(spread > 0, spread, xp.ones_like(spread))
        x = _feature(xp, rows, lower, upper, centre, spread)
        w = xp.ones_like(labels) if weight is None else _float(xp, weight).reshape(-1)
        slope, intercept = _newton(xp, x, labels, w)
        curve = slope[:, None] * x + intercept[:, None]
        return cls(
            _numpy(slope),
            _numpy(intercept),
            _numpy(centre),
            _numpy(spread),
            float(lower),
            float(upper),
            None if group is None else _offsets(xp, curve, labels, w, group, n_groups),
        )

    def probability(self, z: Any, group: Any = None) -> Any:
        """Probabilities of scores: (n,) for one model or (M, n), float64, as ``z``.

        Args:
            z: (n,) or (M, n) raw scores.
            group: (n,) integers, needed where groups have curves of their own.

        Raises:
            InputError: If groups are needed and missing, or out of range.
        """
        xp = _module(z)
        rows = _float(xp, z)
        flat = rows.ndim == 1
        rows = rows[None] if flat else rows
        like = [_like(xp, v, rows) for v in (self.slope, self.intercept, self.centre, self.spread)]
        x = _feature(xp, rows, self.lower, self.upper, like[2], like[3])
        x = like[0][:, None] * x + like[1][:, None]
        if self.by_group is not None:
            codes = self._codes(group, rows.shape[-1])
            own = _like(xp, self.by_group, rows)
            x = x + own[:, codes if xp is np else xp.as_tensor(codes, device=rows.device)]
        q = _sigmoid(xp, x)
        return q[0] if flat and len(q) == 1 else q

    def _codes(self, group: Any, n: int) -> NDArray[np.int64]:
        assert self.by_group is not None
        if group is None:
            raise InputError(
                "This calibration has a curve for each group, and no groups were given. Pass group."
            )
        codes = _numpy(group).astype(np.int64)
        size = self.by_group.shape[1]
        if codes.shape != (n,) or (n and (codes.min() < 0 or codes.max() >= size)):
            raise InputError(
                f"Groups must be {n} integers from 0 to {size - 1}, as when the calibration was "
                f"fitted; found shape {codes.shape}. Fit it with a larger n_groups."
            )
        return codes

    def arrays(self) -> dict[str, FloatArray]:
        """What to save, with :meth:`from_arrays` as its inverse."""
        extra = {} if self.by_group is None else {"by_group": self.by_group}
        return {
            **extra,
            "slope": self.slope,
            "intercept": self.intercept,
            "centre": self.centre,
            "spread": self.spread,
            "box": np.array([self.lower, self.upper]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Self:
        """The calibration that :meth:`arrays` came from."""
        lower, upper = arrays["box"].tolist()
        return cls(
            arrays["slope"],
            arrays["intercept"],
            arrays["centre"],
            arrays["spread"],
            lower,
            upper,
            arrays.get("by_group"),
        )


def _offsets(
    xp: ModuleType, curve: Any, y: Any, w: Any, group: Any, n_groups: int | None
) -> FloatArray:
    """(M, G) intercepts of groups on top of the common curve, by Newton's method per group."""
    codes = _numpy(group).astype(np.int64)
    size = int(codes.max()) + 1 if n_groups is None else n_groups
    if codes.shape != (len(y),) or codes.min() < 0 or codes.max() >= size:
        raise InputError(
            f"A calibration by group needs one integer from 0 to {size - 1} per score; found "
            f"shape {codes.shape}, {codes.min()} to {codes.max()}."
        )
    result = np.zeros((len(curve), size))
    for g in np.unique(codes).tolist():
        mine = np.flatnonzero(codes == g)
        people = mine if xp is np else xp.as_tensor(mine, device=curve.device)
        base, labels, weight = curve[:, people], y[people], w[people]
        own = xp.zeros_like(base[:, 0])
        for _ in range(_STEPS):
            q = _sigmoid(xp, base + own[:, None])
            slope = (weight * (q - labels)).sum(1) + _PRIOR * own
            step = slope / ((weight * q * (1 - q)).sum(1) + _PRIOR)
            own = own - xp.clip(step, -2.0, 2.0)
            if float(abs(step).max()) < _CLOSE:
                break
        result[:, g] = _numpy(own)
    return result


def _newton(xp: ModuleType, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
    slope, intercept = xp.ones_like(x[:, 0]), xp.zeros_like(x[:, 0])
    wx = x * w
    wxx = wx * x
    sum_y, sum_xy = (w * y).sum(), (wx * y).sum(1)
    for _ in range(_STEPS):
        q = _sigmoid(xp, slope[:, None] * x + intercept[:, None])
        curve = q * (1 - q)
        down_b = (w * q).sum(1) - sum_y + _RIDGE * intercept
        down_a = (wx * q).sum(1) - sum_xy + _RIDGE * slope
        aa = (wxx * curve).sum(1) + _RIDGE
        ab = (wx * curve).sum(1)
        bb = (w * curve).sum(1) + _RIDGE
        det = aa * bb - ab * ab
        step_a = (bb * down_a - ab * down_b) / det
        step_b = (aa * down_b - ab * down_a) / det
        largest = xp.maximum(abs(step_a), abs(step_b))
        scale = 4.0 / xp.where(largest > 4.0, largest, xp.full_like(largest, 4.0))
        slope, intercept = slope - step_a * scale, intercept - step_b * scale
        if float(largest.max()) < _CLOSE:
            break
    return slope, intercept


def _feature(xp: ModuleType, z: Any, lower: float, upper: float, centre: Any, spread: Any) -> Any:
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return (z - centre[:, None]) / spread[:, None]
    unit = xp.clip((z - lower) / (upper - lower), _EDGE, 1 - _EDGE)
    return xp.log(unit / (1 - unit))


def _sigmoid(xp: ModuleType, x: Any) -> Any:
    return 1 / (1 + xp.exp(-xp.clip(x, -700.0, 700.0)))


def _module(z: Any) -> ModuleType:
    return sys.modules["torch"] if type(z).__module__.startswith("torch") else np


def _float(xp: ModuleType, z: Any) -> Any:
    return np.asarray(z, dtype=np.float64) if xp is np else z.detach().to(xp.float64)


def _like(xp: ModuleType, values: FloatArray, z: Any) -> Any:
    return values if xp is np else xp.as_tensor(values, device=z.device)


def _numpy(values: Any) -> NDArray[Any]:
    if type(values).__module__.startswith("torch"):
        return np.asarray(values.detach().cpu().numpy())
    return np.asarray(values)
