"""The rates a constraint bounds, as sums over people of their chance of each group and label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.config import Constraint
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray

# Per compared attribute (n, G, 2) chances of being of a group with a label; for people whose group
# and label are known, 1 for that cell and 0 for the others.
Joint = tuple[FloatArray, ...]

# Over people of which labels each constraint takes its rates, apart.
_OVER: dict[Constraint, tuple[tuple[float, float], ...]] = {
    "demographic_parity": ((1.0, 1.0),),
    "equal_opportunity": ((0.0, 1.0),),
    "predictive_equality": ((1.0, 0.0),),
    "equalized_odds": ((0.0, 1.0), (1.0, 0.0)),
    "mean_residual_parity": ((1.0, 1.0),),
    "accuracy_parity": ((1.0, 1.0),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """Which m rates are compared.

    Attributes:
        constraint: Which they are.
        attribute, group: (m,) of whom each is.
        over: (m, 2) 1 for the labels it is over.
        condition: (m,) rates of the same code are compared with each other.
        left_out: Groups that have a rate over nobody, by name.
    """

    constraint: Constraint
    attribute: IntArray
    group: IntArray
    over: FloatArray
    condition: IntArray
    left_out: tuple[str, ...]

    def people(self, joint: Joint, weight: FloatArray) -> FloatArray:
        """(m, 2) weight of the people of each rate's group with label 0 and with label 1."""
        total = [np.tensordot(weight, chance, axes=1) for chance in joint]
        return np.stack([total[a][g] for a, g in zip(self.attribute, self.group, strict=True)])

    def terms(self, joint: Joint, weight: FloatArray) -> "Terms":
        """How each rate is made from a person's chances.

        Args:
            joint: Chances of people.
            weight: (n,) their weights, summing to 1.
        """
        cell = self.people(joint, weight)
        size = (cell * self.over).sum(axis=1, keepdims=True)
        sign = np.array([-1.0, 1.0]) if self.constraint == "accuracy_parity" else 1.0
        constant = {
            "accuracy_parity": cell[:, 0] / size[:, 0],
            "mean_residual_parity": -cell[:, 1] / size[:, 0],
        }.get(self.constraint, np.zeros(len(cell)))
        return Terms(self, self.over * sign / size, constant)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """A rate is the weighted mean over people of ``rates`` × decision, plus ``constant``.

    Attributes:
        bounded: Which rates.
        take: (m, 2) factors of the chance of the rate's group with label 0 and with label 1.
        constant: (m,) rate when nobody is selected.
    """

    bounded: Bounded
    take: FloatArray
    constant: FloatArray

    def rates(self, joint: Joint) -> FloatArray:
        """(n, m) what selecting each person adds to each rate, times the number of people."""
        of = zip(self.bounded.attribute, self.bounded.group, self.take, strict=True)
        return np.stack([joint[a][:, g, :] @ take for a, g, take in of], axis=1)


def bounded_rates(
    constraint: Constraint,
    names: Sequence[Sequence[str]],
    people: Sequence[tuple[Joint, FloatArray]],
) -> Bounded:
    """The rates that can be compared.

    Args:
        constraint: Which.
        names: Names of the groups of each compared attribute.
        people: Chances and weights of people, in several ways; a rate needs somebody in each.

    Raises:
        InputError: If no two groups can be compared.
    """
    rows: list[tuple[int, int, tuple[float, float], int]] = []
    left_out: list[str] = []
    for a, groups in enumerate(names):
        totals = [np.tensordot(weight, joint[a], axes=1) for joint, weight in people]
        for over in _OVER[constraint]:
            there = np.all([total @ np.array(over) > 1e-9 for total in totals], axis=0)
            left_out += [name for name, kept in zip(groups, there, strict=True) if not kept]
            if there.sum() < 2:
                continue
            code = rows[-1][-1] + 1 if rows else 0
            rows += [(a, int(g), over, code) for g in np.flatnonzero(there)]
    if not rows:
        raise InputError(
            "The plug-in rule finds no two groups with a rate to compare. Use more people, merge "
            "groups, or leave it out of the baselines."
        )
    return Bounded(
        constraint=constraint,
        attribute=np.array([row[0] for row in rows]),
        group=np.array([row[1] for row in rows]),
        over=np.array([row[2] for row in rows]),
        condition=np.array([row[3] for row in rows]),
        left_out=tuple(dict.fromkeys(left_out)),
    )
