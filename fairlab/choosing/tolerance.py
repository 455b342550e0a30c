"""Tolerance first: which gap would you accept? And what each other answer would have led to."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairlab.pareto.selection import Selection, ValidationDraws, select, validation_draws
from fairlab.results import SweepResult

STEPS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Tolerances:
    """What each of several tolerances leads to.

    Attributes:
        rows: One selection per tolerance, the narrowest first, each picked on validation people.
    """

    rows: tuple[Selection, ...]

    @property
    def different(self) -> tuple[Selection, ...]:
        """Those that can be met, without those that lead to the model of a narrower tolerance."""
        kept: dict[int, Selection] = {}
        for row in self.rows:
            if row.met:
                kept.setdefault(row.index, row)
        return tuple(kept.values())


def tolerances(
    result: SweepResult,
    within: Sequence[float] = STEPS,
    *,
    uses_attribute: bool | None = None,
    draws: ValidationDraws | None = None,
) -> Tolerances:
    """The best model within each of several gaps; see :func:`fairlab.pareto.selection.select`.

    Args:
        result: A sweep with validation people.
        within: Gaps accepted, [0, 1].
        uses_attribute: As for ``select``.
        draws: Of ``validation_draws`` on this result.

    Raises:
        InputError: If a gap is not in [0, 1], or there is no model to pick from.
    """
    found = validation_draws(result) if draws is None else draws
    return Tolerances(
        tuple(
            select(result, gap, uses_attribute=uses_attribute, draws=found)
            for gap in sorted(set(within))
        )
    )
