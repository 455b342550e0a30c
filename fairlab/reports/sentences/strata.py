"""What gaps within strata say, in sentences. Neutral, with numbers of people and intervals."""

from fairlab.language import inside, later, tr
from fairlab.metrics import GAPS, RATES, ConditionalGap, WithinStrata
from fairlab.metrics.gap_names import gap_name
from fairlab.metrics.strata import PooledGap, StratumGap
from fairlab.reports.sentences.audit import RATE_WORDS, chance, people, percent, points

CONTROL_CAUTION = later(
    "Comparing within strata answers another question, not a better one. If what makes "
    "the strata is itself shaped by the group, a gap within them misses what came "
    "before."
)


def strata_sentence(result: WithinStrata, name: str, by: str, control: str) -> str:
    """One gap over everyone and among comparable people, with the stratified tests.

    Args:
        result: Gaps within strata.
        name: Name in ``GAPS``.
        by: What makes the groups, in words.
        control: What makes the strata, in words.
    """
    found = result.gaps[name]
    if found.standardised.value is None:
        return tr(
            "We cannot tell: no stratum of {control} has people of two "
            "groups of {by} with a {rates_first}.",
            control=control,
            by=by,
            rates_first=inside(RATES[GAPS[name].rates[0].name].label),
        )
    return " ".join(
        part
        for part in (
            _over_everyone(found),
            _same_mix(found, control, result),
            _average(found, result),
            _tests(found, result),
            _said_apart(found, result),
        )
        if part
    )


def _over_everyone(found: ConditionalGap) -> str:
    gap = found.unconditional
    if gap.value is None:
        return gap.why_undefined
    label = gap_name(found.name)
    return tr(
        "Over everyone together, the {label}{label_2} is {size} ({highest} "
        "highest, {lowest} lowest).",
        label=label[:1].lower(),
        label_2=label[1:],
        size=size(found.name, gap.value),
        highest=gap.highest,
        lowest=gap.lowest,
    )


def _same_mix(found: ConditionalGap, control: str, result: WithinStrata) -> str:
    words = RATE_WORDS.get(found.rate)
    high, low = (
        tr("{found_high:.3f}", found_high=found.high),
        tr("{found_low:.3f}", found_low=found.low),
    )
    if words is None:
        rates = tr(
            "{highest} would have {high} and {lowest} {low}",
            highest=found.highest,
            high=high,
            lowest=found.lowest,
            low=low,
        )
    else:
        rates = tr(
            "{found_high} of {highest} and {found_low} of ",
            found_high=percent(found.high),
            highest=found.highest,
            found_low=percent(found.low),
        )
        rates += f"{found.lowest} {words}"
    turned = tr(" The order turns round.") if found.reversed else ""
    return tr(
        "With every group spread over {control} as everyone is, {rates}: {pooled}.{turned}",
        control=control,
        rates=rates,
        pooled=_pooled(found.name, found.standardised, result.level),
        turned=turned,
    )


def _average(found: ConditionalGap, result: WithinStrata) -> str:
    if found.average.value is None:
        return ""
    pooled = _pooled(found.name, found.average, result.level)
    text = tr(
        "Within strata the gap is on average {pooled}{by_chance}",
        pooled=pooled,
        by_chance=_by_chance(found, result),
    )
    widest = next((s for s in found.strata if s.stratum == found.widest), None)
    if widest is None:
        return f"{text}."
    return tr(
        "{text}. It is widest in {stratum}: {in_stratum}.",
        text=text,
        stratum=widest.stratum,
        in_stratum=_in_stratum(found, widest, result),
    )


def _by_chance(found: ConditionalGap, result: WithinStrata) -> str:
    """What the average of unsigned gaps would be with groups alike: never nothing."""
    pooled = found.average
    if pooled.by_chance is None:
        return ""
    text = tr(
        ", where chance alone would give about {size}", size=size(found.name, pooled.by_chance)
    )
    if pooled.p_value is not None:
        text += f" ({chance(pooled.p_value, result.draws)})"
    return text


