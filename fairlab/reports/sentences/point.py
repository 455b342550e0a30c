"""One model of a sweep in a few words."""

from fairlab.baselines import BASELINES
from fairlab.language import tr
from fairlab.reports.figures.theme import MODE_LABELS
from fairlab.results import Point


def family_label(family: str) -> str:
    """A family in words: the mode, or a baseline by name (see ``Point.family``)."""
    return BASELINES[family].label if family in BASELINES else MODE_LABELS[family]


def dial_words(point: Point) -> str:
    """How a model was set: "strength 0.5", "slack 5 points", "unmitigated"; "" if it was not."""
    if point.baseline:
        return tr("unmitigated")
    if point.place is not None:
        return tr("place {place} in the grid", place=point.place + 1)
    if point.slack is not None:
        asked = tr("gap asked for") if point.mode == "penalty" else tr("slack")
        return tr("{asked} {slack:.3g} points", asked=asked, slack=100 * point.slack)
    return "" if point.strength is None else tr("strength {strength:.3g}", strength=point.strength)


def point_label(point: Point) -> str:
    """A point in a few words: "Penalty, strength 0.5"; with the seed when it is not 0.

    Baselines are trained once, with the first seed, which says nothing about them.
    """
    seed = tr("seed {seed}", seed=point.seed) if point.seed and point.method is None else ""
    words = (family_label(point.family), dial_words(point), seed)
    return ", ".join(word for word in words if word)


def uses_attribute_words(uses: bool | None) -> str:
    """Whether a decision needs the person's group, as a table cell."""
    return tr("not recorded") if uses is None else tr("yes") if uses else tr("no")
