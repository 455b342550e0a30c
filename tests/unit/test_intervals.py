"""Intervals, resampling and power: against scipy, against definitions, against simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from fairlab.errors import InputError, UnknownNameError
from fairlab.metrics import (
    GAPS,
    bootstrap_counts,
    bootstrap_gap,
    gap_with_interval,
    holm,
    minimum_detectable_gap,
    more_records,
    newcombe,
    pair_tests,
    percentile_interval,
    permutation_p_value,
    ratio_of_shares,
    records_needed,
    two_proportion_z,
    wilson,
)
from fairlab.metrics.intervals import fisher_p
from fairlab.metrics.resampling import permutation_counts
from fairlab.outcomes import Counts
from tests.unit.test_rates import LOAN, counts_of


@given(st.integers(1, 60), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_equals_scipy(n, data, level):
    """Wilson bounds equal scipy's for every k, n and level."""
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n, level)
    expected = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    assert_allclose((low, high), (expected.low, expected.high), atol=1e-12)


def test_wilson_of_nobody_is_undefined():
    """With n = 0 there is no interval; with k = 0 or k = n the bound is exactly 0 or 1."""
    low, high = wilson([0, 0, 5], [0, 5, 5])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert low[1] == 0
    assert high[2] == 1


def test_wilson_refuses_impossible_shares():
    """More successes than people is an error, as is a level of 95 instead of 0.95."""
    with pytest.raises(InputError, match="k/n"):
        wilson(6, 5)
    with pytest.raises(InputError, match=r"0\.95"):
        wilson(3, 5, level=95)


def test_newcombe_published_examples():
    """Newcombe 1998, table II, method 10: cases (a), (b), (f) and (h)."""
    for a, m, b, n, low, high in (
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (10, 10, 0, 10, 0.6075, 1.0),
    ):
        assert_allclose(newcombe(a, m, b, n), (low, high), atol=5e-5)


def test_newcombe_is_antisymmetric():
    """Swapping the groups flips the interval."""
    low, high = newcombe(7, 20, 3, 30)
    other_low, other_high = newcombe(3, 30, 7, 20)
    assert_allclose((low, high), (-other_high, -other_low))


def test_two_proportion_z_of_the_loan_example():
    """Selection 70/100 against 40/100: z = 4.264, p = 2.0e-5."""
    z, p = two_proportion_z(70, 100, 40, 100)
    assert float(z) == pytest.approx(4.264, abs=5e-4)
    assert float(p) == pytest.approx(2.0e-5, rel=0.01)
    assert float(two_proportion_z(40, 100, 70, 100)[0]) == pytest.approx(-float(z))


def test_two_proportion_z_squared_is_chi_square():
    """z² equals the uncorrected chi-square statistic of the 2 × 2 table."""
    z, p = two_proportion_z(13, 40, 22, 35)
    chi = stats.chi2_contingency([[13, 27], [22, 13]], correction=False)
    assert_allclose((float(z) ** 2, float(p)), (chi.statistic, chi.pvalue))


def test_two_proportion_z_without_variation_finds_nothing():
    """Nobody selected in either group: equal, p = 1; an empty group: undefined."""
    assert float(two_proportion_z(0, 10, 0, 20)[1]) == 1
    assert np.isnan(two_proportion_z(0, 0, 3, 20)[1])


def test_holm_by_hand():
    """Smallest × 3, next × 2, never decreasing, never above 1, undefined not counted."""
    assert_allclose(holm([0.01, 0.04, 0.03, np.nan]), [0.03, 0.06, 0.06, np.nan])
    assert_allclose(holm([0.6, 0.9]), [1.0, 1.0])


