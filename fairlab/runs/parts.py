"""A sweep as parts that do not depend on the machine: trained anywhere, merged to the same bytes.

One part per mode and one for the baselines; with folds, one per fold. A part needs the
configuration and the table alone, so any of them can be trained again, elsewhere, at any time.
What modes share is deterministic and done again in each: split and encoding, the search for
settings, and a mode's own slacks. Nothing here imports torch before a part is trained.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fairlab.config import Mode, RunConfig, SweepConfig
from fairlab.data import open_task
from fairlab.data.task import TaskData
from fairlab.duration import nominal_seconds, train_share
from fairlab.results import Progress, SweepResult
from fairlab.training.merging import BASELINES, merged, merged_folds

__all__ = ["BASELINES", "Part", "merge", "parts_of", "train_part"]

USUAL_ROWS = 2_000  # of a table whose size is not known before it is opened


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a sweep, trained on its own.

    Attributes:
        name: Unique in a run and the same on every machine: ``penalty``, ``baselines``,
            ``fold 2`` ….
        mode: The mode it trains; None for baselines and folds.
        fold: Which fold it trains, from 0; None without folds.
        share: Of the whole sweep's time, roughly, in (0, 1].
        path: The user's file with the table; None to find the table by its fingerprint.
        models_at_once: As for :func:`fairlab.training.fit_sweep`.
    """

    name: str
    mode: Mode | None = None
    fold: int | None = None
    share: float = 1.0
    path: Path | None = None
    models_at_once: int | None = None


def parts_of(config: RunConfig) -> tuple[Part, ...]:
    """The parts of a run; the same on every machine.

    The longest mode comes first, so that a curve begins to be drawn at once; then the longest of
    the others, baselines among them, so that parts side by side end about together.
    """
    sweep = config.sweep
    if sweep.folds > 1:
        share = 1 / sweep.folds
        return tuple(
            Part(f"fold {index + 1}", fold=index, share=share) for index in range(sweep.folds)
        )
    seconds = {mode: _seconds(config, {"modes": (mode,), "baselines": ()}) for mode in sweep.modes}
    whole = sum(seconds.values())
    parts = []
    if sweep.baselines:
        beside = _seconds(config, {"modes": (), "search": None})
        whole += beside
        parts = [Part(BASELINES, share=beside / whole)]
    parts += [Part(mode, mode=mode, share=own / whole) for mode, own in seconds.items()]
    parts.sort(key=lambda part: -part.share)
    first = next(part for part in parts if part.mode is not None)
    return (first, *(part for part in parts if part is not first))


def _seconds(config: RunConfig, changes: Mapping[str, object]) -> float:
    """What a part takes on the machine we know."""
    sweep: SweepConfig = config.sweep.model_copy(update=dict(changes))
    rows = config.data.rows if config.data.rows else USUAL_ROWS
    return nominal_seconds(sweep, rows * train_share(sweep)).total


def train_part(
    config: RunConfig,
    part: Part,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    data: TaskData | None = None,
) -> SweepResult:
    """Train one part with the threads torch has here. Imports torch.

    Args:
        config: The run.
        part: One of ``parts_of(config)``.
        on_progress: Told after each epoch; ``share_done`` is of this part.
        should_stop: As for :func:`fairlab.training.fit_sweep`.
        data: The table if it is at hand; else it is opened as the part says.

    Returns:
        For :func:`merge` and the store, not for people: its notes are in sections.

    Raises:
        InputError, TrainingError: As :func:`fairlab.training.fit_sweep`.
    """
    from fairlab.training.alone import fit_alone

    table = open_task(config, part.path) if data is None else data
    tell = on_progress if part.fold is None else _of_fold(on_progress, part.fold, config.sweep)
    return fit_alone(
        table, config.sweep, part.mode, part.fold, tell, should_stop, part.models_at_once
    )


def _of_fold(
    tell: Callable[[Progress], None], fold: int, sweep: SweepConfig
) -> Callable[[Progress], None]:
    return lambda progress: tell(replace(progress, fold=fold + 1, folds=sweep.folds))


def merge(config: RunConfig, results: Mapping[str, SweepResult]) -> SweepResult:
    """All parts as one result: what ``fit_sweep`` gives on one thread, bit by bit.

    Args:
        config: The run.
        results: By name of the part. Missing parts count as cancelled.

    Returns:
        The result; ``seconds`` are those of all parts together. Without any part one without
        points, cancelled.

    Raises:
        TrainingError: If every model of every mode failed.
    """
    if config.sweep.folds == 1:
        return merged(config.sweep, results)
    folds = {part.fold: results[part.name] for part in parts_of(config) if part.name in results}
    return merged_folds(config.sweep, folds)
