"""How often what a curve says of its own noise is right: changes, means over seeds, picks, alarms.

Models select people by a score of which most of the noise is common to all of them, as for models
trained on the same people.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fairlab.outcomes import FloatArray
from fairlab.pareto.noise import noise
from fairlab.pareto.overfit import fairness_overfit
from fairlab.pareto.selection import select, validation_draws
from fairlab.pareto.unmitigated import Comparison, compare_with_unmitigated
from fairlab.results import Attribute, Point, SplitScores, SweepResult

_DRAWS = 400
_ALIKE = 0.9


# People per group, and selection rates of the unmitigated and the other model.
Shape = tuple[int, tuple[float, ...], tuple[float, ...]]
SEVERAL: tuple[Shape, ...] = (
    (200, (0.5, 0.4, 0.4, 0.45), (0.43,) * 4),
    (200, (0.5, 0.3, 0.4, 0.45), (0.5, 0.4, 0.4, 0.45)),
    (200, (0.5, 0.4, *(0.45,) * 6), (0.45,) * 8),
    (1000, (0.5, 0.4, *(0.45,) * 6), (0.45,) * 8),
)
SMALL = (2, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Models:
    """How much likelier each makes the first of two groups, and how well it tells outcomes."""

    tilt: FloatArray
    skill: FloatArray

    def people(self, n: int, rng: np.random.Generator) -> SplitScores:
        """n people with every model's decisions."""
        group = rng.integers(0, 2, n)
        y = (rng.random(n) < 0.45).astype(np.int64)
        common, own = rng.normal(size=n), rng.normal(size=(len(self.tilt), n))
        score = self.skill[:, None] * (2 * y - 1) + self.tilt[:, None] * (1 - 2 * group)
        score = score + _ALIKE * common + np.sqrt(1 - _ALIKE**2) * own
        groups = {"group": Attribute(group, ("a", "b"))}
        return SplitScores((score > 0).astype(np.float32), y, groups, np.arange(n))

    def truth(self) -> tuple[FloatArray, FloatArray]:
        """True accuracy and gap of selection rates, from a million people."""
        rng, models = np.random.default_rng(0), len(self.tilt)
        right, chosen, people = np.zeros(models), np.zeros((models, 2)), np.zeros(2)
        for _ in range(20):
            part = self.people(50_000, rng)
            selected = part.score > 0.5
            member = np.eye(2)[part.attributes["group"].codes]
            right = right + (selected == (part.y_true == 1)).sum(axis=1)
            chosen, people = chosen + selected @ member, people + member.sum(axis=0)
        rates = chosen / people
        return right / 1e6, np.abs(rates[:, 0] - rates[:, 1])

    def sweep(self, rng: np.random.Generator, *, seeds: bool = False, **sizes: int) -> SweepResult:
        """A result on fresh people; model 0 unmitigated, or all seeds of one setting."""
        points = tuple(
            Point(m, "penalty", 1.0 if seeds else float(m), None, m if seeds else 0, 1, False)
            for m in range(len(self.tilt))
        )
        if not seeds:
            points = (replace(points[0], baseline=True), *points[1:])
        splits = {name: self.people(n, rng) for name, n in sizes.items()}
        return SweepResult(points, splits, "demographic_parity", ("group",), 0.5)


def curve_lines(samples: int) -> list[dict[str, Any]]:
    """Changes from the unmitigated model, means over seeds, the luck in a pick, false alarms."""
    lines = []
    for text, tilt in (("alike", (0.2, 0.2)), ("gap narrowed", (0.4, 0.1))):
        lines += _change_lines(text, Models(np.array(tilt), np.ones(2)), samples)
    for shape in SEVERAL:
        lines.append(_several_line(shape, samples))
    for people in SMALL:
        lines += _small_lines(people, samples)
    for text, each in (("gap", 0.25), ("no gap", 0.0)):
        lines += _seed_lines(text, Models(np.full(4, each), np.ones(4)), samples)
    lines.append(_alarm_line(Models(np.full(20, 0.1), np.ones(20)), samples))
    return [*lines, *_pick_lines(Models(np.full(20, 0.15), np.ones(20)), samples)]


def _change_lines(text: str, models: Models, samples: int) -> list[dict[str, Any]]:
    accuracy, gap = models.truth()
    rng, hits = np.random.default_rng(1), np.zeros(3)
    for _ in range(samples):
        found = compare_with_unmitigated(models.sweep(rng, test=600), draws=_DRAWS)[1]
        inside = [
            _inside(found.accuracy, accuracy[1] - accuracy[0]),
            _inside(found.gap, gap[1] - gap[0]),
        ]
        hits += (all(inside), bool(found.told_apart), 1)
    people = f"600 people in two groups, {text}"
    both, apart = hits[:2] / samples
    return [
        _line("change from unmitigated: accuracy and gap together", people, both, samples),
        _line("change from unmitigated: told apart", people, apart, samples),
    ]


