"""A move between two models in people: who gains, who loses, and what their outcomes were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.outcomes import GroupedOutcomes
from fairlab.sweeps.people import Moved, moves, net_interval, people_moved

PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 2),
        st.sampled_from([0.0, 0.3, 0.5, 0.7]),
        st.sampled_from([0.0, 0.3, 0.5, 0.7]),
    ),
    min_size=1,
    max_size=40,
)


def outcomes(y: list[int], score: list[float], group: list[int]) -> GroupedOutcomes:
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names=("Black", "White", "nobody")
    )


def test_a_move_counted_by_hand() -> None:
    """Six people whose fates are all different."""
    y = [1, 0, 1, 0, 1, 0]
    group = [0, 0, 0, 1, 1, 1]
    before = outcomes(y, [0.1, 0.1, 0.9, 0.9, 0.9, 0.1], group)
    after = outcomes(y, [0.5, 0.6, 0.9, 0.2, 0.49, 0.2], group)
    moved = people_moved(before, after)
    black, white, nobody = moved.groups
    assert (black.gained_favourable, black.gained_unfavourable, black.lost) == (1, 1, 0)
    assert (white.lost_favourable, white.lost_unfavourable, white.gained) == (1, 1, 0)
    assert (black.selected_before, black.selected_after, black.net) == (1, 3, 2)
    assert black.per_1000(black.gained) == pytest.approx(2000 / 3)
    assert nobody.per_1000(nobody.gained) is None
    assert (moved.everyone.n, moved.everyone.net) == (6, 0)
    assert not moved.levelling_down
    assert not moved.no_group_gains


def test_the_threshold_itself_is_selected() -> None:
    """score >= threshold, on both sides of the move."""
    people = outcomes([1], [0.5], [0])
    moved = people_moved(people, people, threshold_before=0.5, threshold_after=0.6)
    assert (moved.everyone.selected_before, moved.everyone.lost_favourable) == (1, 1)


def test_levelling_down_is_only_when_nobody_gains() -> None:
    """One gain in a group that loses more still means that no group gains."""
    base = {"y_true": [1, 1, 1], "group": [0, 0, 1], "group_names": ("a", "b")}
    down = moves(**base, before=[True, True, True], after=[False, True, True])
    assert down.levelling_down
    assert down.no_group_gains
    mixed = moves(
        y_true=[1] * 4,
        group=[0, 0, 0, 1],
        group_names=("a", "b"),
        before=[True, True, False, True],
        after=[False, False, True, True],
    )
    assert not mixed.levelling_down
    assert mixed.no_group_gains
    same = moves(**base, before=[True] * 3, after=[True] * 3)
    assert not same.levelling_down
    assert not same.no_group_gains


def test_weights_are_summed() -> None:
    moved = moves(
        y_true=[1, 0],
        group=[0, 0],
        group_names=("a",),
        before=[False, False],
        after=[True, True],
        weight=[2.5, 1.0],
    )
    assert (moved.everyone.gained_favourable, moved.everyone.gained_unfavourable) == (2.5, 1.0)
    assert moved.everyone.per_1000(moved.everyone.gained) == 1000


def test_different_people_are_refused() -> None:
    """Numbers, labels, groups and group names must all agree."""
    people = outcomes([1, 0], [0.1, 0.9], [0, 1])
    with pytest.raises(InputError, match="2 and 1"):
        people_moved(people, outcomes([1], [0.1], [0]))
    for other in (
        outcomes([0, 0], [0.1, 0.9], [0, 1]),
        outcomes([1, 0], [0.1, 0.9], [1, 1]),
        GroupedOutcomes.from_arrays(
            y_true=[1, 0], score=[0.1, 0.9], group=[0, 1], group_names=("x", "y", "z")
        ),
        GroupedOutcomes.from_arrays(
            y_true=[1, 0],
            score=[0.1, 0.9],
            group=[0, 1],
            group_names=("Black", "White", "nobody"),
            weight=[1.0, 2.0],
        ),
    ):
        with pytest.raises(InputError, match="different people"):
            people_moved(people, other)


@given(PEOPLE)
def test_books_balance_and_the_way_back_is_the_mirror(people: list[tuple]) -> None:  # type: ignore[type-arg]
    y, group, first, second = (list(column) for column in zip(*people, strict=True))
    before, after = outcomes(y, first, group), outcomes(y, second, group)
    there, back = people_moved(before, after), people_moved(after, before)
    pairs = zip((*there.groups, there.everyone), (*back.groups, back.everyone), strict=True)
    for one, other in pairs:
        assert one.selected_before + one.gained - one.lost == one.selected_after
        assert one.gained_favourable == other.lost_favourable
        assert one.lost_unfavourable == other.gained_unfavourable
    total = there.everyone
    assert sum(g.gained for g in there.groups) == total.gained
    newly = (np.array(second) >= 0.5) & (np.array(first) < 0.5)
    assert total.gained == newly.sum()
    assert total.gained_favourable == (newly & (np.array(y) == 1)).sum()


def moved(n: float, gained: float, lost: float) -> Moved:
    return Moved("a", n, 0, 0, gained, 0, lost, 0)


def test_net_interval_follows_the_published_formula() -> None:
    """Agresti and Min 2005, worked by hand: n = 98, 10 gained, 4 lost."""
    lower, upper = net_interval(moved(98, 10, 4))  # type: ignore[misc]
    net = (10.5 - 4.5) / 100
    half = 1.959963984540054 * np.sqrt(((10.5 + 4.5) / 100 - net**2) / 100)
    assert (lower, upper) == pytest.approx((1000 * (net - half), 1000 * (net + half)))


def test_net_interval_of_extremes() -> None:
    """Nobody moved is still uncertain, bounds stay within everybody, nobody there is no answer."""
    lower, upper = net_interval(moved(50, 0, 0))  # type: ignore[misc]
    assert lower < 0 < upper
    assert upper == pytest.approx(-lower)
    assert net_interval(moved(3, 3, 0))[1] == 1000  # type: ignore[index]
    assert net_interval(moved(0, 0, 0)) is None
    narrow, wide = net_interval(moved(4000, 400, 100)), net_interval(moved(40, 4, 1))
    assert narrow is not None
    assert wide is not None
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
