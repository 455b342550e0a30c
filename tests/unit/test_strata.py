"""Gaps within strata: Simpson's paradox, poolings by hand, the stratified test, who is left out."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES, within_strata
from fairlab.metrics.mantel_haenszel import stratified_test
from fairlab.metrics.standardised import average_gap, standardised_gap, standardised_pair
from fairlab.metrics.strata_counts import count_within, everyone_of
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.reports.sentences.strata import strata_sentence
from fairlab.results import Attribute

# Applicants to the six largest departments of Berkeley, fall 1973 (Bickel, Hammel, O'Connell,
# Science 187, 1975; R's UCBAdmissions): admitted and rejected men, admitted and rejected women.
BERKELEY = {
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}
PARITY = "demographic_parity_difference"
person = st.tuples(
    st.integers(0, 1), st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 2), st.integers(0, 2)
)


def berkeley() -> tuple[GroupedOutcomes, Attribute]:
    """Applicants one by one; the label plays no part in admission rates."""
    score, group, department = [], [], []
    for d, cells in enumerate(BERKELEY.values()):
        for cell, n in enumerate(cells):
            score += [float(cell % 2 == 0)] * n
            group += [cell // 2] * n
            department += [d] * n
    people = GroupedOutcomes.from_arrays(
        y_true=np.arange(len(score)) % 2,
        score=score,
        group=np.array(group),
        group_names=["men", "women"],
    )
    return people, Attribute(np.array(department), tuple(BERKELEY))


def people_of(rows, weight=None):
    y, score, group, stratum = (np.array(column) for column in zip(*rows, strict=True))
    people = GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names="abc", weight=weight
    )
    return people, Attribute(stratum, ("x", "y", "z"))


def test_berkeley_turns_round_within_departments():
    """Over everyone men are admitted 14.2 points more; at the same mix of departments, women are.

    Standardised by hand: Σ n_d · rate_d / Σ n_d with n_d all applicants of a department.
    """
    people, departments = berkeley()
    found = within_strata(people, departments, gaps=[PARITY], draws=500).gaps[PARITY]
    cells = np.array(list(BERKELEY.values()))
    size = cells.sum(axis=1)
    men = (size * cells[:, 0] / cells[:, :2].sum(axis=1)).sum() / size.sum()
    women = (size * cells[:, 2] / cells[:, 2:].sum(axis=1)).sum() / size.sum()
    assert (found.unconditional.highest, found.unconditional.lowest) == ("men", "women")
    assert found.unconditional.value == pytest.approx(1198 / 2691 - 557 / 1835)
    assert (found.highest, found.lowest) == ("women", "men")
    assert found.reversed
    assert found.high == pytest.approx(women)
    assert found.low == pytest.approx(men)
    assert found.standardised.value == pytest.approx(women - men)
    assert found.standardised.lower < women - men < found.standardised.upper
    assert found.widest == "A"
    assert found.covered == 1


def test_berkeley_stratified_test_is_the_published_one():
    """R's mantelhaen.test: common odds ratio 0.9046968; X² 1.5246 without correction, p 0.2169."""
    people, departments = berkeley()
    counts = count_within(people, departments, 0.5)
    test = stratified_test(RATES["selection_rate"], counts)
    assert test.odds_ratio == pytest.approx(0.9046968, abs=1e-7)
    assert test.statistic == pytest.approx(1.5246, abs=5e-5)
    assert test.p_value == pytest.approx(0.2169, abs=5e-5)
    assert (test.freedom, test.strata) == (1, 6)
    swapped = Counts(*(getattr(counts, f)[:, ::-1] for f in ("tp", "fp", "fn", "tn")), ("w", "m"))
    other = stratified_test(RATES["selection_rate"], swapped)
    assert other.odds_ratio == pytest.approx(1 / 0.9046968, abs=1e-6)
    assert other.statistic == pytest.approx(test.statistic)


def test_stratified_test_of_one_stratum_is_pearson_times_n_minus_one_over_n():
    """With one stratum and three groups the statistic is (N − 1)/N · Pearson's chi-squared."""
    selected, refused = np.array([[30, 12, 8]]), np.array([[10, 20, 9]])
    nobody = np.zeros_like(selected)
    counts = Counts(selected, nobody, refused, nobody, ("a", "b", "c"))
    test = stratified_test(RATES["selection_rate"], counts)
    pearson = stats.chi2_contingency(np.vstack([selected, refused]), correction=False)
    n = selected.sum() + refused.sum()
    assert test.statistic == pytest.approx(pearson.statistic * (n - 1) / n)
    assert test.freedom == 2
    assert test.odds_ratio is None


