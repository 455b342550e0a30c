"""Writes what ``bench quality`` found into the README of the results, between two marks.

python -m benchmarks.quality_readme benchmarks/results/quality.json benchmarks/results/README.md
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality_report import loss_line, points, tally_line

START, END = "<!-- quality: start -->", "<!-- quality: end -->"


def summary(record: Mapping[str, Any]) -> str:
    """Markdown: machine, a line per table, constraint and use of the attribute; what is lost."""
    limits = record["limits"]
    versions = ", ".join(f"{k} {v}" for k, v in record["versions"].items() if k != "commit")
    head = ["table", "constraint", "attribute", "seeds", *(f"≤ {100 * k:g} points" for k in limits)]
    lines = [
        f"{record['machine']}; {versions}.",
        "",
        *(f"- {fact}" for fact in record["facts"]),
        "",
        "Each cell: test accuracy (gap) of our best front in %, then our accuracy within the limit "
        "minus that of the peer that comes closest or is ahead, in points with its 95 % interval.",
        "",
        f"| {' | '.join(head)} | hypervolume, ours; best peer |",
        f"|{'---|' * (len(head) + 1)}",
    ]
    for study in record["studies"]:
        for uses in (False, True):
            lines += _line(record, study, uses)
    lines += ["", tally_line(record["verdicts"])]
    lost = [v for v in record["verdicts"] if v["verdict"] == "loss"]
    if lost:
        lines += ["", "Lost:", "", *(f"- {loss_line(v)}" for v in lost)]
    return "\n".join(lines)


def _line(record: Mapping[str, Any], study: Mapping[str, Any], uses: bool) -> list[str]:
    rows = [m for m in study["methods"] if m["uses_attribute"] == uses]
    ours = next((m for m in rows if m["method"] == "our best front"), None)
    if ours is None:
        return []
    cells = [
        study["title"],
        study["constraint"].replace("_", " "),
        "used" if uses else "not used",
        str(ours["seeds"]),
    ]
    for limit in record["limits"]:
        at = ours["at"][f"{limit:g}"]
        verdicts = [
            v
            for v in record["verdicts"]
            if (v["table"], v["constraint"], v["uses_attribute"], v["limit"])
            == (study["table"], study["constraint"], uses, limit)
        ]
        said = f"{_percent(at['accuracy'])} ({_percent(at['gap'])})"
        if verdicts:
            closest = min(verdicts, key=lambda v: v["difference"]["mean"])
            word = closest["verdict"]
            said += f"; {word if word != 'loss' else '**loss**'} {points(closest['difference'])}, "
            said += str(closest["peer"])
        cells.append(said)
    volumes = [m for m in rows if m["owner"] != "fairlab" and m["hypervolume"]["mean"] is not None]
    best: Sequence[Any] = sorted(volumes, key=lambda m: -m["hypervolume"]["mean"])[:1]
    peers = "".join(f"; {_percent(m['hypervolume'])}, {m['method']}" for m in best)
    return [f"| {' | '.join(cells)} | {_percent(ours['hypervolume'])}{peers} |"]


def _percent(found: Mapping[str, float | None]) -> str:
    return "–" if found["mean"] is None else f"{100 * found['mean']:.1f}"


def replaced(text: str, found: str) -> str:
    """A README with what stands between the marks replaced; at its end if there are no marks."""
    block = f"{START}\n{found}\n{END}"
    if START not in text:
        return f"{text.rstrip()}\n\n{block}\n"
    before, rest = text.split(START, 1)
    return f"{before}{block}{rest.split(END, 1)[1]}"


def run() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path, help="written by bench quality --json-out")
    parser.add_argument("readme", type=Path)
    arguments = parser.parse_args()
    found = summary(json.loads(arguments.figures.read_text(encoding="utf-8")))
    text = arguments.readme.read_text(encoding="utf-8")
    arguments.readme.write_text(replaced(text, found), encoding="utf-8")


if __name__ == "__main__":
    run()
