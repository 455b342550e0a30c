"""Streams: orders, running and rolling gaps, alerts, and the policies along them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from fairlab.errors import InputError, UnknownNameError
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.stream import POLICIES, StreamPlay, play, window_of
from fairlab.projection.stream_alerts import Alert, alerts
from fairlab.projection.stream_gaps import CellIndex, RunningMeans, running_means
from fairlab.projection.stream_people import ORDERS, FitPeople, Order, order_people

CONSTRAINT = tuple(CONSTRAINTS)


def people(n: int = 400, groups: int = 3, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Scores, groups and labels with unequal base rates; scores repeat, so that ties are common."""
    rng = np.random.default_rng(seed)
    group = rng.choice(groups, n, p=np.arange(1, groups + 1) / np.arange(1, groups + 1).sum())
    y = (rng.random(n) < 0.3 + 0.15 * group).astype(np.int64)
    score = np.clip(0.2 + 0.1 * group + 0.3 * y + rng.normal(0, 0.2, n), 0, 1).round(2)
    return score, group, y


def stream(**changes: object) -> StreamPlay:
    score, group, y = people()
    fit = FitPeople(*people(seed=1))
    return play(score, group, y, fit=fit, **{"batch_size": 16, **changes})  # type: ignore[arg-type]


# Orders


@pytest.mark.parametrize("order", ORDERS)
def test_everybody_comes_once_and_the_seed_decides(order: Order) -> None:
    """Every order is a permutation; same seed, same order; another seed, another order."""
    _, group, _ = people()
    first = order_people(order, group, 3)
    assert_array_equal(np.sort(first), np.arange(len(group)))
    assert_array_equal(first, order_people(order, group, 3))
    assert (first != order_people(order, group, 4)).any()


def test_one_group_comes_after_another_shuffled_inside() -> None:
    _, group, _ = people()
    order = order_people("by group", group, 0)
    assert (np.diff(group[order]) >= 0).all()
    own = order[group[order] == 2]
    assert (np.diff(own) < 0).any()


def test_drifting_shares_move_from_one_end_to_the_other() -> None:
    """The first group is common early and rare late, the last the other way round."""
    _, group, y = people(30_000)
    order = order_people("drifting", group, 0)
    early, late = group[order[:3_000]], group[order[-3_000:]]
    usual = np.bincount(group) / len(group)
    assert np.mean(early == 0) > 1.5 * usual[0]
    assert np.mean(late == 0) < 0.5 * usual[0]
    assert np.mean(early == 2) < 0.6 * usual[2]
    assert np.mean(late == 2) > 1.3 * usual[2]
    # Inside a group nothing drifts.
    halves = np.array_split(y[order][group[order] == 1], 2)
    assert abs(halves[0].mean() - halves[1].mean()) < 0.03


def test_an_unknown_order_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="shuffled, by group, drifting"):
        order_people("sideways", np.zeros(3, dtype=np.int64))  # type: ignore[arg-type]


# Gaps against a recount


def recount(
    constraint: str, values: np.ndarray, group: np.ndarray, y: np.ndarray, whole: set[int] | None
) -> float:
    """The gap of these people by the definition, NaN where undefined.

    With ``whole``, groups that have to be there under every condition of the constraint.
    """
    rule = CONSTRAINTS[constraint]
    spreads = []
    for condition in rule.conditions:
        means = {}
        for g in set(group.tolist()) | (whole or set()):
            mine = [
                (2 * t - 1) * v + 1 - t
                if constraint == "accuracy_parity"
                else (v - t if constraint == "mean_residual_parity" else v)
                for v, h, t in zip(values, group, y, strict=True)
                if h == g and condition.label in (None, t)
            ]
            means[g] = float(np.mean(mine)) if mine else np.nan
        known = [m for m in means.values() if not np.isnan(m)]
        if len(known) < 2 or (whole is not None and len(known) < len(means)):
            return np.nan
        spreads.append(max(known) - min(known))
    return max(spreads)


small = st.integers(2, 14).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=n, max_size=n),
        st.lists(st.integers(0, 2), min_size=n, max_size=n),
        st.lists(st.integers(0, 1), min_size=n, max_size=n),
    )
)


