"""An audit for others to see: what rests on few people is left out and cannot be worked out.

A group with a cell of fewer people than the minimum (zero included) keeps its size and, where
these rest on enough people on both sides, its selection and base rate. Its other numbers go, and
every gap that rests on one of them. What is said of everyone goes too when the hidden cells could
be had from it by subtraction: when together they are small, or when a margin of a hidden group is
shown. (One audit is protected, not several that cut the same people in different ways.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from fairlab.metrics.audit import Audit
from fairlab.metrics.calibration import GroupCalibration
from fairlab.metrics.gaps import GAPS, Gap, GapResult
from fairlab.metrics.group_rates import GroupRate, RateResult
from fairlab.metrics.inequality import InequalityPart, InequalityResult
from fairlab.metrics.intervals import holm
from fairlab.metrics.overall import OverallGap
from fairlab.metrics.pairs import PairTest
from fairlab.metrics.rates import RATES
from fairlab.outcomes import Array, Counts, FloatArray

SMALLEST = 10
# What a group with a small cell may still show: with n, these two do not give its cells away.
_MARGINS = ("selection_rate", "base_rate")
_NAN = float("nan")
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True, eq=False)
class Withheld:
    """What must not be shown of one population in groups.

    Attributes:
        small: (G,) groups with a small cell.
        names: Their names.
        margins: (rate, group) of the selection and base rates that rest on enough people.
        whole: Whether everyone's numbers would give hidden cells away.
    """

    small: np.ndarray
    names: frozenset[str]
    margins: frozenset[tuple[str, str]]
    whole: bool

    def keeps(self, gap: Gap) -> bool:
        """Whether a gap rests on nothing but rates that every hidden group still shows."""
        return all(
            rate.name in _MARGINS and (rate.name, name) in self.margins
            for rate in gap.rates
            for name in self.names
        )


def withheld(cells: Counts, smallest: int = SMALLEST, *, sizes: bool = False) -> Withheld:
    """Which groups, margins and totals are hidden.

    Args:
        cells: People (rows, weights aside), fields of shape (G,).
        smallest: Cells of fewer people are hidden; 0 hides nothing.
        sizes: Hide how many people a group of few has, too: see :func:`hidden_sizes`.
    """
    four = np.stack([getattr(cells, f) for f in ("tp", "fp", "fn", "tn")])
    small = (four.min(axis=0) < smallest) & (np.asarray(cells.n) > 0)
    everybody = np.array(cells.group_names, dtype=object)
    sides = {rate: _sides(cells, rate) >= smallest for rate in _MARGINS}
    # Judged before a group joins to hide another one's size: then nothing more is shown by that.
    whole = bool(small.any()) and bool(
        four[:, small].sum(axis=1).min() < smallest or any(s[small].any() for s in sides.values())
    )
    unsized = hidden_sizes(np.asarray(cells.n), smallest if sizes else 0)
    small |= unsized
    margins = frozenset(
        (rate, name) for rate, enough in sides.items() for name in everybody[enough & ~unsized]
    )
    return Withheld(small, frozenset(everybody[small]), margins, whole)


def hidden_sizes(sizes: Array, smallest: int = SMALLEST) -> Array:
    """Groups of which not even the number of people is shown.

    Those with few; and the smallest other group with them where how many they are together, which
    follows from all people and the others' numbers, is itself few or leaves each one only one size:
    a single group, two with two people together, or two with eighteen where fewer than ten are few.

    Args:
        sizes: (G,) people of the groups.
        smallest: Fewer are few; 0 hides nothing.

    Returns:
        (G,) booleans.
    """
    few = (sizes > 0) & (sizes < smallest)
    rest = np.flatnonzero(sizes >= max(smallest, 1))
    groups, together = int(few.sum()), int(sizes[few].sum())
    told = together < smallest or together in (groups, groups * (smallest - 1))
    if groups and (groups == 1 or told) and len(rest):
        few[rest[np.argmin(sizes[rest])]] = True
    return np.asarray(few, dtype=np.bool_)


def suppress(result: Audit, smallest: int = SMALLEST, *, sizes: bool = False) -> Audit:
    """The audit without what rests on small cells.

    Args:
        result: The whole audit.
        smallest: Cells of fewer people are hidden; 0 hides nothing.
        sizes: Hide how many people a group of few has, too: see :func:`hidden_sizes`.

    Returns:
        An audit whose hidden numbers are None (NaN in counts), with ``hidden`` naming the groups
        and a note. The same audit when nothing is small.
    """
    gone = withheld(result.cells, smallest, sizes=sizes)
    small, hidden, margins, whole = gone.small, gone.names, gone.margins, gone.whole
    if not hidden:
        return _without_small_bins(result, smallest)
    why = (
        f"suppressed: rests on a cell of fewer than {smallest} people, or would let one be worked "
        "out"
    )
    gaps = {n: g if gone.keeps(GAPS[n]) else hidden_gap(g, why) for n, g in result.gaps.items()}
    return replace(
        result,
        counts=_blank(result.counts, small),
        cells=_blank(result.cells, small),
        rates={n: _rate(r, hidden, margins, whole, why) for n, r in result.rates.items()},
        gaps=gaps,
        to_overall={n: OverallGap(n, *[None] * 5) for n in result.to_overall},
        score_gaps={n: _empty(g, why) for n, g in result.score_gaps.items()},
        calibration=suppress_calibration(result.calibration, smallest, hidden),
        ranking=tuple(_empty(r, why) if r.group in hidden else r for r in result.ranking),
        inequality={n: _hidden_inequality(n) for n in result.inequality},
        notes=(*result.notes, _note(result.group_names, hidden, smallest)),
        hidden=tuple(name for name in result.group_names if name in hidden),
        whole_hidden=whole,
        why_hidden=why,
    )


def suppress_pairs(tests: Sequence[PairTest], shown: Audit) -> tuple[PairTest, ...]:
    """The tests whose two rates are shown, corrected for all tests made.

    The correction takes the p-values of hidden tests for 1: it is for as many tests, and does not
    give theirs away.
    """
    if not shown.hidden:
        return tuple(tests)
    kept = [
        shown.rates[test.rate][test.higher].value is not None
        and shown.rates[test.rate][test.lower_group].value is not None
        for test in tests
    ]
    p_values = [
        _NAN if test.p_value is None else test.p_value if keep else 1.0
        for test, keep in zip(tests, kept, strict=True)
    ]
    return tuple(
        replace(test, p_adjusted=None if np.isnan(p) else float(p))
        for test, keep, p in zip(tests, kept, holm(p_values), strict=True)
        if keep
    )


def suppress_calibration(
    groups: Sequence[GroupCalibration], smallest: int, hidden: frozenset[str] = frozenset()
) -> tuple[GroupCalibration, ...]:
    """Calibration without hidden groups, and without curves that give few people away.

    A bin in which fewer than ``smallest`` people have one of the two outcomes takes the whole
    curve of its group along, and what is made of it: the other bins and the group's base rate
    would leave the missing one.

    Args:
        groups: Calibration of every group.
        smallest: Smaller cells are hidden; 0 hides nothing.
        hidden: Groups of which nothing is shown.
    """
    why = f"suppressed: rests on fewer than {smallest} people"
    return tuple(
        _empty(g, why)
        if g.group in hidden
        else _without_curve(g, why)
        if _has_small_bin(g, smallest)
        else g
        for g in groups
    )


def _without_small_bins(result: Audit, smallest: int) -> Audit:
    """The same audit when no curve has a small bin."""
    if not any(_has_small_bin(group, smallest) for group in result.calibration):
        return result
    why = f"suppressed: rests on fewer than {smallest} people"
    gaps = result.score_gaps
    if "calibration_gap" in gaps:
        gaps = {**gaps, "calibration_gap": _empty(gaps["calibration_gap"], why)}
    calibration = suppress_calibration(result.calibration, smallest)
    return replace(result, calibration=calibration, score_gaps=gaps)


def _has_small_bin(group: GroupCalibration, smallest: int) -> bool:
    # People of a bin times its rate is a whole number, rounding aside.
    return any(b.effective_n * min(b.rate, 1 - b.rate) < smallest - 1e-6 for b in group.bins)


def _without_curve(group: GroupCalibration, why: str) -> GroupCalibration:
    kept = {
        name: getattr(group, name)
        for name in ("brier", "brier_error", "residual", "residual_error")
    }
    return replace(_empty(group, why), **kept)


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
    rate: RateResult,
    hidden: frozenset[str],
    margins: frozenset[tuple[str, str]],
    whole: bool,
    why: str,
) -> RateResult:
    def shown(one: GroupRate) -> GroupRate:
        if one.group not in hidden or (rate.name, one.group) in margins:
            return one
        return GroupRate(one.group, None, _NAN, _NAN, None, None, why)

    everyone = rate.everyone
    if whole:
        everyone = GroupRate(everyone.group, None, _NAN, _NAN, None, None, why)
    return replace(rate, groups=tuple(shown(one) for one in rate.groups), everyone=everyone)


def hidden_gap(gap: GapResult, why: str) -> GapResult:
    """A gap of which only the name is shown, and why."""
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


def _note(names: Sequence[str], hidden: frozenset[str], smallest: int) -> str:
    listed = [name for name in names if name in hidden]
    said = ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "")
    return (
        f"Suppressed, because a cell has fewer than {smallest} people, or could be worked out: "
        f"most numbers of {said}, and gaps that rest on them. Small groups can be merged when a "
        "table is read."
    )
