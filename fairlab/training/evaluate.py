"""Accuracy and the constraint's gap of many models, from counts."""

from collections.abc import Sequence

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.metrics import GAPS
from fairlab.metrics.marginal import by_attribute, widest_gap
from fairlab.outcomes import Array, Counts, FloatArray

__all__ = ["accuracy_of", "by_attribute", "gap_of", "side_by_side"]


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
    return widest_gap(GAPS[CONSTRAINT_GAPS[constraint]], counts, compared_names)


def side_by_side(tables: Sequence[Counts]) -> Counts:
    """The groups of several groupings of the same people as one list of groups."""

    def of(field: str) -> Array:
        return np.concatenate([getattr(table, field) for table in tables], axis=-1)

    names = tuple(name for table in tables for name in table.group_names)
    return Counts(of("tp"), of("fp"), of("fn"), of("tn"), names)
