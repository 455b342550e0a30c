"""What a sweep's time is made of: its matrix products alone, its cost per model, its estimate."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from benchmarks.harness import Comparison, Figure, at_most
from fairlab.config import SweepConfig, log_grid
from fairlab.duration import nominal_seconds
from fairlab.training import fit_sweep
from fairlab.training.people import Crowd, gather
from fairlab.training.setting import plan_of

if TYPE_CHECKING:
    from benchmarks.sweep import Work

MODELS = (1, 3, 7, 21, 63, 200)
REPEATS = 3
ESTIMATED: dict[str, dict[str, Any]] = {
    "adversarial": {"modes": ("adversarial",)},
    "layer": {"modes": ("layer",)},
    "logistic": {"model": {"kind": "logistic"}},
    "width 128": {"model": {"width": 128}},
    "batches of 128": {"batch_size": 128, "epochs": 3},
    "two seeds": {"seeds": (0, 1), "epochs": 3},
    "five strengths": {"penalty": {"strengths": log_grid(0.05, 10.0, 5)}},
}


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


def estimates(work: "Work") -> list[Figure]:
    """How far off the estimate is for other sweeps, its pace known from one of this table.

    In processor seconds, which a busy machine disturbs less than the clock's.
    """
    known = gather(work.data, work.config.group_by, torch.device("cpu")).splits["train"]
    people, encoded = known.n, known.encoded

    def seconds_for(config: SweepConfig) -> float:
        return processor_seconds(lambda: fit_sweep(work.data, config))

    usual = nominal_seconds(work.config, people, encoded).total
    seconds_for(work.config)
    figures = []
    for name, changes in ESTIMATED.items():
        config = SweepConfig.model_validate(work.config.model_dump() | changes)
        # In turn with the sweep whose pace is known, so that a busy neighbour disturbs both.
        pairs = [(seconds_for(work.config), seconds_for(config)) for _ in range(REPEATS)]
        pace = statistics.median(known for known, _ in pairs) / usual
        seconds = statistics.median(taken for _, taken in pairs)
        told = pace * nominal_seconds(config, people, encoded).total
        figures.append(
            Figure(
                f"{work.name}, {name}: estimate and time differ by a factor of",
                max(told / seconds, seconds / told),
                limit=1.5,
                note=f"{told:.2f} processor seconds estimated, {seconds:.2f} taken.",
            )
        )
    return figures


def processor_seconds(work: Callable[[], object]) -> float:
    """Seconds that all threads together computed in one call."""
    started = time.process_time()
    work()
    return time.process_time() - started


def with_models(work: "Work", count: int) -> "Work":
    """The same sweep with so many strengths."""
    penalty = work.config.penalty.model_copy(update={"strengths": log_grid(0.05, 10.0, count)})
    return replace(work, config=work.config.model_copy(update={"penalty": penalty}))


if __name__ == "__main__":
    found = one_size(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(json.dumps(found) + "\n")
