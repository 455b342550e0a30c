"""What the fairness layer promised and what was measured, in sentences."""

from fairlab.results import Guarantee

HELD = 1e-6
SMALL = 10  # smaller numbers of people are not shown

# What each constraint compares between groups, when scores are read as chances.
MEASURED_WORDS: dict[str, str] = {
    "demographic_parity": "mean scores",
    "equal_opportunity": "mean scores of people with the favourable outcome",
    "predictive_equality": "mean scores of people with the unfavourable outcome",
    "equalized_odds": "mean scores of people with the same outcome",
    "mean_residual_parity": "means of score minus outcome",
    "accuracy_parity": "mean chances of a right decision",
}


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
        return "Slack 100 points is no constraint: this is the unmitigated model of its family."
    where = promised_on(guarantee)
    held = (
        f"held on {where}, to within {100 * HELD:.4f} points"
        if guarantee.excess <= HELD
        else f"was exceeded by {100 * guarantee.excess:.2g} points on {where.replace('every', 'a')}"
    )
    if guarantee.batch_gap is None and guarantee.drawn_gap:  # older results lack both
        held = "was never put to use: no training batch had two groups to compare"
    test_score = points(guarantee.score_gap.get("test"))
    test_decision = points(guarantee.decision_gap.get("test"))
    at = "" if threshold is None else f" at threshold {threshold:g}"
    smallest, margin = guarantee.smallest_cell.get("test"), guarantee.margin()
    people = ""
    if margin is not None and smallest is not None and smallest >= SMALL:
        people = (
            f" The smallest group compared there has {smallest:,} people, so chance alone may move "
            f"its mean by about {points(margin)}."
        )
    together = ""
    if guarantee.window is not None:
        together = (
            f" over each training batch and the people before it, {guarantee.window:,} in all"
        )
    measured = MEASURED_WORDS[constraint]
    return (
        f"Promised: {measured} at most {points(guarantee.promised)} apart{together}. The promise "
        f"{held}. On test people, measured and not promised: {measured} {test_score} apart, "
        f"decisions {test_decision} apart{at}.{people}"
    )


def promised_on(guarantee: Guarantee) -> str:
    """Where the promise is made: "every training batch", or windows of people."""
    if guarantee.window is None:
        return "every training batch"
    return f"every window of {guarantee.window:,} training people"


def guarantee_notes(guarantee: Guarantee) -> tuple[str, ...]:
    """How to read the meter: who decides how, what is expected of chance, what was found."""
    if guarantee.promised >= 1:
        return ()
    notes = [_policy(guarantee), *_beyond_batches(guarantee)]
    if guarantee.drawn_gap:
        notes.append(
            "If each decision were drawn with a chance equal to the score, the rates expected of "
            "groups would differ by the gap of mean scores. The table shows one such draw: chance "
            "makes its gap wider more often than narrower, above all in small groups. Decisions at "
            "a threshold do not follow the promise."
        )
    if guarantee.residual is not None:
        notes.append(
            "The layer's own check found each projection within "
            f"{max(guarantee.residual, 1e-16):.0e} of the slack, or closer."
        )
    margin = guarantee.margin()
    if margin is not None:
        notes.append(
            "Test people differ from validation people by chance: with the smallest group compared "
            f"the gap may well be off by {points(margin)} (2/√n), rarely by more."
        )
    return (*notes, *guarantee.notes)


def _beyond_batches(guarantee: Guarantee) -> list[str]:
    """What training was asked for besides, or instead of, each batch by itself."""
    notes = []
    if guarantee.window is not None:
        widest = "" if guarantee.batch_gap is None else f" (up to {points(guarantee.batch_gap)})"
        notes.append(
            "Batches were too small to bound each by itself. Each was projected together with the "
            f"people seen just before, {guarantee.window:,} in all, their scores as they then "
            f"were: the promise is about all of them. A batch alone may have a wider gap{widest}."
        )
    if guarantee.decisions_asked is not None:
        notes.append(
            "Training also asked for decisions at the threshold to be at most "
            f"{points(guarantee.decisions_asked)} apart, by prices that adapt while training. That "
            "is an aim, not a promise: the table shows what came of it."
        )
    return notes


def points(value: float | None) -> str:
    """A gap in percentage points."""
    return "undefined" if value is None else f"{100 * value:.1f} points"


def _policy(guarantee: Guarantee) -> str:
    policy = {
        "frozen": "Scores of other people come from a rule fitted on validation people and frozen: "
        "it looks at one person at a time, never at an outcome."
    }.get(guarantee.policy, f"Scores of other people come from the policy {guarantee.policy}.")
    if guarantee.uses_attribute_when_deciding:
        return f"{policy} Deciding for a person uses the person's group."
    return f"{policy} Deciding for a person does not use the person's group."
