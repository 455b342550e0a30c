"""Coverage of intervals of weighted people: gaps, gaps from everyone, gaps within strata.

Weights are log-normal and know nothing of outcomes and decisions, which is what effective numbers
of people suppose.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.coverage_people import Population, many_groups
from fairlab.metrics import GAPS, audit, within_strata
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.results import Attribute

_GAPS = (
    "demographic_parity_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "demographic_parity_ratio",
)
_STRATA = 4


@dataclass(frozen=True, slots=True)
class Weighted:
    """A population whose people weigh differently.

    Attributes:
        population: Its groups.
        spread: Standard deviation of the logarithm of weights; 0 for equal ones.
    """

    population: Population
    spread: float

    @property
    def text(self) -> str:
        """In words."""
        how = "all alike" if self.spread == 0 else f"log-normal ({self.spread:g})"
        return f"{self.population.text}, weights {how}"

    def sampled(self, rng: np.random.Generator) -> GroupedOutcomes:
        """People drawn from each group, with decisions as scores."""
        drawn = self.population.sampled(1, rng)
        cells = np.stack([drawn.tp[0], drawn.fp[0], drawn.fn[0], drawn.tn[0]], axis=1)
        kind = np.repeat(np.tile(np.arange(4), len(cells)), cells.ravel())
        return GroupedOutcomes(
            y_true=np.array([1, 0, 1, 0])[kind],
            score=np.array([1.0, 1.0, 0.0, 0.0])[kind],
            group=np.repeat(np.arange(len(cells)), cells.sum(axis=1)),
            group_names=self.population.names,
            weight=np.exp(self.spread * rng.normal(size=len(kind))),
        )


_APART = replace(
    many_groups(2, 300, 0.1),
    text="2 groups of 300, 20 points apart",
    tpr=(0.8, 0.6),
    fpr=(0.3, 0.1),
)
POPULATIONS = (
    Weighted(many_groups(2, 300, 0.0), 0.0),
    Weighted(many_groups(2, 300, 0.0), 0.2),
    Weighted(many_groups(2, 300, 0.0), 0.7),
    Weighted(_APART, 0.7),
    Weighted(many_groups(4, 300, 0.0), 0.7),
    Weighted(many_groups(12, 200, 0.0), 0.7),
)


def weighted_lines(samples: int, draws: int = 1000) -> list[dict[str, Any]]:
    """Gaps between groups and from everyone, then gaps pooled over strata."""
    lines = []
    for one in POPULATIONS:
        lines += gap_lines_of(one, samples, draws)
    for spread in (0.0, 0.7):
        lines += strata_lines_of(Weighted(many_groups(2, 400, 0.0), spread), samples, draws)
    return lines


def gap_lines_of(one: Weighted, samples: int, draws: int) -> list[dict[str, Any]]:
    """Gaps between groups and one from everyone."""
    expected = one.population.expected
    truth = {name: float(GAPS[name](expected)) for name in _GAPS}
    everyone = "demographic_parity_difference"
    truth[f"{everyone}, from everyone"] = float(GAPS[everyone].to_overall(expected))
    ends: dict[str, list[tuple[float | None, float | None]]] = {name: [] for name in truth}
    for seed in range(samples):
        found = audit(one.sampled(np.random.default_rng(seed)), 0.5, draws, seed)
        for name in _GAPS:
            ends[name].append((found.gaps[name].lower, found.gaps[name].upper))
        whole = found.to_overall[everyone]
        ends[f"{everyone}, from everyone"].append((whole.lower, whole.upper))
    return [_line(name, one.text, truth[name], ends[name], samples) for name in truth]


def strata_lines_of(one: Weighted, samples: int, draws: int) -> list[dict[str, Any]]:
    """Four strata of equal shares, groups alike within each: the true pooled gaps are 0."""
    gap = "demographic_parity_difference"
    ends: dict[str, list[tuple[float | None, float | None]]] = {}
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        people = one.sampled(rng)
        names = tuple(f"s{i}" for i in range(_STRATA))
        strata = Attribute(rng.integers(0, _STRATA, people.n), names)
        found = within_strata(people, strata, gaps=(gap,), draws=draws, seed=seed).gaps[gap]
        for what, pooled in (("same mix", found.standardised), ("average", found.average)):
            ends.setdefault(f"{gap} within strata, {what}", []).append((pooled.lower, pooled.upper))
        widest = (found.widest_lower, found.widest_upper)
        ends.setdefault(f"{gap} in the stratum picked as widest", []).append(widest)
    text = one.text + ", 4 strata"
    return [_line(name, text, 0.0, found, samples) for name, found in ends.items()]


def _line(
    name: str,
    people: str,
    truth: float,
    ends: list[tuple[float | None, float | None]],
    samples: int,
) -> dict[str, Any]:
    known: FloatArray = np.array([(a, b) for a, b in ends if a is not None and b is not None])
    inside = (known[:, 0] <= truth + 1e-9) & (truth <= known[:, 1] + 1e-9)
    return {
        "what": f"{name}, weighted people",
        "people": people,
        "truth": truth,
        "coverage": float(inside.mean()),
        "samples": samples,
        "without": 1 - len(known) / samples,
        "promised": False,
        "width": float((known[:, 1] - known[:, 0]).mean()),
    }
