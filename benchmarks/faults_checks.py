"""What must hold after the faults: every run ended or can go on, and no result was touched."""

import contextlib
import hashlib
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fairlab.config import RunConfig
from fairlab.errors import FairlabError
from fairlab.results import SweepResult
from fairlab.runs.artefacts import encode
from fairlab.runs.parts import merge, parts_of, train_part
from fairlab.runs.records import RunRecord, RunState
from fairlab.runs.store import RunStore

COMPARED = (
    15  # finished runs, those started most often first, that are trained again without faults
)


@dataclass
class Seen:
    """Finished results as they were when they were first seen.

    Attributes:
        key: Content hash the store names, by run.
        digest: SHA-256 of the file, by run.
        problems: Sentences.
    """

    key: dict[str, str] = field(default_factory=dict)
    digest: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def look(self, store: RunStore, records: list[RunRecord]) -> None:
        """Remember new results, and hold old ones to what they were."""
        for record in records:
            if record.id in self.key:
                self._hold(store, record)
            elif record.state is RunState.DONE and record.result_key is not None:
                self.key[record.id] = record.result_key
                self.digest[record.id] = _digest(store, record.result_key)

    def _hold(self, store: RunStore, record: RunRecord) -> None:
        if record.state is not RunState.DONE or record.result_key != self.key[record.id]:
            self.problems.append(f"A finished run is {record.state} now, or has another result.")
        elif _digest(store, self.key[record.id]) != self.digest[record.id]:
            self.problems.append("The file of a finished result has changed.")


def _digest(store: RunStore, key: str) -> str:
    path = store.results / f"{key}.npz"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"


def check(store: RunStore, ids: list[str], seen: Seen) -> list[str]:
    """Everything wrong with the store, as sentences; none is what should be."""
    records = [store.get(run_id) for run_id in ids]
    seen.look(store, records)
    found = [*seen.problems]
    ended = [record for record in records if record.state is RunState.DONE]
    hit_most = sorted(ended, key=lambda record: -record.attempt)[:COMPARED]
    found += [problem for record in hit_most for problem in _as_undisturbed(store, record)]
    for record in records:
        if record.state.active:
            found.append(f"A run is still {record.state} (attempt {record.attempt}).")
        if record.state is RunState.FAILED and not record.message:
            found.append("A run failed without saying why.")
        if record.state is RunState.DONE:
            found += _result(store, record)
        found += _points(store, record.id)
    return found + _integrity(store.home / "runs.sqlite3")


def _result(store: RunStore, record: RunRecord) -> list[str]:
    """A finished result is whole."""
    try:
        result = store.load_result(record.id)
    except FairlabError as error:
        return [f"A finished result cannot be read: {error}"]
    names = [(p.mode, p.strength, p.slack, p.seed, p.family) for p in result.points]
    return ["A result has the same model twice."] if len(set(names)) < len(names) else []


def _as_undisturbed(store: RunStore, record: RunRecord) -> list[str]:
    """A finished result has the bytes of the same run without faults."""
    try:
        result = store.load_result(record.id)
    except FairlabError:
        return []  # said elsewhere
    if bytes_of(result) != undisturbed(record.config):
        return ["A result differs from that of the same run without faults."]
    return []


_known: dict[str, bytes] = {}


def undisturbed(config: RunConfig) -> bytes:
    """The run's result, trained here and now in one go."""
    import torch

    torch.set_num_threads(1)
    if config.digest() not in _known:
        parts = parts_of(config)
        trained = {
            part.name: train_part(config, part, lambda _progress: None, lambda: False)
            for part in parts
        }
        _known[config.digest()] = bytes_of(merge(config, trained))
    return _known[config.digest()]


def bytes_of(result: SweepResult) -> bytes:
    """All of a result but how long it took."""
    return encode(replace(result, seconds=0.0))


def _points(store: RunStore, run_id: str) -> list[str]:
    """Nobody's points come twice, none are missing in between."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for event in store.events(run_id):
        counts[(event.data["mode"], event.data["epoch"], event.data.get("fold"))] += 1
    twice = sum(1 for number in counts.values() if number > 1)
    return [f"{twice} points of a run were stored twice."] if twice else []


def _integrity(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        answer = connection.execute("PRAGMA integrity_check").fetchall()
        keys = connection.execute("PRAGMA foreign_key_check").fetchall()
    found = [] if answer == [("ok",)] else ["The database is damaged."]
    return found + ([f"{len(keys)} rows name others that are not there."] if keys else [])
