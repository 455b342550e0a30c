"""Every mode keeps the contract of ``fit_sweep``: same laws, whichever family is trained."""

import dataclasses

import numpy as np
import pytest
import torch

from fairlab.config import (
    CONSTRAINT_GAPS,
    MODE_CONSTRAINTS,
    MODES,
    TRAINED_CONSTRAINTS,
    AdversarialParams,
    LayerParams,
    ModelConfig,
    PenaltyParams,
    SweepConfig,
)
from fairlab.data.task import PreparedData
from fairlab.errors import InputError, TrainingError
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.projection import CONSTRAINTS
from fairlab.results import Attribute
from fairlab.training import fit_sweep
from fairlab.training.catalog import FAMILIES
from tests.unit.training_people import prepared

TRAINABLE = [(mode, constraint) for mode in MODES for constraint in MODE_CONSTRAINTS[mode]]


def config(mode, **changes):
    """Three strengths and a small net: a second of training."""
    base = {
        "modes": (mode,),
        "penalty": PenaltyParams(strengths=(0.0, 0.5, 5.0)),
        "adversarial": AdversarialParams(strengths=(0.0, 0.5, 2.0)),
        "layer": LayerParams(slacks=(1.0, 0.1, 0.0)),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 3,
        "batch_size": 64,
        "learning_rate": 0.02,
    }
    return SweepConfig(**{**base, **changes})


def test_the_catalog_has_every_mode():
    assert tuple(FAMILIES) == MODES


@pytest.mark.parametrize("mode", MODES)
def test_result_has_the_agreed_shape(mode):
    """Points in order with the baseline flagged, scores in [0, 1] for every split, notes kept."""
    data = prepared()
    result = fit_sweep(data, config(mode, seeds=(3, 5)))
    assert [p.index for p in result.points] == list(range(6))
    assert [p.seed for p in result.points] == [3, 3, 3, 5, 5, 5]
    assert [p.baseline for p in result.points] == [True, False, False] * 2
    for p in result.points:
        assert (p.slack is None) == (mode != "layer")
        assert (p.strength is None) == (mode == "layer")
        assert (p.guarantee is None) == (mode != "layer")
        assert 1 <= p.best_epoch <= 3
    for name, split in data.splits.items():
        scores = result.splits[name]
        assert scores.score.shape == (6, len(split.y_true))
        assert scores.score.dtype == np.float32
        assert scores.score.min() >= 0
        assert scores.score.max() <= 1
        np.testing.assert_array_equal(scores.y_true, split.y_true)
        np.testing.assert_array_equal(scores.rows, split.rows)
    assert result.group_by == ("group",)
    assert "a note of the data" in result.notes
    assert any("stratified" in note for note in result.notes)
    assert not result.cancelled


def mean_score_gap(result, index, split, constraint, by=()):
    """Range over groups of the mean measured value under each condition, written out."""
    people = result.scored(index, split).outcomes(by)
    y, score = people.y_true, people.score
    value = {
        "mean_residual_parity": score - y,
        "accuracy_parity": np.where(y == 1, score, 1 - score),
    }.get(constraint, score)
    gaps = []
    for condition in CONSTRAINTS[constraint].conditions:
        meets = np.full(people.n, True) if condition.label is None else (y == condition.label)
        means = [value[meets & (people.group == g)].mean() for g in range(people.n_groups)]
        gaps.append(max(means) - min(means))
    return max(gaps)


def uneven(data, seed=0):
    """Groups that differ in how well features predict and in how often outcomes are favourable."""
    rng = np.random.default_rng(seed + 1)
    splits = {}
    for name, part in data.splits.items():
        group = part.attributes["group"].codes
        features = rng.normal(size=part.features.shape).astype(np.float32)
        features[:, 0] += 1.5 * (group == 0)
        logit = np.where(group == 0, 2.0 * features[:, 1] + 1.5, 0.7 * features[:, 1] - 0.6)
        y = (rng.random(len(group)) < 1 / (1 + np.exp(-logit))).astype(np.int64)
        splits[name] = dataclasses.replace(part, features=features, y_true=y)
    return dataclasses.replace(data, splits=splits)


