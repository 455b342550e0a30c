"""What people's tolerances, costs and answers lead to, and how far they determine it."""

from fairlab.choosing.costs import CostChoice
from fairlab.choosing.options import Options
from fairlab.choosing.pairs import Preferred, tossed
from fairlab.choosing.records import HowChosen
from fairlab.language import tr, tr_n
from fairlab.reports.sentences.point import point_label
from fairlab.results import SweepResult


def rate_heading(rate: str, words: tuple[str, str]) -> str:
    """What the bars of a rate count, "of 100" whom.

    Args:
        rate: Name of a rate that a constraint compares.
        words: How to speak of the favourable and the unfavourable outcome.
    """
    favourable, unfavourable = words
    if rate == "tpr":
        return tr("Selected, of 100 with the outcome “{outcome}”", outcome=favourable)
    if rate == "fpr":
        return tr("Selected, of 100 with the outcome “{outcome}”", outcome=unfavourable)
    if rate == "accuracy":
        return tr("Decided rightly, of 100 people")
    if rate == "mean_residual":
        return tr("Selected beyond those with the outcome “{outcome}”, of 100", outcome=favourable)
    return tr("Selected, of 100 people")


def tolerance_sentences(met: bool, warned: bool, within: float) -> str:
    """That no model is within the gap accepted, or that all have warnings; "" otherwise."""
    if not met:
        return tr(
            "No model is within {within:.3g} points. The one with the narrowest gap is shown; to "
            "accept it, accept its gap.",
            within=100 * within,
        )
    return tr("Every model that could be picked has a warning.") if warned else ""


def cost_sentence(found: CostChoice, result: SweepResult) -> str:
    """What the costs lead to, what it costs, and beside which the gap is narrower."""
    label = point_label(result.points[found.index])
    extra = found.cost - found.least
    said = [
        tr(
            "Of {candidates} models {reach} cost at most {allowed:.3g} more per 1,000 people than "
            "the cheapest; of these, {label} has the narrowest gap: {gap:.1f} points, with an "
            "accuracy of {accuracy:.1f} %.",
            candidates=found.candidates,
            reach=found.within_reach,
            allowed=1000 * found.costs.allowed,
            label=label,
            gap=100 * found.gap,
            accuracy=100 * found.accuracy,
        )
    ]
    if (found.index, found.threshold) == (found.cheapest, found.cheapest_threshold):
        said.append(tr("It is also the cheapest."))
    else:
        said.append(
            tr(
                "Its errors cost {extra:.3g} more per 1,000 than those of {cheapest}, the "
                "cheapest, whose gap is {gap:.1f} points.",
                extra=extra,
                cheapest=point_label(result.points[found.cheapest]),
                gap=100 * found.cheapest_gap,
            )
        )
    if found.threshold != result.threshold:
        said.append(
            tr(
                "It decides at {threshold:.2f} instead of {usual:.2f}: with these costs a person "
                "is better selected only from there on, if scores are probabilities.",
                threshold=found.threshold,
                usual=result.threshold,
            )
        )
    if found.gap_growth >= 0.0005:
        said.append(
            tr(
                "Because it was picked as the narrowest on these people, expect its gap "
                "{growth:.1f} points wider on others.",
                growth=100 * found.gap_growth,
            )
        )
    return " ".join(said)


def again_words(share: float) -> str:
    """How often the same model would be picked from other people."""
    return tr(
        "From other validation people the same model would be picked in {share:.0f} of 100 cases.",
        share=100 * share,
    )


def lead_sentence(found: Preferred, options: Options) -> str:
    """Which point the answers lead to, or that they do not determine one, and between which."""
    if found.model is None:
        return tr("No answer was given, so nothing follows.")
    if found.determined:
        return tr(
            "Your answers lead to the model with a gap of {gap:.1f} points and an accuracy of "
            "{accuracy:.1f} %: it is the best for {share:.0f} of 100 exchange rates that fit what "
            "you said.",
            gap=100 * options.gap[found.model],
            accuracy=100 * options.accuracy[found.model],
            share=100 * found.share,
        )
    if tossed(found.agreement):
        return tr(
            "Your answers do not determine a point: they agree with each other no better than "
            "answers by coin toss might. Start again, or choose by a tolerance or by costs."
        )
    between = "; ".join(
        tr(
            "a gap of {gap:.1f} points at {accuracy:.1f} % accuracy ({share:.0f} of 100)",
            gap=100 * options.gap[model],
            accuracy=100 * options.accuracy[model],
            share=100 * share,
        )
        for model, share in found.rivals
    )
    return tr(
        "Your answers do not determine one point. They leave these, with how likely each is the "
        "one you value most: {between}.",
        between=between,
    )


