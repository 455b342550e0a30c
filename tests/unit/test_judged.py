"""Rules picked under one metric on validation people and judged by all on test people."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.errors import InputError, UnknownNameError
from fairlab.metrics import GAPS, RATES, wilson
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.results import Attribute, Point, SplitScores, SweepResult
from fairlab.sweeps.candidates import candidate_rules, pick_rule
from fairlab.sweeps.judged import JUDGES, metric_matrix

DP = "demographic_parity_difference"
PPV = "predictive_parity_difference"
SCORES = [0.1, 0.3, 0.5, 0.7, 0.9]


def split(y: list[int], race: list[int], scores: list[list[float]], **more: object) -> SplitScores:
    return SplitScores(
        score=np.array(scores, dtype=np.float32),
        y_true=np.array(y),
        attributes={
            "race": Attribute(np.array(race), ("Black", "White")),
            "sex": Attribute(np.arange(len(y)) % 2, ("female", "male")),
        },
        rows=np.arange(len(y)),
        **more,  # type: ignore[arg-type]
    )


def sweep(validation: SplitScores, test: SplitScores, **points: object) -> SweepResult:
    """Models at strength 0, 1, …, none of which needs the attribute."""
    made = tuple(
        replace(
            Point(m, "penalty", float(m), None, 0, 3, m == 0, uses_attribute_when_deciding=False),
            **{name: value[m] for name, value in points.items()},  # type: ignore[index]
        )
        for m in range(len(test.score))
    )
    return SweepResult(
        points=made,
        splits={"train": test, "validation": validation, "test": test},
        constraint="demographic_parity",
        group_by=("race",),
        threshold=0.5,
    )


def random_split(rng: np.random.Generator, n: int, models: int = 3) -> SplitScores:
    """Few distinct scores, so that ties are everywhere; they tell outcomes apart somewhat."""
    y, race = rng.integers(0, 2, n), rng.integers(0, 2, n)
    place = np.clip(rng.integers(0, 4, (models, n)) + y * (rng.random(n) < 0.7), 0, 4)
    return split(y.tolist(), race.tolist(), np.array(SCORES)[place].tolist())


def brute_force(result: SweepResult, metric: str, tolerance: float, give_up: float) -> set[tuple]:  # type: ignore[type-arg]
    """Accuracy and gap of the best rule, person by person in plain loops."""
    people = result.splits["validation"]
    rules = []
    for m in range(len(result.points)):
        score = people.score[m].astype(float)
        distinct = sorted(set(score))
        for cut in [distinct[0] / 2, *[(a + b) / 2 for a, b in pairwise(distinct)]]:
            selected = score >= cut
            right = float(np.mean(selected == people.y_true))
            rate = {}
            for y in (0, 1):
                own = selected[people.y_true == y]
                rate[y] = float(own.mean()) if len(own) else 0.0
            outcomes = GroupedOutcomes.from_arrays(
                y_true=people.y_true,
                score=score,
                group=people.attributes["race"].codes,
                group_names=("Black", "White"),
            )
            gap = float(GAPS[metric](count(outcomes, cut)))
            rules.append((m, right, rate[1] - rate[0], gap))
    telling = max(rule[2] for rule in rules)
    told = [rule for rule in rules if rule[2] > 0 and rule[2] >= telling / 2 - 1e-12]
    if not told:
        return set()
    best = max(rule[1] for rule in told)
    kept = [rule for rule in told if rule[1] >= best - give_up - 1e-12 and not np.isnan(rule[3])]
    if not kept:
        return set()
    inside = [rule for rule in kept if rule[3] <= tolerance + 1e-12]
    if inside:
        top = max(inside, key=lambda rule: (round(rule[1], 9), -round(rule[3], 9)))
    else:
        top = min(kept, key=lambda rule: (round(rule[3], 9), -round(rule[1], 9)))
    return {(round(top[1], 9), round(top[3], 9))}


@given(st.integers(0, 10_000), st.sampled_from(JUDGES), st.sampled_from([0.0, 0.1, 0.3]))
@settings(max_examples=60, deadline=None)
def test_the_rule_picked_is_the_best_of_all_tried_one_by_one(
    seed: int, metric: str, tolerance: float
) -> None:
    rng = np.random.default_rng(seed)
    result = sweep(random_split(rng, 24), random_split(rng, 9))
    picked = pick_rule(candidate_rules(result), metric, tolerance, give_up=0.2)
    wanted = brute_force(result, metric, tolerance, 0.2)
    found = set() if picked is None else {(round(picked.accuracy, 9), round(picked.gap or 0.0, 9))}
    assert found == wanted
    if picked is not None:  # and at the threshold it names, the rule does what it says
        people = result.scored(picked.index, "validation").outcomes(("race",))
        counts = count(people, picked.threshold)
        assert float(GAPS[metric](counts)) == pytest.approx(picked.gap)
        assert RATES["accuracy"](counts.overall())[0] == pytest.approx(picked.accuracy)
        assert picked.within == (picked.gap <= tolerance + 1e-9)


def test_no_label_and_no_score_of_test_people_enters_the_picking() -> None:
    """Whatever the test split holds, the same rules are picked; validation labels do matter."""
    rng = np.random.default_rng(3)
    validation, test = random_split(rng, 60), random_split(rng, 60)
    turned = replace(test, y_true=1 - test.y_true, score=1 - test.score)
    mirrored = replace(validation, score=validation.score[::-1].copy())
    first, second, third = (
        metric_matrix(sweep(v, t), draws=100)
        for v, t in ((validation, test), (validation, turned), (mirrored, test))
    )
    assert [row.rule for row in first.rows] == [row.rule for row in second.rows]
    assert [row.rule for row in first.rows] != [row.rule for row in third.rows]
    assert [row.accuracy for row in first.rows] != [row.accuracy for row in second.rows]


def test_cells_are_the_gaps_of_test_people_at_the_rule() -> None:
    """Every cell against counting test people by hand; accuracy with Wilson's interval."""
    rng = np.random.default_rng(4)
    result = sweep(random_split(rng, 80), random_split(rng, 200))
    matrix = metric_matrix(result, draws=200)
    assert [row.metric for row in matrix.rows] == ["accuracy", *JUDGES]
    for row in matrix.rows:
        assert row.rule is not None
        people = result.scored(row.rule.index, "test").outcomes(("race",))
        counts = count(people, row.rule.threshold)
        for cell in row.cells:
            wanted = GAPS[cell.metric].result(counts)
            assert cell.value == pytest.approx(wanted.value)
            assert (cell.highest, cell.lowest) == (wanted.highest, wanted.lowest)
            assert cell.lower is not None
            assert cell.upper is not None
            assert cell.lower <= cell.value <= cell.upper
        right = int((counts.tp + counts.tn).sum())
        low, high = wilson(right, 200)
        assert (row.accuracy.lower, row.accuracy.upper) == pytest.approx((float(low), float(high)))


