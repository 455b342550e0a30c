"""Rates and gaps within strata equal Fairlearn's MetricFrame with control features."""

import warnings

import fairlearn.metrics as peer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from fairlab.metrics import GAPS, RATES
from fairlab.metrics.strata_counts import count_within
from fairlab.outcomes import GroupedOutcomes
from fairlab.results import Attribute

person = st.tuples(
    st.integers(0, 1), st.sampled_from([0.1, 0.4, 0.5, 0.9]), st.integers(0, 2), st.integers(0, 2)
)
METRICS = {
    "demographic_parity_difference": ("selection_rate", peer.selection_rate),
    "equal_opportunity_difference": ("tpr", peer.true_positive_rate),
    "predictive_equality_difference": ("fpr", peer.false_positive_rate),
    "accuracy_difference": ("accuracy", accuracy_score),
}


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(person, min_size=8, max_size=60), weighted=st.booleans())
def test_within_strata_equals_control_features(rows, weighted):
    """Where every group of a stratum has the rate, value and gap are MetricFrame's; weighted too.

    All rates of one table at once: a MetricFrame takes as long to make as to compute several.
    """
    y, score, group, stratum = (np.array(column) for column in zip(*rows, strict=True))
    weight = np.random.default_rng(0).uniform(0.3, 2, len(rows)) if weighted else None
    people = GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names="abc", weight=weight
    )
    counts = count_within(people, Attribute(stratum, ("x", "y", "z")))
    weights = None if weight is None else {name: {"sample_weight": weight} for name in METRICS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = peer.MetricFrame(
            metrics={name: metric for name, (_, metric) in METRICS.items()},
            y_true=y,
            y_pred=(score >= 0.5).astype(int),
            sensitive_features=group,
            control_features=stratum,
            sample_params=weights,
        )
        differences = frame.difference()
    for name, (rate, _) in METRICS.items():
        ours, gaps = RATES[rate](counts), GAPS[name](counts)
        for s in np.unique(stratum):
            present = np.unique(group[stratum == s])
            if np.isnan(ours[s, present]).any():
                continue
            for g in present:
                wanted = float(frame.by_group.loc[(s, g), name])
                assert ours[s, g] == pytest.approx(wanted, abs=1e-12), name
            if len(present) > 1:
                wanted = float(differences.loc[s, name])
                assert gaps[s] == pytest.approx(wanted, abs=1e-12), name
