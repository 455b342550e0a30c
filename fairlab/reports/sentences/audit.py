"""The text twin of every part of an audit. Neutral, with numbers of people and intervals."""

from collections.abc import Sequence

import pandas as pd

from fairlab.language import inside, inside_first, later, told, tr, translated
from fairlab.metrics import (
    GAPS,
    RATES,
    Audit,
    GapResult,
    GroupRate,
    PairTest,
    RateResult,
    minimum_detectable_gap,
    more_records,
    records_needed,
)
from fairlab.metrics.gap_names import gap_name

# What a person of the rate's denominator "does", for sentences that start with a share.
RATE_WORDS = told(
    {
        "selection_rate": later("are selected"),
        "base_rate": later("have the favourable outcome"),
        "accuracy": later("get a decision that agrees with their outcome"),
        "tpr": later("with the favourable outcome are selected"),
        "fpr": later("with the unfavourable outcome are selected"),
        "tnr": later("with the unfavourable outcome are not selected"),
        "fnr": later("with the favourable outcome are not selected"),
        "ppv": later("who are selected have the favourable outcome"),
        "npv": later("who are not selected have the unfavourable outcome"),
        "fdr": later("who are selected have the unfavourable outcome"),
        "false_omission_rate": later("who are not selected have the favourable outcome"),
    }
)
CHANCE_LEVEL = 0.05
_BIAS_WORTH_SAYING = 0.01
_BASE_RATE_TEST = later(
    "This asks whether chance makes the widest gap so wide, and few people in the "
    "smallest groups make that easy; Impossibility tests all groups together, so its "
    "p-value is another."
)


def percent(value: float | None) -> str:
    """A share as "40.0 %"; "undefined" for None."""
    return tr("undefined") if value is None else tr("{value:.1f} %", value=100 * value)


def points(value: float | None) -> str:
    """A difference of shares as "12.3 points"; "undefined" for None."""
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)


def people(n: float) -> str:
    """A number of people, or a total weight with one decimal."""
    return tr("{n:,.0f}", n=n) if float(n).is_integer() else tr("{n:,.1f}", n=n)


def chance(p: float | None, draws: int | None = None) -> str:
    """A p-value in words: "p = 0.032", "p < 0.001", or that there is none."""
    if p is None:
        return tr("no p-value")
    if draws is not None and p <= 1 / (1 + draws) + 1e-12:
        return tr("p ≤ {draws:.1g}", draws=1 / (1 + draws))
    return "p < 0.001" if p < 0.001 else tr("p = {p:.3f}", p=p)


def gap_sentence(result: Audit, name: str) -> str:
    """One gap: the two groups that set it, their rates and people, its interval.

    Args:
        name: Name in ``GAPS``.
    """
    gap = result.gaps[name]
    if gap.hidden:
        return f"{gap.hidden[:1].upper()}{gap.hidden[1:]}."
    if gap.value is None or gap.highest is None or gap.lowest is None:
        return tr("We cannot tell: {why_undefined}", why_undefined=inside_first(gap.why_undefined))
    rate = result.rates[gap.rate]
    high, low = rate[gap.highest], rate[gap.lowest]
    return f"{_comparison(rate, high, low, gap, result.level)}{_bias(gap)}{_left_out(gap)}"


def _comparison(
    rate: RateResult, high: GroupRate, low: GroupRate, gap: GapResult, level: float
) -> str:
    words = RATE_WORDS.get(rate.name)
    interval = _interval(gap, level)
    who = tr("{low_n} and {high_n} people", low_n=people(low.n), high_n=people(high.n))
    if words is None:
        return tr(
            "{rate} is {low_value} for {low_group} and {high_value} for "
            "{high_group}: {size}{interval}.",
            rate=rate.label,
            low_value=_number(low.value),
            low_group=low.group,
            high_value=_number(high.value),
            high_group=high.group,
            size=_size(gap),
            interval=interval,
        )
    if gap.value == gap_equal(gap.name) and high.value == low.value:
        every = tr("all") if low.value == 1 else percent(low.value)
        return tr(
            "In every group {every} {words}: no gap in these "
            "data{interval} ({who} in {low_group} and {high_group}).",
            every=every,
            words=words,
            interval=interval,
            who=who,
            low_group=low.group,
            high_group=high.group,
        )
    return tr(
        "{low_value} of {low_group} and {high_value} of {high_group} "
        "{words}: {size}{interval} ({who}).",
        low_value=percent(low.value),
        low_group=low.group,
        high_value=percent(high.value),
        high_group=high.group,
        words=words,
        size=_size(gap),
        interval=interval,
        who=who,
    )


