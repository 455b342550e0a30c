"""What the fairness layer promised and what was measured, in sentences."""

from fairlab.language import later, told, tr
from fairlab.results import Guarantee

HELD = 1e-6
SMALL = 10  # smaller numbers of people are not shown

# What each constraint compares between groups, when scores are read as chances.
MEASURED_WORDS: dict[str, str] = told(
    {
        "demographic_parity": later("mean scores"),
        "equal_opportunity": later("mean scores of people with the favourable outcome"),
        "predictive_equality": later("mean scores of people with the unfavourable outcome"),
        "equalized_odds": later("mean scores of people with the same outcome"),
        "mean_residual_parity": later("means of score minus outcome"),
        "accuracy_parity": later("mean chances of a right decision"),
    }
)


def guarantee_sentence(
    guarantee: Guarantee, constraint: str = "demographic_parity", threshold: float | None = None
) -> str:
    """The promise, whether it held where it was made, and what was measured on test people.

    Args:
        guarantee: Of one model.
        constraint: Name of the constraint.
        threshold: At which its decisions were measured, that of the run.
    """
    if guarantee.promised >= 1:
        return tr("Slack 100 points is no constraint: this is the unmitigated model of its family.")
    where = promised_on(guarantee)
    held = (
        tr("held on {where}, to within {held:.4f} points", where=where, held=100 * HELD)
        if guarantee.excess <= HELD
        else tr(
            "was exceeded by {excess:.2g} points on {replace}",
            excess=100 * guarantee.excess,
            replace=where.replace(tr("every"), "a"),
        )
    )
    if guarantee.batch_gap is None and guarantee.drawn_gap:  # older results lack both
        held = tr("was never put to use: no training batch had two groups to compare")
    test_score = points(guarantee.score_gap.get("test"))
    test_decision = points(guarantee.decision_gap.get("test"))
    at = "" if threshold is None else tr(" at threshold {threshold:g}", threshold=threshold)
    smallest, margin = guarantee.smallest_cell.get("test"), guarantee.margin()
    people = ""
    if margin is not None and smallest is not None and smallest >= SMALL:
        people = tr(
            " The smallest group compared there has {smallest:,} people, "
            "so chance alone may move its mean by about {margin}.",
            smallest=smallest,
            margin=points(margin),
        )
    together = ""
    if guarantee.window is not None:
        together = tr(
            " over each training batch and the people before it, {window:,} in all",
            window=guarantee.window,
        )
    measured = MEASURED_WORDS[constraint]
    return tr(
        "Promised: {measured} at most {promised} apart{together}. The "
        "promise {held}. On test people, measured and not promised: "
        "{measured} {test_score} apart, decisions {test_decision} "
        "apart{at}.{people}",
        measured=measured,
        promised=points(guarantee.promised),
        together=together,
        held=held,
        test_score=test_score,
        test_decision=test_decision,
        at=at,
        people=people,
    )


def promised_on(guarantee: Guarantee) -> str:
    """Where the promise is made: "every training batch", or windows of people."""
    if guarantee.window is None:
        return tr("every training batch")
    return tr("every window of {window:,} training people", window=guarantee.window)


def guarantee_notes(guarantee: Guarantee) -> tuple[str, ...]:
    """How to read the meter: who decides how, what is expected of chance, what was found."""
    if guarantee.promised >= 1:
        return ()
    notes = [_policy(guarantee), *_beyond_batches(guarantee)]
    if guarantee.drawn_gap:
        notes.append(
            tr(
                "If each decision were drawn with a chance equal to the score, "
                "the rates expected of groups would differ by the gap of mean "
                "scores. The table shows one such draw: chance makes its gap "
                "wider more often than narrower, above all in small groups. "
                "Decisions at a threshold do not follow the promise."
            )
        )
    if guarantee.residual is not None:
        notes.append(
            tr(
                "The layer's own check found each projection within "
                "{residual:.0e} of the slack, or closer.",
                residual=max(guarantee.residual, 1e-16),
            )
        )
    margin = guarantee.margin()
    if margin is not None:
        notes.append(
            tr(
                "Test people differ from validation people by chance: with the "
                "smallest group compared the gap may well be off by {margin} "
                "(2/√n), rarely by more.",
                margin=points(margin),
            )
        )
    return (*notes, *guarantee.notes)


def _beyond_batches(guarantee: Guarantee) -> list[str]:
    """What training was asked for besides, or instead of, each batch by itself."""
    notes = []
    if guarantee.window is not None:
        widest = (
            ""
            if guarantee.batch_gap is None
            else tr(" (up to {batch_gap})", batch_gap=points(guarantee.batch_gap))
        )
        notes.append(
            tr(
                "Batches were too small to bound each by itself. Each was "
                "projected together with the people seen just before, "
                "{window:,} in all, their scores as they then were: the "
                "promise is about all of them. A batch alone may have a wider "
                "gap{widest}.",
                window=guarantee.window,
                widest=widest,
            )
        )
    if guarantee.decisions_asked is not None:
        notes.append(
            tr(
                "Training also asked for decisions at the threshold to be at "
                "most {decisions_asked} apart, by prices that adapt while "
                "training. That is an aim, not a promise: the table shows what "
                "came of it.",
                decisions_asked=points(guarantee.decisions_asked),
            )
        )
    return notes


def points(value: float | None) -> str:
    """A gap in percentage points."""
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)


def _policy(guarantee: Guarantee) -> str:
    policy = {
        "frozen": tr(
            "Scores of other people come from a rule fitted on validation "
            "people and frozen: it looks at one person at a time, never at an "
            "outcome."
        )
    }.get(guarantee.policy, f"Scores of other people come from the policy {guarantee.policy}.")
    if guarantee.uses_attribute_when_deciding:
        return tr("{policy} Deciding for a person uses the person's group.", policy=policy)
    return tr("{policy} Deciding for a person does not use the person's group.", policy=policy)
