"""What a chosen model's numbers do not show, as sentences about this very run."""

from dataclasses import replace

import numpy as np

from fairlab.baselines import BASELINES
from fairlab.config import CONSTRAINT_GAPS, GroupCuts, RunConfig
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, count
from fairlab.reports.measure import people_of, widest
from fairlab.reports.sentences.drawn import drawn_sentence
from fairlab.results import Point, SweepResult
from fairlab.sweeps import measured_at
from fairlab.sweeps.cuts import cuts_sentence, decided
from fairlab.sweeps.drawn import drawn_decisions

FEW = 30  # a group of fewer test people is named
_OTHERS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "predictive_parity_difference",
)


def limits(
    config: RunConfig,
    result: SweepResult,
    index: int,
    threshold: float,
    within: float | None = None,
    cuts: GroupCuts | None = None,
) -> tuple[str, ...]:
    """What is not known, not measured or not promised about model ``index``.

    Args:
        threshold: At which it is meant to be used.
        within: The gap of decisions the threshold was picked for on validation, if it was.
        cuts: A threshold per group instead.
    """
    point = result.points[index]
    groupings = people_of(result, index)
    if cuts is not None:
        by_group, threshold = decided(result.scored(index), cuts), 0.5
        groupings = tuple(by_group.outcomes(by) for by in result.groupings)
    tables = tuple(count(outcomes, threshold) for outcomes in groupings)
    people = [count(replace(outcomes, weight=None), threshold) for outcomes in groupings]
    said = [
        _other_people(config, people[0]),
        _label(config),
        _selection(result),
        _other_definitions(result, point, tables),
        _groups(config, result),
        _few(people),
        _deciding(result, index, threshold, within) if cuts is None else _cuts(result, index, cuts),
        _promise(point),
        _inputs(config),
        _seeds(config, point),
        *point.flags,
        *(() if point.guarantee is None else point.guarantee.notes),
    ]
    return tuple(sentence for sentence in said if sentence)


def _other_people(config: RunConfig, counts: Counts) -> str:
    return (
        f"All rates are measured on {counts.n.sum():,.0f} test people of one table "
        f"({_source(config)}). People elsewhere, or later, may be decided differently."
    )


def _label(config: RunConfig) -> str:
    favourable, unfavourable = config.task.outcome_words
    return (
        f"The column “{config.task.label}” records what happened (“{favourable}”, "
        f"“{unfavourable}”). If people were treated unequally when it was recorded, no number "
        "here can see that."
    )


def _selection(result: SweepResult) -> str:
    if len(result.points) < 2:
        return ""
    return (
        f"{len(result.points)} models were trained and shown with their test results. The one "
        "chosen from so many tends to look better on these people than on new ones."
    )


def _other_definitions(result: SweepResult, point: Point, tables: tuple[Counts, ...]) -> str:
    own = CONSTRAINT_GAPS.get(result.constraint)
    gaps = [
        f"{GAPS[name].label.lower()} {_points(widest(GAPS[name], tables))}"
        for name in _OTHERS
        if name != own
    ]
    return f"{_aim(result, point)} Other definitions on the same people: {', '.join(gaps)}." + (
        " Each is the widest over attributes." if len(tables) > 1 else ""
    )


def _aim(result: SweepResult, point: Point) -> str:
    """What training aimed at; baselines need not aim at the constraint of the run."""
    aim = result.constraint.replace("_", " ")
    if point.method is not None:
        mitigation = BASELINES[point.method].mitigation
        if mitigation == "none":
            return f"Training aimed at accuracy alone, the run's other models at {aim}."
        if mitigation == "reweighing":
            aim = "demographic parity"
    return f"Training aimed at {aim} alone."


def _groups(config: RunConfig, result: SweepResult) -> str:
    rest = [name for name in config.task.sensitive if name not in result.group_by]
    unseen = f" Not constrained: {', '.join(rest)}, and combinations with it." if rest else ""
    if len(result.groupings) > 1:
        unseen = f" Not constrained: combinations of these attributes.{unseen}"
    return f"Groups are those of {result.groups_in_words} as recorded in the table.{unseen}"


def _few(tables: list[Counts]) -> str:
    few = [
        f"{name} ({n:,.0f} people)"
        for counts in tables
        for name, n in zip(counts.group_names, counts.n, strict=True)
        if n < FEW
    ]
    return f"We cannot tell much about {', '.join(few)} on the test split." if few else ""


def _deciding(result: SweepResult, index: int, threshold: float, within: float | None) -> str:
    """How scores become decisions."""
    mixed = result.points[index].mixed
    if mixed is None:
        return _threshold(result, index, threshold, within)
    return drawn_sentence(drawn_decisions(result, index), mixed, "test people")


def _threshold(result: SweepResult, index: int, threshold: float, within: float | None) -> str:
    said = f"Decisions are read at threshold {threshold:g}; every gap differs at another one."
    if threshold == result.threshold:
        return said
    said += f" Training and choice of epoch used {result.threshold:g}."
    if within is None:
        return said
    name = CONSTRAINT_GAPS[result.constraint]
    people = people_of(result, index, "validation")
    accuracy, gap = measured_at(people, name, threshold)
    reached = gap is not None and gap <= within + 1e-12
    there = "there it is" if reached else "no threshold that counts did; the narrowest there is"
    return (
        f"{said} This one was picked on validation people, to keep the "
        f"{GAPS[name].label.lower()} of decisions within {_points(within)}: {there} "
        f"{_points(np.nan if gap is None else gap)}, at {100 * accuracy:.1f} % accuracy. On other "
        "people it differs."
    )


def _cuts(result: SweepResult, index: int, cuts: GroupCuts) -> str:
    """What deciding each group at a threshold of its own asks for, and where it may be refused."""
    return (
        f"{cuts_sentence(result.scored(index), cuts)} Who is not recorded with one of these groups "
        "cannot be decided. Where the law forbids treating groups differently, such thresholds may "
        "not be used. Training and choice of epoch used one threshold for everyone, "
        f"{result.threshold:g}."
    )


def _promise(point: Point) -> str:
    promise = point.guarantee
    if promise is None or promise.promised >= 1:
        return ""
    uses = (
        " Deciding for a person uses the person's group."
        if promise.uses_attribute_when_deciding
        else ""
    )
    where = "training batches"
    if promise.window is not None:
        where = f"training batches and the people before them, {promise.window:,} in all"
    return (
        f"What the fairness layer promises is about mean scores on {where}. Gaps of decisions are "
        f"measured, not promised.{uses}"
    )


def _inputs(config: RunConfig) -> str:
    if config.task.sensitive_as_features:
        return "The model reads the sensitive attributes as inputs."
    return (
        "The model does not read the sensitive attributes as inputs; other columns may stand in "
        "for them (see the proxies on the Data page)."
    )


def _seeds(config: RunConfig, point: Point) -> str:
    if len(config.sweep.seeds) > 1 or point.method is not None:
        return ""
    return "One training seed was used. Another seed gives a somewhat different model."


def _source(config: RunConfig) -> str:
    if config.data.source == "file":
        return "an uploaded file" if config.data.filename is None else config.data.filename
    return config.data.source


def _points(value: object) -> str:
    number = float(np.asarray(value))
    return "undefined" if np.isnan(number) else f"{100 * number:.1f} points"
