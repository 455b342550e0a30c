"""What the dictionary says other tools print: against Fairlearn and error-parity themselves, and by
hand for tools that are not installed. People are few and ties common, so 0/0 is too."""

import warnings
from functools import partial

import fairlearn.metrics as fairlearn
import numpy as np
import pytest
from error_parity.evaluation import evaluate_fairness
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    precision_score,
    roc_auc_score,
)

from fairlab.errors import InputError, UnknownNameError
from fairlab.metrics import GAPS, lookup, ranking, score_translations, translations
from fairlab.metrics.dictionary import ALIASES, TOOLS
from fairlab.outcomes import Counts, GroupedOutcomes
from tests.oracles.test_fairlearn import both, frame, people
from tests.unit.test_rates import LOAN, counts_of

FRAMES = {
    "MetricFrame(metrics=false_positive_rate).difference()": fairlearn.false_positive_rate,
    "MetricFrame(metrics=sklearn.metrics.precision_score).difference()": partial(
        precision_score, zero_division=0
    ),
    "MetricFrame(metrics=sklearn.metrics.accuracy_score).difference()": accuracy_score,
    "MetricFrame(metrics=sklearn.metrics.balanced_accuracy_score).difference()": (
        balanced_accuracy_score
    ),
    "MetricFrame(metrics=partial(precision_score, pos_label=0)).difference()": partial(
        precision_score, pos_label=0, zero_division=0
    ),
}


