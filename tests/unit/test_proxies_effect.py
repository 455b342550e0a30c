"""Leaving proxies out: on a table whose one proxy is the whole gap, both axes are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairlab.config import DataConfig, SplitConfig, Task
from fairlab.data.prepare import prepare
from fairlab.data.task import PreparedData, SplitData, TaskData
from fairlab.errors import UnknownNameError
from fairlab.examine import proxies_effect
from fairlab.examine.proxies_effect import (
    Estimate,
    _Trial,
    proxy_effects,
    residualised,
    without,
)
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures.examine import effects_figure
from fairlab.reports.sentences.examine import (
    effects_sentence,
    order_sentence,
    residualised_sentence,
)
from fairlab.reports.tables.examine import effects_table
from fairlab.results import Attribute
from fairlab.sweeps import gap_change


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


def test_group_means_are_weighted_as_training_is():
    """After residualising, weighted means agree between groups; unweighted ones do not."""
    data = table()
    heavy = np.where(data.frame["skill"] > 0, 5.0, 1.0) * np.where(data.frame["group"] == "a", 2, 1)
    heavy = np.where(data.frame["group"] == "b", 1.0, heavy)
    task = data.task.model_copy(update={"weight": "w"})
    weighted = replace(data, frame=data.frame.assign(w=heavy), task=task)
    own = residualised(prepare(weighted, SplitConfig(), ("group",)), "group").splits["train"]
    codes = own.attributes["group"].codes
    means = [
        np.average(own.features[codes == g], axis=0, weights=own.weight[codes == g]) for g in (0, 1)
    ]
    np.testing.assert_allclose(*means, atol=1e-4)
    plain = [own.features[codes == g].mean(axis=0) for g in (0, 1)]
    assert np.abs(plain[0] - plain[1]).max() > 0.1


def four_groups(n: int = 800) -> PreparedData:
    """Four groups that differ in nothing that is left once everything is dropped."""
    codes = np.repeat(np.arange(4), n // 4)
    part = SplitData(
        features=np.zeros((n, 1), dtype=np.float32),
        y_true=np.arange(n) % 2,
        attributes={"group": Attribute(codes, tuple("abcd"))},
        rows=np.arange(n),
        weight=None,
    )
    splits = dict.fromkeys(("train", "validation", "test"), part)
    return PreparedData(splits, ("x",), ("group",), SplitConfig(), ())


def test_of_many_groups_and_columns_the_largest_and_most_telling_are_told_apart(monkeypatch):
    """Nine groups, then 130 columns of which one tells them apart: at most 8, at most 100."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(9), [30, 40, 40, 40, 40, 40, 40, 40, 40])
    noise = rng.normal(size=(len(codes), 130)).astype(np.float32)
    noise[:, 0] = 1.0  # the same for everybody
    noise[:, 129] = codes
    part = SplitData(
        features=noise,
        y_true=np.arange(len(codes)) % 2,
        attributes={"group": Attribute(codes, tuple("abcdefghi"))},
        rows=np.arange(len(codes)),
        weight=None,
    )
    splits = dict.fromkeys(("train", "validation", "test"), part)
    prepared = PreparedData(splits, ("x",) * 130, ("group",), SplitConfig(), ())
    told = proxies_effect._told_apart(part, part, "group")
    assert told.tolist() == [False] + [True] * 8
    thin, _ = proxies_effect._thinned(noise, noise, codes)
    assert thin.shape == (len(codes), 100)
    assert (thin[:, -1] == codes).all(), "the column that tells groups apart stays"
    groups, inputs = proxies_effect._capped(prepared, "group")
    assert "8 largest of 9 groups" in groups
    assert "at most 100 columns, or encoded features of 130" in inputs
    fits = []
    monkeypatch.setattr(proxies_effect, "LogisticRegression", lambda **_: Told(fits))
    trees, _ = proxies_effect.reveals(prepared, "group")
    assert trees == pytest.approx(1.0)
    assert fits == [(320, 100, 8)]


