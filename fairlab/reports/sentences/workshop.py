"""What a workshop reads on the projector and on phones: plain words, sample sizes, no verdicts."""

from collections.abc import Sequence

from fairlab.language import tr, tr_n
from fairlab.reports.sentences.audit import people
from fairlab.reports.sentences.curve import gap_words, point_label
from fairlab.reports.tables.workshop import FEW, GroupInPeople, PointInPeople
from fairlab.results import Point


def metric_title(metric: str) -> str:
    """A metric by the name participants see and say; its own name if it is none of these."""
    titles = {
        "demographic_parity_difference": tr("Selected equally often"),
        "equal_opportunity_difference": tr("Equal chances for those who would succeed"),
        "predictive_equality_difference": tr("Equal risk of being selected wrongly"),
        "equalized_odds_difference": tr("Both kinds of error equally often"),
        "predictive_parity_difference": tr("Being selected means the same in every group"),
        "accuracy_difference": tr("Decisions right equally often"),
        "": tr("As many right decisions as possible"),
    }
    return titles.get(metric, metric.replace("_", " "))


def metric_words(metric: str, words: tuple[str, str]) -> str:
    """What a metric asks for, in the words of the table's outcomes.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    good, bad = words
    found = {
        "demographic_parity_difference": tr("Of each group, the same share is selected."),
        "equal_opportunity_difference": tr(
            "Of the people with “{good}”, the same share of each group is selected.", good=good
        ),
        "predictive_equality_difference": tr(
            "Of the people with “{bad}”, the same share of each group is selected all the same.",
            bad=bad,
        ),
        "equalized_odds_difference": tr(
            "Of the people with “{good}”, and of those with “{bad}”, the same share of each group "
            "is selected.",
            good=good,
            bad=bad,
        ),
        "predictive_parity_difference": tr(
            "Of the selected people of each group, the same share has “{good}”.", good=good
        ),
        "accuracy_difference": tr("In each group, the same share of decisions is right."),
        "": tr("The share of right decisions over everybody counts, whoever is wrong more often."),
    }
    return found.get(metric, "")


def phase_title(phase: str) -> str:
    """A phase by its name."""
    titles = {
        "explain": tr("Explain"),
        "ask": tr("Ask"),
        "review": tr("Review"),
        "negotiate": tr("Negotiate"),
        "decided": tr("Decided"),
    }
    return titles[phase]


def phase_task(phase: str, revealed: bool) -> str:
    """What is asked of participants in a phase, in one sentence."""
    if phase == "review" and not revealed:
        return tr("Wait for the answers of all to be shown.")
    tasks = {
        "explain": tr("Listen, and try the points: tap one to see what it means in people."),
        "ask": tr("Choose what matters to you, a point, and say why. Nobody sees your name."),
        "review": tr("Look at what the room chose, and at the reasons."),
        "negotiate": tr(
            "Say of each proposal whether you support it, can live with it, or object."
        ),
        "decided": tr("Read what was decided, and what is recorded of those who disagree."),
    }
    return tasks[phase]


def point_title(point: PointInPeople, model: Point) -> str:
    """ "Point 3: Fairness layer, slack 5 points"."""
    return tr("Point {number}: {label}", number=point.number, label=point_label(model))


def accuracy_sentence(point: PointInPeople) -> str:
    """Right decisions in a hundred, with the interval and the number of people."""
    row = point.row
    if row.accuracy is None or row.accuracy_lower is None or row.accuracy_upper is None:
        return tr("We cannot tell how many decisions are right.")
    return tr(
        "{right:.0f} of 100 decisions are right (95 % interval {low:.0f} to {high:.0f}; {n} test "
        "people).",
        right=100 * row.accuracy,
        low=100 * row.accuracy_lower,
        high=100 * row.accuracy_upper,
        n=people(point.n),
    )


def gap_sentence(point: PointInPeople, metric: str) -> str:
    """How far apart the groups are by a metric, between whom, and how sure that is."""
    found = point.gaps.get(metric)
    if found is None:
        return ""
    title = metric_title(metric)
    if found.value is None or found.highest is None or found.lowest is None:
        return tr("{title}: we cannot tell, too few people to compare.", title=title)
    between = tr("between {high} and {low}", high=found.highest, low=found.lowest)
    if found.lower is None or found.upper is None:
        return tr(
            "{title}: {gap:.0f} points apart, {between}; how sure that is, we cannot tell.",
            title=title,
            gap=100 * found.value,
            between=between,
        )
    return tr(
        "{title}: {gap:.0f} points apart, {between} (95 % interval {lower:.0f} to {upper:.0f}).",
        title=title,
        gap=100 * found.value,
        between=between,
        lower=100 * found.lower,
        upper=100 * found.upper,
    )


def group_sentence(group: GroupInPeople) -> str:
    """How many of a hundred are selected, of how many people that is known, how sure it is."""
    if group.too_few or group.selected is None or group.lower is None or group.upper is None:
        return tr("too few people to tell ({n})", n=people(group.n))
    return tr(
        "{selected:.0f} of 100 selected ({lower:.0f} to {upper:.0f}; {n} people)",
        selected=100 * group.selected,
        lower=100 * group.lower,
        upper=100 * group.upper,
        n=people(group.n),
    )


def moved_sentence(group: GroupInPeople) -> str:
    """Who is newly selected and who no longer is; "" where nothing can or need be said."""
    if group.too_few:
        return ""
    if not group.gained and not group.lost:
        return tr("nobody is decided differently")
    return tr(
        "{gained} newly selected, {lost} no longer",
        gained=people(group.gained),
        lost=people(group.lost),
    )


def against_sentence(point: PointInPeople) -> str:
    """What the counts of movers are held against, and the flag for equality by taking away."""
    if point.number == point.base:
        return tr("This is the unmitigated model: the others are held against it.")
    said = tr("Newly and no longer: against point {base}, the unmitigated model.", base=point.base)
    if point.nobody_gains:
        said += " " + tr("Nobody is newly selected here, and some no longer are.")
    return said


def curve_words(points: Sequence[PointInPeople], models: int, constraint: str, apart: bool) -> str:
    """What the numbered points are, and how to read the chart."""
    return tr(
        "Each number is a model: further right, more decisions are right; further down, the groups "
        "are more alike in {gap}. {shown} of {models} models, picked on validation people to lie "
        "far apart, measured on {n} other people the models had not seen.",
        gap=gap_words(constraint, apart=apart),
        shown=len(points),
        models=models,
        n=people(points[0].n) if points else "0",
    )


def answers_sentence(
    answers: int, present: int, counts: dict[int, int], points: Sequence[PointInPeople]
) -> str:
    """How many answered, and where most are; a tie is called one."""
    if not answers:
        return tr("Nobody has answered yet.")
    said = tr_n(
        "One person of {present} answered.",
        "{n} people of {present} answered.",
        answers,
        present=max(present, answers),
    )
    numbers = {p.index: p.number for p in points}
    most = max(counts.values())
    first = sorted(numbers[i] for i, k in counts.items() if k == most and i in numbers)
    if len(first) == 1:
        said += " " + tr_n(
            "Most chose point {number}: {n} person.",
            "Most chose point {number}: {n} people.",
            most,
            number=first[0],
        )
    elif first:
        said += " " + tr_n(
            "Points {numbers} were each chosen by {n} person; no point by more.",
            "Points {numbers} were each chosen by {n} people; no point by more.",
            most,
            numbers=", ".join(str(n) for n in first),
        )
    return said


def few_warning(answers: int) -> str:
    """That so few answers may be guessed at; "" when they are enough."""
    if answers >= 2 * FEW:
        return ""
    return tr_n(
        "Only {n} answer: whoever is in the room may guess whose it is. Wait for more, or ask "
        "everybody before you show it.",
        "Only {n} answers: whoever is in the room may guess whose they are. Wait for more, or ask "
        "everybody before you show them.",
        answers,
    )


def stance_title(stance: str) -> str:
    """Where somebody stands, in words."""
    titles = {
        "support": tr("Support"),
        "accept": tr("Can live with it"),
        "object": tr("Object"),
    }
    return titles[stance]


def stances_sentence(support: int, accept: int, against: int, present: int) -> str:
    """How the room stands on a proposal."""
    silent = max(present - support - accept - against, 0)
    return tr(
        "{support} support it, {accept} can live with it, {against} object; {silent} have not "
        "said.",
        support=support,
        accept=accept,
        against=against,
        silent=silent,
    )


def clock_words(*, timed: bool = True) -> dict[str, str]:
    """What the clock says, for the browser.

    Args:
        timed: Whether a missing limit is worth a word.
    """
    return {
        "left": tr("left"),
        "over": tr("Time is up"),
        "none": tr("no time limit") if timed else "",
        "minute": tr("One minute left."),
        "aria": tr("Time left in this phase"),
    }
