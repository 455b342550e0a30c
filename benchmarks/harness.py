"""What every benchmark shares: the median of warm runs, a table, JSON, the machine in a line."""

import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SHORT = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of a benchmark: ours against a named peer on the same work.

    Attributes:
        what: The work, with its size ("exact sweep, 14,653 people").
        ours: Median seconds of ours.
        peer_name: Who the peer is, and what it was asked to do.
        peer: Median seconds of the peer for that.
        ratio: How many times faster ours is, per unit of work stated in ``note``.
        target: Ratio to reach, or None when none was set. For ``at_most`` lines it is the
            largest allowed ``ours / peer``.
        at_most: True when the figure is ``ours / peer`` and small is good.
        note: Anything a reader must know (scaled units, fewer repeats, checks made).
    """

    what: str
    ours: float
    peer_name: str
    peer: float
    ratio: float
    target: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; None without a target."""
        if self.target is None:
            return None
        return bool(self.ratio <= self.target if self.at_most else self.ratio >= self.target)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number that is not a comparison of times.

    Attributes:
        what: What was measured.
        value: The number.
        limit: Largest value allowed, or None when there is none.
        seconds: True when the value is a time in seconds.
        note: Anything a reader must know.
    """

    what: str
    value: float
    limit: float | None = None
    seconds: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the value is within its limit (NaN is not); None without a limit."""
        return None if self.limit is None else bool(self.value <= self.limit)


def median_seconds(work: Callable[[], object], repeats: int = 5, warm_ups: int = 1) -> float:
    """Median wall-clock seconds of a call, over ``repeats`` after ``warm_ups`` unmeasured ones.

    Calls shorter than ``SHORT`` are repeated so that each measurement lasts at least that long:
    a call of a millisecond is otherwise mostly what the call before left in the caches.
    """
    for _ in range(warm_ups):
        work()
    start = time.perf_counter()
    work()
    calls = max(1, math.ceil(SHORT / max(time.perf_counter() - start, 1e-9)))
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        seconds.append((time.perf_counter() - start) / calls)
    return statistics.median(seconds)


def faster(
    what: str,
    ours: float,
    peer_name: str,
    peer: float,
    *,
    target: float | None = None,
    per_unit: float = 1.0,
    note: str = "",
) -> Comparison:
    """A comparison whose figure is ``peer / ours × per_unit`` (large is good).

    Args:
        what, ours, peer_name, peer, target, note: As in :class:`Comparison`.
        per_unit: Units of work of ours divided by those of the peer, when they differ.
    """
    return Comparison(what, ours, peer_name, peer, peer / ours * per_unit, target, note=note)


def at_most(
    what: str,
    ours: float,
    peer_name: str,
    peer: float,
    *,
    target: float | None = None,
    note: str = "",
) -> Comparison:
    """A comparison whose figure is ``ours / peer`` (small is good)."""
    return Comparison(what, ours, peer_name, peer, ours / peer, target, at_most=True, note=note)


def report(
    title: str,
    comparisons: Sequence[Comparison],
    json_path: Path | None = None,
    facts: Sequence[str] = (),
    figures: Sequence[Figure] = (),
) -> None:
    """Print the machine, the table, and write JSON when a path is given.

    Args:
        title: What was measured.
        comparisons: One per line of the table.
        json_path: Where to write the same as JSON; None writes nothing.
        facts: Sentences printed under the table (data used, checks that held).
        figures: Numbers that are not times against a peer; a table of their own.
    """
    print(title)
    print(machine_line())
    if comparisons:
        print(table(comparisons))
    if figures:
        print()
        print(figure_table(figures))
    for fact in facts:
        print(f"- {fact}")
    if json_path is not None:
        record = as_record(title, comparisons, facts, figures)
        json_path.write_text(json.dumps(record, indent=2) + "\n")
        print(f"Written to {json_path}.")


def as_record(
    title: str,
    comparisons: Sequence[Comparison],
    facts: Sequence[str] = (),
    figures: Sequence[Figure] = (),
) -> dict[str, Any]:
    """The report as a JSON-ready mapping."""
    record: dict[str, Any] = {
        "title": title,
        "machine": machine_line(),
        "comparisons": [{**asdict(c), "reached": c.reached} for c in comparisons],
        "facts": list(facts),
    }
    if figures:
        record["figures"] = [{**asdict(f), "reached": f.reached} for f in figures]
    return record


def table(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as a fixed-width text table, notes as a line under their row."""
    rows: list[tuple[str, ...]] = [("what", "ours", "peer", "figure", "reach", "")]
    for c in comparisons:
        rows.append(
            (
                c.what,
                duration(c.ours),
                f"{duration(c.peer)} {c.peer_name}",
                f"{c.ratio:,.1f}×",
                "" if c.target is None else f"{'≤' if c.at_most else '≥'} {c.target:,.0f}×",
                {None: "", True: "reached", False: "NOT reached"}[c.reached],
            )
        )
    return columns(rows, [c.note for c in comparisons])


def figure_table(figures: Sequence[Figure]) -> str:
    """Figures as a fixed-width text table, notes as a line under their row."""

    def number(value: float, figure: Figure) -> str:
        return duration(value) if figure.seconds else f"{value:.3g}"

    rows: list[tuple[str, ...]] = [("what", "measured", "at most", "")]
    for f in figures:
        limit = "" if f.limit is None else number(f.limit, f)
        word = {None: "", True: "reached", False: "NOT reached"}[f.reached]
        rows.append((f.what, number(f.value, f), limit, word))
    return columns(rows, [f.note for f in figures])


def columns(rows: Sequence[tuple[str, ...]], notes: Sequence[str]) -> str:
    """Rows, the first a header, in columns; the note of a row as a line under it."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    noted = [lines[0], "  ".join("-" * w for w in widths)]
    for line, note in zip(lines[1:], notes, strict=True):
        noted.append(line.rstrip())
        if note:
            noted.append(f"    {note}")
    return "\n".join(noted)


def duration(seconds: float) -> str:
    """Seconds as a short text: "12.3 ms", "4.56 s"."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds:.2f} s"


def machine_line() -> str:
    """One line that says on what this was measured."""
    return (
        f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() if platform.processor() else "unknown processor"
