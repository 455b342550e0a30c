"""M projection problems over the same people: means of cells at any shifts, and gradients.

People only enter through totals over the *joint cells*, the intersections of the attributes'
cells, of which everybody is in at most one. Very many people are gone through in parts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.projection.constraints import Cells
from fairlab.projection.families import Families
from fairlab.projection.sums import SMALL, cell_sums

# Very many people are gone through in parts of about this many scores: few enough for the cache,
# enough for waking the cores to pay.
_CACHED = 2**19
_BLOCK = 4096
# What is worked out of who is in which cell is kept from step to step up to this many entries.
_KEPT = 2**26
# Float32 resolves 1e-7 only of numbers about this small.
_FLOAT32_SCALE = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """lower ≤ p ≤ upper; either may be infinite."""

    lower: float
    upper: float

    def inside(self, moved: Tensor, of: Tensor, out: Tensor | None = None) -> Tensor:
        """``of`` where ``moved`` is strictly inside, 0 elsewhere."""
        # The gradient of a clipped identity is just that, in one pass.
        where = torch.ops.aten.hardtanh_backward
        if out is None:
            found: Tensor = where(of, moved, self.lower, self.upper)
            return found
        return where.grad_input(of, moved, self.lower, self.upper, grad_input=out)  # type: ignore[no-any-return]


class _People:
    """Some of the people of M problems, few enough to stay in the processor's cache.

    Args:
        problem: The problems.
        part: Which people.
    """

    def __init__(self, problem: "Problem", part: slice) -> None:
        def own(x: Tensor | None) -> Tensor | None:
            return None if x is None else x[..., part]

        self.part = part
        self.box, self.in_box = problem.box, problem.in_box
        self.z = problem.z[:, part]
        self.weight, self.sign = own(problem.weight), own(problem.sign)
        self.one = self.z.new_ones(()).expand_as(self.z)
        joint = problem.joint
        self.cells = cell_sums(
            joint.member[part],
            joint.size,
            self.z.dtype,
            many=problem.z.numel() > SMALL,
            everybody=problem.cells.everybody,
        )

    def moved(self, shift: Tensor | None) -> Tensor:
        """(M, n) scores at shifts (M, J) of the joint cells, before clipping; None is no shift."""
        if shift is None:
            return self.z
        if self.sign is None:
            return self.cells.less(self.z, shift)
        return self.z - self.cells.spread(shift).mul_(self.sign)

    def totals(self, shift: Tensor | None) -> tuple[Tensor, Tensor]:
        """(M, J) totals of the measured values, and of the weight strictly inside the box."""
        if shift is None and self.in_box:
            value = self.z if self.sign is None else self.z * self.sign
            value = value if self.weight is None else value * self.weight
            return self.cells.sums(value), self.mass().expand(len(value), -1)
        moved = self.moved(shift)
        both = moved.new_empty(2, *moved.shape)
        torch.clamp(moved, self.box.lower, self.box.upper, out=both[0])
        if self.sign is not None:
            both[0].mul_(self.sign)
        self.box.inside(moved, self.one, out=both[1])
        if self.weight is not None:
            both.mul_(self.weight)
        totals = self.cells.sums(both.view(-1, moved.shape[1]))
        return totals[: len(moved)], totals[len(moved) :]

    def mass(self) -> Tensor:
        """(1 or M, J) weight of the joint cells."""
        return self.cells.counts()[None] if self.weight is None else self.cells.sums(self.weight)

    def base(self, offset: Tensor) -> Tensor:
        """(1 or M, J) totals of the part of the values that does not depend on the scores."""
        own = offset[self.part].to(self.z.dtype)[None]
        return self.cells.sums(own if self.weight is None else own * self.weight)

    def pull(self, p: Tensor, grad: Tensor) -> Tensor:
        """(M, J) totals of a gradient (M, n) over those strictly inside the box."""
        own = self.box.inside(p, grad)
        return self.cells.sums(own if self.sign is None else own * self.sign)

    def push(self, p: Tensor, grad: Tensor, step: Tensor, out: Tensor | None = None) -> Tensor:
        """(M, n) gradient less what the shifts' steps (M, J) take from it, inside the box."""
        if self.sign is None and self.weight is None:
            return self.box.inside(p, self.cells.less(grad, step), out)
        theta = self.cells.spread(step)
        if self.sign is not None:
            theta = theta * self.sign
        if self.weight is not None:
            theta = theta * self.weight
        return self.box.inside(p, grad - theta, out)

    def distance(self, shift: Tensor) -> Tensor:
        """(M,) weighted squared distance of the scores from where they were."""
        p = self.moved(shift).clamp(self.box.lower, self.box.upper)
        square = (p - self.z) ** 2
        if self.weight is not None:
            square = square * self.weight
        return square.sum(1, dtype=torch.float64)


