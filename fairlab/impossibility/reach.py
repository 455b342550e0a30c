"""What rules by group thresholds can reach on these people, and which of them count."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.frontier.hulls import GroupHull, group_hulls
from fairlab.impossibility.criteria import CRITERIA
from fairlab.outcomes import FloatArray
from fairlab.sweeps import ThresholdSweep

LEAST_SHARE = 0.01
TELLS_APART = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The rules that count, as linear conditions on each group's expected (fp, tp).

    A rule counts if (1) in every group at least ``least_share`` of the people are expected to be
    selected and as many refused; (2) its accuracy is at least ``accuracy_floor``; (3) it tells
    outcomes apart: TPR − FPR, averaged over the people of groups with both outcomes, is at least
    ``apart_floor``. A rule that ignores the score has TPR = FPR in every group, so (3) excludes
    it, also on tables so imbalanced that "select nobody" is accurate.

    Attributes:
        hulls: The G groups that have people.
        corners: Per group (K, 2) expected fp and tp of the corners of its polygon, already cut
            to condition (1).
        sizes: (G, 2) people (or weight) with the unfavourable and the favourable outcome.
        best: (G, 2) expected fp and tp of the most accurate rule with condition (1).
        apart_coefficients: (G, 2) of fp and tp in :meth:`apart`.
        fractions: By criterion its rate as numerator and denominator, each (G, 3): constant, fp,
            tp. The denominator of a linear rate is constant, and 0 where the group has nobody to
            count. Both are shares of the group's people, so that groups of any size weigh alike.
        best_accuracy: Highest accuracy of a rule with condition (1).
        best_apart: Mean TPR − FPR of the most accurate rule.
        within, least_share, tells_apart: As asked.
    """

    hulls: tuple[GroupHull, ...]
    corners: tuple[FloatArray, ...]
    sizes: FloatArray
    best: FloatArray
    apart_coefficients: FloatArray
    fractions: Mapping[str, tuple[FloatArray, FloatArray]]
    best_accuracy: float
    best_apart: float
    within: float
    least_share: float
    tells_apart: float

    @property
    def group_names(self) -> tuple[str, ...]:
        """Groups that have people."""
        return tuple(hull.group for hull in self.hulls)

    @property
    def accuracy_floor(self) -> float:
        """Least accuracy of a rule that counts."""
        return self.best_accuracy - self.within

    @property
    def apart_floor(self) -> float:
        """Least mean TPR − FPR of a rule that counts."""
        return self.tells_apart * self.best_apart

    @property
    def n(self) -> float:
        """People, or total weight."""
        return float(self.sizes.sum())

    def accuracy(self, points: FloatArray) -> float:
        """Accuracy of everyone at (G, 2) expected fp and tp."""
        return float((self.sizes[:, 0] - points[:, 0] + points[:, 1]).sum() / self.n)

    def apart(self, points: FloatArray) -> float:
        """Mean over people of TPR − FPR of their group; groups with one outcome left out."""
        return float((points * self.apart_coefficients).sum())

    def compared(self, name: str) -> FloatArray:
        """(G,) which groups have the rate of a criterion."""
        if CRITERIA[name].kind == "ratio":
            return np.ones(len(self.sizes), dtype=bool)
        return np.asarray(self.fractions[name][1][:, 0] > 0)