@settings(max_examples=150, deadline=None)
@given(small, st.sampled_from(CONSTRAINT), st.integers(1, 5), st.integers(1, 4))
def test_running_and_rolling_gaps_are_those_of_a_recount(
    table: tuple[list[float], list[int], list[int]], constraint: str, size: int, window: int
) -> None:
    """After every batch, for scores and for decisions at a threshold that scores tie with."""
    score, group, y = (np.array(column) for column in table)
    played = play(
        score, group, y, fit=FitPeople(score, group, y), constraint=constraint, batch_size=size,
        threshold=0.5, policies=("none",),
    )  # fmt: skip
    trace = played.traces["none"]
    z, g, t = score[played.order], group[played.order], y[played.order]
    assert_array_equal(trace.p, z)
    for b, seen in enumerate(played.seen):
        so_far = slice(0, int(seen))
        want = recount(constraint, z[so_far], g[so_far], t[so_far], None)
        assert_allclose(trace.gap[b], want, atol=1e-12)
        want = recount(constraint, (z >= 0.5).astype(float)[so_far], g[so_far], t[so_far], None)
        assert_allclose(trace.decision_gap[b], want, atol=1e-12)
    rolling = played.means("none").window_gap(window)
    for b, seen in enumerate(played.seen):
        if b + 1 < window:
            assert np.isnan(rolling[b])
            continue
        begun = int(played.seen[b - window]) if b >= window else 0
        recent = slice(begun, int(seen))
        # Groups the stream never shows under a condition are not waited for.
        if all(cells_exist(constraint, g, t, int(h)) for h in set(g.tolist())):
            want = recount(constraint, z[recent], g[recent], t[recent], set(g.tolist()))
            assert_allclose(rolling[b], want, atol=1e-12)


def cells_exist(constraint: str, group: np.ndarray, y: np.ndarray, g: int) -> bool:
    return all(
        c.label is None or ((group == g) & (y == c.label)).any()
        for c in CONSTRAINTS[constraint].conditions
    )


def test_the_last_batch_may_be_smaller() -> None:
    """401 people in batches of 16: 26 batches, the last of one person."""
    played = play(*people(401), fit=FitPeople(*people()), batch_size=16, policies=("none",))
    assert len(played.seen) == 26
    assert played.seen[-1] == 401
    exact = play(*people(400), fit=FitPeople(*people()), batch_size=16, policies=("none",))
    assert len(exact.seen) == 25


def test_until_a_second_group_comes_the_gap_is_undefined_not_zero() -> None:
    """One group after another: NaN for the whole of the first, and counted."""
    played = stream(order="by group", policies=("none",))
    first = int((played.index.group == 0).sum())
    alone = played.seen <= first
    trace = played.traces["none"]
    assert np.isnan(trace.gap[alone]).all()
    assert not np.isnan(trace.gap[~alone]).any()
    assert trace.undefined == alone.sum() > 0
    third = int((played.index.group < 2).sum())
    assert played.seen[played.complete - 1] > third >= played.seen[played.complete - 2]


def test_shares_and_base_rates_are_those_of_the_window() -> None:
    """Against a recount of the last three batches; undefined until three have come."""
    played = stream(policies=("none",))
    window = window_of(played, 3)
    assert np.isnan(window.share[:2]).all()
    assert_allclose(window.share[2:].sum(axis=1), 1)
    recent = slice(int(played.seen[6]), int(played.seen[9]))
    group, y = played.index.group[recent], played.y[recent]
    assert window.people[9] == 48
    for g in range(3):
        assert_allclose(window.share[9, g], np.mean(group == g))
        assert_allclose(window.base_rate[9, g], y[group == g].mean())


# Alerts


def rolling(gaps: list[float]) -> RunningMeans:
    """A stream of batches of two people, one per group, this far apart; NaN: group 1 is absent."""
    score, group = [], []
    for gap in gaps:
        score += [0.0] if np.isnan(gap) else [0.0, gap]
        group += [0] if np.isnan(gap) else [0, 1]
    edges = np.cumsum([0, *(1 if np.isnan(gap) else 2 for gap in gaps)])
    n = len(score)
    index = CellIndex(
        edges, np.array(group), 2, (np.ones(n, dtype=np.bool_),), ("everyone",), np.ones(n),
        np.zeros(n),
    )  # fmt: skip
    return running_means(index, np.array(score))


NAN = float("nan")


