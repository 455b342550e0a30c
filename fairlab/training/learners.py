"""The learners of another library: logistic regression and histogram gradient boosting."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fairlab.baselines import Learner
from fairlab.data.task import PreparedData, SplitData
from fairlab.outcomes import Array, FloatArray, IntArray

MOST_STEPS = 1000
MOST_TREES = 500
PATIENCE = 20


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A fitted learner.

    Attributes:
        model: Of scikit-learn, or of Fairlearn with the same methods.
        steps: Steps or trees it took.
        flags: Findings in sentences.
    """

    model: Any
    steps: int
    flags: tuple[str, ...] = ()


class Interrupted(Exception):  # noqa: N818  (a signal to our own caller, not an error)
    """Somebody asked to stop while a method that fits many models was under way."""


class Fit(Protocol):
    """What fits a learner on the train rows of a prepared table."""

    def __call__(
        self, prepared: PreparedData, weight: dict[str, FloatArray | None], seed: int, /
    ) -> Learnt: ...


def inputs(learner: Learner, part: SplitData) -> Array:
    """(n, ·) what a learner sees of the people of one split.

    Boosting splits on the columns' own values where they are kept; logistic regression takes the
    same encoded features as the families.
    """
    if learner == "boosting" and part.columns is not None:
        return part.columns
    return part.features


def fit_logistic(
    prepared: PreparedData, weight: dict[str, FloatArray | None], _seed: int
) -> Learnt:
    """Logistic regression with scikit-learn's default penalty; weights are scaled to mean 1."""
    train, own = prepared.splits["train"], weight["train"]
    scaled = None if own is None else own / own.mean()
    return logistic(inputs("logistic", train), train.y_true, scaled)


def logistic(x: Array, y: IntArray, weight: FloatArray | None) -> Learnt:
    """Fit on features ``x`` (n, F), labels ``y`` and weights (n,) or None."""
    model = LogisticRegression(max_iter=MOST_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y, sample_weight=weight)
    steps = int(model.n_iter_.max())
    flags: tuple[str, ...] = ()
    if steps >= MOST_STEPS:
        flags = (f"Logistic regression had not settled after {MOST_STEPS:,} steps.",)
    return Learnt(model, steps, flags)


def fit_boosting(prepared: PreparedData, weight: dict[str, FloatArray | None], seed: int) -> Learnt:
    """Histogram gradient boosting that ends when its loss on validation people stops falling."""
    train, validation = prepared.splits["train"], prepared.splits["validation"]
    model = _boosting(_codes(prepared), seed)
    model.fit(
        inputs("boosting", train),
        train.y_true,
        sample_weight=weight["train"],
        X_val=inputs("boosting", validation),
        y_val=validation.y_true,
        sample_weight_val=weight["validation"],
    )
    return Learnt(model, int(model.n_iter_))


def _boosting(codes: tuple[bool, ...], seed: int) -> HistGradientBoostingClassifier:
    """Boosting that ends when its loss on validation people stops falling.

    Args:
        codes: Which inputs hold codes of categories.
        seed: Of the people looked at for bins, in very large tables.
    """
    return HistGradientBoostingClassifier(
        max_iter=MOST_TREES,
        early_stopping=True,
        n_iter_no_change=PATIENCE,
        categorical_features=np.array(codes, dtype=bool) if any(codes) else None,
        random_state=seed,
    )


def _codes(prepared: PreparedData) -> tuple[bool, ...]:
    """Which of boosting's inputs hold codes of categories."""
    train = prepared.splits["train"]
    if train.columns is not None and prepared.categorical:
        return prepared.categorical
    return tuple(False for _ in range(inputs("boosting", train).shape[1]))


FITS: dict[Learner, Fit] = {"logistic": fit_logistic, "boosting": fit_boosting}


class GroupModel(Protocol):
    """What gives the chance of being of each group."""

    def __call__(self, x: Array, label: int, /) -> FloatArray:
        """(n, G) of people with inputs ``x``, were their label this one."""
        ...


class GroupFit(Protocol):
    """What learns people's groups from their inputs and labels, on the train rows."""

    def __call__(
        self,
        prepared: PreparedData,
        codes: dict[str, IntArray],
        n_groups: int,
        weight: dict[str, FloatArray | None],
        seed: int,
        /,
    ) -> GroupModel: ...


