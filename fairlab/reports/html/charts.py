"""Where things stand on the charts of a report, in percent of the width and pixels of the height.

Positions in percent let a chart fit a phone, a screen and a sheet of paper without a script.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from fairlab.baselines import BASELINES
from fairlab.language import tr
from fairlab.reports.figures.theme import MODE_STYLES, Style, group_styles
from fairlab.reports.tables.curve import CurveRow

HEIGHT = 340  # pixels of the curve
ROW = 30  # pixels of a line of the dot plot
_DASHES = {"solid": "", "dash": "7 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "11 4"}
_MARKS = {
    "circle": "M-5.5 0A5.5 5.5 0 1 0 5.5 0A5.5 5.5 0 1 0 -5.5 0Z",
    "square": "M-5 -5H5V5H-5Z",
    "diamond": "M0 -7L7 0L0 7L-7 0Z",
    "triangle-up": "M0 -6.5L6.2 5H-6.2Z",
    "x": "M-6 -3.5L-3.5 -6L0 -2.5L3.5 -6L6 -3.5L2.5 0L6 3.5L3.5 6L0 2.5L-3.5 6L-6 3.5L-2.5 0Z",
    "cross": "M-2 -6.5H2V-2H6.5V2H2V6.5H-2V2H-6.5V-2H-2Z",
    "star": "M0 -7.5L2 -2.4L7.3 -2.4L3 1L4.6 6.3L0 3.2L-4.6 6.3L-3 1L-7.3 -2.4L-2 -2.4Z",
    "hexagon": "M-6 -3.4L0 -6.8L6 -3.4V3.4L0 6.8L-6 3.4Z",
    "triangle-down": "M0 6.5L6.2 -5H-6.2Z",
    "triangle-right": "M6.5 0L-5 6.2V-6.2Z",
    "triangle-left": "M-6.5 0L5 6.2V-6.2Z",
    "hourglass": "M-5.5 -6H5.5L-5.5 6H5.5Z",
}
# Of baselines: no two of a report alike, none like a mode's.
_BASELINE_SYMBOLS = (
    "star", "triangle-up", "hexagon", "x", "cross", "triangle-down", "hourglass",
    "triangle-right", "triangle-left",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale from ``low`` to ``high`` with round ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Position in [0, 1]."""
        return (value - self.low) / (self.high - self.low)


def axis(values: Sequence[float], *, count: int = 5, zero: bool = False) -> Axis:
    """A scale that holds the values, with some room, and starts at 0 when asked to."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if zero:
        low = min(low, 0.0)
    room = 0.06 * (high - low) or 0.01
    low, high = (low if zero and low == 0 else low - room), high + room
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    first = math.ceil(low / step - 1e-9)
    ticks = [round(i * step, 10) for i in range(first, first + 3 * count) if i * step <= high]
    return Axis(low, high, tuple(ticks))


def mark(style: Style) -> dict[str, str]:
    """Colour, outline and dash of a group or family."""
    path = _MARKS.get(style.symbol, _MARKS["circle"])
    return {"color": style.color, "path": path, "dash": _DASHES.get(style.dash, "7 3 2 3")}


def marks(names: Sequence[str]) -> list[dict[str, str]]:
    """The look of each group, the same as everywhere in fairlab."""
    return [mark(style) for style in group_styles(names)]


def share(value: float) -> str:
    """A position as a percentage of the width, short."""
    return f"{100 * value:.2f}%"


def curve_chart(rows: Sequence[CurveRow], chosen: int) -> dict[str, Any] | None:
    """The trade-off: a marker per model with both numbers, the front of each family joined.

    Args:
        rows: With withheld numbers as None.
        chosen: Index of the model the report is about.

    Returns:
        None when no model has both numbers.
    """
    known = [row for row in rows if row.accuracy is not None and row.gap is not None]
    if not known:
        return None
    own = [row for row in known if row.index == chosen]
    sides = [v for r in own for v in (r.accuracy_lower, r.accuracy_upper) if v is not None]
    ends = [r.upper for r in own if r.upper is not None]
    across = axis([100 * v for v in (*sides, *(row.accuracy or 0.0 for row in known))])
    up = axis([100 * v for v in (*ends, *(row.gap or 0.0 for row in known))], zero=True)
    points = [
        _point(row, across, up) for row in sorted(known, key=lambda r: (r.index == chosen, r.index))
    ]
    place = {row.index: at for at, row in enumerate(known)}
    for point in points:
        point["order"] = place[point["index"]]
    families = list(dict.fromkeys(row.family for row in known))
    return {
        "height": HEIGHT,
        "points": points,
        "lines": [line for name in families for line in _front(name, known, across, up)],
        "families": [
            {"label": next(r.label for r in known if r.family == name), **_look(name, known)}
            for name in families
        ],
        "x": [{"at": share(across.at(t)), "text": tr("{t:g}", t=t)} for t in across.ticks],
        "y": [{"at": _height(up, t), "text": tr("{t:g}", t=t)} for t in up.ticks],
    }


def _point(row: CurveRow, across: Axis, up: Axis) -> dict[str, Any]:
    def place(value: float | None, scale: Axis) -> str | None:
        return None if value is None else share(min(max(scale.at(100 * value), -0.02), 1.02))

    return {
        "index": row.index,
        "x": place(row.accuracy, across),
        "y": _height(up, 100 * (row.gap or 0.0)),
        "low": None if row.lower is None else _height(up, 100 * row.lower),
        "high": None if row.upper is None else max(_height(up, 100 * row.upper), 0.0),
        "left": place(row.accuracy_lower, across),
        "right": place(row.accuracy_upper, across),
        "front": row.front,
        "flagged": bool(row.flags),
        "large": row.baseline,
        **look(row),
    }


def look(row: CurveRow) -> dict[str, str]:
    """The look of a model's family: of each mode, and of each baseline, another marker."""
    style = MODE_STYLES[row.mode]
    if row.family in BASELINES:
        place = list(BASELINES).index(row.family)
        style = replace(style, symbol=_BASELINE_SYMBOLS[place % len(_BASELINE_SYMBOLS)])
    return mark(style)


def _look(family: str, known: Sequence[CurveRow]) -> dict[str, str]:
    return look(next(row for row in known if row.family == family))


def _front(family: str, known: Sequence[CurveRow], across: Axis, up: Axis) -> list[dict[str, Any]]:
    own = [row for row in known if row.family == family and row.front]
    own.sort(key=lambda row: (row.accuracy or 0.0, row.gap or 0.0))
    places = [
        (share(across.at(100 * (row.accuracy or 0.0))), _height(up, 100 * (row.gap or 0.0)))
        for row in own
    ]
    looks = _look(family, known)
    return [{"x1": a[0], "y1": a[1], "x2": b[0], "y2": b[1], **looks} for a, b in pairwise(places)]


def _height(scale: Axis, value: float) -> float:
    return round(HEIGHT * (1 - scale.at(value)), 1)


def dot_rows(
    values: Sequence[tuple[float | None, float | None, float | None]],
    names: Sequence[str],
) -> list[dict[str, Any]]:
    """One line per group on a scale from 0 to 100 %: marker, interval, or nothing."""
    looks = marks(names)
    return [
        {
            "x": None if value is None else share(value),
            "low": None if lower is None else share(lower),
            "high": None if upper is None else share(upper),
            **look,
        }
        for (value, lower, upper), look in zip(values, looks, strict=True)
    ]
