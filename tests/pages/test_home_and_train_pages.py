"""Home and Train as a visitor meets them."""

import json
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from fairlab.config import PenaltyParams, RunConfig, SweepConfig
from fairlab.data import load
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.training import fit_sweep
from tests.pages.conftest import APP

Open = Callable[..., AppTest]


def curve_data(app: AppTest) -> dict[str, object]:
    """What the live chart was given."""
    given = [json.loads(found.proto.json) for found in app.get("bidi_component")]
    (data,) = [one for one in given if "runs" in one]
    assert isinstance(data, dict)
    return data


def test_home_offers_three_ways_in_and_every_step(open_page: Open) -> None:
    """Try it now, use my data, join a workshop, and a link to each page."""
    app = open_page("home")
    ways = ["Try it now", "Use my data", "Join a workshop"]
    assert [button.label for button in app.button] == ways
    words = " ".join(text.value for text in app.markdown)
    assert "1,989 real mortgage applications" in words


def test_try_it_now_queues_all_three_families_with_21_strengths(
    open_page: Open, fairlab_home: Path
) -> None:
    """One click is a run of 63 models, in the address so that a reload finds it."""
    app = open_page("home")
    app.button[0].click().run()
    runs = RunStore(fairlab_home).list()
    assert len(runs) == 1
    sweep = runs[0].config.sweep
    assert sweep.modes == ("penalty", "adversarial", "layer")
    assert len(sweep.penalty.strengths) == 21
    assert len(sweep.adversarial.strengths) == 21
    assert len(sweep.layer.slacks) == 21
    assert app.query_params["run"] in (runs[0].id, [runs[0].id])


def test_train_without_a_run_says_what_to_do(open_page: Open) -> None:
    """The empty state."""
    app = open_page("train")
    assert "No curve yet" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


def test_train_trains_what_the_form_says(open_page: Open, fairlab_home: Path) -> None:
    """Constraint, families and epochs of the form reach the run."""
    app = open_page("train")
    app.selectbox(key="train.constraint").select("equalized_odds").run()
    app.number_input(key="train.epochs").set_value(7).run()
    app.button(key="train.start").click().run()
    sweep = RunStore(fairlab_home).list()[0].config.sweep
    assert sweep.constraint == "equalized_odds"
    assert sweep.epochs == 7
    assert sweep.group_by == ("race_ethnicity",)


