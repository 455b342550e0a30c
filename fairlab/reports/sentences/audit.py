"""The text twin of every part of an audit. Neutral, with numbers of people and intervals."""

from collections.abc import Sequence

import pandas as pd

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

# What a person of the rate's denominator "does", for sentences that start with a share.
RATE_WORDS = {
    "selection_rate": "are selected",
    "base_rate": "have the favourable outcome",
    "accuracy": "get a decision that agrees with their outcome",
    "tpr": "with the favourable outcome are selected",
    "fpr": "with the unfavourable outcome are selected",
    "tnr": "with the unfavourable outcome are not selected",
    "fnr": "with the favourable outcome are not selected",
    "ppv": "who are selected have the favourable outcome",
    "npv": "who are not selected have the unfavourable outcome",
    "fdr": "who are selected have the unfavourable outcome",
    "false_omission_rate": "who are not selected have the favourable outcome",
}
CHANCE_LEVEL = 0.05
_BIAS_WORTH_SAYING = 0.01
_BASE_RATE_TEST = (
    "This asks whether chance makes the widest gap so wide, and few people in the smallest groups "
    "make that easy; Impossibility tests all groups together, so its p-value is another."
)


def percent(value: float | None) -> str:
    """A share as "40.0 %"; "undefined" for None."""
    return "undefined" if value is None else f"{100 * value:.1f} %"


def points(value: float | None) -> str:
    """A difference of shares as "12.3 points"; "undefined" for None."""
    return "undefined" if value is None else f"{100 * value:.1f} points"


def people(n: float) -> str:
    """A number of people, or a total weight with one decimal."""
    return f"{n:,.0f}" if float(n).is_integer() else f"{n:,.1f}"


def chance(p: float | None, draws: int | None = None) -> str:
    """A p-value in words: "p = 0.032", "p < 0.001", or that there is none."""
    if p is None:
        return "no p-value"
    if draws is not None and p <= 1 / (1 + draws) + 1e-12:
        return f"p ≤ {1 / (1 + draws):.1g}"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def gap_sentence(result: Audit, name: str) -> str:
    """One gap: the two groups that set it, their rates and people, its interval.

    Args:
        name: Name in ``GAPS``.
    """
    gap = result.gaps[name]
    if gap.hidden:
        return f"{gap.hidden[:1].upper()}{gap.hidden[1:]}."
    if gap.value is None or gap.highest is None or gap.lowest is None:
        return f"We cannot tell: {_lower_first(gap.why_undefined)}"
    rate = result.rates[gap.rate]
    high, low = rate[gap.highest], rate[gap.lowest]
    return f"{_comparison(rate, high, low, gap, result.level)}{_bias(gap)}{_left_out(gap)}"


def _comparison(
    rate: RateResult, high: GroupRate, low: GroupRate, gap: GapResult, level: float
) -> str:
    words = RATE_WORDS.get(rate.name)
    interval = _interval(gap, level)
    who = f"{people(low.n)} and {people(high.n)} people"
    if words is None:
        return (
            f"{rate.label} is {_number(low.value)} for {low.group} and {_number(high.value)} for "
            f"{high.group}: {_size(gap)}{interval}."
        )
    if gap.value == gap_equal(gap.name) and high.value == low.value:
        every = "all" if low.value == 1 else percent(low.value)
        return (
            f"In every group {every} {words}: no gap in these data{interval} ({who} in "
            f"{low.group} and {high.group})."
        )
    return (
        f"{percent(low.value)} of {low.group} and {percent(high.value)} of {high.group} {words}: "
        f"{_size(gap)}{interval} ({who})."
    )


def gap_equal(name: str) -> float:
    """The value that means no gap."""
    return GAPS[name].equal


def _size(gap: GapResult) -> str:
    assert gap.value is not None
    if GAPS[gap.name].spread == "ratio":
        return f"a ratio of {gap.value:.2f}"
    if gap.rate == "fn_fp_ratio":
        return f"{gap.value:.2f} apart"
    mean = " on average over the rates compared" if GAPS[gap.name].combine == "mean" else ""
    return f"a gap of {points(gap.value)}{mean}"


def _interval(gap: GapResult, level: float) -> str:
    if gap.lower is None or gap.upper is None:
        return ", no interval"
    if GAPS[gap.name].spread == "ratio" or gap.rate == "fn_fp_ratio":
        return f", {100 * level:.0f} % interval {gap.lower:.2f} to {gap.upper:.2f}"
    return f", {100 * level:.0f} % interval {100 * gap.lower:.1f} to {100 * gap.upper:.1f}"