def gap_equal(name: str) -> float:
    """The value that means no gap."""
    return GAPS[name].equal


def _size(gap: GapResult) -> str:
    assert gap.value is not None
    if GAPS[gap.name].spread == "ratio":
        return tr("a ratio of {gap_value:.2f}", gap_value=gap.value)
    if gap.rate == "fn_fp_ratio":
        return tr("{gap_value:.2f} apart", gap_value=gap.value)
    mean = tr(" on average over the rates compared") if GAPS[gap.name].combine == "mean" else ""
    return tr("a gap of {gap_value}{mean}", gap_value=points(gap.value), mean=mean)


def _interval(gap: GapResult, level: float) -> str:
    if gap.lower is None or gap.upper is None:
        return tr(", no interval")
    if GAPS[gap.name].spread == "ratio" or gap.rate == "fn_fp_ratio":
        return tr(
            ", {level:.0f} % interval {gap_lower:.2f} to {gap_upper:.2f}",
            level=100 * level,
            gap_lower=gap.lower,
            gap_upper=gap.upper,
        )
    return tr(
        ", {level:.0f} % interval {gap_lower:.1f} to {gap_upper:.1f}",
        level=100 * level,
        gap_lower=100 * gap.lower,
        gap_upper=100 * gap.upper,
    )


def _bias(gap: GapResult) -> str:
    """What few people alone add to a gap, when it is worth saying."""
    if gap.bias is None or gap.value is None or GAPS[gap.name].spread == "ratio":
        return ""
    if gap.rate == "fn_fp_ratio" or gap.bias < max(_BIAS_WORTH_SAYING, 0.1 * gap.value):
        return ""
    return tr(
        " With groups of these sizes a gap comes out about {bias} too wide "
        "on average; its interval reaches further down for that.",
        bias=points(gap.bias),
    )


def _left_out(gap: GapResult) -> str:
    if not gap.left_out:
        return ""
    rates = {part.rate for part in gap.parts if part.left_out}
    reasons = "; ".join(
        tr("no one there {condition}", condition=RATES[rate].condition) for rate in sorted(rates)
    )
    return tr(
        " Left out: {left_out} ({reasons}).", left_out=", ".join(gap.left_out), reasons=reasons
    )


def certainty_sentence(result: Audit, name: str, *, clear: bool = False) -> str:
    """Whether chance alone could make a gap, and the smallest gap these people could show.

    Says "We cannot tell" when the gap is within chance, because a gap below the smallest visible
    one would look the same. Without p-values (weighted people) the interval answers.

    Args:
        result: The audit.
        name: Name in ``GAPS``.
        clear: Two groups differ beyond chance on this rate and are named beside this: then what is
            within chance is said of all groups together, without "We cannot tell".
    """
    text = _clear(result, name) if clear else ""
    text = text or _certainty(result, name)
    if not text or name != "base_rate_difference":
        return text
    return (
        f"{text} {translated(_BASE_RATE_TEST)}" if result.gaps[name].p_value is not None else text
    )


def too_few(result: Audit, name: str) -> bool:
    """Whether a gap is within chance and below the smallest these people could reliably show."""
    gap = result.gaps[name]
    if gap.value is None or gap.p_value is None or gap.p_value <= CHANCE_LEVEL:
        return False
    if gap.value == gap_equal(name):
        return False
    smallest = smallest_visible(result, name)
    return smallest is None or smallest > gap.value


