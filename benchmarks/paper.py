"""The paper's comparison: fairness layer, post-hoc projection, penalty, strict penalty.

Troxell, Roemer, Montúfar, "Differentiable Optimization Layers for Guaranteed Fairness in Deep
Learning", ICML 2026 (arXiv 2605.17118): 32 made-up settings, and loanapp, Adult and COMPAS; small
and large batches; 10 seeds; error or accuracy at equal slack. What is compared, what differs from
the paper, and how the figures read: ``docs/paper_comparison.md``.

    python -m benchmarks.paper [--data FOLDER] [--json out.json] [--quick] [--seeds 10]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from benchmarks.harness import columns, machine_line
from benchmarks.paper_data import (
    LEVELS,
    SETTINGS,
    Study,
    check_folder,
    named_table,
    synthetic,
)
from benchmarks.paper_evaluate import OTHERS, Scored, evaluate
from benchmarks.paper_train import STRENGTHS, STRICT, Recipe, train
from fairlab.outcomes import FloatArray

SEEDS = 10
SLACK = 0.05
TABLE_SLACKS = (0.05, 0.01)
QUICK_SETTINGS: tuple[int, ...] = (0, 31)
TITLE = "The paper's comparison: layer, post-hoc projection, penalty, strict penalty"


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


def described(methods: Mapping[str, Scored]) -> dict[str, Any]:
    """Every method's figures with intervals over seeds, and layer − other paired by seed."""
    layer = methods["layer"]
    return {
        "methods": {
            name: {
                "value": interval(found.values),
                "loss": interval(found.loss),
                "gap": interval(found.gap),
                "batches_within_slack": found.held,
            }
            for name, found in methods.items()
        },
        "layer_minus": {other: interval(layer.values - methods[other].values) for other in OTHERS},
        "layer_minus_loss": {other: interval(layer.loss - methods[other].loss) for other in OTHERS},
    }


def interval(values: FloatArray) -> dict[str, float]:
    """Mean and 95 % interval by Student's t over seeds."""
    mean = float(values.mean())
    if len(values) < 2:
        raise ValueError("An interval over seeds needs at least two of them.")
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return {"mean": mean, "low": mean - half, "high": mean + half}


def made_up_summary(studies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Layer − other over the made-up settings: all, and those of each factor level.

    The mean over settings is taken within each seed and its interval is over seeds; ``better`` and
    ``worse`` count settings whose own interval excludes 0.
    """
    rows = []
    for batches in ("large", "small"):
        for training in ("full", "short"):
            mine = [s for s in studies if s["levels"] and s["batches"] == batches]
            subsets = {"all": mine}
            for factor, levels in LEVELS.items():
                for level in levels:
                    part = [s for s in mine if s["levels"][factor] == level]
                    subsets[f"{factor}: {level}"] = part
            for name, part in subsets.items():
                if not part:
                    continue
                for other in OTHERS:
                    paired = np.stack(
                        [
                            s["scored"][training]["layer"].values
                            - s["scored"][training][other].values
                            for s in part
                        ]
                    )
                    own = [interval(row) for row in paired]
                    rows.append(
                        {
                            "settings": name,
                            "count": len(part),
                            "batches": batches,
                            "training": training,
                            "other": other,
                            "layer_minus_other": interval(paired.mean(0)),
                            "better": sum(i["high"] < 0 for i in own),
                            "worse": sum(i["low"] > 0 for i in own),
                        }
                    )
    return rows


def made_up_methods(studies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every method's error and gap, meaned over the made-up settings, with intervals over seeds."""
    rows = []
    for batches in ("large", "small"):
        for training in ("full", "short"):
            part = [
                s["scored"][training] for s in studies if s["levels"] and s["batches"] == batches
            ]
            rows += [
                {
                    "batches": batches,
                    "training": training,
                    "method": method,
                    "error": interval(np.mean([s[method].values for s in part], axis=0)),
                    "gap": interval(np.mean([s[method].gap for s in part], axis=0)),
                    "batches_within_slack": {
                        size: float(np.mean([s[method].held[size] for s in part]))
                        for size in ("large", "small")
                    },
                }
                for method in part[0]
            ]
    return rows


def text(record: Mapping[str, Any]) -> str:
    """The summary as text."""
    lines = [
        TITLE,
        record["machine"],
        f"{record['seeds']} seeds; {record['minutes']} minutes. 95 % intervals over seeds.",
    ]
    means: list[tuple[str, ...]] = [
        ("made-up settings, MSE", "batches", "training", "mean error", "gap", "held")
    ]
    for row in record["made_up_methods"]:
        means.append(
            (
                row["method"],
                row["batches"],
                row["training"],
                shown(row["error"]),
                shown(row["gap"]),
                f"{row['batches_within_slack']['large']:.0%}",
            )
        )
    lines += ["", columns(means, [""] * (len(means) - 1))]
    rows: list[tuple[str, ...]] = [
        ("made-up settings, MSE", "batches", "training", "layer − other", "", "lower", "higher")
    ]
    for row in record["made_up"]:
        if row["settings"] == "all" or (row["other"] == "post-hoc" and row["training"] == "full"):
            rows.append(
                (
                    f"{row['settings']} ({row['count']})",
                    row["batches"],
                    row["training"],
                    row["other"],
                    shown(row["layer_minus_other"]),
                    str(row["better"]),
                    str(row["worse"]),
                )
            )
    lines += ["", columns(rows, [""] * (len(rows) - 1))]
    lines.append("Lower: the layer's error is lower in so many settings, interval clear of 0.")
    heads: list[tuple[str, ...]] = [
        (
            "table, accuracy",
            "slack",
            "batches",
            "method",
            "accuracy",
            "loss",
            "gap",
            "held",
            "layer − it: accuracy",
            "loss",
        )
    ]
    for study in record["tables"]:
        full = study["training"]["full"]
        for name, found in full["methods"].items():
            minus = full["layer_minus"].get(name)
            heads.append(
                (
                    study["study"],
                    f"{study['slack']:g}",
                    study["batches"],
                    name,
                    shown(found["value"]),
                    f"{found['loss']['mean']:.4f}",
                    shown(found["gap"]),
                    f"{found['batches_within_slack']['large']:.0%}",
                    "" if minus is None else shown(minus),
                    "" if minus is None else shown(full["layer_minus_loss"][name]),
                )
            )
    lines += ["", columns(heads, [""] * (len(heads) - 1))]
    lines.append("Held: share of test batches of up to 1,000 people whose gap is within the slack.")
    worst = max(s["worst_excess_in_training"] for s in (*record["settings"], *record["tables"]))
    lines.append(f"Largest gap of the layer beyond its slack on any training batch: {worst:.1e}.")
    return "\n".join(lines)


def shown(found: Mapping[str, float]) -> str:
    """ "0.123 [0.120, 0.126]"."""
    return f"{found['mean']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"


def as_json(record: Mapping[str, Any]) -> str:
    """JSON with a study or summary row per line and numbers of five significant digits."""
    parts = []
    for key, value in rounded(record).items():
        if isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(row, allow_nan=False)}" for row in value)
            parts.append(f" {json.dumps(key)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def rounded(value: Any) -> Any:
    """The same with numbers of five significant digits."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=None, help="folder with Adult and COMPAS")
    parser.add_argument("--json", type=Path, default=None, help="where to write the figures")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    main(arguments.data, arguments.json, arguments.seeds, arguments.workers, arguments.quick)
