"""Two decisions about the same people: how sure a change of a share of them is.

A person about whom both models decide alike says nothing of the change. Everything here rests on
the people who count under one model only: ``plus`` of them count after and not before, ``minus``
before and not after.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, gammaln, ndtri

from fairlab.errors import InputError
from fairlab.metrics.intervals import normal_quantile
from fairlab.outcomes import FloatArray

_HALVINGS = 45


def paired_interval(
    plus: ArrayLike, minus: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval of the change of a share, (plus − minus) / n (Agresti, Min 2005).

    Wald's interval for matched shares after adding half a person to each of the four cells.

    Args:
        plus, minus: People who count under the second, respectively the first model only; floats
            (effective numbers) are allowed.
        n: People behind the share, the same under both models.
        level: Confidence level.

    Returns:
        Lower and upper bounds in [−1, 1]; NaN where n is 0.

    Raises:
        InputError: If a count is negative or plus + minus exceeds n.
    """
    z = normal_quantile(level)
    b, c, people = (np.asarray(v, dtype=np.float64) for v in (plus, minus, n))
    if ((b < 0) | (c < 0) | (b + c > people * (1 + 1e-9))).any():
        raise InputError(
            "People who changed must be between 0 and all people; found more. Check the counts."
        )
    size = people + 2
    change = (b - c) / size
    error = np.sqrt(np.maximum((b + c + 1) / size - change**2, 0.0) / size)
    with np.errstate(invalid="ignore"):
        found = np.where(people > 0, (b - c) / people, np.nan)
    low = np.minimum(np.maximum(change - z * error, -1.0), found)
    high = np.maximum(np.minimum(change + z * error, 1.0), found)
    return np.asarray(low), np.asarray(high)


def mcnemar_p(plus: int, minus: int, *, mid: bool = True) -> float:
    """McNemar's two-sided test that as many people changed one way as the other.

    Given how many changed, each way is a coin toss. The mid-p value counts only half of the chance
    of what was found: the exact test rejects too rarely (Fagerland, Lydersen, Laake 2013).

    Args:
        plus, minus: People who changed each way.
        mid: The mid-p value; False for the exact one.

    Returns:
        p-value in (0, 1]; 1 when nobody changed.
    """
    changed, fewer = int(plus) + int(minus), min(int(plus), int(minus))
    if changed == 0:
        return 1.0
    tail = float(bdtr(fewer, changed, 0.5))
    if mid:
        log_found = gammaln(changed + 1) - gammaln(fewer + 1) - gammaln(changed - fewer + 1)
        tail -= 0.5 * math.exp(float(log_found) - changed * math.log(2))
    return min(1.0, 2 * tail)


def minimum_detectable_change(
    n: float, changed: float = 0.0, power: float = 0.8, level: float = 0.05
) -> float:
    """Smallest change of a share that McNemar's test would find this often.

    Normal approximation (Miettinen 1968; Connor 1987, eq. 2) for the share of people found to be
    decided differently; a change cannot be larger than that share, so the share is raised where
    it must be.

    Args:
        n: People behind the share.
        changed: People who count under one model only.
        power: Chance of finding the change when it is there.
        level: Significance level, two-sided.

    Returns:
        A change in (0, 1]; NaN when nobody is there or even a change of 1 would be missed too
        often.

    Raises:
        InputError: If power or level is out of range, or more people changed than there are.
    """
    for name, value in (("power", power), ("level", level)):
        if not 0 < value < 1:
            raise InputError(f"{name} lies strictly between 0 and 1; found {value!r}.")
    if not 0 <= changed <= n * (1 + 1e-9):
        raise InputError(f"Of {n:g} people, 0 to {n:g} can have changed; found {changed:g}.")
    if n <= 0:
        return float("nan")
    z_level, z_power = float(ndtri(1 - level / 2)), float(ndtri(power))
    found = min(changed / n, 1.0)

    def enough(change: float) -> bool:
        share = max(found, change)
        spread = z_level * math.sqrt(share) + z_power * math.sqrt(share - change**2)
        return change * math.sqrt(n) >= spread

    if not enough(1.0):
        return float("nan")
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
