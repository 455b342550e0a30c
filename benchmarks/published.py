"""The published package (``fairness-training`` on PyPI) beside ours, through its own Python."""

import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import sweep
from benchmarks.harness import Comparison, Figure, faster, median_seconds
from fairlab.errors import InputError
from fairlab.projection import project
from fairlab.training import fit_sweep
from fairlab.training.people import gather

SCRIPT = Path(__file__).with_name("published_layer.py")
NAME = "fairness-training 0.1.0"
SLACK = 0.05
EPOCHS = 2
# Its layer calls SCS with the default tolerance on float32 scores.
AGREE = 1e-3


def package_rows(
    python: Path, data: Path | None, device: str, repeats: int
) -> tuple[list[Comparison], list[Figure], list[str]]:
    """Times, differences and sentences about the package.

    Args:
        python: Interpreter of an environment that has the package.
        data: The Adult table, for a row about training; None leaves it out.
        device: Where ours runs.
        repeats: Calls of the package per figure.
    """
    comparisons: list[Comparison] = []
    figures: list[Figure] = []
    for n, target in ((256, 25.0), (4_096, 800.0)):
        row, found = projection(python, n, target, device, repeats)
        comparisons.append(row)
        figures += found
    facts = [
        "The package's layer was given the same float32 scores; it rebuilds its problem in each "
        "call and solves it to its solver's default tolerance, which is what differs."
    ]
    if data is None:
        facts.append("The row about training needs --data with the Adult table.")
    else:
        comparisons.append(training(python, data, device))
    return comparisons, figures, facts


def ask(python: Path, verb: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Run the package's side in its own process; arrays in, arrays out.

    Raises:
        InputError: If that interpreter cannot run it.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "inputs.npz", Path(folder) / "outputs.npz"
        np.savez(source, **inputs)
        command = [str(python), str(SCRIPT), verb, str(source), str(target)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise InputError(
                f"{python} cannot be run ({error.strerror}). Give the python of an environment "
                "that has fairness-training; benchmarks/results/README.md says how to make one."
            ) from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(
                f"The published package failed in {python}: {last}. "
                "benchmarks/results/README.md says what to install there."
            )
        with np.load(target) as outputs:
            return {name: outputs[name] for name in outputs.files}


def projection(
    python: Path, n: int, target: float, device: str, repeats: int
) -> tuple[Comparison, list[Figure]]:
    """One batch: seconds, scores and gradients of both."""
    rng = np.random.default_rng(n)
    group = (rng.random(n) < 0.33).astype(np.int64)
    z = (0.4 + 0.2 * group + 0.25 * rng.standard_normal(n)).astype(np.float32)
    direction = rng.standard_normal(n).astype(np.float32)
    given = {"z": z, "group": group, "direction": direction, "slack": SLACK, "repeats": repeats}
    theirs = ask(python, "project", given)
    scores = torch.tensor(z, device=device, requires_grad=True)
    codes = torch.tensor(group, device=device)
    along = torch.tensor(direction, device=device)
    p = torch.empty(0)

    def run() -> None:
        nonlocal p
        scores.grad = None
        p = project(scores, codes, SLACK).p
        torch.autograd.backward((p * along).sum())
        if device == "cuda":
            torch.cuda.synchronize()

    mine = median_seconds(run, 15)
    row = faster(
        f"n = {n:,}, one batch, its problem rebuilt",
        mine,
        NAME,
        statistics.median(theirs["seconds"].tolist()),
        target=target,
        note=f"Its own process; median of {repeats}.",
    )
    assert scores.grad is not None
    gradient = scores.grad.cpu().numpy()
    off = np.abs(gradient - theirs["gradient"]).max() / np.abs(theirs["gradient"]).max()
    largest = float(np.abs(p.detach().cpu().numpy() - theirs["p"]).max())
    return row, [
        Figure(f"n = {n:,}: scores − {NAME}'s, largest difference", largest, AGREE),
        Figure(f"n = {n:,}: gradients − {NAME}'s, relative", float(off), AGREE),
    ]


def training(python: Path, data: Path, device: str) -> Comparison:
    """Adult, batch 256: seconds per epoch and model of a sweep of 21 slacks and of the package."""
    work = sweep.adult(data, device)
    config = work.config.model_copy(
        update={"modes": ("layer",), "batch_size": 256, "epochs": EPOCHS}
    )
    models = len(config.grid("layer"))
    whole = median_seconds(lambda: fit_sweep(work.data, config), 3)
    people = gather(work.data, config.group_by, torch.device("cpu")).splits["train"]
    x = np.column_stack([people.x.numpy().T, people.group.numpy()])
    given = {
        "x": x,
        "y": people.y.numpy(),
        "slack": SLACK,
        "batch": 256,
        "epochs": EPOCHS,
        "width": config.model.width,
    }
    theirs = ask(python, "train", given)
    return faster(
        f"Adult, {people.n:,} people, batch 256: layer sweep of {models}, per epoch and model",
        whole / (EPOCHS * models),
        f"{NAME}'s trainer, same net",
        float(np.median(theirs["seconds"])),
        target=40.0,
        note=f"{EPOCHS} epochs each. Ours also validates, selects, freezes a rule and scores "
        "every split; the package only trains.",
    )
