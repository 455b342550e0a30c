"""What is said of a model that draws its decisions."""

from fairlab.language import later, tr
from fairlab.sweeps.drawn import Decided, DrawnDecisions

DECIDING = later("decisions are drawn, each with the person's own chance of being selected")


def drawn_sentence(found: DrawnDecisions, mixed: int, people: str) -> str:
    """The rule itself, the draw that is shown, and what a threshold would be instead.

    Args:
        found: On the people meant.
        mixed: Classifiers the rule draws among.
        people: On whom, in words ("test people").
    """
    among = tr(" among {mixed} classifiers", mixed=mixed) if mixed > 1 else ""
    return tr(
        "This model draws its decisions{among}. On {people}, averaged over "
        "all draws, {words}; the draw shown here has {found_drawn}. "
        "Selecting everybody whose chance is at least one half would be "
        "another rule, with {found_thresholded}.",
        among=among,
        people=people,
        words=_words(found.expected),
        found_drawn=_words(found.drawn),
        found_thresholded=_words(found.thresholded),
    )


def _words(one: Decided) -> str:
    accuracy = (
        tr("undefined")
        if one.accuracy is None
        else tr("{accuracy:.1f} %", accuracy=100 * one.accuracy)
    )
    gap = tr("undefined") if one.gap is None else tr("{gap:.1f} points", gap=100 * one.gap)
    return tr("accuracy {accuracy} and a gap of {gap}", accuracy=accuracy, gap=gap)
