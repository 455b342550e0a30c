"""The text twin of what is said of scores: calibration and ranking, group by group."""

from fairlab.metrics import Audit
from fairlab.metrics.score_gaps import ScoreGap
from fairlab.reports.sentences.audit import people, points


def calibration_sentence(result: Audit) -> str:
    """Whose scores are farthest from outcomes, and which groups have too few people to say."""
    known = [g for g in result.calibration if g.error is not None]
    few = [g.group for g in result.calibration if g.error is None]
    if not known:
        why = "; ".join(dict.fromkeys(g.why for g in result.calibration))
        return f"We cannot tell: {why}."
    worst = max(known, key=lambda g: 0.0 if g.error is None else g.error)
    text = (
        f"Scores of {worst.group} are on average {points(worst.error)} away from the share of "
        f"people with the favourable outcome ({points(worst.error_debiased)} after taking off what "
        f"chance adds; {people(worst.n)} people)"
    )
    text += ", the farthest of the groups." if len(known) > 1 else "."
    residuals = result.score_gaps["mean_residual_difference"]
    if residuals.value is not None:
        text += f" {_residual(residuals, result)}"
    if few:
        text += f" Too few people for a curve: {', '.join(few)}."
    return text


def _residual(gap: ScoreGap, result: Audit) -> str:
    by_name = {g.group: g.residual for g in result.calibration}
    parts = []
    for group in (gap.highest, gap.lowest):
        residual = by_name[str(group)]
        assert residual is not None
        side = "too low" if residual > 0 else "too high"
        parts.append(f"{group} {points(abs(residual))} {side}")
    return f"On average scores are for {parts[0]}, for {parts[1]}."


def ranking_sentence(result: Audit) -> str:
    """How well scores rank people of each group."""
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


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
