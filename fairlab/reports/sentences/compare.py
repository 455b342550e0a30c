"""The text twin of models side by side."""

from collections.abc import Sequence

import pandas as pd

from fairlab.language import inside, tr, tr_n
from fairlab.metrics import GAPS, RATES
from fairlab.metrics.gap_names import gap_name, gap_title
from fairlab.reports.sentences.audit import percent, points
from fairlab.reports.tables.compare import Compared, estimate, gap_estimate, rate_estimate
from fairlab.sweeps.changes import GapChange

# Columns of the table of changes, in order.
_CHANGE = (
    "measure",
    "group",
    "before",
    "after",
    "change",
    "interval",
    "chance",
    "visible",
    "people",
)


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


def overview_words(models: Sequence[Compared], gaps: Sequence[str]) -> tuple[str, ...]:
    """Accuracy, share selected and gaps of every model, a sentence each."""
    return tuple(
        tr(
            "{model}: accuracy {accuracy}, selected {selected}; {gaps}.",
            model=model.heading,
            accuracy=estimate(model.audit.rates["accuracy"].everyone),
            selected=estimate(model.audit.rates["selection_rate"].everyone),
            gaps=_gaps(model, gaps),
        )
        for model in models
    )


def rate_sentence(models: Sequence[Compared], rate: str) -> str:
    """One rate: highest and lowest group under each model.

    Args:
        rate: Name of a share in ``RATES``.
    """
    label = RATES[rate].label
    return f"{label}. " + " ".join(_spread(model, rate) for model in models)


def rate_words(models: Sequence[Compared], rate: str) -> tuple[str, ...]:
    """One rate of every group under every model, a sentence each."""
    said = []
    for model in models:
        found = model.audit.rates[rate]
        listed = "; ".join(
            f"{name}: {rate_estimate(one)}"
            for name, one in [
                *zip(model.audit.group_names, found.groups, strict=True),
                (tr("everyone"), found.everyone),
            ]
        )
        said.append(tr("{model}. {groups}.", model=model.heading, groups=listed))
    return tuple(said)


def gaps_words(models: Sequence[Compared]) -> tuple[str, ...]:
    """Every gap under every model, a sentence for each gap."""
    said = []
    for name in GAPS:
        listed = "; ".join(f"{m.letter} {gap_estimate(m.audit.gaps[name])}" for m in models)
        said.append(tr("{gap}: {models}.", gap=gap_title(name), models=listed))
    return tuple(said)


def _gaps(model: Compared, gaps: Sequence[str]) -> str:
    return ", ".join(
        tr(
            "{gap} {value}",
            gap=inside(gap_name(name)),
            value=gap_estimate(model.audit.gaps[name]),
        )
        for name in gaps
    )


def _against(first: Compared, other: Compared, gap: str, change: GapChange | None) -> str:
    label = inside(gap_name(gap))
    before, after = first.audit.gaps[gap].value, other.audit.gaps[gap].value
    accuracy = _accuracy(
        first.audit.rates["accuracy"].everyone.value,
        other.audit.rates["accuracy"].everyone.value,
    )
    if before is None or after is None:
        return tr(
            "{other} against {first}: accuracy {accuracy}. We cannot tell about the {gap}: it is "
            "undefined for {which}.",
            other=other.letter,
            first=first.letter,
            accuracy=accuracy,
            gap=label,
            which=first.letter if before is None else other.letter,
        )
    said = tr(
        "{other} against {first}: accuracy {accuracy}, {gap} {moved} ({before} and {after}).",
        other=other.letter,
        first=first.letter,
        accuracy=accuracy,
        gap=label,
        moved=_width(before, after),
        before=points(before),
        after=points(after),
    )
    return said + _certainty(change)


def _certainty(change: GapChange | None) -> str:
    """Whether the change of the gap may be chance; with the space before it."""
    if change is None:
        return " " + tr("They were measured on different people, so part of this may be chance.")
    if change.lower is None or change.upper is None:
        return ""
    lower, upper = _signed_points(change.lower), _signed_points(change.upper)
    if change.lower <= 0 <= change.upper and change.lower != change.upper:
        return " " + tr(
            "We cannot tell whether the gap changed: 95 % interval {lower} to {upper} points.",
            lower=lower,
            upper=upper,
        )
    return " " + tr(
        "95 % interval of the change: {lower} to {upper} points.", lower=lower, upper=upper
    )


def _signed_points(value: float) -> str:
    return tr("{value:+.1f}", value=100 * value).replace("-", "−")


def _accuracy(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return tr("undefined")
    difference = 100 * (after - before)
    if abs(difference) < 0.05:
        return tr("the same to a tenth of a point")
    if difference < 0:
        return tr("{points:.1f} points lower", points=-difference)
    return tr("{points:.1f} points higher", points=difference)


def _width(before: float, after: float) -> str:
    difference = 100 * (after - before)
    if abs(difference) < 0.05:
        return tr("the same to a tenth of a point")
    if difference < 0:
        return tr("{points:.1f} points narrower", points=-difference)
    return tr("{points:.1f} points wider", points=difference)


def _spread(model: Compared, rate: str) -> str:
    known = [one for one in model.audit.rates[rate].groups if one.value is not None]
    if not known:
        return tr("{model}: undefined for every group.", model=model.letter)
    low = min(known, key=lambda one: one.value)  # type: ignore[arg-type, return-value]
    high = max(known, key=lambda one: one.value)  # type: ignore[arg-type, return-value]
    missing = len(model.audit.group_names) - len(known)
    tail = ""
    if missing:
        tail = tr_n(
            "; undefined for {n} of the groups", "; undefined for {n} of the groups", missing
        )
    if low.value == high.value:
        return tr(
            "{model}: {value} in every group{tail}.",
            model=model.letter,
            value=percent(low.value),
            tail=tail,
        )
    return tr(
        "{model}: lowest {low} {low_value}, highest {high} {high_value}{tail}.",
        model=model.letter,
        low=low.group,
        low_value=percent(low.value),
        high=high.group,
        high_value=percent(high.value),
        tail=tail,
    )


def change_words(table: pd.DataFrame) -> tuple[str, ...]:
    """Every change of :func:`fairlab.reports.tables.changes.changes_table`, a sentence each."""
    return tuple(
        tr(
            "{measure}, {group}: {before} before, {after} after, change {change} (95 % interval "
            "{interval}); chance alone {chance}; smallest visible change {visible}; {people} "
            "decided differently.",
            **dict(zip(_CHANGE, (str(value) for value in row), strict=True)),
        )
        for row in table.itertuples(index=False)
    )
