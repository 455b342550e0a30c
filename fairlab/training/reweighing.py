"""Reweighing: weights under which group and label are independent.

Kamiran and Calders, "Data preprocessing techniques for classification without discrimination",
Knowledge and Information Systems 33, 2012, section 5.3.
"""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Reweighing:
    """Weights by group and label, learnt from one table and used on others.

    Attributes:
        cell: (G, 2) weight of each group and label: P(group) · P(label) / P(group and label),
            0 where nobody was.
    """

    cell: FloatArray

    def weights(
        self, group: IntArray, label: IntArray, weight: FloatArray | None = None
    ) -> FloatArray:
        """(n,) weight of each person, times their own weight where they have one."""
        found = self.cell[group, label]
        return found if weight is None else found * weight


def fit_reweighing(
    group: IntArray, label: IntArray, n_groups: int, weight: FloatArray | None = None
) -> Reweighing:
    """The weights that make group and label independent among these people.

    The weighted number of people in each group, and with each label, stays as it is.

    Args:
        group: (n,) 0..n_groups-1.
        label: (n,) 0 or 1.
        n_groups: G.
        weight: (n,) positive, or None for one each.
    """
    own = np.ones(len(group)) if weight is None else weight
    joint = np.bincount(group * 2 + label, weights=own, minlength=2 * n_groups).reshape(-1, 2)
    expected = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True) / joint.sum()
    cell = np.zeros_like(expected)
    np.divide(expected, joint, out=cell, where=joint > 0)
    return Reweighing(cell)
