"""A move in people of a population a person names: expected numbers, intervals, and their worth."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.metrics.intervals import wilson
from fairlab.sweeps.costs import Values, benefit
from fairlab.sweeps.expected import Population, in_population
from fairlab.sweeps.people import PeopleMoved, moves

PEOPLE = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.booleans(), st.booleans()),
    min_size=1,
    max_size=40,
)
MOVES = ("gained_favourable", "gained_unfavourable", "lost_favourable", "lost_unfavourable")


def small(weight: list[float] | None = None) -> PeopleMoved:
    """Four of a: one newly selected with each outcome, one lost with each. Eight of b: all stay."""
    return moves(
        y_true=[1, 0, 1, 0] + [1] * 8,
        group=[0] * 4 + [1] * 8,
        group_names=("a", "b"),
        before=[False, False, True, True] + [True] * 8,
        after=[True, True, False, False] + [True] * 8,
        weight=weight,
    )


def test_a_population_is_filled_at_the_rates_found_in_each_group() -> None:
    """1,000 people, half of each group: 125 of a in each of its four cells, none of b."""
    found = in_population(small(), Population(1000, {"a": 1, "b": 1}))
    a, b = found.groups
    assert [getattr(a, name).value for name in MOVES] == [125.0] * 4
    assert [getattr(b, name).value for name in MOVES] == [0.0] * 4
    assert (a.gained.value, a.lost.value, a.net.value) == (250.0, 250.0, 0.0)
    assert found.everyone.gained.value == pytest.approx(250.0)
    low, high = wilson(1, 4)
    assert a.gained_favourable.lower == pytest.approx(500 * float(low))
    assert a.gained_favourable.upper == pytest.approx(500 * float(high))
    assert b.gained.upper == pytest.approx(500 * float(wilson(0, 8)[1])), "nobody found is not 0"


def test_the_tables_own_mix_gives_the_tables_own_numbers() -> None:
    """As many people as counted, mixed as counted: everybody's numbers are the counts."""
    found = in_population(small(), Population(12))
    assert found.everyone.gained_favourable.value == pytest.approx(1.0)
    assert found.everyone.gained_favourable.upper == pytest.approx(12 * float(wilson(1, 12)[1]))
    assert found.shares == {"a": 4 / 12, "b": 8 / 12}


def test_the_mix_moves_the_total_and_not_the_groups_rates() -> None:
    """With a alone in the population, b plays no part, and the other way round."""
    only_a = in_population(small(), Population(100, {"a": 3, "b": 0}))
    assert only_a.everyone.gained.value == pytest.approx(50.0)
    assert only_a.groups[1].gained.upper == 0.0, "nobody of b is there"
    only_b = in_population(small(), Population(100, {"a": 0, "b": 3}))
    assert only_b.everyone.gained.value == 0.0


def test_a_group_nobody_was_measured_of_leaves_everyone_unknown() -> None:
    """Unless the population has none of it either."""
    moved = moves(y_true=[1], group=[0], group_names=("a", "b"), before=[False], after=[True])
    asked = in_population(moved, Population(10, {"a": 1, "b": 1}))
    assert asked.unknown == ("b",)
    assert asked.everyone.net.value is None
    assert asked.groups[1].gained.value is None
    without = in_population(moved, Population(10, {"a": 1, "b": 0}))
    assert without.everyone.net.value == pytest.approx(10)


@pytest.mark.parametrize(
    "population",
    [
        Population(0),
        Population(float("nan")),
        Population(10, {"a": 1}),
        Population(10, {"a": 1, "b": 1, "c": 1}),
        Population(10, {"a": -1, "b": 2}),
        Population(10, {"a": 0, "b": 0}),
    ],
)
def test_populations_that_are_none_are_refused(population: Population) -> None:
    with pytest.raises(InputError):
        in_population(small(), population)


def test_equal_weights_are_as_good_as_none_and_unequal_ones_worse() -> None:
    """Effective numbers: weights of 3 change nothing, uneven ones widen every interval."""
    plain, alike = in_population(small()), in_population(small([3.0] * 12))
    uneven = in_population(small([1.0, 5.0] * 6))
    for name in (*MOVES, "net"):
        one, other = getattr(plain.groups[0], name), getattr(alike.groups[0], name)
        assert other.value == pytest.approx(one.value)
        assert (other.lower, other.upper) == pytest.approx((one.lower, one.upper))
    net, wider = alike.groups[1].gained, uneven.groups[1].gained
    assert wider.upper / uneven.groups[1].people > net.upper / alike.groups[1].people


def test_twice_the_people_say_the_same_more_surely() -> None:
    once = in_population(small()).everyone.gained
    twice = moves(
        y_true=([1, 0, 1, 0] + [1] * 8) * 2,
        group=([0] * 4 + [1] * 8) * 2,
        group_names=("a", "b"),
        before=([False, False, True, True] + [True] * 8) * 2,
        after=([True, True, False, False] + [True] * 8) * 2,
    )
    again = in_population(twice).everyone.gained
    assert again.value == pytest.approx(once.value)
    assert again.upper - again.lower < once.upper - once.lower


