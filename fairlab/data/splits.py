"""Seeded train/validation/test split, stratified by group × label."""

import numpy as np

from fairlab.config import SplitConfig
from fairlab.data.findings import Finding, refuse
from fairlab.data.values import counted
from fairlab.outcomes import IntArray
from fairlab.results import Attribute

SPLITS = ("train", "validation", "test")
CELL_MINIMUM = len(SPLITS)


def stratified_split(y: IntArray, group: Attribute, split: SplitConfig) -> dict[str, IntArray]:
    """Positions of the people of each split, sorted.

    Every (group, label) cell is shuffled with the seed and cut by the shares, each split
    getting at least one person. The label decides who is in which split and nothing else.

    Args:
        y: (n,) labels 0 or 1.
        group: Groups of the same n people; groups with nobody are ignored.
        split: Shares and seed.

    Raises:
        InputError: Naming every cell with fewer than three people.
    """
    refuse(cell_problems(y, group))
    rng = np.random.default_rng(split.seed)
    parts: dict[str, list[IntArray]] = {name: [] for name in SPLITS}
    cell = group.codes * 2 + y
    for which in range(2 * len(group.names)):
        people = np.flatnonzero(cell == which)
        if len(people) == 0:
            continue
        sizes = split_sizes(len(people), (split.train, split.validation, split.test))
        cuts = np.cumsum(sizes)[:-1]
        for name, part in zip(SPLITS, np.split(rng.permutation(people), cuts), strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}


def split_sizes(n: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Whole numbers that sum to n, near n·share, each at least 1 (n ≥ number of shares)."""
    sizes = [max(1, int(n * share)) for share in shares]
    while sum(sizes) < n:
        sizes[int(np.argmax([n * s - k for s, k in zip(shares, sizes, strict=True)]))] += 1
    while sum(sizes) > n:
        over = [k - n * s if k > 1 else -np.inf for s, k in zip(shares, sizes, strict=True)]
        sizes[int(np.argmax(over))] -= 1
    return tuple(sizes)


def mergeable(y: IntArray, group: Attribute) -> Attribute:
    """Strata for a split: groups too small for one of their own join the one with
    most people of both labels.

    Args:
        y: (n,) labels 0 or 1.
        group: Groups of the same people.
    """
    counts = np.bincount(group.codes * 2 + y, minlength=2 * len(group.names)).reshape(-1, 2)
    small = np.any((counts > 0) & (counts < CELL_MINIMUM), axis=1)
    joined = np.where(small[group.codes], int(counts.min(axis=1).argmax()), group.codes)
    return Attribute(joined.astype(np.int64), group.names)


def cell_problems(
    y: IntArray, group: Attribute, words: tuple[str, str] = ("favourable", "unfavourable")
) -> list[Finding]:
    """One finding per group that cannot be split because a (group, label) cell is too small."""
    counts = np.bincount(group.codes * 2 + y, minlength=2 * len(group.names)).reshape(-1, 2)
    problems = []
    for name, (bad, good) in zip(group.names, counts.tolist(), strict=True):
        if good + bad == 0:
            continue
        for k, word in ((good, words[0]), (bad, words[1])):
            if k < CELL_MINIMUM:
                problems.append(_small_cell(name, word, k, good + bad))
    return problems


def _small_cell(group: str, word: str, k: int, size: int) -> Finding:
    return Finding(
        "cell_too_small",
        f"Group '{group}' has {counted(k, 'person', 'people')} with the outcome '{word}' (of "
        f"{size:,}); train, validation and test need one each, so at least {CELL_MINIMUM}.",
        "Merge small groups, leave out people whose group is missing, or compare by another "
        "attribute.",
    )
