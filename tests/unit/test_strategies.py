"""Named strategies: one threshold per group, against every combination there is."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import InputError, UnknownNameError
from fairlab.frontier import STRATEGIES, strategy_thresholds, threshold_frontier
from fairlab.frontier.strategies import StrategyThresholds
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, GroupedOutcomes, count

BOUNDED = [name for name, one in STRATEGIES.items() if one.constraint is not None]
SCORES = (0.1, 0.2, 0.3, 0.5, 0.8)


def decided(people: GroupedOutcomes, cuts: tuple[float, ...]) -> Counts:
    """Counts when each group has its threshold; written from the definition."""
    tables = [count(people, cut) for cut in cuts]
    cells = [
        np.array([getattr(table, field)[g] for g, table in enumerate(tables)])
        for field in ("tp", "fp", "fn", "tn")
    ]
    return Counts(*cells, group_names=people.group_names)


def cost_of(counts: Counts, cost_fp: float = 1, cost_fn: float = 1) -> float:
    return float((cost_fp * counts.fp + cost_fn * counts.fn).sum() / counts.n.sum())


@st.composite
def people(draw: st.DrawFn, groups: tuple[int, ...] = (2, 3)) -> GroupedOutcomes:
    """Few people with tied scores, both outcomes in every group, sometimes weights."""
    count_of = draw(st.sampled_from(groups))
    extra = draw(st.integers(0, 14))
    n = 2 * count_of + extra
    group = [*list(range(count_of)) * 2, *draw(st.lists(st.integers(0, count_of - 1),
             min_size=extra, max_size=extra))]  # fmt: skip
    label = [0] * count_of + [1] * count_of
    label += draw(st.lists(st.integers(0, 1), min_size=extra, max_size=extra))
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    return GroupedOutcomes.from_arrays(
        y_true=label,
        score=column(st.sampled_from(SCORES)),
        group=np.array(group),
        group_names=[f"g{g}" for g in range(count_of)],
        weight=column(st.sampled_from((0.5, 1.0, 3.0))) if draw(st.booleans()) else None,
    )


def every_rule(found: GroupedOutcomes) -> list[tuple[float, ...]]:
    cuts = [*sorted(set(found.score.tolist())), np.inf]
    return list(product(cuts, repeat=found.n_groups))


@given(people(), st.sampled_from(BOUNDED), st.sampled_from([(1, 1), (3, 1), (1, 4)]),
       st.sampled_from([0.0, 0.1, 0.3]))  # fmt: skip
@settings(deadline=None, max_examples=120)
def test_no_combination_of_thresholds_has_less_gap_at_no_more_cost(
    found: GroupedOutcomes, name: str, costs: tuple[int, int], slack: float
) -> None:
    """Enumeration: whatever costs no more exceeds the slack at least as much; of those that
    exceed it as little, none is cheaper."""
    gap = GAPS[CONSTRAINT_GAPS[STRATEGIES[name].constraint or ""]]
    ours = strategy_thresholds(found, name, cost_fp=costs[0], cost_fn=costs[1], slack=slack)
    mine = decided(found, ours.thresholds)
    excess, paid = max(float(gap(mine)) - slack, 0), cost_of(mine, *costs)
    for cuts in every_rule(found):
        other = decided(found, cuts)
        if cost_of(other, *costs) <= paid + 1e-9:
            theirs = max(float(gap(other)) - slack, 0)
            assert theirs >= excess - 1e-9, cuts
            if theirs <= excess + 1e-9:
                assert cost_of(other, *costs) >= paid - 1e-9, cuts


@given(people(), st.sampled_from(BOUNDED), st.sampled_from([0.0, 0.1]))
@settings(deadline=None, max_examples=80)
def test_a_rule_gives_up_at_most_half_of_what_the_score_is_worth(
    found: GroupedOutcomes, name: str, slack: float
) -> None:
    """Selecting nobody has no gap; it is never taken for that reason alone."""
    ours = strategy_thresholds(found, name, slack=slack)
    exact = threshold_frontier(found, STRATEGIES[name].constraint or "").cost_at(slack)
    everyone = count(found, 0.0)
    ignoring = min(cost_of(everyone), cost_of(count(found, np.inf)))
    assert cost_of(decided(found, ours.thresholds)) <= (exact + ignoring) / 2 + 1e-9


@given(people(), st.sampled_from([(1, 1), (3, 1), (1, 4)]))
@settings(deadline=None, max_examples=80)
def test_strategies_without_a_constraint_cost_least(
    found: GroupedOutcomes, costs: tuple[int, int]
) -> None:
    """A single threshold against every single one, own thresholds against every combination;
    among equals the lowest."""
    single = strategy_thresholds(found, "single_threshold", cost_fp=costs[0], cost_fn=costs[1])
    assert len(set(single.thresholds)) == 1
    cuts = [-np.inf, *sorted(set(found.score.tolist()))[1:], np.inf]
    paid = {cut: cost_of(count(found, cut), *costs) for cut in cuts}
    least = [cut for cut in cuts if paid[cut] <= min(paid.values()) + 1e-12]
    assert single.thresholds[0] == least[0]
    own = strategy_thresholds(found, "maximum_accuracy", cost_fp=costs[0], cost_fn=costs[1])
    best = min(cost_of(decided(found, rule), *costs) for rule in every_rule(found))
    assert cost_of(decided(found, own.thresholds), *costs) == pytest.approx(best, abs=1e-12)
    assert best <= paid[single.thresholds[0]] + 1e-12


@given(people(groups=(2,)), st.sampled_from(BOUNDED))
@settings(deadline=None, max_examples=60)
def test_renaming_and_reordering_groups_changes_nothing_else(
    found: GroupedOutcomes, name: str
) -> None:
    """The gap and the cost stay; no group is treated first."""
    turned = GroupedOutcomes.from_arrays(
        y_true=found.y_true, score=found.score, group=1 - found.group, group_names=["b", "a"],
        weight=found.weight,
    )  # fmt: skip
    gap = GAPS[CONSTRAINT_GAPS[STRATEGIES[name].constraint or ""]]
    one, other = (decided(p, strategy_thresholds(p, name).thresholds) for p in (found, turned))
    assert float(gap(one)) == pytest.approx(float(gap(other)), abs=1e-9)
    assert cost_of(one) == pytest.approx(cost_of(other), abs=1e-9)


def test_the_loss_says_what_the_exact_rule_reached_and_the_thresholds_reach() -> None:
    """Numbers in the sentence are those of both rules on the people fitted."""
    rng = np.random.default_rng(1)
    n = 200
    group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
    score = np.round(rng.normal(y + 0.4 * group, 1), 1)
    fitted = GroupedOutcomes.from_arrays(y_true=y, score=score, group=group)
    ours = strategy_thresholds(fitted, "demographic_parity")
    assert ours.randomised is not None
    assert ours.deterministic is not None
    assert ours.randomised.randomised
    assert not ours.deterministic.randomised
    before, after = ours.randomised.measure(fitted), ours.deterministic.measure(fitted)
    assert before.gap == pytest.approx(0, abs=1e-9)
    assert after.gap is not None
    assert f"from {100 * before.accuracy:.1f} % to {100 * after.accuracy:.1f} %" in ours.loss
    assert f"gap from 0.0 to {100 * after.gap:.1f} points" in ours.loss
    nearest = ours.randomised.nearest_deterministic(fitted).after
    assert nearest.gap is not None
    assert after.gap <= nearest.gap + 1e-12


def test_very_many_scores_come_close_to_no_gap() -> None:
    """Coarse to fine: 30,000 distinct scores, one rate and two, gaps within a tenth of a point."""
    rng = np.random.default_rng(2)
    n = 30_000
    group = rng.integers(0, 2, n)
    y = rng.random(n) < 0.3 + 0.2 * group
    fitted = GroupedOutcomes.from_arrays(
        y_true=y, score=rng.normal(1.5 * y + 0.3 * group, 1), group=group
    )
    for name in BOUNDED:
        ours = strategy_thresholds(fitted, name)
        gap = GAPS[CONSTRAINT_GAPS[STRATEGIES[name].constraint or ""]]
        wide = float(gap(decided(fitted, ours.thresholds)))
        assert wide <= (0.02 if name == "equalized_odds" else 0.001), name


def small(y: list[int], group: list[int], score: list[float], names: list[str]) -> GroupedOutcomes:
    return GroupedOutcomes.from_arrays(y_true=y, score=score, group=group, group_names=names)


def test_a_group_with_nobody_gets_no_threshold_and_is_named() -> None:
    """NaN, and a note; the others are decided."""
    found = small([0, 1, 0, 1], [0, 0, 2, 2], [0.2, 0.6, 0.3, 0.5], ["a", "empty", "c"])
    for name in STRATEGIES:
        ours = strategy_thresholds(found, name)
        if name != "single_threshold":
            assert [np.isnan(cut) for cut in ours.thresholds] == [False, True, False]
        assert any("No one is in empty" in note for note in ours.notes), name


def test_a_group_without_a_rate_gets_its_cheapest_threshold_and_is_named() -> None:
    """Nobody in c repaid: equal opportunity leaves it out and refuses everyone there."""
    found = small(
        [0, 1, 1, 0, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1, 2, 2],
        [0.2, 0.6, 0.1, 0.3, 0.5, 0.4, 0.9, 0.3], ["a", "b", "c"],
    )  # fmt: skip
    ours = strategy_thresholds(found, "equal_opportunity")
    assert ours.thresholds[2] == np.inf
    assert any("c is left out" in note for note in ours.notes)
    assert any("It selects nobody in c" in note for note in ours.notes)


def test_with_one_group_that_has_the_rate_there_is_nothing_to_narrow() -> None:
    """The cheapest threshold per group, and why."""
    found = small([0, 1, 0, 0], [0, 0, 1, 1], [0.2, 0.6, 0.3, 0.5], ["a", "b"])
    ours = strategy_thresholds(found, "equal_opportunity")
    assert ours.thresholds == (0.6, np.inf)
    assert ours.randomised is None
    assert "costs least" in " ".join(ours.notes)


def test_selecting_nobody_is_allowed_where_it_costs_least_and_said() -> None:
    """A score that tells nothing and a rare outcome."""
    found = small([0, 0, 0, 1], [0, 0, 1, 1], [0.5] * 4, ["a", "b"])
    ours = strategy_thresholds(found, "single_threshold")
    assert ours.thresholds == (np.inf, np.inf)
    assert "It selects nobody: the score plays no part." in ours.notes
    dear = strategy_thresholds(found, "single_threshold", cost_fn=5)
    assert dear.thresholds == (-np.inf, -np.inf)
    assert "It selects everybody: the score plays no part." in dear.notes


def test_what_cannot_be_done_is_said() -> None:
    """Unknown strategy, costs, slack."""
    found = small([0, 1, 0, 1], [0, 0, 1, 1], [0.2, 0.6, 0.3, 0.5], ["a", "b"])
    with pytest.raises(UnknownNameError, match="demographic_parity"):
        strategy_thresholds(found, "parity")
    with pytest.raises(InputError, match="Costs must be positive"):
        strategy_thresholds(found, "single_threshold", cost_fp=0)
    with pytest.raises(InputError, match="0 or more"):
        strategy_thresholds(found, "demographic_parity", slack=-0.1)


def test_the_registry_says_which_strategies_need_the_group() -> None:
    """All but the single threshold; costs that differ rename maximum accuracy."""
    needs = {name: one.uses_attribute_when_deciding for name, one in STRATEGIES.items()}
    assert list(needs) == [
        "single_threshold", "maximum_accuracy", "demographic_parity", "equal_opportunity",
        "predictive_equality", "equalized_odds",
    ]  # fmt: skip
    assert not needs.pop("single_threshold")
    assert all(needs.values())
    assert STRATEGIES["maximum_accuracy"].label_for(1, 1) == "Maximum accuracy"
    assert STRATEGIES["maximum_accuracy"].label_for(1, 2) == "Least cost"


def test_a_strategy_is_what_it_is_however_often_it_is_asked() -> None:
    """Same people, same thresholds."""
    found = small([0, 1, 0, 1, 1], [0, 0, 1, 1, 1], [0.2, 0.6, 0.3, 0.5, 0.1], ["a", "b"])
    first: StrategyThresholds = strategy_thresholds(found, "equalized_odds")
    assert first == strategy_thresholds(found, "equalized_odds")