def theirs(call, y, decision, group):
    """What Fairlearn prints for a call of the dictionary."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if call in FRAMES:
            return float(frame(FRAMES[call], y, decision, group).difference())
        if call == "demographic_parity_difference(y_true, y_true)":
            return fairlearn.demographic_parity_difference(y, y, sensitive_features=group)
        name, _, rest = call.partition("(agg=")
        extra = {"agg": rest.strip("')")} if rest else {}
        return float(getattr(fairlearn, name)(y, decision, sensitive_features=group, **extra))


def only(found, tool, call):
    return next(t for t in found if (t.tool, t.call) == (tool, call))


@settings(max_examples=15, deadline=None)
@given(rows=people)
def test_fairlearn_prints_what_the_dictionary_says(rows):
    """Every name of Fairlearn's gives the dictionary's number, undefined rates included."""
    counts, y, decision, group = both(rows)
    for name in GAPS:
        for told in translations(name, counts):
            if told.tool == "Fairlearn":
                wanted = theirs(told.call, y, decision, group)
                assert told.numbers[0].value == pytest.approx(wanted, abs=1e-12, nan_ok=True), (
                    told.call
                )


@settings(max_examples=100, deadline=None)
@given(rows=people)
def test_error_parity_prints_what_the_dictionary_says(rows):
    """Every key of error-parity's evaluation gives the dictionary's number, its 0/0 included."""
    counts, y, decision, group = both(rows)
    assume(len(set(group)) > 1)
    printed = evaluate_fairness(y, decision, group)
    checked = 0
    for name in GAPS:
        for told in translations(name, counts):
            if told.tool == "error-parity":
                key = told.call
                assert told.numbers[0].value == pytest.approx(printed[key], abs=1e-12), key
                checked += 1
    assert checked == sum(a.tool == "error-parity" for a in ALIASES)


# Two groups, A and B, as in the loan example: every tool by hand. A: tp 40 fp 30 fn 5 tn 25.
# B: tp 30 fp 10 fn 20 tn 40. With A as reference (Clarify: facet d is B).
SEL_A, SEL_B, TPR_A, TPR_B, FPR_A, FPR_B = 0.7, 0.4, 40 / 45, 30 / 50, 30 / 55, 10 / 50
BY_HAND = [
    ("demographic_parity_difference", "AIF360", "statistical_parity_difference", SEL_B - SEL_A),
    ("demographic_parity_difference", "SageMaker Clarify", "DPPL", SEL_A - SEL_B),
    ("demographic_parity_difference", "HolisticAI", "statistical_parity", SEL_B - SEL_A),
    (
        "demographic_parity_difference",
        "HolisticAI",
        "cohen_d",
        -0.3 / np.sqrt((99 * 0.24 + 99 * 0.21) / 198),
    ),
    ("demographic_parity_difference", "HolisticAI", "z_test_diff (2SD Rule)", -4.26401),
    (
        "demographic_parity_difference",
        "Aequitas",
        "pprev_disparity (Impact Parity)",
        SEL_B / SEL_A,
    ),
    ("demographic_parity_ratio", "AIF360", "disparate_impact", 4 / 7),
    ("demographic_parity_ratio", "SageMaker Clarify", "DI", 4 / 7),
    ("demographic_parity_ratio", "HolisticAI", "disparate_impact", 4 / 7),
    ("demographic_parity_ratio", "HolisticAI", "four_fifths", 4 / 7),
    ("equal_opportunity_difference", "AIF360", "equal_opportunity_difference", TPR_B - TPR_A),
    ("equal_opportunity_difference", "AIF360", "false_negative_rate_difference", TPR_A - TPR_B),
    ("equal_opportunity_difference", "SageMaker Clarify", "RD", TPR_A - TPR_B),
    ("equal_opportunity_difference", "HolisticAI", "equal_opportunity_diff", TPR_B - TPR_A),
    ("equal_opportunity_difference", "Aequitas", "tpr_disparity", TPR_B / TPR_A),
    ("equal_opportunity_difference", "Aequitas", "fnr_disparity", 0.4 / (5 / 45)),
    ("predictive_equality_difference", "AIF360", "false_positive_rate_difference", FPR_B - FPR_A),
    # specificity of d minus that of a is the FPR of a minus that of d
    ("predictive_equality_difference", "SageMaker Clarify", "SD", FPR_A - FPR_B),
    ("predictive_equality_difference", "HolisticAI", "false_positive_rate_diff", FPR_B - FPR_A),
    ("predictive_equality_difference", "HolisticAI", "true_negative_rate_diff", FPR_A - FPR_B),
    ("predictive_equality_difference", "Aequitas", "fpr_disparity", FPR_B / FPR_A),
    ("equalized_odds_difference", "AIF360", "equalized_odds_difference", FPR_A - FPR_B),
    (
        "equalized_odds_difference",
        "AIF360",
        "average_odds_difference",
        (FPR_B - FPR_A + TPR_B - TPR_A) / 2,
    ),
    (
        "average_absolute_odds_difference",
        "AIF360",
        "average_abs_odds_difference",
        (FPR_A - FPR_B + TPR_A - TPR_B) / 2,
    ),
    (
        "average_absolute_odds_difference",
        "HolisticAI",
        "average_odds_diff",
        (FPR_B - FPR_A + TPR_B - TPR_A) / 2,
    ),
    (
        "predictive_parity_difference",
        "AIF360",
        "false_discovery_rate_difference",
        10 / 40 - 30 / 70,
    ),
    ("predictive_parity_difference", "SageMaker Clarify", "DAR", 40 / 70 - 30 / 40),
    ("predictive_parity_difference", "Aequitas", "precision_disparity", 0.75 / (4 / 7)),
    ("accuracy_difference", "AIF360", "error_rate_difference", 0.30 - 0.35),
    ("accuracy_difference", "SageMaker Clarify", "AD", 0.65 - 0.70),
    ("accuracy_difference", "HolisticAI", "accuracy_diff", 0.70 - 0.65),
    ("treatment_equality_difference", "SageMaker Clarify", "TE", 20 / 10 - 5 / 30),
    (
        "negative_predictive_value_difference",
        "AIF360",
        "false_omission_rate_difference",
        20 / 60 - 5 / 30,
    ),
    ("negative_predictive_value_difference", "SageMaker Clarify", "DRR", 40 / 60 - 25 / 30),
    ("negative_predictive_value_difference", "Aequitas", "npv_disparity", (2 / 3) / (5 / 6)),
    ("negative_predictive_value_difference", "Aequitas", "for_disparity", 2.0),
    ("base_rate_difference", "AIF360", "BinaryLabelDatasetMetric.mean_difference", 0.50 - 0.45),
    ("base_rate_difference", "AIF360", "BinaryLabelDatasetMetric.disparate_impact", 0.5 / 0.45),
    ("base_rate_difference", "SageMaker Clarify", "DPL", 0.45 - 0.50),
    ("mean_residual_difference", "SageMaker Clarify", "DCAcc (DCA)", 45 / 70 - 50 / 40),
    ("mean_residual_difference", "SageMaker Clarify", "DCR", 50 / 60 - 55 / 30),
]


@pytest.mark.parametrize(("gap", "tool", "call", "value"), BY_HAND)
def test_the_loan_example_by_hand(gap, tool, call, value):
    """Name, sign and combination of tools that are not installed, from their definitions."""
    told = only(translations(gap, LOAN, reference="A"), tool, call)
    assert [n.value for n in told.numbers] == [pytest.approx(value, abs=2e-5)]


def test_turning_the_reference_round_turns_signs_and_ratios():
    """Differences change sign, ratios are inverted, sizes stay."""
    for gap in GAPS:
        one = translations(gap, LOAN, reference="A")
        other = translations(gap, LOAN, reference="B")
        for a, b in zip(one, other, strict=True):
            first, second = a.numbers[0].value, b.numbers[0].value
            form = next(x.form for x in ALIASES if (x.gap, x.tool, x.call) == (gap, a.tool, a.call))
            if form in ("difference", "mean difference", "cohen d", "z"):
                assert first == pytest.approx(-second)
            elif form == "quotient":
                assert first == pytest.approx(1 / second)
            else:
                assert first == pytest.approx(second)


def test_more_than_two_groups():
    """AIF360 pools the others, Clarify everybody else, HolisticAI and Aequitas take pairs."""
    counts = counts_of((8, 0, 0, 2), (3, 0, 0, 7), (9, 0, 0, 21))  # selected 80 %, 30 %, 30 %
    found = translations("demographic_parity_difference", counts, reference="A")
    aif = only(found, "AIF360", "statistical_parity_difference")
    assert [n.value for n in aif.numbers] == [pytest.approx(12 / 40 - 0.8)]
    clarify = only(found, "SageMaker Clarify", "DPPL")
    assert {n.of: round(n.value, 6) for n in clarify.numbers} == {
        "facet A": round(12 / 40 - 0.8, 6),
        "facet B": round(17 / 40 - 0.3, 6),
        "facet C": round(11 / 20 - 0.3, 6),
    }
    holistic = only(found, "HolisticAI", "statistical_parity")
    assert [(n.of, round(n.value, 6)) for n in holistic.numbers] == [
        ("B to A", -0.5),
        ("C to A", -0.5),
    ]
    assert holistic.printed == "B to A: −0.500; C to A: −0.500"
    every = only(
        translations("demographic_parity_difference", counts), "HolisticAI", "statistical_parity"
    )
    assert every.printed == "−0.500 to 0.500, depending on the groups compared"


def test_printed_as_a_reader_meets_them():
    """The loan example: one number, both signs, or both ratios."""
    rows = {
        (t.tool, t.call): t.printed for t in translations("demographic_parity_difference", LOAN)
    }
    assert rows["Fairlearn", "demographic_parity_difference"] == "0.300"
    assert rows["AIF360", "statistical_parity_difference"] == "−0.300 or 0.300"
    assert rows["Aequitas", "pprev_disparity (Impact Parity)"] == "0.571 or 1.750"
    told = translations("demographic_parity_difference", LOAN, "A")[1]
    assert told.sentence == (
        "Our demographic_parity_difference is what AIF360 calls statistical_parity_difference: "
        "−0.300."
    )


def test_opposite_signs_cancel_elsewhere():
    """A TPR gap of +0.2 and an FPR gap of −0.2: others print 0 where ours is 0.2."""
    counts = counts_of((70, 30, 30, 70), (50, 50, 50, 50))
    for tool, call in (("AIF360", "average_odds_difference"), ("HolisticAI", "average_odds_diff")):
        told = only(translations("equalized_odds_difference", counts), tool, call)
        assert told.printed == "0.000"
        assert "cancel" in told.meaning


def test_undefined_rates_in_each_tool():
    """No one in B has the favourable outcome: undefined, 0, or worst, as each tool has it."""
    counts = counts_of((4, 1, 1, 4), (0, 5, 0, 5))
    found = translations("equal_opportunity_difference", counts, "A")
    assert np.isnan(only(found, "AIF360", "equal_opportunity_difference").numbers[0].value)
    assert only(found, "SageMaker Clarify", "RD").printed == "0.800"
    assert only(found, "HolisticAI", "equal_opportunity_diff").printed == "−0.800"
    assert only(found, "Aequitas", "tpr_disparity").printed == "undefined"
    assert only(found, "error-parity", "fnr_diff").printed == "0.800"
    nobody = counts_of((4, 1, 1, 4), (0, 0, 5, 5))  # no one selected
    ratio = translations("demographic_parity_ratio", nobody, "B")
    assert only(ratio, "AIF360", "disparate_impact").printed == "infinite"
    assert only(ratio, "Aequitas", "pprev_disparity (Impact Parity)").printed == "10.000"
    assert only(ratio, "SageMaker Clarify", "DI").printed == "infinite"
    precision = translations("predictive_parity_difference", nobody, "A")
    # a false discovery rate of 0 for B, whom nobody selected
    assert only(precision, "AIF360", "false_discovery_rate_difference").printed == "−0.200"
    treatment = translations("treatment_equality_difference", nobody, "A")
    assert only(treatment, "SageMaker Clarify", "TE").printed == "infinite"


def test_groups_without_people_are_unknown_to_other_tools():
    """An empty group changes nothing, and cannot be the reference."""
    with_empty = Counts(
        *(np.append(f, 0) for f in (LOAN.tp, LOAN.fp, LOAN.fn, LOAN.tn)),
        group_names=("A", "B", "nobody"),
    )
    for gap in GAPS:
        assert [t.printed for t in translations(gap, with_empty)] == [
            t.printed for t in translations(gap, LOAN)
        ]
    with pytest.raises(InputError, match="no group with people"):
        translations("accuracy_difference", with_empty, "nobody")
    alone = counts_of((1, 2, 3, 4))
    told = only(translations("accuracy_difference", alone), "AIF360", "error_rate_difference")
    assert told.printed == "compares two groups; there is one"


def test_entropy_of_benefits_by_hand():
    """Benefits 1, 1, 2, 0: mean 1, GE(2) = 1/4; AIF360, HolisticAI and Clarify print the same."""
    counts = counts_of((1, 1, 0, 0), (0, 0, 1, 1))
    assert {t.printed for t in translations("generalized_entropy", counts)} == {"0.250", "0.125"}
    between = next(
        t for t in translations("generalized_entropy", counts) if t.call.startswith("between")
    )
    assert between.printed == "0.125"
    theil = {t.tool: t.printed for t in translations("theil", counts) if "between" not in t.call}
    assert theil == {"AIF360": f"{2 * np.log(2) / 4:.3f}", "HolisticAI": f"{2 * np.log(2) / 4:.3f}"}


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.4, 0.9]), st.integers(0, 1)),
        min_size=20,
        max_size=60,
    )
)
def test_gap_of_aucs_as_printed(rows):
    """Fairlearn's range of scikit-learn's AUC; HolisticAI's signed difference."""
    y, score, group = (np.array(column) for column in zip(*rows, strict=True))
    assume(all(len(set(y[group == g])) == 2 for g in (0, 1)))
    outcomes = GroupedOutcomes.from_arrays(y_true=y, score=score, group=group)
    found = score_translations("auc_difference", {r.group: r.auc for r in ranking(outcomes)}, "0")
    by_group = [roc_auc_score(y[group == g], score[group == g]) for g in (0, 1)]
    told = {t.tool: t.numbers[0].value for t in found}
    assert told["Fairlearn"] == pytest.approx(abs(by_group[0] - by_group[1]))
    assert told["HolisticAI"] == pytest.approx(by_group[1] - by_group[0])


