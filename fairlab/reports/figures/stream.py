"""What the stream player draws in the browser: one payload, thinned for the wire."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlab.language import tr
from fairlab.outcomes import FloatArray, IntArray
from fairlab.projection.stream import StreamPlay, Window
from fairlab.projection.stream_alerts import Alert
from fairlab.reports.figures.theme import GREY, Style, group_styles
from fairlab.reports.sentences.stream import POLICY_LABELS, POLICY_WORDS, USES_GROUP

BoolArray = NDArray[np.bool_]
STEPS = 1500
# So many first batches are all sent: there a single person still moves the gap.
FIRST = 100
DRIFT_STEPS = 300
MAX_GROUPS = 8
# A cell of fewer people is too few to set the height of the chart.
STEADY = 30

POLICY_STYLES: dict[str, Style] = {
    "none": Style(GREY, "circle", "solid"),
    "batch": Style("#9A7D00", "square", "dot"),
    "frozen": Style("#B8652F", "diamond", "dash"),
    "online_paper": Style("#7B6FDB", "triangle-up", "dashdot"),
    "online": Style("#3A8CC0", "circle", "solid"),
}
_WIDTHS = {"none": 2.0, "online": 3.5}


def stream_payload(
    played: StreamPlay,
    window: Window,
    window_gaps: Mapping[str, FloatArray],
    found: Mapping[str, Sequence[Alert]],
    group_names: Sequence[str],
    *,
    decisions: bool,
    tolerance: float,
    alt: str,
    digest: str,
) -> dict[str, Any]:
    """Everything the player shows, JSON-ready; at most ``STEPS`` positions.

    Args:
        played: The stream.
        window: Of the same stream.
        window_gaps: (T,) rolling gap by policy.
        found: Alerts by policy.
        group_names: Of all groups.
        decisions: Whether to draw gaps of decisions instead of mean scores.
        tolerance: Above which alerts are raised.
        alt: What the chart shows, as a sentence.
        digest: Changes when anything that is drawn does; the browser then starts anew.
    """
    gaps = {
        name: trace.decision_gap if decisions else trace.gap
        for name, trace in played.traces.items()
    }
    kept = thinned(len(played.seen), [a for alerts in found.values() for a in alerts])
    return {
        "digest": digest,
        "alt": alt,
        "measure": tr("decisions") if decisions else tr("mean scores"),
        "title": _title(played.constraint, decisions),
        "n": played.n,
        "batch_size": played.batch_size,
        "seen": played.seen[kept].tolist(),
        "batch": (kept + 1).tolist(),
        "batches": len(played.seen),
        "promised": played.slack,
        "tolerance": tolerance,
        "window": window.batches * played.batch_size,
        "tops": {
            "gap": _top(played, gaps.values(), 1.5 * played.slack, played.smallest >= STEADY),
            "recent": _top(played, window_gaps.values(), max(tolerance, played.slack)),
        },
        "policies": [
            _policy(name, played, gap[kept], window_gaps[name][kept], found.get(name, ()))
            for name, gap in gaps.items()
        ],
        "drift": _drift(played, window, group_names),
    }


def thinned(batches: int, marks: Sequence[Alert] = ()) -> IntArray:
    """Batches to send, increasing: all if few, else the first ones, evenly spaced ones, marks."""
    if batches <= STEPS:
        return np.arange(batches)
    wanted = [a.raised for a in marks] + [a.where for a in marks]
    wanted += [a.end for a in marks if a.end is not None]
    special = np.unique(np.concatenate([np.arange(FIRST), np.array(wanted, dtype=np.int64)]))
    special = special[: STEPS // 3]
    even = np.linspace(FIRST, batches - 1, STEPS - len(special)).round().astype(np.int64)
    return np.union1d(special, even)


def _top(
    played: StreamPlay,
    gaps: Iterable[FloatArray],
    least: float,
    steady: BoolArray | None = None,
) -> float:
    """Height of the chart: nine in ten batches fit, and all once cells are not tiny.

    The first few people swing too widely to set it; what is cut off is said on the chart.
    """
    highest = np.fmax.reduce([np.zeros(len(played.seen)), *gaps])
    fits = float(np.quantile(highest, 0.9)) if steady is not None else float(highest.max())
    if steady is not None:
        fits = max(fits, float(highest[-1]), float(highest[steady].max(initial=0.0)))
        fits = float(highest.max()) if highest.max() < 1.4 * fits else fits
    return min(1.0, max(1.12 * fits, 1.12 * least, 0.02))


def _policy(
    name: str,
    played: StreamPlay,
    gap: FloatArray,
    recent: FloatArray,
    alerts: Sequence[Alert],
) -> dict[str, Any]:
    style = POLICY_STYLES[name]
    trace = played.traces[name]
    return {
        "name": name,
        "label": POLICY_LABELS[name],
        "words": POLICY_WORDS[name],
        "uses": USES_GROUP[trace.uses_attribute_when_deciding],
        "color": style.color,
        "dash": style.dash,
        "width": _WIDTHS.get(name, 2.2),
        "change": round(float(np.sqrt(trace.change)), 5),
        "gap": _numbers(gap),
        "recent": _numbers(recent),
        "alerts": [
            {
                "from": int(played.seen[a.raised]),
                "to": played.n if a.end is None else int(played.seen[a.end]),
            }
            for a in alerts
        ],
    }


def _drift(played: StreamPlay, window: Window, names: Sequence[str]) -> dict[str, Any]:
    """Shares and base rates of the largest groups, at most ``DRIFT_STEPS`` positions."""
    batches = len(played.seen)
    kept = np.unique(np.linspace(0, batches - 1, min(batches, DRIFT_STEPS)).round().astype(int))
    sizes = np.bincount(played.index.group, minlength=len(names))
    largest = np.sort(np.argsort(-sizes, kind="stable")[:MAX_GROUPS])
    styles = group_styles(names)
    return {
        "seen": played.seen[kept].tolist(),
        "people": int(window.people.max()),
        "left_out": int((sizes > 0).sum() - (sizes[largest] > 0).sum()),
        "groups": [
            {
                "name": names[g],
                "color": styles[g].color,
                "symbol": styles[g].symbol,
                "dash": styles[g].dash,
                "n": int(sizes[g]),
                "share": _numbers(window.share[kept, g]),
                "base": _numbers(window.base_rate[kept, g]),
            }
            for g in largest.tolist()
            if sizes[g] > 0
        ],
    }


def _numbers(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(v) else round(float(v), 5) for v in values]


def _title(constraint: str, decisions: bool) -> str:
    """What the gap on the chart is one of."""
    one = tr("decision") if decisions else tr("score")
    if constraint == "accuracy_parity":
        return tr("agreement between {one} and outcome", one=one)
    if constraint == "mean_residual_parity":
        return tr("mean differences between {one} and outcome", one=one)
    return tr("decisions") if decisions else tr("mean scores")
