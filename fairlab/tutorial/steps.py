"""The words of the ten steps: every number in them is counted from the table or its models."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairlab.language import tr
from fairlab.outcomes import Counts
from fairlab.tutorial.numbers import (
    USUAL,
    Dial,
    Numbers,
    accuracy,
    best_threshold,
    gap,
    least_worst,
    rates,
    thresholds_within,
)

SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it opens.

    Attributes:
        title: Its heading.
        text: Paragraphs.
        ask: What the reader is to do.
    """

    title: str
    text: tuple[str, ...]
    ask: str


def steps(numbers: Numbers) -> tuple[Step, ...]:
    """All ten, in order."""
    makers = (
        _people, _score, _selection, _tpr, _ppv, _conflict, _penalty, _adversarial, _layer, _move,
    )  # fmt: skip
    return tuple(make(numbers) for make in makers)


def listed(numbers: Numbers, values: Sequence[float | None]) -> str:
    """A rate of every group: "Black 67, Hispanic 76, White 91"."""
    said = [
        tr("{group} {value:.0f}", group=group, value=100 * value)
        if value is not None
        else tr("{group} undefined", group=group)
        for group, value in zip(numbers.groups, values, strict=True)
    ]
    return ", ".join(said)


def _people(numbers: Numbers) -> Step:
    people = ", ".join(
        tr("{group} {n:,}", group=group, n=n)
        for group, n in zip(numbers.groups, numbers.people, strict=True)
    )
    return Step(
        tr("The people, and what the bank decided"),
        (
            tr(
                "The built-in table holds {rows:,} applications for a mortgage in Boston in 1990. "
                "For {known:,} of them race and ethnicity and all else needed here are known: "
                "{people}.",
                rows=numbers.rows,
                known=numbers.everybody,
                people=people,
            ),
            tr(
                "The favourable outcome is that the bank approved the loan. It is a decision "
                "people made, not a fact about who would have paid back."
            ),
        ),
        tr(
            "Guess before you look: of 100 {group} applicants, how many were approved?",
            group=numbers.groups[0],
        ),
    )


def base_rates_told(numbers: Numbers) -> str:
    """The base rates, after the guess."""
    values = [numbers.base_rate(g) for g in range(len(numbers.groups))]
    return tr(
        "Of 100 applicants the bank approved: {listed}. This share is a group's base rate. The "
        "gap between the highest and the lowest is {gap:.0f} points.",
        listed=listed(numbers, values),
        gap=100 * (max(values) - min(values)),
    )


def _score(_numbers: Numbers) -> Step:
    return Step(
        tr("A score and a threshold"),
        (
            tr(
                "A model gives every applicant a score from 0 to 100 %: how likely the bank is to "
                "approve. The one here is a logistic regression that was not told race, ethnicity, "
                "sex or marital status, and scores only people it has not learnt from."
            ),
            tr(
                "A score is no decision yet. The threshold makes it one: whoever's score reaches "
                "it is selected."
            ),
        ),
        tr("Move the threshold until the decisions agree most often with the bank's."),
    )


def threshold_told(numbers: Numbers, cut: int) -> str:
    """What one threshold for everybody does."""
    counts, best = numbers.at(cut), best_threshold(numbers)
    return tr(
        "At {cut} %, {selected:.0f} of 100 people are selected, and {right:.1f} % of decisions "
        "agree with the bank's: the accuracy. The most that one threshold reaches is {most:.1f} "
        "%, at {best} %.",
        cut=cut,
        selected=100 * float((counts.tp + counts.fp).sum()) / numbers.everybody,
        right=100 * accuracy(counts),
        most=100 * accuracy(numbers.at(best)),
        best=best,
    )


def _selection(_numbers: Numbers) -> Step:
    return Step(
        tr("Selection rate"),
        (
            tr("The selection rate of a group is: of 100 of its people, how many are selected."),
            tr(
                "Equal selection rates are called demographic parity. It does not look at what "
                "the bank decided, only at who is selected."
            ),
        ),
        tr("Move the threshold until the selection rates lie within 5 points of each other."),
    )


def selection_told(numbers: Numbers, cut: int) -> str:
    """Selection rates at a threshold, and where they come close."""
    counts = numbers.at(cut)
    close = thresholds_within(numbers, "selection_rate", SLACK)
    said = tr(
        "At {cut} % the gap is {gap:.0f} points ({listed} of 100 selected).",
        cut=cut,
        gap=100 * gap(counts, "selection_rate"),
        listed=listed(numbers, rates(counts, "selection_rate")),
    )
    if not close:
        return said + " " + tr("No threshold from 1 to 99 % brings it within 5 points.")
    selected = numbers.at(max(close))
    return (
        said
        + " "
        + tr(
            "Within 5 points it is only at {count} of the thresholds from 1 to 99 %; at the "
            "highest of these, {highest} %, {selected:.0f} of 100 people are selected. Rates come "
            "close where almost everybody is treated alike.",
            count=len(close),
            highest=max(close),
            selected=100 * float((selected.tp + selected.fp).sum()) / numbers.everybody,
        )
    )


