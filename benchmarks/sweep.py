"""A penalty sweep of 21 strengths as one batched model, against 21 plain PyTorch loops.

The peer is a plain loop written with care: ``nn.Sequential``, AdamW, a loop over batches taken by
index, a loop over strengths; same net, same epochs, same batches, same penalty, its last epoch
kept. A second peer takes its batches from a ``DataLoader``, as PyTorch's tutorials do. All run
in one process with torch's present number of threads.

    python -m benchmarks.sweep [--data adult.csv.gz] [--json out.json] [--device cuda] [--many]

It also measures the sweep beside its matrix products alone and, on Adult, processor seconds and
memory per model as one sweep has more of them (``--many``: up to 1,000).
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.harness import Comparison, faster, median_seconds, report
from benchmarks.sweep_products import MODELS, per_model, products_alone
from fairlab.config import DataConfig, SplitConfig, SweepConfig, Task
from fairlab.data import load, prepare
from fairlab.data.task import PreparedData, TaskData
from fairlab.metrics import GAPS
from fairlab.outcomes import FloatArray, GroupedOutcomes, count
from fairlab.training import fit_sweep
from fairlab.training.batches import plan_batches
from fairlab.training.penalty import SoftDecision
from fairlab.training.people import Crowd, gather

REPEATS = 3
GAP = "demographic_parity_difference"


@dataclass(frozen=True, slots=True)
class Work:
    """One table and the sweep run on it."""

    name: str
    data: PreparedData
    config: SweepConfig
    target: float


def main(
    data: Path | None = None,
    json_path: Path | None = None,
    device: str = "cpu",
    many: bool = False,
) -> None:
    """Run the comparison on the built-in table and, with ``data``, on Adult.

    Args:
        data: The Adult table as CSV (columns of the UCI table, ``income`` among them), or None.
        json_path: Where to write the figures as JSON.
        device: ``cpu`` or ``cuda``.
        many: Also train 1,000 models at once on Adult.
    """
    from benchmarks.sweep_estimates import estimates

    works = [builtin(device)] if data is None else [builtin(device), adult(data, device)]
    comparisons: list[Comparison] = []
    facts = [
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, device {device}; "
        f"{os.getloadavg()[0]:.1f} processes wanted to run when it began."
    ]
    for work in works:
        crowd = gather(work.data, work.config.group_by, torch.device(device))
        line = compare(work, crowd, device)
        comparisons += [line, with_loader(work, crowd, line)]
        comparisons.append(products_alone(work, crowd, 2.0 if work.name == "Adult" else None))
        facts += quality(work, crowd) + arithmetic(work, crowd, line.ours, device)
    comparisons += first_points(works[0], device)
    figures = estimates(data)
    if data is not None:
        figures += per_model(data, device, (*MODELS, 500, 1000) if many else MODELS)
    report("Penalty sweep: 21 strengths of an MLP 64-64", comparisons, json_path, facts, figures)


def builtin(device: str) -> Work:
    """The built-in table with the default settings."""
    target = 15.0 if device == "cuda" else 10.0
    config = SweepConfig.model_validate({"device": device})
    return Work("loanapp", prepare(load("loanapp")), config, target)


def adult(path: Path, device: str) -> Work:
    """Adult, sex, about 34,000 training rows, batch 1,024, 5 epochs."""
    split = SplitConfig(train=0.7, validation=0.1, test=0.2)
    config = SweepConfig.model_validate({"device": device, "epochs": 5, "batch_size": 1024})
    prepared = prepare(adult_table(path), split, ("sex",))
    return Work("Adult", prepared, config, 15.0 if device == "cuda" else 4.0)


def adult_table(path: Path, rows: int | None = None) -> TaskData:
    """Adult, or its first rows, with its roles."""
    frame = pd.read_csv(path, nrows=rows)
    task = Task(
        label="income",
        favourable=tuple(v for v in (">50K", ">50K.") if (frame["income"] == v).any()),
        unfavourable=tuple(v for v in ("<=50K", "<=50K.") if (frame["income"] == v).any()),
        sensitive=("sex", "race"),
        exclude=tuple(c for c in ("fnlwgt", "split") if c in frame.columns),
    )
    return TaskData(frame, task, DataConfig(source="file", filename=path.name))


def compare(work: Work, crowd: Crowd, device: str) -> Comparison:
    """Median seconds of both. Ours includes evaluation and selection; the peer only trains."""
    mine, theirs = [], []
    fit_sweep(work.data, work.config)
    plain(work, crowd, 0.0)
    for _ in range(REPEATS):  # in turn, so that a busy neighbour disturbs both
        mine.append(seconds_of(lambda: fit_sweep(work.data, work.config)))
        theirs.append(seconds_of(lambda: plain_sweep(work, crowd)))
    ours, peer = statistics.median(mine), statistics.median(theirs)
    ratios = sorted(t / m for m, t in zip(mine, theirs, strict=True))
    n = crowd.splits["train"].n
    config = work.config
    return faster(
        f"{work.name}: {n:,} people, {config.epochs} epochs, batch {config.batch_size}, {device}",
        ours,
        "21 plain PyTorch loops",
        peer,
        target=work.target,
        note=f"Medians of {REPEATS} in turn (ratios {ratios[0]:.1f} to {ratios[-1]:.1f}). "
        "Ours also validates, selects and scores every split.",
    )


def with_loader(work: Work, crowd: Crowd, line: Comparison) -> Comparison:
    """The same beside loops over a ``DataLoader``; one strength measured, times 21."""
    one = median_seconds(lambda: plain(work, crowd, 1.0, loader=True), 3)
    return faster(
        line.what,
        line.ours,
        "21 loops over a DataLoader",
        one * len(work.config.penalty.strengths),
        note="For information: one loop measured, times 21.",
    )


def seconds_of(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def plain_sweep(work: Work, crowd: Crowd) -> FloatArray:
    """(21, n) test scores of 21 networks trained one after the other."""
    return np.stack([plain(work, crowd, s) for s in work.config.penalty.strengths])


def plain(work: Work, crowd: Crowd, strength: float, loader: bool = False) -> FloatArray:
    """Test scores of one network trained by a straightforward loop."""
    config, people = work.config, crowd.splits["train"]
    x, y, group = people.x.T.contiguous(), people.y.float(), people.group
    groups = torch.unique(group).tolist()
    plan = plan_batches((group * 2 + people.y).cpu().numpy(), config.batch_size)
    net = network(x.shape[1], config.model.width).to(x.device)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    soft = SoftDecision(config.threshold, config.penalty.temperature)
    order = np.random.default_rng([0, 1])
    for _ in range(config.epochs):
        rows = torch.from_numpy(plan.people(order)).to(x.device)
        parts = zip(plan.edges[:-1], plan.edges[1:], strict=True)
        batches = (
            DataLoader(TensorDataset(x, y, group), config.batch_size, shuffle=True)
            if loader
            else ((x[rows[a:b]], y[rows[a:b]], group[rows[a:b]]) for a, b in parts)
        )
        for features, label, own in batches:
            logit = net(features)[:, 0]
            loss = nn.functional.binary_cross_entropy_with_logits(logit, label)
            decided = soft(logit)
            means = torch.stack([decided[own == g].mean() for g in groups])
            loss = loss + strength * (means.max() - means.min()) ** 2
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
    with torch.no_grad():
        score: Tensor = torch.sigmoid(net(crowd.splits["test"].x.T)[:, 0])
    return score.double().cpu().numpy()


def network(features: int, width: int) -> nn.Sequential:
    """Two hidden layers, drawn from a fixed generator so that runs repeat."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Linear(features, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 1),
        )


