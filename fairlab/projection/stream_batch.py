"""Every batch of a stream projected by itself, all of them at once.

    min ½ Σ (p_i − z_i)²   s.t.  0 ≤ p ≤ 1,  range over groups of M_kg(p) ≤ ε for each condition k

with M_kg the mean of w_ki (a_i p_i + b_i) over Σ w_ki in group g. Labels are unknown, so a person
counts under a condition by a calibrated probability w_ki, and a and b are expected values. The
solution is ``p_i = clip(z_i − a_i Σ_k w_ki s_kg)``, found by Newton steps on the dual: each is
exact for the means' tangents, and shortened in the batches where the dual would fall.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlab.errors import SolveError
from fairlab.outcomes import FloatArray, IntArray

__all__ = ["project_batches"]

BoolArray = NDArray[np.bool_]

ACCEPTED = 1e-6
_STEPS = 48
_ROUND = 8
_HALVINGS = 30
_CLOSE = 1e-8
_FLAT = 1e-3
# People that an absent group counts for.
_PHANTOM = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """At a shift: p (n,), people inside the box (n,), means (K, T, G), dual (T,)."""

    p: FloatArray
    inside: FloatArray
    mean: FloatArray
    dual: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Batches:
    """T problems side by side; cells are (batch, group), T·G of them."""

    z: FloatArray
    cell: IntArray
    force: FloatArray  # (K, n) w·a
    mass: FloatArray  # (K, T, G)
    base: FloatArray  # (K, T, G) mean of w·b; of an absent group, where the others are
    slack: float

    def part(self, keep: BoolArray) -> "_Batches":
        """The problems of some batches."""
        groups = self.mass.shape[2]
        batch = self.cell // groups
        mine = keep[batch]
        place = np.cumsum(keep) - 1
        cell = place[batch[mine]] * groups + self.cell[mine] % groups
        return _Batches(
            self.z[mine],
            cell,
            self.force[:, mine],
            self.mass[:, keep],
            self.base[:, keep],
            self.slack,
        )

    def totals(self, values: FloatArray) -> FloatArray:
        """(T, G) sums over cells."""
        shape = self.mass.shape[1:]
        return _sums(self.cell, values, shape[0], shape[1])

    def at(self, shift: FloatArray) -> _Point:
        own = shift.reshape(len(shift), -1)[:, self.cell]
        moved = self.z - (self.force * own).sum(axis=0)
        p = np.clip(moved, 0.0, 1.0)
        mean = np.stack([self.totals(f * p) for f in self.force])
        # An absent group follows its shift freely and at next to no cost: it holds nobody back.
        there = self.mass > 0
        mean = np.where(there, mean / np.where(there, self.mass, 1.0), -shift) + self.base
        multiplier = shift * self.mass
        linear = (multiplier * mean - self.slack * np.maximum(multiplier, 0.0)).sum(axis=(0, 2))
        dual = self.totals((p - self.z) ** 2).sum(axis=1) / 2 + linear
        return _Point(p, ((moved > 0.0) & (moved < 1.0)).astype(np.float64), mean, dual)

    def gap(self, mean: FloatArray) -> FloatArray:
        """(T,) widest range over the groups that are there; 0 with fewer than two."""
        there = self.mass > 0
        high = np.where(there, mean, -np.inf).max(axis=2)
        low = np.where(there, mean, np.inf).min(axis=2)
        return np.asarray(np.where(there.sum(axis=2) > 1, high - low, 0.0).max(axis=0))


def project_batches(
    z: FloatArray,
    group: IntArray,
    batch: IntArray,
    slack: float,
    weight: FloatArray,
    sign: FloatArray,
    offset: FloatArray,
) -> FloatArray:
    """Nearest scores in [0, 1] whose groups are within the slack in each batch.

    Groups absent from a batch are not compared in it; with fewer than two, nobody moves.

    Args:
        z: (n,) raw scores in [0, 1].
        group: (n,) groups.
        batch: (n,) batch of each person.
        slack: ε ≥ 0.
        weight: (K, n) how much a person counts under each condition, in [0, 1].
        sign, offset: (n,) a and b of the measured value a·p + b.

    Raises:
        SolveError: If a batch is left with a gap more than 1e-6 beyond the slack.
    """
    p = z.copy()
    problem = _prepare(z, group, batch, slack, weight, sign, offset)
    shift = np.zeros_like(problem.mass)
    people = np.arange(len(z))
    todo = problem.gap(problem.at(shift).mean) > slack
    steps = 0
    while todo.any() and steps < _STEPS:
        keep = todo[problem.cell // problem.mass.shape[2]]
        people, shift, problem = people[keep], shift[:, todo], problem.part(todo)
        shift, point, moved = _newton_steps(problem, shift, _ROUND)
        steps += _ROUND
        p[people] = point.p
        excess = problem.gap(point.mean) - slack
        todo = ~((moved <= _CLOSE) & (excess <= ACCEPTED))
    if todo.any() and not excess.max() <= ACCEPTED:
        raise SolveError(
            f"A batch was left with a gap {excess.max():.2g} beyond the slack. Raise the slack, or "
            "use larger batches.",
            residual=float(excess.max()),
        )
    return p


def _prepare(
    z: FloatArray,
    group: IntArray,
    batch: IntArray,
    slack: float,
    weight: FloatArray,
    sign: FloatArray,
    offset: FloatArray,
) -> _Batches:
    shape = (int(batch.max()) + 1, int(group.max()) + 1)
    cell = batch * shape[1] + group

    def totals(values: FloatArray) -> FloatArray:
        return _sums(cell, values, *shape)

    # Only the ratios of weights inside a cell matter: scaled to 1, shifts are of the scores' size.
    weight = np.stack([w / _largest(cell, w, shape[0] * shape[1])[cell] for w in weight])
    mass = np.stack([totals(w) for w in weight])
    there = mass > 0
    safe = np.where(there, mass, 1.0)
    base = np.stack([totals(w * offset) for w in weight]) / safe
    raw = np.stack([totals(w * sign * z) for w in weight]) / safe + base
    anchor = np.where(there, raw, -np.inf).max(axis=2, keepdims=True)
    base = np.where(there, base, np.where(np.isfinite(anchor), anchor, 0.0))
    return _Batches(z, cell, weight * sign, mass, base, slack)


def _largest(cell: IntArray, weight: FloatArray, size: int) -> FloatArray:
    """(size,) largest weight of each cell; 1 where there is none."""
    found = np.zeros(size)
    np.maximum.at(found, cell, weight)
    return np.where(found > 0, found, 1.0)


def _sums(cell: IntArray, values: FloatArray, batches: int, groups: int) -> FloatArray:
    found = np.bincount(cell, values, batches * groups).astype(np.float64)
    return found.reshape(batches, groups)


def _newton_steps(
    problem: _Batches, shift: FloatArray, steps: int
) -> tuple[FloatArray, _Point, FloatArray]:
    """So many Newton steps on the dual: shifts, the point, how far the last step moved (T,)."""
    point = problem.at(shift)
    newton = _apart if len(shift) == 1 else _together
    moved = np.zeros(len(problem.mass[0]))
    for _ in range(steps):
        shift, after = _climb(problem, point, shift, newton(problem, point, shift) - shift)
        moved[:] = 0.0
        np.maximum.at(moved, problem.cell // problem.mass.shape[2], np.abs(after.p - point.p))
        point = after
        if not (moved > _CLOSE).any():
            break
    return shift, point, moved


def _climb(
    problem: _Batches, point: _Point, shift: FloatArray, step: FloatArray
) -> tuple[FloatArray, _Point]:
    """Take the step, halved in the batches where the dual would fall."""
    for _ in range(_HALVINGS):
        after = problem.at(shift + step)
        worse = after.dual < point.dual - 1e-13 * (1 + np.abs(point.dual))
        if not worse.any():
            break
        step = np.where(worse[:, None], step / 2, step)
    return shift + step, after


def _apart(problem: _Batches, point: _Point, shift: FloatArray) -> FloatArray:
    """(1, T, G) shifts that are exact for the tangents of the means of one condition."""
    import torch

    from fairlab.projection.balance import balance

    mass = np.maximum(problem.mass[0], _PHANTOM)
    squared = problem.force[0] ** 2
    # A cell with nobody inside the box has a flat mean: give it a share of the slope it would have.
    slope = np.maximum(problem.totals(squared * point.inside), _FLAT * problem.totals(squared))
    slope = np.where((problem.mass[0] > 0) & (slope > 0), slope / mass, 1.0)
    slack = torch.full((len(mass), 1), problem.slack, dtype=torch.float64)
    found, _ = balance(
        torch.from_numpy(point.mean[0]),
        torch.from_numpy(slope),
        torch.from_numpy(shift[0]),
        torch.from_numpy(mass),
        slack,
    )
    return np.asarray(found.numpy()[None])


def _together(problem: _Batches, point: _Point, shift: FloatArray) -> FloatArray:
    """(K, T, G) the same for several conditions, in which people count in part."""
    import torch

    from fairlab.projection.conditions import Condition
    from fairlab.projection.constraints import Family
    from fairlab.projection.overlap import inner_step

    conditions, batches, groups = shift.shape
    stiffness = np.zeros((batches, conditions, groups, conditions, groups))
    own = np.arange(groups)
    for k in range(conditions):
        for j in range(conditions):
            both = problem.totals(problem.force[k] * problem.force[j] * point.inside)
            absent = _PHANTOM if k == j else 0.0
            stiffness[:, k, own, j, own] = np.where(problem.mass[k] > 0, both, absent)

    def rows(values: FloatArray) -> torch.Tensor:
        return torch.from_numpy(values.transpose(1, 0, 2).reshape(batches, -1).copy())

    size = conditions * groups
    found, _ = inner_step(
        rows(point.mean),
        torch.from_numpy(stiffness.reshape(batches, size, size)),
        rows(shift),
        rows(np.maximum(problem.mass, _PHANTOM)),
        torch.full((batches,), problem.slack, dtype=torch.float64),
        [
            Family(Condition(str(k), None), 0, k * groups, (k + 1) * groups, tuple(range(groups)))
            for k in range(conditions)
        ],
    )
    return np.array(found.numpy().reshape(batches, conditions, groups).transpose(1, 0, 2))
