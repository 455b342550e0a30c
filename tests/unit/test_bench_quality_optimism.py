"""``bench quality`` picks among families: having many points is no merit, and hides none."""

import numpy as np
import pytest

from benchmarks.quality_optimism import families, normal_worth, optimism, rates
from benchmarks.quality_picks import Measured, worth_within
from benchmarks.quality_rules import best_expected, pick_of_union
from fairlab.outcomes import FloatArray

CONSTRAINTS = ["demographic_parity", "equalized_odds"]


def drawn(
    points: int, right: float, n: int, rng: np.random.Generator, constraint: str = CONSTRAINTS[0]
) -> Measured:
    """Points that are right about ``right`` of everybody and have no gap, on ``n`` people."""
    share = np.array([[right, 1 - right, 1 - right, right]] * 2) / 4
    counts = rng.multinomial(n, share.reshape(-1), size=points).reshape(points, 2, 4)
    return Measured(counts.astype(np.float64), constraint)


def test_methods_of_one_point_are_one_family() -> None:
    """Four single models are four to choose from, as four points of one method are."""
    rng = np.random.default_rng(0)
    one, many = drawn(1, 0.8, 100, rng), drawn(3, 0.8, 100, rng)
    none = Measured(np.empty((0, 0, 4)), CONSTRAINTS[0])
    assert families([one, many, none, one, many]) == [(1,), (4,), (0, 3)]
    assert families([many, none]) == [(0,)]
    assert optimism((one,), (0.05,)) == pytest.approx([0.0])


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_luck_grows_with_points_and_falls_with_people(constraint: str) -> None:
    rng = np.random.default_rng(1)

    def luck(points: int, n: int) -> float:
        found = [
            optimism((drawn(points, 0.75, n, rng, constraint),), (0.02,))[0] for _ in range(10)
        ]
        return float(np.mean(found))

    assert 0 < luck(2, 300) < luck(20, 300)
    assert luck(20, 300) > luck(20, 3000) > 0


def test_luck_is_what_the_picked_point_loses_on_other_people() -> None:
    """A part of it: half of the noise is taken to be shared, and here none of it is; and a pick
    among noisy figures with more noise added owes less to the added noise."""
    rng = np.random.default_rng(2)
    lost, said = [], []
    for _ in range(60):
        family = drawn(15, 0.75, 400, rng)
        pick, _ = best_expected(family, 1.0)  # a limit that binds nobody: accuracy alone
        lost.append(pick.accuracy - 0.75)
        said.append(optimism((family,), (1.0,))[0])
    assert 0.3 * np.mean(lost) < np.mean(said) < np.mean(lost)


def test_many_worse_points_do_not_win_by_luck() -> None:
    """Twenty models that are right 3 points less often beat three better ones less often."""
    rng = np.random.default_rng(3)
    won = {"corrected": 0, "expected": 0}
    for _ in range(40):
        methods = [drawn(20, 0.77, 150, rng), drawn(3, 0.80, 150, rng)]
        for rule in won:
            found = pick_of_union(methods, 0.2, rule)  # type: ignore[arg-type]
            assert found is not None
            won[rule] += found[0] == 0
    assert won["corrected"] < 0.75 * won["expected"]


def test_the_pick_within_a_family_is_the_expected_one() -> None:
    rng = np.random.default_rng(4)
    for _ in range(5):
        methods = [drawn(6, 0.8, 200, rng), drawn(1, 0.8, 200, rng), drawn(1, 0.7, 200, rng)]
        found = pick_of_union(methods, 0.05)
        assert found is not None
        family = [0] if found[0] == 0 else [1, 2]
        alone = pick_of_union([methods[i] for i in family], 0.05, "expected")
        assert alone is not None
        assert (family[alone[0]], alone[1]) == found


def _fresh(counts: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(20000, 2, 4) counts of people drawn anew, as many of each group."""
    groups = [rng.multinomial(int(c.sum()), c / c.sum(), size=20_000) for c in counts]
    return np.stack(groups, axis=1).astype(np.float64)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_expected_worth_is_the_plain_one_of_very_many_people(constraint: str) -> None:
    """Points of different gaps; of few people it is below, by what chance widens the gap."""
    rng = np.random.default_rng(5)
    counts: FloatArray = rng.integers(50, 500, (6, 2, 4)).astype(np.float64)
    counts[0] = [[40, 12, 10, 38], [21, 6, 5, 18]]
    plain = worth_within(counts, constraint, 0.05)
    rate, people = rates(counts)
    assert normal_worth(rate, people * 1e9, constraint, (0.05,))[0] == pytest.approx(
        plain, abs=1e-4
    )
    few = normal_worth(rate, people, constraint, (0.05,))[0]
    assert (few < plain + 1e-12).all()
    mean = worth_within(_fresh(counts[0], rng), constraint, 0.05).mean()
    assert few[0] == pytest.approx(mean, abs=0.006)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_an_undefined_gap_is_beyond_every_limit(constraint: str) -> None:
    counts = np.array([[[40.0, 10, 10, 40], [0, 0, 0, 0]], [[40, 10, 10, 40], [40, 10, 10, 40]]])
    found = normal_worth(*rates(counts), constraint, (0.05,))[0]
    assert found[0] == pytest.approx(0.8 - 0.95)
    assert np.isfinite(optimism((Measured(counts, constraint),), (0.05,))).all()
