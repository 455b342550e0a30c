"""Outcomes that count the same, and people who count twice."""

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from fairlab.config import (
    MODES,
    AdversarialParams,
    DataConfig,
    LayerParams,
    ModelConfig,
    PenaltyParams,
    RunConfig,
    SweepConfig,
    Task,
)
from fairlab.data.task import PreparedData
from fairlab.training import fit_sweep
from fairlab.training.class_weight import balanced
from tests.unit.training_people import prepared


def config(mode="penalty", **changes):
    """One strong and one unmitigated model, in one batch of everybody."""
    base = {
        "modes": (mode,),
        "penalty": PenaltyParams(strengths=(0.0, 2.0)),
        "adversarial": AdversarialParams(strengths=(0.0, 1.0)),
        "layer": LayerParams(slacks=(1.0, 0.05)),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 15,
        "batch_size": 10_000,
        "learning_rate": 0.02,
    }
    return SweepConfig(**{**base, **changes})


def rare(data: PreparedData, keep: float = 0.15) -> PreparedData:
    """The same people with most of those with the favourable outcome gone."""
    rng = np.random.default_rng(0)
    splits = {}
    for name, part in data.splits.items():
        some = np.flatnonzero((part.y_true == 0) | (rng.random(len(part.y_true)) < keep))
        splits[name] = at(part, some)
    return dataclasses.replace(data, splits=splits)


def at(part, people):
    """Some people of a split, in that order, possibly several times."""
    attributes = {
        name: dataclasses.replace(one, codes=one.codes[people])
        for name, one in part.attributes.items()
    }
    return dataclasses.replace(
        part,
        features=part.features[people],
        y_true=part.y_true[people],
        attributes=attributes,
        rows=np.arange(len(people)),
        weight=None if part.weight is None else part.weight[people],
    )


def weighed(data: PreparedData, weight) -> PreparedData:
    """The same people with weights made from each split."""
    splits = {n: dataclasses.replace(p, weight=weight(p)) for n, p in data.splits.items()}
    return dataclasses.replace(data, splits=splits)


def test_weights_are_scikit_learns_and_both_outcomes_weigh_the_same() -> None:
    y = np.array([0] * 9 + [1] * 3)
    np.testing.assert_allclose(
        balanced(y), compute_class_weight("balanced", classes=np.array([0, 1]), y=y)
    )
    assert balanced(y)[1] > balanced(y)[0]
    own = np.linspace(0.5, 3.0, 12)
    total = balanced(y, own)[y] * own
    assert total[y == 1].sum() == pytest.approx(total[y == 0].sum())
    assert total.sum() == pytest.approx(own.sum())


@pytest.mark.parametrize("mode", MODES)
def test_balanced_outcomes_raise_the_scores_where_the_favourable_one_is_rare(mode) -> None:
    """Weights the wrong way round would lower them further below the base rate."""
    data = rare(prepared())
    plain = fit_sweep(data, config(mode, epochs=60)).splits["test"]
    even = fit_sweep(data, config(mode, epochs=60, class_weight="balanced")).splits["test"]
    base = plain.y_true.mean()
    assert base < 0.3
    assert plain.score[0].mean() == pytest.approx(base, abs=0.1)
    assert even.score[0].mean() > plain.score[0].mean() + 0.1


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_balancing_equals_weighing_people_by_outcome_where_cells_hold_one_outcome(
    mode, weights
) -> None:
    """With equal opportunity a cell's people weigh alike, so only the task loss can differ."""
    data = rare(prepared(weighted=weights))
    classes = balanced(data.splits["train"].y_true, data.splits["train"].weight)

    def by_hand(part):
        own = classes[part.y_true]
        return own if part.weight is None else own * part.weight

    # The layer moves everybody by weight; without slack to fill it only scores the loss.
    settings = config(mode, constraint="equal_opportunity", layer=LayerParams(slacks=(1.0,)))
    first = fit_sweep(data, settings.model_copy(update={"class_weight": "balanced"}))
    second = fit_sweep(weighed(data, by_hand), settings)
    np.testing.assert_allclose(first.splits["test"].score, second.splits["test"].score, atol=2e-4)
    assert [p.best_epoch for p in first.points] == [p.best_epoch for p in second.points]


