"""What a stream showed, in words: final gaps with n, alerts, and what cannot be told."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from fairlab.language import later, told, tr
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.stream import StreamPlay
from fairlab.projection.stream_alerts import Alert
from fairlab.projection.stream_people import Order

POLICY_LABELS: dict[str, str] = told(
    {
        "none": later("No rule"),
        "batch": later("Each batch"),
        "frozen": later("Frozen rule"),
        "online_paper": later("Online (paper)"),
        "online": later("Online (fairlab)"),
    }
)
POLICY_WORDS: dict[str, str] = told(
    {
        "none": later("Scores as the model gives them."),
        "batch": later("Each batch is moved by itself to the nearest scores within the slack."),
        "frozen": later("Shifts per group, fitted beforehand on other people and never changed."),
        "online_paper": later(
            "Adapts after each batch; counts each batch's absolute gap (Troxell et al. 2026)."
        ),
        "online": later("Adapts after each batch to the gap of everybody so far."),
    }
)
USES_GROUP = told({True: later("uses the group"), False: later("does not use the group")})
ORDER_WORDS: dict[Order, str] = told(
    {
        "shuffled": later("in random order"),
        "by group": later("one group after another"),
        "drifting": later("with group shares that change along the way"),
    }
)
MEASURED: dict[str, str] = told(
    {
        "demographic_parity": later("{what} of groups"),
        "equal_opportunity": later("{what} of groups among people with the favourable outcome"),
        "predictive_equality": later("{what} of groups among people with the unfavourable outcome"),
        "equalized_odds": later(
            "{what} of groups with the same outcome, whichever outcome is wider,"
        ),
        "mean_residual_parity": later("mean differences between {one} and outcome of groups"),
        "accuracy_parity": later("shares of groups whose {one} agrees with the outcome"),
    }
)
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
    start = tr(
        "{played_n:,} people came {order_name}{sizes}.",
        played_n=played.n,
        order_name=ORDER_WORDS[played.order_name],
        sizes=_sizes(played, group_names),
    )
    if all(np.isnan(gap) for gap in gaps.values()):
        return tr(
            "{start} We cannot tell how far apart groups are: {why_undefined}.",
            start=start,
            why_undefined=_why_undefined(played),
        )
    base = gaps.pop("none", np.nan)
    first = tr(
        "At the end, {measured} were {base} apart as scored",
        measured=_measured(played.constraint, decisions),
        base=_points(base),
    )
    rest = [
        tr("{gap} with {policy}", gap=_points(gap), policy=_policy(name))
        for name, gap in gaps.items()
    ]
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
    rest = tr(" and {n_small} more cells", n_small=len(small) - 3) if len(small) > 3 else ""
    allowance = min(100.0, 100 * 2 / np.sqrt(least))
    return tr(
        "We cannot tell much about small groups: {small}{rest}. A mean "
        "over {least} can be off by up to {allowance:.0f} points through "
        "chance alone (2/√n).",
        small=", ".join(small[:3]),
        rest=rest,
        least=least,
        allowance=allowance,
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
    rule = tr(
        "An alert is raised when the gap over the last {size:,} people "
        "exceeds {tolerance} for {patience:,} {batches} running.",
        size=size,
        tolerance=_points(tolerance),
        patience=patience,
        batches=_batches(patience),
    )
    if not watched:
        return tr(
            "{rule} We cannot tell: no window of that size held people of every group.", rule=rule
        )
    counts = [f"{POLICY_LABELS[name]} {len(alerts)}" for name, alerts in found.items()]
    total = sum(len(alerts) for alerts in found.values())
    if not total:
        return tr(
            "{rule} There was no alert in {watched:,} {batches} watched.",
            rule=rule,
            watched=watched,
            batches=_batches(watched),
        )
    name, worst = max(
        ((name, a) for name, alerts in found.items() for a in alerts),
        key=lambda pair: pair[1].worst,
    )
    end = (
        tr("the end")
        if worst.end is None
        else tr("person {seen:,}", seen=int(played.seen[worst.end]))
    )
    return tr(
        "{rule} Alerts: {counts}. The widest: {worst} with {policy}, "
        "{group_names} above {group_names_2}{condition}, raised at person "
        "{seen:,} and lasting until {end}.",
        rule=rule,
        counts=", ".join(counts),
        worst=_points(worst.worst),
        policy=_policy(name),
        group_names=group_names[worst.highest],
        group_names_2=group_names[worst.lowest],
        condition=_condition(played.index.names[worst.condition]),
        seen=int(played.seen[worst.raised]),
        end=end,
    )


def stream_notes(played: StreamPlay, group_names: Sequence[str]) -> tuple[str, ...]:
    """What each rule promises, and what to know about how this stream was played."""
    notes = [_promises(played)]
    if any(name for name in played.index.names if name != "everyone") or played.constraint in (
        "mean_residual_parity",
        "accuracy_parity",
    ):
        notes.append(
            tr(
                "No rule sees an outcome of the people who come. Where the "
                "constraint asks for it, rules use the probability of the "
                "favourable outcome, calibrated on people known before; the "
                "table's outcomes only measure the gap. Where that probability "
                "is off for a group, the measured gap can stay above the "
                "slack. In use, outcomes arrive later than decisions, and so "
                "would this chart."
            )
        )
    if played.batch_size == 1 and "batch" in played.traces:
        notes.append(
            tr(
                "A batch of one person has nobody to be compared with, so "
                "moving each batch by itself changes nothing, and neither does "
                "the paper's online rule."
            )
        )
    elif played.order_name == "by group" and "batch" in played.traces:
        notes.append(
            tr(
                "Batches of a single group have nobody of another to be "
                "compared with, so moving each batch by itself changes nothing "
                "in them, and neither does the paper's online rule."
            )
        )
    # Changes are shown in points with one decimal: smaller ones read as none.
    if "frozen" in played.traces and math.sqrt(played.traces["frozen"].change) < 0.0005:
        notes.append(
            tr(
                "The frozen rule changes scores by less than 0.05 points here: "
                "the people it was fitted on were within the slack, or next to "
                "it, as they were."
            )
        )
    if played.complete > 1:
        notes.append(
            tr(
                "Until person {seen:,} not every group had come; gaps before "
                "that compare those that had.",
                seen=int(played.seen[min(played.complete, len(played.seen)) - 1]),
            )
        )
    notes += [
        tr(
            "“{name}” could not be played: {named}",
            name=POLICY_LABELS[name],
            named=_named(why, group_names),
        )
        for name, why in played.missing.items()
    ]
    return tuple(notes)


def _named(error: str, group_names: Sequence[str]) -> str:
    """An error of the solver with the names of groups instead of their numbers."""

    def name(found: re.Match[str]) -> str:
        g = int(found[1])
        return (
            tr("group “{group_names}”", group_names=group_names[g])
            if g < len(group_names)
            else found[0]
        )

    return re.sub(r"\bgroup (\d+)\b", name, error)


def _sizes(played: StreamPlay, names: Sequence[str]) -> str:
    sizes = np.bincount(played.index.group, minlength=len(names))
    present = np.flatnonzero(sizes)
    if len(present) > _TO_GROUPS:
        return tr(
            " ({n_present} groups of {sizes:,} to {sizes_2:,})",
            n_present=len(present),
            sizes=sizes[present].min(),
            sizes_2=sizes[present].max(),
        )
    return f" ({', '.join(f'{int(sizes[g]):,} {names[g]}' for g in present.tolist())})"


def _why_undefined(played: StreamPlay) -> str:
    groups = len(np.unique(played.index.group))
    if groups < 2:
        return tr("everybody is of one group")
    return tr("fewer than two groups have people the constraint compares")


def _measured(constraint: str, decisions: bool) -> str:
    what = tr("selection rates") if decisions else tr("mean scores")
    return MEASURED[constraint].format(what=what, one=tr("decision") if decisions else tr("score"))


def _promise(played: StreamPlay, decisions: bool) -> str:
    if decisions:
        return tr(
            "The slack of {slack} is about mean scores; decisions at "
            "threshold {threshold:.4g} are measured, not promised.",
            slack=_points(played.slack),
            threshold=played.threshold,
        )
    return tr("The slack is {slack}.", slack=_points(played.slack))


def _promises(played: StreamPlay) -> str:
    online = played.traces.get("online")
    kept = tr("the online rules come near it as people come")
    if online is not None and online.bound is not None and online.bound >= 1:
        kept += tr(" ({played_n:,} are too few for fairlab's to promise more)", played_n=played.n)
    elif online is not None and online.bound is not None:
        kept += tr(
            " (after these {played_n:,} people, fairlab's is at most "
            "{bound}, in any order and whatever the scores)",
            played_n=played.n,
            bound=_points(online.bound),
        )
    each = tr("moved by itself, each batch stays within {slack}", slack=_points(played.slack))
    if CONSTRAINTS[played.constraint].needs_labels:
        each += tr(" as far as calibrated probabilities tell, not by the outcomes measured here")
    return tr(
        "What is promised of mean scores: {each}, which does not bound the "
        "gap of everybody so far; the frozen rule stays within it among "
        "the people it was fitted on, and misses it by chance among others "
        "(about 2/√n of the smallest group); {kept}.",
        each=each,
        kept=kept,
    )


def _policy(name: str) -> str:
    return {
        "none": tr("no rule"),
        "batch": tr("each batch moved by itself"),
        "frozen": tr("the frozen rule"),
        "online_paper": tr("the paper's online rule"),
        "online": tr("fairlab's online rule"),
    }[name]


def _condition(name: str) -> str:
    return {
        "y = 1": tr(" with the favourable outcome"),
        "y = 0": tr(" with the unfavourable outcome"),
    }.get(name, "")


def _people(number: int) -> str:
    return "1 person" if number == 1 else tr("{number:,} people", number=number)


def _batches(number: int) -> str:
    return tr("batch") if number == 1 else tr("batches")


def _listed(parts: Sequence[str]) -> str:
    return (
        parts[0]
        if len(parts) == 1
        else tr("{parts} and {parts_last}", parts=", ".join(parts[:-1]), parts_last=parts[-1])
    )


def _points(value: float) -> str:
    return tr("undefined") if np.isnan(value) else tr("{value:.1f} points", value=100 * value)
