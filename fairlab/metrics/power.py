"""How small a gap the data could show, and how many more people it would take."""

import math

from scipy.special import ndtri

from fairlab.errors import InputError

_HALVINGS = 45


def minimum_detectable_gap(
    n_a: float, n_b: float, rate: float = 0.5, power: float = 0.8, level: float = 0.05
) -> float:
    """Smallest difference of two shares that a two-sided z-test would find this often.

    One group has ``rate``, the other lies on the side with more room; found so often whichever of
    the two has ``rate``, so the order of the groups does not matter. Normal approximation with the
    pooled variance under "no difference" and both variances under the alternative
    (Fleiss, Levin, Paik 2003, eq. 4.14).

    Args:
        n_a, n_b: People behind each share (the denominators of the rate).
        rate: Share in one group, [0, 1]; the pooled rate is a good choice.
        power: Chance of finding the difference when it is there.
        level: Significance level, two-sided.

    Returns:
        A difference in (0, 1]; NaN if a group is empty or even the largest possible difference
        would be missed too often ("we cannot tell").

    Raises:
        InputError: If a share, power or level is out of range.
    """
    _check(rate, power, level)
    if min(n_a, n_b) <= 0:
        return float("nan")
    room = max(rate, 1 - rate)
    sign = 1.0 if rate <= 0.5 else -1.0

    z_level, z_power = float(ndtri(1 - level / 2)), float(ndtri(power))

    def found(gap: float, n: float, n_other: float) -> bool:
        other = rate + sign * gap
        pooled = (n * rate + n_other * other) / (n + n_other)
        under_null = math.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / n + 1 / n_other))
        variance = rate * (1 - rate) / n + max(other * (1 - other), 0.0) / n_other
        return gap - z_level * under_null >= z_power * math.sqrt(variance)

    def enough(gap: float) -> bool:
        return found(gap, n_a, n_b) and found(gap, n_b, n_a)

    if not enough(room):
        return float("nan")
    low, high = 0.0, room
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def records_needed(
    gap: float,
    rate: float = 0.5,
    n_ratio: float = 1.0,
    power: float = 0.8,
    level: float = 0.05,
) -> tuple[int, int]:
    """People needed in each group to find a difference of ``gap`` (same test as above).

    Args:
        gap: Difference of shares to find, in (0, 1].
        rate: Share in one group, whichever needs more people; the other lies on the side with more
            room.
        n_ratio: People of group b for each of group a.
        power, level: As in :func:`minimum_detectable_gap`.

    Returns:
        People needed in group a and in group b.

    Raises:
        InputError: If ``gap`` does not fit beside ``rate``, or an argument is out of range.
    """
    _check(rate, power, level)
    room = max(rate, 1 - rate)
    if not 0 < gap <= room:
        raise InputError(
            f"Beside a rate of {rate:g} a gap lies between 0 and {room:g}; found {gap:g}."
        )
    if not n_ratio > 0:
        raise InputError(f"n_ratio must be positive; found {n_ratio!r}.")
    other = rate + gap if rate <= 0.5 else rate - gap
    z_level, z_power = float(ndtri(1 - level / 2)), float(ndtri(power))
    n_a = 0.0
    for a, b in ((rate, other), (other, rate)):
        pooled = (a + n_ratio * b) / (1 + n_ratio)
        under_null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / n_ratio))
        under_gap = math.sqrt(a * (1 - a) + b * (1 - b) / n_ratio)
        n_a = max(n_a, ((z_level * under_null + z_power * under_gap) / gap) ** 2)
    return math.ceil(n_a), math.ceil(n_a * n_ratio)


def _check(rate: float, power: float, level: float) -> None:
    if not 0 <= rate <= 1:
        raise InputError(
            f"A rate lies between 0 and 1; found {rate!r}. Divide a percentage by 100."
        )
    for name, value in (("power", power), ("level", level)):
        if not 0 < value < 1:
            raise InputError(f"{name} lies strictly between 0 and 1; found {value!r}.")
