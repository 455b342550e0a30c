"""The exact frontier against programmes over every threshold, written from the definitions."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression

from fairlab.data import load, prepare
from fairlab.errors import InputError
from fairlab.frontier import FRONTIER_GAPS, threshold_frontier
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, GroupedOutcomes, count

SCORES = (0.1, 0.2, 0.3, 0.5, 0.8)
CASES = [(name, "max") for name in FRONTIER_GAPS] + [("equalized_odds", "mean")]
Rate = Callable[[np.ndarray, np.ndarray, float, float], tuple[np.ndarray, float]]

# Rates of one group as (value at each threshold, whom they are divided by), from tp and fp at each
# threshold and the numbers of people with y = 1 and with y = 0.
RATES: dict[str, list[Rate]] = {
    "demographic_parity": [lambda tp, fp, pos, neg: (tp + fp, pos + neg)],
    "equal_opportunity": [lambda tp, _fp, pos, _neg: (tp, pos)],
    "predictive_equality": [lambda _tp, fp, _pos, neg: (fp, neg)],
    "equalized_odds": [lambda tp, _fp, pos, _neg: (tp, pos), lambda _tp, fp, _pos, neg: (fp, neg)],
    "mean_residual_parity": [lambda tp, fp, pos, neg: (tp + fp - pos, pos + neg)],
    "accuracy_parity": [lambda tp, fp, pos, neg: (tp + neg - fp, pos + neg)],
}


def small_problem(seed: int) -> GroupedOutcomes:
    """Up to 30 people in two to four groups, few distinct scores, sometimes weights."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(2, 5))
    n = int(rng.integers(3 * groups, 31))
    group = np.concatenate([np.arange(groups).repeat(2), rng.integers(0, groups, n - 2 * groups)])
    y = np.concatenate([np.tile([0, 1], groups), rng.integers(0, 2, n - 2 * groups)])
    score = rng.choice(SCORES, n)
    if seed % 3:  # two thirds of the problems have a score that tells something
        score = np.clip(score + 0.1 * y + 0.1 * (group == 1), 0, 1).round(1)
    weight = rng.choice([0.5, 1.0, 3.0], n) if seed % 2 else None
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names=[f"g{g}" for g in range(groups)],
        weight=weight,
    )  # fmt: skip


def least_cost(
    people: GroupedOutcomes,
    constraint: str,
    form: str,
    slack: float,
    cost_fp: float,
    cost_fn: float,
) -> float:
    """Weights of every threshold of every group, pairwise limits: no hull, no band."""
    weight = np.ones(people.n) if people.weight is None else people.weight
    cuts = [*sorted(set(people.score.tolist())), np.inf]
    tables = []
    for g in range(people.n_groups):
        own = people.group == g
        chosen = np.array([people.score[own] >= cut for cut in cuts])
        w, y = weight[own], people.y_true[own]
        tables.append(
            (chosen @ (w * y), chosen @ (w * (1 - y)), (w * y).sum(), (w * (1 - y)).sum())
        )
    k, groups, rates = len(cuts), people.n_groups, RATES[constraint]
    pieces = rates if form == "mean" else []
    size = k * groups + len(pieces)
    objective = np.zeros(size)
    sums = np.zeros((groups, size))
    for g, (tp, fp, pos, _) in enumerate(tables):
        objective[g * k : (g + 1) * k] = (cost_fp * fp + cost_fn * (pos - tp)) / weight.sum()
        sums[g, g * k : (g + 1) * k] = 1
    rows, limits = [], []
    for r, rate in enumerate(rates):
        for a in range(groups):
            for b in range(groups):
                (top, n_a), (low, n_b) = rate(*tables[a]), rate(*tables[b])
                if a == b or n_a == 0 or n_b == 0:
                    continue
                row = np.zeros(size)
                row[a * k : (a + 1) * k] = top / n_a
                row[b * k : (b + 1) * k] = -low / n_b
                if pieces:
                    row[groups * k + r] = -1
                rows.append(row)
                limits.append(0.0 if pieces else slack)
    if pieces:
        row = np.zeros(size)
        row[groups * k :] = 1 / len(pieces)
        rows.append(row)
        limits.append(slack)
    found = linprog(
        objective, A_ub=np.array(rows), b_ub=limits, A_eq=sums, b_eq=np.ones(groups),
        bounds=(0, None), method="highs-ipm",
    )  # fmt: skip
    assert found.status == 0
    return float(found.fun)


@pytest.mark.parametrize(("constraint", "form"), CASES)
def test_the_frontier_equals_the_programme_over_all_thresholds(constraint: str, form: str) -> None:
    """Random problems: at random slacks, at breakpoints and between, cost to 1e-6."""
    for seed in range(60):
        people = small_problem(seed)
        rng = np.random.default_rng(1000 + seed)
        costs = [(1, 1), (1, 1), (2, 0.5), (1, 4)][seed % 4]
        frontier = threshold_frontier(people, constraint, *costs, form=form)
        slacks = {0.0, float(rng.random() * 0.5), float(rng.choice(frontier.slack))}
        for slack in slacks:
            theirs = least_cost(people, constraint, form, slack, *costs)
            assert frontier.cost_at(slack) == pytest.approx(theirs, abs=1e-6), (seed, slack)


@pytest.mark.parametrize(("constraint", "form"), CASES)
def test_every_breakpoint_is_there_and_none_is_needless(constraint: str, form: str) -> None:
    """Between two breakpoints the independent cost is linear; at each it bends."""
    for seed in range(12):
        people = small_problem(seed)
        frontier = threshold_frontier(people, constraint, form=form)

        def cost(slack: float, people: GroupedOutcomes = people) -> float:
            return least_cost(people, constraint, form, slack, 1, 1)

        slack = frontier.slack
        for left, right in pairwise(slack):
            middle = (left + right) / 2
            assert cost(middle) == pytest.approx((cost(left) + cost(right)) / 2, abs=1e-6)
        assert (np.diff(frontier.price) < -1e-9).all()
        assert frontier.price[-1] == 0


