"""Uploads that try to hurt: thousands of hostile files, each read as the app reads it.

    python -m benchmarks.uploads [--files 10000] [--json PATH]

Every kind of bomb, damage and odd value once, then valid files with bytes changed at random (the
same for the same seed). Each is read by a process of :mod:`fairlab.data.readers`; its time and its
largest memory are measured. A reading ends well with a table, or with sentences that say what is
wrong; it ends badly when the process dies, an unforeseen error comes up, or a message quotes more
than a person reads, a traceback or a path of this machine.
"""

import argparse
import json
import queue
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, columns, machine_line, report
from benchmarks.uploads_files import Hostile, crafted
from benchmarks.uploads_fuzz import mutated
from fairlab.data.limits import installed_limits
from fairlab.data.reader_process import frame_of
from fairlab.data.readers import Readers
from fairlab.errors import InputError

FILES = 10_000
AT_ONCE = 2
PATIENCE = 300  # judged is the time of the processor, whatever else the machine does
LONGEST_MESSAGE = 1_500
MOST_SECONDS, MOST_BYTES = 10.0, 1_000_000_000
_SENTENCE = re.compile(r"^\S.*[.)…]$", re.DOTALL)
_LEAKS = ("Traceback", 'File "', str(Path(__file__).parents[1]), str(Path.home()), "/tmp/",
          "site-packages", "<class ", " object at 0x")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading one file ended.

    Attributes:
        kind: What is wrong with the file.
        end: ``table``, ``sentences``, ``too much memory``, ``too long``, or what went badly.
        well: Whether that is how it should end.
        message: What the visitor reads, "" for a table.
        seconds, cpu_seconds: Time on the clock and of the processor.
        peak: Largest resident memory of the reading process, bytes.
    """

    kind: str
    end: str
    well: bool
    message: str
    seconds: float
    cpu_seconds: float
    peak: int


def main(
    data: Path | None = None, json_path: Path | None = None, files: int = FILES, seed: int = 6
) -> None:
    """Measure, print a table, and write JSON when a path is given.

    Args:
        data: Not used: the files are made up.
        json_path: Where to write the same as JSON.
        files: How many files; the crafted ones come first.
        seed: Of the random changes.
    """
    del data
    begun = time.monotonic()
    outcomes = read_all(islice(_files(files, seed), files))
    _report(outcomes, time.monotonic() - begun, json_path)


def _files(count: int, seed: int) -> Iterator[Hostile]:
    yield from crafted()
    yield from mutated(seed, count)


def read_all(files: Iterator[Hostile]) -> list[Outcome]:
    """Read them all, two at a time."""
    waiting: queue.Queue[Hostile | None] = queue.Queue(maxsize=AT_ONCE)
    outcomes: list[Outcome] = []

    def work() -> None:
        readers = Readers(at_once=1, seconds=PATIENCE)
        while (file := waiting.get()) is not None:
            outcomes.append(outcome(readers, file))
            if len(outcomes) % 1_000 == 0:
                print(f"{len(outcomes):,} read", flush=True)
        readers.close()

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for file in files:
        waiting.put(file)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return outcomes


def outcome(readers: Readers, file: Hostile) -> Outcome:
    """Read one file and judge how that ended."""
    limits = installed_limits()
    if len(file.content) > limits.bytes:
        try:
            readers.read(file.content, file.name)
        except InputError as error:
            return _judged(file, "sentences", " ".join(error.problems), 0.0, 0.0, 0)
    record, payload, took = readers.ask(file.content, file.name, limits)
    spent = (took.seconds, took.cpu_seconds, took.peak)
    if "fingerprint" in record:
        rows = len(frame_of(payload))
        said = " ".join(record["notes"])
        if rows == 0 or any(leak in said for leak in _LEAKS):
            return Outcome(file.kind, "bad table", False, said[:500], *spent)
        return Outcome(file.kind, "table", True, "", *spent)
    if "problems" in record:
        return _judged(file, "sentences", " ".join(record["problems"]), *spent)
    ends = {"memory": "too much memory", "time": "too long"}
    end = ends.get(record["trouble"])
    if end is None:
        what = record.get("where", "the process died")
        return Outcome(file.kind, f"crash: {what}", False, what, *spent)
    return Outcome(file.kind, end, True, end, *spent)


def _judged(
    file: Hostile, end: str, message: str, seconds: float, cpu: float, peak: int
) -> Outcome:
    leaks = [leak for leak in _LEAKS if leak in message and leak not in file.name]
    if leaks:
        end = f"message says {leaks[0]!r}"
    elif len(message) > LONGEST_MESSAGE:
        end = f"message of more than {LONGEST_MESSAGE:,} characters"
    elif not _SENTENCE.match(message):
        end = "message is no sentence"
    return Outcome(file.kind, end, end == "sentences", message, seconds, cpu, peak)


def _report(outcomes: list[Outcome], seconds: float, json_path: Path | None) -> None:
    bad = [one for one in outcomes if not one.well]
    heavy = [one for one in outcomes if one.peak > MOST_BYTES]
    figures = [
        Figure("files read", len(outcomes)),
        Figure("ended badly", len(bad), 0),
        Figure("over 1 GB of memory", len(heavy), 0),
        Figure("over 10 s", sum(one.cpu_seconds > MOST_SECONDS for one in outcomes), 0),
        Figure("largest memory, MB", max(one.peak for one in outcomes) / 1e6, 1_000),
        Figure("longest, processor", max(one.cpu_seconds for one in outcomes), 10, seconds=True),
        Figure("longest, clock", max(one.seconds for one in outcomes), seconds=True,
               note="on a machine others may be using"),
        Figure("all of it", seconds, seconds=True),
    ]  # fmt: skip
    ends = Counter(one.end for one in outcomes)
    facts = [f"{count:,} ended: {end}." for end, count in ends.most_common()]
    report("Hostile uploads, each read as the app reads it", [], None, facts, figures)
    print(_slowest(outcomes))
    for one in bad[:20]:
        print(f"BAD {one.kind}: {one.end}: {one.message[:300]!r}")
    if json_path is not None:
        json_path.write_text(json.dumps(_record(outcomes, figures, facts), indent=2) + "\n")
        print(f"Written to {json_path}.")


def _slowest(outcomes: list[Outcome]) -> str:
    rows = [("heaviest and slowest", "end", "processor", "clock", "memory")]
    by_time = sorted(outcomes, key=lambda one: -one.cpu_seconds)[:12]
    by_size = sorted(outcomes, key=lambda one: -one.peak)[:12]
    for one in dict.fromkeys([*by_time, *by_size]):
        rows.append((one.kind, one.end[:30], f"{one.cpu_seconds:.1f} s", f"{one.seconds:.1f} s",
                     f"{one.peak / 1e6:,.0f} MB"))  # fmt: skip
    return columns(rows, [""] * (len(rows) - 1))


def _record(outcomes: list[Outcome], figures: list[Figure], facts: list[str]) -> dict[str, Any]:
    """Figures, and for each kind of file how it ended and what it took at most."""
    kinds: dict[str, dict[str, Any]] = {}
    for one in outcomes:
        kind = kinds.setdefault(one.kind, {"files": 0, "ends": Counter(), "cpu": 0.0, "mb": 0.0})
        kind["files"] += 1
        kind["ends"][one.end] += 1
        kind["cpu"] = round(max(kind["cpu"], one.cpu_seconds), 3)
        kind["mb"] = round(max(kind["mb"], one.peak / 1e6), 1)
        if one.message and "says" not in kind:
            kind["says"] = one.message[:300]
    return {
        "title": "Hostile uploads",
        "machine": machine_line(),
        "figures": [{**asdict(one), "reached": one.reached} for one in figures],
        "facts": facts,
        "kinds": kinds,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Read hostile files as the app reads them.")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    main(json_path=given.json, files=given.files, seed=given.seed)