def _bias(gap: GapResult) -> str:
    """What few people alone add to a gap, when it is worth saying."""
    if gap.bias is None or gap.value is None or GAPS[gap.name].spread == "ratio":
        return ""
    if gap.rate == "fn_fp_ratio" or gap.bias < max(_BIAS_WORTH_SAYING, 0.1 * gap.value):
        return ""
    return (
        f" With groups of these sizes a gap comes out about {points(gap.bias)} too wide on "
        "average; its interval reaches further down for that."
    )


def _left_out(gap: GapResult) -> str:
    if not gap.left_out:
        return ""
    rates = {part.rate for part in gap.parts if part.left_out}
    reasons = "; ".join(f"no one there {RATES[rate].condition}" for rate in sorted(rates))
    return f" Left out: {', '.join(gap.left_out)} ({reasons})."


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
    return f"{text} {_BASE_RATE_TEST}" if result.gaps[name].p_value is not None else text


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
            return "With these numbers of people even a large gap could go unseen."
        return f"A gap below {points(smallest)} could go unseen with these numbers of people."
    if gap.p_value <= CHANCE_LEVEL:
        return (
            f"With no gap, chance alone would seldom make one this large ({odds}, groups shuffled "
            f"{result.draws:,} times)."
        )
    if smallest is None:
        return (
            f"We cannot tell: a gap this large is within chance ({odds}), and there are too few "
            "people to reliably show any."
        )
    return (
        f"We cannot tell: a gap this large is within chance ({odds}), and the smallest gap these "
        f"numbers of people could reliably show is {points(smallest)}."
    )


def _clear(result: Audit, name: str) -> str:
    """Why all groups together say less than the pair that is beyond chance; "" when they do not."""
    gap = result.gaps[name]
    if gap.value is None or gap.p_value is None or gap.p_value <= CHANCE_LEVEL:
        return ""
    return (
        f"The widest gap of all groups is tested more roughly (all groups shuffled together, "
        f"{chance(gap.p_value, result.draws)}): groups of few people let chance make it wide."
    )


def _without_test(gap: GapResult) -> str:
    """What the interval says of chance: it reaches "no gap" where chance makes such a gap."""
    text = "There are no p-values for weighted people."
    end = gap.lower if GAPS[gap.name].spread == "difference" else gap.upper
    if end is None:
        return text
    if end == gap_equal(gap.name):
        return f"{text} We cannot tell: the interval of this gap reaches “no gap”."
    return f"{text} The interval of this gap does not reach “no gap”."


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
        return (
            f"Hidden cells belong to groups with a cell of few people: {', '.join(result.hidden)}."
        )
    whole = result.counts.overall()
    refused, given = whole.fn[0].item(), whole.fp[0].item()
    total = whole.n[0].item()
    return (
        f"Of {people(total)} people, {people(refused)} were not selected although their outcome is "
        f"“{words[0]}”, and {people(given)} were selected although it is “{words[1]}”. "
        "The other decisions agree with the outcome in the data."
    )


def rates_sentence(result: Audit) -> str:
    """Selection, base rate and accuracy of everyone; how many rates are undefined."""
    accuracy, base = result.rates["accuracy"].everyone, result.rates["base_rate"].everyone
    selected = result.rates["selection_rate"].everyone
    missing = sum(g.value is None for rate in result.rates.values() for g in rate.groups)
    if result.whole_hidden:
        return f"Rates of everyone and of {', '.join(result.hidden)} are suppressed: few people."
    text = (
        f"{percent(selected.value)} of all {people(selected.n)} people are selected, "
        f"{percent(base.value)} have the favourable outcome, and {percent(accuracy.value)} of "
        f"decisions agree with it. Bars are {100 * result.level:.0f} % intervals."
    )
    if missing:
        verb = "rate is" if missing == 1 else "rates are"
        text += f" {missing} {verb} undefined; the table says why."
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
        return f"We cannot tell: {result.why_hidden}."
    if not known:
        return "We cannot tell: no gap is defined, because fewer than two groups have people."
    widest = max(known, key=lambda gap: 0.0 if gap.value is None else gap.value)
    text = (
        f"The widest gap is the {GAPS[widest.name].label.lower()}, {points(widest.value)}"
        f"{_interval(widest, result.level)}, between {widest.highest} and {widest.lowest}."
    )
    tested = [gap for gap in known if gap.p_value is not None]
    within = sum(gap.p_value is not None and gap.p_value > CHANCE_LEVEL for gap in tested)
    if tested:
        text += f" {within} of these {len(tested)} gaps are within chance when taken one by one."
    return text + (
        " An interval of a gap cannot go below 0, so one close to 0 may mean no gap at all."
    )


