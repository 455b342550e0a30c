"""The paper's comparison: its made-up people, its selection, and what its figures say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import paper, paper_data, paper_evaluate, paper_summary, paper_train
from benchmarks.paper_data import SETTINGS, SIZES, Setting, Study, synthetic
from benchmarks.paper_train import LAYER, METHODS, PENALTIES, STRENGTHS, Recipe, group_gap
from fairlab.errors import InputError

SLACK = 0.05


@pytest.fixture(scope="module")
def made_up() -> Study:
    """A study small enough to train in a second."""
    study = synthetic(Setting("low", "high", "medium", "tight", "nonlinear"), range(2))
    return replace(
        study,
        x={name: x[:, :, :200].contiguous() for name, x in study.x.items()},
        y={name: y[:, :200] for name, y in study.y.items()},
        group={name: g[:200] for name, g in study.group.items()},
    )


def test_the_settings_are_the_papers_32() -> None:
    """Five factors of two levels, each combination once."""
    assert len(set(SETTINGS)) == 32
    for factor, levels in paper_data.LEVELS.items():
        for level in levels:
            assert sum(getattr(s, factor) == level for s in SETTINGS) == 16


@pytest.mark.parametrize("split", ["low", "balanced"])
def test_made_up_people_have_the_papers_shape(split: str) -> None:
    """150 features and the attribute; exact shares in every split, the same for every seed."""
    setting = Setting(split, "high", "medium", "loose", "linear")  # type: ignore[arg-type]
    study = synthetic(setting, range(2))
    for name, n in SIZES.items():
        assert study.x[name].shape == (2, 151, n)
        assert int(study.group[name].sum()) == round(n * setting.share)
        assert torch.equal(study.x[name][0, 0], study.group[name].to(torch.float32))
    assert (study.lower, study.upper) == (-3.5, 3.5)


def test_made_up_people_depend_on_the_seed_and_on_nothing_else() -> None:
    """A seed gives the same people whoever is drawn beside it; another seed gives others."""
    setting = SETTINGS[9]
    pair, alone = synthetic(setting, (3, 4)), synthetic(setting, (4,))
    assert torch.equal(pair.x["test"][1], alone.x["test"][0])
    assert torch.equal(pair.y["train"][1], alone.y["train"][0])
    assert not torch.equal(pair.y["train"][0], pair.y["train"][1])


def test_the_groups_targets_lie_further_apart_at_high_power() -> None:
    """±6 against ±3 before scaling; group 1 is the higher one."""
    apart = []
    for power in ("low-medium", "high"):
        setting = Setting("balanced", power, "medium", "loose", "linear")  # type: ignore[arg-type]
        study = synthetic(setting, (0,))
        y, group = study.y["train"][0], study.group["train"]
        apart.append(float(y[group == 1].mean() - y[group == 0].mean()))
    assert 0.3 < apart[0] < apart[1] < 2.0


def test_a_block_of_features_is_correlated_and_others_are_not() -> None:
    """0.3 within a block of 21, 0 between blocks."""
    x, _ = paper_data.people(SETTINGS[0], np.arange(6000) % 5 == 0, 0)
    correlation = np.corrcoef(x[:, 1:].T)
    assert np.mean(correlation[:21, :21][np.triu_indices(21, 1)]) == pytest.approx(0.3, abs=0.02)
    assert np.mean(correlation[:21, 21:42]) == pytest.approx(0.0, abs=0.02)


def test_training_keeps_the_layers_promise_and_never_sees_test_targets(made_up: Study) -> None:
    """Other test targets, same scores; the layer's gap stays within the slack on every batch."""
    recipe = Recipe(batch=50, epochs=2, rate=1e-2, width=4)
    fitted = paper_train.train(made_up, SLACK, recipe)
    assert fitted.worst_excess < 1e-6
    other = replace(made_up, y={**made_up.y, "test": -made_up.y["test"]})
    again = paper_train.train(other, SLACK, recipe)
    for name in ("best", "early"):
        for split in ("validation", "test"):
            assert torch.equal(getattr(fitted, name)[split], getattr(again, name)[split])
    assert fitted.best["test"].shape == (2, METHODS, 200)
    boxed = fitted.best["test"][:, PENALTIES:]
    assert float(boxed.min()) >= 0
    assert float(boxed.max()) <= 3.5


