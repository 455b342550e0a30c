"""What base rates force: three theorems as arithmetic on the user's own counts."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics import RATES
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One group's side of ``FPR = p/(1−p) · (1−PPV)/PPV · TPR``. Undefined values are None.

    Attributes:
        group: Name.
        n, favourable, unfavourable: People (or weight) in all, and by outcome.
        base_rate, ppv, tpr, fpr: Rates in [0, 1].
        odds: Base-rate odds p/(1−p); None when no one has the unfavourable outcome.
        product: The right-hand side, computed from the rates alone; equals ``fpr``. None when
            one of its factors is undefined (also when no selected person has the favourable
            outcome: (1−PPV)/PPV then divides by 0).
        holds: Whether both sides are equal, in whole numbers without rounding (weights: to
            1e-9); None when a side is undefined.
        forced_fpr: The false positive rate this group must have if every group had the common
            PPV and TPR of the table. Above 1 such a rule cannot exist.
    """

    group: str
    n: float
    favourable: float
    unfavourable: float
    base_rate: float | None
    ppv: float | None
    tpr: float | None
    fpr: float | None
    odds: float | None
    product: float | None
    holds: bool | None
    forced_fpr: float | None


@dataclass(frozen=True, slots=True)
class IdentityTable:
    """Chouldechova's identity for every group, and what equal PPV and TPR would force.

    Attributes:
        rows: One per group.
        common_ppv, common_tpr: Those of the whole population, used for ``forced_fpr``.
        highest, lowest: Groups with the highest and lowest base-rate odds; None when fewer than
            two groups have odds.
        forced_ratio: FPR(highest) / FPR(lowest) forced by equal PPV and TPR, ≥ 1: the ratio of
            base-rate odds. 1 means nothing is forced; None when undefined or when the lowest
            odds are 0.
        forced_gap: ``forced_fpr`` of ``highest`` minus that of ``lowest``; may exceed 1.
    """

    rows: tuple[IdentityRow, ...]
    common_ppv: float | None
    common_tpr: float | None
    highest: str | None
    lowest: str | None
    forced_ratio: float | None
    forced_gap: float | None


@dataclass(frozen=True, slots=True)
class ParityRow:
    """One group's selection rate taken apart: ``p·TPR + (1−p)·FPR``. Undefined is None.

    Attributes:
        group: Name.
        base_rate, tpr, fpr, selection_rate: Rates in [0, 1].
        from_favourable: p·TPR, the share of all who are selected with a favourable outcome.
        from_unfavourable: (1−p)·FPR, the share selected with an unfavourable outcome.
        under_common_odds: The selection rate this group would have with the common TPR and FPR.
    """

    group: str
    base_rate: float | None
    tpr: float | None
    fpr: float | None
    selection_rate: float | None
    from_favourable: float | None
    from_unfavourable: float | None
    under_common_odds: float | None


@dataclass(frozen=True, slots=True)
class ParityTable:
    """Demographic parity against equalized odds.

    Attributes:
        rows: One per group.
        common_tpr, common_fpr: Those of the whole population.
        base_rate_gap: Highest minus lowest base rate.
        highest, lowest: The groups that set it.
        forced_gap: Demographic parity difference that equalized odds at the common rates forces:
            exactly |p_a − p_b| · |TPR − FPR|. None when undefined.
        measured_gap: The demographic parity difference as it is.
    """

    rows: tuple[ParityRow, ...]
    common_tpr: float | None
    common_fpr: float | None
    base_rate_gap: float | None
    highest: str | None
    lowest: str | None
    forced_gap: float | None
    measured_gap: float | None


def forced_fpr(
    base_rate: float | FloatArray, ppv: float | FloatArray, tpr: float | FloatArray
) -> FloatArray:
    """False positive rate that base rate, PPV and TPR leave no choice about; broadcasts.

    Source: Chouldechova 2017, equation (2.6). NaN where a factor is 0/0 or infinite (base rate
    1, PPV 0). Values above 1 say that no rule has this PPV and TPR at this base rate.
    """
    p, precision, recall = (np.asarray(v, dtype=np.float64) for v in (base_rate, ppv, tpr))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = p / (1 - p) * (1 - precision) / precision * recall
    return np.where(np.isfinite(value), value, np.nan)


def identity_table(counts: Counts) -> IdentityTable:
    """Chouldechova's identity per group, checked in whole numbers, and what it forces.

    Args:
        counts: Fields of shape (G,); with integer counts both sides are compared as fractions.

    Raises:
        InputError: If counts have leading axes.

    Source: Chouldechova 2017, "Fair prediction with disparate impact", equation (2.6).
    """
    one_population(counts)
    everyone = counts.overall()
    common_ppv = known(RATES["ppv"](everyone)[0])
    common_tpr = known(RATES["tpr"](everyone)[0])
    rows = tuple(_identity_row(counts, g, common_ppv, common_tpr) for g in range(counts.shape[0]))
    with_odds = [(row.odds, row) for row in rows if row.odds is not None]
    if len(with_odds) < 2:
        return IdentityTable(rows, common_ppv, common_tpr, None, None, None, None)
    ordered = sorted(with_odds, key=lambda pair: pair[0])  # ties name two groups, not one twice
    (low_odds, low), (high_odds, high) = ordered[0], ordered[-1]
    gap = None
    if high.forced_fpr is not None and low.forced_fpr is not None:
        gap = high.forced_fpr - low.forced_fpr
    return IdentityTable(
        rows=rows,
        common_ppv=common_ppv,
        common_tpr=common_tpr,
        highest=high.group,
        lowest=low.group,
        forced_ratio=high_odds / low_odds if low_odds > 0 else None,
        forced_gap=gap,
    )


