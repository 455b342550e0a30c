"""A decision record from a run, its result and its table."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

import fairlab
from fairlab.choosing import HowChosen
from fairlab.config import Choice, RunConfig
from fairlab.data import TaskData
from fairlab.decision.chosen import choice_of, chosen_index
from fairlab.decision.definitions import definitions
from fairlab.decision.fingerprints import fingerprint_of
from fairlab.decision.machine import TOLERANCE, machine, versions
from fairlab.decision.measuring import (
    DRAWS,
    LEVEL,
    RECORDED_RATES,
    SEED,
    considered_numbers,
    folds_of,
    shown_score_gaps,
    split_numbers,
)
from fairlab.decision.parts import (
    Considered,
    Dissent,
    GroupCut,
    Policy,
    Promise,
    SplitNumbers,
    Words,
    WorkshopPart,
)
from fairlab.decision.records import DecisionRecord
from fairlab.decision.unexamined import not_examined
from fairlab.errors import InputError
from fairlab.mappings import problems_of
from fairlab.metrics import GAPS
from fairlab.metrics.suppression import SMALLEST
from fairlab.pareto.health import kind_of
from fairlab.results import Point, SweepResult, cross

# In the note of fairlab.training.grids that says how wide gaps are.
_GAPS_MARK = " points on training people and "
# Kinds of findings that name a group, or a gap.
_TELLING = ("one_sided", "slack_not_reached")


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """A model the chosen one was compared with; its run may be another one on the same table."""

    config: RunConfig
    result: SweepResult
    choice: Choice


def make_record(
    config: RunConfig,
    result: SweepResult,
    table: TaskData,
    *,
    choice: Choice,
    reason: str = "",
    dissent: str | Sequence[Dissent] = (),
    how: HowChosen | None = None,
    workshop: WorkshopPart | None = None,
    smallest: int = SMALLEST,
    considered: Sequence[Alternative] = (),
    models_at_once: int | None = None,
) -> DecisionRecord:
    """A choice with everything that is needed to understand, check and compute it again.

    The same arguments give the same record on the same machine: nothing depends on the clock.

    Args:
        config: The run; its own choice is replaced.
        result: What it came to.
        table: The table it was trained on.
        choice: Which model, at which threshold or thresholds; words in it are left aside.
        reason: Why this one.
        dissent: Who disagrees, and why; in a text every paragraph is a voice of its own.
        how: The way to the choice.
        workshop: What a group of people said.
        smallest: Numbers that rest on fewer people are hidden; 0 hides nothing.
        considered: What it was compared with; the unmitigated model of its family comes first.
        models_at_once: As the run was trained, if that was set by hand.

    Raises:
        InputError: If the result has no such model, the table is another one than the run's, or
            words are too long.
    """
    index = chosen_index(result, choice)
    print_ = fingerprint_of(table.frame, table.data.fingerprint, smallest)
    if config.data.fingerprint not in ("", print_.whole):
        raise InputError(
            f"The run was made with the table {config.data.fingerprint[:12]}…; this one has "
            f"fingerprint {print_.whole[:12]}…. Give the table of the run."
        )
    bare = choice.model_copy(update={"reason": "", "dissent": ""})
    data = config.data.model_copy(update={"fingerprint": print_.whole, "rows": print_.rows})
    run = config.model_copy(update={"data": data, "choice": bare})
    results = split_numbers(result, index, bare, print_.salt, smallest)
    point = result.points[index]
    hides = _hides(results)
    others = _considered(run, result, index, bare, considered, smallest)
    try:
        return DecisionRecord(
            fairlab=fairlab.__version__,
            digest=run.digest(),
            run=run,
            table=print_,
            policy=_policy(result, index, bare),
            reason=reason.strip(),
            dissent=voices(dissent) if isinstance(dissent, str) else tuple(dissent),
            how_chosen=how,
            considered=others,
            not_examined=not_examined(run, result, bare, results, len(others) + 1),
            workshop=workshop,
            smallest=smallest,
            level=LEVEL,
            draws=DRAWS,
            seed=SEED,
            results=results,
            folds=folds_of(result, index, results),
            promise=_promise(point),
            best_epoch=point.best_epoch,
            models_trained=len(result.points),
            flags=tuple(f for f in point.flags if not (hides and kind_of(f) in _TELLING)),
            notes=tuple(note for note in result.notes if not (hides and _GAPS_MARK in note)),
            metrics=definitions((*RECORDED_RATES, *GAPS)),
            versions=versions(),
            machine=machine(run, models_at_once),
            tolerance=TOLERANCE,
        )
    except ValidationError as error:
        raise _refused(error) from error


def _refused(error: ValidationError) -> InputError:
    problems = problems_of(error)
    return InputError(
        "This cannot be recorded: " + "; ".join(problems) + ". Shorten or correct it.", problems
    )


def with_words(
    record: DecisionRecord, reason: str, dissent: str | Sequence[Dissent]
) -> DecisionRecord:
    """The same record with other words; its numbers are not made again.

    Args:
        record: As :func:`make_record` gives it.
        reason, dissent: As there.

    Raises:
        InputError: If the words are too long.
    """
    said = voices(dissent) if isinstance(dissent, str) else tuple(dissent)
    try:
        words = Words(reason=reason.strip(), dissent=said)
    except ValidationError as error:
        raise _refused(error) from error
    return record.model_copy(update={"reason": words.reason, "dissent": words.dissent})


def voices(text: str) -> tuple[Dissent, ...]:
    """Paragraphs of a text, each a voice of its own; () for none."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    paragraphs = [part.strip() for part in "\n".join(lines).split("\n\n")]
    return tuple(Dissent(words=part) for part in paragraphs if part)