class Problem:
    """M problems that share their cells.

    Args:
        z: (M, n) raw scores, finite.
        cells: Who is compared.
        box: Bounds of the result.
        weight: (n,) or (M, n) positive, both of the objective and of the means; None is 1.
        span: Least and largest score.
    """

    def __init__(
        self,
        z: Tensor,
        cells: Cells,
        box: Box,
        weight: Tensor | None,
        span: tuple[float, float],
    ) -> None:
        scale = max(abs(span[0]), abs(span[1]), 1.0)
        exact = z.dtype == torch.float64 or z.numel() <= SMALL or scale > _FLOAT32_SCALE
        self.dtype = torch.float64 if exact else torch.float32
        self.z = z.detach().to(self.dtype)
        self.cells, self.box, self.scale, self.span = cells, box, scale, span
        self.in_box = box.lower < span[0] and span[1] < box.upper
        self.joint = Joint(cells)
        self.families = Families(cells)
        self.sign = None if cells.sign is None else cells.sign.to(self.dtype)
        self.weight = None if weight is None else weight.to(self.dtype).view(-1, cells.n)
        self._kept: list[_People] | None = None
        if weight is None:
            self.mass = torch.tensor([cells.people], dtype=torch.float64, device=z.device)
        else:
            self.mass = self.joint.totals(self._add(lambda people: people.mass()))
        self.base: Tensor | None = None
        if cells.offset is not None:
            offset = cells.offset
            self.base = self.joint.totals(self._add(lambda people: people.base(offset)))
            self.base = self.base / self.mass

    def people(self) -> Iterable[_People]:
        """Everybody, some at a time."""
        if self._kept is not None:
            return self._kept
        rows, n = self.z.shape
        size = n
        if self.z.device.type == "cpu" and rows * n > SMALL:
            size = max(_BLOCK, _CACHED // rows // _BLOCK * _BLOCK)
        parts = (_People(self, slice(i, min(i + size, n))) for i in range(0, n, size))
        if n * self.joint.size > _KEPT:
            return parts
        self._kept = list(parts)
        return self._kept

    def _add(self, of: Callable[[_People], Tensor]) -> Tensor:
        """A total over everybody."""
        parts = [of(people) for people in self.people()]
        return parts[0] if len(parts) == 1 else torch.stack(parts).sum(0)

    def at(self, shift: Tensor | None) -> tuple[Tensor, Tensor]:
        """(M, C) means and (M, J) weight strictly inside the box, at shifts (M, C) or none."""
        joint = None if shift is None else self.joint.spread(shift)
        parts = [people.totals(joint) for people in self.people()]
        value, active = parts[0]
        for more, inside in parts[1:]:
            value, active = value + more, active + inside
        mean = self.joint.totals(value) / self.mass
        return (mean if self.base is None else mean + self.base), active

    def scores(self, shift: Tensor) -> Tensor:
        """(M, n) scores at shifts (M, C)."""
        joint = self.joint.spread(shift)
        out = torch.empty_like(self.z)
        for people in self.people():
            moved = people.moved(joint)
            torch.clamp(moved, self.box.lower, self.box.upper, out=out[:, people.part])
        return out

    def pull(self, p: Tensor, grad: Tensor) -> Tensor:
        """(M, C) totals of a gradient (M, n) at scores p over those strictly inside the box."""
        totals = self._add(
            lambda people: people.pull(p[:, people.part], grad[:, people.part].to(people.z.dtype))
        )
        return self.joint.totals(totals)

    def push(self, p: Tensor, grad: Tensor, step: Tensor) -> Tensor:
        """(M, n) gradient less what steps of the shifts (M, C) take from it, inside the box."""
        steps, own = self.joint.spread(step), grad.to(self.dtype)
        if torch.is_grad_enabled():  # the gradient is to be differentiated in turn
            parts = [q.push(p[:, q.part], own[:, q.part], steps) for q in self.people()]
            return torch.cat(parts, dim=1).to(grad.dtype)
        out = torch.empty_like(p)
        for q in self.people():
            q.push(p[:, q.part], own[:, q.part], steps, out[:, q.part])
        return out.to(grad.dtype)

    def dual(self, mean: Tensor, shift: Tensor, slack: Tensor) -> Tensor:
        """(M,) value of the dual at shifts (M, C) with these means."""
        joint = self.joint.spread(shift)
        return self._add(lambda people: people.distance(joint)) / 2 + linear(
            self, mean, shift, slack
        )

    def rows(self, keep: Tensor) -> "Problem":
        """The problems of some rows."""
        weight = self.weight
        if weight is not None:
            weight = weight[0] if len(weight) == 1 else weight[keep]
        return Problem(self.z[keep], self.cells, self.box, weight, self.span)


def linear(problem: Problem, mean: Tensor, shift: Tensor, slack: Tensor) -> Tensor:
    """(M,) the dual's part that is linear in the multipliers but for their sign."""
    multiplier = shift * problem.mass
    return (multiplier * mean).sum(1) - slack * multiplier.clamp_min(0.0).sum(1)


class Joint:
    """Intersections of the attributes' cells, J of them.

    Attributes:
        member: (n,) joint cell of each person; J for those in no cell at all.
        size: J.
    """

    def __init__(self, cells: Cells) -> None:
        self.n_cells = cells.size
        self.table: Tensor | None = None
        if len(cells.member) == 1:
            self.member, self.size = cells.member[0], cells.size
            return
        combined = cells.member[0]
        for member in cells.member[1:]:
            combined = torch.unique(combined * (cells.size + 1) + member, return_inverse=True)[1]
        first = torch.full((int(combined.max()) + 1,), cells.n, device=combined.device)
        first.scatter_reduce_(
            0, combined, torch.arange(cells.n, device=combined.device), reduce="amin"
        )
        self.table = cells.member[:, first]  # (A, J)
        self.member, self.size = combined, len(first)
        outside = (self.table == cells.size).all(0)
        if bool(outside.any()):  # at most one, and it has the largest code
            self.size -= 1
            self.table = self.table[:, : self.size]

    def totals(self, joint: Tensor) -> Tensor:
        """(M, J) totals over joint cells to (M, C) totals over cells."""
        if self.table is None:
            return joint
        out = joint.new_zeros(len(joint), self.n_cells + 1)
        for row in self.table:
            out.index_add_(1, row, joint)
        return out[:, : self.n_cells]

    def spread(self, shift: Tensor) -> Tensor:
        """(M, C) amounts of cells to (M, J): summed over the cells of a joint cell."""
        if self.table is None:
            return shift
        padded = torch.nn.functional.pad(shift, (0, 1))
        return padded[:, self.table].sum(1)

    def overlaps(self, joint: Tensor) -> Tensor:
        """(M, J) to (M, C, C): totals over the people in both of two cells."""
        if self.table is None:
            return torch.diag_embed(joint)
        side = self.n_cells + 1
        out = joint.new_zeros(len(joint), side * side)
        for first in self.table:
            for second in self.table:
                out.index_add_(1, first * side + second, joint)
        return out.view(-1, side, side)[:, : self.n_cells, : self.n_cells]
