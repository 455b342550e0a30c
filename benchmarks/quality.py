"""Our fronts and the peers' on the same splits: accuracy within a gap, and hypervolume.

    fairlab bench quality --data FOLDER [--tables adult,compas] [--constraints equalized_odds]
        [--seeds 5] [--people 8000] [--resume cells.jsonl] [--methods …] [--json-out out.json]

``docs/quality.md`` says how points are picked and compared, and every method's settings. Cells
(table, constraint, seed, method) are computed one by one and appended to ``--resume``, tables of
seed 0 first, so that a part is balanced; a run that was stopped goes on there.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks import quality_report as shown
from benchmarks.harness import machine_line
from benchmarks.quality_cells import Cell, Place, append_cell, read_cells, run_cell
from benchmarks.quality_error_parity import error_parity
from benchmarks.quality_evidence import by_rule, rule_lines
from benchmarks.quality_fairlearn import fairlearn
from benchmarks.quality_fairret import fairret
from benchmarks.quality_ours import base_scores, ours
from benchmarks.quality_picks import PRICE
from benchmarks.quality_points import CONSTRAINTS, LIMITS, Asked, Base, Method
from benchmarks.quality_tables import TABLES, open_table, split_people
from benchmarks.quality_verdicts import People
from fairlab.data import TaskData
from fairlab.data.task import PreparedData
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray

TITLE = "Accuracy within a gap: our fronts and the peers', same splits, picked on validation people"
DISTRIBUTIONS = ("fairlearn", "fairret", "error-parity", "ecos", "scikit-learn", "torch", "numpy")


def all_methods() -> tuple[Method, ...]:
    """Ours and the peers', cheapest first, so that a part says something soon."""
    found = (*ours(), *error_parity(), *fairlearn(), *fairret())
    slow = ("fairlearn_eg", "fairlearn_adversarial", "fairret")
    return tuple(sorted(found, key=lambda m: m.name.startswith(slow)))


def main(
    data: Path | None = None,
    json_path: Path | None = None,
    seeds: int = 5,
    people: int | None = None,
    tables: Sequence[str] = (),
    constraints: Sequence[str] = (),
    methods: Sequence[str] = (),
    resume: Path | None = None,
    redo: Sequence[str] = (),
    only_report: bool = False,
) -> None:
    """Compute the cells there are not yet, print the tables, and write JSON when asked.

    Args:
        data: Folder with the tables; None for the built-in one alone.
        json_path: Where to write the figures.
        seeds: How many; each splits anew and trains anew.
        people: Most people to learn from and pick on, per table; None for all.
        tables, constraints, methods: Which; () is all of them.
        resume: Cells so far; new ones are appended.
        redo: Methods whose cells are computed again where another commit computed them.
        only_report: Compute nothing.

    Raises:
        InputError: For an unknown name, or a folder without the tables.
    """
    run = Run(data, people, tables, constraints, methods, seeds)
    cells = {} if resume is None else read_cells(resume)
    if not only_report:
        torch.set_num_threads(1)
        with threadpool_limits(1):
            for place, method in run.missing(cells, redo):
                print(f"{time.strftime('%H:%M:%S')} {place.table} {place.constraint} seed "
                      f"{place.seed} {method.name}", end=" ", flush=True)  # fmt: skip
                cell = run.cell(place, method)
                print(f"{cell.seconds:.1f} s {cell.failed}", flush=True)
                cells[cell.key] = cell
                if resume is not None:
                    append_cell(resume, cell)
    record = run.record(cells)
    print(shown.text(record))
    if json_path is not None:
        json_path.write_text(shown.as_json(record), encoding="utf-8")
        print(f"Written to {json_path}.")