@pytest.mark.parametrize(
    ("gaps", "patience", "wanted"),
    [
        ([0.3, 0.1, 0.3], 2, []),
        ([0.1, 0.3, 0.4, 0.1], 2, [(1, 2, 3, 0.4, 2)]),
        ([0.3, 0.3, 0.3], 3, [(0, 2, None, 0.3, 0)]),
        ([0.2, 0.2], 1, []),  # not above: exactly at the tolerance
        ([0.3, NAN, 0.4], 2, [(0, 2, None, 0.4, 2)]),  # absent groups neither clear nor count
        ([0.3, NAN, NAN], 2, []),
        ([0.3, 0.3, NAN, 0.1], 1, [(0, 0, 3, 0.3, 0)]),
        ([0.3, 0.1, 0.3, 0.1], 1, [(0, 0, 1, 0.3, 0), (2, 2, 3, 0.3, 2)]),
        ([NAN, NAN], 1, []),
    ],
)
def test_alerts_need_patience_and_ignore_windows_without_a_gap(
    gaps: list[float], patience: int, wanted: list[tuple[int, int, int | None, float, int]]
) -> None:
    """Start, raised, end, worst and where of each, tolerance 0.2 and a window of one batch."""
    found = alerts(rolling(gaps), 1, 0.2, patience)
    assert [(a.start, a.raised, a.end, round(a.worst, 9), a.where) for a in found] == wanted
    assert all((a.highest, a.lowest, a.condition) == (1, 0, 0) for a in found)


def test_a_window_that_is_not_full_raises_nothing() -> None:
    """Three batches are needed; the first two are too few however wide their gap."""
    found = alerts(rolling([0.9, 0.9, 0.9, 0.9]), 3, 0.2)
    assert [(a.start, a.raised) for a in found] == [(2, 2)]
    assert alerts(rolling([0.9, 0.9]), 3, 0.2) == ()


