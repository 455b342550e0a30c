"""The frontier's worked numbers, its rules, and what they do to other people."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.errors import InputError, UnknownNameError
from fairlab.frontier import FRONTIER_GAPS, Frontier, Rule, threshold_frontier
from fairlab.frontier.hulls import GroupHull, group_hulls
from fairlab.frontier.mixture import mixture
from fairlab.outcomes import GroupedOutcomes
from fairlab.sweeps import exact_sweep


def people(*cells: tuple[str, int, float, int]) -> GroupedOutcomes:
    """People from (group, label, score, how many)."""
    rows = [(g, y, s) for g, y, s, n in cells for _ in range(n)]
    return GroupedOutcomes.from_arrays(
        y_true=[y for _, y, _ in rows],
        score=[s for _, _, s in rows],
        group=[g for g, _, _ in rows],
    )


def perfect() -> GroupedOutcomes:
    """A perfect score; base rates 80 % of 10 people in A and 20 % of 20 in B."""
    return people(("A", 1, 0.9, 8), ("A", 0, 0.1, 2), ("B", 1, 0.9, 4), ("B", 0, 0.1, 16))


def informed_and_not() -> GroupedOutcomes:
    """A's score is perfect, everybody in B has the same; base rates 50 %."""
    return people(("A", 1, 0.9, 10), ("A", 0, 0.1, 10), ("B", 1, 0.5, 10), ("B", 0, 0.5, 10))


def made_up(seed: int = 0, n: int = 400, groups: int = 3) -> GroupedOutcomes:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, n)
    y = (rng.random(n) < 0.25 + 0.15 * group).astype(int)
    score = np.round(rng.normal(0.4 + 0.25 * y - 0.05 * group, 0.2), 2)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names=[f"g{g}" for g in range(groups)]
    )


def test_a_perfect_score_pays_for_parity_in_the_smaller_group() -> None:
    """Selection rates 0.8 and 0.2. A point less of A's costs 10 of 30 people a hundredth each."""
    frontier = threshold_frontier(perfect(), "demographic_parity")
    np.testing.assert_allclose(frontier.slack, [0, 0.6])
    np.testing.assert_allclose(frontier.accuracy, [0.8, 1.0])
    np.testing.assert_allclose(frontier.price, [1 / 3, 0])
    assert frontier.accuracy_at(0.3) == pytest.approx(0.9)
    a, b = frontier.at(0.0).groups
    assert (a.group, a.thresholds) == ("A", (np.inf, 0.9))
    assert a.probabilities == pytest.approx((0.75, 0.25))
    assert (b.thresholds, b.probabilities) == ((0.9,), (1.0,))
    assert not frontier.at(0.6).randomised


def test_costs_move_the_payment_to_the_other_group() -> None:
    """With false negatives three times as dear, selecting more of B is the cheaper way."""
    frontier = threshold_frontier(perfect(), "demographic_parity", cost_fp=1, cost_fn=3)
    np.testing.assert_allclose(frontier.cost, [0.6 * 20 / 30, 0])
    a, b = frontier.at(0.0).groups
    assert a.thresholds == (0.9,)
    assert (b.thresholds, b.probabilities) == ((0.9, -np.inf), pytest.approx((0.25, 0.75)))


@pytest.mark.parametrize("form", ["max", "mean"])
def test_a_score_that_knows_nothing_about_one_group_holds_the_other_back(form: str) -> None:
    """B is on the diagonal, so within ε A's rates are (f − ε, f + ε): accuracy (1 + ε) / 2."""
    frontier = threshold_frontier(informed_and_not(), "equalized_odds", form=form)
    np.testing.assert_allclose(frontier.slack, [0, 0.5], atol=1e-9)
    np.testing.assert_allclose(frontier.accuracy, [0.5, 0.75], atol=1e-9)
    np.testing.assert_allclose(frontier.price, [0.5, 0], atol=1e-9)
    rule = frontier.at(0.2)
    assert rule.measure(informed_and_not()).accuracy == pytest.approx(0.6)
    assert rule.measure(informed_and_not()).gap == pytest.approx(0.2)