def _policy(result: SweepResult, index: int, choice: Choice) -> Policy:
    point, cuts = result.points[index], choice.group_cuts
    uses, within = point.uses_attribute, choice.threshold_within
    if cuts is not None:
        names = cross(next(iter(result.splits.values())).attributes, cuts.by).names
        if len(names) != len(cuts.cuts):
            raise InputError(
                f"The choice has thresholds for {len(cuts.cuts)} groups; there are {len(names)}. "
                "Set them again on the Thresholds page."
            )
        own = tuple(
            GroupCut(group=name, threshold=cut) for name, cut in zip(names, cuts.cuts, strict=True)
        )
        return Policy(
            kind="thresholds per group", by=cuts.by, cuts=own, uses_attribute_when_deciding=True
        )
    if point.is_drawn:
        return Policy(kind="drawn", uses_attribute_when_deciding=uses)
    return Policy(
        kind="threshold",
        threshold=choice.threshold,
        within=within,
        uses_attribute_when_deciding=uses,
    )


def _promise(point: Point) -> Promise | None:
    found = point.guarantee
    if found is None:
        return None
    return Promise(
        promised=found.promised,
        excess=found.excess,
        score_gap=shown_score_gaps(found.score_gap),
        policy=found.policy,
    )


def _considered(
    run: RunConfig,
    result: SweepResult,
    index: int,
    choice: Choice,
    given: Sequence[Alternative],
    smallest: int,
) -> tuple[Considered, ...]:
    """The unmitigated model of its family, then the others, each once and without the chosen."""
    unmitigated = result.unmitigated(index)
    first = (
        ()
        if unmitigated is None
        else (Alternative(run, result, choice_of(result, unmitigated, result.threshold)),)
    )
    seen = {(run.digest(), choice.model_dump_json())}
    found = []
    for one in (*first, *given):
        data = one.config.data.model_copy(update={"fingerprint": run.data.fingerprint})
        digest = one.config.model_copy(update={"data": data}).digest()
        bare = one.choice.model_copy(update={"reason": "", "dissent": ""})
        key = (digest, bare.model_dump_json())
        if key in seen:
            continue
        seen.add(key)
        place = chosen_index(one.result, bare)
        found.append(
            Considered(
                label=label_of_choice(bare),
                digest=digest,
                constraint=one.result.constraint,
                choice=bare,
                numbers=considered_numbers(one.result, place, bare, result.constraint, smallest),
            )
        )
    return tuple(found)


def label_of_choice(choice: Choice) -> str:
    """A model in plain words, the same in every language: "penalty, strength 1, seed 0"."""
    family = choice.mode if choice.method is None else choice.method
    parts = [family.replace("_", " ")]
    for name in ("strength", "slack", "place"):
        value = getattr(choice, name)
        if value is not None:
            parts.append(f"{name} {value:g}")
    parts.append(f"seed {choice.seed}")
    cuts = choice.group_cuts
    parts.append("a threshold per group" if cuts else f"threshold {choice.threshold:g}")
    return ", ".join(parts)


def _hides(results: Sequence[SplitNumbers]) -> bool:
    return any(
        bool(group.hidden)
        for split in results
        for grouping in split.groupings
        for group in grouping.groups
    )


def remade(
    record: DecisionRecord,
    config: RunConfig,
    result: SweepResult,
    table: TaskData,
    models_at_once: int | None = None,
) -> DecisionRecord:
    """The same decision recorded again, after its run was trained again.

    Args:
        record: As it was.
        config: Its run; another device may have been asked for.
        result: What it came to now.
        table: The table, which must be the record's.
        models_at_once: If set by hand.

    Raises:
        InputError: As :func:`make_record`.
    """
    assert record.run.choice is not None
    own = [other.choice for other in record.considered if other.digest == record.digest]
    return make_record(
        config,
        result,
        table,
        choice=record.run.choice,
        reason=record.reason,
        dissent=record.dissent,
        how=record.how_chosen,
        workshop=record.workshop,
        smallest=record.smallest,
        considered=[Alternative(config, result, choice) for choice in own],
        models_at_once=models_at_once,
    )
