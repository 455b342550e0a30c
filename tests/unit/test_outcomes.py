"""The door: what is accepted, what is refused with which words, and exact counting."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.outcomes import Counts, GroupedOutcomes, count

person = st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.25, 0.5, 0.75]), st.integers(0, 2))
people = st.lists(person, min_size=1, max_size=30)


def outcomes_of(rows, weight=None):
    y, score, group = zip(*rows, strict=True)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names=("A", "B", "C"), weight=weight
    )


@given(people, st.sampled_from([0.0, 0.25, 0.3, 0.5, 0.75, 1.0, float("inf")]))
def test_counts_equal_counting_people_one_by_one(rows, threshold):
    """Selected means score >= threshold; every person falls in exactly one cell."""
    counts = count(outcomes_of(rows), threshold)
    for g in range(3):
        inside = [(y, s >= threshold) for y, s, group in rows if group == g]
        assert counts.tp[g] == sum(y == 1 and d for y, d in inside)
        assert counts.fp[g] == sum(y == 0 and d for y, d in inside)
        assert counts.fn[g] == sum(y == 1 and not d for y, d in inside)
        assert counts.tn[g] == sum(y == 0 and not d for y, d in inside)
    assert counts.n.sum() == len(rows)
    assert counts.tp.dtype == np.int64


def test_a_score_on_the_threshold_is_selected():
    """The threshold itself selects: >= and not >."""
    counts = count(outcomes_of([(1, 0.5, 0)]), 0.5)
    assert counts.tp[0] == 1
    assert counts.fn[0] == 0


@given(people, st.randoms(use_true_random=False))
def test_order_of_people_does_not_matter(rows, random):
    """Shuffling people changes no count."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = count(outcomes_of(rows)), count(outcomes_of(shuffled))
    for field in ("tp", "fp", "fn", "tn"):
        assert (getattr(one, field) == getattr(other, field)).all()


@given(people)
def test_whole_weights_count_like_repeated_people(rows):
    """Weight 2 for everyone doubles every count, as floats."""
    weighted = count(outcomes_of(rows, weight=[2.0] * len(rows)))
    doubled = count(outcomes_of([*rows, *rows]))
    assert weighted.tp.dtype == np.float64
    assert (weighted.tp == doubled.tp).all()
    assert (weighted.tn == doubled.tn).all()


def test_overall_sums_groups():
    """The whole population is the sum of its groups, as one group."""
    counts = Counts(np.array([1, 2]), np.array([3, 4]), np.array([5, 6]), np.array([7, 8]))
    whole = counts.overall()
    assert whole.tp.tolist() == [3]
    assert whole.n.tolist() == [36]
    assert whole.group_names == ("everyone",)


def test_groups_without_names_are_the_sorted_labels():
    """Any kind of label becomes a group name; pandas columns are accepted."""
    outcomes = GroupedOutcomes.from_arrays(
        y_true=pd.Series([True, False, True]),
        score=pd.Series([0.1, 0.2, 0.3]),
        group=pd.Series(["b", "a", "b"]),
    )
    assert outcomes.group_names == ("a", "b")
    assert outcomes.group.tolist() == [1, 0, 1]
    assert outcomes.y_true.tolist() == [1, 0, 1]


def test_arrays_are_copied_and_read_only():
    """Later changes of the caller's array do not reach the outcomes, nor can anyone write."""
    score = np.array([0.1, 0.9])
    outcomes = GroupedOutcomes.from_arrays(y_true=[0, 1], score=score, group=["a", "b"])
    score[0] = 1
    assert outcomes.score[0] == 0.1
    with pytest.raises(ValueError, match="read-only"):
        outcomes.score[0] = 1


GOOD = {"y_true": [0, 1], "score": [0.1, 0.9], "group": [0, 1]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y_true": [1, 2]}, "found .2"),
        ({"y_true": ["yes", "no"]}, "favourable"),
        ({"score": [0.1, float("nan")]}, "1 of 2 are missing or infinite"),
        ({"score": [0.1, float("inf")]}, "position 1"),
        ({"score": ["a", "b"]}, "must be numbers"),
        ({"score": [0.1]}, "one entry per person"),
        ({"score": [[0.1], [0.9]]}, "ravel"),
        ({"group": [None, "a"]}, "no group"),
        ({"group": [0, 2], "group_names": ("A", "B")}, r"indices 0\.\.1"),
        ({"group": [0, 1], "group_names": ("A", "A")}, "must differ"),
        ({"weight": [1.0, 0.0]}, "positive"),
        ({"weight": [1.0, float("nan")]}, "Weights must be finite"),
        ({"y_true": [], "score": [], "group": []}, "no people"),
    ],
)
def test_refuses_with_what_was_found_and_a_remedy(change, words):
    """Each kind of bad input is named in the message."""
    with pytest.raises(InputError, match=words):
        GroupedOutcomes.from_arrays(**{**GOOD, **change})


def test_all_problems_are_listed_together():
    """A bad label and a bad score are both reported at once."""
    with pytest.raises(InputError) as caught:
        GroupedOutcomes.from_arrays(y_true=[0, 3], score=[0.1, np.nan], group=[0, 1])
    assert len(caught.value.problems) == 2