def test_accuracy_parity_lowers_the_more_accurate_group() -> None:
    """A can be always right and B half the time: within ε, A is right in 50 % + ε."""
    frontier = threshold_frontier(informed_and_not(), "accuracy_parity")
    np.testing.assert_allclose(frontier.slack, [0, 0.5])
    np.testing.assert_allclose(frontier.accuracy, [0.5, 0.75])


def test_mean_residual_parity_is_free_where_scores_are_perfect() -> None:
    """Selection rates equal base rates: no gap to pay for, and one breakpoint."""
    frontier = threshold_frontier(perfect(), "mean_residual_parity")
    assert (frontier.slack.tolist(), frontier.cost.tolist()) == ([0.0], [0.0])
    assert frontier.at(0.0).measure(perfect()).gap == pytest.approx(0)


def test_a_score_worse_than_chance_is_used_as_it_is() -> None:
    """Selected iff score >= threshold: a reversed score is not turned round."""
    reversed_score = people(("A", 1, 0.1, 5), ("A", 0, 0.9, 5), ("B", 1, 0.9, 5), ("B", 0, 0.1, 5))
    frontier = threshold_frontier(reversed_score, "demographic_parity")
    assert frontier.accuracy[-1] == pytest.approx(0.75)
    hull = group_hulls(exact_sweep(reversed_score))[0]
    assert hull.points.tolist() == [[0, 0], [1, 1], [1, 0]]


def test_weights_count_as_that_many_people() -> None:
    once, copies = made_up(1), made_up(1)
    weight = 1.0 + np.arange(once.n) % 3
    repeat = weight.astype(int)
    weighted = GroupedOutcomes.from_arrays(
        y_true=once.y_true, score=once.score, group=once.group, group_names=once.group_names,
        weight=weight,
    )  # fmt: skip
    repeated = GroupedOutcomes.from_arrays(
        y_true=copies.y_true.repeat(repeat), score=copies.score.repeat(repeat),
        group=copies.group.repeat(repeat), group_names=copies.group_names,
    )  # fmt: skip
    for constraint in FRONTIER_GAPS:
        a, b = (threshold_frontier(o, constraint) for o in (weighted, repeated))
        np.testing.assert_allclose(a.slack, b.slack, atol=1e-9)
        np.testing.assert_allclose(a.cost, b.cost, atol=1e-9)


def test_the_order_of_people_and_groups_does_not_matter() -> None:
    """Shuffled people, reversed group codes: the same frontier and the same rules by name."""
    before = made_up(2)
    order = np.random.default_rng(0).permutation(before.n)
    after = GroupedOutcomes.from_arrays(
        y_true=before.y_true[order], score=before.score[order],
        group=before.n_groups - 1 - before.group[order], group_names=before.group_names[::-1],
    )  # fmt: skip
    for constraint in FRONTIER_GAPS:
        a, b = (threshold_frontier(o, constraint) for o in (before, after))
        np.testing.assert_allclose(a.slack, b.slack, atol=1e-9)
        np.testing.assert_allclose(a.cost, b.cost, atol=1e-9)
    a, b = (threshold_frontier(o, "demographic_parity").at(0.02) for o in (before, after))
    assert a.groups == b.groups[::-1]


def test_groups_without_a_condition_are_left_out_by_name() -> None:
    """C has nobody with y = 1: no TPR, its own best threshold, no part of the gap; D is empty."""
    base = perfect()
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[*base.y_true, 0, 0],
        score=[*base.score, 0.9, 0.9],
        group=[*base.group, 2, 2],
        group_names=["A", "B", "C", "D"],
    )
    frontier = threshold_frontier(outcomes, "equal_opportunity")
    assert frontier.accuracy[0] == 1.0
    assert frontier.notes == (
        "No one is in D: the rule has no threshold for it.",
        "C is left out of the true positive rate gap: no one in it has the favourable outcome.",
    )
    parity = threshold_frontier(outcomes, "demographic_parity")
    assert parity.slack[-1] == pytest.approx(0.8)  # C, where nobody should be selected, counts
    assert np.isnan(frontier.to_frame()["tpr: C"]).all()
    with pytest.raises(InputError, match="no threshold for 'D'"):
        frontier.at(0).decide([0.5], ["D"])
    assert Rule.from_json(frontier.at(0).to_json()) == frontier.at(0)


