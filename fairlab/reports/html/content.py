"""What a report holds, as plain words and numbers for its template. Nothing here is markup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import fairlab
from fairlab.language import language, tr
from fairlab.metrics import GAPS, RATES, Audit, GapResult, GroupRate
from fairlab.metrics.gap_names import gap_title
from fairlab.metrics.suppression import hidden_sizes
from fairlab.reports.export import run_yaml
from fairlab.reports.facts import Facts, ModelFacts, attributes_in_words, split_words
from fairlab.reports.html.charts import curve_chart, dot_rows, marks
from fairlab.reports.html.movers import moves_part
from fairlab.reports.html.own_words import Own
from fairlab.reports.html.thresholds import thresholds_part
from fairlab.reports.invisible import visible
from fairlab.reports.sentences.audit import certainty_sentence, gap_sentence, people
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS, curve_sentence, gap_words
from fairlab.reports.sentences.guarantee import guarantee_sentence
from fairlab.reports.sentences.point import point_label, uses_attribute_words
from fairlab.reports.sentences.runs import run_title
from fairlab.reports.tables.curve import CurveRow, curve_rows
from fairlab.reports.withheld import sizes_in_words, withheld_of

RATES_SHOWN = ("selection_rate", "base_rate", "tpr", "fpr", "ppv", "accuracy")
GAPS_SHOWN = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
    "base_rate_difference",
)


def report_content(
    facts: Facts, how: Sequence[str] = (), rows: Sequence[CurveRow] | None = None
) -> dict[str, Any]:
    """Everything a report says, in its order.

    Args:
        facts: Of the run and its choice.
        how: How the point was chosen, in sentences.
        rows: The run's points on test people where they are known already.
    """
    found = curve_rows(facts.result) if rows is None else rows
    return {
        "lang": language(),
        "title": visible(run_title(facts.config)),
        "run": facts.config.digest()[:8],
        "version": fairlab.__version__,
        "model": facts.chosen.label,
        "lead": _lead(facts),
        "smallest": facts.smallest,
        "withheld": _withheld_words(facts),
        "tiles": _tiles(facts),
        "promise": _promise(facts),
        "reason": Own(facts.choice.reason.strip()),
        "dissent": Own(facts.choice.dissent.strip()),
        "how": list(how),
        "curve": curve_part(facts, found),
        "moves": moves_part(facts),
        "thresholds": thresholds_part(facts),
        "groups": [_groups(facts, place) for place in range(len(facts.chosen.audits))],
        "limits": list(facts.limits),
        "about": _about(facts),
        "words": [(rate.label, rate.definition) for rate in map(RATES.__getitem__, RATES_SHOWN)]
        + [(gap_title(name), GAPS[name].definition) for name in GAPS_SHOWN],
        "yaml": Own(run_yaml(facts.config)),
        "command": _command(facts),
    }


def interval(lower: float | None, upper: float | None) -> str:
    """The ends of a 95 % interval in percent or points; "" without one."""
    if lower is None or upper is None:
        return ""
    return tr("{low:.1f} to {high:.1f}", low=100 * lower, high=100 * upper)


def number(value: float | None, why: str = "") -> str:
    """A share in percent or points with one decimal; withheld or undefined without one."""
    if value is not None:
        return tr("{value:.1f}", value=100 * value)
    return tr("withheld") if why.startswith(("suppressed", "withheld")) else tr("undefined")


def _lead(facts: Facts) -> str:
    point = facts.point
    cut = tr("at threshold {cut:g}", cut=facts.chosen.cut)
    if facts.choice.group_cuts is not None:
        cut = tr("at a threshold for each group")
    elif point.is_drawn:
        cut = tr("by decisions that are drawn")
    return tr(
        "{model}, {cut}. It was chosen from {n:,} models trained for: {constraint}. Groups are "
        "those of {groups}.",
        model=facts.chosen.label,
        cut=cut,
        n=len(facts.result.points),
        constraint=CONSTRAINT_WORDS[facts.result.constraint],
        groups=visible(facts.result.groups_in_words),
    )


def _withheld_words(facts: Facts) -> str:
    if facts.smallest <= 0:
        if facts.config.data.source != "file":
            return tr(
                "Anyone can read the rows of this table, so numbers of few people are not withheld."
            )
        return tr(
            "Nothing is withheld: numbers of few people are in this file, and single people could "
            "be worked out. It is for your own use; do not pass it on."
        )
    if not facts.withheld:
        return tr(
            "This file holds counts and rates of groups only. No number rests on fewer than {n} "
            "people.",
            n=facts.smallest,
        )
    return tr(
        "This file holds counts and rates of groups only. Numbers that rest on fewer than {n} "
        "people in some cell, or would let such a cell be worked out, are withheld. Merging small "
        "groups when the table is read keeps more of them.",
        n=facts.smallest,
    )


def _promise(facts: Facts) -> str:
    """What a fairness layer promised beside what was measured; its gaps are of all groups."""
    promise = facts.point.guarantee
    if promise is None or facts.withheld:
        return ""
    return guarantee_sentence(promise, facts.result.constraint, facts.result.threshold)


def _tiles(facts: Facts) -> list[dict[str, str]]:
    chosen, bare, name = facts.chosen, facts.unmitigated, facts.gap_name
    return [
        _tile(tr("Decisions that agree with the outcome"), "%", chosen.accuracy, bare, "accuracy"),
        _tile(tr("People selected"), "%", chosen.selected, bare, "selected"),
        _gap_tile(gap_title(name), chosen.gap(name), None if bare is None else bare.gap(name)),
    ]


def _tile(
    label: str, unit: str, rate: GroupRate, bare: ModelFacts | None, field: str
) -> dict[str, str]:
    other: GroupRate | None = None if bare is None else getattr(bare, field)
    return {
        "label": label,
        "value": number(rate.value, rate.why),
        "unit": unit if rate.value is not None else "",
        "interval": interval(rate.lower, rate.upper),
        "before": "" if other is None else _before(other.value, other.why, unit),
    }


def _gap_tile(label: str, gap: GapResult, bare: GapResult | None) -> dict[str, str]:
    unit = tr("points")
    return {
        "label": label,
        "value": number(gap.value, gap.hidden),
        "unit": unit if gap.value is not None else "",
        "interval": interval(gap.lower, gap.upper),
        "before": "" if bare is None else _before(bare.value, bare.hidden, unit),
    }


def _before(value: float | None, why: str, unit: str) -> str:
    shown = number(value, why)
    return f"{shown} {unit}" if value is not None else shown


def curve_part(facts: Facts, rows: Sequence[CurveRow]) -> dict[str, Any]:
    """The trade-off over all models: chart, what each point says, and the table."""
    result, smallest = facts.result, facts.smallest
    shown = [_shown(facts, row) for row in rows]
    hidden = sum(_both(old) and not _both(new) for new, old in zip(shown, rows, strict=True))
    apart = result.group_by if len(result.groupings) > 1 else ()
    words = gap_words(result.constraint, apart=bool(apart))
    if hidden and not any(_both(row) for row in shown):
        said = tr(
            "The curve is withheld: accuracy and gap of every model would let a cell of fewer than "
            "{n} people be worked out.",
            n=smallest,
        )
    else:
        said = curve_sentence(shown, result.constraint, tr("test people"), apart)
        if hidden:
            said += " " + tr(
                "{hidden:,} of {n:,} models are not shown: their numbers rest on few people.",
                hidden=hidden,
                n=len(rows),
            )
    chart = curve_chart(shown, facts.point.index)
    whole = {row.index: row for row in rows}
    by_accuracy = sorted(shown, key=lambda row: -(row.accuracy or 0.0))
    return {
        "sentence": said,
        "chart": chart,
        "x_title": tr("Accuracy, % of test people (more accurate →)"),
        "y_title": tr("Gap in {words}, points (↓ more equal)", words=words),
        "rows": [_curve_row(facts, row, whole[row.index]) for row in by_accuracy],
        "at_run_threshold": facts.chosen.cut != result.threshold
        or facts.choice.group_cuts is not None,
        "threshold": tr("{cut:g}", cut=result.threshold),
    }


def _both(row: CurveRow) -> bool:
    return row.gap is not None and row.accuracy is not None


def _shown(facts: Facts, row: CurveRow) -> CurveRow:
    """A row of the curve without what rests on few people."""
    gone = withheld_of(facts.result, row.index, "test", facts.result.threshold, facts.smallest)
    if row.index == facts.point.index and facts.near:
        row = replace(row, gap=None, lower=None, upper=None)
        row = replace(row, accuracy=None, accuracy_lower=None, accuracy_upper=None)
    if not gone.keeps(GAPS[facts.gap_name]):
        row = replace(row, gap=None, lower=None, upper=None)
    if gone.whole:
        row = replace(row, accuracy=None, accuracy_lower=None, accuracy_upper=None)
    return replace(row, flags=() if gone.any else row.flags)


def _curve_row(facts: Facts, row: CurveRow, whole: CurveRow) -> dict[str, Any]:
    def shown(value: float | None, known: float | None) -> str:
        return number(value, "" if known is None else "withheld")

    point = facts.result.points[row.index]
    return {
        "index": row.index,
        "label": point_label(point),
        "accuracy": shown(row.accuracy, whole.accuracy),
        "accuracy_interval": interval(row.accuracy_lower, row.accuracy_upper),
        "gap": shown(row.gap, whole.gap),
        "gap_interval": interval(row.lower, row.upper),
        "front": tr("yes") if row.front else "",
        "uses": uses_attribute_words(row.uses_attribute),
        "flags": " ".join(row.flags),
        "chosen": row.index == facts.point.index,
    }


def _groups(facts: Facts, place: int) -> dict[str, Any]:
    """Rates of the groups of one grouping: dots with intervals, the cells, and every gap."""
    found = facts.chosen.audits[place]
    names = [visible(name) for name in found.group_names]
    return {
        "by": visible(attributes_in_words(facts.result.groupings[place])),
        "names": names,
        "marks": marks(names),
        "rates": [_rate(found, name) for name in RATES_SHOWN],
        "cells": _cells(found, facts.smallest, facts.chosen.outcomes[place].weight is None),
        "gaps": [_gap_row(found, name) for name in GAPS_SHOWN],
        "sentence": visible(gap_sentence(found, facts.gap_name)),
        "certainty": ""
        if found.gaps[facts.gap_name].hidden
        else visible(certainty_sentence(found, facts.gap_name)),
    }


def _rate(found: Audit, name: str) -> dict[str, Any]:
    rate = found.rates[name]
    dots = dot_rows([(g.value, g.lower, g.upper) for g in rate.groups], found.group_names)
    return {
        "label": rate.label,
        "gone": all(g.why.startswith("suppressed") for g in rate.groups if g.n != 0),
        "definition": RATES[name].definition,
        "rows": [
            {
                **dot,
                "value": number(group.value, group.why),
                "interval": interval(group.lower, group.upper),
                "of": "" if group.value is None else people(group.n),
                "why": "" if group.value is not None else visible(group.why),
            }
            for dot, group in zip(dots, rate.groups, strict=True)
        ],
    }


def _cells(found: Audit, smallest: int, whole_people: bool) -> list[dict[str, str]]:
    def cell(value: float) -> str:
        return tr("withheld") if value != value else people(value)

    rows, sizes = [], sizes_in_words(found.sizes, smallest)
    for g, name in enumerate(found.group_names):
        gone = bool(hidden_sizes(found.sizes, smallest)[g])
        rows.append(
            {
                "name": visible(name),
                "n": sizes[g],
                **{f: cell(float(getattr(found.counts, f)[g])) for f in ("tp", "fn", "fp", "tn")},
                "weighted": "" if whole_people or gone else people(float(found.totals[g])),
            }
        )
    return rows


def _gap_row(found: Audit, name: str) -> dict[str, Any]:
    gap = found.gaps[name]
    return {
        "label": gap_title(name),
        "known": not gap.hidden,
        "value": number(gap.value, gap.hidden),
        "interval": interval(gap.lower, gap.upper),
        "highest": visible(gap.highest or ""),
        "lowest": visible(gap.lowest or ""),
        "p": ""
        if gap.p_value is None
        else "< 0.001"
        if gap.p_value < 0.001
        else tr("{p:.3f}", p=gap.p_value),
    }


def _about(facts: Facts) -> list[tuple[str, str]]:
    config, result = facts.config, facts.result
    sweep, task = config.sweep, config.task
    sizes = ", ".join(
        tr("{name} {n:,}", name=split_words(name), n=len(split.y_true))
        for name, split in result.splits.items()
    )
    source = config.data.filename if config.data.source == "file" else config.data.source
    rows = [
        (tr("Table"), visible(source or tr("an uploaded file"))),
        (tr("Fingerprint of the table"), config.data.fingerprint[:16] or tr("not recorded")),
        (
            tr("Label"),
            tr(
                "{label}: {good} is the favourable outcome, {bad} the other",
                label=visible(task.label),
                good=visible(task.outcome_words[0]),
                bad=visible(task.outcome_words[1]),
            ),
        ),
        (tr("People"), sizes),
        (tr("Groups by"), visible(result.groups_in_words)),
        (
            tr("Reads the attribute as an input"),
            tr("yes") if task.sensitive_as_features else tr("no"),
        ),
        (
            tr("Needs the group of a person to decide"),
            tr("yes")
            if facts.choice.group_cuts is not None
            else uses_attribute_words(facts.point.uses_attribute),
        ),
        (tr("Trained for"), CONSTRAINT_WORDS[result.constraint]),
        (tr("Model"), _model_words(facts)),
        (
            tr("Seeds"),
            tr(
                "split {split}; training {seeds}",
                split=sweep.split.seed,
                seeds=", ".join(map(str, sweep.seeds)),
            ),
        ),
        (tr("Device"), sweep.device),
        (tr("Run"), config.digest()),
    ]
    return [(name, value) for name, value in rows if value]


def _model_words(facts: Facts) -> str:
    model = facts.config.sweep.model
    if facts.point.mode == "baseline":
        return facts.chosen.label
    if model.kind == "logistic":
        return tr("{label}: logistic regression", label=facts.chosen.label)
    return tr(
        "{label}: network with {depth} hidden layers of {width}",
        label=facts.chosen.label,
        depth=model.depth,
        width=model.width,
    )


def _command(facts: Facts) -> str:
    table = " --data YOUR_TABLE" if facts.config.data.source == "file" else ""
    return f"fairlab sweep fairlab-{facts.config.digest()[:8]}.yaml{table} --out results"
