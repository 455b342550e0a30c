"""Non-dominated points of two costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """A point of the front; both axes are costs, so less is better on each.

    Attributes:
        index: Row in the costs the front was taken of.
        first, second: Its two costs, for example error and gap.
    """

    index: int
    first: float
    second: float


def non_dominated(costs: ArrayLike) -> NDArray[np.bool_]:
    """Which points no other point beats.

    A point beats another when it is no worse on both costs and better on one. Points equal on
    both costs do not beat each other: duplicates stay together on the front or off it. A point
    with an undefined (NaN) cost is never on the front and beats nobody.

    Args:
        costs: (N, 2), less is better; N may be 0.

    Returns:
        (N,) booleans.

    Raises:
        InputError: If the shape is not (N, 2).
    """
    table = checked_costs(costs)
    mask = np.zeros(len(table), dtype=bool)
    rows = np.flatnonzero(~np.isnan(table).any(axis=1))
    if len(rows) == 0:
        return mask
    rows = rows[np.lexsort((table[rows, 1], table[rows, 0]))]
    first, second = table[rows, 0], table[rows, 1]
    starts = np.concatenate(([True], first[1:] != first[:-1]))
    start_of = np.maximum.accumulate(np.where(starts, np.arange(len(rows)), 0))
    least_before = np.concatenate(([np.inf], np.minimum.accumulate(second)))[start_of]
    unbeaten_before = (second < least_before) | (start_of == 0)
    mask[rows] = unbeaten_before & (second == second[start_of])
    return mask


def pareto_front(costs: ArrayLike) -> tuple[ParetoPoint, ...]:
    """The non-dominated points, from the lowest first cost to the highest.

    Args:
        costs: (N, 2), less is better.

    Raises:
        InputError: If the shape is not (N, 2).
    """
    table = checked_costs(costs)
    rows = np.flatnonzero(non_dominated(table))
    rows = rows[np.lexsort((rows, table[rows, 1], table[rows, 0]))]
    return tuple(ParetoPoint(int(i), float(table[i, 0]), float(table[i, 1])) for i in rows)


def checked_costs(costs: ArrayLike) -> FloatArray:
    """Costs as a float table (N, 2).

    Raises:
        InputError: If they have another shape.
    """
    table = np.asarray(costs, dtype=np.float64)
    if table.size == 0:
        return np.empty((0, 2))
    if table.ndim != 2 or table.shape[1] != 2:
        raise InputError(
            f"Costs must have two columns, one row per point; found shape {table.shape}. "
            "Stack them with numpy.column_stack((first, second))."
        )
    return table
