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
from fairlab.language import later, tr, translated

NO_CONFLICT = later("Nothing is forced here: ")


def base_rate_sentence(test: BaseRateTest) -> str:
    """Whether base rates differ, which is the premise of every view."""
    if test.gap is None or test.p_value is None:
        return tr(
            "We cannot tell whether base rates differ: fewer than two "
            "groups have people. Choose another grouping above."
        )
    if test.gap == 0:
        return tr(
            "Base rates are equal in every group: on this data the conflicts below are not forced."
        )
    gap = tr(
        "{gap} ({highest} highest, {lowest} lowest)",
        gap=points(test.gap),
        highest=test.highest,
        lowest=test.lowest,
    )
    if test.equal_within_noise:
        return tr(
            "Base rates differ by {gap}, no more than chance would explain "
            "(p = {p_value:.2f}, all groups together). As far as these "
            "people can tell, they may be equal, and then no conflict is "
            "forced: what is shown as forced below may be zero in the "
            "population.",
            gap=gap,
            p_value=test.p_value,
        )
    return tr(
        "Base rates differ by {gap}, more than chance would explain ({p}, "
        "all groups together; the audit's p-value is of the widest gap "
        "alone). That difference is what forces the conflicts below.",
        gap=gap,
        p=_p_words(test.p_value),
    )


def identity_sentence(table: IdentityTable, forced: ForcedIntervals | None = None) -> str:
    """Equal PPV and TPR force false positive rates apart: by how much here, and how sure."""
    if table.highest is None:
        return tr(
            "We cannot tell: fewer than two groups have people with the "
            "unfavourable outcome, so base-rate odds cannot be compared."
        )
    if table.common_ppv is None or table.common_tpr is None:
        why = tr("is selected") if table.common_ppv is None else tr("has the favourable outcome")
        return tr("Undefined: no one {why}, so there is no common rate to hold equal.", why=why)
    if table.forced_ratio is not None and abs(table.forced_ratio - 1) < 1e-9:
        return tr(
            "{no_conflict}base rates are equal, so equal PPV and TPR allow equal FPR.",
            no_conflict=translated(NO_CONFLICT),
        )
    if table.common_ppv == 1:
        return tr(
            "{no_conflict}everyone selected has the favourable outcome, so "
            "every false positive rate is 0.",
            no_conflict=translated(NO_CONFLICT),
        )
    high, low = (
        next(r for r in table.rows if r.group == name) for name in (table.highest, table.lowest)
    )
    start = tr(
        "If every group had the same positive predictive value "
        "({common_ppv}) and the same true positive rate ({common_tpr}), "
        "the false positive rate ",
        common_ppv=percent(table.common_ppv),
        common_tpr=percent(table.common_tpr),
    )
    if table.forced_ratio is None:
        return tr(
            "{start}of {low_group} would be 0 and that of {high_group} "
            "{forced_fpr}: no one in {low_group} has the favourable "
            "outcome.",
            start=start,
            low_group=low.group,
            high_group=high.group,
            forced_fpr=percent(high.forced_fpr),
        )
    spread = ""
    if forced is not None and forced.ratio is not None:
        spread = tr(
            " (95 % interval {ratio_first:.2f} to {ratio_second:.2f})",
            ratio_first=forced.ratio[0],
            ratio_second=forced.ratio[1],
        )
    text = tr(
        "{start}of {high_group} would have to be {forced_ratio:.2f} times "
        "that of {low_group}{spread}: {forced_fpr} against "
        "{low_forced_fpr}.",
        start=start,
        high_group=high.group,
        forced_ratio=table.forced_ratio,
        low_group=low.group,
        spread=spread,
        forced_fpr=percent(high.forced_fpr),
        low_forced_fpr=percent(low.forced_fpr),
    )
    if high.forced_fpr is not None and high.forced_fpr > 1:
        text += tr(
            " A rate above 100 % cannot exist: no rule gives {high_group} "
            "this precision and this true positive rate.",
            high_group=high.group,
        )
    return tr(
        "{text} Measured: {fpr} against {low_fpr}.",
        text=text,
        fpr=percent(high.fpr),
        low_fpr=percent(low.fpr),
    )


