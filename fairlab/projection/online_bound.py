"""How large the aggregate gap of the online rule can be, from who came and never from scores.

For means of plain scores in one family of cells the rule of ``online.py`` has a bound that holds
in any order, whatever the scores, however shares drift. Write e for the gap beyond the slack, R
for the width of the box, ω for the smallest share of a group, k for the gain and w for how much
the arriving person counts (1, or the probability of belonging to the cell).

1. The departures balance, so the departures of the highest and of the lowest group are each at
   least ω·e, in size.
2. The score is ``clip(z − k w d)``, z in the box, with d the departure *after* the person was
   counted. Where k w d ≥ R it is at the edge, and the group's mean moves towards the others.
3. A person of group g came. Either g is neither highest nor lowest now; then its distances to
   the others are at most the largest distance among the others. Or it is, and e ≤ R / (k w ω); or
   it is, the person is at the edge, and g's distances have shrunk by N / (N + w), N the group's
   people before. Where e grew, g is highest (or lowest) and its person lies beyond its mean, so
   (1 + k w) d ≤ R − ε and e ≤ (R − ε) / ((1 + k w) ω). No distance grows by more than
   w R / (N + w). So bounds on the distances of all pairs of groups follow from who came.
4. With two groups this is all, and in the worst order it is nearly attained.
5. With more, where e stays above (1 + κ) R / (k w ω), all groups within κ R / (k w) of the highest
   are sent to the edge. Once every group has grown by a factor c, the highest mean has come down
   by the smaller of κ R / (k w) and (1 − 1/c) of its height, or its holder lies so much below; so
   e has shrunk by twice that.

With shares that stay away from 0 and k = step·√n both give ε + O(1/√n).
"""

import math
from typing import Self

__all__ = ["Certificate", "planned"]

_KAPPA = 0.25
_LEAST_ROUND, _ROUND = 1.02, 1.1
_LOOSE = 1.25
_PAIRED = 8


class Certificate:
    """Upper bound on the gap beyond the slack, kept up to date person by person.

    Args:
        slack: ε.
        width: R of the box, finite.
        size: Number of groups.
    """

    def __init__(self, slack: float, width: float, size: int) -> None:
        self.width, self.slack = width, slack
        self.most = max(width - slack, 0.0)
        self.excess = 0.0
        # Bounds by pair; too many pairs are all bounded by ``excess``.
        self.pairs = [[0.0] * size for _ in range(size)] if size <= _PAIRED else []
        self.anchor = [0.0] * size
        self.anchor_excess = 0.0
        self.reach = 0.0
        self.share = 1.0

    def numbers(self) -> list[float]:
        """All it remembers, with :meth:`restore` as its inverse."""
        start = [self.excess, self.anchor_excess, self.reach, self.share, *self.anchor]
        return start + [bound for row in self.pairs for bound in row]

    def restore(self, numbers: list[float]) -> Self:
        """Continue from :meth:`numbers`."""
        size = len(self.anchor)
        self.excess, self.anchor_excess, self.reach, self.share = numbers[:4]
        self.anchor = numbers[4 : 4 + size]
        flat = numbers[4 + size :]
        self.pairs = [flat[i : i + size] for i in range(0, len(flat), size)]
        return self

    def arrive(self, mass: list[float], cell: int, weight: float, gain: float) -> None:
        """Somebody of ``cell`` came; ``mass`` counts them already."""
        if weight <= 0:
            return
        own, total = mass[cell], sum(mass)
        if own == total:
            return  # one group so far: there is no gap
        if len(mass) == 2:
            share = (total - own) / total
        else:
            share = min([m for g, m in enumerate(mass) if m > 0 and g != cell]) / total
        force = gain * weight
        before, reach = self.excess, self.width / force
        rise = weight * self.width / own
        grown = min(self.most / ((1 + force) * share), self.most)
        if not self.pairs:
            self.excess = max(before, min(grown, before + rise))
        else:
            held = min(reach / share, max(before, grown))
            self._move(mass, cell, held, (own - weight) / own, rise)
        if len(mass) > 2:
            self._round(mass, reach, min(share, own / total))

    def _move(self, mass: list[float], cell: int, held: float, kept: float, rise: float) -> None:
        pairs, row = self.pairs, self.pairs[cell]
        if len(mass) == 2:
            old = row[1 - cell]
            new = min(old + rise, max(kept * old, held))
            row[1 - cell] = pairs[1 - cell][cell] = self.excess = new
            return
        others = [g for g, m in enumerate(mass) if m > 0 and g != cell]
        rest = max([max([pairs[g][h] for h in others]) for g in others])
        largest = rest
        floor = held if held > rest else rest
        for h in others:
            new = min(row[h] + rise, max(kept * row[h], floor), self.most)
            row[h] = pairs[h][cell] = new
            largest = max(largest, new)
        self.excess = largest

    def _round(self, mass: list[float], reach: float, share: float) -> None:
        self.reach = max(self.reach, reach)
        self.share = min(self.share, share)
        growth = math.inf
        for m, a in zip(mass, self.anchor, strict=True):
            if m > 0 and a <= 0:  # a group seen for the first time
                self._settle(mass)
                return
            if a > 0 and m < growth * a:
                growth = m / a
        height = (self.anchor_excess + self.slack) * (1 - 1 / min(growth, 2.0))
        if growth < _ROUND and (growth < _LEAST_ROUND or height < _KAPPA * self.reach):
            return
        # κ is free: as large as the height allows, and not beyond where both limits meet.
        edge = self.reach / self.share
        meet = (self.anchor_excess - edge) / (1 / self.share + 2)
        step = max(min(height, meet), 0.0)
        cap = max(edge + step / self.share, self.anchor_excess - 2 * step)
        if cap < self.excess:
            self.excess = cap
            self.pairs = [[min(bound, cap) for bound in row] for row in self.pairs]
        self._settle(mass)

    def _settle(self, mass: list[float]) -> None:
        self.anchor_excess = self.excess
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
    factor = 1.0 if len(mass) == 2 else _LOOSE
    return max(factor * width / (gain * weight * share), excess * people / later)
