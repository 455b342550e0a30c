"""All attributes at once, gaps from everyone and inequality of benefits, in sentences."""

from collections.abc import Mapping

from fairlab.language import tr
from fairlab.metrics import Audit
from fairlab.metrics.gap_names import gap_name
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
        why = tr("they rest on small cells") if hidden else tr("none is defined")
        return tr("We cannot tell about the main gaps of these attributes: {why}.", why=why)
    by, gap = max(known, key=lambda found: found[1].value or 0.0)
    assert gap.value is not None
    level = audits[by].level
    label = gap_name(gap.name)
    text = tr(
        "Of the main gaps of {audits}, each by itself, the widest is the "
        "{label}{label_2} by {by}: {size}{interval}, {highest} over "
        "{lowest}.",
        audits=", ".join(audits),
        label=label[:1].lower(),
        label_2=label[1:],
        by=by,
        size=size(gap.name, gap.value),
        interval=interval_words(gap.name, gap.lower, gap.upper, level),
        highest=gap.highest,
        lowest=gap.lowest,
    )
    adjusted = overview_table(audits)["p (Holm)"].dropna()
    if len(adjusted) == 0:
        return text
    beyond = int((adjusted <= CHANCE_LEVEL).sum())
    return tr(
        "{text} {beyond} of {n_adjusted} are more than chance after Holm's "
        "correction for looking at {n_adjusted}.",
        text=text,
        beyond=beyond,
        n_adjusted=len(adjusted),
    )


def overall_sentence(result: Audit) -> str:
    """How to read gaps from everyone, and the group that is farthest in selection rate."""
    gap = result.to_overall["demographic_parity_difference"]
    if gap.value is None:
        return tr("We cannot tell how far groups are from everyone{why}.", why=_why(result))
    everyone = result.rates["selection_rate"].everyone
    text = tr(
        "{farthest} is farthest from everyone in selection rate: "
        "{size}{interval} away from the {everyone_value} of all "
        "{everyone_n} people who are selected",
        farthest=gap.farthest,
        size=size(gap.name, gap.value),
        interval=interval_words(gap.name, gap.lower, gap.upper, result.level),
        everyone_value=percent(everyone.value),
        everyone_n=people(everyone.n),
    )
    odds = "" if gap.p_value is None else f" ({chance(gap.p_value, result.draws)})"
    return tr(
        "{text}{odds}. A large group makes much of what everyone is, so "
        "its own distance from everyone is small however far the others "
        "are.",
        text=text,
        odds=odds,
    )


def inequality_sentence(result: Audit) -> str:
    """What benefit means here, how unequal it is, and how much of that lies between groups."""
    found = result.inequality["theil"]
    if found.total.value is None:
        return tr("We cannot tell how unequal benefits are{why}.", why=_why(result))
    meaning = tr(
        "Benefit is 0 for a person with the favourable outcome who is not "
        "selected, 2 for one with the unfavourable outcome who is, and 1 "
        "for everybody else (Speicher et al. 2018)."
    )
    text = tr(
        "{meaning} Its Theil index is {total_value:.3f}{interval}",
        meaning=meaning,
        total_value=found.total.value,
        interval=_interval(found.total, 1, 3),
    )
    if found.share.value is None:
        return f"{text}."
    odds = ""
    if found.share.p_value is not None:
        odds = tr(
            " ({chance} for nothing between groups)",
            chance=chance(found.share.p_value, result.draws),
        )
    return tr(
        "{text}; {share_value}{interval} of that lies between groups, the rest within them{odds}.",
        text=text,
        share_value=percent(found.share.value),
        interval=_interval(found.share, 100, 1),
        odds=odds,
    )


def _interval(part: InequalityPart, scale: int, digits: int) -> str:
    if part.lower is None or part.upper is None:
        return ""
    return tr(
        " ({scale:.{digits}f} to {scale_2:.{digits}f})",
        scale=scale * part.lower,
        digits=digits,
        scale_2=scale * part.upper,
    )


def _why(result: Audit) -> str:
    return f": {result.why_hidden}" if result.hidden else tr(": it is undefined")
