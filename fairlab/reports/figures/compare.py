"""Charts of models side by side and of people who move. Pure: data in, figure out."""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.metrics import RATES
from fairlab.reports.figures.theme import (
    BLUE,
    VERMILLION,
    group_styles,
    interval_bars,
    layout,
    plain,
)
from fairlab.reports.tables.compare import Compared
from fairlab.sweeps.people import Moved, PeopleMoved

_WIDTH = 26


def rates_across(models: Sequence[Compared], rate: str) -> go.Figure:
    """One rate: a line per model, a marker with its interval per group.

    Args:
        models: All audited on the same groups.
        rate: Name of a share in ``RATES``.
    """
    groups = models[0].audit.group_names
    offsets = np.linspace(-0.3, 0.3, len(groups)) if len(groups) > 1 else np.zeros(1)
    figure = go.Figure()
    for g, (group, style) in enumerate(zip(groups, group_styles(groups), strict=True)):
        found = [
            (row, one)
            for row, one in enumerate(model.audit.rates[rate].groups[g] for model in models)
            if one.value is not None
        ]
        figure.add_trace(
            go.Scatter(
                x=[_percent(one.value) for _, one in found],
                y=[row + offsets[g] for row, _ in found],
                error_x=interval_bars([one for _, one in found]),
                mode="markers",
                name=plain(group),
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                hovertext=[
                    f"{models[row].letter}, {plain(group)}: {_percent(one.value):.1f} % "
                    f"of {one.n:,.0f}"
                    for row, one in found
                ],
                hoverinfo="text",
            )
        )
    height = 120 + len(models) * max(56, 20 * len(groups))
    figure.update_layout(layout(x=f"{RATES[rate].label}, %", y="", height=height))
    figure.update_yaxes(
        tickvals=list(range(len(models))),
        ticktext=[_wrapped(model.heading) for model in models],
        range=[len(models) - 0.5, -0.5],
    )
    figure.update_xaxes(range=[-2, 102])
    return figure


def people_figure(moved: PeopleMoved, words: tuple[str, str]) -> go.Figure:
    """Per 1,000 people of each group: newly selected to the right, no longer to the left.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    groups = [group for group in moved.groups if group.n > 0]
    parts = (
        (f"Newly selected: {words[0]}", [g.gained_favourable for g in groups], 1, BLUE, ""),
        (f"Newly selected: {words[1]}", [g.gained_unfavourable for g in groups], 1, BLUE, "/"),
        (f"No longer: {words[0]}", [g.lost_favourable for g in groups], -1, VERMILLION, ""),
        (f"No longer: {words[1]}", [g.lost_unfavourable for g in groups], -1, VERMILLION, "/"),
    )
    figure = go.Figure()
    for name, counts, sign, color, pattern in parts:
        figure.add_trace(
            go.Bar(
                y=[_wrapped(group.group) for group in groups],
                x=[sign * _thousand(g, k) for g, k in zip(groups, counts, strict=True)],
                orientation="h",
                name=plain(name),
                marker={"color": color, "pattern": {"shape": pattern, "solidity": 0.35}},
                hovertext=[
                    f"{plain(g.group)}: {k:,.0f} people, {_thousand(g, k):.0f} per 1,000"
                    for g, k in zip(groups, counts, strict=True)
                ],
                hoverinfo="text+name",
            )
        )
    figure.update_layout(
        layout(
            x="← no longer · per 1,000 people · newly →",
            y="",
            height=170 + 52 * max(len(groups), 1),
            barmode="relative",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.add_vline(x=0, line_width=1, line_color="rgba(128,128,128,0.8)")
    return figure


def _thousand(group: Moved, count: float) -> float:
    value = group.per_1000(count)
    return 0.0 if value is None else value


def _percent(value: float | None) -> float:
    return float("nan") if value is None else 100 * value


def _wrapped(name: str) -> str:
    return "<br>".join(plain(line) for line in textwrap.wrap(name, _WIDTH)) or " "
