"""Tables of the paper's comparison: intervals over seeds, differences paired by seed, JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.harness import columns
from benchmarks.paper_data import LEVELS
from benchmarks.paper_evaluate import OTHERS, Scored
from fairlab.outcomes import FloatArray

TITLE = "The paper's comparison: layer, post-hoc projection, penalty, strict penalty"


def described(methods: Mapping[str, Scored]) -> dict[str, Any]:
    """Every method's figures with intervals over seeds, and layer − other paired by seed."""
    layer = methods["layer"]
    return {
        "methods": {
            name: {
                "value": interval(found.values),
                "loss": interval(found.loss),
                "gap": interval(found.gap),
                "batches_within_slack": found.held,
            }
            for name, found in methods.items()
        },
        "layer_minus": {other: interval(layer.values - methods[other].values) for other in OTHERS},
        "layer_minus_loss": {other: interval(layer.loss - methods[other].loss) for other in OTHERS},
    }


def interval(values: FloatArray) -> dict[str, float]:
    """Mean and 95 % interval by Student's t over seeds."""
    mean = float(values.mean())
    if len(values) < 2:
        raise ValueError("An interval over seeds needs at least two of them.")
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return {"mean": mean, "low": mean - half, "high": mean + half}


def made_up_summary(studies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Layer − other over the made-up settings: all, and those of each factor level.

    The mean over settings is taken within each seed and its interval is over seeds; ``better`` and
    ``worse`` count settings whose own interval excludes 0.
    """
    rows = []
    for batches in ("large", "small"):
        for training in ("full", "short"):
            mine = [s for s in studies if s["levels"] and s["batches"] == batches]
            subsets = {"all": mine}
            for factor, levels in LEVELS.items():
                for level in levels:
                    part = [s for s in mine if s["levels"][factor] == level]
                    subsets[f"{factor}: {level}"] = part
            for name, part in subsets.items():
                if not part:
                    continue
                for other in OTHERS:
                    paired = np.stack(
                        [
                            s["scored"][training]["layer"].values
                            - s["scored"][training][other].values
                            for s in part
                        ]
                    )
                    own = [interval(row) for row in paired]
                    rows.append(
                        {
                            "settings": name,
                            "count": len(part),
                            "batches": batches,
                            "training": training,
                            "other": other,
                            "layer_minus_other": interval(paired.mean(0)),
                            "better": sum(i["high"] < 0 for i in own),
                            "worse": sum(i["low"] > 0 for i in own),
                        }
                    )
    return rows


def made_up_methods(studies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every method's error and gap, meaned over the made-up settings, with intervals over seeds."""
    rows = []
    for batches in ("large", "small"):
        for training in ("full", "short"):
            part = [
                s["scored"][training] for s in studies if s["levels"] and s["batches"] == batches
            ]
            rows += [
                {
                    "batches": batches,
                    "training": training,
                    "method": method,
                    "error": interval(np.mean([s[method].values for s in part], axis=0)),
                    "gap": interval(np.mean([s[method].gap for s in part], axis=0)),
                    "batches_within_slack": {
                        size: float(np.mean([s[method].held[size] for s in part]))
                        for size in ("large", "small")
                    },
                }
                for method in part[0]
            ]
    return rows


def text(record: Mapping[str, Any]) -> str:
    """The summary as text."""
    lines = [
        TITLE,
        record["machine"],
        f"{record['seeds']} seeds; {record['minutes']} minutes. 95 % intervals over seeds.",
    ]
    means: list[tuple[str, ...]] = [
        ("made-up settings, MSE", "batches", "training", "mean error", "gap", "held")
    ]
    for row in record["made_up_methods"]:
        means.append(
            (
                row["method"],
                row["batches"],
                row["training"],
                shown(row["error"]),
                shown(row["gap"]),
                f"{row['batches_within_slack']['large']:.0%}",
            )
        )
    lines += ["", columns(means, [""] * (len(means) - 1))]
    rows: list[tuple[str, ...]] = [
        ("made-up settings, MSE", "batches", "training", "layer − other", "", "lower", "higher")
    ]
    for row in record["made_up"]:
        if row["settings"] == "all" or (row["other"] == "post-hoc" and row["training"] == "full"):
            rows.append(
                (
                    f"{row['settings']} ({row['count']})",
                    row["batches"],
                    row["training"],
                    row["other"],
                    shown(row["layer_minus_other"]),
                    str(row["better"]),
                    str(row["worse"]),
                )
            )
    lines += ["", columns(rows, [""] * (len(rows) - 1))]
    lines.append("Lower: the layer's error is lower in so many settings, interval clear of 0.")
    heads: list[tuple[str, ...]] = [
        (
            "table, accuracy",
            "slack",
            "batches",
            "method",
            "accuracy",
            "loss",
            "gap",
            "held",
            "layer − it: accuracy",
            "loss",
        )
    ]
    for study in record["tables"]:
        full = study["training"]["full"]
        for name, found in full["methods"].items():
            minus = full["layer_minus"].get(name)
            heads.append(
                (
                    study["study"],
                    f"{study['slack']:g}",
                    study["batches"],
                    name,
                    shown(found["value"]),
                    f"{found['loss']['mean']:.4f}",
                    shown(found["gap"]),
                    f"{found['batches_within_slack']['large']:.0%}",
                    "" if minus is None else shown(minus),
                    "" if minus is None else shown(full["layer_minus_loss"][name]),
                )
            )
    lines += ["", columns(heads, [""] * (len(heads) - 1))]
    lines.append("Held: share of test batches of up to 1,000 people whose gap is within the slack.")
    worst = max(s["worst_excess_in_training"] for s in (*record["settings"], *record["tables"]))
    lines.append(f"Largest gap of the layer beyond its slack on any training batch: {worst:.1e}.")
    return "\n".join(lines)


def shown(found: Mapping[str, float]) -> str:
    """ "0.123 [0.120, 0.126]"."""
    return f"{found['mean']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"


def as_json(record: Mapping[str, Any]) -> str:
    """JSON with a study or summary row per line and numbers of five significant digits."""
    parts = []
    for key, value in rounded(record).items():
        if isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(row, allow_nan=False)}" for row in value)
            parts.append(f" {json.dumps(key)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def rounded(value: Any) -> Any:
    """The same with numbers of five significant digits."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
