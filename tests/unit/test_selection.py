"""The best model within a gap: picked on validation people, with what picking costs."""

from dataclasses import replace

import numpy as np
import pytest

from fairlab.errors import InputError
from fairlab.pareto.selection import select, validation_draws
from fairlab.reports.sentences.selection import (
    again_sentence,
    needs_group_sentence,
    selection_sentence,
)
from tests.unit.noisy_models import Population

MANY = Population(np.linspace(0.5, 0.0, 12), np.linspace(1.2, 0.8, 12))


def of(seed=0, n=600):
    return MANY.sweep({"validation": n, "test": n}, np.random.default_rng(seed))


def test_the_most_accurate_within_the_gap_is_picked():
    result = of()
    draws = validation_draws(result, 50)
    for within in (0.05, 0.1, 0.3):
        found = select(result, within, draws=draws)
        allowed = draws.gap <= within
        assert found.met
        assert draws.gap[found.index] <= within
        assert found.accuracy == draws.accuracy[allowed].max()
        assert found.candidates == 12


def test_a_gap_that_chance_would_widen_beyond_the_one_asked_for_counts_against_a_model():
    """Hardly more accurate and just within is passed over on few people; on many it is picked."""
    result = of(n=200)
    draws = validation_draws(result, 200)
    gap, accuracy = np.full(12, 0.5), np.full(12, 0.9)
    gap[3], accuracy[3] = 0.099, 0.81
    gap[7], accuracy[7] = 0.02, 0.80
    near = replace(draws, gap=gap, accuracy=accuracy, widening=np.zeros(12))
    found = select(result, 0.1, draws=near)
    assert (found.index, found.met) == (7, True)
    assert found.passed_over == pytest.approx(0.01)
    words = selection_sentence(found, "It")
    assert words.startswith("Of 12 healthy models, It is picked among those within a gap of 10 ")
    assert "One of them is 1.0 points more accurate there, but chance is expected to take" in words
    surer = select(result, 0.1, draws=replace(near, spread=near.spread / 100))
    assert (surer.index, surer.passed_over) == (3, 0.0)
    # That resampling widens gaps is part of what is expected beyond the limit.
    widened = replace(near, spread=near.spread / 100, widening=np.full(12, 0.05))
    assert select(result, 0.1, draws=widened).index == 7


def test_what_is_passed_over_is_expected_further_beyond_not_more_often() -> None:
    """The pick is beyond the limit in more draws than the other, but hardly."""
    result = of(n=200)
    draws = validation_draws(result, 50)
    gap, accuracy, spread = np.full(12, 0.5), np.full(12, 0.9), np.full(12, 0.05)
    gap[3], accuracy[3], spread[3] = 0.09, 0.805, 0.05  # beyond in 42 of 100, by 1.5 points
    gap[7], accuracy[7], spread[7] = 0.0999, 0.80, 0.001  # beyond in 46 of 100, by 0.04 points
    near = replace(draws, gap=gap, accuracy=accuracy, spread=spread, widening=np.zeros(12))
    found = select(result, 0.1, draws=near)
    assert (found.index, found.passed_over) == (7, pytest.approx(0.005))
    words = selection_sentence(found, "It")
    assert "its gap further beyond that on others" in words
    assert "more often" not in words


def test_what_is_picked_keeps_the_limit_better_than_the_most_accurate_within():
    """Accuracy less what the gap exceeds the limit by, on everybody, over many small samples."""
    people = Population(np.linspace(0.4, 0.0, 20), np.full(20, 1.0), alike=0.0)
    rng = np.random.default_rng(2)
    accuracy, gap = people.truth(rng)
    worth = accuracy - np.clip(gap - 0.1, 0, None)
    gained = []
    for _ in range(80):
        result = people.sweep({"validation": 150}, rng)
        draws = validation_draws(result, 50)
        found = select(result, 0.1, draws=draws)
        allowed = np.where(draws.gap <= 0.1, draws.accuracy, -1.0)
        if found.met:
            gained.append(worth[found.index] - worth[allowed.argmax()])
    assert len(gained) > 60
    assert np.mean(gained) > 0.003


def test_if_none_is_within_the_gap_the_narrowest_is_picked_and_said():
    result = of()
    draws = validation_draws(result, 50)
    wide = replace(draws, gap=draws.gap + 0.2)
    found = select(result, 0.01, draws=wide)
    assert not found.met
    assert found.index == draws.gap.argmin()
    assert selection_sentence(found, "It").startswith(
        "None of 12 healthy models is within a gap of 1 point on validation people; It has the "
    )


