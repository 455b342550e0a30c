"""The paper's comparison: fairness layer, post-hoc projection, penalty, strict penalty.

Troxell, Roemer, Montúfar, "Differentiable Optimization Layers for Guaranteed Fairness in Deep
Learning", ICML 2026 (arXiv 2605.17118): 32 made-up settings, and loanapp, Adult and COMPAS; small
and large batches; 10 seeds; error or accuracy at equal slack. What is compared, what differs from
the paper, and how the figures read: ``docs/paper_comparison.md``.

    python -m benchmarks.paper [--data FOLDER] [--json out.json] [--quick] [--seeds 10]
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import machine_line
from benchmarks.paper_data import (
    SETTINGS,
    Study,
    check_folder,
    named_table,
    synthetic,
)
from benchmarks.paper_evaluate import evaluate
from benchmarks.paper_summary import (
    TITLE,
    as_json,
    described,
    made_up_methods,
    made_up_summary,
    text,
)
from benchmarks.paper_train import STRENGTHS, STRICT, Recipe, train

SEEDS = 10
SLACK = 0.05
TABLE_SLACKS = (0.05, 0.01)
QUICK_SETTINGS: tuple[int, ...] = (0, 31)


@dataclass(frozen=True, slots=True)
class Job:
    """One study to train and evaluate in a process of its own.

    Attributes:
        what: Index of a made-up setting, or the name of a table.
        batches: ``large`` or ``small``.
        slack: ε.
        seeds: How many.
        data: Folder of the tables.
        shorter: Divides the epochs (``--quick``).
    """

    what: int | str
    batches: str
    slack: float
    seeds: int
    data: Path | None
    shorter: int


def main(
    data: Path | None = None,
    json_path: Path | None = None,
    seeds: int = SEEDS,
    workers: int | None = None,
    quick: bool = False,
) -> None:
    """Train and evaluate everything, print the summary, and write all figures as JSON when asked.

    Args:
        data: Folder with ``adult.csv.gz`` and ``compas_two_years_noid.csv.gz``; None leaves
            these two out.
        json_path: Where to write the figures of every study.
        seeds: Draws of people (or splits), initial weights and batch orders.
        workers: Processes side by side, one thread each; default one per core.
        quick: Two settings, one table, fewer seeds and epochs: to see that it works.

    Raises:
        InputError: If the folder lacks a table.
    """
    started = time.perf_counter()
    if data is not None:
        check_folder(data)
    jobs = plan(data, min(seeds, 3) if quick else seeds, quick)
    count = os.cpu_count()
    parallel = workers if workers is not None else (count if count is not None else 1)
    studies: list[dict[str, Any]] = []
    with ProcessPoolExecutor(parallel, mp_context=get_context("spawn")) as pool:
        for done, record in enumerate(pool.map(run, jobs), 1):
            studies.append(record)
            sys.stderr.write(f"{done} of {len(jobs)}: {record['study']}, {record['batches']}\n")
    record = {
        "title": TITLE,
        "machine": machine_line(),
        "seeds": jobs[0].seeds,
        "strengths": {**STRENGTHS, "strict": STRICT},
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "made_up": made_up_summary(studies),
        "made_up_methods": made_up_methods(studies),
        "tables": [s for s in studies if not s["levels"]],
        "settings": [s for s in studies if s["levels"]],
    }
    for found in studies:
        del found["scored"]
    print(text(record))
    if json_path is not None:
        json_path.write_text(as_json(record))
        print(f"Written to {json_path}.")


def plan(data: Path | None, seeds: int, quick: bool) -> list[Job]:
    """All studies, the longest first."""
    names: list[int | str] = list(QUICK_SETTINGS if quick else range(len(SETTINGS)))
    files = ("loanapp",) if data is None or quick else ("Adult", "COMPAS", "loanapp")
    shorter = 4 if quick else 1
    return [
        Job(what, batches, slack, seeds, data, shorter)
        for what in (*files, *names)
        for batches in ("large", "small")
        for slack in ((SLACK,) if isinstance(what, int) or quick else TABLE_SLACKS)
    ]


def recipe(study: Study, batches: str) -> Recipe:
    """Batch size, epochs and learning rate, the same for all methods."""
    n = study.y["train"].shape[1]
    if study.kind == "regression":
        if batches == "large":
            return Recipe(batch=500, epochs=40, rate=1e-2, early=2)
        return Recipe(batch=20, epochs=8, rate=3e-3, early=1)
    if batches == "large":
        big = n > 10_000
        return Recipe(batch=2_000 if big else 500, epochs=12 if big else 40, rate=1e-2, early=2)
    if n > 10_000:
        return Recipe(batch=20, epochs=3, rate=1e-3, early=1)
    return Recipe(batch=20, epochs=12, rate=3e-3, early=1)


def run(job: Job) -> dict[str, Any]:
    """Train and evaluate one study; JSON-ready, but for the arrays under ``scored``."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    study = study_of(job)
    chosen = recipe(study, job.batches)
    chosen = replace(chosen, epochs=max(2, chosen.epochs // job.shorter))
    started = time.perf_counter()
    fitted = train(study, job.slack, chosen)
    seconds = time.perf_counter() - started
    states = {"full": fitted.best, "short": fitted.early}
    found = {
        name: evaluate(study, scores, job.slack, online_too=name == "full")
        for name, scores in states.items()
    }
    return {
        "study": study.name,
        "levels": dict(study.levels),
        "batches": job.batches,
        "batch": chosen.batch,
        "epochs": chosen.epochs,
        "slack": job.slack,
        "measure": found["full"]["layer"].measure,
        "seconds": seconds,
        "worst_excess_in_training": fitted.worst_excess,
        "people": {split: len(group) for split, group in study.group.items()},
        "groups": [int(c) for c in torch.bincount(study.group["test"])],
        "training": {name: described(methods) for name, methods in found.items()},
        "scored": found,
    }


def study_of(job: Job) -> Study:
    """The people of a job."""
    if isinstance(job.what, int):
        return synthetic(SETTINGS[job.what], range(job.seeds))
    return named_table(job.what, job.data, range(job.seeds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=None, help="folder with Adult and COMPAS")
    parser.add_argument("--json", type=Path, default=None, help="where to write the figures")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    main(arguments.data, arguments.json, arguments.seeds, arguments.workers, arguments.quick)
