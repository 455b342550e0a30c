"""``fairlab predict`` and ``fairlab model``: score new people; take a model out of its run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlab.commands.console import AsJson, refuse_draws, say, say_aside, say_json, say_table
from fairlab.errors import InputError
from fairlab.language import tr, tr_n

if TYPE_CHECKING:
    import pandas as pd

    from fairlab.artefact import Artefact, Decided
    from fairlab.config import Choice, GroupCuts
    from fairlab.runs.store import RunStore

_RECORDS = (".yaml", ".yml", ".json")

Which = Annotated[
    int | None, typer.Option(min=0, help="Which model of the run, from 0; default its choice.")
]
Threshold = Annotated[
    float | None, typer.Option(help="Selected iff score >= this; default the choice's or run's.")
]
Data = Annotated[Path | None, typer.Option(help="The run's own table, if it is not kept here.")]


def predict(
    run: Annotated[
        str,
        typer.Argument(help="Id of a run, a model's file or folder, or a run or record as YAML."),
    ],
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with one row per person.")],
    out: Annotated[Path | None, typer.Option(help="Write scores and decisions here (CSV).")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column to repeat beside the scores.")
    ] = None,
    model: Which = None,
    threshold: Threshold = None,
    seed: Annotated[int | None, typer.Option(help="For decisions that are drawn.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Score new people with a trained model. Outcomes are not needed and not read."""
    from fairlab.data import read_path

    refuse_draws(0, 0 if seed is None else seed)
    opened = _open(run, model, threshold, data)
    table = read_path(file)
    decided = opened.decide(table.frame, seed=seed)
    rows = _rows(table.frame, decided, id_column)
    notes = [*table.notes, *decided.notes]
    _say(opened, rows, decided, notes, out, as_json=as_json)


