"""The text twin of models side by side."""

from collections.abc import Sequence

from fairlab.metrics import GAPS, RATES
from fairlab.reports.sentences.audit import percent, points
from fairlab.reports.tables.compare import Compared
from fairlab.sweeps.changes import GapChange


def overview_sentence(
    models: Sequence[Compared], gap: str, changes: Sequence[GapChange | None]
) -> str:
    """Every model against the first: accuracy and one gap, and whether it may be chance.

    Args:
        models: At least two; all on the same groups.
        gap: Name of a difference in ``GAPS``.
        changes: Of each model but the first, how the gap changed from the first; None when they
            were not measured on the same people.
    """
    pairs = zip(models[1:], changes, strict=True)
    return " ".join(_against(models[0], other, gap, change) for other, change in pairs)


def rate_sentence(models: Sequence[Compared], rate: str) -> str:
    """One rate: highest and lowest group under each model.

    Args:
        rate: Name of a share in ``RATES``.
    """
    label = RATES[rate].label
    return f"{label}. " + " ".join(_spread(model, rate) for model in models)


def _against(first: Compared, other: Compared, gap: str, change: GapChange | None) -> str:
    label = GAPS[gap].label.lower()
    before, after = first.audit.gaps[gap].value, other.audit.gaps[gap].value
    accuracy = _change(
        first.audit.rates["accuracy"].everyone.value,
        other.audit.rates["accuracy"].everyone.value,
        ("lower", "higher"),
    )
    start = f"{other.letter} against {first.letter}: accuracy {accuracy}"
    if before is None or after is None:
        which = first.letter if before is None else other.letter
        return f"{start}. We cannot tell about the {label}: it is undefined for {which}."
    moved = _change(before, after, ("narrower", "wider"))
    return f"{start}, {label} {moved} ({points(before)} and {points(after)}).{_certainty(change)}"


def _certainty(change: GapChange | None) -> str:
    """Whether the change of the gap may be chance."""
    if change is None:
        return " They were measured on different people, so part of this may be chance."
    if change.lower is None or change.upper is None:
        return ""
    interval = f"{_signed_points(change.lower)} to {_signed_points(change.upper)} points"
    if change.lower <= 0 <= change.upper and change.lower != change.upper:
        return f" We cannot tell whether the gap changed: 95 % interval {interval}."
    return f" 95 % interval of the change: {interval}."


def _signed_points(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def _change(before: float | None, after: float | None, words: tuple[str, str]) -> str:
    if before is None or after is None:
        return "undefined"
    difference = 100 * (after - before)
    if abs(difference) < 0.05:
        return "the same to a tenth of a point"
    return f"{abs(difference):.1f} points {words[0] if difference < 0 else words[1]}"


def _spread(model: Compared, rate: str) -> str:
    known = [one for one in model.audit.rates[rate].groups if one.value is not None]
    if not known:
        return f"{model.letter}: undefined for every group."
    low = min(known, key=lambda one: one.value)  # type: ignore[arg-type, return-value]
    high = max(known, key=lambda one: one.value)  # type: ignore[arg-type, return-value]
    missing = len(model.audit.group_names) - len(known)
    tail = f"; undefined for {missing} of the groups" if missing else ""
    if low.value == high.value:
        return f"{model.letter}: {percent(low.value)} in every group{tail}."
    return (
        f"{model.letter}: lowest {low.group} {percent(low.value)}, highest {high.group} "
        f"{percent(high.value)}{tail}."
    )
