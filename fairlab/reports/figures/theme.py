"""One look for every chart: a colour, a marker and a dash per group and per mode.

Colours are Okabe and Ito's; the first four keep a contrast of 3:1 on both themes. Markers and
dashes repeat the information, so nothing is told by colour alone.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import plotly.graph_objects as go

from fairlab.language import later, told
from fairlab.reports.invisible import visible

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY = "#7A7A7A"
_COLORS = (BLUE, VERMILLION, GREEN, PURPLE, "#8A6D00", "#3D8FC4", "#A0522D", "#6A5ACD")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True, slots=True)
class Style:
    """How one group or one mode looks, on every page."""

    color: str
    symbol: str
    dash: str


MODE_STYLES: dict[str, Style] = {
    "penalty": Style(BLUE, "circle", "solid"),
    "adversarial": Style(VERMILLION, "diamond", "dash"),
    "layer": Style(GREEN, "square", "dot"),
    "baseline": Style(PURPLE, "star", "dashdot"),
}

MODE_LABELS: dict[str, str] = told(
    {
        "penalty": later("Penalty"),
        "adversarial": later("Adversarial"),
        "layer": later("Fairness layer"),
        "baseline": later("Baselines"),
    }
)


def group_styles(names: Sequence[str]) -> tuple[Style, ...]:
    """One style per group, in order; past eight groups colours repeat with other dashes."""
    return tuple(
        Style(
            _COLORS[i % len(_COLORS)],
            _SYMBOLS[(i + i // len(_COLORS)) % len(_SYMBOLS)],
            _DASHES[(i + i // len(_COLORS)) % len(_DASHES)],
        )
        for i in range(len(names))
    )


def layout(*, x: str, y: str, height: int = 380, **changes: Any) -> go.Layout:
    """The common layout: transparent, quiet grid, axis titles in words with units.

    Args:
        x, y: Axis titles in words, with units.
        height: Pixels.
        **changes: Any further ``go.Layout`` argument; replaces the common one.
    """
    axis = {
        "showgrid": True,
        "gridcolor": "rgba(128,128,128,0.2)",
        "zeroline": False,
        "automargin": True,
    }
    common: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 14},
        "xaxis": {**axis, "title": {"text": x}},
        "yaxis": {**axis, "title": {"text": y}},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "hoverlabel": {"align": "left"},
    }
    return go.Layout(**{**common, **changes})


class Measured(Protocol):
    """A number in [0, 1] with its interval; None where undefined."""

    @property
    def value(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def upper(self) -> float | None: ...


def interval_bars(numbers: Sequence[Measured]) -> dict[str, object]:
    """Error bars in percent around the values; none where there is no interval."""
    above, below = [], []
    for number in numbers:
        if number.value is None or number.lower is None or number.upper is None:
            above.append(0.0)
            below.append(0.0)
            continue
        above.append(max(0.0, 100 * (number.upper - number.value)))
        below.append(max(0.0, 100 * (number.value - number.lower)))
    bars = {"array": above, "arrayminus": below}
    return {"type": "data", "symmetric": False, **bars, "thickness": 1.5, "width": 4}


def plain(name: str) -> str:
    """A user's name with nothing Plotly would read as markup or as a field of a template."""
    return html.escape(visible(name), quote=False).replace("%{", "%&#123;")
