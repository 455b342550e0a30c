"""The change of a gap between two models on the same people."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES, holm
from fairlab.metrics.paired import mcnemar_p, minimum_detectable_change, paired_interval
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.sweeps.changes import compare_models, gap_change

DP = "demographic_parity_difference"


def people(score: object, n: int = 400, weight: object = None) -> GroupedOutcomes:
    rng = np.random.default_rng(1)
    return GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, n),
        score=score,
        group=np.arange(n) % 2,
        group_names=("a", "b", "nobody"),
        weight=weight,
    )


def scores(seed: int, shift: float = 0.0, n: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random(n) + shift * (np.arange(n) % 2)


@pytest.mark.parametrize("gap", list(GAPS))
def test_change_is_after_minus_before_for_every_gap(gap: str) -> None:
    before, after = people(scores(2, 0.4)), people(scores(3, 0.1))
    change = gap_change(before, after, gap, threshold_before=0.6, threshold_after=0.5, draws=200)
    wanted = GAPS[gap](count(after, 0.5)) - GAPS[gap](count(before, 0.6))
    assert change.value == pytest.approx(float(wanted), abs=1e-12)


def test_the_same_model_changes_nothing_for_sure() -> None:
    """The noise of the people cancels altogether."""
    model = people(scores(2, 0.4))
    change = gap_change(model, model, DP)
    assert (change.value, change.lower, change.upper) == (0.0, 0.0, 0.0)


def test_common_people_cancel() -> None:
    """Two models that differ for two people: the change is far surer than each gap is."""
    first = scores(2, 0.4)
    second = first.copy()
    moved = np.flatnonzero((first >= 0.5) & (np.arange(400) % 2 == 1))[:10]
    second[moved] = 0.0
    change = gap_change(people(first), people(second), DP)
    assert change.value == pytest.approx(-10 / 200)
    assert change.lower is not None
    assert change.upper is not None
    assert change.lower < change.value < change.upper < 0
    assert change.upper - change.lower < 0.1


def test_direction_is_mirrored_on_the_way_back() -> None:
    there = gap_change(people(scores(2, 0.4)), people(scores(2)), DP)
    back = gap_change(people(scores(2)), people(scores(2, 0.4)), DP)
    assert there.value is not None
    assert there.value < 0
    assert back.value == -there.value


def test_undefined_has_no_interval_and_says_why() -> None:
    """Nobody selected: no predictive value, hence no change."""
    nobody = people(np.zeros(400))
    change = gap_change(people(scores(2)), nobody, "predictive_parity_difference")
    assert (change.value, change.lower, change.p_value) == (None, None, None)
    assert "no one in" in change.why


def test_weights_widen_the_interval_and_have_no_p_value() -> None:
    """Equal weights say what none say; uneven ones mean fewer people."""
    uneven = np.where(np.random.default_rng(0).random(400) < 0.1, 20.0, 0.5)
    widths = []
    for weight in (None, np.full(400, 2.0), uneven):
        first, second = people(scores(2, 0.4), weight=weight), people(scores(3), weight=weight)
        change = gap_change(first, second, DP)
        assert change.lower is not None
        assert change.upper is not None
        assert (change.p_value is None) == (weight is uneven)
        widths.append(change.upper - change.lower)
    assert widths[1] == widths[0]
    assert widths[2] > 1.5 * widths[0]


def test_other_people_are_refused() -> None:
    with pytest.raises(InputError, match="different people"):
        gap_change(people(scores(2)), people(scores(2, n=398), n=398), DP)


def test_interval_of_a_change_covers_a_gap_that_opened_from_none() -> None:
    """Noise makes the first gap, truly 0, look wide, and the change from it look small."""
    rng = np.random.default_rng(4)
    group = np.repeat([0, 1], [150, 100])
    y = np.arange(250) % 2
    covered = 0
    for _ in range(100):
        before = rng.random(250)
        moved = before + 0.2 * (group == 1)
        first, second = (
            GroupedOutcomes.from_arrays(y_true=y, score=s, group=group) for s in (before, moved)
        )
        change = gap_change(first, second, "demographic_parity_difference", draws=300)
        assert change.lower is not None
        assert change.upper is not None
        covered += change.lower <= 0.2 <= change.upper
    assert covered >= 90


def test_every_rate_of_every_group_and_every_gap_is_compared() -> None:
    """Values are those counted under each model; only what no decision changes is left out."""
    before, after = people(scores(2, 0.4)), people(scores(3, 0.1))
    found = compare_models(before, after, threshold_before=0.6, draws=100)
    assert {c.rate for c in found.rates} == set(RATES) - {"base_rate"}
    assert {c.gap for c in found.gaps} == set(GAPS) - {"base_rate_difference"}
    for change in found.rates:
        counts = [count(before, 0.6), count(after, 0.5)]
        place = 0
        if change.group == "everyone":
            counts = [c.overall() for c in counts]
        else:
            place = ("a", "b", "nobody").index(change.group)
        wanted = [RATES[change.rate](c)[place] for c in counts]
        if change.group == "nobody":
            assert change.value is None
            assert "no one in nobody" in change.why
            continue
        assert change.value == pytest.approx(wanted[1] - wanted[0], abs=1e-12)
        assert (change.before, change.after) == pytest.approx(tuple(wanted))
        assert change.lower is not None
        assert change.upper is not None
        assert change.lower <= change.value <= change.upper
    table = found.to_frame()
    assert len(table) == 4 * (len(RATES) - 1) + len(GAPS) - 1
    assert set(table["group"]) == {"a", "b", "nobody", "everyone", ""}


def test_plus_and_minus_are_people_who_came_to_count_by_hand() -> None:
    """Six people: one gained and one lost with the favourable outcome, one gained without it."""
    y = [1, 1, 1, 0, 0, 0]
    first = [1, 0, 1, 0, 0, 1]
    second = [0, 1, 1, 1, 0, 1]
    before, after = (
        GroupedOutcomes.from_arrays(y_true=y, score=s, group=[0] * 6) for s in (first, second)
    )
    found = compare_models(before, after, draws=100)
    moved = {c.rate: (c.plus, c.minus, c.value) for c in found.rates if c.group == "everyone"}
    assert moved["selection_rate"] == (2, 1, pytest.approx(1 / 6))
    assert moved["accuracy"] == (1, 2, pytest.approx(-1 / 6))
    assert moved["tpr"] == (1, 1, 0)
    assert moved["fnr"] == (1, 1, 0)
    assert moved["fpr"] == (1, 0, pytest.approx(1 / 3))
    assert moved["tnr"] == (0, 1, pytest.approx(-1 / 3))
    assert found.decided_differently == 3


def test_holm_counts_mirrored_rates_once() -> None:
    """TPR and FNR are one question: asking both costs nothing."""
    before, after = people(scores(2, 0.4)), people(scores(3, 0.1))
    rates = ("selection_rate", "tpr", "fnr")
    found = compare_models(before, after, rates=rates, gaps=(DP,), draws=500)
    own = [c for c in found.rates if c.rate != "fnr"]
    p = [np.nan if c.p_value is None else c.p_value for c in own] + [found.gaps[0].p_value]
    wanted = holm(p)
    got = [np.nan if c.p_adjusted is None else c.p_adjusted for c in [*own, *found.gaps]]
    np.testing.assert_allclose(got, wanted)
    assert found.rate("fnr", "a").p_adjusted == found.rate("tpr", "a").p_adjusted


def test_two_models_alike_are_told_apart_in_about_one_of_twenty() -> None:
    """Size of the tests and coverage of no change, for models that differ by noise alone."""
    rng = np.random.default_rng(5)
    group, times = np.repeat([0, 1], 150), 150
    wrong, covered = np.zeros(4), np.zeros(4)
    for seed in range(times):
        y = rng.integers(0, 2, 300)
        common = y + rng.normal(0, 1, 300)
        first, second = (
            GroupedOutcomes.from_arrays(
                y_true=y, score=common + rng.normal(0, 0.4, 300) + 0.5 * group, group=group
            )
            for _ in range(2)
        )
        found = compare_models(
            first,
            second,
            threshold_before=0.7,
            threshold_after=0.7,
            rates=("accuracy", "tpr", "ppv"),
            gaps=(DP,),
            draws=300,
            seed=seed,
        )
        changes = [found.rate(name) for name in ("accuracy", "tpr", "ppv")]
        for i, change in enumerate([*changes, found.gaps[0]]):
            assert change.lower is not None
            assert change.upper is not None
            assert change.p_value is not None
            wrong[i] += change.p_value <= 0.05
            covered[i] += change.lower <= 0 <= change.upper
    assert (wrong <= binom.ppf(0.999, times, 0.05)).all(), wrong / times
    assert (wrong[:3] >= binom.ppf(0.001, times, 0.05)).all(), wrong / times
    assert (covered >= binom.ppf(0.001, times, 0.95)).all(), covered / times


def test_models_that_are_one_change_nothing_for_sure() -> None:
    """The same scores and threshold: certain. Equal decisions by chance: not certain."""
    one = people(scores(2))
    same = compare_models(one, one, draws=100)
    assert {(c.value, c.lower, c.upper) for c in same.gaps} == {(0.0, 0.0, 0.0)}
    assert "same scores and threshold" in same.notes[-1]
    alike = compare_models(one, people(scores(2) + 1e-9), draws=100)
    assert alike.decided_differently == 0
    assert {(c.lower, c.upper) for c in alike.gaps} == {(None, None)}
    assert all("Too few people" in c.why for c in alike.gaps)
    accuracy = alike.rate("accuracy")
    assert accuracy.p_value == 1
    assert accuracy.upper is not None
    assert 0 < accuracy.upper < 0.02


def test_weighted_accuracy_uses_effective_numbers() -> None:
    """Doubling one half of the people by weight is not doubling them."""
    weight = np.where(np.arange(400) < 200, 3.0, 1.0)
    first, second = people(scores(2), weight=weight), people(scores(3), weight=weight)
    change = compare_models(first, second, rates=("accuracy",), gaps=(), draws=100).rate("accuracy")
    assert change.n_before == 800
    assert change.p_value is None
    share = (change.plus + change.minus) / 800
    effective = 800**2 / (200 * 9 + 200)
    low, high = paired_interval(
        change.plus / 800 * effective, change.minus / 800 * effective, effective
    )
    assert (change.lower, change.upper) == pytest.approx((float(low), float(high)))
    assert change.detectable == pytest.approx(
        minimum_detectable_change(effective, share * effective)
    )


def test_mcnemar_equals_the_binomial_test() -> None:
    """The exact p is scipy's sign test; mid-p takes off half the chance of what was found."""
    for plus, minus in ((0, 1), (3, 9), (9, 3), (40, 40), (7, 0), (200, 260), (0, 2000)):
        n, few = plus + minus, min(plus, minus)
        exact = binomtest(plus, n, 0.5).pvalue
        assert mcnemar_p(plus, minus, mid=False) == pytest.approx(exact, abs=1e-12)
        wanted = min(1.0, 2 * binom.cdf(few, n, 0.5) - binom.pmf(few, n, 0.5))
        assert mcnemar_p(plus, minus) == pytest.approx(wanted, abs=1e-12)
    assert mcnemar_p(0, 0) == 1


