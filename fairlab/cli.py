"""The ``fairlab`` command. Every verb has ``--json``; a refusal says what was found and what to do.

Heavy modules are imported by the verb that needs them, so that ``fairlab --help`` is quick.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlab.errors import FairlabError, InputError

if TYPE_CHECKING:
    import pandas as pd

    from fairlab.results import Progress, ScoredPeople

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Explore fairness trade-offs in machine learning on your own data.",
)


class Device(StrEnum):
    """Where to train."""

    CPU = "cpu"
    CUDA = "cuda"


class Benchmark(StrEnum):
    """What to measure."""

    LAYER = "layer"
    PAPER = "paper"
    SWEEP = "sweep"
    AUDIT = "audit"
    FRONTIER = "frontier"
    APP = "app"


Smallest = Annotated[
    int,
    typer.Option(min=0, help="rates.csv leaves out what rests on fewer people; 0 keeps all."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.command()
def sweep(
    config: Annotated[Path, typer.Argument(help="A run as YAML, as the Report page exports it.")],
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file of a run on your own table.")
    ] = None,
    device: Annotated[Device | None, typer.Option(help="Replaces the one in the file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for points.csv, rates.csv, config.yaml, result.json")
    ] = None,
    smallest: Smallest = 10,
    as_json: AsJson = False,
) -> None:
    """Train every strength and seed of a configuration; the same file gives the same numbers."""
    # Before torch is imported. Threads that spin while they wait make a sweep several times
    # slower on cores that others use too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from fairlab.config import RunConfig
    from fairlab.data import open_task
    from fairlab.reports.export import result_record, write_export
    from fairlab.reports.tables.points import points_table
    from fairlab.reports.terminal import sweep_text
    from fairlab.training import fit_sweep

    run = RunConfig.from_yaml(_text(config))
    if device is not None:
        chosen = run.sweep.model_copy(update={"device": device.value})
        run = run.model_copy(update={"sweep": chosen})
    table = open_task(run, data)
    if run.data.fingerprint == "":
        found = table.data.model_dump(include={"fingerprint", "rows", "filename"})
        run = run.model_copy(update={"data": run.data.model_copy(update=found)})
    with _progress() as on_progress:
        result = fit_sweep(table, run, on_progress)
    written = () if out is None else write_export(out, run, result, smallest)
    if as_json:
        record = result_record(run, result) | {"files": [str(path) for path in written]}
        table_json = points_table(result).to_json(orient="records", double_precision=15)
        _say_json(record | {"table": json.loads(table_json)})
        return
    _say(sweep_text(result))
    for path in written:
        _say(f"Written: {path}")


@app.command()
def audit(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with one row per person.")],
    label: Annotated[str, typer.Option(help="Column with what truly happened.")],
    sensitive: Annotated[
        list[str], typer.Option(help="Column of a sensitive attribute; may be given again.")
    ],
    score: Annotated[str | None, typer.Option(help="Column of scores.")] = None,
    decision: Annotated[str | None, typer.Option(help="Column of decisions.")] = None,
    favourable: Annotated[
        list[str] | None, typer.Option(help="Label value that is favourable; may be repeated.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Selected if score >= threshold.")] = 0.5,
    risk: Annotated[
        bool, typer.Option("--risk", help="High scores are unfavourable: selected if <= threshold.")
    ] = False,
    selected: Annotated[
        list[str] | None, typer.Option(help="Decision value that means selected.")
    ] = None,
    crossed: Annotated[
        bool, typer.Option("--crossed", help="Cross the attributes instead of one by one.")
    ] = False,
    draws: Annotated[int, typer.Option(help="Resampled populations for the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(help="Same seed, same intervals.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Rates and gaps of a table of predictions, each with its n and its interval."""
    from fairlab.data import read_path, read_predictions
    from fairlab.metrics.audit import audit as run_audit
    from fairlab.reports.terminal import audit_text

    table = read_path(file)
    good = _favourable(table.frame, label) if favourable is None else favourable
    people = read_predictions(
        table.frame,
        label=label,
        favourable=good,
        sensitive=sensitive,
        score=score,
        decision=decision,
        selected=selected,
        threshold=threshold,
        higher_is_better=not risk,
    )
    groupings = [tuple(sensitive)] if crossed else [(name,) for name in sensitive]
    found = {
        " × ".join(by): run_audit(
            people.outcomes(by), people.threshold, draws, seed, has_scores=people.has_scores
        )
        for by in groupings
    }
    if as_json:
        record = {"notes": [*table.notes, *people.notes]}
        _say_json({**record, "audits": {by: one.to_record() for by, one in found.items()}})
        return
    taken = "" if favourable is not None else " (say another with --favourable VALUE)"
    _say(f"Favourable: {label} = {' or '.join(good)}{taken}")
    for by, one in found.items():
        _say(audit_text(by, one, people.has_scores))
    for note in (*table.notes, *people.notes):
        _say(f"- {note}")