@pytest.mark.parametrize(("mode", "constraint"), [t for t in TRAINABLE if t[0] != "layer"])
def test_strong_models_have_a_smaller_gap_of_decisions(mode, constraint):
    settings = config(
        mode,
        constraint=constraint,
        epochs=30,
        penalty=PenaltyParams(strengths=(0.0, 2.0, 5.0)),
        adversarial=AdversarialParams(strengths=(0.0, 2.0, 5.0)),
    )
    data = prepared((900, 600, 600))
    if constraint in ("mean_residual_parity", "accuracy_parity"):
        data = uneven(data)
    result = fit_sweep(data, settings)
    gap = GAPS[CONSTRAINT_GAPS[constraint]]
    values = [
        float(gap(count(result.scored(p.index, "train").outcomes(), 0.5))) for p in result.points
    ]
    assert values[0] > 0.08
    assert min(values[1:]) < 0.75 * values[0]


@pytest.mark.parametrize("form", ["absolute", "covariance"])
@pytest.mark.parametrize("constraint", ["mean_residual_parity", "accuracy_parity"])
def test_every_form_of_penalty_lowers_the_gap_it_is_for(constraint, form):
    """A wrong sign of the measured value would widen it."""
    strengths = PenaltyParams(strengths=(0.0, 2.0, 5.0), form=form)
    settings = config("penalty", constraint=constraint, epochs=30, penalty=strengths)
    result = fit_sweep(uneven(prepared((900, 600, 600))), settings)
    gap = GAPS[CONSTRAINT_GAPS[constraint]]
    values = [
        float(gap(count(result.scored(p.index, "train").outcomes(), 0.5))) for p in result.points
    ]
    assert min(values[1:]) < 0.75 * values[0]


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
def test_the_layer_meets_its_slack_in_mean_scores_on_validation_and_nearly_on_test(constraint):
    """What is promised is the gap of mean scores; the record agrees with counting by hand."""
    data = prepared((900, 600, 600))
    result = fit_sweep(data, config("layer", constraint=constraint, epochs=8))
    if constraint != "mean_residual_parity":
        assert mean_score_gap(result, 0, "test", constraint) > 0.08
    for p in result.points:
        found = mean_score_gap(result, p.index, "validation", constraint)
        assert found <= p.slack + 1e-5
        assert p.guarantee.score_gap["validation"] == pytest.approx(found, abs=1e-5)
        assert mean_score_gap(result, p.index, "test", constraint) <= p.slack + 4 / 600**0.5


@pytest.mark.parametrize("mode", MODES)
def test_same_config_gives_the_same_bytes(mode):
    data = prepared()
    first, second = fit_sweep(data, config(mode)), fit_sweep(data, config(mode))
    for name in data.splits:
        assert first.splits[name].score.tobytes() == second.splits[name].score.tobytes()
    assert first.points == second.points


@pytest.mark.parametrize("mode", MODES)
def test_training_does_not_touch_the_global_random_state(mode):
    """Seeding torch and numpy differently changes nothing, and their state is left alone."""
    data = prepared()
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = fit_sweep(data, config(mode))
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(2)
    second = fit_sweep(data, config(mode))
    assert first.splits["test"].score.tobytes() == second.splits["test"].score.tobytes()


@pytest.mark.parametrize(("mode", "constraint"), TRAINABLE)
def test_test_labels_never_enter_a_score(mode, constraint):
    """Shuffling the test split's labels leaves every score of every split as it was."""
    data = prepared()
    test = data.splits["test"]
    y = np.random.default_rng(0).permutation(test.y_true)
    changed = dataclasses.replace(
        data, splits={**data.splits, "test": dataclasses.replace(test, y_true=y)}
    )
    first = fit_sweep(data, config(mode, constraint=constraint))
    second = fit_sweep(changed, config(mode, constraint=constraint))
    for name in data.splits:
        assert first.splits[name].score.tobytes() == second.splits[name].score.tobytes()


