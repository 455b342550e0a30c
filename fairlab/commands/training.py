"""A configuration trained in a shell: in processes where there are several cores and parts."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fairlab.config import RunConfig
from fairlab.results import Progress, SweepResult
from fairlab.runs.executors import Executor, Limits, choose_executor
from fairlab.runs.parts import Part, merge, parts_of
from fairlab.settings import settings


def train(
    run: RunConfig,
    path: Path | None,
    models_at_once: int | None,
    on_progress: Callable[[Progress], None],
) -> SweepResult:
    """Train all parts of a run; the numbers are the app's, whatever the machine's cores.

    Args:
        run: The run.
        path: The user's file with the table, or None.
        models_at_once: As for :func:`fairlab.training.fit_sweep`.
        on_progress: Told after each epoch of each part.

    Raises:
        FairlabError: If a part cannot be trained.
    """
    began = time.perf_counter()
    where = None if path is None else path.resolve()
    parts = tuple(
        replace(part, path=where, models_at_once=models_at_once) for part in parts_of(run)
    )
    executor = _executor(run, parts)
    found: dict[str, SweepResult] = {}
    try:
        for part, result in executor.train(run, parts, on_progress, lambda: False, Limits()):
            found[part.name] = result
    finally:
        executor.close()
    return replace(merge(run, found), seconds=time.perf_counter() - began)


def _executor(run: RunConfig, parts: tuple[Part, ...]) -> Executor:
    from fairlab.runs.local_processes import LocalProcesses, cores
    from fairlab.runs.this_process import ThisProcess

    if settings().ray_address:
        return choose_executor()
    several = len(parts) > 1 and cores() > 1 and run.sweep.device == "cpu"
    return LocalProcesses(niceness=0) if several else ThisProcess()
