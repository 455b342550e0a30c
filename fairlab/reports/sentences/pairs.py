"""Two groups that differ beyond chance, in a sentence; and why that may not contradict a gap."""

from collections.abc import Mapping, Sequence

from fairlab.metrics import GAPS, RATES, Audit, PairTest
from fairlab.metrics.clear_pairs import clear_pair
from fairlab.reports.sentences.audit import CHANCE_LEVEL, chance, people, points

_WHY = (
    "Both hold: a gap over all groups is the widest of several pairs, and groups of few people "
    "let chance make the widest wide; one pair by itself, with its own numbers of people, is a "
    "sharper question."
)


def clear_pair_sentence(test: PairTest | None) -> str:
    """The pair that differs most surely on a rate; "" when there is none to name."""
    if test is None:
        return ""
    return (
        f"Between {test.higher} and {test.lower_group} ({people(test.n_higher)} and "
        f"{people(test.n_lower)} people) the gap is {points(test.difference)}, beyond chance "
        f"({chance(test.p_adjusted)} after correcting for every pair)."
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
    gaps = ", ".join(_lower_first(GAPS[name].label) for name, _ in differ)
    pairs = "; ".join(
        f"{test.higher} and {test.lower_group} in {_lower_first(RATES[test.rate].label)}"
        for _, test in differ
    )
    return (
        f"Over all groups, within chance when taken alone: {gaps}. Beyond chance as pairs: "
        f"{pairs}. {_WHY}"
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