def _certainty(result: Audit, name: str) -> str:
    gap = result.gaps[name]
    if gap.value is None:
        return ""
    if gap.p_value is None:
        return _without_test(gap)
    odds = chance(gap.p_value, result.draws)
    smallest = smallest_visible(result, name)
    if gap.value == gap_equal(name):
        if smallest is None:
            return tr("With these numbers of people even a large gap could go unseen.")
        return tr(
            "A gap below {smallest} could go unseen with these numbers of people.",
            smallest=points(smallest),
        )
    if gap.p_value <= CHANCE_LEVEL:
        return tr(
            "With no gap, chance alone would seldom make one this large "
            "({odds}, groups shuffled {draws:,} times).",
            odds=odds,
            draws=result.draws,
        )
    if smallest is None:
        return tr(
            "We cannot tell: a gap this large is within chance ({odds}), "
            "and there are too few people to reliably show any.",
            odds=odds,
        )
    return tr(
        "We cannot tell: a gap this large is within chance ({odds}), and "
        "the smallest gap these numbers of people could reliably show is "
        "{smallest}.",
        odds=odds,
        smallest=points(smallest),
    )


def _clear(result: Audit, name: str) -> str:
    """Why all groups together say less than the pair that is beyond chance; "" when they do not."""
    gap = result.gaps[name]
    if gap.value is None or gap.p_value is None or gap.p_value <= CHANCE_LEVEL:
        return ""
    return tr(
        "The widest gap of all groups is tested more roughly (all groups "
        "shuffled together, {chance}): groups of few people let chance "
        "make it wide.",
        chance=chance(gap.p_value, result.draws),
    )


def _without_test(gap: GapResult) -> str:
    """What the interval says of chance: it reaches "no gap" where chance makes such a gap."""
    text = tr("There are no p-values for weighted people.")
    end = gap.lower if GAPS[gap.name].spread == "difference" else gap.upper
    if end is None:
        return text
    if end == gap_equal(gap.name):
        return tr("{text} We cannot tell: the interval of this gap reaches “no gap”.", text=text)
    return tr("{text} The interval of this gap does not reach “no gap”.", text=text)


def smallest_visible(result: Audit, name: str) -> float | None:
    """Smallest gap the two groups that set a gap could show (80 % power, 5 % level).

    None when undefined, for rates that are no shares, and for weighted people.
    """
    gap = result.gaps[name]
    if gap.highest is None or gap.lowest is None or not RATES[gap.rate].share:
        return None
    if result.weighted:
        return None
    rate = result.rates[gap.rate]
    high, low = rate[gap.highest], rate[gap.lowest]
    pooled = (high.numerator + low.numerator) / (high.n + low.n)
    smallest = minimum_detectable_gap(high.n, low.n, pooled)
    return None if smallest != smallest else smallest


def confusion_sentence(result: Audit, words: tuple[str, str]) -> str:
    """Who was decided against their outcome, in people, for everyone and per group extremes."""
    if result.hidden:
        return tr(
            "Hidden cells belong to groups with a cell of few people: {hidden}.",
            hidden=", ".join(result.hidden),
        )
    whole = result.counts.overall()
    refused, given = whole.fn[0].item(), whole.fp[0].item()
    total = whole.n[0].item()
    return tr(
        "Of {total} people, {refused} were not selected although their "
        "outcome is “{words_first}”, and {given} were selected although it "
        "is “{words_second}”. The other decisions agree with the outcome "
        "in the data.",
        total=people(total),
        refused=people(refused),
        words_first=words[0],
        given=people(given),
        words_second=words[1],
    )


