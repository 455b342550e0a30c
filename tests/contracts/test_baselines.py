"""Every baseline keeps the contract of ``fit_sweep``: same split, same laws, honest labels."""

import dataclasses
import typing

import numpy as np
import pytest

from fairlab.baselines import BASELINES, REDUCED_CONSTRAINTS, baselines_for
from fairlab.config import (
    MODES,
    TRAINED_CONSTRAINTS,
    BaselineName,
    ModelConfig,
    PenaltyParams,
    PluginParams,
    ReductionParams,
    SweepConfig,
)
from fairlab.draws import draw_decisions
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.runs.artefacts import decode, encode
from fairlab.sweeps.drawn import drawn_decisions
from fairlab.training import fit_sweep
from tests.unit.training_people import prepared

NAMES = tuple(BASELINES)
CHEAP = ("logistic", "boosting", "reweighing_logistic", "reweighing_boosting")
PLUGGED_IN = ("plugin_logistic", "plugin_boosting")


def config(names, **changes):
    """One small penalty model and the baselines asked for."""
    base = {
        "modes": ("penalty",),
        "penalty": PenaltyParams(strengths=(0.0,)),
        "baselines": names,
        "reductions": ReductionParams(slacks=(0.05, 0.3), multipliers=5),
        "plugin": PluginParams(slacks=(0.0, 0.1)),
        "model": ModelConfig(kind="logistic"),
        "epochs": 1,
        "batch_size": 128,
    }
    return SweepConfig(**{**base, **changes})


@pytest.fixture(scope="module")
def everything():
    """All baselines on one made-up table."""
    return fit_sweep(prepared((600, 300, 300)), config(NAMES, seeds=(3, 5)))


def of(result, name):
    """The points of one baseline."""
    return [p for p in result.points if p.method == name]


def gap(result, index, split="test"):
    """Demographic parity gap of the decisions."""
    return float(
        GAPS["demographic_parity_difference"](count(result.scored(index, split).outcomes(), 0.5))
    )


def test_the_catalogue_has_every_name():
    assert typing.get_args(BaselineName) == NAMES
    assert not set(NAMES) & set(MODES)


def test_points_follow_the_families_and_say_what_they_are(everything):
    """Two seeds of the family, then each baseline once; settings tell its points apart."""
    families, beside = everything.points[:2], everything.points[2:]
    assert [p.mode for p in families] == ["penalty", "penalty"]
    assert {p.mode for p in beside} == {"baseline"}
    assert [p.index for p in everything.points] == list(range(len(everything.points)))
    methods = [p.method for p in beside]
    assert methods[:6] == [*CHEAP, *["exponentiated_gradient"] * 2]
    assert set(methods[6:-4]) == {"grid_search"}
    assert methods[-4:] == [name for name in PLUGGED_IN for _ in range(2)]
    assert [p.slack for p in of(everything, "plugin_boosting")] == [0.0, 0.1]
    assert [p.method for p in beside if p.baseline] == ["logistic", "boosting"]
    assert [p.slack for p in of(everything, "exponentiated_gradient")] == [0.05, 0.3]
    places = [p.place for p in of(everything, "grid_search")]
    assert places == sorted(set(places) & set(range(5)))
    assert {p.seed for p in beside} == {3}
    assert all(p.uses_attribute_when_deciding is False for p in everything.points)
    assert [p.method for p in everything.points if p.is_drawn] == ["exponentiated_gradient"] * 2
    named = {(p.mode, p.method, p.strength, p.slack, p.place, p.seed) for p in everything.points}
    assert len(named) == len(everything.points)
    for split in everything.splits.values():
        assert split.score.shape == (len(everything.points), len(split.y_true))
        assert split.score.dtype == np.float32
        assert split.score.min() >= 0
        assert split.score.max() <= 1


def test_every_baseline_learns(everything):
    """More often right than always guessing the commoner outcome by far, on people not seen."""
    for name in ("logistic", "boosting", "reweighing_logistic", "reweighing_boosting"):
        (point,) = of(everything, name)
        people = everything.scored(point.index)
        right = np.mean((people.score >= 0.5) == people.y_true)
        assert right > max(people.y_true.mean(), 1 - people.y_true.mean()) + 0.1


