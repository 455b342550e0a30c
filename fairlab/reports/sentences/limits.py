"""What a chosen model's numbers do not show, as sentences about this very run."""

from dataclasses import replace

import numpy as np

from fairlab.baselines import BASELINES
from fairlab.config import CONSTRAINT_GAPS, GroupCuts, RunConfig
from fairlab.language import inside, tr
from fairlab.metrics import GAPS
from fairlab.metrics.gap_names import gap_name
from fairlab.metrics.suppression import withheld
from fairlab.outcomes import Counts, count
from fairlab.reports.measure import people_of, widest
from fairlab.reports.sentences.drawn import drawn_sentence
from fairlab.reports.withheld import ModelWithheld, shown_flags
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
    smallest: int = 0,
) -> tuple[str, ...]:
    """What is not known, not measured or not promised about model ``index``.

    Args:
        threshold: At which it is meant to be used.
        within: The gap of decisions the threshold was picked for on validation, if it was.
        cuts: A threshold per group instead.
        smallest: For others to read: numbers that rest on cells of fewer people are left out.
    """
    point = result.points[index]
    groupings = people_of(result, index)
    if cuts is not None:
        by_group, threshold = decided(result.scored(index), cuts), 0.5
        groupings = tuple(by_group.outcomes(by) for by in result.groupings)
    tables = tuple(count(outcomes, threshold) for outcomes in groupings)
    people = [count(replace(outcomes, weight=None), threshold) for outcomes in groupings]
    gone = ModelWithheld(tuple(withheld(cells, smallest) for cells in people))
    if within is not None and gone.any:  # the gaps it was picked by are as telling as those it has
        within = None
    said = [
        _other_people(config, people[0]),
        _label(config),
        _selection(result),
        _other_definitions(result, point, tables, gone),
        _groups(config, result),
        _few(people, smallest),
        _deciding(result, index, threshold, within, gone)
        if cuts is None
        else _cuts(result, index, cuts),
        _promise(point),
        _inputs(config),
        _seeds(config, point),
        *shown_flags(result, point, smallest),
        *(() if point.guarantee is None or gone.any else point.guarantee.notes),
    ]
    return tuple(sentence for sentence in said if sentence)


def _other_people(config: RunConfig, counts: Counts) -> str:
    return tr(
        "All rates are measured on {sum:,.0f} test people of one table "
        "({source}). People elsewhere, or later, may be decided "
        "differently.",
        sum=counts.n.sum(),
        source=_source(config),
    )


def _label(config: RunConfig) -> str:
    favourable, unfavourable = config.task.outcome_words
    return tr(
        "The column “{task}” records what happened (“{favourable}”, "
        "“{unfavourable}”). If people were treated unequally when it was "
        "recorded, no number here can see that.",
        task=config.task.label,
        favourable=favourable,
        unfavourable=unfavourable,
    )


def _selection(result: SweepResult) -> str:
    if len(result.points) < 2:
        return ""
    return tr(
        "{n_points} models were trained and shown with their test results. "
        "The one chosen from so many tends to look better on these people "
        "than on new ones.",
        n_points=len(result.points),
    )


def _other_definitions(
    result: SweepResult, point: Point, tables: tuple[Counts, ...], gone: ModelWithheld
) -> str:
    own = CONSTRAINT_GAPS.get(result.constraint)
    gaps = [
        f"{inside(gap_name(name))} {_points(widest(GAPS[name], tables))}"
        for name in _OTHERS
        if name != own and gone.keeps(GAPS[name])
    ]
    if not gaps:
        return tr(
            "{aim} Gaps by other definitions rest on few people and are withheld.",
            aim=_aim(result, point),
        )
    return tr(
        "{aim} Other definitions on the same people: {gaps}.",
        aim=_aim(result, point),
        gaps=", ".join(gaps),
    ) + (tr(" Each is the widest over attributes.") if len(tables) > 1 else "")


def _aim(result: SweepResult, point: Point) -> str:
    """What training aimed at; baselines need not aim at the constraint of the run."""
    aim = result.constraint.replace("_", " ")
    if point.method is not None:
        mitigation = BASELINES[point.method].mitigation
        if mitigation == "none":
            return tr("Training aimed at accuracy alone, the run's other models at {aim}.", aim=aim)
        if mitigation == "reweighing":
            aim = tr("demographic parity")
    return tr("Training aimed at {aim} alone.", aim=aim)