def test_codes_mean_the_groups_the_rule_was_fitted_on_empty_ones_included() -> None:
    """With an empty group between A and B, code 2 is still B, and code 1 is refused."""
    base = perfect()
    outcomes = GroupedOutcomes.from_arrays(
        y_true=base.y_true, score=base.score, group=2 * base.group, group_names=["A", "none", "B"]
    )
    rule = threshold_frontier(outcomes).at(0.0)
    np.testing.assert_allclose(rule.probability([0.9, 0.9], [0, 2]), [0.25, 1])
    with pytest.raises(InputError, match="no threshold for 'none'"):
        rule.probability([0.9], [1])
    rounded = rule.nearest_deterministic(outcomes).rule
    assert [len(one.thresholds) for one in rounded.groups] == [1, 0, 1]


def test_accuracy_parity_between_breakpoints_shifts_a_threshold() -> None:
    """Two thresholds next to each other on the hull, nobody and everybody only where they are
    neighbours: not the best threshold mixed with a coin."""
    outcomes = made_up(14, 900, 2)
    frontier = threshold_frontier(outcomes, "accuracy_parity")
    assert len(frontier.nodes) > len(frontier.slack) == 2
    for slack in np.linspace(0, frontier.slack[-1], 7):
        for one, hull in zip(frontier.at(float(slack)).groups, frontier.hulls, strict=True):
            place = [int(np.flatnonzero(hull.thresholds == cut)[0]) for cut in one.thresholds]
            assert max(place) - min(place) <= 1
            assert max(place) < hull.upper


@pytest.mark.parametrize(
    ("constraint", "said"),
    [("equal_opportunity", "No one in B has the favourable"), ("predictive_equality", None)],
)
def test_too_few_groups_to_compare_are_refused(constraint: str, said: str | None) -> None:
    """Only A has a TPR: refused with the reason; both have an FPR: fine."""
    outcomes = people(("A", 1, 0.9, 2), ("A", 0, 0.1, 2), ("B", 0, 0.5, 3))
    if said is None:
        assert threshold_frontier(outcomes, constraint).accuracy[0] == 1
        return
    with pytest.raises(InputError, match=said):
        threshold_frontier(outcomes, constraint)


def test_what_cannot_be_asked_is_refused() -> None:
    outcomes = perfect()
    with pytest.raises(UnknownNameError, match="Known: demographic_parity"):
        threshold_frontier(outcomes, "parity")
    with pytest.raises(InputError, match="only equalized_odds"):
        threshold_frontier(outcomes, "demographic_parity", form="mean")
    for costs in ((0, 1), (1, -1), (1, float("inf")), (float("nan"), 1)):
        with pytest.raises(InputError, match="Costs must be positive"):
            threshold_frontier(outcomes, "demographic_parity", *costs)
    frontier = threshold_frontier(outcomes)
    for slack in (-0.1, float("nan")):
        with pytest.raises(InputError, match="0 or more"):
            frontier.at(slack)
    with pytest.raises(InputError, match="needs two groups"):
        threshold_frontier(people(("A", 1, 0.9, 2), ("A", 0, 0.1, 2)))