def parity_sentence(table: ParityTable, forced: ForcedIntervals | None = None) -> str:
    """Equalized odds force a parity gap: by how much here, and how sure."""
    if table.base_rate_gap is None:
        return tr("We cannot tell: fewer than two groups have people.")
    if table.common_tpr is None or table.common_fpr is None:
        lacking = tr("favourable") if table.common_tpr is None else tr("unfavourable")
        return tr(
            "Undefined: no one has the {lacking} outcome, so there are no odds to equalize.",
            lacking=lacking,
        )
    if table.base_rate_gap == 0:
        return tr(
            "{no_conflict}base rates are equal, so equalized odds bring equal selection rates.",
            no_conflict=translated(NO_CONFLICT),
        )
    distance = abs(table.common_tpr - table.common_fpr)
    if distance == 0:
        return tr(
            "{no_conflict}these decisions do not tell the two outcomes "
            "apart (TPR and FPR are both {common_tpr}), so parity and "
            "equalized odds agree.",
            no_conflict=translated(NO_CONFLICT),
            common_tpr=percent(table.common_tpr),
        )
    spread = ""
    if forced is not None and forced.parity_gap is not None:
        spread = tr(
            " (95 % interval {parity_gap_first:.1f} to {parity_gap_second:.1f})",
            parity_gap_first=100 * forced.parity_gap[0],
            parity_gap_second=100 * forced.parity_gap[1],
        )
    return tr(
        "If every group had the same true positive rate ({common_tpr}) and "
        "the same false positive rate ({common_fpr}), selection rates "
        "would still differ by {forced_gap}{spread}: base rates differ by "
        "{base_rate_gap} ({highest} highest, {lowest} lowest), times the "
        "{distance} between the two rates. Measured demographic parity "
        "gap: {measured_gap}.",
        common_tpr=percent(table.common_tpr),
        common_fpr=percent(table.common_fpr),
        forced_gap=points(table.forced_gap),
        spread=spread,
        base_rate_gap=points(table.base_rate_gap),
        highest=table.highest,
        lowest=table.lowest,
        distance=points(distance),
        measured_gap=points(table.measured_gap),
    )


