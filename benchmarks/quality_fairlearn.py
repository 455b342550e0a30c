"""Fairlearn's methods in ``bench quality``, run as well as we know how.

Reductions with two learners, the adversarial classifier with our predictor's size, and threshold
optimisation on three scores, fitted on validation people as everybody's thresholds are.
"""

import contextlib
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.quality_ours import BASES
from benchmarks.quality_points import SLACKS, SPLITS, Asked, Base, Method, Point, decided
from fairlab.outcomes import Array, FloatArray
from fairlab.training.learners import MOST_TREES, PATIENCE, fit_boosting

# Boosting is refitted hundreds of times. On four of the tables, trees this small were as accurate
# as 60 of scikit-learn's default size (test: 1.6 points more on COMPAS, 0.2 less on ACS), in a
# third of the time.
LEARNERS: dict[str, dict[str, Any]] = {
    "logistic": {"max_iter": 1000},
    "boosting": {
        "max_iter": 60,
        "max_leaf_nodes": 8,
        "learning_rate": 0.15,
        "early_stopping": False,
    },
}
BINS = 200
# Bounds on each group's distance to everybody, from half the smallest limit up.
BOUNDS: dict[str, tuple[float, ...]] = {
    "logistic": (0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1),
    "boosting": (0.005, 0.01, 0.025, 0.05),
    "ours": (0.01, 0.05),
}
ROUNDS = {"logistic": 50, "boosting": 25, "ours": 25}
GRID = {"demographic_parity": 31, "equalized_odds": 50}
ADVERSARIAL: dict[str, Any] = {
    "predictor_model": [64, "relu", 64, "relu"],
    "adversary_model": [16, "relu"],
    "learning_rate": 0.002,
    "batch_size": 256,
    "epochs": 30,
}
ALPHAS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
KEPT_EPOCHS = (10, 20, 30)


def fairlearn() -> tuple[Method, ...]:
    """Fairlearn's methods."""
    learners = ("logistic", "boosting")
    gradients = [
        Method(
            f"fairlearn_eg_{learner}",
            "Fairlearn ExponentiatedGradient",
            f"ExponentiatedGradient on {learner}",
            False,
            {
                **_described(learner),
                "bounds": BOUNDS[learner],
                "rounds": ROUNDS[learner],
            },
            partial(_gradient, learner=learner),
        )
        for learner in learners
    ]
    grids = [
        Method(
            f"fairlearn_gs_{learner}",
            "Fairlearn GridSearch",
            f"GridSearch on {learner}",
            False,
            {**_described(learner), "grid": GRID},
            partial(_grid, learner=learner),
        )
        for learner in learners
    ]
    optimizers = [
        Method(
            f"fairlearn_to_{base}",
            "Fairlearn ThresholdOptimizer",
            f"ThresholdOptimizer on {base}",
            True,
            {"tolerances": (0.0, *SLACKS), "grid_size": 1000},
            partial(_optimizer, base=base),
        )
        for base in BASES
    ]
    adversarial = Method(
        "fairlearn_adversarial",
        "Fairlearn adversarial",
        "AdversarialFairnessClassifier",
        False,
        {**ADVERSARIAL, "alphas": ALPHAS, "kept_epochs": KEPT_EPOCHS},
        _adversarial,
    )
    # Tells apart what the reduction does and what its learner does; hours for all tables.
    on_ours = Method(
        "fairlearn_eg_ours",
        "Fairlearn ExponentiatedGradient on our boosting",
        "ExponentiatedGradient on our boosting",
        False,
        {
            "learner": {
                "most_trees": MOST_TREES,
                "patience": PATIENCE,
                "bins": BINS,
                "exact": True,
            },
            "bounds": BOUNDS["ours"],
            "rounds": ROUNDS["ours"],
        },
        partial(_gradient, learner="ours"),
        optional=True,
    )
    return (*gradients, *grids, adversarial, *optimizers, on_ours)


def _described(learner: str) -> dict[str, Any]:
    binned = {"bins": BINS, "exact": True} if learner == "boosting" else {}
    return {"learner": LEARNERS[learner] | binned}


def _learner(name: str, asked: Asked) -> Any:
    if name == "logistic":
        return LogisticRegression(**LEARNERS[name])
    if name == "ours":
        return as_ours(asked)
    kinds = np.array(asked.prepared.categorical, dtype=bool)
    return HistGradientBoostingClassifier(
        random_state=asked.seed,
        categorical_features=kinds if kinds.any() else None,
        **LEARNERS[name],
    )


def as_ours(asked: Asked) -> HistGradientBoostingClassifier:
    """Our boosting, unfitted, with as many trees as ours has when nothing is done about the gap.

    Ours stops on validation people, whose labels a reduction that turns labels round cannot use.
    """
    ours = fit_boosting(asked.prepared, {"train": None, "validation": None}, asked.seed)
    settings = {**ours.model.get_params(), "max_iter": ours.steps, "early_stopping": False}
    return HistGradientBoostingClassifier(**settings)


def _inputs(learner: str, asked: Asked, split: str) -> Array:
    """Encoded features; for boosting the columns themselves, as ours gets them, in ``BINS`` bins.

    Boosting bins columns anyway; with weights of people, scikit-learn takes longer for that than
    for its trees, and a reduction fits it again and again. Fairlearn refuses missing values: they
    become one more category, or a number below all others.
    """
    part = asked.prepared.splits[split]
    train = asked.prepared.splits["train"].columns
    if learner == "logistic" or part.columns is None or train is None:
        return part.features
    binned = np.empty(part.columns.shape)
    for place, categorical in enumerate(asked.prepared.categorical):
        column, known = part.columns[:, place], train[:, place]
        present = known[~np.isnan(known)]
        if categorical:
            missing = float(present.max(initial=-1.0)) + 1
            binned[:, place] = np.where(np.isnan(column), missing, column)
        else:
            edges = _edges(present)
            codes = np.searchsorted(edges, column, side="left").astype(np.float64)
            binned[:, place] = np.where(np.isnan(column), -1.0, codes)
    return binned


