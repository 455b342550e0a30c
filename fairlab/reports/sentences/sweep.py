"""What a sweep over thresholds says, in words."""

from collections.abc import Sequence

from fairlab.impossibility import LeastWorstGap, ThresholdRange
from fairlab.metrics import GAPS, RATES, GapResult
from fairlab.outcomes import Counts

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MAX_RANGES = 3
_SMALL = 0.001  # smaller thresholds keep four digits instead of four decimals


def gap_words(name: str) -> str:
    """A gap's name inside a sentence: "demographic parity"."""
    return GAPS[name].label.removesuffix(" difference").lower()


def least_worst_sentence(
    found: LeastWorstGap | None,
    interval: tuple[float, float] | None,
    gaps: Sequence[str],
    within: float,
    *,
    risk: bool = False,
    every: bool = True,
) -> str:
    """The smallest worst gap over single thresholds, with its interval and where.

    Args:
        found, interval: From ``least_worst_gap`` and ``least_worst_interval``.
        gaps: The gaps compared.
        within: Accuracy given up at most, in [0, 1].
        risk: Scores are minus a risk; thresholds are then said as the risk.
        every: Whether every threshold was compared.
    """
    scope = f"single thresholds{'' if every else ' compared'}" + (
        f" within {_number(100 * within)} points of the best accuracy" if within < 1 else ""
    )
    if found is None:
        return (
            f"We cannot tell how small the widest of these {_count(gaps)} can be: over {scope}, "
            "there is none at which all of them are defined."
        )
    spread = ""
    if interval is not None:
        spread = f" (95 % interval {100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
    if len(gaps) == 1:
        subject, last = f"the {gap_words(gaps[0])} gap is smallest", "."
    else:
        subject = f"the widest of the {_count(gaps)} is smallest"
        last = f", set by {gap_words(found.worst)}."
    return (
        f"Over {'all' if every else 'the'} {scope}, {subject} at "
        f"{threshold_words(found.threshold, risk=risk)}: {100 * found.value:.1f} points"
        f"{spread}{last} Accuracy there is "
        f"{100 * found.accuracy:.1f} %; the best of any single threshold is "
        f"{100 * found.best_accuracy:.1f} %."
    )


def thinned_sentence(kept: int, distinct: int) -> str:
    """How many of all thresholds are compared; "" where all are."""
    if kept >= distinct:
        return ""
    return (
        f"There are more scores here than are compared at once: gaps along the thresholds are at "
        f"{kept:,} of {distinct:,} thresholds, spread evenly over the scores and exact at each."
    )


def tolerance_sentence(
    ranges: Sequence[ThresholdRange],
    gaps: Sequence[str],
    tolerance: float,
    within: float,
    *,
    risk: bool = False,
) -> str:
    """At which thresholds every gap is inside the tolerance.

    Args:
        ranges: From ``within_tolerance``.
        gaps, within: As there.
        tolerance: In [0, 1].
        risk: Scores are minus a risk; thresholds are then said as the risk.
    """
    what = f"{'the gap' if len(gaps) == 1 else f'all {_count(gaps)}'}"
    limit = f"{_number(100 * tolerance)} points"
    scope = f" and gives up at most {_number(100 * within)} points of accuracy"
    if not ranges:
        return f"No single threshold keeps {what} within {limit}{scope if within < 1 else ''}."
    if len(ranges) > MAX_RANGES:
        ends = (ranges[0].above, ranges[-1].upto)
        first, last = (_shown(0.0 - end) if risk else _shown(end) for end in ends)
        return (
            f"{len(ranges)} ranges of thresholds between {first} and {last} keep {what} "
            f"within {limit}."
        )
    words = "; ".join(_range_of_risk(r) if risk else _range(r) for r in ranges)
    return f"Thresholds {words} keep {what} within {limit}."


