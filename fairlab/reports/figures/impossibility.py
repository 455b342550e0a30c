"""Charts of what base rates force, one per theorem."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.impossibility import BalanceIntervals, BalanceTable, IdentityTable, ParityTable
from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.reports.figures.sweep import gap_styles
from fairlab.reports.figures.theme import GREY, group_styles, layout, plain
from fairlab.sweeps.bands import GapBands

ROW = 62


def identity_figure(table: IdentityTable) -> go.Figure:
    """Per group the measured false positive rate, and the one that equal PPV and TPR force."""
    names = [_escaped(row.group) for row in table.rows]
    figure = go.Figure(
        layout=layout(
            x=tr("False positive rate, %"), y="", height=120 + ROW * len(names), hovermode="closest"
        )
    )
    for row, style in zip(table.rows, group_styles(names), strict=True):
        if row.fpr is not None and row.forced_fpr is not None:
            figure.add_scatter(
                x=[100 * row.fpr, 100 * row.forced_fpr],
                y=[_escaped(row.group)] * 2,
                mode="lines",
                line={"color": style.color, "width": 2, "dash": "dot"},
                showlegend=False,
                hoverinfo="skip",
            )
    for what, values, filled in (
        (tr("Measured"), [r.fpr for r in table.rows], True),
        (tr("Forced by equal PPV and TPR"), [r.forced_fpr for r in table.rows], False),
    ):
        figure.add_scatter(
            x=_hundred(values),
            y=names,
            name=what,
            mode="markers",
            marker=_group_marker(names, filled=filled),
            hovertemplate=f"%{{y}}: {what.lower()} %{{x:.1f}} %<extra></extra>",
            showlegend=False,
        )
    _key(figure, (tr("Measured"), "circle"), (tr("Forced by equal PPV and TPR"), "circle-open"))
    if any(r.forced_fpr is not None and r.forced_fpr > 1 for r in table.rows):
        figure.add_vline(x=100, line={"color": GREY, "width": 1.5})
        figure.add_annotation(
            x=100, y=1, yref="paper", text=tr("cannot exist →"), showarrow=False, xanchor="left"
        )
    figure.update_xaxes(rangemode="tozero")
    _group_axis(figure, names)
    return figure


def parity_figure(table: ParityTable) -> go.Figure:
    """Selection rates as they are and under equalized odds, each split by outcome."""
    names = [_escaped(row.group) for row in table.rows]
    styles = group_styles(names)
    figure = go.Figure(
        layout=layout(
            x=tr("Share of the group that is selected, %"),
            y="",
            height=130 + 100 * len(names),
            barmode="stack",
            bargap=0.3,
            legend={
                "orientation": "h",
                "yanchor": "bottom",
                "y": 1.02,
                "x": 0,
                "traceorder": "normal",
            },
        )
    )
    tpr, fpr = table.common_tpr, table.common_fpr
    rows: list[tuple[str, str, float | None, float | None, str]] = []
    for row, style in zip(table.rows, styles, strict=True):
        rows.append(
            (
                _escaped(row.group),
                tr("as it is"),
                row.from_favourable,
                row.from_unfavourable,
                style.color,
            )
        )
        p = row.base_rate
        forced = (
            (None, None) if p is None or tpr is None or fpr is None else (p * tpr, (1 - p) * fpr)
        )
        rows.append((_escaped(row.group), tr("equalized odds"), *forced, style.color))
    y = [[r[0] for r in rows], [r[1] for r in rows]]
    for what, column, pattern in (
        (tr("favourable outcome"), 2, ""),
        (tr("unfavourable outcome"), 3, "/"),
    ):
        values = _hundred([r[column] for r in rows])  # type: ignore[misc]
        totals = [
            None
            if r[2] is None or r[3] is None
            else tr("{r_third:.1f} %", r_third=100 * (r[2] + r[3]))
            for r in rows
        ]
        figure.add_bar(
            x=values,
            y=y,
            orientation="h",
            name=tr("Selected, {what}", what=what),
            marker={
                "color": [r[4] for r in rows],
                "pattern": {"shape": pattern, "fgcolor": "rgba(255,255,255,0.75)"},
                "line": {"color": GREY, "width": 0.5},
            },
            text=totals if column == 3 else None,
            textposition="outside" if column == 3 else "none",
            cliponaxis=False,
            hovertemplate=tr("%{{y}}: %{{x:.1f}} % selected with {what}<extra></extra>", what=what),
            showlegend=False,
        )
    _key(
        figure, (tr("Favourable outcome"), "square"), (tr("Unfavourable outcome (hatched)"), "hash")
    )
    figure.update_yaxes(autorange="reversed", title="")
    return figure


def balance_figure(table: BalanceTable, intervals: BalanceIntervals | None = None) -> go.Figure:
    """Mean scores per group among people with each outcome, and the group's base rate."""
    names = [_escaped(row.group) for row in table.rows]
    figure = go.Figure(layout=layout(x=tr("Mean score"), y="", height=120 + ROW * len(names)))
    series = (
        (tr("Favourable outcome"), [r.mean_favourable for r in table.rows], True),
        (tr("Unfavourable outcome"), [r.mean_unfavourable for r in table.rows], False),
    )
    for what, values, filled in series:
        figure.add_scatter(
            x=[np.nan if v is None else v for v in values],
            y=names,
            name=what,
            mode="markers",
            marker=_group_marker(names, filled=filled),
            error_x=_bars(values, intervals, int(filled)),
            hovertemplate=tr(
                "%{{y}}, {what}: mean score %{{x:.3f}}<extra></extra>", what=what.lower()
            ),
            showlegend=False,
        )
    marks = [(tr("Favourable outcome"), "circle"), (tr("Unfavourable outcome"), "circle-open")]
    if table.probabilities:
        for what, values, symbol in (
            (tr("Base rate"), [r.base_rate for r in table.rows], "line-ns-open"),
            (tr("Mean score of all"), [r.mean_score for r in table.rows], "x-thin-open"),
        ):
            figure.add_scatter(
                x=[np.nan if v is None else v for v in values],
                y=names,
                mode="markers",
                marker={"symbol": symbol, "size": 15, "color": GREY, "line": {"width": 2.5}},
                hovertemplate=f"%{{y}}: {what.lower()} %{{x:.3f}}<extra></extra>",
                showlegend=False,
            )
            marks.append((what, symbol))
    _key(figure, *marks)
    _group_axis(figure, names)
    return figure


