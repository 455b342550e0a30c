"""The ``fairlab`` command. Every verb has ``--json``; a refusal says what was found and what to do.

Heavy modules are imported by the verb that needs them, so that ``fairlab --help`` is quick.
"""

import contextlib
import importlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlab.commands.audit import audit
from fairlab.commands.console import AsJson, say, say_aside, say_json
from fairlab.commands.decide import decide
from fairlab.commands.doctor import doctor
from fairlab.commands.examine import examine, proxies
from fairlab.commands.frontier import frontier
from fairlab.commands.predict import model, predict
from fairlab.commands.record import app as record_app
from fairlab.commands.report import report
from fairlab.errors import FairlabError, InputError

if TYPE_CHECKING:
    from fairlab.results import Progress

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
    COVERAGE = "coverage"
    QUALITY = "quality"
    ADVERSARIAL = "adversarial"
    UPLOADS = "uploads"
    LIVE = "live"
    FAULTS = "faults"
    ROOM = "room"


Smallest = Annotated[
    int,
    typer.Option(min=0, help="Tables leave out what rests on fewer people; 0 keeps all."),
]


@app.command()
def sweep(
    config: Annotated[
        Path,
        typer.Argument(help="A run, or a decision record, as the Report page exports them."),
    ],
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file of a run on your own table.")
    ] = None,
    device: Annotated[Device | None, typer.Option(help="Replaces the one in the file.")] = None,
    models_at_once: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Train at most so many models together, for little memory. Scores differ a "
            "little with it.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for config.yaml, result.json and tables (CSV)")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Also write the decision record of the run's choice here."),
    ] = None,
    smallest: Smallest = 10,
    as_json: AsJson = False,
) -> None:
    """Train every strength and seed of a run; the same file gives the same numbers.

    Of a decision record, say every number that came out otherwise: status 0 when none did, 3 when
    they differ by no more than they may on another machine, 4 beyond that, 1 for another table.
    """
    from fairlab.commands.record import (
        open_table,
        read_run_or_record,
        recorded,
        refuse_without_choice,
        say_again,
        write_record,
    )
    from fairlab.commands.training import train
    from fairlab.data import open_task
    from fairlab.reports.export import export_notes, result_record, write_export
    from fairlab.reports.tables.points import points_table
    from fairlab.reports.terminal import sweep_text

    run, given = read_run_or_record(config)
    if device is not None:
        chosen = run.sweep.model_copy(update={"device": device.value})
        run = run.model_copy(update={"sweep": chosen})
    table = open_task(run, data) if given is None else open_table(given, data)
    if run.data.fingerprint == "":
        found = table.data.model_dump(include={"fingerprint", "rows", "filename"})
        run = run.model_copy(update={"data": run.data.model_copy(update=found)})
    refuse_without_choice(run, record)
    with _progress() as on_progress:
        result = train(run, data, models_at_once, on_progress)
    written = () if out is None else write_export(out, run, result, smallest)
    anew = recorded(run, result, table, given, models_at_once, smallest, wanted=record is not None)
    if record is not None and anew is not None:
        write_record(record, anew)
        written = (*written, record)
    if given is not None and anew is not None:
        raise typer.Exit(say_again(given, anew, written, as_json=as_json))
    if as_json:
        notes = export_notes(written, smallest) if written else ()
        content = result_record(run, result, smallest) | {"files": [str(path) for path in written]}
        content["left_out"] = list(notes)
        points = points_table(result, smallest=smallest)
        table_json = points.to_json(orient="records", double_precision=15)
        say_json(content | {"table": json.loads(table_json)})
        return
    say(sweep_text(result))
    for path in written:
        say(f"Written: {path}")
    for line in export_notes(written, smallest) if written else ():
        say(line)


app.command()(audit)
app.command()(frontier)
app.command()(decide)
app.command()(examine)
app.command()(proxies)
app.command()(predict)
app.command()(model)
app.command()(report)
app.command()(doctor)
app.add_typer(record_app, name="record")


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
        say_json(
            [
                {word: getattr(entry, word) for word in words} | {"sensitive": entry.sensitive}
                for entry in entries
            ]
        )
        return
    for entry in entries:
        rows = "any number of" if entry.rows is None else f"{entry.rows:,}"
        say(f"{entry.name}: {entry.title}")
        say(f"  {rows} people; {entry.outcome}; sensitive: {', '.join(entry.sensitive)}")
        need = "offline" if entry.offline else "downloaded once"
        say(f"  {entry.source} ({entry.licence}; {need})")
    if name is not None:
        card = Path(fairlab.__file__).parents[1] / entries[0].card
        if card.exists():
            say("")
            say(card.read_text(encoding="utf-8"))


@app.command()
def export(
    run: Annotated[str, typer.Argument(help="Id of a run: the last part of its link.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default run-ID.")] = None,
    smallest: Smallest = 10,
    as_json: AsJson = False,
) -> None:
    """Write the YAML, tables and record of a finished run."""
    from fairlab.reports.export import export_notes, write_export
    from fairlab.runs.store import RunStore

    store = RunStore()
    record = store.get(run)
    folder = Path(f"run-{run}") if out is None else out
    written = write_export(folder, record.config, store.load_result(run), smallest)
    notes = export_notes(written, smallest)
    if as_json:
        found = {"run": run, "digest": record.digest, "files": [str(path) for path in written]}
        say_json(found | {"left_out": list(notes)})
        return
    for line in (*(str(path) for path in written), *notes):
        say(line)


