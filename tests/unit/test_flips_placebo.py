"""The placebo of a flip test: what anybody's values change, beside what the group's do."""

import numpy as np
import pandas as pd
import pytest

from fairlab.examine.changes import Effective, Flip, FlipTest, Placebo, by_direction
from fairlab.examine.flips import Crowd, flip_test
from fairlab.examine.matching import nearest
from fairlab.examine.reuse import effective_people, kish
from fairlab.examine.suppression import suppress_flips
from fairlab.reports.figures.examine import flips_figure
from fairlab.reports.sentences import examine as sentences
from fairlab.reports.tables.examine import flips_table
from fairlab.results import Attribute


def world(n: int, seed: object, *, shift: float = 0.0, share: float = 0.5) -> Crowd:
    """A proxy and a skill, both normal; the proxy of group y is higher by ``shift``."""
    rng = np.random.default_rng(seed)
    codes = (rng.random(n) < share).astype(np.int64)
    frame = pd.DataFrame({"proxy": rng.normal(size=n) + shift * codes, "skill": rng.normal(size=n)})
    return Crowd(frame, {"group": Attribute(codes, ("x", "y"))})


def adds_both(frame, attributes):
    return (frame["proxy"] + frame["skill"]).to_numpy() >= 0.2


def asked(decide, people, donors, **changes):
    found = flip_test(
        decide, people, donors, "group", columns=("proxy", "skill"), proxies=("proxy",), **changes
    )
    return {(f.origin, f.target): f for f in found.flips}, found


def test_a_proxy_that_has_nothing_to_do_with_the_group_changes_as_much_as_the_placebo():
    """A third of the decisions change, as many with values of the own group, in no direction."""
    found, _ = asked(adds_both, world(2000, 0), world(6000, 1))
    for flip in found.values():
        beyond, net = flip.beyond_placebo(), flip.net()
        assert flip.share().value > 0.25
        assert flip.placebo_share().value == pytest.approx(flip.share().value, abs=0.05)
        assert not beyond.is_clear
        assert not net.is_clear
        assert beyond.value == pytest.approx(flip.share().value - flip.placebo_share().value)


def test_a_proxy_that_goes_with_the_group_shows_in_the_net_direction():
    """Group x gains with the higher values of y, and the other way round."""
    found, _ = asked(adds_both, world(2000, 0, shift=1.0), world(6000, 1, shift=1.0))
    assert found["x", "y"].net().lower > 0.1
    assert found["y", "x"].net().upper < -0.1


def test_a_proxy_that_is_the_group_changes_everybody_and_nobody_by_the_placebo():
    people = world(200, 0)
    people = Crowd(people.frame.assign(proxy=people.attributes["group"].codes), people.attributes)
    found, _ = asked(lambda frame, _: frame["proxy"].to_numpy() == 1, people, people)
    assert found["x", "y"].net().value == 1.0
    assert found["y", "x"].net().value == -1.0
    for flip in found.values():
        assert flip.share().value == 1.0
        assert flip.placebo_share().value == 0.0
        assert flip.beyond_placebo().value == 1.0
        assert flip.beyond_placebo().lower > 0.5


def test_the_placebo_takes_values_of_the_own_group_and_not_of_the_other():
    """Half of group x is selected by the proxy and nobody of y: only x has what to exchange."""
    base = world(400, 0)
    codes = base.attributes["group"].codes
    coin = np.random.default_rng(5).integers(0, 2, len(codes))
    people = Crowd(base.frame.assign(proxy=np.where(codes == 0, coin, 0)), base.attributes)
    found, _ = asked(lambda frame, _: frame["proxy"].to_numpy() == 1, people, people)
    own, other = found["x", "y"].placebo, found["y", "x"].placebo
    assert own.changed > 50
    assert own.to_selected > 0
    assert other.changed == 0
    assert found["x", "y"].to_selected == 0
    assert found["y", "x"].to_selected > 50
    assert found["x", "y"].to_refused == found["x", "y"].selected


def test_nobody_is_their_own_placebo_when_people_are_matched_among_themselves():
    kept = []

    def remember(frame, attributes):
        kept.append(frame["proxy"].to_numpy())
        return adds_both(frame, attributes)

    people = world(100, 3)
    found, _ = asked(remember, people, people)
    was, _, alike = kept[:3]
    assert (alike != was).all()
    assert np.isin(alike, was).all()
    assert found["x", "y"].own_distance > 0


def test_someone_without_a_near_person_of_their_own_group_is_not_counted():
    """Skill 50 is found in the other group only: within 1, there is no placebo to pair with."""
    people, donors = world(100, 0), world(100, 1)
    where = np.flatnonzero(people.attributes["group"].codes == 0)[:7]
    people.frame.loc[where, "skill"] = 50.0
    others = np.flatnonzero(donors.attributes["group"].codes == 1)[:3]
    donors.frame.loc[others, "skill"] = 50.0
    found, _ = asked(adds_both, people, donors, caliper=1.0)
    assert found["x", "y"].unmatched >= 7
    asked_of = int((people.attributes["group"].codes == 0).sum())
    assert found["x", "y"].people + found["x", "y"].unmatched == asked_of


def test_of_equally_near_people_not_one_serves_everybody():
    people = np.zeros((200, 1))
    place, distance = nearest(people, np.zeros((100, 1)), rng=np.random.default_rng(0))
    assert len(np.unique(place)) > 50
    assert (distance == 0).all()
    alone = nearest(people, np.zeros((100, 1)))[0]
    assert len(np.unique(alone)) == 1