def pairs_sentence(tests: Sequence[PairTest]) -> str:
    """How many pairs differ beyond chance after correction, and what the smallest could show."""
    tested = [t for t in tests if t.p_adjusted is not None]
    if not tested:
        return "We cannot tell: no pair of groups has people to compare."
    beyond = [t for t in tested if t.p_adjusted is not None and t.p_adjusted <= CHANCE_LEVEL]
    visible = [t.detectable for t in tested if t.detectable is not None]
    text = (
        f"{len(beyond)} of {len(tested)} comparisons differ beyond chance after Holm's correction "
        f"for making {len(tested)} of them."
        if len(tested) > 1
        else f"The one comparison made {'differs' if beyond else 'does not differ'} beyond chance."
    )
    if visible:
        text += f" The smallest gap that could be seen is {points(min(visible))}"
        text += f", in the weakest comparison {points(max(visible))}." if len(visible) > 1 else "."
    blind = len(tested) - len(visible)
    if blind:
        text += f" {_comparisons(blind)} too few people to show even the largest possible gap."
    return text


def records_sentence(result: Audit, gap: float) -> str:
    """How many people a gap in selection rate of this size would take to be found.

    Args:
        gap: Difference of selection rates, in (0, 0.5].
    """
    selected = result.rates["selection_rate"].everyone
    if selected.value is None:
        return f"We cannot tell: {result.why_hidden or 'there are no people'}."
    each, _ = records_needed(gap, selected.value)
    n = result.people[result.people > 0]
    smallest = int(n.min())
    text = (
        f"To find a gap of {points(gap)} four times in five, about {each:,} people are needed in "
        f"each of two groups; the smallest group here has {smallest:,}"
    )
    text = (
        f"{text}, which is enough." if smallest >= each else f"{text}: {each - smallest:,} short."
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
    text = (
        f" Given the people there are, {first} and {second} would show it with {more[0]:,} and "
        f"{more[1]:,} further people"
    )
    smaller = need.groups[0 if need.behind[0] <= need.behind[1] else 1]
    if need.more_of_smaller is None:
        return f"{text}; more of {smaller} alone would never do."
    return f"{text}, or with {need.more_of_smaller:,} of {smaller} alone."


def export_sentence(table: pd.DataFrame, smallest: int) -> str:
    """How many numbers of an export are left out for small cells, and what helps; "" if none.

    Args:
        table: As ``Audit.to_frame`` gives it, small cells suppressed.
        smallest: Cells of fewer people are small.
    """
    gone = table["value"].isna() & table["note"].str.startswith("suppressed").fillna(False)
    if not gone.any():
        return ""
    return (
        f"{int(gone.sum()):,} of the download's {len(table):,} numbers will be left out: they rest "
        f"on fewer than {smallest} people in some cell, or would let such a cell be worked out. "
        "Leaving out small groups above or merging them where the table is read keeps more of "
        "them, and so does a lower minimum under “Small cells”."
    )


def _comparisons(n: int) -> str:
    return "1 comparison has" if n == 1 else f"{n} comparisons have"


def crossed_sentence(result: Audit, rate: str) -> str:
    """Range of one rate over crossed groups, and how many groups are small or empty."""
    groups = [g for g in result.rates[rate].groups if g.value is not None]
    empty = sum(n == 0 for n in result.people.tolist())
    text = f"No crossed group has a {RATES[rate].label.lower()}."
    if groups:
        high = max(groups, key=lambda g: 0.0 if g.value is None else g.value)
        low = min(groups, key=lambda g: 0.0 if g.value is None else g.value)
        label = RATES[rate].label
        text = (
            f"{label} runs from {percent(low.value)} in {low.group} ({people(low.n)} people) to "
            f"{percent(high.value)} in {high.group} ({people(high.n)} people), over {len(groups)} "
            "crossed groups."
        )
        if high.value == low.value:
            text = f"{label} is {percent(low.value)} in all {len(groups)} crossed groups."
    small = sum(0 < g.n < 10 for g in groups)
    if small:
        text += f" Hollow markers: {small} with fewer than 10 people, too few to say much."
    if empty:
        text += f" No one belongs to {empty} of the {len(result.people)} crossings."
    return text


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
