"""Online rules: the promise over everybody so far, its bound in any order, and the paper's rule."""

import math

import cvxpy as cp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from fairlab.errors import InputError, UnknownNameError
from fairlab.projection import project
from fairlab.projection.calibration import Calibration
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.online import STEP, OnlineRule, PaperOnlineRule
from fairlab.projection.online_bound import Certificate
from fairlab.projection.range_penalty import soft_means, under_range_price
from fairlab.projection.running import departures

BOUNDED = ["demographic_parity", "equal_opportunity", "predictive_equality"]
RULES = [OnlineRule, PaperOnlineRule]


def stream(n=5000, seed=0, shares=(0.35, 0.65)):
    """People in shuffled order; later groups score higher."""
    rng = np.random.default_rng(seed)
    group = rng.choice(len(shares), n, p=shares)
    z = 1 / (1 + np.exp(-(1.5 * rng.normal(size=n) - 1 + 0.9 * group / (len(shares) - 1))))
    return z, group


def calibrated(n_groups, seed=0):
    """P(y = 1 | z, group) of scores that are themselves probabilities, but for one group."""
    rng = np.random.default_rng([seed, 7])
    z, group = rng.random(3000), rng.integers(0, n_groups, 3000)
    y = (rng.random(3000) < np.clip(z + 0.1 * (group == 0), 0, 1)).astype(int)
    return Calibration.fit(z, y, group=group, n_groups=n_groups)


def mean_gap(p, group):
    means = [p[group == g].mean() for g in np.unique(group)]
    return max(means) - min(means)


def orders(z, group, seed=0):
    """i.i.d., sorted by group, sorted by score, worst first, alternating, drifting shares."""
    rng = np.random.default_rng([seed, 1])
    n = len(z)
    place = np.argsort(np.argsort(z)) / n
    yield "shuffled", rng.permutation(n)
    yield "by group", np.argsort(group, kind="stable")
    yield "by score", np.argsort(z)
    yield "worst first", np.argsort(np.where(group == 0, place, 1 - place))
    halves = [np.flatnonzero(group == g) for g in np.unique(group)]
    yield "alternating", np.argsort(np.concatenate([np.arange(len(h)) for h in halves]))
    yield "drifting", np.argsort(np.arange(n) / n + 0.5 * group / group.max() + 0.1 * rng.random(n))


@pytest.mark.parametrize("shares", [(0.35, 0.65), (0.2, 0.5, 0.3), (0.1, 0.2, 0.3, 0.1, 0.1, 0.2)])
@pytest.mark.parametrize("hardest", [False, True])
@pytest.mark.parametrize("batch", [1, 7, 256])
def test_the_bound_holds_after_every_batch_in_any_order(shares, hardest, batch):
    """``hardest``: every score at the edge of the box, one group at 0 and the others at 1."""
    z, group = stream(1500, shares=shares)
    if hardest:
        z = (group > 0).astype(float)
    for name, order in orders(z, group):
        rule = OnlineRule(0.02, n_groups=len(shares))
        for i in range(0, len(z), batch):
            rule.predict(z[order[i : i + batch]], group[order[i : i + batch]])
            seen = min(i + batch, len(z))
            gap = rule.aggregate_gap()
            assert math.isnan(gap) or gap <= rule.bound(seen) + 1e-12, (name, seen)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.integers(0, 3)), min_size=1, max_size=60
    ),
    st.sampled_from([0.0, 0.1, 0.4]),
    st.sampled_from([0.05, 0.5, 8.0]),
    st.sampled_from(BOUNDED),
)
@settings(max_examples=200, deadline=None)
def test_the_bound_holds_for_any_few_people(rows, slack, step, constraint):
    """Ties, one group, absent groups, soft memberships, small and large steps."""
    rule = OnlineRule(slack, constraint, n_groups=4, step=step, calibration=calibrated(4))
    for seen, (score, g) in enumerate(rows, start=1):
        p = rule.predict([score], [g])
        assert 0 <= p[0] <= 1
        gap = rule.aggregate_gap()
        assert math.isnan(gap) or gap <= rule.bound(seen) + 1e-12


def test_the_bound_holds_for_raw_scores_far_outside_the_box():
    """A score of 50 must not keep a person at the edge whatever the aggregate says."""
    group = np.random.default_rng(0).integers(0, 2, 400)
    z = np.where(group == 0, -50.0, 50.0)
    rule, inside = OnlineRule(0.02, n_groups=2), OnlineRule(0.02, n_groups=2)
    p = rule.predict(z, group)
    assert rule.aggregate_gap() <= rule.bound(400) < 0.5
    np.testing.assert_array_equal(p, inside.predict(np.clip(z, 0, 1), group))


