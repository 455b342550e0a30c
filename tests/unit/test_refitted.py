"""Bands that resample the people a frontier was fitted on as well."""

import numpy as np
import pytest

from fairlab.frontier import threshold_frontier
from fairlab.frontier.refitted import refitted_draws
from fairlab.outcomes import GroupedOutcomes


def people(seed: int, n: int, weight: float | None = None) -> GroupedOutcomes:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    y = rng.random(n) < 0.3 + 0.2 * group
    return GroupedOutcomes.from_arrays(
        y_true=y,
        score=rng.normal(1.2 * y + 0.5 * group).round(1),
        group=group,
        group_names=["a", "b"],
        weight=None if weight is None else np.full(n, weight),
    )


@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds", "accuracy_parity"])
def test_draws_lie_around_the_frontier_measured_on_the_same_people(constraint: str) -> None:
    """With many people a draw is the frontier itself, up to their noise."""
    there, here = people(0, 40_000), people(1, 40_000)
    frontier = threshold_frontier(there, constraint, 1, 2)
    slacks, accuracy, cost, gap = refitted_draws(frontier, there, here, 12, 0)
    exact = frontier.evaluate(here, draws=0)
    for drawn, found, within in (
        (accuracy, exact.accuracy, 0.02),
        (cost, exact.cost, 0.006),
        (gap, exact.gap, 0.02),
    ):
        wanted = np.interp(slacks, exact.slack, found)
        assert np.abs(drawn.mean(axis=0) - wanted).max() < within


def test_bands_with_both_noises_are_no_narrower_than_with_one() -> None:
    """Few people to fit on, many to measure on: only refitting shows how unsure the line is."""
    there, here = people(2, 300), people(3, 20_000)
    frontier = threshold_frontier(there)
    both, alone = (frontier.evaluate(here, 120, refit=refit) for refit in (there, None))
    width = [np.diff(e.gap_band, axis=1)[:, 0] for e in (both, alone)]
    assert (width[0] > 1.5 * width[1]).all()
    assert both.refitted
    assert not alone.refitted
    assert "fit anew" in both.notes[0]
    assert (both.gap_band[:, 0] <= both.gap + 1e-12).all()
    assert (both.accuracy_band[:, 0] <= both.accuracy).all()
    assert (both.accuracy <= both.accuracy_band[:, 1]).all()


def test_the_same_seed_gives_the_same_bands_and_weights_that_are_equal_change_nothing() -> None:
    """Everybody counting half is everybody counting once."""
    there, here = people(4, 200), people(5, 200)
    frontier = threshold_frontier(there)
    first, second = (frontier.evaluate(here, 60, seed=3, refit=there) for _ in range(2))
    np.testing.assert_array_equal(first.gap_band, second.gap_band)
    lighter = [people(4, 200, 0.5), people(5, 200, 0.5)]
    weighted = threshold_frontier(lighter[0]).evaluate(lighter[1], 60, seed=3, refit=lighter[0])
    np.testing.assert_allclose(weighted.gap_band, first.gap_band, atol=1e-9)


def test_no_draws_no_band() -> None:
    """And no claim of having fitted anew."""
    there = people(6, 60)
    found = threshold_frontier(there).evaluate(there, 0, refit=there)
    assert not found.refitted
    assert np.isnan(found.gap_band).all()
