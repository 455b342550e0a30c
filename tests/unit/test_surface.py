"""The group-threshold surface: every cell against counting everybody at those two thresholds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.sweeps import GroupThresholdSurface, exact_sweep, group_threshold_surface

SCORES = (0.1, 0.2, 0.3, 0.5, 0.8)
DIFFERENCES = [name for name, gap in GAPS.items() if gap.spread == "difference"]


@st.composite
def three_groups(draw: st.DrawFn) -> GroupedOutcomes:
    """Ties are common; the third group may be empty."""
    n = draw(st.integers(4, 20))
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    group = [0, 1, *column(st.integers(0, 2))[2:]]
    return GroupedOutcomes.from_arrays(
        y_true=column(st.integers(0, 1)),
        score=column(st.sampled_from(SCORES)),
        group=np.array(group),
        group_names=["a", "b", "c"],
        weight=column(st.sampled_from((0.5, 1.0))) if draw(st.booleans()) else None,
    )


def at_pair(people: GroupedOutcomes, cuts: tuple[float, float, float]) -> Counts:
    tables = [count(people, cut) for cut in cuts]
    cells = [
        np.array([getattr(table, field)[g] for g, table in enumerate(tables)])
        for field in ("tp", "fp", "fn", "tn")
    ]
    return Counts(*cells, group_names=people.group_names)


@given(three_groups(), st.sampled_from(SCORES))
@settings(deadline=None, max_examples=60)
def test_every_cell_is_what_counting_gives(people: GroupedOutcomes, others: float) -> None:
    """All thresholds of both groups, every gap, accuracy and cost; the third group is held."""
    surface = group_threshold_surface(
        exact_sweep(people), "a", "b", cost_fp=2, cost_fn=3, others=others
    )
    assert not surface.thinned
    for g, cuts in enumerate((surface.thresholds_a, surface.thresholds_b)):
        own = sorted(set(people.score[people.group == g].tolist()))
        assert cuts.tolist() == [*own, np.inf]
    gaps = {name: surface.gap(name) for name in GAPS}
    for i, cut_a in enumerate(surface.thresholds_a):
        for j, cut_b in enumerate(surface.thresholds_b):
            counts = at_pair(people, (cut_a, cut_b, others))
            n = counts.n.sum()
            assert surface.accuracy[i, j] == pytest.approx((counts.tp + counts.tn).sum() / n)
            assert surface.cost[i, j] == pytest.approx((2 * counts.fp + 3 * counts.fn).sum() / n)
            for name, found in gaps.items():
                assert found[i, j] == pytest.approx(float(GAPS[name](counts)), nan_ok=True), name


@given(three_groups(), st.sampled_from(DIFFERENCES))
@settings(deadline=None, max_examples=60)
def test_the_front_has_the_cheapest_pair_at_every_gap(people: GroupedOutcomes, name: str) -> None:
    """Against all cells: none within the same gap is cheaper, and the front only falls."""
    surface = group_threshold_surface(exact_sweep(people), "a", "b", others=0.5)
    front, gap = surface.front(name), np.round(surface.gap(name), 12)
    assert (np.diff(front.gap) > 0).all()
    assert (np.diff(front.cost) < 0).all()
    for wide in np.unique(gap[~np.isnan(gap)]):
        at = front.within(float(wide))
        assert at is not None
        assert front.cost[at] == pytest.approx(surface.cost[gap <= wide].min())
        assert gap[front.a[at], front.b[at]] <= wide
    assert front.within(-1) is None


@given(three_groups(), st.sampled_from(list(GAPS)))
@settings(deadline=None, max_examples=60)
def test_the_ridge_is_the_narrowest_gap_for_each_first_threshold(
    people: GroupedOutcomes, name: str
) -> None:
    """Row by row; ratios are nearest to 1, not to 0."""
    surface = group_threshold_surface(exact_sweep(people), "a", "b", others=0.5)
    off = np.abs(surface.gap(name) - GAPS[name].equal)
    for i, j in enumerate(surface.ridge(name)):
        if j < 0:
            assert np.isnan(off[i]).all()
        else:
            assert off[i, j] == pytest.approx(np.nanmin(off[i]))


@given(three_groups(), st.sampled_from(SCORES))
@settings(deadline=None, max_examples=30)
def test_other_groups_can_be_held_each_at_its_own(people: GroupedOutcomes, cut: float) -> None:
    """By name; the same as one number when there is one other group."""
    sweep = exact_sweep(people)
    one = group_threshold_surface(sweep, "a", "b", others=cut)
    each = group_threshold_surface(sweep, "a", "b", others={"a": 0.1, "b": 9.0, "c": cut})
    np.testing.assert_array_equal(one.counts.tp, each.counts.tp)
    np.testing.assert_array_equal(one.cost, each.cost)
    assert one.notes == each.notes


def many(n: int) -> GroupedOutcomes:
    rng = np.random.default_rng(0)
    group = rng.choice(2, n, p=[0.8, 0.2])
    y = rng.random(n) < 0.4 + 0.1 * group
    return GroupedOutcomes.from_arrays(y_true=y, score=rng.normal(y + 0.2 * group), group=group)


def thinned_surface(
    size: int = 30, **options: object
) -> tuple[GroupedOutcomes, GroupThresholdSurface]:
    people = many(5000)
    found = group_threshold_surface(exact_sweep(people), "0", "1", size=size, **options)  # type: ignore[arg-type]
    return people, found


def test_a_thinned_surface_is_exact_where_it_is_and_keeps_what_it_is_asked_for() -> None:
    """No more thresholds than asked and kept, spread over people; ends and marks are there."""
    people, surface = thinned_surface(keep=(0.3, 0.7))
    assert surface.thinned
    assert "exact at each" in surface.notes[0]
    assert 28 <= len(surface.thresholds_a) <= 32
    assert np.isinf(surface.thresholds_a[-1])
    assert surface.thresholds_a[0] == people.score[people.group == 0].min()
    i, j = surface.place(0.3, 0.7)
    wanted = at_pair_of_two(people, (0.3, 0.7))
    for field in ("tp", "fp", "fn", "tn"):
        assert getattr(surface.counts, field)[i, j].tolist() == getattr(wanted, field).tolist()
    share = (people.score[people.group == 1][:, None] >= surface.thresholds_b).mean(axis=0)
    assert np.abs(np.diff(share)).max() < 2 / 29


def at_pair_of_two(people: GroupedOutcomes, cuts: tuple[float, float]) -> Counts:
    first, second = (count(people, cut) for cut in cuts)
    cells = [
        np.array([getattr(first, f)[0], getattr(second, f)[1]]) for f in ("tp", "fp", "fn", "tn")
    ]
    return Counts(*cells, group_names=people.group_names)


def test_what_cannot_be_drawn_is_said() -> None:
    """Same group twice, unknown group, other groups without a threshold, a size of one."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 1, 0, 1], score=[0.1, 0.2, 0.3, 0.4], group=[0, 1, 2, 2],
        group_names=["a", "b", "c", "nobody"],
    )  # fmt: skip
    sweep = exact_sweep(people)
    with pytest.raises(InputError, match="Two different"):
        group_threshold_surface(sweep, "a", "a", others=0.5)
    with pytest.raises(InputError, match="Groups with people: a, b, c"):
        group_threshold_surface(sweep, "a", "nobody", others=0.5)
    with pytest.raises(InputError, match=r"other groups \(c\)"):
        group_threshold_surface(sweep, "a", "b")
    with pytest.raises(InputError, match="2 or more"):
        group_threshold_surface(sweep, "a", "b", size=1, others=0.5)
    with pytest.raises(InputError, match="difference"):
        group_threshold_surface(sweep, "a", "b", others=0.5).front("demographic_parity_ratio")
    with pytest.raises(InputError, match="given for c"):
        group_threshold_surface(sweep, "a", "b", others={"a": 0.2})
    held = group_threshold_surface(sweep, "a", "b", others=0.5)
    assert held.notes[0].startswith("c: held at threshold 0.5.")
