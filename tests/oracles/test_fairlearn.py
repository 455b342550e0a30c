"""Every rate and gap that Fairlearn defines equals ours to 1e-12; where it prints 0 for 0/0, not.

Data are drawn from small sets, so that ties and empty cells are common.
"""

import warnings

import fairlearn.metrics as peer
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score

from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import GroupedOutcomes, count

person = st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.4, 0.5, 0.9]), st.integers(0, 2))
people = st.lists(person, min_size=6, max_size=60)

PEER_RATES = {
    "selection_rate": peer.selection_rate,
    "accuracy": accuracy_score,
    "tpr": peer.true_positive_rate,
    "fpr": peer.false_positive_rate,
    "tnr": peer.true_negative_rate,
    "fnr": peer.false_negative_rate,
    "ppv": precision_score,
    "f1": f1_score,
    "balanced_accuracy": balanced_accuracy_score,
}


def both(rows, weight=None):
    y, score, group = (np.array(column) for column in zip(*rows, strict=True))
    outcomes = GroupedOutcomes.from_arrays(y_true=y, score=score, group=group, weight=weight)
    return count(outcomes, 0.5), y, (score >= 0.5).astype(int), group


def frame(metric, y, decision, group, weight=None):
    parameters = None if weight is None else {"sample_weight": weight}
    if parameters is not None and isinstance(metric, dict):
        parameters = dict.fromkeys(metric, parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return peer.MetricFrame(
            metrics=metric,
            y_true=y,
            y_pred=decision,
            sensitive_features=group,
            sample_params=parameters,
        )


@settings(max_examples=40, deadline=None)
@given(rows=people, weighted=st.booleans(), seed=st.integers(0, 3))
def test_rates_equal_fairlearn_by_group(rows, weighted, seed):
    """Each rate of each group equals MetricFrame's wherever ours is defined; weighted too.

    All rates of one table at once: a MetricFrame takes as long to make as to compute several.
    """
    weight = np.random.default_rng(seed).uniform(0.2, 3, len(rows)) if weighted else None
    counts, y, decision, group = both(rows, weight)
    theirs = frame(PEER_RATES, y, decision, group, weight).by_group
    for name in PEER_RATES:
        ours = RATES[name](counts)
        defined = ~np.isnan(ours)
        wanted = theirs[name].to_numpy(dtype=float)
        np.testing.assert_allclose(ours[defined], wanted[defined], rtol=0, atol=1e-12, err_msg=name)


GAP_FUNCTIONS = {
    "demographic_parity_difference": (peer.demographic_parity_difference, {}),
    "demographic_parity_ratio": (peer.demographic_parity_ratio, {}),
    "equal_opportunity_difference": (peer.equal_opportunity_difference, {}),
    "equalized_odds_difference": (peer.equalized_odds_difference, {"agg": "worst_case"}),
    "average_absolute_odds_difference": (peer.equalized_odds_difference, {"agg": "mean"}),
    "equalized_odds_ratio": (peer.equalized_odds_ratio, {"agg": "worst_case"}),
}
GAPS_OF_FRAMES = {
    "predictive_equality_difference": peer.false_positive_rate,
    "predictive_parity_difference": precision_score,
    "accuracy_difference": accuracy_score,
    "balanced_accuracy_difference": balanced_accuracy_score,
}


def peer_gap(name, y, decision, group, method):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if name in GAP_FUNCTIONS:
            function, extra = GAP_FUNCTIONS[name]
            found = function(y, decision, sensitive_features=group, method=method, **extra)
        else:
            found = frame(GAPS_OF_FRAMES[name], y, decision, group).difference(method=method)
        return float(found)


@settings(max_examples=20, deadline=None)
@given(rows=people)
def test_gaps_equal_fairlearn(rows):
    """Each gap, between groups and to everyone, equals Fairlearn's whenever every group in the
    data has every rate of it. All gaps of one table at once."""
    counts, y, decision, group = both(rows)
    compared = 0
    for name in (*GAP_FUNCTIONS, *GAPS_OF_FRAMES):
        gap = GAPS[name]
        if any(np.isnan(rate(counts)).any() for rate in gap.rates):
            continue
        both_ways = {"between_groups": gap(counts), "to_overall": gap.to_overall(counts)}
        for method, ours in both_ways.items():
            if not np.isnan(ours):
                wanted = peer_gap(name, y, decision, group, method)
                assert float(ours) == pytest.approx(wanted, abs=1e-12), (name, method)
                compared += 1
    assume(compared > 0)


def test_known_disagreement_fairlearn_prints_zero_for_undefined_rates():
    """A group without favourable outcomes: Fairlearn's TPR is 0 and its gap 1; ours leaves it out.

    If this fails, Fairlearn changed: update the metric dictionary.
    """
    rows = [(1, 0.9, 0), (0, 0.1, 0), (1, 0.9, 1), (0, 0.1, 1), (0, 0.9, 2), (0, 0.1, 2)]
    counts, y, decision, group = both(rows)
    assert frame(peer.true_positive_rate, y, decision, group).by_group[2] == 0
    assert peer_gap("equal_opportunity_difference", y, decision, group, "between_groups") == 1
    assert np.isnan(RATES["tpr"](counts)[2])
    result = GAPS["equal_opportunity_difference"].result(counts)
    assert result.value == 0
    assert result.left_out == ("2",)


def test_known_disagreement_precision_of_nobody_selected():
    """Nobody of a group is selected: scikit-learn's precision is 0, ours is undefined."""
    rows = [(1, 0.9, 0), (0, 0.1, 0), (1, 0.9, 1), (0, 0.1, 1), (1, 0.1, 2), (0, 0.1, 2)]
    counts, y, decision, group = both(rows)
    assert frame(precision_score, y, decision, group).by_group[2] == 0
    assert np.isnan(RATES["ppv"](counts)[2])
    assert GAPS["predictive_parity_difference"].result(counts).value == 0


def test_known_disagreement_fairlearn_calls_one_group_a_gap_of_zero():
    """With a single group Fairlearn prints a difference of 0; ours is undefined."""
    counts, y, decision, group = both([(1, 0.9, 0), (0, 0.1, 0)])
    assert peer_gap("demographic_parity_difference", y, decision, group, "between_groups") == 0
    assert GAPS["demographic_parity_difference"].result(counts).value is None