def words_on(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def test_the_penalty_can_be_asked_for_gaps(open_page: Open, fairlab_home: Path) -> None:
    """Then the widest gap of the form makes its grid, and strengths are not asked for."""
    app = open_page("train")
    app.pills(key="train.modes").set_value(["penalty"]).run()
    app.radio(key="train.control").set_value("slack").run()
    assert app.number_input(key="train.penalty").disabled
    app.radio(key="train.span").set_value("listed").run()
    app.number_input(key="train.slack").set_value(10.0).run()
    app.button(key="train.start").click().run()
    sweep = RunStore(fairlab_home).list()[0].config.sweep
    assert sweep.penalty.control == "slack"
    assert sweep.grid("penalty")[:2] == (1.0, 0.1)
    assert curve_data(app)["runs"][0]["penalty_asked"] is True  # type: ignore[index]


def test_families_that_cannot_train_for_a_constraint_are_not_offered(
    open_page: Open, fairlab_home: Path
) -> None:
    """Adversarial leaves for accuracy parity, with the reason, and can be picked again after."""
    app = open_page("train")
    assert "Adversarial is not offered" not in words_on(app)
    app.selectbox(key="train.constraint").select("accuracy_parity").run()
    assert not app.exception
    families = app.button_group(key="train.modes")
    assert list(families.options) == ["Penalty", "Fairness layer"]
    assert "Adversarial is not offered here" in words_on(app)
    app.button(key="train.start").click().run()
    sweep = RunStore(fairlab_home).list()[0].config.sweep
    assert (sweep.constraint, sweep.modes) == ("accuracy_parity", ("penalty", "layer"))
    app.selectbox(key="train.constraint").select("equalized_odds").run()
    families = app.button_group(key="train.modes")
    assert len(families.options) == 3
    assert "Adversarial is not offered" not in words_on(app)


def test_several_attributes_are_compared_crossed_or_each_by_itself(
    open_page: Open, fairlab_home: Path
) -> None:
    """The choice appears with two attributes; every family can compare each by itself."""
    app = open_page("train")
    assert not [box for box in app.radio if box.key == "train.grouping"]
    app.selectbox(key="train.by").select(("race_ethnicity", "sex")).run()
    assert app.radio(key="train.grouping").value == "crossed"
    app.radio(key="train.grouping").set_value("marginal").run()
    assert "Adversarial is not offered" not in words_on(app)
    app.button(key="train.start").click().run()
    sweep = RunStore(fairlab_home).list()[0].config.sweep
    assert sweep.group_by == ("race_ethnicity", "sex")
    assert sweep.grouping == "marginal"
    assert sweep.modes == ("penalty", "adversarial", "layer")


def pick(app: AppTest, label: str) -> None:
    """Pick a model of the finished run in the list by the start of its words."""
    picker = next(box for box in app.selectbox if str(box.key).startswith("train.pick"))
    picker.select_index(next(i for i, o in enumerate(picker.options) if o.startswith(label))).run()
    app.run()
    assert not app.exception


def test_the_detail_of_a_layer_shows_the_meter(open_page: Open, finished_run: str) -> None:
    """Promise and measurements first, then the sentence, with the table folded away."""
    app = open_page("train", run=finished_run)
    pick(app, "Fairness layer, slack 5 points")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Promised in training"] == "5.0 points"
    assert set(shown) == {
        "Promised in training",
        "Scores, test people",
        "Decisions, test people",
    }
    assert "held on every training batch" in words_on(app)
    assert any("One draw of decisions" in table.value for table in app.dataframe)


def test_scores_that_tell_nothing_get_no_threshold(open_page: Open, finished_run: str) -> None:
    """Three epochs are too few to beat deciding the same for everybody: said, not papered over."""
    app = open_page("train", run=finished_run)
    pick(app, "Penalty, unmitigated")
    assert "No threshold can be offered for demographic parity" in words_on(app)
    assert not [button for button in app.button if button.key == "train.threshold.use"]


def test_an_offered_threshold_travels_with_the_choice(open_page: Open, fairlab_home: Path) -> None:
    """Picked on validation, used with one click, kept in the address, said in the report."""
    data = load("loanapp")
    sweep = SweepConfig(penalty=PenaltyParams(strengths=(0.0,)), epochs=15)
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    store = RunStore(fairlab_home)
    finished_run = store.submit(config)
    store.claim("w")
    store.finish(finished_run, fit_sweep(data, config), "w")
    app = open_page("train", run=finished_run)
    pick(app, "Penalty, unmitigated")
    field = next(box for box in app.number_input if str(box.key).startswith("train.within"))
    assert field.value == 5.0
    field.set_value(8.0).run()
    assert "On test people it gives accuracy" in words_on(app)
    button = app.button(key="train.threshold.use")
    threshold = float(button.label.removeprefix("Use threshold "))
    button.click().run()
    assert app.button(key="train.threshold.use").label == "In use"
    assert app.button(key="train.choose").label == "Choose at 0.5"
    chosen = app.query_params["chosen"]
    chosen = chosen if isinstance(chosen, str) else chosen[0]
    assert chosen.endswith(f"@{threshold:.6g}~0.08")
    again = AppTest.from_file(str(APP), default_timeout=60)
    again.query_params["run"], again.query_params["chosen"] = finished_run, chosen
    again.run()
    again.switch_page("pages/report.py").run()
    assert not again.exception
    assert "picked on validation people" in words_on(again)


def test_train_refuses_a_run_of_hours(open_page: Open, fairlab_home: Path) -> None:
    """One visitor cannot hold the only queue for a day."""
    app = open_page("train")
    app.slider(key="train.seeds").set_value(5).run()
    app.number_input(key="train.epochs").set_value(500).run()
    app.number_input(key="train.width").set_value(512).run()
    app.number_input(key="train.depth").set_value(6).run()
    assert app.button(key="train.start").disabled
    assert any("others on this machine would wait" in text.value for text in app.warning)
    assert not RunStore(fairlab_home).list()


def test_a_queued_run_shows_a_live_chart_and_cancel(open_page: Open, fairlab_home: Path) -> None:
    """The chart polls; the page offers Cancel; pressing it cancels the run in the store."""
    app = open_page("home")
    app.button[0].click().run()
    app.switch_page("pages/train.py").run()
    assert curve_data(app)["runs"][0]["live"] is True  # type: ignore[index]
    app.button(key="train.cancel").click().run()
    assert RunStore(fairlab_home).list()[0].state is RunState.CANCELLED
    app.run()
    assert not [button for button in app.button if button.key == "train.cancel"]


def test_a_finished_run_shows_every_model_in_chart_table_and_sentence(
    open_page: Open, finished_run: str
) -> None:
    """Eight models, as many rows in the table, and a sentence with the start of the curve."""
    app = open_page("train", run=finished_run)
    data = curve_data(app)
    final = data["runs"][0]["final"]  # type: ignore[index]
    assert len(final) == 8
    assert data["layout"]["xaxis"]["title"]["text"].startswith("Accuracy, % of test people")  # type: ignore[index]
    assert any(len(table.value) == 8 for table in app.dataframe)
    assert any("Without mitigation, accuracy is" in text.value for text in app.markdown)


def test_choosing_a_point_keeps_it_in_the_address(open_page: Open, finished_run: str) -> None:
    """Picked in the list, chosen with the button, found again after a reload."""
    app = open_page("train", run=finished_run)
    picker = next(box for box in app.selectbox if str(box.key).startswith("train.pick"))
    picker.select_index(1).run()
    app.run()
    app.button(key="train.choose").click().run()
    assert app.button(key="train.choose").label == "Chosen"
    chosen = app.query_params["chosen"]
    assert finished_run in (chosen if isinstance(chosen, str) else chosen[0])


def test_a_failed_run_says_why(open_page: Open, fairlab_home: Path) -> None:
    """The message of the store is on the page."""
    app = open_page("home")
    app.button[0].click().run()
    store = RunStore(fairlab_home)
    claimed = store.claim("w")
    assert claimed is not None
    store.fail(claimed.id, "The disk is full. Free some space and train again.", "w")
    app.switch_page("pages/train.py").run()
    assert any("The disk is full" in error.value for error in app.error)
    shown = [json.loads(found.proto.json) for found in app.get("bidi_component")]
    assert not [one for one in shown if "runs" in one], "an empty chart would promise points"
    assert "No points to show" in [text.value for text in app.subheader]
    assert "press **Train** again" in words_on(app)


def test_a_failed_run_does_not_hide_the_one_before(
    open_page: Open, finished_run: str, fairlab_home: Path
) -> None:
    """What went wrong is said, and the curve of the earlier run is looked at as before."""
    store = RunStore(fairlab_home)
    config = store.get(finished_run).config
    sweep = config.sweep.model_copy(update={"epochs": 4})
    failed = store.submit(config.model_copy(update={"sweep": sweep}))
    store.claim("w")
    store.fail(failed, "The disk is full.", "w")
    app = open_page("train", run=f"{finished_run},{failed}")
    assert any("The disk is full" in error.value for error in app.error)
    assert len(curve_data(app)["runs"]) == 1  # type: ignore[arg-type]
    assert "Without mitigation, accuracy is" in words_on(app)


def test_a_point_of_an_earlier_run_on_the_chart_has_its_detail_too(
    open_page: Open, finished_run: str, fairlab_home: Path
) -> None:
    """It can be clicked, so it must be shown; the list stays with the newest run."""
    store = RunStore(fairlab_home)
    config = store.get(finished_run).config
    sweep = config.sweep.model_copy(update={"epochs": 4})
    newest = store.submit(config.model_copy(update={"sweep": sweep}))
    store.claim("w")
    store.finish(newest, store.load_result(finished_run), "w")
    app = open_page("train", run=f"{finished_run},{newest}")
    app.session_state["fairlab.selected"] = (finished_run, 1)
    app.run()
    assert not app.exception
    assert "Penalty, strength 1" in [text.value for text in app.subheader]
    app.button(key="train.choose").click().run()
    chosen = app.query_params["chosen"]
    assert finished_run in (chosen if isinstance(chosen, str) else chosen[0])


def test_a_picked_point_stands_right_under_the_chart(open_page: Open, finished_run: str) -> None:
    """Before noise, health and the line: a pick that cannot be seen looks like no pick."""
    app = open_page("train", run=finished_run)
    assert "**Test people, by group**" not in words_on(app)
    pick(app, "Penalty, strength 1")
    said = words_on(app)
    first, *others = (
        said.index(one)
        for one in ("**Test people, by group**", "Without mitigation, accuracy", "**Noise.**")
    )
    assert first < min(others)


def test_unknown_runs_in_a_link_are_ignored(open_page: Open) -> None:
    """A link with a run of another machine opens the page as if there were none."""
    app = open_page("train", run="A" * 22)
    assert "No curve yet" in [text.value for text in app.subheader]
