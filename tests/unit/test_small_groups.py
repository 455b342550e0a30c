"""Small groups left out are named; pairs that are clear are said where the widest gap is not."""

import numpy as np
import pytest

from fairlab.data.small_groups import leave_out_small_groups, with_groups_of
from fairlab.metrics import audit, pair_tests
from fairlab.metrics.clear_pairs import clear_pair
from fairlab.metrics.suppression import suppress, suppress_pairs
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.sentences.pairs import bridge_sentence, clear_pair_sentence, clear_pairs
from fairlab.results import Attribute, ScoredPeople

RATES = ("selection_rate", "tpr", "fpr")
PARITY = "demographic_parity_difference"


def people_of(cells: dict[str, tuple[int, int, int, int]]) -> ScoredPeople:
    """People with the given (tp, fp, fn, tn) per group."""
    y, score, group = [], [], []
    for g, (tp, fp, fn, tn) in enumerate(cells.values()):
        y += [1] * tp + [0] * fp + [1] * fn + [0] * tn
        score += [1.0] * (tp + fp) + [0.0] * (fn + tn)
        group += [g] * (tp + fp + fn + tn)
    race = Attribute(np.array(group), tuple(cells))
    town = Attribute(np.arange(len(y)) % 2, ("east", "west"))
    return ScoredPeople(np.array(y), np.array(score), {"race": race, "town": town})


# Two large groups clearly apart; one of five people sets the widest gap, within chance.
THREE = people_of({"A": (300, 300, 200, 200), "B": (200, 200, 300, 300), "C": (2, 2, 0, 1)})


def outcomes(people: ScoredPeople) -> GroupedOutcomes:
    return people.outcomes(("race",))


def test_a_clear_pair_is_named_where_a_small_group_sets_the_gap():
    """A over B by 20 points is said although C is 40 points from B."""
    result = audit(outcomes(THREE), draws=500)
    tests = pair_tests(result.counts, RATES)
    found = clear_pair(result, tests, PARITY)
    assert found is not None
    assert (found.higher, found.lower_group) == ("A", "B")
    said = clear_pair_sentence(found)
    assert said.startswith("Between A and B (1,000 and 1,000 people) the gap is 20.0 points")
    assert "p < 0.001" in said


def test_no_pair_is_named_where_the_widest_gap_itself_is_clear():
    """Two large groups: the headline says it already."""
    two = people_of({"A": (300, 300, 200, 200), "B": (200, 200, 300, 300)})
    result = audit(outcomes(two), draws=500)
    assert clear_pair(result, pair_tests(result.counts, RATES), PARITY) is None


def test_no_pair_is_named_where_none_is_beyond_chance():
    result = audit(outcomes(people_of({"A": (5, 5, 5, 5), "B": (4, 5, 5, 6), "C": (1, 1, 0, 0)})))
    assert clear_pair(result, pair_tests(result.counts, RATES), PARITY) is None


def test_hidden_pairs_stay_hidden_and_are_still_corrected_for():
    """With small cells suppressed the pair of the large groups remains, corrected for three."""
    whole = audit(outcomes(THREE), draws=500)
    shown = suppress(whole)
    tests = suppress_pairs(pair_tests(whole.counts, RATES), shown)
    found = clear_pair(shown, tests, PARITY)
    assert found is not None
    assert found.p_value is not None
    assert found.p_adjusted == pytest.approx(3 * found.p_value)


def test_the_bridge_is_built_only_where_gap_and_pair_differ():
    """It names the gap within chance and the pair beyond it."""
    result = audit(outcomes(THREE), draws=500)
    clear = clear_pairs(result, pair_tests(result.counts, RATES), [PARITY])
    p = result.gaps[PARITY].p_value
    assert p is not None
    said = bridge_sentence(result, clear)
    assert (p > 0.05) == bool(said)
    if said:
        assert "A and B in selection rate" in said
    assert bridge_sentence(result, {}) == ""


def test_left_out_groups_are_named_with_their_people_and_forgotten():
    kept = leave_out_small_groups(THREE, ("race",), 50)
    assert kept.left_out == (("C", 5),)
    assert "C (5)" in kept.note
    assert "2,000 of 2,005" in kept.note
    assert kept.people.attributes["race"].names == ("A", "B")
    assert len(kept.people.attributes["town"].codes) == 2000


def test_a_group_of_exactly_the_minimum_stays():
    assert leave_out_small_groups(THREE, ("race",), 5).left_out == ()
    assert leave_out_small_groups(THREE, ("race",), 6).left_out == (("C", 5),)


def test_nobody_is_left_out_when_one_group_would_remain():
    kept = leave_out_small_groups(THREE, ("race",), 5000)
    assert kept.people is THREE
    assert "fewer than two groups" in kept.note


def test_other_people_are_numbered_alike():
    """Groups the first people no longer have are dropped, the others keep their meaning."""
    first = leave_out_small_groups(
        people_of({"C": (2, 2, 0, 1), "A": (30, 30, 30, 30), "B": (30, 30, 30, 30)}), ("race",), 50
    ).people
    second = people_of({"C": (1, 0, 0, 0), "A": (0, 2, 0, 0), "B": (0, 0, 3, 0)})
    alike = with_groups_of(second, first, ("race",))
    assert alike.attributes["race"].names == ("A", "B")
    assert np.bincount(alike.attributes["race"].codes).tolist() == [2, 3]
