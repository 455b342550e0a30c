"""One number of one model on one split at one threshold has one interval, wherever it is shown."""

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest

from fairlab.config import CONSTRAINT_GAPS, Choice
from fairlab.decision.measuring import considered_numbers, groupings_of
from fairlab.metrics import GAPS, audit, people_gaps
from fairlab.metrics.people_gaps import gap_of_people
from fairlab.outcomes import GroupedOutcomes
from fairlab.pareto.decisions import Decisions, resample
from fairlab.pareto.measured import measured_from_counts
from fairlab.pareto.noise import noise, one_point
from fairlab.reports.facts import Facts, gather
from fairlab.reports.html.content import curve_part
from fairlab.reports.tables.curve import curve_rows
from fairlab.reports.tables.numbers import chosen_model, numbers_table
from fairlab.reports.tables.points import points_table
from fairlab.reports.tables.workshop import points_in_people
from fairlab.results import SweepResult
from fairlab.sweeps.judged import metric_matrix
from tests import decided, reported

Ends = tuple[float | None, float | None]
BY_THEMSELVES = {"grouping": "marginal", "by": ("sex", "race")}
CASES = {
    "whole people": decided.result(),
    "weighted people": decided.result(weighted=True),
    "each attribute by itself": decided.result(**BY_THEMSELVES),  # type: ignore[arg-type]
    "weighted, each by itself": decided.result(weighted=True, **BY_THEMSELVES),  # type: ignore[arg-type]
}
GAP = CONSTRAINT_GAPS["equal_opportunity"]


@pytest.fixture(params=CASES)
def found(request: pytest.FixtureRequest) -> SweepResult:
    return CASES[request.param]


def facts_of(result: SweepResult) -> Facts:
    """Of model 1 at the threshold of the run; nothing withheld."""
    config, _ = reported.reported()
    choice = Choice(mode="penalty", strength=1.0, threshold=result.threshold)
    return gather(config.model_copy(update={"choice": choice}), result, smallest=0)


@functools.cache
def numbers_csv() -> pd.DataFrame:
    result = CASES["whole people"]
    return numbers_table(result, chosen_model(facts_of(result).config, result), smallest=0)


def from_numbers(kind: str, metric: str) -> Ends:
    table = numbers_csv()
    here = table["chosen"] & (table["split"] == "test") & (table["kind"] == kind)
    row = table[here & (table["metric"] == metric) & table["group"].isin(["", "(everyone)"])]
    return row["lower"].iloc[0], row["upper"].iloc[0]


def same(ends: dict[str, Ends]) -> None:
    for where, one in ends.items():
        assert None not in one, where
        # A record keeps six decimals.
        assert np.allclose(np.array(one, float), np.array(ends["curve"], float), atol=6e-7), where


def test_a_gap_has_one_interval_on_every_page_and_in_every_file(found: SweepResult) -> None:
    facts, rows = facts_of(found), curve_rows(found)
    all_, alone = noise(found, draws=100).points[1].gap, one_point(found, 1).gap
    considered = considered_numbers(found, 1, facts.choice, found.constraint, 0)["test"][GAP]
    room = points_in_people(found, rows, {1: 1})[0].gaps
    ends: dict[str, Ends] = {
        "curve": (rows[1].lower, rows[1].upper),
        "noise of all models": (all_.lower, all_.upper),
        "noise of one": (alone.lower, alone.upper),
        "report": (facts.chosen.gap(GAP).lower, facts.chosen.gap(GAP).upper),
        "considered in a record": (considered.lower, considered.upper),
        "room": (room[GAP].lower, room[GAP].upper),
    }
    if len(found.groupings) == 1:
        compared = audit(found.scored(1, "test").outcomes(found.group_by), 0.5).gaps[GAP]
        recorded = groupings_of(found, 1, facts.choice, "test", 0)[0].gaps[GAP]
        ends["Compare"] = compared.lower, compared.upper
        ends["record"] = recorded.lower, recorded.upper
    if found is CASES["whole people"]:
        ends["numbers.csv"] = from_numbers("gap", GAP)
    same(ends)
    shown = {row["index"]: row["gap_interval"] for row in curve_part(facts, rows)["rows"]}
    low, high = ends["report"]
    assert shown[1] == f"{100 * (low or 0):.1f} to {100 * (high or 0):.1f}"


def test_accuracy_has_one_interval_on_every_page_and_in_every_file(found: SweepResult) -> None:
    facts, row = facts_of(found), curve_rows(found)[1]
    all_, alone = noise(found, draws=100).points[1].accuracy, one_point(found, 1).accuracy
    considered = considered_numbers(found, 1, facts.choice, found.constraint, 0)["test"]
    whole = audit(found.scored(1, "test").outcomes(("race",)), 0.5).rates["accuracy"].everyone
    ends: dict[str, Ends] = {
        "curve": (row.accuracy_lower, row.accuracy_upper),
        "noise of all models": (all_.lower, all_.upper),
        "noise of one": (alone.lower, alone.upper),
        "report": (facts.chosen.accuracy.lower, facts.chosen.accuracy.upper),
        "considered in a record": (considered["accuracy"].lower, considered["accuracy"].upper),
        "Compare, by another attribute": (whole.lower, whole.upper),
    }
    if found is CASES["whole people"]:
        ends["numbers.csv"] = from_numbers("rate", "accuracy")
    if found.splits["test"].weight is None:
        told = points_table(found).query("split == 'test' and model == 1").iloc[0]
        ends["points.csv"] = told["accuracy_lower"], told["accuracy_upper"]
    same(ends)


