"""Shapley values: add up to the score, are the textbook's, and follow what a model reads."""

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from fairlab.config import RunConfig, SweepConfig
from fairlab.data import load
from fairlab.errors import InputError
from fairlab.examine import importance as looks
from fairlab.examine import shapley as shapley_module
from fairlab.examine.models import ExaminedModel, open_model, why_not
from fairlab.examine.shapley import shapley, shapley_parts
from fairlab.reports.figures.examine import importance_figure, person_figure
from fairlab.reports.sentences import examine as sentences
from fairlab.reports.tables.examine import importance_table, person_table
from fairlab.results import Attribute
from fairlab.training import fit_sweep


def by_definition(score, person, background):
    """Shapley values from all subsets (Shapley 1953): absent columns take background values."""
    size = len(person)

    def worth(present):
        mixed = background.copy()
        mixed[:, list(present)] = person[list(present)]
        return score(mixed).mean()

    values = np.zeros(size)
    for c in range(size):
        others = [o for o in range(size) if o != c]
        for k in range(size):
            weight = factorial(k) * factorial(size - k - 1) / factorial(size)
            for subset in combinations(others, k):
                values[c] += weight * (worth((*subset, c)) - worth(subset))
    return values


@pytest.mark.parametrize("players", [4, 8])
def test_values_are_shapleys_and_add_up_to_the_score(players):
    """Exact for few players; for many a model of pairs, whose orders backwards make it exact."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(9, players))
    background, people = table[:6], table[6:]

    def score(x):
        return x[:, 0] * x[:, 1] + 2 * x[:, 2]

    values, base = shapley(lambda places: score(table[places, np.arange(players)]), 3, 6, players)
    assert base == pytest.approx(score(background).mean())
    for person, found in zip(people, values, strict=True):
        np.testing.assert_allclose(found, by_definition(score, person, background), atol=1e-9)
    np.testing.assert_allclose(base + values.sum(axis=1), score(people), atol=1e-9)


@pytest.mark.parametrize("players", [3, 8])
def test_parts_of_the_background_are_each_explained_against_by_itself(players):
    """Part j holds its own background people; their mean is the whole; unequal parts are not."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(8, players))

    def score(x):
        return x[:, 0] * x[:, 1] + 2 * x[:, 2]

    def mixed(places):
        return score(table[places, np.arange(players)])

    found, base = shapley_parts(mixed, 2, 6, players, parts=3)
    whole, same = shapley(mixed, 2, 6, players)
    np.testing.assert_allclose(found.mean(axis=0), whole, atol=1e-12)
    assert base == pytest.approx(same)
    for j in range(3):
        part = table[2 * j : 2 * j + 2]
        expected = [by_definition(score, person, part) for person in table[6:]]
        np.testing.assert_allclose(found[j], expected, atol=1e-9)
    with pytest.raises(InputError, match="do not fall into 4 equal parts"):
        shapley_parts(mixed, 2, 6, players, parts=4)


def test_intervals_of_means_take_in_who_stands_for_absent():
    """60 people like everybody else, 20 background people: the true mean contribution is 0.

    From the people's spread alone, six intervals of ten would hold it.
    """
    held = []
    for seed in range(60):
        rng = np.random.default_rng([7, seed])
        frame, others = (
            pd.DataFrame(rng.normal(size=(n, 2)), columns=["p", "q"]) for n in (60, 20)
        )
        groups, back = ({"group": Attribute(np.zeros(n, int), ("a",))} for n in (60, 20))
        found = looks.contributions(reads(0), frame, groups, np.arange(60), others, back)
        own = looks.importance(found, groups["group"], "group").of("p", "a")
        held.append(own.lower <= 0 <= own.upper)
        assert own.size_lower <= own.size <= own.size_upper
    assert np.mean(held) >= 0.87


def test_a_few_background_people_fall_into_equal_parts():
    """Of 23 training people 20 are drawn; of 3 all, each a part of its own; of 1 there are none."""
    frame, attributes = people()
    for there, used, parts in ((23, 20, 10), (3, 3, 3), (1, 1, 0)):
        few = {"group": Attribute(attributes["group"].codes[:there], ("a", "b"))}
        found = looks.contributions(
            reads(0), frame, attributes, np.arange(5), frame.iloc[:there], few
        )
        assert found.background == used
        assert (0 if found.parts is None else len(found.parts)) == parts
        assert np.isfinite(looks.importance(found, attributes["group"], "group").weighings[0].upper)


