"""Mode ``layer`` with batches projected together with the people seen before them."""

import dataclasses

import numpy as np
import pytest
import torch

from fairlab.config import TRAINED_CONSTRAINTS, LayerParams, ModelConfig, SweepConfig
from fairlab.projection import project
from fairlab.projection.constraints import cells_of
from fairlab.training import fit_sweep, window
from fairlab.training.cells import cell_means, columns_among
from fairlab.training.family import Batch
from fairlab.training.layer import LayerFamily
from fairlab.training.loop import cohort_of
from fairlab.training.people import gather
from fairlab.training.sweep import setting_of
from fairlab.training.window import Window, alone, window_size
from tests.unit.training_people import prepared

SLACKS = (1.0, 0.1, 0.0)


def config(**changes):
    base = {
        "modes": ("layer",),
        "layer": LayerParams(slacks=SLACKS, batches="running"),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 3,
        "batch_size": 16,
        "learning_rate": 0.02,
    }
    return SweepConfig(**{**base, **changes})


def setting(constraint="demographic_parity", n_groups=3, weighted=False, **changes):
    data = prepared((300, 200, 200), n_groups=n_groups, weighted=weighted)
    sweep = config(constraint=constraint, **changes)
    crowd = gather(data, sweep.group_by, torch.device("cpu"), sweep.grouping)
    return setting_of("layer", sweep, crowd)


def batch_of(where, people):
    """A batch of these training people, as the loop would make it."""
    train = where.crowd.splits["train"]
    y, compared = train.y[people], train.compared[people]
    cells = cells_of(where.config.constraint, compared, y, skip_empty=True)
    weight = None if train.weight is None else train.weight[people][None].to(torch.float32)
    return Batch(
        x=train.x[None][:, :, people],
        y=y.to(torch.float32),
        weight=weight,
        cells=cells,
        means=cell_means(cells, weight),
        cohort=cohort_of(train.group[people], where.groups),
        columns=columns_among(cells, where.cells),
    )


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
@pytest.mark.parametrize("weighted", [False, True])
def test_cells_of_a_window_are_those_of_its_people(constraint, weighted):
    """Worked out from group and label alone, they are what ``cells_of`` finds; also for missing
    groups, which leave the cells of the others in order."""
    where = setting(constraint, weighted=weighted)
    train = where.crowd.splits["train"]
    rng = np.random.default_rng(0)
    for groups in ((0, 1, 2), (0, 2), (1, 2)):
        among = torch.cat([torch.nonzero(train.group == g).squeeze(1) for g in groups])
        picked = among[torch.from_numpy(rng.permutation(len(among))[:40])]
        kept = Window(where, 1000)
        z = torch.rand(3, 40)
        kept.join(z[:, :15], batch_of(where, picked[:15]))
        found = kept.join(z[:, 15:], batch_of(where, picked[15:]))
        direct = batch_of(where, picked)
        assert torch.equal(found.cells.member, direct.cells.member)
        assert found.cells.people == direct.cells.people
        assert [f.groups for f in found.cells.families] == [f.groups for f in direct.cells.families]
        torch.testing.assert_close(found.means(z), direct.means(z))
        if direct.columns is None:
            assert found.columns is None
        else:
            assert found.columns.tolist() == direct.columns.tolist()


def test_a_window_holds_the_last_people_and_only_the_batch_carries_gradient():
    where = setting()
    kept = Window(where, 10)
    first, second = torch.arange(0, 8), torch.arange(8, 12)
    z = torch.rand(3, 12, requires_grad=True)
    kept.join(z[:, :8], batch_of(where, first))
    found = kept.join(z[:, 8:], batch_of(where, second))
    torch.testing.assert_close(found.z, z[:, 2:])
    assert (found.batch, found.batches) == (4, 2.5)
    found.z.sum().backward()
    assert z.grad[:, :8].abs().sum() == 0
    assert (z.grad[:, 8:] == 1).all()
    train = where.crowd.splits["train"]
    assert torch.equal(found.y, train.y[2:12].to(torch.float32))


def test_a_batch_as_large_as_the_window_is_alone():
    where = setting()
    kept = Window(where, 10)
    people = torch.arange(10)
    batch = batch_of(where, people)
    z = torch.rand(3, 10)
    kept.join(z, batch)
    found = kept.join(z, batch)
    assert found.cells is batch.cells
    assert found.batches == 1
    assert torch.equal(found.z, alone(z, batch).z)


def test_running_with_the_whole_training_split_in_a_batch_is_the_projected_mode():
    """There is nobody before the batch who is not in it: the same bytes, the same promise."""
    data = prepared()
    whole = {"batch_size": 400}
    projected = fit_sweep(data, config(layer=LayerParams(slacks=SLACKS), **whole))
    running = fit_sweep(data, config(**whole))
    assert running.splits["test"].score.tobytes() == projected.splits["test"].score.tobytes()
    assert [p.guarantee for p in running.points] == [p.guarantee for p in projected.points]