def test_the_frame_has_a_row_per_breakpoint() -> None:
    frame = threshold_frontier(perfect()).to_frame()
    assert list(frame.columns[:4]) == ["slack", "cost", "accuracy", "price"]
    np.testing.assert_allclose(frame["selection_rate: A"], [0.2, 0.8])
    np.testing.assert_allclose(frame["tpr: A"], [0.25, 1.0])
    np.testing.assert_allclose(frame["fpr: B"], [0.0, 0.0])


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None, max_examples=100)
def test_any_point_of_a_polygon_is_a_mixture_of_at_most_three(
    seed: int, x: float, y: float
) -> None:
    """Corner weights sum to 1 and average to the point, on the boundary and inside."""
    hull = group_hulls(exact_sweep(made_up(seed, 60, 2)))[0]
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(len(hull.thresholds), 0.2 + x))
    point = weights @ hull.points
    if y < 0.5:  # on an edge
        edge = int(rng.integers(len(hull.points)))
        point = (1 - y) * hull.points[edge] + y * hull.points[(edge + 1) % len(hull.points)]
    found = mixture(hull, point)
    assert np.count_nonzero(found) <= 3
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found @ hull.points, point, atol=1e-8)


def left_to_chance(hull: GroupHull, weights: np.ndarray) -> float:
    """Mean over people of p (1 − p), counted between the corners' thresholds."""
    order = np.argsort(hull.selection)
    chance = 1 - np.cumsum(weights[order])[:-1]
    return float((np.diff(hull.selection[order]) * chance * (1 - chance)).sum())


def test_inside_a_polygon_the_least_is_left_to_chance() -> None:
    """No three thresholds that average to the point leave less, whichever are tried."""
    hull = group_hulls(exact_sweep(made_up(15, 800, 1)))[0]
    for point in np.array([[0.1, 0.3], [0.3, 0.6], [0.2, 0.25], [0.6, 0.7]]):
        least = np.inf
        for corners in combinations(range(len(hull.thresholds)), 3):
            square = np.vstack([hull.points[list(corners)].T, np.ones(3)])
            share = np.linalg.solve(square, [*point, 1])
            if share.min() >= 0:
                weights = np.zeros(len(hull.thresholds))
                weights[list(corners)] = share
                least = min(least, left_to_chance(hull, weights))
        assert left_to_chance(hull, mixture(hull, point)) == pytest.approx(least, abs=1e-9)


def test_a_rule_selects_at_the_threshold_and_draws_between() -> None:
    """Score equal to the threshold is selected; 0.9 in A has the chance of the lower one."""
    rule = threshold_frontier(perfect()).at(0.0)
    chance = rule.probability([0.9, 0.89, 0.95, 0.9, 0.899], ["A", "A", "A", "B", "B"])
    np.testing.assert_allclose(chance, [0.25, 0, 0.25, 1, 0])
    np.testing.assert_allclose(rule.probability([0.9, 0.9], [0, 1]), [0.25, 1])


def test_drawn_decisions_have_the_expected_rates_and_repeat_with_the_seed() -> None:
    """20,000 copies: within four standard errors of the chance."""
    rule = threshold_frontier(perfect()).at(0.0)
    score, group = np.full(20_000, 0.9), np.full(20_000, "A")
    drawn = rule.decide(score, group, np.random.default_rng(3))
    assert drawn.mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 20_000))
    assert (rule.decide(score, group, 7) == rule.decide(score, group, 7)).all()
    with pytest.raises(InputError, match="draws some decisions"):
        rule.decide(score, group)


def test_a_rule_without_chance_needs_none() -> None:
    rule = threshold_frontier(perfect()).at(1.0)
    outcomes = perfect()
    assert (rule.decide(outcomes.score, outcomes.group) == outcomes.y_true).all()
    assert rule.uses_attribute_when_deciding


def test_people_a_rule_cannot_decide_are_refused() -> None:
    rule = threshold_frontier(perfect()).at(0.0)
    with pytest.raises(InputError, match="no threshold for 'Z'"):
        rule.decide([0.5], ["Z"], 0)
    with pytest.raises(InputError, match="must be 0 to 1"):
        rule.decide([0.5], [2], 0)
    with pytest.raises(InputError, match="1 of 2 scores are missing"):
        rule.decide([0.5, float("nan")], ["A", "B"], 0)
    with pytest.raises(InputError, match="One score and one group"):
        rule.decide([0.5, 0.6], ["A"], 0)


