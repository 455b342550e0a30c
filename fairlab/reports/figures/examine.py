"""Charts of flips, importance, one person, and what leaving proxies out does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from fairlab.config import CONSTRAINT_GAPS
from fairlab.examine.changes import Flip, FlipTest, Share, by_direction
from fairlab.examine.importance import Contributions, Importance
from fairlab.examine.proxies_effect import Estimate, ProxyEffects, Step
from fairlab.language import tr
from fairlab.metrics.gaps import GAPS
from fairlab.reports.figures.theme import (
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    group_styles,
    interval_bars,
    layout,
    plain,
)

MOST_COLUMNS = 10
MOST_PAIRS = 12
_LONGEST = 30
_LABEL = 0.08  # of an axis: closer markers share a label
_BESIDE = ("top right", "bottom right", "top left", "bottom left", "middle right")


def flips_figure(test: FlipTest) -> go.Figure:
    """Per pair of groups, the share decided otherwise, each direction with its interval.

    Open marks are the placebo: the same people with values of their own group.
    """
    flips = by_direction(test)[:MOST_PAIRS]
    placebo = any(flip.placebo is not None for flip in flips)
    names = [
        tr(
            "{short} as {f_target}<br>(n={people:,})",
            short=_short(f.origin),
            f_target=_short(f.target),
            people=f.people,
        )
        for f in flips
    ]
    figure = go.Figure(
        layout=layout(
            x=tr("Share of people decided otherwise, %<br>with 95 % interval"),
            y="",
            height=150 + (104 if placebo else 62) * max(len(flips), 2) + 40 * placebo,
            scattermode="group",
        )
    )
    marks = [
        ("to_selected", "Refused → selected", BLUE, "triangle-right"),
        ("to_refused", "Selected → refused", VERMILLION, "square"),
    ]
    drawn = [
        (label, color, symbol, [f.share(w) for f in flips]) for w, label, color, symbol in marks
    ]
    if placebo:
        drawn += [
            (
                tr("{label}, own group's values", label=label),
                color,
                f"{symbol}-open",
                _placebo(flips, what),
            )
            for what, label, color, symbol in marks
        ]
    for label, color, symbol, shares in drawn:
        figure.add_trace(
            go.Scatter(
                x=[None if s.value is None else 100 * s.value for s in shares],
                y=names,
                name=label,
                mode="markers",
                orientation="h",
                cliponaxis=False,
                marker={"color": color, "symbol": symbol, "size": 12},
                error_x={**interval_bars(shares), "color": color},
                text=[_of(share) for share in shares],
                hovertemplate=f"%{{y}}<br>{label}: %{{text}}<extra></extra>",
            )
        )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(rangemode="tozero", ticksuffix=" %")
    return figure


def importance_figure(found: Importance) -> go.Figure:
    """The strongest columns: how far each moves a score, a mark per group with its interval."""
    players = found.players[:MOST_COLUMNS]
    figure = go.Figure(
        layout=layout(
            x=tr("Moves a score by, points of score<br>mean size, with 95 % interval"),
            y="",
            height=150 + (22 + 12 * len(found.groups)) * len(players),
            scattermode="group",
        )
    )
    for group, style in zip(found.groups, group_styles(found.groups), strict=True):
        own = [found.of(player, group) for player in players]
        bars = interval_bars([_Bar(w.size, w.size_lower, w.size_upper) for w in own])
        figure.add_trace(
            go.Scatter(
                x=[100 * w.size for w in own],
                y=[_short(player) for player in players],
                name=tr("{short} (n={own_first_n:,})", short=_short(group), own_first_n=own[0].n),
                mode="markers",
                orientation="h",
                cliponaxis=False,
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                error_x={**bars, "color": style.color},
                hovertemplate="%{y}: %{x:.1f} points<extra>" + plain(group) + "</extra>",
            )
        )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(rangemode="tozero")
    return figure


def person_figure(
    found: Contributions, values: dict[str, str], threshold: float | None
) -> go.Figure:
    """From the mean score to the person's: one bar per column, the rest in one."""
    own = found.values[0]
    order = sorted(range(len(own)), key=lambda c: -abs(own[c]))
    shown, rest = order[:MOST_COLUMNS], order[MOST_COLUMNS:]
    names = [tr("Mean score"), *(_with_value(found.players[c], values) for c in shown)]
    steps = [100 * found.base, *(100 * float(own[c]) for c in shown)]
    if rest:
        names.append(tr("{n_rest} other columns", n_rest=len(rest)))
        steps.append(100 * float(sum(own[c] for c in rest)))
    names.append(tr("Score"))
    steps.append(100 * float(found.score[0]))
    signs = [
        tr("{v:.1f}", v=v) if i in (0, len(steps) - 1) else tr("{v:+.1f}", v=v)
        for i, v in enumerate(steps)
    ]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=names,
            x=steps,
            measure=["absolute", *["relative"] * (len(steps) - 2), "total"],
            text=[sign.replace("-", "−") for sign in signs],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": BLUE}},
            decreasing={"marker": {"color": VERMILLION}},
            totals={"marker": {"color": GREY}},
            connector={"line": {"color": "rgba(128,128,128,0.5)"}},
            hovertemplate="%{y}: %{text} points<extra></extra>",
        ),
        layout=layout(
            x=tr("Points of score"), y="", height=130 + 34 * len(steps), showlegend=False
        ),
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(range=_room(steps))
    if threshold is not None:
        figure.add_vline(x=100 * threshold, line={"color": GREY, "dash": "dash"})
    return figure


