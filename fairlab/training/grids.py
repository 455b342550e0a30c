"""Slacks that fit the table: from the gap of an unmitigated model down to 0.

How wide a slack still does something depends on the table: where mean scores of an unmitigated
model are 3 points apart, a slack of 10 changes nothing. The gap is that of a logistic regression,
fitted on training people in a second or two before anything else, and the wider of what it has on
training people and on validation people: the layer is trained on the first, and its rule frozen
on the second. Test people have no part in it. It is rounded up to whole 5 points: slacks are
exported, and an exact gap would leave what rates of few people hide.
"""

from math import ceil

import numpy as np
import torch
from torch import Tensor

from fairlab.config import LayerParams, Mode, PenaltyParams, SweepConfig, slack_grid
from fairlab.data.task import PreparedData, SplitData
from fairlab.outcomes import threshold_as
from fairlab.projection.constraints import cells_of
from fairlab.training.cells import cell_means, widest
from fairlab.training.class_weight import class_weights, learner_weight
from fairlab.training.learners import chance_of_one, logistic
from fairlab.training.people import Crowd, gather

# People the logistic regression is fitted on at most.
FITTED_ON = 20_000
# The widest slack is at least this and at most that: next to no gap leaves something to sweep.
NARROWEST, WIDEST = 0.05, 0.99
# The widest slack is rounded up to a whole part of this.
STEPS = 20
_MEASURED: dict[Mode, str] = {"layer": "mean scores", "penalty": "decisions"}


def resolve_grids(
    sweep: SweepConfig, prepared: PreparedData, crowd: Crowd | None = None
) -> tuple[SweepConfig, tuple[str, ...]]:
    """List the slacks of the modes whose slacks follow from the data.

    Deterministic; a sweep that lists all its slacks comes back as it is, and resolving twice
    changes nothing more.

    Args:
        sweep: What will be trained.
        prepared: The table, split and encoded. Of its test split nothing is read.
        crowd: The same people grouped by the sweep, if they are at hand.

    Returns:
        The sweep with slacks listed, and a sentence for each mode on where they come from.

    Raises:
        InputError: As :func:`fairlab.training.people.gather`.
    """
    if not sweep.open_modes:
        return sweep, ()
    if crowd is None:
        crowd = gather(prepared, sweep.group_by, torch.device("cpu"), sweep.grouping)
    scores = _scores(prepared, sweep)
    changes: dict[str, LayerParams | PenaltyParams] = {}
    notes = []
    for mode in sweep.open_modes:
        params = sweep.layer if mode == "layer" else sweep.penalty
        values = scores
        if mode == "penalty":
            cut = threshold_as(sweep.threshold)
            values = {name: (score >= cut).to(score.dtype) for name, score in scores.items()}
        gaps = {name: _gap(value, sweep, crowd, name) for name, value in values.items()}
        slacks = slack_grid(_rounded_up(max(gaps.values())), params.count)
        changes[mode] = params.model_copy(update={"slacks": slacks, "span": "listed"})
        notes += [
            f"The {params.count - 1} slacks of mode {mode} run from {100 * slacks[1]:.3g} points "
            f"down to 0: so far apart are {_MEASURED[mode]} of an unmitigated logistic "
            "regression on training or validation people, where it is more, rounded up to whole "
            f"{100 / STEPS:g} points (between {100 * NARROWEST:g} and {100 * WIDEST:g}).",
            f"For mode {mode}, {_MEASURED[mode]} of the unmitigated logistic regression are "
            f"{100 * gaps['train']:.1f} points on training people and "
            f"{100 * gaps['validation']:.1f} on validation people apart.",
        ]
    return sweep.model_copy(update={**changes}), tuple(notes)


def _rounded_up(gap: float) -> float:
    """The gap in whole parts of STEPS; float noise above a whole part counts for none."""
    return min(max(NARROWEST, ceil(STEPS * gap - 1e-6) / STEPS), WIDEST)


def _scores(prepared: PreparedData, sweep: SweepConfig) -> dict[str, Tensor]:
    """(1, n) chances a logistic regression gives training and validation people."""
    train = prepared.splits["train"]
    weight = learner_weight(train, class_weights(train, sweep))
    some = _some(train)
    fitted = logistic(
        train.features[some],
        train.y_true[some],
        None if weight is None else weight[some] / weight[some].mean(),
    )
    return {
        name: torch.tensor(chance_of_one(fitted.model, prepared.splits[name].features))[None]
        for name in ("train", "validation")
    }


def _some(train: SplitData) -> np.ndarray:
    """Positions of the people to fit on: evenly spaced, everybody if one outcome were missing."""
    n = len(train.y_true)
    some = np.linspace(0, n - 1, min(n, FITTED_ON)).round().astype(np.int64)
    both = len(np.unique(train.y_true[some])) > 1
    return some if both else np.arange(n)


def _gap(values: Tensor, sweep: SweepConfig, crowd: Crowd, split: str) -> float:
    """Widest range of the constraint's cell means of values (1, n)."""
    people = crowd.splits[split]
    compared, y = people.compared.cpu(), people.y.cpu()
    cells = cells_of(sweep.constraint, compared, y, skip_empty=True)
    weight = None if people.weight is None else people.weight.cpu()[None].to(torch.float32)
    means = cell_means(cells, weight).double()
    return float(widest(means(values.double()), means.spans)[0])
