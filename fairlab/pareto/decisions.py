"""What all models of a sweep decide about the same people, counted and resampled together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fairlab.config import CONSTRAINT_GAPS
from fairlab.draws import draw_decisions
from fairlab.metrics import GAPS, Gap
from fairlab.metrics.group_rates import equal_weights_aside
from fairlab.metrics.marginal import by_attribute, widest_gap
from fairlab.outcomes import (
    Array,
    Counts,
    FloatArray,
    GroupedOutcomes,
    IntArray,
    threshold_as,
)
from fairlab.results import SweepResult, cross

# Numbers held at once while people are drawn.
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Decisions of M models about n people.

    Attributes:
        selected: (M, n) booleans; for a model that draws its decisions, the draw that is shown.
        y_true: (n,) labels.
        group: (n,) groups of the crossing of all compared attributes.
        names: Names of the compared groups: of the crossing, or of each attribute by itself.
        group_names: G names of the crossing.
        gap: The gap of the constraint.
        weight: (n,) or None; None also when everybody weighs the same.
    """

    selected: Array
    y_true: IntArray
    group: IntArray
    names: tuple[tuple[str, ...], ...]
    group_names: tuple[str, ...]
    gap: Gap
    weight: FloatArray | None = None

    @property
    def models(self) -> int:
        """M."""
        return len(self.selected)

    @property
    def n(self) -> int:
        """People."""
        return len(self.y_true)

    def counts(self) -> Counts:
        """Counts of the crossed groups, fields (M, G): whole numbers unless people are weighted."""
        place = self.group * 2 + self.y_true
        cells = 2 * len(self.group_names)
        whole = self.weight is None
        table = np.zeros((self.n, cells))
        table[np.arange(self.n), place] = 1.0 if self.weight is None else self.weight

        def of(selected: Array) -> Array:
            parts = [part.astype(np.float64) @ table for part in _blocks(selected)]
            sums = np.concatenate(parts).reshape(-1, len(self.group_names), 2)
            return np.rint(sums).astype(np.int64) if whole else sums

        # Weights of others are added up, not subtracted: of nobody they are exactly 0.
        chosen, others = of(self.selected), of(~self.selected)
        return Counts(
            tp=chosen[..., 1],
            fp=chosen[..., 0],
            fn=others[..., 1],
            tn=others[..., 0],
            group_names=self.group_names,
        )

    def compared(self, counts: Counts) -> list[Counts]:
        """Counts of what is compared: of the crossing, or of each attribute."""
        return [counts] if len(self.names) < 2 else by_attribute(counts, self.names)

    def effective(self) -> FloatArray | None:
        """(G,) Kish's effective number of people of the crossed groups; None without weights."""
        if self.weight is None:
            return None
        size = len(self.group_names)
        total = np.bincount(self.group, self.weight, minlength=size)
        squares = np.bincount(self.group, self.weight**2, minlength=size)
        return np.divide(total**2, squares, out=np.zeros(size), where=squares > 0)


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Accuracy and gap of all M models in the same resampled populations.

    Attributes:
        accuracy, gap: (draws, M), [0, 1]; NaN where undefined.
    """

    accuracy: FloatArray
    gap: FloatArray


def decisions_of(result: SweepResult, split: str) -> Decisions:
    """Every model's decisions on one split, at the threshold of the sweep.

    Raises:
        UnknownNameError: For an unknown split.
    """
    result.scored(0, split)  # says which splits there are
    people = result.splits[split]
    selected = people.score >= threshold_as(result.threshold)
    for point in result.points:
        if point.is_drawn:
            chance = people.score[point.index].astype(np.float64)
            selected[point.index] = draw_decisions(chance, people.rows, point.seed) >= 0.5
    groups = cross(people.attributes, result.group_by)
    apart = result.groupings if len(result.groupings) > 1 else ()
    once = GroupedOutcomes(people.y_true, selected[0], groups.codes, groups.names, people.weight)
    return Decisions(
        selected=selected,
        y_true=people.y_true,
        group=groups.codes,
        names=tuple(people.attributes[name].names for (name,) in apart) or (groups.names,),
        group_names=groups.names,
        gap=GAPS[CONSTRAINT_GAPS[result.constraint]],
        weight=equal_weights_aside(once).weight,
    )


def accuracy_and_gap(decisions: Decisions, counts: Counts) -> tuple[FloatArray, FloatArray]:
    """Share of right decisions and the constraint's gap, over the leading axes of the counts."""
    right = (counts.tp + counts.tn).sum(axis=-1)
    return right / counts.n.sum(axis=-1), widest_gap(decisions.gap, counts, decisions.names)