def test_the_global_generator_is_left_as_it_was():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    shapley(lambda places: places.sum(axis=1) * 1.0, 2, 3, 8, seed=5)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def reads(column: int, by=()) -> ExaminedModel:
    """Scores are one of two columns; with ``by``, and 0.1 more for the second group."""

    def predict(inputs, codes):
        return inputs[:, column] + (0.0 if codes is None else 0.1 * codes[:, 0])

    return ExaminedModel(
        ("p", "q"), np.array([0, 1]), lambda f: f[["p", "q"]].to_numpy(), predict, by, (), 0.5
    )


def people(n: int = 40) -> tuple[pd.DataFrame, dict[str, Attribute]]:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"p": rng.random(n), "q": rng.random(n)})
    return frame, {"group": Attribute(np.arange(n) % 2, ("a", "b"))}


def test_a_column_the_model_does_not_read_has_no_weight():
    frame, attributes = people()
    found = looks.contributions(reads(1), frame, attributes, np.arange(10), frame, attributes)
    np.testing.assert_allclose(found.values[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(found.values[:, 1], found.score - found.base, atol=1e-12)


def test_the_group_in_the_layers_rule_is_a_player_of_its_own():
    """Group b gets 0.1 more: half of it for b, half of it less for a, seen from everyone."""
    frame, attributes = people()
    model = reads(0, by=(("group",),))
    found = looks.contributions(model, frame, attributes, np.arange(40), frame, attributes)
    assert found.players == ("p", "q", "group (layer's rule)")
    np.testing.assert_allclose(found.values[::2, 2], -0.05, atol=1e-9)
    np.testing.assert_allclose(found.values[1::2, 2], 0.05, atol=1e-9)
    put = looks.importance(found, attributes["group"], "group")
    assert put.players[0] == "p"
    assert put.of("group (layer's rule)", "a").mean == pytest.approx(-0.05)
    assert put.of("group (layer's rule)", "b").size == pytest.approx(0.05)
    apart = sum(put.of(c, "b").mean - put.of(c, "a").mean for c in put.players)
    assert apart == pytest.approx(put.mean_score["b"] - put.mean_score["a"])


def test_a_sample_takes_the_same_number_of_every_group_and_names_those_left_out():
    groups = Attribute(np.repeat([0, 1, 2], [100, 30, 3]), ("many", "some", "few"))
    chosen, kept, notes = looks.sample_by_group(groups, most=40)
    assert kept == (0, 1)
    assert np.bincount(groups.codes[chosen]).tolist() == [20, 20]
    assert "few" in notes[0]


def test_a_sample_keeps_as_many_groups_as_get_enough_people_each():
    """No mean of a group rests on fewer people than the minimum; what goes is named."""
    groups = Attribute(np.repeat([0, 1, 2, 3], [40, 50, 60, 5]), ("a", "b", "c", "few"))
    chosen, kept, notes = looks.sample_by_group(groups, most=50, fewest=25)
    assert kept == (1, 2)
    assert np.bincount(groups.codes[chosen]).tolist() == [0, 25, 25]
    assert "at least 25 people of each; left out: a, few." in notes[0]
    assert looks.sample_by_group(groups, most=29)[1] == (1, 2)
    with pytest.raises(InputError, match="24 people can be looked at; a group's mean needs 25"):
        looks.sample_by_group(groups, most=24, fewest=25)


@pytest.mark.parametrize("players", [2, 7, 60, looks.MOST_PLAYERS])
@pytest.mark.parametrize("mixtures", [120_000, 600_000])
def test_however_many_columns_no_more_mixtures_are_scored_than_a_model_can(players, mixtures):
    names = tuple(f"c{i}" for i in range(players))
    model = replace(reads(0), columns=names, mixtures=mixtures)
    n = looks.sample_size(model)
    for asked in (1, n):
        size, orders = looks._affordable(asked, players, 10_000, mixtures)
        each = 2**players if players <= looks.EXACT else orders * (2 * players + 1)
        assert asked * size * each <= mixtures
        assert size >= looks.FEWEST_BACKGROUND
    assert n >= 2 * looks.FEWEST


def test_a_model_of_hundreds_of_columns_is_refused_with_a_remedy():
    frame, attributes = people()
    wide = replace(reads(0), columns=tuple(f"c{i}" for i in range(151)))
    with pytest.raises(InputError, match=r"reads 151 columns.*up to 150. Train a model on fewer"):
        looks.contributions(wide, frame, attributes, np.array([0]), frame, attributes)


def test_while_somebody_elses_explanation_is_computed_one_is_told_so(monkeypatch):
    monkeypatch.setattr(shapley_module, "WAIT_S", 0.0)
    with shapley_module._alone(), pytest.raises(InputError, match=r"^Busy: somebody else's"):
        shapley(lambda places: places.sum(axis=1) * 1.0, 2, 3, 8)
    shapley(lambda places: places.sum(axis=1) * 1.0, 2, 3, 8)


def test_nobody_cannot_be_explained():
    frame, attributes = people()
    with pytest.raises(InputError, match="Nobody is to be explained"):
        looks.contributions(reads(0), frame, attributes, np.zeros(0, dtype=int), frame, attributes)


@pytest.fixture(scope="module")
def run():
    data = load("loanapp")
    sweep = SweepConfig.model_validate(
        {
            "modes": ("penalty", "layer"),
            "penalty": {"strengths": (0.0, 1.0)},
            "layer": {"slacks": (0.0,)},
            "group_by": ("race_ethnicity",),
            "epochs": 2,
            "model": {"kind": "mlp", "width": 8, "depth": 1},
            "baselines": (
                "logistic",
                "boosting",
                "reweighing_logistic",
                "exponentiated_gradient",
            ),
            "reductions": {"slacks": (0.1,)},
        }
    )
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    return data, config, fit_sweep(data, config)


def test_every_model_that_can_be_asked_gives_its_stored_scores_again(run):
    """Networks from their weights; logistic, boosting and reweighed people fitted again."""
    data, config, result = run
    people = result.splits["test"]
    frame = data.frame.iloc[people.rows]
    asked = 0
    for point in result.points:
        if why_not(result, point.index):
            assert point.method == "exponentiated_gradient"
            continue
        model = open_model(result, config, data, point.index)
        score = model.score(frame, people.attributes)
        np.testing.assert_allclose(score, people.score[point.index], atol=2e-6)
        asked += 1
    assert asked == len(result.points) - 1


def test_a_model_says_where_it_sees_the_attribute(run):
    data, config, result = run
    layer = next(p.index for p in result.points if p.slack == 0.0)
    assert open_model(result, config, data, layer).sees("race_ethnicity") == (
        "in the layer's rule",
    )
    assert open_model(result, config, data, layer).sees("sex") == ()
    assert open_model(result, config, data, 0).sees("race_ethnicity") == ()


def test_a_mixture_of_classifiers_is_refused_with_the_reason(run):
    data, config, result = run
    with pytest.raises(InputError, match="is not kept"):
        open_model(result, config, data, len(result.points) - 1)


def test_sentences_charts_and_tables_say_the_same():
    """Group b's score is 0.1 above a's by the rule alone; one person's parts add up."""
    frame, attributes = people()
    frame = frame.assign(p=0.5)
    model = reads(0, by=(("group",),))
    found = looks.contributions(model, frame, attributes, np.arange(40), frame, attributes)
    put = looks.importance(found, attributes["group"], "group")
    assert "The model looks most at “group (layer's rule)” (5.0 points" in (
        sentences.importance_sentence(put)
    )
    apart = sentences.apart_sentence(put)
    assert "the mean score of b is 10.0 points above that of a" in apart
    assert "+10.0 points go with “group (layer's rule)”" in apart
    table = importance_table(put)
    assert table["Moves a score by, points"].iloc[0] == 5.0
    assert importance_figure(put).data[0].x[0] == pytest.approx(5.0)
    one = looks.contributions(model, frame, attributes, np.array([1]), frame, attributes)
    said = sentences.person_sentence(one, 0.5, selected=True)
    assert said.startswith("Score 60.0 points, selected (threshold 50.0): mean score 55.0")
    bars = person_figure(one, {"p": "0.5"}, 0.5).data[0]
    assert sum(bars.x[:-1]) == pytest.approx(bars.x[-1])
    assert person_table(one, {"p": "0.5"})["Adds, points of score"].sum() == pytest.approx(5.0)


def test_a_model_that_does_not_give_its_stored_scores_is_refused(run):
    """Stored scores of other people's order: nothing is asked of a model that is not the one."""
    data, config, result = run
    test = result.splits["test"]
    other = replace(result, splits={**result.splits, "test": replace(test, score=1 - test.score)})
    with pytest.raises(InputError, match="gives other scores than the run stored"):
        open_model(other, config, data, 0)


@pytest.mark.parametrize("method", ["logistic", "boosting"])
def test_a_baseline_of_a_run_in_folds_is_refused(run, method):
    """Its scores are of the first fold's people; fitted again on the whole split it is another."""
    data, config, _ = run
    sweep = config.sweep.model_copy(
        update={"folds": 2, "baselines": ("logistic", "boosting"), "modes": ("penalty",)}
    )
    folded = RunConfig(data=data.data, task=data.task, sweep=sweep)
    result = fit_sweep(data, folded)
    index = next(p.index for p in result.points if p.method == method)
    with pytest.raises(InputError, match=r"another split of the people \(folds\)"):
        open_model(result, folded, data, index)
