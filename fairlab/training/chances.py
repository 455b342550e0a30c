"""Chances learnt of people from x alone: P(y = 1 | x) and P(group | x, y), cross-fitted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlab.baselines import Learner
from fairlab.data.task import PreparedData, SplitData
from fairlab.outcomes import IntArray
from fairlab.results import cross
from fairlab.training.bounded import Joint
from fairlab.training.learners import (
    FITS,
    GROUP_FITS,
    GroupModel,
    Learnt,
    chance_of_one,
    inputs,
)

# So that no other use of a seed repeats the folds.
_SALT = 29


@dataclass(frozen=True, slots=True, eq=False)
class OneFit:
    """Chances learnt from some people.

    Attributes:
        learner: Says what is seen of a person.
        outcome: Gives P(y = 1 | x).
        groups: Per compared attribute, what gives P(group | x, y).
    """

    learner: Learner
    outcome: Learnt
    groups: tuple[GroupModel, ...]

    def joint(self, part: SplitData) -> Joint:
        """Chances of the people of ``part``; their labels and groups are not read."""
        x = inputs(self.learner, part)
        one = chance_of_one(self.outcome.model, x)
        of_label = np.stack([1 - one, one], axis=1)[:, None, :]
        return tuple(
            np.stack([model(x, label) for label in (0, 1)], axis=2) * of_label
            for model in self.groups
        )


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """The mean of several fits, each without one fold of the train people.

    Attributes:
        fits: One per fold, or a single one from all train people.
        without: (n_train,) which fit each train person was left out of; None for a single fit.
    """

    fits: tuple[OneFit, ...]
    without: IntArray | None

    @property
    def steps(self) -> int:
        """Steps or trees of the model of the outcome, the mean over fits."""
        return round(float(np.mean([fit.outcome.steps for fit in self.fits])))

    @property
    def flags(self) -> tuple[str, ...]:
        """Findings of any fit, each once."""
        return tuple(dict.fromkeys(flag for fit in self.fits for flag in fit.outcome.flags))

    def joint(self, part: SplitData) -> Joint:
        """Chances of people who are not in train, by the mean of the fits."""
        every = [fit.joint(part) for fit in self.fits]
        return tuple(np.mean(chance, axis=0) for chance in zip(*every, strict=True))

    def left_out(self, train: SplitData) -> Joint:
        """Chances of train people, each by the fit that was learnt without them."""
        if self.without is None:
            raise ValueError("A single fit was learnt from all train people.")
        found: list[np.ndarray] = []
        for k, fit in enumerate(self.fits):
            here = self.without == k
            for a, chance in enumerate(fit.joint(_some(train, here))):
                if k == 0:
                    found.append(np.zeros((len(here), *chance.shape[1:])))
                found[a][here] = chance
        return tuple(found)


def learn_chances(
    learner: Learner,
    prepared: PreparedData,
    compared: Sequence[Sequence[str]],
    folds: int,
    seed: int,
    ask: Callable[[], None],
) -> Chances:
    """Learn chances from train people, once per fold of them.

    Folds are stratified by label and by the groups of all compared attributes, crossed. With fewer
    people of a label than folds there are fewer folds; with one person of it, a single fit.

    Args:
        learner: Learns both chances.
        prepared: The table, split and encoded.
        compared: Attributes whose groups are compared, one or a crossing at a time.
        folds: 1 for a single fit from all train people.
        seed: Of the folds and the learner.
        ask: Called before each fit; may raise to stop.
    """
    train = prepared.splits["train"]
    folds = min(folds, int(np.bincount(train.y_true, minlength=2).min()))
    if folds < 2:
        return Chances((_fit(learner, prepared, compared, seed, ask),), None)
    without = _folds(train, compared, folds, seed)
    fits = []
    for k in range(folds):
        splits = {**prepared.splits, "train": _some(train, without != k)}
        fits.append(_fit(learner, replace(prepared, splits=splits), compared, seed, ask))
    return Chances(tuple(fits), without)


def _fit(
    learner: Learner,
    prepared: PreparedData,
    compared: Sequence[Sequence[str]],
    seed: int,
    ask: Callable[[], None],
) -> OneFit:
    parts = {name: prepared.splits[name] for name in ("train", "validation")}
    weight = {name: part.weight for name, part in parts.items()}
    ask()
    outcome = FITS[learner](prepared, weight, seed)
    groups = []
    for by in compared:
        ask()
        crossed = {name: cross(part.attributes, by) for name, part in parts.items()}
        codes = {name: found.codes for name, found in crossed.items()}
        n_groups = len(crossed["train"].names)
        groups.append(GROUP_FITS[learner](prepared, codes, n_groups, weight, seed))
    return OneFit(learner, outcome, tuple(groups))


def _folds(train: SplitData, compared: Sequence[Sequence[str]], folds: int, seed: int) -> IntArray:
    """(n,) fold of each person; cells of groups, crossed, and label are spread evenly over them.

    Who falls into which depends on the seed and on rows of the table, not on their order here.
    """
    codes = [cross(train.attributes, by).codes for by in compared]
    luck = np.random.default_rng([_SALT, seed]).random(int(train.rows.max()) + 1)[train.rows]
    order = np.lexsort((luck, *codes, train.y_true))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order)) % folds
    return found


def _some(part: SplitData, kept: NDArray[np.bool_]) -> SplitData:
    """The people of ``part`` that are kept."""
    return replace(
        part,
        features=part.features[kept],
        y_true=part.y_true[kept],
        rows=part.rows[kept],
        weight=None if part.weight is None else part.weight[kept],
        columns=None if part.columns is None else part.columns[kept],
        attributes={
            name: replace(attribute, codes=attribute.codes[kept])
            for name, attribute in part.attributes.items()
        },
    )
