"""Accuracy and the constraint's gap of many models, from counts."""

from collections.abc import Sequence

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.metrics import GAPS
from fairlab.outcomes import Array, Counts, FloatArray


def accuracy_of(counts: Counts) -> FloatArray:
    """(M,) share of decisions that agree with the label."""
    right = (counts.tp + counts.tn).sum(-1)
    return np.asarray(right / counts.n.sum(-1), dtype=np.float64)


def gap_of(
    constraint: str, counts: Counts, compared_names: Sequence[Sequence[str]] = ()
) -> FloatArray:
    """(M,) the constraint's own gap of decisions; NaN where undefined.

    Args:
        constraint: Its name.
        counts: Of the crossed groups, fields (M, G).
        compared_names: Names of the compared groups by attribute; with several attributes the
            gap is the widest of theirs.
    """
    gap = GAPS[CONSTRAINT_GAPS[constraint]]
    if len(compared_names) < 2:
        return np.asarray(gap(counts), dtype=np.float64)
    each = [gap(one) for one in by_attribute(counts, compared_names)]
    return np.asarray(np.fmax.reduce(each), dtype=np.float64)


def by_attribute(counts: Counts, names: Sequence[Sequence[str]]) -> list[Counts]:
    """Counts of each attribute's groups, summed from those of the crossing of all attributes."""
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


def side_by_side(tables: Sequence[Counts]) -> Counts:
    """The groups of several groupings of the same people as one list of groups."""

    def of(field: str) -> Array:
        return np.concatenate([getattr(table, field) for table in tables], axis=-1)

    names = tuple(name for table in tables for name in table.group_names)
    return Counts(of("tp"), of("fp"), of("fn"), of("tn"), names)