def test_a_score_at_the_threshold_is_selected() -> None:
    """The run's own threshold, 0.5, is a score here: whoever has it is selected."""
    scores = [[0.1, 0.3, 0.5, 0.9] * 4]
    people = split([0, 0, 1, 1] * 4, [0] * 8 + [1] * 8, scores)
    picked = pick_rule(candidate_rules(sweep(people, people)), "accuracy")
    assert picked is not None
    assert (picked.threshold, picked.accuracy) == (0.5, 1.0)


def test_the_more_equal_rule_costs_accuracy_and_the_other_costs_the_gap() -> None:
    """Model 0 is right and unequal, model 1 equal and wrong about a few: signs of both costs."""
    y = [1] * 30 + [0] * 10 + [1] * 10 + [0] * 30
    race = [0] * 40 + [1] * 40
    right = [0.9 if one else 0.1 for one in y]
    equal = [0.9] * 20 + [0.1] * 20 + [0.9] * 20 + [0.1] * 20
    people = split(y, race, [right, equal])
    matrix = metric_matrix(sweep(people, people), metrics=(DP, "accuracy_difference"), give_up=0.4)
    best, parity = matrix.row("accuracy"), matrix.row(DP)
    assert best.rule is not None
    assert parity.rule is not None
    assert (best.rule.index, parity.rule.index) == (0, 1)
    assert parity.against.value == pytest.approx(-20 / 80)
    assert parity.against.upper is not None
    assert parity.against.upper < 0
    assert parity.changed == pytest.approx(20 / 80)
    assert (best.against.value, best.against.lower, best.changed) == (0.0, 0.0, 0.0)
    assert best.worst == DP
    assert best.worst_beyond.value == pytest.approx(0.5)
    assert best.worst_beyond.lower is not None
    assert best.worst_beyond.lower > 0
    assert best.cells[0].highest == "Black"
    assert best.same_as == ("accuracy_difference",)


