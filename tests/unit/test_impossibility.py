"""The identities in whole numbers, the worked numbers, and the base-rate dial."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm

from fairlab.errors import InputError, UnknownNameError
from fairlab.impossibility import (
    balance_intervals,
    balance_table,
    forced_fpr,
    forced_intervals,
    groups_that_cannot_move,
    identity_table,
    least_worst_gap,
    least_worst_interval,
    parity_table,
    reweight_base_rates,
    reweight_counts,
    within_tolerance,
)
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.sweeps import exact_sweep

LOAN = Counts(
    tp=np.array([40, 30]),
    fp=np.array([30, 10]),
    fn=np.array([5, 20]),
    tn=np.array([25, 40]),
    group_names=("A", "B"),
)
FRAUD = Counts(
    tp=np.array([450, 180]),
    fp=np.array([50, 70]),
    fn=np.array([30, 120]),
    tn=np.array([470, 630]),
    group_names=("A", "B"),
)
# COMPAS, score >= 5, outcome "charged again within two years": the published table.
COMPAS = Counts(
    tp=np.array([1369, 505]),
    fp=np.array([805, 349]),
    fn=np.array([532, 461]),
    tn=np.array([990, 1139]),
    group_names=("Black", "White"),
)
FIELDS = ("tp", "fp", "fn", "tn")


@st.composite
def small_counts(draw: st.DrawFn, least: int = 0) -> Counts:
    groups = draw(st.integers(1, 4))
    cell = st.lists(st.integers(least, 6), min_size=groups, max_size=groups)
    fields = [np.array(draw(cell)) for _ in FIELDS]
    return Counts(*fields, tuple(f"g{i}" for i in range(groups)))


@st.composite
def people(draw: st.DrawFn) -> GroupedOutcomes:
    n = draw(st.integers(2, 20))
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    return GroupedOutcomes.from_arrays(
        y_true=column(st.integers(0, 1)),
        score=column(st.sampled_from((0.0, 0.2, 0.5, 0.9))),
        group=np.array(column(st.integers(0, 2))),
        group_names=("a", "b", "c"),
        weight=column(st.sampled_from((0.5, 1.0, 2.0))) if draw(st.booleans()) else None,
    )


def base_rates(outcomes: GroupedOutcomes) -> np.ndarray:
    return RATES["base_rate"](count(outcomes))


# Chouldechova's identity


@given(small_counts())
def test_the_identity_holds_in_whole_numbers_wherever_it_is_defined(counts: Counts) -> None:
    for row in identity_table(counts).rows:
        assert row.holds in (True, None)
        if row.product is not None:
            assert row.product == pytest.approx(row.fpr)


@given(small_counts())
def test_a_side_is_undefined_exactly_when_its_people_are_missing(counts: Counts) -> None:
    for g, row in enumerate(identity_table(counts).rows):
        tp, fp, fn, tn = (int(getattr(counts, f)[g]) for f in FIELDS)
        assert (row.fpr is None) == (fp + tn == 0)
        assert (row.product is None) == (fp + tn == 0 or tp == 0)
        assert (row.base_rate is None) == (tp + fp + fn + tn == 0)


@given(small_counts(least=1))
def test_equal_ppv_and_tpr_force_the_ratio_of_base_rate_odds(counts: Counts) -> None:
    table = identity_table(counts)
    forced = {row.group: row.forced_fpr for row in table.rows}
    if table.forced_ratio is None:
        return
    assert table.forced_ratio >= 1
    high, low = forced[table.highest], forced[table.lowest]
    assert high == pytest.approx(low * table.forced_ratio)
    assert table.forced_gap == pytest.approx(high - low)


def test_loan_example_identity() -> None:
    a, b = identity_table(LOAN).rows
    assert (a.base_rate, b.base_rate) == (0.45, 0.5)
    assert a.product == pytest.approx(6 / 11)
    assert b.product == pytest.approx(0.2)
    assert (a.holds, b.holds) == (True, True)


def test_loan_example_names_the_group_with_the_higher_base_rate() -> None:
    table = identity_table(LOAN)
    assert (table.highest, table.lowest) == ("B", "A")
    assert table.forced_ratio == pytest.approx(1.0 / (45 / 55))


def test_fraud_example_identity_and_forced_ratio() -> None:
    table = identity_table(FRAUD)
    assert [row.product for row in table.rows] == pytest.approx([5 / 52, 0.10])
    assert [row.ppv for row in table.rows] == pytest.approx([0.90, 0.72])
    assert table.forced_ratio == pytest.approx((0.48 / 0.52) / (0.30 / 0.70))


def test_compas_identity_gives_the_published_false_positive_rates() -> None:
    table = identity_table(COMPAS)
    assert [row.product for row in table.rows] == pytest.approx([0.4485, 0.2345], abs=5e-5)
    assert table.highest == "Black"


def test_the_trap_with_equal_base_rates_forces_nothing() -> None:
    """Approval 55/40 %, TPR 90/60 %, FPR 20/20 % implies base rates of 50 % in both groups."""
    counts = Counts(
        np.array([45, 30]), np.array([10, 10]), np.array([5, 20]), np.array([40, 40]), ("A", "B")
    )
    assert RATES["selection_rate"](counts).tolist() == [0.55, 0.40]
    assert identity_table(counts).forced_ratio == 1.0
    assert identity_table(counts).forced_gap == 0.0
    assert parity_table(counts).forced_gap == 0.0


def test_gaussian_example_follows_from_its_distributions() -> None:
    def rates(threshold: float, good: tuple[float, float], bad: tuple[float, float]) -> list[float]:
        return [norm.sf(threshold, *good), norm.sf(threshold, *bad)]

    tpr_a, fpr_a = rates(0.60, (0.72, 0.15), (0.45, 0.18))
    assert (tpr_a, fpr_a) == pytest.approx((0.788, 0.202), abs=5e-4)
    for threshold, expected in ((0.60, (0.623, 0.120, 0.776)), (0.52, (0.792, 0.240, 0.687))):
        tpr, fpr = rates(threshold, (0.65, 0.16), (0.40, 0.17))
        ppv = 0.4 * tpr / (0.4 * tpr + 0.6 * fpr)
        assert (tpr, fpr, ppv) == pytest.approx(expected, abs=6e-4)
        assert forced_fpr(0.4, ppv, tpr) == pytest.approx(fpr)


def test_forced_fpr_may_exceed_one_and_is_undefined_without_a_finite_value() -> None:
    assert forced_fpr(0.9, 0.5, 0.8) == pytest.approx(7.2)
    assert np.isnan(forced_fpr(1.0, 0.5, 0.8))
    assert np.isnan(forced_fpr(0.5, 0.0, 0.8))
    assert forced_fpr(np.array([0.5, 0.2]), 0.5, 0.4).tolist() == pytest.approx([0.4, 0.1])


def test_tables_refuse_a_whole_sweep_at_once() -> None:
    counts = Counts(*(np.ones((3, 2)) for _ in FIELDS), ("a", "b"))
    for table in (identity_table, parity_table):
        with pytest.raises(InputError, match="one threshold"):
            table(counts)


def test_forced_intervals_hold_the_estimate_and_shrink_with_more_people() -> None:
    def times(k: int) -> Counts:
        return Counts(*(k * getattr(FRAUD, f) for f in FIELDS), group_names=("A", "B"))

    few, many = forced_intervals(FRAUD), forced_intervals(times(25))
    assert few is not None
    assert many is not None
    ratio, gap = identity_table(FRAUD).forced_ratio, parity_table(FRAUD).forced_gap
    for found in (few, many):
        assert found.ratio[0] < ratio < found.ratio[1]
        assert found.parity_gap[0] < gap < found.parity_gap[1]
    shrunk = (many.ratio[1] - many.ratio[0]) / (few.ratio[1] - few.ratio[0])
    assert shrunk == pytest.approx(1 / 5, rel=0.15)


def test_equal_base_rates_keep_one_inside_the_forced_interval() -> None:
    equal = Counts(*(np.array([20, 20]) for _ in FIELDS), group_names=("A", "B"))
    found = forced_intervals(equal)
    assert found.ratio[0] == 1 < found.ratio[1]
    assert found.parity_gap[0] == 0
    weighted = Counts(*(np.array([2.5, 2.5]) for _ in FIELDS), group_names=("A", "B"))
    assert forced_intervals(weighted) is None


def test_what_is_forced_may_be_nothing_where_base_rates_may_be_equal() -> None:
    """Four groups of 500 with equal base rates: at most 4 of 40 intervals leave out 0 and 1."""
    left_out = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        ones = rng.binomial(500, 0.4, size=4)
        tp, fp = rng.binomial(ones, 0.7), rng.binomial(500 - ones, 0.2)
        found = forced_intervals(Counts(tp, fp, ones - tp, 500 - ones - fp), draws=300, seed=seed)
        assert found.ratio[0] >= 1
        assert (found.ratio[0] == 1) == (found.parity_gap[0] == 0)
        left_out += found.parity_gap[0] > 0
    assert left_out <= 4


def test_decisions_that_tell_nothing_apart_may_force_no_parity_gap() -> None:
    """Base rates 30 points apart, TPR and FPR both near one half."""
    counts = Counts(*(np.array(v) for v in ([150, 75], [98, 175], [150, 75], [102, 175])))
    found = forced_intervals(counts)
    assert found.parity_gap[0] == 0
    assert found.ratio[0] > 1.5


# Parity against odds


@given(small_counts())
def test_selection_rate_is_the_sum_of_its_two_parts(counts: Counts) -> None:
    for row in parity_table(counts).rows:
        if row.selection_rate is not None:
            assert row.from_favourable + row.from_unfavourable == pytest.approx(row.selection_rate)
        if row.tpr is not None and row.fpr is not None:
            assert row.base_rate * row.tpr == pytest.approx(row.from_favourable)
            assert (1 - row.base_rate) * row.fpr == pytest.approx(row.from_unfavourable)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=4),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_under_equalized_odds_the_forced_gap_is_the_measured_gap(
    sizes: list[tuple[int, int]], tpr_quarters: int, fpr_quarters: int
) -> None:
    """Groups of 4k people per outcome, so that every group has the same TPR and FPR exactly."""
    good = np.array([4 * s[0] for s in sizes])
    bad = np.array([4 * s[1] for s in sizes])
    tp, fp = good * tpr_quarters // 4, bad * fpr_quarters // 4
    table = parity_table(Counts(tp, fp, good - tp, bad - fp, tuple(map(str, range(len(sizes))))))
    assert table.forced_gap == pytest.approx(table.measured_gap, abs=1e-12)
    p = good / (good + bad)
    expected = (p.max() - p.min()) * abs(tpr_quarters - fpr_quarters) / 4
    assert table.forced_gap == pytest.approx(expected, abs=1e-12)


def test_parity_table_of_one_group_is_undefined() -> None:
    one = Counts(np.array([3, 0]), np.array([1, 0]), np.array([1, 0]), np.array([3, 0]), ("a", "b"))
    table = parity_table(one)
    assert table.forced_gap is None
    assert table.rows[1].selection_rate is None


# Calibration and balance


def test_balance_by_hand() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 0, 1, 1, 0], score=[0.8, 0.2, 0.9, 0.5, 0.4], group=["a", "a", "b", "b", "b"]
    )
    table = balance_table(outcomes)
    a, b = table.rows
    assert (a.mean_favourable, a.mean_unfavourable) == pytest.approx((0.8, 0.2))
    assert (b.mean_favourable, b.mean_unfavourable) == pytest.approx((0.7, 0.4))
    assert table.favourable_gap == pytest.approx(0.1)
    assert table.unfavourable_gap == pytest.approx(0.2)
    assert table.calibration_gap == pytest.approx(abs(1.8 / 3 - 2 / 3))
    assert a.forced_favourable == pytest.approx(1 - 0.3)
    assert b.forced_favourable == pytest.approx(1 - 0.3 * 0.5)
    assert table.forced_favourable_gap == pytest.approx(0.15)


@given(people())
def test_balance_means_are_weighted_means(outcomes: GroupedOutcomes) -> None:
    weight = np.ones(outcomes.n) if outcomes.weight is None else outcomes.weight
    for g, row in enumerate(balance_table(outcomes).rows):
        for label, mean in ((1, row.mean_favourable), (0, row.mean_unfavourable)):
            mine = (outcomes.group == g) & (outcomes.y_true == label)
            if not mine.any():
                assert mean is None
            else:
                expected = np.average(outcomes.score[mine], weights=weight[mine])
                assert mean == pytest.approx(expected)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0.0, 0.45), st.sampled_from((0, 1)))
def test_a_calibrated_group_has_exactly_the_forced_mean(
    p_a: float, p_b: float, mean: float, held: int
) -> None:
    """Build group means calibrated on average with a shared m0; the forced m1 must be theirs."""
    p = np.array([p_a, p_b])
    m1 = 1 - mean * (1 - p) / p
    assume((m1 >= 0).all())
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 0, 1, 0],
        score=[m1[0], mean, m1[1], mean],
        group=[0, 0, 1, 1],
        group_names=("a", "b"),
        weight=[p_a, 1 - p_a, p_b, 1 - p_b],
    )
    table = balance_table(outcomes)
    assert table.calibration_gap == pytest.approx(0, abs=1e-9)
    assert table.favourable_gap == pytest.approx(table.forced_favourable_gap, abs=1e-9)


def test_scores_that_are_not_probabilities_have_no_calibration() -> None:
    outcomes = GroupedOutcomes.from_arrays(y_true=[1, 0], score=[9, 2], group=["a", "b"])
    table = balance_table(outcomes)
    assert not table.probabilities
    assert table.calibration_gap is None
    assert table.forced_favourable_gap is None


# The base-rate dial


@given(people(), st.sampled_from((0.0, 0.3, 1.0)))
def test_dial_moves_base_rates_and_keeps_group_sizes_and_error_rates(
    outcomes: GroupedOutcomes, dial: float
) -> None:
    before, moved = count(outcomes), reweight_base_rates(outcomes, dial)
    after = count(moved)
    np.testing.assert_allclose(after.n, before.n, atol=1e-9)
    for name in ("tpr", "fpr"):
        np.testing.assert_allclose(RATES[name](after), RATES[name](before), atol=1e-9)
    together = RATES["base_rate"](before.overall())[0]
    stuck = groups_that_cannot_move(outcomes)
    for g, name in enumerate(outcomes.group_names):
        if before.n[g] > 0 and name not in stuck:
            expected = (1 - dial) * base_rates(outcomes)[g] + dial * together
            assert base_rates(moved)[g] == pytest.approx(expected)


@given(people(), st.sampled_from((0.0, 0.5, 1.0)))
def test_reweighted_counts_equal_counting_reweighted_people(
    outcomes: GroupedOutcomes, dial: float
) -> None:
    ours = reweight_counts(exact_sweep(outcomes).counts, dial)
    theirs = exact_sweep(reweight_base_rates(outcomes, dial)).counts
    for field in FIELDS:
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), atol=1e-9)


def test_at_the_end_of_the_dial_nothing_is_forced() -> None:
    end = reweight_counts(LOAN, 1.0)
    assert identity_table(end).forced_ratio == pytest.approx(1.0)
    assert parity_table(end).forced_gap == pytest.approx(0.0, abs=1e-12)


def test_dial_zero_changes_nothing_and_the_input_is_left_alone() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 0, 0], score=[0.1, 0.2, 0.3], group=["a", "a", "b"], weight=[2.0, 1.0, 1.0]
    )
    moved = reweight_base_rates(outcomes, 0.0)
    assert moved.weight is not None
    assert moved.weight.tolist() == [2.0, 1.0, 1.0]
    assert groups_that_cannot_move(outcomes) == ("b",)


@pytest.mark.parametrize("dial", [-0.1, 1.1, float("nan")])
def test_the_dial_stops_at_its_ends(dial: float) -> None:
    with pytest.raises(InputError, match="dial"):
        reweight_counts(LOAN, dial)


# One threshold for everyone


@given(people())
def test_least_worst_gap_is_the_least_over_every_threshold_by_brute_force(
    outcomes: GroupedOutcomes,
) -> None:
    names = ("demographic_parity_difference", "equal_opportunity_difference")
    found = least_worst_gap(exact_sweep(outcomes), names)
    brute = []
    for threshold in sorted(set(outcomes.score.tolist()))[1:]:
        counts = count(outcomes, threshold)
        brute.append(float(np.max([GAPS[name](counts) for name in names])))
    defined = [value for value in brute if not np.isnan(value)]
    if not defined:
        assert found is None
    else:
        assert found is not None
        assert found.value == pytest.approx(min(defined))
        at = count(outcomes, found.threshold)
        assert max(GAPS[name](at) for name in names) == pytest.approx(found.value)
        assert found.gaps[found.worst] == found.value


def test_accuracy_limit_rules_out_thresholds_far_from_the_best() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[0, 0, 1, 1, 0, 0, 1, 1],
        score=[0.1, 0.2, 0.6, 0.7, 0.1, 0.6, 0.7, 0.8],
        group=["a"] * 4 + ["b"] * 4,
    )
    sweep = exact_sweep(outcomes)
    free = least_worst_gap(sweep, ["predictive_equality_difference"])
    bound = least_worst_gap(sweep, ["equal_opportunity_difference"], within=0.0)
    assert free is not None
    assert free.value == 0.0
    assert bound is not None
    assert bound.accuracy == bound.best_accuracy


def test_selecting_everyone_is_no_answer() -> None:
    outcomes = GroupedOutcomes.from_arrays(y_true=[1, 1], score=[0.5, 0.5], group=["a", "b"])
    assert least_worst_gap(exact_sweep(outcomes)) is None


def test_least_worst_gap_refuses_ratios_unknown_names_and_no_names() -> None:
    sweep = exact_sweep(
        GroupedOutcomes.from_arrays(y_true=[1, 0], score=[0.5, 0.1], group=["a", "b"])
    )
    with pytest.raises(InputError, match="differences"):
        least_worst_gap(sweep, ["demographic_parity_ratio"])
    with pytest.raises(UnknownNameError):
        least_worst_gap(sweep, ["nonsense"])
    with pytest.raises(InputError, match="at least one"):
        least_worst_gap(sweep, [])
    with pytest.raises(InputError, match="given up"):
        least_worst_gap(sweep, within=2.0)


@given(people(), st.sampled_from((0.0, 0.1, 0.3, 0.6)))
def test_ranges_within_tolerance_agree_with_trying_thresholds(
    outcomes: GroupedOutcomes, tolerance: float
) -> None:
    names = ("demographic_parity_difference", "predictive_equality_difference")
    ranges = within_tolerance(exact_sweep(outcomes), names, tolerance)
    for threshold in (-1.0, 0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95):
        counts = count(outcomes, threshold)
        everyone = counts.overall()
        worst = np.max([GAPS[name](counts) for name in names])
        split = 0 < (everyone.tp + everyone.fp)[0] < everyone.n[0] - 1e-9
        expected = bool(split and worst <= tolerance + 1e-12)
        assert any(r.above < threshold <= r.upto for r in ranges) == expected


def test_interval_of_the_least_worst_gap_covers_the_population_value() -> None:
    """Nine samples in ten or so; the seed fixes the interval."""
    names = ("equal_opportunity_difference", "predictive_equality_difference")

    def sample(seed: int, n: int = 1500) -> GroupedOutcomes:
        rng = np.random.default_rng(seed)
        group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
        score = np.round(rng.normal(y * (1.5 - 0.7 * group), 1), 2)
        return GroupedOutcomes.from_arrays(y_true=y, score=score, group=group)

    population = least_worst_gap(exact_sweep(sample(99, n=200_000)), names, 0.05)
    assert population is not None
    intervals = [
        least_worst_interval(exact_sweep(sample(s)), names, 0.05, draws=100) for s in range(10)
    ]
    assert sum(i is not None and i[0] <= population.value <= i[1] for i in intervals) >= 8
    assert intervals[0] == least_worst_interval(exact_sweep(sample(0)), names, 0.05, draws=100)


def test_where_groups_are_alike_the_least_worst_gap_may_be_nothing() -> None:
    """At most 3 of 20 intervals leave out 0."""
    left_out = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        group, y = np.repeat([0, 1], 300), rng.integers(0, 2, 600)
        score = np.round(rng.normal(1.2 * y, 1), 2)
        people = GroupedOutcomes.from_arrays(y_true=y, score=score, group=group)
        found = least_worst_interval(exact_sweep(people), within=0.02, draws=100, seed=seed)
        assert found is not None
        left_out += found[0] > 0
    assert left_out <= 3


def test_no_interval_for_weighted_people() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 0, 1, 0], score=[3, 1, 2, 0], group=["a", "b", "b", "a"], weight=[1, 2, 1, 1]
    )
    assert least_worst_interval(exact_sweep(outcomes), ["accuracy_difference"]) is None


def scored_people(seed: int, n: int, shift: float) -> GroupedOutcomes:
    """Two groups with base rates of one half; scores of b are higher by ``shift``."""
    rng = np.random.default_rng(seed)
    group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
    score = np.clip(rng.normal(0.4 + 0.2 * y + shift * group, 0.1), 0, 1)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names=("a", "b", "nobody")
    )


def test_balance_intervals_agree_with_drawing_rows() -> None:
    """The counts' bootstrap has the spread that resampling people one by one has."""
    people = scored_people(0, 400, 0.05)
    found = balance_intervals(people, draws=2000)
    assert found is not None
    assert found.favourable is not None
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(people.group == g) for g in (0, 1)]
    gaps = []
    for _ in range(800):
        drawn = np.concatenate([rng.choice(r, len(r)) for r in rows])
        y, s, g = people.y_true[drawn], people.score[drawn], people.group[drawn]
        gaps.append(abs(s[(g == 1) & (y == 1)].mean() - s[(g == 0) & (y == 1)].mean()))
    assert found.favourable == pytest.approx(np.quantile(gaps, [0.025, 0.975]), abs=0.004)
    own = people.score[(people.group == 0) & (people.y_true == 0)]
    half = 1.96 * own.std() / np.sqrt(len(own))
    assert found.means[0, 0] == pytest.approx([own.mean() - half, own.mean() + half], abs=0.003)
    assert np.isnan(found.means[2]).all()


def test_balance_intervals_hold_the_population_gap_in_nine_of_ten_samples() -> None:
    """Population gap 5 points among the favourable; and 0 is inside where there is none."""
    held, reaches_zero = 0, 0
    for seed in range(40):
        apart = balance_intervals(scored_people(seed, 600, 0.05), draws=300)
        alike = balance_intervals(scored_people(seed + 100, 600, 0.0), draws=300)
        assert apart is not None
        assert alike is not None
        assert apart.favourable is not None
        assert alike.favourable is not None
        held += apart.favourable[0] <= 0.05 <= apart.favourable[1]
        reaches_zero += alike.favourable[0] == 0
    assert held >= 36
    assert reaches_zero >= 36


def test_weighted_people_have_no_balance_interval() -> None:
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 1, 0, 1], score=[0.1, 0.2, 0.3, 0.4], group=[0, 0, 1, 1], weight=[1, 2, 1, 1]
    )
    assert balance_intervals(people) is None
