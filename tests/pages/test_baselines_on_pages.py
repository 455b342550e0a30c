"""Baselines as a visitor meets them: asked for on Train, then looked at on every page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import PenaltyParams, PluginParams, ReductionParams, RunConfig, SweepConfig
from fairlab.data import load
from fairlab.results import SweepResult
from fairlab.runs.store import RunStore
from fairlab.training import fit_sweep
from tests.stored import stored_run

Open = Callable[..., AppTest]


def test_the_form_asks_for_two_cheap_baselines_unless_told_otherwise(
    open_page: Open, fairlab_home: Path
) -> None:
    """Reductions are there on request, with their settings, and leave where they cannot go."""
    app = open_page("train")
    assert app.pills(key="train.baselines").value == ["logistic", "boosting"]
    picked = ["boosting", "exponentiated_gradient", "grid_search"]
    app.pills(key="train.baselines").set_value(picked).run()
    app.pills(key="train.reduction.slacks").set_value([0.05]).run()
    app.slider(key="train.reduction.multipliers").set_value(9).run()
    app.button(key="train.start").click().run()
    sweep = RunStore(fairlab_home).list()[0].config.sweep
    assert sweep.baselines == tuple(picked)
    assert (sweep.reductions.slacks, sweep.reductions.multipliers) == ((0.05,), 9)
    app.pills(key="train.baselines").set_value(["plugin_boosting"]).run()
    app.pills(key="train.plugin.slacks").set_value([0.0, 0.05]).run()
    app.button(key="train.start").click().run()
    sweep = max(RunStore(fairlab_home).list(), key=lambda r: r.created).config.sweep
    assert sweep.baselines == ("plugin_boosting",)
    assert sweep.plugin.slacks == (0.0, 0.05)
    app.pills(key="train.baselines").set_value(picked).run()
    app.selectbox(key="train.constraint").select("mean_residual_parity").run()
    assert not app.exception
    assert app.pills(key="train.baselines").value == ["boosting"]
    said = next(m.value for m in app.markdown if "Reductions are not offered" in m.value)
    assert "each by itself" in said or "have no" in said
    assert "weights" not in said, "only the reason that applies"


@pytest.fixture(scope="module")
def beside() -> tuple[RunConfig, SweepResult]:
    """A family, boosting and a rule that draws its decisions, on the built-in table."""
    data = load("loanapp")
    sweep = SweepConfig(
        penalty=PenaltyParams(strengths=(0.0, 1.0)),
        epochs=3,
        baselines=("boosting", "reweighing_boosting", "exponentiated_gradient", "plugin_boosting"),
        reductions=ReductionParams(slacks=(0.1,)),
        plugin=PluginParams(slacks=(0.05,)),
    )
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    return config, fit_sweep(data, config)


@pytest.fixture
def run_id(fairlab_home: Path, beside: tuple[RunConfig, SweepResult]) -> str:
    """The finished run in this test's store."""
    config, result = beside
    return stored_run(fairlab_home, config, result)


@pytest.mark.parametrize(
    ("index", "words"),
    [(2, "Boosting"), (4, "exponentiated gradient"), (5, "Plug-in rule on boosting")],
)
@pytest.mark.parametrize(
    "page", ["train", "thresholds", "impossibility", "audit", "compare", "stream", "report"]
)
def test_a_chosen_baseline_can_be_looked_at_on_every_page(
    open_page: Open, run_id: str, page: str, index: int, words: str
) -> None:
    """Scores of boosting and drawn decisions of a reduction alike; the label says which."""
    app = open_page(page, run=run_id, chosen=(0, index))
    said = " ".join(
        [
            *(text.value for text in app.markdown),
            *(text.value for text in app.subheader),
            *(str(option) for box in app.selectbox for option in box.options),
            *(str(option) for box in app.multiselect for option in box.options),
        ]
    )
    assert words in said


def test_a_plug_in_rule_is_held_against_boosting_alone(open_page: Open, run_id: str) -> None:
    """Compare offers the unmitigated model of the same learner, and both are compared."""
    app = open_page("compare", run=run_id, chosen=(5,))
    next(b for b in app.button if b.label == "Compare with the unmitigated model").click().run()
    assert not app.exception
    shown = [str(option) for option in app.multiselect(key="compare.models").options]
    assert [("Plug-in" in one) for one in shown] == [False, True]
    assert "Boosting" in shown[0]


def test_a_rule_that_draws_has_no_threshold_on_any_page(open_page: Open, run_id: str) -> None:
    """Report says how it decides; Compare asks for thresholds of scores only."""
    app = open_page("report", run=run_id, chosen=(4,))
    words = " ".join(text.value for text in app.markdown)
    assert "decisions are drawn, each with the person's own chance" in words
    assert "threshold 0.5" not in words
    assert "averaged over all draws" in words
    app = open_page("compare", run=run_id, chosen=(2, 4))
    asked = [box.key for box in app.number_input if str(box.key).startswith("compare.threshold")]
    assert len(asked) == 1
    app = open_page("thresholds", run=run_id, chosen=(4,))
    assert not app.get("bidi_component")


def test_the_detail_on_train_says_the_aim_and_how_drawn_decisions_come_about(
    open_page: Open, run_id: str
) -> None:
    """A rule that draws has three ways to be read, and no threshold is offered for it."""
    app = open_page("train", run=run_id)
    words = pick(app, "Reweighing + boosting")
    assert "People are weighed so that group and label are independent" in words
    assert any(str(box.key).startswith("train.within") for box in app.number_input)
    words = pick(app, "Reductions: exponentiated gradient (logistic), slack 10 points")
    assert "This model draws its decisions" in words
    assert "averaged over all draws" in words
    assert any("Decided by" in table.value.columns for table in app.dataframe)
    assert not any(str(box.key).startswith("train.within") for box in app.number_input)


def pick(app: AppTest, label: str) -> str:
    """Pick a model of the finished run by the start of its words; what the page then says."""
    picker = next(box for box in app.selectbox if str(box.key).startswith("train.pick"))
    picker.select_index(next(i for i, o in enumerate(picker.options) if o.startswith(label))).run()
    app.run()
    assert not app.exception
    return " ".join(text.value for text in app.markdown)
