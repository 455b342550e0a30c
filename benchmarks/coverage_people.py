"""Made-up populations whose rates are known, for simulations of coverage."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics import GAPS
from fairlab.outcomes import Counts


@dataclass(frozen=True, slots=True)
class Population:
    """Groups with known rates.

    Attributes:
        text: In words.
        n: People sampled per group.
        base, tpr, fpr: Base rate, true and false positive rate of each group.
        promised: Names of gaps whose rates rest on 200 or more people of each group.
    """

    text: str
    n: tuple[int, ...]
    base: tuple[float, ...]
    tpr: tuple[float, ...]
    fpr: tuple[float, ...]
    promised: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(f"g{i}" for i in range(len(self.n)))

    @property
    def expected(self) -> Counts:
        """Expected counts: their gaps are the truth."""
        n, p, t, f = (np.array(v, dtype=float) for v in (self.n, self.base, self.tpr, self.fpr))
        tp, fp = np.round(n * p * t, 9), np.round(n * (1 - p) * f, 9)
        fn, tn = np.round(n * p * (1 - t), 9), np.round(n * (1 - p) * (1 - f), 9)
        return Counts(tp, fp, fn, tn, self.names)

    def sampled(self, samples: int, rng: np.random.Generator) -> Counts:
        """Counts (samples, G) of people drawn from each group."""
        fields = []
        expected = self.expected
        cells = np.stack([expected.tp, expected.fp, expected.fn, expected.tn], axis=1)
        for size, chances in zip(self.n, cells, strict=True):
            fields.append(rng.multinomial(size, chances / chances.sum(), size=samples))
        tp, fp, fn, tn = np.stack(fields, axis=1).transpose(2, 0, 1)
        return Counts(tp, fp, fn, tn, self.names)


# Gaps of two groups whose every rate rests on 200 or more people per group.
_OF_ALL = (
    "demographic_parity_difference",
    "accuracy_difference",
    "base_rate_difference",
    "mean_residual_difference",
)
_EVERY = tuple(name for name in GAPS if GAPS[name].spread == "difference")


def _two(
    text: str,
    n: tuple[int, int],
    base: tuple[float, float],
    tpr: tuple[float, float],
    fpr: tuple[float, float],
    promised: tuple[str, ...] = _OF_ALL,
) -> Population:
    return Population(f"2 groups, {text}", n, base, tpr, fpr, promised)


TWO_GROUPS = (
    _two("200 each, alike", (200, 200), (0.4, 0.4), (0.7, 0.7), (0.2, 0.2)),
    _two("200 each, a little apart", (200, 200), (0.45, 0.4), (0.7, 0.65), (0.2, 0.16)),
    _two("200 each, apart", (200, 200), (0.5, 0.3), (0.8, 0.6), (0.3, 0.15)),
    _two("200 each, rates near 0.05", (200, 200), (0.05, 0.08), (0.3, 0.2), (0.03, 0.06)),
    _two("200 each, rates near 0.95", (200, 200), (0.95, 0.9), (0.97, 0.93), (0.9, 0.8)),
    _two("1,000 and 200, apart", (1000, 200), (0.5, 0.3), (0.8, 0.6), (0.3, 0.15)),
    _two("1,000 each, alike", (1000, 1000), (0.4, 0.4), (0.7, 0.7), (0.2, 0.2), _EVERY),
    _two(
        "1,000 each, a little apart",
        (1000, 1000),
        (0.45, 0.4),
        (0.7, 0.65),
        (0.2, 0.16),
        _EVERY,
    ),
    _two("1,000 each, apart", (1000, 1000), (0.5, 0.3), (0.8, 0.6), (0.3, 0.15), _EVERY),
    _two(
        "4,000 each, base rates near 0.05",
        (4000, 4000),
        (0.06, 0.05),
        (0.6, 0.5),
        (0.1, 0.15),
        _EVERY,
    ),
    _two(
        "4,000 each, base rates near 0.95",
        (4000, 4000),
        (0.95, 0.93),
        (0.95, 0.9),
        (0.6, 0.5),
        _EVERY,
    ),
)


def many_groups(groups: int, n: int, apart: float) -> Population:
    """Groups of ``n`` whose rates are spread over ``apart``, or do not differ."""
    step = np.linspace(-apart / 2, apart / 2, groups)

    def around(rate: float) -> tuple[float, ...]:
        return tuple(float(v) for v in np.round(rate + step, 6))

    text = f"{groups} groups of {n:,}, " + ("alike" if apart == 0 else "spread over 10 points")
    return Population(text, (n,) * groups, around(0.4), around(0.7), around(0.2))
