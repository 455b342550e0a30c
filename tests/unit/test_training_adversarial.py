"""Gradient reversal: the adversary descends its loss, the predictor ascends it, times λ."""

import math

import pytest
import torch

from fairlab.config import AdversarialParams, SweepConfig
from fairlab.training.adversarial import AdversarialFamily, reverse
from fairlab.training.people import gather
from fairlab.training.sweep import setting_of
from tests.unit.training_people import prepared


def family(constraint="demographic_parity", strengths=(0.0, 0.5, 2.0), n_groups=2):
    config = SweepConfig(
        modes=("adversarial",),
        constraint=constraint,
        adversarial=AdversarialParams(strengths=strengths),
    )
    crowd = gather(prepared(n_groups=n_groups), (), torch.device("cpu"))
    return AdversarialFamily(setting_of("adversarial", config, crowd))


def test_reversal_keeps_values_and_flips_gradients():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    out = reverse(x, torch.tensor([[0.5], [2.0]]))
    assert torch.equal(out, x)
    (out * torch.tensor([[1.0, 10.0], [1.0, 10.0]])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[-0.5, -5.0], [-2.0, -20.0]]


def test_the_predictor_climbs_the_adversarys_loss_in_proportion_to_the_strength():
    """d(total)/d(logit) = task gradient − λ · adversary gradient; λ = 0 is the task alone."""
    trained = family()
    trained.start_epoch(0.9)
    batch = trained.setting.validation
    start = torch.randn(1, len(batch.y), generator=torch.Generator().manual_seed(0))
    logit = start.expand(3, -1).clone().requires_grad_()
    trained.loss(logit, batch).total.sum().backward()
    assert logit.grad is not None
    task = torch.sigmoid(start[0]) - batch.y
    torch.testing.assert_close(logit.grad[0], task / len(batch.y), atol=1e-7, rtol=1e-4)
    push = logit.grad - logit.grad[:1]
    torch.testing.assert_close(push[2], 4 * push[1], atol=1e-7, rtol=1e-4)
    assert float(push[2].abs().sum()) > 0
    # climbing: a small step along −gradient of the push raises the adversary's loss
    moved = (start - 50.0 * push[2:3]).detach()
    before = trained.loss(start.expand(3, -1), batch).terms["adversary"][2].detach()
    after = trained.loss(moved.expand(3, -1), batch).terms["adversary"][2].detach()
    assert float(after) > float(before)


def test_reversal_is_off_at_the_start():
    trained = family()
    trained.start_epoch(0.0)
    batch = trained.setting.validation
    logit = torch.zeros(3, len(batch.y), requires_grad=True)
    trained.loss(logit, batch).total.sum().backward()
    assert logit.grad is not None
    assert torch.equal(logit.grad[0], logit.grad[2])


@pytest.mark.parametrize("n_groups", [2, 4])
def test_chance_is_the_logarithm_of_the_number_of_groups(n_groups):
    assert family(n_groups=n_groups).chance == pytest.approx(math.log(n_groups))


def test_only_people_of_the_condition_reach_the_adversary():
    """Equal opportunity: changing the scores of people with y = 0 changes nothing."""
    trained = family("equal_opportunity")
    batch = trained.setting.validation
    logit = torch.randn(3, len(batch.y), generator=torch.Generator().manual_seed(0))
    first = trained.loss(logit, batch).terms["adversary"].detach()
    other = torch.where(batch.y == 0, logit + 3.0, logit)
    torch.testing.assert_close(trained.loss(other, batch).terms["adversary"].detach(), first)
    moved = torch.where(batch.y == 1, logit + 3.0, logit)
    assert not torch.allclose(trained.loss(moved, batch).terms["adversary"].detach(), first)


def test_an_adversary_at_chance_beside_a_large_gap_is_flagged():
    """Weights of zero know nothing; a score that is the group has the largest gap."""
    trained = family()
    with torch.no_grad():
        for p in trained.adversary.parameters():
            p.zero_()
    group = trained.setting.crowd.splits["validation"].group
    told = torch.where(group == 0, 4.0, -4.0).expand(3, -1)
    with torch.no_grad():
        trained.settle(told)
    flags = trained.flags()
    assert flags[0] == ()  # strength 0 has no adversary to speak of
    assert "no better than chance" in flags[2][0]
    with torch.no_grad():
        trained.settle(torch.randn(3, len(group), generator=torch.Generator().manual_seed(0)) * 0)
    assert trained.flags() == ((), (), ())
