"""Scoring a stream so that groups' mean scores over everybody so far stay within a slack.

:class:`OnlineRule` is ours; :class:`PaperOnlineRule`, of ``online_paper.py``, is the one of
Troxell, Roemer, Montúfar (2026). Both see raw scores and groups, never labels; constraints that
look at the label use a calibrated P(y = 1 | raw score) in its place. Importing this module does
not import torch.

**Ours.** After t − 1 people let N_g and M_g be the people and the mean score of group g. The
score of person t, of group g, minimises

    ½ (p − z)² + k_t · min_τ ½ Σ_h N_h · distance(M_h, [τ, τ + ε])²,    lower ≤ p ≤ upper,

with the person counted in N and M. This is dual averaging (Nesterov 2009, Xiao 2010) on the
projection's dual in its proximal form: the multipliers N_h·d_h of the groups, d_h the signed
distance of M_h from the best band [τ, τ + ε], sum to 0, are 0 inside the band, and come from the
aggregate itself instead of from a sum of batch violations. So

    p = clip(z − k_t d_g),     gap beyond the slack = (largest − smallest shift) / k_t.

A raw score outside the box counts as the nearest inside: else a person far enough out would stay
at the edge whatever the aggregate says, and nothing could be promised.

With k_t = step·√t the shifts of i.i.d. people settle at those of the exact projection of the
whole stream, and the gap beyond the slack falls as 1/√t. Shares enter as they are at t, so they
may drift; a group that has not come yet has no part; a batch is played person by person, so its
size changes nothing. What holds in any order is in ``online_bound.py``.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.projection.online_bound import Certificate, planned
from fairlab.projection.online_paper import PaperOnlineRule
from fairlab.projection.online_setting import Setting, as_given, open_setting, save_setting
from fairlab.projection.running import Running, departures
from fairlab.projection.saved import read_policy
from fairlab.projection.soft_cells import Calibrated, SoftPeople

__all__ = ["STEP", "OnlineRule", "OnlineState", "PaperOnlineRule"]

STEP = 0.5
_NEWTON = 100
_CLOSE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class OnlineState:
    """All that the rule remembers of a stream.

    Attributes:
        people: () how many were seen.
        mass: (F, G) people of each cell, soft members in part.
        total: (F, G) sum of the measured value over each cell.
        certificate: What the bound needs; empty where none is promised.
    """

    people: FloatArray
    mass: FloatArray
    total: FloatArray
    certificate: FloatArray


class OnlineRule:
    """Signed multipliers on the running aggregate: any groups, batches of any size.

    Args:
        slack: ε ≥ 0, the gap over everybody so far that is aimed at.
        constraint: A name of ``CONSTRAINTS``.
        n_groups: G, or a tuple of it for several attributes, each bounded by itself.
        lower, upper: Box of the scores; may be infinite.
        step: How strongly a gap is answered; default ``STEP``. A larger step is nearer to the
            slack and changes scores more.
        calibration: P(y = 1 | raw score), for constraints that look at the label.

    Raises:
        UnknownNameError: Unknown constraint.
        InputError: A negative slack or step, an empty box, no calibration where one is needed.
    """

    uses_attribute_when_deciding = True
    policy = "online"

    def __init__(
        self,
        slack: float,
        constraint: str = "demographic_parity",
        *,
        n_groups: int | tuple[int, ...],
        lower: float = 0.0,
        upper: float = 1.0,
        step: float | None = None,
        calibration: Calibrated | None = None,
    ) -> None:
        self.setting = Setting(
            slack, constraint, n_groups, lower, upper, STEP if step is None else step, calibration
        )
        cells = self.setting.cells
        self._people = 0
        self._families = [
            Running([0.0] * cells.sizes[a], [0.0] * cells.sizes[a]) for _, a in cells.families
        ]
        plain = cells.rule.sign is None and cells.rule.offset is None
        self._certificate: Certificate | None = None
        if plain and len(self._families) == 1 and math.isfinite(upper - lower):
            self._certificate = Certificate(
                self.setting.slack, self.setting.upper - self.setting.lower, cells.sizes[0]
            )

    def predict(self, z: Any, group: Any, update: bool = True) -> Any:
        """Scores of a batch of any size, person by person in the order given.

        Args:
            z: (n,) raw scores, array or tensor; scores come back as the same. Outside the box
                they count as its nearest edge.
            group: (n,) integers, or (n, A).
            update: False scores as if the batch came next, and forgets it.

        Raises:
            InputError: Lengths that differ, scores not finite, groups out of range.
        """
        people = self.setting.cells.people(*as_given(z, group))
        if update:
            return self.setting.back(self._play(people), z)
        before = self.state
        try:
            return self.setting.back(self._play(people), z)
        finally:
            self.restore(before)

    def __call__(self, z: Any, group: Any) -> Any:
        """:meth:`predict`, learning from the batch as it goes."""
        return self.predict(z, group)

    def run(self, z: Any, group: Any, batch_size: int = 1) -> Any:  # noqa: ARG002
        """Scores of a whole stream in one call; the batch size changes nothing."""
        return self.predict(z, group)

    def aggregate_gap(self) -> float:
        """Widest range of cell means over everybody seen; NaN while no family has two cells.

        Labels being unknown, constraints that look at them count people by their probability.
        """
        gaps = [gap for gap in (f.gap() for f in self._families) if gap == gap]
        return max(gaps) if gaps else float("nan")

    def bound(self, n: int) -> float:
        """Promised upper bound on :meth:`aggregate_gap` after n people.

        For n people seen it holds in any order, whatever the scores; it depends only on who came
        when. For more people it is a forecast of that and no promise: it supposes that the shares
        of the groups (and how much people count, where labels are unknown) stay as they are;
        before anybody came, equal groups. With three or more groups the bound may come out wider.

        Promised for demographic parity, equal opportunity and predictive equality of one
        attribute in a finite box. Infinite elsewhere: with several families one person's score
        cannot serve all of them in any order, and offsets can put a fair score out of the box.

        Raises:
            InputError: For fewer people than were seen: the past is not kept.
        """
        if n < self._people:
            raise InputError(
                f"{self._people} people were seen and a bound after {n} was asked for. Ask while "
                "the stream is played, or for as many or more."
            )
        if self._certificate is None:
            return math.inf
        excess = self._certificate.excess
        width = self._certificate.width
        if n > self._people:
            mass = self._families[0].mass
            gain = self.setting.step * math.sqrt(n)
            excess = planned(excess, self._people, n, mass, gain, width)
        return min(self.setting.slack + excess, width)

    @property
    def state(self) -> OnlineState:
        """What it remembers, as arrays of its own."""
        kept = self._certificate
        return OnlineState(
            np.array(float(self._people)),
            _table([f.mass for f in self._families], self.setting.cells.width),
            _table([f.total for f in self._families], self.setting.cells.width),
            np.array([] if kept is None else kept.numbers()),
        )

    def restore(self, state: OnlineState) -> Self:
        """Continue from a state of a rule of the same setting, bit by bit as if never stopped."""
        self._people = int(state.people)
        sizes = [self.setting.cells.sizes[a] for _, a in self.setting.cells.families]
        self._families = [
            Running(m[:size].tolist(), t[:size].tolist())
            for m, t, size in zip(state.mass, state.total, sizes, strict=True)
        ]
        if self._certificate is not None:
            self._certificate.restore(state.certificate.tolist())
        return self

    def save(self, path: str | Path) -> None:
        """Write settings and state, to :meth:`load` and go on.

        Raises:
            InputError: If the calibration is not a :class:`Calibration`.
        """
        state = self.state
        arrays = {name: getattr(state, name) for name in OnlineState.__slots__}
        save_setting(path, self.policy, self.setting, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The rule saved at ``path``, where it stopped.

        Raises:
            InputError: As :func:`fairlab.projection.saved.read_policy`.
        """
        _, arrays, facts = read_policy(path, cls.policy)
        rule = cls(**open_setting(arrays, facts))
        return rule.restore(OnlineState(*(arrays[name] for name in OnlineState.__slots__)))

    def _play(self, people: SoftPeople) -> FloatArray:
        weights = people.weight.tolist()
        groups = people.group.T.tolist()
        family_weight = [weights[k] for k, _ in self.setting.cells.families]
        family_group = [groups[a] for _, a in self.setting.cells.families]
        rows = zip(
            people.z.tolist(),
            zip(*family_group, strict=True),
            zip(*family_weight, strict=True),
            people.sign.tolist(),
            people.offset.tolist(),
            strict=True,
        )
        return np.array([self._person(*row) for row in rows], dtype=np.float64)

    def _person(
        self, z: float, cell: tuple[int, ...], weight: tuple[float, ...], a: float, b: float
    ) -> float:
        """Minimise the objective of the module's docstring for one person; safeguarded Newton.

        The derivative is rising and piecewise linear in p, so a few steps end exactly.
        """
        setting = self.setting
        self._people += 1
        gain = setting.step * math.sqrt(self._people)
        own = [
            (family, g, w)
            for family, g, w in zip(self._families, cell, weight, strict=True)
            if w > 0
        ]
        for family, g, w in own:
            family.mass[g] += w
        if self._certificate is not None and own:
            self._certificate.arrive(own[0][0].mass, cell[0], weight[0], gain)
        start = [family.total[g] + w * b for family, g, w in own]
        low, high = -math.inf, math.inf  # tried, and found too low, too high
        z = p = min(max(z, setting.lower), setting.upper)
        for _ in range(_NEWTON):
            pull, slope = 0.0, 1.0
            for (family, g, w), total in zip(own, start, strict=True):
                family.total[g] = total + w * a * p
                off, rate = departures(family.total, family.mass, setting.slack, g)
                pull += w * a * off
                slope += gain * (w * a) ** 2 * rate / family.mass[g]
            slack = p - z + gain * pull
            if slack > 0:
                high = p
            else:
                low = p
            after = min(max(p - slack / slope, setting.lower), setting.upper)
            if abs(after - p) <= _CLOSE * max(1.0, abs(p)):
                break
            if not low < after < high:
                after = 0.5 * (low + high)
            p = after
        else:
            for (family, g, w), total in zip(own, start, strict=True):
                family.total[g] = total + w * a * p
        return p


def _table(rows: list[list[float]], width: int) -> FloatArray:
    return np.array([row + [0.0] * (width - len(row)) for row in rows])
