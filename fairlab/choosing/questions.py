"""Which "A or B?" to ask next, few of them: the one whose answer tells most.

Asked is the pair whose answer is expected to say most about which model is the best (Lindley 1956:
mutual information). Now and then a question checks instead: it closes a chain of answers, or asks
an earlier pair again with sides changed; a person who answers anything is caught by these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fairlab.choosing.options import Options, worth_asking
from fairlab.choosing.pairs import Asked, Belief, agreed_by, belief, chances_of, tossed
from fairlab.choosing.records import Preference
from fairlab.outcomes import FloatArray

FEWEST, MOST = 6, 8
_CHECKS = (3, 5)  # after so many answers
_SURE = 0.9  # of the best model: no further question
_SAYS_NOTHING = 0.004  # bits


@dataclass(frozen=True, slots=True)
class Question:
    """Two models side by side.

    Attributes:
        number: 1-based.
        left, right: Indices of models.
        check: Whether earlier answers already say what to expect.
    """

    number: int
    left: int
    right: int
    check: bool


def asked_about(options: Options) -> Asked:
    """The models questions are about; one or none when nothing has to be given up for another."""
    models = worth_asking(options)
    rows = list(models)
    return Asked(models, options.accuracy[rows], options.gap[rows])


def next_question(asked: Asked, answers: Sequence[Preference], seed: int = 0) -> Question | None:
    """The next question, or None when enough is known. The same for the same answers and seed.

    Args:
        asked: The models.
        answers: So far.
        seed: Of the sides: which model stands left is drawn for every question.
    """
    if len(asked.models) < 2 or len(answers) >= MOST:
        return None
    known = belief(asked, answers)
    open_pairs = _open(asked, answers)
    told = [(_information(known, one, other), one, other) for one, other in open_pairs]
    most = max(told, key=lambda row: (row[0], -row[1], -row[2]), default=None)
    pair, check = None, False
    checked = any(after < len(answers) for after in _CHECKS) or _asked_twice(answers)
    nothing_new = most is None or most[0] < _SAYS_NOTHING
    over = len(answers) >= FEWEST and float(known.best.max()) >= _SURE
    if (over or nothing_new) and (checked or not any(a.preferred is not None for a in answers)):
        pair = _until_told_from_tosses(asked, answers)
        return None if pair is None else _placed(asked, pair, len(answers) + 1, seed, True)
    if len(answers) in _CHECKS or over or nothing_new:
        pair, check = _check(asked, answers), True
    if pair is None:
        if most is None:
            return None
        pair, check = (most[1], most[2]), False
    return _placed(asked, pair, len(answers) + 1, seed, check)


def _placed(asked: Asked, pair: tuple[int, int], number: int, seed: int, check: bool) -> Question:
    changed = bool(np.random.default_rng([seed, number]).integers(2))
    one, other = (asked.models[k] for k in (pair[::-1] if changed else pair))
    return Question(number, one, other, check)


def _open(asked: Asked, answers: Sequence[Preference]) -> list[tuple[int, int]]:
    done = {frozenset((asked.place(a.left), asked.place(a.right))) for a in answers}
    return [p for p in combinations(range(len(asked.models)), 2) if frozenset(p) not in done]


def _asked_twice(answers: Sequence[Preference]) -> bool:
    pairs = [frozenset((a.left, a.right)) for a in answers]
    return len(set(pairs)) < len(pairs)


def _information(known: Belief, one: int, other: int) -> float:
    """Bits the answer is expected to tell about which model is the best."""
    chances = chances_of(known.value, one, other)  # (3, T, S)
    winner = known.value.argmax(axis=1)
    joint = np.zeros((3, known.value.shape[1]))
    for k in np.unique(winner):
        joint[:, k] = (chances[:, winner == k] * known.joint[winner == k]).sum(axis=(1, 2))
    alone = _entropy(joint.sum(axis=1)) + _entropy(joint.sum(axis=0))
    return alone - _entropy(joint.ravel())


def _entropy(shares: FloatArray) -> float:
    kept = shares[shares > 0]
    return float(-(kept * np.log2(kept)).sum())


def _until_told_from_tosses(asked: Asked, answers: Sequence[Preference]) -> tuple[int, int] | None:
    """One check more where answers agree in everything, and coin tosses would too often."""
    agreed = agreed_by(asked, answers)
    if agreed.consistency != 1 or not tossed(agreed):
        return None
    return _check(asked, answers)


def _check(asked: Asked, answers: Sequence[Preference]) -> tuple[int, int] | None:
    """A pair whose answer follows from earlier ones, or the first that had a preference again."""
    over = {
        (asked.place(a.preferred), asked.place(a.right if a.preferred == a.left else a.left))
        for a in answers
        if a.preferred is not None
    }
    open_pairs = {frozenset(pair) for pair in _open(asked, answers)}
    for first, middle in sorted(over):
        for start, last in sorted(over):
            if start == middle and frozenset((first, last)) in open_pairs:
                return first, last
    asked_once = [a for a in answers if a.preferred is not None]
    pairs = [frozenset((a.left, a.right)) for a in answers]
    for answer in asked_once:
        if pairs.count(frozenset((answer.left, answer.right))) == 1:
            return asked.place(answer.left), asked.place(answer.right)
    return None