@pytest.mark.parametrize("slack", [0.0, 0.01, 0.5])
def test_rules_come_back_from_json_and_decide_the_same(slack: float) -> None:
    """Bit by bit, ends (nobody, everybody) included; the text is strict JSON without labels."""
    outcomes = made_up(4)
    for frontier in (
        threshold_frontier(outcomes, "equalized_odds", 1, 2, form="mean"),
        threshold_frontier(informed_and_not(), "equalized_odds"),
    ):
        rule = frontier.at(slack)
        again = Rule.from_json(rule.to_json())
        assert again == rule
        record = json.loads(rule.to_json(), parse_constant=lambda word: pytest.fail(word))
        assert record["uses_attribute_when_deciding"] is True


def test_damaged_rules_are_refused() -> None:
    good = json.loads(threshold_frontier(perfect()).at(0.0).to_json())

    def damaged(**changes: object) -> str:
        return json.dumps(good | changes)

    wrong_sum = json.loads(json.dumps(good["groups"]))
    wrong_sum[0]["thresholds"][0]["probability"] = 0.9
    cases = {
        "not JSON": "{",
        "not a threshold rule": "[1]",
        "version 9": damaged(version=9),
        "do not sum to 1": damaged(groups=wrong_sum),
        "KeyError: 'slack'": json.dumps({k: v for k, v in good.items() if k != "slack"}),
        "no constraint named": damaged(constraint="x"),
        "not a number": json.dumps(good).replace("0.9", "NaN"),
        "finite": damaged(cost_fp=-1),
    }
    for said, text in cases.items():
        with pytest.raises(InputError, match=said):
            Rule.from_json(text)


def test_rounding_says_what_it_loses() -> None:
    """At slack 0 A selects 20 %: nobody is nearer than 80 %. The gap becomes B's 20 %."""
    rounded = threshold_frontier(perfect()).at(0.0).nearest_deterministic(perfect())
    assert not rounded.rule.randomised
    assert [g.thresholds for g in rounded.rule.groups] == [(np.inf,), (0.9,)]
    assert (rounded.before.gap, rounded.after.gap) == (pytest.approx(0), pytest.approx(0.2))
    assert (rounded.before.accuracy, rounded.after.accuracy) == pytest.approx((0.8, 22 / 30))
    assert rounded.before.chance == pytest.approx(8 / 30)
    assert rounded.after.chance == 0
    assert rounded.loss == (
        "One threshold per group instead of drawing moves accuracy from 80.0 % to 73.3 % and the "
        "gap from 0.0 to 20.0 points."
    )


@pytest.mark.parametrize("constraint", FRONTIER_GAPS)
def test_rounding_moves_bounded_rates_less_than_any_other_threshold(constraint: str) -> None:
    """Against trying every threshold of every group."""
    outcomes = made_up(5)
    rule = threshold_frontier(outcomes, constraint).at(0.005)
    rounded = rule.nearest_deterministic(outcomes).rule
    target, found = rule.expected_counts(outcomes), rounded.expected_counts(outcomes)
    rates = FRONTIER_GAPS[constraint].rates
    sweep = exact_sweep(outcomes)
    for g, one in enumerate(rule.groups):
        if len(one.thresholds) == 1:
            assert rounded.groups[g] == one
            continue
        off = max(abs(rate(found)[g] - rate(target)[g]) for rate in rates)
        every = np.max([np.abs(rate(sweep.counts)[:, g] - rate(target)[g]) for rate in rates], 0)
        assert off == pytest.approx(every.min())


def each_rule(frontier: Frontier) -> list[Rule]:
    return [frontier.at(float(slack)) for slack in frontier.slack]


