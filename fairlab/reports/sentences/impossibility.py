"""What conflicts on this data, in the user's own numbers."""

import numpy as np

from fairlab.impossibility import (
    BalanceIntervals,
    BalanceTable,
    BaseRateTest,
    DialCourse,
    ForcedIntervals,
    IdentityTable,
    ParityTable,
)

NO_CONFLICT = "Nothing is forced here: "


def base_rate_sentence(test: BaseRateTest) -> str:
    """Whether base rates differ, which is the premise of every view."""
    if test.gap is None or test.p_value is None:
        return (
            "We cannot tell whether base rates differ: fewer than two groups have people. Choose "
            "another grouping above."
        )
    if test.gap == 0:
        return (
            "Base rates are equal in every group: on this data the conflicts below are not forced."
        )
    gap = f"{points(test.gap)} ({test.highest} highest, {test.lowest} lowest)"
    if test.equal_within_noise:
        return (
            f"Base rates differ by {gap}, no more than chance would explain (p = {test.p_value:.2f}"
            ", all groups together). As far as these people can tell, they may be equal, and then "
            "no conflict is forced: what is shown as forced below may be zero in the population."
        )
    return (
        f"Base rates differ by {gap}, more than chance would explain "
        f"({_p_words(test.p_value)}, all groups together; the audit's p-value is of the widest gap "
        "alone). That difference is what forces the conflicts below."
    )


def identity_sentence(table: IdentityTable, forced: ForcedIntervals | None = None) -> str:
    """Equal PPV and TPR force false positive rates apart: by how much here, and how sure."""
    if table.highest is None:
        return (
            "We cannot tell: fewer than two groups have people with the unfavourable outcome, so "
            "base-rate odds cannot be compared."
        )
    if table.common_ppv is None or table.common_tpr is None:
        why = "is selected" if table.common_ppv is None else "has the favourable outcome"
        return f"Undefined: no one {why}, so there is no common rate to hold equal."
    if table.forced_ratio is not None and abs(table.forced_ratio - 1) < 1e-9:
        return f"{NO_CONFLICT}base rates are equal, so equal PPV and TPR allow equal FPR."
    if table.common_ppv == 1:
        return (
            f"{NO_CONFLICT}everyone selected has the favourable outcome, so every false positive "
            "rate is 0."
        )
    high, low = (
        next(r for r in table.rows if r.group == name) for name in (table.highest, table.lowest)
    )
    start = (
        f"If every group had the same positive predictive value ({percent(table.common_ppv)}) and "
        f"the same true positive rate ({percent(table.common_tpr)}), the false positive rate "
    )
    if table.forced_ratio is None:
        return (
            f"{start}of {low.group} would be 0 and that of {high.group} "
            f"{percent(high.forced_fpr)}: no one in {low.group} has the favourable outcome."
        )
    spread = ""
    if forced is not None and forced.ratio is not None:
        spread = f" (95 % interval {forced.ratio[0]:.2f} to {forced.ratio[1]:.2f})"
    text = (
        f"{start}of {high.group} would have to be {table.forced_ratio:.2f} times that of "
        f"{low.group}{spread}: {percent(high.forced_fpr)} against {percent(low.forced_fpr)}."
    )
    if high.forced_fpr is not None and high.forced_fpr > 1:
        text += (
            f" A rate above 100 % cannot exist: no rule gives {high.group} this precision and "
            "this true positive rate."
        )
    return f"{text} Measured: {percent(high.fpr)} against {percent(low.fpr)}."


def parity_sentence(table: ParityTable, forced: ForcedIntervals | None = None) -> str:
    """Equalized odds force a parity gap: by how much here, and how sure."""
    if table.base_rate_gap is None:
        return "We cannot tell: fewer than two groups have people."
    if table.common_tpr is None or table.common_fpr is None:
        lacking = "favourable" if table.common_tpr is None else "unfavourable"
        return f"Undefined: no one has the {lacking} outcome, so there are no odds to equalize."
    if table.base_rate_gap == 0:
        return f"{NO_CONFLICT}base rates are equal, so equalized odds bring equal selection rates."
    distance = abs(table.common_tpr - table.common_fpr)
    if distance == 0:
        return (
            f"{NO_CONFLICT}these decisions do not tell the two outcomes apart (TPR and FPR are "
            f"both {percent(table.common_tpr)}), so parity and equalized odds agree."
        )
    spread = ""
    if forced is not None and forced.parity_gap is not None:
        spread = (
            f" (95 % interval {100 * forced.parity_gap[0]:.1f} to {100 * forced.parity_gap[1]:.1f})"
        )
    return (
        f"If every group had the same true positive rate ({percent(table.common_tpr)}) and the "
        f"same false positive rate ({percent(table.common_fpr)}), selection rates would still "
        f"differ by {points(table.forced_gap)}{spread}: base rates differ by "
        f"{points(table.base_rate_gap)} ({table.highest} highest, {table.lowest} lowest), "
        f"times the {points(distance)} between the two rates. Measured demographic "
        f"parity gap: {points(table.measured_gap)}."
    )


