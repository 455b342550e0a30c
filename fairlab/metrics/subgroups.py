"""Crossed groups of every attribute, pair, triple … as sums over the smallest cells there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse

from fairlab.errors import InputError
from fairlab.metrics.calibration import LEAST_VARIANCE
from fairlab.outcomes import FloatArray, GroupedOutcomes, IntArray
from fairlab.results import CROSSING, Attribute

# More rows than this are not looked at: deeper crossings are then left out, and it is said.
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """People with the same attributes and neighbouring scores; every array has one entry per cell.

    Attributes:
        codes: (A, C) level of each attribute.
        bin: (C,) score bin.
        edges: (B + 1,) scores that bound the bins, the last one included in the last bin.
        n: People.
        mass, outcome, score: Total weight, weight × outcome, weight × score.
        variance: Variance of ``outcome`` if the score is calibrated: Σ weight² score (1 − score).
    """

    codes: IntArray
    bin: IntArray
    edges: FloatArray
    n: IntArray
    mass: FloatArray
    outcome: FloatArray
    score: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Subgroups, whole and bin by bin.

    Attributes:
        names, by: Name of each subgroup and the attributes that define it.
        bin: (K,) score bin, −1 for all scores.
        member: (K, C) sparse indicator of the cells in each row.
        too_small: Non-empty rows left out because they hold too few people.
        same: Rows left out because a simpler one holds the same people.
        depth: Attributes crossed at most, in the end.
    """

    names: tuple[str, ...]
    by: tuple[tuple[str, ...], ...]
    bin: IntArray
    member: sparse.csr_array
    too_small: int
    same: int
    depth: int


def cells_of(people: GroupedOutcomes, attributes: Mapping[str, Attribute], bins: int) -> Cells:
    """Sums over the crossing of all attributes and equal-mass score bins; one pass over people.

    Raises:
        InputError: If an attribute has another number of people, or codes without a name.
    """
    edges = _edges(people.score, bins)
    cell = np.searchsorted(edges[1:-1], people.score, side="right").astype(np.int64)
    size, which = len(edges) - 1, cell
    for name, attribute in attributes.items():
        codes = _checked(name, attribute, people.n)
        cell = cell * len(attribute.names) + codes
        size *= len(attribute.names)
        if size > max(4 * people.n, 1_000_000):
            kept, cell = np.unique(cell, return_inverse=True)
            size = len(kept)
    someone = np.zeros(size, dtype=np.int64)
    someone[cell] = np.arange(people.n)
    n = np.bincount(cell, minlength=size)
    found = np.flatnonzero(n)
    someone = someone[found]
    w, s = people.weight, people.score
    chance = np.maximum(s * (1 - s), LEAST_VARIANCE)

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(cell, values, minlength=size)[found])

    y = people.y_true.astype(np.float64)
    return Cells(
        codes=np.array([a.codes[someone] for a in attributes.values()]).reshape(-1, len(found)),
        bin=which[someone],
        edges=edges,
        n=n[found],
        mass=n[found].astype(np.float64) if w is None else total(w),
        outcome=total(y if w is None else w * y),
        score=total(s if w is None else w * s),
        variance=total(chance if w is None else w * w * chance),
    )


def rows_of(cells: Cells, attributes: Mapping[str, Attribute], depth: int, smallest: int) -> Rows:
    """Everyone, then each attribute's groups, then each pair's …, whole and bin by bin.

    Args:
        cells: Of the same attributes.
        depth: Attributes crossed at most.
        smallest: Rows with fewer people are left out and counted.
    """
    finder = _Finder(cells, smallest)
    reached = 0
    for d in range(min(depth, len(attributes)) + 1):
        before = finder.state()
        for chosen in combinations(range(len(attributes)), d):
            finder.look(chosen, by_bin=False)
            if len(cells.edges) > 2:
                finder.look(chosen, by_bin=True)
        if d > 1 and len(finder.first) > MOST_ROWS:
            finder.back_to(before)
            break
        reached = d
    labels, names = _labels(attributes), list(attributes)
    row, cell = np.concatenate(finder.row), np.concatenate(finder.cell)
    shape = (len(finder.first), len(cells.n))
    return Rows(
        names=tuple(
            CROSSING.join(labels[a][cells.codes[a, first]] for a in chosen) or "everyone"
            for first, chosen in zip(finder.first, finder.chosen, strict=True)
        ),
        by=tuple(tuple(names[a] for a in chosen) for chosen in finder.chosen),
        bin=np.array(finder.bin, dtype=np.int64),
        member=sparse.csr_array((np.ones(len(row)), (row, cell)), shape=shape),
        too_small=finder.too_small,
        same=finder.same,
        depth=reached,
    )


