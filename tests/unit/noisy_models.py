"""Made-up sweeps whose models' true accuracy and gap are known, for tests of noise."""

from dataclasses import dataclass

import numpy as np

from fairlab.results import Attribute, Point, SplitScores, SweepResult


@dataclass(frozen=True, slots=True)
class Population:
    """People of two groups, and models that select them by a noisy score.

    Attributes:
        tilt: (M,) how much likelier a model makes group a.
        skill: (M,) how well a model tells outcomes apart.
        alike: Share of a model's noise that all models have in common.
    """

    tilt: np.ndarray
    skill: np.ndarray
    alike: float = 0.9

    def people(self, n: int, rng: np.random.Generator) -> SplitScores:
        """n people with the decisions of all models as scores 0 or 1."""
        group = rng.integers(0, 2, n)
        y = (rng.random(n) < np.where(group == 0, 0.5, 0.4)).astype(np.int64)
        common, own = rng.normal(size=n), rng.normal(size=(len(self.tilt), n))
        noise = self.alike * common + np.sqrt(1 - self.alike**2) * own
        sign = 1 - 2 * group
        score = self.skill[:, None] * (2 * y - 1) + self.tilt[:, None] * sign + noise
        return SplitScores(
            score=(score > 0).astype(np.float32),
            y_true=y,
            attributes={"group": Attribute(group, ("a", "b"))},
            rows=np.arange(n),
        )

    def truth(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(M,) true accuracy and gap of selection rates."""
        everyone = self.people(100_000, rng)
        selected, group = everyone.score > 0.5, everyone.attributes["group"].codes
        accuracy = (selected == (everyone.y_true == 1)).mean(axis=1)
        rates = [selected[:, group == g].mean(axis=1) for g in (0, 1)]
        return accuracy, np.abs(rates[0] - rates[1])

    def sweep(self, sizes: dict[str, int], rng: np.random.Generator) -> SweepResult:
        """A result of all models on fresh people; model 0 is unmitigated."""
        points = tuple(
            Point(m, "penalty", float(m), None, 0, 1, baseline=m == 0)
            for m in range(len(self.tilt))
        )
        splits = {name: self.people(n, rng) for name, n in sizes.items()}
        return SweepResult(points, splits, "demographic_parity", ("group",), 0.5)