def test_rules_judged_by_each_other_have_the_intervals_of_their_points(found: SweepResult) -> None:
    for row in metric_matrix(found, metrics=(GAP,)).rows:
        assert row.rule is not None
        people = [found.scored(row.rule.index, "test").outcomes(by) for by in found.groupings]
        gap = gap_of_people(people, row.rule.threshold, GAP)
        assert (row.cells[0].lower, row.cells[0].upper) == (gap.lower, gap.upper)
        whole = audit(people[0], row.rule.threshold).rates["accuracy"].everyone
        assert row.accuracy.lower == pytest.approx(whole.lower)
        assert row.accuracy.upper == pytest.approx(whole.upper)


def test_what_is_drawn_does_not_hang_on_the_models_beside_it() -> None:
    whole = CASES["each attribute by itself"]
    alone = dataclasses.replace(
        whole,
        points=(dataclasses.replace(whole.points[2], index=0),),
        splits={
            name: dataclasses.replace(split, score=split.score[2:])
            for name, split in whole.splits.items()
        },
    )
    beside, by_itself = noise(whole, draws=100).points[2].gap, noise(alone, draws=100).points[0].gap
    assert (beside.lower, beside.upper) == (by_itself.lower, by_itself.upper)


def test_the_widest_of_several_gaps_knows_that_it_was_picked_as_the_widest() -> None:
    """Eight attributes that tell nothing: each alone now and then says it does, the widest not."""
    rng = np.random.default_rng(3)
    reached, alone = [], []
    for _ in range(12):
        y, score = rng.integers(0, 2, 400), rng.random(400)
        groups = rng.integers(0, 2, (8, 400))
        people = [GroupedOutcomes(y, score, group, ("a", "b")) for group in groups]
        widest = gap_of_people(people, 0.5, "demographic_parity_difference", draws=200)
        own = [gap_of_people([one], 0.5, widest.name, draws=200) for one in people]
        reached.append(widest.lower == 0.0)
        alone.append(max(own, key=lambda gap: gap.value or 0.0).lower == 0.0)
    assert sum(reached) >= 11, reached
    assert sum(alone) < sum(reached), alone


@pytest.mark.parametrize("weighted", [False, True])
def test_thin_crossings_do_not_make_the_widest_gap_look_surer(weighted: bool) -> None:
    """Where one attribute's gap is far the widest, seven others take away none of its noise."""
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 2, (8, 400))
    y, score = rng.integers(0, 2, 400), (rng.random(400) < 0.3 + 0.4 * groups[0]).astype(float)
    weight = rng.lognormal(0, 0.5, 400) if weighted else None
    people = [GroupedOutcomes(y, score, group, ("a", "b"), weight) for group in groups]
    name = "demographic_parity_difference"
    widest, alone = gap_of_people(people, 0.5, name), gap_of_people(people[:1], 0.5, name)
    widths = [(one.upper or 0) - (one.lower or 0) for one in (widest, alone)]
    assert widest.value == pytest.approx(alone.value)
    assert widths[0] == pytest.approx(widths[1], rel=0.08)


def test_row_noise_of_several_attributes_is_that_of_the_one_that_sets_the_gap() -> None:
    """Drawn with all models, or from one model's counts."""
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 2, (8, 400))
    codes = groups.T @ (2 ** np.arange(7, -1, -1))
    crossed = tuple(map(str, range(256)))
    selected = (rng.random((1, 400)) < 0.3 + 0.4 * groups[0]).astype(bool)
    gap, y = GAPS["demographic_parity_difference"], rng.integers(0, 2, 400)
    several = Decisions(selected, y, codes, (("a", "b"),) * 8, crossed, gap)
    alone = Decisions(selected, y, groups[0], (("a", "b"),), ("a", "b"), gap)
    spread = [float(np.nanstd(resample(one, 500).gap)) for one in (several, alone)]
    assert spread[0] == pytest.approx(spread[1], rel=0.12)
    counted = measured_from_counts(several, several.counts(), draws=500)[0][1].sd
    assert counted == pytest.approx(spread[1], rel=0.12)


def test_too_many_crossed_cells_leave_the_interval_of_the_widest_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people_gaps, "MOST_CELLS", 1)
    found = CASES["each attribute by itself"]
    people = [found.scored(1, "test").outcomes(by) for by in found.groupings]
    widest = gap_of_people(people, 0.5, GAP)
    own = [gap_of_people([one], 0.5, GAP) for one in people]
    far = max(own, key=lambda gap: gap.value or 0.0)
    assert (widest.value, widest.lower, widest.upper) == (far.value, far.lower, far.upper)