def test_labels_and_scores_of_test_people_play_no_part():
    """Shuffled test people change the test numbers alone."""
    result = of()
    test = result.splits["test"]
    upside = replace(test, y_true=1 - test.y_true, score=1 - test.score)
    one = select(result, 0.1)
    other = select(replace(result, splits={**result.splits, "test": upside}), 0.1)
    keep = ("index", "accuracy", "gap", "accuracy_loss", "gap_growth", "picked_again")
    assert [getattr(one, k) for k in keep] == [getattr(other, k) for k in keep]
    assert one.test_gap != other.test_gap


def test_models_with_findings_and_of_the_other_kind_are_left_out():
    result = of()
    best = select(result, 1.0).index
    flagged = tuple(
        replace(p, flags=("The model …",)) if p.index == best else p for p in result.points
    )
    assert select(replace(result, points=flagged), 1.0).index != best
    assert select(replace(result, points=flagged), 1.0, flagged=True).index == best
    uses = tuple(replace(p, uses_attribute_when_deciding=p.index % 2 == 0) for p in result.points)
    assert select(replace(result, points=uses), 0.2, uses_attribute=False).index % 2 == 1
    everyone = tuple(replace(p, flags=("The model …",)) for p in result.points)
    warned = select(replace(result, points=everyone), 1.0)
    assert (warned.warned, warned.index) == (True, best)
    assert selection_sentence(warned, "It").startswith(
        "Of 12 models, all with warnings, the most accurate among those within a gap of 100 "
    )
    with pytest.raises(InputError, match="no model to pick from"):
        select(result, 0.2, uses_attribute=True)
    with pytest.raises(InputError, match="from 0 to 1"):
        select(result, 5.0)


@pytest.mark.parametrize("within", [0.1, 1.0])
def test_the_luck_of_having_picked_is_estimated(within):
    """Over many samples, what was estimated is what the picked models lose on other people."""
    equal = Population(np.full(15, 0.15), np.full(15, 1.0), alike=0.5)
    rng = np.random.default_rng(5)
    accuracy, gap = equal.truth(rng)
    rows = []
    for _ in range(60):
        result = equal.sweep({"validation": 400}, rng)
        found = select(result, within, draws=validation_draws(result, 150))
        rows.append(
            (
                found.accuracy - accuracy[found.index],
                found.accuracy_loss,
                gap[found.index] - found.gap,
                found.gap_growth,
            )
        )
    lost, expected, grown, wider = np.mean(rows, axis=0)
    assert lost > 0.01
    assert expected == pytest.approx(lost, abs=0.008)
    if within < 1:
        assert grown > 0.01
        assert wider == pytest.approx(grown, abs=0.015)


def test_picking_from_one_model_costs_nothing():
    lone = Population(np.array([0.2]), np.array([1.0]))
    found = select(lone.sweep({"validation": 500}, np.random.default_rng(0)), 1.0)
    assert found.accuracy_loss == pytest.approx(0.0, abs=1e-9)
    assert found.picked_again == 1.0
    assert found.test_accuracy is None


def test_the_sentence_says_where_it_was_picked_what_it_costs_and_what_test_says():
    found = select(of(), 0.1)
    said = selection_sentence(found, "Penalty, strength 3")
    assert said.startswith(
        "Of 12 healthy models, the most accurate among those within a gap of 10 points on "
        "validation people is Penalty, strength 3."
    )
    assert "Because it was picked there, expect" in said
    assert f"On test people: accuracy {100 * found.test_accuracy.value:.1f} % (" in said
    assert "of 100 cases" in again_sentence(found)


@pytest.mark.parametrize(
    ("gap", "growth", "met", "said"),
    [
        (0.042, 0.013, True, True),
        (0.042, 0.008, True, False),  # 5.0 is within 5
        (0.06, 0.01, False, False),  # beyond it where it was picked: said already
    ],
)
def test_a_gap_expected_beyond_the_one_asked_for_is_said_first(gap, growth, met, said):
    found = replace(
        select(of(), 0.1),
        within=0.05,
        gap=gap,
        gap_growth=growth,
        expected_gap=gap + growth,
        met=met,
    )
    words = selection_sentence(found, "It")
    assert ("beyond the 5 asked for" in words) is said
    if said:
        assert "On others expect a gap of about 5.5 points, beyond the 5 asked for" in words
        assert words.index("5.5 points") < words.index("4.2 points")


def test_a_lone_model_is_not_counted_among_others():
    """ "None of 1 models" is nobody's language."""
    found = replace(select(of(), 0.1), candidates=1)
    assert selection_sentence(found, "It").startswith("The only healthy model, It, is within a ")
    missed = selection_sentence(replace(found, met=False), "It")
    assert missed.startswith("The only healthy model, It, is not within a gap of 10 points")
    warned = selection_sentence(replace(found, warned=True), "It")
    assert warned.startswith("The only model, which has a warning, It, is within a gap")


def test_that_a_group_must_be_known_is_said_only_where_it_must():
    assert "each person's group must be known" in needs_group_sentence(True)
    assert needs_group_sentence(False) == needs_group_sentence(None) == ""