@pytest.mark.parametrize(("constraint", "form"), CASES)
def test_rules_keep_the_slack_and_have_the_cost_that_is_promised(
    constraint: str, form: str
) -> None:
    """Expected counts of each rule, counted person by person, give the gap and the cost."""
    gap = FRONTIER_GAPS[constraint] if form == "max" else GAPS["average_absolute_odds_difference"]
    for seed in range(30):
        people = small_problem(seed)
        frontier = threshold_frontier(people, constraint, 1, 2, form=form)
        rng = np.random.default_rng(seed)
        for slack in (
            0.0,
            float(rng.random() * frontier.slack[-1]),
            float(frontier.slack[-1]),
            0.9,
        ):
            rule = frontier.at(slack)
            counts = rule.expected_counts(people)
            assert float(gap(counts)) <= slack + 1e-8
            cost = (counts.fp + 2 * counts.fn).sum() / counts.n.sum()
            assert cost == pytest.approx(frontier.cost_at(slack), abs=1e-8)


def deterministic_optima(people: GroupedOutcomes, gap: str) -> list[tuple[float, float]]:
    """(gap, accuracy) of every way to give two groups one threshold each."""
    cuts = [*sorted(set(people.score.tolist())), np.inf]
    tables = [count(people, cut) for cut in cuts]
    found = []
    for first in tables:
        for second in tables:
            cells = [
                np.array([getattr(first, f)[0], getattr(second, f)[1]])
                for f in ("tp", "fp", "fn", "tn")
            ]
            both = Counts(*cells)
            accuracy = float((both.tp + both.tn).sum() / both.n.sum())
            found.append((float(GAPS[gap](both)), accuracy))
    return found


@pytest.mark.parametrize("constraint", FRONTIER_GAPS)
def test_no_pair_of_thresholds_is_better_and_mixtures_of_pairs_reach_it(constraint: str) -> None:
    """Enumeration: all deterministic rules lie on or below the frontier; with all slack one of
    them is on it."""
    for seed in range(40):
        people = small_problem(seed)
        two = people.group < 2
        pair = GroupedOutcomes.from_arrays(
            y_true=people.y_true[two], score=people.score[two], group=people.group[two],
            group_names=["a", "b"],
        )  # fmt: skip
        frontier = threshold_frontier(pair, constraint)
        every = deterministic_optima(pair, FRONTIER_GAPS[constraint].name)
        for gap, accuracy in every:
            assert accuracy <= frontier.accuracy_at(gap + 1e-12) + 1e-9
        assert max(accuracy for _, accuracy in every) == pytest.approx(frontier.accuracy[-1])


@st.composite
def tied_people(draw: st.DrawFn) -> GroupedOutcomes:
    """Few people and scores; groups may be empty or lack an outcome."""
    n = draw(st.integers(2, 20))
    groups = draw(st.integers(1, 4))
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    return GroupedOutcomes.from_arrays(
        y_true=column(st.integers(0, 1)),
        score=column(st.sampled_from(SCORES)),
        group=np.array(column(st.integers(0, groups - 1))),
        group_names=[f"g{g}" for g in range(groups)],
        weight=column(st.sampled_from((0.1, 1.0, 3.0))) if draw(st.booleans()) else None,
    )


@given(tied_people(), st.sampled_from(CASES), st.sampled_from([(1, 1), (3, 1)]), st.floats(0, 1))
@settings(deadline=None, max_examples=150)
def test_any_people_get_the_best_cost_or_a_reason(
    people: GroupedOutcomes, case: tuple[str, str], costs: tuple[int, int], slack: float
) -> None:
    """Empty groups, groups without an outcome, ties: the independent optimum, or an error that
    says which groups are missing. Cost falls and is convex; gap within slack."""
    constraint, form = case
    try:
        frontier = threshold_frontier(people, constraint, *costs, form=form)
    except InputError as error:
        if "needs two groups" not in str(error):
            raise
        return
    theirs = least_cost(people, constraint, form, slack, *costs)
    assert frontier.cost_at(slack) == pytest.approx(theirs, abs=1e-6)
    assert (np.diff(frontier.cost) <= 0).all()
    assert (np.diff(frontier.price) <= 1e-9).all()
    measured = frontier.at(slack).measure(people)
    assert measured.gap is None or measured.gap <= slack + 1e-8
    assert measured.cost == pytest.approx(frontier.cost_at(slack), abs=1e-8)


@pytest.mark.parametrize(("constraint", "form"), CASES)
def test_the_built_in_table_has_the_optimum_of_the_programme(constraint: str, form: str) -> None:
    """Scores of a logistic regression on real mortgage applications, to 1e-6."""
    data = prepare(load("loanapp"), group_by=("race_ethnicity",))
    train, people = data.splits["train"], data.splits["validation"]
    model = LogisticRegression(max_iter=2000).fit(train.features, train.y_true)
    attribute = people.attributes["race_ethnicity"]
    outcomes = GroupedOutcomes.from_arrays(
        y_true=people.y_true,
        score=model.predict_proba(people.features)[:, 1].round(3),
        group=attribute.codes,
        group_names=attribute.names,
    )
    frontier = threshold_frontier(outcomes, constraint, form=form)
    for slack in (0.0, 0.01, 0.05):
        theirs = least_cost(outcomes, constraint, form, slack, 1, 1)
        assert frontier.cost_at(slack) == pytest.approx(theirs, abs=1e-6)
