"""The threshold frontier of a run as rows: for the chart, for reading, and as a file."""

from typing import Any

import numpy as np
import pandas as pd

from fairlab.frontier import Rule, RunFrontier
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.language import tr
from fairlab.outcomes import FloatArray

# Corners drawn; slacks listed for reading, in shares of 1.
DRAWN = 160
LISTED = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)


def chart_frontier(found: RunFrontier, label: str) -> dict[str, Any]:
    """What the live chart draws: the line by slack, its band, and what to say on hovering.

    Args:
        found: The frontier.
        label: Whose scores, in words.
    """
    measured = found.measured
    kept = np.flatnonzero(~np.isnan(measured.gap))
    if len(kept) > DRAWN:
        kept = kept[np.linspace(0, len(kept) - 1, DRAWN).round().astype(np.int64)]
    sure = kept[~np.isnan(measured.gap_band[kept]).any(axis=1)]
    accuracy, band = measured.accuracy[sure].tolist(), measured.gap_band[sure]
    return {
        "label": label,
        "slack": measured.slack[kept].tolist(),
        "accuracy": measured.accuracy[kept].tolist(),
        "gap": measured.gap[kept].tolist(),
        "band": {
            "accuracy": [*accuracy, *accuracy[::-1]],
            "gap": [*band[:, 0].tolist(), *band[::-1, 1].tolist()],
        },
    }


def frontier_table(found: RunFrontier) -> pd.DataFrame:
    """A few slacks for reading: what was promised on validation, and measured here."""
    measured, frontier = found.measured, found.frontier
    last = float(frontier.slack[-1])
    slacks = [*(s for s in LISTED if s < last), last]
    at = [float(s) for s in slacks]

    def between(values: FloatArray) -> FloatArray:
        return np.asarray(np.interp(at, measured.slack, values))

    return pd.DataFrame(
        {
            "Slack, points": [tr("{s:.4g}", s=100 * s) for s in at],
            "Accuracy where fitted, %": [_tenth(frontier.accuracy_at(s)) for s in at],
            "Accuracy, %": [_tenth(v) for v in between(measured.accuracy)],
            "95 % band of accuracy": _ranges(between, measured.accuracy_band),
            "Gap, points": [_tenth(v) for v in between(measured.gap)],
            "95 % band of the gap": _ranges(between, measured.gap_band),
        }
    )


def frontier_frame(found: RunFrontier) -> pd.DataFrame:
    """Every breakpoint with everything known of it, in shares of 1."""
    frame = found.measured.to_frame()
    frame.insert(0, "model", found.index)
    frame.insert(1, "constraint", found.frontier.constraint)
    frame.insert(2, "split", found.split)
    frame["price"] = found.frontier.price
    return frame


def rule_table(rule: Rule, simple: Rule) -> pd.DataFrame:
    """How each group is decided: exactly, and with one threshold each."""
    return pd.DataFrame(
        {
            "Group": [one.group for one in rule.groups],
            "Best rule": [decided_words(one) for one in rule.groups],
            "One threshold": [decided_words(one) for one in simple.groups],
        }
    )


def decided_words(one: GroupThresholds, *, risk: bool = False) -> str:
    """ "from 0.62 always; from 0.6 to 0.62 in 30 % of cases" for one group.

    Args:
        one: The group's thresholds.
        risk: They are for minus a risk, and said as the risk: "up to 4".
    """
    if not one.thresholds:
        return tr("no rule: no one was in it")
    if len(one.thresholds) == 1:
        cut = one.thresholds[0]
        return tr("nobody") if cut == np.inf else _range_words(cut, np.inf, risk)
    steps, chance, high = [], 1.0, np.inf
    for cut, share in zip(one.thresholds, one.probabilities, strict=True):
        if not (np.isinf(cut) and cut > 0):
            steps.append(f"{_range_words(cut, high, risk)} {_chance_words(chance)}")
            high = cut
        chance -= share
    return "; ".join(steps)


def _range_words(low: float, high: float, risk: bool) -> str:
    if risk and np.isfinite([low, high]).any():
        above, upto = 0.0 - high, 0.0 - low
        ends = [tr("above {above:.4g}", above=above)] if np.isfinite(above) else []
        return " ".join([*ends, tr("up to {upto:.4g}", upto=upto)] if np.isfinite(upto) else ends)
    if np.isinf(low):
        return tr("everybody") if np.isinf(high) else tr("below {high:.4g}", high=high)
    return (
        tr("from {low:.4g}", low=low)
        if np.isinf(high)
        else tr("from {low:.4g} to {high:.4g}", low=low, high=high)
    )


def _chance_words(chance: float) -> str:
    return (
        tr("always") if chance > 1 - 1e-9 else tr("in {chance:.1f} % of cases", chance=100 * chance)
    )


def _ranges(between: Any, band: FloatArray) -> list[str]:
    low, high = between(band[:, 0]), between(band[:, 1])
    return [
        tr("none") if np.isnan(a) or np.isnan(b) else tr("{a:.1f} to {b:.1f}", a=100 * a, b=100 * b)
        for a, b in zip(low, high, strict=True)
    ]


def _tenth(value: float) -> str:
    return tr("undefined") if np.isnan(value) else tr("{value:.1f}", value=100 * value)
