"""More settings of the form on Train reach the run."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from fairlab.config import USUAL_RATE, SearchParams, SweepConfig
from fairlab.runs.store import RunStore

Open = Callable[..., AppTest]


def trained(home: Path) -> SweepConfig:
    """The sweep of the only run."""
    return RunStore(home).list()[0].config.sweep


def test_left_alone_the_form_searches_nothing_and_counts_outcomes_as_they_come(
    open_page: Open, fairlab_home: Path
) -> None:
    app = open_page("train")
    app.button(key="train.start").click().run()
    assert not app.exception
    sweep = trained(fairlab_home)
    assert sweep.search is None
    assert sweep.class_weight == "none"
    assert sweep.learning_rate == SweepConfig().learning_rate
    assert sweep.weight_decay == SweepConfig().weight_decay
    assert sweep.model == SweepConfig().model


def test_outcomes_can_count_the_same(open_page: Open, fairlab_home: Path) -> None:
    """Baselines that take no weights are then not offered, so nothing is refused later."""
    app = open_page("train")
    assert "Reductions are not offered" not in " ".join(m.value for m in app.markdown)
    app.selectbox(key="train.class_weight").select("balanced").run()
    said = next(m.value for m in app.markdown if "Reductions are not offered" in m.value)
    assert "class weights" in said
    assert "combinations" not in said, "only the reason that applies"
    app.button(key="train.start").click().run()
    assert not app.exception
    assert trained(fairlab_home).class_weight == "balanced"


def test_a_reduction_picked_before_is_left_out_when_outcomes_count_the_same(
    open_page: Open, fairlab_home: Path
) -> None:
    app = open_page("train")
    app.pills(key="train.baselines").set_value(["logistic", "grid_search"]).run()
    app.selectbox(key="train.class_weight").select("balanced").run()
    assert not app.exception
    app.button(key="train.start").click().run()
    sweep = trained(fairlab_home)
    assert sweep.baselines == ("logistic",)
    assert sweep.class_weight == "balanced"


def test_a_search_is_asked_for_with_a_number_of_settings(
    open_page: Open, fairlab_home: Path
) -> None:
    """It makes the run longer, and the form says so before."""

    def estimate() -> str:
        return next(m.value for m in app.markdown if m.value.startswith("Takes about"))

    app = open_page("train")
    before = estimate()
    app.selectbox(key="train.search").select("54 settings").run()
    assert estimate() != before
    app.button(key="train.start").click().run()
    assert not app.exception
    assert trained(fairlab_home).search == SearchParams(candidates=54)


def test_settings_of_every_tab_reach_the_run(open_page: Open, fairlab_home: Path) -> None:
    app = open_page("train")
    app.number_input(key="train.width").set_value(16)
    app.number_input(key="train.decay").set_value(0.5)
    app.number_input(key="train.penalty").set_value(5.0)
    app.slider(key="train.seeds").set_value(3)
    app.number_input(key="train.threshold").set_value(0.4).run()
    app.button(key="train.start").click().run()
    sweep = trained(fairlab_home)
    assert sweep.model.width == 16
    assert sweep.weight_decay == 0.5
    assert max(sweep.penalty.strengths) == 5.0
    assert sweep.seeds == (0, 1, 2)
    assert sweep.threshold == 0.4


def test_logistic_regression_has_a_learning_rate_of_its_own(
    open_page: Open, fairlab_home: Path
) -> None:
    app = open_page("train")
    app.segmented_control(key="train.model").set_value("logistic").run()
    app.button(key="train.start").click().run()
    sweep = trained(fairlab_home)
    assert sweep.model.kind == "logistic"
    assert sweep.learning_rate == USUAL_RATE["logistic"]
