"""What each rule costs by the standards of the others, in words."""

from collections.abc import Mapping

from fairlab.language import inside, tr, tr_n
from fairlab.metrics import GAPS, RATES
from fairlab.metrics.gap_names import gap_name
from fairlab.reports.sentences import amounts
from fairlab.reports.sentences.audit import percent
from fairlab.results import CROSSING, Point
from fairlab.sweeps.candidates import ACCURACY, PickedRule
from fairlab.sweeps.expected import Expected
from fairlab.sweeps.judged import JudgedCell, JudgedRow, MetricMatrix


def metric_label(name: str) -> str:
    """A metric's name on screen."""
    return RATES[ACCURACY].label if name == ACCURACY else gap_name(name)


def rule_label(model: str, rule: PickedRule, point: Point) -> str:
    """A model at a threshold: "Penalty, strength 0.5, score ≥ 0.52".

    Args:
        model: The model in words.
    """
    if point.is_drawn:
        return tr("{model}, decisions drawn", model=model)
    return tr("{model}, score ≥ {threshold:.4g}", model=model, threshold=rule.threshold)


def cell_text(cell: JudgedCell) -> str:
    """A gap with its interval, in points or as a ratio."""
    return amounts.gap(cell.metric, cell.value, cell.lower, cell.upper)


def matrix_sentence(found: MetricMatrix) -> str:
    """Where the numbers are from, and what costs most by another's standard."""
    said = [
        tr(
            "Each rule is the best by one metric among {rules:,d} ({models} models at their "
            "thresholds) on {picked:,d} validation people: the most accurate whose gap there is at "
            "most {tolerance:g} points. Everything else here is from {judged:,d} test people, who "
            "played no part in picking.",
            rules=found.rules,
            models=found.models,
            picked=found.picked_on,
            tolerance=round(100 * found.tolerance, 6),
            judged=found.judged_on,
        )
    ]
    rows = [row for row in found.rows if row.worst]
    if rows:
        row = max(rows, key=lambda one: one.worst_beyond.value or 0.0)
        said.append(
            tr(
                "What costs most by another's standard: judged by {other}, the rule best by "
                "{metric} is {beyond} than the rule best by that.",
                metric=inside(metric_label(row.metric)),
                other=inside(metric_label(row.worst)),
                beyond=_farther(row),
            )
        )
    return " ".join(said)


def matrix_notes(found: MetricMatrix) -> tuple[str, ...]:
    """What a reader must know about the picking and the intervals."""
    notes = [
        tr(
            "A rule counts only if it tells outcomes apart at least half as well as the best, is "
            "at most {give_up:g} points less accurate than the most accurate, and leaves no more "
            "groups out of the comparison than it must. {level:g} % intervals, each on its own.",
            give_up=round(100 * found.give_up, 6),
            level=100 * found.level,
        )
    ]
    if len(found.groupings) > 1:
        listed = ", ".join(CROSSING.join(by) for by in found.groupings)
        notes.append(
            tr(
                "Each gap is the widest of those by {groupings}; its interval allows for having "
                "looked at all of them.",
                groupings=listed,
            )
        )
    if any(cell.beyond is not None and cell.beyond < 0 for row in found.rows for cell in row.cells):
        notes.append(
            tr(
                "On test people a rule can have a narrower gap than the rule picked for that "
                "metric on validation people: by chance, or because a gap within the tolerance was "
                "enough."
            )
        )
    if found.needing and found.attribute:
        notes.append(
            tr_n(
                "One model needs the person's group to decide; it may be picked.",
                "{n} models need the person's group to decide; they may be picked.",
                len(found.needing),
            )
        )
    elif found.needing:
        notes.append(
            tr_n(
                "One model needs the person's group to decide; it was left out.",
                "{n} models need the person's group to decide; they were left out.",
                len(found.needing),
            )
        )
    if found.flagged:
        notes.append(
            tr_n(
                "One model was left out because of a health finding.",
                "{n} models were left out because of health findings.",
                len(found.flagged),
            )
        )
    if found.weighted:
        notes.append(tr("People are weighted: intervals use effective numbers of people."))
    return tuple(notes)


