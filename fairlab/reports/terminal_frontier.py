"""A frontier and a rule as plain text for a terminal, and as records for JSON."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from fairlab.frontier import SAYING, EvaluatedFrontier, Frontier, RoundedRule, Rule
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.metrics.gaps import GAPS

# A terminal shows at most so many breakpoints; JSON has all.
SHOWN = 15


def frontier_text(by: str, found: Frontier) -> str:
    """Breakpoints with accuracy, cost where costs differ, price and each group's rates."""
    frame = found.to_frame()
    if found.cost_fp == found.cost_fn == 1:
        frame = frame.drop(columns="cost")
    frame = frame.drop(columns=[c for c in frame.columns if str(c).startswith(("tpr: ", "fpr: "))])
    lines = [
        f"Groups by {by}; {GAPS[found.gap].label.lower()} at most the slack",
        SAYING,
        f"{len(frame)} breakpoints; between two, accuracy and cost are linear in the slack",
        _table(frame),
    ]
    return "\n".join([*lines, *(f"- {note}" for note in found.notes)])


def evaluated_text(found: EvaluatedFrontier) -> str:
    """What the breakpoints' rules do to other people."""
    frame = found.to_frame().drop(
        columns=["fitted_cost", "cost", "cost_lower", "cost_upper"], errors="ignore"
    )
    head = f"On other people, in expectation; {found.level:.0%} bands of {found.draws} draws"
    return "\n".join([head, _table(frame), *(f"- {note}" for note in found.notes)])


def rule_text(rule: Rule, rounded: RoundedRule, *, risk: bool = False) -> str:
    """The thresholds of a rule in words, and what rounding them would lose.

    Args:
        rule, rounded: The rule, and the one without chance.
        risk: Scores are minus a risk; thresholds are then said as the risk.
    """
    lines = [f"Rule at slack {rule.slack:g}; it uses the sensitive attribute when deciding"]
    lines += [f"  {one.group}: {thresholds_words(one, risk=risk)}" for one in rule.groups]
    if not rule.randomised:
        return "\n".join(lines)
    lines.append(f"  {rounded.before.chance:.1%} of these people are decided by chance")
    lines.append(f"- {rounded.loss}")
    lines += [f"  {one.group}: {thresholds_words(one, risk=risk)}" for one in rounded.rule.groups]
    return "\n".join(lines)


def thresholds_words(one: GroupThresholds, *, risk: bool = False) -> str:
    """ "score >= 0.4 (75.0 %) or nobody (25.0 %)"; of a risk "score <= 4"."""
    if not one.thresholds:
        return "no threshold, because no one is in it"
    words = []
    for cut, chance in zip(one.thresholds, one.probabilities, strict=True):
        own = f"score <= {0.0 - cut:.6g}" if risk else f"score >= {cut:.6g}"
        what = own if np.isfinite(cut) else "nobody" if cut > 0 else "everybody"
        words.append(what if len(one.thresholds) == 1 else f"{what} ({chance * 100:.1f} %)")
    return " or ".join(words)


def frontier_record(found: Frontier) -> dict[str, Any]:
    """Everything a frontier says, ready for JSON; undefined is null."""
    return {
        "constraint": found.constraint,
        "form": found.form,
        "gap": found.gap,
        "cost_fp": found.cost_fp,
        "cost_fn": found.cost_fn,
        "meaning": SAYING,
        "uses_attribute_when_deciding": True,
        "groups": list(found.group_names),
        "breakpoints": frame_records(found.to_frame()),
        "programmes_solved": found.solves,
        "notes": list(found.notes),
    }


def evaluated_record(found: EvaluatedFrontier) -> dict[str, Any]:
    """The same for other people."""
    return {
        "breakpoints": frame_records(found.to_frame()),
        "draws": found.draws,
        "level": found.level,
        "notes": list(found.notes),
    }


def rule_record(rule: Rule, rounded: RoundedRule) -> dict[str, Any]:
    """A rule as it is exported, and the nearest one without chance beside it."""
    measured = {"before": asdict(rounded.before), "after": asdict(rounded.after)}
    return {
        "rule": json.loads(rule.to_json()),
        "nearest_deterministic": json.loads(rounded.rule.to_json()),
        "loss": measured,
    }


def frame_records(frame: pd.DataFrame) -> list[dict[str, float | None]]:
    """One mapping per row, None where undefined."""
    return [
        {str(name): None if np.isnan(value) else float(value) for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _table(frame: pd.DataFrame) -> str:
    kept = frame
    if len(frame) > SHOWN:
        kept = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, SHOWN).round().astype(int))]
    words = kept.to_string(
        index=False, na_rep="undefined", float_format=lambda value: f"{value:.4f}"
    )
    if len(kept) < len(frame):
        words += f"\n({len(kept)} of {len(frame)} shown; --json has all)"
    return words
