"""Flip tests whose answer is known: a model that reads a proxy, one that reads nothing of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.errors import InputError, UnknownNameError
from fairlab.examine.changes import Flip, FlipTest
from fairlab.examine.flips import Crowd, flip_test
from fairlab.examine.matching import MatchSpace, nearest
from fairlab.examine.suppression import suppress_flips
from fairlab.reports.figures.examine import flips_figure
from fairlab.reports.sentences import examine as sentences
from fairlab.reports.tables.examine import flips_table
from fairlab.results import Attribute


def crowd(n: int = 60, seed: int = 0) -> Crowd:
    """Everybody of group a has proxy "x" and of group b "y"; skill is spread alike in both."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 2
    frame = pd.DataFrame(
        {
            "group": np.where(codes == 0, "a", "b"),
            "proxy": np.where(codes == 0, "x", "y"),
            "skill": rng.integers(0, 5, n).astype(float),
        }
    )
    return Crowd(frame, {"group": Attribute(codes, ("a", "b"))})


def reads_proxy(frame, attributes):
    return (frame["proxy"] == "x").to_numpy()


def reads_skill(frame, attributes):
    return (frame["skill"] >= 2).to_numpy()


def reads_group(frame, attributes):
    return attributes["group"].codes == 1


def flips(decide, proxies=("proxy",), **changes):
    asked = {"columns": ("proxy", "skill"), "proxies": proxies, **changes}
    found = flip_test(decide, crowd(), crowd(seed=1), "group", **asked)
    return {(f.origin, f.target): f for f in found.flips}, found


def test_a_model_that_only_reads_a_proxy_flips_everybody_each_way():
    """Group a is selected by its proxy: with b's value all are refused, and the other way round."""
    found, _ = flips(reads_proxy)
    away, back = found["a", "b"], found["b", "a"]
    assert (away.people, away.selected, away.to_refused, away.to_selected) == (30, 30, 30, 0)
    assert (back.people, back.selected, back.to_refused, back.to_selected) == (30, 0, 0, 30)
    assert away.share().value == 1.0
    assert away.share().lower < 0.886  # Wilson, 30 of 30, had each another person's value
    _, alone = flips(reads_group, proxies=())
    assert alone.flips[0].share().lower == pytest.approx(0.886, abs=1e-3)


def test_a_model_that_reads_neither_changes_nothing():
    found, _ = flips(reads_skill)
    assert all(f.changed == 0 for f in found.values())
    assert found["a", "b"].share().value == 0.0
    assert found["a", "b"].share().upper > 0


def test_without_proxies_a_model_blind_to_the_attribute_changes_nothing():
    """Only the group is changed; the model reads the proxy, which stays."""
    found, test = flips(reads_proxy, proxies=())
    assert all(f.changed == 0 for f in found.values())
    assert found["a", "b"].distance is None
    assert found["a", "b"].donors == 0
    assert test.proxies == ()


def test_a_rule_that_reads_the_group_follows_it():
    found, _ = flips(reads_group, proxies=())
    assert (found["a", "b"].to_selected, found["a", "b"].to_refused) == (30, 0)
    assert (found["b", "a"].to_selected, found["b", "a"].to_refused) == (0, 30)


def test_an_attribute_among_the_features_is_changed_in_the_table_too():
    def reads_column(frame, attributes):
        return (frame["group"] == "b").to_numpy()

    for proxies in ((), ("proxy",)):
        found, _ = flips(reads_column, proxies=proxies, columns=("group", "proxy", "skill"))
        assert found["a", "b"].to_selected == 30
        assert found["b", "a"].to_refused == 30


def test_the_match_is_near_by_what_is_not_a_proxy():
    """With equal skills in both groups every match has distance 0 and keeps the skill."""
    kept = []

    def remember(frame, attributes):
        kept.append(frame["skill"].to_numpy())
        return reads_proxy(frame, attributes)

    found, test = flips(remember)
    assert test.matched_on == ("skill",)
    assert found["a", "b"].distance == 0.0
    assert found["a", "b"].own_distance == 0.0
    np.testing.assert_array_equal(kept[0], kept[1])


