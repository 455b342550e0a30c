"""The text twin of the Pareto curve and of one point on it."""

from collections.abc import Sequence

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import later, told, tr
from fairlab.reports.sentences.point import point_label
from fairlab.reports.tables.curve import CurveRow

__all__ = [
    "CONSTRAINT_WORDS",
    "GAP_WORDS",
    "baseline_sentence",
    "curve_sentence",
    "gap_words",
    "headline_sentence",
    "point_label",
    "reading_notes",
    "suspicion",
]

# Errors below this share of what always guessing the commoner outcome makes look like a leak.
SUSPICIOUS = 0.15

# What each constraint's gap is a gap in.
GAP_WORDS: dict[str, str] = told(
    {
        "demographic_parity": later("selection rate"),
        "equal_opportunity": later("true positive rate"),
        "predictive_equality": later("false positive rate"),
        "equalized_odds": later("true or false positive rate, whichever is wider"),
        "mean_residual_parity": later("selection rate minus base rate"),
        "accuracy_parity": later("accuracy"),
    }
)

CONSTRAINT_WORDS: dict[str, str] = told(
    {
        "demographic_parity": later("Demographic parity: groups are selected equally often"),
        "equal_opportunity": later(
            "Equal opportunity: among those with the favourable outcome, groups are "
            "selected equally often"
        ),
        "predictive_equality": later(
            "Predictive equality: among those with the unfavourable outcome, groups "
            "are selected equally often"
        ),
        "equalized_odds": later("Equalized odds: both of these at once"),
        "mean_residual_parity": later(
            "Mean residual parity: selection exceeds or falls short of favourable "
            "outcomes by the same share of each group"
        ),
        "accuracy_parity": later("Accuracy parity: decisions are right equally often"),
    }
)


def gap_words(constraint: str, *, apart: bool = False) -> str:
    """What the gap on the curve's axis is a gap in.

    Args:
        constraint: Name of the constraint.
        apart: Whether several attributes are compared, each by itself.
    """
    return (
        tr("{constraint}, widest over attributes", constraint=GAP_WORDS[constraint])
        if apart
        else GAP_WORDS[constraint]
    )


def curve_sentence(
    rows: Sequence[CurveRow], constraint: str, people: str, attributes: Sequence[str] = ()
) -> str:
    """What the curve says: where it starts, and how far the gap falls for how much accuracy.

    Args:
        rows: Finished points, on ``people`` ("test people").
        constraint: Name of the constraint.
        people: On whom it was measured, in words.
        attributes: Those compared, when several are compared each by itself.
    """
    known = _trained(rows)
    if not known:
        name = CONSTRAINT_GAPS.get(constraint, constraint).replace("_", " ")
        return tr(
            "We cannot tell: the {name} is undefined for every model on these {people}.",
            name=name,
            people=people,
        )
    base, narrowest, among = _ends(known)
    words = GAP_WORDS[constraint]
    start = tr(
        "Without mitigation, accuracy is {accuracy} and the gap in {words} is {gap}{interval}.",
        accuracy=_percent(base.accuracy),
        words=words,
        gap=_points(base.gap),
        interval=_interval(base),
    )
    if len(attributes) > 1:
        start += tr(
            " Every gap here is the widest over {attributes}, each by itself.",
            attributes=tr(" and ").join(attributes),
        )
    if narrowest.index == base.index:
        return tr(
            "{start} No trained model on the curve has a narrower gap on these {people}.",
            start=start,
            people=people,
        )
    change = 100 * ((narrowest.accuracy or 0) - (base.accuracy or 0))
    direction = tr("lower") if change < 0 else tr("higher")
    return tr(
        "{start} {among} the narrowest gap on {people} is {gap}{interval}, "
        "with accuracy {accuracy}: {change:.1f} points {direction}.",
        start=start,
        among=among,
        people=people,
        gap=_points(narrowest.gap),
        interval=_interval(narrowest),
        accuracy=_percent(narrowest.accuracy),
        change=abs(change),
        direction=direction,
    )