def test_the_bound_is_nearly_attained_in_the_worst_order():
    """A bound that is never near would be no promise: one group first, scores at the edges."""
    group = np.repeat([0, 1], 1000)
    rule = OnlineRule(0.02, n_groups=2)
    rule.run((group == 0).astype(float), group)
    assert rule.bound(2000) < 0.2
    assert rule.aggregate_gap() > 0.8 * rule.bound(2000)


def test_the_bound_falls_with_the_root_of_people():
    rule = OnlineRule(0.02, n_groups=2)
    first, later = rule.bound(2000) - 0.02, rule.bound(8000) - 0.02
    assert later == pytest.approx(first / 2, rel=1e-6)
    z, group = stream(2000)
    rule.run(z, group)
    assert rule.bound(2000) > rule.bound(4000) > rule.bound(100_000) > 0.02
    with pytest.raises(InputError, match="2000 people were seen"):
        rule.bound(1999)


def test_what_was_planned_comes_true_for_people_in_shuffled_order():
    z, group = stream(6000)
    rule = OnlineRule(0.02, n_groups=2)
    rule.run(z[:2000], group[:2000])
    planned = rule.bound(6000)
    rule.run(z[2000:], group[2000:])
    assert rule.bound(6000) == pytest.approx(planned, rel=0.1)
    assert rule.aggregate_gap() < planned


@pytest.mark.parametrize(
    "arguments",
    [
        {"constraint": "equalized_odds"},
        {"constraint": "mean_residual_parity"},
        {"constraint": "accuracy_parity"},
        {"upper": math.inf},
    ],
)
def test_no_bound_is_promised_where_none_is_proved(arguments):
    rule = OnlineRule(0.1, n_groups=2, calibration=calibrated(2), **arguments)
    assert rule.bound(100) == math.inf


def test_many_groups_have_a_bound_too():
    """Beyond eight groups pairs are not told apart; the bound still holds and still falls."""
    z, group = stream(4000, shares=(1 / 12,) * 12)
    rule = OnlineRule(0.02, n_groups=12, step=8.0)
    rule.run(z, group)
    assert rule.aggregate_gap() <= rule.bound(4000) < 0.5


def test_a_certificate_of_three_groups_shrinks_no_faster_than_people_can_pull_means():
    """Means pulled by two edges approach each other as 1/people²; no proof gives more."""
    certificate = Certificate(0.0, 1.0, 3)
    mass, excess = [0.0] * 3, {}
    for person in range(2400):  # at first the rule hardly acts, then with all its force
        mass[person % 3] += 1
        certificate.arrive(mass, person % 3, 1.0, 1e-3 if person < 300 else 1e9)
        excess[person + 1] = certificate.excess
    assert excess[300] == 1.0
    for people in (400, 600, 1200):
        assert excess[people] > excess[2 * people] >= 0.2 * excess[people]


def test_a_certificate_forgets_people_who_do_not_count():
    certificate = Certificate(0.0, 1.0, 2)
    certificate.arrive([1.0, 1.0], 1, 0.0, 3.0)
    assert certificate.excess == 0.0