class Run:
    """What was asked for, and the tables opened so far.

    Args:
        data, people, tables, constraints, methods, seeds: As :func:`main`.
    """

    def __init__(
        self,
        data: Path | None,
        people: int | None,
        tables: Sequence[str] = (),
        constraints: Sequence[str] = (),
        methods: Sequence[str] = (),
        seeds: int = 5,
    ) -> None:
        everything = all_methods()
        self.data, self.people, self.seeds = data, people, range(seeds)
        built_in = [name for name, table in TABLES.items() if not table.file]
        self.tables = chosen("tables", tables, list(TABLES) if data is not None else built_in)
        self.constraints = chosen("constraints", constraints, CONSTRAINTS)
        names = chosen("methods", methods, [m.name for m in everything])
        self.methods = [
            m for m in everything if m.name in names and (m.name in methods or not m.optional)
        ]
        self._also = [m for m in everything if m.optional and not methods]
        self.absent = sorted({m.needs for m in self.methods if m.needs and not find_spec(m.needs)})
        self.present = [m for m in self.methods if m.needs not in self.absent]
        self.versions = versions()
        self._table = lru_cache(maxsize=2)(self._open)
        self.prepared = lru_cache(maxsize=2)(self._split)
        self._base = lru_cache(maxsize=6)(self._scores)
        self._people = lru_cache(maxsize=None)(self._tested)

    def places(self) -> Iterator[tuple[Place, Method]]:
        """Every cell: all of seed 0 first, then of seed 1 and so on."""
        for seed in self.seeds:
            for table in self.tables:
                for constraint in self.constraints:
                    for method in self.present:
                        yield Place(table, constraint, seed, self.people), method

    def missing(
        self, cells: Mapping[str, Cell], redo: Sequence[str] = ()
    ) -> Iterator[tuple[Place, Method]]:
        """Cells there are not yet, are to be computed again, or failed at another commit."""
        chosen("methods", redo, [m.name for m in all_methods()])
        for place, method in self.places():
            cell = cells.get(place.key(method))
            old = cell is not None and cell.versions.get("commit") != self.versions["commit"]
            if cell is None or (old and (method.name in redo or cell.failed)):
                yield place, method

    def cell(self, place: Place, method: Method) -> Cell:
        """Compute a cell."""
        prepared = self.prepared(place.table, place.seed)

        def base(which: Base) -> Mapping[str, FloatArray]:
            return self._base(place.table, place.seed, which)

        asked = Asked(prepared, place.constraint, place.seed, base)
        return run_cell(place, method, asked, self.versions, time.process_time)

    def record(self, cells: Mapping[str, Cell]) -> dict[str, Any]:
        """Everything that is reported, from the cells asked for that there are."""
        wanted = [place.key(method) for place, method in self.places()]
        also = {
            place.key(method): method
            for place in dict.fromkeys(place for place, _ in self.places())
            for method in self._also
        }
        mine = [cells[key] for key in (*wanted, *also) if key in cells]
        names = {cell.method for cell in mine}
        methods = [*self.present, *(m for m in self._also if m.name in names)]
        studies = shown.studies(mine, self._people, self.shared)
        evidence = by_rule(studies, methods)
        failed = [f"{c.method} on {c.place.table} ({c.failed})" for c in mine if c.failed]
        facts = [
            *self._progress(sum(key in cells for key in wanted), len(wanted)),
            "The seed chooses the split and starts the training.",
            "Each limit's point is picked on validation people alone: of each family the one of "
            "highest expected accuracy within the limit on resampled validation people, of the "
            "families the best after the luck of having been picked is subtracted. The figures are "
            "of test people. Accuracy within the limit is accuracy minus "
            f"{PRICE:g} × what the gap exceeds the limit by.",
            shown.REFERENCE,
        ]
        if self.people is not None:
            facts.append(
                f"At most {self.people:,} people of a table are learnt from and picked on."
            )
        facts += rule_lines(evidence)
        commits = sorted({c.versions.get("commit", "unknown") for c in mine})
        facts.append(f"Computed at {', '.join(commits)}; seconds are of one processor core.")
        facts += [f"{name} is not installed: its rows are absent." for name in self.absent]
        facts += [f"Failed: {text}." for text in failed]
        return {
            "title": TITLE,
            "machine": machine_line(),
            "versions": self.versions,
            "people": self.people,
            "seeds": list(self.seeds),
            "limits": list(LIMITS),
            "price": PRICE,
            "facts": facts,
            "settings": {m.name: dict(m.settings) for m in methods},
            "rules": evidence,
            "studies": [
                {
                    "table": s.table,
                    "title": TABLES[s.table].title,
                    "constraint": s.constraint,
                    "people": list(next(iter(next(iter(s.cells.values())).values())).sizes),
                    "seconds": {
                        name: round(float(np.mean([c.seconds for c in by_seed.values()])), 1)
                        for name, by_seed in s.cells.items()
                    },
                    "methods": shown.rows_of(s, methods),
                }
                for s in studies
            ],
            "verdicts": [v for s in studies for v in shown.verdicts_of(s, methods)],
        }

    def _progress(self, done: int, planned: int) -> list[str]:
        """Nothing more to say of a run that is complete."""
        said = f"{done:,} of {planned:,} cells computed."
        if done == planned:
            return [said]
        return [
            f"Partial run: {said[:-1]}; a front counts in the seeds in which all of its methods "
            "have been run, and each comparison says how many those are."
        ]

    def shared(self, table: str) -> float:
        """Share of the test people of one seed that another seed's are expected to hold."""
        tested = len(self._people(table, self.seeds[0]).y)
        return tested / len(self._table(table).frame)

    def _open(self, table: str) -> TaskData:
        return open_table(TABLES[table], self.data)

    def _split(self, table: str, seed: int) -> PreparedData:
        return split_people(self._table(table), TABLES[table].by, seed, self.people)

    def _scores(self, table: str, seed: int, base: Base) -> Mapping[str, FloatArray]:
        return base_scores(self.prepared(table, seed), seed, base)

    def _tested(self, table: str, seed: int) -> People:
        from benchmarks.quality_tables import group_of

        prepared = self.prepared(table, seed)
        return People(prepared.splits["test"].y_true, group_of(prepared, "test"))


def chosen(what: str, asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Names asked for, in the order of those known; all if none was.

    Raises:
        InputError: For a name that is not known.
    """
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise InputError(
            f"There is no {unknown[0]!r} among the {what}. Choose among: {', '.join(known)}."
        )
    return [name for name in known if name in asked or not asked]


def versions() -> dict[str, str]:
    """Of the packages at work, and the commit."""
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    folder = Path(__file__).parent
    asked = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found["commit"] = asked.stdout.strip() if asked.returncode == 0 else "unknown"
    return found


def _names(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def run() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the tables")
    parser.add_argument("--json", type=Path, dest="json_path", help="write the figures here")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--people", type=int, help="most people to learn from and pick on")
    parser.add_argument("--resume", type=Path, help="cells so far; new ones are appended")
    parser.add_argument("--only-report", action="store_true", help="compute nothing")
    for name in ("tables", "constraints", "methods", "redo"):
        parser.add_argument(f"--{name}", type=_names, default=())
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main(**vars(parser.parse_args()))


if __name__ == "__main__":
    run()
