"""``fairlab examine`` and ``fairlab proxies``: what a model does with groups, and with proxies."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlab.commands.console import AsJson, read_text, refuse_draws, say, say_json
from fairlab.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from fairlab.config import RunConfig
    from fairlab.data import TaskData
    from fairlab.examine.changes import FlipTest
    from fairlab.examine.flips import Crowd
    from fairlab.examine.models import ExaminedModel
    from fairlab.results import SweepResult

STRONG = 0.6
MOST_PROXIES = 3
# Columns of the table of flips that fit a terminal.
_SHORT = (
    "From",
    "As",
    "People",
    "Net, points",
    "Decided otherwise, %",
    "With own group's values, %",
    "Difference, points",
    "Refused → selected",
    "Selected → refused",
)


class Split(StrEnum):
    """Whom to ask about."""

    TEST = "test"
    VALIDATION = "validation"


class QuickModel(StrEnum):
    """What is trained again and again."""

    LOGISTIC = "logistic"
    BOOSTING = "boosting"


Data = Annotated[Path | None, typer.Option(help="CSV or Parquet file of a run on your own table.")]


def examine(
    run: Annotated[str, typer.Argument(help="Id of a finished run: the last part of its link.")],
    model: Annotated[int, typer.Option(min=0, help="Which model of the run, from 0.")] = 0,
    attribute: Annotated[
        str | None, typer.Option(help="Sensitive attribute to change; default the first.")
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Column changed with it; may be repeated. Default: the strongest."),
    ] = None,
    caliper: Annotated[
        float | None, typer.Option(help="Largest distance of a match; default any.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Selected iff score >= this; default the run's.")
    ] = None,
    split: Annotated[Split, typer.Option(help="Whom to ask about.")] = Split.TEST,
    flips: Annotated[bool, typer.Option(help="Ask what if the group were other.")] = True,
    importance: Annotated[bool, typer.Option(help="Show what the model looks at.")] = True,
    smallest: Annotated[
        int, typer.Option(min=0, help="Leave out what rests on fewer people; 0 keeps all.")
    ] = 10,
    data: Data = None,
    seed: Annotated[int, typer.Option(help="Same seed, same people drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """What if people's group were other, and what a trained model looks at."""
    from fairlab.data import open_task
    from fairlab.examine.flips import Crowd
    from fairlab.examine.models import open_model
    from fairlab.runs.store import RunStore

    refuse_draws(0, seed)
    _check_threshold(threshold)
    store = RunStore()
    config, result = store.get(run).config, store.load_result(run)
    table = open_task(config, data)
    _check_model(result, model)
    opened = open_model(result, config, table, model, threshold=threshold)
    name = _attribute(config, attribute)
    people, others = (
        Crowd(table.frame.iloc[part.rows], part.attributes, table.task.weight is not None)
        for part in (result.splits[split.value], result.splits["train"])
    )
    record: dict[str, Any] = {"run": run, "model": model, "split": split.value, "attribute": name}
    record["seen"] = list(opened.sees(name))
    lines: list[str] = []
    if flips:
        chosen = tuple(proxy or _strongest(table, others, opened, name))
        record["flips"], said = _flips(
            opened, people, others, name, chosen, caliper, smallest, seed
        )
        lines += said
    if importance:
        record["importance"], said = _importance(opened, people, others, name, smallest, seed)
        lines += said
    record["notes"] = list(opened.notes)
    if as_json:
        say_json(record)
        return
    for line in [*lines, *(note for note in opened.notes if note not in lines)]:
        say(line)


