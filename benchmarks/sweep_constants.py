"""Fit the constants of ``fairlab.duration`` to measured sweeps.

    python -m benchmarks.sweep_constants lines.jsonl [--leave-out synthetic] [--data adult.csv.gz]

``lines.jsonl`` is what ``benchmarks.sweep_estimates --lines`` wrote, once or several times. Times
told are linear in the constants, so each one's share of a sweep is what is told with all others 0.
The fit is of logarithms, so that short and long sweeps count alike, each constant drawn a little
to what it was.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from benchmarks.sweep_estimates import CHANGES, Line, sizes, tables
from fairlab import duration
from fairlab.config import SweepConfig
from fairlab.duration import nominal_seconds
from fairlab.outcomes import FloatArray

PLAIN = ("MODE", "EPOCH", "STEP", "WEIGHT", "PERSON", "PRODUCT", "LEFT_OUT")
OF_MODES = (("OF_STEP", "adversarial"), ("OF_STEP", "layer"), ("OF_PERSON", "adversarial"))
# How much a constant is held to what it was, and the least it can have been.
HELD, LEAST = 0.05, 1e-5


def main(lines: Path, leave_out: str, data: Path | None) -> None:
    """Print the constants, and how far off they are on all tables."""
    measured = least(Line(**json.loads(line)) for line in lines.read_text("utf-8").splitlines())
    shares = shares_of(measured, data)
    taken = np.array([line.taken for line in measured])
    used = np.array([line.table != leave_out for line in measured])
    before = current()
    start = np.log(np.maximum(before, LEAST * before.max()))

    def off(logs: FloatArray) -> FloatArray:
        told = shares[used] @ np.exp(logs)
        return np.concatenate([np.log(told / taken[used]), HELD * (logs - start)])

    found = np.exp(least_squares(off, start, loss="soft_l1", f_scale=0.1).x)
    for name, own in zip([*PLAIN, *map(str, OF_MODES)], found, strict=True):
        sys.stdout.write(f"{name} = {own:.3g}\n")
    for how, constants in (("before", before), ("fitted", found)):
        for table in dict.fromkeys(line.table for line in measured):
            here = np.array([line.table == table for line in measured])
            ratio = (shares @ constants / taken)[here]
            sys.stdout.write(
                f"{how}, {table}: {ratio.min():.2f} to {ratio.max():.2f} of the time taken; at "
                f"its default sweep's pace {(ratio / ratio[0]).min():.2f} to "
                f"{(ratio / ratio[0]).max():.2f}\n"
            )


def least(lines: Iterable[Line]) -> list[Line]:
    """Of several measurements of a sweep the shortest, which was disturbed least."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = (line.table, line.sweep)
        found[key] = min(line, found.get(key, line), key=lambda one: one.taken)
    return list(found.values())


def shares_of(measured: list[Line], data: Path | None) -> FloatArray:
    """(lines, constants) what one unit of each constant adds to the time told."""
    known = {name: sizes(table) for name, table in tables(data).items()}
    kept = current()
    out = np.zeros((len(measured), len(kept)))
    try:
        for place in range(len(kept)):
            put(np.eye(len(kept))[place])
            for row, line in enumerate(measured):
                config = SweepConfig.model_validate(CHANGES[line.sweep])
                out[row, place] = nominal_seconds(config, *known[line.table]).total
    finally:
        put(kept)
    return out


def current() -> FloatArray:
    """The constants as they are."""
    own = [getattr(duration, name) for name in PLAIN]
    return np.array(own + [getattr(duration, name)[mode] for name, mode in OF_MODES])


def put(values: FloatArray) -> None:
    """Take others in this process."""
    for name, value in zip(PLAIN, values, strict=False):
        setattr(duration, name, float(value))
    for (name, mode), value in zip(OF_MODES, values[len(PLAIN) :], strict=True):
        getattr(duration, name)[mode] = float(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("lines", type=Path, help="what sweep_estimates --lines wrote")
    parser.add_argument("--leave-out", default="synthetic", help="a table not to fit to")
    parser.add_argument("--data", type=Path, default=None, help="the Adult table as CSV")
    arguments = parser.parse_args()
    main(arguments.lines, arguments.leave_out, arguments.data)
