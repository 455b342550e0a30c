"""Two groups that differ beyond chance, in a sentence; and why that may not contradict a gap."""

from collections.abc import Mapping, Sequence

from fairlab.language import inside_first, later, tr, translated
from fairlab.metrics import RATES, Audit, PairTest
from fairlab.metrics.clear_pairs import clear_pair
from fairlab.metrics.gap_names import gap_name
from fairlab.reports.sentences.audit import CHANCE_LEVEL, chance, people, points

_WHY = later(
    "Both hold: a gap over all groups is the widest of several pairs, and groups of "
    "few people let chance make the widest wide; one pair by itself, with its own "
    "numbers of people, is a sharper question."
)


def clear_pair_sentence(test: PairTest | None) -> str:
    """The pair that differs most surely on a rate; "" when there is none to name."""
    if test is None:
        return ""
    return tr(
        "Between {higher} and {lower_group} ({n_higher} and {n_lower} "
        "people) the gap is {difference}, beyond chance ({chance} after "
        "correcting for every pair).",
        higher=test.higher,
        lower_group=test.lower_group,
        n_higher=people(test.n_higher),
        n_lower=people(test.n_lower),
        difference=points(test.difference),
        chance=chance(test.p_adjusted),
    )


def clear_pairs(
    shown: Audit, tests: Sequence[PairTest], gaps: Sequence[str]
) -> Mapping[str, PairTest]:
    """For each gap that leaves doubt, the pair that does not."""
    found = {name: clear_pair(shown, tests, name) for name in gaps}
    return {name: test for name, test in found.items() if test is not None}


def bridge_sentence(shown: Audit, clear: Mapping[str, PairTest]) -> str:
    """Why a gap within chance and a pair beyond it do not contradict each other.

    Args:
        shown: The audit.
        clear: By gap, pairs that differ beyond chance.

    Returns:
        "" when they agree.
    """
    differ = [
        (name, test)
        for name, test in clear.items()
        if shown.gaps[name].p_value is not None and shown.gaps[name].p_value > CHANCE_LEVEL  # type: ignore[operator]
    ]
    if not differ:
        return ""
    gaps = ", ".join(inside_first(gap_name(name)) for name, _ in differ)
    pairs = "; ".join(
        tr(
            "{higher} and {lower_group} in {rate}",
            higher=test.higher,
            lower_group=test.lower_group,
            rate=inside_first(RATES[test.rate].label),
        )
        for _, test in differ
    )
    return tr(
        "Over all groups, within chance when taken alone: {gaps}. Beyond "
        "chance as pairs: {pairs}. {why}",
        gaps=gaps,
        pairs=pairs,
        why=translated(_WHY),
    )
