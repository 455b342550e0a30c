"""What leaves the app: the run as YAML, the numbers as CSV. Aggregates only.

Rates that could give away fewer than ten people are left out, and each row says so; with a
minimum of 0 nothing is, and the files are for one's own use. Text that
a spreadsheet would run as a formula is neutralised. Nothing depends on the clock, so the same run
gives the same bytes.
"""

import io
import json
import re
import shlex
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fairlab
from fairlab.config import CONSTRAINT_GAPS, Choice, RunConfig
from fairlab.decision.chosen import chosen_index as chosen_index  # part of this module's names
from fairlab.errors import InputError
from fairlab.frontier import RunFrontier, frontier_of_run, unmitigated_model
from fairlab.language import in_english
from fairlab.pareto.health import health_report
from fairlab.pareto.honesty import honesty
from fairlab.reports.left_out import counted, left_out_sentence
from fairlab.reports.sentences.health import finding_words
from fairlab.reports.tables.frontier import frontier_frame
from fairlab.reports.tables.honesty import folds_frame, noise_table
from fairlab.reports.tables.numbers import (
    chosen_model,
    numbers_table,
    shown_points,
    shown_rates,
)
from fairlab.reports.tables.points import SMALL_CELL
from fairlab.reports.withheld import (
    hidden_promise,
    shown_flags,
    shown_frontier,
    shown_notes,
    withheld_of,
)
from fairlab.results import Point, SweepResult

NOTEBOOK = "notebook.ipynb"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
OWN_USE = (
    "Nothing is left out: numbers of few people are in these files, and single people could be "
    "worked out. They are for your own use; do not pass them on."
)
# Findings of a run that are about groups of few people.
_OF_FEW = ("empty_cell", "one_sided")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@in_english
def run_yaml(config: RunConfig, choice: Choice | None = None) -> str:
    """The run as YAML that ``fairlab sweep`` re-runs to the same numbers.

    Args:
        choice: The model chosen and why; replaces the one of the configuration.
    """
    chosen = config if choice is None else config.model_copy(update={"choice": choice})
    command = "fairlab sweep THIS_FILE.yaml"
    if config.data.source == "file":
        name = config.data.filename
        command += f" --data {'YOUR_TABLE.csv' if name is None else _one_line(name)}"
    head = (
        f"# Written by fairlab {fairlab.__version__}. The same numbers again:\n"
        f"#   {command} --out RESULTS\n"
    )
    return head + chosen.to_yaml()


def csv_bytes(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV; text that begins like a formula gets a leading apostrophe, numbers stay numbers.

    Missing is an empty cell. The same table gives the same bytes.
    """
    safe = table.copy()
    for place, column in enumerate(table.columns):
        if not pd.api.types.is_numeric_dtype(table[column]):
            safe.isetitem(place, [neutral(value) for value in table[column]])
    safe.columns = pd.Index([neutral(name) for name in table.columns])
    stream = io.StringIO()
    safe.to_csv(stream, index=False, lineterminator="\n")
    return stream.getvalue().encode()


def neutral(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; plain numbers written as text stay."""
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_FORMULA_STARTS):
        return value
    return value if _NUMBER.fullmatch(value) else f"'{value}"


@in_english
def result_record(
    config: RunConfig, result: SweepResult, smallest: int = SMALL_CELL
) -> dict[str, Any]:
    """What the tables do not hold, as strict JSON data: disclosures, guarantees, the choice.

    Args:
        smallest: Numbers of people below this are null, and so are gaps of decisions that rest
            on them.
    """
    return {
        "fairlab": fairlab.__version__,
        "digest": config.digest(),
        "device": config.sweep.device,
        "constraint": result.constraint,
        "group_by": list(result.group_by),
        "grouping": result.grouping,
        "threshold": result.threshold,
        "cancelled": result.cancelled,
        "notes": list(shown_notes(result, smallest)),
        "health": _health_record(result, smallest),
        "people": {name: len(split.y_true) for name, split in result.splits.items()},
        "choice": None if config.choice is None else config.choice.model_dump(mode="json"),
        "points": [_point_record(result, point, smallest) for point in result.points],
    }


def _point_record(result: SweepResult, point: Point, smallest: int) -> dict[str, Any]:
    record: dict[str, Any] = _strict(asdict(point))
    record["flags"] = list(shown_flags(result, point, smallest))
    if record["guarantee"] is not None:
        gone = {
            split: withheld_of(result, point.index, split, result.threshold, smallest)
            for split in result.splits
        }
        record["guarantee"] = hidden_promise(record["guarantee"], gone, result.constraint)
        cells = record["guarantee"]["smallest_cell"]
        record["guarantee"]["smallest_cell"] = {
            split: n if n is not None and n >= smallest else None for split, n in cells.items()
        }
    return record


def export_files(
    config: RunConfig, result: SweepResult, smallest: int = SMALL_CELL
) -> dict[str, bytes]:
    """Every file of an export by name; the same run gives the same bytes."""
    made = {name: make() for name, make in _makers(config, result, smallest).items()}
    return {name: content for name, content in made.items() if content is not None}


