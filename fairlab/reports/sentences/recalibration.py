"""What recalibrating did, in words: what it mends, what it moves, what it cannot close."""

from fairlab.metrics import GroupCalibration
from fairlab.reports.sentences.audit import percent, points
from fairlab.sweeps.change_records import GapChange
from fairlab.sweeps.recalibrated import Recalibrated, RecalibrationEffect

METHOD_WORDS = {"isotonic": "Isotonic (any rising curve)", "platt": "Platt (a sigmoid)"}
_ALIKE = 0.005
_SOURCE = "Kleinberg, Mullainathan, Raghavan 2016"


def fitted_sentence(found: Recalibrated, split: str) -> str:
    """Whom curves were fitted on, and whether a score needs the group."""
    whom = (
        "Curves were fitted on these people in five parts: each person's score comes from the four "
        "parts she is not in."
        if found.fitted_on is None
        else f"Curves were fitted on {found.fitted_on:,} validation people and applied to the "
        f"{split} people: no outcome of theirs is used."
    )
    if found.uses_attribute_when_deciding:
        return f"{whom} A curve per group needs to know the person's group whenever it scores."
    return f"{whom} One curve for everybody does not need to know a person's group."


def effect_sentence(effect: RecalibrationEffect) -> str:
    """Calibration errors before and after, then the gaps in TPR and FPR before and after."""
    parts = [_errors(effect)]
    for gap, words in (
        ("equal_opportunity_difference", "true positive rates"),
        ("predictive_equality_difference", "false positive rates"),
    ):
        parts.append(_gap(effect.decisions.gap(gap), words, effect.decisions.level))
    return " ".join(parts)


def lesson_sentence(effect: RecalibrationEffect) -> str:
    """Why calibration within groups does not close gaps, with these people's base rates."""
    base = [
        (name, rate)
        for name, rate in zip(effect.decisions.group_names, effect.base_rates, strict=True)
        if rate is not None
    ]
    start = "Calibration within groups does not close gaps in true or false positive rates"
    if len(base) < 2:
        return f"{start}; with one group there is none."
    low, high = min(base, key=lambda b: b[1]), max(base, key=lambda b: b[1])
    if high[1] - low[1] < _ALIKE:
        return (
            f"{start} by itself; base rates are nearly equal here ({percent(low[1])} and "
            f"{percent(high[1])}), so nothing forces a gap either."
        )
    return (
        f"{start}: base rates run from {percent(low[1])} ({low[0]}) to {percent(high[1])} "
        f"({high[0]}), and unless scores are perfect, calibrated ones then differ on average "
        "between groups among people with the favourable outcome, or among those with the "
        f"unfavourable one ({_SOURCE})."
    )


def overlay_sentence(effect: RecalibrationEffect) -> str:
    """The error of every group before and after."""
    known = [
        (b, a) for b, a in zip(effect.before, effect.after, strict=True) if a.error is not None
    ]
    if not known:
        return "We cannot tell: no group has enough people for a curve."
    floor = (
        f"Chance alone makes up to {points(_chance(effect.after))} of such an error in 95 of 100 "
        "samples."
    )
    if all(b.error is None for b, _ in known):
        each = "; ".join(f"{a.group} {points(a.error)}" for _, a in known)
        return f"Distance of recalibrated scores from outcomes: {each}. {floor}"
    each = "; ".join(f"{a.group} {points(b.error)} → {points(a.error)}" for b, a in known)
    return f"Distance of scores from outcomes, before → after: {each}. {floor}"


def error_before(effect: RecalibrationEffect) -> str:
    """The largest error before, or why there was none."""
    worst = _worst(effect.before)
    if worst is not None:
        return f"before: {points(worst.error)}"
    if any(g.why.startswith("scores are not in") for g in effect.before):
        return "before: scores were no probabilities"
    return "before: undefined, too few people"


def _errors(effect: RecalibrationEffect) -> str:
    after = _worst(effect.after)
    if after is None or after.error is None:
        return "We cannot tell whether scores are calibrated: too few people in every group."
    before = _worst(effect.before)
    if before is None or before.error is None:
        return (
            f"Recalibrated scores are at most {points(after.error)} from outcomes on average "
            f"({after.group}); {error_before(effect)}."
        )
    return (
        f"The farthest group's scores were {points(before.error)} from outcomes on average "
        f"({before.group}) and are now {points(after.error)} ({after.group})."
    )


def _gap(change: GapChange, words: str, level: float) -> str:
    if change.before is None or change.after is None or change.value is None:
        return f"We cannot tell how the gap in {words} changes: it is undefined."
    text = (
        f"At the threshold the gap in {words} goes from {points(change.before)} to "
        f"{points(change.after)}"
    )
    if change.lower is None or change.upper is None:
        return f"{text}. We cannot tell how sure that is."
    text += f" ({_signed(change.value)}; {100 * level:.0f} % interval {_signed(change.lower)} to "
    text += f"{_signed(change.upper)})."
    if change.lower <= 0 <= change.upper:
        text += " We cannot tell whether it narrows or widens."
    return text


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def _worst(groups: tuple[GroupCalibration, ...]) -> GroupCalibration | None:
    known = [g for g in groups if g.error is not None]
    return max(known, key=lambda g: 0.0 if g.error is None else g.error) if known else None


def _chance(groups: tuple[GroupCalibration, ...]) -> float | None:
    upper = [g.error_by_chance_upper for g in groups if g.error_by_chance_upper is not None]
    return max(upper) if upper else None
