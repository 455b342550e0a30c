"""Fairlearn's reductions: exponentiated gradient and grid search, with logistic regression.

Agarwal, Beygelzimer, Dudík, Langford, Wallach, "A reductions approach to fair classification",
ICML 2018. Both fit the learner again and again on relabelled, reweighed people; neither needs
anybody's group to decide.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from fairlearn.reductions import (
    DemographicParity,
    EqualizedOdds,
    ErrorRateParity,
    ExponentiatedGradient,
    FalsePositiveRateParity,
    GridSearch,
    TruePositiveRateParity,
    UtilityParity,
)

from fairlab.config import SweepConfig
from fairlab.outcomes import Array, FloatArray, IntArray
from fairlab.training.learners import Oracle, chance_of_one

MOMENTS: dict[str, type[UtilityParity]] = {
    "demographic_parity": DemographicParity,
    "equal_opportunity": TruePositiveRateParity,
    "predictive_equality": FalsePositiveRateParity,
    "equalized_odds": EqualizedOdds,
    "accuracy_parity": ErrorRateParity,
}

# The steps Fairlearn takes unless told otherwise.
MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """One model of a reduction.

    Attributes:
        chance: From features (n, F) to (n,) scores in [0, 1].
        steps: Rounds until it was found; 1 for a model of the grid.
        slack: What was asked, for exponentiated gradient.
        place: Position in the grid, for grid search.
        mixed: Classifiers it draws among, for exponentiated gradient.
        flags: Findings in sentences.
        note: What to know of the method on these groups; "" if nothing.
        members: The classifiers its decisions are mixed of, each with its share; of the grid one.
    """

    chance: Callable[[Array], FloatArray]
    steps: int
    slack: float | None = None
    place: int | None = None
    mixed: int | None = None
    flags: tuple[str, ...] = ()
    note: str = ""
    members: tuple[tuple[float, Any], ...] = ()


def exponentiated_gradient(
    x: Array,
    y: IntArray,
    group: IntArray,
    sweep: SweepConfig,
    should_stop: Callable[[], bool],
) -> Iterator[Reduced]:
    """One randomised rule per slack; its score is the chance of being selected.

    Fairlearn bounds how far each group is from everybody; half the slack there keeps any two
    groups within the slack, in expectation over draws, on train people, up to its own tolerance.

    Args:
        x: (n, F) train features.
        y: (n,) labels.
        group: (n,) groups compared.
        sweep: Constraint and slacks.
        should_stop: Asked before each fit of the learner.

    Raises:
        Interrupted: When stopped.
    """
    for slack in sweep.reductions.slacks:
        model = ExponentiatedGradient(
            _oracle(should_stop),
            MOMENTS[sweep.constraint](difference_bound=slack / 2),
            max_iter=MOST_ROUNDS,
        )
        model.fit(x, y, sensitive_features=group)
        kept = [k for k in model.weights_.index if model.weights_[k] > 0]
        flags: tuple[str, ...] = ()
        if model.best_gap_ > model.nu:
            flags = (
                f"Exponentiated gradient stopped after {model.last_iter_ + 1} rounds, "
                f"{model.best_gap_:.3g} from its optimum.",
            )
        yield Reduced(
            chance=_mixture(model, kept),
            steps=int(model.best_iter_) + 1,
            slack=slack,
            mixed=len(kept),
            flags=flags,
            members=tuple((float(model.weights_[k]), model.predictors_[k]) for k in kept),
        )


def grid_search(
    x: Array,
    y: IntArray,
    group: IntArray,
    sweep: SweepConfig,
    should_stop: Callable[[], bool],
) -> Iterator[Reduced]:
    """One model per vector of multipliers; arguments and errors as for the other reduction.

    Its scores are those of the relabelled, reweighed table: decisions at 0.5 are the method's
    own, and a score is nobody's probability of the outcome.
    """
    model = GridSearch(
        _oracle(should_stop),
        MOMENTS[sweep.constraint](),
        grid_size=sweep.reductions.multipliers,
    )
    model.fit(x, y, sensitive_features=group)
    span = model.constraints_.pos_basis.shape[1]
    note = ""
    if sweep.reductions.multipliers < 2**span:
        note = (
            f"With these groups grid search has {span} multipliers to vary at once, and "
            f"{sweep.reductions.multipliers} models try few of their combinations; exponentiated "
            "gradient searches for them."
        )
    for place, predictor in enumerate(model.predictors_):
        yield Reduced(
            chance=lambda x, predictor=predictor: chance_of_one(predictor, x),  # type: ignore[misc]
            steps=1,
            place=place,
            note=note,
            members=((1.0, predictor),),
        )


def _oracle(should_stop: Callable[[], bool]) -> Oracle:
    # Fairlearn copies its estimator deeply; a function survives that, a bound method might not.
    return Oracle(lambda: should_stop())


def _mixture(model: ExponentiatedGradient, kept: list[int]) -> Callable[[Array], FloatArray]:
    """The chance of being selected: the weights of the classifiers that select."""

    def chance(x: Array) -> FloatArray:
        total = np.zeros(len(x))
        for k in kept:
            total += model.weights_[k] * np.asarray(model.predictors_[k].predict(x))
        return np.clip(total, 0.0, 1.0)

    return chance
