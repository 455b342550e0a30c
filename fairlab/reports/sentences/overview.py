"""All attributes at once, gaps from everyone and inequality of benefits, in sentences."""

from collections.abc import Mapping

from fairlab.metrics import GAPS, Audit
from fairlab.metrics.inequality import InequalityPart
from fairlab.reports.sentences.audit import CHANCE_LEVEL, chance, people, percent
from fairlab.reports.sentences.strata import interval_words, size
from fairlab.reports.tables.audit import MAIN_GAPS, overview_table


def overview_sentence(audits: Mapping[str, Audit]) -> str:
    """The widest of the main gaps over all attributes, and how many are more than chance.

    Args:
        audits: By name of the attribute.
    """
    known = [
        (by, gap)
        for by, result in audits.items()
        for name, gap in result.gaps.items()
        if name in MAIN_GAPS and gap.value is not None
    ]
    if not known:
        hidden = any(result.hidden for result in audits.values())
        why = "they rest on small cells" if hidden else "none is defined"
        return f"We cannot tell about the main gaps of these attributes: {why}."
    by, gap = max(known, key=lambda found: found[1].value or 0.0)
    assert gap.value is not None
    level = audits[by].level
    label = GAPS[gap.name].label
    text = (
        f"Of the main gaps of {', '.join(audits)}, each by itself, the widest is the "
        f"{label[:1].lower()}{label[1:]} by {by}: {size(gap.name, gap.value)}"
        f"{interval_words(gap.name, gap.lower, gap.upper, level)}, {gap.highest} over {gap.lowest}."
    )
    adjusted = overview_table(audits)["p (Holm)"].dropna()
    if len(adjusted) == 0:
        return text
    beyond = int((adjusted <= CHANCE_LEVEL).sum())
    return (
        f"{text} {beyond} of {len(adjusted)} are more than chance after Holm's correction for "
        f"looking at {len(adjusted)}."
    )


def overall_sentence(result: Audit) -> str:
    """How to read gaps from everyone, and the group that is farthest in selection rate."""
    gap = result.to_overall["demographic_parity_difference"]
    if gap.value is None:
        return f"We cannot tell how far groups are from everyone{_why(result)}."
    everyone = result.rates["selection_rate"].everyone
    text = (
        f"{gap.farthest} is farthest from everyone in selection rate: {size(gap.name, gap.value)}"
        f"{interval_words(gap.name, gap.lower, gap.upper, result.level)} away from the "
        f"{percent(everyone.value)} of all {people(everyone.n)} people who are selected"
    )
    odds = "" if gap.p_value is None else f" ({chance(gap.p_value, result.draws)})"
    return (
        f"{text}{odds}. A large group makes much of what everyone is, so its own distance from "
        "everyone is small however far the others are."
    )


def inequality_sentence(result: Audit) -> str:
    """What benefit means here, how unequal it is, and how much of that lies between groups."""
    found = result.inequality["theil"]
    if found.total.value is None:
        return f"We cannot tell how unequal benefits are{_why(result)}."
    meaning = (
        "Benefit is 0 for a person with the favourable outcome who is not selected, 2 for one with "
        "the unfavourable outcome who is, and 1 for everybody else (Speicher et al. 2018)."
    )
    text = f"{meaning} Its Theil index is {found.total.value:.3f}{_interval(found.total, 1, 3)}"
    if found.share.value is None:
        return f"{text}."
    odds = ""
    if found.share.p_value is not None:
        odds = f" ({chance(found.share.p_value, result.draws)} for nothing between groups)"
    return (
        f"{text}; {percent(found.share.value)}{_interval(found.share, 100, 1)} of that lies "
        f"between groups, the rest within them{odds}."
    )


def _interval(part: InequalityPart, scale: int, digits: int) -> str:
    if part.lower is None or part.upper is None:
        return ""
    return f" ({scale * part.lower:.{digits}f} to {scale * part.upper:.{digits}f})"


def _why(result: Audit) -> str:
    return f": {result.why_hidden}" if result.hidden else ": it is undefined"
