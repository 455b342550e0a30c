"""Coefficients of logistic regressions: the numbers that make the scores, and who has none."""

import dataclasses
import functools

import numpy as np
import pytest

from fairlab.config import MODES, USUAL_RATE, ModelConfig, PenaltyParams, SplitConfig, SweepConfig
from fairlab.data import load, prepare
from fairlab.errors import InputError, UnknownNameError
from fairlab.reports.tables.coefficients import (
    INTERCEPT,
    coefficients,
    coefficients_table,
    has_coefficients,
)
from fairlab.training import fit_sweep


@functools.cache
def data():
    """The built-in table, prepared when a test first asks: collecting tests trains nothing."""
    return prepare(load("loanapp"), SplitConfig(), ("race_ethnicity",))


def trained(kind="logistic", **changes):
    """Few epochs on the built-in table."""
    sweep = SweepConfig(
        model=ModelConfig(kind=kind, width=4, depth=1),
        penalty=PenaltyParams(strengths=(0.0, 5.0)),
        epochs=3,
        **changes,
    )
    return fit_sweep(data(), sweep)


@functools.cache
def usual():
    """Two models of the penalty and a logistic regression."""
    return trained(baselines=("logistic",))


@pytest.mark.parametrize("index", [0, 1])
def test_features_times_coefficients_are_the_scores(index) -> None:
    """Of that model and no other, each number with the feature of its name."""
    table = coefficients(usual(), index).set_index("feature")["coefficient"]
    value = table[list(data().feature_names)].to_numpy()
    features = data().splits["test"].features.astype(np.float64)
    logit = features @ value + table[INTERCEPT]
    score = usual().splits["test"].score[index]
    np.testing.assert_allclose(1 / (1 + np.exp(-logit)), score, atol=1e-5)


def test_each_feature_stands_with_its_column_largest_first() -> None:
    table = coefficients(usual(), 0)
    assert table["feature"][0] == INTERCEPT
    rest = table[1:]
    assert all(f.startswith(c) for f, c in zip(rest["feature"], rest["column"], strict=True))
    size = rest["coefficient"].abs().to_numpy()
    assert (size[:-1] >= size[1:]).all()
    np.testing.assert_allclose(table["odds_ratio"], np.exp(table["coefficient"]))
    assert len(coefficients_table(usual(), 0)) == len(data().feature_names) + 1


def test_every_family_has_them_and_others_do_not() -> None:
    everyone = trained(modes=MODES)
    assert all(has_coefficients(everyone, p.index) for p in everyone.points)
    assert not has_coefficients(usual(), 2)
    with pytest.raises(UnknownNameError, match="another library"):
        coefficients(usual(), 2)
    network = trained("mlp")
    assert not has_coefficients(network, 0)
    with pytest.raises(InputError, match="hidden layer"):
        coefficients(network, 0)


def test_a_result_without_weights_says_what_to_do() -> None:
    bare = dataclasses.replace(usual(), networks=None)
    assert not has_coefficients(bare, 0)
    with pytest.raises(InputError, match="Train it again"):
        coefficients(bare, 0)


def test_a_logistic_regression_learns_as_much_as_the_library_s_on_a_small_table() -> None:
    """With the learning rate of a network it stays far from its coefficients."""
    sweep = SweepConfig(
        model=ModelConfig(kind="logistic"),
        penalty=PenaltyParams(strengths=(0.0,)),
        baselines=("logistic",),
    )
    people = fit_sweep(data(), sweep).splits["validation"]
    right = ((people.score >= 0.5) == people.y_true).mean(axis=1)
    assert right[0] >= right[1] - 0.02


@pytest.mark.parametrize("model", [ModelConfig(kind="logistic"), {"kind": "logistic"}])
def test_a_learning_rate_that_is_not_given_depends_on_the_model(model) -> None:
    assert SweepConfig().learning_rate == USUAL_RATE["mlp"]
    found = SweepConfig(model=model)
    assert found.learning_rate == USUAL_RATE["logistic"]
    assert SweepConfig(model=model, learning_rate=0.005).learning_rate == 0.005
    assert SweepConfig.model_validate_json(found.model_dump_json()) == found
