"""How a gap changes from one model to another on the same people, and how sure that is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlab.metrics import GAPS, percentile_interval
from fairlab.outcomes import Counts, GroupedOutcomes
from fairlab.sweeps.people import same_people


@dataclass(frozen=True, slots=True)
class GapChange:
    """Gap after minus gap before; negative is narrower. None where undefined.

    Attributes:
        value: The change on these people.
        lower, upper: Percentile interval of the change, from resampled people.
    """

    value: float | None
    lower: float | None
    upper: float | None


def gap_change(
    before: GroupedOutcomes,
    after: GroupedOutcomes,
    gap: str,
    *,
    threshold_before: float = 0.5,
    threshold_after: float = 0.5,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> GapChange:
    """Change of a gap between two models, with an interval that knows they share their people.

    People are resampled within their group together with both decisions about them, which is a
    multinomial draw of the group's eight (outcome, before, after) cells. What the two models
    have in common cancels, so the interval is narrower than two separate ones suggest.

    Args:
        before, after: The same people in the same groups.
        gap: Name in ``GAPS``.

    Raises:
        InputError: If the two are not the same people in the same groups.
        UnknownNameError: If there is no such gap.
    """
    same_people(before, after)
    measure = GAPS[gap]
    first = before.score >= threshold_before
    second = after.score >= threshold_after
    cell = ((before.group * 2 + before.y_true) * 2 + first) * 2 + second
    size = before.n_groups * 8
    cells = np.bincount(cell, weights=before.weight, minlength=size).reshape(-1, 2, 2, 2)
    change = float(measure(_after(cells)) - measure(_before(cells)))
    value = None if np.isnan(change) else change
    if before.weight is not None or value is None:
        return GapChange(value, None, None)
    drawn = _resampled(cells, draws, np.random.default_rng(seed))
    changes = np.asarray(measure(_after(drawn)) - measure(_before(drawn)))
    lower, upper = percentile_interval(changes, level)
    if np.isnan(lower) or np.isnan(upper):
        return GapChange(value, None, None)
    # Noise widens a narrow gap: the end that this bias pushed away is moved back by twice it.
    bias = float(np.nanmean(changes)) - value
    return GapChange(value, lower - 2 * max(bias, 0.0), upper - 2 * min(bias, 0.0))


def _resampled(cells: NDArray[Any], draws: int, rng: np.random.Generator) -> NDArray[Any]:
    """(draws, G, 2, 2, 2) from (G, 2, 2, 2)."""
    drawn = np.zeros((draws, *cells.shape))
    for g, group in enumerate(cells):
        n = int(group.sum())
        if n > 0:
            flat = rng.multinomial(n, group.ravel() / n, size=draws)
            drawn[:, g] = flat.reshape(draws, 2, 2, 2)
    return drawn


def _before(cells: NDArray[Any]) -> Counts:
    return _counts(cells.sum(axis=-1))


def _after(cells: NDArray[Any]) -> Counts:
    return _counts(cells.sum(axis=-2))


def _counts(cells: NDArray[Any]) -> Counts:
    """From (..., G, label, selected)."""
    return Counts(
        tp=cells[..., 1, 1], fp=cells[..., 0, 1], fn=cells[..., 1, 0], tn=cells[..., 0, 0]
    )
