"""Charts of models side by side and of people who move. Pure: data in, figure out."""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import RATES, GroupRate
from fairlab.metrics.gap_names import gap_name
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
from fairlab.reports.sentences.audit import people
from fairlab.reports.sentences.people import signed
from fairlab.reports.tables.compare import Compared, estimate, gap_estimate, rate_estimate
from fairlab.sweeps.people import EVERYONE, Moved, PeopleMoved, net_interval

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
    measures += [(gap_name(name), [m.audit.gaps[name] for m in models]) for name in gaps]
    texts = [
        *(
            [estimate(m.audit.rates[r].everyone) for m in models]
            for r in ("accuracy", "selection_rate")
        ),
        *([gap_estimate(m.audit.gaps[name]) for m in models] for name in gaps),
    ]
    offsets = np.linspace(-0.3, 0.3, len(measures))
    height = 140 + len(models) * max(56, 22 * len(measures))
    figure = go.Figure(layout=layout(x=tr("percent, gaps in points"), y="", height=height))
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
    height = 120 + len(models) * max(56, 20 * len(groups))
    common = layout(x=tr("{rate}, %", rate=RATES[rate].label), y="", height=height)
    figure = go.Figure(layout=common)
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
    figure.update_yaxes(
        tickvals=list(range(len(models))),
        ticktext=[_wrapped(model.heading) for model in models],
        range=[len(models) - 0.5, -0.5],
    )
    figure.update_xaxes(range=[-2, 102])
    return figure


def people_figure(moved: PeopleMoved, words: tuple[str, str]) -> go.Figure:
    """Per 1,000 people of each group: newly selected to the right, no longer to the left; the net.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    groups = [group for group in (*moved.groups, moved.everyone) if group.n > 0]
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
                y=[_wrapped(_name(group)) for group in groups],
                x=[sign * _thousand(g, k) for g, k in zip(groups, counts, strict=True)],
                orientation="h",
                name=plain(name),
                marker={"color": color, "pattern": {"shape": pattern, "solidity": 0.35}},
                hovertext=[
                    tr(
                        "{group}: {people:,.0f} people, {thousand:.0f} per 1,000",
                        group=plain(_name(g)),
                        people=k,
                        thousand=_thousand(g, k),
                    )
                    for g, k in zip(groups, counts, strict=True)
                ],
                hoverinfo="text+name",
            )
        )
    figure.add_trace(_net(groups))
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


def _net(groups: Sequence[Moved]) -> go.Scatter:
    """Net change per 1,000 of each group with its interval."""
    known = [(group, bounds) for group in groups if (bounds := net_interval(group)) is not None]
    values = [1000 * group.net / group.n for group, _ in known]
    return go.Scatter(
        x=values,
        y=[_wrapped(_name(group)) for group, _ in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for (_, (_, high)), value in zip(known, values, strict=True)],
            "arrayminus": [value - low for (_, (low, _)), value in zip(known, values, strict=True)],
            "thickness": 1.5,
            "width": 4,
            "color": GREY,
        },
        mode="markers",
        name=tr("Net, with its interval"),
        marker={"color": GREY, "symbol": "diamond", "size": 10},
        hovertext=[_counted(group, bounds) for group, bounds in known],
        hoverinfo="text",
    )


def _counted(group: Moved, bounds: tuple[float, float]) -> str:
    """What the table says of a group beside its movers' outcomes."""
    return tr(
        "{group}, {n} people<br>selected {before} before, {after} after<br>newly {gained}, no "
        "longer {lost}<br>net {net} per 1,000 ({lower} to {upper})",
        group=plain(_name(group)),
        n=people(group.n),
        before=people(group.selected_before),
        after=people(group.selected_after),
        gained=people(group.gained),
        lost=people(group.lost),
        net=signed(1000 * group.net / group.n),
        lower=signed(bounds[0]),
        upper=signed(bounds[1]),
    )


def _name(group: Moved) -> str:
    return tr("everyone") if group.group == EVERYONE else group.group


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