def headline_sentence(
    rows: Sequence[CurveRow],
    constraint: str,
    people: str,
    apart: Sequence[bool | None] = (),
) -> str:
    """The curve in one plain sentence: how far the gap falls, and what accuracy does meanwhile.

    What it leaves out (intervals, which models count) :func:`curve_sentence` says.

    Args:
        rows: Finished points, on ``people`` ("test people").
        constraint: Name of the constraint.
        people: On whom it was measured, in words.
        apart: By model, whether it can be told from the unmitigated one of its family; None or
            missing where that is not known.
    """
    known = _trained(rows)
    if not known:
        return curve_sentence(rows, constraint, people)
    base, narrowest, _ = _ends(known)
    words, gap = GAP_WORDS[constraint], _points(base.gap)
    # The unmitigated model may be none of the front's, and have a narrower gap on these people.
    none = narrowest.index == base.index or (narrowest.gap or 0) >= (base.gap or 0)
    if none and any(r.flags for r in known):
        return tr(
            "No model without a warning narrows the gap in {words}: it is {gap} on {people}, with "
            "accuracy {accuracy}.",
            words=words,
            gap=gap,
            people=people,
            accuracy=_percent(base.accuracy),
        )
    if none:
        return tr(
            "No trained model narrows the gap in {words}: it is {gap} on {people}, with accuracy "
            "{accuracy}.",
            words=words,
            gap=gap,
            people=people,
            accuracy=_percent(base.accuracy),
        )
    told = apart[narrowest.index] if narrowest.index < len(apart) else None
    return _narrowed(known, people, words, told)


def _narrowed(known: Sequence[CurveRow], people: str, words: str, told: bool | None) -> str:
    """How far the gap falls; among which models, where some with a warning go further down."""
    base, narrowest, _ = _ends(known)
    places = {
        "people": people,
        "words": words,
        "gap": _points(base.gap),
        "narrowest": _points(narrowest.gap),
        "accuracy": _percent(narrowest.accuracy),
        "before": _percent(base.accuracy),
    }
    lower = any(r.flags and (r.gap or 0) < (narrowest.gap or 0) for r in known)
    if told is False and lower:
        return tr(
            "The gap in {words} is {gap} without mitigation. The narrowest on the curve without a "
            "warning is {narrowest}, but on {people} that model cannot be told from the "
            "unmitigated one.",
            **places,
        )
    if told is False:
        return tr(
            "The gap in {words} is {gap} without mitigation. The narrowest on the curve is "
            "{narrowest}, but on {people} that model cannot be told from the unmitigated one.",
            **places,
        )
    if lower:
        return tr(
            "On {people} the gap in {words} narrows from {gap} to {narrowest} at most, among "
            "models without a warning; accuracy then is {accuracy} instead of {before}.",
            **places,
        )
    return tr(
        "On {people} the gap in {words} narrows from {gap} to {narrowest} at most; accuracy then "
        "is {accuracy} instead of {before}.",
        **places,
    )


def baseline_sentence(rows: Sequence[CurveRow]) -> str:
    """Accuracy and gap of the unmitigated baselines, for comparison; "" without any."""
    shown = [r for r in rows if r.mode == "baseline" and r.baseline and r.gap is not None]
    if not shown:
        return ""
    words = [
        tr(
            "{r}: {accuracy} and {gap}",
            r=r.label,
            accuracy=_percent(r.accuracy),
            gap=_points(r.gap),
        )
        for r in shown
    ]
    return tr("Accuracy and gap of unmitigated baselines: {words}.", words="; ".join(words))


def suspicion(rows: Sequence[CurveRow], base_rate: float) -> str:
    """A warning when the unmitigated model is right too often to be true; "" otherwise.

    Args:
        rows: Finished points.
        base_rate: Share of the people behind them with the favourable outcome, [0, 1].
    """
    known = [r for r in rows if r.accuracy is not None]
    base = next((r for r in known if r.baseline), None)
    if base is None or base.accuracy is None:
        return ""
    if 1 - base.accuracy >= SUSPICIOUS * min(base_rate, 1 - base_rate):
        return ""
    return tr(
        "Accuracy of {accuracy} is unusually high. Check whether a column "
        "repeats the outcome or was recorded after it (Data page, Leaks), "
        "and leave it out.",
        accuracy=_percent(base.accuracy),
    )