def test_the_means_a_constraint_compares_are_not_reweighed() -> None:
    """With demographic parity, weighing people by outcome also moves the selection rates."""
    data = rare(prepared())
    classes = balanced(data.splits["train"].y_true)
    first = fit_sweep(data, config(class_weight="balanced")).splits["test"].score
    second = fit_sweep(weighed(data, lambda p: classes[p.y_true]), config()).splits["test"].score
    np.testing.assert_allclose(first[0], second[0], atol=2e-4)
    assert np.abs(first[1] - second[1]).max() > 0.01


def test_the_asked_for_gap_is_kept_with_balanced_outcomes() -> None:
    """The strength is found on decisions of people as they are."""
    settings = config(
        penalty=PenaltyParams(control="slack", slacks=(1.0, 0.1)),
        class_weight="balanced",
        epochs=80,
    )
    result = fit_sweep(rare(prepared((900, 600, 600)), 0.4), settings)
    assert not any("Asked for a gap" in flag for flag in result.points[1].flags)


def test_logistic_regression_beside_them_is_balanced_as_scikit_learns() -> None:
    data = rare(prepared())
    result = fit_sweep(
        data, config(epochs=1, class_weight="balanced", baselines=("logistic", "boosting"))
    )
    train, test = data.splits["train"], data.splits["test"]
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    model.fit(train.features, train.y_true)
    np.testing.assert_allclose(
        result.splits["test"].score[2], model.predict_proba(test.features)[:, 1], atol=1e-4
    )
    assert result.splits["test"].score[3].mean() > test.y_true.mean() + 0.05


def test_a_result_says_what_balancing_does_to_scores() -> None:
    data = rare(prepared())
    said = [n for n in fit_sweep(data, config(class_weight="balanced")).notes if "weighs" in n]
    assert len(said) == 1
    assert "no probabilities" in said[0]
    assert not any("weighs" in n for n in fit_sweep(data, config()).notes)


def test_reductions_take_no_weights_so_balancing_is_refused_beside_them() -> None:
    with pytest.raises(ValidationError, match="leave them out"):
        SweepConfig(class_weight="balanced", baselines=("grid_search",))


def test_runs_without_the_setting_keep_their_digest() -> None:
    def digest(**changes):
        task = Task(label="y", favourable=("1",))
        return RunConfig(
            data=DataConfig(source="x"), task=task, sweep=SweepConfig(**changes)
        ).digest()

    assert digest(class_weight="none") == digest()
    assert digest(class_weight="balanced") != digest()


@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("changes", [{}, {"class_weight": "balanced"}])
def test_a_person_of_weight_two_counts_as_two_people(mode, constraint, changes) -> None:
    """In the task loss, the compared means, the adversary, the layer and what keeps an epoch."""
    data = prepared()
    twice = {n: np.arange(len(p.y_true)) % 3 == 0 for n, p in data.splits.items()}
    heavy = dataclasses.replace(
        data,
        splits={
            n: dataclasses.replace(p, weight=np.where(twice[n], 2.0, 1.0))
            for n, p in data.splits.items()
        },
    )
    doubled = dataclasses.replace(
        data,
        splits={
            n: at(p, np.concatenate([np.arange(len(p.y_true)), np.flatnonzero(twice[n])]))
            for n, p in data.splits.items()
        },
    )
    settings = config(mode, constraint=constraint, baselines=("logistic",), **changes)
    one, two = fit_sweep(heavy, settings), fit_sweep(doubled, settings)
    n = len(data.splits["test"].y_true)
    ours, theirs = one.splits["test"].score, two.splits["test"].score[:, :n]
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-3)
    # The adversary's and the layer's solvers pass rounding on.
    np.testing.assert_allclose(ours[1], theirs[1], atol=5e-3)
    # Its penalty stays as strong as for people of weight 1, so it is a little apart.
    np.testing.assert_allclose(ours[2], theirs[2], atol=1e-2)
    assert [p.best_epoch for p in one.points[:2]] == [p.best_epoch for p in two.points[:2]]
