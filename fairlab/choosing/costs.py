"""Cost first: what errors cost and how much accuracy may be given up, then the narrowest gap.

With costs that differ, people are better decided at another threshold: of scores that are
probabilities the cheapest is ``wrong_approval / (wrong_approval + wrong_refusal)`` (Elkan 2001,
IJCAI, eq. 2). So every model is looked at there, and at the threshold it was trained for.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlab.choosing.options import SPLIT, Options, options_of
from fairlab.errors import InputError
from fairlab.metrics.marginal import widest_gap
from fairlab.outcomes import Counts, FloatArray, threshold_as
from fairlab.pareto.decisions import Decisions, drawn_counts
from fairlab.results import SweepResult

DRAWS = 300
_TIE = 1e-9
# Thresholds in use lie inside (0, 1).
_LOWEST, _HIGHEST = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class Costs:
    """What one wrong decision of each kind costs, in any unit, and what may be given up.

    Attributes:
        wrong_approval: Of selecting somebody with the unfavourable outcome.
        wrong_refusal: Of not selecting somebody with the favourable outcome.
        given_up: Accuracy that may be given up, [0, 1] of people.
    """

    wrong_approval: float
    wrong_refusal: float
    given_up: float

    @property
    def threshold(self) -> float:
        """The cheapest threshold for scores that are probabilities, kept inside (0, 1)."""
        both = self.wrong_approval + self.wrong_refusal
        return float(np.clip(self.wrong_approval / both, _LOWEST, _HIGHEST))

    @property
    def allowed(self) -> float:
        """Cost per person that may be paid beyond the least: wrong decisions at their mean cost."""
        return self.given_up * (self.wrong_approval + self.wrong_refusal) / 2


@dataclass(frozen=True, slots=True)
class CostChoice:
    """The narrowest gap that the costs leave room for, picked on validation people.

    Attributes:
        index, threshold: The model and where it decides.
        costs: As asked.
        cost: Of the model, per 1,000 people, in the unit of the costs.
        least: The least of any model and threshold, per 1,000.
        cheapest, cheapest_threshold: The model that has it.
        accuracy, gap: On validation people.
        cheapest_accuracy, cheapest_gap: Of the cheapest.
        within_reach: How many models cost at most what is allowed.
        candidates: How many there were.
        gap_growth: How much wider its gap is expected to be on as many other people because it was
            picked.
        picked_again: Share of resampled validation people from whom the same model is picked.
        warned: Whether all models have warnings.
    """

    index: int
    threshold: float
    costs: Costs
    cost: float
    least: float
    cheapest: int
    cheapest_threshold: float
    accuracy: float
    gap: float
    cheapest_accuracy: float
    cheapest_gap: float
    within_reach: int
    candidates: int
    gap_growth: float
    picked_again: float
    warned: bool


def choose_by_cost(
    result: SweepResult,
    costs: Costs,
    *,
    uses_attribute: bool | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> CostChoice:
    """The model with the narrowest gap among those whose errors cost little more than the least.

    Args:
        result: A sweep with validation people.
        costs: What errors cost; at equal costs the allowance is one of accuracy.
        uses_attribute: Only models that need (True) or do not need (False) a person's group.
        draws, seed: Resampled populations, to say what having picked is worth.

    Raises:
        InputError: If a cost is negative or not finite, both are 0, ``given_up`` is not in [0, 1],
            or there is no model to choose from.
    """
    _check(costs)
    options = options_of(result, uses_attribute)
    pool = np.flatnonzero(options.pool)
    frame, rows, cuts = _candidates(result, options, costs, pool)
    cost, gap = _cost_and_gap(frame, frame.counts(), costs)
    undefined = np.isnan(gap)
    picked, cheapest = (int(a[0]) for a in _pick(cost[None], gap[None], costs, undefined))
    found = [_cost_and_gap(frame, c, costs) for c in drawn_counts(frame, draws, seed)]
    drawn_cost = np.concatenate([one for one, _ in found])
    drawn_gap = np.concatenate([one for _, one in found])
    again, _ = _pick(drawn_cost, drawn_gap, costs, undefined)
    reach = (cost <= cost[~undefined].min() + costs.allowed + _TIE) & ~undefined
    counts = frame.counts()
    accuracy = (counts.tp + counts.tn).sum(axis=-1) / counts.n.sum(axis=-1)
    return CostChoice(
        index=int(rows[picked]),
        threshold=float(cuts[picked]),
        costs=costs,
        cost=1000 * float(cost[picked]),
        least=1000 * float(cost[cheapest]),
        cheapest=int(rows[cheapest]),
        cheapest_threshold=float(cuts[cheapest]),
        accuracy=float(accuracy[picked]),
        gap=float(gap[picked]),
        cheapest_accuracy=float(accuracy[cheapest]),
        cheapest_gap=float(gap[cheapest]),
        within_reach=len(set(rows[reach].tolist())),
        candidates=len(pool),
        gap_growth=_luck(drawn_gap, again),
        picked_again=float((again == picked).mean()),
        warned=options.warned,
    )


def _luck(gap: FloatArray, picked: NDArray[np.intp]) -> float:
    """By how much gaps are narrower in the populations they were picked in than on average.

    Held against the average resampled population, not against the one that was resampled: noise
    widens the gap of any model in both, and would hide what picking narrows.

    Args:
        gap: (draws, R) of every rule.
        picked: (draws,) the rule picked in each.
    """
    known = ~np.isnan(gap)
    totals, times = np.where(known, gap, 0.0).sum(axis=0), known.sum(axis=0)
    usual = np.divide(totals, times, out=np.full(gap.shape[1], np.nan), where=times > 0)
    return float(np.nanmean(usual[picked] - gap[np.arange(len(picked)), picked]))


def _check(costs: Costs) -> None:
    pair = (costs.wrong_approval, costs.wrong_refusal)
    if not all(np.isfinite(one) and one >= 0 for one in pair) or sum(pair) <= 0:
        raise InputError(
            f"Costs of errors are 0 or more and not both 0; found {pair[0]!r} for a wrong approval "
            f"and {pair[1]!r} for a wrong refusal. Give at least one of them a positive number."
        )
    if not 0 <= costs.given_up <= 1:
        raise InputError(
            f"The accuracy that may be given up is a share from 0 to 1; found {costs.given_up!r}."
        )


def _candidates(
    result: SweepResult, options: Options, costs: Costs, pool: NDArray[np.intp]
) -> tuple[Decisions, NDArray[np.intp], FloatArray]:
    """Every model at its own threshold, and at the cheapest unless it draws its decisions."""
    own = options.decisions.selected[pool]
    movable = np.array([m for m in pool if not result.points[m].is_drawn], dtype=np.intp)
    cut = costs.threshold
    if cut == result.threshold or len(movable) == 0:
        moved, movable = own[:0], movable[:0]
    else:
        moved = result.splits[SPLIT].score[movable] >= threshold_as(cut)
    frame = replace(options.decisions, selected=np.concatenate([own, moved]))
    cuts = np.concatenate([np.full(len(pool), result.threshold), np.full(len(movable), cut)])
    return frame, np.concatenate([pool, movable]), cuts


def _cost_and_gap(frame: Decisions, counts: Counts, costs: Costs) -> tuple[FloatArray, FloatArray]:
    """Cost per person and gap, over the leading axes."""
    wrong = costs.wrong_approval * counts.fp.sum(axis=-1)
    wrong = wrong + costs.wrong_refusal * counts.fn.sum(axis=-1)
    return np.asarray(wrong / counts.n.sum(axis=-1)), widest_gap(frame.gap, counts, frame.names)


def _pick(
    cost: FloatArray, gap: FloatArray, costs: Costs, undefined: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(draws,) the narrowest gap within reach, of several the cheapest; and the cheapest of all."""
    known = np.where(undefined, np.inf, cost)
    least = known.min(axis=1, keepdims=True)
    reach = (known <= least + costs.allowed + _TIE) & ~np.isnan(gap)
    width = np.where(reach, np.nan_to_num(gap, nan=np.inf), np.inf)
    tied = width <= width.min(axis=1, keepdims=True) + _TIE
    picked = np.where(tied, known, np.inf).argmin(axis=1)
    among = known <= least + _TIE
    cheapest = np.where(among, np.nan_to_num(gap, nan=np.inf), np.inf).argmin(axis=1)
    return np.asarray(picked, dtype=np.intp), np.asarray(cheapest, dtype=np.intp)
