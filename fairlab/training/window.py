"""Mode ``layer`` with small batches: each is projected together with the people seen just before.

A batch of eight people has no mean of every group worth bounding: projected by itself it is moved
by its own chance, and groups that are missing are compared with nobody. Here the last people of
training, with their raw scores as they were, and the batch at hand are projected as one:
multipliers carry over from batch to batch, a group that is missing keeps the mean of its last
people, and the promise is about all of these people together. The loss is theirs too, so that the
gradient, which flows through the batch's own scores only, knows what a shift costs everybody.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fairlab.projection.constraints import CONSTRAINTS, Cells, Family
from fairlab.training.cells import CellMeans, cell_means
from fairlab.training.family import Batch, Setting

# People the smallest cell of the constraint should have among those projected together.
IN_SMALLEST = 16
LEAST, MOST = 256, 2048


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """People projected at once: a batch, alone or at the end of a window.

    Attributes:
        z: (M, n) raw scores; those of earlier batches carry no gradient.
        y: (n,) labels.
        weight: (K, n) weights of the means, or None.
        task_weight: (K, n) or (1, n) weights of the task loss, or None.
        cells, means: Of the constraint.
        columns: (C,) place of each cell among those of the training split; None when its own.
        batch: How many of them, the last, are the batch.
    """

    z: Tensor
    y: Tensor
    weight: Tensor | None
    task_weight: Tensor | None
    cells: Cells
    means: CellMeans
    columns: Tensor | None
    batch: int

    @property
    def batches(self) -> float:
        """How many batches the people make."""
        return self.z.shape[1] / self.batch


def alone(z: Tensor, batch: Batch) -> Together:
    """The batch by itself."""
    return Together(
        z=z,
        y=batch.y,
        weight=batch.weight,
        task_weight=batch.task_weight,
        cells=batch.cells,
        means=batch.means,
        columns=batch.columns,
        batch=z.shape[1],
    )


def window_size(setting: Setting) -> int:
    """People that are projected together: enough for every cell of the training split."""
    people = setting.crowd.splits["train"].n
    smallest = min(setting.cells.people, default=people)
    wanted = -(-IN_SMALLEST * people // smallest)
    return min(people, max(LEAST, min(wanted, MOST)))


class Window:
    """The last people of training.

    Args:
        setting: What is trained.
        size: How many people are projected together at most, unless a batch alone has more.
    """

    def __init__(self, setting: Setting, size: int) -> None:
        self.size = size
        self.everyone = setting.cells
        self.rule = CONSTRAINTS[setting.config.constraint]
        people = setting.crowd.splits["train"]
        groups = torch.tensor(setting.groups, device=people.group.device)
        # Who is in which cell depends on group and label only: one person of each kind tells.
        kind = torch.searchsorted(groups, people.group) * 2 + people.y
        member = self.everyone.member
        self.member = member.new_full((len(member), 2 * len(groups)), self.everyone.size)
        self.member[:, kind] = member
        self.past: Together | None = None
        self.kind = kind[:0]

    def join(self, z: Tensor, batch: Batch) -> Together:
        """The batch beside the people before it; it is then remembered with them."""
        kind = batch.cohort.argmax(0) * 2 + batch.y.to(torch.int64)
        room = self.size - z.shape[1]
        now = alone(z, batch)
        if self.past is not None and room > 0:
            self.kind = torch.cat([self.kind[-room:], kind])
            now = self._beside(self.past, now, room)
        else:
            self.kind = kind
        self.past = replace(now, z=now.z.detach())
        return now

    def _beside(self, past: Together, now: Together, room: int) -> Together:
        weight = _longer(past.weight, now.weight, room)
        cells, columns = self._cells()
        return Together(
            z=torch.cat([past.z[:, -room:], now.z], dim=1),
            y=torch.cat([past.y[-room:], now.y]),
            weight=weight,
            task_weight=_longer(past.task_weight, now.task_weight, room),
            cells=cells,
            means=cell_means(cells, weight),
            columns=columns,
            batch=now.batch,
        )

    def _cells(self) -> tuple[Cells, Tensor | None]:
        """Cells of the people remembered, without those nobody is in."""
        member = self.member[:, self.kind]
        size = self.everyone.size
        people = torch.bincount(member.reshape(-1), minlength=size + 1)[:size].tolist()
        y = (self.kind % 2).to(torch.float64)
        cells = replace(
            self.everyone,
            member=member,
            people=tuple(people),
            sign=None if self.rule.sign is None else self.rule.sign(y),
            offset=None if self.rule.offset is None else self.rule.offset(y),
        )
        return (cells, None) if min(people, default=1) > 0 else _without_empty(cells)


def _longer(past: Tensor | None, own: Tensor | None, room: int) -> Tensor | None:
    if past is None or own is None:
        return None
    return torch.cat([past[:, -room:], own], dim=1)


def _without_empty(cells: Cells) -> tuple[Cells, Tensor]:
    """Leave out cells nobody is in, and families with fewer than two others."""
    families: list[Family] = []
    columns: list[int] = []
    for family in cells.families:
        kept = [c for c in range(family.start, family.stop) if cells.people[c] > 0]
        if len(kept) < 2:
            continue
        groups = tuple(family.groups[c - family.start] for c in kept)
        start = len(columns)
        columns += kept
        families.append(replace(family, start=start, stop=len(columns), groups=groups))
    found = torch.tensor(columns, dtype=torch.int64, device=cells.member.device)
    place = found.new_full((cells.size + 1,), len(columns))
    place[found] = torch.arange(len(columns), device=found.device)
    left = replace(
        cells,
        families=tuple(families),
        member=place[cells.member],
        size=len(columns),
        people=tuple(cells.people[c] for c in columns),
        everybody=False,
    )
    return left, found
