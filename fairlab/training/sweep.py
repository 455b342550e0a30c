"""``fit_sweep``: every strength and seed of every chosen mode, from a table to a result."""

from collections.abc import Callable, Sequence
from functools import partial

from fairlab.config import Mode, RunConfig, SweepConfig
from fairlab.data.task import PreparedData, TaskData
from fairlab.errors import TrainingError
from fairlab.results import Progress, SweepResult
from fairlab.training.baselines import Trained, fit_baselines
from fairlab.training.batched import predictor
from fairlab.training.begin import Begun, begin
from fairlab.training.catalog import FAMILIES
from fairlab.training.chunks import Chunk, chunks_of
from fairlab.training.folds import fit_folds
from fairlab.training.loop import Epoch, train
from fairlab.training.outcome import Outcome, outcome_of, result_of
from fairlab.training.reporting import Clock, ModeReport, baseline_report
from fairlab.training.setting import setting_of

Listener = Callable[[Progress], None]


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
    stop = _never if should_stop is None else should_stop
    begun = begin(data, sweep, sweep, on_progress, stop, models_at_once)
    outcomes: list[Outcome] = []
    for position, mode in enumerate(begun.sweep.modes):
        if outcomes and (outcomes[-1].cancelled or stop()):
            break
        clock = Clock(begun.started, position, len(begun.sweep.modes), begun.whole)
        outcomes += fit_mode(mode, begun, clock, on_progress, stop)
    if why := every_failure(begun, outcomes):
        raise TrainingError(why)
    cancelled = is_cut_short(begun, outcomes)
    beside: list[Trained] = []
    if not cancelled:
        beside, cancelled = fit_beside(begun, on_progress, stop)
    return result_of(begun, outcomes, beside, cancelled)


def fit_mode(
    mode: Mode,
    begun: Begun,
    clock: Clock,
    on_progress: Listener | None,
    stop: Callable[[], bool],
) -> list[Outcome]:
    """Train a mode, as many models together as memory allows; the first of them in any case."""
    chunks = chunks_of(mode, begun.sweep, begun.at_once)
    report = ModeReport(mode, begun.sweep, begun.crowd, chunks, clock, on_progress)
    outcomes: list[Outcome] = []
    for number, chunk in enumerate(chunks):
        if outcomes and (outcomes[-1].cancelled or stop()):
            break
        outcomes.append(_fit_chunk(mode, chunk, number, begun, report, stop))
    return outcomes


def fit_beside(
    begun: Begun, on_progress: Listener | None, stop: Callable[[], bool]
) -> tuple[list[Trained], bool]:
    """Train the baselines; what was trained, and whether it was stopped before the end."""
    sweep, crowd = begun.sweep, begun.crowd
    tell = baseline_report(sweep, crowd, begun.whole, begun.started, on_progress)
    return fit_baselines(begun.prepared, crowd, sweep, tell, stop)


def every_failure(begun: Begun, outcomes: Sequence[Outcome]) -> str:
    """Why nothing can be shown, if every model failed; "" otherwise."""
    if not outcomes or not all(bool(o.failed.all()) for o in outcomes):
        return ""
    return (
        "The loss of every model stopped being finite. Lower the learning rate "
        f"(it is {begun.sweep.learning_rate:g}), or check the features for extreme values."
    )


def is_cut_short(begun: Begun, outcomes: Sequence[Outcome]) -> bool:
    """Whether models are missing, or were stopped before their last epoch."""
    missing = sum(len(o.models) for o in outcomes) < begun.sweep.n_models
    return missing or any(o.cancelled for o in outcomes)


def _fit_chunk(
    mode: Mode,
    chunk: Chunk,
    number: int,
    begun: Begun,
    report: ModeReport,
    stop: Callable[[], bool],
) -> Outcome:
    sweep, crowd = chunk.sweep, begun.crowd
    setting = setting_of(mode, sweep, crowd, chunk.strengths)
    family = FAMILIES[mode](setting)
    features = crowd.splits["train"].x.shape[0]
    mixed = sweep.precision == "bfloat16"
    net = predictor(features, sweep.model, sweep.seeds, len(chunk.strengths), mixed)
    net = net.to(crowd.device)

    def tell(epoch: Epoch) -> None:
        report.tell(number, epoch)

    kept = train(net, family, setting, begun.plan, tell, stop)
    return outcome_of(net, family, setting, kept, chunk)


def _never() -> bool:
    return False


__all__ = ["fit_sweep", "setting_of"]
