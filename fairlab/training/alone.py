"""A mode of a sweep, its baselines, or one of its folds, trained alone."""

from collections.abc import Callable
from functools import partial

from fairlab.config import Mode, SweepConfig
from fairlab.data.task import TaskData
from fairlab.errors import InputError
from fairlab.results import Progress, SweepResult
from fairlab.training.begin import begin
from fairlab.training.folds import fit_fold
from fairlab.training.outcome import Outcome, result_of
from fairlab.training.reporting import Clock
from fairlab.training.sweep import every_failure, fit_beside, fit_mode, fit_sweep, is_cut_short


def fit_alone(
    data: TaskData,
    asked: SweepConfig,
    mode: Mode | None = None,
    fold: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    models_at_once: int | None = None,
) -> SweepResult:
    """Train a mode, all baselines (``mode`` None) or a fold; the rest of the sweep is left out.

    Put together by :func:`fairlab.training.merging.merged`, the parts of a sweep are what
    :func:`fairlab.training.fit_sweep` gives with as many threads. Before a mode the settings are
    searched, if the sweep says so, and the slacks of this mode listed, if they follow from the
    data: both are deterministic, so that every part finds the same. Baselines read neither.

    Args:
        data: A table with roles.
        asked: The whole sweep.
        mode: Which mode; None for the baselines.
        fold: Which fold, from 0; for a sweep with folds.
        on_progress: Called after each epoch; shares done are of this part.
        should_stop, models_at_once: As for :func:`fairlab.training.fit_sweep`.

    Raises:
        InputError, TrainingError: As :func:`fairlab.training.fit_sweep` of the whole sweep; but a
            mode whose models all failed is no error as long as another has one that did not.
    """
    if asked.folds > 1:
        if fold is None:
            raise InputError("A sweep with folds is trained fold by fold. Name a fold.")
        fit = partial(fit_sweep, models_at_once=models_at_once)
        return fit_fold(data, asked, fold, fit, on_progress, should_stop)
    stop = _never if should_stop is None else should_stop
    changes = {"modes": (mode,), "baselines": ()} if mode else {"modes": (), "search": None}
    own = asked.model_copy(update=changes)
    begun = begin(data, own, asked, on_progress, stop, models_at_once)
    if mode is None:
        beside, cancelled = fit_beside(begun, on_progress, stop)
        return result_of(begun, (), beside, cancelled, part=True)
    clock = Clock(begun.started, 0, 1, begun.whole)
    outcomes: list[Outcome] = fit_mode(mode, begun, clock, on_progress, stop)
    cancelled = is_cut_short(begun, outcomes)
    failed = every_failure(begun, outcomes)
    return result_of(begun, outcomes, [], cancelled, part=True, failed=failed)


def _never() -> bool:
    return False
