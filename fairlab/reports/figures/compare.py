"""Charts of models side by side and of people who move. Pure: data in, figure out."""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import GAPS, RATES, GroupRate
from fairlab.reports.figures.theme import (
    BLUE,
    GREY,
    VERMILLION,
    Measured,
    Style,
    group_styles,
    interval_bars,
    layout,
    plain,
)
from fairlab.reports.tables.compare import Compared, estimate, gap_estimate, rate_estimate
from fairlab.sweeps.people import Moved, PeopleMoved

_WIDTH = 26


def overview_figure(models: Sequence[Compared], gaps: Sequence[str]) -> go.Figure:
    """Accuracy, share selected and gaps of every model with their intervals, in points.

    Args:
        models: All audited on the same groups.
        gaps: Names of differences in ``GAPS``.
    """
    measures: list[tuple[str, list[Measured]]] = [
        (RATES["accuracy"].label, [m.audit.rates["accuracy"].everyone for m in models]),
        (RATES["selection_rate"].label, [m.audit.rates["selection_rate"].everyone for m in models]),
    ]
    measures += [(GAPS[name].label, [m.audit.gaps[name] for m in models]) for name in gaps]
    texts = [
        *(
            [estimate(m.audit.rates[r].everyone) for m in models]
            for r in ("accuracy", "selection_rate")
        ),
        *([gap_estimate(m.audit.gaps[name]) for m in models] for name in gaps),
    ]
    offsets = np.linspace(-0.3, 0.3, len(measures))
    figure = go.Figure()
    for place, ((name, numbers), style) in enumerate(
        zip(measures, group_styles([name for name, _ in measures]), strict=True)
    ):
        rows = [row for row, one in enumerate(numbers) if one.value is not None]
        figure.add_trace(
            go.Scatter(
                x=[_percent(numbers[row].value) for row in rows],
                y=[row + offsets[place] for row in rows],
                error_x=interval_bars([numbers[row] for row in rows]),
                mode="markers",
                name=plain(name),
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                hovertext=[f"{models[row].letter}, {name}: {texts[place][row]}" for row in rows],
                hoverinfo="text",
            )
        )
    height = 140 + len(models) * max(56, 22 * len(measures))
    figure.update_layout(layout(x=tr("percent, gaps in points"), y="", height=height))
    figure.update_yaxes(
        tickvals=list(range(len(models))),
        ticktext=[_wrapped(model.heading) for model in models],
        range=[len(models) - 0.5, -0.5],
    )
    figure.update_xaxes(range=[-2, 102])
    return figure


def rates_across(models: Sequence[Compared], rate: str) -> go.Figure:
    """One rate: a line per model, a marker with its interval per group.

    Args:
        models: All audited on the same groups.
        rate: Name of a share in ``RATES``.
    """
    groups = (*models[0].audit.group_names, tr("everyone"))
    offsets = np.linspace(-0.3, 0.3, len(groups)) if len(groups) > 1 else np.zeros(1)
    figure = go.Figure()
    for g, (group, style) in enumerate(zip(groups, _styles(groups), strict=True)):
        found = [
            (row, one)
            for row, one in enumerate(_every(model, rate)[g] for model in models)
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
                    f"{models[row].letter}, {plain(group)}: {rate_estimate(one)}"
                    for row, one in found
                ],
                hoverinfo="text",
            )
        )
    height = 120 + len(models) * max(56, 20 * len(groups))
    figure.update_layout(layout(x=tr("{rate}, %", rate=RATES[rate].label), y="", height=height))
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
        (
            tr("Newly selected: {outcome}", outcome=words[0]),
            [g.gained_favourable for g in groups],
            1,
            BLUE,
            "",
        ),
        (
            tr("Newly selected: {outcome}", outcome=words[1]),
            [g.gained_unfavourable for g in groups],
            1,
            BLUE,
            "/",
        ),
        (
            tr("No longer: {outcome}", outcome=words[0]),
            [g.lost_favourable for g in groups],
            -1,
            VERMILLION,
            "",
        ),
        (
            tr("No longer: {outcome}", outcome=words[1]),
            [g.lost_unfavourable for g in groups],
            -1,
            VERMILLION,
            "/",
        ),
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
                    tr(
                        "{group}: {people:,.0f} people, {thousand:.0f} per 1,000",
                        group=plain(g.group),
                        people=k,
                        thousand=_thousand(g, k),
                    )
                    for g, k in zip(groups, counts, strict=True)
                ],
                hoverinfo="text+name",
            )
        )
    figure.update_layout(
        layout(
            x=tr("← no longer · per 1,000 people · newly →"),
            y="",
            height=170 + 52 * max(len(groups), 1),
            barmode="relative",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.add_vline(x=0, line_width=1, line_color="rgba(128,128,128,0.8)")
    return figure


def _styles(groups: Sequence[str]) -> tuple[Style, ...]:
    """Groups as on every page, everyone in grey."""
    return (*group_styles(groups[:-1]), Style(GREY, "line-ns-open", "solid"))


def _every(model: Compared, rate: str) -> tuple[GroupRate, ...]:
    """A rate of every group, then of everyone."""
    found = model.audit.rates[rate]
    return (*found.groups, found.everyone)


def _thousand(group: Moved, count: float) -> float:
    value = group.per_1000(count)
    return 0.0 if value is None else value


def _percent(value: float | None) -> float:
    return float("nan") if value is None else 100 * value


def _wrapped(name: str) -> str:
    return "<br>".join(plain(line) for line in textwrap.wrap(name, _WIDTH)) or " "
