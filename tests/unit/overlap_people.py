"""Made-up people in overlapping families, as the inner step sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fairlab.projection.constraints import Condition, Family


@dataclass(frozen=True)
class Crowd:
    """M problems over the same people: cell means and stiffness at shifts of 0."""

    mean: Tensor
    stiffness: Tensor
    mass: Tensor
    families: list[Family]
    member: Tensor  # (n, C) 0/1
    inside: Tensor  # (M, n) 0/1

    @property
    def still(self) -> Tensor:
        return torch.zeros_like(self.mean)


def families_of(sizes: Sequence[int]) -> list[Family]:
    everyone = Condition("everyone", None)
    found, start = [], 0
    for attribute, size in enumerate(sizes):
        groups = tuple(range(size))
        found.append(Family(everyone, attribute, start, start + size, groups))
        start += size
    return found


def crowd(
    sizes: Sequence[int],
    n: int,
    seed: int,
    *,
    M: int = 1,
    rounded: bool = False,
    spread: float = 0.2,
) -> Crowd:
    """n people with one group per attribute; every cell has somebody inside the box."""
    random = torch.Generator().manual_seed(seed)
    codes = [
        torch.cat([torch.arange(k), torch.randint(0, k, (n - k,), generator=random)]) for k in sizes
    ]
    member = torch.cat(
        [torch.nn.functional.one_hot(c, k) for c, k in zip(codes, sizes, strict=True)], 1
    ).to(torch.float64)
    z = 0.5 + 0.15 * torch.randn(M, n, generator=random, dtype=torch.float64)
    for code, k in zip(codes, sizes, strict=True):
        z = z + (spread * torch.randn(k, generator=random, dtype=torch.float64))[code]
    if rounded:
        z = (z * 4).round() / 4
    inside = ((z > 0) & (z < 1)).to(torch.float64)
    inside[:, : max(sizes)] = 1.0
    mass = member.sum(0)
    return Crowd(
        mean=(z.clamp(0, 1) @ member) / mass,
        stiffness=torch.einsum("mn,nc,nd->mcd", inside, member, member),
        mass=mass,
        families=families_of(sizes),
        member=member,
        inside=inside,
    )


def model_means(people: Crowd, shift: Tensor, start: Tensor | None = None) -> Tensor:
    """(M, C) means of the linear model around ``start``."""
    moved = shift if start is None else shift - start
    return people.mean - (people.stiffness @ moved[:, :, None])[:, :, 0] / people.mass


def departure(people: Crowd, means: Tensor, shift: Tensor, tau: Tensor, slack: Tensor) -> float:
    """Largest departure from the optimality conditions, over all families and problems."""
    worst = [0.0]
    eps = slack[:, None]
    for f, family in enumerate(people.families):
        own = slice(family.start, family.stop)
        level, s, mass = means[:, own] - tau[:, f : f + 1], shift[:, own], people.mass[own]
        worst.append(float(torch.maximum(-level, level - eps).max()))
        worst.append(float((level - eps)[s > 0].abs().max()) if bool((s > 0).any()) else 0.0)
        worst.append(float(level[s < 0].abs().max()) if bool((s < 0).any()) else 0.0)
        worst.append(float(((mass * s).sum(1) / mass.sum()).abs().max()))
    return max(worst)