def within_noise(test: BaseRateTest | None) -> str:
    """What a view adds when base rates may be equal as far as these people can tell."""
    if test is None or test.p_value is None or test.gap == 0 or not test.equal_within_noise:
        return ""
    return (
        f" No conflict within what these people can tell: base rates differ no more than chance "
        f"would explain (p = {test.p_value:.2f}), and with equal base rates nothing is forced."
    )


def balance_sentence(table: BalanceTable, intervals: BalanceIntervals | None = None) -> str:
    """Calibration and the two balances: measured, and what calibration forces, how sure."""
    favourable = unfavourable = forced = off = ""
    if intervals is not None:
        favourable, unfavourable, forced, off = (
            _spread(each, table)
            for each in (
                intervals.favourable,
                intervals.unfavourable,
                intervals.forced_favourable,
                intervals.calibration,
            )
        )
    if len([r for r in table.rows if r.n > 0]) < 2:
        return "We cannot tell: fewer than two groups have people."
    measured = (
        f"Among people with the favourable outcome, group means of the score differ by "
        f"{_score(table.favourable_gap, table)}{favourable}; among the others, by "
        f"{_score(table.unfavourable_gap, table)}{unfavourable}."
    )
    if not table.probabilities:
        return (
            f"{measured} These scores are not probabilities (some lie outside 0 to 1), so they "
            "cannot be called calibrated and nothing is forced by this theorem as they stand."
        )
    if table.forced_favourable_gap is None or table.forced_unfavourable_gap is None:
        return (
            f"{measured} What calibration would force is undefined: fewer than two groups have "
            "people with both outcomes."
        )
    if table.forced_favourable_gap < 1e-12 and table.forced_unfavourable_gap < 1e-12:
        return f"{measured} {NO_CONFLICT}base rates are equal or prediction is perfect."
    impossible = [
        r.group for r in table.rows if r.forced_favourable is not None and r.forced_favourable < 0
    ]
    if impossible:
        return (
            f"{measured} Scores that are calibrated in every group and balanced for people with "
            f"the unfavourable outcome (all groups at {percent(table.common_unfavourable)}) cannot "
            f"exist: the others in {', '.join(impossible)} would need a mean score below 0."
        )
    return (
        f"{measured} Scores that are calibrated in every group and balanced for people with the "
        "unfavourable outcome (all groups at "
        f"{percent(table.common_unfavourable)}) would differ by "
        f"{points(table.forced_favourable_gap)}{forced} among people with the favourable outcome. "
        f"These scores are off calibration by at most {points(table.calibration_gap)}{off} on "
        "average."
    )


def dial_sentence(course: DialCourse, position: int) -> str:
    """What the dial does at one of its positions."""
    dial = course.dials[position]
    base = course.base_rates[position]
    known = [
        (rate, name) for rate, name in zip(base, course.group_names, strict=True) if rate == rate
    ]
    if len(known) < 2:
        return "We cannot tell: fewer than two groups have people."
    (low, low_name), (high, high_name) = min(known), max(known)
    start = (
        "Base rates as they are: "
        if dial == 0
        else f"Base rates moved {100 * dial:.0f} % of the way together: "
    )
    spread = (
        "equal in every group that can move"
        if high - low < 1e-9
        else f"{percent(high)} in {high_name}, {percent(low)} in {low_name}"
    )
    return (
        f"{start}{spread}. "
        f"{_forces('Equalized odds', 'parity', course.forced_parity[position])}; "
        f"{_forces('equal PPV and TPR', 'false positive', course.forced_fpr[position])}."
    )


def dial_interval_sentence(forced: ForcedIntervals | None) -> str:
    """How sure the dial's numbers are where it starts; "" without intervals."""
    if forced is None or forced.parity_gap is None:
        return ""
    low, high = (100 * end for end in forced.parity_gap)
    text = (
        f"With base rates as they are, the 95 % interval of the parity gap that equalized odds "
        f"force is {low:.1f} to {high:.1f} points"
    )
    if forced.ratio is None:
        return f"{text}."
    return (
        f"{text}, and that of the ratio of false positive rates that equal PPV and TPR force is "
        f"{forced.ratio[0]:.2f} to {forced.ratio[1]:.2f}."
    )


def _forces(condition: str, gap: str, value: float) -> str:
    if np.isnan(value):
        return f"what {condition[0].lower()}{condition[1:]} would force is undefined"
    return f"{condition} force a {gap} gap of {points(float(value))}"


def percent(value: float | None) -> str:
    """A share as percent, or "undefined"."""
    return "undefined" if value is None else f"{100 * value:.1f} %"


def points(value: float | None) -> str:
    """A difference in points, or "undefined"."""
    return "undefined" if value is None else f"{100 * value:.1f} points"


def _score(value: float | None, table: BalanceTable) -> str:
    if value is None:
        return "an undefined amount, since fewer than two groups have such people"
    return points(value) if table.probabilities else f"{value:.3g}"


def _spread(interval: tuple[float, float] | None, table: BalanceTable) -> str:
    if interval is None:
        return ""
    low, high = interval
    if not table.probabilities:
        return f" (95 % interval {low:.3g} to {high:.3g})"
    return f" (95 % interval {100 * low:.1f} to {100 * high:.1f})"


def _p_words(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