def reach_of(
    sweep: ThresholdSweep,
    within: float,
    least_share: float = LEAST_SHARE,
    tells_apart: float = TELLS_APART,
) -> Reach:
    """The rules by group thresholds that count.

    Args:
        sweep: All thresholds of the people.
        within: Accuracy a rule may be below the best one, in [0, 1].
        least_share: Share of every group selected at least, and refused at least, in (0, 0.5].
        tells_apart: Part of the most accurate rule's mean TPR − FPR to keep, in [0, 1].

    Raises:
        InputError: For a setting outside its range.
    """
    for what, value, low, high in (
        ("The accuracy given up", within, 0.0, 1.0),
        ("The least share selected and refused", least_share, 1e-9, 0.5),
        ("The part of TPR − FPR to keep", tells_apart, 0.0, 1.0),
    ):
        if not low <= value <= high:
            raise InputError(f"{what} must be in {low:g} to {high:g}; found {value!r}.")
    hulls = group_hulls(sweep)
    sizes = np.array([[h.unfavourable, h.favourable] for h in hulls])
    corners = tuple(_cut(h, least_share) for h in hulls)
    best = np.stack([_most_accurate(own, size) for own, size in zip(corners, sizes, strict=True)])
    apart = _apart_coefficients(sizes)
    return Reach(
        hulls=hulls,
        corners=corners,
        sizes=sizes,
        best=best,
        apart_coefficients=apart,
        fractions={name: _fraction(name, sizes) for name in CRITERIA},
        best_accuracy=float((sizes[:, 0] - best[:, 0] + best[:, 1]).sum() / sizes.sum()),
        best_apart=float((best * apart).sum()),
        within=within,
        least_share=least_share,
        tells_apart=tells_apart,
    )


def _apart_coefficients(sizes: FloatArray) -> FloatArray:
    """(G, 2) of fp and tp in the mean over people of TPR − FPR of their group."""
    people = np.where((sizes > 0).all(axis=1), sizes.sum(axis=1), 0.0)
    share = people / max(float(people.sum()), 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        per = np.where(people[:, None] > 0, share[:, None] / sizes, 0.0)
    return np.asarray(per * np.array([-1.0, 1.0]))


def _fraction(name: str, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Numerator and denominator of a criterion's rate, each (G, 3)."""
    none, every = np.zeros(len(sizes)), np.ones(len(sizes))
    n0, n1 = sizes[:, 0], sizes[:, 1]
    n = n0 + n1
    columns = {
        "selection_rate": ((none, every, every), (n, none, none)),
        "tpr": ((none, none, every), (n1, none, none)),
        "fpr": ((none, every, none), (n0, none, none)),
        "accuracy": ((n0, -every, every), (n, none, none)),
        "ppv": ((none, none, every), (none, every, every)),
        "npv": ((n0, -every, none), (n, -every, -every)),
    }[CRITERIA[name].rate]
    top, bottom = (np.stack(part, axis=1) / n[:, None] for part in columns)
    return top, bottom


def _most_accurate(corners: FloatArray, size: FloatArray) -> FloatArray:
    """The corner with most right decisions; of those that tie, the one that tells most apart."""
    right = corners[:, 1] - corners[:, 0]
    rates = corners / np.where(size > 0, size, 1.0)
    apart = rates[:, 1] - rates[:, 0]
    tied = right >= right.max() - 1e-9 * max(1.0, float(size.sum()))
    point: FloatArray = corners[int(np.argmax(np.where(tied, apart, -np.inf)))]
    return point


def _cut(hull: GroupHull, least_share: float) -> FloatArray:
    """(K, 2) expected fp and tp of the polygon's corners, cut to the shares selected."""
    points = hull.points * np.array([hull.unfavourable, hull.favourable])
    low, high = least_share * hull.n, (1 - least_share) * hull.n
    points = _clipped(points, points.sum(axis=1) - low)
    points = _clipped(points, high - points.sum(axis=1))
    points.setflags(write=False)
    return points


def _clipped(points: FloatArray, inside: FloatArray) -> FloatArray:
    """A polygon without the side where ``inside`` (K,), linear on the plane, is negative."""
    after, inside_after = np.roll(points, -1, axis=0), np.roll(inside, -1)
    kept = []
    for here, there, a, b in zip(points, after, inside, inside_after, strict=True):
        if a >= 0:
            kept.append(here)
        if (a > 0 > b) or (a < 0 < b):
            kept.append(here + (there - here) * (a / (a - b)))
    return np.array(kept) if kept else points[[int(np.argmax(inside))]]