@app.command()
def worker(
    parent: Annotated[
        int | None, typer.Option(help="Process whose end also ends this worker.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Take runs for this device.")] = Device.CPU,
) -> None:
    """Train queued runs of this home (FAIRLAB_HOME) until stopped."""
    from fairlab.runs.worker_process import main as work

    work(parent, device.value)


@app.command()
def bench(
    what: Annotated[Benchmark, typer.Argument(help="What to measure.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="A real table to measure on (paper, quality, adversarial: a folder of tables)."
        ),
    ] = None,
    json_out: Annotated[Path | None, typer.Option(help="Also write the figures here.")] = None,
    device: Annotated[Device | None, typer.Option(help="Where to compute (layer, sweep).")] = None,
    package_python: Annotated[
        Path | None,
        typer.Option(help="Python that has the peer: fairness-training (layer), error-parity."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="How many seeds (paper, quality, adversarial).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side (paper).")
    ] = None,
    many: Annotated[
        bool, typer.Option("--many", help="Also 1,000 models in one sweep (sweep).")
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A part, to try it (paper, coverage, live, faults, room)."),
    ] = False,
    tables: Annotated[
        str | None, typer.Option(help="Which tables, with commas between (quality, adversarial).")
    ] = None,
    constraints: Annotated[
        str | None, typer.Option(help="Which constraints, with commas between (quality).")
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Which methods, with commas between (quality).")
    ] = None,
    people: Annotated[
        int | None,
        typer.Option(min=200, help="Most people to train and pick on (quality, adversarial)."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Cells computed so far; new ones are added (quality).")
    ] = None,
    redo: Annotated[
        str | None,
        typer.Option(help="Methods whose cells of other commits are computed again (quality)."),
    ] = None,
    only_report: Annotated[
        bool, typer.Option("--only-report", help="Report what --resume holds (quality).")
    ] = False,
    files: Annotated[
        int | None, typer.Option(min=1, help="How many hostile files (uploads).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure fairlab beside a named peer, in one process, warm; or how often intervals cover."""
    measure = _benchmark(what)
    if what is Benchmark.QUALITY and data is None and not (only_report or tables):
        raise InputError(
            "'bench quality' compares on several real tables, of which one alone is built in. Give "
            "the folder that has them with --data FOLDER, or name the built-in one: --tables "
            "loanapp."
        )
    options: dict[str, Any] = {"data": data} if what in _OPTIONS_OF["data"] else {}
    given = {
        "data": data,
        "device": None if device is None else device.value,
        "package_python": package_python,
        "seeds": seeds,
        "workers": workers,
        "quick": True if quick else None,
        "tables": _list(tables),
        "constraints": _list(constraints),
        "methods": _list(methods),
        "people": people,
        "resume": resume,
        "redo": _list(redo),
        "only_report": True if only_report else None,
        "many": True if many else None,
        "files": files,
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
        say(path.read_text(encoding="utf-8").rstrip())


_WITHOUT_DATA = (Benchmark.COVERAGE, Benchmark.FAULTS, Benchmark.ROOM)
_OPTIONS_OF = {
    "data": tuple(name for name in Benchmark if name not in _WITHOUT_DATA),
    "device": (Benchmark.LAYER, Benchmark.SWEEP),
    "package_python": (Benchmark.LAYER, Benchmark.FRONTIER),
    "seeds": (Benchmark.PAPER, Benchmark.QUALITY, Benchmark.ADVERSARIAL),
    "workers": (Benchmark.PAPER,),
    "quick": (
        Benchmark.PAPER,
        Benchmark.COVERAGE,
        Benchmark.LIVE,
        Benchmark.FAULTS,
        Benchmark.ROOM,
    ),
    "many": (Benchmark.SWEEP,),
    "files": (Benchmark.UPLOADS,),
    "tables": (Benchmark.QUALITY, Benchmark.ADVERSARIAL),
    "constraints": (Benchmark.QUALITY,),
    "methods": (Benchmark.QUALITY,),
    "people": (Benchmark.QUALITY, Benchmark.ADVERSARIAL),
    "resume": (Benchmark.QUALITY,),
    "redo": (Benchmark.QUALITY,),
    "only_report": (Benchmark.QUALITY,),
}


def _list(text: str | None) -> list[str] | None:
    """Names with commas between them; None for none given."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def main() -> None:
    """Entry point of the console script: errors meant for people go to stderr, status 1."""
    try:
        app()
    except FairlabError as error:
        problems = error.problems if isinstance(error, InputError) else (str(error),)
        for problem in problems:
            say_aside(problem)
        sys.exit(1)


@contextlib.contextmanager
def _progress() -> Iterator["Callable[[Progress], None]"]:
    """One line on a terminal that grows with the epochs; nothing where it would be noise."""
    shown = sys.stderr.isatty()

    def on_progress(progress: "Progress") -> None:
        if shown:
            where = f"{progress.mode}: epoch {progress.epoch} of {progress.epochs}"
            if progress.epoch == 0:
                where = "trying settings of the network"
            sys.stderr.write(f"\r{where}, {progress.share_done:.0%}   ")
            sys.stderr.flush()

    yield on_progress
    if shown:
        sys.stderr.write("\r\033[K")


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
