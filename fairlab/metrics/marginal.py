"""Gaps of several attributes, each compared by itself, from counts of their crossing."""

from collections.abc import Sequence

import numpy as np

from fairlab.metrics.gaps import Gap
from fairlab.outcomes import Array, Counts, FloatArray


def by_attribute(counts: Counts, names: Sequence[Sequence[str]]) -> list[Counts]:
    """Counts of each attribute's groups, summed from those of the crossing of all attributes.

    Args:
        counts: Of the crossed groups, fields (..., G).
        names: Names of the groups of each attribute, in the order they were crossed; with one
            entry the counts are already those of its groups.
    """
    sizes = tuple(len(own) for own in names)

    def of(field: Array, attribute: int) -> Array:
        lead = field.ndim - 1
        cube = field.reshape(*field.shape[:-1], *sizes)
        others = tuple(lead + k for k in range(len(sizes)) if k != attribute)
        return np.asarray(cube.sum(axis=others))

    return [
        Counts(
            tp=of(counts.tp, attribute),
            fp=of(counts.fp, attribute),
            fn=of(counts.fn, attribute),
            tn=of(counts.tn, attribute),
            group_names=tuple(own),
        )
        for attribute, own in enumerate(names)
    ]


def widest_gap(gap: Gap, counts: Counts, names: Sequence[Sequence[str]] = ()) -> FloatArray:
    """A difference between groups, of several attributes the widest; NaN where undefined.

    Args:
        gap: A difference.
        counts: Of the crossed groups, fields (..., G).
        names: Names of the compared groups by attribute; fewer than two mean that the groups of
            the counts are compared as they are.

    Returns:
        The leading axes of the counts.
    """
    if len(names) < 2:
        return np.asarray(gap(counts), dtype=np.float64)
    each = [gap(one) for one in by_attribute(counts, names)]
    return np.asarray(np.fmax.reduce(each), dtype=np.float64)
