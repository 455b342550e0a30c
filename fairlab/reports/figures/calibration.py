"""Charts of scores: reliability curves per group, before and after, and the farthest subgroups.

Pure: data in, figure out.
"""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import GroupCalibration, Multicalibration, SubgroupCalibration
from fairlab.reports.figures.theme import BLUE, GREY, Style, group_styles, layout, plain
from fairlab.reports.sentences.multicalibration import range_words
from fairlab.sweeps.recalibrated import RecalibrationEffect

SHOWN_SUBGROUPS = 15
_LABEL_WIDTH = 26


def reliability_figure(groups: Sequence[GroupCalibration]) -> go.Figure:
    """Share with the favourable outcome against mean score, per group, with intervals."""
    figure = _diagonal()
    for group, style in zip(groups, group_styles([g.group for g in groups]), strict=True):
        if group.bins:
            figure.add_trace(_curve(group, style, plain(group.group)))
    return _framed(figure, groups)


def before_after_figure(effect: RecalibrationEffect, shown: Sequence[str]) -> go.Figure:
    """Curves before (hollow, dotted) and after (filled, solid), groups told apart by colour.

    Args:
        shown: Groups drawn; colours are those of all groups.
    """
    figure = _diagonal()
    styles = group_styles(effect.decisions.group_names)
    for before, after, style in zip(effect.before, effect.after, styles, strict=True):
        if before.group not in shown:
            continue
        name = plain(before.group)
        if before.bins:
            hollow = Style(style.color, f"{style.symbol}-open", "dot")
            figure.add_trace(_curve(before, hollow, tr("{name}, before", name=name), bars=False))
        if after.bins:
            solid = Style(style.color, style.symbol, "solid")
            figure.add_trace(_curve(after, solid, tr("{name}, after", name=name)))
    drawn = [g for g in (*effect.before, *effect.after) if g.group in shown]
    return _framed(figure, drawn)


def subgroups_figure(rows: Sequence[SubgroupCalibration], level: float = 0.95) -> go.Figure:
    """Outcome minus score of subgroups, strongest evidence on top, with simultaneous intervals.

    Hollow markers: chance alone may put them this far off.
    """
    residual = 100 * np.array([s.residual for s in rows])
    sure = [s.p_adjusted <= 1 - level for s in rows]
    figure = go.Figure(
        go.Scatter(
            x=residual,
            y=list(range(len(rows))),
            error_x={
                "type": "data",
                "symmetric": False,
                "array": 100 * np.array([s.upper for s in rows]) - residual,
                "arrayminus": residual - 100 * np.array([s.lower for s in rows]),
                "thickness": 1.5,
                "width": 4,
            },
            mode="markers",
            marker={
                "color": BLUE,
                "size": 10,
                "symbol": ["circle" if s else "circle-open" for s in sure],
                "line": {"width": 2},
            },
            hovertext=[_row_words(s) for s in rows],
            hoverinfo="text",
            showlegend=False,
        )
    )
    figure.update_layout(
        layout(
            x=tr("Outcome − score, points<br>← scores too high | too low →"),
            y="",
            height=120 + 44 * max(len(rows), 1),
        )
    )
    figure.add_vline(x=0, line={"color": GREY, "dash": "dash", "width": 1})
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[_label(s) for s in rows],
        range=[len(rows) - 0.5, -0.5],
    )
    return figure


def shown_subgroups(result: Multicalibration) -> tuple[SubgroupCalibration, ...]:
    """The rows a chart has room for: those with the strongest evidence."""
    return result.subgroups[:SHOWN_SUBGROUPS]


def _diagonal() -> go.Figure:
    return go.Figure(
        go.Scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            line={"color": GREY, "dash": "dash", "width": 1},
            name=tr("score equals share"),
            hoverinfo="skip",
        )
    )


def _curve(group: GroupCalibration, style: Style, name: str, bars: bool = True) -> go.Scatter:
    rate = np.array([b.rate for b in group.bins])
    above = {
        "type": "data",
        "symmetric": False,
        "array": 100 * (np.array([b.upper for b in group.bins]) - rate),
        "arrayminus": 100 * (rate - np.array([b.lower for b in group.bins])),
        "thickness": 1,
        "width": 3,
    }
    return go.Scatter(
        x=[100 * b.mean_score for b in group.bins],
        y=100 * rate,
        error_y=above if bars else None,
        mode="lines+markers",
        name=name,
        line={"color": style.color, "dash": style.dash, "width": 2},
        marker={"color": style.color, "symbol": style.symbol, "size": 8},
        hovertext=[
            tr(
                "{name}: mean score {mean_score:.1f} %, favourable {rate:.1f} "
                "% ({b_lower:.1f} to {b_upper:.1f}), {b_n:,.0f} people",
                name=name,
                mean_score=100 * b.mean_score,
                rate=100 * b.rate,
                b_lower=100 * b.lower,
                b_upper=100 * b.upper,
                b_n=b.n,
            )
            for b in group.bins
        ],
        hoverinfo="text",
    )


def _framed(figure: go.Figure, groups: Sequence[GroupCalibration]) -> go.Figure:
    figure.update_layout(
        layout(x=tr("Mean score, %"), y=tr("People with the favourable outcome, %"), height=460)
    )
    bins = [b for group in groups for b in group.bins]
    lowest = 100 * min((min(b.mean_score, b.lower) for b in bins), default=0.0)
    highest = 100 * max((max(b.mean_score, b.upper) for b in bins), default=1.0)
    view = [max(-2.0, lowest - 3), min(102.0, highest + 3)]
    figure.update_xaxes(range=view)
    figure.update_yaxes(range=view)
    return figure


def _label(row: SubgroupCalibration) -> str:
    lines = textwrap.wrap(row.subgroup, _LABEL_WIDTH) or [" "]
    if row.scores is not None:
        lines.append(tr("scores {range}", range=range_words(row)))
    lines[-1] += tr(" ({row_n:,})", row_n=row.n)
    return "<br>".join(plain(line) for line in lines)


def _row_words(row: SubgroupCalibration) -> str:
    return tr(
        "{plain}, scores {range}: outcome {rate:.1f} %, mean score "
        "{mean_score:.1f} %, {residual:+.1f} points ({row_lower:+.1f} to "
        "{row_upper:+.1f}, all rows at once), {row_n:,} people",
        plain=plain(row.subgroup),
        range=range_words(row),
        rate=100 * row.rate,
        mean_score=100 * row.mean_score,
        residual=100 * row.residual,
        row_lower=100 * row.lower,
        row_upper=100 * row.upper,
        row_n=row.n,
    )
