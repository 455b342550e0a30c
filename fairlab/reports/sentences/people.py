"""A move between two models, said in people. Neutral; chance is named where it may be chance."""

from fairlab.language import tr, tr_n
from fairlab.metrics.intervals import wilson
from fairlab.reports.sentences.amounts import amount
from fairlab.reports.sentences.audit import people
from fairlab.sweeps.people import Moved, PeopleMoved, effective, net_interval

_SHOWN = 3


def people_sentence(
    moved: PeopleMoved, words: tuple[str, str], *, before: str = "A", after: str = "B"
) -> str:
    """Who is newly selected and who no longer is, group by group.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
        before, after: Names of the two models.
    """
    everyone = moved.everyone
    if everyone.gained == 0 and everyone.lost == 0:
        return tr(
            "Moving from {before} to {after} changes no decision: the same {people} people, the "
            "same result.",
            before=before,
            after=after,
            people=people(everyone.n),
        )
    order = sorted(
        (group for group in moved.groups if group.gained or group.lost),
        key=lambda group: -abs(group.net),
    )
    said = "; ".join(group_words(group, words) for group in order[:_SHOWN])
    rest = len(order) - _SHOWN
    if rest > 0:
        said += tr_n("; {n} further group in the table", "; {n} further groups in the table", rest)
    return tr(
        "Moving from {before} to {after}, {moved} of {people} people get another decision. "
        "{groups}.",
        before=before,
        after=after,
        moved=people(everyone.gained + everyone.lost),
        people=people(everyone.n),
        groups=said,
    )


def levelling_sentence(moved: PeopleMoved) -> str:
    """The flag for equality by taking away; "" when there is nothing to flag.

    Overall: nobody is newly selected and somebody no longer is. Of a group: the same within it,
    while others gain. Beside it, how many in 1,000 people like these could gain all the same.
    """
    if moved.levelling_down:
        return tr(
            "Levelling down: nobody is newly selected, and {lost} people no longer are.{limit}",
            lost=people(moved.everyone.lost),
            limit=_could_gain(moved.everyone),
        )
    said = []
    if moved.no_group_gains:
        losing = [group for group in moved.groups if group.net < 0]
        named = ", ".join(
            tr("{group} {people} fewer", group=group.group, people=people(-group.net))
            for group in losing
        )
        said.append(tr("No group has more people selected than before ({groups}).", groups=named))
    said += [
        tr(
            "Levelling down within {group}: nobody of it is newly selected, and {lost} of {people} "
            "people no longer are.{limit}",
            group=group.group,
            lost=people(group.lost),
            people=people(group.n),
            limit=_could_gain(group),
        )
        for group in moved.groups
        if group.levelled_down
    ]
    return " ".join(said)


def certainty_sentence(moved: PeopleMoved) -> str:
    """For which groups the net change could be chance, for people like these."""
    unsure: list[str] = []
    sure: list[str] = []
    for group in moved.groups:
        bounds = net_interval(group)
        if bounds is None or not (group.gained or group.lost):
            continue
        where = tr(
            "{group} ({lower} to {upper} per 1,000)",
            group=group.group,
            lower=signed(bounds[0]),
            upper=signed(bounds[1]),
        )
        (unsure if bounds[0] <= 0 <= bounds[1] else sure).append(where)
    said = []
    if sure:
        said.append(tr("More than chance, at 95 %: {groups}.", groups=", ".join(sure)))
    if unsure:
        said.append(
            tr(
                "We cannot tell whether the net change is chance for {groups}.",
                groups=", ".join(unsure),
            )
        )
    return " ".join(said)


def counted_words(moved: PeopleMoved, words: tuple[str, str]) -> tuple[str, ...]:
    """Everything counted of every group, and of everyone, a sentence each.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    return tuple(_counted(group, words) for group in (*moved.groups, moved.everyone))


def signed(number: float) -> str:
    """A whole number with its sign: "+12", "−3", "0"."""
    whole = round(number)
    if whole == 0:
        return "0"
    return tr("{number:+,d}", number=whole).replace("-", "−")


def group_words(group: Moved, words: tuple[str, str]) -> str:
    """One group's movers and their outcomes, without a full stop."""
    parts = []
    if group.gained:
        parts.append(
            tr(
                "{people} newly, of whom {some} with the outcome “{outcome}”",
                people=people(group.gained),
                some=people(group.gained_unfavourable),
                outcome=words[1],
            )
        )
    if group.lost:
        parts.append(
            tr(
                "{people} no longer, of whom {some} with the outcome “{outcome}”",
                people=people(group.lost),
                some=people(group.lost_favourable),
                outcome=words[0],
            )
        )
    listed = "; ".join(parts)
    if group.net == 0:
        return tr("{group}: as many selected as before ({parts})", group=group.group, parts=listed)
    if group.net > 0:
        return tr(
            "{group}: {people} more selected ({parts})",
            group=group.group,
            people=people(group.net),
            parts=listed,
        )
    return tr(
        "{group}: {people} fewer selected ({parts})",
        group=group.group,
        people=people(-group.net),
        parts=listed,
    )


def _counted(group: Moved, words: tuple[str, str]) -> str:
    bounds = net_interval(group)
    name = tr("everyone") if group.group == "everyone" else group.group
    if bounds is None:
        return tr("{group}: nobody.", group=name)
    return tr(
        "{group}, {n} people: {before} selected before and {after} after; {gained} newly, of whom "
        "{gained_bad} with the outcome “{bad}”; {lost} no longer, of whom {lost_good} with the "
        "outcome “{good}”; net {net} per 1,000 of the group ({lower} to {upper}).",
        group=name,
        n=people(group.n),
        before=people(group.selected_before),
        after=people(group.selected_after),
        gained=people(group.gained),
        gained_bad=people(group.gained_unfavourable),
        lost=people(group.lost),
        lost_good=people(group.lost_favourable),
        net=signed(1000 * group.net / group.n),
        lower=signed(bounds[0]),
        upper=signed(bounds[1]),
        good=words[0],
        bad=words[1],
    )


def _could_gain(group: Moved) -> str:
    """How many could gain although nobody counted does; with the space before it."""
    if not group.cells:
        return ""
    size = effective(group, [0.0] * 8)
    most = 1000 * float(wilson(0, size)[1])
    return " " + tr(
        "Of people like these, up to {most} in 1,000 may gain all the same (95 %).",
        most=amount(most),
    )
