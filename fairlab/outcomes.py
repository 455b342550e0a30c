"""The door: people with a label, a score and a group, checked once; and their counts.

Everything downstream trusts these types. Conventions: ``y_true`` is 1 for the favourable
outcome; a person is *selected* if and only if ``score >= threshold``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlab.errors import InputError

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class GroupedOutcomes:
    """People's labels, scores and groups. Build with :meth:`from_arrays`.

    Attributes:
        y_true: (n,) 0 or 1; 1 is the favourable outcome.
        score: (n,) finite; higher means more likely favourable.
        group: (n,) group index 0..G-1.
        group_names: G names; a group may be empty.
        weight: (n,) positive and finite, or None for one per person.
    """

    y_true: IntArray
    score: FloatArray
    group: IntArray
    group_names: tuple[str, ...]
    weight: FloatArray | None = None

    @classmethod
    def from_arrays(
        cls,
        *,
        y_true: ArrayLike,
        score: ArrayLike,
        group: ArrayLike,
        group_names: Sequence[str] | None = None,
        weight: ArrayLike | None = None,
    ) -> "GroupedOutcomes":
        """Check and copy arrays into read-only outcomes.

        Args:
            y_true: (n,) of 0/1 or booleans.
            score: (n,) finite numbers. For decisions only, pass 0/1 and use threshold 0.5.
            group: (n,) group labels of any kind, or indices into ``group_names`` when given.
            group_names: Names of all groups, in order; fixes the order and allows empty groups.
                Without it, groups are the sorted distinct labels.
            weight: (n,) positive weights.

        Raises:
            InputError: Listing every problem found.
        """
        problems: list[str] = []
        y = _one_dimensional("y_true", y_true, problems)
        s = _one_dimensional("score", score, problems)
        g = _one_dimensional("group", group, problems)
        w = None if weight is None else _one_dimensional("weight", weight, problems)
        lengths = {"y_true": len(y), "score": len(s), "group": len(g)}
        if w is not None:
            lengths["weight"] = len(w)
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{k} has {v}" for k, v in lengths.items())
            problems.append(f"Arrays must have one entry per person; {found}.")
        if not problems and len(y) == 0:
            problems.append("There are no people; at least one is needed.")
        if problems:
            raise InputError(" ".join(problems), problems)

        labels = _labels(y, problems)
        scores = _finite("Scores", s, problems)
        codes, names = _groups(g, group_names, problems)
        weights = None
        if w is not None:
            weights = _finite("Weights", w, problems)
            if weights is not None and (weights <= 0).any():
                problems.append(
                    f"Weights must be positive; {(weights <= 0).sum()} are zero or negative. "
                    "Remove those people, or leave the weights out."
                )
        if problems:
            raise InputError(" ".join(problems), problems)
        assert labels is not None
        assert scores is not None
        assert codes is not None
        for array in (labels, scores, codes, weights):
            if array is not None:
                array.setflags(write=False)
        return cls(labels, scores, codes, names, weights)

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.y_true)

    @property
    def n_groups(self) -> int:
        """Number of groups G, empty ones included."""
        return len(self.group_names)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Confusion counts per group: every field has shape (..., G).

    Leading axes are thresholds, bootstrap draws or runs. Integers without weights, float with.
    ``tp``: selected, outcome favourable; ``fp``: selected, unfavourable; ``fn``: not selected,
    favourable; ``tn``: not selected, unfavourable.
    """

    tp: Array
    fp: Array
    fn: Array
    tn: Array
    group_names: tuple[str, ...] = ()

    @property
    def n(self) -> Array:
        """(..., G) people (or total weight) per group."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape (..., G) of every field."""
        return tuple(self.tp.shape)

    def overall(self) -> "Counts":
        """Counts of the whole population, shape (..., 1)."""
        tp, fp, fn, tn = (
            field.sum(axis=-1, keepdims=True) for field in (self.tp, self.fp, self.fn, self.tn)
        )
        return Counts(tp, fp, fn, tn, group_names=("everyone",))


def count(outcomes: GroupedOutcomes, threshold: float = 0.5) -> Counts:
    """Confusion counts per group for one threshold; selected iff ``score >= threshold``.

    Returns:
        Counts with fields of shape (G,): int64, or float64 for weighted outcomes.
    """
    selected = outcomes.score >= threshold
    n_groups = outcomes.n_groups
    cell = (outcomes.group * 2 + outcomes.y_true) * 2 + selected
    table = np.bincount(cell, weights=outcomes.weight, minlength=4 * n_groups)
    if outcomes.weight is None:
        table = table.astype(np.int64)
    by_group = table.reshape(n_groups, 2, 2)
    return Counts(
        tp=by_group[:, 1, 1],
        fp=by_group[:, 0, 1],
        fn=by_group[:, 1, 0],
        tn=by_group[:, 0, 0],
        group_names=outcomes.group_names,
    )


def threshold_as(threshold: float) -> float:
    """Smallest float32 at or above ``threshold``.

    Scores are float32 and everybody downstream compares them in float64: with this number both
    select the same people, ties included.
    """
    near = np.float32(threshold)
    if float(near) < threshold:
        near = np.nextafter(near, np.float32(np.inf))
    return float(near)


def _one_dimensional(name: str, values: ArrayLike, problems: list[str]) -> Array:
    array = np.asarray(values)
    if array.ndim != 1:
        problems.append(
            f"{name} must be one-dimensional with one entry per person; "
            f"found shape {array.shape}. Pass {name}.ravel() if it is a single column."
        )
        return array.reshape(-1)
    return array


def _labels(y: Array, problems: list[str]) -> IntArray | None:
    try:
        numbers = y.astype(np.float64)
        valid = (numbers == 0) | (numbers == 1)
    except (TypeError, ValueError):
        valid = np.zeros(len(y), dtype=bool)
    if not valid.all():
        unexpected = list(dict.fromkeys(y[~valid].tolist()))[:5]
        problems.append(
            f"Labels must be 0 or 1, 1 being the favourable outcome; found {unexpected}. "
            "Say which label is favourable first."
        )
        return None
    return numbers.astype(np.int64)


def _finite(what: str, values: Array, problems: list[str]) -> FloatArray | None:
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        problems.append(f"{what} must be numbers; found {values.dtype} such as {values[0]!r}.")
        return None
    bad = ~np.isfinite(numbers)
    if bad.any():
        problems.append(
            f"{what} must be finite; {int(bad.sum())} of {len(numbers)} are missing or infinite, "
            f"the first at position {int(bad.argmax())}. Remove or repair those people first."
        )
        return None
    return numbers


def _groups(
    g: Array, group_names: Sequence[str] | None, problems: list[str]
) -> tuple[IntArray | None, tuple[str, ...]]:
    if group_names is None:
        missing = np.array([value is None or value != value for value in g.tolist()])
        if missing.any():
            problems.append(
                f"{int(missing.sum())} people have no group. Give them a group of their own "
                "(for example 'missing') or remove them first."
            )
            return None, ()
        names, codes = np.unique(g.astype(str) if g.dtype == object else g, return_inverse=True)
        return codes.astype(np.int64), tuple(str(name) for name in names)
    names_given = tuple(str(name) for name in group_names)
    if len(set(names_given)) != len(names_given):
        problems.append(f"Group names must differ; found {list(names_given)}.")
    if g.dtype.kind not in "iu" or g.min() < 0 or g.max() >= len(names_given):
        problems.append(
            f"With group_names, group must hold indices 0..{len(names_given) - 1}; found "
            f"{g.dtype} from {g.min()!r} to {g.max()!r}."
        )
        return None, names_given
    return g.astype(np.int64), names_given
