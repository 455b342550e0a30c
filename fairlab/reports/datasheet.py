"""The datasheet of a table, in Markdown (Gebru et al. 2021, "Datasheets for Datasets",
Communications of the ACM 64): what the table itself can answer is answered, the rest is asked.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

import fairlab
from fairlab.config import RunConfig, Task
from fairlab.data import TaskData, read_people
from fairlab.data.catalog import catalog
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.metrics.suppression import SMALLEST, hidden_sizes
from fairlab.outcomes import IntArray
from fairlab.reports.facts import split_words
from fairlab.reports.plain_markdown import few_in_note, md, md_table, prompt
from fairlab.results import Attribute, SweepResult

MOST_COLUMNS = 300  # listed by name


def datasheet(
    config: RunConfig,
    table: TaskData | None,
    result: SweepResult | None = None,
    *,
    smallest: int = SMALLEST,
) -> str:
    """The datasheet as Markdown: counts of columns, people and groups, never a value of a row.

    Args:
        config: Names the table and the roles of its columns.
        table: The table; None where it may not be opened, which leaves more to people.
        result: A run on it, for how it was split.
        smallest: Counts of fewer people are withheld; 0 for one's own use, or of public tables.
    """
    parts = (
        f"# {md(tr('Datasheet: {table}', table=_name(config)))}",
        md(
            tr(
                "Written by fairlab {version}. The questions are those of Gebru et al. 2021. What "
                "the table can answer is answered; lines that begin with “To be written” are for "
                "the people who made or keep it.",
                version=fairlab.__version__,
            )
        ),
        *_motivation(config),
        *_composition(config, table, result, smallest),
        *_collection(),
        *_preprocessing(config, table, smallest),
        *_uses(config),
        *_distribution(config),
        *_maintenance(config),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _name(config: RunConfig) -> str:
    source = config.data.source
    if source in catalog:
        return catalog[source].title
    return config.data.filename or tr("an uploaded file")


def _ask(question: str, answer: str = "") -> str:
    """A question with its answer, or with room for one."""
    between = "\n\n" if answer.startswith(("|", "- ")) else "  \n"
    return f"**{md(question)}**{between}{answer}" if answer else prompt(question)


def _motivation(config: RunConfig) -> list[str]:
    return [
        _heading(tr("Motivation")),
        _ask(tr("For what purpose was the dataset created?")),
        _ask(tr("Who created it, and on behalf of whom?"), _source(config)),
        _ask(tr("Who funded its creation?")),
    ]


def _source(config: RunConfig) -> str:
    source = config.data.source
    return md(catalog[source].source) if source in catalog else ""


def _composition(
    config: RunConfig, table: TaskData | None, result: SweepResult | None, smallest: int
) -> list[str]:
    task = config.task
    rows = config.data.rows if table is None else len(table.frame)
    counted = "" if rows is None else md(tr("{n:,} rows, one for each person or case.", n=rows))
    said = [
        _heading(tr("Composition")),
        _ask(tr("What do the instances represent?")),
        _ask(tr("How many instances are there?"), counted),
        _ask(tr("Is it a sample of a larger set, and how was it drawn?")),
    ]
    if table is not None:
        said.append(_ask(tr("What data does each instance consist of?"), _columns(table, smallest)))
    said.append(_ask(tr("Is there a label or target?"), _label(task)))
    if table is not None:
        said.append(
            _ask(tr("Is any information missing from instances?"), _missing(table, smallest))
        )
        said.append(
            _ask(tr("Does it identify subpopulations?"), _groups(config, table, result, smallest))
        )
    said.append(_ask(tr("Are there recommended splits?"), _splits(config, result)))
    if table is not None:
        said.append(
            _ask(
                tr("Are there errors, noise, or redundancies?"),
                _redundant(table, smallest) + "\n\n" + prompt(tr("Which errors are known?")),
            )
        )
    return [
        *said,
        _ask(tr("Does it hold data that might be confidential, or that the law protects?")),
        _ask(tr("Could individuals be identified from it, directly or together with other data?")),
        _ask(tr("Might anything in it be offensive, threatening or cause anxiety?")),
    ]


def _columns(table: TaskData, smallest: int) -> str:
    frame, task = table.frame, table.task
    listed = list(frame.columns)[:MOST_COLUMNS]
    rows = []
    for name in listed:
        column = frame[name]
        rows.append(
            [str(name), _kind(column), _role(str(name), task), _few(_gone(column), smallest)]
        )
    head = [tr("Column"), tr("Kind"), tr("Role"), tr("Missing")]
    text = md_table(head, rows)
    left = len(frame.columns) - len(listed)
    return text if left <= 0 else text + "\n\n" + md(tr("{n:,} further columns.", n=left))


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return tr("yes or no")
    if pd.api.types.is_numeric_dtype(column):
        return tr("number")
    return tr("date") if pd.api.types.is_datetime64_any_dtype(column) else tr("text")


def _role(name: str, task: Task) -> str:
    if name == task.label:
        return tr("label")
    if name in task.sensitive:
        if task.sensitive_as_features:
            return tr("sensitive attribute, read by the model")
        return tr("sensitive attribute")
    if name == task.weight:
        return tr("weight of a person")
    return tr("left out") if name in task.exclude else tr("feature")


def _gone(column: pd.Series) -> int:
    return int(column.isna().sum())


def _few(count: int, smallest: int) -> str:
    if 0 < count < smallest:
        return tr("fewer than {n}", n=smallest)
    return tr("{n:,}", n=count)


def _label(task: Task) -> str:
    good, bad = task.outcome_words
    return md(
        tr(
            "The column “{label}”: {values} is the favourable outcome (“{good}”); otherwise "
            "“{bad}”.",
            label=task.label,
            values=", ".join(task.favourable),
            good=good,
            bad=bad,
        )
    )


def _missing(table: TaskData, smallest: int) -> str:
    frame = table.frame
    some = int(frame.isna().any().sum())
    rows = int(frame.isna().any(axis=1).sum())
    if not some:
        return md(tr("No cell is empty."))
    return md(
        tr(
            "{columns:,} of {all:,} columns have empty cells, in {rows} rows; the table of columns "
            "says how many each.",
            columns=some,
            all=len(frame.columns),
            rows=_few(rows, smallest),
        )
    )


def _groups(config: RunConfig, table: TaskData, result: SweepResult | None, smallest: int) -> str:
    try:
        people = read_people(table.frame, config.task)
    except InputError as error:
        return md(str(error))
    said = [
        _attribute(name, attribute, people.y_true, _by_split(result, name), smallest)
        for name, attribute in people.attributes.items()
    ]
    return "\n\n".join(said) + "\n\n" + prompt(tr("Who named the groups, and how?"))


def _by_split(result: SweepResult | None, name: str) -> list[tuple[IntArray, IntArray]]:
    if result is None:
        return []
    return [
        (split.attributes[name].codes, split.y_true)
        for split in result.splits.values()
        if name in split.attributes
    ]


def _attribute(
    name: str,
    attribute: Attribute,
    y_true: IntArray,
    splits: Sequence[tuple[IntArray, IntArray]],
    smallest: int,
) -> str:
    """Groups of one attribute, with their outcomes where these give no part of the table away."""
    size = len(attribute.names)
    n = np.bincount(attribute.codes, minlength=size)
    good = np.bincount(attribute.codes, y_true, size).astype(np.int64)
    unsized = hidden_sizes(n, smallest)
    hidden = _hidden(n, good, [_sides(codes, y, size) for codes, y in splits], smallest) | unsized
    rows = [
        [
            group,
            tr("withheld") if unsized[g] and n[g] >= smallest else _few(int(n[g]), smallest),
            tr("withheld") if hidden[g] else tr("{n:,}", n=int(good[g])),
            "" if hidden[g] or not n[g] else tr("{share:.1f} %", share=100 * good[g] / n[g]),
        ]
        for g, group in enumerate(attribute.names)
    ]
    head = [name, tr("People"), tr("Favourable outcome"), tr("Share")]
    return md_table(head, rows)


def _sides(codes: IntArray, y_true: IntArray, size: int) -> IntArray:
    """(size,) people with the rarer outcome."""
    n = np.bincount(codes, minlength=size)
    good = np.bincount(codes, y_true, size).astype(np.int64)
    return np.asarray(np.minimum(good, n - good), dtype=np.int64)


def _hidden(n: IntArray, good: IntArray, splits: Sequence[IntArray], smallest: int) -> np.ndarray:
    """Groups whose outcomes are withheld: few people there or in a split, or found by subtraction.

    Reports show outcomes of a split: with those of the whole table, they would tell the others.
    """
    least = np.min([np.minimum(good, n - good), *splits], axis=0)
    hidden = (least < smallest) & (n > 0)
    for g in np.argsort(least, kind="stable"):
        together = min(good[hidden].sum(), (n - good)[hidden].sum())
        if smallest <= 0 or not hidden.any() or (hidden.sum() > 1 and together >= smallest):
            break
        hidden[g] = n[g] > 0
    return np.asarray(hidden)


def _splits(config: RunConfig, result: SweepResult | None) -> str:
    split = config.sweep.split
    text = tr(
        "fairlab drew train, validation and test people with shares {train:g}, {validation:g} and "
        "{test:g} by seed {seed}, within group and outcome.",
        train=split.train,
        validation=split.validation,
        test=split.test,
        seed=split.seed,
    )
    if result is not None:
        sizes = ", ".join(
            tr("{name} {n:,}", name=split_words(name), n=len(one.y_true))
            for name, one in result.splits.items()
        )
        text += " " + tr("People: {sizes}.", sizes=sizes)
    return md(text)


def _redundant(table: TaskData, smallest: int) -> str:
    again = int(table.frame.astype(str).duplicated().sum())
    said = tr("{n} rows repeat an earlier row in every column.", n=_few(again, smallest))
    constant = [str(c) for c in table.frame.columns if table.frame[c].nunique(dropna=False) < 2]
    if constant:
        said += " " + tr("The same in every row: {names}.", names=", ".join(constant[:20]))
    return md(said)


def _collection() -> list[str]:
    return [
        _heading(tr("Collection process")),
        _ask(tr("How was the data acquired: observed, reported by people, or derived?")),
        _ask(tr("Who collected it, how were they paid, and over what time?")),
        _ask(tr("Were ethical reviews done?")),
        _ask(tr("Did the people know, and did they agree? Can they withdraw?")),
    ]


def _preprocessing(config: RunConfig, table: TaskData | None, smallest: int) -> list[str]:
    notes: tuple[str, ...] = ()
    if table is not None:
        notes = table.notes
        try:
            notes += read_people(table.frame, config.task).notes
        except InputError as error:
            notes += (str(error),)
    listed = "\n".join(f"- {md(few_in_note(note, smallest))}" for note in notes)
    plain = md(tr("fairlab changed nothing when it read the table.")) if table is not None else ""
    return [
        _heading(tr("Preprocessing, cleaning, labeling")),
        _ask(tr("Was the data cleaned or labeled, and how?"), listed or plain),
        _ask(tr("What was done before fairlab read it? Is the raw data kept?")),
    ]


def _uses(config: RunConfig) -> list[str]:
    return [
        _heading(tr("Uses")),
        _ask(
            tr("Has the dataset been used already?"),
            md(
                tr(
                    "Here, to train models that predict “{label}” for: {constraint}.",
                    label=config.task.label,
                    constraint=config.sweep.constraint.replace("_", " "),
                )
            ),
        ),
        _ask(tr("What else could it be used for, and what must it not be used for?")),
        _ask(tr("Might its composition or cleaning lead to unequal treatment later?")),
    ]


def _distribution(config: RunConfig) -> list[str]:
    source = config.data.source
    licence = md(catalog[source].licence) if source in catalog else ""
    return [
        _heading(tr("Distribution")),
        _ask(tr("Will it be given to others, and how?")),
        _ask(tr("Under which licence or terms?"), licence),
    ]


def _maintenance(config: RunConfig) -> list[str]:
    print_ = config.data.fingerprint
    version = md(tr("This version has the fingerprint {digest}.", digest=print_)) if print_ else ""
    return [
        _heading(tr("Maintenance")),
        _ask(tr("Which version is this?"), version),
        _ask(tr("Who keeps it, and can be asked?")),
        _ask(tr("Will it be updated, and until when is it kept?")),
    ]


def _heading(text: str) -> str:
    return f"## {md(text)}"
