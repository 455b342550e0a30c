"""How far off the time estimate is, on sweeps of several sizes of several tables.

The estimate is made as before a run, when nothing is encoded, and again with the encoded table. In
processor seconds, which a busy machine disturbs less than the clock's; for one thread:

    OMP_NUM_THREADS=1 python -m benchmarks.sweep_estimates [--data adult.csv.gz] [--lines out.jsonl]
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import Figure, report
from benchmarks.sweep import adult_table
from fairlab.config import MODES, SweepConfig, log_grid
from fairlab.data import TaskData, load, prepare
from fairlab.data.task import PreparedData
from fairlab.data.width import encoded_width
from fairlab.duration import Encoded, nominal_seconds, train_share
from fairlab.training import fit_sweep
from fairlab.training.people import gather

# Of Adult, so that sweeps are short.
ROWS = 6_000
LIMIT = 1.5
REPEATS = 1
CHANGES: dict[str, dict[str, Any]] = {
    "default": {},
    "adversarial": {"modes": ("adversarial",)},
    "layer": {"modes": ("layer",)},
    "three modes": {"modes": MODES},
    "logistic": {"model": {"kind": "logistic"}},
    "logistic, three modes": {"model": {"kind": "logistic"}, "modes": MODES},
    "width 16": {"model": {"width": 16}},
    "width 128": {"model": {"width": 128}, "epochs": 10},
    "depth 3": {"model": {"depth": 3}, "epochs": 15},
    "batches of 64": {"batch_size": 64, "epochs": 6},
    "batches of 1,024": {"batch_size": 1024},
    "one strength": {"penalty": {"strengths": (0.0,)}},
    "five strengths": {"penalty": {"strengths": log_grid(0.05, 10.0, 5)}},
    "three seeds": {"seeds": (0, 1, 2), "epochs": 10},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sweep: processor seconds taken, told before anything is encoded, told after."""

    table: str
    sweep: str
    taken: float
    before: float
    after: float


def main(
    data: Path | None = None, json_path: Path | None = None, lines: Path | None = None
) -> None:
    """Measure, print, and write.

    Args:
        data: The Adult table as CSV, or None.
        json_path: Where to write the figures as JSON.
        lines: Where to add a line of JSON for each sweep.
    """
    facts = [f"{torch.get_num_threads()} threads."]
    report("Time estimates", [], json_path, facts, estimates(data, lines))


def estimates(data: Path | None, lines: Path | None = None) -> list[Figure]:
    """How far off the estimate is on every table; see :func:`main`."""
    known = tables(data)
    measured: list[Line] = []
    for name, table in known.items():
        for line in lines_of(name, table):
            measured.append(line)
            if lines is not None:
                with lines.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({f: getattr(line, f) for f in Line.__slots__}) + "\n")
    return [figure for name in known for figure in figures_of(name, measured)]


def tables(data: Path | None) -> dict[str, TaskData]:
    """By name: the built-in table, a generated one and, with ``data``, the first of Adult."""
    found = {"loanapp": load("loanapp"), "synthetic": load("synthetic")}
    if data is not None:
        found[f"Adult's first {ROWS:,} people"] = adult_table(data, ROWS)
    return found


def sizes(table: TaskData) -> tuple[int, Encoded]:
    """People to train on, and how wide the table is once encoded."""
    train = gather(prepare(table), (), torch.device("cpu")).splits["train"]
    return train.n, train.encoded


def lines_of(name: str, table: TaskData) -> Iterator[Line]:
    """Each sweep of a table after one that warms up: the least of several times."""
    prepared = prepare(table)
    people, encoded = sizes(table)
    fit_sweep(prepared, SweepConfig(epochs=1, modes=MODES))
    for sweep, changes in CHANGES.items():
        config = SweepConfig.model_validate(changes)
        share = train_share(config)
        width = encoded_width(table.frame, table.task, share)
        before = nominal_seconds(config, share * len(table.frame), width).total
        after = nominal_seconds(config, people, encoded).total
        taken = min(_seconds(prepared, config) for _ in range(REPEATS))
        yield Line(name, sweep, taken, before, after)


def figures_of(name: str, lines: list[Line]) -> list[Figure]:
    """The largest factor between told and taken, as told by constants and at the table's pace."""
    own = [line for line in lines if line.table == name]
    pace = next(line.taken / line.before for line in own if line.sweep == "default")
    told = [line.before / line.taken for line in own]
    figures = []
    for how, ratios in (
        ("before it is encoded", told),
        ("before, at the pace of the default sweep", [pace * ratio for ratio in told]),
        ("once it is encoded", [line.after / line.taken for line in own]),
    ):
        figures.append(
            Figure(
                f"{name}: time told {how} and taken differ by a factor of at most",
                max(max(ratio, 1 / ratio) for ratio in ratios),
                limit=LIMIT,
                note=f"{len(own)} sweeps, {min(ratios):.2f} to {max(ratios):.2f} of the time, "
                f"median {statistics.median(ratios):.2f}.",
            )
        )
    return figures


def _seconds(prepared: PreparedData, config: SweepConfig) -> float:
    """Processor seconds of one sweep, of all threads together."""
    started = time.process_time()
    fit_sweep(prepared, config)
    return time.process_time() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=None, help="the Adult table as CSV")
    parser.add_argument("--json", type=Path, default=None, help="where to write the figures")
    parser.add_argument("--lines", type=Path, default=None, help="where to write every sweep")
    arguments = parser.parse_args()
    main(arguments.data, arguments.json, arguments.lines)
