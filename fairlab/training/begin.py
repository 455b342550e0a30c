"""What comes before any mode: checks, the people, batches, settings and slacks."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from fairlab.baselines import check_baselines, check_plugin_groups
from fairlab.config import SweepConfig
from fairlab.data import prepare
from fairlab.data.task import PreparedData, TaskData
from fairlab.duration import Nominal, nominal_seconds
from fairlab.errors import TrainingError
from fairlab.results import Progress
from fairlab.training.batches import BatchPlan
from fairlab.training.catalog import check_constraint
from fairlab.training.chunks import check_at_once, default_at_once
from fairlab.training.grids import resolve_grids
from fairlab.training.notes import refuse_cells_nobody_is_in
from fairlab.training.people import Crowd, gather, groups_compared
from fairlab.training.search import searched
from fairlab.training.sections import Sections
from fairlab.training.setting import plan_of


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A sweep that is ready to be trained.

    Attributes:
        sweep: With settings searched and slacks listed.
        prepared: The table, split and encoded.
        crowd: The same people on the device.
        plan: Batches of the training split.
        whole: How long it takes, for shares done.
        at_once: Most models trained together.
        notes: What was found out on the way.
        started: When it began, on ``time.perf_counter``.
    """

    sweep: SweepConfig
    prepared: PreparedData
    crowd: Crowd
    plan: BatchPlan
    whole: Nominal
    at_once: int
    notes: Sections
    started: float


def begin(
    data: TaskData | PreparedData,
    sweep: SweepConfig,
    asked: SweepConfig,
    on_progress: Callable[[Progress], None] | None,
    stop: Callable[[], bool],
    models_at_once: int | None,
) -> Begun:
    """Check, split, search settings and list slacks; deterministic for a sweep and table.

    Args:
        data: A table with roles, or one already split and encoded.
        sweep: What is trained here: all of ``asked``, or a part of it.
        asked: The whole sweep. It is checked as a whole, so that each part of a sweep that cannot
            be trained says the same.
        on_progress, stop, models_at_once: As for :func:`fairlab.training.fit_sweep`.

    Raises:
        InputError, TrainingError: As :func:`fairlab.training.fit_sweep`.
    """
    started = time.perf_counter()
    check_at_once(models_at_once)
    check_constraint(asked.constraint, asked.modes)
    device = _device(asked.device)
    prepared = data
    if isinstance(prepared, TaskData):
        prepared = prepare(prepared, asked.split, asked.group_by, asked.grouping)
    crowd = gather(prepared, asked.group_by, device, asked.grouping)
    check_baselines(
        asked.baselines,
        asked.constraint,
        marginal=asked.grouping == "marginal" and len(asked.group_by) > 1,
        weighted=prepared.splits["train"].weight is not None,
    )
    check_plugin_groups(asked.baselines, groups_compared(crowd))
    if "layer" in asked.modes:
        refuse_cells_nobody_is_in(crowd, asked.constraint)
    plan = plan_of(crowd, sweep)
    people = crowd.splits["train"]
    whole = nominal_seconds(sweep, people.n, people.encoded, sum(groups_compared(crowd)))
    sweep, tried = searched(sweep, crowd, plan, whole.search_share, on_progress, stop)
    sweep, slack_notes = resolve_grids(sweep, prepared, crowd)
    at_once = models_at_once
    short: tuple[str, ...] = ()
    if at_once is None and sweep.modes:
        at_once, short = default_at_once(sweep, crowd)
    notes = Sections(
        table=tuple(prepared.notes), search=tuple(tried), slacks=slack_notes, memory=short
    )
    most = 1 if at_once is None else at_once
    return Begun(sweep, prepared, crowd, plan, whole, most, notes, started)


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "Training on CUDA was asked for, and torch finds no CUDA device. Choose device "
            "'cpu', or install a CUDA build of torch on a machine that has one."
        )
    return torch.device(name)
