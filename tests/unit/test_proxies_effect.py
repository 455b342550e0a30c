"""Leaving proxies out: on a table whose one proxy is the whole gap, both axes are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairlab.config import DataConfig, SplitConfig, Task
from fairlab.data.prepare import prepare
from fairlab.data.task import TaskData
from fairlab.errors import UnknownNameError
from fairlab.examine.proxies_effect import (
    Estimate,
    gap_change,
    proxy_effects,
    residualised,
    without,
)
from fairlab.reports.figures.examine import effects_figure
from fairlab.reports.sentences.examine import effects_sentence, residualised_sentence
from fairlab.reports.tables.examine import effects_table


def table(n: int = 1500) -> TaskData:
    """Group b's proxy is 2 higher; the outcome follows the proxy and, more weakly, skill."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 2
    proxy = rng.normal(2.0 * group, 0.5)
    skill, noise = rng.normal(size=n), rng.normal(size=n)
    chance = 1 / (1 + np.exp(-(2 * (proxy - 1) + skill)))
    frame = pd.DataFrame(
        {
            "group": np.where(group == 0, "a", "b"),
            "proxy": proxy,
            "skill": skill,
            "noise": noise,
            "y": (rng.random(n) < chance).astype(int),
        }
    )
    task = Task(label="y", favourable=("1",), sensitive=("group",))
    return TaskData(frame, task, DataConfig(source="file"))


@pytest.fixture(scope="module")
def effects():
    return proxy_effects(table(), counts=(1, 2))


def test_dropping_the_proxy_closes_the_gap_costs_accuracy_and_hides_the_group(effects):
    """The proxy is the whole difference between groups, and most of what tells the outcome."""
    first, dropped = effects.steps[0], effects.steps[1]
    assert first.kind == "all"
    assert dropped.dropped == ("proxy",)
    assert first.gap.value > 0.5
    assert dropped.gap.value < 0.15
    assert dropped.gap_change.value == pytest.approx(dropped.gap.value - first.gap.value)
    assert dropped.gap_change.upper < 0
    assert dropped.accuracy_change.value == pytest.approx(
        dropped.accuracy.value - first.accuracy.value
    )
    assert dropped.accuracy_change.upper < 0
    assert first.auc > 0.95
    assert dropped.auc < 0.6


def test_every_step_drops_the_strongest_and_leaves_a_feature(effects):
    kinds = [step.kind for step in effects.steps]
    assert kinds == ["all", "dropped", "dropped", "residualised"]
    assert effects.strengths[0][0] == "proxy"
    assert len(effects.steps[2].dropped) == 2
    assert effects.n == 300


def test_residualising_hides_the_group_from_linear_models_and_not_from_trees(effects):
    step = effects.steps[-1]
    assert step.auc_linear < 0.6
    assert step.auc > 0.95
    assert step.gap.value < 0.2


def test_the_residuals_have_the_same_mean_in_every_group_of_train():
    """The group's mean among training people is taken out, on every split alike; no label."""
    prepared = prepare(table(), SplitConfig(), ("group",))
    own = residualised(prepared, "group")
    codes = prepared.splits["train"].attributes["group"].codes
    x = own.splits["train"].features
    np.testing.assert_allclose(x[codes == 0].mean(0), x[codes == 1].mean(0), atol=1e-5)
    test, before = own.splits["test"], prepared.splits["test"]
    moved = before.features - test.features
    for g in (0, 1):
        of_group = moved[before.attributes["group"].codes == g]
        np.testing.assert_allclose(of_group - of_group[0], 0, atol=1e-6)
    flipped = replace(
        prepared,
        splits={n: replace(p, y_true=1 - p.y_true) for n, p in prepared.splits.items()},
    )
    again = residualised(flipped, "group").splits["test"].features
    np.testing.assert_array_equal(again, test.features)


def test_leaving_a_column_out_takes_all_its_features_and_no_other():
    prepared = prepare(table(), SplitConfig(), ("group",))
    left = without(prepared, ("proxy",))
    assert all(not name.startswith("proxy") for name in left.feature_names)
    assert left.splits["test"].features.shape[1] == len(left.feature_names)
    kept = [i for i, n in enumerate(prepared.feature_names) if not n.startswith("proxy")]
    np.testing.assert_array_equal(
        left.splits["test"].features, prepared.splits["test"].features[:, kept]
    )
    np.testing.assert_array_equal(
        left.splits["test"].columns, prepared.splits["test"].columns[:, 1:]
    )


def test_a_change_of_gap_is_after_minus_before_on_the_same_people():
    """Group a: 10 of 20 selected, then 15; group b: 5 of 20 both times: 25, then 50 points."""
    group = np.repeat([0, 1], 20)
    first = np.concatenate([np.arange(20) < 10, np.arange(20) < 5]).astype(float)
    then = np.concatenate([np.arange(20) < 15, np.arange(20) < 5]).astype(float)
    y = np.zeros(40, dtype=np.int64)
    name = "demographic_parity_difference"
    change = gap_change(name, y, group, ("a", "b"), first, then)
    assert change.value == pytest.approx(0.25)
    assert change.lower < 0.25 < change.upper
    back = gap_change(name, y, group, ("a", "b"), then, first)
    assert back.value == pytest.approx(-0.25)
    same = gap_change(name, y, group, ("a", "b"), first, first)
    assert same == Estimate(0.0, 0.0, 0.0)
    nobody = gap_change("equal_opportunity_difference", y, group, ("a", "b"), first, then)
    assert nobody.value is None


def test_sentences_say_which_way_and_how_sure(effects):
    said = effects_sentence(effects)
    assert "Leaving out “proxy” narrows the gap from" in said
    assert "points of accuracy" in said
    assert "still tells group with AUC" in said
    assert "boosted trees with AUC" in residualised_sentence(effects)
    unclear = replace(effects.steps[1], gap_change=Estimate(-0.01, -0.05, 0.03))
    doubtful = replace(effects, steps=(effects.steps[0], unclear, effects.steps[-1]))
    assert "we cannot tell whether the gap changes" in effects_sentence(doubtful)
    wider = replace(effects.steps[1], gap_change=Estimate(0.04, 0.01, 0.07))
    assert "widens the gap" in effects_sentence(
        replace(effects, steps=(effects.steps[0], wider, effects.steps[-1]))
    )


def test_chart_and_table_have_every_step(effects):
    assert len(effects_table(effects)) == len(effects.steps)
    figure = effects_figure(effects)
    assert [len(trace.x) for trace in figure.data] == [3, 1]
    assert figure.data[0].y[0] == pytest.approx(100 * effects.steps[0].gap.value)
    same = replace(effects, steps=(effects.steps[0], effects.steps[1], effects.steps[1]))
    assert list(effects_figure(same).data[0].text) == ["all", "−1, −1", ""]


def test_an_unknown_attribute_is_refused():
    with pytest.raises(UnknownNameError, match="no sensitive attribute 'age'"):
        proxy_effects(table(), "age")