def test_nobody_near_enough_is_counted_and_not_decided():
    """Group b's skills lie far from group a's first ten."""
    people, donors = crowd(), crowd(seed=1)
    far = people.frame.copy()
    far.loc[np.flatnonzero(people.attributes["group"].codes == 0)[:10], "skill"] = 100.0
    found = flip_test(
        reads_proxy,
        Crowd(far, people.attributes),
        donors,
        "group",
        columns=("proxy", "skill"),
        proxies=("proxy",),
        caliper=1.0,
    )
    away = next(f for f in found.flips if f.origin == "a")
    assert (away.people, away.unmatched, away.to_refused) == (20, 10, 20)
    assert found.caliper == 1.0


def test_labels_are_never_asked_for():
    """A table without its label gives the same flips: none is read for matching or deciding."""
    found, _ = flips(reads_proxy)
    labelled = crowd().frame.assign(label=np.arange(60) % 3 == 0)
    again = flip_test(
        reads_proxy,
        Crowd(labelled, crowd().attributes),
        crowd(seed=1),
        "group",
        columns=("proxy", "skill"),
        proxies=("proxy",),
    )
    assert {(f.origin, f.target): f for f in again.flips} == found


def test_every_ordered_pair_of_three_groups_and_small_ones_left_out():
    codes = np.repeat([0, 1, 2, 3], [25, 25, 25, 3])
    frame = pd.DataFrame({"proxy": codes.astype(str), "skill": np.zeros(len(codes))})
    people = Crowd(frame, {"group": Attribute(codes, ("a", "b", "c", "d"))})
    found = flip_test(
        lambda f, _: (f["proxy"] == "1").to_numpy(),
        people,
        people,
        "group",
        columns=("proxy", "skill"),
        proxies=("proxy",),
    )
    assert len(found.flips) == 6
    changed = {(f.origin, f.target): f.changed for f in found.flips}
    assert changed["a", "b"] == 25
    assert changed["a", "c"] == 0
    assert any("left out: d" in note for note in found.notes)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(UnknownNameError, match="does not read 'age'"):
        flips(reads_proxy, proxies=("age",))
    with pytest.raises(InputError, match="distance above 0"):
        flips(reads_proxy, caliper=0.0)
    lonely = crowd(n=30)
    with pytest.raises(InputError, match="two groups of at least 20"):
        flip_test(reads_proxy, lonely, lonely, "group", columns=("proxy",))
    with pytest.raises(UnknownNameError, match="no sensitive attribute 'age'"):
        flip_test(reads_proxy, crowd(), crowd(), "age", columns=("proxy",))


def test_a_share_of_nobody_is_undefined():
    assert Flip("a", "b", 0, 5, 0, 0, 0).share().value is None


def test_distance_counts_a_differing_category_as_one_interquartile_range():
    frame = pd.DataFrame({"word": ["p", "p", "q"], "number": [0.0, 1.0, 2.0]})
    space = MatchSpace.fit(frame, ("word", "number"))
    place = space.place(frame)
    assert np.linalg.norm(place[0] - place[1]) == pytest.approx(1.0)  # the quartiles are 1 apart
    assert np.linalg.norm(place[1] - place[2]) == pytest.approx(np.sqrt(2))
    only = MatchSpace.fit(frame, ("word",)).place(frame)
    assert np.linalg.norm(only[0] - only[2]) == pytest.approx(1.0)


def test_more_coordinates_than_fit_are_refused_with_a_remedy():
    """40 columns of 50 levels each would be 2,040; 39 are 1,989 and fit."""
    words = np.tile([f"w{i}" for i in range(60)], 2)
    frame = pd.DataFrame({f"c{i}": words for i in range(40)})
    with pytest.raises(
        InputError, match=r"40 columns with 2,040 numbers and levels.*Train a model"
    ):
        MatchSpace.fit(frame, tuple(frame.columns))
    fits = MatchSpace.fit(frame, tuple(frame.columns[:39]))
    assert fits.place(frame.iloc[:3]).shape == (3, 1989)