def _in_stratum(found: ConditionalGap, stratum: StratumGap, result: WithinStrata) -> str:
    """The widest gap, with an interval that allows for its being picked as the widest."""
    gap, name = stratum.gap, found.name
    assert gap.value is not None
    interval = interval_words(name, found.widest_lower, found.widest_upper, result.level)
    picked = ""
    if found.picked_from > 1:
        picked = tr(
            " (picked from {picked_from} strata; the interval allows for that)",
            picked_from=found.picked_from,
        )
    return tr(
        "{size}{interval}{picked}, {highest} highest, {fewest} people in the smallest group",
        size=size(name, gap.value),
        interval=interval,
        picked=picked,
        highest=gap.highest,
        fewest=people(stratum.fewest),
    )


def _tests(found: ConditionalGap, result: WithinStrata) -> str:
    parts = []
    if found.standardised.p_value is not None:
        said = chance(found.standardised.p_value, result.draws)
        parts.append(tr("with groups shuffled within strata, {said}", said=said))
    if found.test is not None and found.test.p_value is not None:
        odds = ""
        if found.test.odds_ratio is not None:
            odds = tr(", common odds ratio {odds_ratio:.2f}", odds_ratio=found.test.odds_ratio)
        parts.append(
            tr(
                "Cochran–Mantel–Haenszel {chance}{odds}",
                chance=chance(found.test.p_value),
                odds=odds,
            )
        )
    return tr("Tests of no gap within strata: {parts}.", parts="; ".join(parts)) if parts else ""


def _said_apart(found: ConditionalGap, result: WithinStrata) -> str:
    parts = []
    if found.left_out:
        verb = tr("stratum says") if len(found.left_out) == 1 else tr("strata say")
        parts.append(
            tr(
                "{n_left_out} {verb} nothing: {left_out}",
                n_left_out=len(found.left_out),
                verb=verb,
                left_out="; ".join(found.left_out[:3]),
            )
        )
        if len(found.left_out) > 3:
            parts[-1] += tr(
                "; and {n_left_out} more in the table", n_left_out=len(found.left_out) - 3
            )
        parts[-1] = parts[-1].rstrip(".") + "."
    if found.covered is not None and found.covered < 1:
        parts.append(
            tr(
                "The first of the pooled gaps rests on {covered} of people.",
                covered=percent(found.covered),
            )
        )
    small = [s.stratum for s in found.strata if s.small and s.gap.value is not None]
    if small:
        parts.append(
            tr(
                "With fewer than {fewest} people in a group, too few to be "
                "called the widest: {small}.",
                fewest=result.fewest,
                small=", ".join(small),
            )
        )
    return " ".join(parts)


def _pooled(name: str, gap: PooledGap, level: float) -> str:
    assert gap.value is not None
    return f"{size(name, gap.value)}{interval_words(name, gap.lower, gap.upper, level)}"


def size(name: str, value: float) -> str:
    """A gap with its unit: "4.3 points", or a plain number for ratios."""
    if _plain(name):
        return tr("{value:.2f}", value=value)
    return points(value)


def interval_words(name: str, lower: float | None, upper: float | None, level: float) -> str:
    """ ", 95 % interval 1.2 to 3.4", or that there is none."""
    if lower is None or upper is None:
        return tr(", no interval")
    scale, digits = (1, 2) if _plain(name) else (100, 1)
    ends = tr(
        "{scale:.{digits}f} to {scale_2:.{digits}f}",
        scale=scale * lower,
        digits=digits,
        scale_2=scale * upper,
    )
    return tr(", {level:.0f} % interval {ends}", level=100 * level, ends=ends)


def _plain(name: str) -> bool:
    return GAPS[name].spread == "ratio" or GAPS[name].rates[0].name == "fn_fp_ratio"
