"""The text twin of what is said of scores: calibration, Brier scores, ranking, group by group."""

from collections.abc import Sequence

from fairlab.language import tr
from fairlab.metrics import Audit, GroupCalibration, holm
from fairlab.metrics.intervals import normal_quantile
from fairlab.metrics.score_gaps import ScoreGap
from fairlab.outcomes import FloatArray
from fairlab.reports.sentences.audit import chance, people, points


def calibration_sentence(groups: Sequence[GroupCalibration], level: float = 0.95) -> str:
    """Whose scores are farthest from outcomes, beside what chance alone makes; who is too few."""
    known = [g for g in groups if g.error is not None]
    few = [g.group for g in groups if g.error is None and g.n]
    if not known:
        why = "; ".join(dict.fromkeys(g.why for g in groups if g.n))
        return tr("We cannot tell: {why}.", why=why or tr("there is no one"))
    worst = max(known, key=lambda g: 0.0 if g.error is None else g.error)
    text = tr(
        "Scores of {worst_group} are on average {worst_error} away from "
        "the share of people with the favourable outcome ({level:.0f} % "
        "interval {between}; {worst_n} people)",
        worst_group=worst.group,
        worst_error=points(worst.error),
        level=100 * level,
        between=_between(worst.error_lower, worst.error_upper),
        worst_n=people(worst.n),
    )
    text += tr(", the farthest of the groups.") if len(known) > 1 else "."
    text += f" {_floor(worst, known, level)}"
    both = [g for g in known if g.residual is not None]
    if both:
        text += f" {_sides(both, level)}"
    if few:
        text += tr(" Too few people for a curve: {few}.", few=", ".join(few))
    return text


def _floor(worst: GroupCalibration, known: Sequence[GroupCalibration], level: float) -> str:
    """What a calibrated score would show, and whether this one shows more.

    The farthest of several groups is tested as one of them: with Holm's correction.
    """
    text = tr(
        "Chance alone would put a calibrated score of these people "
        "{error_by_chance} away on average, and more than "
        "{error_by_chance_upper} in {level:.0f} of 100 samples",
        error_by_chance=points(worst.error_by_chance),
        error_by_chance_upper=points(worst.error_by_chance_upper),
        level=100 * (1 - level),
    )
    alone = worst.error_p_value
    p = adjusted_p(worst, known)
    picked = (
        tr(", corrected for picking one of {n_known} groups", n_known=len(known))
        if len(known) > 1
        else ""
    )
    if alone is not None and alone > 1 - level:
        text += tr(". We cannot tell: their scores may be off by nothing at all.")
    elif p is not None and p > 1 - level:
        text += tr(
            ". We cannot tell: this is farther ({chance} for this group "
            "alone), but of {n_known} groups the farthest often is "
            "({chance_2}{picked}).",
            chance=chance(alone),
            n_known=len(known),
            chance_2=chance(p),
            picked=picked,
        )
    else:
        text += tr(": this is farther ({chance}{picked}).", chance=chance(p), picked=picked)
    if worst.error_debiased is not None:
        text += tr(
            " Less what chance adds, the distance is about "
            "{error_debiased}; with few people that is still somewhat too "
            "large.",
            error_debiased=points(worst.error_debiased),
        )
    return text


def adjusted_p(group: GroupCalibration, known: Sequence[GroupCalibration]) -> float | None:
    """p-value of a group's calibration error by Holm's method over all groups that have one."""
    if group.error_p_value is None:
        return None
    tested = [g for g in known if g.error_p_value is not None]
    adjusted = holm([1.0 if g.error_p_value is None else g.error_p_value for g in tested])
    return float(adjusted[[g.group for g in tested].index(group.group)])


def _sides(groups: Sequence[GroupCalibration], level: float) -> str:
    """On which side scores are, for the group where they are most too low and most too high.

    These two are picked from all groups, so each is held to Bonferroni's level for all of them.
    """
    width = normal_quantile(1 - (1 - level) / len(groups))
    ordered = sorted(groups, key=lambda g: 0.0 if g.residual is None else g.residual)
    ends = [ordered[-1]] if len(ordered) == 1 else [ordered[-1], ordered[0]]
    parts = []
    for g in ends:
        residual = 0.0 if g.residual is None else g.residual
        side = tr("too low") if residual > 0 else tr("too high")
        sure = g.residual_error is not None and abs(residual) > width * g.residual_error
        unsure = "" if sure else tr(", no more than chance")
        parts.append(
            tr(
                "for {g_group} {residual} {side}{unsure}",
                g_group=g.group,
                residual=points(abs(residual)),
                side=side,
                unsure=unsure,
            )
        )
    return tr("On average scores are {parts}.", parts="; ".join(parts))