def _edges(present: Array) -> Array:
    """Upper ends of bins: one per value where there are at most ``BINS``, as boosting does.

    Quantiles alone join the rare values of a column that is mostly one value.
    """
    values = np.unique(present)
    if len(values) <= BINS:
        return values[:-1]
    return np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1]))


def _moment(constraint: str, **bound: float) -> Any:
    from fairlearn.reductions import DemographicParity, EqualizedOdds

    moments = {"demographic_parity": DemographicParity, "equalized_odds": EqualizedOdds}
    return moments[constraint](**bound)


def _gradient(asked: Asked, learner: str) -> Iterator[Point]:
    from fairlearn.reductions import ExponentiatedGradient

    y, group = asked.y("train"), asked.group("train")
    for bound in BOUNDS[learner]:
        model = ExponentiatedGradient(
            _learner(learner, asked),
            _moment(asked.constraint, difference_bound=bound),
            max_iter=ROUNDS[learner],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(_inputs(learner, asked, "train"), y, sensitive_features=group)
        chances = [_mixture(model, _inputs(learner, asked, split)) for split in SPLITS]
        yield Point(f"bound {bound:g}", *chances)


def _mixture(model: Any, x: Array) -> FloatArray:
    """The chance with which the fitted mixture selects, exact."""
    return np.clip(np.asarray(model._pmf_predict(x), dtype=np.float64)[:, 1], 0.0, 1.0)


def _grid(asked: Asked, learner: str) -> Iterator[Point]:
    from fairlearn.reductions import GridSearch

    model = GridSearch(
        _learner(learner, asked),
        _moment(asked.constraint),
        grid_size=GRID[asked.constraint],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            _inputs(learner, asked, "train"),
            asked.y("train"),
            sensitive_features=asked.group("train"),
        )
    for place, predictor in enumerate(model.predictors_):
        chances = [
            np.asarray(predictor.predict(_inputs(learner, asked, split)), dtype=np.float64)
            for split in SPLITS
        ]
        yield Point(f"place {place}", *chances)


class Scored(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Given scores as an estimator: its features are the scores."""

    classes_ = np.array([0, 1])

    def fit(self, X: Array, y: Array) -> "Scored":  # noqa: ARG002
        """Nothing is learnt."""
        self.fitted_ = True
        return self

    def predict_proba(self, X: Array) -> Array:
        """(n, 2) chances of label 0 and 1."""
        score = np.asarray(X, dtype=np.float64)[:, 0]
        return np.stack([1 - score, score], axis=1)

    def predict(self, X: Array) -> Array:
        """(n,) labels."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)


def _optimizer(asked: Asked, base: Base) -> Iterator[Point]:
    from fairlearn.postprocessing import ThresholdOptimizer

    score = {split: values[:, None] for split, values in asked.base(base).items()}
    relaxed = asked.constraint == "demographic_parity"  # it refuses to relax equalized odds
    for tolerance in (0.0, *SLACKS) if relaxed else (0.0,):
        optimizer = ThresholdOptimizer(
            estimator=Scored().fit(score["validation"], asked.y("validation")),
            constraints=asked.constraint,
            objective="accuracy_score",
            grid_size=1000,
            prefit=True,
            predict_method="predict_proba",
            tol=tolerance if tolerance > 0 else None,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optimizer.fit(
                score["validation"],
                asked.y("validation"),
                sensitive_features=asked.group("validation"),
            )
        chances = [
            np.asarray(
                optimizer._pmf_predict(score[split], sensitive_features=asked.group(split)),
                dtype=np.float64,
            )[:, 1]
            for split in SPLITS
        ]
        yield Point(f"tolerance {tolerance:g}", *chances)


def _keep(
    asked: Asked, kept: list[Point], batches: int, setting: str, model: Any, step: int, **_: Any
) -> bool:
    """After some of the epochs, keep the state as a point; never stop."""
    epoch, rest = divmod(step, batches)
    if rest == 0 and epoch in KEPT_EPOCHS:
        chances = [
            decided(np.asarray(model.backendEngine_.evaluate(asked.x(split)))[:, 0])
            for split in SPLITS
        ]
        kept.append(Point(f"{setting}, epoch {epoch}", *chances))
    return False


def _adversarial(asked: Asked) -> Iterator[Point]:
    """Several strengths; the states after several epochs are points of their own."""
    import torch
    from fairlearn.adversarial import AdversarialFairnessClassifier

    x, y, group = asked.x("train").astype(np.float64), asked.y("train"), asked.group("train")
    batches = -(-len(x) // ADVERSARIAL["batch_size"])
    for alpha in ALPHAS:
        kept: list[Point] = []
        with (
            torch.random.fork_rng(devices=[]),
            warnings.catch_warnings(),
            contextlib.suppress(RuntimeError),  # not finite any more: later epochs have no point
        ):
            warnings.simplefilter("ignore")
            torch.manual_seed(asked.seed)
            AdversarialFairnessClassifier(
                backend="torch",
                constraints=asked.constraint,
                alpha=alpha,
                shuffle=True,
                random_state=asked.seed,
                callbacks=partial(_keep, asked, kept, batches, f"alpha {alpha:g}"),
                **ADVERSARIAL,
            ).fit(x, y, sensitive_features=group)
        yield from kept
