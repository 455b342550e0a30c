"""What a sweep over thresholds says, in words."""

from collections.abc import Sequence

from fairlab.impossibility import LeastWorstGap, ThresholdRange
from fairlab.language import inside, later, told, tr, tr_n
from fairlab.metrics import GAPS, RATES, GapResult
from fairlab.outcomes import Counts

_NUMBERS = told(
    (
        later("no"),
        later("one"),
        later("two"),
        later("three"),
        later("four"),
        later("five"),
        later("six"),
        later("seven"),
        later("eight"),
        later("nine"),
    )
)
MAX_RANGES = 3
_SMALL = 0.001  # smaller thresholds keep four digits instead of four decimals


def gap_words(name: str) -> str:
    """A gap's name inside a sentence: "demographic parity"."""
    return inside(GAPS[name].label.removesuffix(tr(" difference")))


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
    scope = tr("single thresholds{word}", word="" if every else tr(" compared")) + (
        tr(" within {within} points of the best accuracy", within=_number(100 * within))
        if within < 1
        else ""
    )
    if found is None:
        return tr(
            "We cannot tell how small the widest of these {count} can be: "
            "over {scope}, there is none at which all of them are defined.",
            count=_count(gaps),
            scope=scope,
        )
    spread = ""
    if interval is not None:
        spread = tr(
            " (95 % interval {interval_first:.1f} to {interval_second:.1f})",
            interval_first=100 * interval[0],
            interval_second=100 * interval[1],
        )
    if len(gaps) == 1:
        subject, last = tr("the {gap} gap is smallest", gap=gap_words(gaps[0])), "."
    else:
        subject = tr("the widest of the {count} is smallest", count=_count(gaps))
        last = tr(", set by {gap}.", gap=gap_words(found.worst))
    return tr(
        "Over {word} {scope}, {subject} at {threshold}: {found_value:.1f} "
        "points{spread}{last} Accuracy there is {accuracy:.1f} %; the best "
        "of any single threshold is {best_accuracy:.1f} %.",
        word=tr("all") if every else tr("the"),
        scope=scope,
        subject=subject,
        threshold=threshold_words(found.threshold, risk=risk),
        found_value=100 * found.value,
        spread=spread,
        last=last,
        accuracy=100 * found.accuracy,
        best_accuracy=100 * found.best_accuracy,
    )


