"""Counts of all models in one pass equal counting each model through the door."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count, threshold_as
from fairlab.results import Attribute, cross
from fairlab.training.evaluate import by_attribute, gap_of
from fairlab.training.people import People, counts


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
        torch.tensor(group)[:, None],
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


def test_counts_of_each_attribute_are_those_of_counting_by_it():
    """Summed from the crossing, whatever the order and number of groups; the gap is the widest."""
    rng = np.random.default_rng(0)
    n = 300
    attributes = {
        "race": Attribute(rng.integers(0, 3, n), ("x", "y", "z")),
        "sex": Attribute(rng.integers(0, 2, n), ("f", "m")),
        "age": Attribute(rng.integers(0, 4, n), ("1", "2", "3", "4")),
    }
    y, score = rng.integers(0, 2, n), rng.random(n)

    def table(names):
        found = cross(attributes, names)
        people = GroupedOutcomes.from_arrays(
            y_true=y, score=score, group=found.codes, group_names=found.names
        )
        return count(people)

    names = [attributes[name].names for name in attributes]
    apart = by_attribute(table(("race", "sex", "age")), names)
    for name, ours in zip(attributes, apart, strict=True):
        assert ours.group_names == attributes[name].names
        for cell in ("tp", "fp", "fn", "tn"):
            np.testing.assert_array_equal(getattr(ours, cell), getattr(table((name,)), cell))
    each = [float(GAPS["equalized_odds_difference"](counted)) for counted in apart]
    crossed = table(("race", "sex", "age"))
    assert float(gap_of("equalized_odds", crossed, names)) == max(each)
    assert float(gap_of("equalized_odds", crossed)) >= max(each)
