"""Packs cells, so that others go on from them: ``--resume`` reads the packed file too.

    python -m benchmarks.quality_pack cells.jsonl benchmarks/results/quality_cells.jsonl.gz

Of each key the last line is kept, and people's chances only of points that a front picks: verdicts
are the same.
"""

import argparse
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.quality import all_methods
from benchmarks.quality_cells import Cell, read_cells
from benchmarks.quality_points import LIMITS, Method
from benchmarks.quality_rules import OTHERS, RULE
from benchmarks.quality_verdicts import choose


def packed(cells: Iterable[Cell], methods: Sequence[Method]) -> bytes:
    """Cells of known methods, by place and method, as gzip of JSON lines."""
    known = {m.name: m for m in methods}
    there = [
        c for c in cells if c.method in known and c.key == c.place.key(known[c.method])
    ]  # other settings than today's are nobody's any more
    fronts: dict[object, list[Cell]] = {}
    for cell in there:
        method = known[cell.method]
        fronts.setdefault((cell.place, method.owner, method.uses_attribute), []).append(cell)
    needed = set()
    for front in fronts.values():
        order = [c for name in known for c in front if c.method == name]
        for chosen in (choose(order, k, rule) for k in LIMITS for rule in (RULE, *OTHERS)):
            if chosen is not None:
                needed.add((chosen.cell.key, chosen.pick.index))
    slim = [
        replace(c, chances={i: v for i, v in c.chances.items() if (c.key, i) in needed})
        for c in there
    ]
    slim.sort(key=lambda c: (c.place.seed, c.place.table, c.place.constraint, c.method))
    text = "".join(f"{cell.to_json()}\n" for cell in slim)
    return gzip.compress(text.encode(), 9, mtime=0)


def run() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", type=Path)
    parser.add_argument("packed", type=Path)
    arguments = parser.parse_args()
    cells = read_cells(arguments.cells).values()
    arguments.packed.write_bytes(packed(cells, all_methods()))


if __name__ == "__main__":
    run()
