"""The text twin of models side by side."""

from collections.abc import Sequence

from fairlab.metrics import GAPS, RATES
from fairlab.reports.sentences.audit import percent, points
from fairlab.reports.tables.compare import Compared


def overview_sentence(models: Sequence[Compared], gap: str) -> str:
    """Every model against the first: accuracy and one gap, and whether it may be chance.

    Args:
        models: At least two; all on the same groups.
        gap: Name of a difference in ``GAPS``.
    """
    first = models[0]
    said = [_against(first, other, gap) for other in models[1:]]
    return " ".join(said)


def rate_sentence(models: Sequence[Compared], rate: str) -> str:
    """One rate: highest and lowest group under each model.

    Args:
        rate: Name of a share in ``RATES``.
    """
    label = RATES[rate].label
    return f"{label}. " + " ".join(_spread(model, rate) for model in models)


def _against(first: Compared, other: Compared, gap: str) -> str:
    label = GAPS[gap].label.lower()
    before, after = first.audit.gaps[gap], other.audit.gaps[gap]
    accuracy = _change(
        first.audit.rates["accuracy"].everyone.value,
        other.audit.rates["accuracy"].everyone.value,
        ("lower", "higher"),
    )
    if before.value is None or after.value is None:
        which = first.letter if before.value is None else other.letter
        return (
            f"{other.letter} against {first.letter}: accuracy {accuracy}. We cannot tell about "
            f"the {label}: it is undefined for {which}."
        )
    change = _change(before.value, after.value, ("narrower", "wider"))
    sentence = (
        f"{other.letter} against {first.letter}: accuracy {accuracy}, {label} {change} "
        f"({points(before.value)} and {points(after.value)})."
    )
    bounds = (before.lower, before.upper, after.lower, after.upper)
    if None not in bounds and before.lower <= after.upper and after.lower <= before.upper:  # type: ignore[operator]
        sentence += " The intervals of the two gaps overlap: the difference may be chance."
    return sentence


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