def add_bands(figure: go.Figure, bands: GapBands) -> go.Figure:
    """The 95 % band of every gap behind the lines of a sweep figure, in the gap's colour.

    Of several only the first is drawn; a click in the legend draws another.
    """
    finite = np.isfinite(bands.thresholds)
    x = bands.thresholds[finite]
    drawn = len(figure.data)
    for k, (name, style) in enumerate(zip(bands.gaps, gap_styles(bands.gaps), strict=True)):
        lower, upper = bands.lower[finite, k], bands.upper[finite, k]
        known = ~np.isnan(lower) & ~np.isnan(upper)
        if not known.any():
            continue
        label = GAPS[name].label.removesuffix(tr(" difference"))
        figure.add_scatter(
            x=np.concatenate([x[known], x[known][::-1]]),
            y=100 * np.concatenate([upper[known], lower[known][::-1]]),
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=_faint(style.color),
            name=f"{label}, 95 % band",
            visible=True if len(figure.data) == drawn else "legendonly",
            legendrank=1100,
            hoverinfo="skip",
        )
    figure.data = (*figure.data[drawn:], *figure.data[:drawn])
    return figure


def _faint(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _bars(
    values: Sequence[float | None], intervals: BalanceIntervals | None, label: int
) -> dict[str, object]:
    """Error bars of group means; none without intervals."""
    if intervals is None:
        return {"type": "data", "array": []}
    means = np.array([np.nan if v is None else v for v in values])
    ends = intervals.means[:, label]
    above, below = (
        np.nan_to_num(np.clip(d, 0, None)) for d in (ends[:, 1] - means, means - ends[:, 0])
    )
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": GREY,
        "thickness": 1.5,
        "width": 4,
    }


def _group_marker(names: Sequence[str], *, filled: bool) -> dict[str, object]:
    styles = group_styles(names)
    return {
        "size": 15,
        "symbol": [s.symbol + ("" if filled else "-open") for s in styles],
        "color": [s.color for s in styles],
        "line": {"width": 2.5 if not filled else 0},
    }


def _group_axis(figure: go.Figure, names: Sequence[str]) -> None:
    figure.update_yaxes(
        type="category",
        autorange=False,
        range=[len(names) - 0.5, -0.5],
        title="",
        categoryorder="array",
        categoryarray=list(names),
    )


def _key(figure: go.Figure, *entries: tuple[str, str]) -> None:
    """A legend in grey: colours belong to groups, shapes and fills to what is shown."""
    for label, symbol in entries:
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=label,
            marker={"symbol": symbol, "size": 12, "color": GREY, "line": {"width": 2}},
        )


def _hundred(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if v is None else 100 * v for v in values]


def _escaped(name: str) -> str:
    """Plotly reads a little HTML in text; a user's name must not be read so."""
    return plain(name)
