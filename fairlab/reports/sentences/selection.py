"""A model picked on validation people, in words: what picking costs, and what test people say."""

from fairlab.pareto.selection import Selection


def selection_sentence(found: Selection, label: str) -> str:
    """Where it was picked, what it is expected to lose by that, and how it does on test people.

    Args:
        found: The model picked.
        label: What it is called.
    """
    within = f"within a gap of {100 * found.within:.3g} points on validation people"
    if found.met:
        head = f"{label} is the most accurate of {found.candidates} models {within}."
    else:
        head = (
            f"None of {found.candidates} models is {within}; {label} has the narrowest gap there."
        )
    if found.warned:
        head = f"Every model has a warning. {head}"
    there = (
        f"There: accuracy {_percent(found.accuracy)}, gap {_points(found.gap)}. Because it was "
        f"picked there, expect {_shift(found)} on others."
    )
    if found.test_accuracy is None or found.test_gap is None:
        return f"{head} {there}"
    return (
        f"{head} {there} On test people: accuracy {_measured(found.test_accuracy, ' %')}, gap "
        f"{_measured(found.test_gap, ' points')}."
    )


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
