"""A second, real process on the same home: ``python -m tests.contracts.other_process VERB``.

``claim`` claims until nothing waits and prints each id; ``hang`` claims one run, writes two
epochs, says so, and then trains until it is killed.
"""

import sys
import threading

from fairlab.config import RunConfig
from fairlab.results import SweepResult
from fairlab.runs.executors import Limits
from fairlab.runs.parts import Part
from fairlab.runs.store import RunStore
from fairlab.runs.worker import Worker
from tests.contracts import small
from tests.contracts.executing import Here, Note, Stop


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def claim() -> None:
    """Claim everything there is, as fast as possible, once told to start."""
    store = RunStore()
    _say("ready")
    sys.stdin.readline()
    while (record := store.claim(f"claimer-{sys.argv[2]}")) is not None:
        _say(record.id)


def hang() -> None:
    """Begin a run and never end it."""

    def train(_config: RunConfig, _part: Part, note: Note, _stop: Stop) -> SweepResult:
        note(small.progress(1))
        note(small.progress(2))
        _say("training")
        threading.Event().wait()
        raise AssertionError

    Worker(RunStore(), Here(train), Limits()).run_until_empty()


if __name__ == "__main__":
    {"claim": claim, "hang": hang}[sys.argv[1]]()
