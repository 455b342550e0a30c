"""A finished run in a store, as a worker leaves it."""

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
    assert claimed is not None
    assert claimed.id == run_id
    store.finish(run_id, result, "test-worker")
    store.close()
    return run_id