def test_mid_p_of_a_published_example() -> None:
    """Fagerland, Lydersen, Laake 2013, table 3: 1 and 7 changes give 0.070 exact, 0.039 mid-p."""
    assert mcnemar_p(1, 7, mid=False) == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar_p(1, 7) == pytest.approx(0.0391, abs=5e-5)


def test_paired_interval_by_hand_and_its_limits() -> None:
    """Agresti and Min: half a person in each cell. Nobody: undefined. Too many: refused."""
    low, high = paired_interval(12, 4, 100)
    change = 8 / 102
    half = 1.959964 * np.sqrt((17 / 102 - change**2) / 102)
    assert (float(low), float(high)) == pytest.approx((change - half, change + half), abs=1e-6)
    assert float(paired_interval(50, 0, 50)[1]) == 1
    assert np.isnan(paired_interval(0, 0, 0)[0])
    with pytest.raises(InputError, match="found more"):
        paired_interval(3, 3, 5)


def test_detectable_change_is_found_as_often_as_promised() -> None:
    """At the smallest detectable change McNemar's test finds it in about 80 % of samples."""
    n, discordant = 1000, 0.1
    change = minimum_detectable_change(n, discordant * n)
    rng = np.random.default_rng(0)
    chances = [(discordant + change) / 2, (discordant - change) / 2, 1 - discordant]
    drawn = rng.multinomial(n, chances, size=2000)
    power = np.mean([mcnemar_p(a, b) <= 0.05 for a, b, _ in drawn])
    assert 0.76 <= power <= 0.84
    assert minimum_detectable_change(1000) == pytest.approx(0.0078, abs=0.0005)
    assert np.isnan(minimum_detectable_change(3))
    with pytest.raises(InputError, match="power"):
        minimum_detectable_change(10, power=80)


