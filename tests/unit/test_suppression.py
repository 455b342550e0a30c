"""Suppression of a whole audit: what is small is gone and cannot be had by subtraction."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.metrics import GAPS, audit, pair_tests
from fairlab.metrics.suppression import suppress, suppress_pairs
from fairlab.outcomes import GroupedOutcomes
from tests.unit.test_audit_reports import people_of

LARGE = {"A": (40, 30, 15, 25), "B": (30, 12, 20, 40)}
cell = st.sampled_from([0, 1, 4, 5, 6, 9, 20])
group = st.tuples(cell, cell, cell, cell)


def result_of(cells, draws=100):
    return audit(people_of(cells), draws=draws)


def test_nothing_small_nothing_changed():
    """The same object comes back, and a minimum of 0 hides nothing at all."""
    result = result_of(LARGE)
    assert suppress(result, 10) is result
    small = result_of({**LARGE, "C": (0, 0, 1, 0)})
    assert suppress(small, 0) is small


def test_a_cell_at_the_minimum_stays_and_one_below_goes():
    """Ten people are enough for a minimum of ten; nine are not."""
    enough = result_of({**LARGE, "C": (10, 10, 10, 10)})
    assert suppress(enough, 10).hidden == ()
    short = result_of({**LARGE, "C": (9, 10, 10, 10)})
    assert suppress(short, 10).hidden == ("C",)


def test_every_number_of_a_small_group_goes():
    """Rates, counts, calibration and ranking of the group, and gaps that rest on it."""
    whole = result_of({**LARGE, "C": (3, 12, 25, 20)})
    shown = suppress(whole, 10)
    assert [r.name for r in shown.rates.values() if r["C"].value is not None] == [
        "selection_rate",
        "base_rate",
    ]
    assert np.isnan(shown.counts.tp[2])
    assert shown.counts.tp[0] == 40
    assert shown.gaps["equal_opportunity_difference"].value is None
    assert "suppressed" in shown.gaps["equal_opportunity_difference"].why_undefined
    assert (
        shown.gaps["demographic_parity_difference"] == whole.gaps["demographic_parity_difference"]
    )
    assert all(gap.value is None for gap in shown.to_overall.values())
    assert shown.inequality["theil"].share.value is None
    calibrated = {c.group: c for c in shown.calibration}
    assert calibrated["C"].brier is None
    assert calibrated["C"].n == 60
    assert {r.group: r.auc for r in shown.ranking}["C"] is None
    assert "NaN" not in json.dumps(shown.to_record(), allow_nan=False)
    assert shown.people.tolist() == whole.people.tolist()


def test_everyone_goes_with_the_last_hidden_group():
    """Everyone less the shown groups would be the hidden one."""
    shown = suppress(result_of({**LARGE, "C": (3, 12, 25, 20)}), 10)
    assert shown.rates["tpr"].everyone.value is None
    assert shown.rates["selection_rate"].everyone.value is None


def test_everyone_stays_when_what_is_hidden_together_is_large():
    """Groups without margins whose cells together are large: their sum may be known."""
    few = {"C": (60, 1, 1, 1), "D": (1, 60, 1, 1), "E": (1, 1, 60, 1), "F": (1, 1, 1, 60)}
    shown = suppress(result_of({**LARGE, **few}), 10)
    assert shown.hidden == ("C", "D", "E", "F")
    assert shown.rates["selection_rate"]["C"].value is None
    assert shown.rates["tpr"].everyone.value is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(group, min_size=2, max_size=4), st.sampled_from([3, 5, 10]))
def test_no_small_cell_can_be_worked_out(groups, smallest):
    """Fréchet's bounds: shown margins leave every hidden cell at least ``smallest`` wide.

    With everyone shown no margin of a hidden group is, and all hidden cells together are large.
    """
    cells = {str(i): g for i, g in enumerate(groups) if sum(g)}
    if len(cells) < 2:
        return
    shown = suppress(result_of(cells), smallest)
    if not shown.hidden:
        assert all(min(g) >= smallest for g in cells.values())
        return
    together = np.sum([cells[name] for name in shown.hidden], axis=0)
    shown_margins = 0
    for name in shown.hidden:
        assert min(cells[name]) < smallest
        tp, fp, fn, tn = cells[name]
        both = [shown.rates[r][name].value is not None for r in ("selection_rate", "base_rate")]
        shown_margins += sum(both)
        if all(both):
            assert min(tp, tn) + min(fp, fn) >= smallest
    if shown.rates["accuracy"].everyone.value is not None:
        assert shown_margins == 0
        assert together.min() >= smallest
        assert len(shown.hidden) > 1


@settings(max_examples=30, deadline=None)
@given(st.lists(group, min_size=2, max_size=4))
def test_gaps_shown_rest_on_shown_rates(groups):
    """A gap that is shown names groups whose rate is shown."""
    cells = {str(i): g for i, g in enumerate(groups) if sum(g)}
    if len(cells) < 2:
        return
    shown = suppress(result_of(cells), 5)
    if not shown.hidden:
        return
    for name, gap in shown.gaps.items():
        if gap.value is not None:
            for rate in GAPS[name].rates:
                for one in (gap.highest, gap.lowest):
                    assert shown.rates[rate.name][one].value is not None


def test_pairs_with_a_hidden_rate_go():
    """The shown tests are those made, their correction aside."""
    whole = result_of({**LARGE, "C": (3, 12, 25, 20)})
    tests = pair_tests(whole.counts, ("selection_rate", "tpr"))
    kept = suppress_pairs(tests, suppress(whole, 10))
    alone = [replace(t, p_adjusted=None) for t in tests]
    assert all(replace(t, p_adjusted=None) in alone for t in kept)
    assert not [t for t in kept if t.rate == "tpr" and "C" in (t.higher, t.lower_group)]
    assert [t for t in kept if t.rate == "selection_rate" and "C" in (t.higher, t.lower_group)]


def test_the_correction_of_shown_pairs_does_not_tell_of_hidden_ones():
    """Two tables that differ in a hidden cell alone show the same corrected p-values."""
    shown = []
    for fp, tn in ((3, 39), (0, 42)):  # the margins of C stay
        cells = {"A": (40, 30, 15, 25), "B": (30, 12, 20, 40), "C": (12 + 3 - fp, fp, 20, tn)}
        whole = result_of(cells)
        tests = pair_tests(whole.counts, ("fpr",))
        shown.append([t.p_adjusted for t in suppress_pairs(tests, suppress(whole, 10))])
    assert len(shown[0]) == 1
    assert shown[0] == shown[1]


def test_a_curve_with_a_small_bin_goes_whole():
    """Bins add up to the group: one left out could be had from the others."""
    score = np.repeat([0.2, 0.4, 0.6, 0.8], 40)
    y = np.concatenate([np.arange(40) < k for k in (4, 10, 20, 30)]).astype(int)
    people = GroupedOutcomes.from_arrays(
        y_true=np.tile(y, 2), score=np.tile(score, 2), group=np.repeat(["a", "b"], 160)
    )
    whole = audit(people, draws=100, seed=0)
    shown = suppress(whole, 5)
    assert len(whole.calibration[0].bins) == 4
    assert shown.hidden == ()
    assert all(
        c.bins == () and c.error is None and c.brier_parts is None for c in shown.calibration
    )
    assert shown.calibration[0].brier == whole.calibration[0].brier
    assert shown.score_gaps["calibration_gap"].value is None
    assert suppress(whole, 4) is whole


def test_small_is_about_people_not_weight():
    """Three people of weight 100 are three people."""
    y = [1] * 3 + [0] * 17 + [1, 0] * 40
    score = [0.9] + [0.1] * 19 + [0.9, 0.9, 0.1, 0.1] * 20
    people = GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=["few"] * 20 + ["many"] * 80, weight=[100.0] * 100
    )
    shown = suppress(audit(people, draws=100), 10)
    assert shown.hidden == ("few",)
    assert shown.rates["tpr"]["few"].value is None
    assert shown.rates["tpr"]["many"].value == pytest.approx(0.5)