@pytest.mark.parametrize(("mode", "constraint"), TRAINABLE)
def test_a_model_does_not_depend_on_its_neighbours(mode, constraint):
    """All strengths × seeds in one batch equal one strength and one seed trained alone.

    The single training cannot leave out the unmitigated model, which is always present.
    """
    data = prepared(weighted=True)
    seeds = (1, 2) if constraint == "demographic_parity" else (1,)
    together = fit_sweep(data, config(mode, constraint=constraint, seeds=seeds))
    for p in together.points:
        alone = fit_sweep(
            data,
            config(
                mode,
                constraint=constraint,
                seeds=(p.seed,),
                penalty=PenaltyParams(strengths=(p.strength or 0.0,)),
                adversarial=AdversarialParams(strengths=(p.strength or 0.0,)),
                layer=LayerParams(slacks=(1.0 if p.slack is None else p.slack,)),
            ),
        )
        np.testing.assert_allclose(
            together.splits["test"].score[p.index], alone.splits["test"].score[-1], atol=2e-4
        )
        assert alone.points[-1].best_epoch == p.best_epoch


@pytest.mark.parametrize("mode", MODES)
def test_strength_zero_is_the_same_unmitigated_model_in_penalty_and_adversarial(mode):
    """λ = 0 must not be touched by the penalty or the adversary."""
    if mode == "layer":
        return
    data = prepared()
    plain = fit_sweep(data, config("penalty", penalty=PenaltyParams(strengths=(0.0,))))
    result = fit_sweep(data, config(mode))
    np.testing.assert_allclose(
        result.splits["test"].score[0], plain.splits["test"].score[0], atol=1e-4
    )


@pytest.mark.parametrize("mode", MODES)
def test_the_unmitigated_model_is_added_and_repeats_are_removed(mode):
    settings = config(
        mode,
        penalty=PenaltyParams(strengths=(1.0, 1.0)),
        adversarial=AdversarialParams(strengths=(1.0, 1.0)),
        layer=LayerParams(slacks=(0.1, 0.1)),
        epochs=1,
    )
    points = fit_sweep(prepared(), settings).points
    assert [p.baseline for p in points] == [True, False]


@pytest.mark.parametrize("mode", MODES)
def test_progress_tells_the_counts_of_its_epoch(mode):
    """Epochs in order, shares up to 1, and the last epoch's numbers are those of the scores.

    With one epoch the kept state is the reported one.
    """
    seen = []
    result = fit_sweep(prepared(), config(mode, epochs=1), on_progress=seen.append)
    assert [(p.mode, p.epoch, p.epochs, p.share_done) for p in seen] == [(mode, 1, 1, 1.0)]
    for p in result.points:
        table = count(result.scored(p.index, "validation").outcomes(), 0.5)
        accuracy = (table.tp + table.tn).sum() / table.n.sum()
        assert seen[0].accuracy[p.index] == pytest.approx(float(accuracy))
        gap = GAPS["demographic_parity_difference"](table)
        assert seen[0].gap[p.index] == pytest.approx(float(gap))
    assert (
        set(seen[0].losses)
        == {
            "penalty": {"task", "penalty"},
            "adversarial": {"task", "adversary"},
            "layer": {"task"},
        }[mode]
    )


def test_share_done_runs_over_all_modes():
    seen = []
    fit_sweep(prepared(), config("penalty", modes=MODES, epochs=2), on_progress=seen.append)
    assert [p.share_done for p in seen] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert [p.mode for p in seen] == [m for m in MODES for _ in range(2)]