class Told:
    """In place of a classifier: notes how many people, columns and groups it is given."""

    def __init__(self, fits):
        self.fits = fits

    def fit(self, x, y):
        self.fits.append((*x.shape, len(np.unique(y))))
        return self

    def predict_proba(self, x):
        return np.full((len(x), 8), 1 / 8)


def test_another_gap_does_not_ask_again_how_well_groups_are_told_apart(monkeypatch):
    known = {}
    first = proxy_effects(table(400), counts=(1,), revealed=known)
    assert len(known) == len(first.steps)
    monkeypatch.setattr(proxies_effect, "reveals", lambda *_: pytest.fail("asked again"))
    other = proxy_effects(table(400), counts=(1,), constraint="equal_opportunity", revealed=known)
    assert [step.auc for step in other.steps] == [step.auc for step in first.steps]


def test_a_change_of_gap_is_the_one_of_the_compare_page():
    """After minus before, on the same people: the mended interval, not a copy of its own."""
    prepared = four_groups()
    trial = _Trial(prepared, "group", "demographic_parity_difference", "logistic", 3)
    rng = np.random.default_rng(0)
    first, then = (rng.random(800) < p for p in (np.repeat([0.8, 0.5, 0.5, 0.5], 200), 0.5))
    step = trial._step("dropped", ("x",), prepared, then.astype(float), first.astype(float))
    people = prepared.splits["test"]
    before, after = (
        GroupedOutcomes.from_arrays(
            y_true=people.y_true,
            score=score.astype(float),
            group=people.attributes["group"].codes,
            group_names=tuple("abcd"),
        )
        for score in (first, then)
    )
    wanted = gap_change(before, after, "demographic_parity_difference", draws=1000, seed=3)
    found = step.gap_change
    assert (found.value, found.lower, found.upper) == (wanted.value, wanted.lower, wanted.upper)
    assert found.value == pytest.approx(step.gap.value - np.ptp(first.reshape(4, -1).mean(1)))
    assert found.value < 0


def test_a_gap_of_four_groups_that_narrows_to_none_is_covered():
    """A plain percentile interval covers the true change in about 3 of 4 samples here."""
    prepared, covered = four_groups(), 0
    trial = _Trial(prepared, "group", "demographic_parity_difference", "logistic", 0)
    people = prepared.splits["test"]
    rate = np.repeat([0.5, 0.4, 0.4, 0.45], 200)
    for t in range(60):
        luck = np.random.default_rng([4, t]).random(800)
        after = GroupedOutcomes.from_arrays(
            y_true=people.y_true,
            score=(luck < 0.43).astype(float),
            group=people.attributes["group"].codes,
            group_names=tuple("abcd"),
        )
        change = trial._gap_change((luck < rate).astype(float), after)
        covered += change.lower <= -0.1 <= change.upper
    assert covered >= 55


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


def test_labels_of_neighbouring_steps_are_one_and_the_square_has_none(effects):
    """Steps closer than a label share the first one's, in order; far ones keep their own."""
    first = effects.steps[0]
    wide = replace(first, gap=Estimate(0.5, 0.0, 1.0), accuracy=Estimate(0.8, 0.7, 0.9))
    near = replace(
        wide,
        kind="dropped",
        dropped=("proxy",),
        gap=Estimate(0.53, 0.1, 0.9),
        accuracy=Estimate(0.805, 0.7, 0.9),
    )
    far = replace(near, dropped=("proxy", "skill"), gap=Estimate(0.1, 0.0, 0.9))
    last = effects.steps[-1]
    path, square = effects_figure(replace(effects, steps=(wide, near, far, last))).data
    assert list(path.text) == ["all, −1", "", "−2"]
    assert square.text is None


def test_the_order_is_said_with_the_people_it_rests_on(effects):
    """Which column goes first, and why the list of all people may differ."""
    said = order_sentence(effects)
    assert said.startswith("Left out in this order: proxy, ")
    assert "on training people" in said