def test_running_differs_from_projected_where_batches_are_small():
    data = prepared()
    projected = fit_sweep(data, config(layer=LayerParams(slacks=SLACKS)))
    running = fit_sweep(data, config())
    assert running.points[1].guarantee.window == 256
    assert projected.points[1].guarantee.window is None
    apart = np.abs(running.splits["test"].score - projected.splits["test"].score).max(1)
    assert apart[0] < 1e-4  # nothing is projected at slack 1
    assert apart[2] > 1e-3


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
@pytest.mark.parametrize("size", [8, 24])
def test_the_promise_holds_on_windows_although_groups_are_missing_from_batches(constraint, size):
    """Eight people cannot hold somebody of each of ten groups and labels."""
    data = prepared((300, 200, 200), n_groups=5, weighted=True)
    result = fit_sweep(data, config(constraint=constraint, batch_size=size))
    assert size > 8 or any("some are missing" in note for note in result.notes)
    for p in result.points:
        assert p.guarantee.window is not None
        assert p.guarantee.window_excess <= 1e-6
        assert p.guarantee.excess == p.guarantee.window_excess
        assert p.guarantee.window_gap <= p.slack + 1e-6
        assert p.guarantee.residual <= 1e-6
    assert result.points[-1].guarantee.batch_gap > 0.02
    assert result.points[-1].guarantee.batch_excess > 0.02


def test_a_batch_of_one_group_is_projected_beside_the_other():
    """Alone it could not be compared with anybody; the group that is missing keeps its mean."""
    where = setting(n_groups=2)
    family = LayerFamily(where)
    train = where.crowd.splits["train"]
    first, second = (torch.nonzero(train.group == g).squeeze(1)[:12] for g in (0, 1))
    logit = torch.tensor([[2.0], [2.0], [2.0]]).expand(3, 12)
    family.loss(logit, batch_of(where, first))
    family.loss(-logit, batch_of(where, second))
    # At slack 0 both means meet in the middle of σ(2) and σ(−2).
    z = torch.cat([torch.sigmoid(logit[2]), torch.sigmoid(-logit[2])])
    p = project(z, torch.arange(24) // 12, 0.0).p
    torch.testing.assert_close(p, torch.full_like(p, 0.5))
    assert family.measured.together[2] <= 1e-6
    assert family.measured.together[0] == pytest.approx(float(z[0] - z[-1]), abs=1e-6)
    assert family.measured.batches == 0  # no batch had two groups


def test_the_gradient_is_that_of_projecting_everybody_for_the_batchs_own_part():
    """Summed over the batches of a window, it is the gradient of the window's mean loss."""
    where = setting(n_groups=2)
    train = where.crowd.splits["train"]
    people = torch.arange(24)
    z = torch.rand(3, 24, generator=torch.Generator().manual_seed(0)) * 4 - 2
    whole = LayerFamily(where)
    logit = z.clone().requires_grad_()
    whole.loss(logit, batch_of(where, people)).total.sum().backward()
    parts = LayerFamily(where)
    parts.loss(z[:, :16], batch_of(where, people[:16]))
    late = z[:, 16:].clone().requires_grad_()
    parts.loss(late, batch_of(where, people[16:])).total.sum().backward()
    # The window's mean loss counts three batches of eight.
    torch.testing.assert_close(late.grad, 3 * logit.grad[:, 16:], atol=1e-6, rtol=1e-4)
    assert len(train.y) > 24


def test_several_attributes_by_themselves_and_labels_of_test_have_no_part():
    data = prepared((300, 200, 200), n_groups=3)
    sweep = config(group_by=("group", "other"), grouping="marginal", constraint="equalized_odds")
    test = data.splits["test"]
    turned = dataclasses.replace(test, y_true=1 - test.y_true)
    changed = dataclasses.replace(data, splits={**data.splits, "test": turned})
    first, second = fit_sweep(data, sweep), fit_sweep(changed, sweep)
    for name in data.splits:
        assert first.splits[name].score.tobytes() == second.splits[name].score.tobytes()
    assert all(p.guarantee.window_excess <= 1e-6 for p in first.points)


@pytest.mark.parametrize("decisions", ["free", "held"])
def test_models_do_not_depend_on_how_many_are_trained_at_once(decisions):
    """Every model has a window and prices of its own."""
    data = prepared()
    layer = LayerParams(slacks=SLACKS, batches="running", decisions=decisions)
    sweep = config(layer=layer, seeds=(0, 1))
    together = fit_sweep(data, sweep)
    apart = fit_sweep(data, sweep, models_at_once=1)
    assert len(together.points) == 6
    np.testing.assert_allclose(together.splits["test"].score, apart.splits["test"].score, atol=2e-4)


def test_small_cells_widen_the_window():
    assert window_size(setting(n_groups=2)) == window.LEAST
    rare = setting("equalized_odds", n_groups=5)
    assert window_size(rare) == min(
        300, max(window.LEAST, -(-window.IN_SMALLEST * 300 // min(rare.cells.people)))
    )
