"""The models of one mode in the tutorial, the one looked at marked."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.reports.figures.theme import GREY, MODE_STYLES, layout
from fairlab.tutorial.numbers import Dial


def dials_figure(dials: Sequence[Dial], picked: int, mode: str) -> go.Figure:
    """Accuracy against gap of every strength or slack, joined in order.

    Args:
        dials: Models of one mode, the unmitigated first.
        picked: Which one is looked at.
        mode: Their mode.
    """
    style = MODE_STYLES[mode]
    x, y = [100 * dial.accuracy for dial in dials], [100 * dial.gap for dial in dials]
    line = go.Scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": GREY, "width": 1, "dash": "dot"},
        marker={"color": GREY, "size": 8, "symbol": style.symbol},
        showlegend=False,
        hovertemplate="%{x:.1f} %, %{y:.1f}<extra></extra>",
    )
    mark = go.Scatter(
        x=[x[picked]],
        y=[y[picked]],
        mode="markers",
        marker={"color": style.color, "size": 16, "symbol": style.symbol},
        showlegend=False,
        hoverinfo="skip",
    )
    axes = layout(
        x=tr("Accuracy, %  (more accurate →)"),
        y=tr("Gap in selection rate, points  (↓ more equal)").replace("  (", "<br>("),
        height=340,
    )
    figure = go.Figure([line, mark], axes)
    figure.update_yaxes(rangemode="tozero")
    return figure


def dials_table(dials: Sequence[Dial], mode: str) -> pd.DataFrame:
    """The same numbers."""
    if mode == "layer":
        named = {tr("Slack, points"): [100 * dial.value for dial in dials]}
    else:
        named = {tr("Strength"): [dial.value for dial in dials]}
    return pd.DataFrame(
        {
            **named,
            tr("Accuracy, %"): [round(100 * dial.accuracy, 1) for dial in dials],
            tr("Gap, points"): [round(100 * dial.gap, 1) for dial in dials],
        }
    )
