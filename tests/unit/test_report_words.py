"""Sentences of Compare and Report, and runs read back from files."""

from dataclasses import replace

import numpy as np
import pytest

from fairlab.config import PenaltyParams, RunConfig, SearchParams, SweepConfig
from fairlab.data import load
from fairlab.errors import InputError
from fairlab.metrics import audit
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures.compare import people_figure, rates_across
from fairlab.reports.imports import LARGEST_SWEEP, read_run
from fairlab.reports.sentences.compare import overview_sentence, rate_sentence
from fairlab.reports.sentences.limits import limits
from fairlab.reports.sentences.people import (
    certainty_sentence,
    levelling_sentence,
    people_sentence,
)
from fairlab.reports.tables.compare import (
    Compared,
    gaps_table,
    group_rates_table,
    overview_table,
    people_table,
)
from fairlab.sweeps.changes import GapChange
from fairlab.sweeps.people import PeopleMoved, moves
from tests.contracts import small

WORDS = ("repaid", "defaulted")


def move(before: list[int], after: list[int], y: list[int] | None = None) -> PeopleMoved:
    """Ten people: five in each of two groups."""
    return moves(
        y_true=[1, 1, 1, 0, 0] * 2 if y is None else y,
        group=[0] * 5 + [1] * 5,
        group_names=("Black", "White"),
        before=before,
        after=after,
    )


def model(letter: str, scores: list[float]) -> Compared:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 1, 0, 0] * 2, score=scores, group=["a"] * 4 + ["b"] * 4
    )
    return Compared(letter, f"model {letter}", audit(outcomes, draws=100))


A = model("A", [1, 1, 0, 0, 0, 0, 0, 0])
B = model("B", [1, 1, 1, 1, 1, 1, 1, 1])


def test_people_are_counted_by_group_with_their_outcomes() -> None:
    """The example of the page, by hand."""
    moved = move([0, 0, 0, 0, 0, 1, 1, 1, 0, 0], [1, 0, 0, 1, 0, 1, 1, 0, 0, 0])
    said = people_sentence(moved, WORDS)
    assert said.startswith("Moving from A to B, 3 of 10 people get another decision.")
    assert "Black: 2 more selected (2 newly, of whom 1 with the outcome “defaulted”)" in said
    assert "White: 1 fewer selected (1 no longer, of whom 1 with the outcome “repaid”)" in said


def test_no_change_is_said() -> None:
    same = move([1] * 10, [1] * 10)
    assert "changes no decision" in people_sentence(same, WORDS)
    assert levelling_sentence(same) == ""
    assert certainty_sentence(same) == ""


def test_levelling_down_is_flagged_and_gains_are_not() -> None:
    down = move([1] * 10, [0] + [1] * 9)
    assert levelling_sentence(down).startswith("Levelling down: nobody is newly selected, and 1 ")
    assert levelling_sentence(move([0] * 10, [1] + [0] * 9)) == ""
    mixed = move([1, 1, 0, 0, 0] * 2, [0, 0, 1, 0, 0, 1, 1, 0, 0, 0])
    assert levelling_sentence(mixed) == (
        "No group has more people selected than before (Black 1 fewer)."
    )


def test_few_movers_may_be_chance_and_many_are_not() -> None:
    assert "We cannot tell" in certainty_sentence(move([0] * 10, [1] + [0] * 9))
    many = moves(
        y_true=[1] * 500, group=[0] * 500, group_names=("a",), before=[0] * 500, after=[1] * 500
    )
    assert certainty_sentence(many).startswith("More than chance, at 95 %: a (+")


def test_people_table_balances() -> None:
    table = people_table(move([0] * 10, [1, 0, 0, 1, 0] * 2), WORDS)
    assert list(table["Newly selected"]) == ["2", "2", "4"]
    assert list(table["of these: defaulted"]) == ["1", "1", "2"]
    assert list(table["Net per 1,000"]) == ["+400"] * 3


def test_models_are_held_against_the_first() -> None:
    """A is right for 6 of 8 with a gap of 50 points; B for 4 of 8 with none."""
    changes = [GapChange(-0.5, -0.75, -0.25)]
    said = overview_sentence([A, B], "demographic_parity_difference", changes)
    assert "B against A: accuracy 25.0 points lower" in said
    assert "gap in selection rate 50.0 points narrower (50.0 points and 0.0 points)" in said
    assert said.endswith("95 % interval of the change: −75.0 to −25.0 points.")
    back = overview_sentence([B, A], "demographic_parity_difference", [None])
    assert "different people" in back
    unsure = overview_sentence(
        [A, B], "demographic_parity_difference", [GapChange(-0.5, -0.75, 0.0)]
    )
    assert "We cannot tell whether the gap changed" in unsure
    assert "A against B" not in said
    assert "A against B: accuracy 25.0 points higher" in back
    assert "50.0 points wider" in back