def _tpr(_numbers: Numbers) -> Step:
    return Step(
        tr("True positive rate"),
        (
            tr(
                "Now count only people the bank approved. Of 100 of them, how many are selected? "
                "This is the true positive rate. Equal ones are called equal opportunity."
            ),
            tr("The threshold here is {cut} %.", cut=USUAL),
        ),
        tr("Of the applicants the bank approved, which group is selected least often?"),
    )


def _ppv(_numbers: Numbers) -> Step:
    return Step(
        tr("Positive predictive value"),
        (
            tr(
                "Turn it round and count only people who are selected. Of 100 of them, how many "
                "did the bank approve? This is the positive predictive value, PPV. Equal ones are "
                "called predictive parity: being selected then means the same in every group."
            ),
            tr("The threshold is again {cut} %.", cut=USUAL),
        ),
        tr("Among those selected, in which group had the bank approved fewest of 100?"),
    )


def lowest_group(numbers: Numbers, rate: str) -> int:
    """The group with the lowest rate at the usual threshold."""
    values = [v if v is not None else 2.0 for v in rates(numbers.at(USUAL), rate)]
    return values.index(min(values))


def rate_told(numbers: Numbers, rate: str, picked: int) -> str:
    """Whether a group was the lowest, with every group's number and the gap."""
    counts, right = numbers.at(USUAL), lowest_group(numbers, rate)
    values = listed(numbers, rates(counts, rate))
    width = 100 * gap(counts, rate)
    if picked == right:
        return tr(
            "Yes: {group}. Of 100: {values}. The gap is {gap:.0f} points.",
            group=numbers.groups[right],
            values=values,
            gap=width,
        )
    return tr(
        "It is {group}, not {picked}. Of 100: {values}. The gap is {gap:.0f} points.",
        group=numbers.groups[right],
        picked=numbers.groups[picked],
        values=values,
        gap=width,
    )


def _conflict(numbers: Numbers) -> Step:
    return Step(
        tr("Why they conflict"),
        (
            tr(
                "For every group, whatever the scores: selection rate × PPV = base rate × true "
                "positive rate. Both sides count the people who are selected and were approved."
            ),
            tr(
                "The base rates differ ({listed} of 100), so the other three cannot all be equal "
                "across groups, unless nobody the bank approved is selected. Equal two, and the "
                "third differs.",
                listed=listed(numbers, [numbers.base_rate(g) for g in range(len(numbers.groups))]),
            ),
        ),
        tr("Give each group a threshold of its own, and try to bring all three gaps down."),
    )


def conflict_told(numbers: Numbers, cuts: Sequence[int]) -> str:
    """The three gaps at thresholds per group, and the best there is."""
    counts = numbers.at(*cuts)
    worst, best = least_worst(numbers)
    return tr(
        "Your gaps: selection rate {selection:.0f}, true positive rate {tpr:.0f}, PPV {ppv:.0f} "
        "points; accuracy {accuracy:.1f} %. Trying every third percent, the widest of the three "
        "is never below {worst:.0f} points. It is that at {best}.",
        selection=100 * gap(counts, "selection_rate"),
        tpr=100 * gap(counts, "tpr"),
        ppv=100 * gap(counts, "ppv"),
        accuracy=100 * accuracy(counts),
        worst=100 * worst,
        best=", ".join(
            tr("{group} {cut} %", group=group, cut=cut)
            for group, cut in zip(numbers.groups, best, strict=True)
        ),
    )


def _penalty(_numbers: Numbers) -> Step:
    return Step(
        tr("Mode 1: penalty"),
        (
            tr(
                "Instead of moving thresholds, the model itself can be trained for a narrower "
                "gap. The penalty mode adds the gap to what training tries to make small: error "
                "+ strength × gap. Strength 0 is the unmitigated model."
            ),
            tr(
                "Race and ethnicity are used while training, not for deciding. The gap here is in "
                "selection rates, the threshold is 50 % again."
            ),
        ),
        tr("Raise the strength. What does a narrower gap cost in accuracy?"),
    )


def _adversarial(_numbers: Numbers) -> Step:
    return Step(
        tr("Mode 2: adversarial"),
        (
            tr(
                "A second model, the adversary, tries to guess the group from the score. The first "
                "is trained to be right and to leave the adversary nothing to guess from. When "
                "nothing can be guessed, scores are spread alike in every group."
            ),
            tr(
                "Such training can collapse: at a high strength everybody may get nearly the same "
                "score. The gap is narrow then for an empty reason, so look at who is selected."
            ),
        ),
        tr("Raise the strength, and compare with what the penalty gave."),
    )