def test_bootstrap_keeps_group_sizes_and_empty_groups():
    """Each draw has as many people per group as the data, and empty groups stay empty."""
    counts = counts_of((40, 30, 5, 25), (0, 0, 0, 0), (3, 0, 0, 2))
    drawn = bootstrap_counts(counts, 50, np.random.default_rng(1))
    assert drawn.shape == (50, 3)
    assert (drawn.n == counts.n).all()
    assert (drawn.fp[:, 2] == 0).all()


def test_bootstrap_matches_resampling_rows():
    """Mean and spread of a cell agree with drawing people, in closed form n·p and n·p·(1−p)."""
    drawn = bootstrap_counts(LOAN, 20_000, np.random.default_rng(0))
    assert drawn.tp[:, 0].mean() == pytest.approx(40, abs=0.2)
    assert drawn.tp[:, 0].var() == pytest.approx(100 * 0.4 * 0.6, rel=0.05)


def test_bootstrap_gap_is_reproducible_by_seed():
    """The same seed gives the same draws; another seed gives others."""
    one = bootstrap_gap(LOAN, "demographic_parity_difference", draws=300, seed=3)
    again = bootstrap_gap(LOAN, "demographic_parity_difference", draws=300, seed=3)
    other = bootstrap_gap(LOAN, "demographic_parity_difference", draws=300, seed=4)
    assert one.shape == (300,)
    assert (one == again).all()
    assert (one != other).any()
    with pytest.raises(UnknownNameError):
        bootstrap_gap(LOAN, "demographic_parity")


def test_bootstrap_interval_is_close_to_newcombe_for_two_groups():
    """For a clear two-group gap the percentile interval agrees with the closed form."""
    low, high = percentile_interval(bootstrap_gap(LOAN, "demographic_parity_difference"))
    assert_allclose((low, high), newcombe(70, 100, 40, 100), atol=0.015)


@pytest.mark.parametrize("name", list(GAPS))
def test_more_people_give_narrower_intervals(name):
    """Ten times everyone keeps the gap and shrinks its interval."""
    many = Counts(LOAN.tp * 10, LOAN.fp * 10, LOAN.fn * 10, LOAN.tn * 10, LOAN.group_names)
    assert_allclose(GAPS[name](many), GAPS[name](LOAN))
    low, high = percentile_interval(bootstrap_gap(LOAN, name, 2000))
    low_many, high_many = percentile_interval(bootstrap_gap(many, name, 2000))
    assert high_many - low_many < 0.6 * (high - low)


def test_weighted_counts_need_effective_sizes():
    """Weighted counts are refused with a remedy, and accepted with effective sizes."""
    weighted = counts_of((4.5, 3.0, 0.5, 2.0), (1.0, 1.0, 1.0, 1.0))
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="effective_n"):
        bootstrap_counts(weighted, 10, rng)
    drawn = bootstrap_counts(weighted, 4000, rng, effective_n=np.array([5.0, 3.0]))
    assert_allclose(drawn.n, np.tile([10.0, 4.0], (4000, 1)))
    assert drawn.tp[:, 0].mean() == pytest.approx(4.5, abs=0.1)
    with pytest.raises(InputError, match="whole"):
        permutation_p_value(weighted, "accuracy_difference")


def test_interval_is_refused_when_draws_are_undefined():
    """With more than 5 % undefined draws there is no interval."""
    draws = np.concatenate([np.linspace(0, 1, 90), np.full(10, np.nan)])
    assert np.isnan(percentile_interval(draws)[0])
    assert not np.isnan(percentile_interval(draws[:93])[0])


@pytest.mark.parametrize("given_what", ["nothing", "label", "decision"])
def test_permutation_keeps_its_margins(given_what):
    """A shuffle keeps group sizes, cell totals, and what it conditions on."""
    counts = counts_of((40, 30, 5, 25), (30, 10, 20, 40), (1, 2, 3, 4))
    drawn = permutation_counts(counts, 200, np.random.default_rng(0), given_what)
    assert (drawn.n == counts.n).all()
    for field in ("tp", "fp", "fn", "tn"):
        assert (getattr(drawn, field).sum(axis=1) == getattr(counts, field).sum()).all()
        assert (getattr(drawn, field) >= 0).all()
    if given_what == "label":
        assert (drawn.tp + drawn.fn == counts.tp + counts.fn).all()
    if given_what == "decision":
        assert (drawn.tp + drawn.fp == counts.tp + counts.fp).all()


