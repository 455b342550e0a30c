"""What stays fixed while a mode is trained: batches, cells, strengths."""

from collections.abc import Sequence

import torch

from fairlab.config import Mode, SweepConfig
from fairlab.projection.constraints import cells_of
from fairlab.training.batches import BatchPlan, plan_batches
from fairlab.training.cells import cell_means
from fairlab.training.class_weight import class_weights_of
from fairlab.training.family import Batch, Setting
from fairlab.training.loop import cohort_of
from fairlab.training.penalty import SoftDecision
from fairlab.training.people import Crowd


def plan_of(crowd: Crowd, sweep: SweepConfig) -> BatchPlan:
    """The batches of the training split, stratified by group and label."""
    train_split = crowd.splits["train"]
    cell = (train_split.group * 2 + train_split.y).cpu().numpy()
    return plan_batches(cell, sweep.batch_size)


def setting_of(
    mode: Mode, sweep: SweepConfig, crowd: Crowd, strengths: Sequence[float] | None = None
) -> Setting:
    """What stays fixed while a mode is trained.

    Args:
        mode: The mode.
        sweep: The sweep, with the seeds that are trained together.
        crowd: The people.
        strengths: Those trained together; None for all of the sweep's grid.
    """
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
    grid = tuple(sweep.grid(mode) if strengths is None else strengths)
    return Setting(
        config=sweep,
        crowd=crowd,
        strength=torch.tensor(grid, dtype=torch.float64, device=crowd.device),
        validation=batch,
        soft=SoftDecision(sweep.threshold, sweep.penalty.temperature),
        groups=groups,
        cells=cells_of(sweep.constraint, everyone.compared, everyone.y, skip_empty=True),
        class_weight=classes,
    )