def favourable_in(cells: Cells, chosen: Sequence[int], by_bin: bool) -> tuple[IntArray, IntArray]:
    """(K,) people, and those with the favourable outcome, in every row of one crossing.

    Args:
        cells: Of people without weights.
        chosen: Attributes crossed, by their position.
        by_bin: Bin by bin.
    """
    key, _ = _keys(cells, chosen, by_bin)
    n = np.bincount(key, cells.n)
    favourable = np.bincount(key, cells.outcome)
    return n.astype(np.int64), np.rint(favourable).astype(np.int64)


class _Finder:
    """Collects the rows that are large enough and not the same people as an earlier one."""

    def __init__(self, cells: Cells, smallest: int) -> None:
        self.cells, self.smallest = cells, smallest
        self.first: list[int] = []
        self.chosen: list[tuple[int, ...]] = []
        self.bin: list[int] = []
        self.row: list[IntArray] = [np.zeros(0, dtype=np.int64)]
        self.cell: list[IntArray] = [np.zeros(0, dtype=np.int64)]
        self.seen: set[tuple[int, float, float]] = set()
        self.too_small = self.same = 0

    def look(self, chosen: tuple[int, ...], by_bin: bool) -> None:
        """Add the crossing of ``chosen`` attributes, whole or bin by bin."""
        key, first = _keys(self.cells, chosen, by_bin)
        n = np.bincount(key, self.cells.n).astype(np.int64)
        score, outcome = np.bincount(key, self.cells.score), np.bincount(key, self.cells.outcome)
        place = np.full(len(n), -1, dtype=np.int64)
        self.too_small += int(np.sum(n < self.smallest))
        for k in np.flatnonzero(n >= self.smallest):
            same_people = (int(n[k]), round(score[k], 6), round(outcome[k], 6))
            if same_people in self.seen:
                self.same += 1
                continue
            self.seen.add(same_people)
            place[k] = len(self.first)
            self.first.append(int(first[k]))
            self.chosen.append(chosen)
            self.bin.append(int(self.cells.bin[first[k]]) if by_bin else -1)
        inside = np.flatnonzero(place[key] >= 0)
        self.row.append(place[key][inside])
        self.cell.append(inside)

    def state(self) -> tuple[int, int, int, int]:
        """What :meth:`back_to` needs to forget all that comes after."""
        return len(self.first), len(self.row), self.too_small, self.same

    def back_to(self, state: tuple[int, int, int, int]) -> None:
        """Forget what was added since ``state``."""
        rows, looks, self.too_small, self.same = state
        del self.first[rows:], self.chosen[rows:], self.bin[rows:]
        del self.row[looks:], self.cell[looks:]


def _keys(cells: Cells, chosen: Sequence[int], by_bin: bool) -> tuple[IntArray, IntArray]:
    """(C,) row of each cell, 0..K-1, and for each row one of its cells."""
    key = np.zeros(len(cells.n), dtype=np.int64)
    first = np.zeros(1, dtype=np.int64)
    for codes in [*(cells.codes[a] for a in chosen), *([cells.bin] if by_bin else [])]:
        joined = key * (int(codes.max()) + 1) + codes
        _, first, key = np.unique(joined, return_index=True, return_inverse=True)
    return key, first


def _edges(score: FloatArray, bins: int) -> FloatArray:
    """Bounds of about equally full bins; people with one score are never split."""
    low, high = score.min(), score.max()
    inner = np.quantile(score, np.arange(1, bins) / bins, method="higher")
    return np.concatenate([[low], np.unique(inner[inner > low]), [high]])


def _checked(name: str, attribute: Attribute, n: int) -> IntArray:
    codes = np.asarray(attribute.codes)
    if codes.shape != (n,):
        raise InputError(
            f"Attribute {name!r} has {codes.size} entries for {n} people. Give one per person."
        )
    if codes.min() < 0 or codes.max() >= len(attribute.names):
        raise InputError(
            f"Attribute {name!r} holds codes {codes.min()} to {codes.max()} for "
            f"{len(attribute.names)} names. Give people without a value a group of their own."
        )
    return codes


def _labels(attributes: Mapping[str, Attribute]) -> list[list[str]]:
    """Level names; with the attribute's name where two attributes share one."""
    every = [name for a in attributes.values() for name in set(a.names)]
    shared = len(every) != len(set(every))
    return [
        [f"{attribute}: {name}" if shared else name for name in a.names]
        for attribute, a in attributes.items()
    ]
