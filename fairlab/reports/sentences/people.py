"""A move between two models, said in people. Neutral; chance is named where it may be chance."""

from fairlab.reports.sentences.audit import people
from fairlab.sweeps.people import Moved, PeopleMoved, net_interval

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
    move = f"Moving from {before} to {after}"
    if everyone.gained == 0 and everyone.lost == 0:
        return f"{move} changes no decision: the same {people(everyone.n)} people, the same result."
    order = sorted(
        (group for group in moved.groups if group.gained or group.lost),
        key=lambda group: -abs(group.net),
    )
    said = "; ".join(_group(group, words) for group in order[:_SHOWN])
    rest = len(order) - _SHOWN
    more = f"; {rest} further {'group' if rest == 1 else 'groups'} in the table" if rest > 0 else ""
    return (
        f"{move}, {people(everyone.gained + everyone.lost)} of {people(everyone.n)} people get "
        f"another decision. {said}{more}."
    )


def levelling_sentence(moved: PeopleMoved) -> str:
    """The flag for equality by taking away; "" when there is nothing to flag."""
    if moved.levelling_down:
        return (
            f"Levelling down: nobody is newly selected, and {people(moved.everyone.lost)} people "
            "no longer are."
        )
    if moved.no_group_gains:
        losing = [group for group in moved.groups if group.net < 0]
        named = ", ".join(f"{group.group} {people(-group.net)} fewer" for group in losing)
        return f"No group has more people selected than before ({named})."
    return ""


def certainty_sentence(moved: PeopleMoved) -> str:
    """For which groups the net change could be chance, for people like these."""
    unsure: list[str] = []
    sure: list[str] = []
    for group in moved.groups:
        bounds = net_interval(group)
        if bounds is None or not (group.gained or group.lost):
            continue
        where = f"{group.group} ({signed(bounds[0])} to {signed(bounds[1])} per 1,000)"
        (unsure if bounds[0] <= 0 <= bounds[1] else sure).append(where)
    said = []
    if sure:
        said.append(f"More than chance, at 95 %: {', '.join(sure)}.")
    if unsure:
        said.append(f"We cannot tell whether the net change is chance for {', '.join(unsure)}.")
    return " ".join(said)


def signed(number: float) -> str:
    """A whole number with its sign: "+12", "−3", "0"."""
    whole = round(number)
    return "0" if whole == 0 else f"{whole:+,d}".replace("-", "−")


def _group(group: Moved, words: tuple[str, str]) -> str:
    if group.net == 0:
        change = f"{group.group}: as many selected as before"
    else:
        change = f"{group.group}: {people(abs(group.net))} {'more' if group.net > 0 else 'fewer'}"
        change += " selected"
    parts = []
    if group.gained:
        parts.append(
            f"{people(group.gained)} newly, of whom {people(group.gained_unfavourable)} with the "
            f"outcome “{words[1]}”"
        )
    if group.lost:
        parts.append(
            f"{people(group.lost)} no longer, of whom {people(group.lost_favourable)} with the "
            f"outcome “{words[0]}”"
        )
    return f"{change} ({'; '.join(parts)})"
