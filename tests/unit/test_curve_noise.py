"""Row noise, seed noise, and what can be told from the unmitigated model."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import UnknownNameError
from fairlab.metrics import GAPS, audit, gap_with_interval, wilson
from fairlab.outcomes import count
from fairlab.pareto.decisions import accuracy_and_gap, decisions_of, resample
from fairlab.pareto.noise import noise, settings_of
from fairlab.pareto.unmitigated import compare_with_unmitigated
from fairlab.reports.measure import counts_of, widest
from fairlab.reports.sentences.noise import (
    comparison_sentence,
    curve_noise_sentence,
    setting_sentence,
)
from fairlab.results import Attribute, Point, SplitScores, SweepResult
from fairlab.sweeps import gap_change
from tests.contracts import small
from tests.unit.noisy_models import Population

THREE = Population(np.array([0.4, 0.2, 0.0]), np.array([1.0, 1.0, 0.9]))


def of(sizes=(("train", 300), ("validation", 300), ("test", 400)), seed=0) -> SweepResult:
    return THREE.sweep(dict(sizes), np.random.default_rng(seed))


@pytest.mark.parametrize("constraint", sorted(CONSTRAINT_GAPS))
@pytest.mark.parametrize("weighted", [False, True])
def test_counts_of_all_models_at_once_are_those_of_each(constraint, weighted):
    """Counts, accuracy and gap agree with the ones every other page uses, marginal groups too."""
    result = replace(small.result(weighted=weighted), constraint=constraint)
    found = decisions_of(result, "test")
    accuracy, gap = accuracy_and_gap(found, found.counts())
    for point in result.points:
        tables = counts_of(result, point.index, "test")
        own = (tables[0].tp + tables[0].tn).sum() / tables[0].n.sum()
        assert accuracy[point.index] == pytest.approx(own)
        wide = widest(GAPS[CONSTRAINT_GAPS[constraint]], tables)
        assert gap[point.index] == pytest.approx(wide, nan_ok=True)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7])
def test_all_models_select_whom_the_audit_selects(threshold):
    """At thresholds that 32-bit scores hit, miss by a hair, or have no number for."""
    result = of()
    test = result.splits["test"]
    near = np.float32(threshold)
    near_by = np.array([np.nextafter(near, np.float32(end)) for end in (0, 1)] + [near, 0.2, 0.6])
    score = np.random.default_rng(8).choice(near_by.astype(np.float32), test.score.shape)
    made = replace(
        result,
        threshold=threshold,
        splits={**result.splits, "test": replace(test, score=score)},
    )
    counts = decisions_of(made, "test").counts()
    for point in made.points:
        audited = audit(made.scored(point.index).outcomes(), threshold, draws=100)
        for name in ("tp", "fp", "fn", "tn"):
            own, theirs = (getattr(c, name) for c in (counts, audited.counts))
            assert own[point.index].tolist() == theirs.tolist()


def test_a_score_at_the_threshold_is_selected():
    """0.7 as a 32-bit number is below 0.7, and still not selected at 0.7: as everywhere."""
    result = of()
    score = np.full_like(result.splits["test"].score, np.float32(0.7))
    at = replace(
        result,
        threshold=0.7,
        splits={**result.splits, "test": replace(result.splits["test"], score=score)},
    )
    expected = float(np.float32(0.7)) >= 0.7
    assert decisions_of(at, "test").selected.all() == expected
    half = replace(at, threshold=0.5)
    equal = {**half.splits, "test": replace(half.splits["test"], score=score * 0 + 0.5)}
    assert decisions_of(replace(half, splits=equal), "test").selected.all()


def test_drawn_decisions_are_those_that_are_shown():
    result = of()
    score = np.full_like(result.splits["test"].score, 0.3)
    splits = {**result.splits, "test": replace(result.splits["test"], score=score)}
    points = (replace(result.points[0], mixed=2), *result.points[1:])
    drawn = replace(result, splits=splits, points=points)
    shown = drawn.scored(0, "test").score >= 0.5
    assert 0.2 < shown.mean() < 0.4
    assert (decisions_of(drawn, "test").selected[0] == shown).all()


@given(seed=st.integers(0, 50), weighted=st.booleans())
def test_resampled_people_keep_every_group_as_large_as_it_is(seed, weighted):
    """Draws are of people with all decisions about them: equal models stay equal in every draw."""
    result = of((("validation", 20), ("test", 12)), seed)
    people = result.splits["test"]
    twins = replace(people, score=people.score[[0, 1, 1]])
    if weighted:
        twins = replace(twins, weight=np.linspace(0.5, 2.0, 12))
    found = decisions_of(replace(result, splits={"test": twins}), "test")
    drawn = resample(found, 20, seed)
    np.testing.assert_array_equal(drawn.accuracy[:, 1], drawn.accuracy[:, 2])
    np.testing.assert_array_equal(drawn.gap[:, 1], drawn.gap[:, 2])
    assert ((drawn.accuracy >= 0) & (drawn.accuracy <= 1 + 1e-9)).all()


def test_the_spread_of_draws_is_that_of_new_people():
    """Standard deviations of resampled accuracy and gap are those over fresh samples."""
    rng = np.random.default_rng(1)
    fresh = [decisions_of(THREE.sweep({"test": 1000}, rng), "test") for _ in range(300)]
    numbers = np.array([accuracy_and_gap(d, d.counts()) for d in fresh])
    drawn = resample(fresh[0], 600, 0)
    assert drawn.accuracy.std(axis=0) == pytest.approx(numbers[:, 0].std(axis=0), rel=0.15)
    assert drawn.gap[:, 0].std() == pytest.approx(numbers[:, 1, 0].std(), rel=0.15)
    twice = resample(fresh[0], 600, 0, times=2)
    assert twice.accuracy.std(axis=0) == pytest.approx(
        np.sqrt(2) * drawn.accuracy.std(axis=0), rel=0.15
    )
    together = (drawn.accuracy[:, 0] - drawn.accuracy[:, 1]).std()
    assert together < 0.8 * np.hypot(drawn.accuracy[:, 0].std(), drawn.accuracy[:, 1].std())


def test_row_noise_has_the_intervals_of_every_other_page():
    result = of()
    found = noise(result, "test")
    counts = count(result.scored(1).outcomes(("group",)), 0.5)
    gap = gap_with_interval(counts, "demographic_parity_difference")
    assert (found.points[1].gap.value, found.points[1].gap.lower) == (gap.value, gap.lower)
    low, _ = wilson((counts.tp + counts.tn).sum(), counts.n.sum())
    assert found.points[1].accuracy.lower == pytest.approx(float(low))
    with pytest.raises(UnknownNameError):
        noise(result, "tomorrow")


def seeds(values: list[float]) -> SweepResult:
    """One setting, a seed per value: the share of group a that is selected."""
    n = 200
    group = np.arange(n) % 2
    rank = np.arange(n) // 2 / (n / 2)
    score = np.array([np.where(group == 0, rank < v, rank < 0.5) for v in values])
    people = SplitScores(
        score.astype(np.float32),
        (rank < 0.5).astype(np.int64),
        {"group": Attribute(group, ("a", "b"))},
        np.arange(n),
    )
    points = tuple(Point(m, "penalty", 1.0, None, m, 1, baseline=False) for m in range(len(values)))
    splits = {"train": people, "validation": people, "test": people}
    return SweepResult(points, splits, "demographic_parity", ("group",), 0.5)


def test_seed_noise_is_the_standard_deviation_over_seeds():
    """Gaps of 10, 20 and 30 points: mean 20, standard deviation 10; the middle one is central."""
    found = noise(seeds([0.6, 0.8, 0.7]))
    (setting,) = found.settings
    assert setting.gap.value == pytest.approx(0.2)
    assert setting.gap_sd == pytest.approx(0.1)
    assert setting.accuracy_sd == pytest.approx(0.05)
    assert setting.central == 2
    assert setting.indices == (0, 1, 2)
    lower, upper = setting.gap.lower, setting.gap.upper
    assert lower < 0.2 < upper
    assert "Retraining moves this point by 5.0 points of accuracy and 10.0 of gap" in (
        setting_sentence(setting)
    )


def test_one_seed_says_nothing_of_retraining():
    found = noise(seeds([0.6]))
    assert found.settings[0].gap_sd is None
    assert "one seed cannot say" in curve_noise_sentence(found)


def test_settings_that_never_vary_keep_an_interval():
    """Two seeds that select nobody: resampling shows no spread, the closed form does."""
    result = seeds([0.5, 0.5])
    nobody = replace(result.splits["test"], score=np.zeros_like(result.splits["test"].score))
    found = noise(replace(result, splits=dict.fromkeys(result.splits, nobody)))
    assert found.settings[0].gap.value == 0
    assert found.settings[0].gap.upper > 0.01


def test_the_mean_over_seeds_is_not_surer_than_its_seeds_where_a_small_group_never_varies():
    """Three people whom both seeds select: resampling them shows no spread, each seed knows."""
    rest = np.arange(500) % 10 < 3
    found = in_groups([500, 3], np.r_[rest, True, True, True], np.r_[rest, True, True, True])
    points = tuple(replace(p, strength=1.0, seed=p.index, baseline=False) for p in found.points)
    people = found.splits["test"]
    score = people.score.copy()
    score[1, :5] = 1 - score[1, :5]
    splits = dict.fromkeys(("validation", "test"), replace(people, score=score))
    said = noise(replace(found, points=points, splits=splits))
    (setting,) = said.settings
    assert setting.indices == (0, 1)
    lows = [said.points[m].gap.lower for m in (0, 1)]
    assert max(lows) < 0.4
    assert setting.gap.lower <= np.mean(lows) + 1e-12
    assert setting.gap.lower < 0.4 < setting.gap.value


def test_settings_differ_by_family_and_dial_never_by_seed():
    points = [
        Point(0, "penalty", 0.0, None, 0, 1, True),
        Point(1, "penalty", 1.0, None, 0, 1, False),
        Point(2, "penalty", 0.0, None, 1, 1, True),
        Point(3, "layer", None, 1.0, 0, 1, True),
        Point(4, "adversarial", 1.0, None, 1, 1, False),
    ]
    assert settings_of(points) == [(0, 2), (1,), (3,), (4,)]


def test_changes_from_the_unmitigated_model_agree_with_the_compare_page():
    result = of(seed=4)
    found = compare_with_unmitigated(result, level=0.9, draws=5000)[2]
    one, other = (result.scored(m).outcomes(("group",)) for m in (0, 2))
    gap = gap_change(one, other, "demographic_parity_difference", draws=5000)
    assert found.gap.value == pytest.approx(gap.value)
    assert found.gap.lower == pytest.approx(gap.lower, abs=0.02)
    assert found.gap.upper == pytest.approx(gap.upper, abs=0.02)
    right = [(d >= 0.5) == (one.y_true == 1) for d in (one.score, other.score)]
    assert found.accuracy.value == pytest.approx(right[1].mean() - right[0].mean())
    assert found.decided_differently == int((one.score != other.score).sum())


def test_the_unmitigated_model_and_unpaired_ones_are_not_compared():
    found = compare_with_unmitigated(of())
    assert found[0].unmitigated is None
    assert found[0].told_apart is None
    assert comparison_sentence(found[0]) == ""


def test_a_model_that_changes_much_is_told_apart_and_one_that_changes_nothing_is_not():
    result = of((("test", 2000),))
    same = replace(result.splits["test"], score=result.splits["test"].score[[0, 0, 2]])
    found = compare_with_unmitigated(replace(result, splits={"test": same}))
    assert found[1].told_apart is False
    assert "cannot be told" in comparison_sentence(found[1])
    assert found[2].told_apart is True
    assert found[2].gap.upper < 0


def test_models_that_change_nothing_are_seldom_told_apart():
    """Same truth as the unmitigated model: at most 5 in 100 (here 200 samples of two models)."""
    alike = Population(np.full(3, 0.2), np.full(3, 1.0))
    rng = np.random.default_rng(11)
    told = [
        one.told_apart
        for _ in range(100)
        for one in compare_with_unmitigated(alike.sweep({"test": 500}, rng), draws=300)[1:]
    ]
    assert sum(told) <= 16


def in_groups(sizes: list[int], first: np.ndarray, then: np.ndarray, weight=None) -> SweepResult:
    """An unmitigated model and another one that decide as given about people group by group."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    names = tuple(f"g{k}" for k in range(len(sizes)))
    people = SplitScores(
        np.stack([first, then]).astype(np.float32),
        np.arange(len(group)) % 2,
        {"group": Attribute(group, names)},
        np.arange(len(group)),
        weight,
    )
    points = (
        Point(0, "penalty", 0.0, None, 0, 1, baseline=True),
        Point(1, "penalty", 1.0, None, 0, 1, baseline=False),
    )
    return SweepResult(points, {"test": people}, "demographic_parity", ("group",), 0.5)


