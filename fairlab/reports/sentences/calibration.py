"""The text twin of what is said of scores: calibration, Brier scores, ranking, group by group."""

from collections.abc import Sequence

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
        return f"We cannot tell: {why or 'there is no one'}."
    worst = max(known, key=lambda g: 0.0 if g.error is None else g.error)
    text = (
        f"Scores of {worst.group} are on average {points(worst.error)} away from the share of "
        f"people with the favourable outcome ({100 * level:.0f} % interval "
        f"{_between(worst.error_lower, worst.error_upper)}; {people(worst.n)} people)"
    )
    text += ", the farthest of the groups." if len(known) > 1 else "."
    text += f" {_floor(worst, known, level)}"
    both = [g for g in known if g.residual is not None]
    if both:
        text += f" {_sides(both, level)}"
    if few:
        text += f" Too few people for a curve: {', '.join(few)}."
    return text


def _floor(worst: GroupCalibration, known: Sequence[GroupCalibration], level: float) -> str:
    """What a calibrated score would show, and whether this one shows more.

    The farthest of several groups is tested as one of them: with Holm's correction.
    """
    text = (
        f"Chance alone would put a calibrated score of these people {points(worst.error_by_chance)}"
        f" away on average, and more than {points(worst.error_by_chance_upper)} in "
        f"{100 * (1 - level):.0f} of 100 samples"
    )
    alone = worst.error_p_value
    p = adjusted_p(worst, known)
    picked = f", corrected for picking one of {len(known)} groups" if len(known) > 1 else ""
    if alone is not None and alone > 1 - level:
        text += ". We cannot tell: their scores may be off by nothing at all."
    elif p is not None and p > 1 - level:
        text += (
            f". We cannot tell: this is farther ({chance(alone)} for this group alone), but of "
            f"{len(known)} groups the farthest often is ({chance(p)}{picked})."
        )
    else:
        text += f": this is farther ({chance(p)}{picked})."
    if worst.error_debiased is not None:
        text += (
            f" Less what chance adds, the distance is about {points(worst.error_debiased)}; with "
            "few people that is still somewhat too large."
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
        side = "too low" if residual > 0 else "too high"
        sure = g.residual_error is not None and abs(residual) > width * g.residual_error
        unsure = "" if sure else ", no more than chance"
        parts.append(f"for {g.group} {points(abs(residual))} {side}{unsure}")
    return f"On average scores are {'; '.join(parts)}."


def brier_sentence(groups: Sequence[GroupCalibration], gap: ScoreGap | None) -> str:
    """The mean squared error of scores, taken apart for the group where it is largest."""
    known = [g for g in groups if g.brier is not None]
    if not known:
        return "We cannot tell how large the squared error of scores is: there is none to show."
    worst = max(known, key=lambda g: 0.0 if g.brier is None else g.brier)
    best = min(known, key=lambda g: 0.0 if g.brier is None else g.brier)
    text = f"The Brier score (mean squared distance of score and outcome) is {_number(worst.brier)}"
    text += f" for {worst.group}"
    if best is not worst:
        text += f" and {_number(best.brier)} for {best.group}"
        if gap is not None and gap.lower is not None and gap.upper is not None:
            text += f" (apart by {_number(gap.lower)} to {_number(gap.upper)})"
    text += "."
    whole = [g for g in known if g.brier_parts is not None]
    apart = max(whole, key=lambda g: 0.0 if g.brier is None else g.brier, default=worst)
    parts = apart.brier_parts
    if parts is not None:
        left = parts.within_variance - parts.within_covariance
        side = "adds" if left >= 0 else "takes off"
        text += (
            f" Of {apart.group}'s {_number(apart.brier)}, the base rate alone makes "
            f"{_number(parts.uncertainty)}; scores that tell people apart take off "
            f"{_number(parts.resolution)}; scores that are off calibration add "
            f"{_number(parts.reliability)}; what scores say within a bin {side} "
            f"{_number(abs(left))}."
        )
    return text


def ranking_sentence(result: Audit) -> str:
    """How well scores rank people of each group."""
    if result.hidden:
        return "How well scores rank people is not compared while small cells are hidden."
    gap = result.score_gaps.get("auc_difference")
    if gap is None or gap.value is None:
        return "We cannot tell how well scores rank people of two groups: too few outcomes."
    auc = {r.group: r.auc for r in result.ranking}
    interval = ""
    if gap.lower is not None and gap.upper is not None:
        interval = f", {100 * result.level:.0f} % interval {gap.lower:.3f} to {gap.upper:.3f}"
    return (
        f"Scores rank people best in {gap.highest} (AUC {_number(auc[str(gap.highest)])}) and "
        f"least well in {gap.lowest} ({_number(auc[str(gap.lowest)])}): {gap.value:.3f} apart"
        f"{interval}."
    )


def not_probabilities_sentence(score: FloatArray, higher_is_better: bool = True) -> str:
    """Why scores on another scale are first read through a curve.

    Args:
        score: (n,) as compared, with the sign of a risk turned.
        higher_is_better: False for a risk, which is then named in its own units.
    """
    low, high = float(score.min()), float(score.max())
    what, start, end = ("Scores", low, high) if higher_is_better else ("Risks", -high, -low)
    return (
        f"{what} run from {start:g} to {end:g}. Calibration compares scores with shares of "
        "people, so it needs them in 0 to 1. Here they are read through one curve for everybody "
        "(isotonic; each person's value comes from other people): what is left is how differently "
        "groups with the same score turn out."
    )


def _between(lower: float | None, upper: float | None) -> str:
    if lower is None or upper is None:
        return "unknown"
    return f"{100 * lower:.1f} to {100 * upper:.1f}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
