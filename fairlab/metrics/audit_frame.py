"""An audit as rows of one table: counts, rates, gaps between groups and from everyone."""

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from fairlab.metrics.audit import Audit

COLUMNS = (
    "kind",
    "name",
    "group",
    "value",
    "lower",
    "upper",
    "n",
    "numerator",
    "p_value",
    "note",
)


def audit_frame(result: "Audit") -> pd.DataFrame:
    """One row per number; missing means undefined. Columns are :data:`COLUMNS`."""
    rows = [*_cell_rows(result), *_rate_rows(result), *_gap_rows(result), *_other_rows(result)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _cell_rows(result: "Audit") -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for field in ("tp", "fp", "fn", "tn"):
        for g, group in enumerate(result.group_names):
            value = getattr(result.counts, field)[g].item()
            n, why = result.totals[g].item(), result.why_hidden if group in result.hidden else ""
            rows.append(("count", field, group, value, None, None, n, value, None, why))
    return rows


def _rate_rows(result: "Audit") -> list[tuple[Any, ...]]:
    return [
        ("rate", rate.name, g.group, g.value, g.lower, g.upper, g.n, g.numerator, None, g.why)
        for rate in result.rates.values()
        for g in (*rate.groups, rate.everyone)
    ]


def _gap_rows(result: "Audit") -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    total = result.totals.sum().item()
    for gap in result.gaps.values():
        note = gap.why_undefined
        if gap.value is not None:
            note = f"highest: {gap.highest}; lowest: {gap.lowest}"
            if gap.left_out:
                note += f"; left out: {', '.join(gap.left_out)}"
        rows.append(
            ("gap", gap.name, "", gap.value, gap.lower, gap.upper, total, None, gap.p_value, note)
        )
    small_bins = next((c.why for c in result.calibration if c.why.startswith("suppressed")), "")
    for score_gap in result.score_gaps.values():
        note = f"highest: {score_gap.highest}; lowest: {score_gap.lowest}"
        if score_gap.value is None:
            note = result.why_hidden or "Undefined: fewer than two groups have a value."
            if score_gap.name == "calibration_gap" and small_bins:
                note = small_bins
        numbers = (score_gap.value, score_gap.lower, score_gap.upper)
        rows.append(("score gap", score_gap.name, "", *numbers, total, None, None, note))
    return rows


def _other_rows(result: "Audit") -> list[tuple[Any, ...]]:
    """Gaps from everyone, and inequality of benefits."""
    rows: list[tuple[Any, ...]] = []
    total = result.totals.sum().item()
    for gap in result.to_overall.values():
        note = result.why_hidden or "Undefined: fewer than two groups have a value."
        if gap.value is not None:
            note = f"farthest from everyone: {gap.farthest}"
        numbers = (gap.value, gap.lower, gap.upper, total, None, gap.p_value, note)
        rows.append(("gap from everyone", gap.name, "", *numbers))
    for found in result.inequality.values():
        for part in (found.total, found.between, found.share):
            numbers = (
                part.value,
                part.lower,
                part.upper,
                total,
                None,
                part.p_value,
                result.why_hidden,
            )
            rows.append(("inequality", f"{found.name}_{part.name}", "", *numbers))
    return rows
