"""Least worst gaps of pairs and triples of criteria, as charts."""

import plotly.graph_objects as go

from fairlab.impossibility import Compatibility, CompatibilityTable
from fairlab.language import tr
from fairlab.reports.figures.theme import BLUE, layout
from fairlab.reports.sentences.compatibility import SHORT, set_words

# White to blue: told apart in grey, too; the number is printed on every tile.
_SCALE = ((0.0, "#F4F6F8"), (0.25, "#B9D4E8"), (0.6, "#5B9FCB"), (1.0, BLUE))
_TILE = 52
# For the axis below the tiles, on a phone.
_SHORTER = {"Selection": "Select.", "Accuracy": "Accur."}


def pairs_figure(table: CompatibilityTable, chosen: tuple[str, ...] | None = None) -> go.Figure:
    """A tile per pair of criteria (per single criterion on the diagonal) with its number.

    Args:
        table: Entries of one and two criteria are drawn.
        chosen: Set of criteria whose tile is framed.
    """
    names = list(table.criteria)
    labels = [SHORT[name] for name in names]
    across = [_SHORTER.get(label, label) for label in labels]
    found = {e.criteria: e for e in table.entries if len(e.criteria) <= 2}
    size = len(names)
    values: list[list[float | None]] = [[None] * size for _ in names]
    text = [[""] * size for _ in names]
    hover = [[""] * size for _ in names]
    for j in range(size):
        for i in range(j + 1):
            entry = found.get((names[i], names[j]) if i != j else (names[i],))
            if entry is None:
                continue
            values[j][i] = None if entry.upper is None else 100 * entry.upper
            text[j][i], hover[j][i] = _number(entry), _hover(entry)
    top = max([v for row in values for v in row if v is not None], default=0.0)
    figure = go.Figure(
        layout=layout(x="", y="", height=70 + _TILE * size, hovermode="closest", showlegend=False)
    )
    figure.add_heatmap(
        x=across,
        y=labels,
        z=values,
        customdata=hover,
        zmin=0,
        zmax=max(top, 5.0),
        colorscale=_SCALE,
        showscale=False,
        xgap=3,
        ygap=3,
        hoverongaps=False,
        hovertemplate="%{customdata}<extra></extra>",
    )
    tiles = [(i, j) for j in range(size) for i in range(j + 1)]
    figure.add_scatter(  # what can be pressed
        x=[across[i] for i, _ in tiles],
        y=[labels[j] for _, j in tiles],
        mode="markers",
        marker={"symbol": "square", "size": 40, "color": "rgba(0,0,0,0)"},
        selected={"marker": {"color": "rgba(0,0,0,0)"}},
        unselected={"marker": {"color": "rgba(0,0,0,0)"}},
        customdata=[(names[i], names[j]) for i, j in tiles],
        hovertext=[hover[j][i] for i, j in tiles],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    for j in range(size):
        for i in range(j + 1):
            value = values[j][i]
            dark = value is not None and value > 0.55 * max(top, 5.0)
            color = "#FFFFFF" if dark else "#1A1A1A" if value is not None else "#7A7A7A"
            figure.add_annotation(
                x=across[i],
                y=labels[j],
                text=text[j][i],
                showarrow=False,
                font={"size": 14, "color": color},
            )
    if chosen is not None and len(chosen) <= 2 and all(name in names for name in chosen):
        at = sorted(names.index(name) for name in chosen)
        x, y = at[0], at[-1]
        figure.add_shape(
            type="rect",
            x0=x - 0.5,
            x1=x + 0.5,
            y0=y - 0.5,
            y1=y + 0.5,
            line={"color": "#D55E00", "width": 3},
        )
    figure.update_xaxes(showgrid=False, fixedrange=True, tickangle=0, tickfont={"size": 12})
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def triples_figure(table: CompatibilityTable) -> go.Figure:
    """A bar per set of three criteria, the farthest apart first."""
    triples = [e for e in table.entries if len(e.criteria) == 3 and e.upper is not None]
    triples.sort(key=lambda e: -(e.upper or 0.0))
    labels = [" + ".join(SHORT[name] for name in e.criteria) for e in triples]
    figure = go.Figure(
        layout=layout(
            x=tr("Least worst gap, points"),
            y="",
            height=90 + 26 * len(triples),
            hovermode="closest",
        )
    )
    figure.add_bar(
        x=[100 * (e.upper or 0.0) for e in triples],
        y=labels,
        orientation="h",
        marker={"color": BLUE},
        text=[_number(e) for e in triples],
        textposition="outside",
        cliponaxis=False,
        customdata=[_hover(e) for e in triples],
        hovertemplate="%{customdata}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", type="category", tickfont={"size": 12})
    most = max([100 * (e.upper or 0.0) for e in triples], default=1.0)
    figure.update_xaxes(range=[0, max(1.0, 1.15 * most)])
    return figure


def _number(entry: Compatibility) -> str:
    return "–" if entry.upper is None else tr("{entry_upper:.1f}", entry_upper=100 * entry.upper)


def _hover(entry: Compatibility) -> str:
    words = set_words(entry.criteria)
    if entry.upper is None:
        return tr("{words}: undefined", words=words)
    return tr(
        "{words}: least worst gap {entry_upper:.2f} points",
        words=words,
        entry_upper=100 * entry.upper,
    )
