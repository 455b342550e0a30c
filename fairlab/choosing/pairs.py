"""What answers to "A or B?" say of how much accuracy a person gives up for a narrower gap.

A person is taken to value a model at ``cos(t) accuracy - sin(t) gap``, both scaled to the range
the options span; ``t`` from 0 to a right angle says how many points of accuracy a point of gap
is worth: the exchange rate. Answers follow the logistic model of Bradley and Terry (1952,
Biometrika 39) with worths ``exp(value/noise)``, "no preference" that of Rao and Kupper (1967, JASA
62), and one answer in fifty is anything. All angles are equally likely before the first answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.choosing.consistency import Agreement, agreement, circle
from fairlab.choosing.records import Preference
from fairlab.outcomes import FloatArray

ANGLES = 361
NOISES = (0.02, 0.06, 0.18)  # of a value, in ranges of the options
_TIE = 0.7  # Rao and Kupper's threshold on the logistic scale, in units of the noise
_LAPSE = 0.02
#: A point is determined when it is the best with this probability.
ENOUGH = 0.8
#: Answers that coin tosses to the same questions equal more often than this determine nothing.
CHANCE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The models people are asked about, the most accurate first.

    Attributes:
        models: Their indices in the result.
        accuracy, gap: (K,) of each, [0, 1]; accuracies fall and gaps narrow along them.
    """

    models: tuple[int, ...]
    accuracy: FloatArray
    gap: FloatArray

    def place(self, model: int) -> int:
        """Where a model stands among those asked about."""
        return self.models.index(model)

    def break_even(self, one: int, other: int) -> float:
        """The exchange rate at which two models (by place) are worth the same, 0 or more."""
        narrower = float(self.gap[one] - self.gap[other])
        return (
            float("inf")
            if narrower == 0
            else float((self.accuracy[one] - self.accuracy[other]) / narrower)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """How likely each exchange rate is after some answers.

    Attributes:
        angle: (T,) of the exchange rate.
        rate: (T,) the same as points of accuracy for a point of gap.
        joint: (T, S) probability of angle and noise; sums to 1.
        value: (T, K) what each model is worth.
    """

    angle: FloatArray
    rate: FloatArray
    joint: FloatArray
    value: FloatArray

    @property
    def best(self) -> FloatArray:
        """(K,) probability that a model is the one worth most."""
        marginal = self.joint.sum(axis=1)
        winner, size = self.value.argmax(axis=1), self.value.shape[1]
        return np.asarray(np.bincount(winner, weights=marginal, minlength=size), dtype=np.float64)

    def quantile(self, share: float) -> float:
        """The exchange rate below which this share of the probability lies."""
        cumulated = np.cumsum(self.joint.sum(axis=1))
        return float(self.rate[min(int(np.searchsorted(cumulated, share)), len(self.rate) - 1)])


@dataclass(frozen=True, slots=True)
class Preferred:
    """Where answers lead.

    Attributes:
        model: The most probable best model; None if nothing was asked.
        share: Its probability of being the best.
        determined: Whether the answers determine it; see :data:`ENOUGH` and :data:`CHANCE`.
        rivals: Models that are best with a tenth of the probability or more, with it, the most
            probable first.
        rate, lower, upper: Points of accuracy for a point of gap: median and 95 % interval.
            ``lower`` is 0 and ``upper`` None where no question reached so far.
        agreement: How many answers one exchange rate agrees with.
        circle: Models preferred in a circle; () if there is none.
    """

    model: int | None
    share: float
    determined: bool
    rivals: tuple[tuple[int, float], ...]
    rate: float
    lower: float
    upper: float | None
    agreement: Agreement
    circle: tuple[int, ...]


def belief(asked: Asked, answers: Sequence[Preference]) -> Belief:
    """Probability of every exchange rate, given the answers.

    Args:
        asked: At least two models, told apart by both accuracy and gap.
        answers: About models of ``asked``.
    """
    angle = (np.arange(ANGLES) + 0.5) / ANGLES * np.pi / 2
    spans = np.ptp(asked.accuracy), np.ptp(asked.gap)
    accuracy = (asked.accuracy - asked.accuracy.min()) / (spans[0] or 1.0)
    gap = (asked.gap - asked.gap.min()) / (spans[1] or 1.0)
    value = np.cos(angle)[:, None] * accuracy - np.sin(angle)[:, None] * gap
    log = np.zeros((ANGLES, len(NOISES)))
    for answer in answers:
        chances = chances_of(value, asked.place(answer.left), asked.place(answer.right))
        log += np.log(chances[("left", "right", "neither").index(answer.answer)])
    joint = np.exp(log - log.max())
    rate = np.tan(angle) * spans[0] / (spans[1] or 1.0)
    return Belief(angle, rate, joint / joint.sum(), value)


def chances_of(value: FloatArray, left: int, right: int) -> FloatArray:
    """(3, T, S) chance of the answers left, right and neither, per angle and noise."""
    difference = (value[:, left] - value[:, right])[:, None] / np.array(NOISES)
    first = _logistic(difference - _TIE)
    second = _logistic(-difference - _TIE)
    three = np.stack([first, second, 1 - first - second])
    return np.asarray((1 - _LAPSE) * three + _LAPSE / 3)


def preferred(asked: Asked, answers: Sequence[Preference]) -> Preferred:
    """The point the answers lead to, and how far they determine it."""
    known = belief(asked, answers)
    best = known.best
    order = np.argsort(-best, kind="stable")
    rates = [_break_even(asked, answer) for answer in answers]
    agreed = agreed_by(asked, answers)
    lower, upper = known.quantile(0.025), known.quantile(0.975)
    reached = [rate for rate in rates if np.isfinite(rate)]
    share = float(best[order[0]])
    return Preferred(
        model=asked.models[order[0]] if answers else None,
        share=share,
        determined=bool(agreed.answers) and share >= ENOUGH and not tossed(agreed),
        rivals=tuple((asked.models[k], float(best[k])) for k in order if best[k] >= 0.1),
        rate=known.quantile(0.5),
        lower=lower if reached and lower >= min(reached) else 0.0,
        upper=upper if reached and upper <= max(reached) else None,
        agreement=agreed,
        circle=circle(answers),
    )


def tossed(agreed: Agreement) -> bool:
    """Whether coin tosses might agree as well: answers are few, or contradict each other."""
    return agreed.by_chance is not None and agreed.by_chance > CHANCE


def agreed_by(asked: Asked, answers: Sequence[Preference]) -> Agreement:
    """How many of the answers one exchange rate agrees with; see :func:`agreement`."""
    rates = [_break_even(asked, answer) for answer in answers]
    return agreement(rates, [_wants_narrower(asked, answer) for answer in answers])


def _break_even(asked: Asked, answer: Preference) -> float:
    first, second = sorted((asked.place(answer.left), asked.place(answer.right)))
    return asked.break_even(first, second)


def _wants_narrower(asked: Asked, answer: Preference) -> bool | None:
    """Whether the model with the narrower gap was preferred; None without a preference."""
    if answer.preferred is None:
        return None
    return asked.place(answer.preferred) == max(asked.place(answer.left), asked.place(answer.right))


def _logistic(x: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))
