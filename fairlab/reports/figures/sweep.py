"""Gaps along all thresholds, as a chart."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.outcomes import FloatArray
from fairlab.reports.figures.theme import GREY, Style, layout, plain
from fairlab.sweeps import ThresholdSweep

# Colours no group has among the first four; both themes keep 3:1.
_GAP_COLORS = ("#9A7D00", "#7B6FDB", "#B8652F", "#3A8CC0", "#7A7A7A", "#C0508C", "#4C8C4A")
_GAP_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
DRAWN = 600


def gap_styles(names: Sequence[str]) -> tuple[Style, ...]:
    """A colour, a dash and a marker per gap, in order; none of them belongs to a group."""
    symbols = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
    return tuple(
        Style(
            _GAP_COLORS[i % len(_GAP_COLORS)],
            symbols[i % len(symbols)],
            _GAP_DASHES[i % len(_GAP_DASHES)],
        )
        for i in range(len(names))
    )


def sweep_figure(
    sweep: ThresholdSweep,
    gaps: Sequence[str],
    *,
    tolerance: float | None,
    thresholds: Mapping[str, float] | None = None,
    least_worst: tuple[float, float] | None = None,
) -> go.Figure:
    """Every gap at every threshold, with the tolerance, if any, as a band.

    Args:
        sweep: Thinned for drawing here; the extremes of each gap stay.
        gaps: Names in ``GAPS``.
        tolerance: Height of the band, in [0, 1]; None for no band.
        thresholds: Vertical lines, by what is written at them: the thresholds in use.
        least_worst: (threshold, worst gap) to mark.
    """
    all_values = {name: GAPS[name](sweep.counts) for name in gaps}
    keep = {int(i) for v in all_values.values() for i in _extremes(v)}
    index = sweep.index(sweep.downsample(DRAWN, keep=keep).thresholds[:-1])
    figure = go.Figure(layout=layout(x=tr("Decision threshold"), y=tr("Gap, points"), height=420))
    if tolerance is not None:
        figure.add_hrect(y0=0, y1=100 * tolerance, fillcolor=GREY, opacity=0.16, line_width=0)
    for name, style in zip(gaps, gap_styles(gaps), strict=True):
        label = GAPS[name].label.removesuffix(tr(" difference"))
        figure.add_scatter(
            x=sweep.thresholds[index],
            y=100 * all_values[name][index],
            name=label,
            mode="lines",
            line={"color": style.color, "dash": style.dash, "width": 2},
            hovertemplate=tr(
                "{label}: %{{y:.1f}} points at threshold %{{x:.3f}}<extra></extra>", label=label
            ),
        )
    lines = [(text, cut) for text, cut in (thresholds or {}).items() if np.isfinite(cut)]
    for i, (text, cut) in enumerate(lines):
        figure.add_vline(x=cut, line={"color": GREY, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=cut, y=1, yref="paper", text=plain(text), showarrow=False, xanchor="left", xshift=4,
            yshift=-16 * i,
        )  # fmt: skip
    if least_worst is not None:
        figure.add_scatter(
            x=[least_worst[0]],
            y=[100 * least_worst[1]],
            name=tr("Smallest worst gap"),
            mode="markers",
            marker={"symbol": "circle-open", "size": 14, "color": GREY, "line": {"width": 3}},
            hovertemplate=tr("Smallest worst gap: %{{y:.1f}} points at %{{x:.3f}}<extra></extra>"),
        )
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(hovermode="closest")
    return figure


def _extremes(values: FloatArray) -> list[int]:
    if np.isnan(values).all():
        return []
    return [int(np.nanargmin(values)), int(np.nanargmax(values))]
