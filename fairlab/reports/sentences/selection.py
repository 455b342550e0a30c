"""A model picked on validation people, in words: what picking costs, and what test people say."""

from fairlab.pareto.selection import Selection


def selection_sentence(found: Selection, label: str) -> str:
    """Where it was picked, what it is expected to lose by that, and how it does on test people.

    That a wider gap than the one asked for is to be expected on others comes right after the pick.

    Args:
        found: The model picked.
        label: What it is called.
    """
    there = (
        f"There: accuracy {_percent(found.accuracy)}, gap {_points(found.gap)}. Because it was "
        f"picked there, expect {_shift(found)} on others."
    )
    said = " ".join(one for one in (_picked(found, label), _beyond(found), there) if one)
    if found.test_accuracy is None or found.test_gap is None:
        return said
    return (
        f"{said} On test people: accuracy {_measured(found.test_accuracy, ' %')}, gap "
        f"{_measured(found.test_gap, ' points')}."
    )


def needs_group_sentence(uses_attribute: bool | None) -> str:
    """That deciding by the picked model takes a person's group; "" if it does not."""
    return "To decide with it, each person's group must be known." if uses_attribute else ""


def _picked(found: Selection, label: str) -> str:
    asked = f"a gap of {_asked(found)} on validation people"
    kind = "models, all with warnings" if found.warned else "healthy models"
    if found.candidates == 1:
        only = "The only model, which has a warning" if found.warned else "The only healthy model"
        return f"{only}, {label}, is {'' if found.met else 'not '}within {asked}."
    if not found.met:
        none = f"None of {found.candidates} {kind}{',' if found.warned else ''} is within {asked}"
        return f"{none}; {label} has the narrowest gap there."
    if 100 * found.passed_over < 0.05:
        best = f"the most accurate among those within {asked} is {label}"
        return f"Of {found.candidates} {kind}, {best}."
    return (
        f"Of {found.candidates} {kind}, {label} is picked among those within {asked}. One of them "
        f"is {_points(found.passed_over)} more accurate there, but chance is expected to take "
        "its gap further beyond that on others."
    )


def _beyond(found: Selection) -> str:
    """That the gap expected on others is beyond the one asked for; "" if it is not."""
    if not found.met or 100 * (found.expected_gap - found.within) < 0.05:
        return ""
    return (
        f"On others expect a gap of about {_points(found.expected_gap)}, beyond the "
        f"{100 * found.within:.3g} asked for: ask for a narrower one to stay within it."
    )


def _asked(found: Selection) -> str:
    number = f"{100 * found.within:.3g}"
    return f"{number} point" if number == "1" else f"{number} points"


def again_sentence(found: Selection) -> str:
    """How often the same model would have been picked from other people."""
    return (
        f"From other validation people the same model would be picked in "
        f"{100 * found.picked_again:.0f} of 100 cases."
    )


def _shift(found: Selection) -> str:
    less, wider = 100 * found.accuracy_loss, 100 * found.gap_growth
    accuracy = "as much accuracy"
    if abs(less) >= 0.05:
        accuracy = f"{abs(less):.1f} points {'less' if less > 0 else 'more'} accuracy"
    gap = "a gap as wide"
    if abs(wider) >= 0.05:
        gap = f"a gap {abs(wider):.1f} points {'wider' if wider > 0 else 'narrower'}"
    return f"{accuracy} and {gap}"


def _measured(number: object, unit: str) -> str:
    value, lower, upper = (getattr(number, name) for name in ("value", "lower", "upper"))
    if value is None:
        return "undefined"
    if lower is None or upper is None:
        return f"{100 * value:.1f}{unit}"
    return f"{100 * value:.1f}{unit} ({100 * lower:.1f} to {100 * upper:.1f})"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"
