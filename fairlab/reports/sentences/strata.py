"""What gaps within strata say, in sentences. Neutral, with numbers of people and intervals."""

from fairlab.metrics import GAPS, RATES, ConditionalGap, WithinStrata
from fairlab.metrics.strata import PooledGap, StratumGap
from fairlab.reports.sentences.audit import RATE_WORDS, chance, people, percent, points

CONTROL_CAUTION = (
    "Comparing within strata answers another question, not a better one. If what makes the strata "
    "is itself shaped by the group, a gap within them misses what came before."
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
        return (
            f"We cannot tell: no stratum of {control} has people of two groups of {by} with a "
            f"{RATES[GAPS[name].rates[0].name].label.lower()}."
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
    label = GAPS[found.name].label
    return (
        f"Over everyone together, the {label[:1].lower()}{label[1:]} is "
        f"{size(found.name, gap.value)} ({gap.highest} highest, {gap.lowest} lowest)."
    )


def _same_mix(found: ConditionalGap, control: str, result: WithinStrata) -> str:
    words = RATE_WORDS.get(found.rate)
    high, low = f"{found.high:.3f}", f"{found.low:.3f}"
    if words is None:
        rates = f"{found.highest} would have {high} and {found.lowest} {low}"
    else:
        rates = f"{percent(found.high)} of {found.highest} and {percent(found.low)} of "
        rates += f"{found.lowest} {words}"
    turned = " The order turns round." if found.reversed else ""
    return (
        f"With every group spread over {control} as everyone is, {rates}: "
        f"{_pooled(found.name, found.standardised, result.level)}.{turned}"
    )


def _average(found: ConditionalGap, result: WithinStrata) -> str:
    if found.average.value is None:
        return ""
    pooled = _pooled(found.name, found.average, result.level)
    text = f"Within strata the gap is on average {pooled}{_by_chance(found, result)}"
    widest = next((s for s in found.strata if s.stratum == found.widest), None)
    if widest is None:
        return f"{text}."
    return f"{text}. It is widest in {widest.stratum}: {_in_stratum(found, widest, result)}."


def _by_chance(found: ConditionalGap, result: WithinStrata) -> str:
    """What the average of unsigned gaps would be with groups alike: never nothing."""
    pooled = found.average
    if pooled.by_chance is None:
        return ""
    text = f", where chance alone would give about {size(found.name, pooled.by_chance)}"
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
        picked = f" (picked from {found.picked_from} strata; the interval allows for that)"
    return (
        f"{size(name, gap.value)}{interval}{picked}, {gap.highest} highest, "
        f"{people(stratum.fewest)} people in the smallest group"
    )


def _tests(found: ConditionalGap, result: WithinStrata) -> str:
    parts = []
    if found.standardised.p_value is not None:
        said = chance(found.standardised.p_value, result.draws)
        parts.append(f"with groups shuffled within strata, {said}")
    if found.test is not None and found.test.p_value is not None:
        odds = ""
        if found.test.odds_ratio is not None:
            odds = f", common odds ratio {found.test.odds_ratio:.2f}"
        parts.append(f"Cochran–Mantel–Haenszel {chance(found.test.p_value)}{odds}")
    return f"Tests of no gap within strata: {'; '.join(parts)}." if parts else ""


def _said_apart(found: ConditionalGap, result: WithinStrata) -> str:
    parts = []
    if found.left_out:
        verb = "stratum says" if len(found.left_out) == 1 else "strata say"
        parts.append(f"{len(found.left_out)} {verb} nothing: {'; '.join(found.left_out[:3])}")
        if len(found.left_out) > 3:
            parts[-1] += f"; and {len(found.left_out) - 3} more in the table"
        parts[-1] = parts[-1].rstrip(".") + "."
    if found.covered is not None and found.covered < 1:
        parts.append(f"The first of the pooled gaps rests on {percent(found.covered)} of people.")
    small = [s.stratum for s in found.strata if s.small and s.gap.value is not None]
    if small:
        parts.append(
            f"With fewer than {result.fewest} people in a group, too few to be called the widest: "
            f"{', '.join(small)}."
        )
    return " ".join(parts)


def _pooled(name: str, gap: PooledGap, level: float) -> str:
    assert gap.value is not None
    return f"{size(name, gap.value)}{interval_words(name, gap.lower, gap.upper, level)}"


def size(name: str, value: float) -> str:
    """A gap with its unit: "4.3 points", or a plain number for ratios."""
    if _plain(name):
        return f"{value:.2f}"
    return points(value)


def interval_words(name: str, lower: float | None, upper: float | None, level: float) -> str:
    """ ", 95 % interval 1.2 to 3.4", or that there is none."""
    if lower is None or upper is None:
        return ", no interval"
    scale, digits = (1, 2) if _plain(name) else (100, 1)
    ends = f"{scale * lower:.{digits}f} to {scale * upper:.{digits}f}"
    return f", {100 * level:.0f} % interval {ends}"


def _plain(name: str) -> bool:
    return GAPS[name].spread == "ratio" or GAPS[name].rates[0].name == "fn_fp_ratio"
