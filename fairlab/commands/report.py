"""``fairlab report``: what the Report page writes about a model, in a shell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlab.commands.console import AsJson, say, say_json
from fairlab.commands.predict import Data, Threshold, Which, find_run, which_model
from fairlab.errors import InputError
from fairlab.language import SOURCE, speaking, tr

if TYPE_CHECKING:
    from fairlab.config import Choice
    from fairlab.results import SweepResult


def report(
    run: Annotated[str, typer.Argument(help="Id of a finished run, or a run or record as YAML.")],
    out: Annotated[Path | None, typer.Option(help="Folder; default report-RUN.")] = None,
    model: Which = None,
    threshold: Threshold = None,
    data: Data = None,
    smallest: Annotated[
        int, typer.Option(min=0, help="Leave out what rests on fewer people; 0 keeps all.")
    ] = 10,
    spoken: Annotated[str, typer.Option("--language", help="Such as en or de.")] = SOURCE,
    as_json: AsJson = False,
) -> None:
    """Write the report (HTML), the model card and the datasheet about a model of a run."""
    from fairlab.data import open_task
    from fairlab.reports.datasheet import datasheet
    from fairlab.reports.export import OWN_USE
    from fairlab.reports.facts import gather
    from fairlab.reports.html import html_report
    from fairlab.reports.model_card import model_card
    from fairlab.runs.store import RunStore

    store = RunStore()
    run_id, choice = find_run(store, run)
    config, result = store.get(run_id).config, store.load_result(run_id)
    chosen = _choice(result, config.choice if choice is None else choice, model, threshold)
    config = config.model_copy(update={"choice": chosen})
    folder = Path(f"report-{run_id}") if out is None else out
    with speaking(spoken):
        table = open_task(config, data)
        facts = gather(config, result, smallest)
        files = {
            "report.html": html_report(config, result, smallest=smallest, facts=facts),
            "model-card.md": model_card(facts).encode(),
            "datasheet.md": datasheet(config, table, result, smallest=smallest).encode(),
        }
        written = [str(path) for path in _write(folder, files)]
        if as_json:
            say_json({"run": run_id, "files": written, "suppressed_below": smallest})
            return
        for path in written:
            say(tr("Written: {path}", path=path))
        if smallest == 0 and config.data.source == "file":
            say(tr(OWN_USE))


def _choice(
    result: "SweepResult", kept: "Choice | None", model: int | None, threshold: float | None
) -> "Choice":
    """The model that is written about: the one named, else the one kept with the run."""
    from fairlab.config import Choice
    from fairlab.reports.export import chosen_index

    if threshold is not None and not 0 < threshold < 1:
        raise InputError(
            tr(
                "--threshold is {found:g}; a report is about a threshold between 0 and 1. Write "
                "one, such as 0.5.",
                found=threshold,
            )
        )
    if model is None and kept is None:
        raise InputError(which_model(len(result.points)))
    if model is None and kept is not None:
        chosen_index(result, kept)  # refused here, before anything is measured
        if threshold is None:
            return kept
        changed = {"threshold": threshold, "threshold_within": None, "group_cuts": None}
        return kept.model_copy(update=changed)
    assert model is not None
    if model >= len(result.points):
        raise InputError(
            tr(
                "--model {found} is not in the run: its {n} models are numbered from 0. Choose one "
                "of them; fairlab export writes all with their numbers.",
                found=model,
                n=len(result.points),
            )
        )
    point = result.points[model]
    return Choice(
        mode=point.mode,
        method=point.method,
        strength=point.strength,
        slack=point.slack,
        place=point.place,
        seed=point.seed,
        threshold=result.threshold if threshold is None else threshold,
    )


def _write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise InputError(
            tr(
                "{path} cannot be written ({why}). Choose another folder with --out.",
                path=folder,
                why=error.strerror,
            )
        ) from error
    return [folder / name for name in files]
