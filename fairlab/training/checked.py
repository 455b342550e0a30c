"""Train and validation people whose decisions are looked at together after each epoch.

The rate of a small cell on validation people is noisy, and the epoch whose gap looks smallest there
is partly the luckiest. Train people are several times as many.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fairlab.config import Constraint
from fairlab.projection.constraints import cells_of
from fairlab.training.cells import CellMeans, cell_means, widest
from fairlab.training.people import Crowd
from fairlab.training.sparse import SparseRows

# Train people of one group and label that are looked at; more are drawn from, once.
MOST_OF_A_CELL = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """Who is looked at.

    Attributes:
        inputs: Features of n train people.
        compared: (n, A) their compared groups.
        means: Of the compared cells of them and all v validation people, in that order. Where only
            some of a group and label are looked at, each counts for several.
    """

    inputs: Tensor | SparseRows
    compared: Tensor
    means: CellMeans

    def gap(self, train: Tensor, validation: Tensor) -> Tensor:
        """(M,) widest range of mean decisions.

        Args:
            train: (M, n) decisions, 0 or 1.
            validation: (M, v) decisions.
        """
        return widest(self.means(torch.cat([train, validation], dim=1)), self.means.spans)


def checked_people(crowd: Crowd, constraint: Constraint) -> Checked:
    """Validation people, and train people, at most ``MOST_OF_A_CELL`` of each group and label."""
    train, validation = crowd.splits["train"], crowd.splits["validation"]
    chosen, times = _some(train.group * 2 + train.y)
    weight = torch.cat([times, torch.ones(validation.n, device=times.device)])
    if train.weight is not None and validation.weight is not None:
        weight = weight * torch.cat([train.weight[chosen], validation.weight]).to(torch.float32)
    compared = train.compared[chosen]
    cells = cells_of(
        constraint,
        torch.cat([compared, validation.compared]),
        torch.cat([train.y[chosen], validation.y]),
        skip_empty=True,
    )
    inputs = train.x[:, chosen] if train.sparse is None else train.sparse.of(chosen)
    return Checked(inputs, compared, cell_means(cells, weight[None]))


def people_checked(crowd: Crowd) -> int:
    """How many train people would be looked at."""
    train = crowd.splits["train"]
    return int(torch.bincount(train.group * 2 + train.y).clamp_max(MOST_OF_A_CELL).sum())


def _some(cell: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the people looked at, in order, and (n,) float32 how many each stands for."""
    codes = cell.cpu().numpy()
    rng = np.random.default_rng(0)
    times = np.zeros(len(codes), dtype=np.float32)
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        taken = members
        if len(members) > MOST_OF_A_CELL:
            taken = rng.choice(members, MOST_OF_A_CELL, replace=False)
        times[taken] = len(members) / len(taken)
    chosen = np.flatnonzero(times)
    return (
        torch.from_numpy(chosen).to(cell.device),
        torch.from_numpy(times[chosen]).to(cell.device),
    )