@pytest.mark.parametrize("mode", MODES)
def test_stopping_keeps_the_best_so_far(mode):
    """Stop after the second epoch: the result equals nothing beyond it, marked cancelled."""
    seen = []
    result = fit_sweep(
        prepared(), config(mode, epochs=50), seen.append, should_stop=lambda: len(seen) >= 2
    )
    assert result.cancelled
    assert len(seen) == 2
    assert all(1 <= p.best_epoch <= 2 for p in result.points)


@pytest.mark.parametrize("mode", MODES)
def test_stopping_at_once_says_that_nothing_was_trained(mode):
    result = fit_sweep(prepared(), config(mode), should_stop=lambda: True)
    assert result.cancelled
    assert all(p.best_epoch == 0 for p in result.points)
    assert all(any("No epoch was completed" in f for f in p.flags) for p in result.points)


def test_modes_not_begun_are_absent_when_stopped():
    seen = []
    result = fit_sweep(
        prepared(),
        config("penalty", modes=MODES, epochs=2),
        seen.append,
        should_stop=lambda: len(seen) >= 3,
    )
    assert {p.mode for p in result.points} == {"penalty", "adversarial"}
    assert [p.index for p in result.points] == list(range(6))


@pytest.mark.parametrize("mode", MODES)
def test_crossed_groups_and_weights_train(mode):
    settings = config(mode, group_by=("group", "other"), constraint="equal_opportunity")
    result = fit_sweep(prepared(n_groups=3, weighted=True), settings)
    assert result.group_by == ("group", "other")


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_layers_promise_holds_on_every_training_batch(constraint, weighted):
    """Mean-score gaps of batches, for all constraints, with small cells that repeat."""
    data = prepared((300, 200, 200), n_groups=3, weighted=weighted)
    result = fit_sweep(data, config("layer", constraint=constraint, batch_size=16))
    for p in result.points:
        assert p.guarantee is not None
        assert p.guarantee.batch_excess <= 1e-6
        assert p.guarantee.residual <= 1e-6
        assert p.guarantee.promised == p.slack
        assert p.guarantee.batch_gap <= p.slack + 1e-6
        validation = p.guarantee.score_gap["validation"]
        assert validation is not None
        assert validation <= p.slack + 1e-5
    assert result.points[0].guarantee.batch_gap > 0.1


def test_a_layer_score_needs_the_group_and_nothing_else_of_the_person():
    """Swapping two people of one group with equal features swaps nothing: scores are equal."""
    data = prepared()
    test = data.splits["test"]
    features = test.features.copy()
    features[2] = features[0]
    twin = dataclasses.replace(test, features=features)
    changed = dataclasses.replace(data, splits={**data.splits, "test": twin})
    score = fit_sweep(changed, config("layer")).splits["test"].score
    assert test.attributes["group"].codes[0] == test.attributes["group"].codes[2]
    np.testing.assert_array_equal(score[:, 0], score[:, 2])


def extreme(data: PreparedData) -> PreparedData:
    """Features so large that a float32 sum overflows."""
    splits = {
        name: dataclasses.replace(part, features=np.sign(part.features) * np.float32(3e38))
        for name, part in data.splits.items()
    }
    return dataclasses.replace(data, splits=splits)


@pytest.mark.parametrize("mode", MODES)
def test_training_that_never_is_finite_is_an_error_with_a_remedy(mode):
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        fit_sweep(extreme(prepared()), config(mode, learning_rate=1.0))


def test_one_bad_model_is_flagged_and_the_others_go_on():
    """A strength beyond float32 breaks its model alone; the baseline is as if it were not there."""
    data = prepared()
    alone = fit_sweep(data, config("penalty", penalty=PenaltyParams(strengths=(0.0,))))
    result = fit_sweep(data, config("penalty", penalty=PenaltyParams(strengths=(0.0, 1e300))))
    assert result.points[0].flags == ()
    assert any("stopped being finite" in flag for flag in result.points[1].flags)
    assert np.isfinite(result.splits["test"].score).all()
    np.testing.assert_allclose(
        result.splits["test"].score[0], alone.splits["test"].score[0], atol=1e-4
    )


