"""The numbers of a stream as tables and files: gaps after each batch, never single people."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fairlab.outcomes import FloatArray
from fairlab.projection.stream import StreamPlay, Window
from fairlab.projection.stream_alerts import Alert
from fairlab.reports.figures.stream import thinned
from fairlab.reports.sentences.stream import POLICY_LABELS, USES_GROUP

# Rows of a file lie so many people apart: finer steps would give away single people's scores.
APART = 10


def policy_table(played: StreamPlay, found: Mapping[str, Sequence[Alert]]) -> pd.DataFrame:
    """One row per policy: where it ended, what it changed, alerts. Empty cells are undefined."""
    rows = []
    for name, trace in played.traces.items():
        rows.append(
            {
                "Rule": POLICY_LABELS[name],
                "Gap of mean scores at the end, points": _points(trace.gap[-1]),
                "Gap of decisions at the end, points": _points(trace.decision_gap[-1]),
                "Promised at the end, points": None
                if trace.bound is None
                else _points(trace.bound),
                "Typical change to a score, points": _points(np.sqrt(trace.change)),
                "Mean squared change": trace.change,
                "Accuracy, %": _points(trace.right),
                "Alerts": len(found.get(name, ())),
                "Batches without a gap": trace.undefined,
                "When deciding": USES_GROUP[trace.uses_attribute_when_deciding],
            }
        )
    return pd.DataFrame(rows)


def stream_table(played: StreamPlay, *, decisions: bool = False) -> pd.DataFrame:
    """Gaps along the stream, the same steps as the chart's. Empty cells are undefined."""
    kept = thinned(len(played.seen))
    table: dict[str, object] = {"Batch": kept + 1, "People so far": played.seen[kept]}
    for name, trace in played.traces.items():
        gap = trace.decision_gap if decisions else trace.gap
        table[f"{POLICY_LABELS[name]}, points"] = 100 * gap[kept]
    return pd.DataFrame(table).round(4)


def alert_table(
    played: StreamPlay, found: Mapping[str, Sequence[Alert]], group_names: Sequence[str]
) -> pd.DataFrame:
    """One row per alert."""
    return pd.DataFrame(
        [
            {
                "Rule": POLICY_LABELS[name],
                "Raised at person": int(played.seen[a.raised]),
                "Until person": None if a.end is None else int(played.seen[a.end]),
                "Widest gap, points": _points(a.worst),
                "Highest": group_names[a.highest],
                "Lowest": group_names[a.lowest],
                "Among": played.index.names[a.condition],
            }
            for name, alerts in found.items()
            for a in alerts
        ]
    )


def stream_frame(
    played: StreamPlay, window: Window, window_gaps: Mapping[str, FloatArray], names: Sequence[str]
) -> pd.DataFrame:
    """Every exported number: gaps in [0, 1] since the start and in the window, and the drift.

    Rows are whole batches at least ``APART`` people apart; the last batch is always among them.

    Args:
        played, window: The stream and its window.
        window_gaps: (T,) rolling gap by policy.
        names: Of all groups.
    """
    step = max(1, -(-APART // played.batch_size))
    rows = np.arange(step - 1, len(played.seen), step)
    rows = np.append(rows[played.seen[rows] <= played.n - APART], len(played.seen) - 1)
    table: dict[str, object] = {"batch": rows + 1, "people": played.seen[rows]}
    for name, trace in played.traces.items():
        table[f"gap_{name}"] = trace.gap[rows]
        table[f"decision_gap_{name}"] = trace.decision_gap[rows]
        table[f"window_gap_{name}"] = window_gaps[name][rows]
    for g, group in enumerate(names):
        table[f"window_share: {group}"] = window.share[rows, g]
        table[f"window_base_rate: {group}"] = window.base_rate[rows, g]
    return pd.DataFrame(table)


def stream_csv(frame: pd.DataFrame) -> bytes:
    """The frame as UTF-8 CSV; undefined is empty."""
    return frame.to_csv(index=False).encode()


def stream_json(
    played: StreamPlay,
    frame: pd.DataFrame,
    found: Mapping[str, Sequence[Alert]],
    names: Sequence[str],
    settings: Mapping[str, object],
) -> bytes:
    """Settings, final numbers, alerts and the frame's columns as UTF-8 JSON; undefined is null.

    Args:
        settings: What was chosen beyond what the stream itself records (subject, alerts).
    """
    content = {
        "settings": {
            "constraint": played.constraint,
            "slack": played.slack,
            "batch_size": played.batch_size,
            "order": played.order_name,
            "seed": played.seed,
            "threshold": played.threshold,
            "people": played.n,
            **settings,
        },
        "final": _records(policy_table(played, found)),
        "not_played": dict(played.missing),
        "alerts": _records(alert_table(played, found, names)),
        "batches": {
            name: [None if value != value else value for value in column.tolist()]
            for name, column in frame.items()
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _records(table: pd.DataFrame) -> object:
    return json.loads(table.to_json(orient="records"))


def _points(value: float) -> float:
    return round(100 * float(value), 4)
