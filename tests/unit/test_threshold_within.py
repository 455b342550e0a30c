"""One threshold within a gap: as good as trying them all, never a trivial one."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.sweeps import offer_threshold, threshold_within
from tests.contracts import small

GAP = "demographic_parity_difference"


def people_of(rows):
    """(score in tenths, label, group) rows."""
    score, y, group = (np.array(column) for column in zip(*rows, strict=True))
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score / 10, group=group, group_names=("a", "b", "c")
    )


rows = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 1), st.integers(0, 2)), min_size=4, max_size=40
)


def brute_force(people, gap, slack):
    """Accuracy and gap of the best threshold that counts, by trying one in every place."""
    cuts = [-1.0, *np.unique(people.score), 2.0]
    tried = []
    for threshold in cuts:
        table = count(people, threshold)
        right = (table.tp + table.tn).sum() / table.n.sum()
        whole = table.overall()
        favourable, others = (whole.tp + whole.fn)[0], (whole.fp + whole.tn)[0]
        telling = 0.0
        if favourable and others:
            telling = whole.tp[0] / favourable - whole.fp[0] / others
        tried.append((right, float(GAPS[gap](table)), telling))
    best, tells = max(t[0] for t in tried), max(t[2] for t in tried)
    counted = [
        t
        for t in tried
        if t[2] > 0
        and t[2] >= 0.5 * tells - 1e-12
        and t[0] >= best - 0.05 - 1e-12
        and not np.isnan(t[1])
    ]
    if not counted:
        return None
    inside = [t for t in counted if t[1] <= slack + 1e-12]
    if inside:
        return max(inside, key=lambda t: (t[0], -t[1]))[:2]
    return min(counted, key=lambda t: (t[1], -t[0]))[:2]


@pytest.mark.parametrize("gap", [GAP, "equalized_odds_difference", "mean_residual_difference"])
@given(rows=rows, slack=st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_it_is_the_best_of_all_thresholds_that_count(gap, rows, slack):
    """Ties are common: the answer equals trying every threshold, and is true when applied."""
    people = people_of(rows)
    wanted = brute_force(people, gap, slack)
    found = threshold_within(people, gap, slack)
    if wanted is None:
        assert found is None
        return
    assert found is not None
    assert (found.accuracy, found.gap) == pytest.approx(wanted)
    assert found.within == (found.gap <= slack + 1e-12)
    table = count(people, found.threshold)
    assert (table.tp + table.tn).sum() / table.n.sum() == pytest.approx(found.accuracy)
    assert float(GAPS[gap](table)) == pytest.approx(found.gap)
    assert 0 < found.threshold < 1


@given(rows=rows)
def test_two_groupings_count_by_the_wider_gap(rows):
    people = people_of(rows)
    other = GroupedOutcomes.from_arrays(
        y_true=people.y_true,
        score=people.score,
        group=np.arange(people.n) % 2,
        group_names=("u", "v"),
    )
    found = threshold_within([people, other], GAP, 0.1)
    assume(found is not None)
    gaps = [float(GAPS[GAP](count(p, found.threshold))) for p in (people, other)]
    assert found.gap == pytest.approx(max(gaps))


def test_selecting_nearly_everybody_does_not_count():
    """90 % are favourable: selecting all but one has a tiny gap and nearly the best accuracy."""
    rng = np.random.default_rng(0)
    y = (rng.random(2000) < 0.9).astype(int)
    group = rng.integers(0, 2, 2000)
    score = np.clip(0.5 + 0.25 * (y - 0.5) + 0.1 * group + 0.1 * rng.normal(size=2000), 0.01, 0.99)
    people = GroupedOutcomes.from_arrays(y_true=y, score=score, group=group)
    found = threshold_within(people, GAP, 0.02)
    table = count(people, found.threshold)
    selected = (table.tp + table.fp).sum() / 2000
    assert 0.7 < selected < 0.98
    assert found.accuracy >= found.best_accuracy - 0.05


def test_a_short_number_is_given_when_one_decides_alike():
    """Between 0.41 and 0.52 the threshold is written 0.5."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 0, 1, 1], score=[0.1, 0.41, 0.52, 0.9], group=[0, 1, 0, 1]
    )
    assert threshold_within(people, GAP, 1.0).threshold == 0.5


def test_scores_that_tell_nothing_have_no_threshold():
    people = GroupedOutcomes.from_arrays(y_true=[0, 1, 0, 1], score=[0.5] * 4, group=[0, 0, 1, 1])
    assert threshold_within(people, GAP, 0.1) is None


def test_ratios_and_negative_slacks_are_refused():
    people = people_of([(1, 0, 0), (5, 1, 1), (9, 1, 0)])
    with pytest.raises(InputError, match="difference"):
        threshold_within(people, "demographic_parity_ratio", 0.1)
    with pytest.raises(InputError, match="0 or more"):
        threshold_within(people, GAP, -0.1)


def test_an_offer_is_picked_on_validation_and_measured_on_test():
    """Other test labels change what is measured on test, never the threshold."""
    result = small.result()
    offer = offer_threshold(result, 0, 0.3)
    if offer is not None:
        assert offer.gap_name == GAP
        by = result.groupings
        tables = [count(result.scored(0).outcomes(one), offer.picked.threshold) for one in by]
        wide = max(float(GAPS[GAP](table)) for table in tables)
        assert offer.test_gap == pytest.approx(wide)