def resample(decisions: Decisions, draws: int, seed: int = 0, times: int = 1) -> Resampled:
    """Draw people with replacement within their group, each with all decisions about them.

    Where several attributes are compared each by itself, people are drawn from everybody: their
    crossing may have cells of one person, who would never vary.

    All models meet the same people in a draw, so differences between models keep what the models
    have in common. People with the same group, label and decisions of all models are one cell, and
    cells are drawn (multinomial), never rows; weighted people are cells of their own.

    Args:
        decisions: Of M models.
        draws: Number of draws.
        seed: The same seed gives the same draws.
        times: 2 draws from what was drawn: populations with twice the noise.
    """
    rng = np.random.default_rng(seed)
    found = [accuracy_and_gap(decisions, counts) for counts in _drawn(decisions, draws, rng, times)]
    accuracy, gap = zip(*found, strict=True)
    return Resampled(np.concatenate(accuracy), np.concatenate(gap))


def drawn_counts(decisions: Decisions, draws: int, seed: int = 0) -> Iterator[Counts]:
    """The counts behind :func:`resample`: fields (some draws, M, G), until there are enough."""
    yield from _drawn(decisions, draws, np.random.default_rng(seed), 1)


def _drawn(
    decisions: Decisions, draws: int, rng: np.random.Generator, times: int
) -> Iterator[Counts]:
    """Counts with fields (some draws, M, G), until there are enough."""
    cells = _cells(decisions)
    kind = np.float32 if decisions.weight is None else np.float64
    chosen = cells.selected.astype(kind)
    block = max(1, _AT_ONCE // max(len(cells.size), decisions.models * len(decisions.group_names)))
    for start in range(0, draws, block):
        many = min(block, draws - start)
        people = np.zeros((many, len(cells.size)), dtype=kind)
        for own in _drawn_together(decisions, cells):
            if len(own):
                people[:, own] = _multinomial(cells.size[own], many, rng, times)
        if decisions.weight is not None:
            people *= cells.weight
        yield _counted(decisions, cells, people, chosen)


def _drawn_together(decisions: Decisions, cells: "_Cells") -> list[IntArray]:
    """Cells drawn from together: a group's; of several attributes, whose crossing is thin, all."""
    if len(decisions.names) > 1:
        return [np.arange(len(cells.size))]
    return [np.flatnonzero(cells.group == g) for g in range(len(decisions.group_names))]


def _counted(decisions: Decisions, cells: "_Cells", people: Array, chosen: Array) -> Counts:
    shape = (len(people), decisions.models, len(decisions.group_names))
    table = np.zeros((2, 2, *shape))  # label, selected
    for g in range(shape[-1]):
        for label in (0, 1):
            own = np.flatnonzero((cells.group == g) & (cells.label == label))
            if len(own) == 0:
                continue
            inside = people[:, own]
            table[label, 1, ..., g] = inside @ chosen[own]
            table[label, 0, ..., g] = inside.sum(axis=1, dtype=np.float64)[:, None]
    table[:, 0] = np.maximum(table[:, 0] - table[:, 1], 0.0)
    return Counts(table[1, 1], table[0, 1], table[1, 0], table[0, 0], decisions.group_names)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """People alike in group, label and all decisions: (K,) each, ``selected`` (K, M)."""

    size: IntArray
    group: IntArray
    label: IntArray
    selected: Array
    weight: FloatArray


def _cells(decisions: Decisions) -> _Cells:
    if decisions.weight is not None:
        ones = np.ones(decisions.n, dtype=np.int64)
        first, size, weight = np.arange(decisions.n), ones, decisions.weight
    else:
        place = (decisions.group * 2 + decisions.y_true).astype(np.uint32)
        packed = np.packbits(decisions.selected.T, axis=1)
        keys = np.concatenate([place.view(np.uint8).reshape(-1, 4), packed], axis=1)
        flat = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.shape[1]))).ravel()
        _, first, size = np.unique(flat, return_index=True, return_counts=True)
        weight = np.ones(len(first))
    return _Cells(
        size=size,
        group=decisions.group[first],
        label=decisions.y_true[first],
        selected=np.ascontiguousarray(decisions.selected[:, first].T),
        weight=weight,
    )


def _multinomial(size: IntArray, draws: int, rng: np.random.Generator, times: int) -> IntArray:
    """(draws, K) as many people as there are, drawn from cells of these sizes."""
    people = int(size.sum())
    drawn = rng.multinomial(people, size / people, size=draws)
    for _ in range(times - 1):
        drawn = rng.multinomial(people, drawn / people)
    return np.asarray(drawn, dtype=np.int64)


def _blocks(selected: Array) -> Iterator[Array]:
    step = max(1, _AT_ONCE // max(1, selected.shape[1]))
    for start in range(0, len(selected), step):
        yield selected[start : start + step]
