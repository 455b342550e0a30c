"""The compatibility table against a programme written from the definitions, and brute force."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from fairlab.impossibility import CRITERIA, compatibility
from fairlab.outcomes import GroupedOutcomes

Floats = NDArray[np.float64]
LEAST, APART, WITHIN = 0.02, 0.5, 0.05


def small_people(seed: int, groups: int, *, weighted: bool = False) -> GroupedOutcomes:
    """A few dozen people, scores from a small set so that ties are common."""
    rng = np.random.default_rng(seed)
    n = 30 * groups
    group = np.repeat(np.arange(groups), 30)
    y = (rng.random(n) < rng.uniform(0.25, 0.75, groups)[group]).astype(int)
    y[group == 0][:1] = 1
    for g in range(groups):  # both outcomes in every group
        first, second = np.flatnonzero(group == g)[:2]
        y[first], y[second] = 0, 1
    score = np.round(y * 0.3 + rng.random(n), 1)
    weight = rng.choice([0.5, 1.0, 2.5], n) if weighted else None
    return GroupedOutcomes.from_arrays(y_true=y, score=score, group=group, weight=weight)


class Definition:
    """Every threshold of every group as a column: no hulls, no corners, no shared code."""

    def __init__(self, people: GroupedOutcomes) -> None:
        weight = np.ones(people.n) if people.weight is None else people.weight
        self.cells: list[dict[str, Floats]] = []
        for g in range(people.n_groups):
            own = people.group == g
            y, s, w = people.y_true[own], people.score[own], weight[own]
            cuts = [*np.unique(s), np.inf]
            tp = np.array([w[(s >= c) & (y == 1)].sum() for c in cuts])
            fp = np.array([w[(s >= c) & (y == 0)].sum() for c in cuts])
            n1, n0 = w[y == 1].sum(), w[y == 0].sum()
            self.cells.append({"tp": tp, "fp": fp, "n1": np.array(n1), "n0": np.array(n0)})
        self.ends = np.concatenate([[0], np.cumsum([len(c["tp"]) for c in self.cells])])
        self.n = sum(float(c["n1"] + c["n0"]) for c in self.cells)
        self._floors = self._find_floors()

    def rows(self, what: str) -> tuple[list[Floats], list[Floats]]:
        """Numerators and denominators of a rate, by threshold, per group."""
        top, bottom = [], []
        for c in self.cells:
            n, one = float(c["n1"] + c["n0"]), np.ones(len(c["tp"]))
            parts = {
                "demographic_parity": ((c["tp"] + c["fp"]) / n, one),
                "equal_opportunity": (c["tp"] / c["n1"], one),
                "predictive_equality": (c["fp"] / c["n0"], one),
                "accuracy_parity": ((c["tp"] + c["n0"] - c["fp"]) / n, one),
                "predictive_parity": (c["tp"] / n, (c["tp"] + c["fp"]) / n),
                "negative_predictive_parity": (
                    (c["n0"] - c["fp"]) / n,
                    (n - c["tp"] - c["fp"]) / n,
                ),
            }[what]
            top.append(parts[0])
            bottom.append(parts[1])
        return top, bottom

    def solve(
        self, objective: Floats, table: Floats, limits: Floats, extra: int
    ) -> tuple[float | None, Floats]:
        """Least objective over mixtures of thresholds that select and refuse enough."""
        size = int(self.ends[-1])
        groups = len(self.cells)
        sums, shares, ends = np.zeros((groups, size + extra)), [], []
        for g, c in enumerate(self.cells):
            own = slice(self.ends[g], self.ends[g + 1])
            sums[g, own] = 1
            row = np.zeros(size + extra)
            row[own] = (c["tp"] + c["fp"]) / float(c["n1"] + c["n0"])
            shares += [-row, row]
            ends += [-LEAST, 1 - LEAST]
        found = linprog(
            objective,
            A_ub=np.vstack([*shares, table]) if len(table) else np.array(shares),
            b_ub=np.concatenate([ends, limits]),
            A_eq=sums,
            b_eq=np.ones(groups),
            bounds=[(0, None)] * size + [(None, None)] * extra,
            method="highs",
        )
        return (float(found.fun), found.x) if found.status == 0 else (None, np.zeros(0))

    def floors(self, extra: int) -> tuple[Floats, Floats]:
        """Rows and limits of the two floors, with columns for extras."""
        return np.hstack([self._floors[0], np.zeros((2, extra))]), self._floors[1]

    def _find_floors(self) -> tuple[Floats, Floats]:
        """Accuracy within the distance of the best, and half its TPR − FPR by group."""
        size = int(self.ends[-1])
        right, apart = np.zeros(size), np.zeros(size)
        for g, c in enumerate(self.cells):
            own = slice(self.ends[g], self.ends[g + 1])
            right[own] = (c["tp"] + c["n0"] - c["fp"]) / self.n
            share = float(c["n1"] + c["n0"]) / self.n
            apart[own] = share * (c["tp"] / c["n1"] - c["fp"] / c["n0"])
        none = np.zeros((0, size))
        best = -(self.solve(-right, none, np.zeros(0), 0)[0] or 0.0)
        most = -(self.solve(-apart, -right[None], np.array([1e-10 - best]), 0)[0] or 0.0)
        return -np.stack([right, apart]), np.array([WITHIN - best, -APART * most])

    def least_worst(self, criteria: tuple[str, ...], values: Floats) -> float:
        """Bisection on t over a grid of lowest PPVs and NPVs, one programme each."""
        ratios = [c for c in criteria if CRITERIA[c].kind == "ratio"]
        if not ratios:
            return self._at(criteria, {}, 1.0)[0]
        least = 1.0
        for v in product(values, repeat=len(ratios)):
            at = dict(zip(ratios, v, strict=True))
            if self._at(criteria, at, least - 1e-4)[0] > 1e-9:
                continue
            low, high = 0.0, least
            while high - low > 1e-4:
                middle = (low + high) / 2
                feasible = self._at(criteria, at, middle)[0] <= 1e-9
                low, high = (low, middle) if feasible else (middle, high)
            least = high
        return least

    def _at(
        self, criteria: tuple[str, ...], at: dict[str, float], t: float
    ) -> tuple[float, Floats]:
        """Linear criteria only: their least worst gap. Else: the least excess over t."""
        size, linear = int(self.ends[-1]), [c for c in criteria if c not in at]
        extra = len(linear) + 1
        rows, limits = [], []
        for name in criteria:
            top, bottom = self.rows(name)
            for g in range(len(self.cells)):
                own = slice(self.ends[g], self.ends[g + 1])
                for side in (1, -1):
                    row = np.zeros(size + extra)
                    if name in at:
                        low = at[name] + (t if side > 0 else 0)
                        row[own] = side * (top[g] - low * bottom[g])
                        row[-1] = -1
                        limits.append(0.0)
                    else:
                        row[own] = side * top[g]
                        row[size + linear.index(name)] = -side
                        row[-1] = -1 if side > 0 else 0
                        limits.append(t if at and side > 0 else 0.0)
                    rows.append(row)
        floors, ends = self.floors(extra)
        objective = np.zeros(size + extra)
        objective[-1] = 1
        found, x = self.solve(
            objective, np.vstack([*rows, floors]), np.concatenate([limits, ends]), extra
        )
        assert found is not None
        return found, x


@pytest.mark.parametrize("seed", range(15))
def test_linear_criteria_equal_a_programme_over_every_threshold(seed: int) -> None:
    """Two to four groups, ties, weights in every third: all sets of linear criteria."""
    people = small_people(seed, 2 + seed % 3, weighted=seed % 3 == 0)
    table = compatibility(
        people,
        [name for name in CRITERIA if CRITERIA[name].kind == "linear"],
        within=WITHIN,
        least_share=LEAST,
        tells_apart=APART,
    )
    definition = Definition(people)
    assert table.check(exact=True)
    for entry in table.entries:
        least = definition.least_worst(entry.criteria, np.zeros(0))
        assert entry.upper == pytest.approx(least, abs=2e-8), entry.criteria
        assert entry.lower == pytest.approx(least, abs=2e-8), entry.criteria


@pytest.mark.parametrize("seed", range(70, 74))
def test_predictive_parity_is_never_beaten_by_a_grid_of_programmes(seed: int) -> None:
    """No lowest PPV (or NPV) on a fine grid gives less than the proved bound, and the grid comes
    close to what the rule attains. Either ratio with two linear criteria; two and three groups."""
    people = small_people(seed, 2 + seed % 2, weighted=seed % 4 == 0)
    ratio = "predictive_parity" if seed % 2 else "negative_predictive_parity"
    linear = ("demographic_parity", "equal_opportunity", "predictive_equality", "accuracy_parity")
    criteria = (ratio, linear[seed % 4])
    entry = compatibility(
        people, criteria, WITHIN, (2,), least_share=LEAST, tells_apart=APART
    ).entry(*criteria)
    step = 0.02
    grid = Definition(people).least_worst(entry.criteria, np.arange(0, 1, step))
    assert entry.upper is not None
    assert entry.lower is not None
    assert entry.upper - entry.lower <= 1.001e-4
    assert grid >= entry.lower - 1e-6
    assert grid <= entry.upper + step + 2e-4


def test_both_predictive_parities_at_once_against_a_grid() -> None:
    people = small_people(98, 2)
    criteria = ("predictive_parity", "negative_predictive_parity", "equal_opportunity")
    entry = compatibility(
        people, criteria, WITHIN, (3,), least_share=LEAST, tells_apart=APART
    ).entry(*criteria)
    grid = Definition(people).least_worst(entry.criteria, np.arange(0.2, 1, 0.04))
    assert entry.lower is not None
    assert entry.upper is not None
    assert entry.lower - 1e-6 <= grid <= entry.upper + 0.0402


@pytest.mark.parametrize("seed", range(90, 94))
def test_no_pair_of_randomised_thresholds_beats_the_bound(seed: int) -> None:
    """Brute force: every pair of thresholds per group mixed in steps of a fifth, both groups."""
    people = small_people(seed, 2)
    table = compatibility(
        people, within=WITHIN, size=(1, 2), least_share=LEAST, tells_apart=APART, tolerance=1e-3
    )
    definition = Definition(people)
    points = []
    for c in definition.cells:
        pairs = np.stack([c["fp"], c["tp"]], axis=1)
        shares = np.linspace(0, 1, 6)[:, None, None, None]
        mixed = (shares * pairs[None, :, None] + (1 - shares) * pairs[None, None, :]).reshape(-1, 2)
        points.append(np.unique(mixed.round(9), axis=0))
    (a, b), (ca, cb) = points, definition.cells
    first, second = (x.ravel() for x in np.meshgrid(np.arange(len(a)), np.arange(len(b))))
    fp = np.stack([a[first, 0], b[second, 0]], axis=1)
    tp = np.stack([a[first, 1], b[second, 1]], axis=1)
    n0, n1 = (np.array([float(ca[k]), float(cb[k])]) for k in ("n0", "n1"))
    n = n0 + n1
    accuracy = (tp + n0 - fp).sum(axis=1) / n.sum()
    apart = ((tp / n1 - fp / n0) * n).sum(axis=1) / n.sum()
    share = (tp + fp) / n
    reach = table.reach
    counts = (accuracy >= reach.accuracy_floor) & (apart >= reach.apart_floor)
    counts &= ((share >= LEAST) & (share <= 1 - LEAST)).all(axis=1)
    assert counts.sum() > 100
    fp, tp = fp[counts], tp[counts]
    rates = {
        "demographic_parity": (tp + fp) / n,
        "equal_opportunity": tp / n1,
        "predictive_equality": fp / n0,
        "predictive_parity": tp / (tp + fp),
        "negative_predictive_parity": (n0 - fp) / (n - tp - fp),
        "accuracy_parity": (tp + n0 - fp) / n,
    }
    gaps = {name: np.ptp(values, axis=1) for name, values in rates.items()}
    for entry in table.entries:
        worst = np.max([gaps[name] for name in entry.criteria], axis=0)
        assert entry.lower is not None
        assert worst.min() >= entry.lower - 1e-9, entry.criteria