def at_threshold_sentence(
    counts: Counts, threshold: float | None, gaps: Sequence[str], *, risk: bool = False
) -> str:
    """How many are selected at a threshold, the widest gap there, and what is undefined.

    Args:
        counts: Fields of shape (G,) at the threshold.
        threshold: For the words; None when each group has its own.
        gaps: Names in ``GAPS``.
        risk: Scores are minus a risk; the threshold is then said as the risk.
    """
    where = "these thresholds" if threshold is None else threshold_words(threshold, risk=risk)
    selected = float((counts.tp + counts.fp).sum())
    start = (
        f"At {where}, {_people(selected)} of {_people(float(counts.n.sum()))} people are selected."
    )
    results = [GAPS[name].result(counts) for name in gaps]
    known = [r for r in results if r.value is not None]
    undefined = [r for r in results if r.value is None]
    if known:
        widest = max(known, key=lambda r: 0.0 if r.value is None else r.value)
        start += (
            f" The widest gap is {gap_words(widest.name)}, {100 * (widest.value or 0.0):.1f} "
            f"points: {_ends(widest, counts)}."
            if widest.value
            else " No gap is wider than 0 points."
        )
    for group in dict.fromkeys(name for r in known for name in r.left_out):
        of = [gap_words(r.name) for r in known if group in r.left_out]
        start += f" {group} is left out of {', '.join(of)}: its rate is undefined."
    for result in undefined:
        reason = result.why_undefined.removeprefix("Undefined: ")
        start += f" {gap_words(result.name).capitalize()} is undefined: {reason}"
    return start


def interval_sentence(gaps: Sequence[GapResult]) -> str:
    """Intervals of the gaps at one threshold as Audit has them, and why the chart's may be wider.

    Args:
        gaps: Of an audit at the threshold in force; "" when none has an interval.
    """
    known = [
        f"{gap_words(gap.name)} {100 * gap.lower:.1f} to {100 * gap.upper:.1f} points"
        for gap in gaps
        if gap.lower is not None and gap.upper is not None
    ]
    if not known:
        return ""
    return (
        f"95 % intervals at this threshold by itself, as on Audit: {', '.join(known)}. Intervals "
        "of the table and bands of the chart can be wider: they resample each group's own people "
        "for every threshold at once, where Audit shuffles people between groups. For one "
        "threshold, read Audit's."
    )


def _ends(gap: GapResult, counts: Counts) -> str:
    """The two groups that set a gap, each with the number of people its rate is a share of."""
    people = RATES[gap.rate].denominator(counts)
    high, low = (
        f"{name} {end} (of {_people(float(people[counts.group_names.index(name)]))})"
        for name, end in ((str(gap.highest), "highest"), (str(gap.lowest), "lowest"))
    )
    return f"{high}, {low}"


def _range(r: ThresholdRange) -> str:
    if r.above == float("-inf"):
        return f"up to {_shown(r.upto)}"
    return f"above {_shown(r.above)} and up to {_shown(r.upto)}"


def _range_of_risk(r: ThresholdRange) -> str:
    if r.above == float("-inf"):
        return f"from {_shown(0.0 - r.upto)}"
    return f"from {_shown(0.0 - r.upto)} to below {_shown(0.0 - r.above)}"


def threshold_words(threshold: float, *, risk: bool = False) -> str:
    """ "threshold 0.431", for a risk "threshold 4 or less", or what +inf means."""
    if risk:
        if threshold == float("inf"):
            return "a threshold below every score"
        return f"threshold {_shown(0.0 - threshold)} or less"
    return (
        "a threshold above every score"
        if threshold == float("inf")
        else (f"threshold {_shown(threshold)}")
    )


def _shown(threshold: float) -> str:
    if threshold == float("-inf"):
        return "the lowest score"
    return f"{round(threshold, 4) if abs(threshold) >= _SMALL else threshold:.4g}"


def _count(gaps: Sequence[str]) -> str:
    number = _NUMBERS[len(gaps)] if len(gaps) < len(_NUMBERS) else str(len(gaps))
    return f"{number} gap{'s' if len(gaps) != 1 else ''}"


def _people(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else f"{number:,.1f}"


def _number(value: float) -> str:
    return f"{value:.4g}"
