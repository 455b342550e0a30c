"""Decision records in a shell: show one, check it, and compute it again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fairlab.commands.console import (
    AsJson,
    read_small_text,
    read_text,
    say,
    say_json,
    write_text,
)
from fairlab.errors import InputError

if TYPE_CHECKING:
    from fairlab.config import RunConfig
    from fairlab.data import TaskData
    from fairlab.decision import DecisionRecord
    from fairlab.decision.comparing import Difference
    from fairlab.results import SweepResult

WITHIN, BEYOND = 3, 4  # exit statuses: numbers differ, within what may be elsewhere; or beyond
_REMEDY = "The Report page exports decision records."


class _Show(TyperGroup):
    """``fairlab record FILE`` is ``fairlab record show FILE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Show,
    no_args_is_help=True,
    help="Show or check a decision record; 'fairlab sweep RECORD' computes it again.",
)
File = Annotated[Path, typer.Argument(help="A decision record, YAML or JSON.")]


def read_record(path: Path) -> "DecisionRecord":
    """A record from a file; a refusal says what is wrong with which field."""
    from fairlab.decision import DecisionRecord

    return DecisionRecord.from_yaml(read_small_text(path, "a decision record", _REMEDY))


@app.command()
def show(file: File, as_json: AsJson = False) -> None:
    """Check a record and print what it says."""
    from fairlab.reports.terminal_record import record_text

    record = read_record(file)
    if as_json:
        say_json(json.loads(record.to_json()))
        return
    say(record_text(record))


@app.command()
def check(
    file: File,
    data: Annotated[
        Path | None, typer.Option(help="Also check that this is the record's table.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a record, and whether a table is the one it was made with, without training."""
    from fairlab.decision.tables import refuse_other_table

    record = read_record(file)
    said = "The record is whole: every field is as the schema says."
    table = None
    if data is not None:
        table = _open(record, data)
        refuse_other_table(record, table)
        said += f" {data} is the table it was made with."
    if as_json:
        say_json(
            {
                "valid": True,
                "schema_version": record.schema_version,
                "digest": record.digest,
                "table": None if table is None else record.table.whole,
            }
        )
        return
    say(said)


@app.command()
def schema() -> None:
    """Print the JSON schema of decision records."""
    from fairlab.decision import schema as published

    say_json(published())


def open_table(record: "DecisionRecord", data: Path | None) -> "TaskData":
    """The record's table, from a file, the catalog, or what is kept here.

    Raises:
        InputError: If it is another table, with everything that differs; or there is none.
    """
    from fairlab.data import open_task
    from fairlab.decision.tables import refuse_other_table

    if data is None and record.run.data.source == "file":
        try:
            return open_task(record.run)
        except InputError as error:
            raise InputError(
                f"The record is about a table of its own ({record.run.data.filename}), which is "
                "not kept on this machine as it was. Give the file: --data FILE."
            ) from error
    table = _open(record, data)
    refuse_other_table(record, table)
    return table


def _open(record: "DecisionRecord", data: Path | None) -> "TaskData":
    """A table whatever its fingerprint, with the record's roles."""
    from fairlab.data import open_task

    open_one = record.run.data.model_copy(update={"fingerprint": ""})
    return open_task(record.run.model_copy(update={"data": open_one}), data)


def read_run_or_record(path: Path) -> tuple["RunConfig", "DecisionRecord | None"]:
    """The run of a file, and the decision record if it is one."""
    from fairlab.decision.reading import run_or_record

    return run_or_record(read_text(path))


def refuse_without_choice(run: "RunConfig", record: Path | None) -> None:
    """Before anything is trained: there is no decision to record without a choice."""
    if record is not None and run.choice is None:
        raise InputError(
            "The run has no choice, so there is no decision to record. Choose a model on Train and "
            "export the run, or add a choice to the file; or leave --record out."
        )


def recorded(
    run: "RunConfig",
    result: "SweepResult",
    table: "TaskData",
    given: "DecisionRecord | None",
    models_at_once: int | None,
    smallest: int,
    *,
    wanted: bool,
) -> "DecisionRecord | None":
    """The decision as it came out now; of a plain run only where that is wanted."""
    from fairlab.decision.making import make_record, remade

    if given is not None:
        return remade(given, run, result, table, models_at_once)
    if not wanted or run.choice is None:
        return None
    return make_record(
        run,
        result,
        table,
        choice=run.choice,
        reason=run.choice.reason,
        dissent=run.choice.dissent,
        smallest=smallest,
        models_at_once=models_at_once,
    )


def say_again(
    record: "DecisionRecord",
    anew: "DecisionRecord",
    written: Sequence[Path],
    *,
    as_json: bool,
) -> int:
    """Print every number that came out otherwise; the exit status."""
    from fairlab.decision.comparing import differences
    from fairlab.reports.terminal_record import comparison_text

    found = differences(record, anew)
    if as_json:
        files = {"files": [str(path) for path in written]}
        say_json(comparison_json(record, anew, found) | files)
    else:
        say(comparison_text(record, anew, found))
        for path in written:
            say(f"Written: {path}")
    return status_of(found)


def comparison_json(
    record: "DecisionRecord", anew: "DecisionRecord", found: tuple["Difference", ...]
) -> dict[str, Any]:
    """What came out otherwise, as plain data; an infinite tolerance is null."""
    from fairlab.decision.comparing import changed, numbers, outside
    from fairlab.reports.terminal_record import verdict

    return {
        "digest": record.digest,
        "numbers": len(dict(numbers(record))),
        "same": not found,
        "within": not outside(found),
        "same_machine": not changed(record, anew),
        "changed": [
            {"name": one.name, "recorded": one.recorded, "found": one.found}
            for one in changed(record, anew)
        ],
        "differences": [
            {
                "where": list(one.where),
                "recorded": one.recorded,
                "found": one.found,
                "by": one.size,
                "allowed": None if one.allowed == float("inf") else one.allowed,
                "within": one.within,
            }
            for one in found
        ],
        "tolerance": record.tolerance.model_dump(mode="json"),
        "verdict": verdict(record, anew, found),
    }


def status_of(found: tuple["Difference", ...]) -> int:
    """0 when all numbers are the same, 3 when they differ within what may be, 4 beyond it."""
    from fairlab.decision.comparing import outside

    return 0 if not found else BEYOND if outside(found) else WITHIN


def write_record(path: Path, record: "DecisionRecord") -> None:
    """A record as a file: JSON where the name ends so, else YAML."""
    text = record.to_json() if path.suffix.lower() == ".json" else record.to_yaml()
    write_text(path, text.rstrip("\n"))
