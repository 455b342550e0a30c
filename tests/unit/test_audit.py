"""The audit of a population: complete, reproducible, honest about what is undefined."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.metrics import brier_score_loss, roc_auc_score

from fairlab.errors import InputError
from fairlab.metrics import (
    GAPS,
    RATES,
    audit,
    bootstrap_gap,
    calibration,
    gap_with_interval,
    newcombe,
    percentile_interval,
    permutation_p_value,
    ranking,
    wilson,
)
from fairlab.metrics.calibration import calibration_gap, equal_mass_starts
from fairlab.outcomes import Counts, GroupedOutcomes

person = st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.25, 0.5, 0.75]), st.integers(0, 2))


def made_up(n=600, seed=0, names=("A", "B", "C"), weight=None):
    """People of groups A and B (C is empty); A has higher scores."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    y = (rng.random(n) < 0.55 - 0.15 * group).astype(int)
    score = np.clip(0.35 + 0.25 * y - 0.05 * group + 0.2 * rng.normal(size=n), 0, 1)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=np.round(score, 2), group=group, group_names=names, weight=weight
    )


def test_holds_every_rate_and_gap_of_the_registries():
    """A new registry line appears in the audit without further code."""
    result = audit(made_up(), draws=100)
    assert list(result.rates) == list(RATES)
    assert list(result.gaps) == list(GAPS)
    frame = result.to_frame()
    assert set(frame.loc[frame.kind == "rate", "name"]) == set(RATES)
    assert set(frame.loc[frame.kind == "gap", "name"]) == set(GAPS)


def test_same_seed_same_bytes():
    """Two audits with one seed are equal to the last digit; another seed differs."""
    people = made_up()
    assert audit(people, seed=5, draws=200).to_json() == audit(people, seed=5, draws=200).to_json()
    assert audit(people, seed=6, draws=200).to_json() != audit(people, seed=5, draws=200).to_json()


def test_agrees_with_the_functions_it_is_made_of():
    """Interval, bias and p-value of a gap are those of the public functions, same seed."""
    result = audit(made_up(), draws=500, seed=7)
    gap = result.gaps["equal_opportunity_difference"]
    draws = bootstrap_gap(result.counts, gap.name, draws=500, seed=7)
    low, high = percentile_interval(draws)
    assert gap.upper == high
    assert gap.lower <= low
    assert gap == gap_with_interval(result.counts, gap.name, draws=500, seed=7)
    assert gap.bias == pytest.approx(draws.mean() - gap.value)
    assert gap.p_value == permutation_p_value(result.counts, gap.name, draws=500, seed=7)


def test_a_rate_at_its_bound_does_not_make_an_interval_of_zero_width():
    """Everyone selected in two small groups: no gap found, but the interval is Newcombe's."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 1] * 15, score=[0.9] * 30, group=["a"] * 20 + ["b"] * 10
    )
    gap = audit(people, draws=200).gaps["demographic_parity_difference"]
    assert gap.value == 0
    assert gap.interval == "newcombe"
    assert gap.lower == 0
    low, high = newcombe(20, 20, 10, 10)
    assert gap.upper == pytest.approx(max(-float(low), float(high)))
    assert gap.upper > 0.15
    assert {gap.highest, gap.lowest} == {"a", "b"}
    plain = audit(made_up(), draws=200).gaps["demographic_parity_difference"]
    assert plain.interval == "resampled"


def test_undefined_is_none_with_a_reason_and_null_in_json():
    """The empty group C has no rates, is left out of gaps by name, and JSON has no NaN."""
    result = audit(made_up(), draws=100)
    empty = result.rates["tpr"]["C"]
    assert empty.value is None
    assert empty.lower is None
    assert empty.why == "undefined: no one in C has the favourable outcome"
    assert result.gaps["equal_opportunity_difference"].left_out == ("C",)
    assert any("C" in note for note in result.notes)
    text = result.to_json()
    assert "NaN" not in text
    assert json.loads(text)["rates"]["tpr"]["groups"][2]["value"] is None


def test_nobody_selected_at_infinity():
    """Threshold +inf selects nobody: PPV is undefined everywhere, parity difference is 0."""
    result = audit(made_up(), threshold=float("inf"), draws=100)
    assert result.gaps["demographic_parity_difference"].value == 0
    assert result.gaps["demographic_parity_ratio"].value is None
    assert result.gaps["predictive_parity_difference"].why_undefined
    assert json.loads(result.to_json())["threshold"] == "inf"


@settings(max_examples=40, deadline=None)
@given(st.lists(person, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_order_of_people_changes_nothing(rows, random):
    """Shuffling people gives the same audit, whatever cells are empty."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    texts = []
    for table in (rows, shuffled):
        y, score, group = zip(*table, strict=True)
        people = GroupedOutcomes.from_arrays(
            y_true=y, score=score, group=group, group_names=("A", "B", "C")
        )
        texts.append(audit(people, draws=100).to_record())
    one, other = texts
    assert one["counts"] == other["counts"]
    assert one["gaps"] == other["gaps"]
    assert one["rates"] == other["rates"]


