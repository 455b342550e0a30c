"""A rate of every group within every stratum. Pure: data in, figure out."""

import textwrap

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import RATES, WithinStrata, wilson
from fairlab.metrics.strata_counts import everyone_of
from fairlab.reports.figures.theme import group_styles, layout, plain

_LABEL_WIDTH = 24


def strata_figure(
    result: WithinStrata, name: str, hidden: frozenset[str] = frozenset()
) -> go.Figure:
    """Rates of groups, stratum by stratum, with intervals; above them, everyone together.

    The rate is the one that sets the gap. Intervals (Wilson) only for shares of whole people.

    Args:
        result: Gaps within strata.
        name: Name in ``GAPS``.
        hidden: Strata not to draw.
    """
    found = result.gaps[name]
    rate = RATES[found.rate or found.unconditional.rate]
    shown = [s for s in range(len(result.names)) if result.names[s] not in hidden]
    rows = [tr("everyone together"), *(result.names[s] for s in shown)]
    value = np.vstack([rate(everyone_of(result.counts)), rate(result.counts)[shown]])
    scale = 100 if rate.share or rate.name in ("mean_residual", "balanced_accuracy", "f1") else 1
    groups = result.counts.group_names
    offsets = np.linspace(-0.22, 0.22, len(groups)) if len(groups) > 1 else np.zeros(1)
    unit = ", %" if scale == 100 else ""
    height = 130 + len(rows) * max(44, 16 * len(groups))
    figure = go.Figure(layout=layout(x=f"{rate.label}{unit}", y="", height=height))
    for g, (group, style) in enumerate(zip(groups, group_styles(groups), strict=True)):
        known = np.flatnonzero(~np.isnan(value[:, g]))
        figure.add_trace(
            go.Scatter(
                x=scale * value[known, g],
                y=known + offsets[g],
                error_x=_bars(result, rate.name, shown, g, known),
                mode="markers",
                name=plain(group),
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                hovertext=[
                    tr(
                        "{plain}, {plain_2}: {scale:.1f}",
                        plain=plain(rows[i]),
                        plain_2=plain(group),
                        scale=scale * value[i, g],
                    )
                    for i in known
                ],
                hoverinfo="text",
            )
        )
    figure.add_hline(y=0.5, line={"color": "rgba(128,128,128,0.6)", "width": 1})
    sizes = ["", *(tr(" ({strata_n:,.0f})", strata_n=result.gaps[name].strata[s].n) for s in shown)]
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[f"{_wrapped(row)}{n}" for row, n in zip(rows, sizes, strict=True)],
        range=[len(rows) - 0.5, -0.5],
    )
    return figure


def _bars(
    result: WithinStrata, rate_name: str, shown: list[int], g: int, known: np.ndarray
) -> dict[str, object] | None:
    rate = RATES[rate_name]
    if not rate.share or result.counts.tp.dtype.kind not in "iu":
        return None
    whole = everyone_of(result.counts)
    k = np.concatenate(
        [
            np.asarray(rate.numerator(whole))[[g]],
            np.asarray(rate.numerator(result.counts))[shown, g],
        ]
    )[known]
    n = np.concatenate(
        [
            np.asarray(rate.denominator(whole))[[g]],
            np.asarray(rate.denominator(result.counts))[shown, g],
        ]
    )[known]
    low, high = wilson(k, n, result.level)
    bars = {"array": 100 * (high - k / n), "arrayminus": 100 * (k / n - low)}
    return {"type": "data", "symmetric": False, **bars, "thickness": 1.5, "width": 4}


def _wrapped(name: str) -> str:
    return "<br>".join(plain(line) for line in textwrap.wrap(name, _LABEL_WIDTH)) or " "
