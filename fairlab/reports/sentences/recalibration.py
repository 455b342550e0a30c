"""What recalibrating did, in words: what it mends, what it moves, what it cannot close."""

from fairlab.language import later, told, tr
from fairlab.metrics import GroupCalibration
from fairlab.reports.sentences.audit import percent, points
from fairlab.sweeps.change_records import GapChange
from fairlab.sweeps.recalibrated import Recalibrated, RecalibrationEffect

METHOD_WORDS = told(
    {"isotonic": later("Isotonic (any rising curve)"), "platt": later("Platt (a sigmoid)")}
)
_ALIKE = 0.005
_SOURCE = "Kleinberg, Mullainathan, Raghavan 2016"


def fitted_sentence(found: Recalibrated, split: str) -> str:
    """Whom curves were fitted on, and whether a score needs the group."""
    whom = (
        tr(
            "Curves were fitted on these people in five parts: each person's "
            "score comes from the four parts she is not in."
        )
        if found.fitted_on is None
        else tr(
            "Curves were fitted on {fitted_on:,} validation people and applied "
            "to the {split} people: no outcome of theirs is used.",
            fitted_on=found.fitted_on,
            split=split,
        )
    )
    if found.uses_attribute_when_deciding:
        return tr(
            "{whom} A curve per group needs to know the person's group whenever it scores.",
            whom=whom,
        )
    return tr("{whom} One curve for everybody does not need to know a person's group.", whom=whom)


def effect_sentence(effect: RecalibrationEffect) -> str:
    """Calibration errors before and after, then the gaps in TPR and FPR before and after."""
    parts = [_errors(effect)]
    for gap, words in (
        ("equal_opportunity_difference", tr("true positive rates")),
        ("predictive_equality_difference", tr("false positive rates")),
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
    start = tr("Calibration within groups does not close gaps in true or false positive rates")
    if len(base) < 2:
        return tr("{start}; with one group there is none.", start=start)
    low, high = min(base, key=lambda b: b[1]), max(base, key=lambda b: b[1])
    if high[1] - low[1] < _ALIKE:
        return tr(
            "{start} by itself; base rates are nearly equal here "
            "({low_second} and {high_second}), so nothing forces a gap "
            "either.",
            start=start,
            low_second=percent(low[1]),
            high_second=percent(high[1]),
        )
    return tr(
        "{start}: base rates run from {low_second} ({low_first}) to "
        "{high_second} ({high_first}), and unless scores are perfect, "
        "calibrated ones then differ on average between groups among "
        "people with the favourable outcome, or among those with the "
        "unfavourable one ({source}).",
        start=start,
        low_second=percent(low[1]),
        low_first=low[0],
        high_second=percent(high[1]),
        high_first=high[0],
        source=_SOURCE,
    )


def overlay_sentence(effect: RecalibrationEffect) -> str:
    """The error of every group before and after."""
    known = [
        (b, a) for b, a in zip(effect.before, effect.after, strict=True) if a.error is not None
    ]
    if not known:
        return tr("We cannot tell: no group has enough people for a curve.")
    floor = tr(
        "Chance alone makes up to {chance} of such an error in 95 of 100 samples.",
        chance=points(_chance(effect.after)),
    )
    if all(b.error is None for b, _ in known):
        each = "; ".join(f"{a.group} {points(a.error)}" for _, a in known)
        return tr(
            "Distance of recalibrated scores from outcomes: {each}. {floor}", each=each, floor=floor
        )
    each = "; ".join(f"{a.group} {points(b.error)} → {points(a.error)}" for b, a in known)
    return tr(
        "Distance of scores from outcomes, before → after: {each}. {floor}", each=each, floor=floor
    )


def error_before(effect: RecalibrationEffect) -> str:
    """The largest error before, or why there was none."""
    worst = _worst(effect.before)
    if worst is not None:
        return tr("before: {worst_error}", worst_error=points(worst.error))
    if any(g.why.startswith("scores are not in") for g in effect.before):
        return tr("before: scores were no probabilities")
    return tr("before: undefined, too few people")


def _errors(effect: RecalibrationEffect) -> str:
    after = _worst(effect.after)
    if after is None or after.error is None:
        return tr("We cannot tell whether scores are calibrated: too few people in every group.")
    before = _worst(effect.before)
    if before is None or before.error is None:
        return tr(
            "Recalibrated scores are at most {after_error} from outcomes "
            "on average ({after_group}); {error_before}.",
            after_error=points(after.error),
            after_group=after.group,
            error_before=error_before(effect),
        )
    return tr(
        "The farthest group's scores were {before_error} from outcomes on "
        "average ({before_group}) and are now {after_error} "
        "({after_group}).",
        before_error=points(before.error),
        before_group=before.group,
        after_error=points(after.error),
        after_group=after.group,
    )


def _gap(change: GapChange, words: str, level: float) -> str:
    if change.before is None or change.after is None or change.value is None:
        return tr("We cannot tell how the gap in {words} changes: it is undefined.", words=words)
    text = tr(
        "At the threshold the gap in {words} goes from {before} to {after}",
        words=words,
        before=points(change.before),
        after=points(change.after),
    )
    if change.lower is None or change.upper is None:
        return tr("{text}. We cannot tell how sure that is.", text=text)
    text += tr(
        " ({change_value}; {level:.0f} % interval {change_lower} to ",
        change_value=_signed(change.value),
        level=100 * level,
        change_lower=_signed(change.lower),
    )
    text += f"{_signed(change.upper)})."
    if change.lower <= 0 <= change.upper:
        text += tr(" We cannot tell whether it narrows or widens.")
    return text


def _signed(value: float) -> str:
    return tr("{value:+.1f}", value=100 * value).replace("-", "−")


def _worst(groups: tuple[GroupCalibration, ...]) -> GroupCalibration | None:
    known = [g for g in groups if g.error is not None]
    return max(known, key=lambda g: 0.0 if g.error is None else g.error) if known else None


def _chance(groups: tuple[GroupCalibration, ...]) -> float | None:
    upper = [g.error_by_chance_upper for g in groups if g.error_by_chance_upper is not None]
    return max(upper) if upper else None