def proxies(
    config: Annotated[Path, typer.Argument(help="A run as YAML: its table and roles are used.")],
    data: Data = None,
    attribute: Annotated[
        str | None, typer.Option(help="Sensitive attribute; default the first.")
    ] = None,
    effects: Annotated[
        bool, typer.Option("--effects", help="Also train without the strongest proxies.")
    ] = False,
    learner: Annotated[
        QuickModel, typer.Option(help="The quick model of --effects.")
    ] = QuickModel.LOGISTIC,
    people: Annotated[
        int, typer.Option(min=200, help="At most so many people for --effects.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="Same seed, same people drawn.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Which features reveal an attribute, and what leaving them out does to accuracy and gap."""
    from fairlab.config import RunConfig
    from fairlab.data import open_task
    from fairlab.data import proxies as find
    from fairlab.examine.proxies_effect import proxy_effects
    from fairlab.reports.sentences import data as data_sentences
    from fairlab.reports.sentences import examine as sentences
    from fairlab.reports.tables.examine import effects_table

    refuse_draws(0, seed)
    run = RunConfig.from_yaml(read_text(config))
    table = open_task(run, data)
    name = _attribute(run, attribute)
    found = find(table.frame, table.task, name, seed=seed)
    record: dict[str, Any] = {
        "attribute": name,
        "columns": [asdict(strength) for strength in found.columns],
        "together": found.together,
        "n": found.n,
        "notes": list(found.notes),
    }
    lines = [data_sentences.proxies_sentence(found)]
    lines += [f"  {strength.column}: AUC {strength.auc:.3f}" for strength in found.columns[:10]]
    if effects:
        path = proxy_effects(
            table,
            name,
            constraint=run.sweep.constraint,
            learner=learner.value,
            people=people,
            seed=seed,
        )
        record["effects"] = asdict(path)
        lines += [sentences.effects_sentence(path), sentences.residualised_sentence(path)]
        lines += [effects_table(path).iloc[:, :7].to_string(index=False), *path.notes]
    if as_json:
        say_json(record)
        return
    for line in lines:
        say(line)


def _flips(
    model: "ExaminedModel",
    people: "Crowd",
    others: "Crowd",
    attribute: str,
    proxies: tuple[str, ...],
    caliper: float | None,
    smallest: int,
    seed: int,
) -> tuple[dict[str, Any], list[str]]:
    from fairlab.examine.flips import flip_test
    from fairlab.examine.suppression import suppress_flips
    from fairlab.reports.sentences import examine as sentences
    from fairlab.reports.tables.examine import flips_table

    record: dict[str, Any] = {}
    lines = []
    seen = model.sees(attribute)
    asked: list[tuple[str, tuple[str, ...]]] = [("alone", ())] if seen else []
    asked += [("with_proxies", proxies)] if proxies else []
    if not seen:
        lines.append(sentences.alone_sentence(attribute, (), None, len(people.frame)))
    for name, columns in asked:
        test = flip_test(
            model.decide,
            people,
            others,
            attribute,
            columns=model.columns,
            proxies=columns,
            caliper=caliper,
            seed=seed,
        )
        shown, note = suppress_flips(test, smallest)
        record[name] = _flip_record(shown, note)
        if shown.flips:
            lines.append(
                sentences.proxies_sentence(shown)
                if columns
                else sentences.alone_sentence(attribute, seen, shown, 0)
            )
            table = flips_table(shown)
            short = [name for name in _SHORT if name in table.columns]
            lines.append(table[short].to_string(index=False))
            if columns:
                lines.append(sentences.match_sentence(shown))
        lines += [*test.notes, *([note] if note else [])]
    return record, [*lines, *sentences.FLIP_CAVEATS]


def _flip_record(test: "FlipTest", note: str) -> dict[str, Any]:
    record = asdict(test)
    for entry, flip in zip(record["flips"], test.flips, strict=True):
        placebo, beyond = flip.placebo_share(), flip.beyond_placebo()
        entry["changed"] = asdict(flip.share())
        entry["net"] = asdict(flip.net())
        entry["placebo_changed"] = None if placebo is None else asdict(placebo)
        entry["beyond_placebo"] = None if beyond is None else asdict(beyond)
    record["notes"] = [*test.notes, *([note] if note else [])]
    return record


def _importance(
    model: "ExaminedModel",
    people: "Crowd",
    others: "Crowd",
    attribute: str,
    smallest: int,
    seed: int,
) -> tuple[dict[str, Any], list[str]]:
    from fairlab.examine.importance import (
        contributions,
        importance,
        sample_by_group,
        sample_size,
    )
    from fairlab.reports.sentences import examine as sentences

    groups = people.attributes[attribute]
    most = sample_size(model)
    drawn, _, notes = sample_by_group(groups, most, seed, fewest=max(smallest, 1))
    found = contributions(
        model, people.frame, people.attributes, drawn, others.frame, others.attributes, seed=seed
    )
    put = importance(found, groups, attribute, notes=notes)
    lines = [sentences.importance_sentence(put), sentences.apart_sentence(put)]
    lines += [*put.notes, *sentences.LOOK_CAVEATS]
    return asdict(put), [line for line in lines if line]


def _strongest(
    table: "TaskData", others: "Crowd", model: "ExaminedModel", attribute: str
) -> tuple[str, ...]:
    from fairlab.data import proxies as find

    found = find(others.frame, table.task, attribute, together=False)
    known = [s for s in found.columns if s.column in model.columns and s.column != attribute]
    strong = [s.column for s in known if s.auc >= STRONG][:MOST_PROXIES]
    return tuple(strong or [s.column for s in known[:1]])


def _attribute(config: "RunConfig", asked: str | None) -> str:
    known = config.task.sensitive
    if asked is None:
        if not known:
            raise InputError("The run has no sensitive attribute. Choose one on the Data page.")
        return known[0]
    if asked not in known:
        raise UnknownNameError(
            f"There is no sensitive attribute {asked!r}. Known: {', '.join(known)}."
        )
    return asked


def _check_threshold(threshold: float | None) -> None:
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(
            f"--threshold is {threshold:g}; scores of a run are chances from 0 to 1. Write a "
            "number between them, as --threshold 0.5, or leave it out for the run's own."
        )


def _check_model(result: "SweepResult", index: int) -> None:
    if index >= len(result.points):
        raise UnknownNameError(
            f"There is no model {index}; this run has models 0 to {len(result.points) - 1}."
        )
