"""How long a run will take, judged from the runs before it on this machine."""

import functools
import time
from collections.abc import Iterable
from itertools import islice
from statistics import median

import numpy as np

from fairlab.config import RunConfig
from fairlab.duration import USUAL, Encoded, nominal_seconds, train_share
from fairlab.runs.records import RunRecord, RunState

SHORTEST = 1.0
# How many past runs the pace is the median of.
RECENT = 5
# A product of two square matrices of this size, how often it is tried, and its seconds on the
# machine we know; a machine is taken to be so many times slower or faster at most.
PROBED, TRIES, KNOWN, SLOWEST = 512, 8, 2.6e-3, 5.0
# One queue serves everybody on the machine, so a longer run belongs in a shell of its own.
LONGEST = 2 * 3600.0
# A past run that is so many times slower or faster than the machine's products did not have the
# rows its record says: of a file written by hand, say. It would set the limit for everybody.
BELIEVED = 100.0
# Widths of the tables that this process was told of; forgotten when there are too many.
_WIDTHS: dict[tuple[object, ...], Encoded] = {}
_MOST_WIDTHS = 500


def estimate_seconds(
    config: RunConfig,
    rows: int,
    past: Iterable[RunRecord] = (),
    groups: int | None = None,
    encoded: Encoded | None = None,
) -> float:
    """Seconds from start to end, roughly: the time it takes on a machine we know, times how
    much slower the newest past runs were here, or else its matrix products are.

    Past runs of tables whose width is known go before others, which are taken to be as wide as
    most.

    Args:
        config: What would be trained.
        rows: People in the table.
        past: Runs of this machine, newest first. Those whose pace cannot be are passed over.
        groups: Groups that are compared, of all attributes together; None is not known.
        encoded: How wide the table is once encoded (:func:`fairlab.data.width.encoded_width`). It
            is remembered for the table's runs; None takes what is remembered, if anything.

    Returns:
        At least one second. ``benchmarks/results/sweep.json`` has how far off it is.
    """
    if encoded is not None:
        _remember(config, encoded)
    records = list(past)
    alike = [record for record in records if _width(record.config) is not None]
    paces = map(_pace, alike if alike else records)
    known = list(islice((pace for pace in paces if pace is not None), RECENT))
    pace = median(known) if known else machine_pace()
    return max(SHORTEST, pace * _work(config, rows, groups, encoded))


@functools.cache
def machine_pace() -> float:
    """How much slower this machine multiplies matrices than the one we know; asked once.

    Takes some milliseconds; the fastest of several tries, so that a busy moment counts little.
    """
    square = np.ones((PROBED, PROBED), dtype=np.float32)
    tries = []
    for _ in range(TRIES):
        started = time.perf_counter()
        square @ square
        tries.append(time.perf_counter() - started)
    return min(SLOWEST, max(1 / SLOWEST, min(tries) / KNOWN))


def duration_words(seconds: float) -> str:
    """A duration for reading: "40 seconds", "12 minutes", "2.5 hours"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def too_long(seconds: float) -> str:
    """What to do about a run that would hold up everybody else; "" when it would not."""
    if seconds <= LONGEST:
        return ""
    return (
        f"This run would take about {duration_words(seconds)}, and others on this machine would "
        f"wait behind it; the limit here is {duration_words(LONGEST)}. Train fewer strengths, "
        "seeds or epochs, or a smaller network. Or train it in a shell of your own: fairlab sweep "
        "has no limit."
    )


def _work(
    config: RunConfig, rows: int, groups: int | None = None, encoded: Encoded | None = None
) -> float:
    width = _width(config) if encoded is None else encoded
    sweep = config.sweep
    people = rows * train_share(sweep)
    return nominal_seconds(sweep, people, USUAL if width is None else width, groups).total


def _width(config: RunConfig) -> Encoded | None:
    """What is remembered of the width of a run's table."""
    return _WIDTHS.get(_table_key(config))


def _remember(config: RunConfig, encoded: Encoded) -> None:
    if not config.data.fingerprint:
        return  # nobody knows which table it is
    if len(_WIDTHS) >= _MOST_WIDTHS:
        _WIDTHS.clear()
    _WIDTHS[_table_key(config)] = encoded


def _table_key(config: RunConfig) -> tuple[object, ...]:
    """A table and which of its columns are features."""
    task = config.task
    seen = () if task.sensitive_as_features else task.sensitive
    return (config.data.fingerprint, task.label, task.weight, frozenset({*task.exclude, *seen}))


def _pace(record: RunRecord) -> float | None:
    rows = record.config.data.rows
    whole = record.state is RunState.DONE and record.started is not None
    if not whole or record.finished is None or record.started is None or not rows:
        return None
    if "plugin_boosting" in record.config.sweep.baselines:
        return None  # its work follows from how many groups there were, which is not kept
    pace = (record.finished - record.started) / _work(record.config, rows)
    probed = machine_pace()
    return pace if probed / BELIEVED <= pace <= probed * BELIEVED else None