def test_undefined_gaps_are_said_not_zero() -> None:
    none = model("B", [0] * 8)
    said = overview_sentence([A, none], "predictive_parity_difference", [None])
    assert "We cannot tell" in said
    assert "undefined for every group" in rate_sentence([none], "ppv")
    table = group_rates_table([A, none], "ppv")
    assert list(table["B: model B"]) == ["undefined"] * 3


def test_rates_name_lowest_and_highest_group() -> None:
    said = rate_sentence([A, B], "selection_rate")
    assert "A: lowest b 0.0 %, highest a 50.0 %." in said
    assert "B: 100.0 % in every group." in said


def test_tables_have_a_column_per_model() -> None:
    for table in (
        overview_table([A, B], ["demographic_parity_difference"]),
        gaps_table([A, B]),
        group_rates_table([A, B], "accuracy"),
    ):
        assert list(table.columns)[1:] == ["A: model A", "B: model B"]


def test_figures_draw_every_defined_number_and_escape_names() -> None:
    """A group named like markup is text; the sign of a loss is to the left."""
    figure = rates_across([A, B], "selection_rate")
    assert [list(trace.x) for trace in figure.data] == [[50.0, 100.0], [0.0, 100.0], [25.0, 100.0]]
    odd = moves(y_true=[1, 0], group=[0, 0], group_names=("<b>x",), before=[1, 0], after=[0, 1])
    bars = people_figure(odd, WORDS)
    assert [trace.x[0] for trace in bars.data] == [0, 500, -500, 0, 0]
    assert bars.data[0].y[0] == "&lt;b&gt;x"


def test_limits_are_about_this_run() -> None:
    """Promises, few people, seeds, unconstrained attributes, other definitions."""
    config = small.config()
    result = small.result()
    said = " ".join(limits(config, result, 1, 0.4))
    assert "7 test people of one table (loanapp)" in said
    assert "measured, not promised" in said
    assert "Deciding for a person uses the person's group." in said
    assert "threshold 0.4" in said
    assert "used 0.5" in said
    assert "Collapsed — no one." in said
    assert "We cannot tell much about" in said
    assert "gap in true positive rate" in said
    assert "promises" not in " ".join(limits(config, result, 0, 0.5))


def test_limits_of_several_attributes_and_of_a_picked_threshold() -> None:
    """Combinations are not compared; a picked threshold is said to be, with its measured gap."""
    result = small.result()
    said = " ".join(limits(small.config(), result, 1, 0.4, 0.08))
    assert "Groups are those of race and sex" in said
    assert "Not constrained: combinations of these attributes" in said
    assert "Each is the widest over attributes" in said
    assert "picked on validation people" in said
    assert "within 8.0 points: no threshold that counts did" in said
    reached = " ".join(limits(small.config(), result, 1, 0.4, 1.0))
    assert "within 100.0 points: there it is" in reached
    assert "Drawn 3 % towards a constant." in said
    usual = " ".join(limits(small.config(), result, 1, 0.5, 0.08))
    assert "picked on validation" not in usual
    crossed = " ".join(limits(small.config(), replace(result, grouping="crossed"), 1, 0.4))
    assert "Groups are those of race × sex" in crossed
    assert "combinations of these" not in crossed


def test_limits_differ_with_seeds_and_features() -> None:
    config = small.config()
    assert "One training seed" in " ".join(limits(config, small.result(), 0, 0.5))
    several = config.model_copy(
        update={
            "sweep": config.sweep.model_copy(update={"seeds": (0, 1)}),
            "task": config.task.model_copy(update={"sensitive_as_features": True}),
        }
    )
    said = " ".join(limits(several, small.result(), 0, 0.5))
    assert "One training seed" not in said
    assert "reads the sensitive attributes" in said
    single = replace(small.result(), points=small.result().points[:1])
    assert "models were trained and shown" not in " ".join(limits(config, single, 0, 0.5))


def test_an_exported_run_reads_back() -> None:
    config = small.config(3)
    assert read_run(config.to_yaml().encode()) == config
    assert read_run(b"\xef\xbb\xbf" + config.to_yaml().encode()) == config


