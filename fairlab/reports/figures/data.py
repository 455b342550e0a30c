"""Charts of a table before any model."""

from collections.abc import Sequence

import plotly.graph_objects as go

from fairlab.data import Proxies
from fairlab.language import tr
from fairlab.reports.figures.theme import BLUE, GREY, group_styles, layout, plain
from fairlab.reports.sentences.data import begin
from fairlab.reports.tables.data import GroupRow
from fairlab.retelling import retold

MOST_PROXIES = 10
MOST_GROUPS = 24


def base_rates_figure(rows: Sequence[GroupRow], words: tuple[str, str]) -> go.Figure:
    """A dot per group at its base rate, its Wilson interval, its people in the label.

    Of more than 24 groups the largest are drawn.
    """
    shown = [row for row in rows if row.rate is not None]
    if len(shown) > MOST_GROUPS:
        shown = sorted(shown, key=lambda row: -row.n)[:MOST_GROUPS]
    figure = go.Figure(
        layout=layout(
            x=tr("{outcome}, %<br>with 95 % interval", outcome=_short(begin(retold(words[0])))),
            y="",
            height=90 + 44 * max(len(shown), 2),
            showlegend=False,
        )
    )
    for row, style in zip(shown, group_styles([row.name for row in shown]), strict=True):
        rate, lower, upper = (100 * (v or 0) for v in (row.rate, row.lower, row.upper))
        figure.add_trace(
            go.Scatter(
                x=[rate],
                y=[tr("{short}  (n={row_n:,})", short=_short(row.name), row_n=row.n)],
                mode="markers",
                marker={"color": style.color, "symbol": style.symbol, "size": 12},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [upper - rate],
                    "arrayminus": [rate - lower],
                    "color": style.color,
                    "thickness": 2,
                },
                hovertemplate=(
                    tr(
                        "{plain}<br>{rate:.1f} % ({lower:.1f} to "
                        "{upper:.1f})<br>{favourable:,} of {row_n:,} "
                        "people<extra></extra>",
                        plain=plain(row.name),
                        rate=rate,
                        lower=lower,
                        upper=upper,
                        favourable=row.favourable,
                        row_n=row.n,
                    )
                ),
            )
        )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    highest = max((100 * (row.upper or 0) for row in shown), default=100.0)
    figure.update_xaxes(range=[0, min(102.0, 1.08 * highest)], ticksuffix=" %")
    return figure


def proxies_figure(found: Proxies) -> go.Figure:
    """The strongest features as bars from 0.5 (guessing), and all features together."""
    shown = list(found.columns[:MOST_PROXIES])
    names = [_short(s.column) for s in shown]
    values = [s.auc for s in shown]
    colors = [BLUE] * len(shown)
    if found.together is not None:
        names.insert(0, tr("All features together"))
        values.insert(0, found.together)
        colors.insert(0, GREY)
    figure = go.Figure(
        go.Bar(
            x=[value - 0.5 for value in values],
            base=0.5,
            y=names,
            orientation="h",
            marker={"color": colors},
            text=[tr("{value:.2f}", value=value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: AUC %{text}<extra></extra>",
        ),
        layout=layout(
            x=tr("AUC for {short}<br>0.5 guessing, 1 certain", short=_short(found.attribute)),
            y="",
            height=90 + 30 * max(len(names), 2),
            showlegend=False,
        ),
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(range=[0.5, 1.05], tickvals=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    return figure


def _short(name: str) -> str:
    return plain(name if len(name) <= 28 else name[:27] + "…")
