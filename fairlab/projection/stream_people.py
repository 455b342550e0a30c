"""Who comes, in which order, and who was known before."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray

__all__ = ["ORDERS", "FitPeople", "Order", "order_people"]

Order = Literal["shuffled", "by group", "drifting"]
ORDERS: tuple[Order, ...] = ("shuffled", "by group", "drifting")
# How far group shares tilt from one end of a drifting stream to the other.
_TILT = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class FitPeople:
    """People whose labels are known before the stream begins: score, group and label, (n,)."""

    score: FloatArray
    group: IntArray
    y: IntArray


def order_people(order: Order, group: IntArray, seed: int = 0) -> IntArray:
    """(n,) positions of people in the order they come.

    ``shuffled``: at random. ``by group``: all of the first group, then all of the next, each
    shuffled: the hardest order. ``drifting``: at random, but the rate at which a group's people
    come changes linearly along the stream, from 1.9 to 0.1 times its average for the first group
    and the other way round for the last, the groups between on the line from one to the other;
    inside a group, order is random.

    Args:
        order: Name in :data:`ORDERS`.
        group: (n,) group codes.
        seed: Same seed, same order.

    Raises:
        InputError: For an unknown order.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(group))
    if order == "shuffled":
        return shuffled
    if order == "by group":
        return shuffled[np.argsort(group[shuffled], kind="stable")]
    if order != "drifting":
        raise InputError(f"There is no order named {order!r}. Known: {', '.join(ORDERS)}.")
    present, rank = np.unique(group, return_inverse=True)
    lean = _TILT * (2 * rank / max(1, len(present) - 1) - 1)
    # Density 1 + lean·(2t − 1) of the time t: the inverse of its distribution t + lean·(t² − t).
    u = rng.random(len(group))
    steady = np.abs(lean) < 1e-9
    slope = np.where(steady, 1.0, lean)
    time = (slope - 1 + np.sqrt((1 - slope) ** 2 + 4 * slope * u)) / (2 * slope)
    return np.argsort(np.where(steady, u, time), kind="stable")