def brier_sentence(groups: Sequence[GroupCalibration], gap: ScoreGap | None) -> str:
    """The mean squared error of scores, taken apart for the group where it is largest."""
    known = [g for g in groups if g.brier is not None]
    if not known:
        return tr("We cannot tell how large the squared error of scores is: there is none to show.")
    worst = max(known, key=lambda g: 0.0 if g.brier is None else g.brier)
    best = min(known, key=lambda g: 0.0 if g.brier is None else g.brier)
    text = tr(
        "The Brier score (mean squared distance of score and outcome) is {brier}",
        brier=_number(worst.brier),
    )
    text += tr(" for {worst_group}", worst_group=worst.group)
    if best is not worst:
        text += tr(
            " and {brier} for {best_group}", brier=_number(best.brier), best_group=best.group
        )
        if gap is not None and gap.lower is not None and gap.upper is not None:
            text += tr(
                " (apart by {gap_lower} to {gap_upper})",
                gap_lower=_number(gap.lower),
                gap_upper=_number(gap.upper),
            )
    text += "."
    whole = [g for g in known if g.brier_parts is not None]
    apart = max(whole, key=lambda g: 0.0 if g.brier is None else g.brier, default=worst)
    parts = apart.brier_parts
    if parts is not None:
        left = parts.within_variance - parts.within_covariance
        side = tr("adds") if left >= 0 else tr("takes off")
        text += tr(
            " Of {apart_group}'s {brier}, the base rate alone makes "
            "{uncertainty}; scores that tell people apart take off "
            "{resolution}; scores that are off calibration add "
            "{reliability}; what scores say within a bin {side} {left}.",
            apart_group=apart.group,
            brier=_number(apart.brier),
            uncertainty=_number(parts.uncertainty),
            resolution=_number(parts.resolution),
            reliability=_number(parts.reliability),
            side=side,
            left=_number(abs(left)),
        )
    return text


def ranking_sentence(result: Audit) -> str:
    """How well scores rank people of each group."""
    if result.hidden:
        return tr("How well scores rank people is not compared while small cells are hidden.")
    gap = result.score_gaps.get("auc_difference")
    if gap is None or gap.value is None:
        return tr("We cannot tell how well scores rank people of two groups: too few outcomes.")
    auc = {r.group: r.auc for r in result.ranking}
    interval = ""
    if gap.lower is not None and gap.upper is not None:
        interval = tr(
            ", {level:.0f} % interval {gap_lower:.3f} to {gap_upper:.3f}",
            level=100 * result.level,
            gap_lower=gap.lower,
            gap_upper=gap.upper,
        )
    return tr(
        "Scores rank people best in {highest} (AUC {auc}) and least well "
        "in {lowest} ({auc_2}): {gap_value:.3f} apart{interval}.",
        highest=gap.highest,
        auc=_number(auc[str(gap.highest)]),
        lowest=gap.lowest,
        auc_2=_number(auc[str(gap.lowest)]),
        gap_value=gap.value,
        interval=interval,
    )


def not_probabilities_sentence(score: FloatArray, higher_is_better: bool = True) -> str:
    """Why scores on another scale are first read through a curve.

    Args:
        score: (n,) as compared, with the sign of a risk turned.
        higher_is_better: False for a risk, which is then named in its own units.
    """
    low, high = float(score.min()), float(score.max())
    what, start, end = (tr("Scores"), low, high) if higher_is_better else (tr("Risks"), -high, -low)
    return tr(
        "{what} run from {start:g} to {end:g}. Calibration compares scores "
        "with shares of people, so it needs them in 0 to 1. Here they are "
        "read through one curve for everybody (isotonic; each person's "
        "value comes from other people): what is left is how differently "
        "groups with the same score turn out.",
        what=what,
        start=start,
        end=end,
    )


def _between(lower: float | None, upper: float | None) -> str:
    if lower is None or upper is None:
        return tr("unknown")
    return tr("{lower:.1f} to {upper:.1f}", lower=100 * lower, upper=100 * upper)


def _number(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.3f}", value=value)