def test_rules_that_need_the_attribute_can_be_left_out() -> None:
    y, race = [1, 1, 0, 0] * 10, [0] * 20 + [1] * 20
    good = [0.9, 0.9, 0.1, 0.1] * 10
    fair = [0.9, 0.7, 0.3, 0.1] * 8 + [0.1, 0.9, 0.9, 0.1] * 2
    people = split(y, race, [good, fair])
    result = sweep(people, people, uses_attribute_when_deciding=(True, False))
    found = candidate_rules(result)
    needing, free = pick_rule(found, "accuracy"), pick_rule(found, "accuracy", attribute=False)
    assert needing is not None
    assert free is not None
    assert (needing.index, needing.needs_attribute) == (0, True)
    assert (free.index, free.needs_attribute) == (1, False)
    assert metric_matrix(result, metrics=(DP,), draws=100).needing == (0,)


def test_among_rules_as_good_the_one_that_needs_no_attribute_and_the_others_are_named() -> None:
    y, race, score = [1, 1, 0, 0] * 10, [0] * 20 + [1] * 20, [0.9, 0.9, 0.1, 0.1] * 10
    people = split(y, race, [score] * 3)
    result = sweep(people, people, uses_attribute_when_deciding=(True, False, None))
    picked = pick_rule(candidate_rules(result), DP)
    assert picked is not None
    assert (picked.index, picked.threshold, picked.tied) == (1, 0.5, (0, 2))


def test_selecting_nobody_of_a_group_makes_no_gap_narrower() -> None:
    """Three groups; a rule that refuses all of one compares two. It is not picked for that."""
    rng = np.random.default_rng(0)
    n = 300
    group, y = np.arange(n) % 3, rng.integers(0, 2, n)
    score = np.where(y == 1, 0.9, 0.1)
    wrong = rng.random(n) < 0.1 + 0.05 * group
    score[wrong] = 1 - score[wrong]
    refusing = np.where(group == 2, 0.05, np.where(y == 1, 0.9, 0.1))
    people = SplitScores(
        score=np.stack([score, refusing]).astype(np.float32),
        y_true=y,
        attributes={"group": Attribute(group, ("a", "b", "c"))},
        rows=np.arange(n),
    )
    result = replace(sweep(people, people), group_by=("group",))
    picked = pick_rule(candidate_rules(result), PPV, 0.0, give_up=0.3)
    assert picked is not None
    assert picked.index == 0


def test_a_gap_of_one_group_is_undefined_and_its_row_empty() -> None:
    people = split([1, 0] * 10, [0] * 20, [[0.9, 0.1] * 10])
    matrix = metric_matrix(sweep(people, people), metrics=(DP,), draws=100)
    assert matrix.row(DP).rule is None
    best = matrix.row("accuracy")
    assert best.cells[0].value is None
    assert "fewer than two groups" in best.cells[0].why
    assert best.cells[0].beyond is None


def test_scores_that_tell_nothing_give_no_rule() -> None:
    people = split([1, 0] * 10, [0] * 10 + [1] * 10, [[0.5] * 20])
    assert pick_rule(candidate_rules(sweep(people, people)), "accuracy") is None
    assert metric_matrix(sweep(people, people), draws=100).rows[0].rule is None


