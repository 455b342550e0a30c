"""The audit of all crossed groups: what is planted is found, what is chance is called chance."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fairlab.errors import InputError
from fairlab.metrics import subgroups
from fairlab.metrics.multicalibration import audit_multicalibration
from fairlab.results import Attribute


def attributes_of(n, rng):
    levels = {"sex": 2, "race": 3, "age": 3}
    return {
        name: Attribute(rng.integers(0, k, n), tuple(f"{name}{i}" for i in range(k)))
        for name, k in levels.items()
    }


def people(n=6000, seed=0, off=0.0):
    """Calibrated scores, except for sex1 × race2, whose chance is ``off`` above its score."""
    rng = np.random.default_rng(seed)
    attributes = attributes_of(n, rng)
    score = rng.beta(2, 3, n)
    planted = (attributes["sex"].codes == 1) & (attributes["race"].codes == 2)
    y = (rng.random(n) < np.clip(score + off * planted, 0, 1)).astype(int)
    return y, score, attributes


@pytest.mark.parametrize(("off", "sign"), [(0.12, 1), (-0.12, -1)])
def test_planted_subgroup_comes_first_with_the_right_sign(off, sign):
    """Chance above the score is a positive residual: the score is too low. Its name comes first."""
    worst = audit_multicalibration(*people(off=off)).subgroups[0]
    assert worst.subgroup == "sex1 × race2"
    assert worst.by == ("sex", "race")
    assert worst.scores is None
    assert worst.p_adjusted < 0.01
    assert sign * worst.residual > 0.08
    assert worst.lower <= worst.residual <= worst.upper
    assert min(sign * worst.lower, sign * worst.upper) > 0


def test_calibrated_scores_raise_a_false_alarm_in_one_sample_of_twenty():
    """Over 200 calibrated samples about 5 % name any subgroup at all, not 5 % of subgroups."""
    alarms, above = [], []
    for seed in range(200):
        result = audit_multicalibration(*people(1500, seed), draws=300)
        alarms.append(bool(result.found))
        above.append(result.violation.value > result.violation.by_chance_upper)
    assert np.mean(alarms) <= 0.09
    assert np.mean(above) <= 0.09
    assert np.mean(alarms) > 0


def test_simultaneous_intervals_hold_every_row_at_once():
    """In about 95 of 100 samples all intervals together hold the true residuals."""
    held = []
    for seed in range(100):
        result = audit_multicalibration(*people(1500, seed), draws=300, bins=1)
        held.append(all(s.lower <= 0 <= s.upper for s in result.subgroups))
    assert np.mean(held) >= 0.9


def test_interval_and_p_value_agree():
    """An interval leaves 0 out exactly for the rows that count as found."""
    result = audit_multicalibration(*people(off=0.1))
    for row in result.subgroups:
        assert (row.lower > 0 or row.upper < 0) == (row.p_adjusted <= 0.05)


def test_rows_by_hand():
    """Residual, shares and sizes of a subgroup and of one of its score ranges are sums by hand."""
    y, score, attributes = people(800)
    result = audit_multicalibration(y, score, attributes, bins=2, smallest=20)
    inside = (attributes["sex"].codes == 1) & (attributes["age"].codes == 2)
    rows = {(s.subgroup, s.scores is None): s for s in result.subgroups}
    row = rows["sex1 × age2", True]
    assert row.n == inside.sum()
    assert row.share == pytest.approx(inside.mean())
    assert row.residual == pytest.approx((y - score)[inside].mean())
    spread = np.sqrt((score * (1 - score))[inside].sum())
    assert row.z == pytest.approx((y - score)[inside].sum() / spread, rel=0.05)
    upper = next(
        s
        for s in result.subgroups
        if s.subgroup == "sex1 × age2" and s.scores and s.scores[1] == score.max()
    )
    high = inside & (score >= upper.scores[0])
    assert upper.n == high.sum()
    assert upper.residual == pytest.approx((y - score)[high].mean())


def test_every_attribute_pair_and_triple_is_looked_at_once():
    """1 + (2 + 3 + 3) + (6 + 6 + 9) + 18 whole rows at depth 3; fewer at depth 1."""
    y, score, attributes = people(3000)
    full = audit_multicalibration(y, score, attributes, smallest=1, bins=1)
    assert len(full.subgroups) == 48
    assert len({s.subgroup for s in full.subgroups}) == 48
    assert len(audit_multicalibration(y, score, attributes, depth=1, bins=1).subgroups) == 9


def test_small_rows_are_counted_and_said():
    """Rows under the stated size are left out, and a note says how many."""
    result = audit_multicalibration(*people(1000), smallest=60)
    assert min(s.n for s in result.subgroups) >= 60
    assert result.too_small > 0
    assert any("fewer than 60 people" in note for note in result.notes)
    assert result.alpha == pytest.approx(0.06)


def test_the_same_people_are_not_counted_twice():
    """A crossing that adds nothing to one of its parts is left out and said."""
    y, score, attributes = people(2000)
    attributes = {"sex": attributes["sex"], "again": attributes["sex"]}
    result = audit_multicalibration(y, score, attributes, bins=1)
    assert len(result.subgroups) == 3
    assert any("same people" in note for note in result.notes)


def test_names_shared_by_two_attributes_are_told_apart():
    """With a level "yes" in two attributes the attribute's name is part of the subgroup's."""
    rng = np.random.default_rng(0)
    y, score, _ = people(1000)
    attributes = {
        name: Attribute(rng.integers(0, 2, 1000), ("no", "yes")) for name in ("married", "citizen")
    }
    names = {s.subgroup for s in audit_multicalibration(y, score, attributes, bins=1).subgroups}
    assert "married: yes × citizen: no" in names


def test_too_many_crossings_stop_and_say_so(monkeypatch):
    """Past the limit deeper crossings are not looked at, and the depth reached is the truth."""
    monkeypatch.setattr(subgroups, "MOST_ROWS", 60)
    result = audit_multicalibration(*people(2000), bins=1, smallest=5)
    assert result.depth == 3
    monkeypatch.setattr(subgroups, "MOST_ROWS", 40)
    result = audit_multicalibration(*people(2000), bins=1, smallest=5)
    assert result.depth == 2
    assert any("more than 2 attributes" in note for note in result.notes)
    assert max(len(s.by) for s in result.subgroups) == 2


def test_many_levels_are_packed_into_the_cells_people_are_in():
    """Attributes whose crossing has far more cells than people give the same rows."""
    y, score, attributes = people(2000)
    rng = np.random.default_rng(1)
    wide = {
        f"w{k}": Attribute(rng.integers(0, 200, 2000), tuple(map(str, range(200)))) for k in "ab"
    }
    result = audit_multicalibration(y, score, {**attributes, **wide}, depth=2, bins=1)
    alone = audit_multicalibration(y, score, attributes, depth=2, bins=1)
    row = next(s for s in alone.subgroups if s.subgroup == "sex1")
    same = next(s for s in result.subgroups if s.by == ("sex",) and "sex1" in s.subgroup)
    assert same.residual == pytest.approx(row.residual)
    assert same.n == row.n


def test_order_of_people_changes_nothing():
    """Shuffling people gives the same rows, p-values included."""
    y, score, attributes = people(1500, off=0.1)
    order = np.random.default_rng(3).permutation(1500)
    shuffled = {k: Attribute(a.codes[order], a.names) for k, a in attributes.items()}
    one = audit_multicalibration(y, score, attributes).to_frame()
    other = audit_multicalibration(y[order], score[order], shuffled).to_frame()
    assert one["subgroup"].tolist() == other["subgroup"].tolist()
    assert_allclose(one["residual"], other["residual"], atol=1e-12)
    assert_allclose(one["p_adjusted"], other["p_adjusted"], atol=0.003)


def test_weights_are_shares_of_weight_and_fewer_effective_people():
    """Whole weights give the residual of repeated people; uneven ones widen intervals."""
    y, score, attributes = people(1500)
    weight = np.random.default_rng(0).integers(1, 5, 1500).astype(float)
    weighted = audit_multicalibration(y, score, attributes, weight, bins=1)
    plain = audit_multicalibration(y, score, attributes, bins=1)
    by_name = {s.subgroup: s for s in weighted.subgroups}
    inside = attributes["sex"].codes == 1
    assert by_name["sex1"].residual == pytest.approx(
        np.average((y - score)[inside], weights=weight[inside])
    )
    assert by_name["sex1"].share == pytest.approx(weight[inside].sum() / weight.sum())
    for row in plain.subgroups:
        other = by_name[row.subgroup]
        assert other.upper - other.lower > row.upper - row.lower
    assert any("weighted" in note for note in weighted.notes)


def test_shrunk_residuals_are_nearer_to_what_new_people_show():
    """The worst of many looks worse than it is: shrinking halves the error on fresh people."""
    plain, shrunk = [], []
    for seed in range(40):
        result = audit_multicalibration(*people(1200, seed, off=0.05), bins=1, smallest=30)
        worst = max(result.subgroups, key=lambda s: abs(s.residual))
        truth = {"sex1 × race2": 0.05}.get(worst.subgroup)
        if truth is None and worst.subgroup.startswith("sex1 × race2"):
            truth = 0.05
        truth = 0.0 if truth is None else truth
        plain.append(abs(worst.residual - truth))
        shrunk.append(abs(worst.shrunk - truth))
    assert np.mean(shrunk) < 0.7 * np.mean(plain)


def test_scores_near_one_raise_no_more_false_alarms_than_others():
    """Where a single surprise is many standard errors, calibrated scores still rarely alarm."""
    alarms = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        score = rng.beta(60, 1, 1500)
        y = (rng.random(1500) < score).astype(int)
        result = audit_multicalibration(y, score, attributes_of(1500, rng), draws=300)
        alarms.append(bool(result.found))
    assert np.mean(alarms) <= 0.09


def test_certain_scores_can_be_contradicted():
    """Scores of exactly 0 for people of whom some have the outcome are far off, not undefined."""
    rng = np.random.default_rng(0)
    y = (rng.random(500) < 0.1).astype(int)
    result = audit_multicalibration(
        y, np.zeros(500), {"g": Attribute(rng.integers(0, 2, 500), ("a", "b"))}
    )
    assert result.subgroups[0].residual > 0
    assert result.subgroups[0].lower > 0
    json.dumps(result.to_record(), allow_nan=False)


def test_few_people_leave_nothing_to_look_at():
    """With fewer people than the smallest row there is no violation, and no error."""
    result = audit_multicalibration(
        [0, 1, 1], [0.2, 0.4, 0.6], {"g": Attribute(np.array([0, 1, 1]), ("a", "b"))}
    )
    assert result.subgroups == ()
    assert result.violation.value is None
    assert result.to_frame().empty


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": [0.2, 3.0, 0.1]}, "0 to 1"),
        ({"attributes": {}}, "no attribute"),
        ({"attributes": {"g": Attribute(np.array([0, 1]), ("a", "b"))}}, "2 entries for 3"),
        ({"attributes": {"g": Attribute(np.array([0, 1, 2]), ("a", "b"))}}, "codes 0 to 2"),
        ({"bins": 0, "depth": 0}, "bins must .* depth must"),
        ({"level": 1.0}, "level"),
        ({"draws": 3}, "draws"),
        ({"smallest": 0}, "smallest"),
    ],
)
def test_refuses_with_a_remedy(changes, words):
    """Scores that are no probabilities, missing attributes and silly settings are refused."""
    given = {
        "y_true": [0, 1, 1],
        "score": [0.2, 0.4, 0.6],
        "attributes": {"g": Attribute(np.array([0, 1, 1]), ("a", "b"))},
    }
    with pytest.raises(InputError, match=words):
        audit_multicalibration(**{**given, **changes})