def test_models_are_counted_with_the_unmitigated_ones() -> None:
    base = small.config().sweep
    sweep = RunConfig.model_validate(
        {
            **small.config().model_dump(),
            "sweep": {
                "modes": ("penalty", "layer"),
                "penalty": {"strengths": (1.0, 2.0)},
                "layer": {"slacks": (1.0, 0.1)},
                "seeds": (0, 1),
            },
        }
    ).sweep
    assert sweep.n_models == 2 * (3 + 2)
    assert base.n_models == 21


def test_runs_too_large_for_a_shared_machine_are_refused() -> None:
    config = small.config()
    sweep = config.sweep.model_copy(update={"seeds": tuple(range(LARGEST_SWEEP))})
    text = config.model_copy(update={"sweep": sweep}).to_yaml()
    with pytest.raises(InputError, match="fairlab sweep"):
        read_run(text.encode())


def test_networks_too_large_for_a_shared_machine_are_refused() -> None:
    config = small.config()
    model_config = config.sweep.model.model_copy(update={"kind": "mlp", "width": 1024, "depth": 8})
    seeds = tuple(range(20))
    sweep = config.sweep.model_copy(update={"model": model_config, "seeds": seeds})
    text = config.model_copy(update={"sweep": sweep}).to_yaml()
    with pytest.raises(InputError, match="weights together"):
        read_run(text.encode())


def test_networks_of_a_search_count_as_well() -> None:
    """The network of the run may be small and those it is searched among as large as can be."""
    base = small.config()
    search = SearchParams(candidates=14, widths=(8, 1024), depths=(1, 8))
    sweep = SweepConfig(search=search, penalty=PenaltyParams(strengths=(0.0,)))
    text = base.model_copy(update={"sweep": sweep}).to_yaml()
    with pytest.raises(InputError, match="102,774,784 weights together"):
        read_run(text.encode())
    fewer = search.model_copy(update={"candidates": 13})
    sweep = sweep.model_copy(update={"search": fewer})
    assert read_run(base.model_copy(update={"sweep": sweep}).to_yaml().encode()).sweep == sweep


@pytest.mark.parametrize(
    "text",
    [
        "[" * 90_000,
        "{a: " * 40_000,
        "- " * 90_000 + "x",
        "data: 2024-13-45",
        "data: !!int x",
        'data: !!int ""',
        "data: !!float x",
        "data: " + "9" * 5_000,
        "data: 0x" + "f" * 50_000,
        '!!python/object/apply:os.system ["id"]',
        "a: &a [1]\nb: *a",
        "data: {source: loanapp, options: {n: !!binary '/////w=='}}\n"
        "task: {label: approve, favourable: ['1']}",
        "data: {source: loanapp}\ntask: {label: approve, favourable: ['1']}\n"
        'sweep: {group_by: ["\\ud800"]}',
        "data: {source: x}\ntask: {label: x, favourable: [" + "1, " * 10_000 + "1]}",
        "data: {source: x, rows: " + "x" * 100_000 + "}",
    ],
)
def test_hostile_runs_are_refused_in_a_few_words(text: str) -> None:
    """Endless nesting, values YAML cannot make, text no file can hold, a problem per value."""
    with pytest.raises(InputError) as caught:
        read_run(text.encode())
    assert len(str(caught.value)) < 3_000


@pytest.mark.parametrize(
    "options",
    [
        {"n": "many"},
        {"n": [1]},
        {"n": None},
        {"n": 100.5},
        {"seed": -1},
        {"seed": 1.5},
        {"groups": "AB"},
        {"groups": 5},
        {"groups": [None, ["x"]]},
        {"shares": ["a", "b"]},
        {"groups": [str(i) for i in range(101)], "shares": [1] * 101, "base_rates": [0.5] * 101},
    ],
)
def test_options_of_the_wrong_kind_are_refused(options: dict[str, object]) -> None:
    """An imported run brings its own options; each must be what the table's dial takes."""
    with pytest.raises(InputError):
        load("synthetic", **options)


def test_undefined_rates_leave_no_mark_in_the_figure() -> None:
    none = model("B", [0] * 8)
    figure = rates_across([none], "ppv")
    assert all(len(trace.x) == 0 for trace in figure.data)
    assert not any(np.isnan(value) for trace in figure.data for value in trace.x)


def test_limits_count_people_not_weight() -> None:
    """Seven test people of weight 100 are seven, and still too few to tell much about."""
    result = small.result()
    heavy = {
        name: replace(part, weight=np.full(len(part.y_true), 100.0))
        for name, part in result.splits.items()
    }
    said = " ".join(limits(small.config(), replace(result, splits=heavy), 1, 0.4))
    assert "7 test people of one table" in said
    assert "We cannot tell much about" in said