def test_permutation_p_value_agrees_with_fishers_exact_test():
    """For two groups the selection-rate p-value estimates the exact test by |difference|."""
    counts = counts_of((4, 4, 3, 9), (9, 5, 3, 3))
    p = permutation_p_value(counts, "demographic_parity_difference", draws=40_000)
    total, selected, n_a = 40, 22, 20
    k = np.arange(max(0, selected - n_a), min(n_a, selected) + 1)
    chance = stats.hypergeom(total, selected, n_a).pmf(k)
    far = np.abs(k / n_a - (selected - k) / n_a) >= abs(8 / 20 - 14 / 20) - 1e-12
    assert p == pytest.approx(chance[far].sum(), abs=0.008)


def test_permutation_p_value_of_no_gap_is_large():
    """Identical groups: every shuffle is at least as far, for differences and ratios."""
    counts = counts_of((10, 10, 10, 10), (10, 10, 10, 10))
    assert permutation_p_value(counts, "demographic_parity_difference", 200) == 1
    assert permutation_p_value(counts, "demographic_parity_ratio", 200) == 1
    assert np.isnan(permutation_p_value(counts_of((1, 1, 1, 1)), "accuracy_difference", 200))


def test_minimum_detectable_gap_round_trips_with_records_needed():
    """The people needed to see a gap are just enough to see it, and one fewer is not."""
    n_a, n_b = records_needed(0.1, rate=0.3)
    assert n_a == n_b
    assert minimum_detectable_gap(n_a, n_b, 0.3) <= 0.1
    assert minimum_detectable_gap(n_a - 1, n_b - 1, 0.3) > 0.1


def test_records_needed_published_value():
    """0.7 against 0.6 at 80 % power and 5 %: 356 people per group (without continuity)."""
    assert records_needed(0.1, rate=0.7) == (356, 356)


def test_minimum_detectable_gap_really_is_found_four_times_in_five():
    """Simulated tests at the detectable gap find it about 80 % of the time."""
    gap = minimum_detectable_gap(300, 200, 0.4)
    rng = np.random.default_rng(0)
    k_a, k_b = rng.binomial(300, 0.4, 20_000), rng.binomial(200, 0.4 + gap, 20_000)
    found = two_proportion_z(k_a, 300, k_b, 200)[1] < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("rate", [0.2, 0.8])
def test_minimum_detectable_gap_does_not_depend_on_the_order_of_groups(rate):
    """Found four times in five whichever group has the rate, and only just in the worse case."""
    gap = minimum_detectable_gap(1000, 80, rate)
    assert gap == minimum_detectable_gap(80, 1000, rate)
    assert records_needed(gap + 1e-9, rate, 80 / 1000)[0] == 1000
    assert records_needed(gap + 1e-9, rate, 1000 / 80) == (80, 1000)
    rng = np.random.default_rng(1)
    other = rate + gap if rate < 0.5 else rate - gap
    power = []
    for of_many, of_few in ((rate, other), (other, rate)):
        k_a, k_b = rng.binomial(1000, of_many, 20_000), rng.binomial(80, of_few, 20_000)
        power.append(float((two_proportion_z(k_a, 1000, k_b, 80)[1] < 0.05).mean()))
    assert min(power) == pytest.approx(0.8, abs=0.03)


def test_too_few_people_cannot_show_any_gap():
    """With one person a side even the largest gap would be missed: NaN, not a number."""
    assert np.isnan(minimum_detectable_gap(1, 1))
    assert np.isnan(minimum_detectable_gap(0, 100))
    with pytest.raises(InputError, match="percentage"):
        minimum_detectable_gap(10, 10, rate=50)


