"""What every method of ``bench quality`` is given, and what it gives back.

A point is a decision rule as three vectors: each person's chance of being selected, of train,
validation and test people. Rules without chance have 0 and 1. Everything measured is an expectation
over that chance, exact, so no method gains or loses by one draw.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from benchmarks.quality_tables import group_of
from fairlab.data.task import PreparedData
from fairlab.outcomes import FloatArray, IntArray

Base = Literal["boosting", "logistic", "mlp"]
SPLITS = ("train", "validation", "test")  # in the order of a point's chances
CONSTRAINTS = ("demographic_parity", "equalized_odds")
LIMITS = (0.01, 0.02, 0.05, 0.10)
# What methods that take a slack are asked for.
SLACKS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One rule of a method: what it was asked, and chances of being selected.

    Attributes:
        setting: What was varied, in words.
        train, validation, test: (n,) in [0, 1].
    """

    setting: str
    train: FloatArray
    validation: FloatArray
    test: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a method is given. Labels of test people are there and must not be read.

    Attributes:
        prepared: The table, split and encoded.
        constraint: What must be nearly equal.
        seed: Of the training.
        base: Scores of a model with nothing done about its gap, by split.
    """

    prepared: PreparedData
    constraint: str
    seed: int
    base: Callable[[Base], Mapping[str, FloatArray]]

    def y(self, split: str) -> IntArray:
        """(n,) labels."""
        return self.prepared.splits[split].y_true

    def x(self, split: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        """(n, F) encoded features, the same for everybody."""
        return self.prepared.splits[split].features

    def group(self, split: str) -> IntArray:
        """(n,) group codes."""
        return group_of(self.prepared, split)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the benchmark.

    Attributes:
        name: Unique.
        owner: ``fairlab``, or the peer.
        title: In words.
        uses_attribute: Whether a decision needs the person's group.
        settings: Everything that can change its points, for the key of its cells.
        run: Gives its points.
        needs: Package it needs beyond ours; "" for none.
        optional: Whether it is run only when it is named; it is reported wherever it was run.
    """

    name: str
    owner: str
    title: str
    uses_attribute: bool
    settings: Mapping[str, Any]
    run: Callable[[Asked], Iterable[Point]]
    needs: str = ""
    optional: bool = False


def decided(score: FloatArray, threshold: float = 0.5) -> FloatArray:
    """Decisions as chances: 1 iff score ≥ threshold."""
    return np.asarray(score >= threshold, dtype=np.float64)


def expected_counts(chance: FloatArray, y: IntArray, group: IntArray, groups: int) -> FloatArray:
    """(G, 4) expected tp, fp, fn, tn of rules that draw each decision with its chance."""
    cell = group * 2 + y
    selected = np.bincount(cell, weights=chance, minlength=2 * groups).reshape(-1, 2)
    everyone = np.bincount(cell, minlength=2 * groups).reshape(-1, 2)
    refused = everyone - selected
    return np.stack([selected[:, 1], selected[:, 0], refused[:, 1], refused[:, 0]], axis=1)
