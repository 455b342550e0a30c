"""Charts of an audit: rates, gaps, calibration, crossed groups. Pure: data in, figure out."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.metrics import GAPS, RATES, Audit, GapResult, GroupRate, OverallGap
from fairlab.metrics.gap_names import gap_name
from fairlab.reports.figures.theme import BLUE, GREY, group_styles, interval_bars, layout, plain
from fairlab.reports.tables.audit import MAIN_GAPS

MAIN_RATES = ("selection_rate", "base_rate", "tpr", "fpr", "ppv", "accuracy")
_LABEL_WIDTH = 24
_SMALL = 10


def rates_figure(result: Audit, names: Sequence[str] = MAIN_RATES) -> go.Figure:
    """Rates with intervals: one line per rate, one marker per group.

    Args:
        names: Shares of ``RATES``, top to bottom.
    """
    groups = result.group_names
    height = 110 + len(names) * max(46, 17 * len(groups))
    common = layout(x=tr("% of the people each rate is about"), y="", height=height)
    figure = go.Figure(layout=common)
    offsets = np.linspace(-0.28, 0.28, len(groups)) if len(groups) > 1 else np.zeros(1)
    for g, (group, style) in enumerate(zip(groups, group_styles(groups), strict=True)):
        found = [(i, result.rates[name].groups[g]) for i, name in enumerate(names)]
        found = [(i, rate) for i, rate in found if rate.value is not None]
        figure.add_trace(
            go.Scatter(
                x=[_percent(rate.value) for _, rate in found],
                y=[i + offsets[g] for i, _ in found],
                error_x=interval_bars([rate for _, rate in found]),
                mode="markers",
                name=plain(group),
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                hovertext=[
                    f"{RATES[names[i]].label}, {plain(group)}: {_share(rate)}" for i, rate in found
                ],
                hoverinfo="text",
            )
        )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[_wrapped(RATES[name].label) for name in names],
        range=[len(names) - 0.5, -0.5],
    )
    figure.update_xaxes(range=[-2, 102])
    return figure


def gaps_figure(result: Audit) -> go.Figure:
    """Every difference with its interval, in points; the groups that set it under its name."""
    shown = [gap for name, gap in result.gaps.items() if gap.value is not None and _points(name)]
    return _dots(
        shown,
        [
            tr(
                "{short} over {gap_lowest}",
                short=_short(gap.highest),
                gap_lowest=_short(gap.lowest),
            )
            for gap in shown
        ],
        [_wrapped(gap_name(gap.name)) for gap in shown],
    )


def overall_figure(result: Audit) -> go.Figure:
    """Every difference from everyone with its interval; the farthest group under its name."""
    shown = [
        gap for name, gap in result.to_overall.items() if gap.value is not None and _points(name)
    ]
    return _dots(
        shown,
        [tr("farthest: {short}", short=_short(gap.farthest)) for gap in shown],
        [_wrapped(gap_name(gap.name)) for gap in shown],
    )


def overview_figure(audits: Mapping[str, Audit], names: Sequence[str] = MAIN_GAPS) -> go.Figure:
    """The main gaps of every attribute by itself, side by side.

    Args:
        audits: By name of the attribute.
        names: Differences in ``GAPS``, top to bottom.
    """
    rows = [(by, result.gaps[name]) for name in names for by, result in audits.items()]
    shown = [(by, gap) for by, gap in rows if gap.value is not None]
    return _dots(
        [gap for _, gap in shown],
        [
            tr(
                "{short}: {gap_highest} over {gap_lowest}",
                short=_short(by),
                gap_highest=_short(gap.highest),
                gap_lowest=_short(gap.lowest),
            )
            for by, gap in shown
        ],
        [_wrapped(gap_name(gap.name)) for _, gap in shown],
    )


def _points(name: str) -> bool:
    """Whether a gap is a difference of shares, to be shown in points."""
    gap = GAPS[name]
    return gap.spread == "difference" and gap.rates[0].name != "fn_fp_ratio"


def _dots(
    shown: Sequence[GapResult | OverallGap], who: Sequence[str], labels: Sequence[str]
) -> go.Figure:
    figure = go.Figure(
        go.Scatter(
            x=[_percent(gap.value) for gap in shown],
            y=list(range(len(shown))),
            error_x=interval_bars(shown),
            mode="markers",
            marker={"color": BLUE, "size": 10},
            hovertext=[f"{_gap_words(gap)}, {said}" for gap, said in zip(shown, who, strict=True)],
            hoverinfo="text",
            showlegend=False,
        )
    )
    figure.update_layout(
        layout(x=tr("Gap, points  (← more equal)"), y="", height=110 + 58 * max(len(shown), 1))
    )
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[f"{label}<br><i>{said}</i>" for label, said in zip(labels, who, strict=True)],
        range=[len(shown) - 0.5, -0.5],
    )
    figure.update_xaxes(rangemode="tozero")
    return figure


def crossed_figure(result: Audit, rate: str) -> go.Figure:
    """Crossed groups sorted by one rate, with intervals and numbers of people.

    Groups with fewer than ten people behind the rate have hollow markers. Groups nobody is in
    are not drawn; the table lists them.

    Args:
        rate: A share of ``RATES``.
    """
    groups = sorted(
        (g for g in result.rates[rate].groups if g.value is not None),
        key=lambda g: -1.0 if g.value is None else g.value,
    )
    everyone = result.rates[rate].everyone.value
    figure = go.Figure(
        go.Scatter(
            x=[_percent(g.value) for g in groups],
            y=list(range(len(groups))),
            error_x=interval_bars(groups),
            mode="markers",
            marker={
                "color": BLUE,
                "size": 10,
                "symbol": ["circle-open" if g.n < _SMALL else "circle" for g in groups],
                "line": {"width": 2},
            },
            hovertext=[f"{plain(g.group)}: {_share(g)}" for g in groups],
            hoverinfo="text",
            showlegend=False,
        )
    )
    figure.update_layout(
        layout(
            x=f"{RATES[rate].label}, %",
            y="",
            height=120 + 40 * max(len(groups), 1),
        )
    )
    if everyone is not None:
        figure.add_vline(
            x=100 * everyone,
            line={"color": GREY, "dash": "dash", "width": 1},
            annotation={"text": tr("everyone"), "font": {"size": 12}},
            annotation_position="top",
        )
    figure.update_yaxes(
        tickvals=list(range(len(groups))),
        ticktext=[tr("{wrapped} ({g_n:,.0f})", wrapped=_wrapped(g.group), g_n=g.n) for g in groups],
        range=[-0.5, len(groups) - 0.5],
    )
    return figure


def _share(rate: GroupRate) -> str:
    text = tr("{rate_value:.1f} %", rate_value=_percent(rate.value))
    if rate.lower is not None and rate.upper is not None:
        text += tr(
            " ({rate_lower:.1f} to {rate_upper:.1f})",
            rate_lower=100 * rate.lower,
            rate_upper=100 * rate.upper,
        )
    return tr(
        "{text}, {numerator:,.0f} of {rate_n:,.0f} people",
        text=text,
        numerator=rate.numerator,
        rate_n=rate.n,
    )


def _gap_words(gap: GapResult | OverallGap) -> str:
    text = tr(
        "{gap}: {gap_value:.1f} points", gap=gap_name(gap.name), gap_value=_percent(gap.value)
    )
    if gap.lower is not None and gap.upper is not None:
        text += tr(
            " ({gap_lower:.1f} to {gap_upper:.1f})",
            gap_lower=100 * gap.lower,
            gap_upper=100 * gap.upper,
        )
    return text


def _percent(value: float | None) -> float:
    assert value is not None
    return 100 * value


def _short(name: str | None) -> str:
    return plain(textwrap.shorten(str(name), _LABEL_WIDTH, placeholder="…"))


def _wrapped(name: str) -> str:
    return "<br>".join(plain(line) for line in textwrap.wrap(name, _LABEL_WIDTH)) or " "
