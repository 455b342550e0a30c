"""A move in people of a population and its worth, as dots with their intervals. Pure."""

import textwrap
from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.reports.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    PURPLE,
    VERMILLION,
    Style,
    layout,
    plain,
)
from fairlab.reports.sentences.amounts import amount, expected, expected_change
from fairlab.reports.sentences.population import group_name
from fairlab.sweeps.costs import Benefit
from fairlab.sweeps.expected import Expected, GroupExpected, PopulationMoved

_WIDTH = 22

Text = Callable[[Expected], str]


def population_figure(found: PopulationMoved, words: tuple[str, str]) -> go.Figure:
    """Expected people: newly selected to the right, no longer to the left, each with its interval.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    rows = [row for row in (*found.groups, found.everyone) if row.net.value is not None]
    newly, no_longer = tr("Newly selected"), tr("No longer selected")
    series = (
        (f"{newly}: {words[0]}", "gained_favourable", 1, Style(BLUE, "circle", "solid")),
        (f"{newly}: {words[1]}", "gained_unfavourable", 1, Style(BLUE, "circle-open", "dot")),
        (f"{no_longer}: {words[0]}", "lost_favourable", -1, Style(VERMILLION, "square", "solid")),
        (
            f"{no_longer}: {words[1]}",
            "lost_unfavourable",
            -1,
            Style(VERMILLION, "square-open", "dot"),
        ),
        (tr("Net"), "net", 1, Style(GREY, "diamond", "solid")),
    )
    figure = go.Figure()
    for place, (name, field, sign, style) in enumerate(series):
        numbers = [getattr(row, field) for row in rows]
        spoken = expected_change if field == "net" else expected
        hover = [_hover(row, name, spoken(one)) for row, one in zip(rows, numbers, strict=True)]
        figure.add_trace(
            _dots(
                name,
                numbers,
                [i + 0.16 * (place - 2) for i in range(len(rows))],
                style,
                hover,
                sign,
            )
        )
    _rows(figure, [row.group for row in rows], tr("← no longer · people · newly →"), 96)
    return figure


def benefit_figure(found: Benefit) -> go.Figure:
    """Worth before and after, and its change with its interval, per group and for everyone."""
    rows = [row for row in (*found.groups, found.everyone) if row.change.value is not None]
    figure = go.Figure()
    series = (
        (tr("Before"), "before", Style(GREEN, "circle-open", "dot")),
        (tr("After"), "after", Style(GREEN, "circle", "solid")),
        (tr("Change"), "change", Style(PURPLE, "diamond", "solid")),
    )
    for place, (name, field, style) in enumerate(series):
        numbers = [getattr(row, field) for row in rows]
        hover = [
            f"{plain(group_name(row.group))} ({amount(row.people)}), {name}: {expected_change(one)}"
            for row, one in zip(rows, numbers, strict=True)
        ]
        figure.add_trace(
            _dots(name, numbers, [i + 0.22 * (place - 1) for i in range(len(rows))], style, hover)
        )
    _rows(figure, [row.group for row in rows], tr("in the unit of your values"), 72)
    return figure


def _dots(
    name: str,
    numbers: Sequence[Expected],
    y: Sequence[float],
    style: Style,
    hover: Sequence[str],
    sign: int = 1,
) -> go.Scatter:
    value = [sign * (one.value or 0.0) for one in numbers]
    ends = [(one.lower, one.upper, one.value) for one in numbers]
    above = [0.0 if v is None or u is None else u - v for _, u, v in ends]
    below = [0.0 if v is None or low is None else v - low for low, _, v in ends]
    if sign < 0:
        above, below = below, above
    return go.Scatter(
        x=value,
        y=list(y),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "thickness": 1.5,
            "width": 4,
        },
        mode="markers",
        name=plain(name),
        marker={"color": style.color, "symbol": style.symbol, "size": 9},
        hovertext=list(hover),
        hoverinfo="text",
    )


def _hover(row: GroupExpected, name: str, text: str) -> str:
    """One number; the net one with what it is made of."""
    start = f"{plain(group_name(row.group))} ({amount(row.people)}), {plain(name)}: {text}"
    if name != tr("Net"):
        return start
    return tr(
        "{net}<br>newly selected {gained}<br>no longer {lost}",
        net=start,
        gained=expected(row.gained),
        lost=expected(row.lost),
    )


def _rows(figure: go.Figure, names: Sequence[str], title: str, height: int) -> None:
    figure.update_layout(layout(x=title, y="", height=150 + height * max(len(names), 1)))
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[
            "<br>".join(plain(line) for line in textwrap.wrap(group_name(name), _WIDTH)) or " "
            for name in names
        ],
        range=[len(names) - 0.5, -0.5],
    )
    figure.add_vline(x=0, line_width=1, line_color="rgba(128,128,128,0.8)")
