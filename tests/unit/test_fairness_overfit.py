"""Gaps narrow on training people only: found where they are, seldom where they are not."""

from dataclasses import replace

import numpy as np
import pytest

from fairlab.pareto.overfit import fairness_overfit
from fairlab.reports.sentences.noise import overfit_sentence
from tests.unit.noisy_models import Population

ALIKE = Population(np.full(6, 0.1), np.full(6, 1.0))
SIZES = {"train": 900, "validation": 300, "test": 300}


def learnt_by_heart(result):
    """Training people of both groups selected equally often; others as before."""
    train = result.splits["train"]
    group = train.attributes["group"].codes
    score = train.score.copy()
    for g in (0, 1):
        own = np.flatnonzero(group == g)
        score[1, own] = np.arange(len(own)) < len(own) // 2
    return replace(result, splits={**result.splits, "train": replace(train, score=score)})


def test_a_gap_learnt_by_heart_is_flagged():
    tilted = Population(np.full(6, 0.5), np.full(6, 1.0))
    result = learnt_by_heart(tilted.sweep(SIZES, np.random.default_rng(0)))
    found = {one.index: one for one in fairness_overfit(result)}
    assert found[1].flagged
    assert found[1].train < 0.01
    assert found[1].lower > 0.1
    assert not any(found[m].flagged for m in (2, 3, 4, 5))
    assert "on training people and" in overfit_sentence(found[1])
    assert overfit_sentence(found[2]) == ""
    assert {one.index for one in fairness_overfit(result, "test") if one.flagged} == {1}


def test_the_unmitigated_model_is_not_tested():
    result = ALIKE.sweep(SIZES, np.random.default_rng(0))
    assert [one.index for one in fairness_overfit(result)] == [1, 2, 3, 4, 5]


def test_swapped_splits_are_not_called_overfitting():
    """A gap wider on training people is no overfitting of fairness."""
    tilted = Population(np.full(6, 0.5), np.full(6, 1.0))
    result = learnt_by_heart(tilted.sweep(SIZES, np.random.default_rng(0)))
    turned = {"train": result.splits["validation"], "validation": result.splits["train"]}
    assert not any(one.flagged for one in fairness_overfit(replace(result, splits=turned)))


@pytest.mark.parametrize("weighted", [False, True])
def test_false_alarms_are_few(weighted):
    """No overfitting, validation a third of train: a sweep is flagged in at most 5 of 100."""
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(100):
        result = ALIKE.sweep(SIZES, rng)
        if weighted:
            splits = {
                name: replace(people, weight=rng.uniform(0.5, 1.5, len(people.y_true)))
                for name, people in result.splits.items()
            }
            result = replace(result, splits=splits)
        alarms += any(one.flagged for one in fairness_overfit(result, draws=200))
    assert alarms <= 10


def test_a_gap_of_fewer_people_is_expected_to_be_wider():
    """Groups alike: the smaller split has the wider gap by chance, and that is said."""
    even = Population(np.zeros(3), np.full(3, 1.0))
    rng = np.random.default_rng(1)
    sweeps = [replace(even.sweep(SIZES, rng), constraint="equal_opportunity") for _ in range(10)]
    found = [one for sweep in sweeps for one in fairness_overfit(sweep)]
    assert np.mean([one.by_chance for one in found]) > 0.005


def test_an_undefined_gap_is_not_tested():
    result = ALIKE.sweep(SIZES, np.random.default_rng(2))
    nobody = replace(result, constraint="equal_opportunity")
    people = nobody.splits["validation"]
    empty = replace(people, y_true=np.zeros_like(people.y_true))
    found = fairness_overfit(replace(nobody, splits={**nobody.splits, "validation": empty}))
    assert all(one.difference is None and not one.flagged for one in found)
