"""What changes from one model to another on the same people, and whether that may be chance."""

from fairlab.language import tr
from fairlab.metrics import GAPS, RATES
from fairlab.metrics.gap_names import gap_name
from fairlab.reports.sentences.audit import CHANCE_LEVEL, chance, people
from fairlab.sweeps.change_records import GapChange, ModelComparison, RateChange


def change_sentence(
    found: ModelComparison, gap: str, *, before: str = "A", after: str = "B"
) -> str:
    """Accuracy of everyone and one gap: change, interval, people decided differently.

    Args:
        found: With the accuracy and the gap among what was compared.
        gap: Name of a gap in ``GAPS``.
        before, after: Names of the two models.
    """
    if found.n > 0 and found.decided_differently == 0:
        return tr(
            "{before} and {after} decide alike about all {found_n} people.",
            before=before,
            after=after,
            found_n=people(found.n),
        )
    start = tr(
        "From {before} to {after}, {decided_differently} of {found_n} "
        "people are decided differently.",
        before=before,
        after=after,
        decided_differently=people(found.decided_differently),
        found_n=people(found.n),
    )
    accuracy = found.rate("accuracy")
    p_values = [*(c.p_adjusted for c in found.rates), *(c.p_adjusted for c in found.gaps)]
    tests = sum(p is not None for p in p_values)
    corrected = ""
    if tests > 1:
        corrected = tr(
            " p-values are corrected for all comparisons in the table, intervals are not; we say "
            "that something changed when both speak for it."
        )
    said = (
        said_of(tr("Accuracy"), accuracy, RATES["accuracy"].share),
        said_of(gap_name(gap), found.gap(gap), in_points(found.gap(gap))),
    )
    return f"{start} {' '.join(said)}{corrected}"


def said_of(label: str, change: RateChange | GapChange, as_points: bool) -> str:
    """One change: "Accuracy changes by +0.4 points (−0.1 to +0.9): we cannot tell …"."""
    if change.value is None:
        return tr("{label}: undefined for one of the two.", label=label)
    unit = tr(" points") if as_points else ""
    text = tr(
        "{label} changes by {signed_change}{unit}",
        label=label,
        signed_change=signed_change(change.value, as_points),
        unit=unit,
    )
    if change.lower is None or change.upper is None:
        return f"{text}. {change.why}".strip()
    interval = tr(
        "{signed_change} to {change_upper}",
        signed_change=signed_change(change.lower, as_points),
        change_upper=signed_change(change.upper, as_points),
    )
    text += tr(" (95 % interval {interval}", interval=interval)
    if change.p_adjusted is not None:
        text += f", {chance(change.p_adjusted)}"
    text += ")"
    contains = change.lower <= 0 <= change.upper and change.lower != change.upper
    if contains or (change.p_adjusted is not None and change.p_adjusted > CHANCE_LEVEL):
        seen = ""
        if change.detectable is not None:
            size = signed_change(change.detectable, as_points).lstrip("+")
            seen = tr(
                " These people would show a change of {size}{unit} or more.", size=size, unit=unit
            )
        return tr("{text}: we cannot tell whether it changed.{seen}", text=text, seen=seen)
    return f"{text}."


def in_points(change: GapChange) -> bool:
    """Whether a gap is a difference of shares."""
    gap = GAPS[change.gap]
    return gap.spread == "difference" and all(rate.name != "fn_fp_ratio" for rate in gap.rates)


def signed_change(value: float, as_points: bool) -> str:
    """A number with its sign: points with one decimal, others with two."""
    text = tr("{value:+.1f}", value=100 * value) if as_points else tr("{value:+.2f}", value=value)
    if round(100 * value if as_points else value, 1 if as_points else 2) == 0:
        return text.lstrip("+-")
    return text.replace("-", "−")
