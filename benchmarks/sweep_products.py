"""What a sweep's time is made of: its matrix products alone, its cost per model."""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from benchmarks.harness import Comparison, Figure, at_most
from fairlab.config import SweepConfig, log_grid
from fairlab.training import fit_sweep
from fairlab.training.people import Crowd
from fairlab.training.setting import plan_of

if TYPE_CHECKING:
    from benchmarks.sweep import Work

MODELS = (1, 3, 7, 21, 63, 200)
REPEATS = 3


def products_alone(work: "Work", crowd: Crowd, target: float | None) -> Comparison:
    """The sweep beside nothing but its matrix products, measured in turn.

    The products are those of dense features, as a plain network computes them: forward, gradients
    of weights and of hidden layers for every batch, and forward once per epoch for validation and
    once for every split. Same shapes, same order, buffers used again.
    """
    from benchmarks.sweep import seconds_of

    products = _Products(work.config, crowd)
    fit_sweep(work.data, work.config)
    products.run()
    ours, peer = [], []
    for _ in range(REPEATS):
        ours.append(seconds_of(lambda: fit_sweep(work.data, work.config)))
        peer.append(seconds_of(products.run))
    ratios = sorted(a / b for a, b in zip(ours, peer, strict=True))
    return at_most(
        f"{work.name}: the whole sweep",
        statistics.median(ours),
        "its matrix products alone",
        statistics.median(peer),
        target=target,
        note=f"Medians of {REPEATS} in turn (ratios {ratios[0]:.2f} to {ratios[-1]:.2f}). Dense "
        "products of the same shapes; ours leaves out zeros of the first layer where that pays.",
    )


class _Products:
    """Dense matrix products of a sweep, on numbers that mean nothing."""

    def __init__(self, config: SweepConfig, crowd: Crowd) -> None:
        self.epochs, self.config = config.epochs, config
        plan = plan_of(crowd, config)
        self.batches = [b - a for a, b in zip(plan.edges[:-1], plan.edges[1:], strict=True)]
        self.people = {name: split.n for name, split in crowd.splits.items()}
        features = crowd.splits["train"].x.shape[0]
        models = len(config.grid("penalty")) * len(config.seeds)
        sizes = [features, *(config.model.width,) * config.model.depth, 1]
        self.weights = [
            torch.rand(models, b, a, device=crowd.device) - 0.5 for a, b in pairwise(sizes)
        ]
        self.buffers: dict[tuple[str, int, int], Tensor] = {}
        self.x = torch.rand(1, features, max(1024, *self.batches), device=crowd.device)

    def run(self) -> None:
        """All of them once."""
        for _ in range(self.epochs):
            for people in self.batches:
                self._both(int(people))
            self._score(self.people["validation"])
        for people in self.people.values():
            self._score(people)
        if self.x.is_cuda:
            torch.cuda.synchronize()

    def _both(self, people: int) -> None:
        inputs = self._forward(people)
        back = self._out("back", len(self.weights), (len(self.weights[-1]), 1, people))
        for i in reversed(range(len(self.weights))):
            weight, h = self.weights[i], inputs[i]
            flat = back.view(len(h), -1, people)
            shape = (len(h), flat.shape[1], h.shape[1])
            torch.bmm(flat, h.transpose(1, 2), out=self._out("gradient", i, shape))
            if i:
                across = weight.view(len(h), -1, weight.shape[2]).transpose(1, 2)
                out = self._out("back", i, (len(h), across.shape[1], people))
                back = torch.bmm(across, flat, out=out)

    def _forward(self, people: int) -> list[Tensor]:
        h = self.x[:, :, :people]
        inputs = []
        for i, weight in enumerate(self.weights):
            inputs.append(h)
            wide = weight.view(len(h), -1, weight.shape[2])
            out = self._out("forward", i, (len(h), wide.shape[1], people))
            h = torch.bmm(wide, h, out=out).view(len(weight), -1, people)
        return inputs

    def _score(self, people: int) -> None:
        for start in range(0, people, 1024):
            self._forward(min(1024, people - start))

    def _out(self, role: str, layer: int, shape: tuple[int, ...]) -> Tensor:
        key = (role, layer, shape[-1] if role != "gradient" else 0)
        if key not in self.buffers:
            self.buffers[key] = torch.zeros(shape, device=self.x.device)
        return self.buffers[key]


def per_model(data: Path, device: str, models: tuple[int, ...]) -> list[Figure]:
    """Processor seconds per model and most memory as one sweep on Adult has more models.

    Each size runs in a process of its own, so that the memory is its own. Largest first learns
    nothing from the others; a size is measured once after a sweep of one model has warmed up.
    """
    figures = []
    for count in models:
        call = [sys.executable, "-m", "benchmarks.sweep_products", str(data), device, str(count)]
        told = subprocess.run(call, check=True, capture_output=True, text=True, env=os.environ)
        found = json.loads(told.stdout.splitlines()[-1])
        figures.append(
            Figure(
                f"Adult: {count:,} models in one sweep, processor seconds per model",
                found["processor"] / count,
                seconds=True,
                note=f"{found['processor']:.1f} processor seconds in all, {found['seconds']:.0f} s "
                f"by the clock; most memory {found['peak'] / 1e9:.2f} GB, "
                f"{found['before'] / 1e9:.2f} GB of it before training.",
            )
        )
    return figures


def one_size(data: Path, device: str, count: int) -> dict[str, Any]:
    """Seconds, by the clock and of the processor, and memory of one sweep of many strengths."""
    import resource

    from benchmarks.sweep import adult, seconds_of

    work = adult(data, device)
    fit_sweep(work.data, with_models(work, 1).config)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sized = with_models(work, count).config
    began = time.process_time()
    seconds = seconds_of(lambda: fit_sweep(work.data, sized))
    processor = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "processor": processor, "before": before, "peak": peak}


def with_models(work: "Work", count: int) -> "Work":
    """The same sweep with so many strengths."""
    penalty = work.config.penalty.model_copy(update={"strengths": log_grid(0.05, 10.0, count)})
    return replace(work, config=work.config.model_copy(update={"penalty": penalty}))


if __name__ == "__main__":
    found = one_size(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(json.dumps(found) + "\n")
