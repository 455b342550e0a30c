"""The online rule of the paper: a price on each batch's own gap, adapted batch by batch.

After Troxell, Roemer, Montúfar, "Differentiable Optimization Layers for Guaranteed Fairness in
Deep Learning", ICML 2026 (arXiv 2605.17118), online inference. Numpy only.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.projection.online_setting import Setting, as_given, open_setting, save_setting
from fairlab.projection.range_penalty import soft_means, under_range_price
from fairlab.projection.saved import read_policy
from fairlab.projection.soft_cells import Calibrated, SoftPeople

__all__ = ["PAPER_STEP", "PaperOnlineRule", "PaperOnlineState"]

PAPER_STEP = 0.5
_SWEEPS = 300
_CLOSE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class PaperOnlineState:
    """All that the rule remembers of a stream.

    Attributes:
        batches, people: () how many were seen.
        price: (F,) λ of each family.
        paid: (F,) Σ b_t · gap_t so far, for the average the paper bounds.
        mass, total: (F, G) people and sum of the measured value of each cell.
    """

    batches: FloatArray
    people: FloatArray
    price: FloatArray
    paid: FloatArray
    mass: FloatArray
    total: FloatArray


class PaperOnlineRule:
    """Primal–dual rule on each batch's absolute gap.

    Batch t of b_t people gets the scores minimising ``Σ (p − z)² + λ b_t · gap_t`` in the box,
    gap_t the range of the batch's group means; then λ ← max(0, λ + η₀/√t · b_t (gap_t − ε)).

    Where a batch lacks a group, the range is over the groups it has; with one group there is no
    gap to price: scores are only clipped, gap_t counts as 0 and λ falls. So does the published
    code. In batches of one the rule therefore never changes a score. With several conditions or
    attributes each has a λ of its own (the paper has one attribute and one mean).

    Args:
        slack, constraint, n_groups, lower, upper, calibration: As in
            :class:`fairlab.projection.online.OnlineRule`.
        step: η₀; default 0.5, as published.
    """

    uses_attribute_when_deciding = True
    policy = "online_paper"

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
            slack,
            constraint,
            n_groups,
            lower,
            upper,
            PAPER_STEP if step is None else step,
            calibration,
        )
        families, width = len(self.setting.cells.families), self.setting.cells.width
        self._batches = self._people = 0
        self._price, self._paid = np.zeros(families), np.zeros(families)
        self._mass, self._total = np.zeros((families, width)), np.zeros((families, width))

    def predict(self, z: Any, group: Any, update: bool = True) -> Any:
        """Scores of one batch.

        Args:
            z: (n,) raw scores, array or tensor; scores come back as the same.
            group: (n,) integers, or (n, A).
            update: False leaves the rule as it was.

        Raises:
            InputError: Lengths that differ, scores not finite, groups out of range.
        """
        people = self.setting.cells.people(*as_given(z, group))
        p = self._solve(people)
        if update and len(p):
            self._learn(people, p)
        return self.setting.back(p, z)

    def __call__(self, z: Any, group: Any) -> Any:
        """:meth:`predict`, learning from the batch as it goes."""
        return self.predict(z, group)

    def run(self, z: Any, group: Any, batch_size: int = 1) -> Any:
        """Scores of a whole stream, cut into batches of so many people; the last may be smaller.

        Raises:
            InputError: As :meth:`predict`, or a batch size below 1.
        """
        if batch_size < 1:
            raise InputError(f"A batch needs at least 1 person; found {batch_size}.")
        rows, codes = as_given(z, group)
        p = [
            self.predict(rows[i : i + batch_size], codes[i : i + batch_size])
            for i in range(0, len(rows), batch_size)
        ]
        return self.setting.back(np.concatenate(p) if p else np.zeros(0), z)

    def aggregate_gap(self) -> float:
        """Widest range of cell means over everybody seen; NaN while no family has two cells."""
        mean = np.divide(
            self._total, self._mass, out=np.full_like(self._total, np.nan), where=self._mass > 0
        )
        gaps = [np.ptp(m[~np.isnan(m)]) for m in mean if (~np.isnan(m)).sum() > 1]
        return float(max(gaps)) if gaps else float("nan")

    def average_batch_gap(self) -> float:
        """Σ b_t gap_t / Σ b_t, the quantity the paper's theorem is about; NaN before anybody."""
        return float(self._paid.max() / self._people) if self._people else float("nan")

    def average_bound(self) -> float:
        """Upper bound on :meth:`average_batch_gap` so far: ε + √t · λ_t / (η₀ n).

        From λ_{t+1} ≥ λ_t + η_t b_t (gap_t − ε) with η_t falling, summed by parts; it holds in any
        order, and with several families for each with its λ (here the largest). NaN before
        anybody came.
        """
        if not self._people:
            return float("nan")
        owed = math.sqrt(self._batches) * float(self._price.max()) / self.setting.step
        return self.setting.slack + owed / self._people

    def bound(self, n: int) -> float:
        """No bound on the aggregate gap is promised: infinite.

        The rule holds the average of the batches' gaps (:meth:`average_bound`), and means over
        everybody follow from those only where every batch has the same shares.
        """
        del n
        return math.inf

    @property
    def state(self) -> PaperOnlineState:
        """What it remembers, as arrays of its own."""
        return PaperOnlineState(
            np.array(float(self._batches)),
            np.array(float(self._people)),
            self._price.copy(),
            self._paid.copy(),
            self._mass.copy(),
            self._total.copy(),
        )

    def restore(self, state: PaperOnlineState) -> Self:
        """Continue from a state of a rule of the same setting."""
        self._batches, self._people = int(state.batches), int(state.people)
        self._price, self._paid = state.price.copy(), state.paid.copy()
        self._mass, self._total = state.mass.copy(), state.total.copy()
        return self

    def save(self, path: str | Path) -> None:
        """Write settings and state, to :meth:`load` and go on."""
        state = self.state
        arrays = {name: getattr(state, name) for name in PaperOnlineState.__slots__}
        save_setting(path, self.policy, self.setting, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The rule saved at ``path``, where it stopped."""
        _, arrays, facts = read_policy(path, cls.policy)
        rule = cls(**open_setting(arrays, facts))
        names = PaperOnlineState.__slots__
        return rule.restore(PaperOnlineState(*(arrays[name] for name in names)))

    def _solve(self, people: SoftPeople) -> FloatArray:
        """Exact for one family; several in turn until nothing moves (their dual is smooth)."""
        setting, z = self.setting, people.z
        half = 0.5 * self._price * len(z)
        if len(z) < 2 or not half.any():
            return np.clip(z, setting.lower, setting.upper)
        change = np.zeros((len(half), len(z)))
        last, step = change.copy(), change.copy()
        for sweep in range(_SWEEPS):
            for f, (k, attribute) in enumerate(setting.cells.families):
                rest = z - (change.sum(0) - change[f])
                own = under_range_price(
                    rest,
                    people.group[:, attribute],
                    people.weight[k],
                    people.sign,
                    people.offset,
                    float(half[f]),
                    setting.lower,
                    setting.upper,
                )
                change[f] = own
            before, step = step, change - last
            if len(half) == 1 or float(np.abs(step).max()) < _CLOSE:
                break
            last = change.copy()
            if sweep % 3 == 2:  # steps shrink at a steady rate: go on to where they lead
                rate = float((step * before).sum() / max(float((before**2).sum()), 1e-300))
                if 0 < rate < 1:
                    change += step * (rate / (1 - rate))
        return np.asarray(np.clip(z - change.sum(0), setting.lower, setting.upper))

    def _learn(self, people: SoftPeople, p: FloatArray) -> None:
        size = len(p)
        self._batches += 1
        self._people += size
        step = self.setting.step / math.sqrt(self._batches)
        measured = people.sign * p + people.offset
        for f, (k, attribute) in enumerate(self.setting.cells.families):
            cell, weight = people.group[:, attribute], people.weight[k]
            width = self._mass.shape[1]
            mean = soft_means(p, cell, weight, people.sign, people.offset, width)
            known = mean[~np.isnan(mean)]
            gap = float(np.ptp(known)) if len(known) > 1 else 0.0
            self._paid[f] += size * gap
            self._price[f] = max(0.0, self._price[f] + step * size * (gap - self.setting.slack))
            self._mass[f] += np.bincount(cell, weights=weight, minlength=width)
            self._total[f] += np.bincount(cell, weights=weight * measured, minlength=width)
