"""Compare as a visitor meets it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.results import SweepResult
from tests.pages.conftest import OWNER
from tests.stored import stored_run

Open = Callable[..., AppTest]


def part(app: AppTest, name: str, drawn: str = "charts") -> AppTest:
    """Look at one part of the page, drawn one way."""
    app.button_group(key="compare.part").set_value(name)
    app.button_group(key="compare.drawn").set_value(drawn).run()
    assert not app.exception, [error.message for error in app.exception]
    return app


@pytest.fixture
def telling_run(fairlab_home: Path, trained: tuple[RunConfig, SweepResult]) -> str:
    """A finished run whose models tell outcomes apart, each with another group at an advantage."""
    config, result = trained
    rng = np.random.default_rng(0)
    splits = {}
    for name, people in result.splits.items():
        group = people.attributes["race_ethnicity"].codes
        noise = rng.normal(size=people.score.shape)
        lean = np.linspace(-0.5, 0.5, len(people.score))[:, None] * (group - 1)
        score = 1 / (1 + np.exp(-(1.5 * people.y_true + noise + lean - 0.3)))
        splits[name] = replace(people, score=score.astype(np.float32), raw=None)
    points = tuple(replace(point, flags=()) for point in result.points)
    told = replace(result, splits=splits, points=points, networks=None)
    return stored_run(fairlab_home, config, told, OWNER)


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def test_without_choices_it_says_what_to_do(open_page: Open) -> None:
    """The empty state leads to Train."""
    app = open_page("compare")
    assert "Two choices are needed" in [text.value for text in app.subheader]
    assert [button.label for button in app.button] == ["Train models"]


def test_one_choice_is_held_against_its_unmitigated_model(
    open_page: Open, finished_run: str
) -> None:
    """One click adds the baseline of the same family, first."""
    app = open_page("compare", run=finished_run, chosen=(2,))
    app.button[0].click().run()
    assert not app.exception
    headings = [m.value for m in app.markdown if m.value.startswith("**A")]
    assert "unmitigated" in headings[0]
    assert [m.label for m in app.metric].count("Accuracy") == 2


def test_two_choices_side_by_side(open_page: Open, finished_run: str) -> None:
    """Accuracy and gap per model, sentences, charts with their sentence as alternative text."""
    app = open_page("compare", run=finished_run, chosen=(0, 7))
    thresholds = [box for box in app.number_input if str(box.key).startswith("compare.threshold")]
    thresholds[1].set_value(0.9).run()
    assert "B against A" in words(app)
    assert len(app.get("plotly_chart")) == 1
    charts = part(app, "people").get("plotly_chart")
    assert "Moving from A to B" in words(app)
    assert len(charts) == 3
    assert "Moving from A to B" in charts[0].proto.alt
    assert "\\" not in charts[0].proto.alt, "escapes are for Markdown, not for ears"
    assert "A population of 1,000 people" in charts[1].proto.alt
    assert "Under your values" in charts[2].proto.alt
    charts = part(app, "groups").get("plotly_chart")
    assert "Selection rate" in charts[0].proto.alt


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("side", ["Measure", "Measure"]),
        ("people", ["Group", "Group", "Group"]),
        ("groups", ["Group", "Gap"]),
        ("judged", ["Best by"]),
    ],
)
def test_tables_and_words_need_no_chart(
    open_page: Open, telling_run: str, name: str, first: list[str]
) -> None:
    """Tables alone, then words alone: as many numbers, no chart and no table."""
    app = part(open_page("compare", run=telling_run, chosen=(0, 1)), name, "tables")
    assert not app.get("plotly_chart")
    tables = [table.value for table in app.dataframe]
    assert [next(iter(table.columns)) for table in tables] == first
    part(app, name, "words")
    assert not app.get("plotly_chart")
    assert not app.dataframe
    said = words(app).replace("\\", "")
    for table in tables:
        for cell in table.to_numpy().ravel():
            if any(sign.isdigit() for sign in str(cell)):
                assert str(cell) in said, cell


def test_a_threshold_for_everybody_or_nobody_moves_everybody(
    open_page: Open, finished_run: str
) -> None:
    """A at 0.001 selects all, B at 0.999 nobody: levelling down is flagged, and the way back is
    not."""
    app = open_page("compare", run=finished_run, chosen=(0, 1))
    thresholds = [box for box in app.number_input if str(box.key).startswith("compare.threshold")]
    thresholds[0].set_value(0.001)
    thresholds[1].set_value(0.999).run()
    assert not app.exception
    part(app, "people")
    assert any("Levelling down" in warning.value for warning in app.warning)
    app.selectbox(key="compare.before").select("B")
    app.selectbox(key="compare.after").select("A").run()
    assert not any("Levelling down" in warning.value for warning in app.warning)


def test_the_same_model_twice_is_refused(open_page: Open, finished_run: str) -> None:
    app = part(open_page("compare", run=finished_run, chosen=(0, 2)), "people")
    app.selectbox(key="compare.after").select("A").run()
    assert any("two different models" in info.value for info in app.info)


def test_crossed_groups_and_other_splits_work(open_page: Open, finished_run: str) -> None:
    """Empty crossed groups are undefined, not an error."""
    app = open_page("compare", run=finished_run, chosen=(0, 2, 5))
    app.selectbox(key="compare.by").set_value(("race_ethnicity", "sex")).run()
    app.selectbox(key="compare.split").select("train").run()
    assert not app.exception
    assert "C against A" in words(app)


def test_a_single_model_left_in_the_selection_asks_for_another(
    open_page: Open, finished_run: str
) -> None:
    app = open_page("compare", run=finished_run, chosen=(0, 2))
    app.multiselect(key="compare.models").unselect(app.multiselect[0].value[0]).run()
    assert any("at least two" in info.value for info in app.info)


def test_changes_are_tested_on_the_same_people(open_page: Open, finished_run: str) -> None:
    """Accuracy and the gap with an interval; another model can be held against the first."""
    app = open_page("compare", run=finished_run, chosen=(0, 2, 7))
    assert "From A to B" in words(app) or "A and B decide alike" in words(app)
    app.selectbox(key="compare.changes").select("C").run()
    assert not app.exception
    assert "From A to C" in words(app) or "A and C decide alike" in words(app)
    table = app.dataframe[-1].value
    assert set(table["Group"]) >= {"everyone", "between groups"}
    assert "Accuracy" in set(table["Measure"])


@pytest.mark.parametrize("index", [0, 1])
def test_an_unmitigated_model_is_not_held_against_itself(
    open_page: Open, finished_run: str, index: int
) -> None:
    """The button is there for a model of strength 1 and gone, with the reason, for strength 0."""
    app = open_page("compare", run=finished_run, chosen=(index,))
    offered = [b for b in app.button if b.label == "Compare with the unmitigated model"]
    assert bool(offered) is (index == 1)
    assert ("It is itself unmitigated" in words(app)) is (index == 0)


def test_a_population_of_another_size_and_mix(open_page: Open, telling_run: str) -> None:
    """Twice the people, twice the numbers; with one group alone in the mix, it is everyone."""
    app = part(open_page("compare", run=telling_run, chosen=(0, 1)), "people", "tables")

    def everyone() -> list[str]:
        table = app.dataframe[1].value
        assert list(table["Group"])[-1] == "everyone"
        return [str(value) for value in table.iloc[-1]]

    assert everyone()[1] == "1,000"
    app.number_input(key="compare.size").set_value(25_000).run()
    assert everyone()[1] == "25,000"
    app.button_group(key="compare.mix").set_value("own").run()
    shares = [box for box in app.number_input if str(box.key).startswith("compare.share")]
    assert len(shares) == 3
    shares[0].set_value(0.0)
    shares[1].set_value(0.0)
    shares[2].set_value(7.0).run()
    assert not app.exception
    table = app.dataframe[1].value
    assert list(table.iloc[-1])[1:] == list(table.iloc[-2])[1:]
    for box in [box for box in app.number_input if str(box.key).startswith("compare.share")]:
        box.set_value(0.0)
    app.run()
    assert any("not all of them 0" in error.value for error in app.error)


def test_values_decide_what_a_move_is_worth(open_page: Open, telling_run: str) -> None:
    """With nothing worth anything, the move is worth nothing."""
    app = part(open_page("compare", run=telling_run, chosen=(0, 1)), "people", "tables")
    assert "Under your values" in words(app)
    for box in [box for box in app.number_input if str(box.key).startswith("compare.value")]:
        box.set_value(0.0)
    app.run()
    assert set(app.dataframe[2].value["Change"]) == {"0.0 (0.0 to 0.0)"}


def test_metrics_of_one_run_without_any_choice(open_page: Open, telling_run: str) -> None:
    """A run on screen is enough: its best rules by several metrics stand side by side."""
    app = open_page("compare", run=telling_run)
    assert app.button_group(key="compare.source").value == "metrics"
    headings = [m.value for m in app.markdown if m.value.startswith("**A")]
    assert "best by accuracy" in headings[0]
    app.number_input(key="compare.tolerance").set_value(10.0).run()
    assert not app.exception
    app.multiselect(key="compare.metrics").set_value(["accuracy"]).run()
    assert any("One rule is best" in info.value for info in app.info)


def test_rules_that_need_the_group_can_be_left_out_of_the_matrix(
    open_page: Open, telling_run: str
) -> None:
    """The matrix stands alone, and says what may be picked; it says when nothing is asked."""
    app = part(open_page("compare", run=telling_run), "judged", "tables")
    table = app.dataframe[0].value
    assert table["Best by"].iloc[0] == "Accuracy"
    assert len(table) == 7
    app.toggle(key="compare.judged.attribute").set_value(False).run()
    assert "left out" in words(app)
    assert set(app.dataframe[0].value["Needs the group"]) == {"no"}
    app.multiselect(key="compare.judged.metrics").set_value([]).run()
    assert any("at least one metric" in info.value for info in app.info)


def test_what_was_set_is_there_after_looking_at_another_part(
    open_page: Open, telling_run: str
) -> None:
    app = part(open_page("compare", run=telling_run, chosen=(0, 1, 2)), "side")
    app.multiselect(key="compare.models").unselect(app.multiselect[0].value[0]).run()
    part(app, "judged")
    part(app, "side")
    assert len(app.multiselect(key="compare.models").value) == 2


def test_several_runs_stand_side_by_side_by_their_best_rules(
    open_page: Open,
    telling_run: str,
    fairlab_home: Path,
    trained: tuple[RunConfig, SweepResult],
) -> None:
    """One rule per run, named after it; with one run left there is nothing to compare."""
    config, result = trained
    seeds = config.sweep.model_copy(update={"seeds": (5,)})
    healthy = tuple(replace(point, flags=()) for point in result.points)
    rng = np.random.default_rng(1)
    splits = {
        name: replace(
            people,
            score=np.clip(0.3 * people.y_true + 0.6 * rng.random(people.score.shape), 0, 1).astype(
                np.float32
            ),
            raw=None,
        )
        for name, people in result.splits.items()
    }
    other = stored_run(
        fairlab_home,
        config.model_copy(update={"sweep": seeds}),
        replace(result, splits=splits, points=healthy, networks=None),
        OWNER,
    )
    app = open_page("compare", run=f"{telling_run},{other}")
    app.button_group(key="compare.source").set_value("runs").run()
    assert not app.exception
    said = [m.value.replace("\\", "") for m in app.markdown]  # ids may hold an escaped "_"
    headings = [text for text in said if text.startswith("**")]
    assert len(headings) == 2
    assert {other[:4], telling_run[:4]} == {
        run[:4] for run in (other, telling_run) if any(run[:4] in text for text in headings)
    }
    app.multiselect(key="compare.runs").set_value([other]).run()
    assert any("at least two" in info.value for info in app.info)
