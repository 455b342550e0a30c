"""What must be nearly equal across groups: each constraint as conditions on people.

A constraint bounds, for each of its conditions, the range over groups of a mean over the people
of a group who meet the condition. A (condition, group) pair is a *cell*. Conditions of one
constraint never share a person, so a projection separates by condition.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.errors import InputError, SolveError
from fairlab.registry import Registry

__all__ = ["CONSTRAINTS", "Condition", "Part", "parts_of"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Who a mean is taken over: people with this label, or everyone when ``label`` is None."""

    name: str
    label: int | None


_EVERYONE = Condition("everyone", None)
_FAVOURABLE = Condition("y = 1", 1)
_UNFAVOURABLE = Condition("y = 0", 0)

CONSTRAINTS: Registry[tuple[Condition, ...]] = Registry(
    "constraint",
    {
        "demographic_parity": (_EVERYONE,),
        "equal_opportunity": (_FAVOURABLE,),
        "predictive_equality": (_UNFAVOURABLE,),
        "equalized_odds": (_FAVOURABLE, _UNFAVOURABLE),
    },
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The cells of one condition, for n people.

    Attributes:
        condition: Which people.
        people: (k,) positions of the people who meet it, or None for everyone.
        cell: (k,) cell 0..C-1 of each of those people.
        groups: Group index of each cell; groups nobody belongs to are left out.
    """

    condition: Condition
    people: Tensor | None
    cell: Tensor
    groups: tuple[int, ...]

    @property
    def n_cells(self) -> int:
        """Number of cells C."""
        return len(self.groups)


def parts_of(
    constraint: str,
    group: Tensor,
    y: Tensor | None = None,
    *,
    skip_empty: bool = False,
) -> tuple[Part, ...]:
    """Cells of every condition of a constraint.

    Args:
        constraint: A name of :data:`CONSTRAINTS`.
        group: (n,) integer group of each person. Groups nobody belongs to are ignored.
        y: (n,) labels 0/1; needed by constraints with a condition on the label.
        skip_empty: Leave out a group that has nobody under a condition instead of refusing.

    Raises:
        UnknownNameError: For an unknown constraint.
        InputError: If labels are needed and missing, or lengths differ.
        SolveError: If a group has people but none under a condition; the cell is named.
    """
    conditions = CONSTRAINTS[constraint]
    if group.ndim != 1:
        raise InputError(
            f"group must be one-dimensional with one entry per person; found shape "
            f"{tuple(group.shape)}. Cross several attributes into one group first."
        )
    present = torch.unique(group).tolist()
    parts = []
    for condition in conditions:
        people = None
        codes = group
        if condition.label is not None:
            if y is None:
                raise InputError(
                    f"{constraint} compares people with the same label, and no labels were "
                    "given. Pass y, or use demographic_parity, which needs none."
                )
            if y.shape != group.shape:
                raise InputError(
                    f"y has {tuple(y.shape)} entries and group {tuple(group.shape)}; "
                    "both need one per person."
                )
            people = torch.nonzero(y == condition.label).squeeze(1)
            codes = group[people]
        found, cell = torch.unique(codes, return_inverse=True)
        groups = tuple(int(g) for g in found.tolist())
        empty = [g for g in present if g not in groups]
        if empty and not skip_empty:
            raise SolveError(
                f"Nobody in group {empty[0]} has {condition.name}, so its mean is undefined and "
                f"{constraint} cannot be promised. Use a larger or stratified batch, or merge "
                "the group with another."
            )
        parts.append(Part(condition, people, cell, groups))
    return tuple(parts)