def test_asking_for_an_absent_device_is_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match="Choose device 'cpu'"):
        fit_sweep(prepared(), config("penalty", device="cuda"))


@pytest.mark.parametrize("constraint", ["mean_residual_parity", "accuracy_parity"])
def test_an_adversary_is_refused_for_what_it_cannot_train_and_the_others_are_named(constraint):
    with pytest.raises(InputError, match=r"penalty and layer can.*equalized_odds"):
        fit_sweep(prepared(), config("adversarial", constraint=constraint))
    with pytest.raises(InputError, match="adversarial"):
        fit_sweep(prepared(), config("penalty", modes=MODES, constraint=constraint))


def test_a_validation_split_without_somebody_in_a_cell_is_refused_by_name_before_training():
    """Mode layer cannot freeze a rule there; other modes and label-free constraints go on."""
    data = prepared()
    part = data.splits["validation"]
    y = np.where(part.attributes["group"].codes == 1, 0, part.y_true)
    changed = dataclasses.replace(
        data, splits={**data.splits, "validation": dataclasses.replace(part, y_true=y)}
    )
    seen = []
    settings = config("layer", modes=("penalty", "layer"), constraint="equal_opportunity")
    with pytest.raises(InputError, match=r"nobody in group b has y = 1.*larger validation"):
        fit_sweep(changed, settings, on_progress=seen.append)
    assert seen == []
    fit_sweep(changed, config("penalty", constraint="equal_opportunity"))
    fit_sweep(changed, config("layer", constraint="demographic_parity"))


@pytest.mark.parametrize("mode", MODES)
def test_batches_too_small_for_every_cell_train_all_the_same(mode):
    """Ten cells in batches of eight: what a batch lacks is left out of that batch."""
    settings = config(mode, batch_size=8, constraint="equalized_odds")
    result = fit_sweep(prepared((120, 90, 90), n_groups=5), settings)
    assert any("cannot hold somebody of each" in note for note in result.notes)
    assert not any("finite" in flag for p in result.points for flag in p.flags)
    for p in result.points:
        assert p.guarantee is None or p.guarantee.batch_excess <= 1e-6


def test_one_group_or_one_label_is_refused():
    data = prepared()
    train = data.splits["train"]
    alike = dataclasses.replace(train, y_true=np.ones_like(train.y_true))
    with pytest.raises(InputError, match="same label"):
        fit_sweep(
            dataclasses.replace(data, splits={**data.splits, "train": alike}), config("penalty")
        )
    codes = np.zeros_like(train.y_true)
    lonely = dataclasses.replace(train, attributes={"group": Attribute(codes, ("a", "b"))})
    with pytest.raises(InputError, match="two groups"):
        fit_sweep(
            dataclasses.replace(data, splits={**data.splits, "train": lonely}), config("penalty")
        )


def two_attributes(sizes=(900, 600, 600)):
    """As ``prepared``, with a second attribute that features also tell about."""
    data = prepared(sizes)
    rng = np.random.default_rng(5)
    splits = {}
    for name, part in data.splits.items():
        codes = (part.features[:, 1] + rng.normal(size=len(part.y_true)) > 0).astype(np.int64)
        both = {**part.attributes, "other": Attribute(codes, ("u", "v"))}
        splits[name] = dataclasses.replace(part, attributes=both)
    return dataclasses.replace(data, splits=splits)


def decision_gap(result, index, split, constraint, by):
    gap = GAPS[CONSTRAINT_GAPS[constraint]]
    return float(gap(count(result.scored(index, split).outcomes(by), 0.5)))


