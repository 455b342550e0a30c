"""What a rule does to people, in words."""

from fairlab.frontier import Measured, Rule
from fairlab.language import tr
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
    said = tr(
        "On these people the rule reaches accuracy {accuracy:.1f} % (in "
        "use: {accuracy_2:.1f} %) and a gap in {words} of {gap} (in use: "
        "{in_use_value}).",
        accuracy=100 * found.accuracy,
        accuracy_2=100 * accuracy,
        words=words,
        gap=_points(found.gap),
        in_use_value=_points(in_use.value),
    )
    if rule.slack < 1:
        said += tr(
            " Where it was fitted the gap was to be at most {slack:.3g} points.",
            slack=100 * rule.slack,
        )
    if found.chance:
        said += tr(
            " {chance:.1f} % of these people would be decided by chance; "
            "numbers are what is expected over draws.",
            chance=100 * found.chance,
        )
    if found.left_out:
        said += tr(
            " {left_out} is left out of the gap: its rate is undefined.",
            left_out=", ".join(found.left_out),
        )
    return tr("{said} The rule needs each person's group.", said=said)


def _points(value: float | None) -> str:
    return tr("undefined size") if value is None else tr("{value:.1f} points", value=100 * value)
