"""A finished run in a store, as a worker leaves it."""

import time
from collections.abc import Callable
from pathlib import Path

from fairlab.config import RunConfig
from fairlab.results import SweepResult
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore


def stored_run(home: Path, config: RunConfig, result: SweepResult, owner: str = "") -> str:
    """Id of a run of ``config`` by ``owner`` that ended with ``result``."""
    store = RunStore(home)
    run_id = store.submit(config, owner=owner)
    if store.get(run_id).state is RunState.DONE:  # somebody else had the same computed
        store.close()
        return run_id
    claimed = store.claim("test-worker")
    if claimed is None:  # the training process of a server on this home was faster
        wait_for(lambda: store.get(run_id).state is RunState.DONE)
    else:
        assert claimed.id == run_id
        store.finish(run_id, result, "test-worker")
    store.close()
    return run_id


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
