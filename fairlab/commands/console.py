"""What verbs share: options, reading and writing files, words on the terminal."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlab.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def read_text(path: Path) -> str:
    """The text of a run's YAML file; a refusal says what to do."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text. Save the YAML file as UTF-8.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened ({error.strerror}). Check the path; the Report page exports "
            "a run as YAML."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text and a final line break; a refusal says where."""
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}). Check the path.") from error


def favourable_values(frame: "pd.DataFrame", label: str) -> Sequence[str]:
    """What is favourable when nobody said: 1 of a label of 0 and 1; others need saying."""
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


def say(text: str) -> None:
    """One paragraph on standard output."""
    sys.stdout.write(f"{text}\n")


def say_json(record: object) -> None:
    """A record as strict JSON on standard output."""
    say(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))
