"""What a rule does to people, in words."""

from fairlab.frontier import Measured, Rule
from fairlab.metrics import GapResult
from fairlab.reports.sentences.curve import GAP_WORDS


def rule_effect_sentence(rule: Rule, found: Measured, in_use: GapResult, accuracy: float) -> str:
    """Accuracy and gap of a rule on people, beside what is in use.

    Args:
        rule: The rule.
        found: Measured on these people.
        in_use: The rule's gap as these people are decided now.
        accuracy: Of the decisions in use, [0, 1].
    """
    words = GAP_WORDS[rule.constraint]
    said = (
        f"On these people the rule reaches accuracy {100 * found.accuracy:.1f} % (in use: "
        f"{100 * accuracy:.1f} %) and a gap in {words} of {_points(found.gap)} (in use: "
        f"{_points(in_use.value)})."
    )
    if rule.slack < 1:
        said += f" Where it was fitted the gap was to be at most {100 * rule.slack:.3g} points."
    if found.chance:
        said += (
            f" {100 * found.chance:.1f} % of these people would be decided by chance; numbers are "
            "what is expected over draws."
        )
    if found.left_out:
        said += f" {', '.join(found.left_out)} is left out of the gap: its rate is undefined."
    return f"{said} The rule needs each person's group."


def _points(value: float | None) -> str:
    return "undefined size" if value is None else f"{100 * value:.1f} points"
