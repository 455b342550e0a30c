"""Three questions at the end, with what a wrong answer overlooks."""

from dataclasses import dataclass

from fairlab.language import tr
from fairlab.tutorial.numbers import USUAL, Numbers, gap, least_worst, rates
from fairlab.tutorial.steps import listed


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer, and what is said to who gives it."""

    words: str
    told: str


@dataclass(frozen=True, slots=True)
class CheckQuestion:
    """One question.

    Attributes:
        name: Under which the answer is kept.
        words: The question.
        choices: The answers, in the order shown.
        right: Which is right.
    """

    name: str
    words: str
    choices: tuple[Choice, ...]
    right: int


def questions(numbers: Numbers) -> tuple[CheckQuestion, ...]:
    """All three."""
    return _which_rate(numbers), _all_three(numbers), _promise(numbers)


def _which_rate(numbers: Numbers) -> CheckQuestion:
    counts = numbers.at(USUAL)
    ppv = listed(numbers, rates(counts, "ppv"))
    return CheckQuestion(
        "one",
        tr(
            "At a threshold of {cut} %, of 100 people who are selected the bank had approved: "
            "{values}. Which rate is this?",
            cut=USUAL,
            values=ppv,
        ),
        (
            Choice(
                tr("Selection rate"),
                tr(
                    "The selection rate counts all people of a group: {values} of 100 are "
                    "selected. Here only those selected are counted.",
                    values=listed(numbers, rates(counts, "selection_rate")),
                ),
            ),
            Choice(
                tr("True positive rate"),
                tr(
                    "That starts from people the bank approved and asks how many are selected: "
                    "{values} of 100. Here it is the other way round.",
                    values=listed(numbers, rates(counts, "tpr")),
                ),
            ),
            Choice(
                tr("Positive predictive value"),
                tr(
                    "Right. It starts from the people selected, and says what being selected means."
                ),
            ),
        ),
        right=2,
    )


def _all_three(numbers: Numbers) -> CheckQuestion:
    worst, _ = least_worst(numbers)
    return CheckQuestion(
        "two",
        tr(
            "Can thresholds per group make selection rate, true positive rate and PPV equal "
            "across these groups, with people selected whom the bank approved?"
        ),
        (
            Choice(
                tr("Yes, with the right thresholds"),
                tr(
                    "Of every third percent, no combination brings the widest of the three gaps "
                    "below {worst:.0f} points. Selection rate × PPV = base rate × true positive "
                    "rate, and the base rates differ.",
                    worst=100 * worst,
                ),
            ),
            Choice(
                tr("Yes, with a better model"),
                tr(
                    "The identity holds for every model, the perfect one included: it selects "
                    "those the bank approved, so its selection rates are the base rates, which "
                    "differ."
                ),
            ),
            Choice(
                tr("No, because the base rates differ"),
                tr("Right: two can be equal, and the third then differs as the base rates do."),
            ),
        ),
        right=2,
    )


def _promise(numbers: Numbers) -> CheckQuestion:
    dial = min(
        (one for one in numbers.sweeps["layer"] if 0 < one.value < 1),
        key=lambda one: abs(one.value - 0.06),
    )
    return CheckQuestion(
        "three",
        tr("Which mode promises something, and about what?"),
        (
            Choice(
                tr("The fairness layer: decisions differ by at most the slack"),
                tr(
                    "Mean scores are promised, not decisions: with a slack of {slack:.0f} points "
                    "the decisions here were {gap:.1f} points apart.",
                    slack=100 * dial.value,
                    gap=100 * gap(dial.counts, "selection_rate"),
                ),
            ),
            Choice(
                tr(
                    "The fairness layer: mean scores on training batches differ by at most the "
                    "slack"
                ),
                tr("Right. What new people and thresholded decisions do is measured beside it."),
            ),
            Choice(
                tr("The penalty: the gap is at most 1 / strength"),
                tr(
                    "A penalty weighs the gap against errors. A higher strength tends to narrow "
                    "it; by how much is not known before training."
                ),
            ),
            Choice(
                tr("The adversary: nobody can guess the group"),
                tr(
                    "Training tries to leave this adversary nothing to guess from. Another one, "
                    "or other people, may still give something away."
                ),
            ),
        ),
        right=1,
    )
