"""Worked examples end to end: table → people → audit. Published figures, to the digit."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairlab.data import read_predictions
from fairlab.metrics import GAPS, RATES, audit, pair_tests
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.results import ScoredPeople
from tests.unit.test_audit_overall import people_of
from tests.unit.test_rates import FRAUD, LOAN

# ProPublica's contingency tables (Larson, Mattu, Kirchner, Angwin 2016, "How we analyzed the
# COMPAS recidivism algorithm"): survived low, survived high, recidivated low, recidivated high.
COMPAS = {"African-American": (990, 805, 532, 1369), "Caucasian": (1139, 349, 461, 505)}


def compas_table() -> pd.DataFrame:
    """One row per defendant; "high" has deciles 5 to 10, "low" 1 to 4, ends included."""
    rows = []
    for race, cells in COMPAS.items():
        for cell, n in enumerate(cells):
            low, high = ((1, 4), (5, 10))[cell % 2]
            deciles = np.resize(np.arange(low, high + 1), n)
            rows += [(race, int(decile), cell // 2) for decile in deciles]
    return pd.DataFrame(rows, columns=["race", "decile_score", "two_year_recid"])


def compas(threshold: float = 4) -> ScoredPeople:
    return read_predictions(
        compas_table(),
        label="two_year_recid",
        favourable=("0",),
        sensitive=("race",),
        score="decile_score",
        threshold=threshold,
        higher_is_better=False,
    )


def test_compas_reproduces_propublica_through_the_loader():
    """Favourable is "did not recidivate", selected is "not labelled high risk" (decile ≤ 4).

    So ProPublica's rates have other names here. Labelled high risk though they did not recidivate
    (their false positive rate) is our false negative rate; labelled low though they did (their
    false negative rate) is our false positive rate.
    """
    people = compas()
    assert people.selected_if(people.threshold) == "decile_score ≤ 4"
    result = audit(people.outcomes(), people.threshold, draws=200)
    theirs_fpr, theirs_fnr = result.rates["fnr"], result.rates["fpr"]
    assert round(100 * theirs_fpr["African-American"].value, 2) == 44.85
    assert round(100 * theirs_fpr["Caucasian"].value, 2) == 23.45
    assert round(100 * theirs_fnr["African-American"].value, 2) == 27.99
    assert round(100 * theirs_fnr["Caucasian"].value, 2) == 47.72
    assert theirs_fpr["African-American"].n == 1795
    assert theirs_fnr["Caucasian"].n == 966
    gap = result.gaps["equal_opportunity_difference"]
    assert (gap.highest, gap.lowest) == ("Caucasian", "African-American")
    assert gap.value == pytest.approx(805 / 1795 - 349 / 1488)
    assert gap.lower > 0.15


def test_a_decile_of_exactly_five_is_high_risk():
    """One off at the threshold gives other rates: with at most 5 selected, those of 5 go free."""
    result = audit(compas(5).outcomes(), compas(5).threshold, draws=100)
    assert round(100 * result.rates["fnr"]["African-American"].value, 2) != 44.85
    fives = compas_table().query("decile_score == 5").groupby("race").size()
    at_five, at_four = (count(compas().outcomes(), threshold) for threshold in (-5.0, -4.0))
    freed = (at_five.tp + at_five.fp) - (at_four.tp + at_four.fp)
    assert freed.tolist() == fives[["African-American", "Caucasian"]].tolist()


def test_labels_the_wrong_way_round_give_other_rates():
    """Taking recidivism as favourable turns every rate into another: the direction matters."""
    turned = read_predictions(
        compas_table(),
        label="two_year_recid",
        favourable=("1",),
        sensitive=("race",),
        score="decile_score",
        threshold=5,
    )
    counts = count(turned.outcomes(), turned.threshold)
    assert 100 * RATES["fpr"](counts)[0] == pytest.approx(44.85, abs=0.005)
    assert 100 * RATES["fnr"](counts)[1] == pytest.approx(47.72, abs=0.005)


@pytest.mark.parametrize("people", [LOAN, FRAUD], ids=["loan", "fraud"])
def test_people_one_by_one_give_the_worked_counts(people: Counts):
    """Counting people gives back the cells they were made of: no label leaks into decisions."""
    counts = count(people_of(people), 0.5)
    for field in ("tp", "fp", "fn", "tn"):
        assert getattr(counts, field).tolist() == getattr(people, field).tolist()


def test_loan_example_in_full():
    """Every printed figure of the loan example, with the test of its selection rates."""
    result = audit(people_of(LOAN), draws=200)
    rates = {name: [g.value for g in result.rates[name].groups] for name in RATES}
    np.testing.assert_allclose(rates["selection_rate"], [0.70, 0.40])
    np.testing.assert_allclose(rates["tpr"], [8 / 9, 0.60])
    np.testing.assert_allclose(rates["fpr"], [6 / 11, 0.20])
    np.testing.assert_allclose(rates["ppv"], [4 / 7, 0.75])
    gaps = {name: gap.value for name, gap in result.gaps.items()}
    assert gaps["demographic_parity_difference"] == pytest.approx(0.30)
    assert round(gaps["demographic_parity_ratio"], 3) == 0.571
    assert gaps["demographic_parity_ratio"] < 0.8
    assert round(gaps["equal_opportunity_difference"], 4) == 0.2889
    assert round(gaps["average_absolute_odds_difference"], 4) == 0.3172
    assert round(gaps["predictive_parity_difference"], 4) == 0.1786
    test = pair_tests(result.counts)[0]
    assert round(test.z, 3) == 4.264
    assert f"{test.p_value:.1e}" == "2.0e-05"
    assert (test.higher, test.lower_group) == ("A", "B")


def test_fraud_example_in_full():
    """Every printed figure of the fraud example."""
    result = audit(people_of(FRAUD), draws=200)
    rates = {name: [g.value for g in result.rates[name].groups] for name in RATES}
    np.testing.assert_allclose(rates["selection_rate"], [0.50, 0.25])
    np.testing.assert_allclose(rates["tpr"], [0.9375, 0.60])
    np.testing.assert_allclose(rates["fpr"], [5 / 52, 0.10])
    np.testing.assert_allclose(rates["ppv"], [0.90, 0.72])
    np.testing.assert_allclose(rates["base_rate"], [0.48, 0.30])
    assert result.gaps["demographic_parity_ratio"].value == pytest.approx(0.5)
    assert result.gaps["equal_opportunity_difference"].value == pytest.approx(0.3375)


def gaussian_people(each: int = 40) -> GroupedOutcomes:
    """The Gaussian example with quantiles in place of draws: ``each`` times its people."""
    y, score, group = [], [], []
    for g, label, n, mean, spread in (
        (0, 1, 600, 0.72, 0.15),
        (0, 0, 400, 0.45, 0.18),
        (1, 1, 400, 0.65, 0.16),
        (1, 0, 600, 0.40, 0.17),
    ):
        n *= each
        score.append(stats.norm.ppf((np.arange(n) + 0.5) / n, mean, spread))
        y.append(np.full(n, label))
        group.append(np.full(n, g))
    return GroupedOutcomes.from_arrays(
        y_true=np.concatenate(y),
        score=np.concatenate(score),
        group=np.concatenate(group),
        group_names=("A", "B"),
    )


def test_gaussian_scores_at_one_threshold_and_at_another_for_b():
    """At 0.60: TPR 0.788 / 0.623, FPR 0.202 / 0.120. B at 0.52: 0.792, 0.240, PPV 0.776 → 0.687."""
    people = gaussian_people()
    at = {threshold: count(people, threshold) for threshold in (0.60, 0.52)}
    np.testing.assert_allclose(RATES["tpr"](at[0.60]), [0.788, 0.623], atol=6e-4)
    np.testing.assert_allclose(RATES["fpr"](at[0.60]), [0.202, 0.120], atol=6e-4)
    assert RATES["ppv"](at[0.60])[1] == pytest.approx(0.776, abs=6e-4)
    assert RATES["tpr"](at[0.52])[1] == pytest.approx(0.792, abs=6e-4)
    assert RATES["fpr"](at[0.52])[1] == pytest.approx(0.240, abs=6e-4)
    assert RATES["ppv"](at[0.52])[1] == pytest.approx(0.687, abs=6e-4)
    assert GAPS["equal_opportunity_difference"](at[0.60]) > 0.16