def test_what_is_done_about_the_gap_narrows_it(everything):
    """Reweighing, a narrow slack, and some multipliers beat the same learner without them."""
    (plain,) = of(everything, "logistic")
    (weighed,) = of(everything, "reweighing_logistic")
    narrow, wide = of(everything, "exponentiated_gradient")
    before = gap(everything, plain.index)
    assert before > 0.2
    assert gap(everything, weighed.index) < before - 0.02
    expected = [drawn_decisions(everything, p.index, "train").expected.gap for p in (narrow, wide)]
    assert expected[0] <= 0.05 + 0.01  # on train people, in expectation, up to its tolerance
    assert expected[0] < expected[1]
    assert min(gap(everything, p.index) for p in of(everything, "grid_search")) < before - 0.1
    for name in PLUGGED_IN:
        none, some = (gap(everything, p.index) for p in of(everything, name))
        assert none < 0.1
        assert none < some < before - 0.05


def test_grid_search_keeps_the_models_none_of_the_grid_beats_on_validation(everything):
    """Those that pull the wrong way are left out, and counted."""
    kept = of(everything, "grid_search")
    assert 0 < len(kept) < 5
    numbers = []
    for p in kept:
        people = everything.scored(p.index, "validation")
        right = np.mean((people.score >= 0.5) == people.y_true)
        numbers.append((right, gap(everything, p.index, "validation")))
    for one in numbers:
        beaten = [o for o in numbers if o[0] >= one[0] and o[1] <= one[1] and o != one]
        assert not beaten
    assert any(f"the {len(kept)} that none of them beats" in note for note in everything.notes)


def test_a_coarse_grid_is_said():
    """Two groups and one rate are one multiplier; four groups and two rates are six."""
    said = {
        n: " ".join(
            fit_sweep(prepared(n_groups=n), config(("grid_search",), constraint=constraint)).notes
        )
        for n, constraint in ((2, "demographic_parity"), (4, "equalized_odds"))
    }
    assert "multipliers to vary at once" not in said[2]
    assert "grid search has 6 multipliers to vary at once, and 5 models" in said[4]


@pytest.mark.parametrize("name", NAMES)
def test_test_labels_change_no_score(name):
    data = prepared()
    test = data.splits["test"]
    y = np.random.default_rng(0).permutation(test.y_true)
    changed = dataclasses.replace(
        data, splits={**data.splits, "test": dataclasses.replace(test, y_true=y)}
    )
    settings = config(
        (name,),
        reductions=ReductionParams(slacks=(0.1,), multipliers=2),
        plugin=PluginParams(slacks=(0.05,)),
    )
    first, second = fit_sweep(data, settings), fit_sweep(changed, settings)
    for split in data.splits:
        assert first.splits[split].score.tobytes() == second.splits[split].score.tobytes()
    assert first.points == second.points


def test_the_same_run_gives_the_same_bytes_on_any_number_of_threads():
    """Also after a round trip through a file; the time it took aside."""
    from threadpoolctl import threadpool_limits

    data = prepared((500, 200, 200))
    names = (*CHEAP, *PLUGGED_IN)
    with threadpool_limits(1):
        first = fit_sweep(data, config(names))
    with threadpool_limits(2):
        second = fit_sweep(data, config(names))
    alike = [encode(dataclasses.replace(r, seconds=0.0)) for r in (first, second)]
    assert alike[0] == alike[1]
    assert encode(decode(alike[0])) == alike[0]
    assert decode(alike[0]).points == first.points