def export_file(
    config: RunConfig, result: SweepResult, name: str, smallest: int = SMALL_CELL
) -> bytes:
    """One file of an export, the same as in :func:`export_files`; no other one is made.

    Raises:
        InputError: If an export of this run has no such file.
    """
    makers = _makers(config, result, smallest)
    content = makers[name]() if name in makers else None
    if content is None:
        raise InputError(
            f"An export of this run has no {name}; it may have {', '.join(makers)}. Ask for one of "
            "these."
        )
    return content


def _makers(
    config: RunConfig, result: SweepResult, smallest: int
) -> dict[str, Callable[[], bytes | None]]:
    """How each file is made, in the order of an export; None where there is none after all."""
    chosen = chosen_model(config, result)

    @cache
    def numbers() -> pd.DataFrame:
        return numbers_table(result, chosen, smallest=smallest)

    def notebook() -> bytes:
        from fairlab.reports.notebook import notebook_bytes  # which speaks of these files

        return notebook_bytes(config, result, smallest=smallest, numbers=numbers())

    def points() -> bytes:
        return csv_bytes(shown_points(result, chosen, smallest))

    makers: dict[str, Callable[[], bytes | None]] = {
        "config.yaml": lambda: run_yaml(config).encode(),
        "numbers.csv": lambda: csv_bytes(numbers()),
        "points.csv": points,
        "rates.csv": lambda: csv_bytes(shown_rates(result, chosen, smallest)),
        "frontier.csv": lambda: _frontier_file(result, smallest),
    }
    if _measurable(result):
        makers["noise.csv"] = lambda: csv_bytes(
            noise_table(result, honesty(result), smallest=smallest, chosen=chosen)
        )
        if result.folds is not None:
            makers["folds.csv"] = lambda: csv_bytes(
                folds_frame(result, smallest=smallest, chosen=chosen)
            )
    makers["result.json"] = lambda: _record_file(config, result, smallest)
    makers[NOTEBOOK] = notebook
    return {name: in_english(make) for name, make in makers.items()}


def _record_file(config: RunConfig, result: SweepResult, smallest: int) -> bytes:
    record = result_record(config, result, smallest) | {"suppressed_below": smallest}
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _measurable(result: SweepResult) -> bool:
    known = {"train", "validation", "test"} <= set(result.splits)
    return known and result.constraint in CONSTRAINT_GAPS


def _health_record(result: SweepResult, smallest: int) -> dict[str, Any] | None:
    """How many models have which finding; nothing that names a group of few people."""
    if not _measurable(result):
        return None
    report = health_report(result)
    shown = [f for f in report.findings if smallest <= 0 or f.kind not in _OF_FEW]
    return {
        "models": report.models,
        "healthy": list(report.healthy),
        "findings": [
            {
                "kind": one.kind,
                "words": finding_words(one, result),
                "models": list(one.indices),
                "on_test": one.on_test,
            }
            for one in shown
        ],
    }


@in_english
def frontier_csv(found: RunFrontier, result: SweepResult, smallest: int = SMALL_CELL) -> bytes:
    """The line of best thresholds as a file, in thousandths; no gaps that rest on few people."""
    return csv_bytes(shown_frontier(frontier_frame(found), result, smallest))


def _frontier_file(result: SweepResult, smallest: int) -> bytes | None:
    """The best thresholds per group for the unmitigated model's scores, if there is such a line."""
    if not {"validation", "test"} <= set(result.splits):
        return None
    index = unmitigated_model(result)
    if index is None:
        return None
    try:
        found = frontier_of_run(result, index, draws=100)
    except InputError:
        return None
    return frontier_csv(found, result, smallest)


def export_zip(
    config: RunConfig,
    result: SweepResult,
    smallest: int = SMALL_CELL,
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """All files of an export in one archive; the same run gives the same bytes.

    Args:
        smallest: As :func:`export_files`.
        extra: Further files by name.
    """
    files = {**export_files(config, result, smallest), **(extra or {})}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # dated 1980: the clock is not part of the content
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()


def write_export(
    folder: Path, config: RunConfig, result: SweepResult, smallest: int = SMALL_CELL
) -> tuple[Path, ...]:
    """Write :func:`export_files` into a folder, which is created if needed.

    Raises:
        InputError: If the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in export_files(config, result, smallest).items():
            (folder / name).write_bytes(content)
            written.append(folder / name)
    except OSError as error:
        raise InputError(
            f"The results could not be written to {folder}: {error.strerror}. Choose another "
            "folder with --out."
        ) from error
    return tuple(written)


def export_notes(written: Sequence[Path], smallest: int = SMALL_CELL) -> tuple[str, ...]:
    """What a written export leaves out, or that it must not be passed on, in sentences.

    Args:
        written: The files.
        smallest: As they were written with.
    """
    if smallest <= 0:
        return (OWN_USE,)
    tables = {path.name: path.read_bytes() for path in written if path.suffix == ".csv"}
    said = left_out_sentence(counted(tables), smallest)
    if not said:
        return ()
    return (said, "--smallest 0 keeps them, for your own use: do not pass such files on.")


def _strict(value: Any) -> Any:
    """Plain JSON data with None for undefined."""
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    if isinstance(value, np.generic):
        return _strict(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _one_line(text: str) -> str:
    """A file name as one word of a shell, whatever a stranger called the file."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shlex.quote(" ".join(shown.split()))
