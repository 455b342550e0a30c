"""Counts of all models in one pass equal counting each model through the door."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.outcomes import GroupedOutcomes, count
from fairlab.training.people import People, counts, threshold_as


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    threshold=st.sampled_from([0.3, 0.5, 0.7, 1 / 3, 0.1]),
    weighted=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_counts_agree_with_the_door_ties_included(n, threshold, weighted, seed):
    """Scores sit on the threshold often, and float32(0.3) is not 0.3: both must select alike."""
    rng = np.random.default_rng(seed)
    near = np.float32(threshold)
    grid = [0.0, near, np.nextafter(near, np.float32(0)), np.nextafter(near, np.float32(1)), 0.9]
    score = rng.choice(np.array(grid, dtype=np.float32), size=(3, n))
    group, y = rng.integers(0, 3, n), rng.integers(0, 2, n)
    weight = rng.uniform(0.5, 2, n) if weighted else None
    people = People(
        torch.zeros(1, n),
        torch.tensor(y),
        torch.tensor(group),
        None if weight is None else torch.tensor(weight),
    )
    ours = counts(torch.tensor(score), people, ("a", "b", "c"), threshold)
    for m in range(3):
        door = count(
            GroupedOutcomes.from_arrays(
                y_true=y,
                score=score[m].astype(np.float64),
                group=group,
                group_names=("a", "b", "c"),
                weight=weight,
            ),
            threshold,
        )
        for cell in ("tp", "fp", "fn", "tn"):
            np.testing.assert_allclose(getattr(ours, cell)[m], getattr(door, cell), atol=1e-12)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7, 1 / 3, 0.999])
def test_the_float32_threshold_is_the_least_at_or_above(threshold):
    found = threshold_as(threshold)
    assert found >= threshold
    assert float(np.nextafter(np.float32(found), np.float32(0))) < threshold