def test_the_window_forgets_what_the_aggregate_remembers() -> None:
    """One bad batch: the alert ends when it leaves the window."""
    (found,) = alerts(rolling([0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), 2, 0.3)
    assert found == Alert(2, 2, 4, 0.5, 2, 1, 0, 0)


@pytest.mark.parametrize("wrong", [(0, 0.1, 1), (1, -0.1, 1), (1, NAN, 1), (1, 0.1, 0)])
def test_alerts_refuse_settings_without_meaning(wrong: tuple[int, float, int]) -> None:
    with pytest.raises(InputError, match="at least one batch"):
        alerts(rolling([0.1]), *wrong)


# Policies


@pytest.mark.parametrize("constraint", CONSTRAINT)
def test_labels_of_the_stream_change_no_score(constraint: str) -> None:
    """Permuted labels, identical scores for every policy; only what is measured changes."""
    score, group, y = people()
    fit = FitPeople(*people(seed=1))
    mixed = np.random.default_rng(9).permutation(y)
    asked = {"fit": fit, "constraint": constraint, "batch_size": 16}
    truth = play(score, group, y, **asked)  # type: ignore[arg-type]
    lied = play(score, group, mixed, **asked)  # type: ignore[arg-type]
    assert not truth.missing
    assert tuple(truth.traces) == POLICIES
    for name, trace in truth.traces.items():
        assert_array_equal(trace.p, lied.traces[name].p)
    assert truth.traces["none"].right != lied.traces["none"].right


@pytest.mark.parametrize("constraint", CONSTRAINT)
def test_the_same_stream_gives_the_same_numbers(constraint: str) -> None:
    first, again = stream(constraint=constraint), stream(constraint=constraint)
    for name, trace in first.traces.items():
        assert_array_equal(trace.p, again.traces[name].p)
        assert_array_equal(trace.gap, again.traces[name].gap)


@pytest.mark.parametrize("constraint", ["equal_opportunity", "predictive_equality"])
def test_rules_without_labels_act_on_the_people_the_constraint_is_about(constraint: str) -> None:
    """Scores differ between groups among people of one label only: that gap falls below half."""
    rng = np.random.default_rng(0)
    n = 6_000
    group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
    about = y if constraint == "equal_opportunity" else 1 - y
    score = np.clip(0.3 + 0.4 * y + 0.15 * group * about + rng.normal(0, 0.05, n), 0, 1)
    half = n // 2
    fit = FitPeople(score[:half], group[:half], y[:half])
    played = play(
        score[half:], group[half:], y[half:], fit=fit, constraint=constraint, slack=0.02
    )  # fmt: skip
    assert played.traces["none"].gap[-1] > 0.13
    for name in ("batch", "frozen", "online_paper", "online"):
        assert played.traces[name].gap[-1] < 0.06, name


def test_scores_stay_in_the_box_and_no_rule_changes_nothing() -> None:
    played = stream(constraint="equalized_odds", slack=0.0)
    for trace in played.traces.values():
        assert trace.p.min() >= 0
        assert trace.p.max() <= 1
    assert played.traces["none"].change == 0
    assert not played.traces["none"].uses_attribute_when_deciding
    assert all(t.uses_attribute_when_deciding for n, t in played.traces.items() if n != "none")


def test_without_a_bound_nobody_moves() -> None:
    """Slack 1 is no constraint on scores in [0, 1]."""
    played = stream(slack=1.0)
    for name, trace in played.traces.items():
        assert trace.change == pytest.approx(0, abs=1e-20), name


def test_batches_of_one_leave_scores_where_they_are() -> None:
    """Per batch there is nobody to compare with; the rule on the aggregate still works."""
    played = stream(batch_size=1)
    assert played.traces["batch"].change == 0
    assert played.traces["online_paper"].change == 0
    assert played.traces["online"].change > 0
    assert played.traces["online"].gap[-1] < played.traces["none"].gap[-1] / 2


@pytest.mark.parametrize("order", ORDERS)
def test_the_online_rule_keeps_its_bound_in_every_order(order: Order) -> None:
    """Promised for demographic parity; nothing is promised where labels are only guessed."""
    trace = stream(order=order, batch_size=1).traces["online"]
    assert trace.bound is not None
    assert trace.gap[-1] <= trace.bound < 1
    assert stream(constraint="equal_opportunity").traces["online"].bound is None
    assert stream().traces["none"].bound is None


def test_a_policy_that_cannot_be_fitted_is_named_with_the_reason() -> None:
    """Nobody of one group is known with the favourable outcome; the others are still played."""
    score, group, y = people()
    known = FitPeople(score, group, np.where(group == 0, 0, y))
    played = play(score, group, y, fit=known, constraint="equal_opportunity", batch_size=16)
    assert "Nobody in group 0 has y = 1" in played.missing["frozen"]
    assert set(played.traces) == set(POLICIES) - {"frozen"}


def test_a_group_nobody_knew_before_can_come() -> None:
    """A third group in the stream alone: nothing breaks, and it is measured."""
    score, group, y = people()
    known = group < 2
    fit = FitPeople(score[known], group[known], y[known])
    played = play(score, group, y, fit=fit, batch_size=16)
    assert not played.missing
    assert played.index.n_groups == 3
    assert not np.isnan(played.traces["frozen"].gap[-1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 0}, "at least one person"),
        ({"slack": -0.1}, "Slack must be 0 or more"),
        ({"slack": NAN}, "Slack must be 0 or more"),
    ],
)
def test_settings_without_meaning_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        stream(**changes)


def test_people_that_cannot_be_played_are_refused() -> None:
    """Lengths that differ, nobody at all, scores outside [0, 1], groups that are no integers."""
    score, group, y = people()
    fit = FitPeople(score, group, y)
    with pytest.raises(InputError, match="one entry per person"):
        play(score[1:], group, y, fit=fit)
    with pytest.raises(InputError, match="at least one person"):
        play(score, group, y, fit=FitPeople(score[:0], group[:0], y[:0]))
    with pytest.raises(InputError, match=r"must lie in \[0, 1\]"):
        play(score * 2, group, y, fit=fit)
    with pytest.raises(InputError, match="must be integers"):
        play(score, group.astype(float), y, fit=fit)
    with pytest.raises(UnknownNameError, match="Known: demographic_parity"):
        play(score, group, y, fit=fit, constraint="parity")


def test_a_kept_play_is_read_back_whole() -> None:
    """The web server keeps plays as bytes between visitors."""
    import copy

    played = stream(policies=("none", "online"))
    again = copy.deepcopy(played)
    assert_array_equal(again.traces["online"].p, played.traces["online"].p)
    assert replace(played, seed=7).seed == 7