@given(PEOPLE, st.sampled_from([None, {"a": 0.2, "b": 0.8}]), st.booleans())
def test_numbers_lie_in_their_intervals_and_add_up(
    people: list[tuple[int, int, bool, bool]], mix: dict[str, float] | None, weighted: bool
) -> None:
    y, group, first, second = (list(column) for column in zip(*people, strict=True))
    weight = [1.0 + (i % 3) for i in range(len(y))] if weighted else None
    moved = moves(
        y_true=y, group=group, group_names=("a", "b"), before=first, after=second, weight=weight
    )
    found = in_population(moved, Population(500, mix))
    for one in (*found.groups, found.everyone):
        if one.net.value is None:
            continue
        parts = [getattr(one, name).value for name in MOVES]
        assert sum(parts[:2]) == pytest.approx(one.gained.value, abs=1e-9)
        assert sum(parts[:2]) - sum(parts[2:]) == pytest.approx(one.net.value, abs=1e-9)
        for name in (*MOVES, "gained", "lost", "net"):
            number = getattr(one, name)
            assert number.lower <= number.value + 1e-9
            assert number.value <= number.upper + 1e-9
            low = 0 if name != "net" else -one.people
            assert low - 1e-6 <= number.lower
            assert number.upper <= one.people + 1e-6
    if found.everyone.net.value is not None:
        total = sum(one.net.value or 0.0 for one in found.groups)
        assert total == pytest.approx(found.everyone.net.value, abs=1e-9)


def test_a_move_is_worth_what_its_movers_gain_and_lose() -> None:
    """By hand: newly selected 10 and −7, no longer −10 and 7, per person; and the levels."""
    values = Values(
        selected_favourable=8,
        selected_unfavourable=-6,
        refused_favourable=-2,
        refused_unfavourable=1,
    )
    found = benefit(small(), values, Population(4, {"a": 1, "b": 0}))
    a = found.groups[0]
    assert a.before.value == pytest.approx(-2 + 1 + 8 - 6)
    assert a.after.value == pytest.approx(8 - 6 - 2 + 1)
    assert a.change.value == pytest.approx(0.0)
    up = moves(
        y_true=[1, 0], group=[0, 0], group_names=("a",), before=[False, False], after=[True, False]
    )
    assert benefit(up, values, Population(2)).everyone.change.value == pytest.approx(10)


def test_without_values_a_move_is_worth_the_errors_it_saves() -> None:
    """Minus the number of wrong decisions: the change of accuracy in people."""
    up = moves(
        y_true=[1, 0, 0],
        group=[0, 0, 0],
        group_names=("a",),
        before=[False, False, True],
        after=[True, False, True],
    )
    found = benefit(up, population=Population(3)).everyone
    assert (found.before.value, found.after.value) == pytest.approx((-2, -1))
    assert found.change.value == pytest.approx(1)


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        benefit(small(), Values(float("inf")))


def test_values_that_are_all_the_same_leave_nothing_to_be_unsure_of() -> None:
    found = benefit(small(), Values(2, 2, 2, 2), Population(10)).everyone
    assert (found.change.value, found.change.lower, found.change.upper) == (0, 0, 0)
    assert (found.after.value, found.after.upper) == pytest.approx((20, 20))


@example([(0, 0, False, True), (0, 0, True, False)], 0, 0)
@given(PEOPLE, st.integers(-3, 3), st.integers(-3, 3))
def test_the_change_is_the_difference_of_the_levels_and_mirrors(
    people: list[tuple[int, int, bool, bool]], right: int, wrong: int
) -> None:
    """B − A; moving back is worth the opposite, with the interval turned round."""
    y, group, first, second = (list(column) for column in zip(*people, strict=True))
    base = {"y_true": y, "group": group, "group_names": ("a", "b")}
    values = Values(right, wrong, -1, 2)
    there = benefit(moves(**base, before=first, after=second), values).everyone
    back = benefit(moves(**base, before=second, after=first), values).everyone
    assert there.after.value is not None
    assert there.before.value is not None
    assert there.change.value == pytest.approx(there.after.value - there.before.value, abs=1e-9)
    assert (back.change.value, back.change.lower, back.change.upper) == pytest.approx(
        (-there.change.value, -there.change.upper, -there.change.lower), abs=1e-9
    )
    assert there.change.lower <= there.change.value + 1e-9 <= there.change.upper + 2e-9


def test_intervals_cover_what_is_true() -> None:
    """300 samples of 150 people: each number's interval holds the truth in at least 90 % of them,
    under a mix that is not the table's."""
    rng = np.random.default_rng(5)
    chances = np.array([[0.3, 0.06, 0.02, 0.07, 0.1, 0.08, 0.02, 0.35]] * 2)
    chances[1] = chances[1][[0, 2, 1, 3, 4, 6, 5, 7]]
    mix, values = {"a": 0.5, "b": 0.5}, Values(1, -5, 0, 0)
    truth = 0.5 * (0.14 - 0.04) + 0.5 * (0.04 - 0.14)
    scores = np.array(values.scores("change"))
    worth = 0.5 * chances[0] @ scores + 0.5 * chances[1] @ scores
    hits = {"net": 0, "gained_unfavourable": 0, "worth": 0}
    for _ in range(300):
        cells = np.concatenate([rng.choice(8, n, p=p) for n, p in zip((50, 100), chances)])  # noqa: B905
        moved = moves(
            y_true=cells // 4,
            group=[0] * 50 + [1] * 100,
            group_names=("a", "b"),
            before=(cells // 2) % 2,
            after=cells % 2,
        )
        found = in_population(moved, Population(1, mix)).everyone
        for name, true in (("net", truth), ("gained_unfavourable", 0.04)):
            number = getattr(found, name)
            hits[name] += number.lower <= true <= number.upper
        change = benefit(moved, values, Population(1, mix)).everyone.change
        assert change.lower is not None
        assert change.upper is not None
        hits["worth"] += change.lower <= worth <= change.upper
    assert min(hits.values()) >= 270, hits


def test_levelling_down_is_told_of_groups_too() -> None:
    """b loses one and nobody of it gains; a gains, so overall it is no levelling down."""
    moved = moves(
        y_true=[1, 1],
        group=[0, 1],
        group_names=("a", "b"),
        before=[False, True],
        after=[True, False],
    )
    assert not moved.levelling_down
    assert moved.levelled_down == ("b",)