def test_renaming_groups_changes_only_names():
    """With other names every number is the same."""
    one = audit(made_up(), draws=200).to_json()
    other = audit(made_up(names=("Q1", "Q2", "Q3")), draws=200).to_json()
    for old, new in (("A", "Q1"), ("B", "Q2"), ("C", "Q3")):
        other = other.replace(f'"{new}"', f'"{old}"').replace(f" {new} ", f" {old} ")
    assert json.loads(one)["gaps"] == json.loads(other)["gaps"]


def test_everyone_twice_keeps_rates_and_narrows_intervals():
    """Duplicating all people changes no value and shrinks every interval of a share."""
    once = made_up()
    twice = GroupedOutcomes.from_arrays(
        y_true=np.tile(once.y_true, 2),
        score=np.tile(once.score, 2),
        group=np.tile(once.group, 2),
        group_names=once.group_names,
    )
    one, two = audit(once, draws=500), audit(twice, draws=500)
    for name in RATES:
        for a, b in zip(one.rates[name].groups, two.rates[name].groups, strict=True):
            assert a.value == (None if b.value is None else pytest.approx(b.value))
            if a.value is not None:
                assert b.upper - b.lower < a.upper - a.lower


def test_a_negative_mean_residual_has_a_resampled_interval_around_it():
    """The mean residual lies in [−1, 1]: no Wilson interval, but draws on both sides of it."""
    result = audit(made_up(), threshold=0.8, draws=1000)
    for name in ("A", "B"):
        found = result.rates["mean_residual"][name]
        assert found.value < 0
        assert -1 <= found.lower < found.value < found.upper <= 1
    gap = result.gaps["mean_residual_difference"]
    assert gap.interval == "resampled"
    assert gap.lower <= gap.value <= gap.upper
    assert gap.p_value is not None


def test_weight_one_equals_no_weight():
    """Equal weights, of one or not, give the numbers of no weights at all, p-values too."""
    plain = audit(made_up(), draws=200)
    weighted = audit(made_up(weight=np.full(600, 2.5)), draws=200)
    for name, rate in RATES.items():
        a, b = plain.rates[name]["A"], weighted.rates[name]["A"]
        assert a.value == pytest.approx(b.value)
        if rate.share:
            assert (a.lower, a.upper) == (pytest.approx(b.lower), pytest.approx(b.upper))
    assert weighted.gaps == plain.gaps
    assert weighted.to_overall == plain.to_overall
    assert not weighted.weighted
    assert any("All weights are equal (2.5)" in note for note in weighted.notes)