@pytest.mark.parametrize("weighted", [False, True])
def test_two_people_tell_no_models_apart(weighted):
    """A group of two, both selected and then neither, never varies when people are resampled."""
    rest = np.arange(500) % 10 < 3
    first, then = (np.r_[rest, np.full(2, s)] for s in (True, False))
    weight = np.linspace(0.9, 1.1, 502) if weighted else None
    change = compare_with_unmitigated(in_groups([500, 2], first, then, weight))[1]
    assert change.gap.value == pytest.approx(-0.4, abs=0.02)
    assert change.gap.lower < change.gap.value
    assert change.gap.upper > 0
    assert change.told_apart is False
    assert "cannot be told" in comparison_sentence(change)


def test_two_people_decided_alike_do_not_show_that_nothing_changes():
    """Both models select both of a group of two: of others of it they may decide differently."""
    rest = np.arange(500) % 10 < 3
    both = np.r_[rest, True, True]
    change = compare_with_unmitigated(in_groups([500, 2], both, both))[1]
    assert change.gap.value == 0
    assert change.gap.lower < -0.2
    assert change.gap.upper > 0.2


def test_a_large_group_that_nobody_of_is_selected_any_more_still_tells():
    """A rate of exactly 0 alone does not hide a change that many people show."""
    first = np.r_[np.arange(500) % 2 == 0, np.arange(400) % 5 == 0]
    then = np.zeros(900, dtype=bool)
    change = compare_with_unmitigated(in_groups([500, 400], first, then))[1]
    assert change.gap.value == pytest.approx(-0.3)
    assert change.gap.upper < -0.1


def test_a_small_group_decided_at_random_seldom_tells_models_apart():
    """Ten people: half of those decided differently change back and forth by chance alone."""
    told = 0
    for t in range(120):
        rng = np.random.default_rng([3, t])
        rate = np.r_[np.full(500, 0.3), np.full(10, 0.8)]
        first = rng.random(510) < rate
        then = np.r_[first[:500], rng.random(10) < 0.8]
        found = compare_with_unmitigated(in_groups([500, 10], first, then), draws=300)[1]
        told += found.gap.may_be_none is False
    assert told <= 6


def test_a_gap_of_many_groups_that_narrows_to_none_is_covered():
    """Eight groups alike keep a wide gap in every draw; the true change is 10 points."""
    before, after = np.r_[0.5, 0.4, np.full(6, 0.45)], np.full(8, 0.45)
    group, covered = np.repeat(np.arange(8), 200), 0
    for t in range(60):
        luck = np.random.default_rng([8, t]).random(1600)
        first, then = luck < before[group], luck < after[group]
        found = compare_with_unmitigated(in_groups([200] * 8, first, then), draws=300)[1]
        covered += found.gap.lower <= -0.1 <= found.gap.upper
    assert covered >= 55
