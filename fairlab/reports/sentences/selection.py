"""A model picked on validation people, in words: what picking costs, and what test people say."""

from fairlab.language import tr
from fairlab.pareto.selection import Selection


def selection_sentence(found: Selection, label: str) -> str:
    """Where it was picked, what it is expected to lose by that, and how it does on test people.

    That a wider gap than the one asked for is to be expected on others comes right after the pick.

    Args:
        found: The model picked.
        label: What it is called.
    """
    said = " ".join(one for one in (_picked(found, label), _beyond(found), _there(found)) if one)
    return f"{said} {measured_sentence(found)}".strip()


def pick_sentence(found: Selection, label: str) -> str:
    """What was picked, what is to be expected on others if that is beyond the gap asked for."""
    said = (_picked(found, label), _beyond(found), measured_sentence(found))
    return " ".join(one for one in said if one)


def cost_sentence(found: Selection) -> str:
    """What picking costs: the numbers where it was picked, the loss expected, how often again."""
    return f"{_there(found)} {again_sentence(found)}".strip()


def measured_sentence(found: Selection) -> str:
    """How the picked model does on test people; "" without any."""
    if found.test_accuracy is None or found.test_gap is None:
        return ""
    return tr(
        "On test people: accuracy {measured}, gap {found_test_gap}.",
        measured=_measured(found.test_accuracy, " %"),
        found_test_gap=_measured(found.test_gap, tr(" points")),
    )


def _there(found: Selection) -> str:
    return tr(
        "There: accuracy {accuracy}, gap {gap}. Because it was picked "
        "there, expect {shift} on others.",
        accuracy=_percent(found.accuracy),
        gap=_points(found.gap),
        shift=_shift(found),
    )


def needs_group_sentence(uses_attribute: bool | None) -> str:
    """That deciding by the picked model takes a person's group; "" if it does not."""
    return tr("To decide with it, each person's group must be known.") if uses_attribute else ""


def _picked(found: Selection, label: str) -> str:
    asked = tr("a gap of {asked} on validation people", asked=_asked(found))
    kind = tr("models, all with warnings") if found.warned else tr("healthy models")
    if found.candidates == 1:
        only = (
            tr("The only model, which has a warning")
            if found.warned
            else tr("The only healthy model")
        )
        if found.met:
            return tr("{only}, {label}, is within {asked}.", only=only, label=label, asked=asked)
        return tr("{only}, {label}, is not within {asked}.", only=only, label=label, asked=asked)
    if not found.met:
        none = tr(
            "None of {candidates} {kind}{word} is within {asked}",
            candidates=found.candidates,
            kind=kind,
            word="," if found.warned else "",
            asked=asked,
        )
        return tr("{none}; {label} has the narrowest gap there.", none=none, label=label)
    if 100 * found.passed_over < 0.05:
        best = tr(
            "the most accurate among those within {asked} is {label}", asked=asked, label=label
        )
        return tr(
            "Of {candidates} {kind}, {best}.", candidates=found.candidates, kind=kind, best=best
        )
    return tr(
        "Of {candidates} {kind}, {label} is picked among those within "
        "{asked}. One of them is {passed_over} more accurate there, but "
        "chance is expected to take its gap further beyond that on others.",
        candidates=found.candidates,
        kind=kind,
        label=label,
        asked=asked,
        passed_over=_points(found.passed_over),
    )


def _beyond(found: Selection) -> str:
    """That the gap expected on others is beyond the one asked for; "" if it is not."""
    if not found.met or 100 * (found.expected_gap - found.within) < 0.05:
        return ""
    return tr(
        "On others expect a gap of about {expected_gap}, beyond the "
        "{within:.3g} asked for: ask for a narrower one to stay within it.",
        expected_gap=_points(found.expected_gap),
        within=100 * found.within,
    )


def _asked(found: Selection) -> str:
    number = tr("{within:.3g}", within=100 * found.within)
    return (
        tr("{number} point", number=number)
        if number == "1"
        else tr("{number} points", number=number)
    )


def again_sentence(found: Selection) -> str:
    """How often the same model would have been picked from other people."""
    return tr(
        "From other validation people the same model would be picked in "
        "{picked_again:.0f} of 100 cases.",
        picked_again=100 * found.picked_again,
    )


def _shift(found: Selection) -> str:
    less, wider = 100 * found.accuracy_loss, 100 * found.gap_growth
    accuracy = tr("as much accuracy")
    if abs(less) >= 0.05:
        accuracy = tr(
            "{less:.1f} points {word} accuracy",
            less=abs(less),
            word=tr("less") if less > 0 else tr("more"),
        )
    gap = tr("a gap as wide")
    if abs(wider) >= 0.05:
        gap = tr(
            "a gap {wider:.1f} points {word}",
            wider=abs(wider),
            word=tr("wider") if wider > 0 else tr("narrower"),
        )
    return tr("{accuracy} and {gap}", accuracy=accuracy, gap=gap)


def _measured(number: object, unit: str) -> str:
    value, lower, upper = (getattr(number, name) for name in ("value", "lower", "upper"))
    if value is None:
        return tr("undefined")
    if lower is None or upper is None:
        return tr("{value:.1f}{unit}", value=100 * value, unit=unit)
    return tr(
        "{value:.1f}{unit} ({lower:.1f} to {upper:.1f})",
        value=100 * value,
        unit=unit,
        lower=100 * lower,
        upper=100 * upper,
    )


def _percent(value: float) -> str:
    return tr("{value:.1f} %", value=100 * value)


def _points(value: float) -> str:
    return tr("{value:.1f} points", value=100 * value)