@pytest.mark.parametrize("gap", [DP, "demographic_parity_ratio"])
@pytest.mark.parametrize("back", [False, True])
def test_interval_of_a_change_covers_a_gap_of_many_groups_that_narrowed_to_none(
    gap: str, back: bool
) -> None:
    """Six groups alike keep a gap in every resampled population; there and back, as ratio too."""
    rates = np.stack([np.r_[0.5, 0.4, np.full(4, 0.45)], np.full(6, 0.45)])
    rates = rates[::-1] if back else rates
    truth = rates[1].min() / rates[1].max() - rates[0].min() / rates[0].max()
    if gap == DP:
        truth = np.ptp(rates[1]) - np.ptp(rates[0])
    group, y = np.repeat(np.arange(6), 300), np.arange(1800) % 2
    covered = 0
    for t in range(40):
        luck = np.random.default_rng([2, t]).random(1800)
        first, second = (
            GroupedOutcomes.from_arrays(
                y_true=y, score=(luck < rate[group]).astype(float), group=group
            )
            for rate in rates
        )
        change = gap_change(first, second, gap, draws=300)
        assert change.lower is not None
        assert change.upper is not None
        covered += change.lower <= truth <= change.upper
    assert covered >= 36


def test_an_interval_contains_no_change_where_exchanged_decisions_would_make_it() -> None:
    """Three people of a small group decided differently: the coin does so in one of four."""
    group = np.r_[np.zeros(200, dtype=int), np.ones(8, dtype=int)]
    first = np.r_[np.arange(200) % 2 == 0, [True] * 4, [False] * 4].astype(float)
    second = first.copy()
    second[200:203] = 0.0
    pair = [
        GroupedOutcomes.from_arrays(y_true=np.arange(208) % 2, score=s, group=group)
        for s in (first, second)
    ]
    change = gap_change(*pair, DP, level=0.8)
    assert change.p_value is not None
    assert change.p_value > 0.2
    assert change.lower is not None
    assert change.upper is not None
    assert change.lower <= 0 <= change.upper