def model(
    run: Annotated[str, typer.Argument(help="Id of a finished run, or a run or record as YAML.")],
    out: Annotated[Path | None, typer.Option(help="File; default fairlab-model-….")] = None,
    model: Which = None,
    threshold: Threshold = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write a model of a run as one file that scores new people (fairlab predict)."""
    from fairlab.artefact import read_model
    from fairlab.reports.model_artefact import artefact_name

    content = _content(run, model, threshold, data)
    opened = read_model(content)
    path = Path(artefact_name(opened.record)) if out is None else out
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(
            tr("{path} cannot be written ({why}). Check the path.", path=path, why=error.strerror)
        ) from error
    said = list(opened.record.sentences)
    if as_json:
        say_json({"file": str(path), "bytes": len(content), "sentences": said})
        return
    for line in (*said, tr("Written: {path}", path=path)):
        say(line)


def _open(run: str, model: int | None, threshold: float | None, data: Path | None) -> "Artefact":
    from fairlab.artefact import read_model
    from fairlab.artefact.files import MODEL

    path = Path(run)
    if path.name == MODEL and _exists(path):  # of a folder that holds a model
        path = path.parent
    if not _exists(path) or path.suffix.lower() in _RECORDS:
        return read_model(_content(run, model, threshold, data))
    for name, value in (("--model", model), ("--threshold", threshold), ("--data", data)):
        if value is not None:
            raise InputError(
                tr(
                    "{option} goes with a run. {path} is a model and has its own rule; leave the "
                    "option out, or write another model with fairlab model.",
                    option=name,
                    path=path,
                )
            )
    return read_model(path)


def _content(run: str, model: int | None, threshold: float | None, data: Path | None) -> bytes:
    """The file of a model of a stored run."""
    from fairlab.data import open_task
    from fairlab.reports.export import chosen_index
    from fairlab.reports.model_artefact import artefact_bytes
    from fairlab.runs.store import RunStore

    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(
            tr(
                "--threshold is {found:g}; scores are from 0 to 1. Write a number between them.",
                found=threshold,
            )
        )
    store = RunStore()
    run_id, choice = find_run(store, run)
    config, result = store.get(run_id).config, store.load_result(run_id)
    chosen = config.choice if choice is None else choice
    cuts: GroupCuts | None = None
    if model is None:
        if chosen is None:
            raise InputError(which_model(len(result.points)))
        model = chosen_index(result, chosen)
        if threshold is None:
            threshold, cuts = chosen.threshold, chosen.group_cuts
    table = open_task(config, data)
    return artefact_bytes(config, result, table, model, threshold=threshold, cuts=cuts)


def which_model(models: int) -> str:
    """What to say where a model must be named and none is."""
    return tr(
        "The run has {n} models and nobody's choice is kept with it. Say which one: "
        "--model 0 is the first; fairlab export writes all with their numbers.",
        n=models,
    )


def find_run(store: "RunStore", run: str) -> tuple[str, "Choice | None"]:
    """Id of a stored run, from its id or from a file that describes it; and the file's choice."""
    path = Path(run)
    if not _exists(path):
        if path.suffix or len(path.parts) > 1:
            raise InputError(
                tr(
                    "There is no file {path}. Give a model's file, or the id of a run: the last "
                    "part of its link.",
                    path=path,
                )
            )
        return store.get(run).id, None
    from fairlab.commands.record import read_run_or_record

    config = read_run_or_record(path)[0]
    for record in store.list():
        if record.digest == config.digest() and record.result_key:
            return record.id, config.choice
    raise InputError(
        tr(
            "The run that {path} describes is not stored on this machine, so its models are not "
            "here. Train it in the app, or give a model's file (fairlab model, or the Report page "
            "writes one).",
            path=path,
        )
    )


def _rows(frame: "pd.DataFrame", decided: "Decided", id_column: str | None) -> "pd.DataFrame":
    """``row`` (the first person is 1), the column asked for, and what the model says."""
    found = decided.to_frame()
    found.insert(0, "row", range(1, len(found) + 1))
    if id_column is None:
        return found
    if id_column not in frame.columns:
        raise InputError(
            tr(
                "--id names '{name}', which the table has not. Its columns: {names}.",
                name=id_column,
                names=", ".join(map(str, frame.columns[:20])),
            )
        )
    name = id_column if id_column not in found.columns else f"id_{id_column}"
    found.insert(1, name, frame[id_column].to_numpy())
    return found


def _say(
    opened: "Artefact",
    rows: "pd.DataFrame",
    decided: "Decided",
    notes: list[str],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    from fairlab.reports.export import csv_bytes

    content = csv_bytes(rows)
    if out is not None:
        try:
            out.write_bytes(content)
        except OSError as error:
            raise InputError(
                tr("{path} cannot be written ({why}). Check the path.", path=out,
                   why=error.strerror)
            ) from error  # fmt: skip
    people, selected = len(rows), int((decided.decision == 1).sum())
    if as_json:
        record = {
            "people": people,
            "scored": people - decided.undecided,
            "selected": selected,
            "not_decided": decided.undecided,
            "uses_attribute_when_deciding": opened.uses_attribute_when_deciding,
            "sentences": list(opened.sentences),
            "notes": notes,
        }
        if out is not None:
            say_json(record | {"file": str(out)})
            return
        told = rows.astype(object).where(rows.notna(), None)
        say_json(record | {"rows": told.to_dict(orient="records")})
        return
    tell = say_aside if out is None else say
    if out is None:
        say_table(content.decode().rstrip("\n"))
    counts = tr_n(
        "1 person: {selected} selected, {not_decided} not decided.",
        "{n:,} people: {selected:,} selected, {not_decided:,} not decided.",
        people,
        selected=selected,
        not_decided=decided.undecided,
    )
    for line in (counts, *opened.sentences, *(f"- {note}" for note in notes)):
        tell(line)
    if out is not None:
        tell(tr("Written: {path}", path=out))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name no file can have
        return False
