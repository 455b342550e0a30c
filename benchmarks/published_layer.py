"""The published fairness-layer package at work, for comparison; run by that package's interpreter.

It pins numpy and cvxpy to old releases, so it lives in a virtual environment of its own (see
``benchmarks/results/README.md``). This file imports nothing of fairlab and is started by
``benchmarks.layer`` as

    python published_layer.py project inputs.npz outputs.npz
    python published_layer.py train inputs.npz outputs.npz

``project`` reads z (n,), group (n,) of 0 and 1, direction (n,), slack, repeats; writes p, gradient
of p · direction in z, and seconds per call of forward and backward, the problem built anew in
each as the package does. ``train`` reads x (n, F) whose last column is the group, y, slack,
batch, epochs, width; writes seconds of each epoch of the package's own trainer.
"""

import contextlib
import io
import sys
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Arrays = dict[str, Any]


class Given(nn.Module):
    """A network whose output is a parameter: the scores to be projected, whatever the input."""

    def __init__(self, scores: Tensor) -> None:
        super().__init__()
        self.scores = nn.Parameter(scores)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1) scores."""
        return self.scores[: len(x), None]


def project(inputs: Arrays) -> Arrays:
    """Values, gradient and times of the package's layer on given scores."""
    from fairness_training import FairModel  # type: ignore[import-not-found]

    z = torch.tensor(inputs["z"], dtype=torch.float32)
    group = torch.tensor(inputs["group"], dtype=torch.float32)
    direction = torch.tensor(inputs["direction"], dtype=torch.float32)
    given = Given(z)
    model = FairModel(
        input_dim=1,
        protected_attr_idx=0,
        fairness_tolerance=float(inputs["slack"]),
        custom_network=given,
    )
    seconds = []
    p = gradient = torch.empty(0)
    for _ in range(int(inputs["repeats"]) + 1):
        given.scores.grad = None
        start = time.perf_counter()
        p = model(group[:, None])[:, 0]
        (p * direction).sum().backward()
        seconds.append(time.perf_counter() - start)
        assert given.scores.grad is not None
        gradient = given.scores.grad
    return {
        "p": p.detach().numpy(),
        "gradient": gradient.numpy(),
        "seconds": np.array(seconds[1:]),
    }


def train(inputs: Arrays) -> Arrays:
    """Seconds of each epoch of the package's trainer, on batches that hold both groups."""
    from fairness_training import FairModel, FairTrainer
    from torch.utils.data import DataLoader, TensorDataset

    x = torch.tensor(inputs["x"], dtype=torch.float32)
    y = torch.tensor(inputs["y"], dtype=torch.float32)[:, None]
    width, features = int(inputs["width"]), x.shape[1]
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(features - 1, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 1),
        nn.Sigmoid(),
    )
    model = FairModel.wrap(
        net,
        protected_attr_idx=features - 1,
        input_dim=features,
        fairness_tolerance=float(inputs["slack"]),
        prediction_bounds=(0.0, 1.0),
        exclude_protected_from_backbone=True,
    )
    criterion = SafeLoss()
    trainer = FairTrainer(model, criterion, torch.optim.AdamW(model.parameters(), lr=5e-3))
    loader = DataLoader(TensorDataset(x, y), int(inputs["batch"]), shuffle=True)
    seconds = []
    for _ in range(int(inputs["epochs"])):
        start = time.perf_counter()
        trainer.fit(loader, epochs=1, verbose=0)
        seconds.append(time.perf_counter() - start)
    return {"seconds": np.array(seconds)}


class SafeLoss(nn.Module):
    """Cross entropy of scores that a solver may leave slightly outside [0, 1]."""

    def forward(self, p: Tensor, y: Tensor) -> Tensor:
        """Mean cross entropy."""
        return nn.functional.binary_cross_entropy(p.clamp(1e-4, 1 - 1e-4), y)


def main(verb: str, source: str, target: str) -> None:
    """Read, run with the package's own printing swallowed, write."""
    torch.set_num_threads(max(1, torch.get_num_threads()))
    with np.load(source) as inputs:
        given = {name: inputs[name] for name in inputs.files}
    with contextlib.redirect_stdout(io.StringIO()):
        found = {"project": project, "train": train}[verb](given)
    np.savez(target, **found)


if __name__ == "__main__":
    main(*sys.argv[1:4])
