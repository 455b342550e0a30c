"""Curves that turn a score into a share of favourable outcomes: isotonic and Platt's sigmoid."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit, logit

from fairlab.errors import InputError
from fairlab.mappings import shorten
from fairlab.outcomes import FloatArray, IntArray

Method = Literal["isotonic", "platt"]
METHODS: tuple[Method, ...] = ("isotonic", "platt")
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """One curve from scores to probabilities.

    Attributes:
        method: ``isotonic``: never decreasing, straight between the knots ``at`` → ``to`` and flat
            beyond them. ``platt``: 1 / (1 + exp(−(slope x + intercept))) with
            x = (score − centre) / scale, or the logit of the score in its place.
        at, to: Knots; () for ``platt``.
        slope, intercept, centre, scale: 0, 0, 0, 1 for ``isotonic``.
        logit: Whether x starts from the logit of the score: so for scores in [0, 1].
    """

    method: Method
    at: tuple[float, ...] = ()
    to: tuple[float, ...] = ()
    slope: float = 0.0
    intercept: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    logit: bool = False

    def apply(self, score: FloatArray) -> FloatArray:
        """Probabilities in [0, 1], of the shape of ``score``."""
        if self.method == "isotonic":
            return np.asarray(np.interp(score, self.at, self.to))
        x = (_feature(score, self.logit) - self.centre) / self.scale
        return np.asarray(expit(self.slope * x + self.intercept))

    def to_record(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Any) -> "ScoreMap":
        """Read back :meth:`to_record`.

        Raises:
            InputError: For anything that is not such a record, or not such a curve.
        """
        try:
            at, to = (tuple(_number(v) for v in record[k]) for k in ("at", "to"))
            numbers = {k: _number(record[k]) for k in ("slope", "intercept", "centre", "scale")}
            found = cls(record["method"], at, to, **numbers, logit=record["logit"] is True)
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise InputError(
                f"A curve needs method, at, to, slope, intercept, centre, scale and logit; found "
                f"{shorten(record)}. Export the recalibration again."
            ) from error
        if not found._possible():
            raise InputError(
                "A curve must be isotonic with rising knots in 0 to 1, or platt with finite "
                "numbers and a positive scale; this one is not. Export the recalibration again."
            )
        return found

    def _possible(self) -> bool:
        if not all(math.isfinite(v) for v in (*self.at, *self.to, self.slope, self.intercept)):
            return False
        if self.method == "isotonic":
            rising = bool((np.diff(self.at) > 0).all() and (np.diff(self.to) >= 0).all())
            inside = len(self.at) > 0 and min(self.to) >= 0 and max(self.to) <= 1
            return len(self.at) == len(self.to) and rising and inside
        return self.method == "platt" and math.isfinite(self.centre) and 0 < self.scale < math.inf


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("a number is needed")
    return float(value)


def fit_map(
    score: FloatArray, y: IntArray, weight: FloatArray | None, method: Method, in_unit: bool
) -> ScoreMap:
    """The curve of these people.

    Args:
        score: (n,) finite.
        y: (n,) with both outcomes present.
        weight: (n,) or None.
        method: ``isotonic`` (pool adjacent violators) or ``platt`` (logistic regression on
            targets drawn inwards, (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2): Platt 1999).
        in_unit: Whether scores lie in [0, 1]; Platt's curve then contains "leave it as it is".
    """
    return (
        _isotonic(score, y, weight) if method == "isotonic" else _platt(score, y, weight, in_unit)
    )


def _isotonic(score: FloatArray, y: IntArray, weight: FloatArray | None) -> ScoreMap:
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(score, y.astype(np.float64), sample_weight=weight)
    at, first = np.unique(np.asarray(curve.X_thresholds_, dtype=np.float64), return_index=True)
    to = np.maximum.accumulate(np.clip(np.asarray(curve.y_thresholds_)[first], 0, 1))
    return ScoreMap("isotonic", tuple(at.tolist()), tuple(to.tolist()))


def _platt(score: FloatArray, y: IntArray, weight: FloatArray | None, in_unit: bool) -> ScoreMap:
    x = _feature(score, in_unit)
    centre, scale = float(x.mean()), float(x.std())
    favourable = int(y.sum())
    target = np.where(y == 1, (favourable + 1) / (favourable + 2), 1 / (len(y) - favourable + 2))
    w = np.ones(len(y)) if weight is None else weight / weight.mean()
    if np.ptp(x) > 0:
        slope, intercept = _logistic((x - centre) / scale, target, w)
    else:  # one score for everybody
        scale, slope, intercept = 1.0, 0.0, float(logit(np.average(target, weights=w)))
    return ScoreMap(
        "platt", slope=slope, intercept=intercept, centre=centre, scale=scale, logit=in_unit
    )


def _logistic(x: FloatArray, target: FloatArray, w: FloatArray) -> tuple[float, float]:
    """Slope and intercept of unpenalised logistic regression on targets in (0, 1).

    A target between 0 and 1 is a person with both outcomes, each with its share of the weight.
    """
    from sklearn.linear_model import LogisticRegression

    curve = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    curve.fit(
        np.concatenate([x, x])[:, None],
        np.repeat([1, 0], len(x)),
        sample_weight=np.concatenate([w * target, w * (1 - target)]),
    )
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


def _feature(score: FloatArray, in_unit: bool) -> FloatArray:
    if not in_unit:
        return score
    return np.asarray(logit(np.clip(score, _EDGE, 1 - _EDGE)))
