"""Weights are averaged along the training, and those are judged and kept."""

import numpy as np
import pytest
import torch
from torch import nn

from fairlab.training import averaging
from fairlab.training.averaging import WeightAverage
from fairlab.training.batched import BatchedNet


def moved(net: nn.Module, value: float) -> None:
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(value)


def test_the_mean_is_the_exponential_mean_of_the_steps():
    """After the first steps each counts 1/(1 + reach), and reach is a tenth of all steps."""
    net = nn.Linear(2, 1)
    moved(net, 0.0)
    average = WeightAverage([net], steps=50)
    expected = 0.0
    for step, value in enumerate([4.0, -2.0, 6.0, *np.linspace(0, 3, 20)], start=1):
        moved(net, value)
        average.add()
        expected += (value - expected) / (1 + min(0.5 * step, 5.0))
    for mean in average.mean:
        np.testing.assert_allclose(mean.numpy(), expected, rtol=1e-5)


def test_what_wiggles_comes_to_rest():
    """Noise of the last steps is averaged; the values they wiggle around are kept."""
    net = nn.Linear(3, 1)
    average = WeightAverage([net], steps=1_000)
    rng = np.random.default_rng(0)
    for _ in range(1_000):
        moved(net, 2.0 + rng.normal())
        average.add()
    assert abs(float(average.mean[0][0, 0]) - 2.0) < 0.35


def test_networks_have_the_mean_within_and_their_own_weights_after_even_when_something_fails():
    net = nn.Linear(2, 1)
    moved(net, 1.0)
    average = WeightAverage([net], steps=10)
    moved(net, 3.0)

    def failing() -> None:
        with average.in_place():
            assert float(net.weight[0, 0].detach()) == 1.0
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert float(net.weight[0, 0].detach()) == 3.0
    assert float(average.mean[0][0, 0]) == 1.0


def test_the_optimiser_goes_on_from_the_last_weights_and_not_from_the_mean():
    """Being judged in between changes nothing of how a network is trained."""

    def trained(judged: bool) -> torch.Tensor:
        net = BatchedNet(4, (3,), (0,), 2)
        optimiser = torch.optim.AdamW(net.parameters(), lr=0.1, fused=True)
        average = WeightAverage([net], steps=6)
        for step in range(6):
            x = torch.from_numpy(np.random.default_rng(step).normal(size=(1, 4, 5))).float()
            optimiser.zero_grad()
            net(x).square().sum().backward()
            optimiser.step()
            average.add()
            if judged:
                with torch.no_grad(), average.in_place():
                    net(x)
        return torch.cat([p.detach().flatten() for p in net.parameters()])

    torch.testing.assert_close(trained(True), trained(False), rtol=0, atol=0)


def test_only_models_that_failed_start_their_mean_anew():
    net = BatchedNet(2, (), (0,), 2)
    moved(net, 1.0)
    average = WeightAverage([net], steps=10)
    moved(net, float("nan"))
    average.add()
    moved(net, 5.0)
    average.restart(torch.tensor([True, False]))
    for mean in average.mean:
        assert (mean[0] == 5.0).all()
        assert torch.isnan(mean[1]).all()


def test_the_reach_is_a_share_of_the_training():
    assert WeightAverage([nn.Linear(1, 1)], steps=300).reach == 300 * averaging.REACH
