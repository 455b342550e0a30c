"""What verbs share: options, reading and writing files, words on the terminal."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from fairlab.errors import InputError
from fairlab.mappings import shorten

if TYPE_CHECKING:
    import pandas as pd

MOST_BYTES = 10_000_000
MOST_DRAWS = 100_000
MOST_SEED = 2**32
# A terminal obeys these: names in a stranger's file could clear it, or write another verdict.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def read_text(path: Path) -> str:
    """The text of a run's YAML file; a refusal says what to do."""
    return read_small_text(path, "a run", "The Report page exports a run as YAML.")


def read_small_text(path: Path, what: str, remedy: str) -> str:
    """The text of a file of at most ten million bytes; devices and folders are refused."""
    try:
        size, is_file = path.stat().st_size, path.is_file()
        if not is_file:
            raise InputError(f"{path} is not a file, so it cannot be read as {what}. {remedy}")
        if size > MOST_BYTES:
            raise InputError(
                f"{path} has {size:,} bytes; at most {MOST_BYTES:,} are read as {what}. {remedy}"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text, so it cannot be read as {what}. {remedy}"
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"{path} cannot be opened ({why}), so it cannot be read as {what}. Check the path. "
            f"{remedy}"
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


def refuse_draws(draws: int, seed: int, level: float = 0.95) -> None:
    """Refuse options of resampling that cannot be; 0 draws and fewer are the caller's matter."""
    if draws > MOST_DRAWS:
        raise InputError(
            f"--draws is {draws:,}; at most {MOST_DRAWS:,} are drawn. 10,000 are enough for ends "
            "of intervals that differ by less than one can read."
        )
    if not 0 <= seed < MOST_SEED:
        raise InputError(
            f"--seed is {shorten(seed)}; it is a whole number from 0 to {MOST_SEED - 1:,}. Write "
            "--seed 0."
        )
    if not 0.5 <= level <= 0.9999:
        raise InputError(
            f"--level is {level:g}; it is a share from 0.5 to 0.9999. Write --level 0.95 for 95 %."
        )


def say(text: str) -> None:
    """One paragraph on standard output; "?" for signs that the terminal's encoding has not.

    Signs a terminal would obey are named, here and in what else is said.
    """
    _write(sys.stdout, without_controls(text))


def say_table(text: str) -> None:
    """Data on standard output, as it is for another program; on a terminal as :func:`say`."""
    _write(sys.stdout, without_controls(text) if sys.stdout.isatty() else text)


def say_aside(text: str) -> None:
    """One paragraph on standard error, where standard output is a table for other programs."""
    _write(sys.stderr, without_controls(text))


def without_controls(text: str) -> str:
    """The text with signs that a terminal obeys as "[U+001B]"; line breaks and tabs stay."""
    return _CONTROLS.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(f"{text.encode(encoding, 'replace').decode(encoding)}\n")


def say_json(record: object) -> None:
    """A record as strict JSON on standard output."""
    plain = (sys.stdout.encoding or "utf-8").lower() not in ("utf-8", "utf8")
    say_table(json.dumps(record, indent=2, ensure_ascii=plain, allow_nan=False))