def test_uneven_weights_have_no_p_values_but_reach_no_gap_where_chance_does():
    """Groups drawn alike stand in for the shuffle: the interval reaches 0 about as often."""
    rng = np.random.default_rng(0)
    near_one = audit(made_up(weight=1 + 0.001 * rng.random(600)), draws=1000)
    plain = audit(made_up(), draws=1000)
    assert near_one.weighted
    assert any("weighted" in note for note in near_one.notes)
    for name, gap in near_one.gaps.items():
        assert gap.p_value is None
        p_value = plain.gaps[name].p_value
        if not 0.03 < p_value < 0.08:
            equal, end = (0, gap.lower) if gap.name.endswith("difference") else (1, gap.upper)
            assert (end == equal) == (p_value > 0.05), name


def test_unequal_weights_widen_intervals():
    """Uneven weights mean fewer effective people, so wider intervals than equal ones."""
    uneven = np.where(np.arange(600) % 10 == 0, 20.0, 1.0)
    even = audit(made_up(weight=np.ones(600)), draws=200).rates["accuracy"]["A"]
    wide = audit(made_up(weight=uneven), draws=200).rates["accuracy"]["A"]
    assert wide.upper - wide.lower > 1.5 * (even.upper - even.lower)


def test_decisions_only_have_no_calibration():
    """Scores of 0 and 1 are decisions: rates are shown, calibration and ranking are not."""
    people = made_up()
    decided = GroupedOutcomes.from_arrays(
        y_true=people.y_true,
        score=people.score >= 0.5,
        group=people.group,
        group_names=people.group_names,
    )
    result = audit(decided, draws=100)
    assert result.calibration == ()
    assert result.score_gaps == {}
    scored = audit(people, 0.5, draws=100)
    assert_allclose(result.counts.tp, scored.counts.tp)


def test_one_group_has_rates_but_no_gaps():
    """A single group gets all its rates; every gap is None with a reason."""
    result = audit(
        GroupedOutcomes.from_arrays(y_true=[0, 1, 1], score=[0.1, 0.6, 0.4], group=["a", "a", "a"]),
        draws=100,
    )
    assert result.rates["tpr"]["a"].value == 0.5
    for gap in (*result.gaps.values(), *result.score_gaps.values()):
        assert gap.value is None


@pytest.mark.parametrize(
    ("kwargs", "words"), [({"threshold": float("nan")}, "NaN"), ({"draws": 5}, "100 draws")]
)
def test_refuses_what_has_no_answer(kwargs, words):
    """A missing threshold and a handful of draws are refused."""
    with pytest.raises(InputError, match=words):
        audit(made_up(), **kwargs)


def test_unknown_group_lists_known_ones():
    """Asking a rate for a group that is not there names those that are."""
    with pytest.raises(KeyError, match="A, B, C"):
        audit(made_up(), draws=100).rates["tpr"]["D"]


def test_auc_and_brier_equal_scikit_learn():
    """Per-group AUC (with many ties) and Brier score equal scikit-learn's, weighted too."""
    rng = np.random.default_rng(0)
    for weight in (None, rng.random(600) + 0.1):
        people = made_up(weight=weight)
        for g, (rank, calibrated) in enumerate(
            zip(ranking(people)[:2], calibration(people)[:2], strict=True)
        ):
            inside = people.group == g
            y, score = people.y_true[inside], people.score[inside]
            w = None if weight is None else weight[inside]
            assert rank.auc == pytest.approx(roc_auc_score(y, score, sample_weight=w), abs=1e-12)
            brier = brier_score_loss(y, score, sample_weight=w)
            assert calibrated.brier == pytest.approx(brier, abs=1e-12)


def test_auc_error_agrees_with_resampling():
    """DeLong's standard error agrees with the spread over many fresh samples."""
    found = [ranking(made_up(seed=seed))[0] for seed in range(200)]
    spread = np.std([r.auc for r in found])
    assert np.mean([r.auc_error for r in found]) == pytest.approx(spread, rel=0.2)


