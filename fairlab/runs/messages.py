"""What a training process says to the one that started it: bytes whose meaning is data alone.

A message is one letter and a payload: progress and failures as JSON, a result as the bytes of its
file. Nothing that is read here can be code.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlab.results import Progress

PROGRESS, RESULT, FAILURE = b"P", b"R", b"F"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a part failed: a sentence for the owner of the run, and a trace for the log."""

    sentence: str
    trace: str


def pack_progress(progress: Progress) -> bytes:
    """Progress with every digit of its numbers."""
    content = {
        "mode": progress.mode,
        "epoch": int(progress.epoch),
        "epochs": int(progress.epochs),
        "strength": _listed(progress.strength),
        "seed": [int(seed) for seed in progress.seed],
        "accuracy": _listed(progress.accuracy),
        "gap": _listed(progress.gap),
        "losses": {name: _listed(values) for name, values in progress.losses.items()},
        "seconds": float(progress.seconds),
        "share_done": float(progress.share_done),
        "methods": list(progress.methods),
        "fold": int(progress.fold),
        "folds": int(progress.folds),
    }
    return PROGRESS + json.dumps(content, separators=(",", ":")).encode()


def read_progress(payload: bytes) -> Progress:
    """What :func:`pack_progress` packed, without its letter."""
    content: dict[str, Any] = json.loads(payload)
    arrays = {name: np.array(content[name], dtype=np.float64) for name in _ARRAYS}
    losses = {name: np.array(v, dtype=np.float64) for name, v in content["losses"].items()}
    seed = np.array(content["seed"], dtype=np.int64)
    methods = tuple(content["methods"])
    return Progress(**(content | arrays | {"losses": losses, "seed": seed, "methods": methods}))


def pack_failure(failure: Failure) -> bytes:
    """A failure as a message."""
    return FAILURE + json.dumps({"sentence": failure.sentence, "trace": failure.trace}).encode()


def read_failure(payload: bytes) -> Failure:
    """What :func:`pack_failure` packed, without its letter."""
    content = json.loads(payload)
    return Failure(str(content["sentence"]), str(content["trace"]))


_ARRAYS = ("strength", "accuracy", "gap")


def _listed(values: Any) -> list[float]:
    return [float(value) for value in np.asarray(values, dtype=np.float64).ravel()]