def within_noise(test: BaseRateTest | None) -> str:
    """What a view adds when base rates may be equal as far as these people can tell."""
    if test is None or test.p_value is None or test.gap == 0 or not test.equal_within_noise:
        return ""
    return tr(
        " No conflict within what these people can tell: base rates differ "
        "no more than chance would explain (p = {p_value:.2f}), and with "
        "equal base rates nothing is forced.",
        p_value=test.p_value,
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
        return tr("We cannot tell: fewer than two groups have people.")
    measured = tr(
        "Among people with the favourable outcome, group means of the "
        "score differ by {score}{favourable}; among the others, by "
        "{table_unfavourable_gap}{unfavourable}.",
        score=_score(table.favourable_gap, table),
        favourable=favourable,
        table_unfavourable_gap=_score(table.unfavourable_gap, table),
        unfavourable=unfavourable,
    )
    if not table.probabilities:
        return tr(
            "{measured} These scores are not probabilities (some lie "
            "outside 0 to 1), so they cannot be called calibrated and "
            "nothing is forced by this theorem as they stand.",
            measured=measured,
        )
    if table.forced_favourable_gap is None or table.forced_unfavourable_gap is None:
        return tr(
            "{measured} What calibration would force is undefined: fewer "
            "than two groups have people with both outcomes.",
            measured=measured,
        )
    if table.forced_favourable_gap < 1e-12 and table.forced_unfavourable_gap < 1e-12:
        return tr(
            "{measured} {no_conflict}base rates are equal or prediction is perfect.",
            measured=measured,
            no_conflict=translated(NO_CONFLICT),
        )
    impossible = [
        r.group for r in table.rows if r.forced_favourable is not None and r.forced_favourable < 0
    ]
    if impossible:
        return tr(
            "{measured} Scores that are calibrated in every group and "
            "balanced for people with the unfavourable outcome (all groups "
            "at {common_unfavourable}) cannot exist: the others in "
            "{impossible} would need a mean score below 0.",
            measured=measured,
            common_unfavourable=percent(table.common_unfavourable),
            impossible=", ".join(impossible),
        )
    return tr(
        "{measured} Scores that are calibrated in every group and balanced "
        "for people with the unfavourable outcome (all groups at "
        "{common_unfavourable}) would differ by "
        "{forced_favourable_gap}{forced} among people with the favourable "
        "outcome. These scores are off calibration by at most "
        "{calibration_gap}{off} on average.",
        measured=measured,
        common_unfavourable=percent(table.common_unfavourable),
        forced_favourable_gap=points(table.forced_favourable_gap),
        forced=forced,
        calibration_gap=points(table.calibration_gap),
        off=off,
    )


def dial_sentence(course: DialCourse, position: int) -> str:
    """What the dial does at one of its positions."""
    dial = course.dials[position]
    base = course.base_rates[position]
    known = [
        (rate, name) for rate, name in zip(base, course.group_names, strict=True) if rate == rate
    ]
    if len(known) < 2:
        return tr("We cannot tell: fewer than two groups have people.")
    (low, low_name), (high, high_name) = min(known), max(known)
    start = (
        tr("Base rates as they are: ")
        if dial == 0
        else tr("Base rates moved {dial:.0f} % of the way together: ", dial=100 * dial)
    )
    spread = (
        tr("equal in every group that can move")
        if high - low < 1e-9
        else tr(
            "{high} in {high_name}, {low} in {low_name}",
            high=percent(high),
            high_name=high_name,
            low=percent(low),
            low_name=low_name,
        )
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
    text = tr(
        "With base rates as they are, the 95 % interval of the parity gap "
        "that equalized odds force is {low:.1f} to {high:.1f} points",
        low=low,
        high=high,
    )
    if forced.ratio is None:
        return f"{text}."
    return tr(
        "{text}, and that of the ratio of false positive rates that equal "
        "PPV and TPR force is {ratio_first:.2f} to {ratio_second:.2f}.",
        text=text,
        ratio_first=forced.ratio[0],
        ratio_second=forced.ratio[1],
    )


def _forces(condition: str, gap: str, value: float) -> str:
    if np.isnan(value):
        return tr(
            "what {condition_first}{condition} would force is undefined",
            condition_first=condition[0].lower(),
            condition=condition[1:],
        )
    return tr(
        "{condition} force a {gap} gap of {value}",
        condition=condition,
        gap=gap,
        value=points(float(value)),
    )


def percent(value: float | None) -> str:
    """A share as percent, or "undefined"."""
    return tr("undefined") if value is None else tr("{value:.1f} %", value=100 * value)


def points(value: float | None) -> str:
    """A difference in points, or "undefined"."""
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)


def _score(value: float | None, table: BalanceTable) -> str:
    if value is None:
        return tr("an undefined amount, since fewer than two groups have such people")
    return points(value) if table.probabilities else tr("{value:.3g}", value=value)


def _spread(interval: tuple[float, float] | None, table: BalanceTable) -> str:
    if interval is None:
        return ""
    low, high = interval
    if not table.probabilities:
        return tr(" (95 % interval {low:.3g} to {high:.3g})", low=low, high=high)
    return tr(" (95 % interval {low:.1f} to {high:.1f})", low=100 * low, high=100 * high)


def _p_words(p: float) -> str:
    return "p < 0.001" if p < 0.001 else tr("p = {p:.3f}", p=p)
