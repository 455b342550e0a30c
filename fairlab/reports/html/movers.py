"""Who is decided otherwise than by the unmitigated model, in people; nothing of few of them."""

from typing import Any

import numpy as np

from fairlab.language import tr
from fairlab.metrics.suppression import hidden_sizes
from fairlab.outcomes import Counts, count
from fairlab.reports.facts import Facts, attributes_in_words
from fairlab.reports.invisible import visible
from fairlab.reports.sentences.audit import people
from fairlab.reports.sentences.people import levelling_sentence, signed
from fairlab.reports.withheld import sizes_in_words
from fairlab.sweeps.people import Moved, PeopleMoved, net_interval


def moves_part(facts: Facts) -> dict[str, Any] | None:
    """One row per group: newly selected, no longer selected, net per 1,000 with its interval.

    A group's row shows who moves only if at least ``smallest`` people are in each cell of
    "selected before × selected after", and by outcome only if they are in each of these again.
    None where there is nothing to compare with.
    """
    moved = facts.moved
    if moved is None or facts.unmitigated is None:
        return None
    found, by = moved
    place = facts.result.groupings.index(by)
    stay = _stay(count(facts.unmitigated.outcomes[place], facts.unmitigated.cut), found)
    weighted = facts.chosen.outcomes[0].weight is not None
    if weighted and facts.smallest > 0:  # weight is not people: nothing to judge cells by
        return None
    heads = np.array([group.n for group in found.groups])  # of weighted people nothing is hidden
    sizes = sizes_in_words(heads, facts.smallest)
    gone = hidden_sizes(heads, facts.smallest)
    shown = [
        _row(group, facts.smallest, weighted, -1.0 if gone[g] else stay[g], sizes[g])
        for g, group in enumerate(found.groups)
        if group.n > 0
    ]
    everything = all(row["shown"] for row in shown)
    return {
        "by": visible(attributes_in_words(by)),
        "before": facts.unmitigated.label,
        "after": facts.chosen.label,
        "rows": shown,
        "any": any(row["shown"] for row in shown),
        "sentence": _sentence(found) if everything else "",
        "levelling": levelling_sentence(found) if everything else "",
        "smallest": facts.smallest,
    }


def _sentence(found: PeopleMoved) -> str:
    everyone = found.everyone
    if everyone.gained == 0 and everyone.lost == 0:
        return tr("Nobody among the {n} test people is decided otherwise.", n=people(everyone.n))
    return tr(
        "{moved} of {n} test people get another decision: {gained} are newly selected, {lost} no "
        "longer are.",
        moved=people(everyone.gained + everyone.lost),
        n=people(everyone.n),
        gained=people(everyone.gained),
        lost=people(everyone.lost),
    )


def _stay(before: Counts, found: PeopleMoved) -> list[float]:
    """Of each group the fewest people of one outcome who are decided as before."""
    return [
        float(
            min(
                before.tp[g] - group.lost_favourable,
                before.fp[g] - group.lost_unfavourable,
                before.fn[g] - group.gained_favourable,
                before.tn[g] - group.gained_unfavourable,
            )
        )
        for g, group in enumerate(found.groups)
    ]


def _row(
    group: Moved, smallest: int, weighted: bool, fewest_stay: float, size: str
) -> dict[str, Any]:
    stay_selected = group.selected_before - group.lost
    stay_refused = group.n - group.selected_before - group.gained
    four = np.array([group.gained, group.lost, stay_selected, stay_refused])
    hidden = fewest_stay < 0
    shown = smallest <= 0 or bool((four >= smallest).all() and not hidden)
    others = np.array(
        [
            group.gained_favourable,
            group.gained_unfavourable,
            group.lost_favourable,
            group.lost_unfavourable,
            fewest_stay,
        ]
    )
    fine = smallest <= 0 or (shown and bool((others >= smallest).all()))
    row: dict[str, Any] = {"name": visible(group.group), "shown": shown, "n": size}
    if not shown:
        return row
    ends = None if weighted else net_interval(group)
    net = group.per_1000(group.net)
    return row | {
        "gained": people(group.gained),
        "lost": people(group.lost),
        "gained_of": people(group.gained_favourable) if fine else tr("withheld"),
        "lost_of": people(group.lost_favourable) if fine else tr("withheld"),
        "net": "" if net is None else signed(net),
        "interval": ""
        if ends is None
        else tr("{low} to {high}", low=signed(ends[0]), high=signed(ends[1])),
    }
