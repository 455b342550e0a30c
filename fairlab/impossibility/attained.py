"""A rule that attains an optimum: thresholds per group, drawn where they are mixed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fairlab.frontier import GroupThresholds, Rule
from fairlab.frontier.mixture import mixture
from fairlab.impossibility.reach import Reach
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, IntArray


@dataclass(frozen=True, slots=True)
class AttainedRule:
    """Group-specific, possibly randomised thresholds. Reads score and group, never a label.

    Attributes:
        groups: Thresholds of every group, in the order of the people's groups; none for a group
            nobody is in.
    """

    groups: tuple[GroupThresholds, ...]

    @property
    def randomised(self) -> bool:
        """Whether some decisions are drawn."""
        return self._rule.randomised

    @property
    def _rule(self) -> Rule:
        return Rule("demographic_parity", "max", 0.0, 1.0, 1.0, self.groups)

    def probability(self, score: ArrayLike, group: ArrayLike) -> FloatArray:
        """(n,) chance of being selected; see :meth:`fairlab.frontier.Rule.probability`."""
        return self._rule.probability(score, group)

    def decide(
        self, score: ArrayLike, group: ArrayLike, rng: np.random.Generator | int | None = None
    ) -> IntArray:
        """(n,) decisions, 1 for selected; see :meth:`fairlab.frontier.Rule.decide`."""
        return self._rule.decide(score, group, rng)

    def expected_counts(self, outcomes: GroupedOutcomes) -> Counts:
        """Expected counts per group, shape (G,): people are counted one by one."""
        return self._rule.expected_counts(outcomes)


def attained_rule(reach: Reach, points: FloatArray, names: tuple[str, ...]) -> AttainedRule:
    """The rule with (G, 2) expected fp and tp.

    Args:
        reach: The polygons.
        points: Within them.
        names: All groups of the people, those without anybody included.
    """
    groups = {name: GroupThresholds(name, (), ()) for name in names}
    for hull, point, size in zip(reach.hulls, points, reach.sizes, strict=True):
        weights = mixture(hull, point / np.where(size > 0, size, 1.0))
        drawn = np.flatnonzero(weights)
        drawn = drawn[np.argsort(-hull.thresholds[drawn])]
        cuts, chances = hull.thresholds[drawn].tolist(), weights[drawn].tolist()
        groups[hull.group] = GroupThresholds(hull.group, tuple(cuts), tuple(chances))
    return AttainedRule(tuple(groups.values()))