def test_the_order_of_people_and_columns_changes_nothing_but_rounding():
    """Decisions of nearly everybody stay; a label of another row or a shifted column would not."""
    data = prepared((500, 200, 200))
    rng = np.random.default_rng(1)
    columns = rng.permutation(5)
    splits = {}
    for name, part in data.splits.items():
        order = rng.permutation(len(part.y_true)) if name == "train" else slice(None)
        splits[name] = dataclasses.replace(
            part,
            features=part.features[order][:, columns],
            y_true=part.y_true[order],
            rows=part.rows[order],
            attributes={
                key: dataclasses.replace(a, codes=a.codes[order])
                for key, a in part.attributes.items()
            },
        )
    names = ("logistic", "reweighing_logistic", "boosting", "exponentiated_gradient", *PLUGGED_IN)
    settings = config(names, reductions=ReductionParams(slacks=(0.1,)))
    first = fit_sweep(data, settings)
    second = fit_sweep(dataclasses.replace(data, splits=splits), settings)
    for p in first.points[1:3]:
        one, other = first.splits["test"].score[p.index], second.splits["test"].score[p.index]
        np.testing.assert_allclose(one, other, atol=0.01)
    for p in first.points[1:]:
        same = first.scored(p.index).score >= 0.5
        assert np.mean(same == (second.scored(p.index).score >= 0.5)) > 0.95


def test_families_are_as_without_baselines():
    data = prepared()
    plain, beside = fit_sweep(data, config(())), fit_sweep(data, config(("logistic",)))
    for name in data.splits:
        np.testing.assert_array_equal(plain.splits[name].score, beside.splits[name].score[:1])
    assert plain.points == beside.points[:1]


def test_weights_of_people_count():
    """A weight of two is a person twice."""
    data = prepared((300, 100, 100))
    train = data.splits["train"]
    twice = np.arange(300) < 100
    double = np.concatenate([np.arange(300), np.flatnonzero(twice)])

    def with_train(part):
        others = {
            name: dataclasses.replace(s, weight=np.ones(len(s.y_true)))
            for name, s in data.splits.items()
            if part.weight is not None
        }
        return dataclasses.replace(data, splits={**data.splits, **others, "train": part})

    weighed = with_train(dataclasses.replace(train, weight=np.where(twice, 2.0, 1.0)))
    repeated = with_train(
        dataclasses.replace(
            train,
            features=train.features[double],
            y_true=train.y_true[double],
            rows=train.rows[double],
            attributes={
                key: dataclasses.replace(a, codes=a.codes[double])
                for key, a in train.attributes.items()
            },
        )
    )
    names = ("reweighing_logistic",)
    one, two = fit_sweep(weighed, config(names)), fit_sweep(repeated, config(names))
    plain = fit_sweep(data, config(names))
    scores = [r.splits["test"].score[1] for r in (one, two, plain)]
    # scikit-learn's penalty is weighed against the sum of weights, here scaled to the people
    assert np.abs(scores[0] - scores[1]).max() < 0.02
    assert np.abs(scores[0] - scores[1]).mean() < np.abs(scores[0] - scores[2]).mean()