@pytest.mark.parametrize("slack", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("shares", [(0.35, 0.65), (0.5, 0.3, 0.2)])
def test_five_thousand_people_one_by_one_are_within_a_point_of_the_slack(slack, shares):
    """And scores change little more than by the projection that sees all of them at once."""
    for seed in range(3):
        z, group = stream(seed=seed, shares=shares)
        rule = OnlineRule(slack, n_groups=len(shares))
        p = rule.run(z, group)
        assert mean_gap(p, group) <= slack + 0.01
        exact = project(torch.from_numpy(z), torch.from_numpy(group), slack).p.numpy()
        assert ((p - z) ** 2).mean() < 1.5 * ((exact - z) ** 2).mean()


@pytest.mark.parametrize("slack", [0.02, 0.05])
def test_scores_change_less_than_by_the_papers_rule(slack):
    """At equal slack, whatever the paper's step, in batches small and larger."""
    z, group = stream()
    ours = OnlineRule(slack, n_groups=2).run(z, group)
    change = ((ours - z) ** 2).mean()
    for batch in (8, 32, 128):
        for step in (0.02, 0.1, 0.5, 2.0):
            paper = PaperOnlineRule(slack, n_groups=2, step=step)
            p = paper.run(z, group, batch)
            assert ((p - z) ** 2).mean() > change
            assert paper.aggregate_gap() < 0.1  # it does act


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_every_constraint_is_kept_as_far_as_probabilities_tell(constraint):
    z, group = stream(seed=3)
    if constraint == "accuracy_parity":
        z = np.where(group == 1, np.clip(2 * z - 0.5, 0, 1), z)  # surer of one group
    else:
        z = np.clip(z + 0.1 * (group == 1), 0, 1)
    calibration = calibrated(2)
    q = calibration.probability(z, group)
    value = {"mean_residual_parity": lambda p: p - q}.get(constraint, lambda p: p)
    if constraint == "accuracy_parity":
        value = lambda p: q * p + (1 - q) * (1 - p)  # noqa: E731

    def gap(p):
        worst = 0.0
        for condition in CONSTRAINTS[constraint].conditions:
            w = {None: np.ones_like(q), 1: q, 0: 1 - q}[condition.label]
            means = [np.average(value(p)[group == g], weights=w[group == g]) for g in (0, 1)]
            worst = max(worst, abs(means[0] - means[1]))
        return worst

    slack = gap(z) / 4
    rule = OnlineRule(slack, constraint, n_groups=2, calibration=calibration, step=1.0)
    p = rule.run(z, group)
    assert rule.aggregate_gap() == pytest.approx(gap(p), abs=1e-9)
    assert gap(p) <= slack + 0.01 < gap(z)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_each_score_minimises_what_the_rule_says(constraint):
    """Against a search over p, with the best band searched too."""
    rng = np.random.default_rng(5)
    calibration = calibrated(3)
    rule = OnlineRule(0.05, constraint, n_groups=3, step=3.0, calibration=calibration)
    z, group = stream(40, seed=1, shares=(0.3, 0.3, 0.4))
    rule.run(z, group)
    for _ in range(8):
        raw, g = rng.random(), int(rng.integers(0, 3))
        found = rule.predict([raw], [g], update=False)[0]
        best = minimize_scalar(
            lambda p, raw=raw, g=g: _objective(rule, p, raw, g, calibration),
            bounds=(0, 1),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert found == pytest.approx(best.x, abs=1e-4)
        assert _objective(rule, found, raw, g, calibration) <= best.fun + 1e-9


def test_newton_steps_that_go_in_circles_are_cut_short():
    """Found by the test above: full steps led from 0.3 to 0.125 and back for ever."""
    rule = OnlineRule(0.1, n_groups=4, step=8.0)
    rule.run([0.0, 0.5], [1, 2])
    assert rule.predict([0.3], [0])[0] == pytest.approx(0.14664534, abs=1e-7)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.16, 0.3, 0.5, 0.9, 1.0]), st.floats(0.01, 9.0)),
        min_size=2,
        max_size=7,
    ),
    st.sampled_from([0.0, 0.1, 0.35]),
)
@settings(max_examples=200, deadline=None)
def test_departures_balance_around_one_band(cells, slack):
    """Σ mass · departure = 0, and every mean less its departure lies in [τ, τ + ε]."""
    mean, mass = [m for m, _ in cells], [w for _, w in cells]
    total = [m * w for m, w in cells]
    off = [departures(total, mass, slack, c)[0] for c in range(len(cells))]
    assert sum(w * d for w, d in zip(mass, off, strict=True)) == pytest.approx(0, abs=1e-9)
    inside = [m - d for m, d in zip(mean, off, strict=True)]
    assert max(inside) - min(inside) <= slack + 1e-9
    held = [m for m, d in zip(inside, off, strict=True) if d > 1e-9]
    assert held == pytest.approx([max(inside)] * len(held))
    held = [m for m, d in zip(inside, off, strict=True) if d < -1e-9]
    assert held == pytest.approx([min(inside)] * len(held))