def test_pair_tests_orient_and_correct_together():
    """Each pair is oriented from higher to lower, and Holm counts all pairs and rates."""
    counts = counts_of((30, 10, 20, 40), (40, 30, 5, 25), (0, 0, 0, 0))
    tests = pair_tests(counts, ("selection_rate", "tpr"))
    first = tests[0]
    assert (first.higher, first.lower_group) == ("B", "A")
    assert first.difference == pytest.approx(0.3)
    assert first.z == pytest.approx(4.264, abs=5e-4)
    assert first.p_adjusted == pytest.approx(2 * first.p_value)
    with_empty = next(t for t in tests if "C" in (t.higher, t.lower_group))
    assert with_empty.difference is None
    assert with_empty.p_adjusted is None
    assert len(tests) == 6
    with pytest.raises(InputError, match="not a share"):
        pair_tests(counts, ("f1",))


def test_small_cells_are_tested_exactly():
    """With fewer than 5 expected people in a cell the p-value is Fisher's, else the z-test's."""
    small = pair_tests(counts_of((3, 0, 1, 5), (1, 2, 9, 8)))[0]
    assert small.test == "Fisher"
    assert small.p_value == pytest.approx(stats.fisher_exact([[3, 6], [3, 17]]).pvalue)
    large = pair_tests(LOAN)[0]
    assert large.test == "z"
    assert large.p_value == pytest.approx(2.0e-5, rel=0.01)


@given(st.integers(1, 15), st.integers(1, 15), st.data())
def test_fishers_p_value_equals_scipy(n_a, n_b, data):
    """The exact p-value equals scipy's for every small table."""
    k_a, k_b = data.draw(st.integers(0, n_a)), data.draw(st.integers(0, n_b))
    expected = stats.fisher_exact([[k_a, n_a - k_a], [k_b, n_b - k_b]]).pvalue
    assert fisher_p(k_a, n_a, k_b, n_b) == pytest.approx(expected, abs=1e-9)


def test_ratio_interval_contains_the_ratio_and_mirrors():
    """The ratio lies inside; swapping groups gives the inverse; 0 and 1 still have a width."""
    low, high = ratio_of_shares(20, 100, 40, 100)
    assert low < 0.5 < high
    other_low, other_high = ratio_of_shares(40, 100, 20, 100)
    assert_allclose((1 / other_high, 1 / other_low), (low, high))
    low, high = ratio_of_shares(0, 20, 50, 100)
    assert low == 0
    assert 0.1 < high < 0.5
    assert np.isnan(ratio_of_shares(5, 20, 0, 100)).all()
    assert np.isnan(ratio_of_shares(0, 0, 3, 10)).all()


def test_ratio_interval_covers():
    """Summed over all outcomes, the interval contains the true ratio 93 to 98 % of the time."""
    a, b = np.arange(101)[:, None], np.arange(151)
    for rate_a, rate_b in ((0.2, 0.4), (0.6, 0.7), (0.1, 0.9), (0.3, 0.3)):
        low, high = ratio_of_shares(a, 100, b, 150)
        inside = (low <= rate_a / rate_b) & (rate_a / rate_b <= high)
        chance = stats.binom.pmf(a, 100, rate_a) * stats.binom.pmf(b, 150, rate_b)
        assert 0.93 <= (chance * inside).sum() <= 0.98


def test_ratio_gap_with_nobody_selected_in_a_group_has_an_interval():
    """0 of 20 against 50 of 100: the ratio is 0, and could be more; not a point, not nothing."""
    counts = counts_of((0, 0, 8, 12), (30, 20, 20, 30))
    found = gap_with_interval(counts, "demographic_parity_ratio", 500)
    assert found.value == 0
    assert found.lower == 0
    assert found.upper == pytest.approx(float(ratio_of_shares(0, 20, 50, 100)[1]))
    assert found.interval == "mover"