def rates_sentence(result: Audit) -> str:
    """Selection, base rate and accuracy of everyone; how many rates are undefined."""
    accuracy, base = result.rates["accuracy"].everyone, result.rates["base_rate"].everyone
    selected = result.rates["selection_rate"].everyone
    missing = sum(g.value is None for rate in result.rates.values() for g in rate.groups)
    if result.whole_hidden:
        return tr(
            "Rates of everyone and of {hidden} are suppressed: few people.",
            hidden=", ".join(result.hidden),
        )
    text = tr(
        "{selected_value} of all {selected_n} people are selected, "
        "{base_value} have the favourable outcome, and {accuracy_value} of "
        "decisions agree with it. Bars are {level:.0f} % intervals.",
        selected_value=percent(selected.value),
        selected_n=people(selected.n),
        base_value=percent(base.value),
        accuracy_value=percent(accuracy.value),
        level=100 * result.level,
    )
    if missing:
        verb = tr("rate is") if missing == 1 else tr("rates are")
        text += tr(" {missing} {verb} undefined; the table says why.", missing=missing, verb=verb)
    return text


def gaps_sentence(result: Audit) -> str:
    """The widest difference, and how many gaps chance alone could make."""
    known = [
        gap
        for gap in result.gaps.values()
        if gap.value is not None
        and GAPS[gap.name].spread == "difference"
        and gap.rate != "fn_fp_ratio"
        and gap.name != "base_rate_difference"
    ]
    if not known and result.hidden:
        return tr("We cannot tell: {why_hidden}.", why_hidden=result.why_hidden)
    if not known:
        return tr("We cannot tell: no gap is defined, because fewer than two groups have people.")
    widest = max(known, key=lambda gap: 0.0 if gap.value is None else gap.value)
    text = tr(
        "The widest gap is the {widest}, {widest_value}{interval}, between {highest} and {lowest}.",
        widest=inside(gap_name(widest.name)),
        widest_value=points(widest.value),
        interval=_interval(widest, result.level),
        highest=widest.highest,
        lowest=widest.lowest,
    )
    tested = [gap for gap in known if gap.p_value is not None]
    within = sum(gap.p_value is not None and gap.p_value > CHANCE_LEVEL for gap in tested)
    if tested:
        text += tr(
            " {within} of these {n_tested} gaps are within chance when taken one by one.",
            within=within,
            n_tested=len(tested),
        )
    return text + (
        tr(" An interval of a gap cannot go below 0, so one close to 0 may mean no gap at all.")
    )


def pairs_sentence(tests: Sequence[PairTest]) -> str:
    """How many pairs differ beyond chance after correction, and what the smallest could show."""
    tested = [t for t in tests if t.p_adjusted is not None]
    if not tested:
        return tr("We cannot tell: no pair of groups has people to compare.")
    beyond = [t for t in tested if t.p_adjusted is not None and t.p_adjusted <= CHANCE_LEVEL]
    visible = [t.detectable for t in tested if t.detectable is not None]
    text = (
        tr(
            "{n_beyond} of {n_tested} comparisons differ beyond chance after "
            "Holm's correction for making {n_tested} of them.",
            n_beyond=len(beyond),
            n_tested=len(tested),
        )
        if len(tested) > 1
        else tr(
            "The one comparison made {word} beyond chance.",
            word=tr("differs") if beyond else tr("does not differ"),
        )
    )
    if visible:
        text += tr(
            " The smallest gap that could be seen is {visible}", visible=points(min(visible))
        )
        text += (
            tr(", in the weakest comparison {visible}.", visible=points(max(visible)))
            if len(visible) > 1
            else "."
        )
    blind = len(tested) - len(visible)
    if blind:
        text += tr(
            " {comparisons} too few people to show even the largest possible gap.",
            comparisons=_comparisons(blind),
        )
    return text


def records_sentence(result: Audit, gap: float) -> str:
    """How many people a gap in selection rate of this size would take to be found.

    Args:
        gap: Difference of selection rates, in (0, 0.5].
    """
    selected = result.rates["selection_rate"].everyone
    if selected.value is None:
        return tr(
            "We cannot tell: {why_hidden}.",
            why_hidden=result.why_hidden or tr("there are no people"),
        )
    each, _ = records_needed(gap, selected.value)
    n = result.people[result.people > 0]
    smallest = int(n.min())
    text = tr(
        "To find a gap of {gap} four times in five, about {each:,} people "
        "are needed in each of two groups; the smallest group here has "
        "{smallest:,}",
        gap=points(gap),
        each=each,
        smallest=smallest,
    )
    text = (
        tr("{text}, which is enough.", text=text)
        if smallest >= each
        else tr(
            "{text}: {each_less_smallest:,} short.", text=text, each_less_smallest=each - smallest
        )
    )
    return text + _more_of_each(result, gap)