def _objective(rule, p, raw, g, calibration):
    state = rule.state
    constraint = CONSTRAINTS[rule.setting.cells.constraint]
    q = float(calibration.probability(np.array([raw]), np.array([g]))[0])
    a = 1.0 if constraint.sign is None else constraint.sign(q)
    b = 0.0 if constraint.offset is None else constraint.offset(q)
    total = 0.0
    for f, condition in enumerate(constraint.conditions):
        w = {None: 1.0, 1: q, 0: 1 - q}[condition.label]
        mass, value = state.mass[f].copy(), state.total[f].copy()
        mass[g] += w
        value[g] += w * (a * p + b)
        means = value[mass > 0] / mass[mass > 0]

        def spread(tau, mass=mass[mass > 0], means=means):
            return 0.5 * mass @ (means - np.clip(means, tau, tau + rule.setting.slack)) ** 2

        level = minimize_scalar(
            spread,
            bounds=(means.min() - 0.1, means.max()),
            method="bounded",
            options={"xatol": 1e-12},
        )
        total += level.fun
    gain = rule.setting.step * math.sqrt(float(state.people) + 1)
    return 0.5 * (p - raw) ** 2 + gain * total


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_how_a_stream_is_cut_into_batches_changes_nothing(constraint):
    z, group = stream(300)
    one = OnlineRule(0.02, constraint, n_groups=2, calibration=calibrated(2))
    p = one.run(z, group)
    for batch in (1, 7, 256):
        rule = OnlineRule(0.02, constraint, n_groups=2, calibration=calibrated(2))
        cut = [rule(z[i : i + batch], group[i : i + batch]) for i in range(0, 300, batch)]
        assert np.array_equal(np.concatenate(cut), p)


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_a_saved_stream_goes_on_bit_by_bit(kind, constraint, tmp_path):
    z, group = stream(400, shares=(0.3, 0.3, 0.4))
    rule = kind(0.02, constraint, n_groups=3, calibration=calibrated(3), step=0.7)
    rule.run(z[:208], group[:208], batch_size=16)
    rule.save(tmp_path / "rule")
    opened = kind.load(tmp_path / "rule")
    assert opened.aggregate_gap() == rule.aggregate_gap()
    assert opened.bound(208) == rule.bound(208)
    ours = rule.run(z[208:], group[208:], batch_size=16)
    assert np.array_equal(opened.run(z[208:], group[208:], batch_size=16), ours)
    for name in type(rule.state).__slots__:
        assert np.array_equal(getattr(opened.state, name), getattr(rule.state, name))


@pytest.mark.parametrize("kind", RULES)
def test_a_prediction_without_update_leaves_no_trace(kind):
    z, group = stream(300)
    rule = kind(0.02, n_groups=2)
    rule.run(z[:200], group[:200], batch_size=20)
    before = rule.state
    first = rule.predict(z[200:], group[200:], update=False)
    assert np.array_equal(rule.predict(z[200:], group[200:], update=False), first)
    for name in type(before).__slots__:
        assert np.array_equal(getattr(rule.state, name), getattr(before, name))
    assert np.array_equal(rule.predict(z[200:], group[200:]), first)  # the same when it counts


@pytest.mark.parametrize("kind", RULES)
def test_a_refused_batch_leaves_no_trace(kind):
    rule = kind(0.02, n_groups=2)
    rule.run(*stream(50), batch_size=10)
    before = rule.state
    with pytest.raises(InputError):
        rule.predict([0.5, 0.5], [0, 2])
    assert np.array_equal(rule.state.mass, before.mass)


@pytest.mark.parametrize("kind", RULES)
def test_swapped_groups_are_noticed(kind):
    """Lowering whom it should raise would leave a wider gap than there was."""
    z, group = stream()
    rule = kind(0.02, n_groups=2)
    rule.run(z, group, batch_size=32)
    p = rule.predict(z, group, update=False)
    assert p[group == 1].mean() < z[group == 1].mean() - 0.02
    assert p[group == 0].mean() > z[group == 0].mean() + 0.02


def test_names_of_groups_do_not_matter():
    z, group = stream(500, shares=(0.2, 0.5, 0.3))
    p = OnlineRule(0.02, n_groups=3).run(z, group)
    renamed = OnlineRule(0.02, n_groups=6).run(z, np.array([4, 0, 3])[group])
    np.testing.assert_allclose(renamed, p, atol=1e-9)


def test_shares_that_drift_are_followed():
    """Rare at first, common in the end."""
    rng = np.random.default_rng(0)
    group = (rng.random(6000) < np.linspace(0.02, 0.95, 6000)).astype(int)
    z = np.clip(0.4 + 0.2 * group + 0.2 * rng.normal(size=6000), 0, 1)
    p = OnlineRule(0.03, n_groups=2).run(z, group)
    assert mean_gap(p, group) < 0.04