def _several_line(shape: Shape, samples: int) -> dict[str, Any]:
    """The change of the gap of several groups; each person is decided alike where rates allow."""
    size, before, after = shape
    truth = float(np.ptp(after) - np.ptp(before))
    rng, hits = np.random.default_rng(5), 0
    for _ in range(samples):
        luck = rng.random(size * len(before))
        found = _compared([size] * len(before), np.array([before, after]), luck)
        hits += _inside(found.gap, truth)
    people = f"{len(before)} groups of {size:,}, gap {100 * np.ptp(before):.0f} to "
    people += f"{100 * np.ptp(after):.0f} points"
    return _line("change from unmitigated: gap, at 97.5 %", people, hits / samples, samples, truth)


def _small_lines(people: int, samples: int) -> list[dict[str, Any]]:
    """A group of a few people, decided by chance alone, and one whose rate falls."""
    lines = []
    for text, few, common in (("alike", (0.8, 0.8), False), ("fallen to 50 %", (0.9, 0.5), True)):
        rates = np.array([[0.3, one] for one in few])
        truth = float(np.ptp(rates[1]) - np.ptp(rates[0]))
        rng, hits = np.random.default_rng(6), np.zeros(2)
        for _ in range(samples):
            luck = rng.random((1 if common else 2, 500 + people))
            found = _compared([500, people], rates, luck)
            hits += (_inside(found.gap, truth), not _inside(found.gap, 0.0))
        who = f"500 people and {people}, the few {text}"
        cover, apart = hits / samples
        what = "change from unmitigated: gap"
        lines.append(_line(f"{what}, at 97.5 %", who, cover, samples, truth))
        lines.append(_line(f"{what} leaves 0 out", who, apart, samples))
    return lines


def _compared(sizes: list[int], rates: FloatArray, luck: FloatArray) -> Comparison:
    """The second model beside the first; a person is selected where luck is below the rate."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(str(k) for k in range(len(sizes)))
    score = (luck < rates[:, group]).astype(np.float32)
    y = np.arange(len(group)) % 2
    people = SplitScores(score, y, {"group": Attribute(group, names)}, np.arange(len(group)))
    points = tuple(Point(m, "penalty", float(m), None, 0, 1, m == 0) for m in (0, 1))
    result = SweepResult(points, {"test": people}, "demographic_parity", ("group",), 0.5)
    return compare_with_unmitigated(result, draws=_DRAWS)[1]


def _seed_lines(text: str, models: Models, samples: int) -> list[dict[str, Any]]:
    accuracy, gap = (float(one.mean()) for one in models.truth())
    rng, hits = np.random.default_rng(2), np.zeros(2)
    for _ in range(samples):
        result = models.sweep(rng, seeds=True, validation=50, test=600)
        one = noise(result, draws=_DRAWS).settings[0]
        hits += (_inside(one.accuracy, accuracy), _inside(one.gap, gap))
    people = f"600 people in two groups, four seeds, {text}"
    return [
        _line(f"mean over seeds: {name}", people, hit / samples, samples)
        for name, hit in zip(("accuracy", "gap"), hits, strict=True)
    ]


def _alarm_line(models: Models, samples: int) -> dict[str, Any]:
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(samples):
        result = models.sweep(rng, train=1800, validation=600)
        alarms += any(one.flagged for one in fairness_overfit(result, draws=_DRAWS))
    people = "1,800 train and 600 validation people, 20 models"
    what = "a gap is said to be narrow on training people only, somewhere in the sweep"
    return _line(what, people, alarms / samples, samples)


def _pick_lines(models: Models, samples: int) -> list[dict[str, Any]]:
    """Mean accuracy lost and gap gained by having picked: truth, and what was said."""
    accuracy, gap = models.truth()
    rng, rows = np.random.default_rng(4), []
    for _ in range(samples // 2):
        result = models.sweep(rng, validation=500)
        found = select(result, 0.1, draws=validation_draws(result, _DRAWS // 2))
        lost = found.accuracy - accuracy[found.index]
        rows.append((lost, found.accuracy_loss, gap[found.index] - found.gap, found.gap_growth))
    lost, said_lost, grown, said_grown = (float(one) for one in np.mean(rows, axis=0))
    people = "500 validation people, best of 20 models within 10 points"
    return [
        _line("pick: accuracy expected to be lost, a share", people, said_lost, samples // 2, lost),
        _line("pick: gap expected to grow by, a share", people, said_grown, samples // 2, grown),
    ]


def _inside(number: Any, truth: float) -> bool:
    return number.lower is not None and bool(number.lower <= truth <= number.upper)


def _line(
    what: str, people: str, coverage: float, samples: int, truth: float | None = None
) -> dict[str, Any]:
    return {
        "what": what,
        "people": people,
        "truth": truth,
        "coverage": float(coverage),
        "samples": samples,
    }
