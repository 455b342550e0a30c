"""What the audit of all crossed groups found, in words, and what is chance."""

from fairlab.language import tr
from fairlab.metrics import Multicalibration, SubgroupCalibration
from fairlab.reports.sentences.audit import chance, people, points


def worst_sentence(result: Multicalibration) -> str:
    """The subgroup with the strongest evidence, or that there is none beyond chance."""
    looked = len(result.subgroups)
    if not looked and result.withheld:
        return tr(
            "Not shown while small cells are hidden: any row of subgroups "
            "would let the cells of a few people be worked out."
        )
    if not looked:
        return tr(
            "We cannot tell: no subgroup has {smallest:,} people or more.", smallest=result.smallest
        )
    found = result.found
    if not found:
        worst = result.subgroups[0]
        return tr(
            "We cannot tell that scores are off in any of the {rows} "
            "looked at. The strongest evidence is for {who}: {off} "
            "({interval}; {worst_n} people), and chance alone makes "
            "something as striking often ({chance}).",
            rows=_rows(result),
            who=_who(worst),
            off=_off(worst),
            interval=_interval(worst),
            worst_n=people(worst.n),
            chance=chance(worst.p_adjusted),
        )
    worst = found[0]
    return tr(
        "Scores of {who} are {off} ({level:.0f} % interval {interval}, "
        "wide enough to hold for all {rows} at once; {worst_n} people; "
        "{chance}). {count} For new people expect {off_2}: the worst of "
        "many looks worse than it is.",
        who=_who(worst),
        off=_off(worst),
        level=100 * result.level,
        interval=_interval(worst),
        rows=_rows(result),
        worst_n=people(worst.n),
        chance=chance(worst.p_adjusted),
        count=_count(found, looked),
        off_2=_off(worst, worst.shrunk),
    )


def violation_sentence(result: Multicalibration) -> str:
    """The largest distance, beside the largest that chance alone gives."""
    v = result.violation
    if v.value is None:
        return ""
    return tr(
        "The largest distance of any is {v_value}; a calibrated score "
        "looked at in the same {rows} would show {by_chance} on average, "
        "and more than {by_chance_upper} in {level:.0f} of 100 samples "
        "({chance}).",
        v_value=points(v.value),
        rows=_rows(result),
        by_chance=points(v.by_chance),
        by_chance_upper=points(v.by_chance_upper),
        level=100 * (1 - result.level),
        chance=chance(v.p_value),
    )


def scope_sentence(result: Multicalibration) -> str:
    """What was looked at: how deep, how fine, how small."""
    deep = {1: tr("each attribute"), 2: tr("each attribute and each pair")}.get(
        result.depth, f"each attribute and every crossing of up to {result.depth}"
    )
    fine = "" if result.bins < 2 else tr(", whole and in {bins} ranges of scores", bins=result.bins)
    return tr(
        "Looked at {deep}{fine}, wherever there are at least {smallest:,} "
        "people ({alpha:.1f} % of all).",
        deep=deep,
        fine=fine,
        smallest=result.smallest,
        alpha=100 * result.alpha,
    )


def shown_sentence(result: Multicalibration, shown: int) -> str:
    """How many rows the chart shows and what its markers mean."""
    every = len(result.subgroups)
    text = tr("The chart shows all {rows}", rows=_rows(result))
    if shown < every:
        text = tr(
            "The chart shows the {shown} of {rows} with the strongest evidence",
            shown=shown,
            rows=_rows(result),
        )
    return tr("{text}; the table has every one. Hollow markers: chance alone may do it.", text=text)


def range_words(row: SubgroupCalibration) -> str:
    """The score range of a row as text: "all" or "0.20 to 0.35"."""
    return (
        tr("all")
        if row.scores is None
        else tr(
            "{scores_first:.2f} to {scores_second:.2f}",
            scores_first=row.scores[0],
            scores_second=row.scores[1],
        )
    )


def _rows(result: Multicalibration) -> str:
    """How many were looked at, and what they are."""
    kind = tr("subgroups") if result.bins < 2 else tr("subgroups and score ranges")
    return tr("{n_subgroups:,} {kind}", n_subgroups=len(result.subgroups), kind=kind)


def _who(row: SubgroupCalibration) -> str:
    return (
        row.subgroup
        if row.scores is None
        else tr("{subgroup} with scores {range}", subgroup=row.subgroup, range=range_words(row))
    )


def _off(row: SubgroupCalibration, residual: float | None = None) -> str:
    value = row.residual if residual is None else residual
    return f"{points(abs(value))} {'too low' if value > 0 else 'too high'}"


def _interval(row: SubgroupCalibration) -> str:
    """From the nearer to the farther end, on the side the scores are."""
    low, high = row.lower, row.upper
    if row.residual < 0:
        low, high = -high, -low
    if low >= 0:
        return tr("{low:.1f} to {high:.1f}", low=100 * low, high=100 * high)
    return tr("{low} the other way to {high:.1f} this way", low=points(-low), high=100 * high)


def _count(found: tuple[SubgroupCalibration, ...], looked: int) -> str:
    if len(found) == 1:
        return tr("It is the only one of {looked:,} that chance does not explain.", looked=looked)
    return tr(
        "Chance does not explain {n_found:,} of {looked:,}; many share their people.",
        n_found=len(found),
        looked=looked,
    )
