"""Tolerance first and cost first, and that test people play no part in any way of choosing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fairlab.choosing import HowChosen, Preference
from fairlab.choosing.costs import Costs, choose_by_cost
from fairlab.choosing.options import best_for_some_rate, options_of, worth_asking
from fairlab.choosing.questions import asked_about
from fairlab.choosing.tolerance import tolerances
from fairlab.config import Constraint
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.pareto.selection import validation_draws
from fairlab.results import Attribute, SplitScores, SweepResult
from tests.unit.choosing_people import result

RUN = result()


def _wrong(found: SweepResult, index: int, threshold: float) -> tuple[int, int, float]:
    """Wrong approvals, wrong refusals and the gap on validation people, counted anew."""
    people = found.splits["validation"]
    score = people.score[index].astype(np.float64)
    race = people.attributes["race"]
    outcomes = GroupedOutcomes.from_arrays(
        y_true=people.y_true, score=score, group=np.array(race.names)[race.codes]
    )
    counts = count(outcomes, threshold)
    gap = float(GAPS["demographic_parity_difference"](counts))
    return int(counts.fp.sum()), int(counts.fn.sum()), gap


@pytest.mark.parametrize(("approval", "refusal"), [(1.0, 1.0), (5.0, 1.0), (0.0, 1.0), (1.0, 3.0)])
def test_costs_pick_the_narrowest_gap_that_is_cheap_enough(approval: float, refusal: float) -> None:
    """Against trying every model at both thresholds."""
    costs = Costs(approval, refusal, 0.03)
    found = choose_by_cost(RUN, costs, draws=20)
    tried = []
    for index in range(len(RUN.points)):
        for threshold in {0.5, costs.threshold}:
            fp, fn, gap = _wrong(RUN, index, threshold)
            tried.append(((approval * fp + refusal * fn) / 600, gap, index, threshold))
    least = min(cost for cost, *_ in tried)
    reach = [row for row in tried if row[0] <= least + 0.03 * (approval + refusal) / 2 + 1e-9]
    assert found.gap == pytest.approx(min(row[1] for row in reach))
    assert found.least == pytest.approx(1000 * least)
    assert found.cost <= found.least + 30 * (approval + refusal) / 2 + 1e-6
    assert found.within_reach == len({row[2] for row in reach})


def test_at_equal_costs_the_allowance_is_one_of_accuracy() -> None:
    """2 points of accuracy given up: 20 wrong decisions more per 1,000, at any unit of cost."""
    cheap, dear = (choose_by_cost(RUN, Costs(c, c, 0.02), draws=5) for c in (1.0, 7.0))
    assert (cheap.index, cheap.threshold) == (dear.index, dear.threshold)
    assert cheap.cheapest_accuracy - cheap.accuracy <= 0.02 + 1e-9


def test_dear_wrong_approvals_raise_the_threshold() -> None:
    """Five to one is decided at five sixths where scores are probabilities."""
    people = RUN.splits["validation"]
    likely = (1 / (1 + np.exp(-12.5 * (people.score - 0.5)))).astype(np.float32)
    splits = {**RUN.splits, "validation": replace(people, score=likely)}
    found = choose_by_cost(replace(RUN, splits=splits), Costs(5.0, 1.0, 0.0), draws=5)
    assert Costs(5.0, 1.0, 0.0).threshold == pytest.approx(5 / 6)
    assert found.cheapest_threshold == pytest.approx(5 / 6)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([0.0, 0.01, 0.02, 0.05, 0.1]), st.sampled_from([0.0, 0.02, 0.2]))
def test_giving_up_more_never_widens_the_gap(less: float, more: float) -> None:
    one = choose_by_cost(RUN, Costs(2.0, 1.0, less), draws=2)
    other = choose_by_cost(RUN, Costs(2.0, 1.0, less + more), draws=2)
    assert other.gap <= one.gap + 1e-12


@pytest.mark.parametrize(
    "costs", [Costs(-1, 1, 0), Costs(0, 0, 0), Costs(np.nan, 1, 0), Costs(1, 1, 1.5)]
)
def test_impossible_costs_are_refused(costs: Costs) -> None:
    with pytest.raises(InputError, match="found"):
        choose_by_cost(RUN, costs)


def test_test_people_play_no_part() -> None:
    """Other test labels and scores: the same options, questions, picks."""
    people = RUN.splits["test"]
    rng = np.random.default_rng(9)
    other = SplitScores(
        rng.permuted(people.score, axis=1), 1 - people.y_true, people.attributes, people.rows
    )
    changed = replace(RUN, splits={**RUN.splits, "test": other})
    assert options_of(changed).front == options_of(RUN).front
    assert asked_about(options_of(changed)).models == asked_about(options_of(RUN)).models
    costs = Costs(2.0, 1.0, 0.02)
    assert choose_by_cost(changed, costs, draws=10) == choose_by_cost(RUN, costs, draws=10)
    picked = [
        [row.index for row in tolerances(one, draws=validation_draws(one, 50)).rows]
        for one in (changed, RUN)
    ]
    assert picked[0] == picked[1]


def test_without_test_people_there_is_still_a_choice() -> None:
    alone = replace(RUN, splits={"validation": RUN.splits["validation"]})
    assert choose_by_cost(alone, Costs(1, 1, 0.02), draws=5).index >= 0


def test_wider_tolerances_allow_more_accuracy() -> None:
    """Each row keeps its gap; rows that lead to the same model are said once."""
    found = tolerances(RUN, draws=validation_draws(RUN, 50))
    assert [row.within for row in found.rows] == sorted(row.within for row in found.rows)
    assert all(row.gap <= row.within + 1e-9 for row in found.rows if row.met)
    indices = [row.index for row in found.different]
    assert len(set(indices)) == len(indices)


def test_models_with_warnings_are_not_offered() -> None:
    """Unless all have them, which is said."""
    ill = tuple(replace(p, flags=("Collapsed.",)) for p in RUN.points)
    some = replace(RUN, points=(*ill[:6], *RUN.points[6:]))
    assert min(options_of(some).front) >= 6
    assert options_of(replace(RUN, points=ill)).warned


def test_what_is_asked_about_holds_both_ends_and_beats_each_other_nowhere() -> None:
    """Along the front accuracy falls and the gap narrows."""
    options = options_of(RUN)
    models = list(worth_asking(options))
    assert (models[0], models[-1]) == (options.front[0], options.front[-1])
    assert (np.diff(options.accuracy[models]) < 0).all()
    assert (np.diff(options.gap[models]) < 0).all()


def test_corners_are_best_for_some_rate() -> None:
    """Trying a thousand exchange rates finds the corners and nothing else."""
    options = options_of(RUN)
    front = list(options.front)
    rates = np.tan(np.linspace(0, np.pi / 2, 1002)[1:-1])
    value = options.accuracy[front] - rates[:, None] * options.gap[front]
    tried = {front[k] for k in value.argmax(axis=1)}
    assert tried <= set(best_for_some_rate(options.accuracy, options.gap, options.front))


def test_neighbours_lie_on_either_side() -> None:
    options = options_of(RUN)
    front = options.front
    assert options.neighbours(front[1]) == (front[0], front[2])
    assert options.neighbours(front[0]) == (front[1],)


def test_no_model_of_the_kind_asked_for_is_refused() -> None:
    with pytest.raises(InputError, match="Choose among all models"):
        options_of(RUN, uses_attribute=True)


@pytest.mark.parametrize("constraint", ["equal_opportunity", "equalized_odds"])
def test_other_constraints_have_options_too(constraint: Constraint) -> None:
    assert len(options_of(replace(RUN, constraint=constraint)).front) >= 1


def test_the_record_holds_what_its_way_needs() -> None:
    """Round trip; a way without its numbers, or test people, is refused."""
    how = HowChosen(
        route="pairs",
        index=3,
        proposed=2,
        seed=0,
        answers=(Preference(left=2, right=3, answer="neither"),),
        reason="Because.",
    )
    assert HowChosen.model_validate_json(how.model_dump_json()) == how
    assert how.taken_otherwise
    for wrong in ({"route": "tolerance"}, {"route": "cost", "within": 0.1}, {"split": "test"}):
        with pytest.raises(ValidationError):
            HowChosen.model_validate({"index": 0, "route": "curve"} | wrong)


def test_what_picking_narrows_is_said_although_noise_widens_every_gap() -> None:
    """Twenty models by chance, three groups: on test people the picked gap is as much wider."""
    said, found = 0.0, 0.0
    for seed in range(100):
        one = _by_chance(seed)
        chosen = choose_by_cost(one, Costs(1.0, 1.0, 0.05), draws=60, seed=seed)
        test = one.splits["test"]
        outcomes = GroupedOutcomes.from_arrays(
            y_true=test.y_true,
            score=test.score[chosen.index].astype(np.float64),
            group=test.attributes["race"].codes,
        )
        gap = float(GAPS["demographic_parity_difference"](count(outcomes, 0.5)))
        said, found = said + chosen.gap_growth / 100, found + (gap - chosen.gap) / 100
    assert found > 0.02
    assert 0.6 * found < said < 1.5 * found


def _by_chance(seed: int) -> SweepResult:
    """Models that differ by chance alone; no group is selected more often than another."""
    rng = np.random.default_rng(seed)

    def split() -> SplitScores:
        race = Attribute(rng.choice(3, 300, p=(0.6, 0.3, 0.1)), ("A", "B", "C"))
        y_true = rng.integers(0, 2, 300)
        score = np.clip(0.3 + 0.4 * y_true + rng.normal(0, 0.4, (20, 300)), 0.001, 0.999)
        return SplitScores(score.astype(np.float32), y_true, {"race": race}, np.arange(300))

    splits = {name: split() for name in ("train", "validation", "test")}
    return replace(
        RUN,
        points=tuple(replace(RUN.points[0], index=m, strength=float(m)) for m in range(20)),
        splits=splits,
    )