def _layer(_numbers: Numbers) -> Step:
    return Step(
        tr("Mode 3: fairness layer"),
        (
            tr(
                "The layer moves scores to the nearest ones whose group means differ by at most "
                "the slack: on training batches that is promised, not only hoped for."
            ),
            tr(
                "The promise is about mean scores, and deciding uses the group. Decisions at a "
                "threshold may differ by more: the meter shows both beside the promise."
            ),
        ),
        tr("Tighten the slack. Does the gap of decisions follow the promise?"),
    )


def dial_told(mode: str, dial: Dial, base: Dial) -> str:
    """What one strength or slack did, beside the unmitigated model."""
    numbers = {
        "accuracy": 100 * dial.accuracy,
        "gap": 100 * dial.gap,
        "before": 100 * base.gap,
        "less": 1000 * (base.accuracy - dial.accuracy),
        "selected": 100 * float((dial.counts.tp + dial.counts.fp).sum() / dial.counts.n.sum()),
    }
    if dial is base:
        said = tr(
            "The unmitigated model: accuracy {accuracy:.1f} %, gap {gap:.1f} points.", **numbers
        )
    else:
        said = tr(
            "Gap {gap:.1f} points instead of {before:.1f}; accuracy {accuracy:.1f} %, which is "
            "{less:+.0f} wrong decisions per 1,000 people. {selected:.0f} of 100 people are "
            "selected.",
            **numbers,
        )
    if mode == "layer" and dial.score_gap is not None and dial is not base:
        said += " " + tr(
            "Promised: mean scores at most {promised:.0f} points apart. Measured on the {n:.0f} "
            "people of one fold, who are new to its model: mean scores {scores:.1f}, decisions "
            "{decided:.1f} points apart.",
            promised=100 * dial.value,
            n=dial.first_fold.n.sum(),
            scores=100 * dial.score_gap,
            decided=100 * gap(dial.first_fold, "selection_rate"),
        )
    return said


def the_move(numbers: Numbers) -> tuple[Counts, Counts]:
    """Two ways to decide: unmitigated, and a penalty that about halves the gap."""
    dials = numbers.sweeps["penalty"]
    other = min(dials[1:], key=lambda dial: abs(dial.gap - dials[0].gap / 2))
    return dials[0].counts, other.counts


def _move(numbers: Numbers) -> Step:
    before, after = the_move(numbers)
    return Step(
        tr("In people"),
        (
            tr(
                "No method says which point of a curve to take. A point is people: who is "
                "selected who was not, and who no longer is."
            ),
            move_words(numbers, before, after),
        ),
        tr("Which would you rather have? There is no right answer here."),
    )


def move_words(numbers: Numbers, before: Counts, after: Counts) -> str:
    """A and B in people: selected per group, and wrong decisions."""
    changes = ", ".join(
        tr("{group} {change:+d}", group=group, change=int(change))
        for group, change in zip(
            numbers.groups, (after.tp + after.fp) - (before.tp + before.fp), strict=True
        )
    )
    return tr(
        "A is the unmitigated model, B a penalty that about halves the gap: {gap_a:.0f} against "
        "{gap_b:.0f} points. From A to B the number of people selected changes so: {changes}. "
        "Decisions that differ from the bank's: {wrong_a:.0f} per 1,000 under A, {wrong_b:.0f} "
        "under B.",
        gap_a=100 * gap(before, "selection_rate"),
        gap_b=100 * gap(after, "selection_rate"),
        changes=changes,
        wrong_a=1000 * (1 - accuracy(before)),
        wrong_b=1000 * (1 - accuracy(after)),
    )


def move_told(numbers: Numbers, answer: int) -> str:
    """What a preference for A (0), none (1) or B (2) says of the exchange."""
    before, after = the_move(numbers)
    narrower = gap(before, "selection_rate") - gap(after, "selection_rate")
    rate = (accuracy(before) - accuracy(after)) / narrower
    if answer == 1:
        return tr(
            "No preference: a point of gap is then worth about {rate:.2f} points of accuracy to "
            "you.",
            rate=rate,
        )
    if answer == 0:
        return tr(
            "You would not give up {rate:.2f} points of accuracy for each point of gap. Others "
            "may: say why, and who disagrees.",
            rate=rate,
        )
    return tr(
        "You would give up at least {rate:.2f} points of accuracy for each point of gap. Others "
        "may not: say why, and who disagrees.",
        rate=rate,
    )
