"""How large the aggregate gap of the online rule can be, from who came and never from scores.

For means of plain scores in one family of cells the rule of ``online.py`` has a bound that holds
in any order, whatever the scores, however shares drift. Write e for the gap beyond the slack, R
for the width of the box, ω for the smallest share of a group, k for the gain and w for how much
the arriving person counts (1, or the probability of belonging to the cell).

1. The departures balance, so the departures of the highest and of the lowest group are each at
   least ω·e, in size.
2. The score is ``clip(z − k w d)`` with d the departure *after* the person was counted. Where
   k w d ≥ R it is at the edge of the box, and the group's mean moves towards the others.
3. Suppose e grows. Then the arriving group is the highest (or lowest) and its person lies beyond
   its mean, hence beyond the band by d at least: (1 + k w) d ≤ R − ε, and e ≤ L = (R − ε) /
   ((1 + k w) ω). So e never grows beyond L, and never by more than w R / (people in the group).
4. Two groups: where e > R / (k w ω), a person of either group is at the edge, and e shrinks at
   least by the factor N / (N + w), N the group's people before.
5. More groups: where e stays above (1 + κ) R / (k w ω), all groups within κ R / (k w) of the
   highest are sent to the edge. Once every group has grown by a factor c, the highest mean has
   come down by the smaller of κ R / (k w) and (1 − 1/c) of its height, or its holder lies so much
   below; so e has shrunk by twice that.

With shares that stay away from 0 and k = step·√n both give ε + O(1/√n).
"""

import math
from typing import Self

__all__ = ["Certificate", "planned"]

_KAPPA = 0.25
_ROUND = 1.25


class Certificate:
    """Upper bound on the gap beyond the slack, kept up to date person by person.

    Args:
        slack: ε.
        width: R of the box, finite.
        size: Number of groups.
    """

    def __init__(self, slack: float, width: float, size: int) -> None:
        self.slack, self.width = slack, width
        self.excess = 0.0
        self.anchor = [0.0] * size
        self.anchor_excess = 0.0
        self.reach = 0.0
        self.share = 1.0

    def numbers(self) -> list[float]:
        """All it remembers, with :meth:`restore` as its inverse."""
        return [self.excess, self.anchor_excess, self.reach, self.share, *self.anchor]

    def restore(self, numbers: list[float]) -> Self:
        """Continue from :meth:`numbers`."""
        self.excess, self.anchor_excess, self.reach, self.share, *self.anchor = numbers
        return self

    def arrive(self, mass: list[float], cell: int, weight: float, gain: float) -> None:
        """Somebody of ``cell`` came; ``mass`` counts them already."""
        if weight <= 0:
            return
        own, total = mass[cell], sum(mass)
        if own == total:
            return  # one group so far: there is no gap
        rarest = total - own if len(mass) == 2 else min([m for m in mass if m > 0])
        share = rarest / total
        force = gain * weight
        before = self.excess
        most = max(self.width - self.slack, 0.0)
        grown = min(most / ((1 + force) * share), before + weight * self.width / own, most)
        reach = self.width / force
        if len(mass) == 2:
            held = min(before, reach / share)
            self.excess = max(held, grown, before * (own - weight) / own)
            return
        self.excess = max(before, grown)
        self._round(mass, reach, share)

    def _round(self, mass: list[float], reach: float, share: float) -> None:
        self.reach = max(self.reach, reach)
        self.share = min(self.share, share)
        growth = math.inf
        for m, a in zip(mass, self.anchor, strict=True):
            if m > 0 and a <= 0:  # a group seen for the first time
                self._settle(mass, self.excess)
                return
            if a > 0 and m < growth * a:
                growth = m / a
        height = (self.anchor_excess + self.slack) * (1 - 1 / growth)
        step = _KAPPA * self.reach
        if height < step and growth < _ROUND:
            return
        floor = (1 + _KAPPA) * self.reach / self.share
        fallen = self.anchor_excess - 2 * min(step, height)
        self._settle(mass, max(min(self.excess, floor), min(fallen, self.excess)))

    def _settle(self, mass: list[float], excess: float) -> None:
        self.excess = self.anchor_excess = excess
        self.anchor = list(mass)
        self.reach, self.share = 0.0, 1.0


def planned(
    excess: float, people: int, later: int, mass: list[float], gain: float, width: float
) -> float:
    """Bound on the gap beyond the slack after ``later`` people, if shares stay as they are.

    Args:
        excess: The bound now.
        people, later: How many came, how many will have.
        mass: People of each group so far; equal groups are supposed before anybody came.
        gain: The gain after ``later`` people.
        width: R.
    """
    total = sum(mass)
    seen = [m for m in mass if m > 0]
    share = min(seen) / total if len(seen) > 1 else 1 / len(mass)
    weight = total / people if people > 0 and total > 0 else 1.0
    factor = 1.0 if len(mass) == 2 else 1 + _KAPPA
    return max(factor * width / (gain * weight * share), excess * people / later)