def _more_of_each(result: Audit, gap: float) -> str:
    """Further records of the pair that lacks most, given the people there are."""
    if result.weighted:
        return ""
    short = [
        (need, need.more)
        for need in more_records(result.counts, "selection_rate", gap)
        if need.more is not None and not need.enough
    ]
    if not short:
        return ""
    need, more = max(short, key=lambda one: sum(one[1]))
    first, second = need.groups
    text = tr(
        " Given the people there are, {first} and {second} would show it "
        "with {more_first:,} and {more_second:,} further people",
        first=first,
        second=second,
        more_first=more[0],
        more_second=more[1],
    )
    smaller = need.groups[0 if need.behind[0] <= need.behind[1] else 1]
    if need.more_of_smaller is None:
        return tr("{text}; more of {smaller} alone would never do.", text=text, smaller=smaller)
    return tr(
        "{text}, or with {more_of_smaller:,} of {smaller} alone.",
        text=text,
        more_of_smaller=need.more_of_smaller,
        smaller=smaller,
    )


def export_sentence(table: pd.DataFrame, smallest: int) -> str:
    """How many numbers of an export are left out for small cells, and what helps; "" if none.

    Args:
        table: As ``Audit.to_frame`` gives it, small cells suppressed.
        smallest: Cells of fewer people are small.
    """
    gone = table["value"].isna() & table["note"].str.startswith("suppressed").fillna(False)
    if not gone.any():
        return ""
    return tr(
        "{sum:,} of the download's {n_table:,} numbers will be left out: "
        "they rest on fewer than {smallest} people in some cell, or would "
        "let such a cell be worked out. Leaving out small groups above or "
        "merging them where the table is read keeps more of them, and so "
        "does a lower minimum under “Small cells”.",
        sum=int(gone.sum()),
        n_table=len(table),
        smallest=smallest,
    )


def _comparisons(n: int) -> str:
    return tr("1 comparison has") if n == 1 else tr("{n} comparisons have", n=n)


def crossed_sentence(result: Audit, rate: str) -> str:
    """Range of one rate over crossed groups, and how many groups are small or empty."""
    groups = [g for g in result.rates[rate].groups if g.value is not None]
    empty = sum(n == 0 for n in result.people.tolist())
    text = tr("No crossed group has a {rate}.", rate=inside(RATES[rate].label))
    if groups:
        high = max(groups, key=lambda g: 0.0 if g.value is None else g.value)
        low = min(groups, key=lambda g: 0.0 if g.value is None else g.value)
        label = RATES[rate].label
        text = tr(
            "{label} runs from {low_value} in {low_group} ({low_n} people) "
            "to {high_value} in {high_group} ({high_n} people), over "
            "{n_groups} crossed groups.",
            label=label,
            low_value=percent(low.value),
            low_group=low.group,
            low_n=people(low.n),
            high_value=percent(high.value),
            high_group=high.group,
            high_n=people(high.n),
            n_groups=len(groups),
        )
        if high.value == low.value:
            text = tr(
                "{label} is {low_value} in all {n_groups} crossed groups.",
                label=label,
                low_value=percent(low.value),
                n_groups=len(groups),
            )
    small = sum(0 < g.n < 10 for g in groups)
    if small:
        text += tr(
            " Hollow markers: {small} with fewer than 10 people, too few to say much.", small=small
        )
    if empty:
        text += tr(
            " No one belongs to {empty} of the {n_people} crossings.",
            empty=empty,
            n_people=len(result.people),
        )
    return text


def _number(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.3f}", value=value)
