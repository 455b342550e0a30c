"""Gaps: worked numbers, traps, who sets them, what is left out, and their symmetries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES, generalized_entropy, theil, translations
from fairlab.outcomes import Counts
from tests.unit.test_rates import FRAUD, LOAN, counts_of, tables


@pytest.mark.parametrize(
    ("counts", "name", "expected"),
    [
        (LOAN, "demographic_parity_difference", 0.30),
        (LOAN, "demographic_parity_ratio", 4 / 7),
        (LOAN, "equal_opportunity_difference", 8 / 9 - 0.6),
        (LOAN, "predictive_equality_difference", 6 / 11 - 0.2),
        (LOAN, "equalized_odds_difference", 6 / 11 - 0.2),
        (LOAN, "average_absolute_odds_difference", (8 / 9 - 0.6 + 6 / 11 - 0.2) / 2),
        (LOAN, "equalized_odds_ratio", 0.2 / (6 / 11)),
        (LOAN, "predictive_parity_difference", 0.75 - 4 / 7),
        (LOAN, "accuracy_difference", 0.05),
        (LOAN, "treatment_equality_difference", 2 - 1 / 6),
        (LOAN, "mean_residual_difference", 0.35),
        (FRAUD, "mean_residual_difference", 0.02 + 0.05),
        (FRAUD, "demographic_parity_ratio", 0.5),
        (FRAUD, "equal_opportunity_difference", 0.3375),
        (FRAUD, "predictive_parity_difference", 0.18),
        (FRAUD, "base_rate_difference", 0.18),
    ],
)
def test_worked_numbers(counts, name, expected):
    """The loan and fraud examples give the gaps computed by hand."""
    assert float(GAPS[name](counts)) == pytest.approx(expected, abs=1e-12)


def test_average_absolute_odds_as_printed():
    """The published loan figures, to four digits."""
    assert round(float(GAPS["average_absolute_odds_difference"](LOAN)), 4) == 0.3172
    assert round(float(GAPS["equal_opportunity_difference"](LOAN)), 4) == 0.2889
    assert round(float(GAPS["predictive_parity_difference"](LOAN)), 4) == 0.1786


def test_opposite_signs_do_not_cancel():
    """A TPR gap of +0.2 and an FPR gap of −0.2 is an odds gap of 0.2, not 0."""
    counts = counts_of((70, 30, 30, 70), (50, 50, 50, 50))
    assert float(GAPS["equalized_odds_difference"](counts)) == pytest.approx(0.2)
    assert float(GAPS["average_absolute_odds_difference"](counts)) == pytest.approx(0.2)
    printed = {t.call: t.printed for t in translations("equalized_odds_difference", counts)}
    assert printed["average_odds_difference"] == "0.000"


def test_approval_trap_implies_equal_base_rates():
    """Approval 55/40 %, TPR 90/60 %, FPR 20/20 % has base rates of 50 % in both groups."""
    counts = counts_of((45, 10, 5, 40), (30, 10, 20, 40))
    assert_allclose(RATES["selection_rate"](counts), (0.55, 0.40))
    assert_allclose(RATES["tpr"](counts), (0.9, 0.6))
    assert_allclose(RATES["fpr"](counts), (0.2, 0.2))
    assert float(GAPS["base_rate_difference"](counts)) == 0


def test_result_names_the_groups_and_the_rate_that_set_it():
    """Highest and lowest groups come from the rate that sets the gap."""
    result = GAPS["equalized_odds_difference"].result(LOAN)
    assert (result.highest, result.lowest, result.rate) == ("A", "B", "fpr")
    assert result.parts[0].value == pytest.approx(8 / 9 - 0.6)
    swapped = GAPS["demographic_parity_difference"].result(
        counts_of((30, 10, 20, 40), (40, 30, 5, 25))
    )
    assert (swapped.highest, swapped.lowest) == ("B", "A")
    ratio = GAPS["equalized_odds_ratio"].result(LOAN)
    assert (ratio.highest, ratio.lowest, ratio.rate) == ("A", "B", "fpr")


def test_undefined_groups_are_left_out_by_name():
    """A group without favourable outcomes is left out of the TPR gap and named."""
    counts = counts_of((4, 1, 1, 4), (2, 1, 3, 4), (0, 5, 0, 5))
    result = GAPS["equal_opportunity_difference"].result(counts)
    assert result.value == pytest.approx(0.4)
    assert result.left_out == ("C",)
    assert GAPS["predictive_equality_difference"].result(counts).left_out == ()


def test_fewer_than_two_defined_groups_is_undefined_not_zero():
    """One group, or one group with a rate, has no gap; the reason is a sentence."""
    alone = GAPS["demographic_parity_difference"].result(counts_of((1, 2, 3, 4)))
    assert alone.value is None
    assert alone.why_undefined
    counts = counts_of((4, 1, 1, 4), (0, 5, 0, 5))
    result = GAPS["equal_opportunity_difference"].result(counts)
    assert result.value is None
    assert result.highest is None
    assert result.why_undefined == (
        "Undefined: fewer than two groups have a true positive rate "
        "(no one in B has the favourable outcome)."
    )
    assert np.isnan(GAPS["equalized_odds_difference"](counts))
    assert np.isnan(GAPS["equal_opportunity_difference"].to_overall(counts))


def test_ratio_of_nobody_selected_is_undefined():
    """0/0 is undefined, 0/x is 0: nobody selected anywhere, or in one group only."""
    ratio = GAPS["demographic_parity_ratio"]
    assert np.isnan(ratio(counts_of((0, 0, 5, 5), (0, 0, 3, 7))))
    assert float(ratio(counts_of((0, 0, 5, 5), (3, 0, 0, 7)))) == 0
    why = ratio.result(counts_of((0, 0, 5, 5), (0, 0, 3, 7))).why_undefined
    assert why == "Undefined: the selection rate cannot be compared here."


def test_to_overall():
    """Measured from the whole population (selection rate 0.55), the loan gap is 0.15."""
    assert float(GAPS["demographic_parity_difference"].to_overall(LOAN)) == pytest.approx(0.15)
    ratio = float(GAPS["demographic_parity_ratio"].to_overall(LOAN))
    assert ratio == pytest.approx(min(0.40 / 0.55, 0.55 / 0.70))


def test_a_result_needs_one_population():
    """Counts of many thresholds are refused with the remedy."""
    many = Counts(*(np.ones((3, 2), dtype=int) for _ in range(4)))
    with pytest.raises(InputError, match="Pick one"):
        GAPS["accuracy_difference"].result(many)


@given(tables, st.randoms(use_true_random=False))
def test_renaming_and_reordering_groups_changes_only_names(table, random):
    """A gap does not depend on the order of groups; the named groups follow their counts."""
    order = list(range(len(table)))
    random.shuffle(order)
    counts, shuffled = counts_of(*table), counts_of(*(table[i] for i in order))
    for gap in GAPS.values():
        assert_allclose(gap(shuffled), gap(counts), atol=1e-14)
        assert_allclose(gap.to_overall(shuffled), gap.to_overall(counts), atol=1e-14)
        back = {"ABCDEFGH"[new]: "ABCDEFGH"[old] for new, old in enumerate(order)}
        left_out = {back[name] for name in gap.result(shuffled).left_out}
        assert left_out == set(gap.result(counts).left_out)


@given(tables)
def test_bounds_and_definition(table):
    """Differences are max − min and ratios min / max of the defined rates, group by group."""
    counts = counts_of(*table)
    for gap in GAPS.values():
        value = float(gap(counts))
        if np.isnan(value):
            continue
        if gap.rates[0].name == "mean_residual":
            assert 0 <= value <= 2
        elif gap.spread == "ratio" or gap.rates[0].name != "fn_fp_ratio":
            assert -1e-15 <= value <= 1 + 1e-15
        if gap.combine != "one":
            continue
        rate = gap.rates[0](counts)
        rate = rate[~np.isnan(rate)]
        spread = rate.max() - rate.min() if gap.spread == "difference" else rate.min() / rate.max()
        assert value == pytest.approx(spread)


@given(st.lists(tables.filter(lambda t: len(t) == 2), min_size=1, max_size=4))
def test_leading_axes_broadcast(draws):
    """A gap over stacked populations equals the gaps of each."""
    each = [counts_of(*table) for table in draws]
    stacked = Counts(*(np.stack([getattr(c, f) for c in each]) for f in ("tp", "fp", "fn", "tn")))
    for gap in GAPS.values():
        assert_allclose(gap(stacked), [float(gap(c)) for c in each])
        assert_allclose(gap.to_overall(stacked), [float(gap.to_overall(c)) for c in each])


@given(tables)
def test_equal_groups_have_no_gap(table):
    """Two identical groups have difference 0 and ratio 1 wherever they are defined."""
    counts = counts_of(table[0], table[0])
    for gap in GAPS.values():
        value = float(gap(counts))
        assert np.isnan(value) or value == pytest.approx(gap.equal)


def people_benefits(counts):
    return np.concatenate(
        [
            np.repeat(
                [1.0, 2.0, 0.0, 1.0], [counts.tp[g], counts.fp[g], counts.fn[g], counts.tn[g]]
            )
            for g in range(counts.shape[0])
        ]
    )


@given(tables)
def test_inequality_equals_its_definition_over_people(table):
    """Theil and generalized entropy of counts equal the sums over people (Speicher et al.)."""
    counts = counts_of(*table)
    benefit = people_benefits(counts)
    if len(benefit) == 0 or benefit.mean() == 0:
        assert np.isnan(theil(counts).total)
        return
    ratio = benefit / benefit.mean()
    with np.errstate(all="ignore"):
        logs = np.where(ratio > 0, ratio * np.log(ratio), 0)
    assert_allclose(theil(counts).total, logs.mean(), atol=1e-12)
    assert_allclose(generalized_entropy(counts).total, ((ratio**2 - 1) / 2).mean(), atol=1e-12)
    for measure in (theil(counts), generalized_entropy(counts)):
        if measure.total > 1e-9:
            assert -1e-9 <= measure.share <= 1 + 1e-9