def test_until_there_are_two_groups_the_gap_is_undefined_and_scores_stay():
    rule = OnlineRule(0.0, n_groups=3)
    assert math.isnan(rule.aggregate_gap())
    assert rule.predict([0.2, 0.9], [1, 1]).tolist() == [0.2, 0.9]
    assert math.isnan(rule.aggregate_gap())
    first = rule.predict([0.1], [2])[0]  # the mean of the others is 0.55
    assert 0.1 < first < 0.55
    assert rule.aggregate_gap() == pytest.approx(0.55 - first)


def test_scores_within_the_slack_are_left_alone():
    z = np.full(100, 0.5) + 0.01 * (np.arange(100) % 2)
    assert np.array_equal(OnlineRule(0.02, n_groups=2).run(z, np.arange(100) % 2), z)


def test_several_attributes_are_each_kept():
    z, group = stream(4000)
    other = np.random.default_rng(1).integers(0, 3, 4000)
    z = np.clip(z + 0.1 * (other == 2), 0, 1)
    both = np.stack([group, other], axis=1)
    for kind in RULES:
        rule = kind(0.02, n_groups=(2, 3))
        p = rule.run(z, both, batch_size=100)
        gaps = mean_gap(p, group), mean_gap(p, other)
        assert max(gaps) < 0.03
        assert rule.aggregate_gap() == pytest.approx(max(gaps))


@pytest.mark.parametrize("kind", RULES)
def test_tensors_come_back_as_tensors(kind):
    z, group = stream(64)
    p = kind(0.0, n_groups=2)(torch.tensor(z, dtype=torch.float32), torch.from_numpy(group))
    assert isinstance(p, torch.Tensor)
    assert p.dtype == torch.float32


@pytest.mark.parametrize("kind", RULES)
def test_a_step_and_an_infinite_box_are_taken_as_given(kind):
    """Amounts: no clipping, and a group mean of 100 points more comes down."""
    rng = np.random.default_rng(0)
    group = np.arange(2000) % 2
    z = 500 + 100 * group + 20 * rng.normal(size=2000)
    rule = kind(10.0, n_groups=2, lower=-math.inf, upper=math.inf, step=2.0)
    p = rule.run(z, group, batch_size=50)
    assert mean_gap(p, group) < 15
    assert p.max() > 1


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"slack": -0.1}, "Slack"),
        ({"slack": math.nan}, "Slack"),
        ({"step": 0.0}, "step"),
        ({"lower": 1.0}, "box"),
        ({"n_groups": 0}, "at least one group"),
        ({"constraint": "equal_opportunity"}, "calibration="),
        (
            {
                "constraint": "mean_residual_parity",
                "calibration": Calibration.fit(np.array([0.1, 0.9]), np.array([0, 1])),
            },
            "ignores groups",
        ),
    ],
)
def test_settings_are_checked(kind, arguments, message):
    with pytest.raises(InputError, match=message):
        kind(**{"slack": 0.1, "n_groups": 2, **arguments})


def test_an_unknown_constraint_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="demographic_parity"):
        OnlineRule(0.1, "parity", n_groups=2)


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize(
    ("z", "group", "message"),
    [
        ([0.1, 0.2], [0], "Scores must be"),
        ([[0.1]], [0], "Scores must be"),
        ([0.1], [0.0], "integers"),
        ([math.nan], [0], "not finite"),
        ([0.1], [-1], "0 to 1"),
        ([0.1], [2], "n_groups"),
    ],
)
def test_batches_are_checked(kind, z, group, message):
    with pytest.raises(InputError, match=message):
        kind(0.1, n_groups=2).predict(z, group)


@pytest.mark.parametrize("kind", RULES)
def test_an_empty_batch_is_no_batch(kind):
    rule = kind(0.1, n_groups=2)
    assert len(rule.predict(np.zeros(0), np.zeros(0, dtype=int))) == 0
    assert float(rule.state.people) == 0


def test_a_calibration_of_ones_own_works_but_is_not_saved(tmp_path):
    class Own:
        uses_group = False

        def probability(self, z, group=None):
            return z if group is None else None

    rule = OnlineRule(0.1, "equal_opportunity", n_groups=2, calibration=Own())
    rule.run(*stream(50))
    with pytest.raises(InputError, match="cannot be saved"):
        rule.save(tmp_path / "rule")


def test_a_calibration_by_group_knows_one_attribute():
    rule = OnlineRule(0.1, "equal_opportunity", n_groups=(2, 2), calibration=calibrated(2))
    with pytest.raises(InputError, match="one attribute"):
        rule.predict([0.5], [[0, 1]])