@app.command()
def frontier(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet of scored validation people.")],
    label: Annotated[str, typer.Option(help="Column with what truly happened.")],
    score: Annotated[str, typer.Option(help="Column of scores.")],
    sensitive: Annotated[
        list[str], typer.Option(help="Column of a sensitive attribute; may be given again.")
    ],
    favourable: Annotated[
        list[str] | None, typer.Option(help="Label value that is favourable; may be repeated.")
    ] = None,
    risk: Annotated[
        bool, typer.Option("--risk", help="High scores are unfavourable: their sign is turned.")
    ] = False,
    crossed: Annotated[
        bool, typer.Option("--crossed", help="Cross the attributes instead of one by one.")
    ] = False,
    constraint: Annotated[
        str, typer.Option(help="Whose gap is at most the slack, such as equalized_odds.")
    ] = "demographic_parity",
    mean: Annotated[
        bool, typer.Option("--mean", help="Equalized odds as the mean of its two gaps.")
    ] = False,
    cost_fp: Annotated[float, typer.Option(help="Cost of a false positive.")] = 1,
    cost_fn: Annotated[float, typer.Option(help="Cost of a false negative.")] = 1,
    slack: Annotated[
        float | None, typer.Option(help="Also give the rule for this slack (0.05 is 5 points).")
    ] = None,
    rule: Annotated[
        Path | None, typer.Option(help="Write the rule here as JSON (with --slack).")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Other people, same columns: measure the rules on them.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Resampled populations for the bands.")] = 500,
    seed: Annotated[int, typer.Option(help="Same seed, same bands.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The best any thresholds per group allow for a score, at every slack; and the rule."""
    from fairlab.data import read_path, read_predictions
    from fairlab.frontier import threshold_frontier
    from fairlab.reports import terminal_frontier as say

    if slack is not None and slack > 1:
        raise InputError(
            f"--slack is {slack:g}; it is a share from 0 to 1. Write 0.05 for 5 points."
        )
    groupings = [tuple(sensitive)] if crossed else [(name,) for name in sensitive]
    if rule is not None and (slack is None or len(groupings) > 1):
        raise InputError(
            "--rule writes one rule: give --slack too, and one --sensitive column or --crossed."
        )
    table = read_path(file)
    good = _favourable(table.frame, label) if favourable is None else favourable

    def read(path: Path) -> "ScoredPeople":
        return read_predictions(
            (table if path == file else read_path(path)).frame,
            label=label,
            favourable=good,
            sensitive=sensitive,
            score=score,
            higher_is_better=not risk,
        )

    people, others = read(file), None if test is None else read(test)
    notes = [*table.notes, *people.notes, *(others.notes if others else ())]
    record: dict[str, Any] = {"notes": notes, "frontiers": {}}
    lines = [f"Favourable: {label} = {' or '.join(good)}"]
    for by in groupings:
        outcomes = people.outcomes(by)
        found = threshold_frontier(
            outcomes, constraint, cost_fp, cost_fn, form="mean" if mean else "max"
        )
        name = " × ".join(by)
        one = record["frontiers"][name] = say.frontier_record(found)
        lines.append(say.frontier_text(name, found))
        if others is not None:
            measured = found.evaluate(others.outcomes(by), draws, seed)
            one["test"] = say.evaluated_record(measured)
            lines.append(say.evaluated_text(measured))
        if slack is not None:
            chosen = found.at(slack)
            rounded = chosen.nearest_deterministic(outcomes)
            one["rule"] = say.rule_record(chosen, rounded)
            lines.append(say.rule_text(chosen, rounded))
            if rule is not None:
                _write(rule, chosen.to_json())
                lines.append(f"Written: {rule}")
    if as_json:
        _say_json(record)
        return
    for line in [*lines, *(f"- {note}" for note in dict.fromkeys(notes))]:
        _say(line)


@app.command()
def datasets(
    name: Annotated[str | None, typer.Argument(help="Show this table's card.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the built-in tables, or show the card of one."""
    import fairlab
    from fairlab.data import catalog

    entries = list(catalog.values()) if name is None else [catalog[name]]
    if as_json:
        words = ("name", "title", "rows", "outcome", "offline", "source", "licence")
        _say_json(
            [
                {word: getattr(entry, word) for word in words} | {"sensitive": entry.sensitive}
                for entry in entries
            ]
        )
        return
    for entry in entries:
        rows = "any number of" if entry.rows is None else f"{entry.rows:,}"
        _say(f"{entry.name}: {entry.title}")
        _say(f"  {rows} people; {entry.outcome}; sensitive: {', '.join(entry.sensitive)}")
        need = "offline" if entry.offline else "downloaded once"
        _say(f"  {entry.source} ({entry.licence}; {need})")
    if name is not None:
        card = Path(fairlab.__file__).parents[1] / entries[0].card
        if card.exists():
            _say("")
            _say(card.read_text(encoding="utf-8"))


@app.command()
def export(
    run: Annotated[str, typer.Argument(help="Id of a run: the last part of its link.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default run-ID.")] = None,
    smallest: Smallest = 10,
    as_json: AsJson = False,
) -> None:
    """Write the YAML, tables and record of a finished run."""
    from fairlab.reports.export import write_export
    from fairlab.runs.store import RunStore

    store = RunStore()
    record = store.get(run)
    folder = Path(f"run-{run}") if out is None else out
    written = write_export(folder, record.config, store.load_result(run), smallest)
    if as_json:
        _say_json({"run": run, "digest": record.digest, "files": [str(path) for path in written]})
        return
    for path in written:
        _say(str(path))


@app.command()
def worker(
    parent: Annotated[
        int | None, typer.Option(help="Process whose end also ends this worker.")
    ] = None,
) -> None:
    """Train queued runs of this home (FAIRLAB_HOME) until stopped."""
    from fairlab.runs.worker import main as work

    work(parent)


@app.command()
def bench(
    what: Annotated[Benchmark, typer.Argument(help="What to measure.")],
    data: Annotated[
        Path | None, typer.Option(help="A real table to measure on (paper: a folder of tables).")
    ] = None,
    json_out: Annotated[Path | None, typer.Option(help="Also write the figures here.")] = None,
    device: Annotated[Device | None, typer.Option(help="Where to compute (layer, sweep).")] = None,
    package_python: Annotated[
        Path | None,
        typer.Option(help="Python that has the peer: fairness-training (layer), error-parity."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=2, help="How many seeds (paper).")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side (paper).")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small part, to try it (paper).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure fairlab beside a named peer, in one process, warm."""
    measure = _benchmark(what)
    options: dict[str, Any] = {"data": data}
    given = {
        "device": None if device is None else device.value,
        "package_python": package_python,
        "seeds": seeds,
        "workers": workers,
        "quick": True if quick else None,
    }
    for option, value in given.items():
        if value is None:
            continue
        if what not in _OPTIONS_OF[option]:
            allowed = ", ".join(f"'bench {name}'" for name in _OPTIONS_OF[option])
            raise InputError(
                f"--{option.replace('_', '-')} is an option of {allowed}, not of 'bench {what}'. "
                "Leave it out."
            )
        options[option] = value
    if not as_json:
        measure(**options, json_path=json_out)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json" if json_out is None else json_out
        with contextlib.redirect_stdout(sys.stderr):
            measure(**options, json_path=path)
        _say(path.read_text(encoding="utf-8").rstrip())


_OPTIONS_OF = {
    "device": (Benchmark.LAYER, Benchmark.SWEEP),
    "package_python": (Benchmark.LAYER, Benchmark.FRONTIER),
    "seeds": (Benchmark.PAPER,),
    "workers": (Benchmark.PAPER,),
    "quick": (Benchmark.PAPER,),
}


def main() -> None:
    """Entry point of the console script: errors meant for people go to stderr, status 1."""
    try:
        app()
    except FairlabError as error:
        problems = error.problems if isinstance(error, InputError) else (str(error),)
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
        sys.exit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text. Save the YAML file as UTF-8.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened ({error.strerror}). Check the path; the Report page exports "
            "a run as YAML."
        ) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}). Check the path.") from error


@contextlib.contextmanager
def _progress() -> Iterator["Callable[[Progress], None]"]:
    """One line on a terminal that grows with the epochs; nothing where it would be noise."""
    shown = sys.stderr.isatty()

    def on_progress(progress: "Progress") -> None:
        if shown:
            sys.stderr.write(
                f"\r{progress.mode}: epoch {progress.epoch} of {progress.epochs}, "
                f"{progress.share_done:.0%}   "
            )
            sys.stderr.flush()

    yield on_progress
    if shown:
        sys.stderr.write("\r\033[K")


def _favourable(frame: "pd.DataFrame", label: str) -> Sequence[str]:
    """ "1" for a label of 0 and 1; any other label needs saying."""
    if label not in frame.columns:
        return ("1",)  # the missing column is what gets reported
    values = sorted(
        {
            f"{value:g}" if isinstance(value, (int, float)) else str(value)
            for value in frame[label].dropna().unique()
        }
    )
    if values == ["0", "1"]:
        return ("1",)
    shown = ", ".join(values[:6]) + (" …" if len(values) > 6 else "")
    raise InputError(
        f"Which value of '{label}' is favourable? It has {shown}. Say it with --favourable VALUE."
    )


def _benchmark(what: Benchmark) -> Any:
    import fairlab

    checkout = Path(fairlab.__file__).parents[1]
    if not (checkout / "benchmarks" / f"{what}.py").exists():
        raise InputError(
            "The benchmarks are not part of the installed package. Run this from a checkout of "
            "fairlab's repository."
        )
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    return importlib.import_module(f"benchmarks.{what}").main


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say_json(record: object) -> None:
    _say(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))
