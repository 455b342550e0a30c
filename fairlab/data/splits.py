"""Seeded train/validation/test split, stratified by group × label; one, or one per fold."""

from dataclasses import dataclass

import numpy as np

from fairlab.config import SplitConfig
from fairlab.data.findings import Finding, refuse
from fairlab.data.values import counted
from fairlab.outcomes import IntArray
from fairlab.results import Attribute

SPLITS = ("train", "validation", "test")
CELL_MINIMUM = len(SPLITS)


@dataclass(frozen=True, slots=True)
class Fold:
    """One of several splits in which every person is in test exactly once.

    Attributes:
        index: Which one, from 0.
        of: How many there are, at least 2.
    """

    index: int
    of: int

    @property
    def least(self) -> int:
        """People a (group, label) cell needs to have somebody in every split of every fold."""
        return 4 if self.of == 2 else max(CELL_MINIMUM, self.of)


def stratified_split(
    y: IntArray, group: Attribute, split: SplitConfig, fold: Fold | None = None
) -> dict[str, IntArray]:
    """Positions of the people of each split, sorted.

    Every (group, label) cell is shuffled with the seed and cut by the shares, each split
    getting at least one person. The label decides who is in which split and nothing else.

    Args:
        y: (n,) labels 0 or 1.
        group: Groups of the same n people; groups with nobody are ignored.
        split: Shares and seed.
        fold: Cut each cell into as many parts and test on this one; of the others, train and
            validation get people in proportion to their shares.

    Raises:
        InputError: Naming every cell with fewer than three people; with folds, fewer than folds.
    """
    refuse(cell_problems(y, group, least=CELL_MINIMUM if fold is None else fold.least))
    rng = np.random.default_rng(split.seed)
    parts: dict[str, list[IntArray]] = {name: [] for name in SPLITS}
    cell = group.codes * 2 + y
    for which in range(2 * len(group.names)):
        people = np.flatnonzero(cell == which)
        if len(people) == 0:
            continue
        mixed = rng.permutation(people)
        cell_parts = _three(mixed, split) if fold is None else _of_fold(mixed, split, fold, which)
        for name, part in zip(SPLITS, cell_parts, strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}


def _three(people: IntArray, split: SplitConfig) -> list[IntArray]:
    sizes = split_sizes(len(people), (split.train, split.validation, split.test))
    return list(np.split(people, np.cumsum(sizes)[:-1]))


def _of_fold(people: IntArray, split: SplitConfig, fold: Fold, cell: int) -> list[IntArray]:
    """Train, validation and test of one cell, whose people were shuffled once for all folds.

    Cells begin their larger parts at different folds, so that folds are of about one size.
    """
    held_out = (np.arange(len(people)) + cell) % fold.of == fold.index
    rest = people[~held_out]
    share = split.validation / (split.train + split.validation)
    train, validation = split_sizes(len(rest), (1 - share, share))
    # Where validation begins moves with the fold: otherwise the same few would always be in it.
    rest = np.roll(rest, fold.index * max(1, len(rest) // fold.of))
    return [rest[:train], rest[train : train + validation], people[held_out]]


def split_sizes(n: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Whole numbers that sum to n, near n·share, each at least 1 (n ≥ number of shares)."""
    sizes = [max(1, int(n * share)) for share in shares]
    while sum(sizes) < n:
        sizes[int(np.argmax([n * s - k for s, k in zip(shares, sizes, strict=True)]))] += 1
    while sum(sizes) > n:
        over = [k - n * s if k > 1 else -np.inf for s, k in zip(shares, sizes, strict=True)]
        sizes[int(np.argmax(over))] -= 1
    return tuple(sizes)


def mergeable(y: IntArray, group: Attribute, least: int = CELL_MINIMUM) -> Attribute:
    """Strata for a split: groups too small for one of their own join the one with
    most people of both labels.

    Args:
        y: (n,) labels 0 or 1.
        group: Groups of the same people.
        least: People a (group, label) cell needs for one of its own.
    """
    counts = np.bincount(group.codes * 2 + y, minlength=2 * len(group.names)).reshape(-1, 2)
    small = np.any((counts > 0) & (counts < least), axis=1)
    joined = np.where(small[group.codes], int(counts.min(axis=1).argmax()), group.codes)
    return Attribute(joined.astype(np.int64), group.names)


def cell_problems(
    y: IntArray,
    group: Attribute,
    words: tuple[str, str] = ("favourable", "unfavourable"),
    least: int = CELL_MINIMUM,
) -> list[Finding]:
    """One finding per group that cannot be split because a (group, label) cell is too small."""
    counts = np.bincount(group.codes * 2 + y, minlength=2 * len(group.names)).reshape(-1, 2)
    problems = []
    for name, (bad, good) in zip(group.names, counts.tolist(), strict=True):
        if good + bad == 0:
            continue
        for k, word in ((good, words[0]), (bad, words[1])):
            if k < least:
                problems.append(_small_cell(name, word, k, good + bad, least))
    return problems


def _small_cell(group: str, word: str, k: int, size: int, least: int) -> Finding:
    need = "train, validation and test need one each"
    fewer = ""
    if least > CELL_MINIMUM:
        need, fewer = "every fold needs one each in train, validation and test", "use fewer folds, "
    return Finding(
        "cell_too_small",
        f"Group '{group}' has {counted(k, 'person', 'people')} with the outcome '{word}' (of "
        f"{size:,}); {need}, so at least {least}.",
        f"Merge small groups, {fewer}leave out people whose group is missing, or compare by "
        "another attribute.",
    )
