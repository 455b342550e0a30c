"""How sure the forced values are."""

from dataclasses import dataclass

import numpy as np

from fairlab.impossibility.identities import identity_table, one_population
from fairlab.metrics import GAPS, RATES, bootstrap_counts, percentile_interval
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class ForcedIntervals:
    """How sure the forced values are: 95 % percentile intervals, None where undefined.

    Attributes:
        ratio: Of ``IdentityTable.forced_ratio`` for the same two groups; may reach below 1.
        parity_gap: Of ``ParityTable.forced_gap``; at 0 or above by construction.
    """

    ratio: tuple[float, float] | None
    parity_gap: tuple[float, float] | None


def forced_intervals(counts: Counts, draws: int = 4000, seed: int = 0) -> ForcedIntervals | None:
    """Bootstrap of the forced values, by drawing counts within each group.

    Args:
        counts: Integer fields of shape (G,).
        draws: Bootstrap draws.
        seed: Of the draws.

    Returns:
        None for weighted counts: their effective number of people is not known here.

    Raises:
        InputError: If counts have leading axes.
    """
    one_population(counts)
    if counts.tp.dtype.kind not in "iu":
        return None
    table = identity_table(counts)
    drawn = bootstrap_counts(counts, draws, np.random.default_rng(seed))
    base = RATES["base_rate"](drawn)
    ratio = None
    if table.highest is not None and table.lowest is not None:
        names = [row.group for row in table.rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = base / (1 - base)
            ratios = odds[:, names.index(table.highest)] / odds[:, names.index(table.lowest)]
        ratio = _interval(np.where(np.isfinite(ratios), ratios, np.nan))
    everyone = drawn.overall()
    tpr, fpr = RATES["tpr"](everyone)[:, 0], RATES["fpr"](everyone)[:, 0]
    return ForcedIntervals(ratio, _interval(GAPS["base_rate_difference"](drawn) * abs(tpr - fpr)))


def _interval(draws: FloatArray) -> tuple[float, float] | None:
    low, high = percentile_interval(draws)
    return None if np.isnan(low) else (low, high)