@pytest.mark.parametrize("constraint", FRONTIER_GAPS)
def test_evaluation_measures_every_rule_on_other_people(constraint: str) -> None:
    """The same numbers as measuring each breakpoint's rule person by person; on the people it
    was fitted on, what was promised."""
    fitted, others = made_up(6), made_up(7, 300)
    frontier = threshold_frontier(fitted, constraint, 1, 2)
    tested = frontier.evaluate(others, draws=0)
    for i, rule in enumerate(each_rule(frontier)):
        measured = rule.measure(others)
        assert tested.accuracy[i] == pytest.approx(measured.accuracy)
        assert tested.cost[i] == pytest.approx(measured.cost)
        assert tested.gap[i] == pytest.approx(measured.gap)
    assert np.isnan(tested.gap_band).all()
    itself = frontier.evaluate(fitted, draws=0)
    np.testing.assert_allclose(itself.cost, frontier.cost, atol=1e-8)
    assert (itself.gap <= frontier.slack + 1e-8).all()


def test_evaluation_finds_groups_by_name() -> None:
    """Other people list the groups in another order, and lack one."""
    frontier = threshold_frontier(made_up(8))
    others = made_up(9, 300)
    kept = others.group != 0
    swapped = GroupedOutcomes.from_arrays(
        y_true=others.y_true[kept], score=others.score[kept], group=2 - others.group[kept],
        group_names=["g2", "g1", "g0"],
    )  # fmt: skip
    tested = frontier.evaluate(swapped, draws=50)
    for i, rule in enumerate(each_rule(frontier)):
        assert tested.gap[i] == pytest.approx(rule.measure(swapped).gap)
    assert any(note.startswith("g0 is left out") for note in tested.notes)
    strangers = GroupedOutcomes.from_arrays(y_true=[1], score=[0.5], group=["z"])
    with pytest.raises(InputError, match="no threshold for z"):
        frontier.evaluate(strangers)


@pytest.mark.parametrize("weighted", [False, True])
def test_bands_are_those_of_resampled_people(weighted: bool) -> None:
    """Against Poisson weights drawn person by person: spread of accuracy and gap to 10 %."""
    frontier = threshold_frontier(made_up(10), "demographic_parity")
    base = made_up(11, 500)
    weight = 0.5 + (np.arange(base.n) % 4) if weighted else np.ones(base.n)
    others = GroupedOutcomes.from_arrays(
        y_true=base.y_true, score=base.score, group=base.group, group_names=base.group_names,
        weight=weight if weighted else None,
    )  # fmt: skip
    tested = frontier.evaluate(others, draws=4000, seed=1)
    rng = np.random.default_rng(5)
    rule = frontier.at(float(frontier.slack[0]))
    chance = rule.probability(others.score, others.group)
    drawn = rng.poisson(1.0, (4000, others.n)) * weight
    right = np.where(others.y_true == 1, chance, 1 - chance)
    accuracy = drawn @ right / drawn.sum(axis=1)
    low, high = tested.accuracy_band[0]
    expected = np.quantile(accuracy, [0.025, 0.975])
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.1)
    assert low == pytest.approx(expected[0], abs=0.005)
    rates = np.stack(
        [(drawn * (others.group == g)) @ chance / (drawn * (others.group == g)).sum(axis=1)
         for g in range(others.n_groups)]
    )  # fmt: skip
    gaps = rates.max(axis=0) - rates.min(axis=0)
    assert tested.gap_band[0, 1] == pytest.approx(np.quantile(gaps, 0.975), rel=0.1)


def test_bands_repeat_with_the_seed_and_hold_what_was_found() -> None:
    frontier = threshold_frontier(made_up(12), "equalized_odds")
    others = made_up(13, 600)
    first, second = (frontier.evaluate(others, draws=300, seed=4) for _ in range(2))
    assert first.to_frame().equals(second.to_frame())
    frame = first.to_frame()
    for name in ("accuracy", "cost", "gap"):
        assert (frame[f"{name}_lower"] <= frame[name]).all()
        assert (frame[name] <= frame[f"{name}_upper"] + 1e-9).all()
    with pytest.raises(InputError, match="0 or more draws"):
        frontier.evaluate(others, draws=-1)
