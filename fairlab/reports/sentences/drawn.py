"""What is said of a model that draws its decisions."""

from fairlab.sweeps.drawn import Decided, DrawnDecisions

DECIDING = "decisions are drawn, each with the person's own chance of being selected"


def drawn_sentence(found: DrawnDecisions, mixed: int, people: str) -> str:
    """The rule itself, the draw that is shown, and what a threshold would be instead.

    Args:
        found: On the people meant.
        mixed: Classifiers the rule draws among.
        people: On whom, in words ("test people").
    """
    among = f" among {mixed} classifiers" if mixed > 1 else ""
    return (
        f"This model draws its decisions{among}. On {people}, averaged over all draws, "
        f"{_words(found.expected)}; the draw shown here has {_words(found.drawn)}. Selecting "
        "everybody whose chance is at least one half would be another rule, with "
        f"{_words(found.thresholded)}."
    )


def _words(one: Decided) -> str:
    accuracy = "undefined" if one.accuracy is None else f"{100 * one.accuracy:.1f} %"
    gap = "undefined" if one.gap is None else f"{100 * one.gap:.1f} points"
    return f"accuracy {accuracy} and a gap of {gap}"
