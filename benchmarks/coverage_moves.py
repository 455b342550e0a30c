"""Coverage of what a move means in people of a population, and of what it is worth.

Two groups whose people's outcomes and both decisions have known chances. Weights know nothing of
who moves (log-normal), or people who move were sampled more or less often than others, and their
weights make up for it. Run: ``python -m benchmarks.coverage_moves``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray, IntArray
from fairlab.sweeps.costs import Values, benefit
from fairlab.sweeps.expected import ASKED, Population, in_population
from fairlab.sweeps.people import PeopleMoved, moves

_NAMES = ("a", "b")
# Chances of the eight cells (outcome, before, after), unfavourable and not selected first.
_CELLS = np.array(
    [
        [0.25, 0.03, 0.01, 0.06, 0.15, 0.06, 0.01, 0.43],
        [0.12, 0.005, 0.03, 0.06, 0.06, 0.01, 0.04, 0.675],
    ]
)
_VALUES = Values(1, -5, -0.5, 0)
_MOVERS = (1, 2, 5, 6)


@dataclass(frozen=True, slots=True)
class Scenario:
    """How people are sampled.

    Attributes:
        text: In words.
        n: People per group; with the table's own mix, on average.
        own_mix: Whether the population is mixed half and half rather than as sampled.
        spread: Standard deviation of the logarithm of weights; None without weights.
        movers: How much more often people who move are sampled.
    """

    text: str
    n: tuple[int, int]
    own_mix: bool
    spread: float | None = None
    movers: float = 1.0

    def sampled(self, rng: np.random.Generator) -> PeopleMoved:
        """One sample, counted."""
        group = np.repeat([0, 1], self.n)
        if not self.own_mix:
            group = (rng.random(sum(self.n)) >= self.n[0] / sum(self.n)).astype(np.int64)
        tilted = _CELLS * np.where(np.isin(np.arange(8), _MOVERS), self.movers, 1.0)
        tilted = tilted / tilted.sum(axis=1, keepdims=True)
        draw = rng.random(len(group))[:, None]
        cell = np.minimum((draw > tilted.cumsum(axis=1)[group]).sum(axis=1), 7)
        weight = None
        if self.spread is not None:
            weight = (_CELLS / tilted)[group, cell] * np.exp(
                self.spread * rng.normal(size=len(group))
            )
        return _counted(group, cell, weight)


def _counted(group: IntArray, cell: IntArray, weight: FloatArray | None) -> PeopleMoved:
    return moves(
        y_true=cell // 4,
        group=group,
        group_names=_NAMES,
        before=(cell // 2) % 2,
        after=cell % 2,
        weight=weight,
    )


def _scenarios() -> list[Scenario]:
    found = []
    for n in ((60, 250), (400, 1500)):
        sizes = f"{n[0]} and {n[1]:,} people"
        found += [
            Scenario(f"{sizes}, mixed as in the table", n, False),
            Scenario(f"{sizes}, mixed half and half", n, True),
            Scenario(f"{sizes}, half and half, weights log-normal (0.8)", n, True, 0.8),
            Scenario(
                f"{sizes}, half and half, movers sampled three times as often", n, True, 0.4, 3
            ),
            Scenario(
                f"{sizes}, half and half, movers sampled 0.4 times as often", n, True, 0.4, 0.4
            ),
        ]
    return found


def truth(scenario: Scenario) -> Mapping[tuple[str, int], float]:
    """Shares, net change and worth per person of each group and of everyone (2)."""
    first = 0.5 if scenario.own_mix else scenario.n[0] / sum(scenario.n)
    mix = np.array([first, 1 - first])
    found: dict[tuple[str, int], float] = {}
    rows = {name: _CELLS[:, list(cells)].sum(axis=1) for name, cells in ASKED.items()}
    rows["net"] = rows["gained"] - rows["lost"]
    for when in ("before", "after", "change"):
        rows[when] = _CELLS @ np.array(_VALUES.scores(when))
    for name, values in rows.items():
        found |= {(name, 0): values[0], (name, 1): values[1], (name, 2): float(mix @ values)}
    return found


def coverage(
    scenario: Scenario, samples: int, rng: np.random.Generator
) -> dict[tuple[str, int], float]:
    """Share of samples in which each interval holds the truth."""
    wanted, population = truth(scenario), Population(1.0)
    if scenario.own_mix:
        population = Population(1.0, {"a": 0.5, "b": 0.5})
    hits: dict[tuple[str, int], list[bool]] = {key: [] for key in wanted}
    for _ in range(samples):
        moved = scenario.sampled(rng)
        found, worth = in_population(moved, population), benefit(moved, _VALUES, population)
        for (name, place), true in wanted.items():
            source = worth if name in ("before", "after", "change") else found
            row = (*source.groups, source.everyone)[place]
            number = getattr(row, name)
            if number.lower is not None and row.people > 0:
                low, high = number.lower / row.people, number.upper / row.people
                hits[name, place].append(low - 1e-12 <= true <= high + 1e-12)
    return {key: float(np.mean(kept)) for key, kept in hits.items()}


def main(samples: int = 1000) -> None:
    """Print a line of a Markdown table per scenario."""
    rng = np.random.default_rng(7)
    for scenario in _scenarios():
        found = coverage(scenario, samples, rng)
        names = {"who moves": tuple(ASKED), "net": ("net",), "worth": ("before", "after", "change")}
        parts = []
        for name, asked in names.items():
            own = [value for (one, _), value in found.items() if one in asked]
            parts.append(f"{name} {100 * np.mean(own):.1f} % ({100 * min(own):.1f})")
        print(f"| {scenario.text} | {'; '.join(parts)} |", flush=True)


if __name__ == "__main__":
    main()
