"""Charts of scores: reliability curves per group. Pure: data in, figure out."""

import numpy as np
import plotly.graph_objects as go

from fairlab.metrics import Audit
from fairlab.reports.figures.theme import GREY, group_styles, layout, plain


def reliability_figure(result: Audit) -> go.Figure:
    """Share with the favourable outcome against mean score, per group, with intervals."""
    figure = go.Figure(
        go.Scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            line={"color": GREY, "dash": "dash", "width": 1},
            name="score equals share",
            hoverinfo="skip",
        )
    )
    styles = group_styles(result.group_names)
    for group, style in zip(result.calibration, styles, strict=True):
        if not group.bins:
            continue
        rate = np.array([b.rate for b in group.bins])
        figure.add_trace(
            go.Scatter(
                x=[100 * b.mean_score for b in group.bins],
                y=100 * rate,
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": 100 * (np.array([b.upper for b in group.bins]) - rate),
                    "arrayminus": 100 * (rate - np.array([b.lower for b in group.bins])),
                    "thickness": 1,
                    "width": 3,
                },
                mode="lines+markers",
                name=plain(group.group),
                line={"color": style.color, "dash": style.dash, "width": 2},
                marker={"color": style.color, "symbol": style.symbol, "size": 8},
                hovertext=[
                    f"{plain(group.group)}: mean score {100 * b.mean_score:.1f} %, favourable "
                    f"{100 * b.rate:.1f} % ({100 * b.lower:.1f} to {100 * b.upper:.1f}), "
                    f"{b.n:,.0f} people"
                    for b in group.bins
                ],
                hoverinfo="text",
            )
        )
    figure.update_layout(
        layout(x="Mean score, %", y="People with the favourable outcome, %", height=440)
    )
    bins = [b for group in result.calibration for b in group.bins]
    lowest = 100 * min((min(b.mean_score, b.lower) for b in bins), default=0.0)
    highest = 100 * max((max(b.mean_score, b.upper) for b in bins), default=1.0)
    view = [max(-2.0, lowest - 3), min(102.0, highest + 3)]
    figure.update_xaxes(range=view)
    figure.update_yaxes(range=view)
    return figure