def _groups(config: RunConfig, result: SweepResult) -> str:
    rest = [name for name in config.task.sensitive if name not in result.group_by]
    unseen = (
        tr(" Not constrained: {rest}, and combinations with it.", rest=", ".join(rest))
        if rest
        else ""
    )
    if len(result.groupings) > 1:
        unseen = tr(" Not constrained: combinations of these attributes.{unseen}", unseen=unseen)
    return tr(
        "Groups are those of {groups_in} as recorded in the table.{unseen}",
        groups_in=result.groups_in_words,
        unseen=unseen,
    )


def _few(tables: list[Counts], smallest: int) -> str:
    few = [
        tr("{name} (fewer than {n:,.0f} people)", name=name, n=smallest)
        if n < smallest
        else tr("{name} ({n:,.0f} people)", name=name, n=n)
        for counts in tables
        for name, n in zip(counts.group_names, counts.n, strict=True)
        if n < FEW
    ]
    return (
        tr("We cannot tell much about {few} on the test split.", few=", ".join(few)) if few else ""
    )


def _deciding(
    result: SweepResult, index: int, threshold: float, within: float | None, gone: ModelWithheld
) -> str:
    """How scores become decisions."""
    mixed = result.points[index].mixed
    if mixed is None:
        return _threshold(result, index, threshold, within)
    if gone.any:
        return tr("Its decisions are drawn by chance: asked again, it may decide otherwise.")
    return drawn_sentence(drawn_decisions(result, index), mixed, tr("test people"))


def _threshold(result: SweepResult, index: int, threshold: float, within: float | None) -> str:
    said = tr(
        "Decisions are read at threshold {threshold:g}; every gap differs at another one.",
        threshold=threshold,
    )
    if threshold == result.threshold:
        return said
    said += tr(" Training and choice of epoch used {threshold:g}.", threshold=result.threshold)
    if within is None:
        return said
    name = CONSTRAINT_GAPS[result.constraint]
    people = people_of(result, index, "validation")
    accuracy, gap = measured_at(people, name, threshold)
    reached = gap is not None and gap <= within + 1e-12
    there = (
        tr("there it is") if reached else tr("no threshold that counts did; the narrowest there is")
    )
    return tr(
        "{said} This one was picked on validation people, to keep the "
        "{name} of decisions within {within}: {there} {nan}, at "
        "{accuracy:.1f} % accuracy. On other people it differs.",
        said=said,
        name=inside(gap_name(name)),
        within=_points(within),
        there=there,
        nan=_points(np.nan if gap is None else gap),
        accuracy=100 * accuracy,
    )


def _cuts(result: SweepResult, index: int, cuts: GroupCuts) -> str:
    """What deciding each group at a threshold of its own asks for, and where it may be refused."""
    return tr(
        "{cuts} Who is not recorded with one of these groups cannot be "
        "decided. Where the law forbids treating groups differently, such "
        "thresholds may not be used. Training and choice of epoch used one "
        "threshold for everyone, {threshold:g}.",
        cuts=cuts_sentence(result.scored(index), cuts),
        threshold=result.threshold,
    )


def _promise(point: Point) -> str:
    promise = point.guarantee
    if promise is None or promise.promised >= 1:
        return ""
    uses = (
        tr(" Deciding for a person uses the person's group.")
        if promise.uses_attribute_when_deciding
        else ""
    )
    where = tr("training batches")
    if promise.window is not None:
        where = tr(
            "training batches and the people before them, {window:,} in all", window=promise.window
        )
    return tr(
        "What the fairness layer promises is about mean scores on {where}. "
        "Gaps of decisions are measured, not promised.{uses}",
        where=where,
        uses=uses,
    )


def _inputs(config: RunConfig) -> str:
    if config.task.sensitive_as_features:
        return tr("The model reads the sensitive attributes as inputs.")
    return tr(
        "The model does not read the sensitive attributes as inputs; other "
        "columns may stand in for them (see the proxies on the Data page)."
    )


def _seeds(config: RunConfig, point: Point) -> str:
    if len(config.sweep.seeds) > 1 or point.method is not None:
        return ""
    return tr("One training seed was used. Another seed gives a somewhat different model.")


def _source(config: RunConfig) -> str:
    if config.data.source == "file":
        return tr("an uploaded file") if config.data.filename is None else config.data.filename
    return config.data.source


def _points(value: object) -> str:
    number = float(np.asarray(value))
    return tr("undefined") if np.isnan(number) else tr("{number:.1f} points", number=100 * number)
