"""How well scores rank people of a group: the area under its ROC curve, with its error."""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, GroupedOutcomes


@dataclass(frozen=True, slots=True)
class GroupRanking:
    """Ranking and mean scores of one group; None is undefined.

    Attributes:
        group: Its name.
        favourable, unfavourable: People (rows) with each outcome.
        auc: Chance that a person with the favourable outcome scores above one without, ties
            counting half; undefined without people of both outcomes.
        auc_error: Its standard error (DeLong 1988); None below two people of either outcome.
        mean_score: Mean score.
        mean_score_error: Its standard error; None below two people.
        mean_score_favourable, mean_score_unfavourable: Mean score by outcome (the balance
            conditions of Kleinberg, Mullainathan, Raghavan 2016).
    """

    group: str
    favourable: int
    unfavourable: int
    auc: float | None
    auc_error: float | None
    mean_score: float | None
    mean_score_error: float | None
    mean_score_favourable: float | None
    mean_score_unfavourable: float | None


def ranking(outcomes: GroupedOutcomes) -> tuple[GroupRanking, ...]:
    """Ranking of every group, in the order of ``group_names``. Weights are used when present."""
    return tuple(_group_ranking(outcomes, g) for g in range(outcomes.n_groups))


def auc_with_error(
    favourable: FloatArray,
    unfavourable: FloatArray,
    weight_favourable: FloatArray | None = None,
    weight_unfavourable: FloatArray | None = None,
) -> tuple[float, float]:
    """AUC and its standard error from the scores of people with each outcome.

    Ties count half. The error is DeLong's, from placements; NaN below two people of either
    outcome. Both are NaN when one side is empty.
    """
    if len(favourable) == 0 or len(unfavourable) == 0:
        return float("nan"), float("nan")
    w1 = np.ones(len(favourable)) if weight_favourable is None else weight_favourable
    w0 = np.ones(len(unfavourable)) if weight_unfavourable is None else weight_unfavourable
    above, w1, below, w0 = _placements(favourable, unfavourable, w1, w0)
    auc = float(np.average(above, weights=w1))
    if len(favourable) < 2 or len(unfavourable) < 2:
        return auc, float("nan")
    variance = _mean_variance(above, w1) + _mean_variance(below, w0)
    return auc, float(np.sqrt(variance))


def _placements(
    favourable: FloatArray, unfavourable: FloatArray, w1: FloatArray, w0: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Where people of one outcome stand among those of the other, ties counting half.

    Returns:
        Share of unfavourable weight below each favourable person, with their weights; share of
        favourable weight above each unfavourable one, with theirs. Both from low to high score:
        one sort serves all.
    """
    score = np.concatenate([favourable, unfavourable])
    order = np.argsort(score)
    ordered = score[order]
    one = order < len(favourable)
    weight = np.concatenate([w1, w0])[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    tie = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1))
    up_to = [np.cumsum(np.where(one == side, weight, 0.0))[ends] for side in (True, False)]
    middle = [(np.concatenate([[0.0], total[:-1]]) + total) / (2 * total[-1]) for total in up_to]
    above, below = middle[1][tie[one]], 1 - middle[0][tie[~one]]
    return above, weight[one], below, weight[~one]


def _mean_variance(values: FloatArray, weight: FloatArray) -> float:
    """Variance of the weighted mean; the usual s²/n for equal weights."""
    mean = np.average(values, weights=weight)
    n = len(values)
    return float(np.sum((weight * (values - mean)) ** 2) / weight.sum() ** 2 * n / (n - 1))


def _group_ranking(outcomes: GroupedOutcomes, g: int) -> GroupRanking:
    inside = outcomes.group == g
    y, score = outcomes.y_true[inside], outcomes.score[inside]
    weight = np.ones(len(y)) if outcomes.weight is None else outcomes.weight[inside]
    one, zero = y == 1, y == 0
    auc, error = auc_with_error(score[one], score[zero], weight[one], weight[zero])
    return GroupRanking(
        group=outcomes.group_names[g],
        favourable=int(one.sum()),
        unfavourable=int(zero.sum()),
        auc=_known(auc),
        auc_error=_known(error),
        mean_score=_mean(score, weight),
        mean_score_error=_known(
            float(np.sqrt(_mean_variance(score, weight))) if len(y) > 1 else float("nan")
        ),
        mean_score_favourable=_mean(score[one], weight[one]),
        mean_score_unfavourable=_mean(score[zero], weight[zero]),
    )


def _mean(score: FloatArray, weight: FloatArray) -> float | None:
    return float(np.average(score, weights=weight)) if len(score) else None


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
