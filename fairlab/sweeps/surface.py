"""Two groups, two thresholds: every rate, gap and cost over all pairs, from one sweep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import Array, Counts, FloatArray, IntArray
from fairlab.sweeps.cuts import counts_at_cuts
from fairlab.sweeps.thresholds import ThresholdSweep

# Gaps and costs closer than this are the same.
SAME = 1e-12
_FIELDS = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, slots=True, eq=False)
class GapFront:
    """Of all pairs of thresholds drawn, the cheapest at each gap.

    Attributes:
        gap: (K,) increasing.
        cost: (K,) falling: no pair has at most this gap at less cost.
        a, b: (K,) positions of the pair's thresholds.
    """

    gap: FloatArray
    cost: FloatArray
    a: IntArray
    b: IntArray

    def within(self, slack: float) -> int | None:
        """Position of the cheapest pair whose gap is at most the slack; None if there is none."""
        at = int(np.searchsorted(self.gap, slack + SAME, side="right")) - 1
        return None if at < 0 else at


@dataclass(frozen=True, slots=True, eq=False)
class GroupThresholdSurface:
    """Counts for every pair of thresholds of two groups; exact at each.

    Attributes:
        groups: Names of the first and the second group.
        thresholds_a, thresholds_b: (A,) and (B,) increasing: scores of that group's people, then
            +inf where nobody of it is selected.
        counts: Of all groups, fields (A, B, G); the other groups stay where they are held.
        accuracy, cost: (A, B) of everybody; cost per person.
        thinned: Whether thresholds were left out between those kept.
        notes: What a reader must know, in sentences.
    """

    groups: tuple[str, str]
    thresholds_a: FloatArray
    thresholds_b: FloatArray
    counts: Counts
    accuracy: FloatArray
    cost: FloatArray
    thinned: bool
    notes: tuple[str, ...]

    def gap(self, name: str) -> FloatArray:
        """(A, B) a gap of ``GAPS`` over all groups; NaN where undefined."""
        return GAPS[name](self.counts)

    def place(self, threshold_a: float, threshold_b: float) -> tuple[int, int]:
        """Positions that decide as two thresholds do, or the nearest kept above them."""
        return (
            int(np.searchsorted(self.thresholds_a, threshold_a)),
            int(np.searchsorted(self.thresholds_b, threshold_b)),
        )

    def ridge(self, name: str) -> IntArray:
        """(A,) for each threshold of the first group the second's with the narrowest gap.

        Of several, the one that costs least. −1 where the gap is undefined.
        """
        distance = np.round(self._distance(name), 12)
        nearest = np.min(np.where(np.isnan(distance), np.inf, distance), axis=1, keepdims=True)
        cost = np.where(distance == nearest, self.cost, np.inf)
        return np.where(np.isinf(cost).all(axis=1), -1, np.argmin(cost, axis=1))

    def front(self, name: str) -> GapFront:
        """The cheapest pair at each gap.

        Raises:
            InputError: For a gap that is a ratio.
        """
        if GAPS[name].spread != "difference":
            raise InputError(f"A front needs a difference, of which 0 is equal; found {name}.")
        gap, cost = np.round(self.gap(name), 12).ravel(), np.round(self.cost, 12).ravel()
        order = np.lexsort((cost, gap))
        order = order[~np.isnan(gap[order])]
        least = np.minimum.accumulate(np.concatenate(([np.inf], cost[order])))[:-1]
        kept = order[cost[order] < least]
        a, b = np.unravel_index(kept, self.cost.shape)
        return GapFront(gap[kept], cost[kept], a.astype(np.int64), b.astype(np.int64))

    def _distance(self, name: str) -> FloatArray:
        return np.abs(self.gap(name) - GAPS[name].equal)


def group_threshold_surface(
    sweep: ThresholdSweep,
    a: str,
    b: str,
    *,
    size: int = 120,
    cost_fp: float = 1.0,
    cost_fn: float = 1.0,
    others: float | Mapping[str, float] | None = None,
    keep: Iterable[float] = (),
) -> GroupThresholdSurface:
    """All pairs of thresholds of two groups, exact at each pair.

    A group with more than ``size`` distinct scores keeps that many of them, spread evenly over
    its people; what is kept is exact. So memory and time depend on ``size``, not on people.

    Args:
        sweep: Of the people, from ``exact_sweep``.
        a, b: Two different groups.
        size: Thresholds per group, at least 2.
        cost_fp, cost_fn: Cost of each kind of error; positive.
        others: Threshold of all other groups, or of each by name; needed when any have people.
        keep: Thresholds that must be decided exactly (in use, of a strategy).

    Raises:
        InputError: For a group that is not there or has nobody, twice the same group, other
            groups without a threshold, or a size below 2.
    """
    names = sweep.counts.group_names
    first, second = (_group(sweep, name) for name in (a, b))
    rest = [g for g in range(len(names)) if g not in (first, second)]
    rest = [g for g in rest if sweep.counts.n[0, g] > 0]
    if first == second:
        raise InputError(f"Two different groups are needed; found {a!r} twice.")
    if size < 2 or not (cost_fp > 0 and cost_fn > 0):
        raise InputError(
            f"A surface needs a size of 2 or more and positive costs; found {size}, {cost_fp:g} "
            f"and {cost_fn:g}."
        )
    if rest and others is None:
        raise InputError(
            f"There are other groups ({', '.join(names[g] for g in rest)}). Say the threshold they "
            "are held at."
        )
    keep = [float(cut) for cut in keep]
    own = [sweep.of_group(g) for g in (first, second)]
    (rows, thin_a), (columns, thin_b) = (_nodes(one, size, keep) for one in own)
    cuts = _held(names, rest, others)
    held = counts_at_cuts(sweep, cuts.tolist())
    fields = []
    for field in _FIELDS:
        values: Array = getattr(held, field)
        table = np.empty((len(rows), len(columns), len(names)), values.dtype)
        table[:] = values
        table[:, :, first] = getattr(own[0].counts, field)[rows, 0][:, None]
        table[:, :, second] = getattr(own[1].counts, field)[columns, 0][None, :]
        fields.append(table)
    tp, fp, fn, tn = fields
    counts = Counts(tp, fp, fn, tn, names)
    right, everyone = (counts.tp + counts.tn).sum(axis=-1), counts.n.sum(axis=-1)
    paid = (cost_fp * counts.fp + cost_fn * counts.fn).sum(axis=-1)
    thresholds = [one.thresholds[at] for one, at in zip(own, (rows, columns), strict=True)]
    for array in (*fields, *thresholds):
        array.setflags(write=False)
    return GroupThresholdSurface(
        (a, b),
        thresholds[0],
        thresholds[1],
        counts,
        right / everyone,
        paid / everyone,
        thin_a or thin_b,
        _notes(names, rest, cuts, (thin_a or thin_b, len(rows), len(columns))),
    )


def _group(sweep: ThresholdSweep, name: str) -> int:
    names = sweep.counts.group_names
    if name not in names or sweep.counts.n[0, names.index(name)] == 0:
        there = [n for g, n in enumerate(names) if sweep.counts.n[0, g] > 0]
        raise InputError(f"No one is in a group {name!r}. Groups with people: {', '.join(there)}.")
    return names.index(name)


def _nodes(sweep: ThresholdSweep, size: int, keep: list[float]) -> tuple[IntArray, bool]:
    """Positions of one group's thresholds that are kept, and whether some were left out."""
    selected = (sweep.counts.tp + sweep.counts.fp)[:, 0]
    # Of thresholds that select the same people of the group, the highest: a score of theirs.
    own = np.flatnonzero(np.append(np.diff(selected) != 0, True))
    if len(own) <= size:
        return own, False
    wanted = np.linspace(float(selected[0]), float(selected[-1]), size)
    even = np.searchsorted(-selected[own], -wanted, side="left")
    exact = np.searchsorted(own, sweep.index(np.array(keep))) if keep else np.empty(0, np.int64)
    kept = np.union1d(np.clip(even, 0, len(own) - 1), exact)
    return own[np.union1d(kept, [0, len(own) - 1]).astype(np.int64)], True


def _held(
    names: tuple[str, ...], rest: list[int], others: float | Mapping[str, float] | None
) -> FloatArray:
    """(G,) where groups that do not move are held."""
    if not isinstance(others, Mapping):
        return np.full(len(names), 0.0 if others is None else others)
    missing = [names[g] for g in rest if names[g] not in others]
    if missing:
        raise InputError(f"No threshold is given for {', '.join(missing)}. Give one for each.")
    return np.array([others.get(name, 0.0) for name in names])


def _notes(
    names: tuple[str, ...], rest: list[int], cuts: FloatArray, kept: tuple[bool, int, int]
) -> tuple[str, ...]:
    notes = []
    if rest:
        if len({float(cuts[g]) for g in rest}) == 1:
            said = f"{', '.join(names[g] for g in rest)}: held at threshold {cuts[rest[0]]:g}."
        else:
            said = "Held: " + ", ".join(f"{names[g]} at {cuts[g]:g}" for g in rest) + "."
        notes.append(f"{said} Gaps are over all groups.")
    if kept[0]:
        notes.append(
            f"{kept[1]} × {kept[2]} of all pairs of thresholds, spread evenly over the people of "
            "each group; exact at each."
        )
    return tuple(notes)
