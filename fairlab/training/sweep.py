"""``fit_sweep``: every strength and seed of every chosen mode, from a table to a result."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from fairlab.baselines import check_baselines, check_plugin_groups
from fairlab.config import Mode, RunConfig, SweepConfig
from fairlab.data import prepare
from fairlab.data.task import PreparedData, TaskData
from fairlab.duration import nominal_seconds
from fairlab.errors import TrainingError
from fairlab.results import Progress, SweepResult
from fairlab.training.baselines import Trained, fit_baselines
from fairlab.training.batched import predictor
from fairlab.training.batches import BatchPlan
from fairlab.training.catalog import FAMILIES, check_constraint
from fairlab.training.chunks import Chunk, check_at_once, chunks_of, default_at_once
from fairlab.training.folds import fit_folds
from fairlab.training.grids import resolve_grids
from fairlab.training.loop import Epoch, train
from fairlab.training.notes import refuse_cells_nobody_is_in
from fairlab.training.outcome import Outcome, outcome_of, result_of
from fairlab.training.people import Crowd, gather, groups_compared
from fairlab.training.reporting import Clock, ModeReport, baseline_report
from fairlab.training.search import searched
from fairlab.training.setting import plan_of, setting_of


def fit_sweep(
    data: TaskData | PreparedData,
    config: SweepConfig | RunConfig,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    models_at_once: int | None = None,
) -> SweepResult:
    """Train all strengths × seeds of each mode, each mode as one batched model.

    The unmitigated model (strength 0, slack 1) is in every mode. Of every model the epoch that
    is best on validation by its own objective is kept. Deterministic for a config, a device and
    ``models_at_once``; test labels are never read. Uses torch's current number of threads and
    changes no global setting; a host that shares its cores should set ``torch.set_num_threads``
    itself.

    Args:
        data: A table with roles, or one already split and encoded.
        config: The sweep; of a ``RunConfig`` only its sweep is used.
        on_progress: Called after each epoch of each mode.
        should_stop: Asked before each epoch and every few batches; a true answer ends training,
            and the result holds the best states so far with ``cancelled`` set. Modes and models
            not yet begun are absent then.
        models_at_once: Most models of a mode that are trained together; more are trained in
            chunks, one after the other. Scores then differ a little (by up to 0.002 on Adult and
            0.03 on the built-in table, one at a time): sums are rounded otherwise, and training
            amplifies that. None takes what fits into 2 GiB, which depends on the sweep and the
            table alone, or into the memory that is free if that is less.

    Returns:
        Points and scores of all models. Scores of mode ``layer`` are those of the rule frozen on
        validation, on every split alike.

    Baselines follow the families, in the order asked for.

    Raises:
        InputError: Data, constraint, baseline or number at once that cannot be trained on, with
            the remedy.
        TrainingError: No CUDA device although asked for; or every model failed.
    """
    sweep = config.sweep if isinstance(config, RunConfig) else config
    if sweep.folds > 1:
        fit = partial(fit_sweep, models_at_once=models_at_once)
        return fit_folds(data, sweep, fit, on_progress, should_stop)
    started = time.perf_counter()
    check_at_once(models_at_once)
    check_constraint(sweep.constraint, sweep.modes)
    device = _device(sweep.device)
    prepared = data
    if isinstance(prepared, TaskData):
        prepared = prepare(prepared, sweep.split, sweep.group_by, sweep.grouping)
    crowd = gather(prepared, sweep.group_by, device, sweep.grouping)
    check_baselines(
        sweep.baselines,
        sweep.constraint,
        marginal=_is_marginal(sweep),
        weighted=prepared.splits["train"].weight is not None,
    )
    check_plugin_groups(sweep.baselines, groups_compared(crowd))
    if "layer" in sweep.modes:
        refuse_cells_nobody_is_in(crowd, sweep.constraint)
    plan = plan_of(crowd, sweep)
    stop = _never if should_stop is None else should_stop
    people = crowd.splits["train"]
    whole = nominal_seconds(sweep, people.n, people.encoded, sum(groups_compared(crowd)))
    sweep, tried = searched(sweep, crowd, plan, whole.search_share, on_progress, stop)
    sweep, slack_notes = resolve_grids(sweep, prepared, crowd)
    prepared = replace(prepared, notes=(*prepared.notes, *tried, *slack_notes))
    at_once = models_at_once
    if at_once is None:
        at_once, short = default_at_once(sweep, crowd)
        prepared = replace(prepared, notes=(*prepared.notes, *short))
    outcomes: list[Outcome] = []
    for position, mode in enumerate(sweep.modes):
        clock = Clock(started, position, len(sweep.modes), whole)
        chunks = chunks_of(mode, sweep, at_once)
        report = ModeReport(mode, sweep, crowd, chunks, clock, on_progress)
        for number, chunk in enumerate(chunks):
            if outcomes and (outcomes[-1].cancelled or stop()):
                break
            outcomes.append(_fit_chunk(mode, chunk, number, crowd, plan, report, stop))
    if all(bool(o.failed.all()) for o in outcomes):
        raise TrainingError(
            "The loss of every model stopped being finite. Lower the learning rate "
            f"(it is {sweep.learning_rate:g}), or check the features for extreme values."
        )
    cancelled = sum(len(o.models) for o in outcomes) < sweep.n_models
    cancelled |= any(o.cancelled for o in outcomes)
    beside: list[Trained] = []
    if not cancelled:
        tell = baseline_report(sweep, crowd, whole, started, on_progress)
        beside, cancelled = fit_baselines(prepared, crowd, sweep, tell, stop)
    return result_of(prepared, crowd, sweep, plan, outcomes, beside, cancelled, started)


def _fit_chunk(
    mode: Mode,
    chunk: Chunk,
    number: int,
    crowd: Crowd,
    plan: BatchPlan,
    report: ModeReport,
    stop: Callable[[], bool],
) -> Outcome:
    sweep = chunk.sweep
    setting = setting_of(mode, sweep, crowd, chunk.strengths)
    family = FAMILIES[mode](setting)
    features = crowd.splits["train"].x.shape[0]
    mixed = sweep.precision == "bfloat16"
    net = predictor(features, sweep.model, sweep.seeds, len(chunk.strengths), mixed)
    net = net.to(crowd.device)

    def tell(epoch: Epoch) -> None:
        report.tell(number, epoch)

    kept = train(net, family, setting, plan, tell, stop)
    return outcome_of(net, family, setting, kept, chunk)


def _is_marginal(sweep: SweepConfig) -> bool:
    return sweep.grouping == "marginal" and len(sweep.group_by) > 1


def _never() -> bool:
    return False


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "Training on CUDA was asked for, and torch finds no CUDA device. Choose device "
            "'cpu', or install a CUDA build of torch on a machine that has one."
        )
    return torch.device(name)


__all__ = ["fit_sweep", "setting_of"]
