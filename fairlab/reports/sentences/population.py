"""A move in people of a population a person named, and what it is worth, in words."""

from collections.abc import Sequence

from fairlab.language import tr, tr_n
from fairlab.reports.sentences.amounts import amount, expected, expected_change
from fairlab.reports.sentences.audit import percent
from fairlab.sweeps.costs import Benefit, GroupBenefit
from fairlab.sweeps.expected import GroupExpected, PopulationMoved
from fairlab.sweeps.people import EVERYONE

_NAMED = 4

Words = tuple[str, str]


def population_sentence(found: PopulationMoved, before: str = "A", after: str = "B") -> str:
    """What a move is expected to do to everyone of the population.

    Args:
        before, after: Names of the two models.
    """
    said = [_mix(found)]
    if found.everyone.net.value is None:
        said.append(
            tr(
                "We cannot tell for everyone: nobody was measured of {groups}.",
                groups=", ".join(found.unknown) or tr("any group"),
            )
        )
        return " ".join(said)
    said.append(
        tr(
            "Moving from {before} to {after} is expected to select {gained} of them newly and "
            "{lost} no longer: {net} in all.",
            before=before,
            after=after,
            gained=expected(found.everyone.gained),
            lost=expected(found.everyone.lost),
            net=expected_change(found.everyone.net),
        )
    )
    return " ".join(said)


def interval_note(found: PopulationMoved, *, weighted: bool) -> str:
    """What the intervals are about, and how they were made."""
    level = 100 * found.level
    method = (
        tr(
            "{level:g} % intervals, each on its own: Wilson's for who moves, Agresti and Min's for "
            "the net change, as both decisions are about the same people; groups mixed as you say "
            "are added by their limits (MOVER).",
            level=level,
        )
        if found.population.mix is not None
        else tr(
            "{level:g} % intervals, each on its own: Wilson's for who moves, Agresti and Min's for "
            "the net change, as both decisions are about the same people.",
            level=level,
        )
    )
    parts = [
        method,
        tr(
            "They are about what is expected of people like these; chance comes on top in any one "
            "population."
        ),
    ]
    if weighted:
        parts.append(
            tr("People are weighted, so they count as effective numbers (Korn, Graubard).")
        )
    return " ".join(parts)


def population_words(found: PopulationMoved, words: Words) -> tuple[str, ...]:
    """Every number of every group, then of everyone, a sentence each.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    return tuple(_row(one, words) for one in (*found.groups, found.everyone))


def benefit_sentence(found: Benefit, before: str = "A", after: str = "B") -> str:
    """What a move is worth for everyone, and whether that may be chance."""
    total = found.everyone
    if total.change.value is None or total.change.lower is None or total.change.upper is None:
        return tr(
            "We cannot tell what the move is worth: a group of the population was not measured."
        )
    said = tr(
        "Under your values, moving from {before} to {after} changes the total for "
        "{people:,.0f} people by {change}: from {old} to {new}.",
        before=before,
        after=after,
        people=total.people,
        change=expected_change(total.change),
        old=expected_change(total.before),
        new=expected_change(total.after),
    )
    if total.change.lower < 0 < total.change.upper:
        said += " " + tr("We cannot tell whether it brings or costs something.")
    against = [g.group for g in found.groups if _opposed(g, total.change.value)]
    if against:
        said += " " + tr_n(
            "It goes the other way for one group: {groups}.",
            "It goes the other way for {n} groups: {groups}.",
            len(against),
            groups=_some(against),
        )
    return said


def benefit_words(found: Benefit) -> tuple[str, ...]:
    """Every group's worth before and after, and its change; then everyone's."""
    return tuple(
        tr(
            "{group}, {people} people: {before} before, {after} after, a change of {change}.",
            group=group_name(one.group),
            people=amount(one.people),
            before=expected_change(one.before),
            after=expected_change(one.after),
            change=expected_change(one.change),
        )
        for one in (*found.groups, found.everyone)
    )


def group_name(name: str) -> str:
    """A group as it is called; everyone in the language in use."""
    return tr("everyone") if name == EVERYONE else name


def _opposed(one: GroupBenefit, total: float) -> bool:
    """Whether a group's change is surely of the other sign than everyone's."""
    if one.change.lower is None or one.change.upper is None or total == 0:
        return False
    return one.change.upper < 0 if total > 0 else one.change.lower > 0


def _row(one: GroupExpected, words: Words) -> str:
    if one.net.value is None:
        return tr(
            "{group}, {people} people: nobody was measured, so we cannot tell.",
            group=group_name(one.group),
            people=amount(one.people),
        )
    return tr(
        "{group}, {people} people: newly selected {gained}, of these {gained_favourable} with the "
        "outcome “{favourable}” and {gained_unfavourable} with “{unfavourable}”; no longer "
        "selected {lost}, of these {lost_favourable} with “{favourable}” and {lost_unfavourable} "
        "with “{unfavourable}”; net {net}.",
        group=group_name(one.group),
        people=amount(one.people),
        gained=expected(one.gained),
        gained_favourable=expected(one.gained_favourable),
        gained_unfavourable=expected(one.gained_unfavourable),
        lost=expected(one.lost),
        lost_favourable=expected(one.lost_favourable),
        lost_unfavourable=expected(one.lost_unfavourable),
        net=expected_change(one.net),
        favourable=words[0],
        unfavourable=words[1],
    )


def _mix(found: PopulationMoved) -> str:
    size = found.population.size
    if found.population.mix is None:
        return tr("A population of {size:,.0f} people, mixed as in the table.", size=size)
    named = sorted(found.shares.items(), key=lambda item: -item[1])[:_NAMED]
    listed = ", ".join(
        tr("{group} {share}", group=name, share=percent(part)) for name, part in named if part > 0
    )
    more = sum(part > 0 for part in found.shares.values()) - len(named)
    if more > 0:
        return tr(
            "A population of {size:,.0f} people, mixed as you say ({listed}, and {more} further "
            "groups).",
            size=size,
            listed=listed,
            more=more,
        )
    return tr(
        "A population of {size:,.0f} people, mixed as you say ({listed}).",
        size=size,
        listed=listed,
    )


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return tr(
        "{listed} and {more} more", listed=", ".join(names[:_NAMED]), more=len(names) - _NAMED
    )