def test_missing_numbers_and_unseen_words_have_a_place():
    fitted = pd.DataFrame({"word": ["p", None], "number": [1.0, np.nan]})
    new = pd.DataFrame({"word": ["never", "p"], "number": [np.nan, np.inf]})
    place = MatchSpace.fit(fitted, ("word", "number")).place(new)
    assert np.isfinite(place).all()


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
)
def test_the_nearest_is_found_as_by_looking_at_everyone(people, others):
    a, b = np.array(people, dtype=float)[:, None], np.array(others, dtype=float)[:, None]
    place, distance = nearest(a, b)
    gaps = np.abs(a - b.T)
    np.testing.assert_allclose(distance, gaps.min(axis=1))
    np.testing.assert_allclose(gaps[np.arange(len(a)), place], gaps.min(axis=1))


def test_sentences_count_people_name_directions_and_call_a_trivial_zero_so():
    """The pair with the strongest direction comes first, then the same pair the other way."""
    _, test = flips(reads_proxy)
    said = sentences.proxies_sentence(test)
    assert "Of 30 people of a decided as b, 0 are newly selected and 30 newly refused" in said
    assert "In all 100.0 % (" in said
    assert "Of 30 people of b decided as a, 30 are newly selected and 0 newly refused" in said
    trivial = sentences.alone_sentence("group", (), None, 60)
    assert "0 of 60 decisions change" in trivial
    assert "how the model is built" in trivial
    assert "Matches" not in trivial
    _, alone = flips(reads_group, proxies=())
    seen = sentences.alone_sentence("group", ("in the layer's rule",), alone, 0)
    assert seen.startswith("The model sees group in the layer's rule.")
    assert "30 are newly selected and 0 newly refused: net +100.0" in seen


def test_matches_farther_than_people_of_the_own_group_are_to_be_read_with_care():
    far = Flip("a", "b", 30, 0, 1, 2, 10, donors=3, distance=4.0, own_distance=1.0)
    near = Flip("a", "b", 30, 0, 1, 2, 10, donors=3, distance=1.2, own_distance=1.0)
    for flip, care in ((far, True), (near, False)):
        said = sentences.match_sentence(FlipTest("group", ("proxy",), ("skill",), None, (flip,)))
        assert ("read their changes with care" in said) is care
        assert "For 30 people of a the values of 3 different people of b were taken" in said


def test_pairs_that_rest_on_few_people_stay_hidden_and_nobody_is_shown():
    """Four of 30 change one way: hidden below 5 and shown from 4; 0 changes hide nothing."""
    few = Flip("a", "b", 30, 0, 4, 0, 15)
    none = Flip("b", "a", 30, 0, 0, 0, 15)
    test = FlipTest("group", (), (), None, (few, none))
    shown, note = suppress_flips(test, 5)
    assert shown.flips == (none,)
    assert "1 pair of groups rests on fewer than 5 people" in note
    assert suppress_flips(test, 4) == (test, "")
    assert suppress_flips(test, 0) == (test, "")
    rest = Flip("a", "b", 30, 0, 10, 0, 18)  # two stay refused
    assert suppress_flips(FlipTest("group", (), (), None, (rest,)), 5)[0].flips == ()


def test_chart_and_table_hold_the_same_pairs():
    _, test = flips(reads_proxy)
    figure, table = flips_figure(test), flips_table(test)
    assert list(table["Decided otherwise, %"]) == [100.0, 100.0]
    up = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert up == {"a as b<br>(n=30)": 0.0, "b as a<br>(n=30)": 100.0}
    assert [set(trace.x) for trace in figure.data[2:]] == [{0.0}, {0.0}]  # the placebo