def test_weighted_gap_at_a_bound_uses_effective_people():
    """All of 40 selected by weight: Newcombe's interval for the 10 they amount to."""
    counts = counts_of((20.0, 20.0, 0.0, 0.0), (30.0, 20.0, 20.0, 30.0))
    effective = np.array([10.0, 50.0])
    name = "demographic_parity_difference"
    found = gap_with_interval(counts, name, 500, effective_n=effective)
    low, high = newcombe(10, 10, 25, 50)
    assert (found.lower, found.upper) == pytest.approx((float(low), float(high)))


def test_weighted_pairs_have_intervals_but_no_tests():
    """Kish's numbers widen the interval and raise the smallest visible gap; no p-value."""
    weighted = Counts(*(f * 2.0 for f in (LOAN.tp, LOAN.fp, LOAN.fn, LOAN.tn)), ("A", "B"))
    few = pair_tests(weighted, effective_n=np.array([50.0, 50.0]))[0]
    plain = pair_tests(LOAN)[0]
    assert few.difference == pytest.approx(plain.difference)
    assert (few.lower, few.upper) == pytest.approx(
        tuple(float(v) for v in newcombe(35, 50, 20, 50))
    )
    assert few.p_value is None
    assert few.p_adjusted is None
    assert few.test == ""
    assert few.n_higher == 200
    assert few.detectable > plain.detectable


def test_more_records_are_just_enough():
    """With them the gap can be seen, with one fewer in each group it cannot."""
    found = more_records(LOAN, "selection_rate", 0.1)[0]
    assert not found.enough
    more_a, more_b = found.more
    assert minimum_detectable_gap(100 + more_a, 100 + more_b, 0.55) <= 0.1
    assert minimum_detectable_gap(100 + more_a - 1, 100 + more_b - 1, 0.55) > 0.1
    assert more_records(LOAN, "selection_rate", 0.3)[0].more == (0, 0)
    assert more_records(LOAN, "selection_rate", 0.3)[0].enough


def test_more_records_count_people_not_denominators():
    """Of B half have the favourable outcome: two records for every one behind its TPR."""
    found = more_records(LOAN, "tpr", 0.2)[0]
    assert found.behind == (45, 50)
    assert found.present == (100, 100)
    wanted = records_needed(0.2, 70 / 95, 50 / 45)
    assert found.more[1] == math.ceil((wanted[1] / 50 - 1) * 100)


def test_more_of_the_smaller_group_alone_may_never_do():
    """Enlarging one group helps until the other is the limit."""
    counts = counts_of((500, 500, 500, 500), (10, 10, 10, 10))
    found = more_records(counts, "selection_rate", 0.1)[0]
    assert found.more_of_smaller is not None
    assert minimum_detectable_gap(2000, 40 + found.more_of_smaller, 0.5) <= 0.1
    assert minimum_detectable_gap(2000, 40 + found.more_of_smaller - 1, 0.5) > 0.1
    few = more_records(counts_of((5, 5, 5, 5), (5, 5, 5, 4)), "selection_rate", 0.1)[0]
    assert few.more_of_smaller is None
    assert few.more is not None


def test_more_records_that_cannot_be_said_say_why():
    """An empty group, a gap that does not fit, a rate that is no share."""
    empty = more_records(counts_of((3, 3, 3, 3), (0, 0, 0, 0)), "tpr", 0.1)[0]
    assert (empty.more, empty.enough) == (None, False)
    assert "no one in B" in empty.why
    assert "no gap can be that large" in more_records(LOAN, "selection_rate", 0.9)[0].why
    with pytest.raises(InputError, match="not a share"):
        more_records(LOAN, "f1", 0.1)
    with pytest.raises(InputError, match="between 0 and 1"):
        more_records(LOAN, "tpr", 10)