MARGINAL = {"group_by": ("group", "other"), "grouping": "marginal"}


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
def test_marginal_groups_are_bounded_attribute_by_attribute(constraint):
    """Validation mean scores within the slack for each attribute; the record has the widest."""
    settings = config("layer", constraint=constraint, **MARGINAL)
    result = fit_sweep(two_attributes(), settings)
    assert result.grouping == "marginal"
    assert any("widest over these attributes" in note for note in result.notes)
    for p in result.points:
        assert p.guarantee.batch_excess <= 1e-6
        for split in ("validation", "test"):
            found = [
                mean_score_gap(result, p.index, split, constraint, (by,))
                for by in ("group", "other")
            ]
            assert p.guarantee.score_gap[split] == pytest.approx(max(found), abs=1e-5)
            decided = [
                decision_gap(result, p.index, split, constraint, (by,)) for by in ("group", "other")
            ]
            assert p.guarantee.decision_gap[split] == pytest.approx(max(decided))
            if split == "validation":
                assert max(found) <= p.slack + 1e-5


def test_a_marginal_penalty_narrows_both_attributes_and_reports_the_widest():
    seen = []
    settings = config("penalty", epochs=20, penalty=PenaltyParams(strengths=(0.0, 5.0)), **MARGINAL)
    result = fit_sweep(two_attributes(), settings, on_progress=seen.append)
    for by in ("group", "other"):
        before, after = (
            decision_gap(result, m, "train", "demographic_parity", (by,)) for m in (0, 1)
        )
        assert after < 0.6 * before
    one = fit_sweep(two_attributes(), config("penalty", epochs=1, **MARGINAL), seen.append)
    wanted = max(
        decision_gap(one, 0, "validation", "demographic_parity", (by,)) for by in ("group", "other")
    )
    assert seen[-1].gap[0] == pytest.approx(wanted)


def test_marginal_findings_speak_of_the_groups_compared_not_of_combinations():
    """Selecting nobody is found per attribute's group; no crossed group is named."""
    settings = config("penalty", threshold=0.9, epochs=1, **MARGINAL)
    flags = [f for p in fit_sweep(two_attributes(), settings).points for f in p.flags]
    assert flags
    assert not any("×" in flag for flag in flags)


def test_one_attribute_is_the_same_marginal_or_crossed():
    for mode in MODES:
        crossed = fit_sweep(prepared(), config(mode))
        marginal = fit_sweep(prepared(), config(mode, grouping="marginal"))
        assert crossed.splits["test"].score.tobytes() == marginal.splits["test"].score.tobytes()


def test_raw_scores_are_kept_when_a_layer_was_trained():
    """Before the frozen rule: the layer's own at slack 1, other modes' scores, None without it."""
    result = fit_sweep(prepared(), config("penalty", modes=("penalty", "layer")))
    for split in ("train", "validation", "test"):
        kept = result.splits[split]
        assert kept.raw.shape == kept.score.shape
        np.testing.assert_array_equal(kept.raw[:4], kept.score[:4])
        strict = result.points[-1]
        assert strict.slack == 0.0
        assert np.abs(kept.raw[strict.index] - kept.score[strict.index]).max() > 0.01
        np.testing.assert_array_equal(
            result.raw_score(strict.index, split), kept.raw[strict.index].astype(float)
        )
    without = fit_sweep(prepared(), config("penalty"))
    assert without.splits["test"].raw is None
    np.testing.assert_array_equal(without.raw_score(1), without.scored(1).score)


def test_drawn_decisions_differ_by_the_gap_of_scores_in_expectation():
    """One draw is within chance of the gap of mean scores; thresholded decisions need not be."""
    data, settings = prepared((900, 600, 20_000)), config("layer", constraint="equal_opportunity")
    result = fit_sweep(data, settings)
    for p in result.points:
        found = p.guarantee
        assert found.drawn_gap["test"] == pytest.approx(found.score_gap["test"], abs=0.03)
        assert found.drawn_gap["test"] != found.score_gap["test"]
        assert found.smallest_cell["test"] > 1000
    assert fit_sweep(data, settings).points == result.points
