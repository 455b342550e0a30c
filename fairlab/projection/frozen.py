"""Scoring one person without the batch and without the label: a rule frozen on validation.

The multipliers found on people whose labels are known are kept and applied to everybody who comes
later. The rule sees a person's raw score and group, never a label.
"""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from fairlab.errors import InputError
from fairlab.projection.calibration import Calibration
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.constraints import cells_of
from fairlab.projection.frozen_fit import ACCEPTED, DirectedMeans, fit_shifts
from fairlab.projection.layer import project_cells
from fairlab.projection.saved import read_policy, write_policy

__all__ = ["ACCEPTED", "FrozenRule"]

# Shifts beyond so many widths of the box live on noise in the direction: they are cut off, and
# scores drawn together instead.
_LARGEST = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class FrozenRule:
    """``clip(z − shift)`` with shifts fixed on validation, for M models at once.

    A person's shift is the sum over families (a condition and an attribute) of the shift of their
    group times a direction that needs no label: 1 where the condition is everyone, the calibrated
    q = P(y = 1 | z) for y = 1, 1 − q for y = 0, and 2q − 1 for ``accuracy_parity``. The shifts are
    fitted so that the gap *measured with validation labels* meets the slack, to 1e-6. Where
    shifts alone cannot do that, scores are drawn towards a constant by the share ``blend``.

    The gap among other people differs by O(1/√n); measure it.

    Attributes:
        shift: (M, F, W) float64 by family (conditions of the first attribute, of the second, …)
            and group, W the most groups of any attribute; 0 for groups not seen when fitting.
        calibration: P(y = 1 | z), or None where the rule needs none.
        blend: (M,) share of the constant in the score, usually 0.
        centre: (M,) the constant: the mean raw score; for ``accuracy_parity`` one half, the only
            constant with the same accuracy for everybody.
        constraint: What it was fitted for.
        lower, upper: Box.
        n_groups: Number of groups of each attribute.
        unseen: (attribute, group) of groups nobody belonged to when fitting; their people are
            scored as if nothing had to change, and no promise covers them.
    """

    shift: Tensor
    calibration: Calibration | None
    blend: Tensor
    centre: Tensor
    constraint: str
    lower: float
    upper: float
    n_groups: tuple[int, ...]
    unseen: tuple[tuple[int, int], ...] = ()

    # Whether a prediction needs the person's group.
    uses_attribute_when_deciding = True
    policy = "frozen"

    @classmethod
    def fit(
        cls,
        z: Tensor,
        group: Tensor,
        slack: float | Tensor,
        constraint: str = "demographic_parity",
        y: Tensor | None = None,
        *,
        n_groups: int | tuple[int, ...] | None = None,
        lower: float = 0.0,
        upper: float = 1.0,
        weight: Tensor | None = None,
    ) -> Self:
        """Fit on people whose labels are known (the validation split).

        Args:
            z: (n,) or (M, n) raw scores.
            group: (n,) integers ≥ 0, or (n, A) for several attributes, each bounded by itself.
            slack, constraint, y, lower, upper: As in :func:`fairlab.projection.project`.
            n_groups: G, or one per attribute; default is the largest group present plus one.
            weight: (n,) positive weights, or None.

        Raises:
            InputError, UnknownNameError: As :func:`project`, or more groups than ``n_groups``.
            SolveError: A cell has nobody (named): a promise nobody can check is not made. Or no
                scores in the box meet the slack.
        """
        rows = (z[None] if z.ndim == 1 else z).detach().to(torch.float64)
        columns = group[:, None] if group.ndim == 1 else group
        sizes = _sizes(columns, n_groups)
        eps = torch.as_tensor(slack, dtype=torch.float64, device=z.device).expand(len(rows))
        weight = None if weight is None else weight.to(torch.float64)
        cells = cells_of(constraint, columns, y)
        exact = project_cells(rows, cells, eps, lower, upper, weight)
        calibration, shift, blend = None, exact.shift, torch.zeros_like(eps)
        if _needs_calibration(constraint):
            assert y is not None
            calibration = Calibration.fit(rows, y, weight, lower=lower, upper=upper)
            direction = _directions(constraint, calibration, rows, len(sizes))
            problem = DirectedMeans.of(rows, columns, cells, direction, weight, (lower, upper))
            most = _LARGEST * (upper - lower if isfinite(upper - lower) else float(rows.std()))
            shift = fit_shifts(problem, exact.shift, eps).clamp(-most, most)
            excess = problem.excess(shift, eps)
            needed = excess / (eps + excess).clamp_min(1e-300)
            blend = torch.where(excess > ACCEPTED, needed.clamp(0.0, 1.0), blend)
        table = torch.zeros(
            len(rows), len(cells.families), max(sizes), dtype=torch.float64, device=z.device
        )
        for i, f in enumerate(cells.families):
            table[:, i, list(f.groups)] = shift[:, f.start : f.stop]
        return cls(
            shift=table,
            calibration=calibration,
            blend=blend,
            centre=_centre(constraint, rows, weight, lower, upper),
            constraint=constraint,
            lower=lower,
            upper=upper,
            n_groups=sizes,
            unseen=_unseen(columns, sizes),
        )

    def __call__(self, z: Tensor, group: Tensor) -> Tensor:
        """Scores of people from raw score and group.

        Args:
            z: (n,) or (M, n).
            group: (n,) integers, or (n, A).

        Returns:
            As ``z``. (M, n) for (n,) scores of a rule of M > 1 models is refused: pass (M, n).

        Raises:
            InputError: Shapes that do not fit, or a group the rule was not made for.
        """
        rows = (z[None] if z.ndim == 1 else z).to(torch.float64)
        columns = group[:, None] if group.ndim == 1 else group
        self._check(rows, columns)
        attributes = len(self.n_groups)
        if self.calibration is None:
            direction: tuple[Tensor | None, ...] = (None,) * self.shift.shape[1]
        else:
            direction = _directions(self.constraint, self.calibration, rows, attributes)
        conditions = len(CONSTRAINTS[self.constraint].conditions)
        moved = rows
        for f, way in enumerate(direction):
            own = self.shift[:, f, columns[:, f // conditions]]
            moved = moved - (own if way is None else own * way)
        p = moved.clamp(self.lower, self.upper)
        p = p + self.blend[:, None] * (self.centre[:, None] - p)
        p = p.to(z.dtype)
        return p[0] if z.ndim == 1 else p

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the scores should know, in sentences."""
        said = []
        for attribute, g in self.unseen:
            of = f" of attribute {attribute}" if len(self.n_groups) > 1 else ""
            said.append(
                f"Nobody in group {g}{of} was there when the rule was fitted: its people keep "
                "their scores, and nothing is promised for them."
            )
        drawn = int((self.blend > 0).sum())
        if drawn:
            said.append(
                f"For {drawn} of {len(self.blend)} models shifts alone did not meet the slack: "
                f"scores were drawn up to {float(self.blend.max()):.0%} of the way to a constant."
            )
        return tuple(said)

    def save(self, path: str | Path) -> None:
        """Write the rule, to :meth:`load`; the device is not kept."""
        arrays: dict[str, Any] = {
            name: getattr(self, name).cpu().numpy() for name in ("shift", "blend", "centre")
        }
        if self.calibration is not None:
            arrays |= {f"calibration.{k}": v for k, v in self.calibration.arrays().items()}
        arrays["box"] = torch.tensor([self.lower, self.upper], dtype=torch.float64).numpy()
        facts = {
            "constraint": self.constraint,
            "n_groups": list(self.n_groups),
            "unseen": [list(pair) for pair in self.unseen],
            "calibrated": self.calibration is not None,
        }
        write_policy(path, self.policy, arrays, facts)

    @classmethod
    def load(cls, path: str | Path, device: str | torch.device = "cpu") -> Self:
        """The rule saved at ``path``.

        Raises:
            InputError: As :func:`fairlab.projection.saved.read_policy`.
        """
        _, arrays, facts = read_policy(path, cls.policy)
        calibration = None
        if facts["calibrated"]:
            calibration = Calibration.from_arrays(
                {
                    name.removeprefix("calibration."): values
                    for name, values in arrays.items()
                    if name.startswith("calibration.")
                }
            )
        lower, upper = arrays["box"].tolist()
        return cls(
            shift=torch.from_numpy(arrays["shift"]).to(device),
            calibration=calibration,
            blend=torch.from_numpy(arrays["blend"]).to(device),
            centre=torch.from_numpy(arrays["centre"]).to(device),
            constraint=facts["constraint"],
            lower=lower,
            upper=upper,
            n_groups=tuple(facts["n_groups"]),
            unseen=tuple((a, g) for a, g in facts["unseen"]),
        )

    def _check(self, rows: Tensor, columns: Tensor) -> None:
        models, attributes = len(self.shift), len(self.n_groups)
        if columns.shape != (rows.shape[1], attributes) or len(rows) not in (1, models):
            raise InputError(
                f"A rule of {models} model(s) and {attributes} attribute(s) needs scores (n,) or "
                f"({models}, n) and a group per person and attribute; found scores "
                f"{tuple(rows.shape)} and groups {tuple(columns.shape)}."
            )
        if len(rows) < models:
            raise InputError(
                f"This rule is of {models} models and was given scores of one. Pass the scores of "
                f"all as ({models}, n)."
            )
        for attribute, size in enumerate(self.n_groups):
            codes = columns[:, attribute]
            if len(codes) and (int(codes.min()) < 0 or int(codes.max()) >= size):
                raise InputError(
                    f"Groups run from {int(codes.min())} to {int(codes.max())}; the rule was "
                    f"fitted for 0 to {size - 1}. Fit it with n_groups large enough."
                )


def _needs_calibration(constraint: str) -> bool:
    rule = CONSTRAINTS[constraint]
    return rule.sign is not None or any(c.label is not None for c in rule.conditions)


def _directions(
    constraint: str, calibration: Calibration, rows: Tensor, attributes: int
) -> tuple[Tensor | None, ...]:
    """(M, n) direction of each family, attribute by attribute."""
    rule = CONSTRAINTS[constraint]
    q = calibration.probability(rows)
    sign = None if rule.sign is None else rule.sign(q)
    own: list[Tensor | None] = []
    for condition in rule.conditions:
        inside = {None: None, 1: q, 0: 1 - q}[condition.label]
        if inside is None or sign is None:
            own.append(sign if inside is None else inside)
        else:
            own.append(inside * sign)
    return tuple(own) * attributes


def _centre(
    constraint: str, rows: Tensor, weight: Tensor | None, lower: float, upper: float
) -> Tensor:
    if CONSTRAINTS[constraint].sign is not None:
        return torch.full_like(rows[:, 0], min(max(0.5, lower), upper))
    mean = rows.mean(1) if weight is None else rows @ weight / weight.sum()
    return mean.clamp(lower, upper)


def _sizes(columns: Tensor, n_groups: int | tuple[int, ...] | None) -> tuple[int, ...]:
    found = [int(g) + 1 for g in columns.amax(0)]
    if n_groups is None:
        return tuple(found)
    wanted = (n_groups,) * len(found) if isinstance(n_groups, int) else tuple(n_groups)
    if len(wanted) != len(found) or any(w < f for w, f in zip(wanted, found, strict=True)):
        raise InputError(
            f"n_groups is {n_groups}, and the people have groups up to {[f - 1 for f in found]}. "
            "Give one number per attribute, larger than its largest group."
        )
    return wanted


def _unseen(columns: Tensor, sizes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    missing = []
    for attribute, size in enumerate(sizes):
        present = torch.bincount(columns[:, attribute].to(torch.int64), minlength=size)
        missing += [(attribute, g) for g, count in enumerate(present.tolist()) if count == 0]
    return tuple(missing)