def test_progress_grows_by_one_baseline_at_a_time():
    """The arrays hold all trained so far; numbers are those of the result; shares end at 1."""
    seen = []
    result = fit_sweep(prepared(), config(("logistic", "exponentiated_gradient")), seen.append)
    ours = [p for p in seen if p.mode == "baseline"]
    assert [(p.epoch, p.epochs) for p in ours] == [(1, 2), (2, 2), (2, 2)]
    assert [p.methods for p in ours][-1] == ("logistic", *["exponentiated_gradient"] * 2)
    assert ours[-1].strength.tolist() == [0.0, 0.05, 0.3]
    shares = [p.share_done for p in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    for place, point in enumerate(result.points[1:]):
        people = result.scored(point.index, "validation")
        right = np.mean((people.score >= 0.5) == people.y_true)
        assert ours[-1].accuracy[place] == pytest.approx(right)
        assert ours[-1].gap[place] == pytest.approx(gap(result, point.index, "validation"))


def test_stop_between_baselines_keeps_those_trained():
    seen = []
    result = fit_sweep(
        prepared(),
        config(("logistic", "boosting", "grid_search")),
        seen.append,
        should_stop=lambda: len(seen) >= 2,
    )
    assert result.cancelled
    assert [p.method for p in result.points] == [None, "logistic"]


def test_stop_inside_a_reduction_ends_it():
    """A reduction fits its learner many times; it is asked before each."""
    asked = []

    def stop():
        asked.append(None)
        return len(asked) > 25

    result = fit_sweep(prepared(), config(("exponentiated_gradient",)), should_stop=stop)
    assert result.cancelled
    assert len(result.points) < 3


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
def test_reductions_train_for_the_constraints_fairlearn_has(constraint):
    """The others are refused with the name to leave out; nothing is trained for another one."""
    settings = config(
        ("exponentiated_gradient",),
        constraint=constraint,
        reductions=ReductionParams(slacks=(0.1,)),
    )
    if constraint in REDUCED_CONSTRAINTS:
        result = fit_sweep(prepared((300, 150, 150)), settings)
        assert drawn_decisions(result, 1, "train").expected.gap <= 0.12
        return
    with pytest.raises(InputError, match="exponentiated_gradient cannot be trained here"):
        fit_sweep(prepared(), settings)


def test_reductions_refuse_what_they_would_ignore():
    """Weights of people, and attributes each by itself; the cheap baselines take both."""
    with pytest.raises(InputError, match="no weights"):
        fit_sweep(prepared(weighted=True), config(("grid_search",)))
    apart = {"grouping": "marginal", "group_by": ("group", "other")}
    with pytest.raises(InputError, match="combinations"):
        fit_sweep(prepared(), config(("grid_search",), **apart))
    assert len(fit_sweep(prepared(weighted=True), config(CHEAP, **apart)).points) == 5
    assert baselines_for("demographic_parity", weighted=True) == (*CHEAP, *PLUGGED_IN)
    assert baselines_for("demographic_parity") == NAMES


def test_drawn_decisions_are_the_chances_in_expectation():
    """A chance of 0 is never selected, of 1 always; over many people the share is the chance."""
    chance = np.repeat([0.0, 0.2, 0.7, 1.0], 20_000)
    rows = np.arange(len(chance))
    decided = draw_decisions(chance, rows, seed=4)
    assert set(np.unique(decided)) == {0.0, 1.0}
    shares = decided.reshape(4, -1).mean(1)
    assert shares[[0, 3]].tolist() == [0.0, 1.0]
    np.testing.assert_allclose(shares[1:3], [0.2, 0.7], atol=0.02)
    some = np.array([5, 70_000, 30_000])
    np.testing.assert_array_equal(draw_decisions(chance[some], some, 4), decided[some])
    assert (draw_decisions(chance, rows, seed=5) != decided).any()


def test_a_rule_that_draws_is_shown_by_its_draw_not_by_a_threshold(everything):
    """Decisions have no scores; drawn, expected and thresholded differ, and each is its own."""
    point = of(everything, "exponentiated_gradient")[0]
    people = everything.scored(point.index)
    assert not people.has_scores
    assert set(np.unique(people.score)) <= {0.0, 1.0}
    assert any("draws its decisions" in note for note in people.notes)
    chance = everything.splits["test"].score[point.index].astype(float)
    assert ((chance > 0) & (chance < 1)).any()
    found = drawn_decisions(everything, point.index)
    group = people.attributes["group"].codes
    means = [chance[group == g].mean() for g in (0, 1)]
    assert found.expected.gap == pytest.approx(abs(means[0] - means[1]))
    right = np.where(people.y_true == 1, chance, 1 - chance).mean()
    assert found.expected.accuracy == pytest.approx(right)
    selected = [(chance[group == g] >= 0.5).mean() for g in (0, 1)]
    assert found.thresholded.gap == pytest.approx(abs(selected[0] - selected[1]))
    assert found.drawn.gap == pytest.approx(gap(everything, point.index))
    with pytest.raises(InputError, match="nothing is drawn"):
        drawn_decisions(everything, 0)


def test_the_unmitigated_model_to_compare_with_has_the_same_learner(everything):
    """Reweighed boosting with boosting, reductions with logistic regression, seeds with seeds."""
    index = {p.method: p.index for p in everything.points}
    assert everything.unmitigated(index["reweighing_boosting"]) == index["boosting"]
    assert everything.unmitigated(index["reweighing_logistic"]) == index["logistic"]
    assert everything.unmitigated(index["exponentiated_gradient"]) == index["logistic"]
    assert everything.unmitigated(index["boosting"]) is None
    assert everything.unmitigated(1) is None


def test_a_model_that_sees_the_attribute_says_so():
    data = dataclasses.replace(prepared(), sensitive_as_features=True)
    points = fit_sweep(data, config(("logistic",))).points
    assert all(p.uses_attribute_when_deciding for p in points)