def test_several_attributes_are_judged_by_the_widest_of_them() -> None:
    """The interval reaches at least as far as that of the widest alone: two were looked at."""
    rng = np.random.default_rng(8)
    result = sweep(random_split(rng, 100), random_split(rng, 150))
    both = metric_matrix(result, [("race",), ("sex",)], metrics=(DP,), models=[0])
    row = both.row(DP)
    assert row.rule is not None
    alone = {}
    for by in ("race", "sex"):
        people = result.scored(row.rule.index, "test").outcomes((by,))
        alone[by] = float(GAPS[DP](count(people, row.rule.threshold)))
    cell = row.cells[0]
    assert cell.value == pytest.approx(max(alone.values()))
    assert cell.by == (max(alone, key=lambda by: alone[by]),)
    one = metric_matrix(result, [cell.by], metrics=(DP,), models=[0])
    if one.row(DP).rule == row.rule:
        assert cell.upper is not None
        assert one.row(DP).cells[0].upper is not None
        assert cell.upper >= one.row(DP).cells[0].upper


def test_a_model_that_draws_decisions_is_one_rule_and_flagged_models_none() -> None:
    rng = np.random.default_rng(9)
    result = sweep(
        random_split(rng, 60),
        random_split(rng, 60),
        mixed=(3, None, None),
        flags=((), ("Collapsed.",), ()),
    )
    found = candidate_rules(result)
    assert np.sum(found.index == 0) == 1
    assert found.flagged == (1,)
    assert 1 not in found.index
    matrix = metric_matrix(result, models=[0], metrics=(DP,), give_up=1.0, draws=100)
    rule = matrix.row(DP).rule
    assert rule is None or matrix.row(DP).drawn


def test_ratios_are_judged_by_their_distance_from_one() -> None:
    rng = np.random.default_rng(2)
    result = sweep(random_split(rng, 200), random_split(rng, 200))
    name = "demographic_parity_ratio"
    picked = pick_rule(candidate_rules(result), name, 0.1, give_up=0.3)
    assert picked is not None
    assert picked.gap is not None
    assert picked.within == (picked.gap >= 0.9)
    matrix = metric_matrix(result, metrics=(name, DP), tolerance=0.1, draws=200)
    cell = matrix.row(DP).cells[0]
    assert cell.value is not None
    own = matrix.row(name).cells[0].value
    assert own is not None
    assert cell.beyond == pytest.approx(own - cell.value)


def test_weights_of_one_and_a_half_change_no_share() -> None:
    """Equal weights give the unweighted matrix; uneven ones wider intervals of accuracy."""
    rng = np.random.default_rng(6)
    validation, test = random_split(rng, 60), random_split(rng, 80)
    plain = metric_matrix(sweep(validation, test), metrics=(DP,), draws=200)
    alike = metric_matrix(
        sweep(replace(validation, weight=np.full(60, 1.5)), replace(test, weight=np.full(80, 1.5))),
        metrics=(DP,),
        draws=200,
    )
    uneven = np.where(np.arange(80) % 4 == 0, 4.0, 0.5)
    wide = metric_matrix(sweep(validation, replace(test, weight=uneven)), metrics=(DP,), draws=200)
    for one, other in zip(plain.rows, alike.rows, strict=True):
        assert one.rule is not None
        assert other.rule is not None
        assert (one.rule.index, one.rule.threshold) == (other.rule.index, other.rule.threshold)
        assert one.accuracy.lower == pytest.approx(other.accuracy.lower)
        assert one.cells[0].value == pytest.approx(other.cells[0].value)
    assert wide.weighted
    first, last = plain.rows[0].accuracy, wide.rows[0].accuracy
    assert None not in (first.lower, first.upper, last.lower, last.upper)
    assert last.upper - last.lower > first.upper - first.lower  # type: ignore[operator]


def test_what_cannot_be_asked_is_refused() -> None:
    rng = np.random.default_rng(1)
    result = sweep(random_split(rng, 20), random_split(rng, 20))
    with pytest.raises(InputError, match="tolerance"):
        metric_matrix(result, metrics=("treatment_equality_difference",))
    with pytest.raises(InputError, match="at least one metric"):
        metric_matrix(result, metrics=())
    with pytest.raises(InputError, match="0 or more"):
        metric_matrix(result, tolerance=-0.1)
    with pytest.raises(InputError, match="threshold"):
        candidate_rules(result, thresholds=0)
    with pytest.raises(UnknownNameError):
        metric_matrix(result, metrics=("fairness",))
