"""An audit for others to see: what rests on few people is left out and cannot be worked out.

A group with a cell of fewer people than the minimum (zero included) keeps its size and, where
these rest on enough people on both sides, its selection and base rate. Its other numbers go, and
every gap that rests on one of them. What is said of everyone goes too when the hidden cells could
be had from it by subtraction: when together they are small, or when a margin of a hidden group is
shown. (One audit is protected, not several that cut the same people in different ways.)
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from fairlab.metrics.audit import Audit
from fairlab.metrics.calibration import GroupCalibration
from fairlab.metrics.gaps import GAPS, GapResult
from fairlab.metrics.group_rates import GroupRate, RateResult
from fairlab.metrics.inequality import InequalityPart, InequalityResult
from fairlab.metrics.overall import OverallGap
from fairlab.metrics.pairs import PairTest
from fairlab.metrics.rates import RATES
from fairlab.outcomes import Counts, FloatArray

SMALLEST = 10
# What a group with a small cell may still show: with n, these two do not give its cells away.
_MARGINS = ("selection_rate", "base_rate")
_NAN = float("nan")
_Record = TypeVar("_Record")


def suppress(result: Audit, smallest: int = SMALLEST) -> Audit:
    """The audit without what rests on small cells.

    Args:
        result: The whole audit.
        smallest: Cells of fewer people are hidden; 0 hides nothing.

    Returns:
        An audit whose hidden numbers are None (NaN in counts), with ``hidden`` naming the groups
        and a note. The same audit when nothing is small.
    """
    cells = np.stack([getattr(result.cells, f) for f in ("tp", "fp", "fn", "tn")])
    small = (cells.min(axis=0) < smallest) & (result.sizes > 0)
    if not small.any():
        return result
    margins = {
        (rate, name)
        for rate in _MARGINS
        for name, low in zip(result.group_names, _sides(result.cells, rate), strict=True)
        if low >= smallest
    }
    hidden = {name for name, is_small in zip(result.group_names, small, strict=True) if is_small}
    whole = bool(cells[:, small].sum(axis=1).min() < smallest) or any(
        name in hidden for _, name in margins
    )
    why = f"suppressed: rests on fewer than {smallest} people"
    shown = {r for r in _MARGINS if all((r, name) in margins for name in hidden)}
    kept = {name for name, gap in GAPS.items() if all(rate.name in shown for rate in gap.rates)}
    gaps = {n: g if n in kept else _hidden_gap(g, why) for n, g in result.gaps.items()}
    return replace(
        result,
        counts=_blank(result.counts, small),
        cells=_blank(result.cells, small),
        rates={n: _rate(r, hidden, margins, whole, why) for n, r in result.rates.items()},
        gaps=gaps,
        to_overall={n: OverallGap(n, *[None] * 5) for n in result.to_overall},
        score_gaps={n: _empty(g, why) for n, g in result.score_gaps.items()},
        calibration=tuple(_calibration(c, hidden, smallest, why) for c in result.calibration),
        ranking=tuple(_empty(r, why) if r.group in hidden else r for r in result.ranking),
        inequality={n: _hidden_inequality(n) for n in result.inequality},
        notes=(*result.notes, _note(result.group_names, hidden, smallest)),
        hidden=tuple(name for name in result.group_names if name in hidden),
        whole_hidden=whole,
        why_hidden=why,
    )


def suppress_pairs(tests: Sequence[PairTest], shown: Audit) -> tuple[PairTest, ...]:
    """The tests whose two rates are shown; their correction stays that of all tests made."""
    if not shown.hidden:
        return tuple(tests)
    return tuple(
        test
        for test in tests
        if shown.rates[test.rate][test.higher].value is not None
        and shown.rates[test.rate][test.lower_group].value is not None
    )


def _sides(cells: Counts, rate: str) -> FloatArray:
    """(G,) people on the smaller side of a margin, whatever their weight."""
    k = np.asarray(RATES[rate].numerator(cells), dtype=np.float64)
    return np.minimum(k, cells.n - k)


def _blank(counts: Counts, small: np.ndarray) -> Counts:
    tp, fp, fn, tn = (
        np.where(small, np.nan, field) for field in (counts.tp, counts.fp, counts.fn, counts.tn)
    )
    return Counts(tp, fp, fn, tn, counts.group_names)


def _rate(
    rate: RateResult, hidden: set[str], margins: set[tuple[str, str]], whole: bool, why: str
) -> RateResult:
    def shown(one: GroupRate) -> GroupRate:
        if one.group not in hidden or (rate.name, one.group) in margins:
            return one
        return GroupRate(one.group, None, _NAN, _NAN, None, None, why)

    everyone = rate.everyone
    if whole:
        everyone = GroupRate(everyone.group, None, _NAN, _NAN, None, None, why)
    return replace(rate, groups=tuple(shown(one) for one in rate.groups), everyone=everyone)


def _calibration(
    group: GroupCalibration, hidden: set[str], smallest: int, why: str
) -> GroupCalibration:
    """Without bins whose people with either outcome are few."""
    if group.group in hidden:
        return _empty(group, why)
    bins = tuple(b for b in group.bins if b.effective_n * min(b.rate, 1 - b.rate) >= smallest)
    return replace(group, bins=bins)


def _hidden_gap(gap: GapResult, why: str) -> GapResult:
    return GapResult(
        name=gap.name,
        value=None,
        highest=None,
        lowest=None,
        rate=gap.rate,
        left_out=(),
        parts=(),
        to_overall=None,
        hidden=why,
    )


def _hidden_inequality(name: str) -> InequalityResult:
    parts = [InequalityPart(part, None, None, None) for part in ("total", "between", "share")]
    return InequalityResult(name, *parts)


def _empty(record: _Record, why: str) -> _Record:
    """A record of one group or gap with nothing but its names, definition and number of people."""
    blank: dict[str, Any] = {"why": why}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if field.name in ("group", "name", "label", "definition", "n", "why"):
            continue
        blank[field.name] = () if isinstance(value, tuple) else None
    if not hasattr(record, "why"):
        del blank["why"]
    return replace(record, **blank)  # type: ignore[type-var]


def _note(names: Sequence[str], hidden: set[str], smallest: int) -> str:
    listed = [name for name in names if name in hidden]
    said = ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "")
    return (
        f"Suppressed, because a cell has fewer than {smallest} people: most numbers of {said}, and "
        "gaps that rest on them. Small groups can be merged when a table is read."
    )
