"""What the audit of all crossed groups found, in words, and what is chance."""

from fairlab.metrics import Multicalibration, SubgroupCalibration
from fairlab.reports.sentences.audit import chance, people, points


def worst_sentence(result: Multicalibration) -> str:
    """The subgroup with the strongest evidence, or that there is none beyond chance."""
    looked = len(result.subgroups)
    if not looked and result.withheld:
        return (
            "Not shown while small cells are hidden: any row of subgroups would let the cells of a "
            "few people be worked out."
        )
    if not looked:
        return f"We cannot tell: no subgroup has {result.smallest:,} people or more."
    found = result.found
    if not found:
        worst = result.subgroups[0]
        return (
            f"We cannot tell that scores are off in any of the {_rows(result)} looked at. The "
            f"strongest evidence is for {_who(worst)}: {_off(worst)} ({_interval(worst)}; "
            f"{people(worst.n)} people), and chance alone makes something as striking often "
            f"({chance(worst.p_adjusted)})."
        )
    worst = found[0]
    return (
        f"Scores of {_who(worst)} are {_off(worst)} ({100 * result.level:.0f} % interval "
        f"{_interval(worst)}, wide enough to hold for all {_rows(result)} at once; "
        f"{people(worst.n)} people; "
        f"{chance(worst.p_adjusted)}). {_count(found, looked)} For new people expect "
        f"{_off(worst, worst.shrunk)}: the worst of many looks worse than it is."
    )


def violation_sentence(result: Multicalibration) -> str:
    """The largest distance, beside the largest that chance alone gives."""
    v = result.violation
    if v.value is None:
        return ""
    return (
        f"The largest distance of any is {points(v.value)}; a calibrated score looked at in the "
        f"same {_rows(result)} would show {points(v.by_chance)} on average, and "
        f"more than {points(v.by_chance_upper)} in {100 * (1 - result.level):.0f} of 100 samples "
        f"({chance(v.p_value)})."
    )


def scope_sentence(result: Multicalibration) -> str:
    """What was looked at: how deep, how fine, how small."""
    deep = {1: "each attribute", 2: "each attribute and each pair"}.get(
        result.depth, f"each attribute and every crossing of up to {result.depth}"
    )
    fine = "" if result.bins < 2 else f", whole and in {result.bins} ranges of scores"
    return (
        f"Looked at {deep}{fine}, wherever there are at least {result.smallest:,} people "
        f"({100 * result.alpha:.1f} % of all)."
    )


def shown_sentence(result: Multicalibration, shown: int) -> str:
    """How many rows the chart shows and what its markers mean."""
    every = len(result.subgroups)
    text = f"The chart shows all {_rows(result)}"
    if shown < every:
        text = f"The chart shows the {shown} of {_rows(result)} with the strongest evidence"
    return f"{text}; the table has every one. Hollow markers: chance alone may do it."


def range_words(row: SubgroupCalibration) -> str:
    """The score range of a row as text: "all" or "0.20 to 0.35"."""
    return "all" if row.scores is None else f"{row.scores[0]:.2f} to {row.scores[1]:.2f}"


def _rows(result: Multicalibration) -> str:
    """How many were looked at, and what they are."""
    kind = "subgroups" if result.bins < 2 else "subgroups and score ranges"
    return f"{len(result.subgroups):,} {kind}"


def _who(row: SubgroupCalibration) -> str:
    return row.subgroup if row.scores is None else f"{row.subgroup} with scores {range_words(row)}"


def _off(row: SubgroupCalibration, residual: float | None = None) -> str:
    value = row.residual if residual is None else residual
    return f"{points(abs(value))} {'too low' if value > 0 else 'too high'}"


def _interval(row: SubgroupCalibration) -> str:
    """From the nearer to the farther end, on the side the scores are."""
    low, high = row.lower, row.upper
    if row.residual < 0:
        low, high = -high, -low
    if low >= 0:
        return f"{100 * low:.1f} to {100 * high:.1f}"
    return f"{points(-low)} the other way to {100 * high:.1f} this way"


def _count(found: tuple[SubgroupCalibration, ...], looked: int) -> str:
    if len(found) == 1:
        return f"It is the only one of {looked:,} that chance does not explain."
    return f"Chance does not explain {len(found):,} of {looked:,}; many share their people."
