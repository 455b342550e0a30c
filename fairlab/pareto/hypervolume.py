"""How much a set of trade-offs covers, as one number."""

import numpy as np
from numpy.typing import ArrayLike

from fairlab.errors import InputError
from fairlab.pareto.front import checked_costs, pareto_front


def hypervolume(costs: ArrayLike, *, reference: tuple[float, float]) -> float:
    """Area of costs that some point is at least as good as, up to a reference point.

    The reference is stated by the caller because the number means nothing without it; two
    fronts are comparable only with the same one. Points that are not better than the reference
    on both costs, and undefined (NaN) points, add nothing.

    Source: Zitzler and Thiele 1998 (size of the space covered), for two costs.

    Args:
        costs: (N, 2), less is better.
        reference: The worst first and second cost that still count, finite.

    Returns:
        Area in units of first cost × second cost, ≥ 0; 0 without points.

    Raises:
        InputError: If the shape is not (N, 2), the reference is not finite, or a cost is -inf.
    """
    if not np.isfinite(reference).all():
        raise InputError(f"The reference point must be finite; found {reference}.")
    table = checked_costs(costs)
    if np.isneginf(table).any():
        raise InputError("A cost of -inf covers an endless area. Give finite costs.")
    inside = table[(table < np.asarray(reference)).all(axis=1)]
    area, ceiling = 0.0, reference[1]
    for point in pareto_front(inside):
        area += (reference[0] - point.first) * (ceiling - point.second)
        ceiling = point.second
    return area