def fit_groups_logistic(
    prepared: PreparedData,
    codes: dict[str, IntArray],
    n_groups: int,
    weight: dict[str, FloatArray | None],
    _seed: int,
) -> GroupModel:
    """P(group | x, y) by a logistic regression among the people of each label."""
    train, own = prepared.splits["train"], weight["train"]
    x = inputs("logistic", train)
    scaled = None if own is None else own / own.mean()
    by_label: dict[int, Any] = {}
    for label in (0, 1):
        here = train.y_true == label
        group = codes["train"][here]
        if len(np.unique(group)) < 2:  # nothing to tell apart
            by_label[label] = _share(group, None if scaled is None else scaled[here], n_groups)
            continue
        by_label[label] = logistic(x[here], group, None if scaled is None else scaled[here]).model

    def chance(x: Array, label: int) -> FloatArray:
        model = by_label[label]
        if isinstance(model, np.ndarray):
            return np.tile(model, (len(x), 1))
        return _of_groups(model, x, n_groups)

    return chance


def fit_groups_boosting(
    prepared: PreparedData,
    codes: dict[str, IntArray],
    n_groups: int,
    weight: dict[str, FloatArray | None],
    seed: int,
) -> GroupModel:
    """P(group | x, y) by boosting with the label as one more input; ends as boosting does.

    Validation people of groups nobody in train is of are left out of the loss that ends it.
    """
    group = codes["train"]
    if len(np.unique(group)) < 2:
        share = _share(group, weight["train"], n_groups)
        return lambda x, _label: np.tile(share, (len(x), 1))
    rows = {
        "train": np.ones(len(group), dtype=bool),
        "validation": np.isin(codes["validation"], group),
    }
    seen, own = {}, {}
    for name, kept in rows.items():
        part, theirs = prepared.splits[name], weight[name]
        seen[name] = np.column_stack([inputs("boosting", part), part.y_true])[kept]
        own[name] = None if theirs is None else theirs[kept]
    model = _boosting((*_codes(prepared), False), seed)
    model.fit(
        seen["train"],
        group,
        sample_weight=own["train"],
        X_val=seen["validation"],
        y_val=codes["validation"][rows["validation"]],
        sample_weight_val=own["validation"],
    )
    return lambda x, label: _of_groups(
        model, np.column_stack([x, np.full(len(x), label)]), n_groups
    )


GROUP_FITS: dict[Learner, GroupFit] = {
    "logistic": fit_groups_logistic,
    "boosting": fit_groups_boosting,
}


def _of_groups(model: Any, x: Array, n_groups: int) -> FloatArray:
    """(n, G) chances; 0 for groups the model never saw."""
    found = np.zeros((len(x), n_groups))
    found[:, np.asarray(model.classes_, dtype=np.int64)] = model.predict_proba(x)
    return found


def _share(group: IntArray, weight: FloatArray | None, n_groups: int) -> FloatArray:
    """(G,) share of people of each group; of nobody, the same for all."""
    count = np.bincount(group, weights=weight, minlength=n_groups).astype(np.float64)
    return count / count.sum() if count.sum() > 0 else np.full(n_groups, 1 / n_groups)


def chance_of_one(model: Any, x: Array) -> FloatArray:
    """(n,) probability of label 1; of a model that saw one label only, 0 or 1 for everybody."""
    classes = list(model.classes_)
    if 1 not in classes:
        return np.zeros(len(x))
    return np.asarray(model.predict_proba(x)[:, classes.index(1)], dtype=np.float64)


class Oracle(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression as a reduction fits it again and again; asks before each fit.

    Args:
        should_stop: A true answer ends the reduction with :class:`Interrupted`.
    """

    def __init__(self, should_stop: Callable[[], bool] | None = None) -> None:
        self.should_stop = should_stop

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Oracle":
        """Fit on a relabelled, reweighed table; as scikit-learn's estimators."""
        if self.should_stop is not None and self.should_stop():
            raise Interrupted
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.learnt_ = logistic(np.asarray(X), np.asarray(y), weight)
        self.classes_ = self.learnt_.model.classes_
        return self

    def predict(self, X: Any) -> Array:
        """(n,) labels."""
        return np.asarray(self.learnt_.model.predict(np.asarray(X)))

    def predict_proba(self, X: Any) -> Array:
        """(n, 2) probabilities."""
        return np.asarray(self.learnt_.model.predict_proba(np.asarray(X)))
