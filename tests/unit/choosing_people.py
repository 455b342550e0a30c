"""Results and fronts for tests of choosing, and people who answer "A or B?"."""

from collections.abc import Callable

import numpy as np

from fairlab.choosing.pairs import Asked
from fairlab.choosing.questions import Question, next_question
from fairlab.choosing.records import Answer, Preference
from fairlab.results import Attribute, Point, SplitScores, SweepResult

Decider = Callable[[Question], Answer]


def result(seed: int = 0, models: int = 12, n: int = 600) -> SweepResult:
    """Models from accurate with a wide gap to less accurate with a narrow one, by two groups."""
    rng = np.random.default_rng(seed)
    ease = np.linspace(0, 1, models)[:, None]

    def split() -> SplitScores:
        group = rng.integers(0, 2, n)
        y_true = (rng.random(n) < np.where(group == 0, 0.75, 0.45)).astype(np.int64)
        own = 0.5 + 0.25 * (2 * y_true - 1) + rng.normal(0, 0.2, n)
        blind = 0.55 + 0.1 * (2 * y_true - 1) - 0.05 * (group == 0) + rng.normal(0, 0.2, n)
        score = np.clip((1 - ease) * own + ease * blind, 0.001, 0.999).astype(np.float32)
        return SplitScores(score, y_true, {"race": Attribute(group, ("A", "B"))}, np.arange(n))

    points = tuple(
        Point(m, "penalty", float(m), None, 0, 1, m == 0, uses_attribute_when_deciding=False)
        for m in range(models)
    )
    splits = {name: split() for name in ("train", "validation", "test")}
    return SweepResult(points, splits, "demographic_parity", ("race",), 0.5)


def front(seed: int, models: int = 9) -> Asked:
    """A bent front: the first points of gap cost little accuracy, the last much."""
    rng = np.random.default_rng(seed)
    gap = np.sort(rng.random(models))[::-1] * 0.25
    accuracy = np.sort(0.9 - 0.1 * (1 - gap / 0.25) ** 2 + rng.normal(0, 0.001, models))[::-1]
    return Asked(tuple(range(10, 10 + models)), accuracy, gap)


def worths(asked: Asked, rate: float) -> dict[int, float]:
    """What each model is worth to somebody with this exchange rate."""
    value = asked.accuracy - rate * asked.gap
    return dict(zip(asked.models, value.tolist(), strict=True))


def decided_by(worth: dict[int, float]) -> Decider:
    """Always prefers what is worth more."""
    return lambda q: "left" if worth[q.left] > worth[q.right] else "right"


def interview(asked: Asked, decide: Decider, seed: int = 0) -> list[Preference]:
    """All questions with this person's answers."""
    answers: list[Preference] = []
    while (question := next_question(asked, answers, seed)) is not None:
        left, right = question.left, question.right
        answers.append(Preference(left=left, right=right, answer=decide(question)))
    return answers