def matrix_words(found: MetricMatrix, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Every row with all its numbers: a line that leads, and lines under it.

    A rule that is best by several metrics is told once; the later rows say which it is.

    Args:
        labels: The rule of each row in words; rows without a rule have none.
    """
    said, told = [], dict[tuple[int, float], str]()
    for row in found.rows:
        first = "" if row.rule is None else told.get((row.rule.index, row.rule.threshold), "")
        said.append(row_words(found, row, labels.get(row.metric, ""), first))
        if row.rule is not None:
            told.setdefault((row.rule.index, row.rule.threshold), row.metric)
    return tuple(said)


def row_words(found: MetricMatrix, row: JudgedRow, label: str, first: str = "") -> str:
    """One rule: how it was picked, what it does on test people, what it costs by others.

    Args:
        found: Its matrix.
        row: Of the matrix.
        label: The rule in words.
        first: Metric of an earlier row with the same rule, whose numbers are not said again.
    """
    name = inside(metric_label(row.metric))
    if row.rule is None:
        return tr("Best by {metric}: no rule counts, so there is nothing to judge.", metric=name)
    said = [tr("Best by {metric}: {rule}.", metric=name, rule=label), _picked(row)]
    if first:
        said.append(
            tr(
                "The same rule is best by {metric}; its numbers on test people are there.",
                metric=inside(metric_label(first)),
            )
        )
        return "\n".join([*said, *_also(row, same=False)])
    said.append(_measured(row))
    several = len(found.groupings) > 1
    said += [tr("{gap}.", gap=_judged(cell, several=several)) for cell in row.cells]
    if row.worst:
        said.append(
            tr(
                "It costs most by {other}: {beyond} than under the rule best by that.",
                other=inside(metric_label(row.worst)),
                beyond=_farther(row),
            )
        )
    return "\n".join([*said, *_also(row)])


def against_text(row: JudgedRow) -> str:
    """Accuracy against the most accurate rule, in points."""
    if is_most_accurate(row):
        return tr("it is that rule")
    return amounts.points_change(row.against)


def changed_text(row: JudgedRow) -> str:
    """Share of people decided otherwise than by the most accurate rule."""
    return tr("nobody") if is_most_accurate(row) else percent(row.changed)


def is_most_accurate(row: JudgedRow) -> bool:
    """Whether it is the rule that was the most accurate on validation people."""
    return row.metric == ACCURACY or ACCURACY in row.same_as


def picked_text(row: JudgedRow) -> str:
    """What the rule did on validation people, where it was picked."""
    rule = row.rule
    if rule is None:
        return tr("no rule counts")
    if rule.gap is None:
        return tr("accuracy {accuracy}", accuracy=percent(rule.accuracy))
    gap = amounts.gap(row.metric, rule.gap, None, None)
    if rule.within:
        return tr("gap {gap}, accuracy {accuracy}", gap=gap, accuracy=percent(rule.accuracy))
    return tr(
        "gap {gap}, the narrowest, accuracy {accuracy}", gap=gap, accuracy=percent(rule.accuracy)
    )


def _picked(row: JudgedRow) -> str:
    rule = row.rule
    assert rule is not None
    if rule.gap is None:
        return tr("On validation people: {picked}.", picked=picked_text(row))
    if rule.within:
        return tr("On validation people: {picked}; within the tolerance.", picked=picked_text(row))
    return tr(
        "On validation people: {picked}; no rule that counts is within the tolerance.",
        picked=picked_text(row),
    )


def _measured(row: JudgedRow) -> str:
    said = tr(
        "On test people: accuracy {accuracy}, selected {selected}.",
        accuracy=amounts.share(row.accuracy),
        selected=amounts.share(row.selected),
    )
    if is_most_accurate(row):
        return said
    said += " " + tr(
        "Against the most accurate rule: {against} points of accuracy, and {changed} of people "
        "decided otherwise.",
        against=against_text(row),
        changed=changed_text(row),
    )
    return said


def _judged(cell: JudgedCell, *, several: bool) -> str:
    label = metric_label(cell.metric)
    if cell.value is None:
        return tr("{metric} undefined", metric=label)
    who = tr("highest {high}, lowest {low}", high=cell.highest, low=cell.lowest)
    if several:
        who = tr("by {attribute}, {who}", attribute=CROSSING.join(cell.by), who=who)
    if cell.left_out:
        who = tr("{who}, without {groups}", who=who, groups=", ".join(cell.left_out))
    return tr("{metric} {value}, {who}", metric=label, value=cell_text(cell), who=who)


def _farther(row: JudgedRow) -> str:
    """How much farther from equal, with the interval of the change where there is one."""
    ratio = GAPS[row.worst].spread == "ratio"
    found = row.worst_beyond
    if found.value is None:
        return tr("farther from equal")
    if ratio:
        return tr("{value:.2f} farther from equal", value=found.value)
    text = tr("{value:.1f} points farther from equal", value=100 * found.value)
    if found.lower is None or found.upper is None:
        return text
    lower, upper = (
        tr("{value:.1f}", value=100 * end).replace("-", "−") for end in (found.lower, found.upper)
    )
    if found.lower <= 0:
        return tr(
            "{farther} (95 % interval {lower} to {upper}, so it may be chance)",
            farther=text,
            lower=lower,
            upper=upper,
        )
    return tr(
        "{farther} (95 % interval {lower} to {upper})", farther=text, lower=lower, upper=upper
    )


def _also(row: JudgedRow, *, same: bool = True) -> list[str]:
    """The same rule elsewhere, ties, chance and the attribute."""
    rule = row.rule
    assert rule is not None
    said = []
    if same and row.same_as:
        listed = ", ".join(inside(metric_label(name)) for name in row.same_as)
        said.append(tr("The same rule is best by {metrics}.", metrics=listed))
    if rule.tied:
        said.append(
            tr_n(
                "Another model has a rule exactly as good on validation people.",
                "{n} other models have a rule exactly as good on validation people.",
                len(rule.tied),
            )
        )
    if rule.needs_attribute:
        said.append(tr("Deciding needs the person's group."))
    if row.drawn:
        said.append(tr("Its decisions are drawn; this is one seeded draw."))
    return said


def beyond_text(cell: JudgedCell) -> str:
    """How much farther from equal than under the rule best by this metric, in words."""
    if cell.beyond is None:
        return ""
    if GAPS[cell.metric].spread == "ratio":
        text = tr("{value:+.2f} against the rule best by this", value=cell.beyond)
        return text.replace("-", "−")
    return tr(
        "{change} points against the rule best by this",
        change=amounts.points_change(Expected(cell.beyond, None, None)),
    )
