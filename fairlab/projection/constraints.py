"""The cells of people whose means a constraint of ``conditions.py`` bounds.

A (condition, group) pair is a *cell*; the cells of one condition and one attribute are a *family*,
and every family's range is bounded. Cells of one attribute never share a person.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.errors import InputError, SolveError
from fairlab.projection.conditions import CONSTRAINTS, Condition, Constraint

__all__ = [
    "CONSTRAINTS",
    "Cells",
    "Condition",
    "Constraint",
    "Family",
    "cells_of",
]


@dataclass(frozen=True, slots=True)
class Family:
    """The means one bound compares: one condition, one attribute.

    Attributes:
        condition: Whom the means are taken over.
        attribute: Which attribute's groups, 0..A-1.
        start, stop: Columns of its cells among all cells.
        groups: (stop − start) group code of each cell.
    """

    condition: Condition
    attribute: int
    start: int
    stop: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """All cells of a constraint among n people.

    Attributes:
        families: Side by side, those of an attribute next to each other.
        member: (A, n) int64 cell of each person by attribute; ``size`` when in none.
        size: Number of cells C over all families.
        people: Number of people in each cell.
        sign: (n,) float64 a of each person, or None for 1.
        offset: (n,) float64 b of each person, or None for 0.
        everybody: Whether every person is in a cell of every attribute.
        left_out: (family's condition, attribute, group) of cells with nobody, if allowed.
    """

    families: tuple[Family, ...]
    member: Tensor
    size: int
    people: tuple[int, ...]
    sign: Tensor | None
    offset: Tensor | None
    everybody: bool
    left_out: tuple[tuple[Condition, int, int], ...] = ()

    @property
    def n(self) -> int:
        """Number of people."""
        return self.member.shape[1]


def cells_of(
    constraint: str,
    group: Tensor,
    y: Tensor | None = None,
    *,
    skip_empty: bool = False,
) -> Cells:
    """Cells of a constraint.

    Args:
        constraint: A name of :data:`CONSTRAINTS`.
        group: (n,) integer group of each person, or (n, A) of A attributes, each bounded by
            itself. Groups nobody belongs to are ignored.
        y: (n,) labels, 0/1 (any number for ``mean_residual_parity``); needed by constraints
            that look at the label.
        skip_empty: Leave out a cell that has nobody instead of refusing, and a family with fewer
            than two cells with it.

    Raises:
        UnknownNameError: For an unknown constraint.
        InputError: If labels are needed and missing, or lengths differ.
        SolveError: If a group has people but none under a condition; the cell is named.
    """
    rule = CONSTRAINTS[constraint]
    columns = group[:, None] if group.ndim == 1 else group
    if group.ndim not in (1, 2) or group.is_floating_point():
        raise InputError(
            f"group must hold integers, one per person or one per person and attribute; found "
            f"{group.dtype} of shape {tuple(group.shape)}."
        )
    labels = _labels(constraint, rule, columns, y)
    families: list[Family] = []
    left_out: list[tuple[Condition, int, int]] = []
    members: list[Tensor] = []
    people: list[int] = []
    size = 0
    for attribute, codes in enumerate(columns.T):
        present, position, counts = _compact(codes)
        member: Tensor | None = None
        for condition in rule.conditions:
            meets = None if condition.label is None or labels is None else labels == condition.label
            if meets is not None:
                counts = _count(position[meets], len(present))
            for g, count in zip(present, counts, strict=True):
                if count == 0:
                    if not skip_empty:
                        raise SolveError(_nobody(constraint, condition, attribute, g, columns))
                    left_out.append((condition, attribute, g))
            kept = [i for i, count in enumerate(counts) if count > 0]
            if skip_empty and len(kept) < 2:
                continue
            column = position
            if len(kept) < len(present):
                lookup = torch.full((len(present),), -1, dtype=torch.int64, device=codes.device)
                lookup[kept] = torch.arange(len(kept), device=codes.device)
                column = lookup[position]
            column = column if size == 0 else torch.where(column >= 0, column + size, column)
            if meets is not None:
                column = torch.where(meets, column, -1 if member is None else member)
            member = column
            groups = tuple(present[i] for i in kept)
            families.append(Family(condition, attribute, size, size + len(kept), groups))
            people += [counts[i] for i in kept]
            size += len(kept)
        members.append(torch.full_like(position, -1) if member is None else member)
    table = members[0][None] if len(members) == 1 else torch.stack(members)
    wanted = {c.label for c in rule.conditions}
    everybody = wanted in ({None}, {0, 1}) and len(families) == len(wanted) * columns.shape[1]
    everybody = everybody and not left_out
    if not everybody:
        table = torch.where(table < 0, size, table)
    return Cells(
        families=tuple(families),
        member=table,
        size=size,
        people=tuple(people),
        sign=None if rule.sign is None or labels is None else rule.sign(labels),
        offset=None if rule.offset is None or labels is None else rule.offset(labels),
        everybody=everybody,
        left_out=tuple(left_out),
    )


def _labels(constraint: str, rule: Constraint, group: Tensor, y: Tensor | None) -> Tensor | None:
    if not rule.needs_labels:
        return None
    if y is None:
        raise InputError(
            f"{constraint} compares people by their label, and no labels were given. Pass y, or "
            "use demographic_parity, which needs none."
        )
    if y.shape != group.shape[:1]:
        raise InputError(
            f"y has shape {tuple(y.shape)} and there are {len(group)} people; it needs one entry "
            "per person."
        )
    labels = y.to(torch.float64)
    binary = rule.sign is not None or any(c.label is not None for c in rule.conditions)
    if binary and bool(((labels != 0) & (labels != 1)).any()):
        raise InputError(
            f"{constraint} needs labels 0 and 1; found others. Encode the favourable outcome as 1."
        )
    return labels


def _compact(codes: Tensor) -> tuple[list[int], Tensor, list[int]]:
    """Codes that occur, the place of each person's code among them, and how many have it."""
    low, high = (int(v) for v in torch.aminmax(codes)) if len(codes) else (0, -1)
    span = high - low + 1
    if span <= 64:
        shifted = (codes if low == 0 else codes - low).to(torch.int64)
        counts = _count(shifted, span)
        kept = [i for i, count in enumerate(counts) if count > 0]
        if len(kept) == span:
            return list(range(low, high + 1)), shifted, counts
        place = torch.full((span,), -1, dtype=torch.int64, device=codes.device)
        place[kept] = torch.arange(len(kept), device=codes.device)
        return [low + i for i in kept], place[shifted], [counts[i] for i in kept]
    found, place, headcount = torch.unique(codes, return_inverse=True, return_counts=True)
    return found.tolist(), place, headcount.tolist()


def _count(place: Tensor, size: int) -> list[int]:
    """How many people are at each place 0..size-1."""
    if size == 2:  # a sum is much faster than counting by index
        second = int(place.sum())
        return [len(place) - second, second]
    return torch.bincount(place, minlength=size).tolist()


def _nobody(
    constraint: str, condition: Condition, attribute: int, group: int, columns: Tensor
) -> str:
    of = f" of attribute {attribute}" if columns.shape[1] > 1 else ""
    return (
        f"Nobody in group {group}{of} has {condition.name}, so its mean is undefined and "
        f"{constraint} cannot be promised. Use a larger or stratified batch, or merge the group "
        "with another."
    )