def parity_table(counts: Counts) -> ParityTable:
    """Selection rates taken apart, and the parity gap that equalized odds would force.

    Args:
        counts: Fields of shape (G,).

    Raises:
        InputError: If counts have leading axes.

    Source: the law of total probability; Barocas, Hardt and Narayanan, chapter 3.
    """
    one_population(counts)
    everyone = counts.overall()
    tpr, fpr = (known(RATES[name](everyone)[0]) for name in ("tpr", "fpr"))
    rows = tuple(_parity_row(counts, g, tpr, fpr) for g in range(counts.shape[0]))
    with_rate = [(row.base_rate, row) for row in rows if row.base_rate is not None]
    if len(with_rate) < 2:
        return ParityTable(rows, tpr, fpr, None, None, None, None, None)
    ordered = sorted(with_rate, key=lambda pair: pair[0])
    (low_rate, low), (high_rate, high) = ordered[0], ordered[-1]
    gap = high_rate - low_rate
    selection = [row.selection_rate for row in rows if row.selection_rate is not None]
    return ParityTable(
        rows=rows,
        common_tpr=tpr,
        common_fpr=fpr,
        base_rate_gap=gap,
        highest=high.group,
        lowest=low.group,
        forced_gap=None if tpr is None or fpr is None else gap * abs(tpr - fpr),
        measured_gap=max(selection) - min(selection),
    )


def known(value: float) -> float | None:
    """A number as a record holds it: None instead of NaN."""
    return None if np.isnan(value) else float(value)


def one_population(counts: Counts) -> None:
    """Refuse counts with leading axes.

    Raises:
        InputError: If there are any.
    """
    if len(counts.shape) != 1:
        raise InputError(
            f"This table speaks of one threshold; found counts of shape {counts.shape}. "
            "Pick a threshold first, for example sweep.at(0.5)."
        )


def _identity_row(
    counts: Counts, g: int, common_ppv: float | None, common_tpr: float | None
) -> IdentityRow:
    tp, fp, fn, tn = (f[g].item() for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    exact = all(isinstance(v, int) for v in (tp, fp, fn, tn))
    base = _ratio(tp + fn, tp + fp + fn + tn, exact)
    ppv, tpr, fpr = (_ratio(k, n, exact) for k, n in ((tp, tp + fp), (tp, tp + fn), (fp, fp + tn)))
    odds = _ratio(tp + fn, fp + tn, exact)
    product = None
    if odds is not None and ppv is not None and ppv != 0 and tpr is not None:
        product = odds * (1 - ppv) / ppv * tpr
    holds = None
    if product is not None and fpr is not None:
        holds = product == fpr if exact else abs(product - fpr) < 1e-9
    forced = None
    if base is not None and common_ppv is not None and common_tpr is not None:
        forced = known(float(forced_fpr(float(base), common_ppv, common_tpr)))
    return IdentityRow(
        group=_name(counts, g),
        n=tp + fp + fn + tn,
        favourable=tp + fn,
        unfavourable=fp + tn,
        base_rate=_number(base),
        ppv=_number(ppv),
        tpr=_number(tpr),
        fpr=_number(fpr),
        odds=_number(odds),
        product=_number(product),
        holds=holds,
        forced_fpr=forced,
    )


def _parity_row(counts: Counts, g: int, tpr: float | None, fpr: float | None) -> ParityRow:
    own = {name: known(RATES[name](counts)[g]) for name in ("base_rate", "tpr", "fpr")}
    n = counts.n[g]
    p = own["base_rate"]
    common = None
    if p is not None and tpr is not None and fpr is not None:
        common = p * tpr + (1 - p) * fpr
    return ParityRow(
        group=_name(counts, g),
        base_rate=p,
        tpr=own["tpr"],
        fpr=own["fpr"],
        selection_rate=known(RATES["selection_rate"](counts)[g]),
        from_favourable=float(counts.tp[g] / n) if n > 0 else None,
        from_unfavourable=float(counts.fp[g] / n) if n > 0 else None,
        under_common_odds=common,
    )


def _ratio(numerator: float, denominator: float, exact: bool) -> Fraction | float | None:
    if denominator == 0:
        return None
    return Fraction(int(numerator), int(denominator)) if exact else numerator / denominator


def _number(value: Fraction | float | None) -> float | None:
    return None if value is None else float(value)


def _name(counts: Counts, g: int) -> str:
    return counts.group_names[g] if counts.group_names else f"group {g}"