def test_every_method_is_held_to_its_policy(made_up: Study) -> None:
    """Projected batch by batch: within the slack in all batches. Raw scores stay as they are."""
    noise = torch.Generator().manual_seed(0)
    scores = {
        split: 2 * made_up.group[split] + torch.rand((2, METHODS, 200), generator=noise)
        for split in ("validation", "test")
    }
    found = paper_evaluate.evaluate(made_up, scores, SLACK, online_too=True)
    for name in ("layer", "post-hoc", "penalty, projected"):
        assert found[name].held["large"] == 1
        assert (found[name].gap <= SLACK + 1e-6).all()
    for name in ("layer, batches of 16", "post-hoc, batches of 16"):
        assert found[name].held["small"] == 1
    assert found["unmitigated"].held["large"] == 0
    expected = (scores["test"][:, 0] - made_up.y["test"]).square().mean(1)
    np.testing.assert_allclose(found["unmitigated"].values, expected, rtol=1e-5)
    assert {"layer, our online rule", "post-hoc, paper's online rule"} <= set(found)


def test_the_penaltys_strength_is_chosen_on_validation(made_up: Study) -> None:
    """The least validation loss within the slack; the least gap where no strength is within."""
    n = len(STRENGTHS["regression"])
    group, y = made_up.group["validation"], made_up.y["validation"]
    validation = torch.zeros(2, METHODS, 200)
    validation += (group == 1) * 1.0  # a gap of 1 …
    validation[0, PENALTIES + 1] = y[0].mean()  # … but not for these, of seed 0
    validation[0, PENALTIES + 3] = y[0].mean() + 1
    validation[1, PENALTIES + n - 1] = 0.5 * (group == 1)
    test = torch.arange(METHODS).to(torch.float32)[None, :, None].expand(2, METHODS, 200)
    chosen = paper_evaluate.chosen_penalty(made_up, {"validation": validation, "test": test}, SLACK)
    assert chosen[:, 0].tolist() == [PENALTIES + 1, PENALTIES + n - 1]


def test_a_group_that_a_batch_lacks_is_left_out_of_its_gap() -> None:
    """Means of the groups present, whatever their codes; one group has no gap."""
    score = torch.tensor([0.2, 0.4, 0.9])
    assert float(group_gap(score, torch.tensor([0, 0, 2]))) == pytest.approx(0.6)
    assert float(group_gap(score, torch.tensor([1, 1, 1]))) == 0


def test_layer_minus_other_is_paired_by_seed() -> None:
    """Seeds that shift both methods alike leave no uncertainty about their difference."""
    found = paper_summary.interval(np.array([1.0, 2.0, 3.0]) - np.array([1.5, 2.5, 3.5]))
    assert (found["mean"], found["low"], found["high"]) == (-0.5, -0.5, -0.5)
    # t(0.975, 2 degrees) = 4.3027
    wide = paper_summary.interval(np.array([1.0, 2.0, 3.0]))
    assert wide["high"] - wide["mean"] == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)


def test_a_folder_without_the_tables_is_refused_before_training(tmp_path: Path) -> None:
    """Named file, and what to do."""
    with pytest.raises(InputError, match=r"adult\.csv\.gz"):
        paper.main(tmp_path)


def test_the_layer_is_trained_through_its_projection(made_up: Study) -> None:
    """Its objective is the loss of projected scores; the others' is not projected."""
    out = torch.zeros(2, METHODS, 200) + 3.0 * made_up.group["train"]
    objective, fair = paper_train.objectives(
        out, made_up.y["train"], made_up.group["train"], SLACK, made_up
    )
    assert float(group_gap(fair, made_up.group["train"]).max()) <= SLACK + 1e-6
    expected = (fair - made_up.y["train"]).square().mean(1)
    torch.testing.assert_close(objective[:, LAYER], expected)
    assert (objective[:, -1] > objective[:, PENALTIES]).all()
