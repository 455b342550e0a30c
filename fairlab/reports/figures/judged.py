"""Each metric's best rule judged by every metric: a grid to be read row by row. Pure."""

import textwrap
from collections.abc import Mapping

import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.reports.figures.theme import GREY, layout, plain
from fairlab.reports.sentences import amounts
from fairlab.reports.sentences.judged import (
    against_text,
    beyond_text,
    cell_text,
    changed_text,
    metric_label,
    picked_text,
)
from fairlab.sweeps.judged import JudgedCell, JudgedRow, MetricMatrix

_WIDTH = 13


def matrix_figure(
    found: MetricMatrix, labels: Mapping[str, str], *, ink: str | None = None
) -> go.Figure:
    """Rows are rules, columns are metrics; the darker a cell, the farther from equal.

    A rule's own metric has a frame. Accuracy stands first, without colour.

    Args:
        labels: The rule of each row in words.
        ink: Colour of the numbers; None leaves it to the theme.
    """
    rows = [row for row in found.rows if row.rule is not None]
    size = len(found.metrics) + 1
    away = [[None, *(_away(cell) for cell in row.cells)] for row in rows]
    hover = [
        [_accuracy(row, labels), *(_hover(row, cell, labels) for cell in row.cells)] for row in rows
    ]
    figure = go.Figure(
        go.Heatmap(
            z=away,
            x=list(range(size)),
            y=list(range(len(rows))),
            zmin=0,
            colorscale=[[0, "rgba(0,114,178,0.03)"], [1, "rgba(0,114,178,0.38)"]],
            showscale=False,
            xgap=3,
            ygap=3,
            hovertext=hover,
            hoverinfo="text",
            hoverongaps=True,
        )
    )
    for y, row in enumerate(rows):
        texts = [amounts.share(row.accuracy), *(cell_text(cell) for cell in row.cells)]
        for x, text in enumerate(texts):
            figure.add_annotation(x=x, y=y, text=_two_lines(text), showarrow=False)
        if row.metric in found.metrics:
            figure.add_shape(_frame(found.metrics.index(row.metric) + 1, y))
    figure.update_layout(
        layout(x="", y="", height=150 + 62 * max(len(rows), 1), font={"size": 13}, dragmode=False)
    )
    if ink is not None:
        figure.update_annotations(font_color=ink)
    names = [tr("Accuracy"), *(_heading(name) for name in found.metrics)]
    figure.update_xaxes(
        tickvals=list(range(size)),
        ticktext=[_wrapped(name) for name in names],
        side="top",
        showgrid=False,
        range=[-0.5, size - 0.5],
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[_wrapped(metric_label(row.metric), 18) for row in rows],
        title={"text": tr("rule best by …")},
        showgrid=False,
        range=[len(rows) - 0.5, -0.5],
    )
    return figure


def _away(cell: JudgedCell) -> float | None:
    return None if cell.value is None else abs(cell.value - GAPS[cell.metric].equal)


def _heading(name: str) -> str:
    if GAPS[name].spread == "ratio":
        return metric_label(name)
    return tr("{metric}, points", metric=metric_label(name))


def _accuracy(row: JudgedRow, labels: Mapping[str, str]) -> str:
    lines = [
        plain(labels.get(row.metric, "")),
        tr("accuracy {accuracy}", accuracy=amounts.share(row.accuracy)),
        tr("points against the most accurate rule: {points}", points=against_text(row)),
        tr("people decided otherwise: {share}", share=changed_text(row)),
        tr("selected {share}", share=amounts.share(row.selected)),
        tr("on validation people: {picked}", picked=picked_text(row)),
    ]
    if row.rule is not None and row.rule.needs_attribute:
        lines.append(tr("Deciding needs the person's group."))
    return "<br>".join(lines)


def _hover(row: JudgedRow, cell: JudgedCell, labels: Mapping[str, str]) -> str:
    lines = [plain(labels.get(row.metric, "")), f"{metric_label(cell.metric)}: {cell_text(cell)}"]
    if cell.value is None:
        lines.append(plain(cell.why))
    else:
        who = tr("highest {high}, lowest {low}", high=cell.highest, low=cell.lowest)
        lines += [plain(who), plain(beyond_text(cell))]
    return "<br>".join(line for line in lines if line)


def _two_lines(text: str) -> str:
    """The interval under its number, smaller."""
    value, bracket, interval = text.partition(" (")
    if not bracket:
        return f"<b>{value}</b>"
    return f"<b>{value}</b><br><span style='font-size:11px'>{interval.rstrip(')')}</span>"


def _frame(x: int, y: int) -> dict[str, object]:
    return {
        "type": "rect",
        "x0": x - 0.48,
        "x1": x + 0.48,
        "y0": y - 0.46,
        "y1": y + 0.46,
        "line": {"color": GREY, "width": 2},
        "fillcolor": "rgba(0,0,0,0)",
    }


def _wrapped(name: str, width: int = _WIDTH) -> str:
    return "<br>".join(plain(line) for line in textwrap.wrap(name, width)) or " "
