"""What a stream showed, in words: final gaps with n, alerts, and what cannot be told."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.stream import StreamPlay
from fairlab.projection.stream_alerts import Alert
from fairlab.projection.stream_people import Order

POLICY_LABELS: dict[str, str] = {
    "none": "No rule",
    "batch": "Each batch",
    "frozen": "Frozen rule",
    "online_paper": "Online (paper)",
    "online": "Online (fairlab)",
}
POLICY_WORDS: dict[str, str] = {
    "none": "Scores as the model gives them.",
    "batch": "Each batch is moved by itself to the nearest scores within the slack.",
    "frozen": "Shifts per group, fitted beforehand on other people and never changed.",
    "online_paper": "Adapts after each batch; counts each batch's absolute gap (Troxell et al. "
    "2026).",
    "online": "Adapts after each batch to the gap of everybody so far.",
}
USES_GROUP = {True: "uses the group", False: "does not use the group"}
ORDER_WORDS: dict[Order, str] = {
    "shuffled": "in random order",
    "by group": "one group after another",
    "drifting": "with group shares that change along the way",
}
MEASURED: dict[str, str] = {
    "demographic_parity": "{what} of groups",
    "equal_opportunity": "{what} of groups among people with the favourable outcome",
    "predictive_equality": "{what} of groups among people with the unfavourable outcome",
    "equalized_odds": "{what} of groups with the same outcome, whichever outcome is wider,",
    "mean_residual_parity": "mean differences between {one} and outcome of groups",
    "accuracy_parity": "shares of groups whose {one} agrees with the outcome",
}
FEW = 30
_TO_GROUPS = 6


def stream_sentence(
    played: StreamPlay, group_names: Sequence[str], *, decisions: bool = False
) -> str:
    """Where every policy ended, with the people behind it."""
    gaps = {
        name: (trace.decision_gap if decisions else trace.gap)[-1]
        for name, trace in played.traces.items()
    }
    start = (
        f"{played.n:,} people came {ORDER_WORDS[played.order_name]}{_sizes(played, group_names)}."
    )
    if all(np.isnan(gap) for gap in gaps.values()):
        return f"{start} We cannot tell how far apart groups are: {_why_undefined(played)}."
    base = gaps.pop("none", np.nan)
    first = (
        f"At the end, {_measured(played.constraint, decisions)} were {_points(base)} apart as "
        "scored"
    )
    rest = [f"{_points(gap)} with {_policy(name)}" for name, gap in gaps.items()]
    return f"{start} {first}{'; ' + _listed(rest) if rest else ''}. {_promise(played, decisions)}"


def chance_sentence(played: StreamPlay, group_names: Sequence[str]) -> str:
    """What so few people cannot show; "" when every cell is large enough."""
    counts = played.means("none").counts[:, -1]
    small = [
        f"{group_names[g]}{_condition(played.index.names[k])} ({_people(int(counts[k, g]))})"
        for k, g in np.argwhere((counts > 0) & (counts < FEW)).tolist()
    ]
    if not small:
        return ""
    least = int(counts[counts > 0].min())
    rest = f" and {len(small) - 3} more cells" if len(small) > 3 else ""
    allowance = min(100.0, 100 * 2 / np.sqrt(least))
    return (
        f"We cannot tell much about small groups: {', '.join(small[:3])}{rest}. A mean over "
        f"{least} can be off by up to {allowance:.0f} points through chance alone (2/√n)."
    )


def alert_sentence(
    played: StreamPlay,
    found: Mapping[str, Sequence[Alert]],
    group_names: Sequence[str],
    *,
    window: int,
    tolerance: float,
    patience: int,
    watched: int,
) -> str:
    """How often each policy raised an alert, and the worst of them.

    Args:
        found: Alerts by policy.
        window, tolerance, patience: As they were raised; the window in batches.
        watched: Batches whose window had every group.
    """
    size = window * played.batch_size
    rule = (
        f"An alert is raised when the gap over the last {size:,} people exceeds "
        f"{_points(tolerance)} for {patience:,} {_batches(patience)} running."
    )
    if not watched:
        return f"{rule} We cannot tell: no window of that size held people of every group."
    counts = [f"{POLICY_LABELS[name]} {len(alerts)}" for name, alerts in found.items()]
    total = sum(len(alerts) for alerts in found.values())
    if not total:
        return f"{rule} There was no alert in {watched:,} {_batches(watched)} watched."
    name, worst = max(
        ((name, a) for name, alerts in found.items() for a in alerts),
        key=lambda pair: pair[1].worst,
    )
    end = "the end" if worst.end is None else f"person {int(played.seen[worst.end]):,}"
    return (
        f"{rule} Alerts: {', '.join(counts)}. The widest: {_points(worst.worst)} with "
        f"{_policy(name)}, {group_names[worst.highest]} above {group_names[worst.lowest]}"
        f"{_condition(played.index.names[worst.condition])}, raised at person "
        f"{int(played.seen[worst.raised]):,} and lasting until {end}."
    )


def stream_notes(played: StreamPlay, group_names: Sequence[str]) -> tuple[str, ...]:
    """What each rule promises, and what to know about how this stream was played."""
    notes = [_promises(played)]
    if any(name for name in played.index.names if name != "everyone") or played.constraint in (
        "mean_residual_parity",
        "accuracy_parity",
    ):
        notes.append(
            "No rule sees an outcome of the people who come. Where the constraint asks for it, "
            "rules use the probability of the favourable outcome, calibrated on people known "
            "before; the table's outcomes only measure the gap. Where that probability is off for "
            "a group, the measured gap can stay above the slack. In use, outcomes arrive later "
            "than decisions, and so would this chart."
        )
    if played.batch_size == 1 and "batch" in played.traces:
        notes.append(
            "A batch of one person has nobody to be compared with, so moving each batch by itself "
            "changes nothing, and neither does the paper's online rule."
        )
    elif played.order_name == "by group" and "batch" in played.traces:
        notes.append(
            "Batches of a single group have nobody of another to be compared with, so moving each "
            "batch by itself changes nothing in them, and neither does the paper's online rule."
        )
    # Changes are shown in points with one decimal: smaller ones read as none.
    if "frozen" in played.traces and math.sqrt(played.traces["frozen"].change) < 0.0005:
        notes.append(
            "The frozen rule changes scores by less than 0.05 points here: the people it was "
            "fitted on were within the slack, or next to it, as they were."
        )
    if played.complete > 1:
        notes.append(
            f"Until person {int(played.seen[min(played.complete, len(played.seen)) - 1]):,} not "
            "every group had come; gaps before that compare those that had."
        )
    notes += [
        f"“{POLICY_LABELS[name]}” could not be played: {_named(why, group_names)}"
        for name, why in played.missing.items()
    ]
    return tuple(notes)


def _named(error: str, group_names: Sequence[str]) -> str:
    """An error of the solver with the names of groups instead of their numbers."""

    def name(found: re.Match[str]) -> str:
        g = int(found[1])
        return f"group “{group_names[g]}”" if g < len(group_names) else found[0]

    return re.sub(r"\bgroup (\d+)\b", name, error)


def _sizes(played: StreamPlay, names: Sequence[str]) -> str:
    sizes = np.bincount(played.index.group, minlength=len(names))
    present = np.flatnonzero(sizes)
    if len(present) > _TO_GROUPS:
        return f" ({len(present)} groups of {sizes[present].min():,} to {sizes[present].max():,})"
    return f" ({', '.join(f'{int(sizes[g]):,} {names[g]}' for g in present.tolist())})"


def _why_undefined(played: StreamPlay) -> str:
    groups = len(np.unique(played.index.group))
    if groups < 2:
        return "everybody is of one group"
    return "fewer than two groups have people the constraint compares"


def _measured(constraint: str, decisions: bool) -> str:
    what = "selection rates" if decisions else "mean scores"
    return MEASURED[constraint].format(what=what, one="decision" if decisions else "score")


def _promise(played: StreamPlay, decisions: bool) -> str:
    if decisions:
        return (
            f"The slack of {_points(played.slack)} is about mean scores; decisions at threshold "
            f"{played.threshold:.4g} are measured, not promised."
        )
    return f"The slack is {_points(played.slack)}."


def _promises(played: StreamPlay) -> str:
    online = played.traces.get("online")
    kept = "the online rules come near it as people come"
    if online is not None and online.bound is not None and online.bound >= 1:
        kept += f" ({played.n:,} are too few for fairlab's to promise more)"
    elif online is not None and online.bound is not None:
        kept += (
            f" (after these {played.n:,} people, fairlab's is at most {_points(online.bound)}, in "
            "any order and whatever the scores)"
        )
    each = f"moved by itself, each batch stays within {_points(played.slack)}"
    if CONSTRAINTS[played.constraint].needs_labels:
        each += " as far as calibrated probabilities tell, not by the outcomes measured here"
    return (
        f"What is promised of mean scores: {each}, which does not bound the gap of everybody so "
        "far; the frozen rule stays within it among the people it was fitted on, and misses it by "
        f"chance among others (about 2/√n of the smallest group); {kept}."
    )


def _policy(name: str) -> str:
    return {
        "none": "no rule",
        "batch": "each batch moved by itself",
        "frozen": "the frozen rule",
        "online_paper": "the paper's online rule",
        "online": "fairlab's online rule",
    }[name]


def _condition(name: str) -> str:
    return {"y = 1": " with the favourable outcome", "y = 0": " with the unfavourable outcome"}.get(
        name, ""
    )


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _batches(number: int) -> str:
    return "batch" if number == 1 else "batches"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _points(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{100 * value:.1f} points"