def thinned_sentence(kept: int, distinct: int) -> str:
    """How many of all thresholds are compared; "" where all are."""
    if kept >= distinct:
        return ""
    return tr(
        "There are more scores here than are compared at once: gaps along "
        "the thresholds are at {kept:,} of {distinct:,} thresholds, spread "
        "evenly over the scores and exact at each.",
        kept=kept,
        distinct=distinct,
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
    what = tr("the gap") if len(gaps) == 1 else tr("all {count}", count=_count(gaps))
    limit = tr("{tolerance} points", tolerance=_number(100 * tolerance))
    scope = tr(" and gives up at most {within} points of accuracy", within=_number(100 * within))
    if not ranges:
        return tr(
            "No single threshold keeps {what} within {limit}{scope}.",
            what=what,
            limit=limit,
            scope=scope if within < 1 else "",
        )
    if len(ranges) > MAX_RANGES:
        ends = (ranges[0].above, ranges[-1].upto)
        first, last = (_shown(0.0 - end) if risk else _shown(end) for end in ends)
        return tr(
            "{n_ranges} ranges of thresholds between {first} and {last} "
            "keep {what} within {limit}.",
            n_ranges=len(ranges),
            first=first,
            last=last,
            what=what,
            limit=limit,
        )
    words = "; ".join(_range_of_risk(r) if risk else _range(r) for r in ranges)
    return tr("Thresholds {words} keep {what} within {limit}.", words=words, what=what, limit=limit)


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
    where = tr("these thresholds") if threshold is None else threshold_words(threshold, risk=risk)
    selected = float((counts.tp + counts.fp).sum())
    start = tr(
        "At {where}, {people} of {people_2} people are selected.",
        where=where,
        people=_people(selected),
        people_2=_people(float(counts.n.sum())),
    )
    results = [GAPS[name].result(counts) for name in gaps]
    known = [r for r in results if r.value is not None]
    undefined = [r for r in results if r.value is None]
    if known:
        widest = max(known, key=lambda r: 0.0 if r.value is None else r.value)
        start += (
            tr(
                " The widest gap is {gap}, {widest_value:.1f} points: {ends}.",
                gap=gap_words(widest.name),
                widest_value=100 * (widest.value or 0.0),
                ends=_ends(widest, counts),
            )
            if widest.value
            else tr(" No gap is wider than 0 points.")
        )
    for group in dict.fromkeys(name for r in known for name in r.left_out):
        of = [gap_words(r.name) for r in known if group in r.left_out]
        start += tr(
            " {group} is left out of {of}: its rate is undefined.", group=group, of=", ".join(of)
        )
    for result in undefined:
        reason = result.why_undefined.removeprefix("Undefined: ")
        start += tr(
            " {gap} is undefined: {reason}",
            gap=GAPS[result.name].label.removesuffix(tr(" difference")),
            reason=reason,
        )
    return start


def interval_sentence(gaps: Sequence[GapResult]) -> str:
    """Intervals of the gaps at one threshold as Audit has them, and why the chart's may be wider.

    Args:
        gaps: Of an audit at the threshold in force; "" when none has an interval.
    """
    known = [
        tr(
            "{gap} {gap_lower:.1f} to {gap_upper:.1f} points",
            gap=gap_words(gap.name),
            gap_lower=100 * gap.lower,
            gap_upper=100 * gap.upper,
        )
        for gap in gaps
        if gap.lower is not None and gap.upper is not None
    ]
    if not known:
        return ""
    return tr(
        "95 % intervals at this threshold by itself, as on Audit: {known}. "
        "Intervals of the table and bands of the chart can be wider: they "
        "resample each group's own people for every threshold at once, "
        "where Audit shuffles people between groups. For one threshold, "
        "read Audit's.",
        known=", ".join(known),
    )


def _ends(gap: GapResult, counts: Counts) -> str:
    """The two groups that set a gap, each with the number of people its rate is a share of."""
    people = RATES[gap.rate].denominator(counts)
    high, low = (
        tr(
            "{name} {end} (of {people})",
            name=name,
            end=end,
            people=_people(float(people[counts.group_names.index(name)])),
        )
        for name, end in ((str(gap.highest), tr("highest")), (str(gap.lowest), tr("lowest")))
    )
    return f"{high}, {low}"


def _range(r: ThresholdRange) -> str:
    if r.above == float("-inf"):
        return tr("up to {shown}", shown=_shown(r.upto))
    return tr("above {shown} and up to {r_upto}", shown=_shown(r.above), r_upto=_shown(r.upto))


def _range_of_risk(r: ThresholdRange) -> str:
    if r.above == float("-inf"):
        return tr("from {shown}", shown=_shown(0.0 - r.upto))
    return tr(
        "from {shown} to below {shown_2}", shown=_shown(0.0 - r.upto), shown_2=_shown(0.0 - r.above)
    )


def threshold_words(threshold: float, *, risk: bool = False) -> str:
    """ "threshold 0.431", for a risk "threshold 4 or less", or what +inf means."""
    if risk:
        if threshold == float("inf"):
            return tr("a threshold below every score")
        return tr("threshold {shown} or less", shown=_shown(0.0 - threshold))
    return (
        tr("a threshold above every score")
        if threshold == float("inf")
        else (tr("threshold {shown}", shown=_shown(threshold)))
    )


def _shown(threshold: float) -> str:
    if threshold == float("-inf"):
        return tr("the lowest score")
    return tr(
        "{threshold:.4g}", threshold=round(threshold, 4) if abs(threshold) >= _SMALL else threshold
    )


def _count(gaps: Sequence[str]) -> str:
    number = _NUMBERS[len(gaps)] if len(gaps) < len(_NUMBERS) else str(len(gaps))
    return tr_n("{number} gap", "{number} gaps", len(gaps), number=number)


def _people(number: float) -> str:
    return (
        tr("{number:,.0f}", number=number)
        if number == round(number)
        else tr("{number:,.1f}", number=number)
    )


def _number(value: float) -> str:
    return tr("{value:.4g}", value=value)