def test_auc_of_one_outcome_is_undefined():
    """A group in which everyone has the favourable outcome has no AUC."""
    people = GroupedOutcomes.from_arrays(y_true=[1, 1, 0], score=[0.2, 0.3, 0.4], group=[0, 0, 1])
    assert ranking(people)[0].auc is None
    assert ranking(people)[0].mean_score_unfavourable is None


def test_mean_score_error_is_the_textbook_one():
    """Standard error of the mean score is s/√n."""
    people = made_up()
    score = people.score[people.group == 0]
    assert ranking(people)[0].mean_score_error == pytest.approx(stats.sem(score))


def test_bins_are_equal_in_mass_and_keep_ties_together():
    """Neighbouring bins never share a score and none has fewer than 20 people."""
    score = np.sort(np.repeat([0.1, 0.2, 0.2, 0.5, 0.9], 25))
    starts = equal_mass_starts(score, 6)
    sizes = np.diff([*starts, len(score)])
    assert sizes.min() >= 20
    for start in starts[1:]:
        assert score[start] > score[start - 1]


def test_reliability_of_a_group_by_hand():
    """Two bins of 20: 5 of 20 at score 0.2 and 18 of 20 at 0.8 give an error of 0.075."""
    people = GroupedOutcomes.from_arrays(
        y_true=[1] * 5 + [0] * 15 + [1] * 18 + [0] * 2,
        score=[0.2] * 20 + [0.8] * 20,
        group=["a"] * 40,
    )
    group = calibration(people)[0]
    assert [(b.n, b.mean_score, b.rate) for b in group.bins] == [
        (20, pytest.approx(0.2), 0.25),
        (20, pytest.approx(0.8), 0.9),
    ]
    assert group.error == pytest.approx(0.075)
    assert group.error_debiased < group.error
    assert group.residual == pytest.approx(0.075)


def test_too_few_people_for_calibration():
    """39 people fill one bin of 20 only: too few; the Brier score remains."""
    rng = np.random.default_rng(0)
    people = GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, 39), score=rng.random(39), group=["a"] * 39
    )
    group = calibration(people)[0]
    assert group.error is None
    assert "too few people" in group.why
    assert group.brier is not None
    assert calibration_gap((group,)) is None


def test_debiased_error_of_a_calibrated_score_is_near_zero():
    """For a calibrated score the plain error is above 0 by chance; debiasing takes much off."""
    plain, debiased = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        score = rng.random(300)
        people = GroupedOutcomes.from_arrays(
            y_true=(rng.random(300) < score).astype(int), score=score, group=["a"] * 300
        )
        group = calibration(people)[0]
        plain.append(group.error)
        debiased.append(group.error_debiased)
    assert np.mean(plain) > 0.04
    assert np.mean(debiased) < 0.65 * np.mean(plain)


def test_scores_outside_zero_to_one_are_ranked_but_not_calibrated():
    """Logits have an AUC and no calibration error, and the reason is given."""
    rng = np.random.default_rng(0)
    people = GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, 200), score=rng.normal(size=200), group=rng.integers(0, 2, 200)
    )
    result = audit(people, threshold=0.0, draws=100)
    assert result.calibration[0].why == "scores are not in 0 to 1"
    assert result.ranking[0].auc is not None
    assert result.score_gaps["calibration_gap"].value is None
    assert result.score_gaps["auc_difference"].value is not None


def test_score_gaps_are_ranges_with_intervals():
    """The mean-residual gap is the range over groups and its interval contains it."""
    people = made_up()
    result = audit(people)
    residual = [c.residual for c in result.calibration if c.residual is not None]
    gap = result.score_gaps["mean_residual_difference"]
    assert gap.value == pytest.approx(max(residual) - min(residual))
    assert gap.lower <= gap.value <= gap.upper
    assert gap.left_out == ("C",)