def test_the_papers_price_follows_its_update():
    """Two batches by hand: gap 0.4, then the price 0.1·(1/√1)·2·(0.4 − 0.1) moves both by it/2·2/2.

    ``min Σ (p − z)² + λ·2·|p₀ − p₁|`` moves each of the two by λ.
    """
    rule = PaperOnlineRule(0.1, n_groups=2, step=0.1)
    assert rule.predict([0.2, 0.6], [0, 1]).tolist() == [0.2, 0.6]
    price = 0.1 * 2 * (0.4 - 0.1)
    assert rule.state.price[0] == pytest.approx(price)
    p = rule.predict([0.2, 0.6], [0, 1])
    assert p.tolist() == pytest.approx([0.2 + price, 0.6 - price])
    price += 0.1 / math.sqrt(2) * 2 * (0.4 - 2 * price - 0.1)
    assert rule.state.price[0] == pytest.approx(price)
    assert rule.average_batch_gap() == pytest.approx((0.4 + p[1] - p[0]) / 2)


@pytest.mark.parametrize("batch", [2, 7, 256])
def test_the_papers_rule_keeps_the_average_of_batch_gaps_in_any_order(batch):
    z, group = stream(1500, shares=(0.2, 0.5, 0.3))
    for name, order in orders(z, group):
        rule = PaperOnlineRule(0.02, n_groups=3)
        assert math.isnan(rule.average_bound())
        for i in range(0, len(z), batch):
            rule.predict(z[order[i : i + batch]], group[order[i : i + batch]])
            assert rule.average_batch_gap() <= rule.average_bound() + 1e-12, (name, i)


def test_the_papers_rule_never_acts_on_one_person_or_one_group():
    """As published: no gap to price, and the price falls as if the gap were 0."""
    z, group = stream(200)
    rule = PaperOnlineRule(0.02, n_groups=2)
    assert np.array_equal(rule.run(z, group, batch_size=1), z)
    assert rule.bound(200) == math.inf
    rule.predict([0.1, 0.9], [0, 1])
    price = rule.state.price[0]
    assert price > 0
    assert rule.predict([0.1, 0.9], [0, 0]).tolist() == [0.1, 0.9]
    assert rule.state.price[0] < price


@pytest.mark.parametrize("box", [(0.0, 1.0), (-math.inf, math.inf), (0.0, math.inf)])
@pytest.mark.parametrize("soft", [False, True])
def test_the_papers_step_agrees_with_a_general_solver(box, soft):
    rng = np.random.default_rng(11)
    for trial in range(12):
        n, size = int(rng.integers(2, 12)), int(rng.integers(2, 5))
        z = rng.choice([0.0, 0.1, 0.5, 1.0], n) if trial % 2 else rng.random(n) * 1.4 - 0.2
        cell = rng.integers(0, size, n)
        w, a, b = np.ones(n), np.ones(n), np.zeros(n)
        if soft:
            w, a, b = rng.random(n), 2 * rng.random(n) - 1, rng.random(n)
        price = float(rng.choice([0.01, 0.1, 0.5, 50.0]))
        p = np.clip(z - under_range_price(z, cell, w, a, b, price, *box), *box)
        x = cp.Variable(n)
        means = [
            cp.sum(cp.multiply(w[cell == g], cp.multiply(a, x)[cell == g] + b[cell == g]))
            / w[cell == g].sum()
            for g in np.unique(cell)
        ]
        spread = cp.max(cp.hstack(means)) - cp.min(cp.hstack(means))
        edges = [x >= box[0]] * math.isfinite(box[0]) + [x <= box[1]] * math.isfinite(box[1])
        problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(x - z) + price * spread), edges)
        problem.solve(solver="CLARABEL")
        mean = soft_means(p, cell, w, a, b, size)
        value = 0.5 * ((p - z) ** 2).sum() + price * (np.nanmax(mean) - np.nanmin(mean))
        assert value <= problem.value + 1e-6
        np.testing.assert_allclose(p, x.value, atol=2e-4)


def test_a_batch_of_the_papers_rule_needs_somebody():
    with pytest.raises(InputError, match="at least 1"):
        PaperOnlineRule(0.1, n_groups=2).run(*stream(10), batch_size=0)


def test_what_a_rule_says_about_itself():
    assert (OnlineRule.policy, PaperOnlineRule.policy) == ("online", "online_paper")
    assert OnlineRule.uses_attribute_when_deciding
    assert OnlineRule(0.1, n_groups=2).setting.step == STEP
