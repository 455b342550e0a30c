"""Which people each mean of a constraint is taken over, in training."""

from dataclasses import dataclass

from torch import Tensor

from fairlab.projection import constraints


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of a constraint among some people.

    Attributes:
        bounded: The cells as the projection bounds them; cells with nobody are left out.
        members: (n,) mask of every cell, cells of a family side by side.
        spans: Columns of each family in ``members``.
        left_out: "group index, condition" of cells with nobody.
    """

    bounded: constraints.Cells
    members: tuple[Tensor, ...]
    spans: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, str], ...]


def cells_of(constraint: str, group: Tensor, y: Tensor) -> Cells:
    """Cells of a constraint; a condition with fewer than two groups has no gap and is dropped."""
    bounded = constraints.cells_of(constraint, group, y, skip_empty=True)
    members = tuple(
        bounded.member[family.attribute] == c
        for family in bounded.families
        for c in range(family.start, family.stop)
    )
    return Cells(
        bounded=bounded,
        members=members,
        spans=tuple((family.start, family.stop) for family in bounded.families),
        left_out=tuple((group, condition.name) for condition, _, group in bounded.left_out),
    )
