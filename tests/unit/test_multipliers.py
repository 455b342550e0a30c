"""The multipliers of the plug-in rule, against linear programmes over every person."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fairlab.errors import SolveError
from fairlab.training import multipliers
from fairlab.training.multipliers import Search, Tradeoff

TIGHT = 1e-5


def tradeoff(value, rates, condition, weight=None) -> Tradeoff:
    """People with rates that are means over groups."""
    own = np.ones(len(value)) if weight is None else np.asarray(weight, dtype=float)
    return Tradeoff(
        np.asarray(value, float), np.asarray(rates, float), np.asarray(condition), own / own.sum()
    )


def brute(people: Tradeoff, slack: float, constant) -> float:
    """The best mean value with every condition's range within the slack; decisions may be drawn."""
    n = len(people.value)
    codes = np.unique(people.condition)
    weighted = people.rates * people.weight[:, None]
    of = (people.condition == codes[:, None]).astype(float)
    above = np.hstack([weighted.T, -of.T])
    below = np.hstack([-weighted.T, of.T])
    found = linprog(
        np.concatenate([-people.value * people.weight, np.zeros(len(codes))]),
        A_ub=np.vstack([above, below]),
        b_ub=np.concatenate([slack - constant, constant]),
        bounds=[(0, 1)] * n + [(None, None)] * len(codes),
    )
    return -float(found.fun)


def spread(people: Tradeoff, charge, constant) -> float:
    """The widest range of rates of those selected."""
    rate = people.reached(charge) + constant
    return max(np.ptp(rate[people.condition == c]) for c in np.unique(people.condition))


def chances(n: int, groups: int, conditions: int, seed: int) -> Tradeoff:
    """People whose value and groups are related; no ties."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    logits = x @ rng.normal(size=(3, groups))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    eta = 1 / (1 + np.exp(-2 * x[:, 0]))
    parts = [p * eta[:, None], p * (1 - eta[:, None])] if conditions == 2 else [p]
    every = np.hstack(parts)
    return tradeoff(eta - 0.5, every / every.mean(0), np.repeat(range(conditions), groups))


@pytest.mark.parametrize(("groups", "conditions"), [(2, 1), (3, 1), (2, 2), (4, 2)])
def test_the_optimum_is_that_of_the_programme_over_people(groups, conditions) -> None:
    """And whoever has value at least the charge reaches it, within the slack, up to one person."""
    people = chances(600, groups, conditions, seed=groups)
    none = np.zeros(groups * conditions)
    search = Search(people)
    for slack in (0.0, 0.03, 0.1, 1.0):
        charge, optimum = search.at(slack, none)
        assert optimum == pytest.approx(brute(people, slack, none), abs=TIGHT)
        chosen = people.selected(charge)
        assert float(people.weight[chosen] @ people.value[chosen]) >= optimum - 0.01
        assert spread(people, charge, none) <= slack + 0.03
        for c in range(conditions):
            assert charge[people.condition == c].sum() == pytest.approx(0, abs=1e-9)


def test_without_a_bound_nothing_is_charged() -> None:
    charge, optimum = Search(chances(300, 3, 1, 0)).at(1.0, np.zeros(3))
    assert np.abs(charge).max() < 1e-9
    assert optimum > 0.1


def test_who_looks_like_the_group_selected_more_is_charged() -> None:
    """The other group's likeness is a credit; with the sign turned the gap would widen."""
    rng = np.random.default_rng(0)
    p = rng.random(2000)
    people = tradeoff(
        p - 0.5 + rng.normal(0, 0.2, 2000), np.c_[p, 1 - p] / [p.mean(), 1 - p.mean()], [0, 0]
    )
    before = spread(people, np.zeros(2), np.zeros(2))
    charge, _ = Search(people).at(0.05, np.zeros(2))
    assert charge[0] > 0.01
    assert charge[1] < -0.01
    assert spread(people, charge, np.zeros(2)) <= 0.055
    assert spread(people, -charge, np.zeros(2)) > before


def test_constants_move_the_rates_that_are_compared() -> None:
    """With one rate raised already, less of it is left to select; the programme says how much."""
    people = chances(500, 2, 1, 3)
    for constant in (np.array([0.1, 0.0]), np.array([0.0, 0.1])):
        charge, optimum = Search(people).at(0.02, constant)
        assert optimum == pytest.approx(brute(people, 0.02, constant), abs=TIGHT)
        assert spread(people, charge, constant) <= 0.03


def test_a_person_of_weight_two_is_two_people() -> None:
    base = chances(200, 3, 2, 5)
    twice = np.arange(200) % 3 == 0
    weighed = tradeoff(base.value, base.rates, base.condition, np.where(twice, 2.0, 1.0))
    rows = np.concatenate([np.arange(200), np.flatnonzero(twice)])
    repeated = tradeoff(base.value[rows], base.rates[rows], base.condition)
    for slack in (0.0, 0.05):
        one, other = (Search(t).at(slack, np.zeros(6)) for t in (weighed, repeated))
        assert one[1] == pytest.approx(other[1], abs=TIGHT)


def test_lines_found_for_one_slack_do_not_change_another() -> None:
    people = chances(400, 3, 1, 7)
    search = Search(people)
    before = [search.at(s, np.zeros(3))[1] for s in (0.2, 0.1, 0.0)]
    again = [Search(people).at(s, np.zeros(3))[1] for s in (0.2, 0.1, 0.0)]
    assert before == pytest.approx(again, abs=TIGHT)
    assert before == sorted(before, reverse=True)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([-0.5, -0.25, 0.0, 0.25]), st.sampled_from([0.1, 0.5, 0.9])),
        min_size=3,
        max_size=12,
    ),
    st.sampled_from([0.0, 0.1, 0.4]),
)
def test_ties_leave_the_optimum_as_it_is(people, slack) -> None:
    """Few distinct people: the optimum may draw among those of one kind; its value is exact."""
    value, p = np.array(people).T
    found = tradeoff(value, np.c_[p / p.mean(), (1 - p) / (1 - p).mean()], [0, 0])
    _, optimum = Search(found).at(slack, np.zeros(2))
    assert optimum == pytest.approx(brute(found, slack, np.zeros(2)), abs=TIGHT)


def test_too_few_steps_are_an_error_not_a_rule(monkeypatch) -> None:
    monkeypatch.setattr(multipliers, "MOST_LINES", 2)
    with pytest.raises(SolveError, match="not at their optimum"):
        Search(chances(300, 3, 2, 1)).at(0.0, np.zeros(6))


def test_it_can_be_stopped() -> None:
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Search(chances(50, 2, 1, 1), stop).at(0.0, np.zeros(2))
