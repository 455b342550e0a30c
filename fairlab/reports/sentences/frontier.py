"""What the threshold frontier says, and what it does not."""

import numpy as np

from fairlab.frontier import RoundedRule, Rule, RunFrontier
from fairlab.outcomes import FloatArray
from fairlab.reports.sentences.curve import GAP_WORDS

LINE = "best for this score"
_SPLITS = {"test": "test people", "validation": "validation people", "train": "training people"}


def frontier_sentence(found: RunFrontier, label: str) -> str:
    """What the line is, for whose scores, and its two ends.

    Args:
        found: The frontier.
        label: Whose scores, in words.
    """
    measured, people = found.measured, _SPLITS[found.split]
    words = GAP_WORDS[found.frontier.constraint]
    known = np.flatnonzero(~np.isnan(measured.gap))
    start = (
        f"The line is the best that thresholds per group allow for the scores of “{label}”; other "
        "scores may do better, so models can lie below it."
    )
    if len(known) == 0:
        return f"{start} The gap in {words} is undefined on {people}, so nothing can be drawn."
    first, last = int(known[0]), int(known[-1])
    if first == last:
        return f"{start} On {people} it is one point, {_at(found, first)}."
    return (
        f"{start} On {people} it runs from {_at(found, last)} to {_at(found, first)}. Deciding "
        "that way needs each person's group."
    )


def frontier_notes(found: RunFrontier) -> tuple[str, ...]:
    """What to keep in mind when reading the line."""
    band = (
        "The band holds both noises: validation and test people are resampled, and thresholds "
        "fitted anew for each draw."
        if found.measured.refitted
        else "The band is about these people alone: the thresholds stay where they were fitted."
    )
    return (
        "Best for this score by thresholds per group; another score may do better. It is no limit "
        "for models that were trained otherwise.",
        f"Thresholds were fitted on {found.fitted_on:,} validation people; the line is measured on "
        f"{found.measured_on:,} {_SPLITS[found.split]}. The grey band is the 95 % range of its gap "
        "at each point; that of its accuracy is in the table.",
        "It needs each person's group to decide; models on the curve may not.",
        "Between two thresholds some decisions are drawn; the rule below says which, and what one "
        "threshold per group would lose.",
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
    there = f"accuracy {100 * accuracy:.1f} % and a gap of {_points(gap)}{_band(np.array(ends))}"
    return (
        f"Fitted on validation people: accuracy {100 * frontier.accuracy_at(slack):.1f} % with a "
        f"gap of at most {100 * wide:.1f} points. On {_SPLITS[found.split]}: {there}."
    )


def chance_sentence(rounded: RoundedRule, exact: Rule) -> str:
    """How many decisions are drawn, and what one threshold per group changes."""
    if not exact.randomised:
        return "Every group has one threshold: nothing is drawn."
    before, after = rounded.before, rounded.after
    gaps = ["undefined" if m.gap is None else f"{100 * m.gap:.1f}" for m in (before, after)]
    return (
        f"The best rule decides {100 * before.chance:.1f} % of validation people by chance. With "
        f"one threshold per group instead, accuracy there goes from {100 * before.accuracy:.1f} to "
        f"{100 * after.accuracy:.1f} % and the gap from {gaps[0]} to {gaps[1]} points."
    )


def _at(found: RunFrontier, place: int) -> str:
    measured = found.measured
    return (
        f"accuracy {100 * measured.accuracy[place]:.1f} % with a gap of "
        f"{100 * measured.gap[place]:.1f} points{_band(measured.gap_band[place])}"
    )


def _band(ends: FloatArray) -> str:
    if np.isnan(ends).any():
        return ""
    return f" (95 % band {100 * ends[0]:.1f} to {100 * ends[1]:.1f})"


def _points(value: float) -> str:
    return "undefined size" if np.isnan(value) else f"{100 * value:.1f} points"
