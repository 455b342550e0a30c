"""The people of a sweep as tensors, and their confusion counts for all models in one pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.config import Grouping
from fairlab.data.task import PreparedData, SplitData
from fairlab.duration import Encoded, encoded_as
from fairlab.errors import InputError
from fairlab.outcomes import Counts, threshold_as
from fairlab.results import CROSSING, cross
from fairlab.training.sparse import SparseRows, sparse_rows


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """One split on the training device.

    Attributes:
        x: (F, n) features, people last.
        y: (n,) int64 labels.
        group: (n,) int64 group of the crossing of all attributes.
        compared: (n, A) int64 groups the constraint compares: those of the crossing (A = 1), or
            for marginal groups those of each attribute.
        weight: (n,) float64, or None.
        sparse: The features without zeros, where products with them are faster so.
    """

    x: Tensor
    y: Tensor
    group: Tensor
    compared: Tensor
    weight: Tensor | None
    sparse: SparseRows | None = None

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.y)

    @property
    def encoded(self) -> Encoded:
        """How wide the table is."""
        columns = self.x.shape[0]
        filled = columns if self.sparse is None else self.sparse.columns.shape[1] - 1
        return encoded_as(columns, filled)

    @property
    def inputs(self) -> Tensor | SparseRows:
        """The features as a network takes them."""
        return self.x if self.sparse is None else self.sparse


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Everybody a sweep needs.

    Attributes:
        splits: ``train``, ``validation``, ``test``. Labels of the last are never read.
        group_names: G names of the crossed groups, the same in every split.
        group_by: Attributes that make the groups.
        device: Where the tensors are.
        compared_names: Names of the compared groups, for each of the A attributes.
        grouping: ``crossed`` or ``marginal``.
    """

    splits: Mapping[str, People]
    group_names: tuple[str, ...]
    group_by: tuple[str, ...]
    device: torch.device
    compared_names: tuple[tuple[str, ...], ...]
    grouping: Grouping

    def name_of(self, attribute: int, group: int) -> str:
        """A compared group in words, with its attribute where several are compared."""
        name = self.compared_names[attribute][group]
        return f"{name} ({self.group_by[attribute]})" if len(self.compared_names) > 1 else name


def gather(
    prepared: PreparedData,
    group_by: Sequence[str],
    device: torch.device,
    grouping: Grouping = "crossed",
) -> Crowd:
    """Move a prepared table to the device, grouped by ``group_by``.

    Raises:
        InputError: If a compared attribute, or the label, has one value in the training split.
    """
    first = prepared.splits["train"]
    by = tuple(group_by)
    if not by:
        by = prepared.group_by if prepared.group_by else tuple(first.attributes)[:1]
    names = cross(first.attributes, by).names
    apart = [(name,) for name in by] if grouping == "marginal" else [by]
    splits = {name: _people(part, by, apart, device) for name, part in prepared.splits.items()}
    for compared, codes in zip(apart, splits["train"].compared.T, strict=True):
        present = len(torch.unique(codes))
        if present < 2:
            raise InputError(
                f"Training compares groups of {CROSSING.join(compared)}, and the training split "
                f"has people of {present} of them. Choose an attribute with at least two groups."
            )
    if len(torch.unique(splits["train"].y)) < 2:
        raise InputError(
            "Everybody in the training split has the same label, so there is nothing to learn. "
            "Check which label values are favourable."
        )
    compared_names = tuple(cross(first.attributes, names).names for names in apart)
    return Crowd(splits, names, by, device, compared_names, grouping)


def groups_compared(crowd: Crowd) -> list[int]:
    """How many groups of each compared attribute, or of the crossing, train people are of."""
    return [len(torch.unique(codes)) for codes in crowd.splits["train"].compared.T]


def _people(
    part: SplitData, by: Sequence[str], apart: Sequence[Sequence[str]], device: torch.device
) -> People:
    weight = None if part.weight is None else torch.tensor(part.weight, dtype=torch.float64)
    x = torch.tensor(part.features, dtype=torch.float32).T.contiguous().to(device)
    return People(
        x=x,
        y=torch.tensor(part.y_true, dtype=torch.int64, device=device),
        group=torch.tensor(cross(part.attributes, by).codes, dtype=torch.int64, device=device),
        compared=torch.stack(
            [
                torch.tensor(cross(part.attributes, names).codes, dtype=torch.int64, device=device)
                for names in apart
            ],
            dim=1,
        ),
        weight=None if weight is None else weight.to(device),
        sparse=sparse_rows(x),
    )


@torch.no_grad()
def counts(score: Tensor, people: People, group_names: Sequence[str], threshold: float) -> Counts:
    """Confusion counts of M models in one pass: fields (M, G), float64.

    Args:
        score: (M, n) float32.
        people: Who they are.
        group_names: G names.
        threshold: Selected iff score >= threshold.
    """
    n_groups = len(group_names)
    table = torch.nn.functional.one_hot(people.group * 2 + people.y, 2 * n_groups)
    weighted = table.to(torch.float64)
    if people.weight is not None:
        weighted = weighted * people.weight[:, None]
    selected = (score >= threshold_as(threshold)).to(torch.float64) @ weighted
    chosen = selected.cpu().numpy().reshape(-1, n_groups, 2)
    total = weighted.sum(0).cpu().numpy().reshape(n_groups, 2)
    return Counts(
        tp=chosen[:, :, 1],
        fp=chosen[:, :, 0],
        fn=total[:, 1] - chosen[:, :, 1],
        tn=total[:, 0] - chosen[:, :, 0],
        group_names=tuple(group_names),
    )