def effects_figure(found: ProxyEffects) -> go.Figure:
    """The path on the plane of accuracy and gap, and the residualised model beside it."""
    gap = GAPS[CONSTRAINT_GAPS[found.constraint]].label
    figure = go.Figure(
        layout=layout(x="Accuracy, %", y=tr("{gap}, points<br>more equal ↓", gap=gap), height=430)
    )
    path = [step for step in found.steps if step.kind != "residualised"]
    other = [step for step in found.steps if step.kind == "residualised"]
    for steps, name, color, symbol, mode in (
        (
            path,
            tr("Strongest proxies left out"),
            BLUE,
            "circle",
            "lines+markers+text",
        ),
        (other, tr("Group means taken out"), GREEN, "square", "markers"),
    ):
        figure.add_trace(
            go.Scatter(
                x=[_percent(step.accuracy) for step in steps],
                y=[_percent(step.gap) for step in steps],
                name=name,
                mode=mode,
                marker={"color": color, "symbol": symbol, "size": 11},
                line={"color": color},
                error_x={**interval_bars([s.accuracy for s in steps]), "color": _faint(color)},
                error_y={**interval_bars([s.gap for s in steps]), "color": _faint(color)},
                text=_labels(steps) if mode != "markers" else None,
                textposition=[_BESIDE[i % len(_BESIDE)] for i in range(len(steps))],
                cliponaxis=False,
                customdata=[_hover(step) for step in steps],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.update_yaxes(rangemode="tozero")
    return figure


@dataclass(frozen=True, slots=True)
class _Bar:
    value: float | None
    lower: float | None
    upper: float | None


def _labels(steps: Sequence[Step]) -> list[str]:
    """A label per step; of steps drawn side by side the first carries all labels.

    The square, group means taken out, is named by the legend: its label would meet the path's.
    """
    labels = [""] * len(steps)
    near = _nearness(steps)
    for i, step in enumerate(steps):
        at = next((j for j in range(i) if labels[j] and near(step, steps[j])), i)
        labels[at] += f", {_label(step)}" if labels[at] else _label(step)
    return labels


def _nearness(steps: Sequence[Step]) -> Callable[[Step, Step], bool]:
    """Whether two steps are within a label's size on axes that hold all intervals."""
    sizes = []
    for numbers in ([s.accuracy for s in steps], [s.gap for s in steps]):
        ends = [e for n in numbers for e in (n.value, n.lower, n.upper) if e is not None]
        sizes.append(_LABEL * 100 * (max(ends) - min(ends)) if ends else 0.0)

    def near(one: Step, other: Step) -> bool:
        apart = (
            abs(_percent(one.accuracy) - _percent(other.accuracy)),
            abs(_percent(one.gap) - _percent(other.gap)),
        )
        return all(d <= max(size, 0.05) for d, size in zip(apart, sizes, strict=True))

    return near


def _label(step: Step) -> str:
    if step.kind == "all":
        return "all"
    return f"−{len(step.dropped)}"


def _hover(step: Step) -> str:
    named = {"all": tr("All features"), "residualised": tr("Group means taken out of all features")}
    said = named.get(step.kind) or tr(
        "Without {plain}", plain=", ".join(plain(n) for n in step.dropped)
    )
    auc = (
        ""
        if step.auc is None
        else tr("<br>the rest still tells groups with AUC {auc:.2f}", auc=step.auc)
    )
    return tr(
        "{said}<br>accuracy {accuracy:.1f} %, gap {gap:.1f} points{auc}",
        said=said,
        accuracy=_percent(step.accuracy),
        gap=_percent(step.gap),
        auc=auc,
    )


def _percent(estimate: Estimate) -> float:
    return float("nan") if estimate.value is None else 100 * estimate.value


def _faint(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


def _room(steps: Sequence[float]) -> list[float]:
    """An axis around every end of a bar, with room for the numbers beside them."""
    at, ends = steps[0], [steps[0], steps[-1]]
    for step in steps[1:-1]:
        at += step
        ends.append(at)
    low, high = min(ends), max(ends)
    spare = max(2.0, 0.18 * (high - low))
    return [low - spare, high + spare]


def _placebo(flips: Sequence[Flip], what: str) -> list[Share]:
    found = [flip.placebo_share(what) for flip in flips]
    return [Share(None, None, None, 0, 0) if share is None else share for share in found]


def _of(share: Share) -> str:
    return (
        tr("undefined")
        if share.value is None
        else (
            tr(
                "{k:,} of {share_n:,} ({share_value:.1f} %)",
                k=share.k,
                share_n=share.n,
                share_value=100 * share.value,
            )
        )
    )


def _with_value(player: str, values: dict[str, str]) -> str:
    value = values.get(player, "")
    return _short(player) + (f" = {_short(value)}" if value else "")


def _short(name: str) -> str:
    return plain(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…")
