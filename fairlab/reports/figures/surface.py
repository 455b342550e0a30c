"""Two groups' thresholds against each other: the gap as a heat map, accuracy as contours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.outcomes import FloatArray
from fairlab.reports.figures.theme import layout, plain
from fairlab.sweeps import GroupThresholdSurface

# Dark is equal, bright is apart: readable with any colour vision, and in grey.
_SCALE = "Cividis"
_SYMBOLS = ("star", "circle", "square", "diamond", "triangle-up", "x", "cross")


@dataclass(frozen=True, slots=True)
class Mark:
    """A pair of thresholds with a name."""

    label: str
    threshold_a: float
    threshold_b: float


def surface_figure(
    surface: GroupThresholdSurface,
    gap: str,
    *,
    marks: Sequence[Mark] = (),
    costs: tuple[float, float] = (1.0, 1.0),
) -> go.Figure:
    """The gap at every pair of thresholds, accuracy (or cost) as contours, and named pairs.

    Args:
        surface: From ``group_threshold_surface``.
        gap: A difference of ``GAPS``.
        marks: Pairs to mark, the first as a star.
        costs: Of the surface; contours show cost when they differ from 1 and 1.
    """
    a, b = (plain(name) for name in surface.groups)
    x, y = _edges(surface.thresholds_a), _edges(surface.thresholds_b)
    label = GAPS[gap].label.removesuffix(tr(" difference"))
    figure = go.Figure(
        layout=layout(
            x=tr("Threshold for {a}<br>(fewer selected →)", a=a),
            y=tr("Threshold for {b}<br>(fewer selected →)", b=b),
            height=520,
        )
    )
    values = 100 * surface.gap(gap).T
    figure.add_heatmap(
        x=x,
        y=y,
        z=values,
        colorscale=_SCALE,
        zmin=0,
        colorbar={"title": {"text": tr("Gap,<br>points")}, "thickness": 12},
        customdata=100 * surface.accuracy.T,
        hovertemplate=tr(
            "{a}: from %{{x:.3f}}<br>{b}: from %{{y:.3f}}<br>{label} gap "
            "%{{z:.1f}} points, accuracy %{{customdata:.1f}} %<extra></extra>",
            a=a,
            b=b,
            label=label,
        ),
        hoverongaps=False,
    )
    _contours(figure, surface, _middles(x), _middles(y), costs)
    _ridge(figure, surface, gap, _middles(x), _middles(y))
    low, high = max(x[0], y[0]), min(x[-1], y[-1])
    if low < high:
        figure.add_scatter(
            x=[low, high],
            y=[low, high],
            mode="lines",
            line={"color": "#ffffff", "width": 2.5, "dash": "dash"},
            name=tr("one threshold for both"),
            hoverinfo="skip",
        )
    for i, mark in enumerate(marks):
        figure.add_scatter(
            x=[_within(mark.threshold_a, x)],
            y=[_within(mark.threshold_b, y)],
            mode="markers",
            name=plain(mark.label),
            marker={
                "symbol": _SYMBOLS[i % len(_SYMBOLS)],
                "size": 15 if i == 0 else 12,
                "color": "#ffffff",
                "line": {"color": "#000000", "width": 2},
            },
            hovertemplate=tr(
                "{plain}: {a} from {shown}, {b} from {mark_threshold_b}<extra></extra>",
                plain=plain(mark.label),
                a=a,
                shown=_shown(mark.threshold_a),
                b=b,
                mark_threshold_b=_shown(mark.threshold_b),
            ),
        )
    figure.update_xaxes(range=[x[0], x[-1]], showgrid=False)
    figure.update_yaxes(range=[y[0], y[-1]], showgrid=False)
    # Legend swatches are white with a black edge: they need a ground of their own on a light page.
    figure.update_layout(
        legend={
            "bgcolor": "#4a4a4a", "font": {"color": "#ffffff", "size": 14}, "orientation": "h",
            "yanchor": "top", "y": -0.28, "x": 0,
        }
    )  # fmt: skip
    return figure


def _ridge(
    figure: go.Figure, surface: GroupThresholdSurface, gap: str, x: FloatArray, y: FloatArray
) -> None:
    """For each threshold of the first group, the second's with the narrowest gap."""
    nearest = surface.ridge(gap)
    figure.add_scatter(
        x=x[nearest >= 0],
        y=y[nearest[nearest >= 0]],
        mode="lines",
        line={"color": "#56B4E9", "width": 2, "dash": "dot"},
        name=tr("narrowest gap"),
        hoverinfo="skip",
    )


def _contours(
    figure: go.Figure,
    surface: GroupThresholdSurface,
    x: FloatArray,
    y: FloatArray,
    costs: tuple[float, float],
) -> None:
    by_cost = costs != (1.0, 1.0)
    values = surface.cost if by_cost else 100 * surface.accuracy
    best = float(values.min() if by_cost else values.max())
    worst = float(values.max() if by_cost else values.min())
    step = _round_step(abs(best - worst) / 12)
    if step == 0 or min(values.shape) < 2:
        return
    start = np.ceil(min(best, worst) / step) * step
    figure.add_contour(
        x=x,
        y=y,
        z=values.T,
        contours={
            "coloring": "none",
            "start": float(start),
            "end": max(best, worst),
            "size": step,
            "showlabels": True,
            "labelfont": {"color": "#ffffff", "size": 12},
        },
        line={"color": "#ffffff", "width": 1},
        showscale=False,
        name=tr("same cost per person") if by_cost else tr("same accuracy, %"),
        showlegend=True,
        hoverinfo="skip",
    )


def _edges(thresholds: FloatArray) -> FloatArray:
    """(K + 1,) cell edges: a cell ends at its threshold, and decides as that does."""
    finite = thresholds[:-1]
    pad = max(float(finite[-1] - finite[0]) * 0.03, 0.01)
    return np.concatenate([[finite[0] - pad], finite, [finite[-1] + pad]])


def _middles(edges: FloatArray) -> FloatArray:
    return (edges[1:] + edges[:-1]) / 2


def _within(threshold: float, edges: FloatArray) -> float:
    """Where a mark is drawn: rules that select everybody or nobody stand at the edge."""
    return float(np.clip(threshold, _middles(edges[:2])[0], _middles(edges[-2:])[0]))


def _shown(threshold: float) -> str:
    if np.isinf(threshold):
        return tr("no score") if threshold > 0 else tr("any score")
    return tr("{threshold:.3g}", threshold=threshold)


def _round_step(wanted: float) -> float:
    if wanted <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= wanted))
