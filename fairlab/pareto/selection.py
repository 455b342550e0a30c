"""Picking the best of many models on validation people, and what having picked costs.

Whoever picks the highest of many noisy numbers picks luck too: on other people the picked model
does worse than it did where it was picked (the winner's curse). How much worse is estimated by
picking again and again on resampled validation people. A gap just within the one asked for is
within it partly by luck, so what chance would widen it beyond that counts against a model.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.pareto.decisions import Resampled, accuracy_and_gap, decisions_of, resample
from fairlab.pareto.measured import Measured
from fairlab.pareto.noise import one_point
from fairlab.results import SweepResult

DRAWS = 500
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ValidationDraws:
    """Accuracy and gap of all models on validation people, and on people resampled from them.

    Attributes:
        accuracy, gap: (M,) on the validation people.
        once: On people drawn from them.
        twice: On people drawn from those drawn: twice the noise.
        widening: (M,) how much wider gaps are on average on people drawn from them.
        spread: (M,) standard deviation of gaps on people drawn from them.
    """

    accuracy: FloatArray
    gap: FloatArray
    once: Resampled
    twice: Resampled
    widening: FloatArray
    spread: FloatArray


@dataclass(frozen=True, slots=True)
class Selection:
    """The best model within a gap, picked on validation people.

    Attributes:
        index: The model.
        within: The gap asked for, [0, 1].
        met: Whether its gap on validation people is within it; if not, no model's was, and this
            is the one with the narrowest.
        passed_over: How much more accurate than this one a model within the gap was whose gap
            chance is expected to take further beyond it, [0, 1] of people; 0 if this one is the
            most accurate.
        candidates: How many models it was picked from.
        warned: Whether they all have health findings: there was none without to pick from.
        accuracy, gap: On validation people, where it was picked.
        accuracy_loss: How much less accurate it is expected to be on other people because it was
            picked, [0, 1] of people; rarely below 0.
        gap_growth: How much wider its gap is expected to be on other people for the same reason.
        expected_accuracy, expected_gap: What is expected on other people, as many as these.
        picked_again: Share of resampled populations in which the same model is picked.
        test_accuracy, test_gap: On test people, which played no part; None without a test split.
    """

    index: int
    within: float
    met: bool
    passed_over: float
    candidates: int
    warned: bool
    accuracy: float
    gap: float
    accuracy_loss: float
    gap_growth: float
    expected_accuracy: float
    expected_gap: float
    picked_again: float
    test_accuracy: Measured | None
    test_gap: Measured | None


def validation_draws(result: SweepResult, draws: int = DRAWS, seed: int = 0) -> ValidationDraws:
    """What :func:`select` needs, once for any number of gaps asked for.

    Raises:
        UnknownNameError: If the result has no validation people.
    """
    decisions = decisions_of(result, "validation")
    accuracy, gap = accuracy_and_gap(decisions, decisions.counts())
    once = resample(decisions, draws, seed)
    known = np.where(np.isnan(gap), 0.0, once.gap)  # no mean of nothing
    return ValidationDraws(
        accuracy=accuracy,
        gap=gap,
        once=once,
        twice=resample(decisions, draws, seed + 1, times=2),
        widening=np.asarray(np.nanmean(known, axis=0) - gap),
        spread=np.asarray(np.nanstd(known, axis=0)),
    )


def select(
    result: SweepResult,
    within: float,
    *,
    uses_attribute: bool | None = None,
    flagged: bool = False,
    draws: ValidationDraws | None = None,
    level: float = 0.95,
) -> Selection:
    """The best of the models whose gap on validation people is at most ``within``.

    Best is the highest accuracy less what the gap is expected to exceed ``within`` by on other
    people, a point for a point, with the noise of the gap taken as normal. Beside the most accurate
    within the gap this gained 0.3 to 0.4 points over six tables for single methods, ours and
    others', and 0.4 to 1.3 with more noise for several together (``docs/quality.md``).

    Nothing of test people enters the choice. The loss from having been picked is estimated as
    Efron (1983) and Harrell (2001) do: validation people are resampled, the choice is made anew,
    and what it gains over the average resampled population is luck. Resampled people are noisier
    than the people they come from, so a choice among them is made on more noise and the gain is
    too small; it is computed with once and twice the noise and carried back to none (exact for
    models whose true values are normal: one over its square is then linear in the noise).

    Args:
        result: A sweep.
        within: Largest gap on validation people, [0, 1].
        uses_attribute: Pick among models that need (True) or do not need (False) a person's group
            to decide; None is all.
        flagged: Whether models with health findings may be picked although there are others.
        draws: Of :func:`validation_draws` on this result.
        level: Of the intervals on test people.

    Returns:
        If no model is within the gap, the one with the narrowest.

    Raises:
        InputError: If ``within`` is not in [0, 1], or no model can be picked from.
    """
    if not 0 <= within <= 1:
        raise InputError(f"The gap to stay within lies from 0 to 1; found {within!r}.")
    found = validation_draws(result) if draws is None else draws
    pool, warned = _pool(result, found, uses_attribute, flagged)
    picked = int(_best(found.accuracy[None], found.gap[None], within, pool, found)[0])
    again, loss, growth = _luck(found.once, within, pool, found, 1)
    _, more_loss, more_growth = _luck(found.twice, within, pool, found, 2)
    loss, growth = _carried_back(loss, more_loss), _carried_back(growth, more_growth)
    accuracy, gap = float(found.accuracy[picked]), float(found.gap[picked])
    met = gap <= within + _TIE
    allowed = pool & (found.gap <= within + _TIE)
    test = one_point(result, picked, "test", level=level) if "test" in result.splits else None
    return Selection(
        index=picked,
        within=within,
        met=met,
        passed_over=float(found.accuracy[allowed].max()) - accuracy if met else 0.0,
        candidates=int(pool.sum()),
        warned=warned,
        accuracy=accuracy,
        gap=gap,
        accuracy_loss=loss,
        gap_growth=growth,
        expected_accuracy=accuracy - loss,
        expected_gap=max(0.0, gap + growth),
        picked_again=float((again == picked).mean()),
        test_accuracy=None if test is None else test.accuracy,
        test_gap=None if test is None else test.gap,
    )


def _pool(
    result: SweepResult, found: ValidationDraws, uses_attribute: bool | None, flagged: bool
) -> tuple[NDArray[np.bool_], bool]:
    """(M,) whom to pick from, and whether all of these have findings."""
    wanted = [uses_attribute is None or p.uses_attribute == uses_attribute for p in result.points]
    pool = ~np.isnan(found.gap) & np.array(wanted)
    if not pool.any():
        raise InputError(
            "There is no model to pick from: every one has an undefined gap on validation people, "
            "or differs in whether it needs a person's group. Pick among all models."
        )
    sound = pool & np.array([not p.flags for p in result.points])
    if flagged or not sound.any():
        return pool, not sound.any()
    return sound, False


def _best(
    accuracy: FloatArray,
    gap: FloatArray,
    within: float,
    pool: NDArray[np.bool_],
    noise: ValidationDraws,
) -> NDArray[np.intp]:
    """(draws,) the model picked in each row of (draws, M)."""
    width = np.where(pool & ~np.isnan(gap), gap, np.inf)
    allowed = width <= within + _TIE
    known = np.where(allowed, width, 0.0)
    worth = accuracy - _excess(known, within, noise) - _TIE * known
    best, narrowest = np.where(allowed, worth, -np.inf).argmax(axis=1), width.argmin(axis=1)
    return np.asarray(np.where(allowed.any(axis=1), best, narrowest), dtype=np.intp)


def _excess(gap: FloatArray, within: float, noise: ValidationDraws) -> FloatArray:
    """(draws, M) by how much gaps are expected to exceed ``within`` on other people."""
    beyond = gap + noise.widening - within
    spread = np.maximum(noise.spread, _TIE)
    ratio = beyond / spread
    density = np.exp(-0.5 * ratio**2) / math.sqrt(2 * math.pi)
    return np.asarray(spread * density + beyond * ndtr(ratio))


def _luck(
    resampled: Resampled,
    within: float,
    pool: NDArray[np.bool_],
    noise: ValidationDraws,
    times: int,
) -> tuple[NDArray[np.intp], float, float]:
    """Who is picked in each draw, and the luck in their accuracy and gap per unit of noise."""
    picked = _best(resampled.accuracy, resampled.gap, within, pool, noise)
    rows = np.arange(len(picked))
    accuracy = resampled.accuracy[rows, picked] - resampled.accuracy.mean(axis=0)[picked]
    with np.errstate(invalid="ignore"):
        gap = np.nanmean(resampled.gap[:, pool], axis=0)
    means = np.full(len(pool), np.nan)
    means[pool] = gap
    wider = means[picked] - resampled.gap[rows, picked]
    return picked, float(accuracy.mean()) / times, float(np.nanmean(wider)) / times


def _carried_back(once: float, twice: float) -> float:
    """Luck at the noise there is, from that with once and twice as much added."""
    if once * twice <= 0:
        return once
    inverse = 2 / once**2 - 1 / twice**2
    ratio = math.sqrt(2) if inverse <= 0 else 1 / math.sqrt(inverse) / abs(once)
    return once * min(max(ratio, 1.0), math.sqrt(2))