def quality(work: Work, crowd: Crowd) -> list[str]:
    """Accuracy of both without mitigation and within gaps of 2 and 5 points, on test."""
    result = fit_sweep(work.data, work.config)
    test = result.splits["test"].score.astype(np.float64)
    return [
        f"{work.name}, ours, test: {best_within(test, crowd)}.",
        f"{work.name}, plain loops, test: {best_within(plain_sweep(work, crowd), crowd)}.",
    ]


def best_within(score: FloatArray, crowd: Crowd) -> str:
    """Accuracy unmitigated, and the best within a gap (chosen on test: for comparison only)."""
    people = crowd.splits["test"]
    accuracy, gap = [], []
    for row in score:
        table = count(
            GroupedOutcomes.from_arrays(
                y_true=people.y.cpu().numpy(),
                score=row,
                group=people.group.cpu().numpy(),
                group_names=crowd.group_names,
            )
        )
        accuracy.append(float((table.tp + table.tn).sum() / table.n.sum()))
        gap.append(float(GAPS[GAP](table)))
    words = [f"unmitigated {accuracy[0]:.4f} at gap {gap[0]:.3f}"]
    for limit in (0.02, 0.05):
        inside = [a for a, g in zip(accuracy, gap, strict=True) if g <= limit]
        words.append(f"{max(inside):.4f} within {limit}" if inside else f"none within {limit}")
    return ", ".join(words)


def arithmetic(work: Work, crowd: Crowd, seconds: float, device: str) -> list[str]:
    """Multiply-adds of training per second beside those of a plain matrix product."""
    config, people = work.config, crowd.splits["train"]
    width = config.model.width
    per_person = people.x.shape[0] * width + width * width + width
    models = len(config.penalty.strengths)
    # forward, gradient of weights, gradient of inputs (not for the first layer)
    flops = 2.0 * people.n * config.epochs * models * (3 * per_person - people.x.shape[0] * width)
    a = torch.rand(1024, 1024, device=device)
    product = median_seconds(_product(a, device), 20)
    return [
        f"{work.name}: {flops / seconds / 1e9:.0f} GFLOP/s over the whole sweep beside "
        f"{2 * 1024**3 / product / 1e9:.0f} GFLOP/s of a 1,024 × 1,024 matrix product."
    ]


def _product(a: Tensor, device: str) -> Callable[[], object]:
    def work() -> object:
        out = a @ a
        if device == "cuda":
            torch.cuda.synchronize()
        return out

    return work


def first_points(work: Work, device: str) -> list[Comparison]:
    """All three modes of the built-in table, and how soon the first point of a curve is known."""
    config = work.config.model_copy(update={"modes": ("penalty", "adversarial", "layer")})
    first: list[float] = []

    def run() -> None:
        seen: list[float] = []
        started = time.perf_counter()
        fit_sweep(work.data, config, lambda _: seen.append(time.perf_counter() - started))
        first.append(seen[0])

    whole = median_seconds(run, 3)
    return [
        faster(
            f"{work.name}: three modes, 63 models, {device}",
            whole,
            "limit of 10 s",
            10.0,
            target=1.0,
            note=f"First points after {np.median(first):.2f} s.",
        )
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=None, help="the Adult table as CSV")
    parser.add_argument("--json", type=Path, default=None, help="where to write the figures")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--many", action="store_true", help="also 1,000 models on Adult")
    arguments = parser.parse_args()
    main(arguments.data, arguments.json, arguments.device, arguments.many)
