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
    codes = prepared.categorical if train.columns is not None else ()
    model = HistGradientBoostingClassifier(
        max_iter=MOST_TREES,
        early_stopping=True,
        n_iter_no_change=PATIENCE,
        categorical_features=np.array(codes, dtype=bool) if any(codes) else None,
        random_state=seed,
    )
    model.fit(
        inputs("boosting", train),
        train.y_true,
        sample_weight=weight["train"],
        X_val=inputs("boosting", validation),
        y_val=validation.y_true,
        sample_weight_val=weight["validation"],
    )
    return Learnt(model, int(model.n_iter_))


FITS: dict[Learner, Fit] = {"logistic": fit_logistic, "boosting": fit_boosting}


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