def misses(cells, n, name, level=0.95, rounds=200):
    """Share of samples whose interval misses the gap of the population they come from."""
    rng = np.random.default_rng(0)
    share = np.array(cells, dtype=float)
    truth = float(GAPS[name](Counts(*(share.T * 1e6))))
    missed = 0
    for _ in range(rounds):
        drawn = np.array([rng.multinomial(k, p) for k, p in zip(n, share, strict=True)])
        names = tuple(str(g) for g in range(len(n)))
        gap = gap_with_interval(Counts(*drawn.T, names), name, 300, level=level)
        assert gap.lower - 1e-9 <= gap.value <= gap.upper + 1e-9
        missed += not gap.lower <= truth <= gap.upper
    return missed / rounds


@pytest.mark.parametrize("name", ["demographic_parity_difference", "equalized_odds_difference"])
@pytest.mark.parametrize("n", [(200, 200), (200, 60, 30, 30, 30)])
def test_interval_covers_a_true_gap_of_zero_and_contains_the_value(name, n):
    """Groups that do not differ: the plain percentile interval would miss 0 in most samples."""
    assert misses([[0.3, 0.15, 0.2, 0.35]] * len(n), n, name) <= 0.1


def test_ratio_interval_covers_a_true_ratio_of_one():
    """For ratios the end towards equal is the upper one."""
    alike = [[0.3, 0.15, 0.2, 0.35]] * 2
    assert misses(alike, (200, 200), "demographic_parity_ratio") <= 0.1


def test_interval_of_a_gap_still_excludes_zero_when_the_groups_differ():
    """A clear gap keeps its percentile interval nearly as it was."""
    counts = Counts(*np.array([[300, 150, 200, 350], [100, 100, 400, 400]]).T, ("a", "b"))
    gap = gap_with_interval(counts, "demographic_parity_difference", 2000)
    low, high = newcombe(450, 1000, 200, 1000)
    assert gap.lower == pytest.approx(float(low), abs=0.01)
    assert gap.upper == pytest.approx(float(high), abs=0.01)


def scored(n, weight=None, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    return GroupedOutcomes.from_arrays(
        y_true=rng.random(n) < score, score=score, group=np.arange(n) % 2, weight=weight
    )


def test_score_gaps_keep_the_level_asked_for():
    """An 80 % interval is narrower than a 99 % one."""
    low, high = (audit(scored(400), draws=500, level=v).score_gaps for v in (0.8, 0.99))
    for name, gap in low.items():
        assert gap.upper < high[name].upper


def test_score_gaps_contain_their_value_and_do_not_mistake_weight_for_people():
    """Weight 100 for everyone is not 100 times the people: the intervals stay as they were."""
    plain = audit(scored(300), draws=500).score_gaps
    heavy = audit(scored(300, np.full(300, 100.0)), draws=500).score_gaps
    for name, gap in plain.items():
        assert gap.lower <= gap.value <= gap.upper
        assert heavy[name].lower == pytest.approx(gap.lower, abs=1e-6)
        assert heavy[name].upper == pytest.approx(gap.upper, abs=1e-6)


def test_perfect_ranking_of_few_people_gets_no_interval_of_zero_width():
    """Two people of each outcome, all ranked right, do not prove an AUC of exactly 1."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 0, 1, 1] * 2, score=[0.1, 0.2, 0.8, 0.9] * 2, group=[0] * 4 + [1] * 4
    )
    gap = audit(people, draws=100).score_gaps["auc_difference"]
    assert gap.value == 0
    assert gap.upper is None


def test_everyone_rests_on_few_people_when_one_group_carries_the_weight():
    """50 people of weight 100 beside 50 of weight 1 count as about 51 people, not 100."""
    weight = np.repeat([100.0, 1.0], 50)
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 1] * 50, score=[0.2, 0.8] * 50, group=np.repeat([0, 1], 50), weight=weight
    )
    base = audit(people, draws=100).rates["base_rate"].everyone
    low, _ = wilson(25.5, 51.0)
    assert base.lower == pytest.approx(float(low), abs=2e-3)
