"""The model card of a chosen model, in Markdown (Mitchell et al. 2019, "Model Cards for Model
Reporting", FAT* 2019): its nine sections, filled from facts, with prompts where only people know.
"""

from collections.abc import Sequence

import fairlab
from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import tr
from fairlab.metrics import GAPS, RATES, Audit
from fairlab.metrics.gap_names import gap_title
from fairlab.reports.facts import Facts, attributes_in_words, split_words
from fairlab.reports.plain_markdown import few_in_note, md, md_quote, md_table, prompt
from fairlab.reports.sentences.audit import gap_sentence, percent, points
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS
from fairlab.reports.sentences.point import uses_attribute_words
from fairlab.reports.withheld import shown_notes, sizes_in_words

RATES_SHOWN = ("selection_rate", "base_rate", "tpr", "fpr", "ppv", "accuracy")
GAPS_SHOWN = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)


def model_card(facts: Facts, how: Sequence[str] = ()) -> str:
    """The card as Markdown; aggregates only, with what rests on few people withheld.

    Args:
        facts: Of the run and its choice.
        how: How the point was chosen, in sentences.
    """
    parts = (
        f"# {md(tr('Model card: {model}', model=facts.chosen.label))}",
        md(
            tr(
                "Written by fairlab {version} from run {run}. The sections are those of Mitchell "
                "et al. 2019. Lines that begin with “To be written” are for the people who "
                "answer for the model.",
                version=fairlab.__version__,
                run=facts.config.digest()[:8],
            )
        ),
        *_details(facts, how),
        *_use(),
        *_factors(facts),
        *_metrics(),
        *_evaluation_data(facts),
        *_training_data(facts),
        *_analyses(facts),
        *_ethics(facts),
        *_caveats(facts),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _details(facts: Facts, how: Sequence[str]) -> list[str]:
    sweep, point = facts.config.sweep, facts.point
    if point.mode == "baseline":
        kind = facts.chosen.label
    elif sweep.model.kind == "logistic":
        kind = tr("Logistic regression")
    else:
        kind = tr(
            "Neural network with {depth} hidden layers of {width} units",
            depth=sweep.model.depth,
            width=sweep.model.width,
        )
    rows = [
        (tr("Model"), facts.chosen.label),
        (tr("Kind"), kind),
        (tr("Trained for"), CONSTRAINT_WORDS[facts.result.constraint]),
        (tr("Decides by"), _decides(facts)),
        (
            tr("Reads the sensitive attributes as inputs"),
            tr("yes") if facts.config.task.sensitive_as_features else tr("no"),
        ),
        (tr("Needs the group of a person to decide"), _needs(facts)),
        (
            tr("Training"),
            tr(
                "{epochs} epochs at most, best at epoch {best}; batches of {batch}; seed {seed}; "
                "{device}",
                epochs=sweep.epochs,
                best=point.best_epoch,
                batch=sweep.batch_size,
                seed=point.seed,
                device=sweep.device,
            ),
        ),
        (tr("Version"), tr("run {digest}", digest=facts.config.digest())),
    ]
    said = [_heading(tr("Model details")), _list(rows)]
    said += [
        _sub(tr("Why this model")),
        _words(facts.choice.reason, tr("No reason was written down.")),
    ]
    said += [
        _sub(tr("Who disagrees, and why")),
        _words(facts.choice.dissent, tr("No dissent was written down.")),
    ]
    if how:
        said += [_sub(tr("How it was chosen")), "\n".join(f"- {md(one)}" for one in how)]
    return [
        *said,
        prompt(tr("Who developed the model, when, under which licence? Who can be asked?")),
    ]


def _use() -> list[str]:
    return [
        _heading(tr("Intended use")),
        prompt(tr("What is the model for? Which decisions does it make or support, about whom?")),
        prompt(tr("Who is meant to use it, and what do they need to know to do so?")),
        prompt(tr("What must it not be used for?")),
    ]


def _factors(facts: Facts) -> list[str]:
    task, result = facts.config.task, facts.result
    rest = [name for name in task.sensitive if name not in result.group_by]
    return [
        _heading(tr("Factors")),
        md(tr("Groups compared: those of {groups}.", groups=result.groups_in_words)),
        md(
            tr(
                "Recorded, but not compared here: {rest}, and combinations with it.",
                rest=", ".join(rest),
            )
        )
        if rest
        else "",
        prompt(
            tr(
                "Which other groups, instruments or circumstances might change how well it works, "
                "and were not recorded?"
            )
        ),
    ]


def _metrics() -> list[str]:
    rows = [[RATES[n].label, RATES[n].definition] for n in RATES_SHOWN]
    rows += [[gap_title(n), GAPS[n].definition] for n in GAPS_SHOWN]
    return [
        _heading(tr("Metrics")),
        md_table([tr("Metric"), tr("What it is")], rows),
        md(
            tr(
                "Differences are the highest minus the lowest group and cannot be negative. "
                "Intervals hold at 95 %: Wilson's for shares of people, resampled for gaps. A "
                "person is selected when the score reaches the threshold."
            )
        ),
        prompt(tr("Why are these the metrics that matter to the people concerned?")),
    ]


def _evaluation_data(facts: Facts) -> list[str]:
    sizes = [len(split.y_true) for split in facts.result.splits.values()]
    n = len(facts.result.splits["test"].y_true)
    return [
        _heading(tr("Evaluation data")),
        md(
            tr(
                "{n:,} test people of {all:,} in the table, drawn by seed {seed} within group and "
                "outcome. No model was trained on them. The curve that models are chosen from "
                "shows their numbers, so the chosen one may look somewhat better here.",
                n=n,
                all=sum(sizes),
                seed=facts.config.sweep.split.seed,
            )
        ),
        prompt(tr("How do these people differ from those the model will decide about?")),
    ]


def _training_data(facts: Facts) -> list[str]:
    config = facts.config
    source = config.data.filename if config.data.source == "file" else config.data.source
    sizes = ", ".join(
        tr("{name} {n:,}", name=split_words(name), n=len(split.y_true))
        for name, split in facts.result.splits.items()
    )
    good, bad = config.task.outcome_words
    rows = [
        (tr("Table"), source or tr("an uploaded file")),
        (tr("Fingerprint"), config.data.fingerprint),
        (tr("People"), sizes),
        (tr("Label"), config.task.label),
        (tr("Favourable outcome"), good),
        (tr("Unfavourable outcome"), bad),
    ]
    notes = shown_notes(facts.result, facts.smallest)
    return [
        _heading(tr("Training data")),
        _list([row for row in rows if row[1]]),
        md(tr("What was done with the data:")) if notes else "",
        "\n".join(f"- {md(few_in_note(note, facts.smallest))}" for note in notes),
        md(tr("The datasheet says more of the table.")),
    ]


def _analyses(facts: Facts) -> list[str]:
    said = [_heading(tr("Quantitative analyses"))]
    for place, found in enumerate(facts.chosen.audits):
        by = attributes_in_words(facts.result.groupings[place])
        crossed = len(facts.result.groupings[place]) > 1
        title = tr("Intersectional results: {by}", by=by) if crossed else None
        said.append(_sub(title or tr("Unitary results: {by}", by=by)))
        said.append(md(gap_sentence(found, facts.gap_name)))
        said.append(_rates(found, facts.smallest))
        said.append(_gaps(found, facts))
    if not any(len(by) > 1 for by in facts.result.groupings):
        said.append(_sub(tr("Intersectional results")))
        said.append(md(tr("Combinations of attributes were not compared in this run.")))
    return said


def _rates(found: Audit, smallest: int) -> str:
    head = [tr("Group"), tr("People"), *(RATES[name].label for name in RATES_SHOWN)]
    rows, sizes = [], sizes_in_words(found.sizes, smallest)
    for g, group in enumerate(found.group_names):
        cells = [_estimate(found, name, g) for name in RATES_SHOWN]
        rows.append([group, sizes[g], *cells])
    return md_table(head, rows)


def _estimate(found: Audit, name: str, g: int) -> str:
    one = found.rates[name].groups[g]
    if one.value is None:
        return tr("withheld") if one.why.startswith("suppressed") else tr("undefined")
    if one.lower is None or one.upper is None:
        return percent(one.value)
    return tr(
        "{value} ({lower:.1f} to {upper:.1f})",
        value=percent(one.value),
        lower=100 * one.lower,
        upper=100 * one.upper,
    )


def _gaps(found: Audit, facts: Facts) -> str:
    own = CONSTRAINT_GAPS.get(facts.result.constraint)
    names = list(dict.fromkeys([*(one for one in (own,) if one), *GAPS_SHOWN]))
    rows = []
    for name in names:
        gap = found.gaps[name]
        ends = ""
        if gap.lower is not None and gap.upper is not None:
            ends = tr("{lower:.1f} to {upper:.1f}", lower=100 * gap.lower, upper=100 * gap.upper)
        shown = tr("withheld") if gap.hidden else points(gap.value)
        rows.append([gap_title(name), shown, ends, gap.highest or "", gap.lowest or ""])
    head = [tr("Gap"), tr("Size"), tr("95 % interval"), tr("Highest"), tr("Lowest")]
    return md_table(head, rows)


def _ethics(facts: Facts) -> list[str]:
    return [
        _heading(tr("Ethical considerations")),
        md(
            tr(
                "The label records what happened. If people were treated unequally when it was "
                "recorded, no number here can see that."
            )
        ),
        md(
            tr(
                "Deciding for a person uses the person's group; in some places the law forbids "
                "that."
            )
        )
        if _uses(facts)
        else "",
        prompt(tr("What happens to a person who is refused wrongly, or selected wrongly?")),
        prompt(tr("Which groups were asked what they think of the model, and what did they say?")),
        prompt(tr("Can a person learn why a decision was made, and have it reviewed?")),
    ]


def _caveats(facts: Facts) -> list[str]:
    return [
        _heading(tr("Caveats and recommendations")),
        "\n".join(f"- {md(one)}" for one in facts.limits),
        prompt(tr("When must the model be looked at again, and by whom?")),
    ]


def _decides(facts: Facts) -> str:
    cuts = facts.choice.group_cuts
    if cuts is not None:
        return tr("a threshold for each group by {by}", by=attributes_in_words(cuts.by))
    if facts.point.is_drawn:
        return tr("decisions drawn by chance among {n} classifiers", n=facts.point.mixed)
    return tr("one threshold for everyone, {cut:g}", cut=facts.choice.threshold)


def _uses(facts: Facts) -> bool:
    return facts.choice.group_cuts is not None or facts.point.uses_attribute is True


def _needs(facts: Facts) -> str:
    return tr("yes") if _uses(facts) else uses_attribute_words(facts.point.uses_attribute)


def _words(text: str, missing: str) -> str:
    return (
        md_quote(text)
        if text.strip()
        else md(tr("Nothing was written down: {what}.", what=missing))
    )


def _heading(text: str) -> str:
    return f"## {md(text)}"


def _sub(text: str) -> str:
    return f"### {md(text)}"


def _list(rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- **{md(name)}**: {md(value)}" for name, value in rows)
