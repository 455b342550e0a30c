"""Cells of ``bench quality``: one method on one split of one table for one constraint.

A cell is a line of a JSON-lines file, so a run that was stopped goes on where it was. A line holds
expected counts of every point on train, validation and test people (lines of older code have none
of train people), and, of the points that validation picks, the chances on test people. Everything
reported is worked out from those, so changing how points are picked costs no training; points whose
chances are not there have only wider intervals.
"""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality_picks import Measured
from benchmarks.quality_points import LIMITS, SPLITS, Asked, Method, expected_counts
from benchmarks.quality_rules import OTHERS, RULE, pick_of_union
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray

PROTOCOL = 1
DECIMALS = 6  # of expected counts


@dataclass(frozen=True, slots=True)
class Place:
    """Where a method is run: table, constraint, seed, and how many people it learns from."""

    table: str
    constraint: str
    seed: int
    people: int | None

    def key(self, method: Method) -> str:
        """What tells this cell from any other: place, method and its settings (SHA-256, hex)."""
        content = {
            "protocol": PROTOCOL,
            "table": self.table,
            "constraint": self.constraint,
            "seed": self.seed,
            "people": self.people,
            "method": method.name,
            "settings": dict(method.settings),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A finished cell.

    Attributes:
        key: See :meth:`Place.key`.
        place, method: Where and what.
        settings: Of each point, in words.
        validation, test: Of each point.
        train: Of each point; of none in lines of older code.
        picked: Positions of the points picked at some of ``LIMITS`` by any rule.
        chances: (n,) chances of test people, of picked positions.
        sizes: People in train, validation and test.
        seconds: Of processor time it took.
        versions: Of what it was computed with.
        failed: Why there are no points; "" if there are.
    """

    key: str
    place: Place
    method: str
    settings: tuple[str, ...]
    validation: Measured
    test: Measured
    picked: tuple[int, ...]
    chances: Mapping[int, FloatArray]
    sizes: tuple[int, int, int]
    seconds: float
    versions: Mapping[str, str]
    failed: str = ""
    train: Measured | None = None

    def to_json(self) -> str:
        """One line."""
        record = {
            "key": self.key,
            "table": self.place.table,
            "constraint": self.place.constraint,
            "seed": self.place.seed,
            "people": self.place.people,
            "method": self.method,
            "failed": self.failed,
            "seconds": round(self.seconds, 2),
            "sizes": list(self.sizes),
            "versions": dict(self.versions),
            "settings": list(self.settings),
            "validation": np.round(self.validation.counts, DECIMALS).tolist(),
            "test": np.round(self.test.counts, DECIMALS).tolist(),
            "picked": list(self.picked),
            **self._train_counts(),
            "chances": {str(i): _packed(chance) for i, chance in self.chances.items()},
        }
        return json.dumps(record, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Cell":
        """The cell of a line."""
        record = json.loads(text)
        constraint = record["constraint"]
        return cls(
            key=record["key"],
            place=Place(record["table"], constraint, record["seed"], record["people"]),
            method=record["method"],
            settings=tuple(record["settings"]),
            validation=Measured(_counts(record["validation"]), constraint),
            test=Measured(_counts(record["test"]), constraint),
            picked=tuple(record["picked"]),
            chances={int(i): _unpacked(text) for i, text in record["chances"].items()},
            sizes=tuple(record["sizes"]),
            seconds=record["seconds"],
            versions=record["versions"],
            failed=record["failed"],
            train=Measured(_counts(record["train"]), constraint) if "train" in record else None,
        )

    def _train_counts(self) -> dict[str, Any]:
        if self.train is None:
            return {}
        return {"train": np.round(self.train.counts, DECIMALS).tolist()}


def run_cell(
    place: Place,
    method: Method,
    asked: Asked,
    versions: Mapping[str, str],
    seconds: Callable[[], float],
) -> Cell:
    """Run a method and measure its points.

    What goes wrong inside a method is kept as its reason, so that one failure ends no run.
    """
    started, failed = seconds(), ""
    try:
        points = list(method.run(asked))
    except Exception as error:  # a peer may fail in any way; the reason is reported
        points, failed = [], f"{type(error).__name__}: {str(error)[:300]}"
    measured = {}
    for split in SPLITS:
        y, group = asked.y(split), asked.group(split)
        groups = int(group.max()) + 1
        counts = [expected_counts(getattr(p, split), y, group, groups) for p in points]
        # As its line will hold them: picks from the line must be these.
        measured[split] = Measured(np.round(_counts(counts), DECIMALS), place.constraint)
    picked = _picked(measured["validation"])
    return Cell(
        key=place.key(method),
        place=place,
        method=method.name,
        settings=tuple(p.setting for p in points),
        validation=measured["validation"],
        test=measured["test"],
        picked=picked,
        chances={i: points[i].test for i in picked},
        sizes=(len(asked.y("train")), len(asked.y("validation")), len(asked.y("test"))),
        seconds=seconds() - started,
        versions=versions,
        failed=failed,
        train=measured["train"],
    )


def read_cells(path: Path) -> dict[str, Cell]:
    """Cells by key; of a key that comes twice the later line. A line cut short is left out.

    Args:
        path: JSON lines, or the same packed with gzip if its name ends in ``.gz``.

    Raises:
        InputError: If a packed file is cut short.
    """
    found: dict[str, Cell] = {}
    for text in _lines(path):
        try:
            cell = Cell.from_json(text)
        except (json.JSONDecodeError, KeyError):
            continue
        found[cell.key] = cell
    return found


def _picked(validation: Measured) -> tuple[int, ...]:
    """Positions of the points picked at some of ``LIMITS`` by any rule; () without points."""
    picks = [pick_of_union([validation], k, rule) for k in LIMITS for rule in (RULE, *OTHERS)]
    return tuple(sorted({found[1].index for found in picks if found is not None}))


def _lines(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    if path.suffix == ".gz":
        try:
            text = gzip.decompress(path.read_bytes()).decode()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"{path} is cut short or damaged ({error}). Unpack what is left with "
                "'gzip -dc FILE > cells.jsonl' and give that file to --resume."
            ) from error
        yield from (line for line in text.split("\n") if line.strip())
        return
    with path.open(encoding="utf-8") as file:
        yield from (line for line in file if line.strip())


def append_cell(path: Path, cell: Cell) -> None:
    """Add a line; one that was cut short before it stays by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":  # a member of its own, which readers of gzip join to the others
        with path.open("ab") as packed:
            packed.write(gzip.compress(cell.to_json().encode() + b"\n", mtime=0))
        return
    with path.open("a+b") as file:
        file.seek(0, 2)
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(cell.to_json().encode() + b"\n")


def _counts(rows: Sequence[Any]) -> FloatArray:
    found = np.asarray(rows, dtype=np.float64)
    return found if len(rows) else found.reshape(0, 0, 4)


def _packed(chance: FloatArray) -> str:
    """Chances to 1/255, which only intervals are worked out from."""
    levels = np.round(np.asarray(chance) * 255).astype(np.uint8)
    return base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode()


def _unpacked(text: str) -> FloatArray:
    levels = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8)
    return np.asarray(levels / 255.0)
