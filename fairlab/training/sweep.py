"""``fit_sweep``: every strength and seed of every chosen mode, from a table to a result."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fairlab.baselines import check_baselines
from fairlab.config import Mode, RunConfig, SweepConfig
from fairlab.data import prepare
from fairlab.data.task import PreparedData, TaskData
from fairlab.duration import Nominal, baseline_seconds, nominal_seconds
from fairlab.errors import TrainingError
from fairlab.networks import NetworkFamily, bounded
from fairlab.projection.constraints import cells_of
from fairlab.results import Point, Progress, SplitScores, SweepResult
from fairlab.training.baselines import Trained, baseline_notes, fit_baselines
from fairlab.training.batched import predictor
from fairlab.training.batches import BatchPlan, plan_batches
from fairlab.training.catalog import FAMILIES, check_constraint
from fairlab.training.cells import cell_means
from fairlab.training.class_weight import class_weight_notes, class_weights_of
from fairlab.training.evaluate import accuracy_of, by_attribute, gap_of, side_by_side
from fairlab.training.family import Batch, Family, Setting
from fairlab.training.grids import resolve_grids
from fairlab.training.health import health_flags
from fairlab.training.kept_networks import family_network, gathered_networks
from fairlab.training.loop import Epoch, Kept, cohort_of, finite_logits, train
from fairlab.training.notes import promise_notes, refuse_cells_nobody_is_in, training_notes
from fairlab.training.penalty import SoftDecision
from fairlab.training.people import Crowd, counts, gather
from fairlab.training.search import searched

SPLITS = ("train", "validation", "test")


def fit_sweep(
    data: TaskData | PreparedData,
    config: SweepConfig | RunConfig,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SweepResult:
    """Train all strengths × seeds of each mode, each mode as one batched model.

    The unmitigated model (strength 0, slack 1) is in every mode. Of every model the epoch that
    is best on validation by its own objective is kept. Deterministic for a config and device;
    test labels are never read. Uses torch's current number of threads and changes no global
    setting; a host that shares its cores should set ``torch.set_num_threads`` itself.

    Args:
        data: A table with roles, or one already split and encoded.
        config: The sweep; of a ``RunConfig`` only its sweep is used.
        on_progress: Called after each epoch of each mode.
        should_stop: Asked before each epoch and every few batches; a true answer ends training,
            and the result holds the best states so far with ``cancelled`` set. Modes not yet
            begun are absent then.

    Returns:
        Points and scores of all models. Scores of mode ``layer`` are those of the rule frozen on
        validation, on every split alike.

    Baselines follow the families, in the order asked for.

    Raises:
        InputError: Data, constraint or baseline that cannot be trained on, with the remedy.
        TrainingError: No CUDA device although asked for; or every model failed.
    """
    sweep = config.sweep if isinstance(config, RunConfig) else config
    started = time.perf_counter()
    check_constraint(sweep.constraint, sweep.modes, marginal=_is_marginal(sweep))
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
    if "layer" in sweep.modes:
        refuse_cells_nobody_is_in(crowd, sweep.constraint)
    plan = _plan(crowd, sweep)
    stop = _never if should_stop is None else should_stop
    whole = nominal_seconds(sweep, crowd.splits["train"].n)
    sweep, tried = searched(sweep, crowd, plan, whole.search_share, on_progress, stop)
    sweep, slack_notes = resolve_grids(sweep, prepared, crowd)
    prepared = replace(prepared, notes=(*prepared.notes, *tried, *slack_notes))
    outcomes: list[_Outcome] = []
    for position, mode in enumerate(sweep.modes):
        if outcomes and (outcomes[-1].kept.cancelled or stop()):
            break
        clock = _Clock(started, position, len(sweep.modes), whole)
        outcomes.append(_fit_family(mode, sweep, crowd, plan, clock, on_progress, stop))
    if all(bool(o.kept.failed.all()) for o in outcomes):
        raise TrainingError(
            "The loss of every model stopped being finite. Lower the learning rate "
            f"(it is {sweep.learning_rate:g}), or check the features for extreme values."
        )
    cancelled = any(o.kept.cancelled for o in outcomes) or len(outcomes) < len(sweep.modes)
    beside: list[Trained] = []
    if not cancelled:
        report = _baseline_report(sweep, crowd, whole, started, on_progress)
        beside, cancelled = fit_baselines(prepared, crowd, sweep, report, stop)
    return _result(prepared, crowd, sweep, plan, outcomes, beside, cancelled, started)


def _baseline_report(
    sweep: SweepConfig,
    crowd: Crowd,
    whole: Nominal,
    started: float,
    on_progress: Callable[[Progress], None] | None,
) -> Callable[[list[Trained], float], None]:
    """Tells of all baselines trained so far after each."""
    people = crowd.splits["train"].n

    def report(done: list[Trained], finished: float) -> None:
        if on_progress is None:
            return
        points = [one.point for one in done]
        spent = sum(
            min(1.0, max(0.0, finished - place)) * baseline_seconds(name, sweep, people)
            for place, name in enumerate(sweep.baselines)
        )
        on_progress(
            Progress(
                mode="baseline",
                epoch=math.ceil(finished),
                epochs=len(sweep.baselines),
                strength=np.array([0.0 if p.slack is None else p.slack for p in points]),
                seed=np.array([p.seed for p in points]),
                accuracy=np.array([one.accuracy for one in done]),
                gap=np.array([one.gap for one in done]),
                losses={},
                seconds=time.perf_counter() - started,
                share_done=min(1.0, 1 - (whole.baselines - spent) / whole.total),
                methods=tuple(p.family for p in points),
            )
        )

    return report


def _is_marginal(sweep: SweepConfig) -> bool:
    return sweep.grouping == "marginal" and len(sweep.group_by) > 1


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Clock:
    started: float
    position: int
    modes: int
    whole: Nominal

    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def share(self, epoch: int, epochs: int) -> float:
        done = (self.position + epoch / epochs) / self.modes
        return self.whole.search_share + self.whole.family_share * done


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    mode: Mode
    points: tuple[Point, ...]
    scores: dict[str, Tensor]
    raw: dict[str, Tensor]
    kept: Kept
    selection: str
    network: NetworkFamily


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "Training on CUDA was asked for, and torch finds no CUDA device. Choose device "
            "'cpu', or install a CUDA build of torch on a machine that has one."
        )
    return torch.device(name)


def _plan(crowd: Crowd, sweep: SweepConfig) -> BatchPlan:
    train_split = crowd.splits["train"]
    cell = (train_split.group * 2 + train_split.y).cpu().numpy()
    return plan_batches(cell, sweep.batch_size)


def setting_of(mode: Mode, sweep: SweepConfig, crowd: Crowd) -> Setting:
    """What stays fixed while a mode is trained."""
    validation = crowd.splits["validation"]
    weight = None if validation.weight is None else validation.weight[None].to(torch.float32)
    cells = cells_of(sweep.constraint, validation.compared, validation.y, skip_empty=True)
    everyone = crowd.splits["train"]
    classes = class_weights_of(everyone, sweep)
    groups = tuple(int(g) for g in torch.unique(everyone.group).tolist())
    batch = Batch(
        x=validation.x[None],
        y=validation.y.to(torch.float32),
        weight=weight,
        cells=cells,
        means=cell_means(cells, weight),
        cohort=cohort_of(validation.group, groups),
        class_weight=None if classes is None else classes[validation.y],
    )
    return Setting(
        config=sweep,
        crowd=crowd,
        strength=torch.tensor(sweep.grid(mode), dtype=torch.float64, device=crowd.device),
        validation=batch,
        soft=SoftDecision(sweep.threshold, sweep.penalty.temperature),
        groups=groups,
        cells=cells_of(sweep.constraint, everyone.compared, everyone.y, skip_empty=True),
        class_weight=classes,
    )


def _fit_family(
    mode: Mode,
    sweep: SweepConfig,
    crowd: Crowd,
    plan: BatchPlan,
    clock: _Clock,
    on_progress: Callable[[Progress], None] | None,
    stop: Callable[[], bool],
) -> _Outcome:
    setting = setting_of(mode, sweep, crowd)
    strengths = sweep.grid(mode)
    family = FAMILIES[mode](setting)
    net = predictor(crowd.splits["train"].x.shape[0], sweep.model, sweep.seeds, len(strengths))
    net = net.to(crowd.device)
    strength = np.tile(np.array(strengths), len(sweep.seeds))
    seed = np.repeat(np.array(sweep.seeds, dtype=np.int64), len(strengths))

    def report(epoch: Epoch) -> None:
        if on_progress is None:
            return
        table = counts(
            epoch.verdict.score, crowd.splits["validation"], crowd.group_names, sweep.threshold
        )
        on_progress(
            Progress(
                mode=mode,
                epoch=epoch.number,
                epochs=sweep.epochs,
                strength=strength,
                seed=seed,
                accuracy=accuracy_of(table),
                gap=gap_of(sweep.constraint, table, crowd.compared_names),
                losses={k: v.cpu().numpy().astype(np.float64) for k, v in epoch.losses.items()},
                seconds=clock.seconds(),
                share_done=clock.share(epoch.number, sweep.epochs),
            )
        )

    kept = train(net, family, setting, plan, report, stop)
    with torch.no_grad():
        raw = {}
        for name in SPLITS:
            raw[name], broken = finite_logits(net, crowd.splits[name].x)
            kept = replace(kept, failed=kept.failed | broken.cpu().numpy())
        family.settle(raw["validation"])
        scores = {name: family.scores(raw[name], name) for name in SPLITS}
        points = _points(mode, family, setting, kept, scores, strength, seed)
        before = scores if mode != "layer" else {n: torch.sigmoid(raw[n]) for n in SPLITS}
    network = family_network(net, family, crowd)
    return _Outcome(mode, points, scores, before, kept, family.selection, network)


def _points(
    mode: Mode,
    family: Family,
    setting: Setting,
    kept: Kept,
    scores: dict[str, Tensor],
    strength: np.ndarray,
    seed: np.ndarray,
) -> tuple[Point, ...]:
    table = counts(
        scores["validation"],
        setting.crowd.splits["validation"],
        setting.crowd.group_names,
        setting.config.threshold,
    )
    compared = side_by_side(by_attribute(table, setting.crowd.compared_names))
    common = health_flags(
        scores["validation"], compared, kept.failed.tolist(), kept.best_epoch.tolist()
    )
    guarantees = family.guarantees(scores)
    slacks = setting.config.varies_slack(mode)
    return tuple(
        Point(
            index=m,
            mode=mode,
            strength=None if slacks else float(strength[m]),
            slack=float(strength[m]) if slacks else None,
            seed=int(seed[m]),
            best_epoch=int(kept.best_epoch[m]),
            baseline=bool(strength[m] == (1.0 if slacks else 0.0)),
            flags=common[m] + own,
            guarantee=guarantees[m],
        )
        for m, own in enumerate(family.flags())
    )


def _result(
    prepared: PreparedData,
    crowd: Crowd,
    sweep: SweepConfig,
    plan: BatchPlan,
    outcomes: list[_Outcome],
    beside: list[Trained],
    cancelled: bool,
    started: float,
) -> SweepResult:
    points: list[Point] = []
    for p in [p for o in outcomes for p in o.points] + [one.point for one in beside]:
        uses = prepared.sensitive_as_features or (p.mode == "layer" and not p.baseline)
        points.append(replace(p, index=len(points), uses_attribute_when_deciding=uses))
    splits = {}
    for name in SPLITS:
        part = prepared.splits[name]
        score = _stacked([o.scores[name] for o in outcomes], beside, name)
        raw = None
        if "layer" in [o.mode for o in outcomes]:
            raw = _stacked([o.raw[name] for o in outcomes], beside, name)
        splits[name] = SplitScores(score, part.y_true, part.attributes, part.rows, part.weight, raw)
    selections = [(o.mode, o.selection) for o in outcomes]
    networks, unkept = bounded(gathered_networks([o.network for o in outcomes], prepared))
    return SweepResult(
        points=tuple(points),
        splits=splits,
        constraint=sweep.constraint,
        group_by=crowd.group_by,
        threshold=sweep.threshold,
        notes=(
            *prepared.notes,
            *training_notes(crowd, sweep, plan, selections),
            *class_weight_notes(prepared.splits["train"], sweep),
            *baseline_notes(prepared, sweep, beside),
            *unkept,
            *promise_notes(points),
        ),
        cancelled=cancelled,
        seconds=time.perf_counter() - started,
        grouping=sweep.grouping,
        networks=networks,
    )


def _stacked(families: list[Tensor], beside: list[Trained], split: str) -> np.ndarray:
    """(M, n) float32 scores of one split: families, then baselines."""
    rows = [scores.cpu().numpy().astype(np.float32) for scores in families]
    rows += [one.scores[split][None] for one in beside]
    return np.concatenate(rows)