def reading_notes(rows: Sequence[CurveRow], people: str) -> tuple[str, ...]:
    """What to keep in mind when reading the curve.

    Args:
        rows: Finished points, on ``people`` ("test people").
        people: On whom it was measured, in words.
    """
    known = _trained(rows)
    notes = [
        tr(
            "{n_rows} models, measured on {people}. Large markers are "
            "unmitigated models. Lines join the models that none of their "
            "family beats on validation people (ringed), so on {people} they "
            "may zigzag, and a marker without a ring may lie better. Vertical "
            "bars are 95 % intervals of gaps, crosses of accuracy too: where "
            "other people would put the point. They say nothing of training "
            "again.",
            n_rows=len(rows),
            people=people,
        )
    ]
    if _several_seeds(known):
        notes.append(
            tr(
                "Faint markers are single seeds, full ones their means, and "
                "lines join the means. How far the faint ones lie apart is "
                "what training again changes, on the same people."
            )
        )
    notes.append(
        tr(
            "Pale markers cannot be told from the unmitigated model of their "
            "family: the 97.5 % intervals of their changes of accuracy and of "
            "gap, on the same people, both contain 0. Each model is judged by "
            "itself: of many that change nothing, a few look as if they did."
        )
    )
    if any(r.mode == "baseline" for r in rows):
        notes.append(
            tr(
                "Baselines (stars) are models of other libraries on the same "
                "split. No line joins different methods; those whose decisions "
                "are drawn are shown by one draw."
            )
        )
    if not known:
        return tuple(notes)
    base, narrowest, _ = _ends(known)
    flagged = sum(bool(r.flags) for r in rows)
    if flagged:
        notes.append(
            tr(
                "Hollow markers ({flagged}) need care: they select everybody "
                "or nobody in a group, or training did not go well. The "
                "sentence leaves them out, and the table says why.",
                flagged=flagged,
            )
        )
    if narrowest.index != base.index:
        notes.append(
            tr(
                "The narrowest gap was picked on these very people, so expect "
                "it somewhat wider on others."
            )
        )
        if base.lower is not None and narrowest.upper is not None and base.lower <= narrowest.upper:
            notes.append(
                tr(
                    "The two intervals overlap: from them alone we cannot tell "
                    "that the gap is narrower. The Compare page looks at the "
                    "change itself, on the same people."
                )
            )
    return tuple(notes)


def _several_seeds(rows: Sequence[CurveRow]) -> bool:
    return len({row.seed for row in rows if row.mode != "baseline"}) > 1


def _trained(rows: Sequence[CurveRow]) -> list[CurveRow]:
    """The models of the families with both numbers; baselines are spoken of apart."""
    families = [r for r in rows if r.mode != "baseline"]
    return [r for r in families if r.gap is not None and r.accuracy is not None]


def _ends(known: Sequence[CurveRow]) -> tuple[CurveRow, CurveRow, str]:
    """The unmitigated model, the healthy one of the front with the narrowest gap, and of which."""
    base = next((r for r in known if r.baseline), known[0])
    sound = [r for r in known if not r.flags]
    front = [r for r in sound if r.front]
    if front:
        ringed = "" if _several_seeds(sound) else tr(", ringed")
        among = tr(
            "Of the models without warnings that no other of their family "
            "beats on validation people (the front{ringed}),",
            ringed=ringed,
        )
    else:
        among = tr("Among models without warnings") if sound else tr("Over all models")
    picked = min(front or sound or list(known), key=lambda r: (r.gap, -(r.accuracy or 0)))
    return base, picked, among


def _percent(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f} %", value=100 * value)


def _points(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)


def _interval(row: CurveRow) -> str:
    if row.lower is None or row.upper is None:
        return ""
    return tr(
        " (95 % interval {row_lower:.1f} to {row_upper:.1f})",
        row_lower=100 * row.lower,
        row_upper=100 * row.upper,
    )