def test_stratified_test_agrees_with_shuffling_within_strata():
    """Its p-value is near the permutation p-value of the same question."""
    people, departments = berkeley()
    counts = count_within(people, departments, 0.5)
    rng = np.random.default_rng(0)
    k = counts.tp + counts.fp
    expected = (k.sum(axis=1) * counts.n[:, 0] / counts.n.sum(axis=1)).sum()
    drawn = sum(
        rng.hypergeometric(k[d].sum(), counts.n[d].sum() - k[d].sum(), counts.n[d, 0], 20_000)
        for d in range(6)
    )
    found = abs(k[:, 0].sum() - expected)
    share = np.mean(np.abs(drawn - expected) >= found - 1e-9)
    test = stratified_test(RATES["selection_rate"], counts)
    assert share == pytest.approx(test.p_value, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(st.lists(person, min_size=2, max_size=40), st.sampled_from(list(GAPS)))
def test_one_stratum_is_no_stratum(rows, name):
    """With everyone in one stratum both pooled gaps are the gap over everyone."""
    people, _ = people_of(rows)
    counts = count_within(people, Attribute(np.zeros(people.n, dtype=np.int64), ("all",)))
    ours = float(GAPS[name](count(people)))
    for pool in (standardised_gap, average_gap):
        np.testing.assert_allclose(float(pool(GAPS[name], counts)), ours, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(person, min_size=2, max_size=40), st.sampled_from(["selection_rate", "tpr", "ppv"]))
def test_standardised_gap_by_the_definition(rows, rate_name):
    """Two groups: |Σ wₛ (aₛ − bₛ)| / Σ wₛ over strata where both have a rate, in a plain loop."""
    people, strata = people_of([(y, s, g % 2, z) for y, s, g, z in rows])
    counts = count_within(people, strata)
    rate = RATES[rate_name]
    value, behind = rate(counts), np.asarray(rate.denominator(counts))
    total, weights = 0.0, 0.0
    for s in range(3):
        if np.isnan(value[s, 0]) or np.isnan(value[s, 1]):
            continue
        total += behind[s].sum() * (value[s, 0] - value[s, 1])
        weights += behind[s].sum()
    gap = {
        "selection_rate": PARITY,
        "tpr": "equal_opportunity_difference",
        "ppv": "predictive_parity_difference",
    }[rate_name]
    ours = float(standardised_gap(GAPS[gap], counts))
    pair = standardised_pair(GAPS[gap], counts)
    if weights == 0:
        assert np.isnan(ours)
        assert pair is None
        return
    assert ours == pytest.approx(abs(total / weights), abs=1e-12)
    assert pair.high - pair.low == pytest.approx(ours, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(person, min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_order_of_people_and_strata_changes_nothing(rows, random):
    """Shuffled people, and strata listed the other way round, give the same pooled numbers."""
    people, strata = people_of(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    others, same = people_of(shuffled)
    turned = Attribute(2 - same.codes, tuple(reversed(same.names)))
    for name in (PARITY, "equalized_odds_difference", "demographic_parity_ratio"):
        for pool in (standardised_gap, average_gap):
            np.testing.assert_allclose(
                pool(GAPS[name], count_within(people, strata)),
                pool(GAPS[name], count_within(others, turned)),
                atol=1e-12,
            )


@settings(max_examples=30, deadline=None)
@given(st.lists(person, min_size=2, max_size=30))
def test_strata_add_up_to_everyone(rows):
    """Counts per stratum add up to the counts without strata."""
    people, strata = people_of(rows)
    whole, ours = count(people), everyone_of(count_within(people, strata))
    for field in ("tp", "fp", "fn", "tn"):
        assert getattr(ours, field).tolist() == getattr(whole, field).tolist()


def test_opposite_gaps_cancel_when_standardised_and_not_on_average():
    """A selects more in one stratum, B in the other: standardised 0, average 0.2."""
    k = np.array([[60, 40], [40, 60]])
    nobody = np.zeros_like(k)
    counts = Counts(k, nobody, 100 - k, nobody, ("a", "b"))
    assert float(standardised_gap(GAPS[PARITY], counts)) == pytest.approx(0, abs=1e-12)
    assert float(average_gap(GAPS[PARITY], counts)) == pytest.approx(0.2)


def test_strata_without_a_gap_are_listed_and_small_ones_never_the_widest():
    """Stratum y has one group, z three people: y is left out by name, z is pooled and marked."""
    rows = [(0, 0.9, 0, 0)] * 30 + [(0, 0.1, 0, 0)] * 30 + [(0, 0.9, 1, 0)] * 20
    rows += [(0, 0.1, 1, 0)] * 40 + [(1, 0.9, 0, 1)] * 15
    rows += [(0, 0.9, 0, 2), (0, 0.1, 1, 2), (0, 0.1, 1, 2)]
    people, strata = people_of(rows)
    found = within_strata(people, strata, gaps=[PARITY], draws=200).gaps[PARITY]
    by_name = {s.stratum: s for s in found.strata}
    assert by_name["y"].gap.value is None
    assert len(found.left_out) == 1
    assert found.left_out[0].startswith("y: Undefined")
    assert by_name["z"].gap.value == 1
    assert by_name["z"].small
    assert by_name["z"].fewest == 1
    assert found.widest == "x"
    assert found.covered == pytest.approx(123 / 138)
    assert found.standardised.value == pytest.approx((120 * (0.5 - 1 / 3) + 3 * 1) / 123)


def test_whole_weights_give_the_values_of_repeated_people_and_no_p_values():
    """Weight 2 for everyone counts as everybody twice; tests are not given for weights."""
    rng = np.random.default_rng(0)
    rows = [
        (int(rng.integers(2)), float(rng.choice([0.1, 0.9])), int(rng.integers(2)), int(z))
        for z in rng.integers(0, 3, 200)
    ]
    weighted, strata = people_of(rows, weight=np.where(np.arange(200) % 2, 1.0, 3.0))
    repeated, many = people_of(
        [row for i, row in enumerate(rows) for _ in range(1 if i % 2 else 3)]
    )
    ours = within_strata(weighted, strata, draws=200)
    theirs = within_strata(repeated, many, draws=200)
    for name in GAPS:
        one, other = ours.gaps[name], theirs.gaps[name]
        assert one.standardised.value == pytest.approx(other.standardised.value)
        assert one.average.value == pytest.approx(other.average.value)
        assert one.standardised.p_value is None
        assert one.test is None
    assert any("weighted" in note for note in ours.notes)
    parity = ours.gaps[PARITY]
    assert parity.standardised.lower is not None


def test_the_interval_of_no_conditional_gap_includes_none():
    """Groups alike within strata, apart over everyone: the standardised interval reaches 0."""
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(40):
        stratum = rng.integers(0, 2, 800)
        group = (rng.random(800) < 0.2 + 0.6 * stratum).astype(int)
        selected = (rng.random(800) < 0.2 + 0.5 * stratum).astype(float)
        people = GroupedOutcomes.from_arrays(
            y_true=rng.integers(0, 2, 800), score=selected, group=group
        )
        strata = Attribute(stratum, ("low", "high"))
        found = within_strata(people, strata, gaps=[PARITY], draws=300).gaps[PARITY]
        assert found.unconditional.value > 0.15
        missed += found.standardised.lower > 0
    assert missed <= 6


def test_same_seed_same_record_and_strict_json():
    """Same seed, same bytes; nothing undefined becomes NaN."""
    people, departments = berkeley()
    texts = [
        json.dumps(within_strata(people, departments, draws=100).to_record(), allow_nan=False)
        for _ in range(2)
    ]
    assert texts[0] == texts[1]


def test_refuses_strata_of_other_people_and_tests_without_shares():
    """A stratum per person, and whole people of whom a share is taken."""
    people, departments = berkeley()
    with pytest.raises(InputError, match="Every person needs a stratum"):
        within_strata(people, Attribute(departments.codes[:-1], departments.names))
    with pytest.raises(InputError, match="cannot be tested"):
        stratified_test(RATES["f1"], count_within(people, departments))


def test_the_widest_of_many_strata_is_said_to_be_picked_and_seldom_excludes_no_gap():
    """Ten strata without any gap: the interval allows for picking, so few samples exclude 0."""
    excluded, alone = 0, 0
    names = tuple(f"s{i}" for i in range(10))
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y, selected = (rng.random((2, 1200)) < 0.4).astype(int)
        people = GroupedOutcomes.from_arrays(
            y_true=y, score=selected.astype(float), group=np.tile(["a", "b"], 600)
        )
        strata = Attribute(np.repeat(np.arange(10), 120), names)
        result = within_strata(people, strata, gaps=[PARITY], draws=500, seed=seed)
        found = result.gaps[PARITY]
        widest = next(s.gap for s in found.strata if s.stratum == found.widest)
        assert found.widest_lower <= widest.lower <= widest.value <= widest.upper
        excluded += found.widest_lower > 0
        alone += widest.lower > 0
    assert excluded <= 8
    assert alone > 8
    text = strata_sentence(result, PARITY, "sex", "region")
    assert "picked from 10 strata" in text
    assert f"{100 * found.widest_lower:.1f} to {100 * found.widest_upper:.1f}" in text
    assert f"chance alone would give about {100 * found.average.by_chance:.1f} points" in text


def test_what_chance_leaves_on_average_within_tiny_strata():
    """With groups alike in 40 strata of 2 × 15 people the average gap is all by chance."""
    rng = np.random.default_rng(3)
    selected = (rng.random(1200) < 0.4).astype(float)
    people = GroupedOutcomes.from_arrays(
        y_true=np.zeros(1200, dtype=int), score=selected, group=np.tile(["a", "b"], 600)
    )
    strata = Attribute(np.repeat(np.arange(40), 30), tuple(str(i) for i in range(40)))
    found = within_strata(people, strata, gaps=[PARITY], draws=500).gaps[PARITY]
    expected = np.sqrt(2 / np.pi) * np.sqrt(2 * 0.4 * 0.6 / 15)
    assert found.average.by_chance == pytest.approx(expected, rel=0.1)
    assert found.average.value == pytest.approx(found.average.by_chance, abs=0.03)
    assert found.average.lower == 0
