"""The numbers of an audit as tables, on screen and for export."""

import html
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fairlab.language import in_english, later, told, tr
from fairlab.metrics import GAPS, RATES, Audit, PairTest, holm
from fairlab.metrics.gap_names import gap_title
from fairlab.metrics.suppression import SMALLEST, suppress
from fairlab.reports.sentences.audit import people, percent

# Rates compared between every pair of groups, and gaps of an overview, unless others are asked for.
PAIR_RATES = ("selection_rate", "tpr", "fpr")
MAIN_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "predictive_parity_difference",
)
_CELLS = told(
    (
        ("tp", "favourable", "selected"),
        ("fn", "favourable", later("not selected")),
        ("fp", "unfavourable", "selected"),
        ("tn", "unfavourable", later("not selected")),
    )
)


def confusion_table(result: Audit, words: tuple[str, str]) -> pd.DataFrame:
    """One row per group and outcome: people selected, not selected, in total.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    rows = []
    for g, group in enumerate(result.group_names):
        for word, selected, refused in (
            (words[0], result.counts.tp[g], result.counts.fn[g]),
            (words[1], result.counts.fp[g], result.counts.tn[g]),
        ):
            rows.append((group, word, selected.item(), refused.item(), (selected + refused).item()))
    return pd.DataFrame(rows, columns=["Group", "Outcome", "Selected", "Not selected", "People"])


def confusion_html(result: Audit, group: str, words: tuple[str, str]) -> str:
    """One group's confusion matrix as an HTML table, every cell in words; all text escaped.

    Rows are outcomes, columns decisions. The shade repeats the share of the group in the cell.
    """
    g = result.group_names.index(group)
    n = result.totals[g].item()
    word = {"favourable": html.escape(words[0]), "unfavourable": html.escape(words[1])}
    cells = {}
    for field, outcome, decision in _CELLS:
        k = getattr(result.counts, field)[g].item()
        share = k / n if n and k == k else None
        shown = tr("hidden") if k != k else people(k)
        shade = 0.0 if share is None else 0.06 + 0.44 * share
        cells[field] = (
            f'<td style="background:rgba(0,114,178,{shade:.2f});padding:.5rem .6rem;'
            'border:1px solid rgba(128,128,128,.35);vertical-align:top;width:36%">'
            f'<span style="font-size:1.25em;font-weight:600">{shown}</span> '
            f"<span>{percent(share) if share is not None else ''}</span><br>"
            f"{decision}, {word[outcome]}</td>"
        )
    head = 'scope="col" style="text-align:left;padding:.25rem .6rem;font-weight:600"'
    side = 'scope="row" style="text-align:left;padding:.25rem .6rem .25rem 0;font-weight:600"'
    return (
        '<table style="width:100%;border-collapse:collapse;font-size:.95rem">'
        f'<caption style="text-align:left;font-weight:600;padding-bottom:.3rem">'
        f"{html.escape(group)}: {people(n)} people</caption>"
        f"<thead><tr><th {side}>Outcome</th><th {head}>Selected</th><th {head}>Not selected</th>"
        f"</tr></thead><tbody><tr><th {side}>{word['favourable']}</th>{cells['tp']}{cells['fn']}"
        f"</tr><tr><th {side}>{word['unfavourable']}</th>{cells['fp']}{cells['tn']}</tr></tbody>"
        "</table>"
    )


def rates_table(result: Audit, names: Sequence[str] | None = None) -> pd.DataFrame:
    """One row per rate and group (and everyone): value, interval, and people behind it."""
    rows = []
    for name in RATES if names is None else names:
        rate = result.rates[name]
        for g in (*rate.groups, rate.everyone):
            rows.append((rate.label, g.group, g.value, g.lower, g.upper, g.numerator, g.n, g.why))
    columns = ["Rate", "Group", "Value", "Lower", "Upper", "Numerator", "Denominator", "Note"]
    return pd.DataFrame(rows, columns=columns)


def gaps_table(result: Audit) -> pd.DataFrame:
    """One row per gap: value, interval, bias, who sets it, who is left out, p-values.

    "p (Holm)" is corrected for all the gaps of the table together.
    """
    gaps = list(result.gaps.values())
    adjusted = holm([np.nan if gap.p_value is None else gap.p_value for gap in gaps])
    rows = [
        (
            gap_title(gap.name),
            gap.value,
            gap.lower,
            gap.upper,
            gap.interval,
            gap.bias,
            gap.highest,
            gap.lowest,
            ", ".join(gap.left_out),
            gap.p_value,
            None if np.isnan(p) else float(p),
            gap.why_undefined if gap.value is None else GAPS[gap.name].definition,
        )
        for gap, p in zip(gaps, adjusted, strict=True)
    ]
    columns = [
        "Gap",
        "Value",
        "Lower",
        "Upper",
        "Interval by",
        "Bias",
        "Highest",
        "Lowest",
        "Left out",
        "p",
        "p (Holm)",
        "What it is",
    ]
    return pd.DataFrame(rows, columns=columns)


def overall_table(result: Audit) -> pd.DataFrame:
    """One row per gap: the largest deviation of a group from everyone, and whose it is."""
    rows = [
        (gap_title(gap.name), gap.value, gap.lower, gap.upper, gap.farthest, gap.p_value)
        for gap in result.to_overall.values()
    ]
    columns = ["Gap from everyone", "Value", "Lower", "Upper", "Farthest", "p"]
    return pd.DataFrame(rows, columns=columns)


def overview_table(audits: Mapping[str, Audit]) -> pd.DataFrame:
    """Every attribute by itself: the main gaps, side by side.

    Args:
        audits: By name of the attribute. "p (Holm)" is corrected for the whole table.
    """
    rows = [
        (by, gap_title(name), gap.value, gap.lower, gap.upper, gap.highest, gap.lowest, gap)
        for by, result in audits.items()
        for name, gap in result.gaps.items()
        if name in MAIN_GAPS
    ]
    p_values = [np.nan if row[-1].p_value is None else row[-1].p_value for row in rows]
    columns = ["Groups by", "Gap", "Value", "Lower", "Upper", "Highest", "Lowest", "p", "p (Holm)"]
    return pd.DataFrame(
        [
            (*row[:-1], row[-1].p_value, None if np.isnan(p) else float(p))
            for row, p in zip(rows, holm(p_values), strict=True)
        ],
        columns=columns,
    )


def inequality_table(result: Audit) -> pd.DataFrame:
    """Inequality of benefits: in total, between groups, and the share that lies between."""
    names = {"theil": tr("Theil index"), "generalized_entropy": tr("Generalized entropy (α = 2)")}
    parts = {
        "total": tr("in total"),
        "between": tr("between groups"),
        "share": tr("share between groups"),
    }
    rows = [
        (names[found.name], parts[part.name], part.value, part.lower, part.upper, part.p_value)
        for found in result.inequality.values()
        for part in (found.total, found.between, found.share)
    ]
    return pd.DataFrame(rows, columns=["Inequality", "Of what", "Value", "Lower", "Upper", "p"])


def pairs_table(tests: Sequence[PairTest]) -> pd.DataFrame:
    """One row per pair of groups and rate: difference, interval, test, smallest visible gap.

    Differences and gaps are in points; p-values are whole.
    """
    rows = [
        (
            RATES[t.rate].label,
            t.higher,
            t.lower_group,
            _points(t.difference),
            _points(t.lower),
            _points(t.upper),
            t.test,
            t.p_value,
            t.p_adjusted,
            _points(t.detectable),
            t.n_higher,
            t.n_lower,
        )
        for t in tests
    ]
    columns = [
        "Rate",
        "Higher",
        "Lower",
        "Points apart",
        "From",
        "To",
        "Test",
        "p",
        "p (Holm)",
        "Smallest visible, points",
        "People, higher",
        "People, lower",
    ]
    return pd.DataFrame(rows, columns=columns)


def _points(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def crossed_table(result: Audit, rate: str) -> pd.DataFrame:
    """Crossed groups by one rate, highest first; groups without a rate last."""
    table = rates_table(result, [rate])
    table = table[table["Group"] != "everyone"].drop(columns="Rate")
    return table.sort_values("Value", ascending=False, na_position="last", kind="stable")


@in_english
def export_table(result: Audit, smallest: int = SMALLEST) -> pd.DataFrame:
    """The audit for export, small cells suppressed (see ``fairlab.metrics.suppression``).

    Args:
        result: The whole audit.
        smallest: Cells of fewer people are hidden; 0 hides nothing.
    """
    return suppress(result, smallest).to_frame()