def test_kishs_number_and_what_a_mean_rests_on():
    one, each = np.zeros(40, dtype=np.int64), np.arange(40)
    assert kish(one) == 1
    assert kish(each) == 40
    assert kish(np.array([0, 0, 0, 1])) == pytest.approx(16 / 10)
    assert effective_people(np.zeros(0), (each[:0],)) == 0
    rng = np.random.default_rng(0)
    alike = np.repeat([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0], 40)
    donor = np.repeat(np.arange(10), 40)
    assert effective_people(alike, (donor,)) == pytest.approx(10)
    apart = rng.integers(0, 2, 400).astype(float)
    assert effective_people(apart, (np.arange(400),)) > 390
    assert effective_people(apart, (donor,)) > 100
    assert effective_people(np.zeros(400), (donor,)) == 10  # nobody changes: donors count
    assert effective_people(alike, (np.arange(400), donor)) == pytest.approx(10)


def test_intervals_hold_the_mean_when_few_people_give_their_values_to_many():
    """30 donors for 400 people: Wilson's interval of 400 would hold it about half of the time."""
    found = []
    for seed in range(60):
        people, donors = (
            world(n, [3, seed, n], shift=0.4, share=share) for n, share in ((600, 0.3), (100, 0.3))
        )
        flip = asked(adds_both, people, donors)[0]["x", "y"]
        parts = (flip.share(), flip.net(), flip.beyond_placebo())
        found.append([(part.value, part.lower, part.upper) for part in parts])
    value, lower, upper = np.moveaxis(np.array(found), 2, 0)
    middle = value.mean(axis=0)
    assert (((lower <= middle) & (middle <= upper)).mean(axis=0) >= 0.85).all()
    assert ((upper - lower).mean(axis=0) / 2 < 3.5 * value.std(axis=0)).all()


def test_with_no_values_taken_there_is_no_placebo():
    found = flip_test(adds_both, world(100, 0), world(100, 1), "group", columns=("proxy", "skill"))
    flip = found.flips[0]
    assert flip.placebo is None
    assert flip.beyond_placebo() is None
    assert flip.placebo_share() is None
    assert not [name for name in flips_table(found).columns if "own group" in name]


def test_people_of_a_weighted_table_are_counted_and_it_is_said():
    people = world(100, 0)
    weighted = Crowd(people.frame, people.attributes, weighted=True)
    assert "weights are not used" in " ".join(asked(adds_both, weighted, people)[1].notes)
    assert "weights" not in " ".join(asked(adds_both, people, people)[1].notes)


def flip(*, only_flip: int = 20, only_placebo: int = 15, up: int = 20) -> Flip:
    """Of 200 people, 100 selected, 40 change as the other group."""
    on = Effective(80.0, 90.0, 95.0, 70.0)
    own = Placebo(up, 15, only_flip, only_placebo, 60, on, 70.0)
    return Flip("a", "b", 200, 0, 28, 12, 100, 50, 1.0, 2.0, 1.0, effective=on, placebo=own)


@pytest.mark.parametrize("small", [{"only_flip": 4}, {"only_placebo": 4}, {"up": 4}])
def test_a_small_cell_of_the_placebo_hides_the_placebo_and_the_difference(small):
    """The pair itself stays; nothing of the placebo does, in sentence, table or chart."""
    test = FlipTest("group", ("proxy",), ("skill",), None, (flip(**small),))
    shown, note = suppress_flips(test, 5)
    assert len(shown.flips) == 1
    assert shown.flips[0].placebo is None
    assert shown.flips[0].to_selected == 28
    assert "with values of the own group rests on fewer than 5" in note
    assert "of their own group" not in sentences.proxies_sentence(shown)
    row = flips_table(shown).iloc[0]
    assert pd.isna(row["With own group's values, %"])
    assert pd.isna(row["Difference, points"])
    assert pd.isna(row["Refused → selected, own group"])
    assert pd.isna(row["Of own group"])
    assert len(flips_figure(shown).data) == 2
    whole = FlipTest("group", ("proxy",), ("skill",), None, (flip(),))
    assert suppress_flips(whole, 5) == (whole, "")


def test_the_sentence_leads_with_the_direction_and_names_the_placebo():
    test = FlipTest("group", ("proxy",), ("skill",), None, (flip(),))
    said = sentences.proxies_sentence(test)
    assert "Of 200 people of a decided as b, 28 are newly selected and 12 newly refused" in said
    assert "net +8.0 points (" in said
    assert "In all 20.0 % (" in said
    assert "17.5 % (" in said
    assert "a difference of +2.5 points (−" in said
    assert "that we cannot tell from none" in said
    assert said.endswith("Brackets hold 95 % intervals.")
    assert said.index("net") < said.index("decided otherwise")


def test_a_clear_direction_comes_before_a_stronger_one_of_few_people():
    few = Flip("few", "many", 20, 0, 3, 0, 10)
    many = Flip("many", "few", 2000, 0, 0, 200, 1000)
    none = Flip("many", "none", 2000, 0, 150, 150, 1000)
    test = FlipTest("group", (), (), None, (none, few, many))
    assert by_direction(test) == [many, few, none]
    assert not few.net().is_clear
    said = sentences.alone_sentence("group", ("among its features",), test, 0)
    assert said.index("people of many decided as few") < said.index("people of few decided as many")


def test_table_and_chart_hold_flip_and_placebo():
    test = FlipTest("group", ("proxy",), ("skill",), None, (flip(),))
    row, data = flips_table(test).iloc[0], flips_figure(test).data
    assert row["Net, points"] == 8.0
    assert row["Decided otherwise, %"] == 20.0
    assert row["With own group's values, %"] == 17.5
    assert row["Difference, points"] == 2.5
    assert (row["People matched with"], row["Of own group"]) == (50, 60)
    assert [trace.x[0] for trace in data] == pytest.approx([14.0, 6.0, 10.0, 7.5])
    assert data[2].marker.symbol == "triangle-right-open"