def test_scores_without_a_value_or_an_alias():
    """An undefined AUC leaves the signed difference undefined; other gaps have no peers."""
    found = {t.tool: t.printed for t in score_translations("auc_difference", {"a": 0.7, "b": None})}
    assert found["HolisticAI"] == "undefined"
    assert score_translations("calibration_gap", {"a": 0.1}) == ()
    with pytest.raises(InputError):
        score_translations("auc_difference", {"a": 0.7}, "b")


@pytest.mark.parametrize(
    ("tool", "call", "ours"),
    [
        ("SageMaker Clarify", "DPL", {"base_rate_difference"}),
        ("sagemaker clarify", "dca", {"mean_residual_difference"}),
        ("AIF360", "mean_difference", {"base_rate_difference"}),
        (
            "aif360",
            "average_odds_difference",
            {"equalized_odds_difference", "average_absolute_odds_difference"},
        ),
        ("HolisticAI", "2SD Rule", {"demographic_parity_difference"}),
        (
            "Aequitas",
            "Impact Parity",
            {"demographic_parity_difference", "demographic_parity_ratio"},
        ),
        ("error-parity", "equalized_odds_ratio", {"equalized_odds_ratio"}),
        (
            "Fairlearn",
            "equalized_odds_difference(agg='mean')",
            {"average_absolute_odds_difference"},
        ),
    ],
)
def test_lookup_from_their_name_to_ours(tool, call, ours):
    """Names are found in any case, by class, remark or abbreviation."""
    assert {alias.gap for alias in lookup(tool, call)} == ours


def test_lookup_refuses_unknown_names_with_the_known_ones():
    """Unknown tools and names list what there is, and the closest."""
    with pytest.raises(UnknownNameError, match="Fairlearn"):
        lookup("fairness360", "disparate_impact")
    with pytest.raises(UnknownNameError, match="Did you mean 'disparate_impact'"):
        lookup("AIF360", "disparate_impakt")


def test_every_gap_is_in_the_dictionary_and_every_alias_is_of_ours():
    """No gap of decisions is without a peer; names and tools exist; nothing is listed twice."""
    known = {*GAPS, "theil", "generalized_entropy", "auc_difference", "mean_score_difference"}
    assert {alias.gap for alias in ALIASES} == known
    assert {alias.tool for alias in ALIASES} == set(TOOLS)
    keys = [(a.gap, a.tool, a.call) for a in ALIASES]
    assert len(set(keys)) == len(keys)
    for gap in GAPS:
        for told in translations(gap, LOAN):
            assert told.source
            assert told.takes
            assert told.meaning
