"""What the threshold frontier says, and what it does not."""

import numpy as np

from fairlab.frontier import RoundedRule, Rule, RunFrontier
from fairlab.language import later, told, tr
from fairlab.outcomes import FloatArray
from fairlab.reports.sentences.curve import GAP_WORDS

LINE = "best for this score"
_SPLITS = told(
    {
        "test": later("test people"),
        "validation": later("validation people"),
        "train": later("training people"),
    }
)


def frontier_sentence(found: RunFrontier, label: str) -> str:
    """What the line is, for whose scores, and its two ends.

    Args:
        found: The frontier.
        label: Whose scores, in words.
    """
    measured, people = found.measured, _SPLITS[found.split]
    words = GAP_WORDS[found.frontier.constraint]
    known = np.flatnonzero(~np.isnan(measured.gap))
    start = tr(
        "The line is the best that thresholds per group allow for the "
        "scores of “{label}”; other scores may do better, so models can "
        "lie below it.",
        label=label,
    )
    if len(known) == 0:
        return tr(
            "{start} The gap in {words} is undefined on {people}, so nothing can be drawn.",
            start=start,
            words=words,
            people=people,
        )
    first, last = int(known[0]), int(known[-1])
    if first == last:
        return tr(
            "{start} On {people} it is one point, {at}.",
            start=start,
            people=people,
            at=_at(found, first),
        )
    return tr(
        "{start} On {people} it runs from {at} to {at_2}. Deciding that "
        "way needs each person's group.",
        start=start,
        people=people,
        at=_at(found, last),
        at_2=_at(found, first),
    )


def frontier_notes(found: RunFrontier) -> tuple[str, ...]:
    """What to keep in mind when reading the line."""
    band = (
        tr(
            "The band holds both noises: validation and test people are "
            "resampled, and thresholds fitted anew for each draw."
        )
        if found.measured.refitted
        else tr("The band is about these people alone: the thresholds stay where they were fitted.")
    )
    return (
        tr(
            "Best for this score by thresholds per group; another score may do "
            "better. It is no limit for models that were trained otherwise."
        ),
        tr(
            "Thresholds were fitted on {fitted_on:,} validation people; the "
            "line is measured on {measured_on:,} {split}. The grey band is the "
            "95 % range of its gap at each point; that of its accuracy is in "
            "the table.",
            fitted_on=found.fitted_on,
            measured_on=found.measured_on,
            split=_SPLITS[found.split],
        ),
        tr("It needs each person's group to decide; models on the curve may not."),
        tr(
            "Between two thresholds some decisions are drawn; the rule below "
            "says which, and what one threshold per group would lose."
        ),
        band,
        *found.notes,
    )


def rule_sentence(found: RunFrontier, slack: float) -> str:
    """What the rule at a slack promised, and does to the people shown."""
    frontier, measured = found.frontier, found.measured
    accuracy, gap = (
        float(np.interp(slack, measured.slack, values))
        for values in (measured.accuracy, measured.gap)
    )
    wide = min(slack, float(frontier.slack[-1]))
    ends = [float(np.interp(slack, measured.slack, end)) for end in measured.gap_band.T]
    there = tr(
        "accuracy {accuracy:.1f} % and a gap of {gap}{band}",
        accuracy=100 * accuracy,
        gap=_points(gap),
        band=_band(np.array(ends)),
    )
    return tr(
        "Fitted on validation people: accuracy {accuracy_at:.1f} % with a "
        "gap of at most {wide:.1f} points. On {split}: {there}.",
        accuracy_at=100 * frontier.accuracy_at(slack),
        wide=100 * wide,
        split=_SPLITS[found.split],
        there=there,
    )


def chance_sentence(rounded: RoundedRule, exact: Rule) -> str:
    """How many decisions are drawn, and what one threshold per group changes."""
    if not exact.randomised:
        return tr("Every group has one threshold: nothing is drawn.")
    before, after = rounded.before, rounded.after
    gaps = [
        tr("undefined") if m.gap is None else tr("{gap:.1f}", gap=100 * m.gap)
        for m in (before, after)
    ]
    return tr(
        "The best rule decides {chance:.1f} % of validation people by "
        "chance. With one threshold per group instead, accuracy there goes "
        "from {accuracy:.1f} to {accuracy_2:.1f} % and the gap from "
        "{gaps_first} to {gaps_second} points.",
        chance=100 * before.chance,
        accuracy=100 * before.accuracy,
        accuracy_2=100 * after.accuracy,
        gaps_first=gaps[0],
        gaps_second=gaps[1],
    )


def _at(found: RunFrontier, place: int) -> str:
    measured = found.measured
    return tr(
        "accuracy {accuracy:.1f} % with a gap of {gap:.1f} points{band}",
        accuracy=100 * measured.accuracy[place],
        gap=100 * measured.gap[place],
        band=_band(measured.gap_band[place]),
    )


def _band(ends: FloatArray) -> str:
    if np.isnan(ends).any():
        return ""
    return tr(
        " (95 % band {ends_first:.1f} to {ends_second:.1f})",
        ends_first=100 * ends[0],
        ends_second=100 * ends[1],
    )


def _points(value: float) -> str:
    return tr("undefined size") if np.isnan(value) else tr("{value:.1f} points", value=100 * value)
