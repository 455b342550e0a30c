"""Gaps from everyone and inequality of benefits: values by hand, intervals, who is farthest."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlab.metrics import GAPS, RATES, audit, score_numbers
from fairlab.outcomes import Counts, GroupedOutcomes, count
from tests.unit.test_audit import made_up
from tests.unit.test_rates import LOAN


def people_of(counts: Counts, times: int = 1) -> GroupedOutcomes:
    """One person per count, as decisions."""
    y, score, group = [], [], []
    for field, label, decision in (("tp", 1, 1.0), ("fp", 0, 1.0), ("fn", 1, 0.0), ("tn", 0, 0.0)):
        for g, k in enumerate(getattr(counts, field)):
            y += [label] * int(k) * times
            score += [decision] * int(k) * times
            group += [g] * int(k) * times
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=np.array(group), group_names=counts.group_names
    )


def test_every_gap_from_everyone_has_value_interval_and_the_farthest_group():
    """Loan example: selection 70 and 40 % of 55 % together; A and B are 15 points away each."""
    result = audit(people_of(LOAN), draws=500)
    assert list(result.to_overall) == list(GAPS)
    parity = result.to_overall["demographic_parity_difference"]
    assert parity.value == pytest.approx(0.15)
    assert parity.lower < 0.15 < parity.upper
    assert parity.p_value < 0.01
    for name, gap in result.to_overall.items():
        assert gap.value == result.gaps[name].to_overall
        assert gap.lower is not None, name
        assert gap.lower <= gap.value <= gap.upper, name


def test_the_farthest_group_is_named():
    """Of groups selected 10, 50 and 55 %, the first is farthest from everyone; the last highest."""
    selected, refused = np.array([10, 50, 55]), np.array([90, 50, 45])
    nobody = np.zeros(3, dtype=np.int64)
    found = audit(people_of(Counts(selected, nobody, refused, nobody, ("a", "b", "c"))), draws=100)
    gap = found.to_overall["demographic_parity_difference"]
    assert gap.farthest == "a"
    assert gap.value == pytest.approx(115 / 300 - 0.1)
    assert found.gaps["demographic_parity_difference"].highest == "c"


def test_from_everyone_is_never_wider_than_between_groups():
    """The share of the whole lies among those of the groups (balanced accuracy need not)."""
    found = audit(made_up(), draws=200)
    for name, gap in GAPS.items():
        between, overall = found.gaps[name].value, found.to_overall[name].value
        if gap.spread == "difference" and all(rate.share for rate in gap.rates):
            assert overall <= between + 1e-12, name


def test_a_gap_from_everyone_of_groups_alike_includes_none():
    """Groups that do not differ: the interval reaches 0 in nearly every sample."""
    missed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        people = GroupedOutcomes.from_arrays(
            y_true=rng.integers(0, 2, 400),
            score=rng.random(400),
            group=rng.integers(0, 4, 400),
        )
        found = audit(people, draws=200, has_scores=False)
        missed += found.to_overall["demographic_parity_difference"].lower > 0
    assert missed <= 6


def test_weighted_people_get_intervals_but_no_p_values():
    found = audit(made_up(weight=np.linspace(0.5, 2, 600)), draws=200)
    gap = found.to_overall["demographic_parity_difference"]
    assert gap.lower is not None
    assert gap.p_value is None
    assert found.inequality["theil"].share.lower is not None
    assert found.inequality["theil"].share.p_value is None


def test_undefined_from_everyone_is_none():
    """One group has nobody to differ from."""
    people = GroupedOutcomes.from_arrays(y_true=[0, 1], score=[0.2, 0.8], group=["a", "a"])
    gap = audit(people, draws=100).to_overall["demographic_parity_difference"]
    assert (gap.value, gap.lower, gap.farthest) == (None, None, None)


def test_inequality_by_hand_with_intervals():
    """Loan example, α = 2: benefits 0, 1 and 2; half the squared coefficient of variation."""
    benefit = np.concatenate([np.zeros(25), np.ones(40 + 25 + 30 + 40), np.full(40, 2.0)])
    expected = benefit.var() / benefit.mean() ** 2 / 2
    mean = {"A": (65 + 60) / 100, "B": (70 + 20) / 100}
    between = np.var([mean["A"], mean["B"]]) / benefit.mean() ** 2 / 2
    found = audit(people_of(LOAN), draws=500).inequality["generalized_entropy"]
    assert found.total.value == pytest.approx(expected)
    assert found.between.value == pytest.approx(between)
    assert found.share.value == pytest.approx(between / expected)
    assert found.total.lower < expected < found.total.upper
    assert found.share.lower < found.share.value < found.share.upper
    assert found.share.p_value < 0.01


def test_inequality_between_groups_alike_reaches_zero():
    """Groups decided alike: what lies between them is within chance, so its interval holds 0."""
    rng = np.random.default_rng(1)
    people = GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, 300), score=rng.random(300), group=rng.integers(0, 3, 300)
    )
    found = audit(people, draws=300, has_scores=False).inequality["theil"]
    assert found.share.value > 0
    assert found.share.lower == 0
    assert found.share.p_value > 0.05


def test_scores_said_once_serve_every_threshold():
    """The part without threshold, computed before, gives the same audit."""
    people = made_up()
    said = score_numbers(people, draws=200)
    for threshold in (0.3, 0.5):
        one, other = (
            audit(people, threshold, draws=200, scores=given).to_json() for given in (said, None)
        )
        assert one == other


def test_a_threshold_is_reached_by_its_own_score():
    """Selected iff score >= threshold: at 0.5 the person with 0.5 is selected, above it is not."""
    people = GroupedOutcomes.from_arrays(
        y_true=[1, 0, 1, 0], score=[0.5, 0.5, 0.25, 0.75], group=["a", "a", "b", "b"]
    )
    assert_allclose(RATES["selection_rate"](count(people, 0.5)), [1, 0.5])
    assert_allclose(RATES["selection_rate"](count(people, np.nextafter(0.5, 1))), [0, 0.5])
    found = audit(people, 0.5, draws=100)
    assert found.rates["selection_rate"]["a"].value == 1
