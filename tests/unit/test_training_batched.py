"""The batched network is M ordinary networks: values, gradients, starting weights."""

import pytest
import torch
from torch import nn

from fairlab.config import DataConfig, ModelConfig, RunConfig, SweepConfig, Task
from fairlab.training import fit_sweep
from fairlab.training.batched import BatchedNet, copy_models, logits, predictor, snapshot
from fairlab.training.sparse import SparseBatch, sparse_rows
from tests.unit.training_people import prepared


def as_sequential(net: BatchedNet, m: int) -> nn.Sequential:
    """Model m as one would write it."""
    layers: list[nn.Module] = []
    for weight, bias in zip(net.weights, net.biases, strict=True):
        linear = nn.Linear(weight.shape[2], weight.shape[1], dtype=weight.dtype)
        with torch.no_grad():
            linear.weight.copy_(weight[m])
            linear.bias.copy_(bias[m, :, 0])
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("hidden", [(), (5,), (6, 4)])
@pytest.mark.parametrize("seeds", [(0,), (3, 4)])
def test_values_and_gradients_are_those_of_separate_networks(hidden, seeds):
    """Each seed has its own people; model k·S + s reads those of seed k."""
    strengths = 3
    net = BatchedNet(7, hidden, seeds, strengths).double()
    x = torch.randn(len(seeds), 7, 11, dtype=torch.float64)
    pull = torch.randn(net.n_models, 1, 11, dtype=torch.float64)
    out = net(x)
    (out * pull).sum().backward()
    for m in range(net.n_models):
        alone = as_sequential(net, m)
        expected = alone(x[m // strengths].T)
        torch.testing.assert_close(out[m, 0], expected[:, 0])
        (expected[:, 0] * pull[m, 0]).sum().backward()
        linears = [layer for layer in alone if isinstance(layer, nn.Linear)]
        for i, linear in enumerate(linears):
            torch.testing.assert_close(net.weights[i].grad[m], linear.weight.grad)
            torch.testing.assert_close(net.biases[i].grad[m, :, 0], linear.bias.grad)


def test_gradient_of_the_input_flows_back():
    """An adversary's input is the predictor's output."""
    net = BatchedNet(4, (6,), (0,), 3, outputs=2).double()
    x = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    pull = torch.randn(3, 2, 5, dtype=torch.float64)
    (net(x) * pull).sum().backward()
    assert x.grad is not None
    for m in range(3):
        own = x[m].detach().T.clone().requires_grad_()
        (as_sequential(net, m)(own).T * pull[m]).sum().backward()
        assert own.grad is not None
        torch.testing.assert_close(x.grad[m], own.grad.T)


def test_a_backward_pass_after_another_forward_pass_is_refused():
    """Activations are kept in buffers that the next forward pass overwrites."""
    net = BatchedNet(4, (6,), (0,), 2)
    first = net(torch.randn(1, 4, 5))
    net(torch.randn(1, 4, 5))
    with pytest.raises(RuntimeError, match="second forward pass"):
        first.sum().backward()


def test_results_of_two_forward_passes_do_not_share_memory():
    net = BatchedNet(4, (6,), (0,), 2)
    with torch.no_grad():
        first = net(torch.randn(1, 4, 5))
        before = first.clone()
        net(torch.randn(1, 4, 5))
    assert torch.equal(first, before)


def test_strengths_of_a_seed_start_alike_and_seeds_differ():
    net = BatchedNet(4, (6,), (0, 1), 2)
    weight = net.weights[0]
    assert torch.equal(weight[0], weight[1])
    assert not torch.equal(weight[0], weight[2])
    alone = BatchedNet(4, (6,), (1,), 1)
    assert torch.equal(alone.weights[0][0], weight[2])
    assert not torch.equal(BatchedNet(4, (6,), (0,), 1, salt=1).weights[0][0], weight[0])


def test_logits_in_chunks_are_the_whole():
    net = BatchedNet(4, (6,), (0, 1), 2)
    x = torch.randn(4, 23)
    torch.testing.assert_close(logits(net, x, chunk=5), logits(net, x, chunk=100))
    assert logits(net, x).shape == (4, 23)


def test_copying_touches_only_the_models_chosen():
    net = BatchedNet(4, (6,), (0,), 3)
    before = snapshot(net)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(1.0)
    copy_models(before, list(net.parameters()), torch.tensor([True, False, True]))
    for p, old in zip(net.parameters(), before, strict=True):
        assert torch.equal(p[0], old[0])
        torch.testing.assert_close(p[1], old[1] + 1.0)
        assert torch.equal(p[2], old[2])


def test_a_logistic_model_has_no_hidden_layer():
    assert len(predictor(4, ModelConfig(kind="logistic"), (0,), 2).weights) == 1
    assert len(predictor(4, ModelConfig(kind="mlp", depth=3), (0,), 2).weights) == 4


def sparse_features(n: int, features: int, seed: int = 0) -> torch.Tensor:
    """(F, n) features of which few are not 0; somebody has none at all."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(features, n, generator=generator)
    x[torch.rand(features, n, generator=generator) > 0.15] = 0.0
    x[:, 0] = 0.0
    return x


@pytest.mark.parametrize("hidden", [(), (5,), (300,), (6, 4)])
@pytest.mark.parametrize("seeds", [(0,), (3, 4)])
def test_leaving_zeros_out_changes_neither_values_nor_gradients(hidden, seeds):
    """The sparse first layer is the dense one, for people of each seed by themselves."""
    net = BatchedNet(20, hidden, seeds, 3)
    with torch.no_grad():
        for bias in net.biases:
            bias.uniform_(-0.5, 0.5)
    x = sparse_features(13, 20)
    rows = sparse_rows(x)
    assert rows is not None
    own = torch.stack([torch.randperm(13)[:11] for _ in seeds])
    pull = torch.randn(net.n_models, 1, 11)
    found = []
    dense = torch.stack([x[:, people] for people in own])
    for batch in (dense, SparseBatch(tuple(rows.of(people) for people in own))):
        net.zero_grad()
        out = net(batch)
        (out * pull).sum().backward()
        found.append([out.detach(), *(p.grad.clone() for p in net.parameters())])
    for here, there in zip(*found, strict=True):
        torch.testing.assert_close(here, there, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(logits(net, rows, chunk=5), logits(net, x, chunk=5))


def test_features_that_are_mostly_filled_stay_dense():
    """Products without zeros would be slower there."""
    assert sparse_rows(torch.randn(20, 30)) is None
    assert sparse_rows(sparse_features(30, 40)) is not None


@pytest.mark.parametrize("hidden", [(5,), (6, 4), (8, 8, 8)])
@pytest.mark.parametrize("leave_out", [False, True])
def test_mixed_precision_trains_with_nearly_the_same_gradients(hidden, leave_out):
    """Rounded to 8 bits and no more than that: weights and gradients stay float32."""
    torch.manual_seed(0)
    exact = BatchedNet(12, hidden, (0, 1), 3)
    mixed = BatchedNet(12, hidden, (0, 1), 3, mixed=True)
    people = torch.zeros(2, 12, 40)
    people.scatter_(1, torch.randint(12, (2, 3, 40)), torch.randn(2, 3, 40))
    x = people
    if leave_out:
        rows = [sparse_rows(own) for own in people]
        assert None not in rows
        x = SparseBatch(tuple(rows))
    pull = torch.rand(6, 1, 40)
    out = {}
    for net in (exact, mixed):
        out[net] = net(x).detach().clone()
        (net(x) * pull).sum().backward()
    assert out[mixed].dtype == torch.float32
    if len(hidden) > 1 or not leave_out:  # else the one hidden layer leaves zeros out, in float32
        assert not torch.equal(out[mixed], out[exact])
    torch.testing.assert_close(out[mixed], out[exact], rtol=0.02, atol=0.02)
    for own, other in zip(mixed.parameters(), exact.parameters(), strict=True):
        assert own.grad is not None
        assert own.grad.dtype == torch.float32
        # A unit that is nearly 0 for somebody may round to the other side of its ReLU.
        assert (own.grad - other.grad).norm() <= 0.15 * other.grad.norm()


def test_mixed_precision_does_not_change_scoring_or_logistic_regression():
    """Scores are those of float32 weights; without hidden layers nothing is rounded."""
    x = torch.randn(5, 30)
    for hidden in ((), (6, 4)):
        exact = BatchedNet(5, hidden, (0,), 2)
        mixed = BatchedNet(5, hidden, (0,), 2, mixed=True)
        assert torch.equal(logits(mixed, x), logits(exact, x))
    batch = x[None]
    plain, rounded = BatchedNet(5, (), (0,), 2), BatchedNet(5, (), (0,), 2, mixed=True)
    assert torch.equal(plain(batch), rounded(batch))


def test_a_mixed_sweep_repeats_itself_and_is_another_computation():
    """Same bytes twice; other bytes, and another digest, than in float32."""
    sweep = SweepConfig(epochs=2, precision="bfloat16")
    first, again = (fit_sweep(prepared(), sweep).splits["test"].score for _ in range(2))
    assert first.tobytes() == again.tobytes()
    plain = fit_sweep(prepared(), sweep.model_copy(update={"precision": "float32"}))
    assert first.tobytes() != plain.splits["test"].score.tobytes()
    assert abs(first - plain.splits["test"].score).max() < 0.05
    data, task = DataConfig(source="loanapp"), Task(label="y", favourable=("1",), sensitive=("g",))
    digests = {
        RunConfig(data=data, task=task, sweep=own).digest for own in (sweep, SweepConfig(epochs=2))
    }
    assert len(digests) == 2