def rate_sentence(found: Preferred) -> str:
    """How much accuracy is given up for a narrower gap, with its interval; in people too."""
    if found.agreement.consistency is None:
        return tr("You had no preference, so we cannot tell what you would give up.")
    if found.upper is None and found.lower == 0:
        return tr("We cannot tell how much accuracy you would give up for a narrower gap.")
    if found.upper is None:
        return tr(
            "For a gap one point narrower you would give up at least {lower:.2g} points of "
            "accuracy: {lower_people:.2g} more wrong decisions per 1,000 people. No question "
            "asked for more than you would give.",
            lower=found.lower,
            lower_people=10 * found.lower,
        )
    if found.lower == 0:
        return tr(
            "For a gap one point narrower you would give up at most {upper:.2g} points of "
            "accuracy: {upper_people:.2g} more wrong decisions per 1,000 people.",
            upper=found.upper,
            upper_people=10 * found.upper,
        )
    return tr(
        "For a gap one point narrower you would give up about {rate:.2g} points of accuracy (95 % "
        "interval {lower:.2g} to {upper:.2g}): {people:.2g} more wrong decisions per 1,000 people.",
        rate=found.rate,
        lower=found.lower,
        upper=found.upper,
        people=10 * found.rate,
    )


def agreement_sentence(agreeing: int, answers: int, by_chance: float | None) -> str:
    """How many answers one exchange rate agrees with, and how many tossed ones would."""
    if not answers or by_chance is None:
        return ""
    return tr_n(
        "{agreeing} of {n} answer agrees with one exchange rate; answers by coin toss would agree "
        "as well in {chance:.0f} of 100 cases.",
        "{agreeing} of {n} answers agree with one exchange rate; answers by coin toss would agree "
        "as well in {chance:.0f} of 100 cases.",
        answers,
        agreeing=agreeing,
        chance=100 * by_chance,
    )


def circle_sentence(models: tuple[int, ...], options: Options) -> str:
    """Which preferences go in a circle; "" if none do."""
    if not models:
        return ""
    gaps = [
        tr(
            "a gap of {gap:.1f} points at {accuracy:.1f} % accuracy",
            gap=100 * options.gap[model],
            accuracy=100 * options.accuracy[model],
        )
        for model in models
    ]
    if len(models) == 2:
        return tr(
            "Asked twice, you answered both ways: {first}, and {second}.",
            first=gaps[0],
            second=gaps[1],
        )
    steps = "; ".join(
        tr("you preferred {one} to {other}", one=one, other=other)
        for one, other in zip(gaps, [*gaps[1:], gaps[0]], strict=True)
    )
    return tr("Your answers go in a circle: {steps}.", steps=steps)


def how_sentences(how: HowChosen) -> tuple[str, ...]:
    """How a point was chosen, for a report or a record: the way, the numbers, how far they go."""
    said = [_route(how)]
    if how.route == "pairs":
        with_preference = [a for a in how.answers if a.preferred is not None]
        if how.consistency is not None:
            agreeing = round(how.consistency * len(with_preference))
            said.append(agreement_sentence(agreeing, len(with_preference), how.by_chance))
        if how.exchange_rate is not None:
            said.append(_recorded_rate(how))
        if how.in_circle:
            said.append(tr("Some answers contradict each other: they go in a circle."))
        if how.determined is False:
            said.append(tr("The answers did not determine one point; this one was taken."))
    if how.taken_otherwise:
        said.append(tr("Another point was taken than the one this led to."))
    if how.picked_again is not None:
        said.append(again_words(how.picked_again))
    if how.route != "curve":
        said.append(tr("Picked on validation people; test people played no part."))
    return tuple(said)


def _route(how: HowChosen) -> str:
    if how.route == "tolerance" and how.within is not None:
        return tr(
            "Chosen by tolerance: a gap of at most {within:.3g} points was accepted, and the "
            "best model within it was taken.",
            within=100 * how.within,
        )
    if how.route == "cost" and how.wrong_approval is not None:
        return tr(
            "Chosen by costs: a wrong approval counts {approval:.3g}, a wrong refusal "
            "{refusal:.3g}, and {given_up:.3g} points of accuracy might be given up; the model "
            "with the narrowest gap that this leaves was taken.",
            approval=how.wrong_approval,
            refusal=how.wrong_refusal,
            given_up=100 * (how.given_up or 0.0),
        )
    if how.route == "pairs":
        return tr_n(
            "Chosen by comparing two points at a time, {n} time.",
            "Chosen by comparing two points at a time, {n} times.",
            len(how.answers),
        )
    return tr("Chosen on the curve.")


def _recorded_rate(how: HowChosen) -> str:
    if how.exchange_upper is None:
        return tr(
            "For a gap one point narrower at least {lower:.2g} points of accuracy would be given "
            "up (95 %).",
            lower=how.exchange_lower or 0.0,
        )
    return tr(
        "For a gap one point narrower about {rate:.2g} points of accuracy would be given up (95 % "
        "interval {lower:.2g} to {upper:.2g}).",
        rate=how.exchange_rate,
        lower=how.exchange_lower or 0.0,
        upper=how.exchange_upper,
    )
